//! Changes that customers of the V2 half make to findings: BatchUpdateFindingsV2.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::sync::Arc;

use securityhub_engine::filter::Test;
use securityhub_engine::{FieldId, Filter, Scope, Slot};
use serde_json::{Map, Value, json};

use super::keep;
use super::visibility::{self, View};
use crate::domain::caller::Caller;
use crate::domain::findings::aggregation::replicas;
use crate::domain::findings::change::{self, TemporaryUpdate};
use crate::domain::findings::{document, expiry};
use crate::ocsf::{self, Annex};
use crate::state::{AccountId, FindingWriter, Findings, FindingsTransaction, TableKey, Timestamp, World};

/// The status whose counterpart in the classic half is an archived record (OCM-61).
const ARCHIVED: u8 = 5;

/// The fields that identify a finding together: its account, its own ID and its product.
const NAMES: [&str; 3] = ["cloud.account.uid", "finding_info.uid", "metadata.product.uid"];

/// The identifier of a finding in a call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Identifier {
    /// `metadata.uid`
    Uid(String),
    /// The IDs of the account, the finding and the product.
    Names {
        /// `cloud.account.uid`
        account: String,
        /// `finding_info.uid`
        finding: String,
        /// `metadata.product.uid`
        product: String,
    },
}

/// The attributes to set. An attribute that is `None` does not change.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Update {
    /// The comment.
    pub comment: Option<String>,
    /// The severity, one of 0 to 6 and 99.
    pub severity_id: Option<u8>,
    /// The status, one of 0 to 5 and 99.
    pub status_id: Option<u8>,
}

impl Update {
    /// Sets the attributes in the annex of a finding.
    pub fn note(&self, annex: &mut Annex) {
        annex.comment = self.comment.clone().or(annex.comment.take());
        annex.severity_id = self.severity_id.or(annex.severity_id);
        annex.status_id = self.status_id.or(annex.status_id);
    }

    /// The same changes as BatchUpdateFindings would make them, for worlds in which both halves share customers' changes
    /// (OCM-60 … OCM-62). `author` is the ARN of the customer or the rule.
    pub fn classic(&self, author: &str) -> Map<String, Value> {
        let mut given = Map::new();
        if let Some(label) = self.severity_id.map(ocsf::severity_label) {
            given.insert("Severity".into(), json!({ "Label": label }));
        }
        if let Some(status) = self.status_id.and_then(ocsf::workflow_status) {
            given.insert("Workflow".into(), json!({ "Status": status }));
        }
        if let Some(comment) = &self.comment {
            given.insert("Note".into(), json!({ "Text": comment, "UpdatedBy": author }));
        }
        given
    }

    /// Returns whether the classic half shows the status as an archived record (OCM-61).
    pub fn archives(&self) -> bool {
        self.status_id == Some(ARCHIVED)
    }
}

