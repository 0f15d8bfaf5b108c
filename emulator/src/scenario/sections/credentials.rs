//! `credentials`: the principals of access keys.

use std::collections::BTreeMap;
use std::sync::Arc;

use schemars::JsonSchema;
use serde::Deserialize;

use super::{accounts, policies};
use crate::scenario::check::{AccountText, Check};
use crate::scenario::spanned::{Entries, Spanned};
use crate::state::{AccountId, Credential, Permissions, Principal};

/// Principal of an access key: a user, or a session of a role.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[schemars(rename = "Credential")]
#[serde(deny_unknown_fields)]
pub(in crate::scenario) struct Declared {
    /// Account of the access key.
    #[schemars(with = "AccountText")]
    account: Option<AccountText>,
    /// Name of the user, without a path. Default: local.
    user: Option<Spanned<String>>,
    /// Name of the role, without a path, if the access key belongs to a session of a role.
    role: Option<Spanned<String>>,
    /// Name of the role session. Default: local.
    session: Option<Spanned<String>>,
    /// Secret access key. Required if signatures are verified.
    secret: Option<String>,
    /// Names of all identity-based policies of the user or role. Default: the policies of the role under `accounts`, or
    /// administrator access.
    policies: Option<Vec<Spanned<String>>>,
    /// Name of the policy that is the permissions boundary of the user or role.
    boundary: Option<Spanned<String>>,
    /// Name of the session policy, which limits the permissions of the role session.
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
            let diagnostic = check.at(key.span, format!("`{}` is not a valid access key ID", key.value));
            check.push(diagnostic.expected("letters and digits, such as AKIAIOSFODNN7EXAMPLE"));
        }
        let account = written.account.as_ref().and_then(|account| check.account(&account.0));
        let names_fit = check_names(&key.value, &written, check);
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

fn check_names(key: &str, written: &Declared, check: &mut Check) -> bool {
    let before = check.diagnostics.len();
    if let (Some(_), Some(role)) = (&written.user, &written.role) {
        check.push(
            check.at(role.span, "an access key cannot have both `user` and `role`").expected("only one of the two"),
        );
    }
    if let (Some(session), None) = (written.session.as_ref().or(written.session_policy.as_ref()), &written.role)
        && !check.is_lost(&["credentials", key, "role"])
    {
        check.push(check.at(session.span, "`session` and `session_policy` require a `role`").expected("a `role`"));
    }
    for name in [&written.user, &written.role, &written.session].into_iter().flatten() {
        check_name(name, check);
    }
    check.diagnostics.len() == before
}

/// Checks the name of a user, a role or a session.
pub(super) fn check_name(name: &Spanned<String>, check: &mut Check) {
    let is_name = |byte: u8| byte.is_ascii_alphanumeric() || b"_+=,.@-".contains(&byte);
    if name.value.is_empty() || !name.value.bytes().all(is_name) {
        let diagnostic = check.at(name.span, format!("`{}` is not a valid IAM name", name.value));
        check.push(diagnostic.expected("letters, digits and _+=,.@-"));
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
        let diagnostic =
            check.at(role.span, format!("the policies of the role `{}` are defined under `accounts`", role.value));
        check.push(diagnostic.expected("`policies` and `boundary` in only one of the two places"));
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
