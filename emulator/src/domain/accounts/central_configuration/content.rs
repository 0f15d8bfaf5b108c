//! The standards, controls and parameters in a policy: validation against the catalogue (CCF-18).

use std::collections::BTreeMap;

use securityhub_fixtures::standards::{self, Control};
use serde_json::{Map, Value};

use super::CentralError;
use crate::domain::controls::standards::security_controls::{self, OwnParameters};
use crate::domain::controls::standards::{parameters, subscriptions};
use crate::state::{ChosenControls, Directory, PolicyContent, Region};

/// Validates the content of a policy: standards must be ones that can be enabled, given by their ARNs in the home
/// Region; controls must be known; parameters must fit their controls, which must be enabled by the policy.
///
/// # Errors
/// [`CentralError::InvalidPolicy`], [`CentralError::InvalidParameters`].
pub fn check(directory: &Directory, home: &Region, content: &PolicyContent) -> Result<(), CentralError> {
    let PolicyContent::On { standards, controls, parameters } = content else { return Ok(()) };
    let invalid = |message: String| Err(CentralError::InvalidPolicy(message));
    if let Some(other) = standards.iter().find(|standard| subscriptions::offered(standard, home).is_none()) {
        return invalid(format!("{other} is not a standard that can be enabled in {home}"));
    }
    if let Some(other) = controls.named().iter().find(|id| security_controls::by_id(directory, id).is_none()) {
        return invalid(format!("{other} is not a security control"));
    }
    own_parameters(controls, parameters.as_ref()).map(|_| ())
}

/// The parameters with values other than the default, by control and name.
///
/// # Errors
/// [`CentralError::InvalidPolicy`] for a control that is unknown, repeated or not enabled,
/// [`CentralError::InvalidParameters`] for parameters that it does not accept.
pub fn own_parameters(
    controls: &ChosenControls,
    parameters: Option<&Value>,
) -> Result<BTreeMap<&'static str, OwnParameters>, CentralError> {
    let mut custom = BTreeMap::new();
    for item in parameters.and_then(Value::as_array).into_iter().flatten() {
        let id = item.get("SecurityControlId").and_then(Value::as_str).unwrap_or_default();
        let invalid = |message: String| Err(CentralError::InvalidPolicy(message));
        let Some(control) = standards::control(id) else { return invalid(format!("{id} is not a security control")) };
        if !controls.has(control.id) {
            return invalid(format!("Security control {id} has custom parameters but is not enabled"));
        }
        if custom.insert(control.id, of_control(control, item.get("Parameters"))?).is_some() {
            return invalid(format!("Security control {id} has custom parameters more than once"));
        }
    }
    Ok(custom)
}

fn of_control(control: &'static Control, sent: Option<&Value>) -> Result<OwnParameters, CentralError> {
    let none = Map::new();
    let sent = sent.and_then(Value::as_object).unwrap_or(&none);
    let changes = parameters::changes(control, sent)
        .map_err(|error| CentralError::InvalidParameters(error.message.into_owned()))?;
    Ok(changes.into_iter().filter_map(|(name, value)| Some((name, value?))).collect())
}
