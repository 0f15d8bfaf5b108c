//! The links of `Narrow`: `Only V` and `Exclude V` for the values of a row (DSH-56). They never lead to a query that
//! GetFindings refuses.

use std::collections::HashSet;

use crate::dashboard::chips::Chip;

/// Maximum number of names in `Filters`.
const NAMES: usize = 10;
/// Maximum number of elements of a name.
const ELEMENTS: usize = 20;

/// The chips that only select findings with a value: it replaces all chips of the field.
pub(super) fn only(chips: &[Chip], name: &str, value: &str) -> Option<Vec<Chip>> {
    let mut narrowed: Vec<Chip> = chips.iter().filter(|chip| chip.name != name).cloned().collect();
    narrowed.push(Chip::equals(name, value));
    allowed(narrowed, value)
}

/// The chips that do not select findings with a value. `None` if no such chips exist: EQUALS cannot be combined with
/// NOT_EQUALS, and the last EQUALS cannot be removed without selecting other findings.
pub(super) fn exclude(chips: &[Chip], name: &str, value: &str) -> Option<Vec<Chip>> {
    let is_equals = |chip: &&Chip| chip.name == name && chip.comparison == "EQUALS";
    let is_prefix = |chip: &&Chip| chip.name == name && chip.comparison == "PREFIX";
    let (has_prefix, matches_prefix) = (
        chips.iter().any(|chip| is_prefix(&chip)),
        chips.iter().filter(is_prefix).any(|chip| value.starts_with(&chip.value)),
    );
    if !chips.iter().any(|chip| is_equals(&chip)) {
        let chip = Chip::new(name, "NOT_EQUALS", value);
        return allowed(chips.iter().cloned().chain([chip]).collect(), value);
    }
    let is_removed = |chip: &&Chip| is_equals(chip) && chip.value == value;
    if !chips.iter().any(|chip| is_removed(&chip)) {
        // The row was selected by another of its values.
        return None;
    }
    let mut left: Vec<Chip> = chips.iter().filter(|chip| !is_removed(chip)).cloned().collect();
    if left.iter().any(|chip| is_equals(&chip)) {
        return if matches_prefix { None } else { Some(left) };
    }
    if matches_prefix {
        left.push(Chip::new(name, "NOT_EQUALS", value));
    }
    if has_prefix { allowed(left, value) } else { None }
}

/// The chips, if GetFindings accepts their number and the value.
fn allowed(chips: Vec<Chip>, value: &str) -> Option<Vec<Chip>> {
    let names: HashSet<&str> = chips.iter().map(|chip| chip.name.as_str()).collect();
    let most = names.iter().map(|name| chips.iter().filter(|chip| chip.name == **name).count()).max();
    let is_allowed = names.len() <= NAMES && most.is_none_or(|most| most <= ELEMENTS) && !value.trim().is_empty();
    is_allowed.then_some(chips)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chips(texts: &[&str]) -> Vec<Chip> {
        texts.iter().map(|text| Chip::parse(text).unwrap()).collect()
    }

    fn texts(chips: Option<Vec<Chip>>) -> Option<String> {
        Some(chips?.iter().map(Chip::text).collect::<Vec<_>>().join(" "))
    }

    /// Rules: DSH-56.
    #[test]
    fn only_replaces_the_chips_of_the_field() {
        let all = chips(&["Region:EQUALS:x", "Type:EQUALS:a", "Type:PREFIX:b"]);
        assert_eq!(texts(only(&all, "Type", "c")).as_deref(), Some("Region:EQUALS:x Type:EQUALS:c"));
        assert_eq!(only(&all, "Type", " "), None, "GetFindings refuses blank values");
        let many: Vec<Chip> = (0..10).map(|number| Chip::equals(&format!("N{number}"), "a")).collect();
        assert_eq!(only(&many, "Type", "c"), None, "GetFindings takes ten names");
        assert!(only(&many, "N3", "c").is_some());
    }

    /// Rules: DSH-56.
    #[test]
    fn exclude_is_absent_where_getfindings_would_refuse_it() {
        let exclude = |all: &[&str], value: &str| texts(exclude(&chips(all), "Type", value));
        let some = |text: &str| Some(text.to_owned());
        assert_eq!(exclude(&[], "a"), some("Type:NOT_EQUALS:a"));
        assert_eq!(exclude(&["Type:NOT_EQUALS:b"], "a"), some("Type:NOT_EQUALS:b Type:NOT_EQUALS:a"));
        assert_eq!(exclude(&["Type:PREFIX:a"], "ab"), some("Type:PREFIX:a Type:NOT_EQUALS:ab"));
        assert_eq!(exclude(&["Type:EQUALS:a", "Type:EQUALS:b"], "a"), some("Type:EQUALS:b"));
        assert_eq!(exclude(&["Type:EQUALS:a"], "a"), None, "the last one");
        assert_eq!(exclude(&["Type:EQUALS:a"], "b"), None);
        assert_eq!(exclude(&["Type:EQUALS:ab", "Type:EQUALS:c", "Type:PREFIX:a"], "ab"), None);
        assert_eq!(exclude(&["Type:EQUALS:ab", "Type:PREFIX:a"], "ab"), some("Type:PREFIX:a Type:NOT_EQUALS:ab"));
        assert_eq!(exclude(&["Type:EQUALS:c", "Type:PREFIX:a"], "c"), some("Type:PREFIX:a"));
    }
}
