//! Parameters compared with values of declared resources (RES-09, SEC-36).

use securityhub_fixtures::Operation::BatchGetSecurityControls;
use securityhub_fixtures::standards::{Options, Parameter, ValueComparison};

use super::*;
use crate::domain::controls::checks::results::{self, CheckContext};
use crate::state::{ControlSettings, timestamp_text};

const FSBP: &str = "arn:aws:securityhub:us-east-1::standards/aws-foundational-security-best-practices/v/1.0.0";

/// A value that the parameter accepts, as its `ParameterValue`.
fn value(options: &Options) -> Value {
    let value = match options {
        Options::Integer { default, min, .. } => json!(default.or(*min).unwrap()),
        Options::Double { min, .. } => json!(min.unwrap() * 10.0),
        Options::Boolean { .. } => json!(true),
        Options::Enum { allowed, .. } => json!(allowed[0]),
        Options::EnumList { allowed, .. } => json!(allowed[..2]),
        Options::IntegerList { .. } => json!([22, 443]),
        Options::StringList { .. } => json!(["arn:aws:kms:us-east-1:111111111111:key/a"]),
    };
    json!({ options.type_name(): value })
}

/// Details with these values at a path.
fn details(path: &str, values: &[Value]) -> Value {
    let (segment, rest) = path.split_once('.').map_or((path, None), |(segment, rest)| (segment, Some(rest)));
    let (name, wanted) = segment.split_once('[').map_or((segment, None), |(name, wanted)| (name, Some(wanted)));
    let beneath = |values: &[Value]| rest.map_or_else(|| values[0].clone(), |rest| details(rest, values));
    let Some(wanted) = wanted else { return json!({ name: beneath(values) }) };
    let items: Vec<Value> = values
        .iter()
        .map(|value| {
            let mut item = beneath(std::slice::from_ref(value));
            if let Some((member, wanted)) = wanted.trim_end_matches(']').split_once('=') {
                item[member] = wanted.into();
            }
            item
        })
        .collect();
    json!({ name: items })
}

/// Merges the members of one value into another recursively; lists are replaced.
fn merge(into: &mut Value, from: Value) {
    match (into, from) {
        (Value::Object(into), Value::Object(from)) => {
            for (name, value) in from {
                merge(into.entry(name).or_insert(Value::Null), value);
            }
        }
        (into, from) => *into = from,
    }
}

/// Values of a resource that pass and values that fail; adjacent ones if values are ordered.
fn sides(stage: &Stage, parameter: &Parameter, comparison: ValueComparison) -> [Vec<Value>; 2] {
    let request = value(&parameter.options);
    let request = request.as_object().unwrap().values().next().unwrap().clone();
    let number = || request.as_f64().or_else(|| request.as_str()?.parse().ok()).unwrap();
    let days = |days: f64, seconds: i64| {
        #[allow(clippy::cast_possible_truncation, reason = "a test counts days")]
        let hours = SignedDuration::from_hours(24 * days as i64);
        json!(timestamp_text(stage.0.clock.now() + hours + SignedDuration::from_secs(seconds)))
    };
    let permission = |protocol: &str, port: u16| {
        let everybody = json!([{ "CidrIp": "0.0.0.0/0" }]);
        json!({ "IpProtocol": protocol, "FromPort": port, "ToPort": port, "IpRanges": everybody })
    };
    match comparison {
        ValueComparison::AtLeast => [vec![json!(number())], vec![json!(number() - 1.0)]],
        ValueComparison::AtLeastHours => [vec![json!(number() * 3600.0)], vec![json!(number() * 3600.0 - 1.0)]],
        ValueComparison::AtMost => [vec![json!(number())], vec![json!(number() + 1.0)]],
        ValueComparison::OneOf => {
            let one = request.as_array().map_or_else(|| request.clone(), |list| list[0].clone());
            [vec![one], vec![json!("another")]]
        }
        ValueComparison::Holds => {
            let mut all = request.as_array().cloned().unwrap_or_else(|| vec![request.clone()]);
            all.push(json!("another"));
            [all.clone(), all.split_off(1)]
        }
        ValueComparison::IfTrue => [vec![json!(true)], vec![json!(false)]],
        ValueComparison::SomeIfTrue => [vec![json!("arn:aws:sns:us-east-1:111111111111:a")], vec![]],
        ValueComparison::Items | ValueComparison::ItemsIfAny => {
            let zones = [json!("a"), json!("b"), json!("c")];
            [zones[..2].to_vec(), zones[..1].to_vec()]
        }
        ValueComparison::DaysLeft => [vec![days(number(), 0)], vec![days(number(), -1)]],
        ValueComparison::DaysSince => [vec![days(-number(), 0)], vec![days(-number(), -1)]],
        ValueComparison::Ports(protocol) => [vec![permission(protocol, 22)], vec![permission(protocol, 23)]],
    }
}

