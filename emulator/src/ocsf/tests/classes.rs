//! Attributes of single classes.

use serde_json::{Value, json};

use super::{control, convert, detection, set};

/// Rules: OCM-01, OCF-10, OCM-20, UNK-09.
#[test]
fn the_class_follows_what_a_finding_contains() {
    let with = |product: &str, members: Value| {
        let ocsf = convert(&detection(product, members));
        let types = ocsf["finding_info"]["types"].as_array().unwrap();
        (ocsf["class_uid"].as_u64().unwrap(), types.last().unwrap().as_str().unwrap().to_owned())
    };
    let is = |class: u64, word: &str| (class, word.to_owned());
    let vulnerable = json!({ "Vulnerabilities": [{ "Id": "CVE-2024-1" }], "Compliance": { "Status": "FAILED" } });
    assert_eq!(with("aws/inspector", vulnerable), is(2002, "Vulnerabilities"));
    assert_eq!(with("aws/config", json!({ "Vulnerabilities": [], "Compliance": {} })), is(2004, "Threats"));
    assert_eq!(with("aws/macie", json!({})), is(2006, "Sensitive Data"));
    let sensitive = json!({ "Types": ["Sensitive Data Identifications/PII/SensitiveData:S3Object-Personal"] });
    assert_eq!(with("acme/scanner", sensitive), is(2006, "Sensitive Data"));
    let policy = json!({ "Types": ["Software and Configuration Checks/Policy/Policy:IAMUser-S3BucketPublic"] });
    assert_eq!(with("aws/macie", policy), is(2004, "Threats"));
    let services = ["access-analyzer", "health", "firewall-manager", "config", "ssm-patch-manager"];
    for service in services.map(|service| format!("aws/{service}")) {
        assert_eq!(with(&service, json!({})), is(2004, "Threats"), "{service}");
        let evaluated = json!({ "Compliance": { "Status": "FAILED" } });
        assert_eq!(with(&service, evaluated), is(2003, "Posture Management"), "{service}");
    }
    assert_eq!(with("aws/guardduty", json!({ "Types": ["Threats"] })), is(2004, "Threats"));
}

/// Rules: OCM-30 to OCM-33, OCF-30, UNK-23.
#[test]
fn compliance_has_status_standards_requirements_and_parameters() {
    let of = |compliance: Value| {
        let mut finding = control();
        set(&mut finding, json!({ "Compliance": compliance }));
        convert(&finding)["compliance"].clone()
    };
    let statuses = [("WARNING", "Warning", 2), ("FAILED", "Fail", 3), ("NOT_AVAILABLE", "Unknown", 0)];
    for (asff, name, id) in statuses {
        assert_eq!(of(json!({ "Status": asff })), json!({ "status": name, "status_id": id }));
    }
    let compliance = json!({
        "Status": "FAILED", "RelatedRequirements": ["CIS 1.22", ""], "StatusReasons": [{ "ReasonCode": "R" }],
        "AssociatedStandards": [{ "StandardsId": "b" }, { "StandardsId": "a" }],
        "SecurityControlParameters": [{ "Name": "days", "Value": ["1", "2"] }]
    });
    let expected = json!({
        "assessments": [{ "meets_criteria": false, "name": "R" }],
        "control_parameters": [{ "name": "days", "value": "1,2" }],
        "requirements": ["CIS 1.22"], "standards": ["b", "a"], "status": "Fail", "status_id": 3
    });
    assert_eq!(of(compliance), expected);
    assert_eq!(of(json!({})), Value::Null);
}

