//! Tests of the V2 half in scenarios: hubs, settings and policies of the organization.

use super::*;
use crate::domain::accounts::hub_v2;

const ORGANIZATION: &str = "regions: [us-east-1, eu-west-1, eu-south-1]
organization:
  management_account: '999999999999'
  delegated_administrator_v2: '111111111111'
  security_hub_policies:
    everywhere: { enable_in_regions: all, disable_in_regions: [eu-west-1] }
    ireland: { enable_in_regions: [eu-west-1] }
  policies: [everywhere]
  units:
    Security: { accounts: ['111111111111'] }
    Work: { accounts: ['222222222222'], policies: [ireland] }
accounts:
  '111111111111': { policies: [ireland] }
";

fn is_on(world: &World, account: &str, region: &str) -> bool {
    world.relations().is_v2_on(&key(account, region))
}

/// Rules: HV2-01, HV2-05, DEC-01.
#[test]
fn hubs_v2_are_enabled_with_features_and_tags() {
    let world = build(
        "regions: [us-east-1, eu-west-1]\nhubs_v2:\n  - { account: '111111111111', regions: all, features: [NETWORK_SCANNING] }\n  \
         - { account: '222222222222', regions: [eu-west-1], tags: { team: red } }\n",
    );
    let hub = |account: &str, region: &str| world.hub_v2(&key(account, region));
    for region in ["us-east-1", "eu-west-1"] {
        let hub = hub("111111111111", region).unwrap();
        assert!(hub_v2::feature(&hub, "NETWORK_SCANNING").unwrap().is_enabled);
    }
    assert_eq!(hub("222222222222", "eu-west-1").unwrap().tags["team"], "red");
    assert!(hub("222222222222", "us-east-1").is_none() && world.relations().hub_count() == 0);
}

/// Rules: HV2-20, HV2-22, DEC-01.
#[test]
fn policies_of_the_organization_enable_hubs_v2() {
    let world = build(ORGANIZATION);
    let organization = world.directory().organization.clone().unwrap();
    assert_eq!(organization.security_hub_v2_administrator, Some(account("111111111111")));
    for account in ["999999999999", "111111111111", "222222222222"] {
        for region in ["us-east-1", "eu-south-1", "us-west-2"] {
            assert!(is_on(&world, account, region), "{account} in {region}");
        }
        assert!(!is_on(&world, account, "eu-west-1"), "a policy of a parent disables it");
    }
    let names: Vec<&str> = organization.policies.created.values().map(|policy| policy.name.as_str()).collect();
    assert_eq!(names.len(), 2, "{names:?}");
    assert_eq!(organization.policies.attached.len(), 3);
    assert!(
        errors(&format!("{ORGANIZATION}hubs_v2:\n  - {{ account: '222222222222', regions: [eu-west-1] }}\n"))
            .contains("A policy of the organization manages Security Hub")
    );
}

/// Rules: HV2-20.
#[test]
fn errors_of_the_v2_half() {
    insta::assert_snapshot!(errors(
        "organization:
  management_account: '999999999999'
  delegated_administrator: '111111111111'
  delegated_administrator_v2: '222222222222'
  policy_types: [SERVICE_CONTROL_POLICY]
  security_hub_policies: { a: { enable_in_regions: [eu-wst-1] }, b: {} }
  policies: [a, c]
  units: { Work: { accounts: ['111111111111', '222222222222'] } }
policies: { b: { document: { Version: '2012-10-17', Statement: { Effect: Deny, Action: 's3:*', Resource: '*' } } } }
hubs_v2:
  - { account: '111111111111', regions: [us-west-1], features: [NETWORK_SCANING] }
  - { account: '222222222222', regions: all }
  - { account: '222222222222', regions: all }
security_hub_v2: { ocsf_version: '1.6', export_seconds: 100000 }
"
    ));
    insta::assert_snapshot!(errors(
        "organization:\n  management_account: '999999999999'\n  delegated_administrator_v2: '999999999999'\n"
    ));
}

