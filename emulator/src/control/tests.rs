//! Tests of the control plane through the service.

mod api;
mod clock;
mod connectors;
mod events;
mod exports;
mod faults;
mod regions;
mod requests;
mod resources;
mod scenario;
mod sinks;
mod snapshots;
mod status;

use std::sync::LazyLock;

use bytes::Bytes;
use http::{Request, Response};
use serde_json::{Value, json};

use super::api as routes_api;
use super::routes;
use crate::service::{ExportTarget, Service, Settings};
use crate::testing::{ADMINISTRATOR, finding};

const SIGNATURE: &str = "AWS4-HMAC-SHA256 Credential=111111111111/20260115/us-east-1/securityhub/aws4_request, \
                         SignedHeaders=host, Signature=00";

fn send(service: &Service, method: &str, path: &str, body: impl Into<Bytes>) -> (u16, Value) {
    let request = Request::builder().method(method).uri(path).header("authorization", SIGNATURE);
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let response: Response<Bytes> = runtime.block_on(service.handle(request.body(body.into()).unwrap()));
    assert_documented(method, path, &response);
    (response.status().as_u16(), serde_json::from_slice(response.body()).unwrap_or_default())
}

/// Asserts that the OpenAPI document lists the status and the media type of a response of the control plane.
fn assert_documented(method: &str, path: &str, response: &Response<Bytes>) {
    static DOCUMENT: LazyLock<Value> = LazyLock::new(|| routes_api::openapi::document(routes::all()));
    let path = path.split('?').next().unwrap_or_default();
    let is_of = |template: &str| {
        let (segments, templates) = (path.split('/'), template.split('/'));
        path.split('/').count() == template.split('/').count()
            && segments.zip(templates).all(|(segment, template)| template.starts_with('{') || segment == template)
    };
    let paths = DOCUMENT["paths"].as_object().unwrap();
    // A fixed path takes precedence over one with a parameter, as in the router.
    let Some((template, operations)) =
        paths.iter().filter(|(template, _)| is_of(template)).min_by_key(|(template, _)| template.contains('{'))
    else {
        return;
    };
    let Some(operation) = operations.get(method.to_ascii_lowercase()) else { return };
    let status = response.status();
    let class = format!("{}XX", status.as_u16() / 100);
    let responses = &operation["responses"];
    let documented = responses.get(status.as_str()).or_else(|| responses.get(&class));
    let documented = documented.unwrap_or_else(|| panic!("{method} {template}: the status {status} is not documented"));
    let media_type = response.headers().get("content-type").map_or("", |value| value.to_str().unwrap());
    let essence = media_type.split(';').next().unwrap_or_default();
    let content = documented["content"].as_object().unwrap();
    assert!(content.contains_key(essence) || content.contains_key("*/*"), "{method} {template}: {media_type}");
}

fn post(service: &Service, path: &str, body: impl Into<Bytes>) -> (u16, Value) {
    send(service, "POST", path, body)
}

/// A service with a hub.
fn service() -> Service {
    let service = Service::new(Settings::default(), None).unwrap();
    assert_eq!(post(&service, "/accounts", "{}").0, 200);
    service
}

fn of_aws(finding_id: &str) -> Value {
    finding(finding_id, json!({ "ProductArn": "arn:aws:securityhub:us-east-1::product/aws/access-analyzer" }))
}

fn refusal(path: &str, body: impl Into<Bytes>) -> String {
    let service = service();
    let (status, answer) = post(&service, path, body);
    assert_eq!(status, 400, "{answer}");
    assert_eq!(service.world().finding_count(), 0, "nothing is stored");
    answer["Message"].as_str().unwrap().to_owned()
}

