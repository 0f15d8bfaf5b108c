//! Shared by the test programs: the field table, generated findings and queries, and an oracle that implements the
//! rules independently of the engine.
#![allow(dead_code, reason = "each test binary uses a part of this module")]

pub(crate) mod check;
pub(crate) mod finding;
pub(crate) mod oracle;
pub(crate) mod question;

use std::sync::{Arc, LazyLock};

use quickcheck::Gen;
use securityhub_engine::{Field, FieldKind, Key, Schema, SortKey, Table};
use serde_json::Value;

/// The 107 filters of findings.
pub(crate) static FIELDS: LazyLock<Vec<Field>> = LazyLock::new(|| {
    let table = include_str!("../../../../fixtures/data/filter-fields.tsv");
    let rows = table.lines().filter(|line| !line.starts_with('#')).skip(1);
    rows.map(|row| read_field(row).expect(row)).collect()
});

fn read_field(row: &'static str) -> Option<Field> {
    let mut cells = row.split('\t');
    let (name, kind) = (cells.next()?, FieldKind::named(cells.next()?)?);
    let path = cells.next()?;
    Some(Field { name, kind, path: if kind == FieldKind::Keyword { "" } else { path } })
}

/// These fields as a schema of the engine.
pub(crate) static SCHEMA: LazyLock<Arc<Schema>> = LazyLock::new(|| Arc::new(Schema::new(&FIELDS)));

pub(crate) fn key(id: impl ToString) -> Key {
    let name = format!("{{\"#\":[{}]", id.to_string()).into_bytes();
    let length = name.len();
    Key::new(name, length)
}

/// Stores a document after its key, which no field refers to.
pub(crate) fn put(table: &mut Table, id: impl ToString, sequence: u64, document: &Value) -> u64 {
    let key = key(id);
    table.put(&key, sequence, &keyed(&key, document))
}

/// The document preceded by its key.
pub(crate) fn keyed(key: &Key, document: &Value) -> Vec<u8> {
    let text = document.to_string();
    let members = text.trim_start_matches('{');
    let comma: &[u8] = if members == "}" { b"" } else { b"," };
    [key.as_bytes(), comma, members.as_bytes()].concat()
}

pub(crate) fn table_of<'d>(documents: impl IntoIterator<Item = &'d Value>) -> Table {
    let mut table = Table::new(Arc::clone(&SCHEMA));
    for (sequence, document) in (0..).zip(documents) {
        put(&mut table, sequence, sequence, document);
    }
    table
}

/// A random choice.
pub(crate) fn pick<T: Clone>(random: &mut Gen, choices: &[T]) -> T {
    random.choose(choices).expect("a choice").clone()
}

/// A number below `end`.
pub(crate) fn below(random: &mut Gen, end: usize) -> usize {
    <usize as quickcheck::Arbitrary>::arbitrary(random) % end
}

/// One to three sort keys over fields of any kind.
pub(crate) fn sort_keys(random: &mut Gen) -> Vec<SortKey> {
    (0..=below(random, 3))
        .map(|_| {
            let field = pick(random, &FIELDS);
            SortKey { field: SCHEMA.field(field.name).expect("a field"), descending: below(random, 2) == 0 }
        })
        .collect()
}
