//! The life cycle of a hub: enabling, describing, updating and disabling it.

use crate::domain::controls::check_request;
use crate::domain::governance;
use crate::domain::hub_access::{HubError, enabled, may_enable, refuse_centrally_managed};
pub mod disable;

use std::collections::BTreeMap;

use jiff::SignedDuration;
use securityhub_fixtures::products::PRODUCTS;

use crate::domain::controls::standards::subscriptions;
use crate::domain::tags::{self};
use crate::state::{
    CheckScope, ConfigRecorder, Connectors, ControlFindingGenerator, Hub, HubKey, Phase, Region, Timestamp, Transaction,
};

/// The input of EnableSecurityHub.
#[derive(Debug, Default)]
pub struct Enable {
    /// True if the default standards are enabled (HUB-02).
    pub default_standards: bool,
    /// The consolidation of control findings, if given (HUB-03).
    pub control_finding_generator: Option<ControlFindingGenerator>,
    /// Tags of the hub (HUB-05).
    pub tags: BTreeMap<String, String>,
}

/// Enables a hub: a new one, or the dormant one with its stored settings (HUB-01 … HUB-07, HUB-17).
///
/// # Errors
/// [`HubError::CentrallyManaged`], [`HubError::AlreadyEnabled`], [`HubError::TooManyTags`].
pub fn enable(transaction: &mut Transaction<'_>, key: &HubKey, now: Timestamp, enable: Enable) -> Result<(), HubError> {
    may_enable(transaction.directory(), key)?;
    turn_on(transaction, key, now, enable)
}

/// Enables a hub on behalf of a configuration policy; an enabled hub stays unchanged (CCF-40).
pub fn switch_on(transaction: &mut Transaction<'_>, key: &HubKey, now: Timestamp) {
    _ = turn_on(transaction, key, now, Enable::default());
}

fn turn_on(transaction: &mut Transaction<'_>, key: &HubKey, now: Timestamp, enable: Enable) -> Result<(), HubError> {
    let mut hub = match transaction.hub(key).map(|hub| (*hub).clone()) {
        Some(hub) if hub.subscribed_at().is_some() => return Err(HubError::AlreadyEnabled),
        Some(dormant) => dormant,
        None => fresh(now),
    };
    hub.phase = Phase::Enabled(now);
    hub.product_subscriptions.extend(automatic_subscriptions(&key.region));
    hub.tags.extend(enable.tags);
    if hub.tags.len() > tags::MAX_TAGS {
        return Err(HubError::TooManyTags);
    }
    if enable.default_standards {
        subscriptions::begin_default(transaction, key, &mut hub, now);
    }
    // A member always uses its administrator's setting (HUB-03).
    let administrator = transaction.directory().administrator(key.account, &key.region);
    let of_administrator = administrator
        .and_then(|account| transaction.hub(&HubKey { account, region: key.region.clone() }))
        .map(|hub| hub.control_finding_generator);
    if let Some(generator) = of_administrator.or(enable.control_finding_generator) {
        hub.control_finding_generator = generator;
    }
    transaction.stage_hub(key.clone(), hub);
    Ok(())
}

fn fresh(now: Timestamp) -> Hub {
    Hub {
        phase: Phase::Enabled(now),
        auto_enable_controls: true,
        control_finding_generator: ControlFindingGenerator::default(),
        tags: BTreeMap::new(),
        standards: BTreeMap::new(),
        security_controls: BTreeMap::new(),
        next_check: None,
        is_quiet: false,
        config_recorder: ConfigRecorder::default(),
        product_subscriptions: std::collections::BTreeSet::new(),
        action_targets: BTreeMap::new(),
        insights: Vec::new(),
        connectors: Connectors::new(),
        automation_rules: Vec::new(),
    }
}

/// `company/product` of the products that a new hub is subscribed to, in the Region's partition (PRD-21).
fn automatic_subscriptions(region: &Region) -> impl Iterator<Item = String> {
    let partition = region.partition();
    PRODUCTS
        .iter()
        .filter(move |product| product.auto_enabled && product.partitions.contains(&partition))
        .map(|product| format!("{}/{}", product.company_id, product.product_id))
}

/// Changes settings; `None` leaves a setting unchanged (HUB-09). The generator that an administrator sets also applies
/// to its enabled members (HUB-10).
///
/// # Errors
/// [`HubError::CentrallyManaged`], [`HubError::NotEnabled`], [`HubError::MemberSetsGenerator`].
pub fn update(
    transaction: &mut Transaction<'_>,
    key: &HubKey,
    now: Timestamp,
    auto_enable_controls: Option<bool>,
    control_finding_generator: Option<ControlFindingGenerator>,
) -> Result<(), HubError> {
    let directory = transaction.directory();
    // The administrator decides how control findings are generated, even if a policy governs its hub (ROL-27).
    let is_of_generator = control_finding_generator.is_some() && auto_enable_controls.is_none();
    let is_administrators = is_of_generator && governance::is_administered_by(directory, key);
    if !is_administrators {
        refuse_centrally_managed(directory, key)?;
    }
    let mut hub = enabled(transaction, key)?;
    if control_finding_generator.is_some() && directory.administrator(key.account, &key.region).is_some() {
        return Err(HubError::MemberSetsGenerator(key.account));
    }
    if let Some(auto_enable_controls) = auto_enable_controls {
        hub.auto_enable_controls = auto_enable_controls;
    }
    if let Some(generator) = control_finding_generator {
        hub.control_finding_generator = generator;
        check_request::request(transaction, key, CheckScope::Generator, now, SignedDuration::ZERO);
        for account in transaction.directory().enabled_members(key.account, &key.region) {
            let member = HubKey { account, region: key.region.clone() };
            if let Ok(mut hub) = enabled(transaction, &member) {
                hub.control_finding_generator = generator;
                check_request::request(transaction, &member, CheckScope::Generator, now, SignedDuration::ZERO);
                transaction.stage_hub(member, hub);
            }
        }
    }
    transaction.stage_hub(key.clone(), hub);
    Ok(())
}