/// Rules: IMP-11, IMP-30.
#[test]
fn only_the_control_plane_imports_findings_of_aws_services() {
    let service = service();
    let import = json!({ "Findings": [of_aws("f")] }).to_string();
    assert_eq!(post(&service, "/findings/import", import.clone()).0, 403);
    let (status, answer) = post(&service, "/_emulator/findings", import);
    assert_eq!((status, answer), (200, json!({ "SuccessCount": 1, "FailedCount": 0, "FailedFindings": [] })));
    let (_, found) = post(&service, "/findings", "{}");
    assert_eq!(
        (&found["Findings"][0]["Id"], &found["Findings"][0]["ProductName"]),
        (&json!("f"), &json!("IAM Access Analyzer"))
    );
    let wrong = finding("g", json!({ "ProductArn": of_aws("g")["ProductArn"], "Title": null }));
    for body in [json!([of_aws("h"), wrong]), wrong.clone()] {
        let (status, answer) = post(&service, "/_emulator/findings", body.to_string());
        assert_eq!((status, &answer["FailedCount"]), (200, &json!(1)), "{answer}");
        assert_eq!(answer["FailedFindings"][0]["Id"], "g");
        assert_eq!(answer["FailedFindings"][0]["ErrorCode"], "InvalidInput");
    }
    assert_eq!(service.world().finding_count(), 2);
    let many: Vec<Value> = (0..3000).map(|number| of_aws(&format!("many/{number}"))).collect();
    let many = json!(many).to_string();
    assert!(many.len() > 1024 * 1024);
    assert_eq!(post(&service, "/_emulator/findings", many).1["SuccessCount"], 3000);
    let wrong: Vec<Value> = (0..40_000).map(|number| json!({ "Id": number.to_string() })).collect();
    let (_, answer) = post(&service, "/_emulator/findings", json!(wrong).to_string());
    assert_eq!(answer["FailedCount"], 40_000);
    let listed = answer["FailedFindings"].as_array().unwrap();
    assert!((20_000..40_000).contains(&listed.len()) && listed[7]["Id"] == "7", "{}", listed.len());
    let padded = format!("{}{}", of_aws("padded"), " ".repeat(5 * 1024 * 1024));
    assert_eq!(post(&service, "/_emulator/findings", padded).1["SuccessCount"], 1);
}

/// Rules: IMP-11, IMP-25.
#[test]
fn a_malformed_body_is_refused_as_a_whole() {
    let expected = "; expected a finding, a list of findings or {\"Findings\": [...]}";
    let refused = |body: String| refusal("/_emulator/findings", body);
    let good = of_aws("good");
    for body in ["", "7", "[", "{\"Findings\": 7}"] {
        assert!(refused(body.to_owned()).ends_with(expected), "{body}");
    }
    assert_eq!(refused(json!([good, "x"]).to_string()), format!("finding 2 is not a JSON object{expected}"));
    assert_eq!(refused(json!([good, { "Id": 7 }]).to_string()), "finding 2 has no `Id`, or its `Id` is not a string");
    assert!(refusal("/_emulator/findings", &b"\xff"[..]).ends_with(expected));
    for (path, limit) in [("/_emulator/findings", 64 * 1024 * 1024), ("/_emulator/explain", 6 * 1024 * 1024)] {
        let (status, answer) = post(&service(), path, vec![b' '; limit + 1]);
        assert_eq!(status, 413);
        let message = format!("Request body must not be larger than {limit} bytes; send several smaller requests");
        assert_eq!(answer["Message"], message);
    }
}

/// Rules: FLT-02, VIS-01.
#[test]
fn a_finding_is_explained_over_the_control_plane() {
    let service = service();
    post(&service, "/_emulator/findings", of_aws("f").to_string());
    let filters = json!({ "ResourceType": [{ "Value": "AwsIam", "Comparison": "PREFIX" }] });
    let mut question = json!({ "Account": ADMINISTRATOR, "Region": "us-east-1", "Id": "f", "Filters": filters });
    let (status, answer) = post(&service, "/_emulator/explain", question.to_string());
    assert_eq!(status, 200, "{answer}");
    let summary = "not returned: ResourceType requires PREFIX AwsIam; the finding has Other";
    assert_eq!((&answer["Summary"], &answer["Findings"][0]["Summary"]), (&json!(summary), &json!(summary)));
    question["Account"] = json!("222222222222");
    question.as_object_mut().unwrap().remove("Filters");
    let (_, answer) = post(&service, "/_emulator/explain", question.to_string());
    assert_eq!(answer["Findings"][0]["Visibility"]["Passes"], false, "{answer}");
}

