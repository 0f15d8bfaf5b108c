//! Single findings by their identifier, without columns for it.

use super::change::{self, Identifier};
use super::document;
use super::visibility;
use crate::domain::caller::Caller;
use crate::state::{Findings, Region, World};

/// A finding that a caller sees.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// The Region where it is stored.
    pub region: Region,
    /// Its owner.
    pub account: String,
    /// The document, as GetFindings sends it.
    pub document: Vec<u8>,
}

/// The findings with a product and an Id that a caller sees: those that GetFindings returns for filters on `ProductArn`
/// and `Id`. Findings of an AWS product in several accounts may share both.
pub fn find(world: &World, caller: &Caller, product_arn: &str, id: &str) -> Vec<Found> {
    let identifier = Identifier { product_arn: product_arn.to_owned(), id: id.to_owned() };
    let mut found = Vec::new();
    for view in visibility::views(world, caller) {
        let region = &view.table.region;
        world.read_findings(&view.table, |findings: &Findings| {
            for slot in change::find(findings, &identifier, &view) {
                let document = findings.table().document(slot).to_vec();
                let account = document::owner(&document).unwrap_or_default();
                found.push(Found { region: region.clone(), account, document });
            }
        });
    }
    found
}

#[cfg(test)]
mod tests {
    use securityhub_fixtures::Operation;
    use serde_json::{Value, json};

    use super::*;
    use crate::state::{MemberStatus, Region};
    use crate::testing::{ADMINISTRATOR, MEMBER, REGION, Stage, finding_of, id};

    /// Rules: DSH-65.
    #[test]
    fn a_finding_is_found_if_getfindings_returns_it() {
        let stage = Stage::with_hubs(&[ADMINISTRATOR, MEMBER]);
        stage.member(MemberStatus::Enabled);
        let finding = finding_of(MEMBER, "a \"quoted\" id", json!({}));
        stage.good(MEMBER, Operation::BatchImportFindings, json!({ "Findings": [finding] }));
        let product = finding["ProductArn"].as_str().unwrap();
        let equals = |value: &str| json!([{ "Value": value, "Comparison": "EQUALS" }]);
        for account in [ADMINISTRATOR, MEMBER] {
            for name in [finding["Id"].as_str().unwrap(), "another"] {
                let filters = json!({ "ProductArn": equals(product), "Id": equals(name) });
                let listed = stage.good(account, Operation::GetFindings, json!({ "Filters": filters }));
                let caller = Caller::local_user(id(account), Region::new(REGION), stage.0.clock.now());
                let found = find(&stage.0, &caller, product, name);
                let documents = found.iter().map(|found| serde_json::from_slice::<Value>(&found.document).unwrap());
                assert_eq!(Value::Array(documents.collect()), listed["Findings"], "{account} {name}");
                assert!(found.iter().all(|found| found.account == MEMBER && found.region.as_str() == REGION));
            }
        }
        let unrelated = Caller::local_user(id("333333333333"), Region::new(REGION), stage.0.clock.now());
        assert_eq!(find(&stage.0, &unrelated, product, finding["Id"].as_str().unwrap()), []);
    }
}
