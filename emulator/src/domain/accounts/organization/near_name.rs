//! A suggestion for a misspelled name of a unit or a policy.

use std::fmt;

use crate::suggest;

/// The known name that the author of a misspelled one probably meant. It is displayed as ` (did you mean
/// "Workloads"?)`; without such a name, nothing is displayed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NearName(Option<String>);

impl NearName {
    /// Finds the name that is most similar to the misspelled one, if any is similar enough.
    pub fn among<'n>(names: impl Iterator<Item = &'n str>, wrong: &str) -> NearName {
        NearName(suggest::nearest(wrong, names).map(str::to_owned))
    }
}

impl fmt::Display for NearName {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Some(name) => write!(formatter, " (did you mean {name:?}?)"),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::NearName;

    /// Rules: CPL-141.
    #[test]
    fn a_name_is_suggested_only_if_few_letters_differ() {
        let near = |wrong: &str| NearName::among(["Workloads", "Sandbox", "root"].into_iter(), wrong).to_string();
        assert_eq!(near("workload"), " (did you mean \"Workloads\"?)");
        assert_eq!(near("Sandbxo"), " (did you mean \"Sandbox\"?)");
        for other in ["Nowhere", "", "ro", "Production"] {
            assert_eq!(near(other), "", "{other}");
        }
    }
}
