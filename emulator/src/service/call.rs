//! One call of an operation: its input is read, it passes the gate, and is done at one moment of the world.

use std::net::IpAddr;

use bytes::Bytes;
use http::request::Parts;
use jiff::Timestamp;
use securityhub_fixtures::Operation;

use super::Pace;
use crate::aws_error::AwsError;
use crate::domain::caller::Caller;
use crate::domain::due;
use crate::gate;
use crate::operations::{self, Answer, Context, Run};
use crate::state::World;
use crate::wire::input;

/// How often a call that only reads is done where the world changes under it each time.
const ATTEMPTS: u32 = 5;

/// A call of an operation.
pub(super) struct Call<'c> {
    pub(super) operation: Operation,
    pub(super) labels: &'c [(&'static str, String)],
    pub(super) parts: &'c Parts,
    pub(super) body: &'c Bytes,
    pub(super) source: Option<IpAddr>,
}

impl Call<'_> {
    /// Does the call, once what is due is done; `None` if that takes longer than `pace` allows.
    pub(super) fn answer(&self, world: &World, caller: &Caller, pace: Pace) -> Result<Option<Answer>, AwsError> {
        let only_reads = matches!(operations::entry(self.operation).run, Run::Reads(_));
        let attempts = if only_reads { ATTEMPTS } else { 1 };
        let answer = |now| self.answer_at(world, Caller { now, ..caller.clone() }, pace);
        at_one_moment(world, pace, attempts, answer).unwrap_or(Ok(None))
    }

    /// Reads the input, passes the gate and runs the operation.
    fn answer_at(&self, world: &World, caller: Caller, pace: Pace) -> Result<Option<Answer>, AwsError> {
        let Call { operation, parts, .. } = *self;
        let rejected = |rejection: input::Rejection| rejection.into_error(operation);
        let body = input::Body::new(operations::entry(operation).per_item, parts, self.body).map_err(rejected)?;
        let document = input::read(operation, self.labels, parts, &body).map_err(rejected)?;
        let input = gate::enter(world, &caller, self.source, operation, document)?;
        let context = Context { world, caller };
        match pace {
            Pace::Quick => operations::entry(operation).quickly.map_or(Ok(None), |run| run(&context, input)),
            Pace::Any => operations::call(&context, operation, input).map(Some),
        }
    }
}

/// Reads the world once what is due is done, at a time that `read` is told; `None` if that takes longer than `pace`
/// allows.
///
/// Relations and tables are read one after the other. If relations were changed or something became due meanwhile, that
/// would be an answer of two moments, and it is made anew, up to so many times. A caller that is overtaken each time gets
/// the last answer.
fn at_one_moment<R>(world: &World, pace: Pace, attempts: u32, mut read: impl FnMut(Timestamp) -> R) -> Option<R> {
    let mut left = attempts;
    loop {
        let (moment, now) = begin(world, pace)?;
        let answer = read(now);
        left = left.saturating_sub(1);
        // In this order: what was due has been counted once it is no longer due.
        if left == 0 || (!world.is_due(world.clock.now()) && world.moment() == moment) {
            return Some(answer);
        }
        if pace == Pace::Quick {
            return None;
        }
    }
}

/// A moment at which nothing is due, and its time. `None` if something is due and `pace` does not allow to do it.
fn begin(world: &World, pace: Pace) -> Option<(u64, Timestamp)> {
    loop {
        let (moment, now) = (world.moment(), world.clock.now());
        if !world.is_due(now) {
            return Some((moment, now));
        }
        if pace == Pace::Quick {
            return None;
        }
        due::run(world, now);
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

    /// How often the world is read, and the last time of the reading, where `happens` while it is read at first.
    fn reads(world: &World, pace: Pace, happens: impl Fn(&World)) -> (u32, Option<Timestamp>) {
        let mut count = 0;
        let last = at_one_moment(world, pace, ATTEMPTS, |now| {
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
    fn what_is_read_while_relations_change_is_read_anew() {
        let world = world();
        let now = world.clock.now();
        assert_eq!(reads(&world, Pace::Any, |_| ()), (1, Some(now)));
        assert_eq!(reads(&world, Pace::Any, relations_change), (2, Some(now)));
        assert_eq!(reads(&world, Pace::Quick, relations_change), (1, None), "that takes too long");
        let mut count = 0;
        let overtaken = |_| {
            relations_change(&world);
            count += 1;
        };
        assert_eq!(at_one_moment(&world, Pace::Any, ATTEMPTS, overtaken), Some(()));
        assert_eq!(count, ATTEMPTS, "it ends");
    }

    /// Rules: STD-63.
    #[test]
    fn what_is_read_while_the_clock_is_moved_is_read_anew_once_all_is_done_that_is_due() {
        for (moved, expected) in [(0, 1), (1, 2), (2, 2)] {
            let world = world();
            let hour = SignedDuration::from_hours(1);
            let mut transaction = world.write();
            for hours in 1..=2 {
                let at = world.clock.now() + hour * hours;
                transaction.schedule(at, Due::SweepFindings(Region::new("us-east-1")));
            }
            transaction.commit();
            let (count, last) = reads(&world, Pace::Any, |world| world.clock.advance(hour * moved));
            assert_eq!((count, last), (expected, Some(world.clock.now())), "{moved} hours");
            assert!(!world.is_due(world.clock.now()));
            let world_is_quick = reads(&world, Pace::Quick, |world| world.clock.advance(hour * (2 - moved)));
            assert_eq!(world_is_quick.1.is_none(), moved < 2, "{moved} hours");
        }
    }
}
