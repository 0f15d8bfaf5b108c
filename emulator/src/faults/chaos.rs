//! Faults in the format of LocalStack's chaos API (CPL-39). They become rules with the IDs `ls-1`, `ls-2` and so on.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::aws_error::ErrorCode;
use crate::state::{Fault, FaultError, Operations};

/// The default error of a fault.
const UNAVAILABLE: (&str, u16) = ("ServiceUnavailable", 503);

/// A fault in the format of LocalStack. An absent member selects all calls.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ChaosFault {
    /// Service, such as `securityhub`. Faults of services that the emulator does not have are stored but have no
    /// effect.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub service: Option<String>,
    /// Region.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub region: Option<String>,
    /// Operation.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub operation: Option<String>,
    /// Probability from 0 to 1. Default: 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub probability: Option<f64>,
    /// Error. Default: 503 `ServiceUnavailable`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<ChaosError>,
}

/// An error in the format of LocalStack.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ChaosError {
    /// HTTP status. Default: the status of the code, or 400.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status_code: Option<u16>,
    /// Code. Default: the usual code for the status.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
}

/// The delay of all calls.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ChaosEffects {
    /// The delay in milliseconds; 0 for no delay.
    pub latency: Option<u64>,
}

impl ChaosFault {
    /// Converts the fault to a rule.
    pub(super) fn rule(&self, id: String) -> Fault {
        let error = match &self.error {
            None => FaultError { code: Some(UNAVAILABLE.0.to_owned()), status: Some(UNAVAILABLE.1), message: None },
            Some(ChaosError { status_code: None, code: None }) => {
                FaultError { code: Some(UNAVAILABLE.0.to_owned()), status: Some(UNAVAILABLE.1), message: None }
            }
            Some(ChaosError { status_code, code }) => FaultError {
                status: status_code.or_else(|| code.as_deref().map(|code| usual_status(code).unwrap_or(400))),
                code: code.clone(),
                message: None,
            },
        };
        Fault {
            id: Some(id),
            service: Some(self.service.clone().unwrap_or_else(|| "*".to_owned())),
            region: self.region.clone(),
            operation: self.operation.as_deref().map(Operations::from),
            probability: self.probability,
            error: Some(error),
            ..Fault::default()
        }
    }
}

/// The status of a code that the emulator knows.
fn usual_status(code: &str) -> Option<u16> {
    let known = ErrorCode::ALL.iter().find(|known| known.name() == code);
    known.map(|known| known.status())
}
