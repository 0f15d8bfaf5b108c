//! `controls`: controls that an account has enabled or disabled, and their parameters.

use schemars::JsonSchema;
use securityhub_fixtures::Operation;
use securityhub_fixtures::standards::{Control, Standard};
use serde::Deserialize;
use serde_json::{Map, Value};

use super::entry::{Entry, hub_keys, is_valid, refuse};
use crate::domain::caller::Caller;
use crate::domain::controls::standards::associations::{self, Change};
use crate::domain::controls::standards::{security_controls, standard_arn, subscription_controls};
use crate::scenario::check::{AccountText, Check, not_null};
use crate::scenario::files::Span;
use crate::scenario::sections::all_or::AllOr;
use crate::scenario::sections::api_input::{self, ApiInput};
use crate::scenario::sections::refused::Refused;
use crate::scenario::sections::regions::RegionText;
use crate::scenario::sections::resources::{self, Scope};
use crate::scenario::sections::{parameters, standards};
use crate::scenario::spanned::{Entries, Spanned};
use crate::state::{Region, Transaction, World};

/// The status and the parameters of a control in hubs. At least one of `status` and `parameters` is required.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[schemars(rename = "ControlSetting")]
#[serde(deny_unknown_fields)]
pub(in crate::scenario) struct Declared {
    /// Account of the hubs. Central configuration must not govern it.
    #[schemars(with = "AccountText")]
    account: Option<AccountText>,
    /// Regions of the hubs: all Regions of the scenario, or a list.
    #[schemars(with = "AllOr<RegionText>")]
    regions: Option<AllOr<RegionText>>,
    /// Control, by security control ID such as S3.5 or by standard-specific ID such as PCI.S3.5.
    #[schemars(with = "String")]
    control: Option<Spanned<String>>,
    /// Status: ENABLED or DISABLED. Default: unchanged.
    #[schemars(transform = not_null)]
    status: Option<Spanned<Status>>,
    /// Standards in which the control has this status, such as fsbp-1.0.0. Default: all enabled standards that include
    /// the control.
    #[schemars(transform = not_null)]
    standards: Option<Vec<Spanned<String>>>,
    /// Reason for the change. A DISABLED control requires it.
    #[schemars(transform = not_null)]
    reason: Option<Spanned<String>>,
    /// Control parameters, such as `{ daysToExpiration: 45 }`. Other parameters have their default values.
    #[serde(default)]
    parameters: Entries<Value>,
}

/// Status of a control in a standard.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[schemars(rename = "ControlStatus")]
#[serde(rename_all = "UPPERCASE")]
enum Status {
    /// The control is checked.
    Enabled,
    /// The control is not checked.
    Disabled,
}

/// A valid setting of a control.
#[derive(Debug)]
pub(super) struct ControlSetting {
    control: &'static Control,
    is_enabled: Option<bool>,
    /// `None`: all enabled standards that include the control.
    standards: Option<Vec<(&'static Standard, Span)>>,
    reason: Option<String>,
    parameters: Map<String, Value>,
}

pub(super) fn check(
    written: Spanned<Declared>,
    regions: &[Region],
    check: &mut Check,
) -> Option<Entry<ControlSetting>> {
    let before = check.diagnostics.len();
    let Spanned { value: entry, span } = written;
    let hubs = hub_keys(entry.account.as_ref(), entry.regions.as_ref(), regions, check);
    let standards = entry.standards.as_ref().map(|names| {
        let known = names.iter().filter_map(|name| {
            let found = standards::check(std::slice::from_ref(name), standards::is_offered, check);
            found.first().map(|standard| (*standard, name.span))
        });
        known.collect()
    });
    let name = entry.control?;
    let control = resources::control(&name, &Scope::all(), check);
    check_reason(&name, entry.status.as_ref(), entry.reason.as_ref(), check);
    if entry.status.is_none() && entry.parameters.0.is_empty() && !check.lost.contains_in(span, "status") {
        let diagnostic = check.at(name.span, "the entry has no effect");
        check.push(diagnostic.expected("`status` or `parameters`"));
    }
    let control = control?;
    let value = ControlSetting {
        control,
        is_enabled: entry.status.map(|status| status.value == Status::Enabled),
        standards,
        reason: entry.reason.map(|reason| reason.value),
        parameters: parameters::check(control, &entry.parameters, check),
    };
    Some(Entry { span: name.span, hubs: hubs?, value }).filter(|_| check.diagnostics.len() == before)
}

/// Checks the reason: a DISABLED control requires one, and its length is limited.
fn check_reason(
    control: &Spanned<String>,
    status: Option<&Spanned<Status>>,
    reason: Option<&Spanned<String>>,
    check: &mut Check,
) {
    if let (Some(status), None) = (status.filter(|status| status.value == Status::Disabled), reason) {
        let diagnostic = check.at(status.span, format!("`{}` is DISABLED without a reason", control.value));
        check.push(diagnostic.expected("a `reason`, which AWS requires"));
    }
    // `Parameters` must not be empty. Those of the entry have positions and errors of their own.
    let default = Spanned { value: "DEFAULT".to_owned(), span: control.span };
    let parameter = ApiInput::new(control.span).with_text("ValueType", Some(&default)).node();
    let input = ApiInput::new(control.span)
        .with("SecurityControlId", Some(api_input::text(control)))
        .with("Parameters", Some(ApiInput::new(control.span).with("parameter", Some(parameter)).node()))
        .with_text("LastUpdateReason", reason);
    _ = is_valid(input, Operation::UpdateSecurityControl, check);
}

pub(super) fn set(
    transaction: &mut Transaction<'_>,
    world: &World,
    caller: &Caller,
    entry: &Entry<ControlSetting>,
) -> Result<(), Refused> {
    let setting = &entry.value;
    if let Some(is_enabled) = setting.is_enabled {
        for (standard, span) in standards_of(transaction, caller, entry)? {
            let change = Change {
                control: setting.control.id,
                standard: &standard_arn(&caller.region, standard),
                enabled: is_enabled,
                reason: setting.reason.as_deref(),
            };
            let unprocessed = associations::declare(transaction, world, caller, &[change]).map_err(refuse(span))?;
            if let Some((_, (_, message))) = unprocessed.first() {
                return Err((span, format!("{} in {}: {message}", setting.control.id, standard.id)));
            }
        }
    }
    if setting.parameters.is_empty() {
        return Ok(());
    }
    let (id, reason) = (setting.control.id, setting.reason.clone());
    let updated = security_controls::update(transaction, world, caller, id, &setting.parameters, reason);
    updated.map_err(refuse(entry.span))
}

/// The standards in which the control has the status, with the positions of their errors.
fn standards_of(
    transaction: &Transaction<'_>,
    caller: &Caller,
    entry: &Entry<ControlSetting>,
) -> Result<Vec<(&'static Standard, Span)>, Refused> {
    let control = entry.value.control;
    if let Some(standards) = &entry.value.standards {
        return Ok(standards.clone());
    }
    let hub = transaction.hub(&caller.hub_key());
    let enabled = hub.iter().flat_map(|hub| subscription_controls::subscribed(hub));
    let including = enabled.filter(|(standard, subscription)| {
        subscription_controls::controls(standard, subscription).any(|it| it.control.id == control.id)
    });
    let found: Vec<_> = including.map(|(standard, _)| (standard, entry.span)).collect();
    if found.is_empty() {
        let (account, region) = (caller.account(), &caller.region);
        let message = format!("no standard that is enabled for {account} in {region} includes {}", control.id);
        return Err((entry.span, message));
    }
    Ok(found)
}
