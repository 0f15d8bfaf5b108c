//! Stores accepted findings: creates them or updates the stored ones, then applies automation rules.

use std::collections::{BTreeMap, BTreeSet};

use securityhub_engine::{Key, Slot, Stored, filter};
use serde_json::{Map, Value};

use super::document::Finding;
use super::import::Endpoint;
use super::merge::Kind;
use super::product::Source;
use super::v2::rules::{self, Outcome};
use super::v2::{keep, visibility};
use super::{customer, expiry, history, merge, names, normalise};
use crate::domain::findings::aggregation::replicas;
use crate::domain::findings::automation_rules::{self, ActiveRule};
use crate::ocsf::Annex;
use crate::state::{
    AccountId, FindingMetadata, FindingWriter, FindingsTransaction, HistorySource, HistoryUpdate, TableKey, Timestamp,
    World,
};

/// A finding that passed all checks, with everything that does not depend on the stored finding.
pub(super) struct Accepted<'t> {
    pub(super) key: Key,
    pub(super) owner: AccountId,
    pub(super) source: Source,
    pub(super) finding: Finding<'t>,
    /// `New` or `Recording`. Whether it updates a stored finding is known only under the table's lock.
    pub(super) kind: Kind,
    /// The automation rules whose criteria it satisfies.
    pub(super) rules: Vec<MatchedRule>,
}

/// An automation rule whose criteria a finding satisfies.
pub(super) struct MatchedRule {
    arn: String,
    update: Map<String, Value>,
}

/// The changes by one source, and the attributes that later imports therefore do not overwrite.
struct Effect {
    source: HistorySource,
    updates: Vec<HistoryUpdate>,
    protected: Vec<&'static str>,
}

/// The rules whose criteria a finding satisfies. They see the document that the provider sent, completed by defaults,
/// and not the stored finding (ARU-32 … ARU-34).
pub(super) fn matched_rules(
    world: &World,
    rules: &[ActiveRule],
    finding: &Finding<'_>,
    kind: Kind,
) -> Vec<MatchedRule> {
    if rules.is_empty() {
        return Vec::new();
    }
    let mut seen = finding.clone();
    merge::provider_fields(&mut seen, kind);
    normalise::customer_fields(&mut seen);
    let mut document = Vec::with_capacity(seen.size());
    seen.write(&mut document);
    let met = automation_rules::matching(rules, |criteria| filter::matches(criteria, world.schema(), &document));
    met.into_iter().map(|rule| MatchedRule { arn: rule.arn.clone(), update: rule.update.clone() }).collect()
}

/// Stores accepted findings in order, under one lock.
pub(super) fn store(transaction: &mut FindingsTransaction<'_>, endpoint: &Endpoint<'_>, accepted: &[Accepted<'_>]) {
    if accepted.is_empty() {
        return;
    }
    let rules_v2 = RulesV2::new(endpoint, accepted);
    // Most findings are new: they are written before the lock is taken.
    let mut created = Vec::with_capacity(accepted.len() * 3072);
    let prepared: Vec<(usize, Vec<Effect>, Annex, Vec<String>)> = accepted
        .iter()
        .map(|accepted| {
            let mut finding = accepted.finding.clone();
            merge::create(&mut finding, accepted.kind, accepted.source);
            let mut effects = recorded_changes(accepted.kind, &finding);
            let mut annex = Annex::default();
            effects.extend(apply(&accepted.rules, &mut finding, &mut annex, endpoint.now));
            let of_finding = (&mut finding, &mut annex);
            let connectors = rules_v2.apply(accepted.owner, of_finding, &mut effects, endpoint.now);
            finding.write(&mut created);
            (created.len(), effects, annex, connectors)
        })
        .collect();
    let mut expiries = BTreeSet::new();
    let mut written = Vec::with_capacity(accepted.len());
    let mut tickets = BTreeSet::new();
    transaction.edit_findings(endpoint.region, |writer| {
        let batch = writer.add_batch(created);
        let mut start = 0;
        for (accepted, (end, effects, annex, connectors)) in accepted.iter().zip(prepared) {
            let document = start..end;
            start = end;
            let stored = if let Some(slot) = writer.findings().table().find(&accepted.key) {
                update(writer, slot, accepted, &rules_v2, endpoint.now).map(|connectors| (slot, connectors))
            } else {
                let slot = writer.create_from(&accepted.key, &batch, document, &annex);
                record_creation(writer, slot, effects, endpoint.now);
                Some((slot, connectors))
            };
            if let Some((slot, connectors)) = stored {
                tickets.extend(rules::tickets(endpoint.world, writer.findings().table().stored(slot), connectors));
                let expires_at = rules_v2.expiry(accepted, writer.findings().table().document(slot), endpoint.now);
                writer.set_expiry(slot, expires_at);
                expiries.insert(expires_at);
                written.push(accepted);
            }
        }
        writer.finish_batch(&batch);
    });
    replicas::supersede(transaction, endpoint.world, &TableKey::from(endpoint.region), || {
        written.iter().map(|accepted| (accepted.owner, accepted.key.clone())).collect()
    });
    for ticket in tickets {
        transaction.schedule(endpoint.now, ticket);
    }
    for at in expiries {
        expiry::schedule_sweep(transaction, endpoint.region, at);
    }
}

/// The automation rules of the V2 half that run on a batch, by the owner of the findings.
struct RulesV2<'w> {
    world: &'w World,
    table: TableKey,
    by_owner: BTreeMap<AccountId, Vec<rules::ActiveRule>>,
}

