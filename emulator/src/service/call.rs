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
const ATTEMPTS: usize = 5;

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
    ///
    /// What only reads is done anew if relations were changed or something became due meanwhile: it reads them and
    /// tables one after the other, and its answer would be of two moments. A caller that is overtaken each time gets the
    /// last answer.
    pub(super) fn answer(&self, world: &World, caller: &Caller, pace: Pace) -> Result<Option<Answer>, AwsError> {
        let only_reads = matches!(operations::entry(self.operation).run, Run::Reads(_));
        let mut left = if only_reads { ATTEMPTS } else { 1 };
        loop {
            let Some((moment, now)) = begin(world, pace) else { return Ok(None) };
            let answered = self.answer_at(world, Caller { now, ..caller.clone() }, pace);
            left -= 1;
            // In this order: what was due has been counted once it is no longer due.
            if left == 0 || (!world.is_due(world.clock.now()) && world.moment() == moment) {
                return answered;
            }
            if pace == Pace::Quick {
                return Ok(None);
            }
        }
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