/// Rules: RES-09, SEC-37.
#[test]
fn each_parameter_of_the_table_changes_the_result_at_its_value() {
    let stage = quiet(vec![]);
    let (key, now) = (key(), stage.0.clock.now());
    let mut rows = 0;
    for control in CONTROLS.iter().filter(|control| control.active && control.is_available(REGION)) {
        for (parameter, check) in control.parameters.iter().filter_map(|it| Some((it, it.check.as_ref()?))) {
            rows += 1;
            let mut hub = (*stage.0.hub(&key).unwrap()).clone();
            let parameters = BTreeMap::from([(parameter.name, value(&parameter.options))]);
            hub.security_controls.insert(control.id, ControlSettings { parameters, ..ControlSettings::default() });
            let found = |values: &[Value]| {
                // Another parameter of the same control is satisfied.
                let mut all = json!({});
                for (other, check) in control.parameters.iter().filter_map(|it| Some((it, it.check.as_ref()?))) {
                    let [good, _] = sides(&stage, other, check.comparison);
                    merge(&mut all, details(check.member, &good));
                }
                merge(&mut all, details(check.member, values));
                let resource = Resource { resource_type: control.resource_types[0], details: Some(all), ..bucket(&[]) };
                let declared = BTreeMap::from([(key.clone(), vec![resource])]);
                let resources = crate::state::Resources { declared, ..crate::state::Resources::default() };
                let context =
                    CheckContext { key: &key, hub: &hub, resources: &resources, unrecorded: BTreeSet::new(), now };
                results::of(&context, control)[0].result.status
            };
            let [good, bad] = sides(&stage, parameter, check.comparison);
            let results = (found(&good), found(&bad));
            let expected = (ComplianceStatus::Passed, ComplianceStatus::Failed);
            assert_eq!(results, expected, "{} {}: {good:?} and {bad:?}", control.id, parameter.name);
        }
    }
    assert!(rows > 50, "{rows}");
}

fn database(days: u32) -> Resource {
    Resource {
        resource_type: "AwsRdsDbInstance",
        id: "arn:aws:rds:us-east-1:111111111111:db:orders".into(),
        details: Some(json!({ "BackupRetentionPeriod": days })),
        ..bucket(&[])
    }
}

fn retention(stage: &Stage, days: u32) {
    let value = json!({ "ValueType": "CUSTOM", "Value": { "Integer": days } });
    let input = json!({ "SecurityControlId": "RDS.11", "Parameters": { "backupRetentionMinimum": value } });
    stage.good(ADMINISTRATOR, UpdateSecurityControl, input);
}

/// Rules: RES-09.
#[test]
fn a_declared_result_takes_precedence_and_a_missing_value_passes() {
    let message = BTreeMap::from([("RDS.11", result(ComplianceStatus::Warning, Some("INTERNAL_SERVICE_ERROR")))]);
    for (resource, expected) in [
        (database(6), "FAILED"),
        (database(7), "PASSED"),
        (Resource { results: message, ..database(6) }, "WARNING"),
        (Resource { details: Some(json!({ "Engine": "mysql" })), ..database(6) }, "PASSED"),
        (Resource { details: None, ..database(6) }, "PASSED"),
    ] {
        let stage = quiet(vec![resource]);
        enable(&stage, &[FSBP]);
        assert_eq!(only(&stage, "RDS.11")["Compliance"]["Status"], expected);
    }
}

