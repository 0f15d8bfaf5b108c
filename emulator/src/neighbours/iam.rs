//! AWS Identity and Access Management: the user that calls, and the account's alias (NB-23, NB-24).

use super::query::Form;
use super::xml::Element;
use crate::aws_error::{AwsError, ErrorCode};
use crate::domain::arn::Arn;
use crate::domain::caller::Caller;
use crate::state::Principal;

/// Users are not kept here, so all of them were made at the same time.
const CREATED: &str = "2026-01-01T00:00:00Z";

/// Runs an operation of IAM; `None` when it is not answered here.
pub(super) fn call(caller: &Caller, form: &Form) -> Result<Option<Vec<Element>>, AwsError> {
    match form.action() {
        "GetUser" => get_user(&caller.principal, form.get("UserName")).map(Some),
        "ListAccountAliases" => Ok(Some(list_account_aliases(&caller.principal))),
        _ => Ok(None),
    }
}

/// The only user that is known is the one that calls (NB-23).
fn get_user(principal: &Principal, asked: Option<&str>) -> Result<Vec<Element>, AwsError> {
    let own = user(principal);
    if let Some(name) = asked.filter(|&name| own.is_none_or(|(_, own)| name != own)) {
        return Err(AwsError::new(ErrorCode::NoSuchEntity, format!("The user with name {name} cannot be found.")));
    }
    let Some((path, name)) = own else {
        let message = "Must specify userName when calling with non-User credentials";
        return Err(AwsError::new(ErrorCode::ValidationError, message));
    };
    let members = [
        Element::text("Path", path),
        Element::text("UserName", name),
        Element::text("UserId", &*principal.user_id),
        Element::text("Arn", &*principal.arn),
        Element::text("CreateDate", CREATED),
    ];
    Ok(vec![Element::new("User", members)])
}

/// The path and the name of a user: `/` and `local` of `…:user/local`.
fn user(principal: &Principal) -> Option<(&str, &str)> {
    let path_and_name = Arn::parse(&principal.arn)?.resource.strip_prefix("user")?;
    path_and_name.rsplit_once('/').map(|(path, name)| (&path_and_name[..=path.len()], name))
}

/// Every account has an alias, since some clients insist on one (NB-06, NB-24).
fn list_account_aliases(principal: &Principal) -> Vec<Element> {
    let alias = Element::text("member", format!("local-{}", principal.account));
    vec![Element::new("AccountAliases", [alias]), Element::text("IsTruncated", "false")]
}
