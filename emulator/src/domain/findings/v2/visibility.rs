//! The findings that a caller of the V2 half sees.

use std::collections::{BTreeSet, HashSet};
use std::sync::Arc;

use jiff::SignedDuration;
use securityhub_engine::filter::{self, DateRange, Test};
use securityhub_engine::{Filter, Layer, Part, Scope, Slot, Stored};
use serde_json::Value;

use crate::aws_error::{AwsError, ErrorCode};
use crate::domain::caller::Caller;
use crate::domain::findings::filters::composite::refused;
use crate::domain::findings::visibility as classic;
use crate::domain::findings::{document, history};
use crate::domain::governance;
use crate::ocsf::State;
use crate::state::{
    AccountId, AggregatorV2, Directory, Findings, HubKey, Organization, Region, Relations, TableKey, Timestamp,
    Transaction, World,
};

/// Maximum number of entries of `Scopes` (HV2-24).
const MOST_SCOPES: usize = 10;
/// Number of days without a change after which the V2 half no longer shows a closed finding (HV2-10).
pub const DAYS_OF_CLOSED: i64 = 14;
/// Number of days without a change after which the V2 half no longer shows a finding that is not closed.
pub const DAYS_OF_OPEN: i64 = 90;

/// The findings of one table that a caller sees. No finding is part of two views.
#[derive(Clone, Debug)]
pub struct View {
    /// The table that contains the findings.
    pub table: TableKey,
    /// The accounts that own the findings.
    accounts: Arc<HashSet<String>>,
    /// In a linked Region, only findings written since it was linked (AGV-10).
    scope: Scope,
}

/// The accounts that a call is limited to; `None` for all that the caller sees.
pub type Limit = Option<HashSet<AccountId>>;

/// The delegated administrator of the V2 half in the organization of an account.
pub fn administrator_of(directory: &Directory, account: AccountId) -> Option<AccountId> {
    let organization = directory.organization.as_ref()?;
    organization.security_hub_v2_administrator.filter(|_| organization.parents.contains_key(&account))
}

/// The aggregator that links the Regions of an account: that of the delegated administrator, whose settings replace those
/// of its members, or the account's own if there is none (AGV-10).
pub fn aggregator_of(directory: &Directory, account: AccountId) -> Option<&AggregatorV2> {
    directory.aggregators_v2.get(&administrator_of(directory, account).unwrap_or(account))
}

/// The ID of the organization that an account belongs to.
pub fn organization_of<'d>(directory: &'d Directory, account: &str) -> Option<&'d str> {
    let organization = directory.organization.as_ref()?;
    let account = AccountId::parse(account)?;
    organization.parents.contains_key(&account).then_some(organization.id.as_str())
}

/// Returns whether an account is the delegated administrator of the V2 half.
pub fn is_administrator(relations: &Relations, account: AccountId) -> bool {
    administrator_of(relations.directory(), account) == Some(account)
}

/// Reads `Scopes`, which only the delegated administrator may use (HV2-24).
///
/// # Errors
/// 403 `AccessDeniedException` for other callers; 400 `OrganizationNotFoundException`,
/// `OrganizationalUnitNotFoundException` and `ValidationException`.
pub fn limit(world: &World, caller: &Caller, scopes: Option<&Value>) -> Result<Limit, AwsError> {
    let entries = scopes.and_then(|scopes| scopes.get("AwsOrganizations")).and_then(Value::as_array);
    let Some(entries) = entries.filter(|entries| !entries.is_empty()) else { return Ok(None) };
    if entries.len() > MOST_SCOPES {
        return Err(refused(format!("At most {MOST_SCOPES} scopes are supported")));
    }
    let relations = world.relations();
    if !is_administrator(&relations, caller.account()) {
        return Err(AwsError::access_denied("Scopes can only be used by the delegated administrator"));
    }
    let Some(organization) = &relations.directory().organization else { return Ok(None) };
    let mut accounts = HashSet::new();
    for entry in entries {
        accounts.extend(accounts_of_scope(organization, entry)?);
    }
    Ok(Some(accounts))
}

