//! Enables and disables controls of a standard.

use securityhub_fixtures::Operation;
use serde_json::{Value, json};

use super::standards::Listed;
use crate::dashboard::answer::{self, list};
use crate::dashboard::call::Call;
use crate::dashboard::failures::{self, Failure};
use crate::dashboard::forms::Form;
use crate::dashboard::messages::Message;
use crate::dashboard::page::{Context, Done, PageError};
use crate::dashboard::text;

/// The call that changes controls of standards, each given by the ARN of the standard and the ID of the control.
pub(in crate::dashboard::pages) fn call(controls: &[(&str, &str)], enabled: bool, reason: &str) -> Call {
    let update = |(arn, id): &(&str, &str)| {
        let mut update = json!({
            "StandardsArn": arn,
            "SecurityControlId": id,
            "AssociationStatus": if enabled { "ENABLED" } else { "DISABLED" },
        });
        if !reason.is_empty() {
            update["UpdatedReason"] = reason.into();
        }
        update
    };
    let updates: Vec<Value> = controls.iter().map(update).collect();
    let input = json!({ "StandardsControlAssociationUpdates": updates });
    Call::api(Operation::BatchUpdateStandardsControlAssociations, input)
}

/// The calls of the form, for one control.
pub(super) fn preview(standard: &Listed, id: Option<&str>) -> Vec<Call> {
    let Some(id) = id else { return Vec::new() };
    let control = [(standard.arn.as_str(), id)];
    vec![
        call(&control, false, "Not needed here").of(&format!("Disable {id}")),
        call(&control, true, "").of(&format!("Enable {id}")),
    ]
}

/// Enables or disables the selected controls.
pub(super) fn change(context: &Context<'_>, form: &Form) -> Result<Done, PageError> {
    let arn = context.view.query.first("arn").unwrap_or_default();
    let controls: Vec<(&str, &str)> = form.fields.all("control").map(|id| (arn, id)).collect();
    if controls.is_empty() {
        return Err(PageError::Invalid("Select at least one control.".to_owned()));
    }
    let enabled = match form.field("change") {
        "enable" => true,
        "disable" => false,
        other => return Err(PageError::Invalid(format!("`{other}` is not a change of controls."))),
    };
    update(context, call(&controls, enabled, form.field("reason").trim()), enabled)
}

/// Makes the call and describes its result.
pub(in crate::dashboard::pages) fn update(context: &Context<'_>, call: Call, enabled: bool) -> Result<Done, PageError> {
    let sent = call.input().map_or(0, |input| list(input, "StandardsControlAssociationUpdates").len());
    let answer = context.send(&call)?;
    let refused = list(&answer, "UnprocessedAssociationUpdates");
    if let Some(first) = refused.first().filter(|_| refused.len() == sent) {
        return Err(PageError::Refused {
            sentence: answer::text(first, "ErrorReason").to_owned(),
            code: first["ErrorCode"].as_str().map(str::to_owned),
            status: 200,
            call: Box::new(call),
        });
    }
    let done = if enabled { "enabled" } else { "disabled" };
    let counts = [sent - refused.len(), refused.len()].map(|count| text::number(count as u64));
    let failure = |refused: &Value| {
        let id = answer::text(&refused["StandardsControlAssociationUpdate"], "SecurityControlId");
        Failure::new([id, answer::text(refused, "ErrorCode"), answer::text(refused, "ErrorReason")])
    };
    let failures: Vec<Failure<3>> = refused.iter().map(failure).collect();
    let details = failures::table("Not processed", ["Control", "Code", "Message"], &failures);
    Ok(Message { text: format!("{} {done}, {} refused.", counts[0], counts[1]), details, calls: vec![call] }.into())
}
