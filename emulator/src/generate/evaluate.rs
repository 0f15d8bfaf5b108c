//! From a program to a finding: names get their values, texts are written.

use fastrand::Rng;

use super::Request;
use super::digits::{self, DAY};
use super::expression::Fresh;
use super::program::{Compiler, Name, Op, Path, Program, Residence, TIME, Value};
use super::resident::{Homes, Residents};
use super::template::GIVEN;
use super::values::{Handle, ShapeId, Values};
use crate::invariant::Invariant;
use crate::state::{AccountId, HubKey, Timestamp};

/// What all findings of a request have in common.
#[derive(Debug)]
pub(super) struct Around {
    pub(super) homes: Homes,
    pub(super) administrator: AccountId,
    pub(super) days: u32,
    /// The time, in milliseconds.
    pub(super) now: i64,
    /// The shape of `time`.
    pub(super) times: ShapeId,
}

impl Around {
    /// What findings of a request have in common.
    pub(super) fn new(request: &Request, homes: Homes, compiler: &mut Compiler) -> Around {
        let &Request { administrator, days, now, .. } = request;
        // Rounded down, as times are written.
        let now = i64::try_from(now.as_nanosecond().div_euclid(1_000_000))
            .or_report("an i64 holds the milliseconds of any time")
            .unwrap_or_default();
        Around { homes, administrator, days, now, times: compiler.times() }
    }
}

/// What a finding is about, beside its program.
#[derive(Clone, Copy)]
pub(super) struct Subject<'r> {
    /// The number of its hub.
    pub(super) hub: usize,
    pub(super) key: &'r HubKey,
    pub(super) product_arn: &'r str,
}

/// What is remembered from one finding to the next: residents, constants, and room for what is being made.
#[derive(Debug, Default)]
pub(super) struct Memory {
    pub(super) values: Values,
    pub(super) residents: Residents,
    /// Room for the values of names.
    slots: Vec<Vec<Slot>>,
    /// Room for texts.
    texts: Vec<Vec<u8>>,
    /// Room for fields.
    fields: Vec<Handle>,
    /// How many evaluations there were.
    evaluations: u64,
}

impl Memory {
    /// The memory of a seed, with the constants of all programs.
    pub(super) fn new(seed: u64, values: Values) -> Memory {
        Memory { values, residents: Residents::new(seed), ..Memory::default() }
    }
}

/// The value that a name had in an evaluation.
#[derive(Clone, Copy, Debug, Default)]
struct Slot {
    evaluation: u64,
    value: Handle,
}

/// Writes a finding of one of the program's kinds as compact JSON.
pub(super) fn finding(
    program: &Program,
    (around, subject): (&Around, Subject<'_>),
    memory: &mut Memory,
    random: &mut Rng,
    written: &mut Vec<u8>,
) {
    memory.values.forget();
    let Some(kind) = program.kinds.pick(random) else { return };
    let mut evaluation = Evaluation::new(program, (around, subject), memory, random, 0);
    evaluation.run(kind, written);
    evaluation.end();
}

/// One finding, or one resident, while it is made.
struct Evaluation<'e> {
    program: &'e Program,
    around: &'e Around,
    subject: Subject<'e>,
    memory: &'e mut Memory,
    random: &'e mut Rng,
    row: u64,
    number: u64,
    /// The values that names have got so far.
    slots: Vec<Slot>,
}

