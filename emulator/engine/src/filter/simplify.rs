//! Simplification of filters.

use std::collections::HashSet;
use std::sync::Arc;

use super::{Filter, Test, TextTest};
use crate::schema::FieldId;

impl Filter {
    /// An equivalent filter that is smaller where possible: nested joins are flattened, constants folded, double
    /// negations removed, and alternatives of equality on one field merged into a set.
    #[must_use]
    pub fn simplify(&self) -> Self {
        match self {
            Self::All(parts) => all(parts.iter().map(Self::simplify)),
            Self::Any(parts) => any(parts.iter().map(Self::simplify)),
            Self::Not(part) => not(part.simplify()),
            Self::In { values, .. } if values.is_empty() => Self::nothing(),
            Self::Term { .. } | Self::In { .. } => self.clone(),
        }
    }

    fn is_everything(&self) -> bool {
        matches!(self, Self::All(parts) if parts.is_empty())
    }

    fn is_nothing(&self) -> bool {
        matches!(self, Self::Any(parts) if parts.is_empty())
    }
}

fn all(parts: impl Iterator<Item = Filter>) -> Filter {
    let mut kept = Vec::new();
    for part in parts {
        match part {
            Filter::All(inner) => kept.extend(inner),
            part => kept.push(part),
        }
    }
    if kept.iter().any(Filter::is_nothing) {
        return Filter::nothing();
    }
    only(kept, Filter::All)
}

fn any(parts: impl Iterator<Item = Filter>) -> Filter {
    let mut kept = Vec::new();
    for part in parts {
        match part {
            Filter::Any(inner) => kept.extend(inner),
            part => kept.push(part),
        }
    }
    if kept.iter().any(Filter::is_everything) {
        return Filter::everything();
    }
    only(merge_equalities(kept), Filter::Any)
}

fn not(part: Filter) -> Filter {
    match part {
        Filter::Not(inner) => *inner,
        part if part.is_everything() => Filter::nothing(),
        part if part.is_nothing() => Filter::everything(),
        part => part.negated(),
    }
}

/// A join of one part is replaced by that part.
fn only(mut parts: Vec<Filter>, join: impl FnOnce(Vec<Filter>) -> Filter) -> Filter {
    match parts.pop() {
        Some(part) if parts.is_empty() => part,
        last => {
            parts.extend(last);
            join(parts)
        }
    }
}

/// Merges several equalities on a field into one set.
fn merge_equalities(parts: Vec<Filter>) -> Vec<Filter> {
    let mut groups: Vec<(FieldId, Vec<Filter>)> = Vec::new();
    let mut kept = Vec::new();
    for part in parts {
        match equality_field(&part) {
            Some(field) => match groups.iter_mut().find(|(other, _)| *other == field) {
                Some((_, group)) => group.push(part),
                None => groups.push((field, vec![part])),
            },
            None => kept.push(part),
        }
    }
    kept.extend(groups.into_iter().map(|(field, group)| only(group, |group| one_of(field, group))));
    kept
}

fn equality_field(part: &Filter) -> Option<FieldId> {
    match part {
        Filter::Term { field, test: Test::Text(TextTest::Equals(_)) } | Filter::In { field, .. } => Some(*field),
        _ => None,
    }
}

/// The set of all values in equalities on `field`.
fn one_of(field: FieldId, equalities: Vec<Filter>) -> Filter {
    let mut values = HashSet::new();
    for equality in equalities {
        match equality {
            Filter::Term { test: Test::Text(TextTest::Equals(value)), .. } => {
                values.insert(value);
            }
            Filter::In { values: set, .. } => values.extend(set.iter().cloned()),
            _ => {}
        }
    }
    Filter::In { field, values: Arc::new(values) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn term(value: &str) -> Filter {
        Filter::term(FieldId(0), Test::equals(value))
    }

    fn prefix(value: &str) -> Filter {
        Filter::term(FieldId(0), Test::prefix(value))
    }

    fn set(values: &[&str]) -> Filter {
        Filter::In { field: FieldId(0), values: Arc::new(values.iter().map(ToString::to_string).collect()) }
    }

    #[test]
    fn joins_are_flattened_and_constants_folded() {
        let nested = Filter::All(vec![Filter::All(vec![prefix("a")]), Filter::everything()]);
        assert_eq!(nested.simplify(), prefix("a"));
        assert_eq!(Filter::All(vec![prefix("a"), Filter::nothing()]).simplify(), Filter::nothing());
        assert_eq!(Filter::Any(vec![prefix("a"), Filter::everything()]).simplify(), Filter::everything());
        assert_eq!(prefix("a").negated().negated().simplify(), prefix("a"));
        assert_eq!(Filter::everything().negated().simplify(), Filter::nothing());
        assert_eq!(set(&[]).negated().simplify(), Filter::everything());
    }

    #[test]
    fn equalities_are_merged_into_a_set() {
        let filter = Filter::Any(vec![term("a"), prefix("p"), Filter::Any(vec![term("b"), set(&["c"])])]);
        assert_eq!(filter.simplify(), Filter::Any(vec![prefix("p"), set(&["a", "b", "c"])]));
        assert_eq!(Filter::Any(vec![set(&["a", "b"])]).simplify(), set(&["a", "b"]));
    }
}
