//! Relations as rows, and the rows that differ between two states of relations.

use std::collections::BTreeMap;
use std::sync::Arc;

use imbl::ordmap::DiffItem;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::rows::{Changes, Kind, RowChange, Rows, pairs};
use super::{directory, hubs};
use crate::state::answered::Answered;
use crate::state::clock::Timestamp;
use crate::state::relations::Relations;
use crate::state::resources::{Resource, Resources};

/// The value of a row of the kind `ClientToken`.
#[derive(PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct AnswerRow {
    pub(super) parameters: Value,
    /// The body of the response.
    pub(super) answer: String,
    pub(super) at: Timestamp,
}

impl AnswerRow {
    fn new(answered: &Answered) -> AnswerRow {
        AnswerRow {
            parameters: answered.parameters.clone(),
            answer: String::from_utf8_lossy(&answered.answer).into_owned(),
            at: answered.at,
        }
    }
}

/// The value of the row that states that resources were declared.
#[derive(PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct DeclaredRow {}

impl Relations {
    /// All relations as rows.
    pub fn rows(&self) -> Rows {
        let changes = self.changes_since(&Relations::default());
        changes.into_iter().filter_map(|change| Some((change.row, change.after?))).collect()
    }

    /// The rows that differ from those of another state, in order. Parts that both states share are not read, so this
    /// takes time proportional to the difference.
    pub fn changes_since(&self, before: &Relations) -> Vec<RowChange> {
        let mut changes = Changes::default();
        if !Arc::ptr_eq(&before.directory, &self.directory) {
            directory::directory(&mut changes, &before.directory, &self.directory);
        }
        for item in before.hubs.diff(&self.hubs) {
            let (key, before, after) = entry(&item);
            hubs::hub(&mut changes, key, before.map(Arc::as_ref), after.map(Arc::as_ref));
        }
        for item in before.hubs_v2.diff(&self.hubs_v2) {
            let (key, before, after) = entry(&item);
            hubs::hub_v2(&mut changes, key, before.map(Arc::as_ref), after.map(Arc::as_ref));
        }
        let is_shared = match (&before.resources, &self.resources) {
            (Some(before), Some(after)) => Arc::ptr_eq(before, after),
            (before, after) => before.is_none() && after.is_none(),
        };
        if !is_shared {
            resources(&mut changes, before.resources.as_deref(), self.resources.as_deref());
        }
        for item in before.answered.diff(&self.answered) {
            let (token, before, after) = entry(&item);
            changes.place(Some(token.hub.account), Some(&token.hub.region));
            let row = |answered: Option<&Arc<Answered>>| answered.map(|answered| AnswerRow::new(answered));
            let key = format!("{}/{}", token.operation, token.token);
            changes.row(Kind::ClientToken, &key, row(before).as_ref(), row(after).as_ref());
        }
        changes.finish()
    }
}

/// The key of a changed entry, and its values before and after.
fn entry<'d, K, V>(item: &DiffItem<'d, 'd, K, V>) -> (&'d K, Option<&'d V>, Option<&'d V>) {
    match item {
        DiffItem::Add(key, after) => (key, None, Some(after)),
        DiffItem::Update { old: (key, before), new: (_, after) } => (key, Some(before), Some(after)),
        DiffItem::Remove(key, before) => (key, Some(before), None),
    }
}

fn resources(changes: &mut Changes, before: Option<&Resources>, after: Option<&Resources>) {
    changes.place(None, None);
    let row = |resources: Option<&Resources>| resources.map(|_| DeclaredRow {});
    changes.row(Kind::Setting, directory::setting::RESOURCES, row(before).as_ref(), row(after).as_ref());
    let none = Resources::default();
    let (before, after) = (before.unwrap_or(&none), after.unwrap_or(&none));
    for (key, (before, after)) in pairs(before.declared.iter(), after.declared.iter()) {
        if before != after {
            changes.place(Some(key.account), Some(&key.region));
            let rows = |of: Option<&Vec<Resource>>| -> BTreeMap<String, Resource> {
                let key = |resource: &Resource| format!("{}/{}", resource.resource_type, resource.id);
                of.into_iter().flatten().map(|resource| (key(resource), resource.clone())).collect()
            };
            changes.map(Kind::Resource, Some(&rows(before)), Some(&rows(after)));
        }
    }
    if before.emptied_at != after.emptied_at {
        for ((key, name), (before, after)) in pairs(before.emptied_at.iter(), after.emptied_at.iter()) {
            changes.place(Some(key.account), Some(&key.region));
            changes.row(Kind::EmptyResourceType, name, before, after);
        }
    }
}
