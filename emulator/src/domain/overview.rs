//! The content of a world at a glance: accounts with hubs, their Regions, and numbers of findings.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use schemars::JsonSchema;
use securityhub_engine::Filter;
use securityhub_engine::filter::Test;
use serde::{Deserialize, Serialize};

use super::arn;
use crate::state::{
    AccountId, AccountStatus, Directory, Findings, HubKey, MemberStatus, Region, Relations, TableKey, World,
    timestamp_text,
};

/// Maximum number of names in a sentence.
const MAX_LISTED: usize = 10;

/// The content of a world.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "PascalCase")]
pub struct Overview {
    /// The name of the scenario, if it has one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub scenario: Option<String>,
    /// The time of the clock.
    pub clock: String,
    /// True if the clock is frozen.
    pub clock_is_frozen: bool,
    /// The Regions in which a hub is enabled.
    pub regions: Vec<String>,
    /// The number of enabled hubs.
    pub hubs: usize,
    /// The Regions in which a V2 hub is enabled.
    #[serde(default)]
    pub regions_v2: Vec<String>,
    /// The number of enabled V2 hubs.
    #[serde(default)]
    pub hubs_v2: usize,
    /// The number of findings.
    pub findings: usize,
    /// The number of findings of controls, which Security Hub itself creates.
    #[serde(default)]
    pub control_findings: usize,
    /// A hub for first calls; `None` if no hub is enabled.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub suggested_caller: Option<SuggestedCaller>,
    /// Accounts that have an enabled hub or own findings, and accounts that are suspended or closed.
    pub accounts: Vec<AccountOverview>,
}

/// An account and a Region for first calls.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "PascalCase")]
pub struct SuggestedCaller {
    /// The account.
    pub account_id: String,
    /// The Region.
    pub region: String,
}

/// An account at a glance.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "PascalCase")]
pub struct AccountOverview {
    /// The account.
    pub account_id: String,
    /// Its name, if it is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// `suspended` or `closed`; absent for an account in use.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<String>,
    /// The Regions in which its hub is enabled.
    pub regions: Vec<String>,
    /// The Regions in which its V2 hub is enabled.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub regions_v2: Vec<String>,
    /// The number of findings that it owns.
    pub findings: u64,
}

/// The enabled hubs of both halves. Findings are not counted, so this takes little time.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct EnabledHubs {
    /// Hubs of the classic half.
    pub classic: Hubs,
    /// V2 hubs.
    pub v2: Hubs,
}

/// The accounts with enabled hubs of one half, and the Regions of these hubs.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Hubs {
    /// The accounts.
    pub accounts: BTreeSet<AccountId>,
    /// The Regions.
    pub regions: BTreeSet<Region>,
    /// The number of hubs.
    pub count: usize,
}

/// `111111111111, 222222222222 (eu-west-1, us-east-1)`
impl fmt::Display for Hubs {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} ({})", listed(self.accounts.iter()), listed(self.regions.iter()))
    }
}

impl<'k> FromIterator<&'k HubKey> for Hubs {
    fn from_iter<I: IntoIterator<Item = &'k HubKey>>(keys: I) -> Hubs {
        let mut hubs = Hubs::default();
        for key in keys {
            hubs.accounts.insert(key.account);
            if !hubs.regions.contains(&key.region) {
                hubs.regions.insert(key.region.clone());
            }
            hubs.count += 1;
        }
        hubs
    }
}

impl EnabledHubs {
    /// Sentences with the accounts and Regions that have hubs, to use instead.
    pub fn hint(&self) -> String {
        match (self.classic.count, self.v2.count) {
            (0, 0) => "No account has a hub yet: call EnableSecurityHub, or define hubs in a scenario.".to_owned(),
            (_, 0) => format!("Accounts with hubs: {}.", self.classic),
            (0, _) => format!("Accounts with V2 hubs: {}.", self.v2),
            _ => format!("Accounts with hubs: {}. Accounts with V2 hubs: {}.", self.classic, self.v2),
        }
    }

