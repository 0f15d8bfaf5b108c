//! Tests of exposures.

use std::collections::BTreeMap;

use jiff::SignedDuration;
use securityhub_engine::Key;
use securityhub_fixtures::Operation;
use serde_json::{Value, json};

use crate::domain::controls::checks::change;
use crate::domain::findings::{delivery, import};
use crate::state::{Due, HubKey, Region, Resource, Signals, TableKey};
use crate::testing::{ADMINISTRATOR, MEMBER, REGION, Stage, finding, id};

const INSTANCE: &str = "arn:aws:ec2:us-east-1:111111111111:instance/i-1";
const PROFILE: &str = "arn:aws:iam::111111111111:instance-profile/web";

fn stage() -> Stage {
    let stage = Stage::with_hubs(&[ADMINISTRATOR]);
    stage.good(ADMINISTRATOR, Operation::EnableSecurityHubV2, json!({}));
    stage
}

/// A finding of Inspector about the instance, in OCSF.
fn vulnerability(severity_id: u8, activity_id: u8) -> Value {
    json!({
        "activity_id": activity_id,
        "class_uid": 2002,
        "cloud": { "account": { "uid": ADMINISTRATOR }, "region": REGION },
        "finding_info": {
            "uid": "arn:aws:inspector2:us-east-1:111111111111:finding/1",
            "title": "CVE-2026-1 - openssl",
            "modified_time_dt": "2026-01-15T09:00:00.000Z",
        },
        "metadata": { "product": { "uid": "arn:aws:securityhub:us-east-1::productv2/aws/inspector" } },
        "resources": [{ "type": "AWS::EC2::Instance", "uid": "i-1", "uid_alt": INSTANCE, "region": REGION }],
        "severity_id": severity_id,
    })
}