/// Rules: FLT-13, CPL-146.
#[test]
fn an_explanation_request_with_errors_is_refused() {
    let refused = |body: Value| refusal("/_emulator/explain", body.to_string());
    let question =
        |filters: Value| json!({ "Account": ADMINISTRATOR, "Region": "us-east-1", "Id": "f", "Filters": filters });
    assert_eq!(
        refused(question(json!({ "Title": [{ "Value": "x", "Comparison": "CONTAINS" }] }))),
        "Invalid Filters in the input: data.Title[0].Comparison should be equal to one of the allowed values"
    );
    assert_eq!(
        refused(question(json!({ "SeverityLable": [{ "Value": "HIGH", "Comparison": "EQUALS" }], "Nope": [] }))),
        "Invalid Filters in the input: data should NOT have additional properties, data should NOT have additional \
         properties; unknown field `SeverityLable`, did you mean `SeverityLabel`?; unknown field `Nope`"
    );
    assert_eq!(
        refused(question(json!({ "Title": [{ "Valeu": "x", "Comparison": "EQUALS" }] }))),
        "Invalid Filters in the input: data.Title[0] should NOT have additional properties; unknown field `Valeu`"
    );
    assert!(
        refused(json!({ "Account": "1", "Region": "us-east-1", "Id": "f" }))
            .starts_with("\"1\" is not a valid account ID (expected 12 digits); expected a call such as {")
    );
    assert!(
        refused(json!({ "Account": ADMINISTRATOR, "Id": "f" }))
            .starts_with("missing member 'Region'; expected a call such as {")
    );
    assert!(refused(json!({ "Acount": ADMINISTRATOR })).contains("unknown member 'Acount'; did you mean 'Account'?"));
}

/// The rows of a member list: account, status, and whether the hub is enabled.
fn member_rows(answer: &Value) -> Vec<(String, String, bool)> {
    let row = |row: &Value| {
        let text = |name: &str| row[name].as_str().unwrap().to_owned();
        (text("AccountId"), text("MemberStatus"), row["HubIsOn"].as_bool().unwrap())
    };
    answer["Members"].as_array().unwrap().iter().map(row).collect()
}

/// Rules: CLI-07.
#[test]
fn a_list_of_members_is_added_invited_and_accepted_over_the_control_plane() {
    let service = service();
    let add = json!({
        "Administrator": ADMINISTRATOR,
        "Regions": ["us-east-1"],
        "Csv": "Account ID,Email\r\n222222222222,two@example.com\r\n333333333333,\r\n111111111111,\r\n",
        "Invite": true,
    });
    let (status, answer) = post(&service, "/_emulator/members", add.to_string());
    assert_eq!(status, 200, "{answer}");
    let row = |account: &str, status: &str, is_on| (account.to_owned(), status.to_owned(), is_on);
    let invited = [row("222222222222", "Invited", false), row("333333333333", "Invited", false)];
    assert_eq!(member_rows(&answer), invited);
    assert_eq!(answer["Members"][0]["Email"], "two@example.com");
    assert_eq!(
        answer["UnprocessedAccounts"],
        json!([{
            "Region": "us-east-1",
            "AccountId": "111111111111",
            "ProcessingResult": "The request is rejected because an account cannot become a member of itself.",
        }])
    );
    let mut accept = json!({ "Administrator": ADMINISTRATOR, "Regions": ["us-east-1"], "AccountIds": ["333333333333", "444444444444"] });
    let (_, answer) = post(&service, "/_emulator/members/accept", accept.to_string());
    assert_eq!(member_rows(&answer), [row("333333333333", "Enabled", true)]);
    assert_eq!(answer["UnprocessedAccounts"][0]["AccountId"], "444444444444");
    accept.as_object_mut().unwrap().remove("AccountIds");
    let (_, answer) = post(&service, "/_emulator/members/accept", accept.to_string());
    assert_eq!(
        (member_rows(&answer), &answer["UnprocessedAccounts"]),
        (vec![row("222222222222", "Enabled", true)], &json!([]))
    );
    let (_, answer) = post(&service, "/_emulator/members/accept", accept.to_string());
    assert_eq!(answer, json!({ "Members": [], "UnprocessedAccounts": [] }), "no invitation is pending");
    let path = format!("/_emulator/members?administrator={ADMINISTRATOR}");
    let (_, all) = send(&service, "GET", &path, "");
    assert_eq!((member_rows(&all).len(), all.get("UnprocessedAccounts")), (2, None));
    assert_eq!(send(&service, "GET", &format!("{path}&region=us-east-1,eu-west-1"), "").1, all);
    assert_eq!(send(&service, "GET", &format!("{path}&region=eu-west-1"), "").1["Members"], json!([]));
}

