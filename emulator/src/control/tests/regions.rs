//! Tests of known and unknown Regions.

use super::*;
use crate::scenario;
use crate::service::Settings;

const UNKNOWN: &str = "AWS has no Region `mars-1`; to use it here, list it under `regions` in the scenario";

/// Sends a request signed for a service in a Region.
fn signed(service: &Service, (of, region): (&str, &str), method: &str, path: &str, body: &str) -> Response<Bytes> {
    let scope = format!("111111111111/20260115/{region}/{of}/aws4_request");
    let signature = format!("AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host, Signature=00");
    let request = Request::builder().method(method).uri(path).header("authorization", signature);
    let request = request.header("content-type", "application/x-www-form-urlencoded");
    let request = if of == "securityhub" { request.header("content-type", "application/json") } else { request };
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    runtime.block_on(service.handle(request.body(Bytes::from(body.to_owned())).unwrap()))
}

fn hub(service: &Service, region: &str) -> (u16, Value) {
    let of_hub = |method| {
        let response = signed(service, ("securityhub", region), method, "/accounts", "");
        (response.status().as_u16(), serde_json::from_slice(response.body()).unwrap_or_default())
    };
    let enabled = of_hub("POST");
    if enabled.0 == 200 { of_hub("GET") } else { enabled }
}

/// A service with the world of a scenario.
fn with_scenario(text: &str) -> Service {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("scenario.yaml");
    std::fs::write(&file, text).unwrap();
    let scenario = scenario::load(&[file]).map_err(|errors| errors.to_string()).unwrap();
    Service::new(Settings::default(), Some(scenario)).unwrap()
}

/// Rules: ACC-08.
#[test]
fn a_call_signed_for_an_unknown_region_is_refused_with_its_name() {
    let service = Service::new(Settings::default(), None).unwrap();
    for of in ["securityhub", "organizations"] {
        let response = signed(&service, (of, "mars-1"), "GET", "/accounts", "");
        let answer: Value = serde_json::from_slice(response.body()).unwrap();
        let message = format!("Credential should be scoped to a valid region, not 'mars-1'. {UNKNOWN}.");
        assert_eq!(answer.get("Message").or(answer.get("message")), Some(&json!(message)), "{of}: {answer}");
        let code = answer.get("Code").or(answer.get("__type"));
        assert_eq!((response.status().as_u16() / 100, code), (4, Some(&json!("InvalidSignatureException"))), "{of}");
    }
    let (status, answer) = hub(&service, "aws-global");
    assert_eq!((status, &answer["Code"]), (403, &json!("InvalidSignatureException")), "Security Hub is regional");
    assert_eq!(service.world().relations().hub_count(), 0);
}

/// Rules: ACC-08.
#[test]
fn services_without_regions_accept_the_global_name_of_a_partition() {
    let service = Service::new(Settings::default(), None).unwrap();
    let identity = |region| {
        let body = "Action=GetCallerIdentity&Version=2011-06-15";
        let response = signed(&service, ("sts", region), "POST", "/", body);
        assert_eq!(response.status(), 200);
        String::from_utf8(response.body().to_vec()).unwrap()
    };
    assert!(identity("aws-global").contains("arn:aws:iam::111111111111:"));
    assert!(identity("aws-cn-global").contains("arn:aws-cn:iam::111111111111:"));
}

/// Rules: ACC-08.
#[test]
fn a_region_unknown_to_aws_is_served_if_the_scenario_lists_it() {
    let service = with_scenario("regions: [us-east-1, mars-1]");
    let (status, answer) = hub(&service, "mars-1");
    assert_eq!((status, &answer["HubArn"]), (200, &json!("arn:aws:securityhub:mars-1:111111111111:hub/default")));
    assert_eq!(hub(&service, "eu-west-1").0, 200, "a Region of AWS need not be listed");
    assert_eq!(hub(&service, "mars-2").0, 403);
    assert!(service.served().empty());
    assert_eq!(hub(&service, "mars-1").0, 403, "the empty world has no scenario");
}

/// Rules: ACC-08.
#[test]
fn an_unsigned_call_uses_the_default_region_which_must_exist() {
    let settings = |region| Settings { allow_anonymous: true, default_region: region, ..Settings::default() };
    let status = |region: &str| {
        let service = Service::new(settings(crate::state::Region::new(region)), None).unwrap();
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let request = Request::builder().method("POST").uri("/accounts").body(Bytes::new()).unwrap();
        runtime.block_on(service.handle(request)).status().as_u16()
    };
    assert_eq!((status("eu-west-1"), status("mars-1")), (200, 403));
}

/// Rules: ACC-08.
#[test]
fn the_control_plane_refuses_an_unknown_region() {
    let service = service();
    let explain = json!({ "Account": ADMINISTRATOR, "Region": "mars-1", "Id": "f", "Filters": {} }).to_string();
    let members = json!({ "Administrator": ADMINISTRATOR, "Regions": ["mars-1"], "AccountDetails": [{ "AccountId": "222222222222" }] }).to_string();
    let recorder = json!({ "Account": ADMINISTRATOR, "Regions": ["mars-1"], "Recorder": "on" }).to_string();
    for (method, path, body) in [
        ("GET", "/_emulator/events?region=mars-1", ""),
        ("GET", "/_emulator/resources?region=us-east-1,mars-1", ""),
        ("GET", "/_emulator/members?administrator=111111111111&region=mars-1", ""),
        ("GET", "/_emulator/compliance?account=111111111111&region=mars-1", ""),
        ("POST", "/_emulator/explain", explain.as_str()),
        ("POST", "/_emulator/members", members.as_str()),
        ("PUT", "/_emulator/config-recorder", recorder.as_str()),
    ] {
        let (status, answer) = send(&service, method, path, body.to_owned());
        assert_eq!((status, &answer["Message"]), (400, &json!(UNKNOWN)), "{method} {path}");
    }
    let finding = finding("f", json!({ "ProductArn": "arn:aws:securityhub:mars-1::product/aws/guardduty" }));
    let (_, answer) = post(&service, "/_emulator/findings", finding.to_string());
    assert_eq!(answer["FailedFindings"][0]["ErrorMessage"], UNKNOWN);
}

/// Rules: STD-05.
#[test]
fn arns_in_newer_partitions_have_the_name_of_the_partition() {
    let service = Service::new(Settings::default(), None).unwrap();
    for (region, partition) in
        [("eusc-de-east-1", "aws-eusc"), ("eu-isoe-west-1", "aws-iso-e"), ("us-isof-south-1", "aws-iso-f")]
    {
        let (_, answer) = hub(&service, region);
        assert_eq!(answer["HubArn"], format!("arn:{partition}:securityhub:{region}:111111111111:hub/default"));
        let enabled = signed(&service, ("securityhub", region), "GET", "/productSubscriptions", "");
        let enabled = String::from_utf8(enabled.body().to_vec()).unwrap();
        assert!(enabled.contains(&format!(
            "arn:{partition}:securityhub:{region}:111111111111:product-subscription/aws/securityhub"
        )));
    }
}
