//! Tests that one run reports all errors of a scenario, of all steps, and none that only follows from another one.

use std::collections::BTreeSet;

use super::*;

const BASE: &str = "\
name: base
clock: { now: 2026-01-15T09:00:00Z, frozen: true }
delays: { standards_enable: 5m }
seed: 7
regions: [us-east-1, eu-west-1]
default_account: '111111111111'
organization:
  management_account: '999999999999'
  delegated_administrator: '111111111111'
  policies: [guard]
  units:
    Security: { accounts: ['111111111111'] }
    Workloads: { accounts: ['222222222222', '333333333333'] }
accounts:
  '222222222222': { name: shop, email: shop@example.com }
credentials:
  AKIAALICE: { account: '222222222222', user: alice, policies: [guard] }
policies:
  guard: { document: { Statement: { Effect: Deny, Action: 'securityhub:DisableSecurityHub', Resource: '*' } } }
products:
  - { company: acme, product: scanner }
quotas: { members: 50 }
hubs:
  - account: '111111111111'
    regions: all
    tags: { team: security }
    products: [guardduty, macie, acme/scanner]
    standards: [fsbp-1.0.0]
    quiet: true
    members: { '222222222222': enabled }
  - { account: '333333333333', regions: [us-east-1] }
aggregators:
  - { account: '111111111111', home: us-east-1 }
central_configuration:
  policies:
    baseline: { standards: [fsbp-1.0.0], disabled_controls: [S3.9] }
  associations:
    Workloads: baseline
resources:
  - { account: '111111111111', regions: all, type: AwsS3Bucket, id: invoices, fails: [S3.5] }
new_controls:
  - { control: S3.25, at: P10D }
findings:
  - generate: { product: guardduty, count: 5, accounts: ['111111111111'] }
  - file: a.json
";

