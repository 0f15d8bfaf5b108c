//! Events of custom actions.

use securityhub_fixtures::Operation::{
    CreateActionTarget, CreateInsight, DeleteActionTarget, DisableSecurityHub, EnableSecurityHub, GetInsightResults,
};

use super::super::custom_action::{Selection, send};
use super::*;
use crate::aws_error::AwsError;
use crate::domain::findings::change::Identifier;
use crate::state::MemberStatus;
use crate::testing::{MEMBER, finding, finding_of};

const ACTION: &str = "arn:aws:securityhub:us-east-1:111111111111:action/custom/SendToTickets";

/// An administrator with a custom action and a member, with findings of both.
fn stage() -> Stage {
    let stage = Stage::with_hubs(&[ADMINISTRATOR, MEMBER]);
    stage.member(MemberStatus::Enabled);
    let action = json!({ "Name": "Send to \"tickets\"", "Description": "Opens a ticket", "Id": "SendToTickets" });
    assert_eq!(stage.good(ADMINISTRATOR, CreateActionTarget, action)["ActionTargetArn"], ACTION);
    let on = |id: &str| json!([{ "Type": "Other", "Id": id }]);
    import(
        &stage,
        &[finding("a", json!({ "Resources": on("host-1") })), finding("b", json!({ "Resources": on("host-2") }))],
    );
    let input = json!({ "Findings": [finding_of(MEMBER, "c", json!({}))] });
    stage.good(MEMBER, BatchImportFindings, input);
    stage.events();
    stage
}

fn name(finding: &Value) -> Identifier {
    let text = |name: &str| finding[name].as_str().unwrap().to_owned();
    Identifier { product_arn: text("ProductArn"), id: text("Id") }
}

fn names(finding_ids: &[&str]) -> Selection {
    Selection::Findings(finding_ids.iter().map(|id| name(&finding(id, json!({})))).collect())
}

fn sent(stage: &Stage, arn: &str, selection: Selection) -> Result<usize, (u16, String)> {
    let mut transaction = stage.0.write();
    let outcome = send(&mut transaction, &stage.0, stage.0.clock.now(), arn, selection);
    transaction.commit();
    outcome.map_err(|AwsError { status, message, .. }| (status, message.into_owned()))
}

fn insight(stage: &Stage) -> String {
    let filters = json!({ "RecordState": [{ "Value": "ACTIVE", "Comparison": "EQUALS" }] });
    let insight = json!({ "Name": "Hosts", "Filters": filters, "GroupByAttribute": "ResourceId" });
    let answer = stage.good(ADMINISTRATOR, CreateInsight, insight);
    answer["InsightArn"].as_str().unwrap().to_owned()
}

/// Rules: EVT-02, EVT-13, EVT-60, ACT-09.
#[test]
fn each_selected_finding_makes_its_own_custom_action_event() {
    let stage = stage();
    assert_eq!(sent(&stage, ACTION, names(&["b", "a", "b"])), Ok(2));
    let events = stage.events();
    assert_eq!(bodies(&events), [read(&stage, "b"), read(&stage, "a")]);
    insta::assert_snapshot!(format!("{:#}", events[0]));
}

/// Rules: EVT-44.
#[test]
fn only_the_acting_account_receives_a_custom_action_event() {
    let stage = stage();
    let of_member = finding_of(MEMBER, "c", json!({}));
    assert_eq!(sent(&stage, ACTION, Selection::Findings(vec![name(&of_member)])), Ok(1));
    let events = stage.events();
    assert_eq!(receiver_names(&events), ["111111111111@us-east-1"]);
    assert_eq!(bodies(&events)[0]["AwsAccountId"], MEMBER);
    let insight_arn = insight(&stage);
    assert_eq!(sent(&stage, ACTION, Selection::Results { insight_arn, values: None }), Ok(1));
    assert_eq!(receiver_names(&stage.events()), ["111111111111@us-east-1"]);
}

