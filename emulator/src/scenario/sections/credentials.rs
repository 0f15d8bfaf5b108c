//! `credentials`: whom access keys stand for.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Deserialize;

use crate::scenario::check::{AccountText, Check};
use crate::scenario::spanned::{Entries, Spanned};
use crate::state::{AccountId, Credential, Principal};

/// Whom an access key stands for: a user, or a session of a role.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[schemars(rename = "Credential")]
#[serde(deny_unknown_fields)]
pub(in crate::scenario) struct Written {
    /// The account that the key is of.
    account: AccountText,
    /// The name of the user, without a path. Left out, it is local.
    user: Option<Spanned<String>>,
    /// The name of the role, without a path, where the key is a session's.
    role: Option<Spanned<String>>,
    /// The name of the role's session. Left out, it is local.
    session: Option<Spanned<String>>,
    /// The secret access key. It is needed where signatures are verified.
    secret: Option<String>,
}

/// Reads all entries, by access key id.
pub(in crate::scenario) fn check(written: Entries<Written>, check: &mut Check) -> BTreeMap<String, Credential> {
    let mut credentials = BTreeMap::new();
    for (key, written) in written.0 {
        if key.value.is_empty() || !key.value.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_') {
            let mistake = check.at(key.place, format!("`{}` is no access key id", key.value));
            check.push(mistake.expected("letters and digits, such as AKIAIOSFODNN7EXAMPLE"));
        }
        let account = check.account(&written.account.0);
        let names_fit = check_names(&written, check);
        if let (Some(account), true) = (account, names_fit) {
            let principal = principal(account, &written);
            credentials.insert(key.value, Credential { principal, secret: written.secret, expires_at: None });
        }
    }
    credentials
}

fn check_names(written: &Written, check: &mut Check) -> bool {
    let before = check.mistakes.len();
    if let (Some(_), Some(role)) = (&written.user, &written.role) {
        check.push(check.at(role.place, "the key cannot be a user's and a role's").expected("`user` or `role`"));
    }
    if let (Some(session), None) = (&written.session, &written.role) {
        check.push(check.at(session.place, "only a role has a session").expected("`role` beside `session`"));
    }
    for name in [&written.user, &written.role, &written.session].into_iter().flatten() {
        let is_name = |byte: u8| byte.is_ascii_alphanumeric() || b"_+=,.@-".contains(&byte);
        if name.value.is_empty() || !name.value.bytes().all(is_name) {
            let mistake = check.at(name.place, format!("`{}` is no name of IAM", name.value));
            check.push(mistake.expected("letters, digits and _+=,.@-"));
        }
    }
    check.mistakes.len() == before
}

fn principal(account: AccountId, written: &Written) -> Principal {
    let name = |written: &Option<Spanned<String>>| written.as_ref().map_or("local", |name| &name.value).to_owned();
    match &written.role {
        Some(role) => Principal::session("aws", account, ("/", &role.value), &name(&written.session)),
        None => Principal::user(account, &name(&written.user)),
    }
}
