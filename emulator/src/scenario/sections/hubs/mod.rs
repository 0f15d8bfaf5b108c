//! `hubs`: enabled hubs, with their settings, products and members.
//!
//! An entry describes an account in several Regions. The check expands entries to one [`Hub`] per account and Region,
//! and adds the hubs that AWS enables automatically: of the delegated administrator (ORG-02) and of enabled members
//! (MST-02).

mod apply;
mod members;
mod products;
mod recorder;

use std::collections::{BTreeMap, BTreeSet};

use schemars::JsonSchema;
use securityhub_fixtures::Operation;
use securityhub_fixtures::products::Product;
use securityhub_fixtures::standards::Standard;
use serde::Deserialize;
use serde_json::json;

pub(super) use apply::apply;

use self::members::Member;
use super::all_or::AllOr;
use super::organization;
use super::regions::{self, RegionText};
use super::settings::Settings;
use super::standards;
use crate::scenario::check::{AccountText, Check};
use crate::scenario::files::Span;
use crate::scenario::lost::{ITEM, Lost};
use crate::scenario::spanned::{Entries, Spanned};
use crate::shape::read;
use crate::state::{AccountId, ConfigRecorder, ControlFindingGenerator, HubKey, MemberStatus, Region};

/// Enabled hubs of an account.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[schemars(rename = "Hub")]
#[serde(deny_unknown_fields)]
pub(in crate::scenario) struct Declared {
    /// Account of the hubs.
    #[schemars(with = "AccountText")]
    account: Option<AccountText>,
    /// Regions of the hubs: all Regions of the scenario, or a list.
    #[schemars(with = "AllOr<RegionText>")]
    regions: Option<AllOr<RegionText>>,
    /// Tags of the hubs.
    #[serde(default)]
    tags: Entries<String>,
    /// If true, new controls of enabled standards are enabled automatically. Default: true.
    auto_enable_controls: Option<bool>,
    /// Consolidation of control findings. Default: SECURITY_CONTROL. Members use the value of their administrator.
    control_finding_generator: Option<Spanned<WrittenGenerator>>,
    /// If true, the standards that AWS enables by default are enabled. Default: false.
    #[serde(default)]
    default_standards: bool,
    /// Other enabled standards, such as cis-1.4.0 or pci-dss-4.0.1. control-tower-1.0.0 is enabled as if by AWS Control
    /// Tower.
    #[serde(default)]
    standards: Vec<Spanned<String>>,
    /// Recorder of AWS Config: on, off, or a map of settings. If it is off, standards are INCOMPLETE. Default: on.
    config_recorder: Option<recorder::Declared>,
    /// If true, controls without resources generate no findings, so that the findings of declared resources are easier
    /// to see. By default, such controls generate a PASSED finding, as in AWS.
    #[serde(default)]
    quiet: bool,
    /// All products whose findings the hub accepts, such as guardduty or prowler/prowler. Default: the products that AWS
    /// subscribes a new hub to.
    products: Option<Vec<Spanned<String>>>,
    /// Members and their status, or details with a status, by account ID. The account of the hub is their administrator.
    /// The hubs of enabled members are enabled, even without an entry under `hubs`. An account can be invited by several
    /// administrators.
    #[serde(default)]
    #[schemars(transform = crate::scenario::check::account_keys)]
    members: Entries<members::Declared>,
    /// CSV file of members, such as members.csv, relative to the directory of this file. Each line has an account ID and
    /// an e-mail address, with an optional header line `Account ID,Email`, as in the console. The members are enabled
    /// unless `members` sets another status.
    #[schemars(transform = crate::scenario::check::not_null)]
    members_csv: Option<Spanned<String>>,
}

/// Consolidation of control findings.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema)]
#[schemars(rename = "ControlFindingGenerator")]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
enum WrittenGenerator {
    /// One finding per control.
    SecurityControl,
    /// One finding per control and standard.
    StandardControl,
}

