//! The requests of this bench.

use std::fmt::Write as _;

use crate::common::http::{self, ACCOUNT};
use crate::common::load::Requests;

pub(crate) fn reset() -> Vec<u8> {
    http::request("POST /_emulator/reset", ACCOUNT, b"")
}

pub(crate) fn enable_hub() -> Vec<u8> {
    http::request("POST /accounts", ACCOUNT, b"{}")
}

pub(crate) fn describe_hub() -> Vec<u8> {
    http::request("GET /accounts", ACCOUNT, b"")
}

pub(crate) fn page() -> Vec<u8> {
    let filters = br#"{"Filters":{"SeverityLabel":[{"Value":"HIGH","Comparison":"EQUALS"}]},"MaxResults":100}"#;
    http::request("POST /findings", ACCOUNT, filters)
}

/// Import requests of 100 findings, whose IDs differ between requests.
#[derive(Clone)]
pub(crate) struct Imports {
    request: Vec<u8>,
    /// The offsets of the twelve digits in each ID.
    ids: Vec<usize>,
    stream: u32,
    next: u64,
    body_length: usize,
}

impl Imports {
    /// Streams with different numbers never produce the same ID.
    pub(crate) fn new(stream: u32) -> Imports {
        let mut body = String::from("{\"Findings\":[");
        for position in 0..100 {
            if position > 0 {
                body.push(',');
            }
            push_finding(&mut body, position);
        }
        body.push_str("]}");
        let request = http::request("POST /findings/import", ACCOUNT, body.as_bytes());
        let ids = request
            .windows(12)
            .enumerate()
            .filter(|(_, window)| *window == b"############")
            .map(|(at, _)| at)
            .collect();
        Imports { request, ids, stream, next: 0, body_length: body.len() }
    }

    pub(crate) fn body_length(&self) -> usize {
        self.body_length
    }
}

impl Requests for Imports {
    fn next(&mut self) -> Option<&[u8]> {
        for &at in &self.ids {
            let id = format!("{:04}{:08}", self.stream, self.next);
            self.request[at..at + 12].copy_from_slice(&id.as_bytes()[..12]);
            self.next += 1;
        }
        Some(&self.request)
    }
}

/// A finding of about 2.4 KB, like one from an image scanner.
fn push_finding(body: &mut String, position: usize) {
    let severity = ["LOW", "MEDIUM", "HIGH", "CRITICAL"][position % 4];
    let day = 1 + position % 14;
    _ = write!(
        body,
        r#"{{"SchemaVersion":"2018-10-08","Id":"image-scan/############/CVE-2025-{position:05}","ProductArn":"arn:aws:securityhub:us-east-1:111111111111:product/111111111111/default","GeneratorId":"image-scan/rule/{}","AwsAccountId":"111111111111","Types":["Software and Configuration Checks/Vulnerabilities/CVE"],"FirstObservedAt":"2026-01-{day:02}T08:00:00Z","LastObservedAt":"2026-01-{day:02}T09:00:00Z","CreatedAt":"2026-01-{day:02}T08:00:00Z","UpdatedAt":"2026-01-{day:02}T09:00:00Z","Severity":{{"Label":"{severity}","Original":"{severity}"}},"Confidence":{},"Title":"CVE-2025-{position:05} in libexample of image payments","Description":"{}","Remediation":{{"Recommendation":{{"Text":"Update libexample to a version that is not affected and build the image again.","Url":"https://scanner.example/advisories/CVE-2025-{position:05}"}}}},"SourceUrl":"https://scanner.example/findings/{position}","ProductFields":{{"scanner/Image":"payments","scanner/Layer":"sha256:{}","scanner/Policy":"production"}},"Resources":[{{"Type":"AwsEcrContainerImage","Id":"arn:aws:ecr:us-east-1:111111111111:repository/payments/sha256:{}","Partition":"aws","Region":"us-east-1","Tags":{{"team":"payments","env":"{}"}},"Details":{{"AwsEcrContainerImage":{{"RegistryId":"111111111111","RepositoryName":"payments","Architecture":"arm64","ImageDigest":"sha256:{}","ImageTags":["1.{position}","latest"],"ImagePublishedAt":"2026-01-01T00:00:00Z"}}}}}}],"Vulnerabilities":[{{"Id":"CVE-2025-{position:05}","VulnerablePackages":[{{"Name":"libexample","Version":"2.{position}.0","Epoch":"0","Release":"1.al2023","Architecture":"AARCH64","PackageManager":"OS","FixedInVersion":"2.{position}.1"}}],"Cvss":[{{"Version":"3.1","BaseScore":7.5,"BaseVector":"CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:N/I:N/A:H"}}],"Vendor":{{"Name":"NVD","Url":"https://scanner.example/nvd","VendorSeverity":"{severity}"}},"ReferenceUrls":["https://scanner.example/a/{position}","https://scanner.example/b/{position}"],"FixAvailable":"YES"}}],"RecordState":"ACTIVE"}}"#,
        position % 20,
        position % 101,
        "A package in this image can be made to use unbounded memory by a crafted request. ".repeat(4),
        "4f".repeat(32),
        "a7".repeat(32),
        if position.is_multiple_of(2) { "prod" } else { "dev" },
        "a7".repeat(32),
    );
}