impl<'w> RulesV2<'w> {
    fn new(endpoint: &Endpoint<'w>, accepted: &[Accepted<'_>]) -> RulesV2<'w> {
        let Endpoint { world, region, now, .. } = endpoint;
        let owners: BTreeSet<AccountId> = accepted.iter().map(|accepted| accepted.owner).collect();
        let active = owners.into_iter().map(|owner| (owner, rules::active(world, owner, region, *now)));
        RulesV2 {
            world,
            table: TableKey::from(*region),
            by_owner: active.filter(|(_, rules)| !rules.is_empty()).collect(),
        }
    }

    /// The expiry time of a stored finding. A rule may have archived it.
    fn expiry(&self, accepted: &Accepted<'_>, stored: &[u8], now: Timestamp) -> Timestamp {
        if self.world.ocsf().settings.is_shared && self.by_owner.contains_key(&accepted.owner) {
            return expiry::of_import(&Finding::stored(stored), now);
        }
        expiry::of_import(&accepted.finding, now)
    }

    /// Applies the rules to a finding that its provider has sent, before the finding is stored. Their changes are noted in
    /// its annex or, if both halves share customers' changes, made to the finding itself. Returns the ARNs of the
    /// connectors that should create a ticket.
    fn apply(
        &self,
        owner: AccountId,
        (finding, annex): (&mut Finding<'_>, &mut Annex),
        effects: &mut Vec<Effect>,
        now: Timestamp,
    ) -> Vec<String> {
        let Some(rules) = self.by_owner.get(&owner) else { return Vec::new() };
        let mut document = Vec::with_capacity(finding.size());
        finding.write(&mut document);
        if !visibility::shows_product(self.world, &self.table, &document) {
            return Vec::new();
        }
        let Outcome { changes, connectors } = rules::outcome(rules, self.world, &document, annex);
        for (arn, change) in changes {
            if !self.world.ocsf().settings.is_shared {
                change.note(annex);
                continue;
            }
            let before = finding.clone();
            let update = change.classic(&arn);
            effects.extend(apply(&[MatchedRule { arn, update }], finding, annex, now));
            if change.archives() {
                finding.set_string(names::RECORD_STATE, "ARCHIVED");
                keep::after_change(annex, &before, finding);
            }
        }
        connectors
    }
}

/// The attributes of a recorded finding that customers had changed before it was recorded.
fn recorded_changes(kind: Kind, finding: &Finding<'_>) -> Vec<Effect> {
    let protected = if kind == Kind::Recording { merge::set_by_customers(finding) } else { Vec::new() };
    if protected.is_empty() {
        return Vec::new();
    }
    vec![Effect { source: HistorySource::Product, updates: Vec::new(), protected }]
}

/// Records what customers and rules changed before a finding was created.
fn record_creation(writer: &mut FindingWriter<'_>, slot: Slot, effects: Vec<Effect>, now: Timestamp) {
    if !effects.is_empty() {
        let created_at = history::processed_at(writer.findings().table().document(slot));
        record(writer.metadata(slot), created_at.as_ref(), effects, now);
    }
}

/// Updates the finding in a slot, unless the stored one is as recent (REI-03). Returns the ARNs of the connectors that
/// should create a ticket. The metadata contains the whole history of the finding, so it is read in place and never
/// copied.
fn update(
    writer: &mut FindingWriter<'_>,
    slot: Slot,
    accepted: &Accepted<'_>,
    rules_v2: &RulesV2<'_>,
    now: Timestamp,
) -> Option<Vec<String>> {
    let document = writer.findings().table().document(slot);
    let metadata = writer.findings().metadata(slot);
    let stored = Finding::stored(document);
    if !merge::is_later(&accepted.finding, &stored) {
        return None;
    }
    let mut finding = accepted.finding.clone();
    merge::update(&mut finding, &stored, metadata, accepted.source);
    let updates = history::difference(&merge::without_passing_note(&stored, metadata), &finding);
    let mut effects = vec![Effect { source: HistorySource::Product, updates, protected: Vec::new() }];
    let mut annex = writer.findings().annex(slot);
    keep::after_import(&mut annex, &stored, &finding, accepted.source);
    effects.extend(apply(&accepted.rules, &mut finding, &mut annex, now));
    let connectors = rules_v2.apply(accepted.owner, (&mut finding, &mut annex), &mut effects, now);
    let mut written = Vec::with_capacity(document.len() + 512);
    finding.write(&mut written);
    let before = writer.findings().table().stored(slot);
    keep::note_state(rules_v2.world, before, &written, &mut annex, now);
    let created_at = history::processed_at(document);
    let metadata = writer.metadata(slot);
    metadata.imported_note = None;
    record(metadata, created_at.as_ref(), effects, now);
    writer.replace_with(slot, Stored { document: &written, annex: &annex.to_bytes() });
    Some(connectors)
}

/// Applies rules in order; the last one that sets a field wins (ARU-35, ARU-51).
fn apply(rules: &[MatchedRule], finding: &mut Finding<'_>, annex: &mut Annex, now: Timestamp) -> Vec<Effect> {
    let effect = |rule: &MatchedRule| {
        let before = finding.clone();
        customer::update(finding, &rule.update, now);
        keep::after_change(annex, &before, finding);
        let updates = history::difference(&before, finding);
        let protected = customer::set_attributes(&rule.update).collect();
        Effect { source: HistorySource::Customer(rule.arn.clone()), updates, protected }
    };
    rules.iter().map(effect).collect()
}

/// Records effects in the metadata; an effect without changes leaves no record (HIS-15, ARU-53, ARU-54).
fn record(metadata: &mut FindingMetadata, created_at: Option<&String>, effects: Vec<Effect>, now: Timestamp) {
    for effect in effects {
        metadata.protect(effect.protected.into_iter());
        history::record(metadata, created_at.cloned(), now, effect.source, effect.updates);
    }
}