#[test]
fn a_member_list_with_an_error_adds_no_members() {
    let service = service();
    let refused = |body: Value| {
        let (status, answer) = post(&service, "/_emulator/members", body.to_string());
        assert_eq!(status, 400, "{answer}");
        assert!(service.world().directory().members.is_empty(), "nothing is added");
        answer["Message"].as_str().unwrap().to_owned()
    };
    let with = |name: &str, value: Value| {
        let mut body = json!({ "Administrator": ADMINISTRATOR, "Regions": ["us-east-1"] });
        body[name] = value;
        body
    };
    assert_eq!(
        refused(with("Csv", json!("222222222222,\nx,y\n3,z\n"))),
        "invalid Csv, no account was added: line 2: `x` is not a valid account ID (expected 12 digits); line 3: `3` is \
         not a valid account ID (expected 12 digits; a spreadsheet may have removed leading zeros); expected lines such \
         as 111111111111,security@example.com, with an optional header line Account ID,Email"
    );
    let details = json!([{ "AccountId": "222222222222" }, { "AccountId": "x" }]);
    assert!(
        refused(with("AccountDetails", details.clone()))
            .starts_with("\"x\" is not a valid account ID (expected 12 digits)")
    );
    let mut both = with("AccountDetails", details);
    both["Csv"] = json!("");
    assert!(refused(both).starts_with("Csv and AccountDetails cannot be combined"));
    let elsewhere = refused(with("Regions", json!(["us-east-1", "eu-west-1"])));
    assert_eq!(elsewhere, "Security Hub is not enabled for 111111111111 in eu-west-1; enable it there first");
    assert!(refused(with("Regions", json!([]))).starts_with("member 'Regions' is empty"));
    assert!(refused(with("Invit", json!(true))).contains("unknown member 'Invit'; did you mean 'Invite'?"));
    let (status, answer) = post(&service, "/_emulator/members/accept", "{}");
    assert!(
        status == 400 && answer["Message"].as_str().unwrap().contains("missing member 'Administrator'"),
        "{answer}"
    );
    assert_eq!(send(&service, "GET", "/_emulator/members", "").0, 400);
}

/// Calls the service as an account and returns status and body.
fn as_account(service: &Service, account: &str, path: &str, body: &Value) -> (u16, Value) {
    let scope = format!("Credential={account}/20260115/us-east-1/securityhub/aws4_request");
    let signature = format!("AWS4-HMAC-SHA256 {scope}, SignedHeaders=host, Signature=00");
    let request = Request::builder().method("POST").uri(path).header("authorization", signature);
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let response = runtime.block_on(service.handle(request.body(body.to_string().into()).unwrap()));
    (response.status().as_u16(), serde_json::from_slice(response.body()).unwrap_or_default())
}

/// A service with the shipped scenario that has a delegated administrator.
fn delegated() -> Service {
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/../scenarios/delegated-admin.yaml");
    let scenario = crate::scenario::load(&[file.into()]).unwrap_or_else(|errors| panic!("{errors}"));
    Service::new(Settings::default(), Some(scenario)).unwrap()
}

fn lifecycle_event(service: &Service, body: &Value) -> (u16, Value) {
    post(service, "/_emulator/organization", body.to_string())
}

