//! What a policy says of standards, controls and parameters: held against the catalogue, and read from it (CCF-18).

use std::collections::BTreeMap;

use securityhub_fixtures::standards::{self, Control};
use serde_json::{Map, Value};

use super::CentralError;
use crate::domain::controls::standards::security_controls::{self, OwnParameters};
use crate::domain::controls::standards::{parameters, subscriptions};
use crate::state::{ChosenControls, Directory, PolicyContent, Region};

/// Holds what a policy says against the catalogue: standards that can be enabled, by their ARNs in the home Region,
/// known controls, and parameters that they take, of controls that are on.
///
/// # Errors
/// [`CentralError::InvalidPolicy`], [`CentralError::InvalidParameters`].
pub fn check(directory: &Directory, home: &Region, content: &PolicyContent) -> Result<(), CentralError> {
    let PolicyContent::On { standards, controls, parameters } = content else { return Ok(()) };
    let invalid = |message: String| Err(CentralError::InvalidPolicy(message));
    if let Some(other) = standards.iter().find(|standard| subscriptions::offered(standard, home).is_none()) {
        return invalid(format!("{other} is no standard of {home}"));
    }
    if let Some(other) = controls.named().iter().find(|id| security_controls::by_id(directory, id).is_none()) {
        return invalid(format!("{other} is no security control"));
    }
    own_parameters(controls, parameters.as_ref()).map(|_| ())
}

/// The parameters that are not left to their defaults, by control and name.
///
/// # Errors
/// [`CentralError::InvalidPolicy`] for a control that is unknown, named twice or not on,
/// [`CentralError::InvalidParameters`] for what it does not take.
pub fn own_parameters(
    controls: &ChosenControls,
    parameters: Option<&Value>,
) -> Result<BTreeMap<&'static str, OwnParameters>, CentralError> {
    let mut own = BTreeMap::new();
    for item in parameters.and_then(Value::as_array).into_iter().flatten() {
        let id = item.get("SecurityControlId").and_then(Value::as_str).unwrap_or_default();
        let invalid = |message: String| Err(CentralError::InvalidPolicy(message));
        let Some(control) = standards::control(id) else { return invalid(format!("{id:?} is no security control")) };
        if !controls.has(control.id) {
            return invalid(format!("Security control {id} has parameters and is not enabled"));
        }
        if own.insert(control.id, of_control(control, item.get("Parameters"))?).is_some() {
            return invalid(format!("Security control {id} has parameters twice"));
        }
    }
    Ok(own)
}

fn of_control(control: &'static Control, sent: Option<&Value>) -> Result<OwnParameters, CentralError> {
    let none = Map::new();
    let sent = sent.and_then(Value::as_object).unwrap_or(&none);
    let changes = parameters::changes(control, sent)
        .map_err(|error| CentralError::InvalidParameters(error.message.into_owned()))?;
    Ok(changes.into_iter().filter_map(|(name, value)| Some((name, value?))).collect())
}
