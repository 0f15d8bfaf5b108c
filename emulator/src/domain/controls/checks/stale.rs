//! Stale findings: active control findings that no check produces any more, and those from elsewhere that checks adopt
//! (FND-32, FND-33, RES-14).

use std::collections::BTreeSet;
use std::sync::Arc;

use securityhub_engine::{Filter, Scope, date};
use securityhub_fixtures::standards::{CONTROLS, Control};
use serde_json::{Map, Value, json};

use super::document;
use super::names::{self, ACCOUNT_TYPE};
use crate::domain::findings::document::Finding;
use crate::invariant::Invariant;
use crate::state::{HubKey, Resource, TableKey, Timestamp, World};

/// The product fields of a finding that was archived because the generation of findings changed (FND-52).
pub(super) const CONSOLIDATION: [(&str, &str); 2] = [
    ("ArchivalReasons:0/ReasonCode", "CONSOLIDATED_CONTROL_FINDINGS_UPDATE"),
    (
        "ArchivalReasons:0/Description",
        "The finding is in an ARCHIVED state because consolidated control findings has been turned on or off. This \
         causes findings in the previous state to be archived when new findings are being generated.",
    ),
];

/// An active control finding whose id no current check has.
#[derive(Debug)]
pub(super) struct StaleFinding {
    pub(super) id: String,
    pub(super) resource_id: String,
    /// `None` if the finding is about the account, or about a type that no control checks.
    pub(super) resource_type: Option<&'static str>,
    pub(super) updated_at: Timestamp,
    /// The control of the finding, if it is known.
    pub(super) control: Option<&'static Control>,
    document: Vec<u8>,
}

impl StaleFinding {
    fn read(document: &[u8], wanted: &BTreeSet<String>) -> Option<StaleFinding> {
        let finding = Finding::stored(document);
        let id = finding.string("Id").filter(|id| !wanted.contains(&**id))?.into_owned();
        let updated_at = Timestamp::from_nanosecond(date::strict(&finding.string("UpdatedAt")?)?).ok()?;
        let resources: Value = serde_json::from_str(finding.get("Resources")?).or_report("a stored finding is JSON")?;
        let text = |name: &str| resources.get(0)?.get(name)?.as_str();
        Some(StaleFinding {
            id,
            resource_id: text("Id")
                .or_report("a resource of a stored finding has an Id")
                .unwrap_or_default()
                .to_owned(),
            resource_type: text("Type").and_then(names::resource_type).filter(|name| *name != ACCOUNT_TYPE),
            updated_at,
            control: finding
                .string_in("Compliance", "SecurityControlId")
                .and_then(|id| CONTROLS.iter().find(|control| control.id == id)),
            document: document.to_owned(),
        })
    }

    /// The prefix of its id: the ARN of its subject.
    pub(super) fn prefix(&self) -> &str {
        self.id.rsplit_once("/finding/").map_or("", |(prefix, _)| prefix)
    }

    /// Its resource, with as much as a finding on a deleted resource needs.
    pub(super) fn resource(&self) -> Option<Resource> {
        let resource_type = self.resource_type?;
        Some(Resource { resource_type, id: self.resource_id.clone(), ..Resource::default() })
    }

    /// Another finding with the resources of this one.
    pub(super) fn with_its_resources(&self, finding: String) -> Option<String> {
        let stored = Finding::stored(&self.document);
        let Some(resources) = stored.get("Resources") else { return Some(finding) };
        let mut members: Map<String, Value> = serde_json::from_str(&finding).or_report("a control finding is JSON")?;
        members.insert("Resources".to_owned(), serde_json::from_str(resources).or_report("a stored finding is JSON")?);
        Some(Value::Object(members).to_string())
    }

    /// The archived finding, with additional product fields.
    pub(super) fn archived(&self, at: String, fields: &[(&str, &str)]) -> Option<Value> {
        let mut members: Map<String, Value> =
            serde_json::from_slice(&self.document).or_report("a stored finding is JSON")?;
        members.insert("RecordState".to_owned(), "ARCHIVED".into());
        members.insert("UpdatedAt".to_owned(), at.into());
        if let Some(product_fields) = members.get_mut("ProductFields").and_then(Value::as_object_mut) {
            product_fields.extend(fields.iter().map(|(name, value)| ((*name).to_owned(), json!(value))));
        }
        Some(Value::Object(members))
    }
}

/// The active control findings of a hub whose ids are not wanted.
pub(super) fn find(world: &World, key: &HubKey, wanted: &BTreeSet<String>) -> Vec<StaleFinding> {
    let filter = active(world, key);
    let found = world.query_findings(&TableKey::from(&key.region), &filter, &[], |findings| {
        let table = findings.table();
        let slots = table.within(Scope::All).matching(&filter);
        slots.into_iter().filter_map(|slot| StaleFinding::read(table.document(slot), wanted)).collect()
    });
    found.unwrap_or_default()
}

/// Active control findings of a hub's account.
fn active(world: &World, key: &HubKey) -> Filter {
    let is = |name: &str, value: String| match world.schema().field(name) {
        Some(field) => Filter::In { field, values: Arc::new([value].into_iter().collect()) },
        None => Filter::nothing(),
    };
    Filter::All(vec![
        is("AwsAccountId", key.account.to_string()),
        is("ProductArn", document::product_arn(key)),
        is("RecordState", "ACTIVE".to_owned()),
    ])
}
