//! Simulated delays of asynchronous AWS work.

use jiff::SignedDuration;
use serde::{Deserialize, Serialize};

/// Simulated delays of asynchronous AWS work, on the world's clock. With zero, the work is done before the next call
/// (STD-63).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Delays {
    /// Enabling a standard: time in `PENDING`.
    pub standards_enable: SignedDuration,
    /// Disabling a standard: time in `DELETING`.
    pub standards_disable: SignedDuration,
    /// Changing parameters of a security control: time in `UPDATING` (SEC-36).
    pub security_control_update: SignedDuration,
    /// Enabling central configuration: time in `PENDING` (CCF-05).
    pub central_configuration: SignedDuration,
    /// Associating, changing or disassociating a configuration policy: time its targets are `PENDING` (CCF-27).
    pub policy_association: SignedDuration,
    /// Enabling a standard that shares a Config rule with an enabled one: time until the findings of that rule arrive
    /// (FND-41).
    pub shared_rule: SignedDuration,
    /// Starting a configuration recorder: time until incomplete standards are retried (STD-61).
    pub recorder_retry: SignedDuration,
    /// Adding a control to an enabled standard: time until the control is enabled (SEC-50).
    pub new_controls: SignedDuration,
    /// Creating an account of the organization: time in `IN_PROGRESS`.
    pub account_creation: SignedDuration,
    /// Creating, changing or deleting a connector to a cloud provider: time in `PENDING_…` (CNV-05).
    pub connectors: SignedDuration,
    /// Changing a finding or a resource: time until the exposures that are computed from it change (OCF-34).
    pub exposures: SignedDuration,
    /// Disabling a control or its standard: time until its findings are archived (FND-50).
    pub archive_disabled: SignedDuration,
}

impl Default for Delays {
    fn default() -> Self {
        Delays {
            standards_enable: SignedDuration::ZERO,
            standards_disable: SignedDuration::ZERO,
            security_control_update: SignedDuration::ZERO,
            central_configuration: SignedDuration::ZERO,
            policy_association: SignedDuration::ZERO,
            shared_rule: SignedDuration::ZERO,
            recorder_retry: SignedDuration::ZERO,
            new_controls: SignedDuration::ZERO,
            account_creation: SignedDuration::ZERO,
            connectors: SignedDuration::ZERO,
            exposures: SignedDuration::ZERO,
            archive_disabled: SignedDuration::from_hours(3 * 24),
        }
    }
}
