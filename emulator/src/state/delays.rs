//! How long what AWS does later takes here.

use jiff::SignedDuration;

/// How long what AWS does later takes on the world's clock; zero is done before the next call (STD-63).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Delays {
    /// A standard is enabled: `PENDING` for so long.
    pub standards_enable: SignedDuration,
    /// A standard is disabled: `DELETING` for so long.
    pub standards_disable: SignedDuration,
    /// Parameters of a security control are changed: `UPDATING` for so long (SEC-36).
    pub security_control_update: SignedDuration,
    /// Central configuration is turned on: `PENDING` for so long (CCF-05).
    pub central_configuration: SignedDuration,
    /// A configuration policy is associated, changed or taken away: its targets are `PENDING` for so long (CCF-27).
    pub policy_association: SignedDuration,
    /// A standard shares a rule with one that is enabled already: the rule's findings for it come after so long (FND-41).
    pub shared_rule: SignedDuration,
    /// A configuration recorder comes on: incomplete standards try again after so long (STD-61).
    pub recorder_retry: SignedDuration,
    /// A control is added to an enabled standard: it is enabled after so long (SEC-50).
    pub new_controls: SignedDuration,
    /// A control or its standard is disabled: its findings are archived after so long (FND-50).
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
            archive_disabled: SignedDuration::from_hours(3 * 24),
        }
    }
}