    /// A sentence about a hub that is not enabled. `own` are the Regions in which the account of the hub has enabled
    /// hubs.
    pub fn missing(&self, HubKey { account, region }: &HubKey, own: &[&Region]) -> String {
        if own.is_empty() {
            return format!("Account {account} has no hub. {}", self.hint());
        }
        if self.classic.regions.contains(region) {
            let regions = listed(own.iter().copied());
            return format!("Account {account} has no hub in {region}. It has hubs in {regions}.");
        }
        format!("No account has a hub in {region}. Regions with hubs: {}.", listed(self.classic.regions.iter()))
    }
}

/// A sentence about a hub that is not enabled, with the accounts and Regions to use instead.
pub fn missing_hub(relations: &Relations, key: &HubKey) -> String {
    let own: Vec<&Region> = relations.regions_of(key.account).collect();
    enabled_hubs(relations).missing(key, &own)
}

/// Joins names for a sentence; of many, only the first ones.
pub fn listed<'l, T: fmt::Display + 'l>(items: impl Iterator<Item = &'l T>) -> String {
    let mut names: Vec<String> = items.map(T::to_string).collect();
    if names.len() > MAX_LISTED {
        let more = names.len() - MAX_LISTED;
        names.truncate(MAX_LISTED);
        names.push(format!("and {more} more"));
    }
    names.join(", ")
}

/// `1 V2 hub` or `2 V2 hubs`
pub fn count_of_hubs_v2(count: usize) -> String {
    if count == 1 { "1 V2 hub".to_owned() } else { format!("{count} V2 hubs") }
}

/// The enabled hubs.
pub fn enabled_hubs(relations: &Relations) -> EnabledHubs {
    EnabledHubs { classic: relations.enabled_hubs().collect(), v2: relations.enabled_hubs_v2().collect() }
}

/// The hub that shows most in a first call: that of an administrator with enabled members, in its home Region, or in the
/// Region that the scenario lists first. If no classic hub is enabled, this is a V2 hub.
pub fn suggested_hub(relations: &Relations) -> Option<&HubKey> {
    let directory = relations.directory();
    let has_members = |key: &HubKey| {
        let members = directory.members.get(&(key.account, key.region.clone()));
        members.is_some_and(|members| members.values().any(|member| member.status == MemberStatus::Enabled))
    };
    let is_home = |key: &HubKey| directory.aggregators.get(&key.account).is_some_and(|it| it.home == key.region);
    let position = |key: &HubKey| directory.regions.iter().position(|region| *region == key.region);
    let classic = relations.enabled_hubs().min_by_key(|key| {
        let position = position(key).unwrap_or(usize::MAX);
        (!has_members(key), !is_home(key), position, key.account, key.region.clone())
    });
    let administrator = directory.organization.as_ref().and_then(|it| it.security_hub_v2_administrator);
    let is_home_v2 = |key: &HubKey| directory.aggregators_v2.get(&key.account).is_some_and(|it| it.home == key.region);
    classic.or_else(|| {
        relations.enabled_hubs_v2().min_by_key(|key| {
            let is_administrator = administrator == Some(key.account);
            let position = position(key).unwrap_or(usize::MAX);
            (!is_administrator, !is_home_v2(key), position, key.account, key.region.clone())
        })
    })
}

/// The Regions of an account's hubs, and the number of its findings.
#[derive(Default)]
struct Counted {
    regions: Vec<String>,
    regions_v2: Vec<String>,
    findings: u64,
}

