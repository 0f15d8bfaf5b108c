//! `security_hub_v2`: settings of the V2 half.

use schemars::JsonSchema;
use serde::Deserialize;

use crate::scenario::check::{Check, not_null};
use crate::scenario::spanned::Spanned;
use crate::state::{SettingsV2, World};

/// Maximum of `export_seconds`.
const MAX_EXPORT_SECONDS: u64 = 86_400;

/// Settings of the V2 half for cases in which the behavior of AWS is not known or depends on the account.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[schemars(rename = "SecurityHubV2")]
#[serde(deny_unknown_fields)]
pub(in crate::scenario) struct Declared {
    /// Visibility of customers' changes in the other half of the API. Default: separate.
    state: Option<CustomerState>,
    /// If true, findings of custom products are visible in the V2 half. Default: true.
    custom_findings: Option<bool>,
    /// Handling of ranges such as 10.0.0.0/8 in IP filters. Default: accept.
    ip_ranges: Option<Acceptance>,
    /// If true, automation rules V2 require an aggregator. Default: false.
    rules_need_aggregator: Option<bool>,
    /// If true, connectors to Jira and ServiceNow require an aggregator. Default: true.
    connectors_need_aggregator: Option<bool>,
    /// Handling of V2 aggregators that link all Regions, with the modes ALL_REGIONS and ALL_REGIONS_EXCEPT_SPECIFIED.
    /// Default: refuse.
    all_regions: Option<Acceptance>,
    /// Version of OCSF in `metadata.version` of findings. Default: 1.6.0.
    #[schemars(transform = not_null, extend("pattern" = r"^\d+\.\d+\.\d+$"))]
    ocsf_version: Option<Spanned<String>>,
    /// Retention in the V2 half, which hides findings some time after their last change. Set it to off to show
    /// old recorded findings. Default: on.
    retention: Option<Retention>,
    /// Duration of an export, in seconds. Default: 0.
    #[schemars(transform = not_null, extend("maximum" = MAX_EXPORT_SECONDS))]
    export_seconds: Option<Spanned<u64>>,
}

/// Visibility of customers' changes in the other half of the API.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[schemars(rename = "CustomerState")]
#[serde(rename_all = "snake_case")]
enum CustomerState {
    /// Changes in one half are not visible in the other.
    Separate,
    /// Changes in one half are also visible in the other.
    Shared,
}

/// Handling of an input of the API.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[schemars(rename = "Acceptance")]
#[serde(rename_all = "snake_case")]
enum Acceptance {
    /// The input is accepted.
    Accept,
    /// The input is refused with a ValidationException.
    Refuse,
}

/// Retention of findings.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[schemars(rename = "RetentionV2")]
#[serde(rename_all = "snake_case")]
enum Retention {
    /// The V2 half stops showing findings some time after their last change.
    On,
    /// The V2 half shows findings regardless of their age.
    Off,
}

/// The valid settings.
#[derive(Clone, Debug, Default)]
pub(in crate::scenario) struct Valid {
    settings: SettingsV2,
    /// True if both halves share the changes of customers.
    is_shared: bool,
    /// The version of OCSF, if it is given.
    ocsf_version: Option<String>,
}

impl Valid {
    /// Returns whether the V2 half stops showing findings after a while.
    pub(super) fn has_retention(&self) -> bool {
        self.settings.has_retention
    }
}

/// Checks the settings.
pub(super) fn check(written: Declared, check: &mut Check) -> Valid {
    let defaults = SettingsV2::default();
    if let Some(version) = &written.ocsf_version {
        let parts: Vec<&str> = version.value.split('.').collect();
        if parts.len() != 3 || parts.iter().any(|part| part.parse::<u16>().is_err()) {
            let diagnostic = check.at(version.span, format!("`{}` is not a valid OCSF version", version.value));
            check.push(diagnostic.expected("three numbers, such as 1.6.0"));
        }
    }
    let accepts = |written: Option<Acceptance>, default: bool| written.map_or(default, |it| it == Acceptance::Accept);
    let settings = SettingsV2 {
        shows_custom_findings: written.custom_findings.unwrap_or(defaults.shows_custom_findings),
        accepts_ip_ranges: accepts(written.ip_ranges, defaults.accepts_ip_ranges),
        rules_need_aggregator: written.rules_need_aggregator.unwrap_or(defaults.rules_need_aggregator),
        connectors_need_aggregator: written.connectors_need_aggregator.unwrap_or(defaults.connectors_need_aggregator),
        accepts_all_regions: accepts(written.all_regions, defaults.accepts_all_regions),
        has_retention: written.retention.map_or(defaults.has_retention, |it| it == Retention::On),
        export: seconds(written.export_seconds.as_ref(), check),
    };
    Valid {
        settings,
        is_shared: written.state == Some(CustomerState::Shared),
        ocsf_version: written.ocsf_version.map(|version| version.value),
    }
}

/// Applies the settings to a world without findings.
pub(super) fn apply(valid: &Valid, world: &mut World) {
    world.v2_settings = valid.settings;
    let mut form = world.ocsf().settings.clone();
    form.is_shared = valid.is_shared;
    if let Some(version) = &valid.ocsf_version {
        form.version.clone_from(version);
    }
    world.set_ocsf(form);
}

fn seconds(written: Option<&Spanned<u64>>, check: &mut Check) -> jiff::SignedDuration {
    let Some(written) = written else { return SettingsV2::default().export };
    if written.value > MAX_EXPORT_SECONDS {
        let diagnostic = check.at(written.span, format!("an export of {} seconds is too long", written.value));
        check.push(diagnostic.expected(format!("a number up to {MAX_EXPORT_SECONDS}")));
    }
    jiff::SignedDuration::from_secs(i64::try_from(written.value).unwrap_or(0))
}
