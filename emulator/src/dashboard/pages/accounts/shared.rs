//! Parts that the sections of `Accounts` share.

use serde_json::Value;

use crate::dashboard::call::Call;
use crate::dashboard::page::{Context, PageError};
use crate::state::AccountId;

/// Maximum number of accounts in a call about members.
pub(super) const BATCH: usize = 50;
/// Maximum number of accounts in a call of the control plane.
pub(super) const LARGE_BATCH: usize = 500;
/// Maximum number of calls that are shown after an action.
pub(super) const SHOWN_CALLS: usize = 6;

/// A section of the page.
#[derive(Debug, Default)]
pub(super) struct Section {
    /// Its HTML.
    pub(super) html: String,
    /// The calls that return what it shows.
    pub(super) calls: Vec<Call>,
    /// The reason why a part of the query cannot be used.
    pub(super) alert: Option<String>,
}

/// The text of a member of an answer; empty if it is absent.
pub(super) fn text<'v>(value: &'v Value, name: &str) -> &'v str {
    value[name].as_str().unwrap_or_default()
}

/// The elements of a list in an answer.
pub(super) fn list<'v>(value: &'v Value, name: &str) -> impl Iterator<Item = &'v Value> + use<'v> {
    value[name].as_array().into_iter().flatten()
}

/// An account with its name, such as `111111111111 security`.
pub(super) fn named(context: &Context<'_>, account: &str) -> String {
    let name = AccountId::parse(account).and_then(|account| context.name(account));
    name.map_or_else(|| account.to_owned(), |name| format!("{account} {name}"))
}

/// Why a part of the page cannot be shown, in the words of the service.
pub(super) fn sentence(page_error: PageError) -> String {
    match page_error {
        PageError::Refused { sentence, code: Some(code), .. } => format!("{sentence} ({code})"),
        PageError::Refused { sentence, .. } | PageError::NotFound { sentence, .. } | PageError::Invalid(sentence) => {
            sentence
        }
        PageError::Moved(to) => format!("This is at {}.", to.address()),
    }
}
