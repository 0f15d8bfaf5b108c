//! The transitions of the state machine compared with the rules, row by row.

use crate::domain::accounts::members::machine::{Event, Transition, next};
use crate::state::MemberKind::{Invitation, Organization};
use crate::state::MemberStatus::{self, AccountSuspended, Created, Deleted, Enabled, Invited, Removed, Resigned};

const EVENTS: [Event; 10] = [
    Event::Create,
    Event::Join,
    Event::JoinSuspended,
    Event::Invite,
    Event::Accept,
    Event::Decline,
    Event::Leave,
    Event::Disassociate,
    Event::Delete,
    Event::LeaveOrganization,
];

/// For each status of an invited member, and for no record: the transition for each event. A blank is a refusal, a
/// minus deletes the record.
const BY_INVITATION: &str = "
                  Create   Join     JoinSuspended     Invite   Accept   Decline   Leave     Disassociate  Delete  Leaves
none              Created  Enabled  AccountSuspended  .        .        .         .         .             .       .
Created           .        Enabled  AccountSuspended  Invited  .        .         .         Removed       -       .
Invited           .        Enabled  AccountSuspended  .        Enabled  Resigned  .         Removed       -       .
Enabled           .        Enabled  AccountSuspended  .        .        .         Resigned  Removed       .       .
Removed           .        Enabled  AccountSuspended  Invited  .        .         .         .             -       .
Resigned          .        Enabled  AccountSuspended  Invited  Enabled  .         .         .             -       .
";

/// The same for a member of the organization.
const BY_ORGANIZATION: &str = "
                  Create   Join     JoinSuspended     Invite   Accept   Decline   Leave     Disassociate  Delete  Leaves
Enabled           .        .        AccountSuspended  .        .        .         .         Removed       .       Deleted
Removed           .        Enabled  AccountSuspended  .        .        .         .         .             .       Deleted
Deleted           Created  Enabled  AccountSuspended  .        .        .         .         .             -       .
AccountSuspended  .        Enabled  AccountSuspended  .        .        .         .         .             .       Deleted
";

fn status(name: &str) -> Option<MemberStatus> {
    let all = [Created, Invited, Enabled, Removed, Resigned, Deleted, AccountSuspended];
    all.into_iter().find(|status| status.as_str() == name)
}

/// Rules: MST-01 to MST-20.
#[test]
fn every_event_has_the_documented_transition() {
    for (table, kind) in [(BY_INVITATION, Invitation), (BY_ORGANIZATION, Organization)] {
        for row in table.lines().skip(2) {
            let words: Vec<&str> = row.split_whitespace().collect();
            let from = status(words[0]).map(|status| (status, kind));
            assert_eq!(from.is_none(), words[0] == "none", "{row}");
            for (event, word) in EVENTS.into_iter().zip(&words[1..]) {
                let expected = match *word {
                    "." => None,
                    "-" => Some(Transition::End),
                    name => Some(Transition::To(status(name).unwrap())),
                };
                assert_eq!(next(from, event), expected, "{event:?} from {} of {kind:?}", words[0]);
            }
        }
    }
}

/// Rules: ACC-02, ACC-03.
#[test]
fn statuses_are_serialized_as_capitalised_words() {
    let words = MemberStatus::ALL.map(MemberStatus::as_str);
    assert_eq!(words, ["Created", "Invited", "Enabled", "Removed", "Resigned", "Deleted", "AccountSuspended"]);
}