/// Rules: AGV-02, OCF-15, OCM-04, UNK-25, DEC-02, DEC-03, DEC-08.
#[test]
fn settings_of_the_v2_half_replace_the_defaults() {
    let world = build(
        "security_hub_v2: { custom_findings: false, ip_ranges: refuse, rules_need_aggregator: true, \
         connectors_need_aggregator: false, all_regions: accept, retention: off, export_seconds: 5, state: shared, \
         ocsf_version: 1.5.0 }\n",
    );
    let settings = world.v2_settings;
    assert_eq!((world.ocsf().settings.is_shared, &*world.ocsf().settings.version), (true, "1.5.0"));
    assert!(!settings.shows_custom_findings && !settings.accepts_ip_ranges && !settings.has_retention);
    assert!(settings.rules_need_aggregator && !settings.connectors_need_aggregator && settings.accepts_all_regions);
    assert_eq!(settings.export, jiff::SignedDuration::from_secs(5));
    assert_eq!(build("{}").v2_settings, crate::state::SettingsV2::default());
}

const HUB: &str = "hubs_v2: [{ account: '111111111111', regions: all }]\n";
const COVERAGE: &str = r#"{ "class_uid": 2003, "cloud": { "account": { "uid": "111111111111" }, "region": "us-east-1" },
"finding_info": { "uid": "coverage-1", "title": "Coverage", "modified_time": 1768467600000 },
"metadata": { "product": { "uid": "arn:aws:securityhub:us-east-1::productv2/aws/securityhub-coverage" } } }"#;

fn native_count(world: &World) -> usize {
    let table = crate::state::TableKey::ocsf_only(&Region::new("us-east-1"));
    world.read_findings(table, |findings| findings.table().len()).unwrap_or_default()
}

/// Rules: OCM-03, UNK-03, DEC-01.
#[test]
fn findings_in_ocsf_are_listed_or_read_from_files() {
    let coverage = COVERAGE.replace('\n', " ");
    assert_eq!(native_count(&build(&format!("{HUB}findings: [{{ ocsf: [{coverage}] }}]\n"))), 1);
    for key in ["ocsf", "file"] {
        let text = format!("{HUB}findings: [{{ {key}: coverage.json }}]\n");
        let files = [("scenario.yaml", text.as_str()), ("coverage.json", COVERAGE)];
        let folder = folder(&files);
        let scenario = super::super::load(&paths(&folder, &files)).map_err(|errors| errors.to_string()).unwrap();
        assert_eq!(native_count(&scenario.build().map_err(|errors| errors.to_string()).unwrap()), 1, "{key}");
    }
}

/// Rules: OCM-03.
#[test]
fn errors_of_findings_in_ocsf_are_reported_at_the_finding() {
    let foreign = COVERAGE.replace('\n', " ").replace("111111111111", "222222222222");
    insta::assert_snapshot!(errors(&format!("{HUB}findings:\n  - ocsf: [{foreign}]\n")));
    let text = format!(
        "{HUB}findings:\n  - ocsf: others.json\n  - ocsf:\n      - {{ class_uid: 2999, finding_info: {{ uid: a }} }}\n"
    );
    let others = "[\n  { \"Id\": \"a\" },\n  { \"class_uid\": 2004 }\n]";
    insta::assert_snapshot!(errors_of(&[("scenario.yaml", &text), ("others.json", others)]));
}

/// Rules: DEC-04.
#[test]
fn findings_are_generated_for_accounts_with_either_hub() {
    for (hubs, accounts) in [(HUB, ""), (HUB, ", accounts: ['111111111111']"), ("", ""), (HUB, ", regions: all")] {
        let findings = format!("findings: [{{ generate: {{ product: guardduty, count: 5{accounts} }} }}]\n");
        let classic = if hubs.is_empty() { "hubs: [{ account: '111111111111', regions: all }]\n" } else { hubs };
        assert_eq!(build(&format!("{classic}{findings}")).finding_count(), 5, "{classic}{findings}");
    }
}