/// Rules: EVT-03, EVT-61 to EVT-64.
#[test]
fn insight_results_make_one_event_without_findings() {
    let stage = stage();
    let insight_arn = insight(&stage);
    let values = Some(vec!["host-2".to_owned(), "host-1".to_owned()]);
    assert_eq!(sent(&stage, ACTION, Selection::Results { insight_arn: insight_arn.clone(), values }), Ok(1));
    let event = stage.events().remove(0);
    insta::assert_snapshot!(format!("{event:#}"));
    let results = stage.good(ADMINISTRATOR, GetInsightResults, json!({ "InsightArn": insight_arn }));
    let results = results["InsightResults"]["ResultValues"].as_array().unwrap().iter();
    let expected: Vec<Value> =
        results.map(|result| json!({ result["GroupByAttributeValue"].as_str().unwrap(): result["Count"] })).collect();
    assert_eq!(event["detail"]["insightResults"], json!(expected));
}

/// Rules: EVT-15.
#[test]
fn an_event_has_at_most_100_insight_results() {
    let stage = stage();
    let many = |number: usize| {
        let resources = json!([{ "Type": "Other", "Id": format!("many-{number}") }]);
        finding(&format!("many/{number}"), json!({ "Resources": resources }))
    };
    for batch in [0..100, 100..150] {
        import(&stage, &batch.map(many).collect::<Vec<_>>());
    }
    stage.events();
    let insight_arn = insight(&stage);
    sent(&stage, ACTION, Selection::Results { insight_arn: insight_arn.clone(), values: None }).unwrap();
    let detail = &stage.events()[0]["detail"];
    assert_eq!(detail["number of results"], "100");
    assert_eq!(detail["insightResults"].as_array().unwrap().len(), 100);
    let values = Some(vec![String::new(); 101]);
    let refused = sent(&stage, ACTION, Selection::Results { insight_arn, values });
    assert_eq!(refused, Err((400, "Expected 1 to 100 results, got 101".to_owned())));
}

/// Rules: EVT-65.
#[test]
fn unknown_selections_give_404_and_oversized_ones_400() {
    let stage = stage();
    let insight_arn = insight(&stage);
    let many: Vec<String> = (0..21).map(|number| number.to_string()).collect();
    let many: Vec<&str> = many.iter().map(String::as_str).collect();
    let results = |arn: &str, values: Option<Vec<&str>>| Selection::Results {
        insight_arn: arn.to_owned(),
        values: values.map(|values| values.into_iter().map(str::to_owned).collect()),
    };
    let of_member = ACTION.replace(ADMINISTRATOR, MEMBER);
    let no_insight = "arn:aws:securityhub:us-east-1:111111111111:insight/111111111111/custom/none";
    for (arn, selection, status) in [
        ("none", names(&["a"]), 404),
        (&ACTION.replace("Send", "None"), names(&["a"]), 404),
        (&of_member, names(&["a"]), 404),
        (ACTION, names(&["a", "unknown"]), 404),
        (ACTION, results(no_insight, None), 404),
        (ACTION, results(&insight_arn, Some(vec!["host-1", "unknown"])), 404),
        (ACTION, names(&[]), 400),
        (ACTION, names(&many), 400),
        (ACTION, results(&insight_arn, Some(vec![])), 400),
    ] {
        let refused = sent(&stage, arn, selection).expect_err(arn);
        assert_eq!(refused.0, status, "{}", refused.1);
        assert_eq!(stage.events(), Vec::<Value>::new(), "an invalid item aborts the whole call");
    }
    stage.relations(|directory| directory.members.clear());
    stage.good(ADMINISTRATOR, DisableSecurityHub, json!({}));
    assert_eq!(sent(&stage, ACTION, names(&["a"])).expect_err("the hub is disabled").0, 400);
    stage.good(ADMINISTRATOR, EnableSecurityHub, json!({}));
    assert_eq!(sent(&stage, ACTION, names(&["a"])), Ok(1));
}

/// Rules: ACT-10.
#[test]
fn deleting_a_custom_action_keeps_its_events() {
    let stage = stage();
    assert_eq!(sent(&stage, ACTION, names(&["a"])), Ok(1));
    stage.good(ADMINISTRATOR, DeleteActionTarget, json!({ "ActionTargetArn": ACTION }));
    assert_eq!(sent(&stage, ACTION, names(&["a"])).expect_err("the custom action was deleted").0, 404);
    let events = stage.events();
    assert_eq!(events.len(), 1);
    assert_eq!(events[0]["detail"]["actionName"], "Send to \"tickets\"");
}