fn accounts_of_scope(organization: &Organization, entry: &Value) -> Result<Vec<AccountId>, AwsError> {
    let text = |member: &str| entry.get(member).and_then(Value::as_str);
    let (id, unit) = (text("OrganizationId"), text("OrganizationalUnitId"));
    if id.is_none() && unit.is_none() {
        return Err(refused("A scope needs an OrganizationId or an OrganizationalUnitId"));
    }
    if let Some(id) = id.filter(|id| *id != organization.id) {
        let message = format!("Organization not found: '{id}'");
        return Err(AwsError::new(ErrorCode::OrganizationNotFoundException, message));
    }
    let is_known = |unit: &&str| organization.units.contains_key(*unit) || organization.root_id == **unit;
    if let Some(unit) = unit.filter(|unit| !is_known(unit)) {
        let message = format!("Organizational unit not found: '{unit}'");
        return Err(AwsError::new(ErrorCode::OrganizationalUnitNotFoundException, message));
    }
    let is_in =
        |account: &&AccountId| unit.is_none_or(|unit| governance::is_below(organization, account.as_str(), unit));
    Ok(organization.parents.keys().filter(is_in).copied().collect())
}

/// The findings that a caller sees: its own and, as delegated administrator, those of all accounts of its organization
/// whose hub is enabled (HV2-23, DEC-15), in its Region and, in a home Region, in the linked ones (AGV-10). Copies from
/// Regions that are no longer linked come before linked Regions (AGV-08): if a copy is dropped while a caller reads, its
/// finding may appear twice; in the other order it could be missed.
pub fn views(world: &World, caller: &Caller, limit: &Limit) -> Vec<View> {
    let (account, relations) = (caller.account(), world.relations());
    let mut views = views_of(&relations, account, &caller.region, Scope::All, &world.ocsf_only_regions());
    for table in world.replica_tables() {
        if let (Some(origin), true) = (&table.origin, table.region == caller.region && table.viewer == Some(account)) {
            let accounts = accounts(&relations, account, origin);
            views.push(View { table, accounts, scope: Scope::All });
        }
    }
    let aggregator = aggregator_of(relations.directory(), account);
    if let Some(aggregator) = aggregator.filter(|aggregator| aggregator.home == caller.region) {
        views.extend(linked(world, &relations, account, aggregator));
    }
    if let Some(limit) = limit {
        for view in &mut views {
            let limited = limit.iter().map(ToString::to_string).filter(|account| view.has_account(account));
            view.accounts = Arc::new(limited.collect());
        }
    }
    views
}

/// The findings that an account sees in the Regions that an aggregator links, and in which its hub is enabled.
pub fn linked(world: &World, relations: &Relations, account: AccountId, aggregator: &AggregatorV2) -> Vec<View> {
    // A Region without findings may have declared resources, so Regions with a hub count too.
    let enabled = relations.hubs_v2_of(account).map(|(key, _)| key.region.clone());
    let (stored, native) = (world.finding_regions(), world.ocsf_only_regions());
    let known: BTreeSet<Region> = stored.union(&native).cloned().chain(enabled).collect();
    let is_on = |region: &Region| relations.is_v2_on(&HubKey { account, region: region.clone() });
    let regions = known.into_iter().filter(|region| aggregator.links(region) && is_on(region));
    let scope = Scope::Visible(Layer::Second);
    regions.flat_map(|region| views_of(relations, account, &region, scope, &native)).collect()
}

/// The findings that an account sees in the tables of a Region. `native` contains the Regions with findings that exist
/// only in OCSF.
fn views_of(
    relations: &Relations,
    account: AccountId,
    region: &Region,
    scope: Scope,
    native: &BTreeSet<Region>,
) -> Vec<View> {
    let accounts = accounts(relations, account, region);
    let mut views = vec![View { table: TableKey::from(region), accounts: Arc::clone(&accounts), scope }];
    if native.contains(region) {
        views.push(View { table: TableKey::ocsf_only(region), accounts, scope });
    }
    views
}

/// Hides the findings that were written in newly linked Regions before the link. A finding stays hidden until it is
/// written again (AGV-10).
pub fn hide_earlier(
    transaction: &mut Transaction<'_>,
    world: &World,
    account: AccountId,
    newly: impl Fn(&Region) -> bool,
) {
    let directory = world.directory();
    let members = directory.administered_v2(account).into_iter().flat_map(|organization| organization.parents.keys());
    let accounts: BTreeSet<AccountId> = members.copied().chain([account]).collect();
    let filter = classic::of_accounts(world, &accounts);
    for region in world.finding_regions().into_iter().filter(&newly) {
        transaction.hide_findings(&TableKey::from(&region), Layer::Second, &filter);
    }
    for region in world.ocsf_only_regions().into_iter().filter(&newly) {
        transaction.hide_findings(&TableKey::ocsf_only(&region), Layer::Second, &filter);
    }
}

