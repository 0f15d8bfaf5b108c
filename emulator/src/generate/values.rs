//! Values of names, stored as the JSON they will become: text in one buffer, values and fields in separate lists, so
//! that creating a value does not allocate and referring to it copies an index.

use crate::invariant::Invariant;

/// A value, or null.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Handle {
    /// `null`, which omits a member.
    #[default]
    Null,
    /// A constant of a template, or part of a resident.
    Constant(usize),
    /// A value of the current finding.
    Current(usize),
}

/// The number of a field name, which is the same in all templates of a request.
pub(super) type Symbol = usize;

/// The number of a [`Shape`].
pub(super) type ShapeId = usize;

/// The members of all objects from one place in a template.
#[derive(Debug, Default)]
pub(super) struct Shape {
    /// The names of the members as JSON, each followed by a colon.
    names: Vec<Box<[u8]>>,
    /// The position of each member, by symbol.
    positions: Vec<Option<u16>>,
}

/// Values with the same lifetime.
#[derive(Debug, Default)]
struct Store {
    letters: Vec<u8>,
    entries: Vec<Entry>,
    fields: Vec<Handle>,
}

/// A range of bytes in a store.
#[derive(Clone, Copy, Debug)]
struct Span {
    start: usize,
    end: usize,
}

#[derive(Clone, Copy, Debug)]
enum Entry {
    /// A string: its content in JSON, without quotes.
    Text(Span),
    /// A number, a boolean or a list, as JSON.
    Json(Span),
    /// An object and the position of its first field. Missing fields are null.
    Object(ShapeId, usize),
}

/// All values.
#[derive(Debug, Default)]
pub(super) struct Values {
    shapes: Vec<Shape>,
    constants: Store,
    current: Store,
}

impl Shape {
    /// Adds a member.
    pub(super) fn push(&mut self, name_as_json: &str, symbol: Symbol) {
        if self.positions.len() <= symbol {
            self.positions.resize(symbol + 1, None);
        }
        if let Some(position) = self.positions.get_mut(symbol) {
            *position = u16::try_from(self.names.len()).ok();
        }
        self.names.push(format!("{name_as_json}:").into_bytes().into());
    }
}

impl Store {
    fn span(&self, Span { start, end }: Span) -> &[u8] {
        self.letters.get(start..end).or_report("a span is a range of its text").unwrap_or_default()
    }

    fn push_letters(&mut self, letters: &[u8]) -> Span {
        let start = self.letters.len();
        self.letters.extend_from_slice(letters);
        Span { start, end: self.letters.len() }
    }

    fn push(&mut self, entry: Entry) -> usize {
        self.entries.push(entry);
        self.entries.len() - 1
    }

    fn push_fields(&mut self, fields: &[Handle]) -> usize {
        self.fields.extend_from_slice(fields);
        self.fields.len() - fields.len()
    }
}

impl Values {
    /// Adds a shape.
    pub(super) fn add_shape(&mut self, shape: Shape) -> ShapeId {
        self.shapes.push(shape);
        self.shapes.len() - 1
    }

    /// A string in the current finding, given as its content in JSON.
    pub(super) fn text(&mut self, letters: &[u8]) -> Handle {
        let span = self.current.push_letters(letters);
        Handle::Current(self.current.push(Entry::Text(span)))
    }

    /// A number, a boolean or a list in the current finding.
    pub(super) fn json(&mut self, json: &[u8]) -> Handle {
        let span = self.current.push_letters(json);
        Handle::Current(self.current.push(Entry::Json(span)))
    }

    /// An object in the current finding, with a field for each member of its shape.
    pub(super) fn object(&mut self, shape: ShapeId, fields: &[Handle]) -> Handle {
        let first = self.current.push_fields(fields);
        Handle::Current(self.current.push(Entry::Object(shape, first)))
    }