/// Rules: OCT-04, OCM-70 to OCM-77, OCF-32.
#[test]
fn vulnerabilities_of_packages_are_converted() {
    let vulnerability = json!({
        "Id": "CVE-2024-1",
        "Cvss": [
            { "BaseScore": 7.5, "BaseVector": "CVSS:3.1/AV:N", "Version": "3.1", "Source": "NVD" },
            { "BaseScore": 9.0, "Version": "3.1", "Source": "AMAZON_CVE" }
        ],
        "EpssScore": 0.94422, "ExploitAvailable": "YES", "LastKnownExploitAt": "2025-09-19T09:17:19Z", "FixAvailable": "YES",
        "Vendor": { "VendorSeverity": "HIGH", "VendorCreatedAt": "2024-01-01T00:00:00Z", "VendorUpdatedAt": "2024-01-02T00:00:00Z" },
        "ReferenceUrls": ["https://a.example"], "RelatedVulnerabilities": ["CVE-2024-2"],
        "VulnerablePackages": [
            { "Name": "openssl", "Version": "3.0", "Epoch": "1", "PackageManager": "OS", "FixedInVersion": "3.1", "Remediation": "dnf update" },
            { "Name": "x", "Version": "1", "SourceLayerHash": "h" }
        ]
    });
    let remediation = json!({ "Recommendation": { "Text": "None Provided" } });
    let members = json!({ "Vulnerabilities": [vulnerability], "Description": "d", "Remediation": remediation });
    let ocsf = convert(&detection("aws/inspector", members.clone()));
    assert_eq!(convert(&detection("acme/scanner", members))["remediation"], json!({ "desc": "None Provided" }));
    let expected = json!([{
        "affected_packages": [
            {
                "epoch": 1, "fixed_in_version": "3.1", "name": "openssl", "package_manager": "OS",
                "remediation": { "desc": "dnf update" }, "version": "3.0"
            },
            { "epoch": 0, "name": "x", "version": "1" }
        ],
        "cve": {
            "created_time": 1_704_067_200_000_i64, "created_time_dt": "2024-01-01T00:00:00.000Z",
            "cvss": [
                { "base_score": 7.5, "severity": "HIGH", "vector_string": "CVSS:3.1/AV:N", "vendor_name": "NVD", "version": "3.1" },
                { "base_score": 9.0, "severity": "CRITICAL", "vendor_name": "AMAZON_CVE", "version": "3.1" }
            ],
            "desc": "d", "epss": { "score": "0.94422" },
            "modified_time": 1_704_153_600_000_i64, "modified_time_dt": "2024-01-02T00:00:00.000Z", "uid": "CVE-2024-1"
        },
        "exploit_last_seen_time": 1_758_273_439_000_i64, "exploit_last_seen_time_dt": "2025-09-19T09:17:19.000Z",
        "fix_coverage": "Complete", "fix_coverage_id": 1, "is_exploit_available": true, "is_fix_available": true,
        "references": ["https://a.example"], "related_vulnerabilities": ["CVE-2024-2"], "severity": "HIGH"
    }]);
    assert_eq!(ocsf["vulnerabilities"], expected);
    assert_eq!((&ocsf["class_uid"], ocsf.get("remediation")), (&json!(2002), None));
}

/// Rules: OCM-72, OCM-74, OCM-75, OCM-78.
#[test]
fn vulnerabilities_of_code_name_file_and_weakness() {
    let one = |vulnerability: Value| {
        convert(&detection("aws/inspector", json!({ "Vulnerabilities": [vulnerability] })))["vulnerabilities"][0]
            .clone()
    };
    let code = json!({ "Id": "python/sql-injection", "ExploitAvailable": "NO", "CodeVulnerabilities": [{
        "Cwes": ["CWE-89"], "FilePath": { "FilePath": "src/app.py", "StartLine": 3, "EndLine": 4 }
    }] });
    let expected = json!({
        "affected_code": [{ "end_line": 4, "file": { "name": "app.py", "path": "src/app.py", "type_id": 1 }, "start_line": 3 }],
        "cve": { "related_cwes": [{ "uid": "CWE-89" }], "uid": "python/sql-injection" },
        "is_exploit_available": false
    });
    assert_eq!(one(code), expected);
    for (asff, name, id, is_available) in [("PARTIAL", "Partial", 2, true), ("NO", "None", 3, false)] {
        let found = one(json!({ "Id": "C", "FixAvailable": asff }));
        let expected = json!({ "cve": { "uid": "C" }, "fix_coverage": name, "fix_coverage_id": id, "is_fix_available": is_available });
        assert_eq!(found, expected);
    }
    for (score, severity) in
        [(0.0, "NONE"), (3.9, "LOW"), (4.0, "MEDIUM"), (6.9, "MEDIUM"), (7.0, "HIGH"), (10.0, "CRITICAL")]
    {
        let found = one(json!({ "Id": "C", "Cvss": [{ "BaseScore": score }] }));
        assert_eq!(found["cve"]["cvss"][0]["severity"], severity, "{score}");
    }
}