/// The accounts whose findings in a Region an account sees.
fn accounts(relations: &Relations, account: AccountId, region: &Region) -> Arc<HashSet<String>> {
    if !is_administrator(relations, account) {
        return Arc::new(HashSet::from([account.to_string()]));
    }
    let key = HubKey { account, region: region.clone() };
    relations.visible_accounts_v2(&key, || {
        let organization = relations.directory().organization.as_ref();
        let members = organization.into_iter().flat_map(|organization| organization.parents.keys().copied());
        let is_on = |member: &AccountId| relations.is_v2_on(&HubKey { account: *member, region: region.clone() });
        members.filter(is_on).chain([account]).map(|account| account.to_string()).collect()
    })
}

impl View {
    /// Selects the findings that the view shows at a time.
    pub fn filter(&self, world: &World, now: Timestamp) -> Filter {
        Filter::All(std::iter::once(self.filter_of_all_times(world)).chain(retained(world, now)).collect())
    }

    /// Selects the findings that the view shows or has shown before.
    pub fn filter_of_all_times(&self, world: &World) -> Filter {
        let account = world.schema().field("AwsAccountId");
        let accounts = account.map(|field| Filter::In { field, values: Arc::clone(&self.accounts) });
        Filter::All(accounts.into_iter().chain(of_products(world, &self.table)).collect())
    }

    /// Returns whether the view shows a finding of its table.
    pub fn shows(&self, world: &World, stored: Stored<'_>, now: Timestamp) -> bool {
        let is_visible = document::owner(stored.document).is_some_and(|owner| self.accounts.contains(&*owner));
        let mut derived = Vec::new();
        world.schema().derive(stored, &mut derived);
        let retained = retained(world, now);
        is_visible
            && shows_product(world, &self.table, stored.document)
            && retained.is_none_or(|retained| filter::matches(&retained, world.schema(), &derived))
    }

    /// Returns whether the view shows findings of an account.
    pub fn has_account(&self, account: &str) -> bool {
        self.accounts.contains(account)
    }

    /// The part of the table that the view may show.
    pub fn part<'f>(&self, findings: &'f Findings) -> Part<'f> {
        findings.table().within(self.scope)
    }
}

/// Selects all findings except those of customers' private products; `None` if the V2 half shows these too (OCM-02).
fn of_products(world: &World, table: &TableKey) -> Option<Filter> {
    let is_limited = !world.v2_settings.shows_custom_findings && !table.is_ocsf_only;
    let field = world.schema().field("ProductArn").filter(|_| is_limited)?;
    let region = table.origin.as_ref().unwrap_or(&table.region);
    Some(Filter::term(field, Test::prefix(format!("arn:{}:securityhub:{region}::", region.partition()))))
}

/// Returns whether the V2 half shows findings of the product of a stored finding. Other findings have no effect there:
/// no rule runs on them, and they are not events (OCM-02).
pub fn shows_product(world: &World, table: &TableKey, document: &[u8]) -> bool {
    of_products(world, table).is_none_or(|filter| filter::matches(&filter, world.schema(), document))
}

/// The time at which a finding was first stored; for a finding that exists only in OCSF, its creation time.
pub fn created_at(view: &View, findings: &Findings, slot: Slot, present: &State) -> Timestamp {
    let created = Timestamp::from_millisecond(present.created_time).unwrap_or(Timestamp::MIN);
    if view.table.is_ocsf_only {
        return created;
    }
    let first = findings.metadata(slot).and_then(|metadata| metadata.created_at.clone());
    let first = first.or_else(|| history::processed_at(findings.table().document(slot)));
    first.and_then(|text| text.parse().ok()).unwrap_or(created)
}

/// Selects the findings that have changed recently enough (HV2-10, DEC-08).
fn retained(world: &World, now: Timestamp) -> Option<Filter> {
    let schema = Some(world.schema()).filter(|_| world.v2_settings.has_retention)?;
    let modified = schema.derived_field("finding_info.modified_time_dt")?;
    let activity = schema.derived_field("activity_name")?;
    let before = |days: i64| {
        let edge = now.checked_sub(SignedDuration::from_hours(days * 24)).unwrap_or(Timestamp::MIN);
        Filter::term(modified, Test::Date(DateRange::before(edge.as_nanosecond())))
    };
    let closed = Filter::term(activity, Test::equals("Close"));
    Some(Filter::All(vec![before(DAYS_OF_OPEN).negated(), Filter::All(vec![closed, before(DAYS_OF_CLOSED)]).negated()]))
}