/// Sets attributes of the identified findings that the caller sees (BUV-04 … BUV-09). Returns for each identifier
/// whether the finding was found.
pub fn update(
    transaction: &mut FindingsTransaction<'_>,
    world: &World,
    caller: &Caller,
    identifiers: &[Identifier],
    update: &Update,
) -> Vec<bool> {
    let mut found = vec![false; identifiers.len()];
    let uids = identifiers.iter().filter_map(|identifier| match identifier {
        Identifier::Uid(uid) => Some(uid.clone()),
        Identifier::Names { .. } => None,
    });
    let uids: HashSet<String> = uids.collect();
    let uid_field = world.schema().derived_field("metadata.uid").filter(|_| !uids.is_empty());
    let with_uids = uid_field.map(|field| Filter::In { field, values: Arc::new(uids) });
    for view in visibility::views(world, caller, &None) {
        let shown = view.filter(world, caller.now);
        let filter = with_uids.clone().map(|with_uids| Filter::All(vec![with_uids, shown.clone()]));
        // Columns are built before the table is locked for writing.
        let fields: Vec<FieldId> = uid_field.into_iter().chain(name_fields(world, &view.table)).collect();
        let build = filter.as_ref().unwrap_or(&shown);
        if world.query_findings(&view.table, build, &fields, |_| ()).is_none() {
            continue;
        }
        let has_replicas = replicas::has_replicas(world, &view.table);
        let (written, expiries) = transaction.edit_findings(&view.table, |writer| {
            let (mut slots, mut expiries) = (Vec::new(), BTreeSet::new());
            let by_uid = filter.as_ref().map(|filter| by_uid(world, &view, writer.findings(), filter));
            let by_uid = by_uid.unwrap_or_default();
            for (identifier, found) in identifiers.iter().zip(&mut found) {
                let slot = match identifier {
                    Identifier::Uid(uid) => by_uid.get(uid).copied(),
                    Identifier::Names { account, finding, product } => {
                        let table = writer.findings().table();
                        let slot = by_names(world, writer.findings(), &view.table, [account, finding, product]);
                        let slot = slot.filter(|slot| view.part(writer.findings()).has(*slot));
                        slot.filter(|slot| view.shows(world, table.stored(*slot), caller.now))
                    }
                };
                if let Some(slot) = slot {
                    *found = true;
                    slots.push(slot);
                    expiries.extend(apply(writer, (world, view.table.is_ocsf_only), slot, update, caller));
                }
            }
            (if has_replicas { replicas::keys(world, writer.findings(), &slots) } else { Vec::new() }, expiries)
        });
        for at in expiries {
            expiry::schedule_sweep(transaction, &view.table.region, at);
        }
        replicas::supersede(transaction, world, &view.table, || written);
    }
    found
}

fn by_uid(world: &World, view: &View, findings: &Findings, filter: &Filter) -> HashMap<String, Slot> {
    let table = findings.table();
    let slots = view.part(findings).matching(filter);
    slots.into_iter().filter_map(|slot| Some((world.ocsf().uid(table.stored(slot))?, slot))).collect()
}

/// The fields of `NAMES`, for a table of findings that exist only in OCSF. The keys of such findings cannot be computed
/// from these fields, because a product may choose the `metadata.uid` itself.
fn name_fields(world: &World, table: &TableKey) -> impl Iterator<Item = FieldId> {
    let fields = NAMES.into_iter().filter(|_| table.is_ocsf_only);
    fields.filter_map(|name| world.schema().derived_field(name))
}

/// The finding with these IDs of its account, itself and its product. The ASFF document contains them as AwsAccountId,
/// Id and ProductArn (OCM-10, OCM-13).
fn by_names(world: &World, findings: &Findings, table: &TableKey, names: [&str; 3]) -> Option<Slot> {
    let [account, finding, product] = names;
    let account_id = AccountId::parse(account)?;
    if table.is_ocsf_only {
        let terms = name_fields(world, table).zip(names).map(|(field, name)| Filter::term(field, Test::equals(name)));
        return findings.table().within(Scope::All).matching(&Filter::All(terms.collect())).first().copied();
    }
    findings.table().find(&document::key_of(&ocsf::classic_product_arn(product)?, finding, account_id))
}

/// Changes a finding. Returns the time at which it now expires, if that has changed.
fn apply(
    writer: &mut FindingWriter<'_>,
    (world, is_ocsf_only): (&World, bool),
    slot: Slot,
    update: &Update,
    caller: &Caller,
) -> BTreeSet<Timestamp> {
    if world.ocsf().settings.is_shared && !is_ocsf_only {
        let given = update.classic(&caller.principal.arn);
        _ = change::set((writer, world), &[slot], &given, &caller.principal.arn, caller.now);
        if !update.archives() {
            return BTreeSet::new();
        }
        let archived = TemporaryUpdate { record_state: Some("ARCHIVED".to_owned()), note: None };
        return change::set_until_import((writer, world), &[slot], &archived, caller.now);
    }
    let mut annex = writer.findings().annex(slot);
    let before = writer.findings().table().stored(slot);
    update.note(&mut annex);
    keep::note_state(world, before, before.document, &mut annex, caller.now);
    writer.annotate(slot, &annex);
    BTreeSet::new()
}