    /// Keeps a value beyond the current finding.
    pub(super) fn keep(&mut self, handle: Handle) -> Handle {
        let Handle::Current(number) = handle else { return handle };
        let entry = match self.current.entries.get(number).copied() {
            Some(Entry::Text(span)) => Entry::Text(self.constants.push_letters(self.current.span(span))),
            Some(Entry::Json(span)) => Entry::Json(self.constants.push_letters(self.current.span(span))),
            Some(Entry::Object(shape, first)) => {
                let count = self.shapes.get(shape).map_or(0, |shape| shape.names.len());
                let field = |at| {
                    self.current
                        .fields
                        .get(at)
                        .copied()
                        .or_report("an object has a field for each of its names")
                        .unwrap_or_default()
                };
                let fields: Vec<Handle> = (first..first + count).map(field).collect();
                let fields: Vec<Handle> = fields.into_iter().map(|field| self.keep(field)).collect();
                Entry::Object(shape, self.constants.push_fields(&fields))
            }
            None => return Handle::Null,
        };
        Handle::Constant(self.constants.push(entry))
    }

    /// Drops the values of the current finding.
    pub(super) fn clear_current(&mut self) {
        self.current.letters.clear();
        self.current.entries.clear();
        self.current.fields.clear();
    }

    /// A field of an object; null if it is missing.
    pub(super) fn field(&self, handle: Handle, field: Symbol) -> Handle {
        let Some((store, Entry::Object(shape, first))) = self.entry(handle) else { return Handle::Null };
        let position = self.shapes.get(shape).and_then(|shape| *shape.positions.get(field)?);
        let field = position.and_then(|position| store.fields.get(first + usize::from(position)));
        field.copied().unwrap_or_default()
    }

    /// Writes a value as JSON. Returns `false` for null, and writes nothing.
    pub(super) fn write(&self, handle: Handle, written: &mut Vec<u8>) -> bool {
        match self.entry(handle) {
            Some((store, Entry::Text(span))) => {
                written.push(b'"');
                written.extend_from_slice(store.span(span));
                written.push(b'"');
            }
            Some((store, Entry::Json(span))) => written.extend_from_slice(store.span(span)),
            Some((store, Entry::Object(shape, first))) => {
                let names = self
                    .shapes
                    .get(shape)
                    .map(|shape| &*shape.names)
                    .or_report("an object has a shape")
                    .unwrap_or_default();
                let fields = store
                    .fields
                    .get(first..)
                    .or_report("an object has a field for each of its names")
                    .unwrap_or_default();
                written.push(b'{');
                let mut is_first = true;
                for (name, field) in names.iter().zip(fields).filter(|(_, field)| **field != Handle::Null) {
                    if !is_first {
                        written.push(b',');
                    }
                    is_first = false;
                    written.extend_from_slice(name);
                    self.write(*field, written);
                }
                written.push(b'}');
            }
            None => return false,
        }
        true
    }

    /// Writes a value into a string: a text unchanged, anything else as JSON. Returns `false` for null.
    pub(super) fn write_within(&self, handle: Handle, written: &mut Vec<u8>) -> bool {
        if let Some((store, Entry::Text(span))) = self.entry(handle) {
            written.extend_from_slice(store.span(span));
            return true;
        }
        let start = written.len();
        let is_there = self.write(handle, written);
        // JSON contains no other characters that must be escaped in a string.
        if written.iter().skip(start).any(|letter| matches!(letter, b'"' | b'\\')) {
            for letter in written.split_off(start) {
                if matches!(letter, b'"' | b'\\') {
                    written.push(b'\\');
                }
                written.push(letter);
            }
        }
        is_there
    }

    fn entry(&self, handle: Handle) -> Option<(&Store, Entry)> {
        let (store, number) = match handle {
            Handle::Null => return None,
            Handle::Constant(number) => (&self.constants, number),
            Handle::Current(number) => (&self.current, number),
        };
        store.entries.get(number).map(|entry| (store, *entry))
    }
}
