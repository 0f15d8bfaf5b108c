//! Tests that scenarios are loaded and built, and that all errors are reported.

mod at_once;
mod central_configuration;
mod event_sinks;
mod faults;
mod hub_entries;
mod members;
mod resources;
mod shipped;
mod v2;
mod v2_entries;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use tempfile::TempDir;

use super::Scenario;
use crate::domain::caller::Caller;
use crate::domain::findings::visibility::{View, views};
use crate::domain::hub_access::is_enabled;
use crate::state::{
    AccountId, AccountStatus, ControlFindingGenerator, HubKey, Linking, MemberKind, MemberStatus, Principal, Region,
    World, timestamp_text,
};
use crate::testing;

/// A temporary directory with files.
fn folder(files: &[(&str, &str)]) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in files {
        std::fs::write(folder.path().join(name), text).unwrap();
    }
    folder
}

fn paths(folder: &TempDir, files: &[(&str, &str)]) -> Vec<PathBuf> {
    let scenarios = files.iter().filter(|(name, _)| name.starts_with("scenario"));
    scenarios.map(|(name, _)| folder.path().join(name)).collect()
}

/// The errors of the files whose names begin with `scenario`, as displayed to the user.
pub(super) fn errors_of(files: &[(&str, &str)]) -> String {
    let folder = folder(files);
    let errors = super::check(&paths(&folder, files)).to_string();
    errors.replace(&format!("{}/", folder.path().display()), "")
}

pub(super) fn errors(text: &str) -> String {
    errors_of(&[("scenario.yaml", text)])
}

pub(super) fn load(files: &[(&str, &str)]) -> Scenario {
    let folder = folder(files);
    super::load(&paths(&folder, files)).map_err(|errors| errors.to_string()).unwrap()
}

pub(super) fn build(text: &str) -> World {
    load(&[("scenario.yaml", text)]).build().map_err(|errors| errors.to_string()).unwrap()
}

pub(super) fn account(id: &str) -> AccountId {
    AccountId::parse(id).unwrap()
}

fn key(id: &str, region: &str) -> HubKey {
    HubKey { account: account(id), region: Region::new(region) }
}

pub(super) fn repository(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(path)
}

#[test]
fn the_quickstart_is_valid_and_always_builds_the_same_world() {
    let scenario = super::load(&[repository("scenarios/quickstart.yaml")]).unwrap();
    assert_eq!(scenario.name(), Some("quickstart"));
    for _ in 0..2 {
        let world = scenario.build().unwrap();
        assert_eq!((world.relations().hub_count(), world.finding_count()), (6, 67));
        assert_eq!(timestamp_text(world.clock.now()), "2026-01-15T09:00:00.000Z");
        let directory = world.directory();
        assert_eq!(
            directory.administrator(account("333333333333"), &Region::new("eu-west-1")),
            Some(account("111111111111"))
        );
        assert!(directory.is_delegated_administrator(account("111111111111"), &Region::new("us-east-1")));
    }
}

/// Rules: ARN-08.
#[test]
fn equal_seeds_give_equal_organizations() {
    let text = "seed: 3\norganization: { management_account: '111111111111', units: { A: { units: { B: {} } } } }";
    let organization = |text: &str| build(text).directory().organization.clone().unwrap();
    let (first, second, other) = (organization(text), organization(text), organization(&text.replace('3', "4")));
    assert_eq!((&first.id, &first.root_id, &first.units), (&second.id, &second.root_id, &second.units));
    assert_ne!(first.id, other.id);
    let (outer, _) = first.units.iter().find(|(_, unit)| unit.name == "A").unwrap();
    let (_, inner) = first.units.iter().find(|(_, unit)| unit.name == "B").unwrap();
    assert_eq!(&inner.parent, outer);
    assert!(outer.starts_with(&first.root_id.replacen("r-", "ou-", 1)), "{outer} lies under {}", first.root_id);
    let is_word = |word: &str, length| {
        word.len() == length && word.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit())
    };
    let root = first.root_id.strip_prefix("r-").unwrap();
    let (of_root, of_unit) = outer.strip_prefix("ou-").unwrap().split_once('-').unwrap();
    assert!(is_word(root, 4) && of_root == root && is_word(of_unit, 8), "{} {outer}", first.root_id);
    let accounts = first.parents.keys().map(ToString::to_string).collect::<Vec<_>>();
    assert_eq!(accounts, ["111111111111"]);
}

