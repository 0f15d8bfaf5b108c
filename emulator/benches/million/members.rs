//! A query by an administrator of ten thousand members, and by a single account that owns as many findings.

use crate::ask::{Question, by, equals};
use crate::common::child::Child;
use crate::common::goal::{at_most, line};
use crate::common::latency::Latency;
use crate::common::load::{self, Requests};
use crate::common::organization;
use crate::common::size::sized;
use crate::findings::{Imports, account};
use crate::import::all_there;
use crate::latency;

/// Number of members; the account after the last one owns all findings and is not a member.
fn members() -> usize {
    sized(10_000, 100)
}

/// Measures both alternately, each in its own world.
pub(crate) fn compare(count: usize) {
    let (members, single) = (members(), members() + 1);
    let owner = format!("  - account: \"{}\"\n    regions: all\n", account(single));
    let scenario = organization::of_members(members, &owner);
    let ask = |asks: usize, owners: std::ops::Range<usize>| {
        let program = Child::program(&["--scenario", &scenario.path().to_string_lossy()]);
        let imports: Vec<Box<dyn Requests>> = vec![Box::new(Imports::of(owners, true, 0, count))];
        load::run(program.address(), imports, None);
        all_there(&program, count);
        let question = Question { filters: equals("SeverityLabel", "HIGH"), ..Question::default() };
        Latency::measure(&program, &[by(&account(asks), &question)], latency::rounds())
    };
    let of_one = ask(single, single..single + 1);
    let of_many = ask(0, 1..members + 1);
    line("one EQUALS, a single account that owns all findings", &of_one.to_string(), "");
    line(&format!("the same, an administrator of {members} members"), &of_many.to_string(), "");
    let ratio = of_many.medians.median() / of_one.medians.median();
    line("administrator relative to single account, medians", &format!("{ratio:.2}"), &at_most(ratio, 2.0));
}
