//! Active control findings that no check makes any more, and those of other makers that checks adopt (FND-32, FND-33, RES-14).

use std::collections::BTreeSet;
use std::sync::Arc;

use securityhub_engine::{Filter, Scope, date};
use securityhub_fixtures::standards::{CONTROLS, Control};
use serde_json::{Map, Value, json};

use super::document;
use super::names::{self, ACCOUNT_TYPE};
use crate::domain::findings::document::Finding;
use crate::invariant::Invariant;
use crate::state::{HubKey, Place, Resource, Timestamp, World};

/// What an archived finding says when the way of making findings was changed (FND-52).
pub(super) const CONSOLIDATION: [(&str, &str); 2] = [
    ("ArchivalReasons:0/ReasonCode", "CONSOLIDATED_CONTROL_FINDINGS_UPDATE"),
    (
        "ArchivalReasons:0/Description",
        "The finding is in an ARCHIVED state because consolidated control findings has been turned on or off. This \
         causes findings in the previous state to be archived when new findings are being generated.",
    ),
];

/// An active control finding with an id that no check has.
#[derive(Debug)]
pub(super) struct Stray {
    pub(super) id: String,
    pub(super) resource_id: String,
    /// None where it tells of the account, or of something that no control looks at.
    pub(super) resource_type: Option<&'static str>,
    pub(super) updated_at: Timestamp,
    /// What found it, as far as it is known.
    pub(super) control: Option<&'static Control>,
    document: Vec<u8>,
}

impl Stray {
    fn read(document: &[u8], wanted: &BTreeSet<String>) -> Option<Stray> {
        let finding = Finding::stored(document);
        let id = finding.string("Id").filter(|id| !wanted.contains(&**id))?.into_owned();
        let updated_at = Timestamp::from_nanosecond(date::strict(&finding.string("UpdatedAt")?)?).ok()?;
        let resources: Value = serde_json::from_str(finding.get("Resources")?).or_report("a stored finding is JSON")?;
        let text = |name: &str| resources.get(0)?.get(name)?.as_str();
        Some(Stray {
            id,
            resource_id: text("Id").unwrap_or_default().to_owned(),
            resource_type: text("Type").and_then(names::resource_type).filter(|name| *name != ACCOUNT_TYPE),
            updated_at,
            control: finding
                .string_in("Compliance", "SecurityControlId")
                .and_then(|id| CONTROLS.iter().find(|control| control.id == id)),
            document: document.to_owned(),
        })
    }

    /// What its id begins with: the ARN of what it is about.
    pub(super) fn prefix(&self) -> &str {
        self.id.rsplit_once("/finding/").map_or("", |(prefix, _)| prefix)
    }

    /// Its resource, as far as a finding on what is gone needs it.
    pub(super) fn resource(&self) -> Option<Resource> {
        let resource_type = self.resource_type?;
        Some(Resource { resource_type, id: self.resource_id.clone(), ..Resource::default() })
    }

    /// A finding of the same with what this one tells of its resources.
    pub(super) fn with_its_resources(&self, finding: String) -> Option<String> {
        let stored = Finding::stored(&self.document);
        let Some(resources) = stored.get("Resources") else { return Some(finding) };
        let mut members: Map<String, Value> = serde_json::from_str(&finding).or_report("a control finding is JSON")?;
        members.insert("Resources".to_owned(), serde_json::from_str(resources).or_report("a stored finding is JSON")?);
        Some(Value::Object(members).to_string())
    }

    /// The finding, archived, with further product fields.
    pub(super) fn archived(&self, at: String, fields: &[(&str, &str)]) -> Option<Value> {
        let mut members: Map<String, Value> =
            serde_json::from_slice(&self.document).or_report("a stored finding is JSON")?;
        members.insert("RecordState".to_owned(), "ARCHIVED".into());
        members.insert("UpdatedAt".to_owned(), at.into());
        if let Some(own) = members.get_mut("ProductFields").and_then(Value::as_object_mut) {
            own.extend(fields.iter().map(|(name, value)| ((*name).to_owned(), json!(value))));
        }
        Some(Value::Object(members))
    }
}

/// The active control findings of a hub that are not wanted.
pub(super) fn find(world: &World, key: &HubKey, wanted: &BTreeSet<String>) -> Vec<Stray> {
    let filter = active(world, key);
    let found = world.query_findings(&Place::from(&key.region), &filter, &[], |findings| {
        let table = findings.table();
        let slots = table.within(Scope::All).matching(&filter);
        slots.into_iter().filter_map(|slot| Stray::read(table.document(slot), wanted)).collect()
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
