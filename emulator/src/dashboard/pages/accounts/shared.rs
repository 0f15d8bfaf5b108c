//! Parts that the sections of `Accounts` share.

use http::Method;
use serde_json::{Value, json};

use crate::dashboard::answer::{list, text};
use crate::dashboard::call::Call;
use crate::dashboard::page::{Context, PageError};
use crate::dashboard::view::View;
use crate::state::AccountId;

/// Maximum number of accounts in a call about members.
pub(super) const BATCH: usize = 50;
/// Maximum number of accounts in a call of the control plane.
pub(super) const LARGE_BATCH: usize = 500;
/// Maximum number of calls that are shown after an action.
pub(super) const SHOWN_CALLS: usize = 6;

/// The input of an operation on these accounts.
pub(super) fn ids(accounts: &[AccountId]) -> Value {
    json!({ "AccountIds": accounts.iter().map(AccountId::as_str).collect::<Vec<_>>() })
}

/// The call that accepts the invitations of the account of a view in its Region on behalf of these accounts, or of all
/// invited accounts.
pub(super) fn accept_call(view: &View, accounts: Option<&[AccountId]>) -> Call {
    let (administrator, region) = (view.account, &view.region);
    let mut body = accounts.map_or_else(|| json!({}), ids);
    body["Administrator"] = administrator.as_str().into();
    body["Regions"] = json!([region.as_str()]);
    let mut command = format!("members accept --administrator {administrator} --region {region}");
    if let Some(accounts) = accounts {
        let ids: Vec<&str> = accounts.iter().map(AccountId::as_str).collect();
        command = format!("{command} --account {}", ids.join(","));
    }
    Call::control(&Method::POST, "/_emulator/members/accept", body, &command)
}

/// The accounts that a call has not processed, with the reasons.
pub(super) fn unprocessed(answer: &Value) -> impl Iterator<Item = (String, String)> + use<'_> {
    let refused = list(answer, "UnprocessedAccounts").iter();
    refused.map(|refused| (text(refused, "AccountId").to_owned(), text(refused, "ProcessingResult").to_owned()))
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
        PageError::Moved(to) => format!("This page has moved to {}.", to.address()),
    }
}