/// Rules: ORG-35, MST-20.
#[test]
fn accounts_join_and_leave_over_the_control_plane() {
    let service = delegated();
    let join = json!({ "Action": "join", "AccountId": "444444444444", "Parent": "Workloads", "Name": "payments" });
    let (status, answer) = lifecycle_event(&service, &join);
    assert_eq!(status, 200, "{answer}");
    assert_eq!((&answer["Status"], &answer["ParentName"]), (&json!("ACTIVE"), &json!("Workloads")));
    let member = json!([{ "AccountId": ADMINISTRATOR, "MemberStatus": "Enabled" }]);
    let region = |name: &str| json!({ "Region": name, "HubIsOn": true, "Administrators": member });
    assert_eq!(answer["Regions"], json!([region("eu-west-1"), region("us-east-1")]));
    let (_, answer) =
        lifecycle_event(&service, &json!({ "Action": "move", "AccountId": "444444444444", "Parent": "Sandbox" }));
    assert_eq!((&answer["ParentName"], &answer["Regions"][0]), (&json!("Sandbox"), &region("eu-west-1")));
    let (_, answer) = lifecycle_event(&service, &json!({ "Action": "leave", "AccountId": "444444444444" }));
    assert_eq!(answer.get("ParentName"), None);
    assert_eq!(answer["Regions"][0]["Administrators"][0]["MemberStatus"], "Deleted");
}

/// Rules: ROL-35, RET-11, MST-22.
#[test]
fn a_suspended_account_cannot_call_but_its_findings_stay_visible() {
    let service = delegated();
    let seen = || {
        let by_member = json!({ "Filters": { "AwsAccountId": [{ "Value": "222222222222", "Comparison": "EQUALS" }] } });
        as_account(&service, ADMINISTRATOR, "/findings", &by_member).1["Findings"].as_array().unwrap().len()
    };
    let before = seen();
    assert!(before > 0);
    let event = |action: &str| lifecycle_event(&service, &json!({ "Action": action, "AccountId": "222222222222" })).1;
    assert_eq!(event("suspend")["Regions"][0]["Administrators"][0]["MemberStatus"], "Enabled");
    let (status, answer) = as_account(&service, "222222222222", "/findings", &json!({}));
    assert_eq!((status, &answer["Code"]), (403, &json!("UnrecognizedClientException")));
    assert_eq!(seen(), before);
    let new = finding(
        "new",
        json!({
            "AwsAccountId": "222222222222", "ProductArn": "arn:aws:securityhub:us-east-1::product/aws/access-analyzer",
        }),
    );
    let (_, answer) = post(&service, "/_emulator/findings", new.to_string());
    assert_eq!((&answer["FailedCount"], seen()), (&json!(1), before), "no findings are created");
    assert_eq!(event("reactivate")["Status"], "ACTIVE");
    assert_eq!(as_account(&service, "222222222222", "/findings", &json!({})).0, 200);
    let (_, answer) = post(&service, "/_emulator/findings", new.to_string());
    assert_eq!((&answer["SuccessCount"], seen()), (&json!(1), before + 1));
    assert_eq!(event("close")["Status"], "CLOSED");
    assert_eq!(seen(), 0);
    let (_, status) = send(&service, "GET", "/_emulator/status", "");
    let accounts = status["Accounts"].as_array().unwrap();
    let closed = accounts.iter().find(|account| account["AccountId"] == "222222222222").unwrap();
    assert_eq!(closed["Status"], "closed", "{status}");
    let explained = |account: &str| {
        let question = json!({ "Account": account, "Region": "us-east-1", "Id": "new" });
        post(&service, "/_emulator/explain", question.to_string()).1["Summary"].as_str().unwrap().to_owned()
    };
    assert_eq!(explained("222222222222"), "not returned: account 222222222222 is closed, so its calls are refused");
    let query = json!({ "Account": "222222222222", "Region": "us-east-1" }).to_string();
    let (status, answer) = post(&service, "/_emulator/findings/query", query);
    let refused = json!({ "Message": "Account 222222222222 is closed, so its calls are refused" });
    assert_eq!((status, answer), (400, refused));
    assert!(explained(ADMINISTRATOR).ends_with("; account 222222222222 is closed"), "{}", explained(ADMINISTRATOR));
}

