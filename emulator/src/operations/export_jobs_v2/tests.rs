//! Rules of export jobs, tested through the operations.

use std::sync::{Arc, Mutex, mpsc};
use std::time::Duration;

use bytes::Bytes;
use jiff::SignedDuration;
use securityhub_fixtures::Operation::{
    BatchImportFindings, CancelExportJobV2, CreateAutomationRuleV2, DisableSecurityHubV2, EnableSecurityHubV2,
    GetExportJobV2, GetFindingsV2, ListExportJobsV2, StartExportJobV2,
};
use serde_json::{Value, json};

use crate::domain::findings::v2::exports;
use crate::state::{ExportFailure, ExportState, timestamp_text};
use crate::testing::{ADMINISTRATOR, MEMBER, Stage, finding};

/// A V2 hub with two findings.
fn stage() -> Stage {
    let stage = Stage::with_hubs(&[ADMINISTRATOR]);
    stage.good(ADMINISTRATOR, EnableSecurityHubV2, json!({}));
    let tagged =
        json!([{ "Type": "Other", "Id": "host-1", "Tags": { "team": "a" } }, { "Type": "Other", "Id": "host-2" }]);
    let findings = json!([
        finding("a", json!({ "Title": "Port 22 is open, and \"port 23\" too" })),
        finding("b", json!({ "Severity": { "Label": "LOW" }, "Resources": tagged })),
    ]);
    let answer = stage.good(ADMINISTRATOR, BatchImportFindings, json!({ "Findings": findings }));
    assert_eq!(answer["SuccessCount"], 2, "{answer}");
    stage
}

fn job(output: Value) -> Value {
    let s3 = json!({
        "BucketArn": "arn:aws:s3:::exports",
        "KmsKeyArn": "arn:aws:kms:us-east-1:111111111111:key/1",
        "ObjectPrefix": "daily/",
    });
    json!({ "Destination": { "S3": s3 }, "OutputConfiguration": { "Findings": output } })
}

fn lines() -> Value {
    job(json!({ "Format": "OCSF_JSON" }))
}

fn start(stage: &Stage, input: Value) -> Value {
    json!({ "ExportJobId": stage.good(ADMINISTRATOR, StartExportJobV2, input)["ExportJobId"] })
}

/// The output of a job, and the object that the job would write.
fn exported(stage: &Stage, id: &Value) -> (String, String) {
    let (_, job) = exports::of_any_account(&stage.0, id["ExportJobId"].as_str().unwrap()).unwrap();
    (String::from_utf8(job.exported.as_ref().unwrap().to_vec()).unwrap(), exports::object(&job))
}

fn put(stage: &Stage, id: &Value, becomes: ExportState) {
    let mut transaction = stage.0.write();
    let id = id["ExportJobId"].as_str().unwrap();
    exports::put(&mut transaction, &stage.0, id, (becomes, stage.0.clock.now())).unwrap();
    transaction.commit();
}

/// Rules: EXV-01, EXV-05, EXV-08, UNK-19.
#[test]
fn a_job_exports_a_finding_per_line() {
    let stage = stage();
    let mut input = lines();
    input["Name"] = json!("Daily (all), no. 1");
    let id = start(&stage, input.clone());
    let answer = stage.good(ADMINISTRATOR, GetExportJobV2, id.clone());
    let expected = json!({
        "ExportJobId": id["ExportJobId"], "Name": "Daily (all), no. 1", "Status": "SUCCEEDED", "DataType": "FINDINGS",
        "OutputConfiguration": input["OutputConfiguration"], "Destination": input["Destination"],
        "StartedAt": stage.now(), "EndedAt": stage.now(),
    });
    assert_eq!(answer, expected);
    let (text, object) = exported(&stage, &id);
    let id = id["ExportJobId"].as_str().unwrap();
    assert!(id.bytes().all(|byte| byte.is_ascii_digit() || byte.is_ascii_lowercase()), "{id}");
    assert_eq!(object, format!("exports/daily/{id}/findings.jsonl"));
    let found: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(json!(found), stage.good(ADMINISTRATOR, GetFindingsV2, json!({}))["Findings"]);
    input["Name"] = json!("a;b");
    stage.refused(ADMINISTRATOR, StartExportJobV2, input, 400, "ValidationException");
}