fn declare(stage: &Stage, resources: &[(&'static str, &str, Value)]) {
    let resource = |(resource_type, id, details): &(&'static str, &str, Value)| Resource {
        resource_type,
        id: (*id).to_owned(),
        details: Some(details.clone()),
        ..Resource::default()
    };
    let key = HubKey { account: id(ADMINISTRATOR), region: Region::new(REGION) };
    let declared = BTreeMap::from([(key, resources.iter().map(resource).collect())]);
    let mut transaction = stage.0.write();
    change::declare(&mut transaction, &stage.0, declared, stage.0.clock.now());
    transaction.commit();
}

/// The instance with a public address, an open port and the role of an administrator.
fn declare_instance(stage: &Stage) {
    let everyone = json!({ "IpPermissions": [{ "FromPort": 443, "IpRanges": [{ "CidrIp": "0.0.0.0/0" }] }] });
    let role = json!({ "AttachedManagedPolicies": [{ "PolicyName": "AdministratorAccess" }] });
    let instance = json!({
        "PublicIpAddress": "198.51.100.7",
        "SecurityGroups": [{ "GroupId": "sg-1" }],
        "IamInstanceProfileArn": PROFILE,
    });
    declare(
        stage,
        &[
            ("AwsEc2SecurityGroup", "arn:aws:ec2:us-east-1:111111111111:security-group/sg-1", everyone),
            ("AwsIamRole", "arn:aws:iam::111111111111:role/web", role),
            ("AwsEc2Instance", INSTANCE, instance),
        ],
    );
}

fn exposures(stage: &Stage) -> Vec<Value> {
    let filter =
        json!({ "FieldName": "finding_info.types", "Filter": { "Value": "Exposure/", "Comparison": "PREFIX" } });
    let filters = json!({ "CompositeFilters": [{ "StringFilters": [filter] }] });
    let answer = stage.good(ADMINISTRATOR, Operation::GetFindingsV2, json!({ "Filters": filters }));
    answer["Findings"].as_array().unwrap().clone()
}

fn categories(exposure: &Value) -> Vec<String> {
    let events = exposure["finding_info"]["related_events"].as_array().unwrap();
    events.iter().map(|event| event["traits"][0]["category"].as_str().unwrap().to_owned()).collect()
}

/// Rules: OCF-34, OCF-36, UNK-10.
#[test]
fn traits_that_meet_on_a_resource_make_an_exposure_until_one_is_gone() {
    let stage = stage();
    declare_instance(&stage);
    let [exposure] = &exposures(&stage)[..] else { panic!("expected one exposure") };
    assert_eq!(
        (&exposure["severity"], categories(exposure)),
        (&json!("High"), vec!["Reachability".into(), "Assumability".into()])
    );
    stage.0.clock.advance(SignedDuration::from_hours(1));
    stage.send(vulnerability(5, 1));
    let [exposure] = &exposures(&stage)[..] else { panic!("expected one exposure") };
    insta::assert_json_snapshot!(exposure);
    stage.0.clock.advance(SignedDuration::from_hours(1));
    stage.send(vulnerability(5, 3));
    declare(&stage, &[("AwsEc2Instance", INSTANCE, json!({}))]);
    let [closed] = &exposures(&stage)[..] else { panic!("expected one exposure") };
    assert_eq!((&closed["activity_name"], &closed["status"]), (&json!("Close"), &json!("Resolved")));
    assert_eq!(closed["finding_info"]["created_time"], exposure["finding_info"]["created_time"]);
    assert_eq!(closed["time_dt"], "2026-01-15T11:00:00.000Z");
    declare_instance(&stage);
    let [again] = &exposures(&stage)[..] else { panic!("expected one exposure") };
    assert_eq!((&again["activity_name"], &again["status"]), (&json!("Update"), &json!("New")));
    assert_eq!(again["metadata"]["uid"], exposure["metadata"]["uid"]);
}

/// Rules: CPL-71, CPL-77, OCF-34.
#[test]
fn exposures_that_were_computed_on_request_are_not_pending_any_more() {
    let mut stage = stage();
    assert!(exposures(&stage).is_empty(), "those of the new hub are computed");
    stage.0.delays.exposures = SignedDuration::from_hours(6);
    declare_instance(&stage);
    let is_pending = |stage: &Stage| stage.0.pending().iter().any(|(_, due)| matches!(due, Due::ComputeExposures(_)));
    assert!(is_pending(&stage) && exposures(&stage).is_empty());
    // The first computation writes an exposure, and the second one has nothing to write.
    for is_first in [true, false] {
        let mut transaction = stage.0.write();
        assert_eq!(super::compute_all(&stage.0, &mut transaction, stage.0.clock.now()), 1);
        transaction.commit();
        assert_eq!(is_pending(&stage), is_first);
    }
    stage.0.clock.advance(SignedDuration::from_hours(1));
    stage.send(vulnerability(5, 1));
    let pending = stage.0.pending();
    let computations = pending.iter().filter(|(_, due)| matches!(due, Due::ComputeExposures(_)));
    let delays: Vec<i64> = computations.map(|(at, _)| at.duration_since(stage.0.clock.now()).as_hours()).collect();
    assert_eq!(delays, [6], "the delay begins with the next change");
}

/// Rules: OCF-34.
#[test]
fn one_trait_or_a_low_severity_makes_no_exposure() {
    let stage = stage();
    stage.send(vulnerability(5, 1));
    assert_eq!(exposures(&stage), Vec::<Value>::new());
    let stage = self::stage();
    let instance = json!({ "IamInstanceProfileArn": PROFILE });
    let role = json!({ "AttachedManagedPolicies": [{ "PolicyName": "AdministratorAccess" }] });
    declare(
        &stage,
        &[("AwsIamRole", "arn:aws:iam::111111111111:role/web", role), ("AwsEc2Instance", INSTANCE, instance)],
    );
    stage.send(vulnerability(3, 1));
    assert_eq!(exposures(&stage), Vec::<Value>::new());
    stage.send(vulnerability(4, 1));
    assert_eq!(exposures(&stage).len(), 1);
}

/// Rules: OCM-02, OCF-34.
#[test]
fn findings_that_the_v2_half_does_not_show_are_not_signals() {
    for is_shown in [true, false] {
        let mut stage = stage();
        stage.0.v2_settings.shows_custom_findings = is_shown;
        declare_instance(&stage);
        let vulnerability = finding(
            "v",
            json!({
                "Resources": [{ "Type": "AwsEc2Instance", "Id": INSTANCE }],
                "Severity": { "Label": "CRITICAL" },
                "Vulnerabilities": [{ "Id": "CVE-2026-1" }],
            }),
        );
        stage.good(ADMINISTRATOR, Operation::BatchImportFindings, json!({ "Findings": [vulnerability] }));
        let [exposure] = &exposures(&stage)[..] else { panic!("expected one exposure") };
        assert_eq!(categories(exposure).contains(&"Vulnerability".to_owned()), is_shown, "{exposure}");
    }
}

/// Rules: OCF-34.
#[test]
fn findings_of_controls_and_of_macie_in_asff_are_signals() {
    let stage = stage();
    let asff = |product: &str, with: Value| {
        let mut finding = json!({
            "SchemaVersion": "2018-10-08", "AwsAccountId": ADMINISTRATOR, "GeneratorId": "g", "Id": product,
            "ProductArn": format!("arn:aws:securityhub:us-east-1::product/aws/{product}"), "Title": product,
            "Description": "d", "CreatedAt": "2026-01-15T09:00:00.000Z", "UpdatedAt": "2026-01-15T09:00:00.000Z",
            "Severity": { "Label": "HIGH" }, "Types": ["Software and Configuration Checks"],
            "Resources": [{ "Type": "AwsS3Bucket", "Id": "arn:aws:s3:::b", "Region": REGION, "Partition": "aws" }],
        });
        finding.as_object_mut().unwrap().extend(with.as_object().unwrap().clone());
        finding.to_string()
    };
    let deliver = |text: &str| {
        let mut transaction = stage.0.write_findings();
        let items = [import::read_finding(text).ok().unwrap()];
        let outcome = delivery::deliver(&mut transaction, &stage.0, stage.0.clock.now(), &items).unwrap();
        assert_eq!(outcome.success_count, 1, "{:?}", outcome.failed);
        transaction.commit();
    };
    let control = |status: &str| {
        let compliance = json!({ "Status": status, "SecurityControlId": "S3.2", "AssociatedStandards": [] });
        asff("securityhub", json!({ "Compliance": compliance, "UpdatedAt": stage.now() }))
    };
    deliver(&control("FAILED"));
    assert_eq!(exposures(&stage).len(), 0);
    deliver(&asff("macie", json!({ "Types": ["Sensitive Data Identifications/PII/SensitiveData:S3Object-Personal"] })));
    let [exposure] = &exposures(&stage)[..] else { panic!("expected one exposure") };
    assert_eq!(categories(exposure), ["Reachability", "Sensitive Data"]);
    assert_eq!(
        exposure["finding_info"]["title"],
        "S3 bucket that is reachable from the internet contains sensitive data"
    );
    stage.0.clock.advance(SignedDuration::from_hours(1));
    deliver(&control("PASSED"));
    assert_eq!(exposures(&stage)[0]["status"], "Resolved");
}

/// Rules: OCF-34.
#[test]
fn exposures_are_computed_after_a_delay_and_when_a_hub_is_enabled() {
    let mut stage = stage();
    assert_eq!(exposures(&stage).len(), 0);
    stage.0.delays.exposures = SignedDuration::from_mins(10);
    declare_instance(&stage);
    assert_eq!(exposures(&stage).len(), 0);
    stage.0.clock.advance(SignedDuration::from_mins(10));
    assert_eq!(exposures(&stage).len(), 1);
    assert!(stage.call(MEMBER, Operation::GetFindingsV2, json!({})).is_err());
    let late = Stage::with_hubs(&[ADMINISTRATOR]);
    declare_instance(&late);
    late.send(vulnerability(5, 1));
    late.good(ADMINISTRATOR, Operation::EnableSecurityHubV2, json!({}));
    assert_eq!(exposures(&late)[0]["severity"], "Critical");
}

/// Rules: OCF-34.
#[test]
fn exposures_reflect_changes_made_while_the_hub_was_disabled() {
    let stage = stage();
    // The signals of the Region are kept as long as any account has a hub there.
    stage.good(MEMBER, Operation::EnableSecurityHubV2, json!({}));
    let while_disabled = |change: &dyn Fn()| {
        stage.good(ADMINISTRATOR, Operation::DisableSecurityHubV2, json!({}));
        change();
        stage.after_clock_change();
        stage.good(ADMINISTRATOR, Operation::EnableSecurityHubV2, json!({}));
        let found = exposures(&stage);
        found.iter().map(|it| it["activity_name"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(while_disabled(&|| declare_instance(&stage)), ["Create"]);
    stage.send(vulnerability(5, 1));
    assert_eq!(exposures(&stage)[0]["severity"], "Critical");
    assert_eq!(while_disabled(&|| declare_instance(&stage)), ["Update"], "the same resources are declared again");
    let harmless = || declare(&stage, &[("AwsEc2Instance", INSTANCE, json!({}))]);
    assert_eq!(while_disabled(&harmless), ["Close"]);
    assert_eq!(while_disabled(&|| declare_instance(&stage)), ["Update"]);
    stage.send(vulnerability(5, 3));
    let nothing = || {
        stage.send(vulnerability(5, 3));
        harmless();
    };
    assert_eq!(while_disabled(&nothing), ["Close"]);
}

/// Rules: OCF-34, BUV-11.
#[test]
fn a_status_of_a_customer_ends_when_the_exposure_is_closed_unless_it_is_suppressed() {
    for (status_id, after) in [(2, "Resolved"), (3, "Suppressed")] {
        let stage = stage();
        declare_instance(&stage);
        let uids = json!([exposures(&stage)[0]["metadata"]["uid"]]);
        let update = json!({ "MetadataUids": uids, "StatusId": status_id });
        stage.good(ADMINISTRATOR, Operation::BatchUpdateFindingsV2, update);
        declare(&stage, &[("AwsEc2Instance", INSTANCE, json!({}))]);
        assert_eq!(exposures(&stage)[0]["status"], after);
    }
}

/// Rules: OCF-34.
#[test]
fn an_exposure_names_twenty_findings_of_a_kind_and_is_not_sent_again_for_more() {
    let stage = stage();
    declare_instance(&stage);
    let send_numbered = |number: usize| {
        let mut finding = vulnerability(5, 1);
        finding["finding_info"]["uid"] = json!(format!("finding/{number}"));
        stage.send(finding);
    };
    (0..20).for_each(send_numbered);
    let before = exposures(&stage);
    assert_eq!(before[0]["finding_info"]["related_events_count"], 22);
    stage.0.clock.advance(SignedDuration::from_hours(1));
    send_numbered(20);
    assert_eq!(exposures(&stage), before);
}

/// Exposures are computed from findings in their own Region, so that all of them need not be read again.
#[test]
fn a_change_of_a_replica_keeps_the_signals_of_its_home_region() {
    let (stage, home) = (stage(), Region::new(REGION));
    stage.0.keep_signals(&home, Signals::default());
    let replicas = TableKey::replicas(&home, &Region::new("eu-west-1"));
    let mut transaction = stage.0.write_findings();
    transaction.edit_findings(replicas, |writer| {
        let document = br#"{"ProductArn":"p","Id":"a","AwsAccountId":"111111111111"}"#;
        writer.create(&Key::new(document[..document.len() - 1].to_vec(), 26), document)
    });
    transaction.commit();
    assert!(stage.0.signals(&home).is_some());
}