#[test]
fn service_control_policies_are_attached_and_detached_by_name() {
    let service = delegated();
    let change = |body: Value| send(&service, "POST", "/_emulator/organization/policies", body.to_string());
    let deny = json!({
        "Version": "2012-10-17",
        "Statement": [{ "Effect": "Deny", "Action": "securityhub:*", "Resource": "*" }],
    });
    let attach = json!({ "Action": "attach", "Policy": "deny", "Target": "Workloads", "Document": deny });
    let policies = |outline: &Value| outline["Root"]["Units"].to_string().matches("\"deny\"").count();
    for effect in ["created", "unchanged"] {
        let (status, outline) = change(attach.clone());
        assert_eq!((status, policies(&outline), &outline["Policy"]), (200, 1, &json!(effect)), "{outline}");
    }
    let mut other = attach.clone();
    other["Document"]["Statement"][0]["Action"] = json!("securityhub:Disable*");
    assert_eq!(change(other).1["Policy"], "replaced");
    let (_, listed) = send(&service, "GET", "/_emulator/organization/policies", "");
    let deny_row = listed["Policies"].as_array().unwrap().iter().find(|policy| policy["Name"] == "deny").unwrap();
    assert_eq!((&deny_row["Type"], &deny_row["Targets"]), (&json!("SERVICE_CONTROL_POLICY"), &json!(["Workloads"])));
    let misspelled = deny.to_string().replace("securityhub:*", "securityhub:DisableSecurityHubb");
    let misspelled: Value = serde_json::from_str(&misspelled).unwrap();
    let (_, warned) =
        change(json!({ "Action": "attach", "Policy": "odd", "Target": "Workloads", "Document": misspelled }));
    assert!(warned["Warnings"][0].as_str().is_some_and(|text| text.contains("DisableSecurityHubb")), "{warned}");
    let (status, outline) = send(&service, "GET", "/_emulator/organization", "");
    assert_eq!((status, policies(&outline)), (200, 1), "{outline}");
    let (status, outline) = change(json!({ "Action": "detach", "Policy": "deny", "Target": "Workloads" }));
    assert_eq!((status, policies(&outline)), (200, 0), "{outline}");

    let refused = |body: Value| {
        let (status, answer) = change(body);
        assert_eq!(status, 400, "{answer}");
        answer["Message"].as_str().unwrap().to_owned()
    };
    for (body, expected) in [
        (json!({ "Action": "attach", "Policy": "none", "Target": "root" }), "no policy \"none\""),
        (json!({ "Action": "attach", "Policy": "deny", "Target": "Nowhere" }), "no organizational unit \"Nowhere\";"),
        (json!({ "Action": "attach", "Policy": "deny", "Target": "workload" }), "(did you mean \"Workloads\"?)"),
        (
            json!({ "Action": "attach", "Policy": "dney", "Target": "root" }),
            "no policy \"dney\" (did you mean \"deny\"?)",
        ),
        (json!({ "Action": "attach", "Policy": "deny", "Target": "444444444444" }), "444444444444 is not in the"),
        (
            json!({ "Action": "detach", "Policy": "FullAWSAccess", "Target": "root" }),
            "You cannot remove the last policy",
        ),
        (json!({ "Action": "detach", "Policy": "deny", "Target": "root", "Document": {} }), "Document is only allowed"),
        (json!({ "Action": "attach", "Policy": "new", "Target": "root", "Document": {} }), "missing `Statement`"),
    ] {
        let message = refused(body);
        assert!(message.contains(expected), "{expected} in {message}");
    }
}

