//! Tests that generated findings are valid, distributed, realistic and reproducible.

mod likeness;

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value};

use super::evaluate::{Context, Memory, Subject, finding};
use super::program::{Choice, Compiler};
use super::resident::HubIndex;
use super::template::{Shared, Template};
use super::{Product, Request, findings};
use crate::domain::accounts::hub::{self, Enable};
use crate::domain::findings::import::{self, Endpoint, Outcome, Sender};
use crate::shape::items::Item;
use crate::state::{AccountId, Clock, HubKey, Region, Timestamp, World};

const ACCOUNTS: [&str; 3] = ["111111111111", "222222222222", "333333333333"];
const REGIONS: [&str; 2] = ["us-east-1", "eu-west-1"];

fn now() -> Timestamp {
    "2026-01-15T09:00:00Z".parse().unwrap()
}

fn hubs() -> Vec<HubKey> {
    let hubs = ACCOUNTS.iter().flat_map(|account| REGIONS.iter().map(move |region| (account, region)));
    hubs.map(|(account, region)| HubKey { account: AccountId::parse(account).unwrap(), region: Region::new(region) })
        .collect()
}

fn request(products: Vec<Product>, count: usize) -> Request {
    let administrator = AccountId::parse(ACCOUNTS[0]).unwrap();
    Request { products, count, hubs: hubs(), administrator, days: 30, seed: 7, sequence: 0, now: now(), private: false }
}

fn generate(request: Request) -> impl Iterator<Item = Map<String, Value>> {
    findings(request).unwrap().map(|made| serde_json::from_str(&made.text).unwrap())
}

fn of(product: Product, count: usize) -> Vec<Map<String, Value>> {
    generate(request(vec![product], count)).collect()
}

/// A text of a finding, by JSON pointer.
fn at<'f>(finding: &'f Map<String, Value>, pointer: &str) -> &'f str {
    let (member, rest) = pointer.split_once('/').map_or((pointer, ""), |(member, rest)| (member, rest));
    let rest = if rest.is_empty() { String::new() } else { format!("/{rest}") };
    finding.get(member).and_then(|value| value.pointer(&rest)?.as_str()).unwrap_or_default()
}

/// A world in which all hubs are enabled and accept findings of all generated products.
fn world() -> World {
    let world = World::new(Clock::frozen(now()), 7);
    let mut transaction = world.write();
    for key in hubs() {
        hub::enable(&mut transaction, &key, now(), Enable::default()).unwrap();
        let mut enabled = (*transaction.hub(&key).unwrap()).clone();
        enabled.product_subscriptions.extend(Product::all().map(|product| format!("aws/{}", product.name())));
        transaction.stage_hub(key, enabled);
    }
    transaction.commit();
    world
}

/// Imports findings on behalf of their product, and checks that the model knows all of their members.
fn import(world: &World, region: &str, findings: &[Map<String, Value>]) -> Outcome {
    let texts: Vec<String> = findings.iter().map(|finding| Value::Object(finding.clone()).to_string()).collect();
    let read = |text| {
        let sent = import::read_finding(text).unwrap();
        assert!(matches!(sent, Item::Faultless { .. }), "the model has all members: {text}");
        sent
    };
    let sent: Vec<Item<'_>> = texts.iter().map(|text| read(text)).collect();
    let (directory, region) = (world.directory(), Region::new(region));
    let endpoint = Endpoint { world, directory: &directory, region: &region, now: now() };
    let mut transaction = world.write_findings();
    let outcome = import::batch(&mut transaction, &endpoint, Sender::Product, &sent).unwrap();
    transaction.commit();
    outcome
}

#[test]
fn every_template_can_be_read() {
    for product in Product::all() {
        product.template(&Shared::read().unwrap()).unwrap();
        assert_eq!(Product::named(product.name()), Some(product));
    }
    assert_eq!(Product::named("guardduti"), None);
}

#[test]
fn security_hub_accepts_every_finding_of_every_product() {
    let world = world();
    let mut count = 0;
    for product in Product::all() {
        for region in REGIONS {
            let mut findings = of(product, 300);
            findings.retain(|finding| at(finding, "ProductArn").split(':').nth(3) == Some(region));
            for batch in findings.chunks(100) {
                let outcome = import(&world, region, batch);
                assert_eq!(outcome, Outcome { success_count: batch.len(), failed: Vec::new() }, "{}", product.name());
                count += batch.len();
            }
        }
    }
    assert_eq!((count, world.finding_count()), (7 * 300, 7 * 300), "all IDs differ");
}