/// Rules: AGV-01, AGV-03, AGV-09.
#[test]
fn aggregators_v2_require_a_hub_and_an_account_that_is_not_a_member() {
    let hubs = "regions: [us-east-1, eu-west-1]\nhubs_v2:\n  - { account: '111111111111', regions: all }\n  - { account: \
                '222222222222', regions: all }\n";
    let with = |aggregator: &str| format!("{hubs}aggregators_v2:\n  - {{ {aggregator} }}\n");
    let world = build(&with("account: '111111111111', home: us-east-1, regions: [eu-west-1, us-west-2]"));
    let directory = world.directory();
    let aggregator = &directory.aggregators_v2[&account("111111111111")];
    assert!(aggregator.home.as_str() == "us-east-1" && aggregator.links(&Region::new("us-west-2")));
    for (wrong, message) in [
        ("account: '333333333333', home: us-east-1, regions: [eu-west-1]", "is not enabled for 333333333333"),
        ("account: '111111111111', home: us-east-1, regions: [us-east-1]", "cannot contain the aggregation Region"),
        ("account: '111111111111', home: us-east-1, regions: [eu-wst-1]", "AWS has no Region `eu-wst-1`"),
        ("account: '111111111111', home: us-east-1", "missing key `regions`"),
    ] {
        let errors = errors(&with(wrong));
        assert!(errors.contains(message), "{errors}");
    }
    let organization = "organization:\n  management_account: '999999999999'\n  delegated_administrator_v2: '111111111111'\n  \
                        units: { Work: { accounts: ['111111111111', '222222222222'] } }\n";
    let of_member = with("account: '222222222222', home: us-east-1, regions: [eu-west-1]");
    assert!(errors(&format!("{organization}{of_member}")).contains("Member account 222222222222"));
}

/// Rules: AGV-01, AGV-03.
#[test]
fn an_error_of_a_region_or_of_a_hub_v2_is_not_reported_again_for_the_aggregator() {
    let hub = "hubs_v2: [{ account: '111111111111', regions: [us-east-1] }]\n";
    let aggregator = "aggregators_v2: [{ account: '111111111111', home: us-east-1, regions: [eu-west-1] }]\n";
    let policy = "organization:\n  management_account: '999999999999'\n  delegated_administrator_v2: '111111111111'\n  \
                  security_hub_policies: { a: { enable_in_regions: [us-wst-1] } }\n  policies: [a]\n  units: { Work: { \
                  accounts: ['111111111111'] } }\n";
    for wrong in [
        format!("{hub}{}", aggregator.replace("eu-west-1", "eu-wst-1")),
        format!("{}{aggregator}", hub.replace("us-east-1", "us-wst-1")),
        format!("{}{aggregator}", hub.replace("111111111111", "1")),
        format!("{policy}{aggregator}"),
    ] {
        let errors = errors(&format!("regions: [us-east-1, eu-west-1]\n{wrong}"));
        assert!(errors.ends_with("The scenario has 1 error."), "{errors}");
    }
}

/// Rules: RSV-02, RSV-09, SWV-01, UNK-15, DEC-01.
#[test]
fn resources_and_packages_are_declared() {
    let world = build(
        "regions: [us-east-1, eu-west-1]\nhubs_v2: [{ account: '111111111111', regions: all }]\naggregators_v2:\n  \
         - { account: '111111111111', home: us-east-1, regions: [eu-west-1] }\ninventory:\n  resources:\n    \
         - { account: '111111111111', region: us-east-1, type: 'AWS::SageMaker::Model', id: m-1, tags: { team: red }, \
         members: { ResourceSubCategory: Model } }\n  software:\n    \
         - { account: '111111111111', region: eu-west-1, resource: i-1, name: openssl, version: '3.0' }\n",
    );
    let principal = crate::state::Principal::local_user(account("111111111111"));
    let region = Region::new("us-east-1");
    let caller = crate::domain::caller::Caller { principal, region, now: world.clock.now() };
    let inventory = crate::domain::findings::v2::inventory::of_caller(&world, &caller, &None);
    let documents = |table: &securityhub_engine::Table| -> Vec<serde_json::Value> {
        table.slots().map(|slot| serde_json::from_slice(table.document(slot)).unwrap()).collect()
    };
    let resources = documents(&inventory.resources);
    let model = resources.iter().find(|resource| resource["ResourceId"] == "m-1").unwrap();
    assert_eq!((&model["ResourceSubCategory"], &model["ResourceCategory"]), (&"Model".into(), &"AI/ML".into()));
    assert_eq!(model["ResourceTags"], serde_json::json!([{ "Key": "team", "Value": "red" }]));
    let software = documents(&inventory.software);
    assert_eq!(software[0]["PackageName"], "openssl");
    assert_eq!(software[0]["Resource"]["ResourceId"], "i-1");
}