/// Rules: OCT-05, OCM-20, OCM-29, OCM-57, OCM-80, OCM-84, OCF-33.
#[test]
fn api_calls_are_evidence() {
    let finding = detection(
        "aws/guardduty",
        json!({
            "Types": ["TTPs/Defense Evasion/Stealth:IAMUser-CloudTrailLoggingDisabled"],
            "ProductFields": { "aws/guardduty/service/count": "38", "aws/guardduty/service/detectorId": "d0c7" },
            "Resources": [{ "Type": "AwsIamAccessKey", "Id": "k", "ResourceRole": "Target" }],
            "Action": { "ActionType": "AWS_API_CALL", "AwsApiCallAction": {
                "Api": "DeleteTrail", "ServiceName": "cloudtrail.amazonaws.com", "AffectedResources": { "AWS::CloudTrail::Trail": "t" },
                "RemoteIpDetails": {
                    "IpAddressV4": "192.0.2.1", "Organization": { "Asn": 64496, "AsnOrg": "Net" }, "Country": { "CountryName": "C" },
                    "City": { "CityName": "T" }, "GeoLocation": { "Lon": 1.5, "Lat": -2 }
                }
            } }
        }),
    );
    let ocsf = convert(&finding);
    assert_eq!(ocsf["finding_info"]["types"], json!(["Stealth:IAMUser/CloudTrailLoggingDisabled", "Threats"]));
    let expected = json!([{
        "api": { "operation": "DeleteTrail", "service": { "name": "cloudtrail.amazonaws.com" } },
        "data": { "affected_resource": { "AWS::CloudTrail::Trail": "t" }, "resource_role": "TARGET" },
        "src_endpoint": {
            "autonomous_system": { "name": "Net", "number": 64496 }, "ip": "192.0.2.1",
            "location": { "city": "T", "coordinates": [1.5, -2], "country": "C" }
        }
    }]);
    assert_eq!(ocsf["evidences"], expected);
    assert_eq!((&ocsf["count"], &ocsf["finding_info"]["product"]["uid"]), (&json!(38), &json!("d0c7")));
    assert_eq!(ocsf["finding_info"]["analytic"], json!({ "type": "Rule", "type_id": 1, "uid": "d0c7" }));
}

/// The evidences of a finding with these members about an instance.
fn evidences(members: Value) -> Value {
    let mut finding = detection(
        "aws/guardduty",
        json!({ "Resources": [{ "Type": "AwsEc2Instance", "Id": "arn:aws:ec2:us-east-2:123456789012:instance/i-1" }] }),
    );
    set(&mut finding, members);
    convert(&finding)["evidences"].clone()
}