/// Rules: EXV-08, RSV-06.
#[test]
fn findings_are_exported_with_the_criticality_that_rules_set() {
    let stage = stage();
    let composite = |field: &str, value: &str| {
        let filter = json!({ "FieldName": field, "Filter": { "Value": value, "Comparison": "EQUALS" } });
        json!({ "CompositeFilters": [{ "StringFilters": [filter] }] })
    };
    let rule = json!({
        "RuleName": "r", "Description": "For a test", "RuleOrder": 1,
        "Criteria": { "ResourceCriteria": composite("ResourceId", "host-2") },
        "Actions": [{ "Type": "RESOURCE_FIELDS_UPDATE", "ResourceFieldsUpdate": { "Criticality": "High" } }],
    });
    stage.good(ADMINISTRATOR, CreateAutomationRuleV2, rule);
    let filters = composite("resources.criticality", "High");
    let id = start(&stage, job(json!({ "Format": "OCSF_JSON", "Filters": filters })));
    stage.good(ADMINISTRATOR, GetExportJobV2, id.clone());
    let (text, _) = exported(&stage, &id);
    let found: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let expected = stage.good(ADMINISTRATOR, GetFindingsV2, json!({ "Filters": filters }))["Findings"].clone();
    assert_eq!((found.len(), json!(found)), (1, expected));
}

/// Rules: EXV-02, EXV-08, UNK-19.
#[test]
fn a_table_has_the_selected_fields_as_columns() {
    let stage = stage();
    let fields = json!(["finding_info.title", "resources.uid", "severity_id", "resources.tags", "comment"]);
    let id = start(&stage, job(json!({ "Format": "CSV", "SelectedFields": fields })));
    stage.good(ADMINISTRATOR, GetExportJobV2, id.clone());
    let (text, object) = exported(&stage, &id);
    assert!(object.ends_with("/findings.csv"), "{object}");
    let rows: Vec<&str> = text.split_terminator("\r\n").collect();
    assert_eq!(
        rows,
        [
            "finding_info.title,resources.uid,severity_id,resources.tags,comment",
            "\"Port 22 is open, and \"\"port 23\"\" too\",host-1,4,,",
            "Port 22 is open,host-1;host-2,2,team=a,",
        ]
    );
    for output in [
        json!({ "Format": "CSV" }),
        json!({ "Format": "OCSF_JSON", "SelectedFields": ["severity"] }),
        json!({ "Format": "CSV", "SelectedFields": [] }),
        json!({ "Format": "CSV", "SelectedFields": ["Severity"] }),
    ] {
        stage.refused(ADMINISTRATOR, StartExportJobV2, job(output), 400, "ValidationException");
    }
}

/// Rules: EXV-05, EXV-08.
#[test]
fn filters_select_the_exported_findings() {
    let stage = stage();
    let equals = json!({ "FieldName": "severity", "Filter": { "Value": "Low", "Comparison": "EQUALS" } });
    let filters = json!({ "CompositeFilters": [{ "StringFilters": [equals] }] });
    let id = start(&stage, job(json!({ "Format": "OCSF_JSON", "Filters": filters })));
    let answer = stage.good(ADMINISTRATOR, GetExportJobV2, id.clone());
    assert_eq!(answer["OutputConfiguration"]["Findings"]["Filters"], filters);
    assert_eq!(exported(&stage, &id).0.lines().count(), 1);
    let word = json!({ "FieldName": "severity", "Filter": { "Value": "Low", "Comparison": "CONTAINS" } });
    let filters = json!({ "CompositeFilters": [{ "StringFilters": [word] }] });
    let input = job(json!({ "Format": "OCSF_JSON", "Filters": filters }));
    stage.refused(ADMINISTRATOR, StartExportJobV2, input, 400, "ValidationException");
}

/// Rules: EXV-03, EXV-04, EXV-05, EXV-08, UNK-19, UNK-20, DEC-20.
#[test]
fn one_job_runs_at_a_time_for_the_time_of_an_export() {
    let mut stage = stage();
    stage.0.v2_settings.export = SignedDuration::from_secs(60);
    let mut input = lines();
    input["ClientToken"] = json!("token");
    let id = start(&stage, input.clone());
    assert_eq!(start(&stage, input), id, "the token is checked before the quota");
    stage.refused(ADMINISTRATOR, StartExportJobV2, lines(), 402, "ServiceQuotaExceededException");
    let running = stage.good(ADMINISTRATOR, GetExportJobV2, id.clone());
    assert_eq!((&running["Status"], &running["EndedAt"]), (&json!("RUNNING"), &Value::Null));
    let ends_at = timestamp_text(stage.0.clock.now() + SignedDuration::from_secs(60));
    stage.0.clock.advance(SignedDuration::from_secs(90));
    let ended = stage.good(ADMINISTRATOR, GetExportJobV2, id);
    assert_eq!((&ended["Status"], &ended["EndedAt"]), (&json!("SUCCEEDED"), &json!(ends_at)));
    start(&stage, lines());
}