#[test]
fn findings_are_distributed_over_accounts_regions_severities_resources_and_days() {
    let of_one_severity = ["config"];
    for product in Product::all() {
        let findings = of(product, 300);
        let different = |pointer: &str| findings.iter().map(|finding| at(finding, pointer)).collect::<BTreeSet<_>>();
        let regions: BTreeSet<_> = findings.iter().filter_map(|it| at(it, "ProductArn").split(':').nth(3)).collect();
        assert_eq!(different("AwsAccountId"), ACCOUNTS.into(), "{}", product.name());
        assert_eq!(regions, REGIONS.into(), "{}", product.name());
        let severities = different("Severity/Label").len();
        assert!(severities > 2 || of_one_severity.contains(&product.name()), "{}: {severities}", product.name());
        let days: BTreeSet<&str> = findings.iter().filter_map(|it| at(it, "UpdatedAt").get(..10)).collect();
        assert!(days.len() > 15, "{}: {days:?}", product.name());
        let mut met: BTreeMap<&str, usize> = BTreeMap::new();
        for finding in &findings {
            *met.entry(at(finding, "Resources/0/Id")).or_default() += 1;
        }
        // IAM Access Analyzer has one finding per resource, so its resources do not recur (PRD-31).
        let recurs = met.values().any(|times| *times >= 4);
        assert!(recurs || product.name() == "access-analyzer", "{}: resources recur", product.name());
        assert!(met.len() > 20, "{}: {} resources", product.name(), met.len());
    }
}

#[test]
fn times_are_in_order_and_within_the_period() {
    let long_ago: Timestamp = "2025-12-16T09:00:00Z".parse().unwrap();
    for finding in generate(request(Product::all().collect(), 2_000)) {
        let time = |member| at(&finding, member).parse::<Timestamp>().ok();
        let (created, updated) = (time("CreatedAt").unwrap(), time("UpdatedAt").unwrap());
        assert!(long_ago <= created && created <= updated && updated <= now(), "{created} {updated}");
        if let (Some(first), Some(last)) = (time("FirstObservedAt"), time("LastObservedAt")) {
            assert!(long_ago <= first && first <= last && first <= created && last <= updated, "{first} {last}");
        }
    }
    let mut today = request(Product::all().collect(), 200);
    today.days = 0;
    assert!(generate(today).all(|finding| at(&finding, "CreatedAt") == "2026-01-15T09:00:00.000Z"));
}

/// Findings of each kind in turn, twenty of each.
#[test]
fn security_hub_accepts_every_kind_of_every_product() {
    let world = world();
    let hub = hubs().remove(0);
    for product in Product::all() {
        let Template { weight, names, kinds } = product.template(&Shared::read().unwrap()).unwrap();
        let mut random = fastrand::Rng::with_seed(7);
        for kind in kinds {
            let name = kind.name.clone();
            let template = Template { weight, names: names.clone(), kinds: vec![kind] };
            let mut compiler = Compiler::default();
            let program = compiler.program(&template);
            let (hub_index, _) = HubIndex::new(std::slice::from_ref(&hub));
            let context = Context::new(&request(Vec::new(), 0), hub_index, &mut compiler);
            let subject = Subject { hub: 0, key: &hub, product_arn: &product.arn(product.listed(), &hub, false) };
            let mut memory = Memory::new(7, compiler.values);
            let mut one = || {
                let mut written = Vec::new();
                finding(&program, (&context, subject), &mut memory, &mut random, &mut written);
                serde_json::from_slice(&written).unwrap()
            };
            let made: Vec<Map<String, Value>> = (0..20).map(|_| one()).collect();
            let outcome = import(&world, hub.region.as_str(), &made);
            assert_eq!(outcome, Outcome { success_count: 20, failed: Vec::new() }, "{name} of {}", product.name());
            for member in ["Title", "Description", "GeneratorId", "Types", "Severity"] {
                assert!(made.iter().all(|finding| finding.contains_key(member)), "{name}: {member}");
            }
        }
    }
}

#[test]
fn every_kind_of_every_product_appears() {
    for product in Product::all() {
        let Template { kinds, .. } = product.template(&Shared::read().unwrap()).unwrap();
        assert!(kinds.iter().all(|kind| kind.weight > 0));
        let names: BTreeSet<&str> = kinds.iter().map(|kind| &*kind.name).collect();
        assert_eq!(names.len(), kinds.len(), "{}", product.name());
        let mut random = fastrand::Rng::with_seed(7);
        let choice = Choice::new(kinds.iter().map(|kind| (kind.weight, &*kind.name)));
        let picked: BTreeSet<&str> = (0..3_000).filter_map(|_| choice.pick(&mut random).copied()).collect();
        assert_eq!(picked.len(), kinds.len(), "{}", product.name());
    }
    let types: BTreeSet<String> =
        of(Product::named("guardduty").unwrap(), 300).iter().map(|finding| at(finding, "Types/0").to_owned()).collect();
    assert!(types.len() >= 24, "{types:#?}");
}