#[test]
fn events_that_the_organization_does_not_allow_are_refused() {
    let service = delegated();
    let refused = |body: Value| {
        let (status, answer) = lifecycle_event(&service, &body);
        assert_eq!(status, 400, "{answer}");
        answer["Message"].as_str().unwrap().to_owned()
    };
    let account = "222222222222";
    for (body, expected) in [
        (json!({ "Action": "join", "AccountId": account }), "222222222222 is already in the organization"),
        (json!({ "Action": "join", "AccountId": "2" }), "\"2\" is not a valid account ID (expected 12 digits)"),
        (json!({ "Action": "move", "AccountId": account }), "missing member 'Parent': the action move needs"),
        (json!({ "Action": "move", "AccountId": account, "Parent": "Nowhere" }), "no organizational unit \"Nowhere\""),
        (json!({ "Action": "leave", "AccountId": "444444444444" }), "444444444444 is not in the organization"),
        (json!({ "Action": "leave", "AccountId": ADMINISTRATOR }), "111111111111 is a delegated administrator"),
        (json!({ "Action": "close", "AccountId": "999999999999" }), "999999999999 is the management account"),
        (
            json!({ "Action": "leave", "AccountId": account, "Parent": "x" }),
            "Parent is only allowed for the actions join and move",
        ),
        (
            json!({ "Action": "leave", "AccountId": account, "Name": "x" }),
            "Name and Email are only allowed for the action join",
        ),
        (json!({ "Action": "reactivate", "AccountId": account }), "222222222222 is not suspended or closed"),
        (json!({ "Action": "explode", "AccountId": account }), "'explode' is not a value of member 'Action'"),
    ] {
        let message = refused(body);
        assert!(message.contains(expected), "{expected} in {message}");
    }
}

/// Rules: SCO-06, SCO-12.
#[test]
fn scores_are_returned_over_the_control_plane() {
    let service = service();
    let get = |query: &str| send(&service, "GET", &format!("/_emulator/compliance{query}"), "");
    let (status, answer) = get("?account=111111111111&region=us-east-1");
    assert_eq!((status, &answer["AccountId"], &answer["SummaryScore"]), (200, &json!(ADMINISTRATOR), &Value::Null));
    let names: Vec<&str> =
        answer["Standards"].as_array().unwrap().iter().map(|it| it["Name"].as_str().unwrap()).collect();
    assert_eq!(names, ["AWS Foundational Security Best Practices v1.0.0", "CIS AWS Foundations Benchmark v1.2.0"]);
    let control = json!({
        "SecurityControlId": "IAM.9", "Title": "MFA should be enabled for the root user", "SeverityRating": "CRITICAL",
        "ControlStatus": "FAILED", "FailedChecks": 1, "TotalChecks": 1,
    });
    let checked = finding(
        "check",
        json!({
            "ProductArn": "arn:aws:securityhub:us-east-1::product/aws/securityhub",
            "Compliance": { "Status": "FAILED", "SecurityControlId": "IAM.9" },
            "UpdatedAt": crate::state::timestamp_text(service.world().clock.now()),
        }),
    );
    assert_eq!(post(&service, "/_emulator/findings", checked.to_string()).1["SuccessCount"], 1);
    let (_, answer) = get("?account=111111111111&region=us-east-1&standard=cis-1.2.0");
    let [cis] = answer["Standards"].as_array().unwrap().as_slice() else { panic!("{answer}") };
    assert_eq!((&cis["Score"], &cis["Counts"]["Failed"], &cis["Counts"]["NoData"]), (&json!(0), &json!(1), &json!(41)));
    assert!(cis["Controls"].as_array().unwrap().contains(&control), "{cis}");
    assert_eq!((&answer["SummaryScore"], answer.get("Accounts")), (&json!(0), None));
    for (query, expected) in [
        ("", "missing parameter 'account'"),
        ("?account=1&region=us-east-1", "\"1\" is not a valid account ID"),
        ("?account=111111111111", "missing parameter 'region'"),
        (
            "?account=111111111111&region=us-east-1&standard=cis",
            "unknown standard \"cis\"; available: cis-1.2.0, cis-1.4.0, cis-3.0.0, cis-5.0.0",
        ),
        ("?account=111111111111&region=us-east-1&standard=pci-dss-3.2.1", "is not enabled in any of the accounts"),
        ("?account=222222222222&region=us-east-1", "Security Hub is not enabled for 222222222222 in us-east-1"),
    ] {
        let (status, answer) = get(query);
        assert_eq!(status, 400, "{query}");
        assert!(answer["Message"].as_str().unwrap().contains(expected), "{query}: {answer}");
    }
    assert_eq!(post(&service, "/_emulator/compliance", "{}").0, 405);
}