#[test]
fn an_empty_file_is_an_empty_world_in_us_east_1() {
    for text in ["", "# nothing\n", "{}", "name:\n"] {
        let world = build(text);
        assert_eq!(
            (world.relations().hub_count(), world.directory().regions.clone()),
            (0, vec![Region::new("us-east-1")]),
            "{text}"
        );
    }
}

#[test]
fn json_is_read_like_yaml() {
    let text = "{\n\t\"name\": \"a\\/b \\u00e9\",\n\t\"hubs\": [\n\t\t{\"account\": \"111111111111\", \"regions\": \"all\"}\n\t]\n}\n";
    let scenario = load(&[("scenario.json", text)]);
    assert_eq!(scenario.name(), Some("a/b é"));
    assert!(is_enabled(&scenario.build().unwrap(), &key("111111111111", "us-east-1")));
}

#[test]
fn an_account_id_needs_no_quotes_in_yaml() {
    let world = build(
        "default_account: 012345678901\nhubs:\n  - { account: 111111111111, regions: all, members: { 222222222222: created } }",
    );
    assert_eq!(world.directory().default_account, Some(account("012345678901")));
    assert!(is_enabled(&world, &key("111111111111", "us-east-1")));
}

#[test]
fn entries_can_share_a_yaml_anchor() {
    let world = build(
        "hubs:\n  - &hub { account: '111111111111', regions: all, tags: { team: x } }\n  - { <<: *hub, account: '222222222222' }",
    );
    let hub = world.hub(&key("222222222222", "us-east-1")).unwrap();
    assert_eq!(hub.tags.get("team").map(String::as_str), Some("x"));
}

#[test]
fn a_hub_gets_its_settings() {
    let world = build(
        "hubs:\n  - account: '111111111111'\n    regions: [us-east-1]\n    tags: { team: x }\n    auto_enable_controls: false\n    \
         control_finding_generator: STANDARD_CONTROL\n    default_standards: true\n    products: [guardduty, prowler/prowler]",
    );
    let hub = world.hub(&key("111111111111", "us-east-1")).unwrap();
    assert_eq!(hub.tags.len(), 1);
    assert!(!hub.auto_enable_controls);
    assert_eq!(hub.control_finding_generator, ControlFindingGenerator::StandardControl);
    assert_eq!(hub.standards.len(), 2);
    let products: Vec<&str> = hub.product_subscriptions.iter().map(String::as_str).collect();
    assert_eq!(products, ["aws/guardduty", "prowler/prowler"]);
}

/// Rules: HUB-03.
#[test]
fn a_member_inherits_the_generator_of_its_administrator_in_any_order() {
    let world = build(
        "hubs:\n  - { account: '111111111111', regions: all }\n  - { account: '222222222222', regions: all, \
         control_finding_generator: STANDARD_CONTROL, members: { '111111111111': enabled } }",
    );
    let hub = world.hub(&key("111111111111", "us-east-1")).unwrap();
    assert_eq!(hub.control_finding_generator, ControlFindingGenerator::StandardControl);
}

/// Rules: ORG-02, MST-02.
#[test]
fn hubs_of_the_delegated_administrator_and_of_enabled_members_are_enabled() {
    let world = build(
        "regions: [us-east-1, eu-west-1]\n\
         organization:\n  management_account: '999999999999'\n  delegated_administrator: '111111111111'\n  \
         units: { A: { accounts: ['111111111111', '222222222222'] } }\n\
         hubs:\n  - account: '111111111111'\n    regions: [us-east-1]\n    \
         members: { '222222222222': enabled, '333333333333': enabled, '444444444444': invited }",
    );
    for (id, region, on) in [
        ("111111111111", "eu-west-1", true),
        ("222222222222", "us-east-1", true),
        ("333333333333", "us-east-1", true),
        ("222222222222", "eu-west-1", false),
        ("444444444444", "us-east-1", false),
    ] {
        assert_eq!(is_enabled(&world, &key(id, region)), on, "{id} {region}");
    }
    let directory = world.directory();
    let members = &directory.members[&(account("111111111111"), Region::new("us-east-1"))];
    let kinds: Vec<_> = members.values().map(|member| (member.status, member.kind)).collect();
    assert_eq!(
        kinds,
        [
            (MemberStatus::Enabled, MemberKind::Organization),
            (MemberStatus::Enabled, MemberKind::Invitation),
            (MemberStatus::Invited, MemberKind::Invitation)
        ]
    );
}