/// Rules: EXV-07, DEC-20.
#[test]
fn only_a_running_job_can_be_cancelled() {
    let mut stage = stage();
    stage.0.v2_settings.export = SignedDuration::from_secs(60);
    let id = start(&stage, lines());
    let cancelled = json!({ "ExportJobId": id["ExportJobId"], "Status": "CANCELLED" });
    for _ in 0..2 {
        assert_eq!(stage.good(ADMINISTRATOR, CancelExportJobV2, id.clone()), cancelled);
    }
    stage.days_pass(1);
    assert_eq!(
        stage.good(ADMINISTRATOR, GetExportJobV2, id)["Status"],
        "CANCELLED",
        "a cancelled job does not finish later"
    );
    let id = start(&stage, lines());
    stage.days_pass(1);
    stage.refused(ADMINISTRATOR, CancelExportJobV2, id, 409, "ConflictException");
    let unknown = json!({ "ExportJobId": "x" });
    stage.refused(ADMINISTRATOR, CancelExportJobV2, unknown.clone(), 404, "ResourceNotFoundException");
    stage.refused(ADMINISTRATOR, GetExportJobV2, unknown, 404, "ResourceNotFoundException");
}

/// Rules: EXV-05, EXV-07, DEC-20.
#[test]
fn the_control_plane_decides_how_a_job_ends() {
    let stage = stage();
    let id = start(&stage, lines());
    let failure = ExportFailure { code: "ACCESS_DENIED", message: "No access to the key".into() };
    put(&stage, &id, ExportState::Failed(failure));
    let failed = stage.good(ADMINISTRATOR, GetExportJobV2, id.clone());
    assert_eq!((&failed["Status"], &failed["FailureCode"]), (&json!("FAILED"), &json!("ACCESS_DENIED")));
    assert_eq!(failed["FailureMessage"], "No access to the key");
    stage.refused(ADMINISTRATOR, CancelExportJobV2, id.clone(), 409, "ConflictException");
    put(&stage, &id, ExportState::Running);
    stage.refused(ADMINISTRATOR, StartExportJobV2, lines(), 402, "ServiceQuotaExceededException");
    put(&stage, &id, ExportState::Succeeded);
    assert_eq!(stage.good(ADMINISTRATOR, GetExportJobV2, id.clone())["Status"], "SUCCEEDED");
    assert_eq!(exported(&stage, &id).0.lines().count(), 2);
}

/// Imports another finding.
fn import(stage: &Stage, finding_id: &str) {
    let answer =
        stage.good(ADMINISTRATOR, BatchImportFindings, json!({ "Findings": [finding(finding_id, json!({}))] }));
    assert_eq!(answer["SuccessCount"], 1, "{answer}");
}

/// Rules: EXV-08.
#[test]
fn calls_write_while_a_job_exports_and_calls_that_read_the_job_wait() {
    let mut stage = stage();
    let (rendered, exports) = mpsc::channel::<Bytes>();
    let (open, gate) = mpsc::channel::<()>();
    let gate = Mutex::new(gate);
    stage.0.set_export_sink(Some(Arc::new(move |_, exported| {
        rendered.send(exported).unwrap();
        gate.lock().unwrap().recv().unwrap();
        Ok(())
    })));
    let id = start(&stage, lines());
    import(&stage, "c");
    let exported = exports.recv_timeout(Duration::from_mins(1)).unwrap();
    assert_eq!(String::from_utf8(exported.to_vec()).unwrap().lines().count(), 2, "the findings of its due time");
    // The export is not done, because the gate is closed.
    stage.good(ADMINISTRATOR, DisableSecurityHubV2, json!({}));
    stage.good(ADMINISTRATOR, EnableSecurityHubV2, json!({}));
    stage.refused(ADMINISTRATOR, CancelExportJobV2, id.clone(), 409, "ConflictException");
    std::thread::scope(|scope| {
        let reading = scope.spawn(|| stage.good(ADMINISTRATOR, GetExportJobV2, id.clone()));
        import(&stage, "d");
        open.send(()).unwrap();
        let answer = reading.join().unwrap();
        assert_eq!((&answer["Status"], &answer["EndedAt"]), (&json!("SUCCEEDED"), &json!(stage.now())));
    });
    assert_eq!(exports.try_iter().count(), 0, "the findings are exported once");
}

