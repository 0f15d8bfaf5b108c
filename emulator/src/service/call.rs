//! A call of an operation: reads its input, passes the gate, and runs at a consistent state of the world.

use std::net::IpAddr;

use bytes::Bytes;
use http::request::Parts;
use jiff::Timestamp;
use securityhub_fixtures::Operation;

use super::TimeBudget;
use crate::aws_error::AwsError;
use crate::domain::caller::Caller;
use crate::domain::due;
use crate::faults::Partial;
use crate::gate;
use crate::operations::{self, Answer, Context, Handler};
use crate::state::{TestTag, World};
use crate::wire::input;

/// Maximum number of attempts of a read-only call while the world keeps changing.
const ATTEMPTS: u32 = 5;

/// A call of an operation.
pub(super) struct Call<'c> {
    pub(super) operation: Operation,
    pub(super) labels: &'c [(&'static str, String)],
    pub(super) parts: &'c Parts,
    pub(super) body: &'c Bytes,
    pub(super) source: Option<IpAddr>,
    /// Items that fail without being processed.
    pub(super) failing: Option<&'c Partial>,
    /// The test tag of the call.
    pub(super) test: Option<&'c TestTag>,
}

impl Call<'_> {
    /// Runs the call after pending work that is due; `None` if that takes longer than `budget` allows.
    pub(super) fn answer(
        &self,
        world: &World,
        caller: &Caller,
        budget: TimeBudget,
    ) -> Result<Option<Answer>, AwsError> {
        let only_reads = matches!(operations::entry(self.operation).run, Handler::Reads(_));
        let attempts = if only_reads { ATTEMPTS } else { 1 };
        let answer = |now| self.answer_at(world, Caller { now, ..caller.clone() }, budget);
        read_consistently(world, budget, attempts, answer).unwrap_or(Ok(None))
    }

    /// Reads the input, passes the gate and runs the operation.
    fn answer_at(&self, world: &World, caller: Caller, budget: TimeBudget) -> Result<Option<Answer>, AwsError> {
        let Call { operation, parts, .. } = *self;
        let rejected = |rejection: input::Rejection| rejection.into_error(operation);
        let body = input::Body::new(operations::entry(operation).per_item, parts, self.body).map_err(rejected)?;
        let document = input::read(operation, self.labels, parts, &body).map_err(rejected)?;
        let mut input = gate::enter(world, &caller, self.source, operation, document)?;
        let context = Context { world, caller, test: self.test.cloned() };
        if let Some(failing) = self.failing {
            failing.take(&mut input.members, &mut input.items);
            return match failing.answer_without_items() {
                Some(answer) => Ok(Some(Answer(answer))),
                None => Ok(Some(Answer(failing.complete(&operations::call(&context, operation, input)?.0)))),
            };
        }
        match budget {
            TimeBudget::Short => operations::entry(operation).quickly.map_or(Ok(None), |run| run(&context, input)),
            TimeBudget::Unlimited => operations::call(&context, operation, input).map(Some),
        }
    }
}

/// Runs `read` after pending work that is due; `None` if that takes longer than `budget` allows.
///
/// Relations and tables are read one after the other. If relations change or work becomes due in between, the result
/// could mix two states, so `read` is run again, up to `attempts` times. If the state changes every time, the last
/// result is returned.
pub(super) fn read_consistently<R>(
    world: &World,
    budget: TimeBudget,
    attempts: u32,
    mut read: impl FnMut(Timestamp) -> R,
) -> Option<R> {
    let mut left = attempts;
    loop {
        let (revision, now) = start_read(world, budget)?;
        let answer = read(now);
        left = left.saturating_sub(1);
        // The order matters: work that was due is counted before it stops being due.
        if left == 0 || (!world.is_due(world.clock.now()) && world.revision() == revision) {
            return Some(answer);
        }
        if budget == TimeBudget::Short {
            return None;
        }
    }
}

/// The counter and the time of a state in which nothing is due. `None` if work is due and `budget` does not allow doing
/// it.
fn start_read(world: &World, budget: TimeBudget) -> Option<(u64, Timestamp)> {
    loop {
        let (revision, now) = (world.revision(), world.clock.now());
        if !world.is_due(now) {
            return Some((revision, now));
        }
        if budget == TimeBudget::Short {
            return None;
        }
        due::run(world, now);
        // Due work is not carried out while it cannot be recorded, so another attempt would not help.
        if world.is_due(now) && !world.may_write() {
            return Some((revision, now));
        }
    }
}

#[cfg(test)]
mod tests {
    use jiff::SignedDuration;

    use super::*;
    use crate::state::{Clock, Due, Region};

    fn world() -> World {
        World::new(Clock::frozen("2026-01-15T09:00:00Z".parse().unwrap()), 7)
    }

    /// The number of times the world is read, and the time of the last read, if `happens` runs during the first read.
    fn reads(world: &World, budget: TimeBudget, happens: impl Fn(&World)) -> (u32, Option<Timestamp>) {
        let mut count = 0;
        let last = read_consistently(world, budget, ATTEMPTS, |now| {
            if count == 0 {
                happens(world);
            }
            count += 1;
            now
        });
        (count, last)
    }

    fn relations_change(world: &World) {
        let mut transaction = world.write();
        transaction.edit_directory(|_| ());
        transaction.commit();
    }

    #[test]
    fn a_read_is_repeated_if_relations_change_meanwhile() {
        let world = world();
        let now = world.clock.now();
        assert_eq!(reads(&world, TimeBudget::Unlimited, |_| ()), (1, Some(now)));
        assert_eq!(reads(&world, TimeBudget::Unlimited, relations_change), (2, Some(now)));
        assert_eq!(
            reads(&world, TimeBudget::Short, relations_change),
            (1, None),
            "the retries would exceed the budget"
        );
        let mut count = 0;
        let overtaken = |_| {
            relations_change(&world);
            count += 1;
        };
        assert_eq!(read_consistently(&world, TimeBudget::Unlimited, ATTEMPTS, overtaken), Some(()));
        assert_eq!(count, ATTEMPTS, "the retries end");
    }

    /// Rules: STD-63.
    #[test]
    fn a_read_is_repeated_after_pending_work_if_the_clock_advances_meanwhile() {
        for (moved, expected) in [(0, 1), (1, 2), (2, 2)] {
            let world = world();
            let hour = SignedDuration::from_hours(1);
            let mut transaction = world.write();
            for hours in 1..=2 {
                let at = world.clock.now() + hour * hours;
                transaction.schedule(at, Due::SweepFindings(Region::new("us-east-1")));
            }
            transaction.commit();
            let (count, last) = reads(&world, TimeBudget::Unlimited, |world| world.clock.advance(hour * moved));
            assert_eq!((count, last), (expected, Some(world.clock.now())), "{moved} hours");
            assert!(!world.is_due(world.clock.now()));
            let world_is_quick = reads(&world, TimeBudget::Short, |world| world.clock.advance(hour * (2 - moved)));
            assert_eq!(world_is_quick.1.is_none(), moved < 2, "{moved} hours");
        }
    }
}
