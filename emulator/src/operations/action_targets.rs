//! CreateActionTarget, DescribeActionTargets, UpdateActionTarget, DeleteActionTarget.

use securityhub_fixtures::Operation;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::paged::PageRequest;
use super::{Answer, Context, Input};
use crate::aws_error::AwsError;
use crate::domain::findings::action_targets;
use crate::state::{ActionTarget, Transaction};

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct ArnOutput {
    action_target_arn: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct CreateInput {
    id: String,
    name: String,
    description: String,
}

/// Creates a custom action in the caller's hub (ACT-01 … ACT-05).
///
/// # Errors
/// 409 `ResourceConflictException` for an id in use; 429 `LimitExceededException` if there are fifty already.
pub fn create_action_target(
    context: &Context<'_>,
    transaction: &mut Transaction<'_>,
    input: Input,
) -> Result<Answer, AwsError> {
    let CreateInput { id, name, description } = input.read()?;
    let target = ActionTarget { name, description };
    let action_target_arn = action_targets::create(transaction, &context.caller, id, target)?;
    Answer::json(&ArnOutput { action_target_arn })
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct DescribeInput {
    #[serde(default)]
    action_target_arns: Vec<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct DescribedActionTarget {
    action_target_arn: String,
    name: String,
    description: String,
}

/// Lists the requested custom actions, or all; unknown ARNs are skipped (ACT-07).
///
/// # Errors
/// 400 `InvalidInputException` for a token of another query.
pub fn describe_action_targets(context: &Context<'_>, input: Input) -> Result<Answer, AwsError> {
    let (page, input) = PageRequest::read::<DescribeInput>(Operation::DescribeActionTargets, input)?;
    let requested = &input.action_target_arns;
    let page = page.open(context, &json!(requested))?;
    let key = context.caller.hub_key();
    let hub = context.world.hub(&key);
    let all = hub.iter().flat_map(|hub| &hub.action_targets).map(|(id, target)| DescribedActionTarget {
        action_target_arn: action_targets::action_target_arn(&key, id),
        name: target.name.clone(),
        description: target.description.clone(),
    });
    let rows = all.filter(|row| requested.is_empty() || requested.contains(&row.action_target_arn));
    page.by_name(rows, |row| row.action_target_arn.clone()).answer()
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct UpdateInput {
    action_target_arn: String,
    name: Option<String>,
    description: Option<String>,
}

/// Changes the name or the description of a custom action (ACT-06).
///
/// # Errors
/// 404 `ResourceNotFoundException`.
pub fn update_action_target(
    context: &Context<'_>,
    transaction: &mut Transaction<'_>,
    input: Input,
) -> Result<Answer, AwsError> {
    let UpdateInput { action_target_arn, name, description } = input.read()?;
    action_targets::update(transaction, &context.caller, &action_target_arn, name, description)?;
    Ok(Answer::empty())
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct DeleteInput {
    action_target_arn: String,
}

/// Deletes a custom action (ACT-06).
///
/// # Errors
/// 404 `ResourceNotFoundException`.
pub fn delete_action_target(
    context: &Context<'_>,
    transaction: &mut Transaction<'_>,
    input: Input,
) -> Result<Answer, AwsError> {
    let DeleteInput { action_target_arn } = input.read()?;
    action_targets::delete(transaction, &context.caller, &action_target_arn)?;
    Answer::json(&ArnOutput { action_target_arn })
}

#[cfg(test)]
mod tests {
    use securityhub_fixtures::Operation::{
        CreateActionTarget, DeleteActionTarget, DescribeActionTargets, UpdateActionTarget,
    };
    use serde_json::{Value, json};

    use crate::testing::{ADMINISTRATOR, MEMBER, Stage};

    const ARN: &str = "arn:aws:securityhub:us-east-1:111111111111:action/custom/Ticket";

    fn target(id: &str) -> Value {
        json!({ "Id": id, "Name": "Make a ticket", "Description": "Sends to the tracker" })
    }

    fn created() -> Stage {
        let stage = Stage::with_hubs(&[ADMINISTRATOR, MEMBER]);
        let answer = stage.good(ADMINISTRATOR, CreateActionTarget, target("Ticket"));
        assert_eq!(answer, json!({ "ActionTargetArn": ARN }));
        stage
    }

    fn described(stage: &Stage, account: &str, input: Value) -> Value {
        stage.good(account, DescribeActionTargets, input)["ActionTargets"].clone()
    }

    /// Rules: ACT-01, ACT-02, ACT-07, ACT-08.
    #[test]
    fn a_custom_action_is_visible_only_to_its_account() {
        let stage = created();
        let expected =
            json!([{ "ActionTargetArn": ARN, "Name": "Make a ticket", "Description": "Sends to the tracker" }]);
        assert_eq!(described(&stage, ADMINISTRATOR, json!({})), expected);
        assert_eq!(described(&stage, ADMINISTRATOR, json!({ "ActionTargetArns": [ARN] })), expected);
        let unknown = json!({ "ActionTargetArns": [format!("{ARN}2")] });
        assert_eq!(described(&stage, ADMINISTRATOR, unknown), json!([]));
        assert_eq!(described(&stage, MEMBER, json!({ "ActionTargetArns": [ARN] })), json!([]));
    }

    /// Rules: ACT-03.
    #[test]
    fn ids_and_names_of_custom_actions_have_limits() {
        let stage = created();
        let refused = |input| stage.refused(ADMINISTRATOR, CreateActionTarget, input, 400, "InvalidInputException");
        assert_eq!(
            refused(target("A23456789012345678901")),
            "Invalid parameter 'Id'. data.Id should NOT be longer than 20 characters"
        );
        assert_eq!(refused(target("a-b")), "Invalid parameter 'Id'. data.Id should match pattern \"^[0-9A-Za-z]+$\"");
        let mut long = target("b");
        long["Name"] = json!("x".repeat(21));
        assert_eq!(refused(long), "Invalid parameter 'Name'. data.Name should NOT be longer than 20 characters");
    }

    /// Rules: ACT-04, ACT-05.
    #[test]
    fn a_repeated_id_and_the_51st_custom_action_are_refused() {
        let stage = created();
        let message =
            stage.refused(ADMINISTRATOR, CreateActionTarget, target("Ticket"), 409, "ResourceConflictException");
        assert_eq!(message, "Action with Id: Ticket already exists");
        stage.good(ADMINISTRATOR, CreateActionTarget, target("ticket"));
        for n in 0..48 {
            stage.good(ADMINISTRATOR, CreateActionTarget, target(&format!("n{n:02}")));
        }
        stage.refused(ADMINISTRATOR, CreateActionTarget, target("more"), 429, "LimitExceededException");
        let first = stage.good(ADMINISTRATOR, DescribeActionTargets, json!({ "MaxResults": 30 }));
        let rest = stage.good(ADMINISTRATOR, DescribeActionTargets, json!({ "NextToken": first["NextToken"] }));
        assert_eq!((rest["ActionTargets"].as_array().unwrap().len(), rest.get("NextToken")), (20, None));
    }

    /// Rules: ACT-06.
    #[test]
    fn given_attributes_are_changed_and_deleted_actions_disappear() {
        let stage = created();
        let update = json!({ "ActionTargetArn": ARN, "Name": "Page" });
        assert_eq!(stage.good(ADMINISTRATOR, UpdateActionTarget, update), json!({}));
        let row = &described(&stage, ADMINISTRATOR, json!({}))[0];
        assert_eq!((&row["Name"], &row["Description"]), (&json!("Page"), &json!("Sends to the tracker")));
        let delete = json!({ "ActionTargetArn": ARN });
        stage.refused(MEMBER, DeleteActionTarget, delete.clone(), 404, "ResourceNotFoundException");
        assert_eq!(stage.good(ADMINISTRATOR, DeleteActionTarget, delete.clone()), delete);
        for operation in [UpdateActionTarget, DeleteActionTarget] {
            stage.refused(ADMINISTRATOR, operation, delete.clone(), 404, "ResourceNotFoundException");
        }
    }

    /// Rules: HUB-16, ACT-01.
    #[test]
    fn custom_actions_survive_disabling_and_enabling_the_hub() {
        let stage = created();
        stage.good(ADMINISTRATOR, securityhub_fixtures::Operation::DisableSecurityHub, json!({}));
        stage.good(ADMINISTRATOR, securityhub_fixtures::Operation::EnableSecurityHub, json!({}));
        assert_eq!(described(&stage, ADMINISTRATOR, json!({})).as_array().unwrap().len(), 1);
    }
}
