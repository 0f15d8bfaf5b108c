//! Explains why GetFindingsV2 returns a finding or does not.

use securityhub_engine::filter::{Test, explain as engine, matches};
use securityhub_engine::{FieldKind, Filter, Scope, Slot, Stored};
use serde_json::{Value, json};

use super::nearest::Nearest;
use super::{
    ExplainedElement, ExplainedFilter, ExplainedFinding, ExplainedVisibility, Explanation, Question, sentences,
};
use crate::aws_error::AwsError;
use crate::domain::caller::Caller;
use crate::domain::findings::document;
use crate::domain::findings::v2::critical::Critical;
use crate::domain::findings::v2::query::{self, Use};
use crate::domain::findings::v2::visibility::{self, View};
use crate::state::{AccountId, Findings, HubKey, TableKey, World};

/// The members of a composite filter with lists of filters.
const LISTS: [&str; 6] = ["StringFilters", "DateFilters", "BooleanFilters", "NumberFilters", "MapFilters", "IpFilters"];

/// Returns whether filters have the format of GetFindingsV2.
pub(super) fn is_v2(filters: &Value) -> bool {
    filters.get("CompositeFilters").is_some()
}

/// One filter of the request, converted separately.
struct Requested {
    name: String,
    sent: Value,
    kind: FieldKind,
    filter: Filter,
}

/// Explains to a caller each finding with the requested ID, which is its own ID or `metadata.uid`. Without an ID, explains
/// the findings that fail the fewest filters.
///
/// # Errors
/// 400 `ValidationException` for filters that GetFindingsV2 refuses.
pub(super) fn explain(world: &World, caller: &Caller, question: &Question<'_>) -> Result<Explanation, AwsError> {
    let views = visibility::views(world, caller, &None);
    let critical = Critical::of_caller(world, caller, &views, &None);
    let convert = |filters: &Value| {
        let filter = query::filter(world, caller.now, filters, Use::Query)?;
        Ok(Critical::resolve(critical.as_ref(), filter, world.schema()))
    };
    let whole = convert(question.filters)?;
    let mut requested = Vec::new();
    for composite in list(question.filters, "CompositeFilters") {
        collect(world, &convert, composite, &mut requested)?;
    }
    let Some(id) = question.id else {
        return Ok(explain_nearest(world, caller, &views, (&whole, &requested)));
    };
    let regions = world.finding_regions();
    let tables = regions.iter().map(TableKey::from);
    let only = world.ocsf_only_regions();
    let replicas = views.iter().map(|view| view.table.clone()).filter(|table| table.origin.is_some());
    let tables = tables.chain(only.iter().map(TableKey::ocsf_only)).chain(replicas);
    let mut findings = Vec::new();
    for table in tables {
        let view = views.iter().find(|view| view.table == table);
        findings.extend(of_table(world, caller, (&table, view), id, (&whole, &requested)));
    }
    let summary = match &findings[..] {
        [] => format!("not returned: no finding has the ID {id}"),
        [finding] => finding.summary.clone(),
        several => format!("{} findings have the ID {id}", several.len()),
    };
    let (account, region) = (caller.account().to_string(), caller.region.to_string());
    Ok(Explanation { account, region, id: Some(id.to_owned()), summary, findings })
}

/// Explains the findings that fail the fewest filters.
fn explain_nearest(
    world: &World,
    caller: &Caller,
    views: &[View],
    (whole, requested): (&Filter, &[Requested]),
) -> Explanation {
    let filters = requested.iter().map(|requested| (requested.name.as_str(), &requested.filter));
    let mut nearest = Nearest::new(whole, filters);
    let is_on = world.relations().is_v2_on(&caller.hub_key());
    for view in views.iter().filter(|_| is_on) {
        let visible = view.filter(world, caller.now);
        let Some(findings) = world.snapshot_of_findings(&view.table, &visible) else { continue };
        nearest.add(&view.part(&findings), &visible, |slot| {
            explained(world, caller, (&view.table, Some(view)), (&findings, slot), (whole, requested))
        });
    }
    let (mut summary, findings) = nearest.finish(caller.region.as_str());
    let (account, region) = (caller.account().to_string(), caller.region.to_string());
    if !is_on {
        summary = format!("not returned: {}", of_disabled_hub(caller));
    }
    Explanation { account, region, id: None, summary, findings }
}

fn list<'v>(value: &'v Value, member: &str) -> &'v [Value] {
    value.get(member).and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default()
}

/// Converts each filter of a composite filter separately.
fn collect(
    world: &World,
    convert: &dyn Fn(&Value) -> Result<Filter, AwsError>,
    composite: &Value,
    requested: &mut Vec<Requested>,
) -> Result<(), AwsError> {
    for member in LISTS {
        for sent in list(composite, member) {
            let alone = json!({ "CompositeFilters": [{ member: [sent] }] });
            let filter = convert(&alone)?;
            let name = sent.get("FieldName").and_then(Value::as_str).unwrap_or_default().to_owned();
            let kind = world.schema().derived_field(&name).and_then(|field| world.schema().kind(field));
            let kind = kind.unwrap_or(FieldKind::String);
            let sent = sent.get("Filter").cloned().unwrap_or_default();
            requested.push(Requested { name, sent, kind, filter });
        }
    }
    list(composite, "NestedCompositeFilters").iter().try_for_each(|nested| collect(world, convert, nested, requested))
}

