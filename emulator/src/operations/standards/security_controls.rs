//! ListSecurityControlDefinitions, GetSecurityControlDefinition, BatchGetSecurityControls, UpdateSecurityControl.

use std::collections::BTreeMap;

use securityhub_fixtures::Operation;
use securityhub_fixtures::standards::{CONTROLS, Control};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::{is_included, status};
use crate::aws_error::AwsError;
use crate::domain::controls::standards::security_controls::{self, UnknownControl};
use crate::domain::controls::standards::{self as domain, catalogue, description, parameters};
use crate::operations::paged::PageRequest;
use crate::operations::{Answer, Context, Input};
use crate::state::{Hub, HubKey, Region, Transaction};

/// The provider of all known controls (STD-07).
const PROVIDER: &str = "AWS";
/// Default size of a page (SEC-01, SEC-40).
pub(super) const SHORT_PAGE: usize = 25;

fn remediation_url(control: &Control) -> String {
    format!("https://docs.aws.amazon.com/console/securityhub/{}/remediation", control.id)
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct ListInput {
    standards_arn: Option<String>,
    #[serde(default)]
    providers: Vec<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Definition {
    security_control_id: &'static str,
    title: &'static str,
    description: String,
    remediation_url: String,
    severity_rating: &'static str,
    current_region_availability: &'static str,
    customizable_properties: &'static [&'static str],
    #[serde(skip_serializing_if = "Option::is_none")]
    parameter_definitions: Option<BTreeMap<&'static str, Value>>,
    provider: &'static str,
}

impl Definition {
    fn new(region: &Region, control: &'static Control) -> Definition {
        Definition {
            security_control_id: control.id,
            title: control.title,
            description: description(control.title),
            remediation_url: remediation_url(control),
            severity_rating: control.severity,
            current_region_availability: if control.is_available(region.as_str()) {
                "AVAILABLE"
            } else {
                "UNAVAILABLE"
            },
            customizable_properties: if control.customizable { &["Parameters"] } else { &[] },
            parameter_definitions: None,
            provider: PROVIDER,
        }
    }
}

/// Lists the security controls of a standard, whether it is enabled or not, or all of them (SEC-01 … SEC-06).
///
/// # Errors
/// 400 `InvalidInputException` for an unknown standard or a token of another query.
pub fn list_security_control_definitions(context: &Context<'_>, input: Input) -> Result<Answer, AwsError> {
    let (page, input) = PageRequest::read::<ListInput>(Operation::ListSecurityControlDefinitions, input)?;
    let region = &context.caller.region;
    let standard = match &input.standards_arn {
        None => None,
        Some(arn) => Some(domain::by_arn(arn, region).map_err(|_| {
            AwsError::invalid_input(format!("Invalid parameter 'StandardsArn'. {arn} is not a standard"))
        })?),
    };
    let directory = context.world.directory();
    let is_in_it = |control: &&Control| match standard {
        Some(standard) => catalogue::holds(&directory, standard, control),
        None => catalogue::is_known(&directory, control),
    };
    let all = CONTROLS.iter().filter(|control| control.active && is_included(&input.providers, PROVIDER));
    let rows = all.filter(is_in_it);
    let page = page.open(context, &json!([input.standards_arn, input.providers]))?.default_size(SHORT_PAGE);
    page.in_fixed_order(rows).map(|control| Definition::new(region, control)).answer()
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct GetInput {
    security_control_id: String,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct GetOutput {
    security_control_definition: Definition,
}

/// Returns a security control with the definitions of its parameters (SEC-04, SEC-07 … SEC-10).
///
/// # Errors
/// 404 `ResourceNotFoundException` for an unknown or retired id, and for an ARN.
pub fn get_security_control_definition(context: &Context<'_>, input: Input) -> Result<Answer, AwsError> {
    let GetInput { security_control_id } = input.read()?;
    let control = security_controls::by_id(&context.world.directory(), &security_control_id);
    let control = control.ok_or_else(|| AwsError::not_found(UnknownControl::Unknown.reason()))?;
    let definitions: BTreeMap<_, _> =
        control.parameters.iter().map(|parameter| (parameter.name, parameters::definition(parameter))).collect();
    let mut definition = Definition::new(&context.caller.region, control);
    definition.parameter_definitions = (!definitions.is_empty()).then_some(definitions);
    Answer::json(&GetOutput { security_control_definition: definition })
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct BatchGetInput {
    security_control_ids: Vec<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct BatchGetOutput {
    security_controls: Vec<SecurityControl>,
    unprocessed_ids: Vec<UnprocessedId>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
#[allow(clippy::struct_field_names, reason = "the names are those of the API")]
struct SecurityControl {
    security_control_id: &'static str,
    security_control_arn: String,
    title: &'static str,
    description: String,
    remediation_url: String,
    severity_rating: &'static str,
    security_control_status: &'static str,
    update_status: &'static str,
    parameters: BTreeMap<&'static str, Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    last_update_reason: Option<String>,
    provider: &'static str,
}

impl SecurityControl {
    fn new(key: &HubKey, hub: &Hub, control: &'static Control) -> SecurityControl {
        let settings = hub.security_controls.get(control.id);
        let is_updating = settings.is_some_and(|settings| settings.updating.is_some());
        SecurityControl {
            security_control_id: control.id,
            security_control_arn: security_controls::security_control_arn(key, control),
            title: control.title,
            description: description(control.title),
            remediation_url: remediation_url(control),
            severity_rating: control.severity,
            security_control_status: status(security_controls::is_enabled(hub, control)),
            update_status: if is_updating { "UPDATING" } else { "READY" },
            parameters: security_controls::current_parameters(hub, control),
            last_update_reason: settings.and_then(|settings| settings.last_update_reason.clone()),
            provider: PROVIDER,
        }
    }
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct UnprocessedId {
    security_control_id: String,
    error_code: &'static str,
    error_reason: &'static str,
}

/// Returns security controls with the settings of the caller's hub, without duplicates (SEC-20 … SEC-25).
///
/// # Errors
/// Only those of the gate; unknown controls are listed in `UnprocessedIds`.
pub fn batch_get_security_controls(context: &Context<'_>, input: Input) -> Result<Answer, AwsError> {
    let BatchGetInput { security_control_ids } = input.read()?;
    let key = context.caller.hub_key();
    let hub = context.world.hub(&key).ok_or_else(|| crate::domain::hub_access::not_subscribed(&context.caller))?;
    let mut output = BatchGetOutput { security_controls: Vec::new(), unprocessed_ids: Vec::new() };
    let directory = context.world.directory();
    for id in security_control_ids {
        match security_controls::find(&directory, &key, &id) {
            Ok(control) => {
                if output.security_controls.iter().all(|known| known.security_control_id != control.id) {
                    output.security_controls.push(SecurityControl::new(&key, &hub, control));
                }
            }
            Err(error) => {
                if output.unprocessed_ids.iter().all(|known| known.security_control_id != id) {
                    let (error_code, error_reason) = (error.code(), error.reason());
                    output.unprocessed_ids.push(UnprocessedId { security_control_id: id, error_code, error_reason });
                }
            }
        }
    }
    Answer::json(&output)
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct UpdateInput {
    security_control_id: String,
    parameters: Map<String, Value>,
    last_update_reason: Option<String>,
}

/// Sets parameters of a security control (SEC-30 … SEC-38).
///
/// # Errors
/// 404 `ResourceNotFoundException` for an unknown control; 400 `InvalidInputException` for invalid parameters or a
/// control that the Region does not support; 400 `ResourceInUseException` while it is being updated; 403
/// `AccessDeniedException` when centrally managed.
pub fn update_security_control(
    context: &Context<'_>,
    transaction: &mut Transaction<'_>,
    input: Input,
) -> Result<Answer, AwsError> {
    let UpdateInput { security_control_id, parameters, last_update_reason } = input.read()?;
    let (world, caller) = (context.world, &context.caller);
    security_controls::update(transaction, world, caller, &security_control_id, &parameters, last_update_reason)?;
    Ok(Answer::empty())
}