impl From<WrittenGenerator> for ControlFindingGenerator {
    fn from(written: WrittenGenerator) -> Self {
        match written {
            WrittenGenerator::SecurityControl => ControlFindingGenerator::SecurityControl,
            WrittenGenerator::StandardControl => ControlFindingGenerator::StandardControl,
        }
    }
}

/// The valid hubs.
#[derive(Debug)]
pub(in crate::scenario) struct Valid {
    hubs: BTreeMap<HubKey, Hub>,
    /// Accounts with an entry whose Regions could not all be read.
    unsure: BTreeSet<AccountId>,
}

/// An enabled hub.
#[derive(Clone, Debug, Default)]
struct Hub {
    /// The span of its entry; `None` if AWS enables it automatically.
    span: Option<Span>,
    tags: BTreeMap<String, String>,
    auto_enable_controls: Option<bool>,
    control_finding_generator: Option<(ControlFindingGenerator, Span)>,
    default_standards: bool,
    standards: Vec<&'static Standard>,
    config_recorder: ConfigRecorder,
    quiet: bool,
    /// `company/product`
    products: Option<BTreeSet<String>>,
    members: BTreeMap<AccountId, Member>,
}

/// The parts of the scenario that hubs refer to.
pub(super) struct Context<'a> {
    /// The scenario's Regions.
    pub(super) regions: &'a [Region],
    /// The products that the scenario declares.
    pub(super) products: &'a [&'static Product],
    /// The organization.
    pub(super) organization: Option<&'a organization::Valid>,
    /// The initial time of the clock, and the limits on the number of members of an administrator.
    pub(super) settings: &'a Settings,
}

/// Checks all entries.
pub(super) fn check(written: Vec<Spanned<Declared>>, context: &Context<'_>, check: &mut Check) -> Valid {
    let mut hubs = BTreeMap::new();
    let mut unsure = BTreeSet::new();
    for Spanned { value: entry, span: item } in written {
        let account = entry.account.as_ref().and_then(|account| check.account(&account.0));
        let (regions, are_all_known) = regions_of(entry.regions.as_ref(), context.regions, check);
        let standards = standards::check(&entry.standards, standards::is_offered, check);
        if standards.len() < entry.standards.len() {
            check.lose(&["hubs", ITEM, "standards"]);
        }
        let hub = Hub {
            span: entry.account.as_ref().map(|account| account.0.span),
            products: entry.products.map(|products| products::check(&products, context.products, &regions, check)),
            members: members::check(entry.members, entry.members_csv.as_ref(), context.settings.start, check),
            tags: tags(entry.tags, check),
            auto_enable_controls: entry.auto_enable_controls,
            control_finding_generator: entry
                .control_finding_generator
                .map(|written| (written.value.into(), written.span)),
            default_standards: entry.default_standards,
            standards,
            quiet: entry.quiet,
            config_recorder: entry
                .config_recorder
                .map_or_else(ConfigRecorder::default, |written| recorder::check(&written, check)),
        };
        let Some(account) = account else {
            check.lose(&["hubs", ITEM, "account"]);
            continue;
        };
        if !are_all_known || check.lost.contains_in(item, "regions") {
            unsure.insert(account);
        }
        for region in regions {
            add(&mut hubs, HubKey { account, region }, hub.clone(), check);
        }
    }
    let wrong = members::check_relations(&hubs, check);
    members::check_organization(&hubs, context, check);
    members::check_quotas(&hubs, context, check);
    add_automatic(&mut hubs, context);
    for (key, account) in wrong {
        if let Some(hub) = hubs.get_mut(&key) {
            hub.members.remove(&account);
        }
    }
    Valid { hubs, unsure }
}