const LIST: &str =
    "\u{feff}Account ID,Email\r\n222222222222,two@example.com\r\n333333333333,\r\n444444444444,four@example.com\r\n";

#[test]
fn members_override_the_csv_file_of_members() {
    let text = "regions: [us-east-1, eu-west-1]\naccounts: { '333333333333': { email: three@example.com } }\nhubs:\n  \
                - account: '111111111111'\n    regions: all\n    members_csv: lists/members.csv\n    \
                members: { '444444444444': invited, '555555555555': created }\n";
    let folder = folder(&[("scenario.yaml", text)]);
    std::fs::create_dir(folder.path().join("lists")).unwrap();
    std::fs::write(folder.path().join("lists/members.csv"), LIST).unwrap();
    let world = super::load(&[folder.path().join("scenario.yaml")]).unwrap().build().unwrap();
    for region in ["us-east-1", "eu-west-1"] {
        let directory = world.directory();
        let members = &directory.members[&(account("111111111111"), Region::new(region))];
        let rows: Vec<_> = members.values().map(|member| (member.status, member.email.as_deref())).collect();
        assert_eq!(
            rows,
            [
                (MemberStatus::Enabled, Some("two@example.com")),
                (MemberStatus::Enabled, Some("three@example.com")),
                (MemberStatus::Invited, Some("four@example.com")),
                (MemberStatus::Created, None),
            ]
        );
        assert!(is_enabled(&world, &key("222222222222", region)) && !is_enabled(&world, &key("444444444444", region)));
    }
}

/// Rules: MST-11, ARN-07.
#[test]
fn members_of_a_scenario_have_their_invitations() {
    let world = build(
        "hubs:\n  - { account: '111111111111', regions: all, members: { '222222222222': enabled, \
         '333333333333': invited, '444444444444': created, '555555555555': removed, '666666666666': resigned } }",
    );
    let directory = world.directory();
    let members = directory.members[&(account("111111111111"), Region::new("us-east-1"))].values();
    let rows: Vec<_> = members.map(|member| (member.invited_at.is_some(), member.invitation.is_some())).collect();
    assert_eq!(rows, [(true, true), (true, true), (false, false), (true, false), (true, true)]);
}

#[test]
fn an_invalid_line_of_a_csv_file_is_reported_with_its_location() {
    let text = "hubs:\n  - { account: '111111111111', regions: all, members_csv: members.csv }\n  \
                - { account: '222222222222', regions: all, members_csv: member.csv }\n";
    let list =
        "Account ID,Email\n12345678901,a@example.com\n333333333333,c@example.com\n333333333333,\n111111111111,\n";
    insta::assert_snapshot!(errors_of(&[("scenario.yaml", text), ("members.csv", list)]));
    insta::assert_snapshot!(errors_of(&[
        ("scenario.yaml", "hubs: [{ account: '111111111111', regions: all, members_csv: members.csv }]\n"),
        ("members.csv", "222222222222,\n111111111111,\n"),
    ]));
}

/// Rules: QUO-01, QUO-02.
#[test]
fn members_must_not_exceed_the_quotas_of_the_scenario() {
    let with = |quotas: &str| {
        format!(
            "quotas: {quotas}\norganization:\n  management_account: '999999999999'\n  delegated_administrator: \
             '111111111111'\n  units: {{ A: {{ accounts: ['111111111111', '222222222222'] }} }}\nhubs:\n  - {{ account: \
             '111111111111', regions: all, members: {{ '222222222222': enabled, '333333333333': enabled, '444444444444': \
             removed }} }}\n"
        )
    };
    assert_eq!(errors(&with("{ members: 2, invited_members: 1 }")), "");
    for (quotas, expected) in [
        ("{ members: 1 }", "111111111111 has 2 members in us-east-1, but at most 1 are allowed"),
        ("{ invited_members: 0 }", "111111111111 has 1 members by invitation in us-east-1, but at most 0 are allowed"),
        ("{ members: 1000001 }", "the quota 1000001 is too high"),
    ] {
        assert!(errors(&with(quotas)).contains(expected), "{}", errors(&with(quotas)));
    }
    let directory = build(&with("{ invited_members: 7 }")).directory();
    assert_eq!((directory.quotas.members, directory.quotas.invited_members), (10_000, 7));
}

