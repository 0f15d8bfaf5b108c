//! Reads signals about resources from findings.

use std::collections::BTreeSet;
use std::sync::{Arc, LazyLock};

use securityhub_engine::json::text;
use securityhub_engine::{Derive, Filter, Parts, Stored};
use securityhub_fixtures::exposures::{KINDS, Source, TRAITS, Trait};
use serde_json::Value;

use crate::domain::findings::v2::inventory::build;
use crate::domain::findings::v2::visibility;
use crate::ocsf::ConversionContext;
use crate::state::{
    AccountId, Exposed, Findings, Region, ResourceName, Signal, SignalKey, SignalSource, Signals, TableKey, World,
};

/// The product of exposures. An exposure is not a signal.
pub const PRODUCT: &str = "productv2/aws/securityhub-risk";

/// The prefix of the types of findings about sensitive data. These findings have class 2006.
const SENSITIVE_DATA: &str = "Sensitive Data Identifications/";

/// The paths of a finding from which signals are read.
const PATHS: [&str; 6] = [
    "activity_id",
    "cloud.region",
    "compliance.status",
    "finding_info.types",
    "metadata.product.name",
    "resources.uid",
];

/// The controls whose findings are signals, sorted.
static CONTROLS: LazyLock<Vec<&str>> = LazyLock::new(|| {
    let mut controls: Vec<&str> = TRAITS.iter().filter_map(|of| control(of)).collect();
    controls.sort_unstable();
    controls
});

