//! The options of a field with a list of values.

/// An option.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SelectOption {
    /// The value that the form sends.
    pub value: String,
    /// The text that is shown.
    pub text: String,
    /// True for the current value of the field.
    pub is_selected: bool,
}

impl SelectOption {
    /// An option that is selected if `selected` is its value.
    pub fn new(value: &str, text: &str, selected: &str) -> SelectOption {
        SelectOption { value: value.to_owned(), text: text.to_owned(), is_selected: value == selected }
    }
}

/// Options whose texts are their values.
pub fn options<V: AsRef<str>>(values: impl IntoIterator<Item = V>, selected: &str) -> Vec<SelectOption> {
    let option = |value: V| SelectOption::new(value.as_ref(), value.as_ref(), selected);
    values.into_iter().map(option).collect()
}