/// The content of a world.
pub fn overview(world: &World) -> Overview {
    let relations = world.relations();
    let mut accounts: BTreeMap<AccountId, Counted> = BTreeMap::new();
    for key in relations.enabled_hubs() {
        accounts.entry(key.account).or_default().regions.push(key.region.to_string());
    }
    for key in relations.enabled_hubs_v2() {
        accounts.entry(key.account).or_default().regions_v2.push(key.region.to_string());
    }
    for (account, count) in findings_by_account(world) {
        accounts.entry(account).or_default().findings += count;
    }
    let directory = relations.directory();
    for account in directory.accounts.keys().filter(|account| out_of_use(directory, **account).is_some()) {
        accounts.entry(*account).or_default();
    }
    let name = |account: &AccountId| {
        let name = &relations.directory().accounts.get(account)?.name;
        (*name != format!("account-{account}")).then(|| name.clone())
    };
    let account = |(account, Counted { regions, regions_v2, findings }): (AccountId, Counted)| AccountOverview {
        account_id: account.to_string(),
        name: name(&account),
        status: out_of_use(relations.directory(), account).map(str::to_owned),
        regions,
        regions_v2,
        findings,
    };
    let hubs = enabled_hubs(&relations);
    let suggested = suggested_hub(&relations);
    Overview {
        scenario: world.name.clone(),
        clock: timestamp_text(world.clock.now()),
        clock_is_frozen: world.clock.is_frozen(),
        regions: hubs.classic.regions.iter().map(Region::to_string).collect(),
        hubs: hubs.classic.count,
        regions_v2: hubs.v2.regions.iter().map(Region::to_string).collect(),
        hubs_v2: hubs.v2.count,
        findings: world.finding_count(),
        control_findings: FindingCounts::of(world).of_controls,
        suggested_caller: suggested
            .map(|key| SuggestedCaller { account_id: key.account.to_string(), region: key.region.to_string() }),
        accounts: accounts.into_iter().map(account).collect(),
    }
}

/// `suspended` or `closed`, for an account that cannot be used.
pub fn out_of_use(directory: &Directory, account: AccountId) -> Option<&'static str> {
    match directory.accounts.get(&account)?.status {
        AccountStatus::Active => None,
        AccountStatus::Suspended => Some("suspended"),
        AccountStatus::Closed(_) => Some("closed"),
    }
}

/// The numbers of findings of a world: of products, and of controls.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FindingCounts {
    /// The number of findings of products, which are imported.
    pub of_products: usize,
    /// The number of findings of controls, which Security Hub itself creates.
    pub of_controls: usize,
}

impl FindingCounts {
    /// Counts the findings, in all Regions and without replicas.
    pub fn of(world: &World) -> FindingCounts {
        let Some(field) = world.schema().field("ProductArn") else {
            return FindingCounts { of_products: world.finding_count(), of_controls: 0 };
        };
        let count = |region: Region| {
            let own = arn::product(&region, "", "aws", "securityhub");
            let filter = Filter::term(field, Test::equals(own));
            let count = |findings: &Findings| findings.table().count(&filter);
            world.query_findings(&TableKey::from(&region), &filter, &[], count).unwrap_or_default()
        };
        let of_controls: usize = world.finding_regions().into_iter().map(count).sum();
        FindingCounts { of_products: world.finding_count().saturating_sub(of_controls), of_controls }
    }
}

/// `67 findings`, or `407 findings (340 from controls)`
impl fmt::Display for FindingCounts {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let counted = |count: usize| format!("{count} {}", if count == 1 { "finding" } else { "findings" });
        match (self.of_products, self.of_controls) {
            (products, 0) => formatter.write_str(&counted(products)),
            (products, controls) => {
                write!(formatter, "{} ({controls} from controls)", counted(products.saturating_add(controls)))
            }
        }
    }
}

/// The number of findings by owner, in all Regions and without replicas.
fn findings_by_account(world: &World) -> Vec<(AccountId, u64)> {
    let Some(field) = world.schema().field("AwsAccountId") else { return Vec::new() };
    let everything = Filter::everything();
    let mut counts = Vec::new();
    let regions = (world.finding_regions(), world.ocsf_only_regions());
    let tables = regions.0.iter().map(TableKey::from).chain(regions.1.iter().map(TableKey::ocsf_only));
    for table in tables {
        let read = |findings: &Findings| findings.table().groups(&everything, field);
        let found = world.query_findings(&table, &everything, &[field], read);
        let counted = found.into_iter().flatten();
        counts.extend(counted.filter_map(|(account, count)| Some((AccountId::parse(&account)?, count))));
    }
    counts
}

