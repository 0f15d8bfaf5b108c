//! Names that have an effect in policies: the actions of Security Hub and the condition keys of requests.

use securityhub_fixtures::actions::ACTIONS;

use super::keys::Keys;
use super::pattern;
use crate::state::{Pattern, PatternList};

/// The prefix of the actions and the condition keys of Security Hub.
const SERVICE: &str = "securityhub:";
/// Prefixes of condition keys that end with the key of a tag.
const TAGS: [&str; 2] = ["aws:RequestTag/", "aws:ResourceTag/"];

/// The condition keys that a request can have, except those of tags.
pub(super) const KEYS: [&str; 31] = [
    "aws:CurrentTime",
    "aws:EpochTime",
    "aws:MultiFactorAuthPresent",
    "aws:PrincipalAccount",
    "aws:PrincipalArn",
    "aws:PrincipalIsAWSService",
    "aws:PrincipalOrgID",
    "aws:PrincipalType",
    "aws:RequestedRegion",
    "aws:ResourceAccount",
    "aws:SecureTransport",
    "aws:SourceIp",
    "aws:TagKeys",
    "aws:ViaAWSService",
    "aws:username",
    "securityhub:TargetAccount",
    "securityhub:ASFFSyntaxPath/Confidence",
    "securityhub:ASFFSyntaxPath/Criticality",
    "securityhub:ASFFSyntaxPath/Note.Text",
    "securityhub:ASFFSyntaxPath/Note.UpdatedBy",
    "securityhub:ASFFSyntaxPath/RelatedFindings",
    "securityhub:ASFFSyntaxPath/Severity.Label",
    "securityhub:ASFFSyntaxPath/Severity.Normalized",
    "securityhub:ASFFSyntaxPath/Severity.Product",
    "securityhub:ASFFSyntaxPath/Types",
    "securityhub:ASFFSyntaxPath/UserDefinedFields",
    "securityhub:ASFFSyntaxPath/VerificationState",
    "securityhub:ASFFSyntaxPath/Workflow.Status",
    "securityhub:OCSFSyntaxPath/Comment",
    "securityhub:OCSFSyntaxPath/SeverityId",
    "securityhub:OCSFSyntaxPath/StatusId",
];

/// The request fields that have a condition key with this prefix (IAM-07, IAM-08), with their keys.
pub(super) fn fields_below(stem: &str) -> impl Iterator<Item = (&'static str, &'static str)> {
    KEYS.iter().filter_map(move |key| Some((*key, key.strip_prefix(stem)?.strip_prefix('/')?)))
}

pub(super) fn actions() -> impl Iterator<Item = &'static str> {
    ACTIONS.iter().map(|action| action.name)
}

pub(super) fn keys() -> impl Iterator<Item = &'static str> {
    KEYS.into_iter().chain(TAGS)
}

/// Returns whether the text may name an action; actions of other services are not checked.
pub(super) fn is_action(text: &str, pattern: &Pattern) -> bool {
    !begins_with(text, SERVICE) || is_any_action(std::slice::from_ref(pattern))
}

/// Returns whether a list of actions includes one of Security Hub.
pub(super) fn includes_security_hub(actions: &PatternList) -> bool {
    match actions {
        PatternList::AnyOf(patterns) => is_any_action(patterns),
        PatternList::NoneOf(_) => true,
    }
}

fn is_any_action(patterns: &[Pattern]) -> bool {
    let none = Keys::default();
    patterns.iter().any(|pattern| pattern::matches_action(pattern, &none, actions()))
}

/// Returns whether requests can have a condition key, ignoring case; keys of other services are not checked.
pub(super) fn is_key(key: &str) -> bool {
    let of_others = !begins_with(key, SERVICE) && !begins_with(key, "aws:");
    of_others
        || TAGS.iter().any(|stem| begins_with(key, stem))
        || KEYS.iter().any(|known| known.eq_ignore_ascii_case(key))
}

fn begins_with(text: &str, prefix: &str) -> bool {
    text.get(..prefix.len()).is_some_and(|start| start.eq_ignore_ascii_case(prefix))
}
