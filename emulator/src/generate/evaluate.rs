//! Evaluates a program to a finding: assigns values to names and writes texts.

use fastrand::Rng;

use super::Request;
use super::digits::{self, DAY};
use super::expression::RandomValue;
use super::program::{Compiler, Name, Op, Path, Program, Residence, TIME, Value};
use super::resident::{HubIndex, Residents};
use super::template::GIVEN;
use super::values::{Handle, ShapeId, Values};
use crate::invariant::Invariant;
use crate::state::{AccountId, HubKey, Timestamp};

/// The context shared by all findings of a request.
#[derive(Debug)]
pub(super) struct Context {
    pub(super) hub_index: HubIndex,
    pub(super) administrator: AccountId,
    pub(super) days: u32,
    /// The current time, in milliseconds.
    pub(super) now: i64,
    /// The shape of the given name `time`.
    pub(super) times: ShapeId,
}

impl Context {
    /// The context of a request.
    pub(super) fn new(request: &Request, hub_index: HubIndex, compiler: &mut Compiler) -> Context {
        let &Request { administrator, days, now, .. } = request;
        // Rounded down, like all times that are written.
        let now = i64::try_from(now.as_nanosecond().div_euclid(1_000_000))
            .or_report("an i64 holds the milliseconds of any time")
            .unwrap_or_default();
        Context { hub_index, administrator, days, now, times: compiler.times() }
    }
}

/// The hub and product of a finding.
#[derive(Clone, Copy)]
pub(super) struct Subject<'r> {
    /// The index of its hub.
    pub(super) hub: usize,
    pub(super) key: &'r HubKey,
    pub(super) product_arn: &'r str,
}

/// State kept between findings: residents, constants, and reusable buffers.
#[derive(Debug, Default)]
pub(super) struct Memory {
    pub(super) values: Values,
    pub(super) residents: Residents,
    /// Reusable buffers for the values of names.
    slots: Vec<Vec<Slot>>,
    /// Reusable buffers for texts.
    texts: Vec<Vec<u8>>,
    /// A reusable buffer for fields.
    fields: Vec<Handle>,
    /// The number of evaluations so far.
    evaluations: u64,
}

impl Memory {
    /// The state for a seed, with the constants of all programs.
    pub(super) fn new(seed: u64, values: Values) -> Memory {
        Memory { values, residents: Residents::new(seed), ..Memory::default() }
    }
}

/// The value of a name in an evaluation.
#[derive(Clone, Copy, Debug, Default)]
struct Slot {
    evaluation: u64,
    value: Handle,
}

/// Writes a finding of a random kind of the program, as compact JSON.
pub(super) fn finding(
    program: &Program,
    (context, subject): (&Context, Subject<'_>),
    memory: &mut Memory,
    random: &mut Rng,
    written: &mut Vec<u8>,
) {
    memory.values.clear_current();
    let Some(kind) = program.kinds.pick(random) else { return };
    let mut evaluation = Evaluation::new(program, (context, subject), memory, random, 0);
    evaluation.run(kind, written);
    evaluation.end();
}

/// The evaluation of one finding or one resident.
struct Evaluation<'e> {
    program: &'e Program,
    context: &'e Context,
    subject: Subject<'e>,
    memory: &'e mut Memory,
    random: &'e mut Rng,
    row: u64,
    number: u64,
    /// The values of names that have been evaluated so far.
    slots: Vec<Slot>,
}

