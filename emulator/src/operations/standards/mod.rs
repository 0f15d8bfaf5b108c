//! DescribeStandards, GetEnabledStandards, BatchEnableStandards, BatchDisableStandards; the operations of controls and
//! associations are in files of their own.
//!
//! Contains: their wire structs and paging through the catalogue. Does not contain: rules, which are in
//! `domain::controls::standards`.

mod associations;
mod controls;
mod security_controls;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use securityhub_fixtures::Operation;
use securityhub_fixtures::standards::Standard;
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::domain::controls::standards::subscription_controls;

pub use associations::{
    batch_get_standards_control_associations, batch_update_standards_control_associations,
    list_standards_control_associations,
};
pub use controls::{describe_standards_controls, update_standards_control};
pub use security_controls::{
    batch_get_security_controls, get_security_control_definition, list_security_control_definitions,
    update_security_control,
};

use super::paged::PageRequest;
use super::{Answer, Context, Input};
use crate::aws_error::AwsError;
use crate::domain::controls::standards::subscriptions::{self, NO_RECORDER, Request};
use crate::domain::controls::standards::{standard_arn, subscription_arn};
use crate::state::{HubKey, Subscription, SubscriptionStatus, Transaction};

/// Returns whether a filter of providers includes one; an empty filter includes all (STD-07).
fn is_included(providers: &[String], provider: &str) -> bool {
    providers.is_empty() || providers.iter().any(|requested| requested == provider)
}

/// `ControlStatus` and `AssociationStatus`.
fn status(enabled: bool) -> &'static str {
    if enabled { "ENABLED" } else { "DISABLED" }
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct DescribeInput {
    #[serde(default)]
    providers: Vec<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct DescribedStandard {
    standards_arn: String,
    name: &'static str,
    description: &'static str,
    enabled_by_default: bool,
    provider: &'static str,
    standards_managed_by: ManagedBy,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct ManagedBy {
    company: &'static str,
    product: &'static str,
}

/// Lists the standards that can be enabled in this Region (STD-10 … STD-14).
///
/// # Errors
/// 400 `InvalidInputException` for a token of another query.
pub fn describe_standards(context: &Context<'_>, input: Input) -> Result<Answer, AwsError> {
    let (page, input) = PageRequest::read::<DescribeInput>(Operation::DescribeStandards, input)?;
    let key = context.caller.hub_key();
    let hub = context.world.hub(&key);
    let row = |standard: &'static Standard| DescribedStandard {
        standards_arn: standard_arn(&key.region, standard),
        name: standard.name,
        description: standard.description,
        enabled_by_default: standard.enabled_by_default,
        provider: standard.provider,
        standards_managed_by: ManagedBy { company: standard.company, product: standard.product },
    };
    let all =
        subscriptions::described(hub.as_deref()).filter(|standard| is_included(&input.providers, standard.provider));
    page.open(context, &json!(input.providers))?.in_fixed_order(all).map(row).answer()
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct SubscriptionRow {
    standards_subscription_arn: String,
    standards_arn: String,
    standards_input: BTreeMap<String, String>,
    standards_status: &'static str,
    standards_controls_updatable: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    standards_status_reason: Option<StatusReason>,
    provider: &'static str,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct StatusReason {
    status_reason_code: &'static str,
}

impl SubscriptionRow {
    fn new(hub: &HubKey, standard: &Standard, subscription: &Subscription) -> SubscriptionRow {
        let status = subscription.status;
        let is_incomplete = status == SubscriptionStatus::Incomplete;
        SubscriptionRow {
            standards_subscription_arn: subscription_arn(hub, standard),
            standards_arn: standard_arn(&hub.region, standard),
            standards_input: subscription.input.clone(),
            standards_status: status.as_str(),
            standards_controls_updatable: if status.is_updatable() {
                "READY_FOR_UPDATES"
            } else {
                "NOT_READY_FOR_UPDATES"
            },
            standards_status_reason: is_incomplete.then_some(StatusReason { status_reason_code: NO_RECORDER }),
            provider: standard.provider,
        }
    }
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct SubscriptionsOutput {
    standards_subscriptions: Vec<SubscriptionRow>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct GetInput {
    #[serde(default)]
    standards_subscription_arns: Vec<String>,
    #[serde(default)]
    providers: Vec<String>,
}

/// Lists the requested subscriptions of the caller's hub, or all (STD-50 … STD-52).
///
/// # Errors
/// 400 `InvalidInputException` for a token of another query.
pub fn get_enabled_standards(context: &Context<'_>, input: Input) -> Result<Answer, AwsError> {
    let (page, input) = PageRequest::read::<GetInput>(Operation::GetEnabledStandards, input)?;
    let key = context.caller.hub_key();
    let requested = &input.standards_subscription_arns;
    let hub = context.world.hub(&key);
    let all = hub.iter().flat_map(|hub| subscription_controls::subscribed(hub));
    let rows = all
        .filter(|(standard, _)| is_included(&input.providers, standard.provider))
        .map(|(standard, subscription)| SubscriptionRow::new(&key, standard, subscription))
        .filter(|row| requested.is_empty() || requested.contains(&row.standards_subscription_arn));
    page.open(context, &json!([requested, input.providers]))?.in_fixed_order(rows).answer()
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct EnableInput {
    standards_subscription_requests: Vec<Request>,
}

/// Enables standards in the caller's hub (STD-20 … STD-29).
///
/// # Errors
/// 400 `InvalidInputException` for an ARN that does not refer to a standard here, or a standard that is being disabled;
/// 403 `AccessDeniedException` when centrally managed.
pub fn batch_enable_standards(
    context: &Context<'_>,
    transaction: &mut Transaction<'_>,
    input: Input,
) -> Result<Answer, AwsError> {
    let EnableInput { standards_subscription_requests } = input.read()?;
    let enabled = subscriptions::enable(transaction, context.world, &context.caller, standards_subscription_requests)?;
    subscriptions_answer(context, &enabled)
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct DisableInput {
    standards_subscription_arns: Vec<String>,
}

/// Disables standards in the caller's hub (STD-30 … STD-35).
///
/// # Errors
/// 400 `InvalidInputException` if the caller has no such subscription, or it has a transitional status; 403
/// `AccessDeniedException` when centrally managed.
pub fn batch_disable_standards(
    context: &Context<'_>,
    transaction: &mut Transaction<'_>,
    input: Input,
) -> Result<Answer, AwsError> {
    let DisableInput { standards_subscription_arns } = input.read()?;
    let disabled = subscriptions::disable(transaction, context.world, &context.caller, standards_subscription_arns)?;
    subscriptions_answer(context, &disabled)
}

fn subscriptions_answer(
    context: &Context<'_>,
    subscriptions: &[(&'static Standard, Subscription)],
) -> Result<Answer, AwsError> {
    let key = context.caller.hub_key();
    let rows = subscriptions.iter();
    let rows = rows.map(|(standard, subscription)| SubscriptionRow::new(&key, standard, subscription));
    Answer::json(&SubscriptionsOutput { standards_subscriptions: rows.collect() })
}
