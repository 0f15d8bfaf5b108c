//! AWS Identity and Access Management: the caller's user and the account alias (NB-23, NB-24).

use super::query::Form;
use super::xml::Element;
use crate::aws_error::{AwsError, ErrorCode};
use crate::domain::caller::Caller;

/// The creation date of all users, since none is ever created here.
const CREATED: &str = "2026-01-01T00:00:00Z";

/// Runs an operation of IAM; `None` if it is not supported.
pub(super) fn call(caller: &Caller, form: &Form) -> Result<Option<Vec<Element>>, AwsError> {
    match form.action() {
        "GetUser" => get_user(caller, form.get("UserName")).map(|user| Some(vec![user])),
        "ListAccountAliases" => Ok(Some(list_account_aliases(caller))),
        _ => Ok(None),
    }
}

/// The caller's own user, the only user of an account (NB-23).
fn get_user(caller: &Caller, requested: Option<&str>) -> Result<Element, AwsError> {
    let principal = &caller.principal;
    let (_, path) = principal.arn.split_once(":user/").ok_or_else(|| {
        AwsError::new(ErrorCode::ValidationError, "Must specify userName when calling with non-User credentials")
    })?;
    let name = path.rsplit('/').next().unwrap_or(path);
    if let Some(requested) = requested.filter(|requested| *requested != name) {
        let message = format!("The user with name {requested} cannot be found.");
        return Err(AwsError::new(ErrorCode::NoSuchEntity, message));
    }
    Ok(Element::new(
        "User",
        [
            Element::text("Path", "/"),
            Element::text("UserName", name),
            Element::text("UserId", &*principal.user_id),
            Element::text("Arn", &*principal.arn),
            Element::text("CreateDate", CREATED),
        ],
    ))
}

fn list_account_aliases(caller: &Caller) -> Vec<Element> {
    let alias = Element::text("member", format!("local-{}", caller.account()));
    vec![Element::new("AccountAliases", [alias]), Element::text("IsTruncated", "false")]
}
