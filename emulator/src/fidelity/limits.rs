//! The known limits of implemented operations.

use securityhub_fixtures::Operation;

/// For each limit an operation, the rule that covers it, and a sentence.
const LIMITS: &str = include_str!("limits.tsv");

/// The known limit of an operation compared with AWS.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limit {
    /// The name of the operation.
    pub operation: &'static str,
    /// The ID of the rule.
    pub rule: &'static str,
    /// The sentence, without its full stop.
    pub text: &'static str,
}

/// All limits, in the order of the operations.
pub fn all() -> impl Iterator<Item = Limit> {
    let rows = LIMITS.lines().skip(1).map(|line| line.split('\t').collect::<Vec<_>>());
    rows.filter_map(|row| {
        let [operation, rule, text] = row[..] else { return None };
        Some(Limit { operation, rule, text })
    })
}

/// The limit of an operation, if there is one.
pub fn of(operation: Operation) -> Option<Limit> {
    all().find(|limit| limit.operation == operation.name())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_limit_has_an_operation_and_a_known_rule() {
        assert_eq!(all().count() + 1, LIMITS.lines().count(), "each row has three columns");
        let rules = &super::super::register::all().rules;
        for Limit { operation, rule, .. } in all() {
            assert!(Operation::ALL.iter().any(|known| known.name() == operation), "{operation}");
            assert_eq!(all().filter(|other| other.operation == operation).count(), 1, "{operation} has one row");
            assert!(rules.iter().any(|known| known.id == rule), "{rule}");
        }
    }
}
