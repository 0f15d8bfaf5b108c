//! Random calls of all kinds by random accounts in two Regions, accounts that join, move and leave the organization,
//! and advancing time. Invariants are checked after each step.

mod calls;
mod central;
mod checks;

use jiff::SignedDuration;
use quickcheck::{Arbitrary, Gen};
use securityhub_fixtures::Operation::{
    CreateFindingAggregator, DeleteInvitations, DisableSecurityHub, EnableOrganizationAdminAccount, EnableSecurityHub,
    UpdateOrganizationConfiguration,
};
use serde_json::{Value, json};

use self::calls::{Call, Moves, TURNED_OFF};
use self::central::{Expected, Task};
use crate::domain::accounts::organization::accounts::{self, Event};
use crate::domain::due;
use crate::state::MemberStatus::{AccountSuspended, Created, Deleted, Enabled, Invited, Removed, Resigned};
use crate::state::{Region, Unit};
use crate::testing::{Stage, check, id};

/// Initially the first is the management account and the second the delegated administrator, if there is an
/// organization; the last belongs to no organization.
const ACCOUNTS: [&str; 5] = ["000000000001", "000000000002", "000000000003", "000000000004", "000000000005"];
const REGIONS: [&str; 2] = ["us-east-1", "eu-west-1"];

/// The root, a unit in it, and a unit within that.
const PARENTS: [&str; 3] = ["r-lo12", "ou-lo12-outer0001", "ou-lo12-inner0001"];

/// The delay of policy associations, if there is one.
const DELAY: SignedDuration = SignedDuration::from_mins(2);

/// The initial state of a world.
#[derive(Clone, Copy, Debug)]
enum Start {
    /// Without an organization.
    Alone,
    /// With an organization and a delegated administrator in both Regions.
    Local,
    /// With central configuration, whose associations settle at once or later.
    Central { settles_later: bool },
}

impl Arbitrary for Start {
    fn arbitrary(g: &mut Gen) -> Start {
        match u8::arbitrary(g) % 8 {
            0 => Start::Alone,
            1 | 2 => Start::Local,
            other => Start::Central { settles_later: other > 5 },
        }
    }
}

impl Start {
    fn world(self) -> Stage {
        let mut stage = Stage::empty();
        for account in ACCOUNTS {
            stage.good(account, EnableSecurityHub, json!({}));
        }
        if matches!(self, Start::Alone) {
            return stage;
        }
        stage.organization(&ACCOUNTS.map(|account| (account, account))[..4]);
        stage.relations(|directory| {
            directory.regions = REGIONS.map(Region::new).to_vec();
            let organization = directory.organization.as_mut().unwrap();
            for (unit, parent) in PARENTS[1..].iter().zip(PARENTS) {
                let unit_of = Unit { name: (*unit).to_owned(), parent: parent.to_owned() };
                organization.units.insert((*unit).to_owned(), unit_of);
            }
            organization.parents.insert(id(ACCOUNTS[2]), PARENTS[1].to_owned());
            organization.parents.insert(id(ACCOUNTS[3]), PARENTS[2].to_owned());
        });
        for region in REGIONS {
            let input = json!({ "AdminAccountId": ACCOUNTS[1] });
            stage.call_in(region, ACCOUNTS[0], EnableOrganizationAdminAccount, input).unwrap();
        }
        if let Start::Central { settles_later } = self {
            stage.good(ACCOUNTS[1], CreateFindingAggregator, json!({ "RegionLinkingMode": "ALL_REGIONS" }));
            stage.good(ACCOUNTS[1], UpdateOrganizationConfiguration, central::configuration("CENTRAL"));
            if settles_later {
                stage.0.delays.policy_association = DELAY;
            }
        }
        stage
    }
}