impl<'e> Evaluation<'e> {
    fn new(
        program: &'e Program,
        (around, subject): (&'e Around, Subject<'e>),
        memory: &'e mut Memory,
        random: &'e mut Rng,
        row: u64,
    ) -> Evaluation<'e> {
        // Slots of earlier evaluations are told by their number, so that they need not be emptied.
        memory.evaluations += 1;
        let mut slots = memory.slots.pop().unwrap_or_default();
        if slots.len() < program.names.len() {
            slots.resize(program.names.len(), Slot::default());
        }
        let number = memory.evaluations;
        Evaluation { program, around, subject, memory, random, row, number, slots }
    }

    fn end(self) {
        self.memory.slots.push(self.slots);
    }

    /// Takes steps; `false` as soon as one needs a value that is missing.
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
                Op::Fresh(fresh) => self.write_fresh(fresh, written),
                Op::Comma => {
                    // After an item there is never an opening bracket, whatever the item ends with.
                    if !matches!(written.last(), Some(b'{' | b'[')) {
                        written.push(b',');
                    }
                }
                Op::Perhaps(ops) => {
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

    /// The value of a name; it is made when it is first asked for.
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
                // Members can be objects themselves, whose fields come to lie behind those of this one until they are done.
                let first = self.memory.fields.len();
                for member in members {
                    let field = self.value(member);
                    self.memory.fields.push(field);
                }
                let Memory { values, fields, .. } = &mut *self.memory;
                let object = values.object(
                    *shape,
                    fields.get(first..).or_report("fields are taken off the stack in order").unwrap_or_default(),
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

    /// Makes a value of what is written; null where that lacks a value.
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
        match GIVEN.get(position).copied().or_report("a name that is given has a position").unwrap_or_default() {
            "account" => values.text(account.as_str().as_bytes()),
            "region" => values.text(region.as_str().as_bytes()),
            "partition" => values.text(region.partition().as_bytes()),
            "dns_suffix" => values.text(region.dns_suffix().as_bytes()),
            "console" => values.text(region.console().as_bytes()),
            "administrator" => values.text(self.around.administrator.as_str().as_bytes()),
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

    /// Times within the days: something is observed first and last; the finding is made soon after the first and updated
    /// soon after the last.
    fn times(&mut self) -> Handle {
        let first = self.random.i64(0..=i64::from(self.around.days) * DAY);
        // Most things that were seen are seen again.
        let last = self.random.i64(0..=first).min(self.random.i64(0..=first));
        let created = self.soon_after(first);
        let updated = self.soon_after(last).max(created);
        // Observations are told to the second.
        let whole = |moment: i64| moment.div_euclid(1000) * 1000;
        let observed = [first, last].map(|seconds_ago| whole(self.moment(seconds_ago * 1000)));
        let [first, last] = observed;
        let fields = [first, last, created, updated].map(|moment| self.time(moment));
        self.memory.values.object(self.around.times, &fields)
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

    /// A time within half an hour after one so many seconds ago, and not after now.
    fn soon_after(&mut self, seconds_ago: i64) -> i64 {
        let later = self.random.i64(60_000..1_800_000);
        self.moment(seconds_ago * 1000 - later).min(self.around.now)
    }

    fn moment(&self, milliseconds_ago: i64) -> i64 {
        self.around.now.saturating_sub(milliseconds_ago).max(Timestamp::MIN.as_millisecond())
    }

    fn resident(&mut self, residence: &'e Residence) -> Handle {
        let Some(last) = residence.count.checked_sub(1) else { return Handle::Null };
        // The first ones are met more often, as the busiest hosts of an account are.
        let at = self.random.usize(..=last).min(self.random.usize(..=last));
        match self.memory.residents.find(residence, &self.around.homes, self.subject.hub, at) {
            Some(resident) => resident,
            None => self.settle(residence, at),
        }
    }

    /// Makes the residents of a hub up to this one. None of them depends on more of the finding than the home that they
    /// are of.
    fn settle(&mut self, residence: &'e Residence, at: usize) -> Handle {
        let (homes, hub) = (&self.around.homes, self.subject.hub);
        let mut known = self.memory.residents.take(residence, homes, hub);
        while known.made.len() <= at {
            let row = (known.made.len() as u64).saturating_add(1);
            let around = (self.around, self.subject);
            let mut evaluation = Evaluation::new(self.program, around, self.memory, &mut known.random, row);
            let made = evaluation.value(&residence.each);
            evaluation.end();
            known.made.push(self.memory.values.keep(made));
        }
        let resident = known
            .made
            .get(at)
            .copied()
            .or_report("residents are made up to the one that is wanted")
            .unwrap_or_default();
        self.memory.residents.put(residence, homes, hub, known);
        resident
    }

    fn write_fresh(&mut self, fresh: &Fresh, written: &mut Vec<u8>) {
        let random = &mut *self.random;
        match *fresh {
            Fresh::Hex(count) => written.extend((0..count).map(|_| digits::digit(random, 16))),
            Fresh::UpperHex(count) => {
                written.extend((0..count).map(|_| digits::digit(random, 16).to_ascii_uppercase()));
            }
            Fresh::Code(count) => written.extend((0..count).map(|_| digits::digit(random, 36))),
            Fresh::Key(count) => written.extend((0..count).map(|_| digits::digit(random, 36).to_ascii_uppercase())),
            Fresh::Digits(count) => written.extend((0..count).map(|at| match at {
                0 => random.u8(b'1'..=b'9'),
                _ => digits::digit(random, 10),
            })),
            Fresh::Uuid => digits::write_uuid(random.u128(..), written),
            Fresh::Number(least, most) => digits::write_number(random.u64(least..=most), written),
            Fresh::Ago(least, most) => {
                let day = DAY.unsigned_abs();
                let seconds = random.u64(least.saturating_mul(day)..=most.saturating_mul(day));
                let milliseconds = i64::try_from(seconds).unwrap_or(i64::MAX).saturating_mul(1000);
                digits::write_seconds(self.moment(milliseconds).div_euclid(1000), written);
            }
        }
    }
}
