//! The whole way in one go.

use securityhub_fixtures::Operation::{DescribeHub, DisassociateFromAdministratorAccount};
use serde_json::json;

use crate::domain::members::bulk::{self, Wish};
use crate::state::{HubKey, MemberQuotas, MemberStatus, Region};
use crate::testing::{ADMINISTRATOR, MEMBER, REGION, Stage, id};

fn key() -> HubKey {
    HubKey { account: id(ADMINISTRATOR), region: Region::new(REGION) }
}

fn add(stage: &Stage, wish: Wish) -> Result<(), String> {
    let mut transaction = stage.0.write();
    let now = stage.0.clock.now();
    let email = Some("member@example.com".to_owned());
    let added = bulk::add(&mut transaction, &stage.0.ids, &key(), (id(MEMBER), email), wish, now);
    transaction.commit();
    added
}

fn status(stage: &Stage) -> MemberStatus {
    stage.0.directory().member(id(ADMINISTRATOR), &Region::new(REGION), id(MEMBER)).unwrap().status
}

const INVITE: Wish = Wish { invite: true, accept: false };
const ACCEPT: Wish = Wish { invite: false, accept: true };

#[test]
fn an_account_goes_as_far_as_is_wished_and_a_list_can_be_sent_again() {
    let stage = Stage::with_hubs(&[ADMINISTRATOR]);
    assert_eq!(add(&stage, Wish::default()), Ok(()));
    assert_eq!(status(&stage), MemberStatus::Created);
    assert!(add(&stage, Wish::default()).unwrap_err().contains("is already a member or associated member"));
    for (wish, expected) in [
        (INVITE, MemberStatus::Invited),
        (INVITE, MemberStatus::Invited),
        (ACCEPT, MemberStatus::Enabled),
        (ACCEPT, MemberStatus::Enabled),
        (INVITE, MemberStatus::Enabled),
    ] {
        assert_eq!(add(&stage, wish), Ok(()));
        assert_eq!(status(&stage), expected);
    }
    stage.good(MEMBER, DescribeHub, json!({}));
    stage.good(MEMBER, DisassociateFromAdministratorAccount, json!({}));
    assert_eq!(add(&stage, ACCEPT), Ok(()), "who left is invited anew");
    assert_eq!(status(&stage), MemberStatus::Enabled);
}

#[test]
fn a_step_that_is_refused_is_told_in_the_services_words() {
    let stage = Stage::with_hubs(&[ADMINISTRATOR]);
    stage.relations(|directory| directory.quotas = MemberQuotas { members: 10, invited_members: 0 });
    assert!(add(&stage, ACCEPT).unwrap_err().contains("cannot create anymore members"));
    assert!(stage.0.directory().members.is_empty());
}

#[test]
fn quo_01_thousands_of_members_are_quick() {
    let stage = Stage::with_hubs(&[ADMINISTRATOR]);
    stage.relations(|directory| directory.quotas.invited_members = 10_000);
    let mut transaction = stage.0.write();
    let now = stage.0.clock.now();
    for number in 0..10_000 {
        let account = id(&format!("9{number:011}"));
        bulk::add(&mut transaction, &stage.0.ids, &key(), (account, None), ACCEPT, now).unwrap();
    }
    let more = bulk::add(&mut transaction, &stage.0.ids, &key(), (id(MEMBER), None), ACCEPT, now);
    assert!(more.unwrap_err().contains("cannot exceed the maximum number of allowed members"));
    transaction.commit();
    let directory = stage.0.directory();
    assert_eq!(directory.enabled_members(id(ADMINISTRATOR), &Region::new(REGION)).len(), 10_000);
    assert!(bulk::waiting(&directory, &key()).is_empty());
}
