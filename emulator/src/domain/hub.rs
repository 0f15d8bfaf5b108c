//! A hub's life: enabled, described, updated, disabled and kept for a while (accounts.md section 1).

use std::collections::BTreeMap;

use jiff::SignedDuration;
use securityhub_fixtures::products::PRODUCTS;

use super::caller::Caller;
use super::central_configuration;
use super::checks;
use super::due;
use super::findings::expiry::ARCHIVED_FINDINGS_KEPT;
use super::members::invited;
use super::standards::subscriptions;
use super::tags::{self, TagError};
use crate::aws_error::{AwsError, ErrorCode};
use crate::state::{
    AccountId, CheckScope, ConfigRecorder, ControlFindingGenerator, Directory, Due, Hub, HubKey, Phase, Region,
    Timestamp, Transaction, World,
};

/// How long a disabled hub is kept, with its settings and active findings (HUB-16).
const HUB_KEPT: SignedDuration = SignedDuration::from_hours(90 * 24);

/// Why a hub refuses.
#[derive(Debug, PartialEq, Eq)]
pub enum HubError {
    /// It is on already (HUB-06).
    AlreadyEnabled,
    /// It is off, and the caller wants to disable it (HUB-14).
    NotEnabled,
    /// A central configuration policy governs it (HUB-07, CCF-30).
    CentrallyManaged,
    /// The caller is the delegated administrator or has enabled members (HUB-11, HUB-12).
    Administrator,
    /// The caller is an enabled member (HUB-13).
    Member,
    /// A member may not choose how control findings are made (HUB-10).
    MemberSetsGenerator(AccountId),
    /// With the tags that were kept it would have more than a resource can have (TAG-04).
    TooManyTags,
}

impl From<HubError> for AwsError {
    fn from(error: HubError) -> AwsError {
        match error {
            HubError::AlreadyEnabled => {
                AwsError::new(ErrorCode::ResourceConflictException, "Account is already subscribed to Security Hub")
            }
            HubError::NotEnabled => AwsError::not_found("Account is not subscribed to AWS Security Hub"),
            HubError::CentrallyManaged => AwsError::access_denied(
                "This account is currently associated with a central configuration policy, so only the administrator \
                 can access this operation.",
            ),
            HubError::Administrator => {
                AwsError::invalid_input("Cannot disable Security Hub on the Security Hub administrator")
            }
            HubError::Member => AwsError::invalid_input("Member account cannot disable Security Hub"),
            HubError::MemberSetsGenerator(account) => AwsError::new(
                ErrorCode::InvalidAccessException,
                format!("Request contains configurations that cannot be updated by a member account {account}"),
            ),
            HubError::TooManyTags => TagError::TooMany.into(),
        }
    }
}

/// The error of a call about members or invitations while the caller's hub is off (INV-04).
pub fn no_members_without_a_hub() -> AwsError {
    AwsError::new(ErrorCode::BadRequestException, "The request is rejected since no such resource found.")
}

/// The error of a call that needs the caller's hub (HUB-08, CLN-03).
pub fn not_subscribed(caller: &Caller) -> AwsError {
    AwsError::new(
        ErrorCode::InvalidAccessException,
        format!("Account {} is not subscribed to AWS Security Hub", caller.account()),
    )
}

/// Whether the hub is on.
pub fn is_enabled(world: &World, key: &HubKey) -> bool {
    world.relations().is_on(key)
}

/// What EnableSecurityHub is asked.
#[derive(Debug, Default)]
pub struct Enable {
    /// Whether the default standards are subscribed (HUB-02).
    pub default_standards: bool,
    /// How control findings are made, if said (HUB-03).
    pub control_finding_generator: Option<ControlFindingGenerator>,
    /// Tags of the hub (HUB-05).
    pub tags: BTreeMap<String, String>,
}

/// Enables a hub: a fresh one, or the dormant one with what was kept of it (HUB-01 … HUB-07, HUB-17).
///
/// # Errors
/// [`HubError::CentrallyManaged`], [`HubError::AlreadyEnabled`], [`HubError::TooManyTags`].
pub fn enable(
    transaction: &mut Transaction<'_>,
    directory: &Directory,
    key: &HubKey,
    now: Timestamp,
    enable: Enable,
) -> Result<(), HubError> {
    refuse_centrally_managed(directory, key)?;
    turn_on(transaction, directory, key, now, enable)
}

/// Enables a hub as a configuration policy says, whoever governs it; one that is on stays as it is (CCF-40).
pub fn switch_on(transaction: &mut Transaction<'_>, key: &HubKey, now: Timestamp) {
    let directory = transaction.directory();
    _ = turn_on(transaction, &directory, key, now, Enable::default());
}

fn turn_on(
    transaction: &mut Transaction<'_>,
    directory: &Directory,
    key: &HubKey,
    now: Timestamp,
    enable: Enable,
) -> Result<(), HubError> {
    let mut hub = match transaction.hub(key).map(|hub| (*hub).clone()) {
        Some(hub) if hub.subscribed_at().is_some() => return Err(HubError::AlreadyEnabled),
        Some(dormant) => dormant,
        None => fresh(now),
    };
    hub.phase = Phase::Enabled(now);
    hub.product_subscriptions.extend(automatic_subscriptions(&key.region));
    hub.tags.extend(enable.tags);
    if hub.tags.len() > tags::MOST_TAGS {
        return Err(HubError::TooManyTags);
    }
    if enable.default_standards {
        subscriptions::begin_default(transaction, key, &mut hub, now);
    }
    // A member follows its administrator, whatever it asks for (HUB-03).
    let administrator = directory.administrator(key.account, &key.region);
    let of_administrator = administrator
        .and_then(|account| transaction.hub(&HubKey { account, region: key.region.clone() }))
        .map(|hub| hub.control_finding_generator);
    if let Some(generator) = of_administrator.or(enable.control_finding_generator) {
        hub.control_finding_generator = generator;
    }
    transaction.put_hub(key.clone(), hub);
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
        automation_rules: Vec::new(),
    }
}

