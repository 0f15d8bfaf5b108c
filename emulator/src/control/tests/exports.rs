//! Tests of exports through the service.

use super::*;

fn start(service: &Service) -> String {
    assert_eq!(post(service, "/hubv2", "{}").0, 200);
    let s3 = json!({ "BucketArn": "arn:aws:s3:::b", "KmsKeyArn": "arn:aws:kms:us-east-1:111111111111:key/1" });
    let output = json!({ "Findings": { "Format": "CSV", "SelectedFields": ["severity"] } });
    let body = json!({ "Destination": { "S3": s3 }, "OutputConfiguration": output }).to_string();
    let (status, answer) = post(service, "/exportjobsv2", body);
    assert_eq!(status, 202, "{answer}");
    answer["ExportJobId"].as_str().unwrap().to_owned()
}

/// Rules: EXV-05, EXV-08, O2G-13, DEC-01, DEC-20.
#[test]
fn an_export_is_shown_and_its_outcome_can_be_chosen() {
    let service = service();
    let path = format!("/_emulator/exports/{}", start(&service));
    let (status, shown) = send(&service, "GET", &path, "");
    assert_eq!((status, &shown["Status"], &shown["Exported"]), (200, &json!("SUCCEEDED"), &json!("severity\r\n")));
    assert_eq!((&shown["Account"], &shown["Region"]), (&json!(ADMINISTRATOR), &json!("us-east-1")));
    let (status, shown) = send(&service, "PUT", &path, r#"{"Status": "FAILED", "FailureCode": "RESOURCE_NOT_FOUND"}"#);
    assert_eq!((status, &shown["Status"], &shown["Exported"]), (200, &json!("FAILED"), &Value::Null));
    for (body, part) in [
        ("{}", "missing member 'Status'"),
        (
            r#"{"Status": "LOST"}"#,
            "'LOST' is not a value of member 'Status'; expected RUNNING, SUCCEEDED, FAILED, CANCELLED",
        ),
        (r#"{"Status": "FAILED", "FailureCode": "x"}"#, "ACCESS_DENIED, RESOURCE_NOT_FOUND, INTERNAL_ERROR"),
        (r#"{"Status": "RUNNING", "FailureCode": "ACCESS_DENIED"}"#, "only allowed with the status FAILED"),
    ] {
        let (status, answer) = send(&service, "PUT", &path, body);
        assert!(status == 400 && answer["Message"].as_str().unwrap().contains(part), "{answer}");
    }
    let (status, answer) = send(&service, "GET", "/_emulator/exports/none", "");
    assert_eq!((status, &answer["Message"]), (404, &json!("no export job has the ID `none`")));
}

/// Rules: EXV-05, EXV-08.
#[test]
fn an_export_is_written_to_a_directory() {
    let folder = std::env::temp_dir().join(format!("securityhub-local-exports-{}", std::process::id()));
    let with = |directory| Settings { export_target: ExportTarget::Directory(directory), ..Settings::default() };
    let service = Service::new(with(folder.clone()), None).unwrap();
    let id = start(&service);
    let (_, shown) = send(&service, "GET", &format!("/_emulator/exports/{id}"), "");
    assert_eq!((&shown["Status"], &shown["Exported"]), (&json!("SUCCEEDED"), &Value::Null), "{shown}");
    assert_eq!(std::fs::read(folder.join(shown["Object"].as_str().unwrap())).unwrap(), b"severity\r\n");
    std::fs::remove_dir_all(&folder).unwrap();
    std::fs::write(&folder, "a file").unwrap();
    let service = Service::new(with(folder.clone()), None).unwrap();
    let (_, shown) = send(&service, "GET", &format!("/_emulator/exports/{}", start(&service)), "");
    assert_eq!(shown["Status"], "FAILED", "{shown}");
    std::fs::remove_file(&folder).unwrap();
}
