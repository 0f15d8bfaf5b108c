//! DescribeStandardsControls, UpdateStandardsControl.

use securityhub_fixtures::Operation;
use securityhub_fixtures::standards::{Standard, StandardControl};
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::aws_error::AwsError;
use crate::domain::controls::standards::controls::{self, Change, ControlError};
use crate::domain::controls::standards::{control_arn, description, subscription_controls, subscriptions};
use crate::operations::paged::PageRequest;
use crate::operations::{Answer, Context, Input};
use crate::state::{HubKey, Subscription, Transaction, timestamp_text};

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct DescribeInput {
    standards_subscription_arn: String,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct DescribedControl {
    standards_control_arn: String,
    control_status: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    disabled_reason: Option<String>,
    control_status_updated_at: String,
    control_id: &'static str,
    title: &'static str,
    description: String,
    remediation_url: String,
    severity_rating: &'static str,
    related_requirements: Vec<String>,
}

impl DescribedControl {
    fn new(
        hub: &HubKey,
        standard: &Standard,
        subscription: &Subscription,
        control: &'static StandardControl,
    ) -> DescribedControl {
        let state = subscription_controls::state(subscription, control);
        DescribedControl {
            standards_control_arn: control_arn(hub, standard, control),
            control_status: super::status(state.enabled),
            disabled_reason: state.reason.filter(|_| !state.enabled),
            control_status_updated_at: timestamp_text(state.updated_at),
            control_id: control.id,
            title: control.title(),
            description: description(control.title()),
            remediation_url: controls::remediation_url(standard, control),
            severity_rating: control.control.severity,
            related_requirements: controls::related_requirements(standard, control),
        }
    }
}

/// Lists the controls of a subscription (CTL-01 … CTL-11); empty while it is not ready for updates (CTL-08).
///
/// # Errors
/// 404 `ResourceNotFoundException` if the caller has no such subscription; 400 `InvalidInputException` for a token of
/// another query.
pub fn describe_standards_controls(context: &Context<'_>, input: Input) -> Result<Answer, AwsError> {
    let (page, input) = PageRequest::read::<DescribeInput>(Operation::DescribeStandardsControls, input)?;
    let key = context.caller.hub_key();
    let arn = &input.standards_subscription_arn;
    let hub = context.world.hub(&key);
    let found = hub.as_deref().and_then(|hub| subscriptions::subscribed(hub, &key, arn));
    let (standard, subscription) = found.ok_or(ControlError::NoSubscription)?;
    let controls = subscription_controls::controls(standard, subscription);
    let controls = controls.filter(|_| subscription.status.is_updatable());
    let page = page.open(context, &json!(arn))?.in_fixed_order(controls);
    page.map(|control| DescribedControl::new(&key, standard, subscription, control)).answer()
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct UpdateInput {
    standards_control_arn: String,
    control_status: Option<String>,
    disabled_reason: Option<String>,
}

/// Enables or disables a control in one standard (CTL-12 … CTL-18).
///
/// # Errors
/// 404 `ResourceNotFoundException` for an unknown control, or a standard that is not ready; 403
/// `AccessDeniedException` for another account's ARN or a centrally managed account; 400 `InvalidInputException` when
/// the reason is missing.
pub fn update_standards_control(
    context: &Context<'_>,
    transaction: &mut Transaction<'_>,
    input: Input,
) -> Result<Answer, AwsError> {
    let UpdateInput { standards_control_arn, control_status, disabled_reason } = input.read()?;
    let enabled = control_status.map(|status| status == "ENABLED");
    let change = Change { enabled, reason: disabled_reason };
    controls::update(transaction, context.world, &context.caller, &standards_control_arn, change)?;
    Ok(Answer::empty())
}
