//! Tests of the shipped scenarios: each is valid and builds the world it describes.

use super::*;

#[test]
fn the_scenario_of_generated_findings_is_valid() {
    let world = crate::scenario::load(&[repository("scenarios/generated.yaml")]).unwrap().build().unwrap();
    assert_eq!((world.relations().hub_count(), world.finding_count()), (6, 2000));
}

#[test]
fn the_scenario_of_forty_members_is_valid_and_has_forty_members() {
    let world = crate::scenario::load(&[repository("scenarios/forty-members.yaml")]).unwrap().build().unwrap();
    let directory = world.directory();
    let count = |region: &str| {
        let members = &directory.members[&(account("111111111111"), Region::new(region))];
        (members.len(), members.values().filter(|member| member.status == MemberStatus::Enabled).count())
    };
    assert_eq!((count("us-east-1"), count("eu-west-1")), ((40, 35), (3, 2)));
    assert_eq!(world.finding_count(), 160);
}

/// Rules: OCF-34.
#[test]
fn the_scenario_of_exposures_is_valid_and_has_one() {
    let world = crate::scenario::load(&[repository("scenarios/exposures.yaml")]).unwrap().build().unwrap();
    crate::domain::due::run(&world, world.clock.now());
    let uids = world.read_findings(crate::state::TableKey::ocsf_only(&Region::new("us-east-1")), |findings| {
        let table = findings.table();
        table.slots().map(|slot| String::from_utf8_lossy(table.document(slot)).contains(":risk:")).collect::<Vec<_>>()
    });
    assert_eq!(uids, Some(vec![false, true]), "a finding of Inspector, and the exposure");
}

/// Rules: AGG-13, VIS-03.
#[test]
fn findings_of_a_scenario_count_as_written_after_regions_were_linked() {
    let world = crate::scenario::load(&[repository("scenarios/aggregation.yaml")]).unwrap().build().unwrap();
    assert_eq!((world.relations().hub_count(), world.finding_count()), (9, 120));
    let caller = |account: &str, region: &str| Caller {
        principal: Principal::local_user(self::account(account)),
        region: Region::new(region),
        now: world.clock.now(),
    };
    let count = |account: &str, region: &str| {
        let count = |view: &View| {
            let filter = view.filter(&world);
            world.read_findings(&view.table, |findings| view.part(findings).count(&filter)).unwrap_or_default()
        };
        views(&world, &caller(account, region)).iter().map(count).sum::<usize>()
    };
    assert_eq!(count("111111111111", "us-east-1"), 120);
    let linked = count("111111111111", "eu-west-1");
    assert!(linked > 0 && linked < 120, "{linked}");
    let own = ["us-east-1", "eu-west-1", "ap-southeast-2"].map(|region| count("222222222222", region));
    assert!(own[0] > own[1] + own[2], "the home Region shows the findings of all Regions: {own:?}");
}