#[cfg(test)]
mod tests {
    use securityhub_fixtures::Operation;
    use serde_json::json;

    use super::*;
    use crate::testing::{ADMINISTRATOR, MEMBER, Stage, finding_of};

    /// Rules: CPL-141.
    #[test]
    fn an_overview_counts_hubs_and_findings_by_account() {
        let stage = Stage::with_hubs(&[MEMBER, ADMINISTRATOR]);
        let findings = json!({ "Findings": [finding_of(MEMBER, "f", json!({}))] });
        stage.good(MEMBER, Operation::BatchImportFindings, findings);
        let overview = overview(&stage.0);
        assert_eq!((overview.hubs, overview.findings, overview.clock_is_frozen), (2, 1, true));
        assert_eq!(overview.regions, ["us-east-1"]);
        let counts: Vec<_> = overview.accounts.iter().map(|row| (&*row.account_id, row.findings)).collect();
        assert_eq!(counts, [(ADMINISTRATOR, 0), (MEMBER, 1)]);
        let relations = stage.0.relations();
        let of = |text: &str| AccountId::parse(text).unwrap();
        assert_eq!(relations.regions_of(of(MEMBER)).map(Region::as_str).collect::<Vec<_>>(), ["us-east-1"]);
        assert_eq!(relations.regions_of(of("999999999999")).count(), 0);
    }

    /// Rules: CPL-141.
    #[test]
    fn findings_that_exist_only_in_ocsf_are_counted_with_their_account() {
        let stage = Stage::with_hubs(&[MEMBER]);
        let finding = json!({
            "class_uid": 2004,
            "cloud": { "account": { "uid": MEMBER }, "region": "us-east-1" },
            "finding_info": { "uid": "f" },
            "metadata": { "product": { "uid": "arn:aws:securityhub:us-east-1::productv2/partner/product" } },
        });
        stage.send(finding);
        let overview = overview(&stage.0);
        assert_eq!((overview.findings, overview.accounts[0].findings), (1, 1));
    }

    /// Rules: CPL-141.
    #[test]
    fn findings_of_controls_are_counted_separately() {
        for (of_products, of_controls, expected) in [
            (0, 0, "0 findings"),
            (1, 0, "1 finding"),
            (67, 340, "407 findings (340 from controls)"),
            (0, 62, "62 findings (62 from controls)"),
        ] {
            assert_eq!(FindingCounts { of_products, of_controls }.to_string(), expected);
        }
    }

    /// Rules: CPL-141.
    #[test]
    fn the_hub_of_an_administrator_is_suggested_for_first_calls() {
        assert_eq!(suggested_hub(&Stage::empty().0.relations()), None);
        let stage = Stage::with_hubs(&["000000000001", ADMINISTRATOR]);
        assert_eq!(suggested_hub(&stage.0.relations()).unwrap().account.as_str(), "000000000001");
        stage.member(MemberStatus::Enabled);
        assert_eq!(suggested_hub(&stage.0.relations()).unwrap().account.as_str(), ADMINISTRATOR);
    }

    /// Rules: CPL-141.
    #[test]
    fn a_hub_v2_is_suggested_if_no_classic_hub_is_enabled() {
        let stage = Stage::empty();
        let enable = |account: &str| stage.good(account, Operation::EnableSecurityHubV2, json!({}));
        enable(MEMBER);
        assert_eq!(suggested_hub(&stage.0.relations()).unwrap().account.as_str(), MEMBER);
        let hints = enabled_hubs(&stage.0.relations()).hint();
        assert_eq!(hints, "Accounts with V2 hubs: 222222222222 (us-east-1).");
        enable(ADMINISTRATOR);
        assert_eq!(suggested_hub(&stage.0.relations()).unwrap().account.as_str(), ADMINISTRATOR);
        stage.good(MEMBER, Operation::EnableSecurityHub, json!({}));
        assert_eq!(suggested_hub(&stage.0.relations()).unwrap().account.as_str(), MEMBER);
    }
}
