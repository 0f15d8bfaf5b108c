//! Scores compared with values of the user guide, naive computations, and the results of GetFindings.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use jiff::SignedDuration;
use quickcheck::TestResult;
use securityhub_fixtures::Operation::{
    BatchDisableStandards, BatchEnableStandards, BatchUpdateFindings, BatchUpdateStandardsControlAssociations,
    CreateFindingAggregator, DeleteFindingAggregator, EnableSecurityHub, GetFindings, UpdateSecurityHubConfiguration,
};
use securityhub_fixtures::standards::{self, CONTROLS};
use serde_json::{Value, json};

use super::*;
use crate::domain::caller::Caller;
use crate::domain::controls::checks::change;
use crate::domain::due;
use crate::state::{CheckResult, ComplianceStatus, HubKey, Member, MemberKind, MemberStatus, Region, Resource};
use crate::testing::{ADMINISTRATOR, MEMBER, REGION, Stage, check, id};

const OTHER_REGION: &str = "eu-west-1";
const CIS: &str = "arn:aws:securityhub:::ruleset/cis-aws-foundations-benchmark/v/1.2.0";
const PCI: &str = "standards/pci-dss/v/3.2.1";

fn key(account: &str, region: &str) -> HubKey {
    HubKey { account: id(account), region: Region::new(region) }
}

/// A resource with these results of these controls.
fn resource(kind: &'static str, name: &str, results: &[(&'static str, ComplianceStatus)]) -> Resource {
    let results = results.iter().map(|(control, status)| (*control, CheckResult { status: *status, reason: None }));
    Resource { resource_type: kind, id: name.to_owned(), results: results.collect(), ..Resource::default() }
}

