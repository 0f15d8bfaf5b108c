//! Tests that the cost of a change, and of a page of a history, does not depend on the length of the history.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::rc::Rc;

use securityhub_fixtures::Operation;
use securityhub_local_tests::client::TestClient;
use securityhub_local_tests::{growth, sample};
use serde_json::{Value, json};

/// A finding updated at a second of the day, with its own title.
fn version(number: usize) -> Value {
    let mut finding = sample::finding("111111111111");
    let at = format!("2026-01-16T{:02}:{:02}:{:02}Z", number / 3600, number / 60 % 60, number % 60);
    finding["UpdatedAt"] = json!(at);
    finding["Title"] = json!(format!("version {number}"));
    finding
}

struct Stored {
    client: TestClient,
    versions: Cell<usize>,
}

impl Stored {
    fn import(&self, count: usize) {
        let from = self.versions.replace(self.versions.get() + count);
        let findings: Vec<Value> = (from..from + count).map(version).collect();
        let (_, answer) = self.client.call(Operation::BatchImportFindings, &json!({ "Findings": findings }));
        assert_eq!(answer["SuccessCount"], json!(count));
    }
}

/// Rules: HIS-06.
#[test]
fn the_time_of_a_change_and_of_a_page_is_independent_of_the_history() {
    let stored = RefCell::new(HashMap::<usize, Rc<Stored>>::new());
    // A history of `size` times `size` records: work that examines all of them would take four times as long.
    let prepare = |size: usize| {
        let new = || {
            let stored = Stored { client: TestClient::enabled(), versions: Cell::new(0) };
            (0..size * size / 100).for_each(|_| stored.import(100));
            Rc::new(stored)
        };
        Rc::clone(stored.borrow_mut().entry(size).or_insert_with(new))
    };
    growth::assert_in_proportion("changes and pages of a history", 60, prepare, |stored| {
        let finding = version(0);
        let identifier = json!({ "Id": finding["Id"], "ProductArn": finding["ProductArn"] });
        for number in 0..20 {
            stored.import(1);
            let update = json!({ "FindingIdentifiers": [identifier], "Confidence": number });
            stored.client.call(Operation::BatchUpdateFindings, &update);
            let page = json!({ "FindingIdentifier": identifier, "MaxResults": 2 });
            let (_, answer) = stored.client.call(Operation::GetFindingHistory, &page);
            assert_eq!(answer["Records"].as_array().map(Vec::len), Some(2), "{answer}");
        }
    });
}