fn control(of: &'static Trait) -> Option<&'static str> {
    if let Source::Control(id) = of.source { Some(id) } else { None }
}

/// Removes the signals of a source. Returns the resources of these signals.
pub fn forget(signals: &mut Signals, source: SignalSource) -> Vec<ResourceName> {
    let Some(names) = signals.sources.remove(&source) else { return Vec::new() };
    for name in names.iter() {
        let Some(exposed) = signals.resources.get_mut(name) else { continue };
        for row in 0..TRAITS.len() {
            exposed.signals.remove(&key(source, row));
        }
        exposed.object_of = exposed.object_of.filter(|of| *of != source);
        if exposed.signals.is_empty() {
            signals.resources.remove(name);
        }
    }
    names.to_vec()
}

fn key(source: SignalSource, row: usize) -> SignalKey {
    let kind = TRAITS.get(row).and_then(|of| KINDS.iter().position(|kind| *kind == of.kind));
    (kind.unwrap_or(KINDS.len()), source, row)
}

/// The signals with traits of a kind. `kind` is the position of the kind.
pub fn of_kind(exposed: &Exposed, kind: usize) -> impl Iterator<Item = &Signal> {
    exposed.signals.range((kind, SignalSource::Declared, 0)..(kind + 1, SignalSource::Declared, 0)).map(|(_, it)| it)
}

/// Adds the signals of a source. Returns the resources of these signals.
pub fn add(signals: &mut Signals, source: SignalSource, found: Vec<ResourceSignal>) -> Vec<ResourceName> {
    let mut names = BTreeSet::new();
    for ResourceSignal { name, object, row, mut signal } in found {
        // The signals of a resource share its name and the names of their products.
        let name = signals.resources.get_key_value(&name).map_or(name, |(known, _)| known.clone());
        let exposed = signals.resources.entry(name.clone()).or_default();
        if let Some((_, known)) = exposed.signals.get_min()
            && known.product_uid == signal.product_uid
        {
            signal.product_uid = Arc::clone(&known.product_uid);
        }
        // Sources describe a resource differently. The description of the first source is used, so that a new finding
        // does not change it.
        if exposed.object_of.is_none_or(|first| source <= first) {
            (exposed.object, exposed.object_of) = (object, Some(source));
        }
        exposed.signals.insert(key(source, row), signal);
        names.insert(name);
    }
    let names: Vec<ResourceName> = names.into_iter().collect();
    if !names.is_empty() {
        signals.sources.insert(source, names.clone().into());
    }
    names
}

/// One trait of one resource.
pub struct ResourceSignal {
    pub name: ResourceName,
    pub object: Arc<str>,
    /// The row of the table of traits.
    pub row: usize,
    pub signal: Signal,
}

/// Reads all findings of a Region.
pub fn read_all(world: &World, region: &Region, signals: &mut Signals) {
    for (table, source) in tables(region) {
        let Some(findings) = world.snapshot_of_findings(&table, &Filter::everything()) else { continue };
        for slot in findings.table().slots() {
            let found = of_finding(world, &table, findings.table().stored(slot));
            add(signals, source(findings.table().sequence(slot)), found);
        }
    }
}

/// Makes a source from the number of a finding.
type ToSource = fn(u64) -> SignalSource;

fn tables(region: &Region) -> [(TableKey, ToSource); 2] {
    [(TableKey::from(region), SignalSource::Finding), (TableKey::ocsf_only(region), SignalSource::OcsfOnly)]
}

/// Reads the finding of a source, if the finding still exists. Returns the resources that the finding names.
pub fn read(world: &World, region: &Region, signals: &mut Signals, source: SignalSource) -> Vec<ResourceName> {
    let (table, number) = match source {
        SignalSource::Finding(number) => (TableKey::from(region), number),
        SignalSource::OcsfOnly(number) => (TableKey::ocsf_only(region), number),
        SignalSource::Declared => return Vec::new(),
    };
    let read = |findings: &Findings| {
        let slot = findings.table().with_sequence(number)?;
        Some(of_finding(world, &table, findings.table().stored(slot)))
    };
    let found = world.read_findings(table.clone(), read).flatten().unwrap_or_default();
    add(signals, source, found)
}

/// The signals in a finding. Most findings are recognized as irrelevant without converting them to OCSF.
fn of_finding(world: &World, table: &TableKey, stored: Stored<'_>) -> Vec<ResourceSignal> {
    let document = std::str::from_utf8(stored.document).unwrap_or_default();
    let may_contain_signals = table.is_ocsf_only || may_contain_signals(document);
    if !may_contain_signals || !visibility::shows_product(world, table, stored.document) {
        return Vec::new();
    }
    let parts = PATHS.into_iter().fold(Parts::default(), |parts, path| parts.and(world.ocsf().parts(path)));
    let context = ConversionContext { organization_of: &|_| None };
    let mut form = Vec::new();
    world.ocsf().write(stored, parts, context, &mut form);
    let Ok(finding) = serde_json::from_slice::<Value>(&form) else { return Vec::new() };
    let text = |pointer: &str| finding.pointer(pointer).and_then(Value::as_str).unwrap_or_default();
    let product_uid = text("/metadata/product/uid");
    let Some(account) = AccountId::parse(text("/cloud/account/uid")) else { return Vec::new() };
    if !is_open(&finding) || product_uid.ends_with(PRODUCT) {
        return Vec::new();
    }
    let rows: Vec<(usize, &Trait)> = TRAITS.iter().enumerate().filter(|(_, of)| is_seen(of, &finding)).collect();
    let resources = finding.get("resources").and_then(Value::as_array).filter(|_| !rows.is_empty());
    let mut found = Vec::new();
    let of_finding: [Arc<str>; 3] =
        [text("/finding_info/uid"), text("/finding_info/title"), product_uid].map(Arc::from);
    for object in resources.into_iter().flatten() {
        let Some(key) = build::key(account.as_str(), text("/cloud/region"), object) else { continue };
        let name = ResourceName { account, resource_type: key.resource_type.into(), id: key.id.into() };
        let object: Arc<str> = without_data(object).into();
        for (row, of) in &rows {
            let [uid, title, product_uid] = of_finding.clone();
            let signal = Signal { kind: of.kind, label: of.label, uid, title, product_uid };
            found.push(ResourceSignal { name: name.clone(), object: Arc::clone(&object), row: *row, signal });
        }
    }
    found
}

/// A resource without its details.
pub fn without_data(object: &Value) -> String {
    let mut object = object.clone();
    if let Some(members) = object.as_object_mut() {
        members.remove("data");
        members.remove("criticality");
    }
    object.to_string()
}

/// Returns whether a finding in ASFF may contain signals.
fn may_contain_signals(document: &str) -> bool {
    let [compliance, vulnerabilities, types] =
        text::values_of(Some(document), ["Compliance", "Vulnerabilities", "Types"]);
    let control = compliance.and_then(|compliance| text::member_of(compliance, "SecurityControlId"));
    let is_control = control.is_some_and(|control| CONTROLS.binary_search(&control.trim_matches('"')).is_ok());
    let has_type = |types: &str| {
        let is_listed = |of: &Trait| matches!(of.source, Source::Type(start) if types.contains(start));
        types.contains(SENSITIVE_DATA) || TRAITS.iter().any(is_listed)
    };
    is_control || vulnerabilities.is_some() || types.is_some_and(has_type)
}

/// Returns whether the reason for a finding still exists.
fn is_open(finding: &Value) -> bool {
    let number = |pointer: &str| finding.pointer(pointer).and_then(Value::as_u64);
    let is_failed = number("/class_uid") != Some(2003) || number("/compliance/status_id").is_none_or(|id| id == 3);
    number("/activity_id") != Some(3) && is_failed
}

fn is_seen(of: &Trait, finding: &Value) -> bool {
    let number = |pointer: &str| finding.pointer(pointer).and_then(Value::as_u64).unwrap_or_default();
    match of.source {
        Source::Control(id) => finding.pointer("/compliance/control").and_then(Value::as_str) == Some(id),
        Source::Severity(least) => {
            number("/class_uid") == 2002 && (least..=6).contains(&number("/vendor_attributes/severity_id"))
        }
        Source::Class(class) => number("/class_uid") == class,
        Source::Type(start) => {
            let types = finding.pointer("/finding_info/types").and_then(Value::as_array);
            types.into_iter().flatten().filter_map(Value::as_str).any(|kind| kind.starts_with(start))
        }
        Source::Details(..) => false,
    }
}