/// Rules: OCM-81 to OCM-83, OCM-85, OCM-86, DEC-26.
#[test]
fn connections_requests_probes_and_processes_are_evidence() {
    let connection = |direction: &str| {
        evidences(json!({ "Action": { "NetworkConnectionAction": {
            "ConnectionDirection": direction, "Protocol": "TCP", "RemoteIpDetails": { "IpAddressV4": "192.0.2.1" },
            "RemotePortDetails": { "Port": 443 }, "LocalPortDetails": { "Port": 50000 }
        } } }))
    };
    let remote = json!({ "ip": "192.0.2.1", "port": 443 });
    let local = json!({ "instance_uid": "i-1", "port": 50000 });
    let info = json!({ "direction": "Outbound", "direction_id": 2, "protocol_name": "tcp" });
    assert_eq!(
        connection("OUTBOUND"),
        json!([{ "connection_info": info, "dst_endpoint": remote, "src_endpoint": local }])
    );
    let info = json!({ "direction": "Inbound", "direction_id": 1, "protocol_name": "tcp" });
    assert_eq!(
        connection("INBOUND"),
        json!([{ "connection_info": info, "dst_endpoint": local, "src_endpoint": remote }])
    );
    let dns = evidences(json!({ "Action": { "DnsRequestAction": { "Domain": "a.example", "Protocol": "UDP" } } }));
    let info = json!({ "direction_id": 0, "protocol_name": "udp" });
    assert_eq!(dns, json!([{ "connection_info": info, "query": { "hostname": "a.example" } }]));
    let probe = |port: u16| {
        json!({
            "LocalPortDetails": { "Port": port }, "LocalIpDetails": { "IpAddressV4": "10.0.0.1" }, "RemoteIpDetails": { "IpAddressV4": "192.0.2.1" }
        })
    };
    let probes = evidences(json!({ "Action": { "PortProbeAction": { "PortProbeDetails": [probe(22), probe(80)] } } }));
    let expected = |port: u16| json!({ "dst_endpoint": { "instance_uid": "i-1", "ip": "10.0.0.1", "port": port }, "src_endpoint": { "ip": "192.0.2.1" } });
    assert_eq!(probes, json!([expected(22), expected(80)]));
    let network = json!({
        "Direction": "IN", "Protocol": "UDP", "SourceIpV4": "192.0.2.1", "SourcePort": 53, "SourceDomain": "d", "SourceMac": "00:0d:83:b1:c0:8e",
        "DestinationIpV6": "2001:db8::1", "DestinationPort": 5
    });
    let both = evidences(json!({ "Network": network, "Process": {
        "Name": "sh", "Path": "/bin/sh", "Pid": 7, "LaunchedAt": "2025-09-19T09:17:19.594Z"
    } }));
    let expected = json!([
        {
            "connection_info": { "direction": "Inbound", "direction_id": 1, "protocol_name": "udp" },
            "dst_endpoint": { "ip": "2001:db8::1", "port": 5 },
            "src_endpoint": { "hostname": "d", "ip": "192.0.2.1", "mac": "00:0d:83:b1:c0:8e", "port": 53 }
        },
        { "process": {
            "created_time": 1_758_273_439_594_i64, "created_time_dt": "2025-09-19T09:17:19.594Z",
            "file": { "name": "sh", "path": "/bin/sh", "type_id": 1 }, "name": "sh", "pid": 7
        } }
    ]);
    assert_eq!(both, expected);
    assert_eq!(evidences(json!({})), Value::Null);
    let role = evidences(json!({ "Resources": [{ "Type": "X", "Id": "x", "ResourceRole": "Actor" }] }));
    assert_eq!(role, json!([{ "data": { "resource_role": "ACTOR" } }]));
}

/// Rules: OCM-26, OCM-27, OCM-88, OCF-18, OCF-33, UNK-23.
#[test]
fn sequences_and_related_findings_are_related_events() {
    let ocsf = convert(&detection(
        "aws/guardduty",
        json!({
            "RelatedFindings": [{ "ProductArn": "arn:aws:securityhub:us-east-2::product/aws/macie", "Id": "r" }],
            "UserDefinedFields": { "k": "" },
            "Detection": { "Sequence": {
                "Uid": "s", "Signals": [{ "Id": "1", "Title": "One" }, { "Id": "2", "Title": "Two" }],
                "SequenceIndicators": [{ "Key": "ATTACK_TACTIC", "Values": ["Exfiltration"] }, { "Key": "OTHER", "Values": ["x"] }],
                "Actors": [
                    { "Id": "a", "User": { "Name": "u", "Uid": "AIDA", "Account": { "Uid": "111111111111" } }, "Session": { "MfaStatus": "DISABLED" } },
                    { "Id": "no user" }
                ]
            } }
        }),
    ));
    let info = &ocsf["finding_info"];
    let events = json!([
        { "product": { "uid": "arn:aws:securityhub:us-east-2::productv2/aws/macie" }, "type": "Finding", "uid": "r" },
        { "title": "One", "type": "FINDING", "uid": "1" },
        { "title": "Two", "type": "FINDING", "uid": "2" }
    ]);
    assert_eq!((&info["related_events"], &info["related_events_count"]), (&events, &json!(3)));
    assert_eq!(
        (&info["attacks"], &info["tags"]),
        (&json!([{ "tactic": { "name": "Exfiltration" } }]), &json!([{ "name": "k", "value": "" }]))
    );
    let actor = json!({ "session": { "is_mfa": false }, "user": { "account": { "uid": "111111111111" }, "name": "u", "uid": "AIDA" } });
    assert_eq!((&ocsf["evidences"], &ocsf["count"]), (&json!([{ "actor": actor }]), &json!(2)));
    assert_eq!(ocsf["metadata"]["product"]["feature"], json!({ "name": "Correlation" }));
}

