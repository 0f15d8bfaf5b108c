//! `credentials`: the principals of access keys.

use std::collections::BTreeMap;
use std::sync::Arc;

use schemars::JsonSchema;
use serde::Deserialize;

use super::{accounts, policies};
use crate::scenario::check::{AccountText, Check};
use crate::scenario::spanned::{Entries, Spanned};
use crate::state::{AccountId, Credential, Permissions, Principal};

/// Whom an access key stands for: a user, or a session of a role.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[schemars(rename = "Credential")]
#[serde(deny_unknown_fields)]
pub(in crate::scenario) struct Declared {
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
    /// The identity-based policies of the user or the role, by name; it has these and no others. Left out, it may do
    /// everything, unless the role stands under `accounts`.
    policies: Option<Vec<Spanned<String>>>,
    /// The permissions boundary of the user or the role, the name of a policy.
    boundary: Option<Spanned<String>>,
    /// The policy of the role's session, by name: the session may do nothing that it does not allow.
    session_policy: Option<Spanned<String>>,
}

/// Checks all entries, by access key ID.
pub(in crate::scenario) fn check(
    written: Entries<Declared>,
    policies: &policies::Valid,
    accounts: &BTreeMap<AccountId, accounts::Valid>,
    check: &mut Check,
) -> BTreeMap<String, Credential> {
    let mut credentials = BTreeMap::new();
    for (key, written) in written.0 {
        if key.value.is_empty() || !key.value.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_') {
            let mistake = check.at(key.place, format!("`{}` is no access key id", key.value));
            check.push(mistake.expected("letters and digits, such as AKIAIOSFODNN7EXAMPLE"));
        }
        let account = check.account(&written.account.0);
        let names_fit = check_names(&written, check);
        let of_role = written.role.as_ref().zip(account.and_then(|account| accounts.get(&account)));
        let of_role = of_role.and_then(|(role, account)| account.roles.get(&role.value));
        let permissions = permissions(&written, of_role, policies, check);
        if let (Some(account), true) = (account, names_fit) {
            let principal = Principal { permissions, ..principal(account, &written) };
            credentials.insert(key.value, Credential { principal, secret: written.secret, token: None });
        }
    }
    credentials
}

fn check_names(written: &Declared, check: &mut Check) -> bool {
    let before = check.mistakes.len();
    if let (Some(_), Some(role)) = (&written.user, &written.role) {
        check.push(check.at(role.place, "the key cannot be a user's and a role's").expected("`user` or `role`"));
    }
    if let (Some(session), None) = (written.session.as_ref().or(written.session_policy.as_ref()), &written.role) {
        check.push(check.at(session.place, "only a role has a session").expected("`role` beside it"));
    }
    for name in [&written.user, &written.role, &written.session].into_iter().flatten() {
        check_name(name, check);
    }
    check.mistakes.len() == before
}

/// Checks the name of a user, a role or a session.
pub(super) fn check_name(name: &Spanned<String>, check: &mut Check) {
    let is_name = |byte: u8| byte.is_ascii_alphanumeric() || b"_+=,.@-".contains(&byte);
    if name.value.is_empty() || !name.value.bytes().all(is_name) {
        let mistake = check.at(name.place, format!("`{}` is no name of IAM", name.value));
        check.push(mistake.expected("letters, digits and _+=,.@-"));
    }
}

/// The permissions of a key. Policies of a role may only be given in one place.
fn permissions(
    written: &Declared,
    of_role: Option<&Permissions>,
    policies: &policies::Valid,
    check: &mut Check,
) -> Option<Arc<Permissions>> {
    if let (Some(_), Some(role)) = (of_role, &written.role)
        && (written.policies.is_some() || written.boundary.is_some())
    {
        let mistake = check.at(role.place, format!("the policies of `{}` stand under `accounts`", role.value));
        check.push(mistake.expected("no `policies` and no `boundary` here, or no role there"));
    }
    let own = policies.permissions(written.policies.as_ref(), written.boundary.as_ref(), check);
    let mut permissions = of_role.cloned().unwrap_or(own);
    let session = written.session_policy.as_ref().map(|name| policies.find(name, check).into_iter().collect());
    permissions.session = session;
    (permissions != Permissions::default()).then(|| Arc::new(permissions))
}

fn principal(account: AccountId, written: &Declared) -> Principal {
    let name = |written: &Option<Spanned<String>>| written.as_ref().map_or("local", |name| &name.value).to_owned();
    match &written.role {
        Some(role) => Principal::session("aws", account, ("/", &role.value), &name(&written.session)),
        None => Principal::user(account, &name(&written.user)),
    }
}
