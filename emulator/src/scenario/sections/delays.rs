//! `delays`: simulated delays of asynchronous AWS work.

use jiff::SignedDuration;
use schemars::JsonSchema;
use serde::Deserialize;

use crate::scenario::check::Check;
use crate::scenario::spanned::Spanned;
use crate::state::{Delays, EXPECTED_DURATION, Timestamp, duration};

/// How long takes what AWS does later, such as 5m or P1D. What is left out is done before the next call.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[schemars(rename = "Delays")]
#[serde(deny_unknown_fields)]
pub(in crate::scenario) struct Declared {
    /// A standard is enabled: it is PENDING for so long.
    standards_enable: Option<Spanned<String>>,
    /// A standard is disabled: it is DELETING for so long.
    standards_disable: Option<Spanned<String>>,
    /// Central configuration is turned on: it is PENDING for so long.
    central_configuration: Option<Spanned<String>>,
    /// A configuration policy is associated, changed or taken away: its targets are PENDING for so long.
    policy_association: Option<Spanned<String>>,
    /// A control or its standard is disabled: its findings are archived after so long. Left out, it is P3D.
    archive_disabled: Option<Spanned<String>>,
    /// A standard shares rules of AWS Config with one that was enabled before it: what they find comes after so long.
    shared_rule: Option<Spanned<String>>,
    /// AWS Config begins to record where standards are INCOMPLETE without it: they try again after so long. Whatever is
    /// said here, they also try 1, 3 and 7 days after they became INCOMPLETE, and every seventh day after that.
    recorder_retry: Option<Spanned<String>>,
    /// AWS adds a control to an enabled standard (new_controls): it is DISABLED for so long before it comes on.
    new_controls: Option<Spanned<String>>,
    /// Parameters of a security control are set: it is UPDATING for so long.
    security_control_update: Option<Spanned<String>>,
}

/// Parses the durations. Years and months are calendar units counted from the start of the clock.
pub(in crate::scenario) fn check(written: &Declared, start: Timestamp, check: &mut Check) -> Delays {
    let default = Delays::default();
    let mut read = |written: &Option<Spanned<String>>, default: SignedDuration| {
        let Some(written) = written else { return default };
        duration(&written.value, start).unwrap_or_else(|| {
            let mistake = check.at(written.place, format!("`{}` is not a valid duration", written.value));
            check.push(mistake.expected(EXPECTED_DURATION));
            SignedDuration::ZERO
        })
    };
    Delays {
        standards_enable: read(&written.standards_enable, default.standards_enable),
        standards_disable: read(&written.standards_disable, default.standards_disable),
        security_control_update: read(&written.security_control_update, default.security_control_update),
        central_configuration: read(&written.central_configuration, default.central_configuration),
        policy_association: read(&written.policy_association, default.policy_association),
        shared_rule: read(&written.shared_rule, default.shared_rule),
        recorder_retry: read(&written.recorder_retry, default.recorder_retry),
        new_controls: read(&written.new_controls, default.new_controls),
        archive_disabled: read(&written.archive_disabled, default.archive_disabled),
    }
}