/// Rules: OCM-25, OCM-87.
#[test]
fn malware_and_threats_of_one_name_are_one_entry() {
    let ocsf = convert(&detection(
        "aws/guardduty",
        json!({
            "Confidence": 42,
            "Malware": [{ "Name": "B", "Type": "VIRUS", "Path": "/tmp/b" }],
            "Threats": [
                { "Name": "B", "Severity": "HIGH", "FilePaths": [{ "FilePath": "/var", "FileName": "b" }] },
                { "Name": "C", "Severity": "LOW" }
            ]
        }),
    ));
    let expected = json!([
        {
            "classification_ids": [19], "name": "B", "severity": "HIGH",
            "files": [{ "name": "b", "path": "/tmp/b", "type_id": 1 }, { "name": "b", "path": "/var", "type_id": 1 }]
        },
        { "classification_ids": [0], "name": "C", "severity": "LOW" }
    ]);
    assert_eq!((&ocsf["malware"], &ocsf["confidence_score"]), (&expected, &json!(42)));
}

/// Rules: OCM-89, OCF-35, OCM-50, DEC-23.
#[test]
fn sensitive_data_is_in_a_bucket() {
    let ocsf = convert(&detection(
        "aws/macie",
        json!({
            "Types": ["Sensitive Data Identifications/PII/SensitiveData:S3Object-Personal"],
            "Resources": [
                {
                    "Type": "AwsS3Bucket", "Id": "arn:aws:s3:::b", "Region": "us-east-2", "Tags": { "t": "v" },
                    "Details": { "AwsS3Bucket": {
                        "PublicAccessBlockConfiguration": { "BlockPublicAcls": true, "BlockPublicPolicy": true, "IgnorePublicAcls": true, "RestrictPublicBuckets": true },
                        "ServerSideEncryptionConfiguration": { "Rules": [
                            { "ApplyServerSideEncryptionByDefault": { "SSEAlgorithm": "aws:kms", "KMSMasterKeyID": "k" } }
                        ] }
                    } }
                },
                {
                    "Type": "AwsS3Object", "Id": "arn:aws:s3:::b/a/b.csv",
                    "DataClassification": { "Result": {
                        "Status": { "Code": "COMPLETE" },
                        "SensitiveData": [{ "Category": "PERSONAL_INFORMATION", "Detections": [{ "Count": 3, "Type": "ADDRESS" }, { "Count": 1, "Type": "NAME" }] }],
                        "CustomDataIdentifiers": { "Detections": [{ "Count": 2, "Name": "Employee" }] }
                    } }
                }
            ]
        }),
    ));
    let found = |(category, id): (&str, u8), kind: &str, count: u8| {
        json!({
            "category": category, "category_id": id, "classifier_details": { "type": kind },
            "discovery_details": [{ "count": count, "type": kind }], "status": "Complete", "status_id": 1
        })
    };
    let personal = ("Personal", 1);
    let expected = json!({
        "encryption_details": { "algorithm": "aws:kms", "key_uid": "k" },
        "file": {
            "data_classifications": [found(personal, "ADDRESS", 3), found(personal, "NAME", 1), found(("Other", 99), "Employee", 2)],
            "name": "b.csv", "path": "a/b.csv", "type_id": 1
        },
        "is_encrypted": true, "is_public": false, "name": "b", "region": "us-east-2", "tags": [{ "name": "t", "value": "v" }],
        "type": "S3", "type_id": 1, "uid": "arn:aws:s3:::b"
    });
    assert_eq!(ocsf["databucket"], expected);
    assert_eq!((&ocsf["resources"][0]["uid"], &ocsf["resources"][1]["uid"]), (&json!("b"), &json!("a/b.csv")));
    assert_eq!(ocsf["finding_info"]["types"][0], "SensitiveData:S3Object/Personal");
}
