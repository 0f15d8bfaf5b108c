//! Combination of several elements for one filter name, and the comparisons that exclude each other.

use std::fmt;

use super::{Filter, Test, TextTest, Words};
use crate::schema::FieldId;

/// A comparison of a string or map filter.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Comparison {
    /// EQUALS.
    Equals,
    /// PREFIX.
    Prefix,
    /// CONTAINS.
    Contains,
    /// CONTAINS_WORD.
    ContainsWord,
    /// NOT_EQUALS.
    NotEquals,
    /// PREFIX_NOT_EQUALS.
    PrefixNotEquals,
    /// NOT_CONTAINS.
    NotContains,
}

impl Comparison {
    /// All comparisons.
    pub const EVERY: [Self; 7] = [
        Self::Equals,
        Self::Prefix,
        Self::Contains,
        Self::ContainsWord,
        Self::NotEquals,
        Self::PrefixNotEquals,
        Self::NotContains,
    ];

    /// The comparison with a name in the API.
    pub fn named(name: &str) -> Option<Self> {
        Self::EVERY.into_iter().find(|comparison| comparison.name() == name)
    }

    /// The name in the API.
    pub fn name(self) -> &'static str {
        match self {
            Self::Equals => "EQUALS",
            Self::Prefix => "PREFIX",
            Self::Contains => "CONTAINS",
            Self::ContainsWord => "CONTAINS_WORD",
            Self::NotEquals => "NOT_EQUALS",
            Self::PrefixNotEquals => "PREFIX_NOT_EQUALS",
            Self::NotContains => "NOT_CONTAINS",
        }
    }

    /// Returns whether it is negative: no value may satisfy it (FLT-04).
    pub fn is_negative(self) -> bool {
        matches!(self, Self::NotEquals | Self::PrefixNotEquals | Self::NotContains)
    }

    /// The test of a value. For a negative comparison, the test that no value may satisfy.
    pub fn test(self, value: &str) -> TextTest {
        match self {
            Self::Equals | Self::NotEquals => TextTest::Equals(value.to_owned()),
            Self::Prefix | Self::PrefixNotEquals => TextTest::Prefix(value.to_owned()),
            Self::Contains | Self::NotContains => TextTest::Contains(value.to_owned()),
            Self::ContainsWord => TextTest::ContainsWord(Words::of(value)),
        }
    }
}

/// Two comparisons that AWS refuses for the same filter name, in the order in which they were written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RefusedCombination {
    /// The earlier one.
    pub first: Comparison,
    /// The later one.
    pub second: Comparison,
}

impl fmt::Display for RefusedCombination {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "cannot combine {} with {}", self.first.name(), self.second.name())
    }
}

impl std::error::Error for RefusedCombination {}

/// Checks that the comparisons for one filter name can be combined (FLT-17).
///
/// # Errors
/// The first pair that cannot.
pub fn check(comparisons: &[Comparison]) -> Result<(), RefusedCombination> {
    // Each comparison once, in the order of first use, which suffices to find the first pair.
    let mut written: Vec<Comparison> = Vec::new();
    for &second in comparisons {
        if written.contains(&second) {
            continue;
        }
        if let Some(&first) = written.iter().find(|first| is_refused(**first, second)) {
            return Err(RefusedCombination { first, second });
        }
        written.push(second);
    }
    Ok(())
}

/// The excluded combinations. CONTAINS can only be combined with itself, and so can NOT_CONTAINS, the stricter of two
/// interpretations. CONTAINS_WORD is not documented and can be combined with everything (inferred).
fn is_refused(one: Comparison, other: Comparison) -> bool {
    use Comparison::{Contains, ContainsWord, Equals, NotContains, NotEquals, PrefixNotEquals};
    let alone = |comparison| matches!(comparison, Contains | NotContains);
    match (one, other) {
        (ContainsWord, _) | (_, ContainsWord) => false,
        (Equals, NotEquals | PrefixNotEquals) | (NotEquals | PrefixNotEquals, Equals) => true,
        _ => one != other && (alone(one) || alone(other)),
    }
}

/// Combines the tests of one field: any positive test (or none is given), and no negative test (FLT-03, FLT-18).
pub fn combine(field: FieldId, positives: Vec<Test>, negatives: Vec<Test>) -> Filter {
    let term = |test| Filter::term(field, test);
    let positives: Vec<Filter> = positives.into_iter().map(term).collect();
    let negatives = negatives.into_iter().map(|test| term(test).negated());
    let any = (!positives.is_empty()).then_some(Filter::Any(positives));
    Filter::All(any.into_iter().chain(negatives).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Rules: FLT-17.
    #[test]
    fn refused_combinations() {
        use Comparison::{Contains, Equals, NotContains, NotEquals, Prefix, PrefixNotEquals};
        let order = [Equals, Prefix, Contains, NotEquals, PrefixNotEquals, NotContains];
        let table = ["..xxxx", "..x..x", "xx.xxx", "x.x..x", "x.x..x", "xxxxx."];
        for (first, row) in order.into_iter().zip(table) {
            for (second, cell) in order.into_iter().zip(row.chars()) {
                let expected = if cell == 'x' { Err(RefusedCombination { first, second }) } else { Ok(()) };
                assert_eq!(check(&[first, second]), expected);
                assert_eq!(check(&[first, Comparison::ContainsWord]), Ok(()));
            }
        }
    }

    /// Rules: FLT-17.
    #[test]
    fn the_first_refused_pair_is_reported() {
        use Comparison::{Equals, NotEquals, Prefix};
        let refused = check(&[Prefix, NotEquals, Equals, NotEquals]).expect_err("refused");
        assert_eq!(refused.to_string(), "cannot combine NOT_EQUALS with EQUALS");
        assert_eq!(check(&[Prefix, Prefix, NotEquals]), Ok(()));
        assert_eq!(check(&[]), Ok(()));
    }

    /// Rules: FLT-04.
    #[test]
    fn names_and_signs() {
        for comparison in Comparison::EVERY {
            assert_eq!(Comparison::named(comparison.name()), Some(comparison));
            assert_eq!(comparison.is_negative(), comparison.name().contains("NOT"));
        }
        assert_eq!(Comparison::named("equals"), None);
    }

    /// Rules: FLT-03.
    #[test]
    fn any_positive_and_no_negative_must_hold() {
        let field = FieldId(3);
        let term = |value: &str| Filter::term(field, Test::equals(value));
        assert_eq!(
            combine(field, vec![Test::equals("a"), Test::equals("b")], vec![Test::equals("c"), Test::equals("d")]),
            Filter::All(vec![Filter::Any(vec![term("a"), term("b")]), term("c").negated(), term("d").negated()])
        );
        assert_eq!(combine(field, vec![], vec![Test::equals("c")]), Filter::All(vec![term("c").negated()]));
        assert_eq!(combine(field, vec![], vec![]), Filter::everything());
    }
}