/// Rules: RET-01, REI-04.
#[test]
fn findings_that_expire_while_the_clock_advances_are_deleted_at_once() {
    let service = service();
    let archived = finding("scan", json!({ "RecordState": "ARCHIVED" }));
    let (_, answer) = post(&service, "/findings/import", json!({ "Findings": [archived] }).to_string());
    assert_eq!(answer["SuccessCount"], 1, "{answer}");
    let count = || post(&service, "/findings", "{}").1["Findings"].as_array().unwrap().len();
    for (by, expected) in [("P29D", 1), ("PT23H", 1), ("PT1H1S", 0)] {
        post(&service, "/_emulator/clock", json!({ "advance": by }).to_string());
        assert_eq!(count(), expected, "{by}");
    }
}

/// The responses of a world to a fixed set of read requests.
fn answers(service: &Service) -> Vec<(u16, Value)> {
    let mut answers: Vec<(u16, Value)> =
        ["/accounts", "/standards/controls?x", "/_emulator/clock", "/_emulator/resources"]
            .iter()
            .map(|path| send(service, "GET", path, ""))
            .collect();
    answers.push(post(service, "/findings", json!({ "MaxResults": 100 }).to_string()));
    answers.push(send(service, "GET", "/_emulator/compliance?account=111111111111&region=us-east-1", ""));
    answers
}

#[test]
fn a_reset_world_equals_a_fresh_one() {
    for scenario in ["quickstart.yaml", "controls.yaml"] {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../scenarios/").to_owned() + scenario;
        let load =
            || Service::new(Settings::default(), Some(crate::scenario::load(&[path.clone().into()]).unwrap())).unwrap();
        let (used, fresh) = (load(), load());
        for round in 0..3 {
            assert_eq!(answers(&used), answers(&fresh), "{scenario}, round {round}");
            let findings: Vec<Value> = (0..50).map(|number| finding(&format!("f{number}"), json!({}))).collect();
            post(&used, "/findings/import", json!({ "Findings": findings }).to_string());
            let archive =
                json!({ "Filters": {}, "RecordState": "ARCHIVED", "Note": { "Text": "x", "UpdatedBy": "y" } });
            send(&used, "PATCH", "/findings", archive.to_string());
            post(&used, "/_emulator/clock", r#"{"advance":"P40D"}"#);
            send(&used, "DELETE", "/accounts", "");
            post(&used, "/_emulator/reset", "");
        }
    }
}

#[test]
fn a_request_with_an_unknown_name_changes_nothing() {
    let service = service();
    post(&service, "/findings/import", json!({ "Findings": [finding("a", json!({}))] }).to_string());
    for (method, path, body) in [
        ("DELETE", "/_emulator/events?acount=999999999999", ""),
        ("POST", "/_emulator/clock?x=1", r#"{"advance":"P100D"}"#),
        ("GET", "/_emulator/health?x=1", ""),
        ("POST", "/_emulator/reset?TO=empty", ""),
        ("POST", "/_emulator/reset", r#"{"to":"empty"}"#),
        ("POST", "/_emulator/findings?x", "[]"),
    ] {
        assert_eq!(send(&service, method, path, body).0, 400, "{method} {path} {body}");
    }
    let (_, health) = send(&service, "GET", "/_emulator/health", "");
    assert_eq!(health["findings"], 1);
    assert_eq!(send(&service, "GET", "/_emulator/events", "").1["Last"], 1);
}

/// Rules: OCM-03, UNK-03.
#[test]
fn the_control_plane_accepts_findings_in_ocsf_and_the_api_does_not() {
    let service = service();
    assert_eq!(post(&service, "/hubv2", "{}").0, 200);
    let ocsf = json!({
        "class_uid": 2004, "cloud": { "account": { "uid": ADMINISTRATOR }, "region": "us-east-1" },
        "finding_info": { "uid": "o", "title": "t" }, "metadata": { "product": { "uid": "p" } },
    });
    let import = json!({ "Findings": [ocsf] }).to_string();
    assert_eq!(post(&service, "/findings/import", import).0, 400);
    let (status, answer) = post(&service, "/_emulator/findings", json!([ocsf]).to_string());
    assert_eq!((status, &answer["SuccessCount"]), (200, &json!(1)), "{answer}");
    let found = |path: &str| post(&service, path, "{}").1["Findings"].as_array().unwrap().len();
    assert_eq!((found("/findings"), found("/findingsv2")), (0, 1));
}