/// Checks the tags of a hub by the rules of EnableSecurityHub.
pub(super) fn tags(written: Entries<String>, check: &mut Check) -> BTreeMap<String, String> {
    let input = Operation::EnableSecurityHub.model().input;
    for (key, value) in &written.0 {
        let body = json!({ "Tags": { &*key.value: value } }).to_string();
        if read::body(input, &body).is_ok_and(|document| document.violations.is_empty()) {
            continue;
        }
        let diagnostic = check.at(key.span, format!("AWS does not accept the tag `{}`", key.value));
        let expected = "a key of 1 to 128 letters, digits and +-=._:/ that does not start with aws:, and a value of at \
                        most 256 characters";
        check.push(diagnostic.expected(expected));
    }
    written.0.into_iter().map(|(key, value)| (key.value, value)).collect()
}

/// Adds a hub. An entry of a later file replaces an earlier one; two entries for one hub in a file are an error.
fn add(hubs: &mut BTreeMap<HubKey, Hub>, key: HubKey, hub: Hub, check: &mut Check) {
    let earlier = hubs.get(&key).and_then(|earlier| earlier.span);
    if let (Some(earlier), Some(span)) = (earlier, hub.span)
        && earlier.file == span.file
    {
        let message = format!("{} already has a hub in {} ({})", key.account, key.region, check.line(earlier, span));
        check.push(check.at(span, message).expected("at most one entry for each account and Region"));
    }
    hubs.insert(key, hub);
}

/// Adds the hubs that AWS enables automatically.
fn add_automatic(hubs: &mut BTreeMap<HubKey, Hub>, context: &Context<'_>) {
    let administrator = context.organization.and_then(|organization| organization.delegated_administrator);
    let of_administrator = administrator
        .into_iter()
        .flat_map(|account| context.regions.iter().map(move |region| HubKey { account, region: region.clone() }));
    let of_members = hubs.iter().flat_map(|(key, hub)| {
        let enabled = hub.members.iter().filter(|(_, member)| member.status == MemberStatus::Enabled);
        enabled.map(|(account, _)| HubKey { account: *account, region: key.region.clone() })
    });
    let automatic: Vec<HubKey> = of_administrator.chain(of_members).collect();
    for key in automatic {
        hubs.entry(key).or_default();
    }
}

/// The Regions of an entry, and whether all of them are known.
pub(super) fn regions_of(
    written: Option<&AllOr<RegionText>>,
    regions: &[Region],
    check: &mut Check,
) -> (Vec<Region>, bool) {
    match written {
        Some(AllOr::All) => (regions.to_vec(), true),
        Some(AllOr::Listed(names)) => {
            let found: Vec<Region> = names.iter().filter_map(|name| regions::check_one(name, regions, check)).collect();
            let are_all_known = found.len() == names.len();
            (found, are_all_known)
        }
        None => (Vec::new(), false),
    }
}

impl Valid {
    /// The enabled hubs.
    pub(super) fn keys(&self) -> impl Iterator<Item = &HubKey> {
        self.hubs.keys()
    }

    /// Returns whether a hub is enabled.
    pub(super) fn is_on(&self, key: &HubKey) -> bool {
        self.hubs.contains_key(key)
    }

    /// Returns whether an account may have more hubs than these, because some part of the scenario could not be read.
    pub(super) fn is_unsure(&self, account: AccountId, lost: &Lost) -> bool {
        self.unsure.contains(&account)
            || ["account", "members_csv"].iter().any(|key| lost.contains(&["hubs", ITEM, key]))
            || lost.contains(&["hubs", ITEM, "members", account.as_str()])
            || lost.contains(&["organization", "delegated_administrator"])
    }

    /// Returns whether any account may have more hubs than these.
    pub(super) fn are_any_unsure(&self, lost: &Lost) -> bool {
        !self.unsure.is_empty()
            || ["account", "members", "members_csv"].iter().any(|key| lost.contains(&["hubs", ITEM, key]))
            || lost.contains(&["organization", "delegated_administrator"])
    }

    /// An administrator that has an account as an enabled member, in any Region.
    pub(super) fn administrator(&self, account: AccountId) -> Option<AccountId> {
        let holds = |hub: &Hub| hub.members.get(&account).is_some_and(|member| member.status == MemberStatus::Enabled);
        self.hubs.iter().find(|(_, hub)| holds(hub)).map(|(key, _)| key.account)
    }
}