/// Rules: SEC-36.
#[test]
fn checks_use_the_old_parameters_while_a_control_is_updating() {
    let mut stage = quiet(vec![database(10)]);
    enable(&stage, &[FSBP]);
    stage.0.delays.security_control_update = SignedDuration::from_hours(20);
    let results = |stage: &Stage| {
        let compliance = only(stage, "RDS.11")["Compliance"].clone();
        let parameter = compliance["SecurityControlParameters"][0]["Value"][0].clone();
        (compliance["Status"].as_str().unwrap().to_owned(), parameter.as_str().unwrap().to_owned())
    };
    retention(&stage, 14);
    let request = json!({ "SecurityControlIds": ["RDS.11"] });
    let control = stage.good(ADMINISTRATOR, BatchGetSecurityControls, request)["SecurityControls"][0].clone();
    assert_eq!(control["UpdateStatus"], "UPDATING");
    assert_eq!(control["Parameters"]["backupRetentionMinimum"]["Value"]["Integer"], 14);
    hours_pass(&stage, 13);
    assert_eq!(results(&stage), ("PASSED".to_owned(), "7".to_owned()), "the next periodic check uses the new value");
    hours_pass(&stage, 7);
    assert_eq!(results(&stage), ("FAILED".to_owned(), "14".to_owned()));
}

/// Rules: RES-09.
#[test]
fn ports_open_to_the_world_must_be_authorized() {
    let everybody = json!([{ "CidrIp": "0.0.0.0/0" }]);
    let range = |protocol: &str, from: i64, to: i64, ranges: &Value| json!([{ "IpProtocol": protocol, "FromPort": from, "ToPort": to, "IpRanges": ranges }]);
    for (permissions, expected) in [
        (range("tcp", 443, 443, &everybody), "PASSED"),
        (range("tcp", 80, 443, &everybody), "FAILED"),
        (range("tcp", 22, 22, &json!([{ "CidrIp": "10.0.0.0/8" }])), "PASSED"),
        (range("udp", 53, 53, &everybody), "FAILED"),
        (range("icmp", -1, -1, &everybody), "PASSED"),
        (json!([{ "IpProtocol": "-1", "IpRanges": everybody }]), "FAILED"),
        (
            json!([{ "IpProtocol": "tcp", "FromPort": 22, "ToPort": 22, "Ipv6Ranges": [{ "CidrIpv6": "::/0" }] }]),
            "FAILED",
        ),
        (json!([]), "PASSED"),
    ] {
        let group = Resource {
            resource_type: "AwsEc2SecurityGroup",
            id: "arn:aws:ec2:us-east-1:111111111111:security-group/sg-1".into(),
            details: Some(json!({ "IpPermissions": permissions })),
            ..bucket(&[])
        };
        let stage = quiet(vec![group]);
        enable(&stage, &[FSBP]);
        assert_eq!(only(&stage, "EC2.18")["Compliance"]["Status"], expected, "{permissions}");
    }
}

/// Rules: RES-09.
#[test]
fn the_password_policy_of_an_account_is_checked() {
    let policy = |length: u32| {
        json!({ "PasswordPolicy": { "MinimumPasswordLength": length, "RequireSymbols": true,
        "RequireNumbers": true, "RequireUppercaseCharacters": true, "RequireLowercaseCharacters": true } })
    };
    for (details, expected) in
        [(policy(8), "PASSED"), (policy(7), "FAILED"), (json!({ "PasswordPolicy": {} }), "FAILED")]
    {
        let account = Resource { resource_type: "AwsAccount", details: Some(details), ..bucket(&[]) };
        let stage = quiet(vec![account]);
        enable(&stage, &[FSBP]);
        assert_eq!(only(&stage, "IAM.7")["Compliance"]["Status"], expected);
    }
}