impl<'e> Evaluation<'e> {
    fn new(
        program: &'e Program,
        (context, subject): (&'e Context, Subject<'e>),
        memory: &'e mut Memory,
        random: &'e mut Rng,
        row: u64,
    ) -> Evaluation<'e> {
        // Slots of earlier evaluations are recognised by their number, so they need not be cleared.
        memory.evaluations += 1;
        let mut slots = memory.slots.pop().unwrap_or_default();
        if slots.len() < program.names.len() {
            slots.resize(program.names.len(), Slot::default());
        }
        let number = memory.evaluations;
        Evaluation { program, context, subject, memory, random, row, number, slots }
    }

    fn end(self) {
        self.memory.slots.push(self.slots);
    }

    /// Runs steps. Returns `false` as soon as one needs a missing value.
    fn run(&mut self, ops: &'e [Op], written: &mut Vec<u8>) -> bool {
        ops.iter().all(|op| {
            match op {
                Op::Raw(bytes) => written.extend_from_slice(bytes),
                Op::Within(path) => {
                    let value = self.path(path);
                    return self.memory.values.write_within(value, written);
                }
                Op::Whole(path) => {
                    let value = self.path(path);
                    return self.memory.values.write(value, written);
                }
                Op::Random(value) => self.write_random(value, written),
                Op::Comma => {
                    // No item ends with an opening bracket, so an opening bracket means that this is the first item.
                    if !matches!(written.last(), Some(b'{' | b'[')) {
                        written.push(b',');
                    }
                }
                Op::Optional(ops) => {
                    let start = written.len();
                    if !self.run(ops, written) {
                        written.truncate(start);
                    }
                }
                Op::Choice(choice) => {
                    let picked = choice.pick(self.random);
                    return picked.is_some_and(|ops| self.run(ops, written));
                }
            }
            true
        })
    }

    fn path(&mut self, path: &'e Path) -> Handle {
        let value = self.name(path.name);
        path.fields.iter().fold(value, |value, field| self.memory.values.field(value, *field))
    }

    /// The value of a name, which is evaluated on first use.
    fn name(&mut self, position: usize) -> Handle {
        if let Some(slot) = self.slots.get(position).filter(|slot| slot.evaluation == self.number) {
            return slot.value;
        }
        let program = self.program;
        let value = match program.names.get(position) {
            Some(Name::Given(given)) => self.given(*given),
            Some(Name::Once(value)) => self.value(value),
            Some(Name::Resident(residence)) => self.resident(residence),
            None => Handle::Null,
        };
        if let Some(slot) = self.slots.get_mut(position) {
            *slot = Slot { evaluation: self.number, value };
        }
        value
    }

    fn value(&mut self, value: &'e Value) -> Handle {
        match value {
            Value::Constant(constant) => *constant,
            Value::Text(ops) => self.text(|it, text| it.run(ops, text), Values::text),
            Value::Json(ops) => self.text(|it, text| it.run(ops, text), Values::json),
            Value::Path(path) => self.path(path),
            Value::Object(shape, members) => {
                // Members can be objects whose fields are pushed above those of this object until they are complete.
                let first = self.memory.fields.len();
                for member in members {
                    let field = self.value(member);
                    self.memory.fields.push(field);
                }
                let Memory { values, fields, .. } = &mut *self.memory;
                let object = values.object(
                    *shape,
                    fields.get(first..).or_report("fields are popped from the stack in order").unwrap_or_default(),
                );
                fields.truncate(first);
                object
            }
            Value::Choice(choice) => {
                let picked = choice.pick(self.random);
                picked.map(|value| self.value(value)).unwrap_or_default()
            }
        }
    }

    /// Creates a value from written text; null if a value in it is missing.
    fn text(
        &mut self,
        write: impl FnOnce(&mut Self, &mut Vec<u8>) -> bool,
        made: impl FnOnce(&mut Values, &[u8]) -> Handle,
    ) -> Handle {
        let mut text = self.memory.texts.pop().unwrap_or_default();
        text.clear();
        let is_there = write(self, &mut text);
        let value = if is_there { made(&mut self.memory.values, &text) } else { Handle::Null };
        self.memory.texts.push(text);
        value
    }

    fn given(&mut self, position: usize) -> Handle {
        if position == TIME {
            return self.times();
        }
        let Subject { key: HubKey { account, region }, product_arn, .. } = self.subject;
        let values = &mut self.memory.values;
        match GIVEN.get(position).copied().or_report("a defined name has a position").unwrap_or_default() {
            "account" => values.text(account.as_str().as_bytes()),
            "region" => values.text(region.as_str().as_bytes()),
            "partition" => values.text(region.partition().as_bytes()),
            "dns_suffix" => values.text(region.dns_suffix().as_bytes()),
            "console" => values.text(region.console().as_bytes()),
            "administrator" => values.text(self.context.administrator.as_str().as_bytes()),
            "product_arn" => values.text(product_arn.as_bytes()),
            _ => {
                let row = self.row;
                self.number(row)
            }
        }
    }

    fn number(&mut self, number: u64) -> Handle {
        self.text(
            |_, text| {
                digits::write_number(number, text);
                true
            },
            Values::json,
        )
    }

    /// Times within the period: an issue is observed first and last, and the finding is created soon after the first
    /// observation and updated soon after the last.
    fn times(&mut self) -> Handle {
        let first = self.random.i64(0..=i64::from(self.context.days) * DAY);
        // Most observed issues are observed again.
        let last = self.random.i64(0..=first).min(self.random.i64(0..=first));
        let created = self.shortly_after(first);
        let updated = self.shortly_after(last).max(created);
        // Observations have a precision of seconds.
        let whole = |moment: i64| moment.div_euclid(1000) * 1000;
        let observed = [first, last].map(|seconds_ago| whole(self.moment(seconds_ago * 1000)));
        let [first, last] = observed;
        let fields = [first, last, created, updated].map(|moment| self.time(moment));
        self.memory.values.object(self.context.times, &fields)
    }

    fn time(&mut self, moment: i64) -> Handle {
        self.text(
            |_, text| {
                digits::write_milliseconds(moment, text);
                true
            },
            Values::text,
        )
    }

    /// A time within half an hour after a time in the past, but not after now.
    fn shortly_after(&mut self, seconds_ago: i64) -> i64 {
        let later = self.random.i64(60_000..1_800_000);
        self.moment(seconds_ago * 1000 - later).min(self.context.now)
    }

    fn moment(&self, milliseconds_ago: i64) -> i64 {
        self.context.now.saturating_sub(milliseconds_ago).max(Timestamp::MIN.as_millisecond())
    }

    fn resident(&mut self, residence: &'e Residence) -> Handle {
        let Some(last) = residence.count.checked_sub(1) else { return Handle::Null };
        // Lower indexes are more likely, as a few hosts of an account are the busiest.
        let at = self.random.usize(..=last).min(self.random.usize(..=last));
        match self.memory.residents.find(residence, &self.context.hub_index, self.subject.hub, at) {
            Some(resident) => resident,
            None => self.create_residents(residence, at),
        }
    }

    /// Creates the residents of a hub up to an index. Residents depend only on their home, not on other parts of the
    /// finding.
    fn create_residents(&mut self, residence: &'e Residence, at: usize) -> Handle {
        let (hub_index, hub) = (&self.context.hub_index, self.subject.hub);
        let mut known = self.memory.residents.take(residence, hub_index, hub);
        while known.made.len() <= at {
            let row = (known.made.len() as u64).saturating_add(1);
            let context = (self.context, self.subject);
            let mut evaluation = Evaluation::new(self.program, context, self.memory, &mut known.random, row);
            let made = evaluation.value(&residence.each);
            evaluation.end();
            known.made.push(self.memory.values.keep(made));
        }
        let resident =
            known.made.get(at).copied().or_report("residents exist up to the requested one").unwrap_or_default();
        self.memory.residents.put_back(residence, hub_index, hub, known);
        resident
    }

    fn write_random(&mut self, value: &RandomValue, written: &mut Vec<u8>) {
        let random = &mut *self.random;
        match *value {
            RandomValue::Hex(count) => written.extend((0..count).map(|_| digits::digit(random, 16))),
            RandomValue::UpperHex(count) => {
                written.extend((0..count).map(|_| digits::digit(random, 16).to_ascii_uppercase()));
            }
            RandomValue::Code(count) => written.extend((0..count).map(|_| digits::digit(random, 36))),
            RandomValue::Key(count) => {
                written.extend((0..count).map(|_| digits::digit(random, 36).to_ascii_uppercase()));
            }
            RandomValue::Digits(count) => written.extend((0..count).map(|at| match at {
                0 => random.u8(b'1'..=b'9'),
                _ => digits::digit(random, 10),
            })),
            RandomValue::Uuid => digits::write_uuid(random.u128(..), written),
            RandomValue::Number(least, most) => digits::write_number(random.u64(least..=most), written),
            RandomValue::Ago(least, most) => {
                let day = DAY.unsigned_abs();
                let seconds = random.u64(least.saturating_mul(day)..=most.saturating_mul(day));
                let milliseconds = i64::try_from(seconds).unwrap_or(i64::MAX).saturating_mul(1000);
                digits::write_seconds(self.moment(milliseconds).div_euclid(1000), written);
            }
        }
    }
}