/// The beginning of a line of `BASE`, its replacement, and a part of the message about it.
type Error = (&'static str, &'static str, &'static str);

/// Errors that parsing or the schema finds: a line of the scenario, its replacement, and the message.
const SCHEMA_ERRORS: &[Error] = &[
    ("name: base", "name: [base]", "`name` cannot be a list"),
    ("name: base", "name: base\nname: other", "duplicate key `name` in the scenario"),
    ("seed: 7", "seed: -7", "`seed` cannot be the number -7"),
    ("seed: 7", "sede: 7", "unknown key `sede` in the scenario"),
    ("seed: 7", "seed: 7\ntimezone: Europe/Berlin", "unknown key `timezone` in the scenario"),
    ("seed: 7", "seed: [7", "invalid YAML"),
    ("clock: {", "clock: { now: 2026-01-15T09:00:00Z, frozen: maybe }", "`frozen` cannot be the string `maybe`"),
    ("delays: {", "delays: { standards_enabel: 5m }", "unknown key `standards_enabel` in `delays`"),
    ("default_account:", "default_acount: '111111111111'", "unknown key `default_acount` in the scenario"),
    (
        "  management_account:",
        "  mangement_account: '999999999999'",
        "unknown key `mangement_account` in `organization`",
    ),
    (
        "  '222222222222':",
        "  '222222222222': { emial: shop@example.com }",
        "unknown key `emial` in `222222222222` in `accounts`",
    ),
    ("  AKIAALICE:", "  AKIAALICE: { policies: [guard] }", "missing key `account` in `AKIAALICE` in `credentials`"),
    ("  - { company:", "  - { company: acme }", "missing key `product` in an item of `products`"),
    ("quotas:", "quotas: { members: many }", "`members` cannot be the string `many`"),
    ("    tags:", "    tgas: { team: security }", "unknown key `tgas` in an item of `hubs`"),
    ("    quiet:", "    quiet: maybe", "`quiet` cannot be the string `maybe`"),
    ("  - { account: '333333333333'", "  - { account: '333333333333' }", "missing key `regions` in an item of `hubs`"),
    (
        "  - { account: '111111111111', home:",
        "  - { account: '111111111111', home: us-east-1, mode: ANY }",
        "`mode` cannot be `ANY`",
    ),
    (
        "  - { account: '111111111111', regions: all, type:",
        "  - { account: '111111111111', regions: all, id: invoices, fails: [S3.5] }",
        "missing key `type` in an item of `resources`",
    ),
    ("  - { control:", "  - { at: P10D }", "missing key `control` in an item of `new_controls`"),
    (
        "  - generate:",
        "  - generate: { product: guardduty, accounts: ['111111111111'] }",
        "missing key `count` in `generate`",
    ),
];

/// Errors that later checks find, given in the same way. Rejected findings are only found when the world is built.
const LATER_ERRORS: &[Error] = &[
    ("clock: {", "clock: { now: yesterday, frozen: true }", "`yesterday` is not a valid time"),
    ("delays: {", "delays: { standards_enable: soon }", "`soon` is not a valid duration"),
    ("regions:", "regions: [us-east-1, eu-west-1, eu-west-1]", "duplicate Region eu-west-1"),
    ("default_account:", "default_account: '11'", "`11` is not a valid account ID"),
    (
        "  delegated_administrator:",
        "  delegated_administrator: '444444444444'",
        "444444444444 is not in the organization",
    ),
    (
        "    Workloads: {",
        "    Workloads: { accounts: ['222222222222', '333333333333', '111111111111'] }",
        "111111111111 is already in a unit (line",
    ),
    ("  '222222222222':", "  '222222222222': { email: nobody }", "`nobody` is not a valid e-mail address"),
    ("  AKIAALICE:", "  AKIAALICE: { account: '222222222222', policies: [gard] }", "unknown policy `gard`"),
    ("  guard:", "  guard: { document: { Statement: { Effect: Never, Action: '*', Resource: '*' } } }", "`Effect`"),
    (
        "  - { company:",
        "  - { company: acme, product: scanner }\n  - { company: aws, product: guardduty }",
        "the product `aws/guardduty` already exists",
    ),
    ("quotas:", "quotas: { members: 2000000 }", "the quota 2000000 is too high"),
    ("    tags:", "    tags: { 'aws:x': y }", "AWS does not accept the tag `aws:x`"),
    ("    products:", "    products: [guardduti, macie, acme/scanner]", "unknown product `guardduti`"),
    ("    standards:", "    standards: [fsbp]", "unknown standard `fsbp`"),
    (
        "    members:",
        "    members: { '222222222222': enabled, '111111111111': enabled }",
        "111111111111 cannot be its own member",
    ),
    (
        "  - { account: '333333333333'",
        "  - { account: '333333333333', regions: [us-west-2] }",
        "us-west-2 is not listed under `regions`",
    ),
    (
        "  - { account: '111111111111', home:",
        "  - { account: '111111111111', home: us-east-1, mode: NO_REGIONS, regions: [eu-west-1] }",
        "Regions cannot be combined with RegionLinkingMode NO_REGIONS",
    ),
    (
        "    baseline:",
        "    baseline: { standards: [fsbp-1.0.0], disabled_controls: [S3.999] }",
        "unknown control `S3.999`",
    ),
    ("    Workloads: b", "    Workloads: basline", "unknown policy `basline`"),
    ("    Workloads: b", "    Nowhere: baseline", "`Nowhere` is not in the organization"),
    (
        "  - { account: '111111111111', regions: all, type:",
        "  - { account: '111111111111', regions: all, type: AwsS3Bucket, id: invoices, fails: [IAM.5] }",
        "IAM.5 does not check resources of this type",
    ),
    ("  - { control:", "  - { control: S3.999, at: P10D }", "`S3.999` is not a security control"),
    (
        "  - generate:",
        "  - generate: { product: guardduty, count: 5, accounts: ['555555555555'] }",
        "555555555555 is not an account of this scenario",
    ),
    ("  - file:", "  - file: none.json", "no file matches `none.json`"),
    ("  - file:", "  - file: foreign.json", "Account 777777777777 is not subscribed to AWS Security Hub"),
    ("  - file:", "  - file: loud.json", "data.Severity.Label should be equal to one of the allowed values"),
    (
        "    baseline:",
        "    baseline?: { standards: [fsbp-1.0.0] }\n    baseline: { standards: [fsbp-1.0.0] }",
        "A name has at most 128 characters",
    ),
];

/// Errors of form that lose a part to which other sections refer.
const REFERENCES: &[Error] = &[
    ("clock: {", "clock: 2026-01-15", "`clock` cannot be the string `2026-01-15`"),
    ("regions:", "regions: everywhere", "`regions` cannot be the string `everywhere`"),
    ("  delegated_administrator:", "  delegated_administrator: [1]", "`delegated_administrator` cannot be a list"),
    ("    Security:", "    Security: ['111111111111']", "`Security` in `units` cannot be a list"),
    ("    Workloads: {", "    Workloads: ['222222222222']", "`Workloads` in `units` cannot be a list"),
    ("  guard:", "  guard: [1]", "`guard` in `policies` cannot be a list"),
    ("  - { company:", "  - [1]", "an item of `products` cannot be a list"),
    ("  - account:", "  - account: [1]", "`account` cannot be a list"),
    ("  - account:", "  - account: '1'", "`1` is not a valid account ID"),
    ("    regions:", "    regions: [us-east-1, [1]]", "an item of `regions` cannot be a list"),
    ("    products:", "    products: { a: 1 }", "`products` cannot be a map"),
    ("    members:", "    members: ['222222222222']", "`members` cannot be a list"),
    ("  - { account: '333333333333'", "  - [1]", "an item of `hubs` cannot be a list"),
    (
        "  - { account: '111111111111', home:",
        "  - { home: us-east-1 }",
        "missing key `account` in an item of `aggregators`",
    ),
    ("    baseline:", "    baseline: [fsbp-1.0.0]", "`baseline` in `policies` cannot be a list"),
    ("hubs:", "hubs: {", "invalid YAML"),
];

/// The base with the line that begins with these letters replaced.
fn replaced(text: &str, (begin, replacement, _): Error) -> String {
    let found = text.lines().filter(|line| line.starts_with(begin)).count();
    assert_eq!(found, 1, "{begin}");
    let line = |line: &str| if line.starts_with(begin) { format!("{replacement}\n") } else { format!("{line}\n") };
    text.lines().map(line).collect()
}

/// The messages about a scenario.
fn messages(folder: &TempDir, text: &str) -> Vec<String> {
    let path = folder.path().join("scenario.yaml");
    std::fs::write(&path, text).unwrap();
    crate::scenario::check(&[path]).iter().map(|diagnostic| diagnostic.message.clone()).collect()
}

fn files() -> TempDir {
    let foreign = FINDING.replace("111111111111", "777777777777");
    let loud = FINDING.replace(r#""Label": "LOW""#, r#""Label": "LOUD""#);
    folder(&[("a.json", FINDING), ("foreign.json", &foreign), ("loud.json", &loud)])
}

/// Every third error, beginning with another one for each index: all pairs would take too long.
fn third(errors: &'static [Error], index: usize) -> impl Iterator<Item = &'static Error> {
    errors.iter().skip(index % 3).step_by(3)
}

/// Rules: CPL-151.
#[test]
fn a_schema_error_does_not_hide_errors_of_later_checks() {
    let folder = files();
    assert_eq!(messages(&folder, BASE), Vec::<String>::new());
    let mut failures = Vec::new();
    for (index, early) in SCHEMA_ERRORS.iter().enumerate() {
        let alone = messages(&folder, &replaced(BASE, *early));
        if alone.len() != 1 || !alone[0].contains(early.2) {
            failures.push(format!("{}: {alone:?}", early.1));
        }
        for later in third(LATER_ERRORS, index).filter(|later| later.0 != early.0) {
            let found = messages(&folder, &replaced(&replaced(BASE, *later), *early));
            let is_found = |expected: &str| found.iter().any(|message| message.contains(expected));
            if found.len() != 2 || !is_found(early.2) || !is_found(later.2) {
                failures.push(format!("{} and {}: {found:?}", early.1, later.1));
            }
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

/// Rules: CPL-151.
#[test]
fn an_error_of_a_later_check_does_not_hide_others() {
    let folder = files();
    let mut failures = Vec::new();
    for (index, one) in LATER_ERRORS.iter().enumerate() {
        let alone = messages(&folder, &replaced(BASE, *one));
        if alone.len() != 1 || !alone[0].contains(one.2) {
            failures.push(format!("{}: {alone:?}", one.1));
        }
        for other in third(&LATER_ERRORS[index + 1..], index).filter(|other| other.0 != one.0) {
            let found: BTreeSet<String> =
                messages(&folder, &replaced(&replaced(BASE, *one), *other)).into_iter().collect();
            let is_found = |expected: &str| found.iter().any(|message| message.contains(expected));
            if !is_found(one.2) || !is_found(other.2) {
                failures.push(format!("{} and {}: {found:?}", one.1, other.1));
            }
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

/// Rules: CPL-151.
#[test]
fn an_error_that_only_follows_from_another_one_is_not_reported() {
    let folder = files();
    let mut failures = Vec::new();
    for wrong in REFERENCES {
        let found = messages(&folder, &replaced(BASE, *wrong));
        if found.len() != 1 || !found[0].contains(wrong.2) {
            failures.push(format!("{}: {found:?}", wrong.1));
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}
