//! The parts of a scenario that could not be read or are wrong. An error that may merely result from one of them, such as
//! a reference to a hub whose account is misspelled, is not reported.

use std::collections::BTreeSet;

use super::files::Span;

/// The element of a path that stands for any item of a list.
pub(super) const ITEM: &str = "*";

/// The lost parts, by path, each with the spans of the list items that contain it.
#[derive(Clone, Debug, Default)]
pub(super) struct Lost(BTreeSet<(Vec<String>, Vec<Span>)>);

impl Lost {
    /// Adds a part.
    pub(super) fn add(&mut self, path: Vec<String>, items: Vec<Span>) {
        self.0.insert((path, items));
    }

    /// Returns whether a part is lost, as a whole or in part.
    pub(super) fn contains(&self, path: &[&str]) -> bool {
        self.0.iter().any(|(lost, _)| lost.iter().zip(path).all(|(lost, part)| lost == part))
    }

    /// Returns whether a key of the list item with this span is lost.
    pub(super) fn contains_in(&self, item: Span, key: &str) -> bool {
        self.0.iter().any(|(lost, items)| items.contains(&item) && lost.iter().any(|part| part == key))
    }

    /// Returns whether it is unknown which accounts and units are in the organization. Policies of a unit do not
    /// matter.
    pub(super) fn contains_members(&self) -> bool {
        let is_membership = |part: &String| part == "units" || part == "accounts";
        let of_units = |lost: &Vec<String>| lost.iter().skip(3).step_by(2).all(is_membership);
        let is_units = |lost: &Vec<String>| match &lost[..] {
            [section, key, ..] => section == "organization" && key == "units" && of_units(lost),
            _ => false,
        };
        self.contains(&["organization", "management_account"]) || self.0.iter().any(|(lost, _)| is_units(lost))
    }
}

#[cfg(test)]
mod tests {
    use super::{ITEM, Lost};

    fn lost(path: &[&str]) -> Lost {
        let mut lost = Lost::default();
        lost.add(path.iter().map(|part| (*part).to_owned()).collect(), Vec::new());
        lost
    }

    #[test]
    fn a_part_is_lost_with_the_whole_and_with_one_of_its_parts() {
        let of_hub = lost(&["hubs", ITEM, "account"]);
        assert!(of_hub.contains(&["hubs", ITEM, "account"]) && of_hub.contains(&["hubs"]));
        assert!(!of_hub.contains(&["hubs", ITEM, "regions"]) && !of_hub.contains(&["aggregators"]));
        assert!(lost(&["hubs"]).contains(&["hubs", ITEM, "account"]));
        assert!(lost(&[]).contains(&["hubs"]) && lost(&[]).contains_members());
        assert!(!Lost::default().contains(&["hubs"]));
    }

    #[test]
    fn policies_of_units_do_not_change_who_is_in_the_organization() {
        for (path, expected) in [
            (&["organization", "units", "A"][..], true),
            (&["organization", "units", "A", "units", "B", "accounts", ITEM], true),
            (&["organization", "units", "A", "units", "B", "policies", ITEM], false),
            (&["organization", "policies"], false),
            (&["organization", "management_account"], true),
        ] {
            assert_eq!(lost(path).contains_members(), expected, "{path:?}");
        }
    }
}
