//! Compiles templates to programs: names, fields and residents become numbers, and the constant parts of a finding are
//! merged into as few pieces as possible, already escaped as JSON.

use std::collections::BTreeMap;

use fastrand::Rng;
use serde_json::Value as Json;

use super::expression::{self, Part, RandomValue};
use super::template::{self, GIVEN, Node, Residence as Source, ResidentOwner, TIMES, Template};
use super::values::{Handle, Shape, ShapeId, Symbol, Values};
use crate::invariant::Invariant;

/// The position of the given name `time`. The values of all other given names are texts.
pub(super) const TIME: usize = GIVEN.len() - 1;

/// A compiled template.
#[derive(Debug)]
pub(super) struct Program {
    /// The product's share among several products.
    pub(super) weight: u64,
    /// The definitions of names, by position.
    pub(super) names: Vec<Name>,
    /// The kinds of findings.
    pub(super) kinds: Choice<Ops>,
}

/// The definition of a name.
#[derive(Debug)]
pub(super) enum Name {
    /// One of [`GIVEN`].
    Given(usize),
    /// A value that is evaluated once per finding.
    Once(Value),
    /// A resident.
    Resident(Residence),
}

/// The residents of a name.
#[derive(Debug)]
pub(super) struct Residence {
    /// Its number within the request. All templates share the residents of `shared.json`.
    pub(super) number: usize,
    pub(super) name: String,
    pub(super) count: usize,
    pub(super) per: ResidentOwner,
    pub(super) each: Value,
}

/// The definition of a value.
#[derive(Debug)]
pub(super) enum Value {
    Constant(Handle),
    /// A text, as the steps that write it.
    Text(Ops),
    /// A number or a list, as the steps that write it.
    Json(Ops),
    /// A value with its JSON type.
    Path(Path),
    /// An object, as the values of its members.
    Object(ShapeId, Box<[Value]>),
    /// One of several values.
    Choice(Choice<Value>),
}

/// The path to a value: the position of its name, followed by fields.
#[derive(Debug)]
pub(super) struct Path {
    pub(super) name: usize,
    pub(super) fields: Box<[Symbol]>,
}

/// The steps that write something.
pub(super) type Ops = Box<[Op]>;

/// A step.
#[derive(Debug)]
pub(super) enum Op {
    /// Bytes.
    Raw(Box<[u8]>),
    /// A value inside a string.
    Within(Path),
    /// A value as JSON.
    Whole(Path),
    /// A value that is generated on each use.
    Random(RandomValue),
    /// A comma, unless this is the first item in its brackets.
    Comma,
    /// Steps that are undone if a value is missing.
    Optional(Ops),
    /// One of several sequences of steps.
    Choice(Choice<Ops>),
}

/// Items with weights.
#[derive(Debug)]
pub(super) struct Choice<T> {
    /// The cumulative weight up to and including each item.
    ends: Box<[u64]>,
    items: Box<[T]>,
}

impl<T> Choice<T> {
    pub(super) fn new(items: impl IntoIterator<Item = (u64, T)>) -> Choice<T> {
        let mut total: u64 = 0;
        let end = |(weight, item)| {
            total = total.saturating_add(weight);
            (total, item)
        };
        let (ends, items): (Vec<u64>, Vec<T>) = items.into_iter().map(end).unzip();
        Choice { ends: ends.into(), items: items.into() }
    }

    /// A random item by weight; `None` if all weights are zero.
    pub(super) fn pick(&self, random: &mut Rng) -> Option<&T> {
        let total = self.ends.last().copied().unwrap_or_default();
        let at = random.u64(..total.max(1));
        self.items.get(self.ends.partition_point(|end| *end <= at))
    }
}

/// Compiles the templates of a request.
#[derive(Debug, Default)]
pub(super) struct Compiler {
    /// The constants and shapes of all programs.
    pub(super) values: Values,
    symbols: BTreeMap<String, Symbol>,
    residences: usize,
    /// The numbers of the residents of `shared.json`, which have the same positions in all templates.
    shared: BTreeMap<usize, usize>,
}

impl Compiler {
    /// Compiles a template.
    pub(super) fn program(&mut self, template: &Template) -> Program {
        let names = template.names.iter().enumerate();
        let names = names.map(|(position, name)| self.name(template, position, name)).collect();
        let kinds: Vec<_> =
            template.kinds.iter().map(|kind| (kind.weight, self.ops(template, &kind.finding))).collect();
        Program { weight: template.weight, names, kinds: Choice::new(kinds) }
    }

    /// The shape of the given name `time`.
    pub(super) fn times(&mut self) -> ShapeId {
        let mut shape = Shape::default();
        for field in TIMES {
            shape.push(&Json::from(field).to_string(), self.symbol(field));
        }
        self.values.add_shape(shape)
    }

    fn symbol(&mut self, field: &str) -> Symbol {
        let next = self.symbols.len();
        *self.symbols.entry(field.to_owned()).or_insert(next)
    }

    fn name(&mut self, template: &Template, position: usize, name: &template::Name) -> Name {
        match name {
            template::Name::Given => Name::Given(position),
            template::Name::Once(node) => Name::Once(self.value(template, node)),
            template::Name::Resident(residence) => {
                let Source { name, is_shared, count, per, each } = residence;
                let next = self.residences;
                let number = if *is_shared { *self.shared.entry(position).or_insert(next) } else { next };
                self.residences += usize::from(number == next);
                let each = self.value(template, each);
                Name::Resident(Residence { number, name: name.clone(), count: *count, per: *per, each })
            }
        }
    }