/// A call, an event of an account, or advancing time.
#[derive(Clone, Copy, Debug)]
enum Step {
    Call(Call),
    Central(Task),
    Joins(&'static str, &'static str),
    Moves(&'static str, &'static str),
    Leaves(&'static str),
    Suspended(&'static str),
    Reactivated(&'static str),
    MinutesPass(i64),
}

impl Arbitrary for Step {
    fn arbitrary(g: &mut Gen) -> Step {
        let account = *g.choose(&ACCOUNTS).unwrap();
        let parent = *g.choose(&PARENTS).unwrap();
        match u8::arbitrary(g) % 16 {
            0 | 1 => Step::Joins(account, parent),
            2 => Step::Moves(account, parent),
            3 => Step::Leaves(account),
            4 => Step::MinutesPass(*g.choose(&[1, 1, 2, 60]).unwrap()),
            5 => Step::Suspended(account),
            6 => Step::Reactivated(account),
            7..=11 => Step::Central(Task::arbitrary(g)),
            _ => Step::Call(Call::arbitrary(g)),
        }
    }
}

impl Step {
    /// The answer; any error becomes `Err`.
    fn happen(self, stage: &Stage) -> Result<Value, ()> {
        let (account, event) = match self {
            Step::Call(call) => return call.send(stage).map_err(|_| ()),
            Step::Central(task) => return task.send(stage).map_err(|_| ()),
            Step::MinutesPass(minutes) => {
                stage.0.clock.advance(SignedDuration::from_mins(minutes));
                return Ok(Value::Null);
            }
            Step::Joins(account, parent) => {
                (account, Event::Join { parent: Some(parent.to_owned()), name: None, email: None })
            }
            Step::Moves(account, parent) => (account, Event::Move { parent: parent.to_owned() }),
            Step::Leaves(account) => (account, Event::Leave),
            Step::Suspended(account) => (account, Event::Suspend),
            Step::Reactivated(account) => (account, Event::Reactivate),
        };
        let mut transaction = stage.0.write();
        accounts::carry_out(&mut transaction, &stage.0, id(account), event, stage.0.clock.now()).map_err(|_| ())?;
        transaction.commit();
        Ok(Value::Null)
    }

    /// The transitions of an invited member's record that the step may cause.
    fn moves(self) -> Moves {
        match self {
            Step::Call(call) => call.moves(),
            // A policy may disable the hub.
            Step::Central(_) | Step::Joins(..) | Step::Moves(..) => TURNED_OFF,
            _ => &[],
        }
    }

    /// The same for records of organization members.
    fn moves_of_organization(self) -> Moves {
        match self {
            // The management account becomes a member once it has enabled its hub, if a policy governs it (CCF-46).
            Step::Call(call) if call.operation == EnableSecurityHub => GOVERNED,
            Step::Call(call) => call.moves_of_organization(),
            Step::Central(_) | Step::Joins(..) | Step::Moves(..) | Step::Reactivated(_) => GOVERNED,
            Step::Leaves(_) => &[
                (Some(Enabled), Some(Deleted)),
                (Some(Removed), Some(Deleted)),
                (Some(AccountSuspended), Some(Deleted)),
            ],
            _ => &[],
        }
    }

    /// Returns whether the step may delete invitations without changing a record's status.
    fn ends_invitations(self) -> bool {
        match self {
            Step::Call(call) => {
                matches!(call.operation, DeleteInvitations | DisableSecurityHub | EnableSecurityHub)
            }
            Step::Central(_) | Step::Joins(..) | Step::Moves(..) | Step::Reactivated(_) => true,
            _ => false,
        }
    }
}

/// Transitions by a policy on records of organization members: hubs are enabled, as for accounts that join, or
/// disabled.
const GOVERNED: Moves = &[
    (None, Some(Enabled)),
    (Some(Created), Some(Enabled)),
    (Some(Invited), Some(Enabled)),
    (Some(Enabled), Some(Enabled)),
    (Some(Removed), Some(Enabled)),
    (Some(Resigned), Some(Enabled)),
    (Some(Deleted), Some(Enabled)),
    (Some(AccountSuspended), Some(Enabled)),
    (None, Some(AccountSuspended)),
    (Some(Created), Some(AccountSuspended)),
    (Some(Invited), Some(AccountSuspended)),
    (Some(Enabled), Some(AccountSuspended)),
    (Some(Removed), Some(AccountSuspended)),
    (Some(Resigned), Some(AccountSuspended)),
    (Some(Deleted), Some(AccountSuspended)),
    (Some(Removed), None),
    (Some(Deleted), None),
    (Some(AccountSuspended), None),
];

fn run(steps: Vec<Step>, start: Start) -> bool {
    let stage = start.world();
    let mut expected = Expected::default();
    expected.begin(&stage);
    for step in steps {
        // Due work is carried out first, because the step does not cause its changes.
        let before = expected.untouched(&stage);
        due::run(&stage.0, stage.0.clock.now());
        assert_eq!(
            before,
            expected.untouched(&stage),
            "due work before {step:?} changed accounts that no policy governs"
        );
        let (records, others) = (checks::records(&stage.0.directory()), checks::others(&stage));
        let outcome = step.happen(&stage);
        let after = checks::records(&stage.0.directory());
        match &outcome {
            Err(()) => {
                let is_same = records == after && others == checks::others(&stage);
                assert!(is_same, "{step:?} was refused but changed the state");
            }
            Ok(answer) => {
                if let Step::Call(call) = &step {
                    checks::check_unprocessed(call, answer, &records, &after);
                }
            }
        }
        expected.follow(&stage, step, outcome.as_ref().ok(), &before);
        checks::check_moves(&stage, step, &records, &after);
        checks::check_records(&stage.0.directory());
        checks::check_administrators(&stage);
        checks::check_both_sides(&stage);
        expected.check(&stage, step);
    }
    true
}

/// Rules: MST-01 to MST-25, INV-12, CCF-26.
#[test]
fn random_calls_keep_all_relations_consistent() {
    check(120).quickcheck(run as fn(Vec<Step>, Start) -> bool);
}
