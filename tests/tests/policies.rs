//! Tests of policies, as applied by the service and by the program.
#![allow(clippy::expect_used, clippy::panic, clippy::unwrap_used, reason = "a test may panic")]

use std::io::{Read, Write};
use std::net::TcpStream;

use bytes::Bytes;
use http::Request;
use securityhub_fixtures::{Operation, actions};
use securityhub_local::service::Settings;
use securityhub_local_tests::client::TestClient;
use securityhub_local_tests::program::{self, Program};
use securityhub_local_tests::{answer, sample};
use serde_json::json;

/// A scenario in a temporary file.
struct File(std::path::PathBuf);

impl File {
    fn new(name: &str, text: &str) -> File {
        let path = std::env::temp_dir().join(format!("securityhub-local-{name}-{}.yaml", std::process::id()));
        std::fs::write(&path, text).unwrap();
        File(path)
    }

    fn path(&self) -> &str {
        self.0.to_str().unwrap()
    }
}

impl Drop for File {
    fn drop(&mut self) {
        _ = std::fs::remove_file(&self.0);
    }
}

/// A member account with a policy that denies under this condition.
fn denying(name: &str, condition: &str) -> File {
    let text = format!(
        "organization:\n  management_account: '999999999999'\n  policies: [never]\n  \
         units: {{ A: {{ accounts: ['111111111111'] }} }}\n\
         policies: {{ never: {{ document: {{ Statement: {{ Effect: Deny, Action: '*', Resource: '*', {condition} }} }} }} }}\n"
    );
    File::new(name, &text)
}

/// Rules: ERR-08, IAM-01.
#[test]
fn every_operation_is_authorized_before_its_input_is_validated() {
    let file = denying("policy-of-all", "");
    let client = TestClient::new(Settings::default(), Some(file.path()));
    for operation in Operation::ALL {
        for broken in [false, true] {
            let mut input = sample::valid(operation.model().input, false);
            if broken {
                input["MaxResults"] = json!(0);
            }
            let (status, body) = client.call(operation, &input);
            assert_eq!((status, &body["Code"]), (403, &json!("AccessDeniedException")), "{}", operation.name());
            let message = body["Message"].as_str().unwrap();
            let action = actions::of(operation).name;
            assert!(message.contains(&format!("is not authorized to perform: {action} on resource: ")), "{message}");
            assert!(message.ends_with("with an explicit deny in a service control policy"), "{message}");
        }
    }
    let unreadable = Request::post("/findings").header("authorization", client.authorization());
    let answered = client.send(unreadable.body(Bytes::from_static(b"{")).unwrap());
    assert_eq!(
        answer::check(Some(Operation::GetFindings), &answered).0,
        400,
        "the body is read before policies are evaluated"
    );
}

/// Rules: IAM-09.
#[test]
fn the_address_of_a_client_is_a_condition_key() {
    for (network, expected) in [("127.0.0.0/8", "403"), ("203.0.113.0/24", "401")] {
        let condition = format!("Condition: {{ IpAddress: {{ 'aws:SourceIp': '{network}' }} }}");
        let file = denying(&format!("policy-of-{expected}"), &condition);
        let program = Program::start(&["--scenario", file.path()]);
        let mut stream = TcpStream::connect(program.address).unwrap();
        let authorization = TestClient::default().authorization();
        let request =
            format!("GET /accounts HTTP/1.1\r\nhost: x\r\nauthorization: {authorization}\r\nconnection: close\r\n\r\n");
        stream.write_all(request.as_bytes()).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        assert_eq!(answer.split(' ').nth(1), Some(expected), "{answer}");
    }
}

#[test]
fn scenario_check_warns_and_exits_with_0() {
    let text = "policies: { typo: { document: { Statement: { Effect: Deny, Action: 'securityhub:DisableSecurtyHub', \
                Resource: '*' } } } }\n";
    let file = File::new("warning", text);
    let checked = program::run(&["scenario", "check", file.path()]);
    let message = String::from_utf8_lossy(&checked.stderr).into_owned();
    assert_eq!(checked.status.code(), Some(0), "{message}");
    assert!(
        message.contains("warning: Security Hub has no action")
            && String::from_utf8_lossy(&checked.stdout).contains("valid, with 1 warning"),
        "{message}"
    );
    assert!(message.contains("did you mean `securityhub:DisableSecurityHub`?"), "{message}");
    let json = program::run(&["scenario", "check", "--json", file.path()]);
    let diagnostics: serde_json::Value = serde_json::from_slice(&json.stdout).unwrap();
    assert_eq!((json.status.code(), &diagnostics[0]["severity"]), (Some(0), &json!("warning")));
    let prevent_tamper = concat!(env!("CARGO_MANIFEST_DIR"), "/../scenarios/prevent-tamper.yaml");
    let good = program::run(&["scenario", "check", prevent_tamper]);
    assert!(String::from_utf8_lossy(&good.stdout).ends_with("The scenario is valid.\n"));
}