/// Rules: EXV-08.
#[test]
fn a_job_exports_the_findings_of_the_time_when_it_ends() {
    let stage = stage();
    let id = start(&stage, lines());
    put(&stage, &id, ExportState::Succeeded);
    // Nothing has been rendered yet: the first call that reads the job does it.
    import(&stage, "c");
    assert_eq!(exported(&stage, &id).0.lines().count(), 2);
}

/// Rules: EXV-05.
#[test]
fn an_export_that_panics_fails() {
    let mut stage = stage();
    stage.0.set_export_sink(Some(Arc::new(|_, _| panic!("the sink is broken"))));
    let id = start(&stage, lines());
    for _ in 0..2 {
        let job = stage.good(ADMINISTRATOR, GetExportJobV2, id.clone());
        assert_eq!((&job["Status"], &job["FailureCode"]), (&json!("FAILED"), &json!("INTERNAL_ERROR")), "{job}");
    }
}

/// Rules: EXV-06, EXV-09, O2G-11, UNK-19.
#[test]
fn jobs_are_listed_for_90_days_newest_first() {
    let stage = stage();
    let ids: Vec<Value> = (0..22).map(|_| start(&stage, lines())).collect();
    put(&stage, &ids[0], ExportState::Cancelled);
    let list = |input: Value| stage.good(ADMINISTRATOR, ListExportJobsV2, input);
    let id_of = |row: &Value| json!({ "ExportJobId": row["ExportJobId"] });
    let first = list(json!({}));
    let rows = first["Items"].as_array().unwrap();
    assert_eq!(rows.iter().map(id_of).collect::<Vec<_>>(), ids[2..].iter().rev().cloned().collect::<Vec<_>>());
    assert_eq!(rows[0]["OutputConfiguration"], json!({ "Findings": { "Format": "OCSF_JSON" } }));
    let second = list(json!({ "NextToken": first["NextToken"] }));
    assert_eq!(
        second["Items"].as_array().unwrap().iter().map(id_of).collect::<Vec<_>>(),
        [ids[1].clone(), ids[0].clone()]
    );
    let cancelled = list(json!({ "Status": "CANCELLED", "DataType": "FINDINGS" }));
    assert_eq!(cancelled["Items"].as_array().unwrap().iter().map(id_of).collect::<Vec<_>>(), [ids[0].clone()]);
    stage.days_pass(90);
    assert_eq!(list(json!({})), json!({ "Items": [] }));
    stage.refused(ADMINISTRATOR, GetExportJobV2, ids[5].clone(), 404, "ResourceNotFoundException");
}

/// Rules: EXV-03, O2G-06.
#[test]
fn jobs_need_a_hub_and_scopes_the_delegated_administrator() {
    let stage = stage();
    stage.refused(MEMBER, StartExportJobV2, lines(), 409, "ConflictException");
    stage.refused(MEMBER, GetExportJobV2, json!({ "ExportJobId": "x" }), 404, "ResourceNotFoundException");
    stage.refused(MEMBER, ListExportJobsV2, json!({}), 403, "AccessDeniedException");
    let mut scoped = lines();
    scoped["Scopes"] = json!({ "AwsOrganizations": [{ "OrganizationId": "o-local123456" }] });
    stage.refused(ADMINISTRATOR, StartExportJobV2, scoped, 403, "AccessDeniedException");
    let id = start(&stage, lines());
    stage.good(ADMINISTRATOR, DisableSecurityHubV2, json!({}));
    stage.refused(ADMINISTRATOR, GetExportJobV2, id.clone(), 404, "ResourceNotFoundException");
    stage.good(ADMINISTRATOR, EnableSecurityHubV2, json!({}));
    assert_eq!(stage.good(ADMINISTRATOR, GetExportJobV2, id)["Status"], "SUCCEEDED");
}
