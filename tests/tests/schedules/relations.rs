//! Tests of members and linked Regions that change while the administrator reads.

use std::collections::BTreeSet;

use securityhub_fixtures::Operation;
use serde_json::{Value, json};

use crate::client::{ADMINISTRATOR, Client, Found, HOME, LINKED, MEMBERS, numbers, together};
use crate::explore;

/// A world in which each account has a finding in each Region.
fn world() -> Client {
    let client = Client::new();
    for (number, account) in (0..).zip([ADMINISTRATOR].iter().chain(&MEMBERS)) {
        client.of(account).import(&[(number, 0)]);
        client.of(account).within(LINKED).import(&[(number + 10, 0)]);
    }
    client
}

fn accounts(found: &[Found]) -> BTreeSet<&str> {
    found.iter().map(|found| found.account.as_str()).collect()
}

/// Checks that both members are visible or none, since they are removed and added together.
fn sees_both_members_or_none(client: &Client) {
    let (found, _) = client.page(&json!({}));
    let others = accounts(&found).len() - 1;
    assert!([0, 2].contains(&others), "a change of relations is partly visible: {found:?}");
    let answer = client.call(Operation::ListMembers, &json!({}));
    assert!([0, 2].contains(&answer["Members"].as_array().unwrap().len()), "{answer}");
    let answer = client.call(Operation::GetMembers, &json!({ "AccountIds": MEMBERS }));
    let statuses: BTreeSet<String> =
        answer["Members"].as_array().unwrap().iter().map(|member| member["MemberStatus"].to_string()).collect();
    assert_eq!(statuses.len(), 1, "{answer}");
}

/// Rules: VIS-01, VIS-02.
#[test]
fn an_administrator_sees_a_change_of_its_members_atomically() {
    explore(|| {
        let client = world();
        together(
            &client,
            &[
                |client| {
                    client.call(Operation::DisassociateMembers, &json!({ "AccountIds": MEMBERS }));
                    let (found, _) = client.page(&json!({}));
                    assert_eq!(
                        accounts(&found),
                        BTreeSet::from([ADMINISTRATOR]),
                        "visibility ends with the membership"
                    );
                    let body = json!({
                        "Administrator": ADMINISTRATOR,
                        "Regions": [HOME],
                        "AccountDetails": MEMBERS.map(|id| json!({ "AccountId": id })),
                        "Accept": true
                    });
                    client.control("POST", "/_emulator/members", &body.to_string());
                    let (found, _) = client.page(&json!({}));
                    assert_eq!(accounts(&found).len(), 3, "{found:?}");
                },
                sees_both_members_or_none,
                sees_both_members_or_none,
                |client| client.of(MEMBERS[0]).import(&[(3, 1), (4, 1)]),
            ],
        );
    });
}

/// A member leaves, disables its hub, and returns when the administrator adds it again, while another member stays.
///
/// Rules: VIS-02, HUB-18.
#[test]
fn an_unchanged_member_stays_visible_throughout() {
    explore(|| {
        let client = world();
        together(
            &client,
            &[
                |client| {
                    let leaves = client.of(MEMBERS[0]);
                    leaves.call(Operation::DisassociateFromAdministratorAccount, &json!({}));
                    leaves.call(Operation::DisableSecurityHub, &json!({}));
                    assert!(
                        !accounts(&client.page(&json!({})).0).contains(MEMBERS[0]),
                        "visibility ends with the membership"
                    );
                    leaves.call(Operation::EnableSecurityHub, &json!({ "EnableDefaultStandards": false }));
                },
                |client| {
                    client.of(MEMBERS[1]).import(&[(3, 1)]);
                    let (found, _) = client.page(&json!({}));
                    assert!(numbers(&found).contains(&3), "{found:?}");
                },
                |client| {
                    for _ in 0..2 {
                        let (found, _) = client.page(&json!({}));
                        assert!(accounts(&found).contains(MEMBERS[1]), "the other member is always visible: {found:?}");
                    }
                },
            ],
        );
    });
}

fn link(client: &Client, arn: &Value, mode: &str) {
    client.call(Operation::UpdateFindingAggregator, &json!({ "FindingAggregatorArn": arn, "RegionLinkingMode": mode }));
}

/// Unlinking a Region leaves replicas, which are superseded when it is linked again and findings are updated there.
///
/// Rules: AGG-13, AGG-14, VIS-03.
#[test]
fn findings_of_a_linked_region_are_shown_once_while_it_is_unlinked_and_linked_again() {
    explore(|| {
        let client = Client::new();
        client.import(&[(0, 0)]);
        client.call(Operation::CreateFindingAggregator, &json!({ "RegionLinkingMode": "ALL_REGIONS" }));
        client.within(LINKED).import(&[(10, 0), (11, 0)]);
        together(
            &client,
            &[
                |client| {
                    let answer = client.call(Operation::ListFindingAggregators, &json!({}));
                    let arn = &answer["FindingAggregators"][0]["FindingAggregatorArn"];
                    link(client, arn, "NO_REGIONS");
                    link(client, arn, "ALL_REGIONS");
                },
                |client| client.within(LINKED).import(&[(10, 1)]),
                |client| {
                    for _ in 0..2 {
                        let (found, _) = client.page(&json!({}));
                        assert_eq!(numbers(&found), [0, 10, 11], "{found:?}");
                    }
                },
            ],
        );
    });
}