/// Rules: RES-09.
#[test]
fn a_function_in_fewer_subnets_than_required_zones_fails() {
    for (details, expected) in [
        (json!({ "VpcConfig": { "SubnetIds": ["subnet-1"] } }), "FAILED"),
        (json!({ "VpcConfig": { "SubnetIds": ["subnet-1", "subnet-2"] } }), "PASSED"),
        // A function without a VPC, in the form of Lambda.
        (json!({ "VpcConfig": { "SubnetIds": [] } }), "PASSED"),
        (json!({ "VpcConfig": {} }), "PASSED"),
        (json!({ "Runtime": "python3.12" }), "PASSED"),
    ] {
        let function = Resource {
            resource_type: "AwsLambdaFunction",
            id: "arn:aws:lambda:us-east-1:111111111111:function:orders".into(),
            details: Some(details.clone()),
            ..bucket(&[])
        };
        let stage = quiet(vec![function]);
        enable(&stage, &[FSBP]);
        assert_eq!(only(&stage, "Lambda.5")["Compliance"]["Status"], expected, "{details}");
    }
}

/// Rules: SEC-39.
#[test]
fn only_the_vpcs_of_the_parameter_are_checked() {
    let vpc = |name: &str, fails: &[&'static str]| Resource {
        resource_type: "AwsEc2Vpc",
        id: format!("arn:aws:ec2:us-east-1:111111111111:vpc/{name}"),
        ..bucket(fails)
    };
    let stage = quiet(vec![vpc("vpc-1", &[]), vpc("vpc-11", &["EC2.55"])]);
    enable(&stage, &[FSBP]);
    let results = || -> Vec<String> {
        let text = |finding: &Value| {
            let (id, status) = (&finding["Resources"][0]["Id"], &finding["Compliance"]["Status"]);
            let name = id.as_str().unwrap().rsplit('/').next().unwrap();
            format!("{name} {} {}", status.as_str().unwrap(), finding["RecordState"].as_str().unwrap())
        };
        let mut all: Vec<String> = of(&stage, "EC2.55").iter().map(text).collect();
        all.sort();
        all
    };
    let update = |value: Value| {
        let input = json!({ "SecurityControlId": "EC2.55", "Parameters": { "vpcIds": value } });
        stage.good(ADMINISTRATOR, UpdateSecurityControl, input);
    };
    let all = ["vpc-1 PASSED ACTIVE", "vpc-11 FAILED ACTIVE"];
    assert_eq!(results(), all);
    update(json!({ "ValueType": "CUSTOM", "Value": { "StringList": ["vpc-1"] } }));
    assert_eq!(results(), ["vpc-1 PASSED ACTIVE", "vpc-11 NOT_AVAILABLE ARCHIVED"]);
    update(json!({ "ValueType": "DEFAULT" }));
    assert_eq!(results(), all);
}

/// Parameters without a comparison, because no detail of the checked resource contains what they are about. Config.1
/// checks the recorder.
///
/// Rules: SEC-39.
#[test]
fn parameters_without_a_comparison_concern_other_resources() {
    let decides = |name: &str| matches!(name, "requiredTagKeys" | "requiredKeyTags" | "vpcIds");
    let left: Vec<String> = CONTROLS
        .iter()
        .filter(|control| control.active && control.id != "Config.1")
        .flat_map(|control| control.parameters.iter().map(move |parameter| (control.id, parameter)))
        .filter(|(_, parameter)| parameter.check.is_none() && !decides(parameter.name))
        .map(|(id, parameter)| format!("{id} {}", parameter.name))
        .collect();
    let expected = [
        "DynamoDB.1 targetReadUtilization",
        "DynamoDB.1 minProvisionedReadCapacity",
        "DynamoDB.1 targetWriteUtilization",
        "DynamoDB.1 minProvisionedWriteCapacity",
        "DynamoDB.4 backupVaultLockCheck",
        "EC2.28 backupVaultLockCheck",
        "RDS.26 backupVaultLockCheck",
    ];
    assert_eq!(left, expected);
}