fn bucket(name: &str, results: &[(&'static str, ComplianceStatus)]) -> Resource {
    resource("AwsS3Bucket", &format!("arn:aws:s3:::{name}"), results)
}

fn account(results: &[(&'static str, ComplianceStatus)]) -> Resource {
    resource("AwsAccount", "", results)
}

/// Quiet hubs without standards, each with its resources.
fn world(hubs: Vec<(&str, &str, Vec<Resource>)>) -> Stage {
    let stage = Stage::empty();
    for (account, region, _) in &hubs {
        stage.call_in(region, account, EnableSecurityHub, json!({ "EnableDefaultStandards": false })).unwrap();
    }
    let mut transaction = stage.0.write();
    for (account, region, _) in &hubs {
        let mut hub = (*transaction.hub(&key(account, region)).unwrap()).clone();
        hub.is_quiet = true;
        transaction.stage_hub(key(account, region), hub);
    }
    let declared = hubs.into_iter().map(|(account, region, resources)| (key(account, region), resources)).collect();
    change::declare(&mut transaction, &stage.0, declared, stage.0.clock.now());
    transaction.commit();
    stage
}

fn enable(stage: &Stage, account: &str, region: &str, standard: &str) {
    let arn = if standard == CIS { CIS.to_owned() } else { format!("arn:aws:securityhub:{region}::{standard}") };
    let requests = json!({ "StandardsSubscriptionRequests": [{ "StandardsArn": arn }] });
    stage.call_in(region, account, BatchEnableStandards, requests).unwrap();
}

fn seen(stage: &Stage, account: &str, region: &str) -> Compliance {
    let caller = caller(stage, account, region);
    due::run(&stage.0, caller.now);
    compute(&stage.0, &caller, None)
}

fn caller(stage: &Stage, account: &str, region: &str) -> Caller {
    let now = stage.0.clock.now();
    Caller::local_user(id(account), Region::new(region), now)
}

fn own(stage: &Stage) -> Compliance {
    seen(stage, ADMINISTRATOR, REGION)
}

/// The score and controls of the standard whose ARN has this suffix.
fn of<'c>(compliance: &'c Compliance, standard: &str) -> &'c StandardScore {
    let is_meant = |it: &&StandardScore| it.standards_arn.ends_with(standard);
    compliance.scores.standards.iter().find(is_meant).unwrap()
}

/// Status, failed checks and all checks of a control.
fn control(standard: &StandardScore, control: &str) -> (ControlStatus, u64, u64) {
    let found = standard.controls.iter().find(|it| it.security_control_id == control).unwrap();
    (found.control_status, found.failed_checks, found.total_checks)
}

fn findings(stage: &Stage, control: &str) -> Vec<Value> {
    let filters = json!({ "ComplianceSecurityControlId": [{ "Value": control, "Comparison": "EQUALS" }] });
    let mut answer = stage.good(ADMINISTRATOR, GetFindings, json!({ "Filters": filters, "MaxResults": 100 }));
    answer["Findings"].as_array_mut().unwrap().drain(..).collect()
}

fn workflow(stage: &Stage, finding: &Value, status: &str) {
    let identifier = json!({ "Id": finding["Id"], "ProductArn": finding["ProductArn"] });
    let input = json!({ "FindingIdentifiers": [identifier], "Workflow": { "Status": status } });
    assert_eq!(stage.good(ADMINISTRATOR, BatchUpdateFindings, input)["UnprocessedFindings"], json!([]));
}

fn associate(stage: &Stage, control: &str, standard: &str, status: &str) {
    let update = json!({
        "StandardsArn": if standard == CIS { CIS.to_owned() } else { format!("arn:aws:securityhub:{REGION}::{standard}") },
        "SecurityControlId": control, "AssociationStatus": status, "UpdatedReason": "a test",
    });
    let input = json!({ "StandardsControlAssociationUpdates": [update] });
    stage.good(ADMINISTRATOR, BatchUpdateStandardsControlAssociations, input);
}

fn is_member(stage: &Stage, region: &str) {
    stage.relations(|directory| {
        let member = Member::new(MemberStatus::Enabled, MemberKind::Invitation, stage.0.clock.now());
        let members = directory.members.entry((id(ADMINISTRATOR), Region::new(region))).or_default();
        members.insert(id(MEMBER), member);
    });
}

const fn counts(passed: u64, failed: u64, unknown: u64) -> Counts {
    Counts { passed, failed, unknown, no_data: 7, disabled: 11 }
}

/// Rules: SCO-08, SCO-06.
#[test]
fn the_examples_of_the_user_guide_have_the_documented_scores() {
    for (passed, failed, score) in
        [(168, 22, 88), (8, 29, 22), (6, 35, 15), (159, 56, 74), (28, 17, 62), (357, 515 - 357, 69)]
    {
        assert_eq!(counts(passed, failed, 0).score(), Some(score), "{passed} {failed}");
        assert_eq!(counts(passed, 0, failed).score(), Some(score), "unknown controls count like failed ones");
    }
    assert_eq!(counts(0, 0, 0).score(), None);
    assert_eq!(counts(1, 199, 0).score(), Some(1), "half a percent is rounded up");
}

/// Rules: SCO-06.
/// The nearest whole percent, rounding half up.
#[test]
fn a_score_is_the_nearest_percent() {
    fn holds(passed: u16, failed: u16, unknown: u16) -> TestResult {
        let all = u64::from(passed) + u64::from(failed) + u64::from(unknown);
        let distance = |percent: u64| (percent * all).abs_diff(100 * u64::from(passed));
        let nearest = (0..=100).rev().min_by_key(|percent| distance(*percent)).filter(|_| all > 0);
        TestResult::from_bool(counts(passed.into(), failed.into(), unknown.into()).score() == nearest)
    }
    check(100).quickcheck(holds as fn(u16, u16, u16) -> TestResult);
}

/// Rules: SCO-04, SCO-11.
/// Hubs with their findings, or disabled: the status over all hubs is that of all findings of enabled hubs
/// together.
#[test]
fn the_status_over_all_sites_is_that_of_all_their_findings() {
    fn holds(places: Vec<Option<Vec<u8>>>) -> bool {
        const STATUSES: [&str; 5] = ["PASSED", "FAILED", "WARNING", "NOT_AVAILABLE", "of another service"];
        let texts = |places: &[Option<Vec<u8>>]| -> Vec<&str> {
            places.iter().flatten().flatten().map(|byte| STATUSES[usize::from(*byte) % 5]).collect()
        };
        let heap = texts(&places);
        let expected = match () {
            () if heap.contains(&"FAILED") => ControlStatus::Failed,
            () if heap.contains(&"WARNING") || heap.contains(&"NOT_AVAILABLE") => ControlStatus::Unknown,
            () if heap.contains(&"PASSED") => ControlStatus::Passed,
            () if places.iter().any(Option::is_some) => ControlStatus::NoData,
            () => ControlStatus::Disabled,
        };
        let of_place = |place: &Option<Vec<u8>>| {
            let mut checks = Checks::default();
            for status in texts(std::slice::from_ref(place)) {
                checks.add(status, 1);
            }
            if place.is_some() { checks.status() } else { ControlStatus::Disabled }
        };
        places.iter().map(of_place).max().unwrap_or(ControlStatus::Disabled) == expected
    }
    check(100).quickcheck(holds as fn(Vec<Option<Vec<u8>>>) -> bool);
}

/// Rules: SCO-01, SCO-05.
#[test]
fn suppressed_findings_do_not_count() {
    let fails = [("S3.5", ComplianceStatus::Failed)];
    let stage = world(vec![(ADMINISTRATOR, REGION, vec![bucket("a", &fails), bucket("b", &[])])]);
    enable(&stage, ADMINISTRATOR, REGION, PCI);
    let status = |stage: &Stage| control(of(&own(stage), PCI), "S3.5");
    assert_eq!(status(&stage), (ControlStatus::Failed, 1, 2));
    let all = findings(&stage, "S3.5");
    let (failed, passed): (Vec<_>, Vec<_>) = all.iter().partition(|it| it["Compliance"]["Status"] == "FAILED");
    for workflow_status in ["NOTIFIED", "RESOLVED"] {
        workflow(&stage, failed[0], workflow_status);
        assert_eq!(status(&stage), (ControlStatus::Failed, 1, 2), "{workflow_status} counts");
    }
    workflow(&stage, failed[0], "SUPPRESSED");
    assert_eq!(status(&stage), (ControlStatus::Passed, 0, 1));
    workflow(&stage, passed[0], "SUPPRESSED");
    assert_eq!(status(&stage), (ControlStatus::NoData, 0, 0));
    workflow(&stage, failed[0], "NEW");
    assert_eq!(status(&stage), (ControlStatus::Failed, 1, 1));
}

/// Rules: SCO-02, SCO-13.
#[test]
fn a_disabled_control_is_shown_as_disabled_at_once() {
    let fails = [("CloudTrail.2", ComplianceStatus::Failed)];
    let trail = resource("AwsCloudTrailTrail", "trail", &fails);
    let stage = world(vec![(ADMINISTRATOR, REGION, vec![trail])]);
    enable(&stage, ADMINISTRATOR, REGION, PCI);
    enable(&stage, ADMINISTRATOR, REGION, CIS);
    let statuses = |stage: &Stage| {
        let own = own(stage);
        let of = |standard: &str| control(of(&own, standard), "CloudTrail.2").0;
        (of(PCI), of(CIS), own.scores.summary_counts)
    };
    let (pci, cis, before) = statuses(&stage);
    assert_eq!((pci, cis), (ControlStatus::Failed, ControlStatus::Failed));
    associate(&stage, "CloudTrail.2", PCI, "DISABLED");
    assert_eq!(
        statuses(&stage),
        (ControlStatus::Disabled, ControlStatus::Failed, before),
        "the control is still enabled in CIS"
    );
    associate(&stage, "CloudTrail.2", CIS, "DISABLED");
    let (pci, cis, after) = statuses(&stage);
    assert_eq!((pci, cis), (ControlStatus::Disabled, ControlStatus::Disabled));
    assert_eq!((after.failed, after.disabled), (before.failed - 1, before.disabled + 1));
    let lingering = findings(&stage, "CloudTrail.2");
    assert_eq!(lingering[0]["RecordState"], "ACTIVE", "the finding remains active for some time");
    associate(&stage, "CloudTrail.2", CIS, "ENABLED");
    assert_eq!(statuses(&stage), (ControlStatus::Disabled, ControlStatus::Failed, before));
}

/// Rules: SCO-02.
#[test]
fn a_control_listed_twice_in_a_standard_counts_once_while_either_is_enabled() {
    let stage = world(vec![(ADMINISTRATOR, REGION, vec![])]);
    enable(&stage, ADMINISTRATOR, REGION, CIS);
    let own = own(&stage);
    let cis = of(&own, CIS);
    assert_eq!(cis.controls.len(), 42);
    let Counts { passed, failed, unknown, no_data, disabled } = cis.counts;
    assert_eq!((passed + failed + unknown + no_data, disabled), (42, 0));
    assert_eq!(own.scores.summary_counts, cis.counts);
}

/// Rules: SCO-03.
#[test]
fn without_findings_there_is_no_data() {
    let mut stage = world(vec![(ADMINISTRATOR, REGION, vec![])]);
    stage.0.delays.standards_enable = jiff::SignedDuration::from_hours(1);
    enable(&stage, ADMINISTRATOR, REGION, PCI);
    let before = own(&stage);
    let pci = of(&before, PCI);
    assert_eq!((pci.score, pci.counts.no_data), (None, 44), "no control was checked yet");
    assert_eq!(before.scores.summary_score, None);
    stage.0.clock.advance(jiff::SignedDuration::from_hours(1));
    let after = own(&stage);
    assert_eq!(control(of(&after, PCI), "IAM.9"), (ControlStatus::Passed, 0, 1));
    assert_eq!(control(of(&after, PCI), "S3.5"), (ControlStatus::NoData, 0, 0), "no bucket is declared");
    assert_eq!(of(&after, PCI).score, Some(100));
    let away = CONTROLS.iter().find(|control| !control.is_available(REGION)).unwrap();
    let named = HashMap::from([(away.id.to_owned(), Checks { failed: 1, ..Checks::default() })]);
    let standards = BTreeMap::from([("fsbp-1.0.0", std::iter::once(away.id).collect())]);
    let hub =
        scored_hubs::ScoredHub { account: id(ADMINISTRATOR), region: Region::new(REGION), standards, checks: named };
    assert_eq!(
        hub.status(away, None),
        (ControlStatus::NoData, Checks::default()),
        "the control is not available in the Region"
    );
}

/// Rules: SCO-07.
#[test]
fn the_summary_score_counts_each_control_once() {
    let fails = [("IAM.6", ComplianceStatus::Failed), ("IAM.9", ComplianceStatus::Warning)];
    let stage = world(vec![(ADMINISTRATOR, REGION, vec![account(&fails)])]);
    for standard in [CIS, PCI, "standards/aws-foundational-security-best-practices/v/1.0.0"] {
        enable(&stage, ADMINISTRATOR, REGION, standard);
    }
    let own = own(&stage);
    let mut statuses: HashMap<&str, ControlStatus> = HashMap::new();
    for standard in &own.scores.standards {
        assert_eq!(control(standard, "IAM.6"), (ControlStatus::Failed, 1, 1), "{}", standard.name);
        for control in &standard.controls {
            let before = statuses.insert(&control.security_control_id, control.control_status);
            assert!(before.is_none_or(|before| before == control.control_status));
        }
    }
    let mut expected = Counts::default();
    for status in statuses.values() {
        expected.add(*status);
    }
    assert_eq!(own.scores.summary_counts, expected);
    assert_eq!((expected.failed, expected.unknown), (1, 1));
    assert_eq!(own.scores.summary_score, expected.score());
}

/// Rules: SCO-09, SCO-11.
#[test]
fn an_administrators_scores_include_its_members() {
    let fails = [("IAM.9", ComplianceStatus::Failed)];
    let stage = world(vec![(ADMINISTRATOR, REGION, vec![account(&[])]), (MEMBER, REGION, vec![account(&fails)])]);
    enable(&stage, ADMINISTRATOR, REGION, PCI);
    enable(&stage, MEMBER, REGION, PCI);
    enable(&stage, MEMBER, REGION, CIS);
    let alone = own(&stage);
    assert_eq!((alone.scores.standards.len(), &alone.accounts), (1, &None));
    is_member(&stage, REGION);
    let all = own(&stage);
    assert_eq!(control(of(&all, PCI), "IAM.9"), (ControlStatus::Failed, 1, 2));
    assert_eq!(
        control(of(&all, CIS), "IAM.9"),
        (ControlStatus::Failed, 1, 1),
        "only the member has enabled the standard"
    );
    let accounts = all.accounts.as_ref().unwrap();
    let names: Vec<&str> = accounts.iter().map(|account| account.account_id.as_str()).collect();
    assert_eq!(names, [ADMINISTRATOR, MEMBER]);
    let without_controls = |mut scores: Scores| {
        scores.standards.iter_mut().for_each(|standard| standard.controls.clear());
        scores
    };
    assert_eq!(accounts[0].scores, without_controls(alone.scores));
    let request = super::standard("pci-dss-3.2.1").unwrap();
    let of_pci = super::compute(&stage.0, &caller(&stage, ADMINISTRATOR, REGION), Some(request)).accounts.unwrap();
    assert_eq!(
        control(&of_pci[1].scores.standards[0], "IAM.9"),
        (ControlStatus::Failed, 1, 1),
        "the scores of each account"
    );
    let of_member = seen(&stage, MEMBER, REGION);
    assert_eq!((&accounts[1].scores, of_member.accounts), (&without_controls(of_member.scores), None));
    // A hub where the control is disabled or has no data does not count; disabled everywhere, it is disabled.
    associate(&stage, "IAM.9", PCI, "DISABLED");
    assert_eq!(control(of(&own(&stage), PCI), "IAM.9"), (ControlStatus::Failed, 1, 1));
    stage.good(
        MEMBER,
        BatchDisableStandards,
        json!({ "StandardsSubscriptionArns": [
        format!("arn:aws:securityhub:{REGION}:{MEMBER}:subscription/pci-dss/v/3.2.1")] }),
    );
    let all = own(&stage);
    assert_eq!(control(of(&all, PCI), "IAM.9"), (ControlStatus::Disabled, 0, 0));
    assert_eq!(control(of(&all, CIS), "IAM.9"), (ControlStatus::Failed, 1, 1));
}

/// Rules: SCO-10, SCO-12.
#[test]
fn a_home_regions_scores_include_linked_regions() {
    let fails = [("IAM.9", ComplianceStatus::Failed)];
    let stage = world(vec![
        (ADMINISTRATOR, REGION, vec![account(&[])]),
        (ADMINISTRATOR, OTHER_REGION, vec![account(&[])]),
        (MEMBER, REGION, vec![account(&[])]),
        (MEMBER, OTHER_REGION, vec![account(&fails)]),
    ]);
    is_member(&stage, REGION);
    is_member(&stage, OTHER_REGION);
    let linked = stage.good(ADMINISTRATOR, CreateFindingAggregator, json!({ "RegionLinkingMode": "ALL_REGIONS" }));
    for account in [ADMINISTRATOR, MEMBER] {
        enable(&stage, account, REGION, PCI);
        enable(&stage, account, OTHER_REGION, PCI);
    }
    let status = |account: &str, region: &str| {
        let seen = seen(&stage, account, region);
        (control(of(&seen, PCI), "IAM.9"), seen.regions.len())
    };
    assert_eq!(status(ADMINISTRATOR, REGION), ((ControlStatus::Failed, 1, 4), 2), "two accounts in two Regions");
    assert_eq!(status(ADMINISTRATOR, OTHER_REGION), ((ControlStatus::Failed, 1, 2), 1));
    assert_eq!(status(MEMBER, REGION), ((ControlStatus::Failed, 1, 2), 2), "the member in two Regions");
    let home = own(&stage);
    assert_eq!(
        (home.regions.as_slice(), home.computed_at.clone()),
        (["eu-west-1", "us-east-1"].map(String::from).as_slice(), Some(stage.now()))
    );
    assert!(of(&home, PCI).standards_arn.contains(REGION));
    let arn = json!({ "FindingAggregatorArn": linked["FindingAggregatorArn"] });
    stage.good(ADMINISTRATOR, DeleteFindingAggregator, arn);
    assert_eq!(status(ADMINISTRATOR, REGION), ((ControlStatus::Passed, 0, 2), 1), "replicas do not count");
}

/// Rules: SCO-01, SCO-14.
#[test]
fn scores_equal_those_that_a_client_computes_in_both_finding_modes() {
    let fails = [("S3.5", ComplianceStatus::Failed), ("S3.1", ComplianceStatus::NotAvailable)];
    let of_account = [("IAM.9", ComplianceStatus::Failed), ("IAM.6", ComplianceStatus::Warning)];
    let stage = world(vec![(ADMINISTRATOR, REGION, vec![bucket("a", &fails), bucket("b", &[]), account(&of_account)])]);
    enable(&stage, ADMINISTRATOR, REGION, PCI);
    enable(&stage, ADMINISTRATOR, REGION, CIS);
    let consolidated = own(&stage).scores;
    stage.good(ADMINISTRATOR, UpdateSecurityHubConfiguration, json!({ "ControlFindingGenerator": "STANDARD_CONTROL" }));
    let switched = own(&stage);
    assert_eq!(control(of(&switched, PCI), "S3.5"), (ControlStatus::Failed, 1, 2), "archived findings do not count");
    assert_eq!(findings(&stage, "S3.5").len(), 4);
    let by_seat = switched.scores;
    let statuses = |scores: &Scores| {
        let controls = scores.standards.iter().flat_map(|standard| &standard.controls);
        controls.map(|control| (control.security_control_id.clone(), control.control_status)).collect::<Vec<_>>()
    };
    assert_eq!(statuses(&by_seat), statuses(&consolidated));
    assert_eq!(
        (by_seat.summary_score, by_seat.summary_counts),
        (consolidated.summary_score, consolidated.summary_counts)
    );
    for (control, status) in statuses(&by_seat) {
        let of_control = findings(&stage, &control);
        let counting = of_control.iter().filter(|it| it["RecordState"] == "ACTIVE");
        let all: BTreeSet<&str> = counting.map(|it| it["Compliance"]["Status"].as_str().unwrap()).collect();
        let expected = if all.contains("FAILED") {
            ControlStatus::Failed
        } else if all.contains("WARNING") || all.contains("NOT_AVAILABLE") {
            ControlStatus::Unknown
        } else if all.contains("PASSED") {
            ControlStatus::Passed
        } else {
            ControlStatus::NoData
        };
        assert_eq!(status, expected, "{control}");
    }
}

/// Rules: CPL-153.
#[test]
fn a_standard_is_found_by_short_name_id_or_arn() {
    let pci = standards::standard("pci-dss-3.2.1").unwrap();
    for text in ["pci-dss-3.2.1", PCI, "arn:aws:securityhub:us-east-1::standards/pci-dss/v/3.2.1"] {
        assert_eq!(standard(text), Ok(pci), "{text}");
    }
    for text in ["", "arn:", "cis-azure-4.0.0"] {
        assert!(standard(text).unwrap_err().contains("available: fsbp-1.0.0, cis-1.2.0"), "{text}");
    }
    for text in ["pci", "PCI DSS", "pci-dss-4.0"] {
        assert!(standard(text).unwrap_err().ends_with("; available: pci-dss-3.2.1, pci-dss-4.0.1"), "{text}");
    }
}

/// Rules: SCO-12.
#[test]
fn daily_scores_are_computed_half_an_hour_after_the_first_view_and_then_daily() {
    let mut stage = world(vec![(ADMINISTRATOR, REGION, vec![account(&[])])]);
    stage.0.daily_scores = Some(crate::state::DailyScores::default());
    enable(&stage, ADMINISTRATOR, REGION, PCI);
    let look = |stage: &Stage| {
        let caller = caller(stage, ADMINISTRATOR, REGION);
        due::run(&stage.0, caller.now);
        super::daily::shown(&stage.0, &caller, None)
    };
    let pass = |stage: &Stage, minutes: i64| stage.0.clock.advance(SignedDuration::from_mins(minutes));
    let latest = |stage: &Stage| super::daily::latest(&stage.0, &caller(stage, ADMINISTRATOR, REGION), None);
    assert_eq!((latest(&stage).next_at, latest(&stage).computed_at), (None, None), "this is no view");
    let first = look(&stage);
    assert_eq!((&first.computed_at, first.scores.summary_score, first.scores.standards.len()), (&None, None, 0));
    let due_at = first.next_at.clone();
    pass(&stage, 29);
    assert_eq!(look(&stage).computed_at, None);
    pass(&stage, 1);
    let computed = look(&stage);
    assert_eq!((&computed.computed_at, computed.scores.standards.len()), (&due_at, 1));
    assert_eq!(latest(&stage), computed);
    let score = computed.scores.summary_score;
    assert!(score.is_some());

    // Changes appear in the next day's scores.
    associate(&stage, "IAM.9", PCI, "DISABLED");
    pass(&stage, 23 * 60 + 59);
    assert_eq!(look(&stage).computed_at, due_at);
    assert_eq!(look(&stage).scores.summary_counts.disabled, 0);
    pass(&stage, 1);
    let second = look(&stage);
    assert_eq!((second.scores.summary_counts.disabled, second.computed_at == computed.next_at), (1, true));
    // A step over several days shows the scores of the last day.
    pass(&stage, 3 * 24 * 60 + 60);
    let later = look(&stage);
    let expected = caller(&stage, ADMINISTRATOR, REGION).now - SignedDuration::from_hours(1);
    assert_eq!(later.computed_at, Some(crate::state::timestamp_text(expected)));
    // A newly enabled standard has a score half an hour after the next view.
    enable(&stage, ADMINISTRATOR, REGION, CIS);
    assert_eq!(look(&stage).scores.standards.len(), 1);
    pass(&stage, 30);
    assert_eq!(look(&stage).scores.standards.len(), 2);
    let of_pci = super::standard("pci-dss-3.2.1").unwrap();
    let caller = caller(&stage, ADMINISTRATOR, REGION);
    assert_eq!(super::daily::shown(&stage.0, &caller, Some(of_pci)).scores.standards.len(), 1);
}
