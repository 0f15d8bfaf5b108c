//! The content of a policy on the wire.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::CentralError;
use crate::state::{ChosenControls, PolicyContent};

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct PolicyInput {
    security_hub: Option<SecurityHubPolicy>,
}

#[derive(Deserialize, Serialize)]
#[serde(rename_all = "PascalCase")]
struct SecurityHubPolicy {
    service_enabled: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    enabled_standard_identifiers: Option<Vec<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    security_controls_configuration: Option<ControlsConfiguration>,
}

#[derive(Deserialize, Serialize)]
#[serde(rename_all = "PascalCase")]
struct ControlsConfiguration {
    #[serde(skip_serializing_if = "Option::is_none")]
    enabled_security_control_identifiers: Option<Vec<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    disabled_security_control_identifiers: Option<Vec<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    security_control_custom_parameters: Option<Value>,
}

impl PolicyInput {
    /// Reads the content. A policy that enables Security Hub lists standards and either the enabled or the disabled
    /// controls (CCF-16); one that disables it contains nothing else (CCF-17).
    pub(super) fn read(self) -> Result<PolicyContent, CentralError> {
        let invalid = |message: &str| Err(CentralError::InvalidPolicy(message.to_owned()));
        let Some(policy) = self.security_hub else { return invalid("SecurityHub is missing") };
        let Some(service_enabled) = policy.service_enabled else { return invalid("ServiceEnabled is missing") };
        let standards = policy.enabled_standard_identifiers;
        if !service_enabled {
            return match standards {
                Some(standards) if !standards.is_empty() => {
                    invalid("EnabledStandardIdentifiers is only allowed when ServiceEnabled is true")
                }
                _ => Ok(PolicyContent::Off),
            };
        }
        let (Some(standards), Some(configuration)) = (standards, policy.security_controls_configuration) else {
            return Err(CentralError::IncompletePolicy);
        };
        let enabled = configuration.enabled_security_control_identifiers;
        let disabled = configuration.disabled_security_control_identifiers;
        let controls = match (enabled, disabled) {
            (Some(enabled), None) => ChosenControls::Only(enabled),
            (None, Some(disabled)) => ChosenControls::AllBut(disabled),
            (None, None) => return Err(CentralError::IncompletePolicy),
            (Some(_), Some(_)) => {
                return invalid(
                    "SecurityControlsConfiguration contains both EnabledSecurityControlIdentifiers and \
                     DisabledSecurityControlIdentifiers; only one of them is allowed",
                );
            }
        };
        let parameters = configuration.security_control_custom_parameters;
        Ok(PolicyContent::On { standards, controls, parameters })
    }
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct PolicyOutput {
    security_hub: SecurityHubPolicy,
}

impl PolicyOutput {
    pub(super) fn new(content: PolicyContent) -> PolicyOutput {
        let PolicyContent::On { standards, controls, parameters } = content else {
            return PolicyOutput {
                security_hub: SecurityHubPolicy {
                    service_enabled: Some(false),
                    enabled_standard_identifiers: None,
                    security_controls_configuration: None,
                },
            };
        };
        let (enabled, disabled) = match controls {
            ChosenControls::Only(controls) => (Some(controls), None),
            ChosenControls::AllBut(controls) => (None, Some(controls)),
        };
        let configuration = ControlsConfiguration {
            enabled_security_control_identifiers: enabled,
            disabled_security_control_identifiers: disabled,
            security_control_custom_parameters: parameters,
        };
        PolicyOutput {
            security_hub: SecurityHubPolicy {
                service_enabled: Some(true),
                enabled_standard_identifiers: Some(standards),
                security_controls_configuration: Some(configuration),
            },
        }
    }
}
