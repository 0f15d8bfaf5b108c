//! `delays`: simulated delays of asynchronous AWS work.

use jiff::SignedDuration;
use schemars::JsonSchema;
use serde::Deserialize;

use crate::scenario::check::Check;
use crate::scenario::spanned::Spanned;
use crate::state::{Delays, Timestamp};
use crate::units::{DurationError, duration};

/// Durations of asynchronous work of AWS, such as 5m or P1D. By default, work is done before the next call.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[schemars(rename = "Delays")]
#[serde(deny_unknown_fields)]
pub(in crate::scenario) struct Declared {
    /// Time for which a standard is PENDING after it is enabled.
    standards_enable: Option<Spanned<String>>,
    /// Time for which a standard is DELETING after it is disabled.
    standards_disable: Option<Spanned<String>>,
    /// Time for which central configuration is PENDING after it is turned on.
    central_configuration: Option<Spanned<String>>,
    /// Time for which the targets of a configuration policy are PENDING after it is associated, changed or
    /// disassociated.
    policy_association: Option<Spanned<String>>,
    /// Time after which the findings of a control are archived once the control or its standard is disabled. Default:
    /// P3D.
    archive_disabled: Option<Spanned<String>>,
    /// Delay of the findings of a new standard for controls whose AWS Config rule another enabled standard already
    /// uses.
    shared_rule: Option<Spanned<String>>,
    /// Time after which INCOMPLETE standards are retried once AWS Config starts to record. Regardless of this setting,
    /// they are also retried 1, 3 and 7 days after they became INCOMPLETE, and every 7 days after that.
    recorder_retry: Option<Spanned<String>>,
    /// Time for which a control that AWS adds to an enabled standard (see new_controls) is DISABLED before it is
    /// enabled.
    new_controls: Option<Spanned<String>>,
    /// Time for which the creation of an account of the organization is IN_PROGRESS.
    account_creation: Option<Spanned<String>>,
    /// Time for which a connector to a cloud provider is PENDING after it is created, changed or deleted.
    connectors: Option<Spanned<String>>,
    /// Time for which exposures stay unchanged after the findings and resources from which they are computed change.
    exposures: Option<Spanned<String>>,
    /// Time for which a security control is UPDATING after its parameters are changed.
    security_control_update: Option<Spanned<String>>,
}

/// Parses the durations. Years and months are calendar units counted from the initial time of the clock.
pub(in crate::scenario) fn check(written: &Declared, start: Timestamp, check: &mut Check) -> Delays {
    let default = Delays::default();
    let mut read = |written: &Option<Spanned<String>>, default: SignedDuration| {
        let Some(written) = written else { return default };
        duration(&written.value, start).unwrap_or_else(|| {
            let reason = DurationError::of(&written.value);
            let diagnostic = check.at(written.span, format!("`{}` {}", written.value, reason.predicate()));
            check.push(diagnostic.expected(reason.expected()));
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
        account_creation: read(&written.account_creation, default.account_creation),
        connectors: read(&written.connectors, default.connectors),
        exposures: read(&written.exposures, default.exposures),
        archive_disabled: read(&written.archive_disabled, default.archive_disabled),
    }
}