/// `company/product` of the products that enabling subscribes to, in the region's partition (PRD-21).
fn automatic_subscriptions(region: &Region) -> impl Iterator<Item = String> {
    let partition = region.partition();
    PRODUCTS
        .iter()
        .filter(move |product| product.auto_enabled && product.partitions.contains(&partition))
        .map(|product| format!("{}/{}", product.company_id, product.product_id))
}

/// Refuses an account whose settings a central configuration policy governs (HUB-07, STD-29).
///
/// # Errors
/// [`HubError::CentrallyManaged`].
pub(super) fn refuse_centrally_managed(directory: &Directory, key: &HubKey) -> Result<(), HubError> {
    if central_configuration::is_managed(directory, key) { Err(HubError::CentrallyManaged) } else { Ok(()) }
}

/// Changes settings; what is `None` stays (HUB-09). A generator that an administrator sets becomes its
/// enabled members' too (HUB-10).
///
/// # Errors
/// [`HubError::CentrallyManaged`], [`HubError::NotEnabled`], [`HubError::MemberSetsGenerator`].
pub fn update(
    transaction: &mut Transaction<'_>,
    directory: &Directory,
    key: &HubKey,
    now: Timestamp,
    auto_enable_controls: Option<bool>,
    control_finding_generator: Option<ControlFindingGenerator>,
) -> Result<(), HubError> {
    // How findings of controls are made is the administrator's to say, also where a policy governs it (ROL-27).
    let is_of_generator = control_finding_generator.is_some() && auto_enable_controls.is_none();
    let is_administrators = is_of_generator && central_configuration::is_administered_by(directory, key);
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
        checks::request(transaction, key, CheckScope::Generator, now, SignedDuration::ZERO);
        for account in directory.enabled_members(key.account, &key.region) {
            let member = HubKey { account, region: key.region.clone() };
            if let Ok(mut hub) = enabled(transaction, &member) {
                hub.control_finding_generator = generator;
                checks::request(transaction, &member, CheckScope::Generator, now, SignedDuration::ZERO);
                transaction.put_hub(member, hub);
            }
        }
    }
    transaction.put_hub(key.clone(), hub);
    Ok(())
}

/// A hub that is on.
///
/// # Errors
/// [`HubError::NotEnabled`].
pub(super) fn enabled(transaction: &Transaction<'_>, key: &HubKey) -> Result<Hub, HubError> {
    let hub = transaction.hub(key).filter(|hub| hub.subscribed_at().is_some());
    hub.map(|hub| (*hub).clone()).ok_or(HubError::NotEnabled)
}

/// Disables a hub in its region (HUB-11 … HUB-16): standards and the subscriptions to AWS services end, relations
/// of this account here end, the rest is kept dormant. Members' hubs stay on (HUB-19).
///
/// # Errors
/// In this order: [`HubError::NotEnabled`], [`HubError::CentrallyManaged`], [`HubError::Administrator`],
/// [`HubError::Member`].
pub fn disable(
    transaction: &mut Transaction<'_>,
    directory: &Directory,
    key: &HubKey,
    now: Timestamp,
) -> Result<(), HubError> {
    let hub = enabled(transaction, key)?;
    refuse_centrally_managed(directory, key)?;
    if directory.is_delegated_administrator(key.account, &key.region)
        || !directory.enabled_members(key.account, &key.region).is_empty()
    {
        return Err(HubError::Administrator);
    }
    if directory.administrator(key.account, &key.region).is_some() {
        return Err(HubError::Member);
    }
    turn_off(transaction, key, hub, now);
    Ok(())
}

/// Disables a hub as a configuration policy says (CCF-40).
pub fn switch_off(transaction: &mut Transaction<'_>, key: &HubKey, now: Timestamp) {
    if let Ok(hub) = enabled(transaction, key) {
        turn_off(transaction, key, hub, now);
    }
}

fn turn_off(transaction: &mut Transaction<'_>, key: &HubKey, mut hub: Hub, now: Timestamp) {
    hub.phase = Phase::Dormant(now);
    hub.standards.clear();
    hub.next_check = None;
    hub.product_subscriptions.retain(|subscription| !is_of_aws(subscription));
    transaction.put_hub(key.clone(), hub);
    invited::end_all(transaction, key, now);
    due::put(transaction, now, ARCHIVED_FINDINGS_KEPT, Due::DropArchivedFindings(key.clone(), now));
    due::put(transaction, now, HUB_KEPT, Due::ForgetHub(key.clone(), now));
}

fn is_of_aws(subscription: &str) -> bool {
    let (company, product) = subscription.split_once('/').unwrap_or_default();
    securityhub_fixtures::products::find(company, product).is_some_and(|product| product.of_aws)
}