    fn value(&mut self, template: &Template, node: &Node) -> Value {
        match node {
            Node::Constant(constant) => Value::Constant(self.constant(&constant.value)),
            Node::Value(Part::Name(path)) => Value::Path(self.path(path)),
            Node::Value(Part::Random(RandomValue::Number(..))) | Node::List(_) => Value::Json(self.ops(template, node)),
            Node::Value(part) => Value::Text(self.text(std::slice::from_ref(part))),
            Node::Text(parts) => Value::Text(self.text(parts)),
            Node::Object(members) => {
                let mut shape = Shape::default();
                let mut values = Vec::with_capacity(members.len());
                for (name, node) in members {
                    shape.push(&name.json, self.symbol(&name.text));
                    values.push(self.value(template, node));
                }
                Value::Object(self.values.add_shape(shape), values.into())
            }
            Node::Choice(items) => {
                let items: Vec<_> = items.iter().map(|(weight, node)| (*weight, self.value(template, node))).collect();
                Value::Choice(Choice::new(items))
            }
        }
    }

    fn constant(&mut self, value: &Json) -> Handle {
        let made = match value {
            Json::Null => Handle::Null,
            Json::String(text) => self.values.text(&escaped(text)),
            Json::Object(members) => {
                let mut shape = Shape::default();
                let mut fields = Vec::with_capacity(members.len());
                for (name, value) in members {
                    shape.push(&Json::from(&**name).to_string(), self.symbol(name));
                    fields.push(self.constant(value));
                }
                let shape = self.values.add_shape(shape);
                self.values.object(shape, &fields)
            }
            other => self.values.json(other.to_string().as_bytes()),
        };
        self.values.keep(made)
    }

    fn path(&mut self, path: &expression::Path) -> Path {
        let fields = path.fields.iter().map(|field| self.symbol(field)).collect();
        Path { name: path.name, fields }
    }

    /// The steps that write a text inside its quotes.
    fn text(&mut self, parts: &[Part]) -> Ops {
        let mut steps = Steps::default();
        self.parts(parts, &mut steps);
        steps.done()
    }

    fn parts(&mut self, parts: &[Part], steps: &mut Steps) {
        for part in parts {
            match part {
                Part::Literal(letters) => steps.raw.extend(escaped(letters)),
                Part::Name(path) => steps.push(Op::Within(self.path(path))),
                Part::Random(value) => steps.push(Op::Random(value.clone())),
            }
        }
    }

    /// The steps that write a node as JSON.
    fn ops(&mut self, template: &Template, node: &Node) -> Ops {
        let mut steps = Steps::default();
        self.write(template, node, &mut steps);
        steps.done()
    }

    fn write(&mut self, template: &Template, node: &Node, steps: &mut Steps) {
        match node {
            Node::Constant(constant) => steps.raw.extend_from_slice(constant.json.as_bytes()),
            Node::Text(parts) => {
                steps.raw.push(b'"');
                self.parts(parts, steps);
                steps.raw.push(b'"');
            }
            Node::Value(Part::Name(path)) => steps.push(Op::Whole(self.path(path))),
            Node::Value(Part::Random(RandomValue::Number(least, most))) => {
                steps.push(Op::Random(RandomValue::Number(*least, *most)));
            }
            Node::Value(part) => {
                steps.raw.push(b'"');
                self.parts(std::slice::from_ref(part), steps);
                steps.raw.push(b'"');
            }
            Node::Object(members) => {
                let items = members.iter().map(|(name, node)| (format!("{}:", name.json), node));
                self.items(template, *b"{}", items, steps);
            }
            Node::List(nodes) => {
                let items = nodes.iter().map(|node| (String::new(), node));
                self.items(template, *b"[]", items, steps);
            }
            Node::Choice(items) => {
                let items: Vec<_> = items.iter().map(|(weight, node)| (*weight, self.ops(template, node))).collect();
                steps.push(Op::Choice(Choice::new(items)));
            }
        }
    }

    /// Writes items in brackets, each after its name, with commas between those that are present.
    fn items<'n>(
        &mut self,
        template: &Template,
        [open, close]: [u8; 2],
        items: impl Iterator<Item = (String, &'n Node)>,
        steps: &mut Steps,
    ) {
        steps.raw.push(open);
        let (mut may_be_first, mut must_be_first) = (true, true);
        for (name, node) in items {
            let is_never_null = template.is_never_null(node, &[]);
            let mut inner = Steps::default();
            let item = if is_never_null { &mut *steps } else { &mut inner };
            if !may_be_first {
                item.raw.push(b',');
            } else if !must_be_first {
                item.push(Op::Comma);
            }
            item.raw.extend_from_slice(name.as_bytes());
            match node {
                Node::Constant(constant) if constant.value.is_null() => continue,
                _ => self.write(template, node, item),
            }
            if !is_never_null {
                steps.push(Op::Optional(inner.done()));
            }
            may_be_first &= !is_never_null;
            must_be_first = false;
        }
        steps.raw.push(close);
    }
}

/// A sequence of steps under construction.
#[derive(Default)]
struct Steps {
    ops: Vec<Op>,
    /// Literal bytes that follow the steps.
    raw: Vec<u8>,
}

impl Steps {
    fn push(&mut self, op: Op) {
        if !self.raw.is_empty() {
            self.ops.push(Op::Raw(std::mem::take(&mut self.raw).into()));
        }
        self.ops.push(op);
    }

    fn done(mut self) -> Ops {
        if !self.raw.is_empty() {
            self.ops.push(Op::Raw(self.raw.into()));
        }
        self.ops.into()
    }
}

/// The escaped content of a JSON string, without quotes.
pub(super) fn escaped(text: &str) -> Vec<u8> {
    let json = Json::from(text).to_string().into_bytes();
    json.get(1..json.len().saturating_sub(1)).or_report("a JSON string is in quotes").unwrap_or_default().to_vec()
}
