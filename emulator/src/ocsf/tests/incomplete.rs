//! Parts of ASFF that lack what the schema of OCSF requires of the object which they would become.

use serde_json::{Value, json};

use super::{convert, detection};

fn converted(members: Value) -> Value {
    convert(&detection("aws/guardduty", members))
}

/// Rules: OCM-26, OCM-72, OCM-77, OCM-81, OCM-84 to OCM-89.
#[test]
fn an_object_that_lacks_a_required_attribute_is_omitted() {
    let remote = json!({ "Country": { "CountryName": "C" } });
    let call = json!({ "AwsApiCallAction": { "Api": "X", "RemoteIpDetails": remote } });
    assert_eq!(converted(json!({ "Action": call }))["evidences"], json!([{ "api": { "operation": "X" } }]));
    let call = json!({ "AwsApiCallAction": { "ServiceName": "s" } });
    assert_eq!(converted(json!({ "Action": call })).get("evidences"), None);
    let network = json!({ "SourceMac": "00:0d:83:b1:c0:8e", "DestinationIpV4": "10.0.0.1", "DestinationPort": -1 });
    let expected = json!([{ "connection_info": { "direction_id": 0 }, "dst_endpoint": { "ip": "10.0.0.1" } }]);
    assert_eq!(converted(json!({ "Network": network }))["evidences"], expected);
    for nothing in [
        json!({ "Process": { "Name": "sh", "Path": "/bin/sh" } }),
        json!({ "Malware": [{ "Type": "VIRUS" }], "Threats": [{ "Severity": "HIGH" }] }),
        json!({ "Detection": { "Sequence": { "Actors": [{ "User": { "CredentialUid": "k" } }] } } }),
    ] {
        let ocsf = converted(nothing);
        assert_eq!((ocsf.get("evidences"), ocsf.get("malware")), (None, None), "{ocsf}");
    }
    let signals = json!({ "Sequence": { "Signals": [{ "Title": "One" }, { "Id": "2" }] } });
    let info = &converted(json!({ "Detection": signals }))["finding_info"];
    assert_eq!(info["related_events"], json!([{ "type": "FINDING", "uid": "2" }]));
    assert_eq!(info["related_events_count"], 1);
    let score = |members: Value| converted(json!({ "Vulnerabilities": [{ "Id": "CVE-1", "Cvss": [members] }] }));
    let of_vector = score(json!({ "BaseScore": 7.5, "BaseVector": "CVSS:3.1/AV:N" }));
    assert_eq!(of_vector["vulnerabilities"][0]["cve"]["cvss"][0]["version"], "3.1");
    assert_eq!(score(json!({ "Version": "3.1" }))["vulnerabilities"][0]["cve"].get("cvss"), None);
    let code =
        json!([{ "Id": "CVE-1", "CodeVulnerabilities": [{ "FilePath": { "StartLine": 1 }, "Cwes": ["CWE-1"] }] }]);
    assert_eq!(converted(json!({ "Vulnerabilities": code }))["vulnerabilities"][0].get("affected_code"), None);
    let packages = json!([{ "Version": "1" }, { "Name": "p" }]);
    let ocsf = converted(json!({ "Vulnerabilities": [{ "Id": "CVE-1", "VulnerablePackages": packages }] }));
    assert_eq!(ocsf["vulnerabilities"][0]["affected_packages"], json!([{ "epoch": 0, "name": "p" }]));
    let object = json!({ "Resources": [{ "Type": "AwsS3Object", "Id": "key" }] });
    assert_eq!(convert(&detection("aws/macie", object)).get("databucket"), None);
}

/// Rules: OCM-01, OCM-28, OCM-33.
#[test]
fn a_class_has_only_its_own_attributes() {
    let empty = converted(json!({ "Compliance": { "RelatedRequirements": [], "Status": "" } }));
    assert_eq!((&empty["class_uid"], empty.get("compliance")), (&json!(2004), None));
    let both = json!({ "Compliance": { "Status": "FAILED" }, "Vulnerabilities": [{ "Id": "CVE-1" }] });
    let both = converted(both);
    assert_eq!((&both["class_uid"], both.get("compliance")), (&json!(2002), None));
    let parameters = json!([{ "Name": "a", "Value": [] }, { "Name": "b", "Value": ["1"] }]);
    let control = converted(json!({ "Compliance": { "Status": "FAILED", "SecurityControlParameters": parameters } }));
    assert_eq!(control["compliance"]["control_parameters"], json!([{ "name": "b", "value": "1" }]));
    let url = json!({ "Remediation": { "Recommendation": { "Url": "https://docs.example" } } });
    let expected = json!({
        "desc": "Please review the remediation guidance provided in the referenced documentation",
        "references": ["https://docs.example"]
    });
    assert_eq!(converted(url.clone())["remediation"], expected);
    assert_eq!(convert(&detection("aws/macie", url)).get("remediation"), None);
}

/// Rules: OCM-56, OCM-86, OCM-87.
#[test]
fn names_of_files_and_keys_of_maps_keep_their_characters() {
    for (path, name) in [
        ("/tmp/caf\u{e9}.sh", "caf\u{e9}.sh"),
        ("C:\\dir\\f.txt", "f.txt"),
        ("say \"hi\"", "say \"hi\""),
        ("/a\nb\u{7f}", "a\nb\u{7f}"),
        ("/", "/"),
    ] {
        let mut text = detection("aws/guardduty", json!({ "Malware": [{ "Name": "m", "Path": path }] })).to_string();
        // Clients may escape every character that is not ASCII.
        text = text.replace('\u{e9}', "\\u00e9").replace('\u{7f}', "\\u007f");
        let found = super::convert_text(&text)["malware"][0]["files"][0].clone();
        assert_eq!(found, json!({ "name": name, "path": path, "type_id": 1 }));
    }
    let variables = json!({ "MY_VAR": "x", "Path": "y" });
    let details = json!({ "AwsLambdaFunction": { "Environment": { "Variables": variables }, "MemorySize": 128 } });
    let resource = json!({ "Type": "AwsLambdaFunction", "Id": "f", "Details": details });
    let expected =
        json!({ "awsLambdaFunctionDetails": { "environment": { "variables": variables }, "memorySize": 128 } });
    assert_eq!(converted(json!({ "Resources": [resource] }))["resources"][0]["data"], expected);
}