#[test]
fn a_centrally_managed_account_can_have_a_hub() {
    let world = build(
        "accounts: { '111111111111': { centrally_managed: true, status: suspended } }\n\
         hubs: [{ account: '111111111111', regions: all }]",
    );
    let directory = world.directory();
    let known = &directory.accounts[&account("111111111111")];
    assert!(known.centrally_managed && is_enabled(&world, &key("111111111111", "us-east-1")));
    assert_eq!((known.status, &*known.name), (AccountStatus::Suspended, "account-111111111111"));
}

#[test]
fn credentials_identify_users_and_sessions() {
    let world = build(
        "credentials:\n  AKIAALICE: { account: '111111111111', user: alice, secret: s }\n  ASIAAUDIT: { account: \
         '111111111111', role: Auditor, session: s1 }\n  AKIAPLAIN: { account: '222222222222' }",
    );
    let directory = world.directory();
    let arn = |key: &str| directory.credentials[key].principal.arn.clone();
    assert_eq!(arn("AKIAALICE"), "arn:aws:iam::111111111111:user/alice");
    assert_eq!(arn("ASIAAUDIT"), "arn:aws:sts::111111111111:assumed-role/Auditor/s1");
    assert_eq!(arn("AKIAPLAIN"), "arn:aws:iam::222222222222:user/local");
    assert_eq!(directory.credentials["AKIAALICE"].secret.as_deref(), Some("s"));
}

#[test]
fn a_clock_runs_from_its_time_unless_it_is_frozen() {
    assert!(build("clock: { now: 2026-01-15T09:00:00Z, frozen: true }").clock.is_frozen());
    assert!(build("clock: { frozen: true }").clock.is_frozen());
    let running = build("clock: { now: 2026-01-15T09:00:00+01:00 }");
    assert!(!running.clock.is_frozen());
    assert!(timestamp_text(running.clock.now()).starts_with("2026-01-15T08:0"));
}

#[test]
fn later_files_replace_add_and_override() {
    let first = "name: one\nseed: 1\nregions: [us-east-1, eu-west-1]\n\
         accounts: { '111111111111': { name: one }, '222222222222': { name: two, email: two@x.org } }\n\
         hubs: [{ account: '111111111111', regions: all, tags: { from: one } }]";
    let second = r#"{"name": "two",
         "accounts": {"222222222222": {"name": "zwei"}},
         "hubs": [{"account": "111111111111", "regions": ["eu-west-1"], "tags": {"from": "two"}},
                  {"account": "333333333333", "regions": "all"}]}"#;
    let scenario = load(&[("scenario-1.yaml", first), ("scenario-2.json", second)]);
    assert_eq!(scenario.name(), Some("two"));
    let world = scenario.build().unwrap();
    assert_eq!(world.relations().hub_count(), 4);
    let tag = |region: &str| world.hub(&key("111111111111", region)).unwrap().tags["from"].clone();
    assert_eq!((tag("us-east-1"), tag("eu-west-1")), ("one".to_owned(), "two".to_owned()));
    let directory = world.directory();
    let names = ["111111111111", "222222222222"].map(|id| &*directory.accounts[&account(id)].name);
    assert_eq!(names, ["one", "zwei"]);
    assert_eq!(directory.accounts[&account("222222222222")].email, "222222222222@example.com", "replaced as a whole");
}

/// A valid finding of GuardDuty.
pub(super) const FINDING: &str = r#"{"SchemaVersion": "2018-10-08", "Id": "1", "GeneratorId": "g", "AwsAccountId": "111111111111",
"ProductArn": "arn:aws:securityhub:us-east-1::product/aws/guardduty", "Types": ["TTPs"], "Title": "t", "Description": "d",
"CreatedAt": "2026-01-01T00:00:00Z", "UpdatedAt": "2026-01-01T00:00:00Z", "Severity": {"Label": "LOW"},
"Resources": [{"Type": "Other", "Id": "r"}]}"#;

const HUB_AND_FINDINGS: &str = "clock: { now: 2026-01-15T09:00:00Z, frozen: true }\nhubs:\n  - { account: '111111111111', regions: all }\nfindings:\n  - file: '*.json'\n";

