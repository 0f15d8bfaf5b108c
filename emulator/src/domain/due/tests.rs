//! Due entries are carried out in order, at their own times, and before the next call reads.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};

use jiff::SignedDuration;
use quickcheck::{Arbitrary, Gen};
use securityhub_fixtures::Operation::{
    BatchDisableStandards, BatchEnableStandards, BatchImportFindings, DisableSecurityHub, EnableSecurityHub,
    GetEnabledStandards, UpdateFindings, UpdateSecurityControl, UpdateSecurityHubConfiguration,
};
use serde_json::{Value, json};

use crate::domain::controls::checks;
use crate::domain::events::envelope;
use crate::state::{CheckResult, ComplianceStatus, HubKey, MemberStatus, Region, Resource, TableKey, Timestamp};
use crate::testing::{ADMINISTRATOR, MEMBER, REGION, Stage, check, finding, id};

const STANDARDS: [&str; 2] = ["pci-dss/v/3.2.1", "cis-aws-foundations-benchmark/v/1.4.0"];

fn key(account: &str) -> HubKey {
    HubKey { account: id(account), region: Region::new(REGION) }
}

fn bucket(fails: bool) -> Resource {
    let result = CheckResult { status: ComplianceStatus::Failed, reason: None };
    Resource {
        resource_type: "AwsS3Bucket",
        id: "arn:aws:s3:::pay-invoices".into(),
        results: if fails { BTreeMap::from([("S3.5", result)]) } else { BTreeMap::new() },
        ..Resource::default()
    }
}

fn declare(stage: &Stage, account: &str, declared: Vec<Resource>) {
    let mut transaction = stage.0.write();
    let declared = BTreeMap::from([(key(account), declared)]);
    checks::change::declare(&mut transaction, &stage.0, declared, stage.0.clock.now());
    transaction.commit();
}

/// A world of two quiet hubs with a bucket each.
fn world() -> Stage {
    let stage = Stage::empty();
    for account in [ADMINISTRATOR, MEMBER] {
        declare(&stage, account, vec![bucket(true)]);
        stage.good(account, EnableSecurityHub, json!({ "EnableDefaultStandards": false }));
        let mut transaction = stage.0.write();
        let mut hub = (*transaction.hub(&key(account)).unwrap()).clone();
        hub.is_quiet = true;
        transaction.stage_hub(key(account), hub);
        transaction.commit();
    }
    stage
}

