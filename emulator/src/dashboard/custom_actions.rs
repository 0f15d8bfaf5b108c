//! The custom actions of an account, to which findings and results of insights can be sent.

use http::Method;
use securityhub_fixtures::Operation;
use serde_json::{Value, json};

use super::answer::text;
use super::call::Call;
use super::page::{Context, PageError};
use super::select::SelectOption;

/// The call that lists the custom actions.
pub fn list_call() -> Call {
    Call::api(Operation::DescribeActionTargets, json!({})).of("Custom actions")
}

/// The custom actions, as DescribeActionTargets returns them.
///
/// # Errors
/// The refusal of DescribeActionTargets.
pub fn all(context: &Context<'_>) -> Result<Vec<Value>, PageError> {
    context.read_all(Operation::DescribeActionTargets, &json!({ "MaxResults": 100 }), "ActionTargets")
}

/// The options of the field `custom-action`: the ARNs of the custom actions with their names.
///
/// # Errors
/// The refusal of DescribeActionTargets.
pub fn options(context: &Context<'_>) -> Result<Vec<SelectOption>, PageError> {
    let selected = context.typed("custom-action");
    let option = |action: &Value| SelectOption::new(text(action, "ActionTargetArn"), text(action, "Name"), selected);
    Ok(all(context)?.iter().map(option).collect())
}

/// The call that sends findings or results to a custom action.
pub fn send_call(body: Value) -> Call {
    Call::control(&Method::POST, "/_emulator/custom-actions", body, "")
}