#[test]
fn equal_requests_and_only_those_generate_equal_findings() {
    let text = |request: Request| -> Vec<String> { findings(request).unwrap().map(|finding| finding.text).collect() };
    let all: Vec<Product> = Product::all().collect();
    let first = text(request(all.clone(), 500));
    assert_eq!(first, text(request(all.clone(), 500)));
    assert_eq!(first[..100], text(request(all.clone(), 100)), "a longer sequence begins with the shorter one");
    let others = |change: fn(&mut Request)| {
        let mut changed = request(all.clone(), 500);
        change(&mut changed);
        text(changed)
    };
    for changed in [others(|request| request.seed = 8), others(|request| request.sequence = 1)] {
        assert!(changed.iter().all(|finding| !first.contains(finding)));
    }
}

#[test]
fn sequences_and_products_of_a_seed_share_resources() {
    let resources = |product: &str, sequence| -> BTreeSet<String> {
        let mut request = request(vec![Product::named(product).unwrap()], 300);
        request.sequence = sequence;
        let instances = generate(request).filter(|finding| at(finding, "Resources/0/Type") == "AwsEc2Instance");
        instances.map(|finding| at(&finding, "Resources/0/Id").to_owned()).collect()
    };
    let (first, second) = (resources("guardduty", 0), resources("guardduty", 1));
    assert!(first.intersection(&second).count() > 20);
    assert!(first.intersection(&resources("inspector", 0)).count() > 20);
}

#[test]
fn a_product_is_skipped_in_partitions_that_do_not_have_it() {
    let mut china = request(Product::all().collect(), 300);
    china.hubs = vec![HubKey { account: AccountId::parse(ACCOUNTS[0]).unwrap(), region: Region::new("cn-north-1") }];
    let arns: BTreeSet<String> = generate(china.clone()).map(|finding| at(&finding, "ProductArn").to_owned()).collect();
    let expected = ["access-analyzer", "firewall-manager", "guardduty"];
    assert_eq!(arns, expected.map(|name| format!("arn:aws-cn:securityhub:cn-north-1::product/aws/{name}")).into());
    china.products = vec![Product::named("macie").unwrap()];
    let mut none = generate(china);
    assert_eq!((none.size_hint(), none.next()), ((0, Some(0)), None));
}

/// Rules: IMP-01.
#[test]
fn findings_of_the_private_product_can_be_imported_and_keep_their_names() {
    let mut request = request(vec![Product::named("guardduty").unwrap()], 10);
    request.private = true;
    request.hubs.truncate(1);
    let made: Vec<_> = generate(request).collect();
    let arn = "arn:aws:securityhub:us-east-1:111111111111:product/111111111111/default";
    assert!(made.iter().all(|finding| at(finding, "ProductArn") == arn && at(finding, "ProductName") == "GuardDuty"));
    assert_eq!(import(&world(), "us-east-1", &made).success_count, 10);
}

#[test]
fn errors_in_a_template_are_reported() {
    let shared = Shared::read().unwrap();
    for (names, finding, expected) in [
        ("{}", r#"{"Id": "{nobody}"}"#, "kind k: unknown name `nobody`; a name must be defined before it is used"),
        (r#"{"a": "{b}", "b": "x"}"#, "{}", "name a: unknown name `b`; a name must be defined before it is used"),
        (r#"{"a": {"b": "x"}}"#, r#"{"Id": "{a.c}"}"#, "kind k: `a` has no field `a.c`"),
        ("{}", r#"{"Id": "{time}"}"#, "kind k: `time` has no field `time`"),
        ("{}", r#"{"Id": "{time.never}"}"#, "kind k: `time` has no field `time.never`"),
        ("{}", r#"{"Id": "{number:9-1}"}"#, "kind k: unknown or invalid expression `{number:9-1}`"),
        ("{}", r#"{"Id": "a{hex:4"}"#, "kind k: unclosed brace in `a{hex:4`"),
        ("{}", r#"{"Id": "{use:nothing}"}"#, "kind k: unknown fragment `nothing`, or a fragment that includes itself"),
    ] {
        let text = format!(r#"{{"names": {names}, "kinds": [{{"kind": "k", "finding": {finding}}}]}}"#);
        assert_eq!(Template::read(&text, &shared).unwrap_err(), expected);
    }
    assert!(Template::read(r#"{"kinds": [{"kind": "k", "finding": {"Id": "{time.never?}"}}]}"#, &shared).is_ok());
    assert!(Template::read("{", &shared).is_err() && Template::read(r#"{"kindz": []}"#, &shared).is_err());
}

#[test]
fn one_finding_of_each_product() {
    for product in Product::all() {
        let finding = of(product, 1).remove(0);
        insta::assert_json_snapshot!(product.name(), finding);
    }
}