fn of_table(
    world: &World,
    caller: &Caller,
    (table, view): (&TableKey, Option<&View>),
    id: &str,
    (whole, requested): (&Filter, &[Requested]),
) -> Vec<ExplainedFinding> {
    let schema = world.schema();
    let names = ["finding_info.uid", "metadata.uid"].into_iter().filter_map(|name| schema.derived_field(name));
    let with_id = Filter::Any(names.map(|field| Filter::term(field, Test::equals(id))).collect());
    let found = world.query_findings(table, &with_id, &[], |findings| {
        let slots = findings.table().within(Scope::All).matching(&with_id);
        let explain = |slot| explained(world, caller, (table, view), (findings, slot), (whole, requested));
        slots.into_iter().map(explain).collect()
    });
    found.unwrap_or_default()
}

/// Explains the finding in a slot of a table.
fn explained(
    world: &World,
    caller: &Caller,
    (table, view): (&TableKey, Option<&View>),
    (findings, slot): (&Findings, Slot),
    (whole, requested): (&Filter, &[Requested]),
) -> ExplainedFinding {
    let (schema, stored) = (world.schema(), findings.table().stored(slot));
    let mut document = Vec::new();
    schema.derive(stored, &mut document);
    let is_hidden = view.is_some_and(|view| !view.part(findings).has(slot));
    let visibility = visibility(world, caller, (table, view), stored, is_hidden);
    let filters = requested.iter().map(|requested| filter(world, requested, &document)).collect();
    finding(&document, table, visibility, (matches(whole, schema, &document), filters))
}

fn of_disabled_hub(caller: &Caller) -> String {
    format!("Security Hub V2 is not enabled for {} in {}", caller.account(), caller.region)
}

fn finding(
    document: &[u8],
    table: &TableKey,
    visibility: ExplainedVisibility,
    (passes, filters): (bool, Vec<ExplainedFilter>),
) -> ExplainedFinding {
    let document: Value = serde_json::from_slice(document).unwrap_or_default();
    let text = |pointer: &str| document.pointer(pointer).and_then(Value::as_str).unwrap_or_default().to_owned();
    let failing: Vec<String> = filters
        .iter()
        .filter(|filter| !filter.passes)
        .map(|filter| format!("{} {}", filter.name, filter.sentence()))
        .collect();
    let summary = if !visibility.passes {
        format!("not returned: {}", visibility.reason)
    } else if passes {
        "returned: the caller can see the finding and it matches the filters".to_owned()
    } else {
        format!("not returned: {}", failing.join("; "))
    };
    ExplainedFinding {
        id: text("/finding_info/uid"),
        product_arn: text("/metadata/product/uid"),
        aws_account_id: text("/cloud/account/uid"),
        region: table.region.to_string(),
        returned: visibility.passes && passes,
        summary,
        visibility,
        filters,
    }
}

fn filter(world: &World, requested: &Requested, document: &[u8]) -> ExplainedFilter {
    let explanation = engine::explain(&requested.filter, world.schema(), document);
    let (mut values, mut matched, mut condition) = (Vec::new(), Vec::new(), String::new());
    if let Some(found) = explanation.values().first() {
        values = found.found.iter().map(|found| found.text.clone()).collect();
        matched = found.found.iter().filter(|found| found.passes).map(|found| found.text.clone()).collect();
        condition = sentences::of_element(requested.kind, &requested.sent, &found.condition);
    }
    let comparison = requested.sent.get("Comparison").and_then(Value::as_str).unwrap_or_default();
    let (passes, negative) = (explanation.holds, comparison.contains("NOT_"));
    let element =
        ExplainedElement { element: requested.sent.clone(), condition, negative, passes, decides: true, matched };
    ExplainedFilter { name: requested.name.clone(), passes, values, elements: vec![element] }
}

/// Checks in this order: the caller's V2 hub, the finding's Region, its owner, the time at which its Region was linked,
/// and its age.
fn visibility(
    world: &World,
    caller: &Caller,
    (table, view): (&TableKey, Option<&View>),
    stored: Stored<'_>,
    is_hidden: bool,
) -> ExplainedVisibility {
    // For a replica, the hubs of the Region that left it count.
    let (account, region) = (caller.account(), table.origin.as_ref().unwrap_or(&table.region));
    let owner = document::owner(stored.document).unwrap_or_default();
    let relations = world.relations();
    let is_on = |account| relations.is_v2_on(&HubKey { account, region: region.clone() });
    let no = |reason: String| ExplainedVisibility { passes: false, reason };
    if !relations.is_v2_on(&caller.hub_key()) {
        return no(of_disabled_hub(caller));
    }
    let Some(view) = view else {
        return no(format!(
            "the finding is stored in {region}, which is not linked to {} in the V2 half",
            caller.region
        ));
    };
    if !view.has_account(&owner) {
        let is_off = AccountId::parse(&owner).is_some_and(|owner| !is_on(owner));
        let administers = visibility::is_administrator(&relations, account);
        return no(match (administers, is_off) {
            (true, true) => format!("Security Hub V2 is not enabled for its owner {owner} in {region}"),
            (true, false) => format!("its owner {owner} is not in the organization of {account}"),
            (false, _) => format!("its owner is {owner}, and {account} is not the delegated administrator"),
        });
    }
    if is_hidden {
        let home = &caller.region;
        return no(format!(
            "it was last changed before {region} was linked to {home}; its next change makes it visible"
        ));
    }
    if !view.shows(world, stored, caller.now) {
        return no("it was last modified more than 90 days ago, or closed more than 14 days ago".to_owned());
    }
    let reason = match &table.origin {
        Some(origin) => format!("it is a replica that remained here when {origin} was unlinked"),
        None => format!("{account} sees the findings of {owner} in {region}"),
    };
    ExplainedVisibility { passes: true, reason }
}