#[test]
fn findings_may_be_single_in_a_list_or_in_a_batch() {
    let list = format!(
        "[{}, {}]",
        FINDING.replace(r#""Id": "1""#, r#""Id": "2""#),
        FINDING.replace(r#""Id": "1""#, r#""Id": "3""#)
    );
    let batch = format!(r#"{{"Findings": [{}]}}"#, FINDING.replace(r#""Id": "1""#, r#""Id": "4""#));
    let files = [("scenario.yaml", HUB_AND_FINDINGS), ("a.json", FINDING), ("b.json", &list), ("c.json", &batch)];
    assert_eq!(load(&files).build().unwrap().finding_count(), 4);
}

const TWO_HUBS: &str = "clock: { now: 2026-01-15T09:00:00Z, frozen: true }\nregions: [us-east-1, eu-west-1]\nhubs:\n  \
    - { account: '111111111111', regions: all }\n  - { account: '222222222222', regions: [us-east-1] }\n";

/// The documents of all findings of a world.
fn findings(world: &World) -> BTreeSet<Vec<u8>> {
    let of = |region| {
        let documents = world.read_findings(&Region::new(region), |findings| {
            let table = findings.table();
            table.slots().map(|slot| table.document(slot).to_vec()).collect::<Vec<_>>()
        });
        documents.unwrap_or_default()
    };
    ["us-east-1", "eu-west-1"].into_iter().flat_map(of).collect()
}

#[test]
fn generated_findings_are_distributed_over_enabled_hubs() {
    let generate = "findings:\n  - generate: { product: guardduty, count: 150 }\n  - generate: { product: all, count: 250, \
         accounts: ['111111111111'], regions: [eu-west-1], days: 3 }\n  - generate: { product: guardduty, count: 150 }\n";
    let text = format!("{TWO_HUBS}{generate}");
    let world = build(&text);
    assert_eq!(world.finding_count(), 550, "no two sources generate the same finding");
    assert_eq!(findings(&world), findings(&build(&text)), "each build generates the same findings");
    assert_ne!(findings(&world), findings(&build(&format!("seed: 1\n{text}"))));
}

/// Many findings are generated on a separate thread, few are not.
#[test]
fn findings_generated_on_a_thread_begin_with_those_generated_without() {
    let of =
        |count| findings(&build(&format!("{TWO_HUBS}findings:\n  - generate: {{ product: all, count: {count} }}\n")));
    let (few, many) = (of(950), of(1_450));
    assert_eq!((few.len(), many.len()), (950, 1_450));
    assert!(many.is_superset(&few));
}

#[test]
fn a_later_file_replaces_an_aggregator_and_adds_others() {
    let base = "regions: [us-east-1, eu-west-1]\nhubs:\n  - { account: '111111111111', regions: all }\n  - { account: '222222222222', regions: all }\naggregators:\n  - { account: '111111111111', home: us-east-1 }\n";
    let over = "aggregators:\n  - { account: '111111111111', home: eu-west-1, mode: SPECIFIED_REGIONS, regions: [us-east-1] }\n  - { account: '222222222222', home: us-east-1, mode: NO_REGIONS }\n";
    let world = load(&[("scenario-1.yaml", base), ("scenario-2.yaml", over)]).build().unwrap();
    let directory = world.directory();
    let invitations = directory
        .aggregators
        .iter()
        .map(|(account, aggregator)| (account.to_string(), aggregator.home.to_string(), aggregator.linking.clone()));
    let (one, two) = ("111111111111".to_owned(), "222222222222".to_owned());
    let expected = [
        (one, "eu-west-1".to_owned(), Linking::Only(vec![Region::new("us-east-1")])),
        (two, "us-east-1".to_owned(), Linking::None),
    ];
    assert_eq!(invitations.collect::<Vec<_>>(), expected);
}

/// One snapshot per kind of error.
macro_rules! snapshots {
    ($($name:ident: $text:expr,)*) => {
        $(#[test]
        fn $name() {
            insta::assert_snapshot!(stringify!($name), errors($text));
        })*
    };
}

snapshots! {
    an_unknown_key_suggests_the_most_similar_one: "name: x\nhubz: []\n",
    an_unknown_key_similar_to_none: "clock:\n  now: 2026-01-15T09:00:00Z\n  timezone: Europe/Berlin\n",
    a_wrong_type: "seed: -7\nname: [a]\nclock: { frozen: 'yes' }\nhubs: { a: 1 }\n",
    lists_in_place_of_maps: "accounts: ['111111111111']\nhubs:\n  - { account: '111111111111', regions: all, members: ['222222222222'] }\n",
    a_missing_key: "hubs:\n  - regions: all\n  - account: '111111111111'\n",
    a_duplicate_key: "name: a\nname: b\n",
    a_syntax_error: "hubs:\n  - account: '111111111111'\n   regions: all\n",
    two_documents: "name: a\n---\nname: b\n",
    an_omitted_key: "?",
    an_invalid_word: "hubs:\n  - { account: '111111111111', regions: al, members: { '222222222222': enabeld } }\n",
    invalid_account_ids: "default_account: '1234'\norganization:\n  management_account: root\n  units: { A: { accounts: ['11111111111x'] } }\nhubs:\n  - { account: 99, regions: all, members: { '2': enabled } }\naccounts:\n  '22222222222': {}\ncredentials:\n  AKIA: { account: abc }\n",
    invalid_regions: "regions: [eu-wset-1, mars-north-1, eu-west-1, eu-west-1]\nhubs:\n  - { account: '111111111111', regions: [eu-west-1, us-east-1, eu-wst-1] }\n",
    invalid_products: "hubs:\n  - { account: '111111111111', regions: all, products: [guardduti, aws/inspecter, nonsense-of-mine, default] }\n",
    invalid_resources: "hubs:\n  - { account: '111111111111', regions: all }\nresources:\n  - { account: '111111111111', regions: all, type: AwsS3Buckt, id: a }\n  - account: '111111111111'\n    regions: all\n    type: AwsS3Bucket\n    fails: [S3.55, IAM.9, PCI.S3.5, '1.10']\n    warns: { S3.1: CONFIG_RULE_EVALUATION_EROR }\n",
    invalid_durations: "delays: { standards_enable: soon, standards_disable: -1h }\n",
    invalid_standards: "hubs:\n  - { account: '111111111111', regions: all, standards: [pci-dss-4.0, cis-azure-4.0.0], config_recorder: of }\n",
    an_invalid_time: "clock: { now: 2026-13-15T09:00:00Z }\n",
    invalid_patterns: "findings:\n  - file: guard-duty.json\n  - file: '[a.json'\n",
    invalid_sources_of_findings: "findings:\n  - {}\n  - fil: a.json\n  - file: '*.toml'\n    generate: { product: macie, count: 1 }\n  - generate: { count: 1 }\n",
    nothing_to_generate: &format!("{TWO_HUBS}findings:\n  - generate: {{ product: guardduti, count: 0, days: 366 }}\n  - generate:\n      product: macie\n      count: 1000001\n      accounts: ['222222222221', '33']\n      regions: [us-west-2, eu-wst-1]\n  - generate: {{ product: macie, count: 5, accounts: some }}\n  - generate: {{ product: macie, count: 5, accounts: ['222222222222'], regions: [eu-west-1] }}\n"),
    a_missing_hub_to_generate_for: "regions: [cn-north-1]\naccounts: { '111111111111': {} }\nhubs:\n  - { account: '222222222222', regions: all }\nfindings:\n  - generate: { product: macie, count: 5 }\n  - generate: { product: all, count: 5, accounts: ['111111111111'] }\n",
    refused_generated_findings: "regions: [us-east-1, eu-west-1]\nhubs:\n  - { account: '111111111111', regions: [us-east-1], products: [guardduty] }\nfindings:\n  - generate: { product: macie, count: 5 }\n  - generate: { product: guardduty, count: 200, accounts: ['111111111111'], regions: [us-east-1, eu-west-1] }\n",
    invalid_ids_of_an_organization: "organization: { id: org-1, root_id: r-A, management_account: '111111111111', service_access: [securityhub] }\n",
    an_account_in_two_units: "organization:\n  management_account: '999999999999'\n  units:\n    A: { accounts: ['111111111111'] }\n    B: { accounts: ['111111111111'] }\n",
    units_too_deep: "organization:\n  management_account: '999999999999'\n  units: { A: { units: { B: { units: { C: { units: { D: { units: { E: { units: { F: {} } } } } } } } } } } }\n",
    a_delegated_administrator_outside: "organization: { management_account: '999999999999', delegated_administrator: '111111111111' }\n",
    a_duplicate_hub: "regions: [us-east-1, eu-west-1]\nhubs:\n  - { account: '111111111111', regions: all }\n  - { account: '111111111111', regions: [eu-west-1] }\n",
    members_that_violate_the_rules: "hubs:\n  - account: '111111111111'\n    regions: all\n    members:\n      '111111111111': enabled\n      '222222222222': enabled\n      '333333333333': enabled\n  - account: '222222222222'\n    regions: all\n    control_finding_generator: STANDARD_CONTROL\n  - account: '444444444444'\n    regions: all\n    members: { '333333333333': enabled, '111111111111': enabled }\n",
    aggregators_that_violate_the_rules: "regions: [us-east-1, eu-west-1, eu-south-1]\nhubs:\n  - account: '111111111111'\n    regions: [us-east-1, eu-south-1]\n    members: { '222222222222': enabled }\naggregators:\n  - { account: '111111111111', home: us-east-1, mode: NO_REGIONS, regions: [eu-west-1] }\n  - { account: '111111111111', home: us-east-1, mode: SPECIFIED_REGIONS, regions: [eu-wst-1, us-east-1] }\n  - { account: '222222222222', home: us-east-1 }\n  - { account: '333333333333', home: eu-west-1 }\n  - { account: '444444444444', home: us-west-2, mode: SOME_REGIONS }\n  - { account: '555555555555', home: us-east-1, mode: SPECIFIED_REGIONS, regions: [us-east-1] }\n",
    an_opt_in_home_region: "regions: [eu-south-1]\nhubs:\n  - { account: '111111111111', regions: all }\naggregators:\n  - { account: '111111111111', home: eu-south-1 }\n",
    invalid_credentials: "credentials:\n  AKIA-1: { account: '111111111111', user: a, role: b }\n  AKIA2: { account: '111111111111', session: s }\n  AKIA3: { account: '111111111111', user: 'path/to/me' }\n",
    an_invalid_email: "accounts:\n  '111111111111': { email: nobody, status: suspendet }\n",
    many_errors_at_once: "nam: x\nclock: { now: yesterday, frozen: maybe }\nregions: [us-east-1, eu-west-l]\norganization:\n  management_account: '99999999999'\nhubs:\n  - account: '111111111111'\n    regions: all\n    tgas: {}\n    products: [guardduty, macy]\n    members: { '222222222222': joined }\n  - regions: [us-east-1]\nfindings:\n  - fil: x.json\n  - file: x.json\n",
    a_location_after_wide_characters: "name: \"日本語 🚨\"\naccounts: { '111111111111': { name: \"é\", emial: a@b } }\n",
}

#[test]
fn a_missing_scenario_file() {
    insta::assert_snapshot!("a_missing_scenario_file", super::check(&[PathBuf::from("no-such-folder/scenario.yaml")]));
}

#[test]
fn a_missing_file_of_findings() {
    let files =
        [("scenario.yaml", "findings:\n  - file: ./guard-duty.json\n  - file: no/*.json\n"), ("guardduty.json", "[]")];
    insta::assert_snapshot!("a_missing_file_of_findings", errors_of(&files));
}

#[test]
fn excessive_nesting_is_refused() {
    for (open, close) in [("[", "]"), ("{a: ", "}")] {
        let text = format!("name: {}{}", open.repeat(100_000), close.repeat(100_000));
        assert!(errors(&text).contains("The scenario has 1 error."));
    }
    let nested =
        |number: i32| format!("x{number}: &a{number} {}*a{}{}\n", "{a: ".repeat(12), number - 1, "}".repeat(12));
    let chained: String = (1..100).map(nested).collect();
    assert!(errors(&format!("x0: &a0 1\n{chained}")).contains("more than 24 levels deep"));
}

#[test]
fn errors_of_several_files_are_sorted_by_file() {
    let text = errors_of(&[("scenario-b.yaml", "seed: x\n"), ("scenario-a.yaml", "name: {}\nsed: 1\n")]);
    insta::assert_snapshot!("errors_of_several_files", text);
}

#[test]
fn invalid_json_in_a_file_of_findings() {
    let files = [
        ("scenario.yaml", HUB_AND_FINDINGS),
        ("a.json", "{\n  \"Findings\": [\n    {\"Id\": 1,}\n  ]\n}\n"),
        ("b.json", "\"text\""),
        ("c.json", ""),
        ("d.json", "{\"Findings\": 5}"),
        ("e.json", "[\n  {},\n  \"text\"\n]\n"),
    ];
    insta::assert_snapshot!("invalid_json_in_a_file_of_findings", errors_of(&files));
}

#[test]
fn a_refused_finding_is_reported_with_the_message_of_aws() {
    let foreign = FINDING.replace("111111111111", "222222222222");
    let broken = FINDING.replace(r#""Label": "LOW""#, r#""Label": "LOUD""#);
    let invalid_regions = FINDING.replace("us-east-1", "mars");
    let list = format!("[\n{FINDING},\n{foreign},\n{broken},\n{invalid_regions}\n]\n");
    insta::assert_snapshot!("a_refused_finding", errors_of(&[("scenario.yaml", HUB_AND_FINDINGS), ("a.json", &list)]));
}

#[test]
fn errors_can_be_printed_as_json() {
    let folder = folder(&[("scenario.yaml", "hubz: []\n")]);
    let mut errors = super::check(&[folder.path().join("scenario.yaml")]).to_json();
    errors[0]["file"] = "scenario.yaml".into();
    insta::assert_json_snapshot!("errors_can_be_printed_as_json", errors);
}

/// The committed schema equals the structs. If it does not, this rewrites it and fails once.
#[test]
fn the_schema_is_up_to_date() {
    let path = repository("scenarios/scenario.schema.json");
    let fresh = format!("{:#}\n", super::schema());
    if std::fs::read_to_string(&path).unwrap_or_default() != fresh {
        std::fs::write(&path, fresh).unwrap();
        panic!("{} was out of date and has been rewritten; review and commit it", path.display());
    }
}

#[test]
fn every_key_of_the_schema_has_a_description() {
    let schema = super::schema();
    let mut objects: Vec<(&str, &serde_json::Value)> = vec![("Scenario", &schema)];
    objects.extend(schema["$defs"].as_object().unwrap().iter().map(|(name, schema)| (&**name, schema)));
    for (name, object) in objects {
        for (key, property) in object["properties"].as_object().into_iter().flatten() {
            assert!(property["description"].is_string(), "{name}.{key} has no description");
        }
    }
}

/// Bytes of the quickstart are changed, removed, duplicated or moved. The result must be loaded or reported, never a
/// panic.
#[test]
fn a_changed_quickstart_never_panics() {
    fn is_handled(changes: Vec<(u16, u8, u8)>) -> bool {
        let text = std::fs::read_to_string(repository("scenarios/quickstart.yaml")).unwrap();
        // Findings are not the subject of this test.
        let mut text = text.replace("findings/*.json", "none-of-them.json").into_bytes();
        for (at, how, byte) in changes {
            change(&mut text, usize::from(at), how, byte);
        }
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("scenario.yaml");
        std::fs::write(&path, &text).unwrap();
        let errors = super::check(&[path]);
        let mut positions = errors.iter().filter_map(|diagnostic| diagnostic.position.as_ref()).peekable();
        let is_read = positions.peek().is_some();
        let lines = text.split(|byte| *byte == b'\n').count();
        positions.all(|position| position.line <= lines) && errors.to_string().contains("The scenario has") == is_read
    }
    testing::check(500).quickcheck(is_handled as fn(Vec<(u16, u8, u8)>) -> bool);
}

/// Characters with a meaning in YAML.
const SIGNS: &[u8] = b"{}[]:,&*!|>'\"%@`#-? \n\t";

fn change(text: &mut Vec<u8>, at: usize, how: u8, byte: u8) {
    if text.is_empty() {
        return;
    }
    let at = at % text.len();
    let end = (at + usize::from(byte)).min(text.len());
    match how % 6 {
        0 => text[at] = byte,
        1 => _ = text.drain(at..end),
        2 => text.insert(at, SIGNS[usize::from(byte) % SIGNS.len()]),
        3 => {
            let piece: Vec<u8> = text[at..end].to_vec();
            text.splice(at..at, piece);
        }
        4 => text.truncate(at),
        _ => text[at..end].reverse(),
    }
}
