//! Policies as they are kept: read once, and then matched against every call of those whom they bind.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::names::AccountId;

/// A policy of IAM or of Organizations.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Policy {
    /// The name that scenarios know it by; for a policy that a session brings, what it is.
    pub name: String,
    /// Its statements.
    pub statements: Vec<Statement>,
}

/// A statement: what it allows or denies.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Statement {
    /// `Effect`
    pub effect: Effect,
    /// `Action` or `NotAction`
    pub actions: Listed,
    /// `Resource` or `NotResource`
    pub resources: Listed,
    /// `Condition`; all must hold.
    pub conditions: Vec<Condition>,
}

/// What a statement does to what it applies to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effect {
    /// `Allow`
    Allow,
    /// `Deny`
    Deny,
}

/// What a statement lists: what it is about, or all that it is not about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Listed {
    /// `Action`, `Resource`
    AnyOf(Vec<Pattern>),
    /// `NotAction`, `NotResource`
    NoneOf(Vec<Pattern>),
}

/// A condition on one key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Condition {
    /// How values are compared.
    pub operator: Operator,
    /// The key, as written.
    pub key: String,
    /// The values, of which one suffices.
    pub values: Vec<Pattern>,
}

/// An operator of conditions: `ForAnyValue:StringNotLikeIfExists` has all that one can have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Operator {
    /// `ForAllValues`, `ForAnyValue`
    pub quantifier: Option<Quantifier>,
    /// The comparison.
    pub test: Test,
    /// Whether it holds where the comparison does not (`…Not…`).
    pub negated: bool,
    /// Whether it holds where the key is missing (`…IfExists`).
    pub if_exists: bool,
}

/// How a condition treats a key with several values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Quantifier {
    /// `ForAllValues`
    All,
    /// `ForAnyValue`
    Any,
}

/// A comparison of a value with one that a policy writes.
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

/// How what a request has stands to what a policy writes.
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

/// A text of a policy, with what stands for other texts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pattern(pub Vec<Piece>);

/// A piece of a [`Pattern`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Piece {
    /// Itself.
    Text(String),
    /// `?`: one character.
    One,
    /// `*`: any number of characters.
    Many,
    /// `${key}` or `${key, 'default'}`: the value that the request has under the key.
    Variable {
        /// The key.
        key: String,
        /// What stands for it where the request has no such key.
        default: Option<String>,
    },
}

/// What the policies of a principal let it do. One that has none at all is an administrator.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Permissions {
    /// Its identity-based policies; `None` for an administrator's.
    pub identity: Option<Vec<Arc<Policy>>>,
    /// Its permissions boundary.
    pub boundary: Option<Arc<Policy>>,
    /// The policies of its session, of which one must allow; `None` where the session has none.
    pub session: Option<Vec<Arc<Policy>>>,
}

/// The policies of a world and what they are attached to.
#[derive(Clone, Debug, Default)]
pub struct Policies {
    /// Policies by name.
    pub named: BTreeMap<String, Arc<Policy>>,
    /// Service control policies by what they are attached to: the root's id, a unit's or an account's. What has no
    /// entry has FullAWSAccess alone.
    pub service_control: BTreeMap<String, Vec<Arc<Policy>>>,
    /// Roles whose sessions are not an administrator's, by account and name.
    pub roles: BTreeMap<(AccountId, String), Permissions>,
}
