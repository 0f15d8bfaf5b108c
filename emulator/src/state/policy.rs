//! Parsed policies, ready to be evaluated against calls.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::names::AccountId;

/// A policy of IAM or Organizations.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Policy {
    /// The name by which scenarios refer to it, or a description of a session policy.
    pub name: String,
    /// Its statements.
    pub statements: Vec<Statement>,
}

impl Policy {
    /// The policy that AWS attaches to every root, unit and account, which allows everything.
    pub fn full_aws_access() -> Policy {
        let all = || PatternList::AnyOf(vec![Pattern(vec![Piece::Many])]);
        let statement = Statement { effect: Effect::Allow, actions: all(), resources: all(), conditions: Vec::new() };
        Policy { name: "FullAWSAccess".to_owned(), statements: vec![statement] }
    }
}

/// A statement of a policy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Statement {
    /// `Effect`
    pub effect: Effect,
    /// `Action` or `NotAction`
    pub actions: PatternList,
    /// `Resource` or `NotResource`
    pub resources: PatternList,
    /// `Condition`; all must hold.
    pub conditions: Vec<Condition>,
}

/// The effect of a statement.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effect {
    /// `Allow`
    Allow,
    /// `Deny`
    Deny,
}

/// The patterns of `Action`, `Resource` and their negations.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PatternList {
    /// `Action`, `Resource`: matches if any pattern does.
    AnyOf(Vec<Pattern>),
    /// `NotAction`, `NotResource`: matches if no pattern does.
    NoneOf(Vec<Pattern>),
}

/// A condition on one key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Condition {
    /// The operator that compares the values.
    pub operator: Operator,
    /// The key, as written.
    pub key: String,
    /// The values, one of which must match.
    pub values: Vec<Pattern>,
}

/// A condition operator. `ForAnyValue:StringNotLikeIfExists` has all possible parts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Operator {
    /// `ForAllValues`, `ForAnyValue`
    pub quantifier: Option<Quantifier>,
    /// The comparison.
    pub test: Test,
    /// Whether the comparison is negated (`…Not…`).
    pub negated: bool,
    /// Whether a missing key satisfies it (`…IfExists`).
    pub if_exists: bool,
}

/// The treatment of a key with several values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Quantifier {
    /// `ForAllValues`
    All,
    /// `ForAnyValue`
    Any,
}

/// The comparison of a condition operator.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Test {
    /// `StringEquals`
    Equals,
    /// `StringEqualsIgnoreCase`
    EqualsIgnoreCase,
    /// `StringLike`
    Like,
    /// `ArnEquals`, `ArnLike`
    Arn,
    /// `Bool`
    Bool,
    /// `NumericEquals`, …
    Number(Relation),
    /// `DateEquals`, …
    Date(Relation),
    /// `IpAddress`
    IpAddress,
    /// `Null`: whether the key is missing.
    Null,
}

/// The ordering a comparison of numbers or dates requires.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Relation {
    /// `…Equals`
    Equal,
    /// `…LessThan`
    Less,
    /// `…LessThanEquals`
    LessOrEqual,
    /// `…GreaterThan`
    Greater,
    /// `…GreaterThanEquals`
    GreaterOrEqual,
}

/// A text with wildcards and policy variables.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pattern(pub Vec<Piece>);

/// A piece of a [`Pattern`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Piece {
    /// Literal text.
    Text(String),
    /// `?`: one character.
    One,
    /// `*`: any number of characters.
    Many,
    /// `${key}` or `${key, 'default'}`: the value of this key in the request.
    Variable {
        /// The key.
        key: String,
        /// The value used if the request does not have the key.
        default: Option<String>,
    },
}

/// The permissions of a principal. A principal without policies has administrator access and no `Permissions`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Permissions {
    /// Identity-based policies; `None` for administrator access.
    pub identity: Option<Vec<Arc<Policy>>>,
    /// Its permissions boundary.
    pub boundary: Option<Arc<Policy>>,
    /// Session policies, one of which must allow the action; `None` if the session has none.
    pub session: Option<Vec<Arc<Policy>>>,
}

/// The policies of a world and their targets.
#[derive(Clone, Debug, Default)]
pub struct Policies {
    /// Policies by name.
    pub named: BTreeMap<String, Arc<Policy>>,
    /// Service control policies by target: the ID of the root, a unit or an account. A target without an entry has only
    /// FullAWSAccess.
    pub service_control: BTreeMap<String, Vec<Arc<Policy>>>,
    /// Roles whose sessions do not have administrator access, by account and name.
    pub roles: BTreeMap<(AccountId, String), Permissions>,
}
