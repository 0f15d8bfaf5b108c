//! Tests of complete responses of other services, through [`super::handle`].

use std::sync::Arc;

use bytes::Bytes;
use http::Request;

use super::{Call, handle};
use crate::domain::caller::Caller;
use crate::state::{Permissions, Policy, Principal, Region};
use crate::testing::{ADMINISTRATOR, Stage, id};

/// The status and body of a response.
fn answer(stage: &Stage, service: &str, request: Request<&'static str>) -> (u16, String) {
    let (parts, body) = request.into_parts();
    let principal = Principal::local_user(id(ADMINISTRATOR));
    let caller = Caller { principal, region: Region::new("us-east-1"), now: stage.0.clock.now() };
    let body = Bytes::from_static(body.as_bytes());
    let request_id = "5a0c9d6e-1111-4222-8333-944445555666";
    let response = handle(&stage.0, &Call { service, caller: &caller, parts: &parts, body: &body, request_id });
    (response.status().as_u16(), String::from_utf8(response.body().to_vec()).unwrap())
}

fn form(body: &'static str) -> Request<&'static str> {
    let request = Request::post("/").header("content-type", "application/x-www-form-urlencoded; charset=utf-8");
    request.body(body).unwrap()
}

/// Rules: NB-20, TF-01.
#[test]
fn get_caller_identity() {
    let (status, body) = answer(&Stage::empty(), "sts", form("Action=GetCallerIdentity&Version=2011-06-15"));
    assert_eq!(status, 200);
    insta::assert_snapshot!(body, @r#"<GetCallerIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><GetCallerIdentityResult><Arn>arn:aws:iam::111111111111:user/local</Arn><UserId>AIDALOCAL111111111111</UserId><Account>111111111111</Account></GetCallerIdentityResult><ResponseMetadata><RequestId>5a0c9d6e-1111-4222-8333-944445555666</RequestId></ResponseMetadata></GetCallerIdentityResponse>"#);
}

/// Rules: NB-21.
#[test]
fn assume_role_opens_a_session_that_expires() {
    let stage = Stage::empty();
    let call = "Action=AssumeRole&RoleArn=arn%3Aaws%3Aiam%3A%3A333344445555%3Arole%2Fteam%2FAuditor&RoleSessionName=session1\
                &DurationSeconds=900&Version=2011-06-15";
    let (status, body) = answer(&stage, "sts", form(call));
    assert_eq!(status, 200, "{body}");
    assert!(body.contains("<Arn>arn:aws:sts::333344445555:assumed-role/Auditor/session1</Arn>"), "{body}");
    assert!(body.contains("<Expiration>2026-01-15T09:15:00Z</Expiration>"), "{body}");
    let (_, rest) = body.split_once("<AccessKeyId>").unwrap();
    let (key, _) = rest.split_once("</AccessKeyId>").unwrap();
    let principal = |minutes: i64| {
        let at = stage.0.clock.now() + jiff::SignedDuration::from_mins(minutes);
        stage.0.principal(key, id(ADMINISTRATOR), at)
    };
    assert_eq!(principal(14).unwrap().account, id("333344445555"));
    assert_eq!(principal(15), None);
    // The session has expired and is dropped when the next one is opened. Its key does not fall back to the default
    // account.
    stage.0.clock.advance(jiff::SignedDuration::from_mins(15));
    answer(&stage, "sts", form(call));
    assert_eq!(principal(0), None);
}

/// The policy document of a scenario or a session.
fn policy(effect: &str, action: &str) -> serde_json::Value {
    serde_json::json!({ "Statement": { "Effect": effect, "Action": action, "Resource": "*" } })
}

/// The permissions of an assumed role's session, as the names of its policies.
fn assumed(stage: &Stage, more: &str) -> Result<[Vec<String>; 2], (u16, String)> {
    let call =
        format!("Action=AssumeRole&RoleArn=arn:aws:iam::333344445555:role/Auditor&RoleSessionName=session1{more}");
    let (status, body) = answer(stage, "sts", form(call.leak()));
    if status != 200 {
        return Err((status, body));
    }
    let (key, _) = body.split_once("<AccessKeyId>").unwrap().1.split_once("</AccessKeyId>").unwrap();
    let principal = stage.0.principal(key, id(ADMINISTRATOR), stage.0.clock.now()).unwrap();
    assert_eq!(principal.role_arn.as_deref(), Some("arn:aws:iam::333344445555:role/Auditor"));
    let names = |policies: &Option<Vec<Arc<Policy>>>| {
        policies.iter().flatten().map(|policy| policy.name.clone()).collect::<Vec<_>>()
    };
    let permissions = principal.permissions.map(|permissions| (*permissions).clone()).unwrap_or_default();
    Ok([names(&permissions.identity), names(&permissions.session)])
}

/// Rules: NB-21, IAM-12.
#[test]
fn a_session_has_the_policies_of_its_role_and_its_own() {
    let stage = Stage::empty();
    assert_eq!(assumed(&stage, ""), Ok([vec![], vec![]]), "an undeclared role has administrator access");
    let own = |name: &str| Arc::new(crate::domain::policy::read(name, &policy("Allow", "*")).0.unwrap());
    stage.relations(|directory| {
        let permissions = Permissions { identity: Some(vec![own("role")]), ..Permissions::default() };
        directory.policies.roles.insert((id("333344445555"), "Auditor".to_owned()), permissions);
        directory.policies.named.insert("named".to_owned(), own("named"));
    });
    assert_eq!(assumed(&stage, ""), Ok([vec!["role".to_owned()], vec![]]));
    let passed =
        format!("&Policy={}&PolicyArns.member.1.arn=arn:aws:iam::333344445555:policy/named", policy("Deny", "s3:*"));
    let expected = [vec!["role".to_owned()], vec!["named".to_owned(), "session".to_owned()]];
    assert_eq!(assumed(&stage, &passed), Ok(expected));
}

/// Rules: NB-21, NB-22.
#[test]
fn an_invalid_session_policy_is_refused() {
    for (more, code, message) in [
        ("&Policy={".to_owned(), "MalformedPolicyDocument", "This policy contains invalid Json"),
        (format!("&Policy={}", policy("Allow", "x")), "MalformedPolicyDocument", "`x` is not a valid action"),
        ("&Policy=".to_owned(), "ValidationError", "between 1 and 2048 characters"),
        (format!("&Policy={}", "x".repeat(2049)), "ValidationError", "between 1 and 2048 characters"),
        ("&PolicyArns.member.1.arn=arn:aws:iam::aws:policy/x".to_owned(), "ValidationError", "policy/x does not exist"),
    ] {
        let (status, body) = assumed(&Stage::empty(), &more).unwrap_err();
        assert_eq!(status, 400, "{body}");
        assert!(body.contains(&format!("<Code>{code}</Code>")) && body.contains(message), "{body}");
    }
}

/// Rules: NB-21, NB-22.
#[test]
fn an_invalid_assume_role_request_is_refused_in_xml() {
    for call in [
        "Action=AssumeRole&RoleSessionName=session1",
        "Action=AssumeRole&RoleArn=arn:aws:iam::333344445555:user/Auditor&RoleSessionName=session1",
        "Action=AssumeRole&RoleArn=arn:aws:iam::333344445555:role/Auditor&RoleSessionName=a%20b",
        "Action=AssumeRole&RoleArn=arn:aws:iam::333344445555:role/Auditor&RoleSessionName=ab&DurationSeconds=5",
        "Action=AssumeRole&RoleArn=arn:aws:iam::333344445555:role/Auditor&RoleSessionName=ab&DurationSeconds=x",
    ] {
        let (status, body) = answer(&Stage::empty(), "sts", form(call));
        assert_eq!(status, 400, "{call}: {body}");
        assert!(body.contains("<Type>Sender</Type><Code>ValidationError</Code>"), "{call}: {body}");
    }
}

/// Rules: NB-23.
#[test]
fn get_user() {
    let (status, body) = answer(&Stage::empty(), "iam", form("Action=GetUser&Version=2010-05-08"));
    assert_eq!(status, 200);
    insta::assert_snapshot!(body, @r#"<GetUserResponse xmlns="https://iam.amazonaws.com/doc/2010-05-08/"><GetUserResult><User><Path>/</Path><UserName>local</UserName><UserId>AIDALOCAL111111111111</UserId><Arn>arn:aws:iam::111111111111:user/local</Arn><CreateDate>2026-01-01T00:00:00Z</CreateDate></User></GetUserResult><ResponseMetadata><RequestId>5a0c9d6e-1111-4222-8333-944445555666</RequestId></ResponseMetadata></GetUserResponse>"#);
    let (status, body) = answer(&Stage::empty(), "iam", form("Action=GetUser&UserName=nobody"));
    assert!(status == 404 && body.contains("<Code>NoSuchEntity</Code>"), "{body}");
}

/// Rules: NB-24.
#[test]
fn list_account_aliases() {
    let (_, body) = answer(&Stage::empty(), "iam", form("Action=ListAccountAliases&Version=2010-05-08"));
    assert!(
        body.contains(
            "<AccountAliases><member>local-111111111111</member></AccountAliases><IsTruncated>false</IsTruncated>"
        ),
        "{body}"
    );
}

/// Rules: NB-25.
#[test]
fn describe_regions_lists_the_regions_of_the_scenario() {
    let stage = Stage::empty();
    stage.relations(|directory| directory.regions = vec![Region::new("us-east-1"), Region::new("eu-west-1")]);
    let (_, body) = answer(&stage, "ec2", form("Action=DescribeRegions&Version=2016-11-15"));
    insta::assert_snapshot!(body, @r#"<DescribeRegionsResponse xmlns="http://ec2.amazonaws.com/doc/2016-11-15/"><requestId>5a0c9d6e-1111-4222-8333-944445555666</requestId><regionInfo><item><regionName>us-east-1</regionName><regionEndpoint>ec2.us-east-1.amazonaws.com</regionEndpoint><optInStatus>opt-in-not-required</optInStatus></item><item><regionName>eu-west-1</regionName><regionEndpoint>ec2.eu-west-1.amazonaws.com</regionEndpoint><optInStatus>opt-in-not-required</optInStatus></item></regionInfo></DescribeRegionsResponse>"#);
    let (_, body) = answer(&stage, "ec2", form("Action=DescribeRegions&RegionName.1=eu-west-1"));
    assert_eq!(body.matches("<item>").count(), 1, "{body}");
}

/// The names of the Regions in a response.
fn region_names(body: &str) -> Vec<&str> {
    body.split("<regionName>").skip(1).filter_map(|rest| rest.split('<').next()).collect()
}

/// Rules: NB-25.
#[test]
fn without_a_scenario_the_regions_of_hubs_and_us_east_1_are_listed() {
    let (_, body) = answer(&Stage::empty(), "ec2", form("Action=DescribeRegions"));
    assert_eq!(region_names(&body), ["us-east-1"]);
    let stage = Stage::empty();
    let enable = securityhub_fixtures::Operation::EnableSecurityHub;
    stage.call_in("cn-north-1", ADMINISTRATOR, enable, serde_json::json!({})).unwrap();
    let (_, body) = answer(&stage, "ec2", form("Action=DescribeRegions"));
    assert_eq!(region_names(&body), ["cn-north-1", "us-east-1"]);
    assert!(body.contains("<regionEndpoint>ec2.cn-north-1.amazonaws.com.cn</regionEndpoint>"), "{body}");
}

/// Rules: NB-25.
#[test]
fn describe_regions_supports_names_and_filters() {
    let stage = Stage::empty();
    stage.relations(|directory| directory.regions = vec![Region::new("us-east-1"), Region::new("eu-west-1")]);
    for (parameters, expected) in [
        ("RegionName.1=eu-west-1", &["eu-west-1"][..]),
        ("RegionName.1=eu-west-1&RegionName.2=us-east-1", &["us-east-1", "eu-west-1"]),
        (
            "Filter.1.Name=opt-in-status&Filter.1.Value.1=opted-in&Filter.1.Value.2=opt-in-not-required",
            &["us-east-1", "eu-west-1"],
        ),
        ("Filter.1.Name=opt-in-status&Filter.1.Value.1=opted-in", &[]),
        ("Filter.1.Name=region-name&Filter.1.Value.1=us-east-1", &["us-east-1"]),
        ("Filter.1.Name=endpoint&Filter.1.Value.1=ec2.eu-west-1.amazonaws.com", &["eu-west-1"]),
        (
            "Filter.1.Name=opt-in-status&Filter.1.Value.1=opt-in-not-required&Filter.2.Name=region-name&Filter.2.Value.1=x",
            &[],
        ),
    ] {
        let call = form(format!("Action=DescribeRegions&{parameters}").leak());
        let (status, body) = answer(&stage, "ec2", call);
        assert_eq!((status, region_names(&body)), (200, expected.to_vec()), "{parameters}");
    }
    for wrong in ["RegionName.1=mars-1", "Filter.1.Name=colour&Filter.1.Value.1=blue"] {
        let (status, body) = answer(&stage, "ec2", form(format!("Action=DescribeRegions&{wrong}").leak()));
        assert!(status == 400 && body.contains("<Code>InvalidParameterValue</Code>"), "{wrong}: {body}");
    }
}

/// Rules: NB-27.
#[test]
fn unsupported_operations_are_refused_in_the_protocol_of_the_request() {
    let stage = Stage::empty();
    let (status, body) = answer(&stage, "sts", form("Action=Nope"));
    assert!(
        status == 400 && body.starts_with("<ErrorResponse") && body.contains("UnknownOperationException"),
        "{body}"
    );
    let (status, body) = answer(&stage, "ec2", form("Action=RunInstances"));
    assert!(status == 400 && body.starts_with("<Response><Errors>"), "{body}");
    let (status, body) = answer(&stage, "s3", Request::put("/bucket/key").body("x").unwrap());
    assert!(status == 400 && body.starts_with("<Error>"), "{body}");
    let target = Request::post("/").header("x-amz-target", "AWSOrganizationsV20161128.Nope").body("{}").unwrap();
    let (status, body) = answer(&stage, "organizations", target);
    assert!(status == 400 && body.contains("\"__type\":\"UnknownOperationException\""), "{body}");
    let (status, body) = answer(&stage, "lambda", Request::get("/functions").body("").unwrap());
    assert!(status == 400 && body.contains("\"Code\":\"UnknownOperationException\""), "{body}");
    assert!(body.contains("GET /functions of lambda is not implemented by this emulator"), "{body}");
    let target = Request::post("/").header("x-amz-target", "StarlingDoveService.PutConfigRule").body("{}").unwrap();
    let (_, body) = answer(&stage, "config", target);
    assert!(body.contains("\"Message\":\"PutConfigRule of config is not implemented by this emulator\""), "{body}");
    let (_, body) = answer(&stage, "sns", form("Action=CreateTopic&Name=x"));
    assert!(body.contains("CreateTopic of sns is not implemented by this emulator"), "{body}");
    let (status, body) = answer(&stage, "s3", Request::get("/").body("").unwrap());
    assert!(status == 200 && body.contains("<Buckets></Buckets>"), "{body}");
}

#[test]
fn the_operations_that_faults_accept_are_supported() {
    let stage = Stage::empty();
    for service in ["ec2", "iam", "sts"] {
        for operation in crate::faults::names::of_other(service).iter().copied().chain(["ListNothing"]) {
            let body: &'static str = format!("Action={operation}&Version=2010-05-08").leak();
            let (_, body) = answer(&stage, service, form(body));
            assert_eq!(body.contains("UnknownOperation"), operation == "ListNothing", "{service}: {body}");
        }
    }
}
