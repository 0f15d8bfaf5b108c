//! Findings from the products themselves (IMP-11).

use securityhub_fixtures::Operation::{EnableSecurityHub, GetFindings};
use serde_json::{Value, json};

use super::super::delivery::{deliver, pieces};
use super::super::import::{Outcome, read_finding};
use super::hub;
use crate::testing::{ADMINISTRATOR, Stage, finding};

fn sent(stage: &Stage, findings: &[Value]) -> Outcome {
    let texts: Vec<String> = findings.iter().map(Value::to_string).collect();
    let sent: Vec<_> = texts.iter().map(|text| read_finding(text).unwrap()).collect();
    let mut transaction = stage.0.write_findings();
    let outcome = deliver(&mut transaction, &stage.0, stage.0.clock.now(), &sent).unwrap();
    transaction.commit();
    outcome
}

fn of_product(region: &str, finding_id: &str) -> Value {
    finding(finding_id, json!({ "ProductArn": format!("arn:aws:securityhub:{region}::product/aws/access-analyzer") }))
}

/// Rules: IMP-11, IMP-13.
#[test]
fn each_finding_goes_to_the_region_of_its_product() {
    let stage = hub();
    stage.call_in("eu-west-1", ADMINISTRATOR, EnableSecurityHub, json!({})).unwrap();
    let regions = ["us-east-1", "eu-west-1", "us-east-1", "eu-west-1"];
    let findings: Vec<Value> =
        regions.iter().zip(["a", "b", "c", "d"]).map(|(region, id)| of_product(region, id)).collect();
    assert_eq!(sent(&stage, &findings), Outcome { success_count: 4, failed: vec![] });
    for (region, expected) in [("us-east-1", ["a", "c"]), ("eu-west-1", ["b", "d"])] {
        let answer = stage.call_in(region, ADMINISTRATOR, GetFindings, json!({})).unwrap();
        let ids: Vec<&Value> = answer["Findings"].as_array().unwrap().iter().map(|finding| &finding["Id"]).collect();
        assert_eq!(ids, expected, "{region}");
    }
}

/// Rules: IMP-11, IMP-31.
#[test]
fn more_findings_than_a_batch_are_delivered_and_failures_keep_their_order() {
    let stage = hub();
    let mut findings: Vec<Value> = (0..250).map(|number| of_product("us-east-1", &format!("f{number}"))).collect();
    findings[3]["Title"] = Value::Null;
    findings[120]["ProductArn"] = json!("nonsense");
    findings[240]["ProductArn"] = json!("arn:aws:securityhub:eu-west-1::product/aws/access-analyzer");
    let outcome = sent(&stage, &findings);
    assert_eq!(outcome.success_count, 247);
    let failed: Vec<(&str, &str)> = outcome.failed.iter().map(|failed| (failed.id.as_str(), failed.code)).collect();
    assert_eq!(failed, [("f3", "InvalidInput"), ("f120", "InvalidInput"), ("f240", "InvalidAccess")]);
    assert_eq!(stage.0.finding_count(), 247);
}

/// Rules: IMP-11.
#[test]
fn a_delivered_text_is_one_finding_a_list_or_a_batch() {
    let cut = |text: &str| pieces(text).map(|found| found.into_iter().map(|piece| text[piece].to_owned()).collect());
    let cut =
        |text: &str| -> Result<Vec<String>, String> { cut(text).map_err(|error: serde_json::Error| error.to_string()) };
    assert_eq!(cut(r#" {"Id": "a"} "#).unwrap(), [r#"{"Id": "a"} "#.trim()]);
    assert_eq!(cut(r#" [{"Id":"a"}, 7]"#).unwrap(), [r#"{"Id":"a"}"#, "7"]);
    assert_eq!(cut(r#"{"Findings": [{"Id":"a"} , {"Id":"b"}]}"#).unwrap(), [r#"{"Id":"a"}"#, r#"{"Id":"b"}"#]);
    assert_eq!(cut("[]").unwrap(), [""; 0]);
    for wrong in ["", "7", "{", "[{}", r#"{"Findings": 7}"#, "[] []"] {
        assert!(cut(wrong).is_err(), "{wrong}");
    }
}