/// An event in a world.
#[derive(Clone, Debug)]
enum Step {
    Call(&'static str, Call),
    /// The clock is advanced by these minutes.
    Pass(i64),
}

#[derive(Clone, Debug)]
enum Call {
    EnableHub,
    DisableHub,
    EnableStandard(usize),
    DisableStandard(usize),
    Generator(bool),
    Parameter(u8),
    Declare(bool),
    Undeclare,
    Import(u8, bool),
    Archive(u8),
}

impl Arbitrary for Step {
    fn arbitrary(random: &mut Gen) -> Self {
        let account = *random.choose(&[ADMINISTRATOR, MEMBER]).unwrap();
        let flag = bool::arbitrary(random);
        let number = u8::arbitrary(random) % 4;
        match u8::arbitrary(random) % 18 {
            0 => Step::Call(account, Call::EnableHub),
            1 => Step::Call(account, Call::DisableHub),
            2..=4 => Step::Call(account, Call::EnableStandard(usize::from(number) % 2)),
            5 => Step::Call(account, Call::DisableStandard(usize::from(number) % 2)),
            6 => Step::Call(account, Call::Generator(flag)),
            7 => Step::Call(account, Call::Parameter(number)),
            8 => Step::Call(account, Call::Declare(flag)),
            9 => Step::Call(account, Call::Undeclare),
            10 | 11 => Step::Call(account, Call::Import(number, flag)),
            12 => Step::Call(account, Call::Archive(number)),
            // Up to a week in minutes, often at hours at which checks are due.
            _ if flag => Step::Pass(i64::from(u16::arbitrary(random) % 14) * 720),
            _ => Step::Pass(i64::from(u16::arbitrary(random) % 10_080)),
        }
    }
}

fn call(stage: &Stage, account: &str, call: &Call) {
    let arn = |standard: &usize| format!("arn:aws:securityhub:us-east-1::standards/{}", STANDARDS[*standard]);
    let subscription =
        |standard: &usize| format!("arn:aws:securityhub:us-east-1:{account}:subscription/{}", STANDARDS[*standard]);
    let (operation, input) = match call {
        Call::EnableHub => (EnableSecurityHub, json!({ "EnableDefaultStandards": false })),
        Call::DisableHub => (DisableSecurityHub, json!({})),
        Call::EnableStandard(standard) => {
            (BatchEnableStandards, json!({ "StandardsSubscriptionRequests": [{ "StandardsArn": arn(standard) }] }))
        }
        Call::DisableStandard(standard) => {
            (BatchDisableStandards, json!({ "StandardsSubscriptionArns": [subscription(standard)] }))
        }
        Call::Generator(is_consolidated) => {
            let generator = if *is_consolidated { "SECURITY_CONTROL" } else { "STANDARD_CONTROL" };
            (UpdateSecurityHubConfiguration, json!({ "ControlFindingGenerator": generator }))
        }
        Call::Parameter(number) => {
            let value = json!({ "ValueType": "CUSTOM", "Value": { "Integer": 20 + number } });
            let parameters = json!({ "MinimumPasswordLength": value });
            (UpdateSecurityControl, json!({ "SecurityControlId": "IAM.7", "Parameters": parameters }))
        }
        Call::Declare(fails) => return declare(stage, account, vec![bucket(*fails)]),
        Call::Undeclare => return declare(stage, account, Vec::new()),
        Call::Import(number, is_archived) => {
            let record_state = if *is_archived { "ARCHIVED" } else { "ACTIVE" };
            let with = json!({ "UpdatedAt": stage.now(), "RecordState": record_state });
            (BatchImportFindings, json!({ "Findings": [finding(&format!("f{number}"), with)] }))
        }
        Call::Archive(number) => {
            let filters = json!({ "Id": [{ "Value": format!("f{number}"), "Comparison": "EQUALS" }] });
            (UpdateFindings, json!({ "Filters": filters, "RecordState": "ARCHIVED" }))
        }
    };
    // A call must be refused in both worlds or in none.
    _ = stage.call(account, operation, input);
}

fn pass(stage: &Stage, minutes: i64) {
    stage.0.clock.advance(SignedDuration::from_mins(minutes));
    stage.after_clock_change();
}

/// The readable state of a world: hubs, findings with histories and expiry, and the events after a number.
fn state(stage: &Stage) -> Value {
    let relations = stage.0.relations();
    let hubs: Vec<String> =
        relations.hub_keys().iter().map(|key| format!("{key:?} {:?}", relations.hub(key))).collect();
    let findings = stage.0.read_findings(&Region::new(REGION), |findings| {
        let of = |slot| {
            let document = String::from_utf8_lossy(findings.table().document(slot)).into_owned();
            json!([document, format!("{:?} {:?}", findings.metadata(slot), findings.expires_at(slot))])
        };
        findings.table().slots().map(of).collect::<Vec<_>>()
    });
    let events = stage.0.events(0, usize::MAX, |_| true);
    let events: Vec<String> = events.events.iter().map(|event| envelope::write(event, &stage.0.ids)).collect();
    let hubs_v2: Vec<String> = relations.hubs_v2().map(|(key, hub)| format!("{key:?} {hub:?}")).collect();
    json!({ "hubs": hubs, "hubs_v2": hubs_v2, "findings": findings, "events": events, "resources": format!("{:?}", relations.resources()) })
}

/// Rules: FND-40, FND-42, FND-43, FND-50, FND-54, STD-63, RET-02.
#[test]
fn one_clock_step_leaves_the_same_world_as_its_parts() {
    fn holds(steps: Vec<Step>, cuts: Vec<u16>) -> bool {
        let (whole, cut) = (world(), world());
        let mut cuts = cuts.into_iter().cycle();
        for step in steps {
            match step {
                Step::Call(account, of) => {
                    call(&whole, account, &of);
                    call(&cut, account, &of);
                }
                Step::Pass(minutes) => {
                    pass(&whole, minutes);
                    let mut left = minutes;
                    loop {
                        let part = cuts.next().map_or(left, |part| i64::from(part % 3_000) + 1).min(left);
                        pass(&cut, part);
                        left -= part;
                        if left == 0 {
                            break;
                        }
                    }
                }
            }
        }
        state(&whole) == state(&cut)
    }
    check(20).quickcheck(holds as fn(Vec<Step>, Vec<u16>) -> bool);
}

/// Rules: FND-42, FND-50, FND-54, RET-01.
#[test]
fn one_long_clock_step_leaves_the_same_findings_as_its_parts() {
    for standards in [&STANDARDS[..1], &STANDARDS[..]] {
        let (whole, cut) = (world(), world());
        for stage in [&whole, &cut] {
            (0..standards.len()).for_each(|standard| call(stage, ADMINISTRATOR, &Call::EnableStandard(standard)));
            pass(stage, 90);
            call(stage, ADMINISTRATOR, &Call::DisableStandard(0));
            call(stage, ADMINISTRATOR, &Call::Import(1, false));
        }
        let days = 200;
        pass(&whole, days * 24 * 60);
        (0..days * 24).for_each(|_| pass(&cut, 60));
        let (whole, cut) = (state(&whole), state(&cut));
        assert_eq!((&whole["hubs"], &whole["findings"]), (&cut["hubs"], &cut["findings"]));
    }
}

/// Rules: FND-50.
#[test]
fn findings_of_a_disabled_standard_are_archived_on_time_while_it_is_being_deleted() {
    for cuts in [&[34][..], &[4, 30], &[1; 34]] {
        let mut stage = world();
        stage.0.delays.standards_disable = SignedDuration::from_hours(2 * 24);
        call(&stage, ADMINISTRATOR, &Call::EnableStandard(0));
        pass(&stage, 0);
        assert!(stage.0.finding_count() > 0);
        call(&stage, ADMINISTRATOR, &Call::DisableStandard(0));
        let archived = stage.0.clock.now() + SignedDuration::from_hours(3 * 24);
        for days in cuts {
            pass(&stage, days * 24 * 60);
        }
        assert_eq!(stage.0.finding_count(), 0, "{cuts:?}: archived after three days, deleted thirty days later");
        let times: std::collections::BTreeSet<String> = stage
            .events()
            .iter()
            .filter(|event| event["detail"]["findings"][0]["RecordState"] == "ARCHIVED")
            .map(|event| event["time"].as_str().unwrap().to_owned())
            .collect();
        assert_eq!(times, [archived.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()].into(), "{cuts:?}");
    }
}

/// Rules: FND-42.
#[test]
fn five_days_have_ten_checks_in_one_clock_step_or_many() {
    for parts in [1, 2, 120] {
        let stage = world();
        call(&stage, ADMINISTRATOR, &Call::EnableStandard(0));
        pass(&stage, 0);
        stage.events();
        (0..parts).for_each(|_| pass(&stage, 5 * 24 * 60 / parts));
        let times: std::collections::BTreeSet<String> =
            stage.events().iter().map(|event| event["time"].to_string()).collect();
        assert_eq!(times.len(), 10, "{parts}: {times:?}");
    }
}

/// Rules: FND-42.
#[test]
fn a_long_clock_step_skips_all_but_the_last_checks() {
    for days in [100, 360, 3 * 365] {
        let stage = world();
        call(&stage, ADMINISTRATOR, &Call::EnableStandard(0));
        pass(&stage, 0);
        stage.events();
        pass(&stage, days * 24 * 60);
        let now = stage.0.clock.now();
        let hours_ago = |event: &Value| {
            let time: Timestamp = event["time"].as_str().unwrap().parse().unwrap();
            now.duration_since(time).as_hours()
        };
        let checks: std::collections::BTreeSet<i64> = stage.events().iter().map(hours_ago).collect();
        let last_week = checks.range(..7 * 24).count();
        let before: Vec<i64> = checks.range(8 * 24..=365 * 24).copied().collect();
        assert_eq!(last_week, 14, "{days}: {checks:?}");
        assert!(before.windows(2).all(|pair| pair[1] - pair[0] == 30 * 24), "{days}: {checks:?}");
        assert!(before.last().is_some_and(|oldest| *oldest > (days.min(365) - 31) * 24), "{days}: {checks:?}");
        assert!(checks.range(366 * 24..).count() <= 1, "only the first check is that old: {days}: {checks:?}");
    }
}

/// Rules: STD-63.
#[test]
fn no_call_sees_only_some_of_the_due_entries_carried_out() {
    let mut stage = Stage::empty();
    stage.0.delays.standards_enable = SignedDuration::from_secs(1);
    stage.good(ADMINISTRATOR, EnableSecurityHub, json!({ "EnableDefaultStandards": false }));
    let arns: Vec<String> =
        stage.good(ADMINISTRATOR, securityhub_fixtures::Operation::DescribeStandards, json!({}))["Standards"]
            .as_array()
            .unwrap()
            .iter()
            .map(|standard| standard["StandardsArn"].as_str().unwrap().to_owned())
            .collect();
    for round in 0..30 {
        for arn in &arns {
            let requests = json!({ "StandardsSubscriptionRequests": [{ "StandardsArn": arn }] });
            stage.good(ADMINISTRATOR, BatchEnableStandards, requests);
        }
        stage.0.clock.advance(SignedDuration::from_secs(1));
        std::thread::scope(|scope| {
            for _ in 0..6 {
                scope.spawn(|| {
                    let answer = stage.good(ADMINISTRATOR, GetEnabledStandards, json!({}));
                    let subscriptions = answer["StandardsSubscriptions"].as_array().unwrap();
                    let is_ready = |of: &&Value| of["StandardsStatus"] == "READY";
                    assert_eq!(subscriptions.iter().filter(is_ready).count(), arns.len(), "round {round}: {answer}");
                });
            }
        });
        stage.good(ADMINISTRATOR, DisableSecurityHub, json!({}));
        stage.good(ADMINISTRATOR, EnableSecurityHub, json!({ "EnableDefaultStandards": false }));
    }
}

#[test]
fn readers_see_a_transaction_completely_or_not_at_all() {
    let stage = Stage::with_hubs(&[ADMINISTRATOR, MEMBER]);
    stage.member(MemberStatus::Enabled);
    let is_done = AtomicBool::new(false);
    std::thread::scope(|scope| {
        for _ in 0..3 {
            scope.spawn(|| {
                while !is_done.load(Ordering::Relaxed) {
                    let relations = stage.0.relations();
                    let is_member = relations.directory().member(id(ADMINISTRATOR), &Region::new(REGION), id(MEMBER));
                    assert_eq!(is_member.is_some(), relations.is_on(&key(MEMBER)), "the hub of a member is enabled");
                }
            });
        }
        for round in 0..2_000 {
            let mut transaction = stage.0.write();
            let mut hub = (*transaction.hub(&key(MEMBER)).unwrap()).clone();
            let now = stage.0.clock.now();
            hub.phase =
                if round % 2 == 0 { crate::state::Phase::Dormant(now) } else { crate::state::Phase::Enabled(now) };
            transaction.stage_hub(key(MEMBER), hub);
            transaction.edit_directory(|directory| {
                let members = directory.members.entry((id(ADMINISTRATOR), Region::new(REGION))).or_default();
                members.clear();
                if round % 2 == 1 {
                    let kind = crate::state::MemberKind::Invitation;
                    let member = crate::state::Member::new(MemberStatus::Enabled, kind, now);
                    members.insert(id(MEMBER), member);
                }
            });
            transaction.commit();
        }
        is_done.store(true, Ordering::Relaxed);
    });
    assert!(
        stage.0.read_findings(TableKey::from(&Region::new(REGION)), |_| ()).is_none(),
        "reading does not create a table"
    );
}
