//! Parsed policies, ready to be evaluated against calls.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::names::AccountId;

/// A policy of IAM or Organizations.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
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
        let statement =
            Statement { sid: None, effect: Effect::Allow, actions: all(), resources: all(), conditions: Vec::new() };
        Policy { name: "FullAWSAccess".to_owned(), statements: vec![statement] }
    }
}

/// A statement of a policy.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Statement {
    /// `Sid`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sid: Option<String>,
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
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Effect {
    /// `Allow`
    Allow,
    /// `Deny`
    Deny,
}

/// The patterns of `Action`, `Resource` and their negations.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PatternList {
    /// `Action`, `Resource`: matches if any pattern does.
    AnyOf(Vec<Pattern>),
    /// `NotAction`, `NotResource`: matches if no pattern does.
    NoneOf(Vec<Pattern>),
}

/// A condition on one key.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Condition {
    /// The operator that compares the values.
    pub operator: Operator,
    /// The key, as written.
    pub key: String,
    /// The values, one of which must match.
    pub values: Vec<Pattern>,
}

/// A condition operator. `ForAnyValue:StringNotLikeIfExists` has all possible parts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Operator {
    /// `ForAllValues`, `ForAnyValue`
    pub quantifier: Option<Quantifier>,
    /// The comparison.
    pub test: Test,
    /// True if the comparison is negated (`…Not…`).
    pub negated: bool,
    /// True if a missing key satisfies it (`…IfExists`).
    pub if_exists: bool,
}

/// The treatment of a key with several values.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Quantifier {
    /// `ForAllValues`
    All,
    /// `ForAnyValue`
    Any,
}

/// The comparison of a condition operator.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
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
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
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

/// A pattern in the syntax of policies: `*`, `?` and `${key}` are wildcards and variables; `${*}`, `${?}` and `${$}`
/// are the characters themselves.
impl Serialize for Pattern {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut written = String::new();
        for piece in &self.0 {
            match piece {
                Piece::One => written.push('?'),
                Piece::Many => written.push('*'),
                Piece::Variable { key, default: None } => written.extend(["${", key.as_str(), "}"]),
                Piece::Variable { key, default: Some(default) } => {
                    written.extend(["${", key.as_str(), ", '", default.as_str(), "'}"]);
                }
                Piece::Text(text) => {
                    for letter in text.chars() {
                        if ['*', '?', '$'].contains(&letter) {
                            written.extend(["${", &*letter.encode_utf8(&mut [0; 4]), "}"]);
                        } else {
                            written.push(letter);
                        }
                    }
                }
            }
        }
        serializer.serialize_str(&written)
    }
}

impl<'de> Deserialize<'de> for Pattern {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Pattern::read(&text).ok_or_else(|| D::Error::custom(format!("`{text}` has a `${{` without a closing `}}`")))
    }
}

impl Pattern {
    /// Parses the serialized form; `None` if a variable is not closed.
    fn read(text: &str) -> Option<Pattern> {
        let mut pieces = Vec::new();
        let mut rest = text;
        while let Some(letter) = rest.chars().next() {
            let Some(variable) = rest.strip_prefix("${") else {
                match letter {
                    '?' => pieces.push(Piece::One),
                    '*' => pieces.push(Piece::Many),
                    _ => push_text(&mut pieces, letter.encode_utf8(&mut [0; 4])),
                }
                rest = rest.get(letter.len_utf8()..)?;
                continue;
            };
            let (variable, after) = variable.split_once('}')?;
            rest = after;
            match variable.split_once(", '") {
                Some((key, default)) => {
                    let default = default.strip_suffix('\'')?.to_owned();
                    pieces.push(Piece::Variable { key: key.to_owned(), default: Some(default) });
                }
                None if ["*", "?", "$"].contains(&variable) => push_text(&mut pieces, variable),
                None => pieces.push(Piece::Variable { key: variable.to_owned(), default: None }),
            }
        }
        Some(Pattern(pieces))
    }
}

fn push_text(pieces: &mut Vec<Piece>, text: &str) {
    match pieces.last_mut() {
        Some(Piece::Text(before)) => before.push_str(text),
        _ => pieces.push(Piece::Text(text.to_owned())),
    }
}

/// The permissions of a principal. A principal without policies has administrator access and no `Permissions`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
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
