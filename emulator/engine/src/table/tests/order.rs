//! Tests of sort orders over tables of several blocks, compared with sorting all rows.

use super::*;

const CREATED: FieldId = FieldId(4);

fn dated_table() -> Table {
    Table::new(Arc::new(Schema::new(&[
        Field { name: "Title", kind: FieldKind::String, path: "Title" },
        Field { name: "Type", kind: FieldKind::String, path: "Types[]" },
        Field { name: "Confidence", kind: FieldKind::Number, path: "Confidence" },
        Field { name: "Keyword", kind: FieldKind::Keyword, path: "" },
        Field { name: "Created", kind: FieldKind::Date, path: "Created[]" },
    ])))
}

/// Numbers without a pattern.
struct Chance(u64);

impl Chance {
    fn below(&mut self, end: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        (self.0 >> 33) % end
    }
}

/// The values a row is sorted and found by: an optional confidence and an optional second.
type Values = (Option<u64>, Option<u64>);

fn values(chance: &mut Chance) -> Values {
    let confidence = Some(chance.below(6)).filter(|confidence| *confidence > 0);
    (confidence, Some(chance.below(4000)).filter(|second| *second > 200))
}

fn put_values(table: &mut Table, row: usize, (confidence, second): Values) {
    let mut with = json!({});
    if let Some(confidence) = confidence {
        with["Confidence"] = json!(confidence);
    }
    if let Some(second) = second {
        with["Created"] =
            json!([format!("2026-01-01T{:02}:{:02}:{:02}Z", second / 3600, second / 60 % 60, second % 60)]);
    }
    put(table, &row.to_string(), row as u64, &with);
}

/// The sort key of a value in ascending order; missing values are last.
fn key(value: Option<u64>, descending: bool) -> u64 {
    value.map_or(u64::MAX, |value| if descending { 10_000 - value } else { value })
}

fn check(table: &Table, rows: &[Option<Values>], sort: &[SortKey], least: Option<u32>) {
    let keys = |(confidence, second): Values| -> Vec<u64> {
        let of = |sort: &SortKey| key(if sort.field == CREATED { second } else { confidence }, sort.descending);
        sort.iter().map(of).collect()
    };
    let mut expected: Vec<(Vec<u64>, u64)> = (0..)
        .zip(rows)
        .filter_map(|(sequence, values)| Some(((*values)?, sequence)))
        .filter(|(values, _)| least.is_none_or(|least| values.0.is_some_and(|confidence| confidence >= least.into())))
        .map(|(values, sequence)| (keys(values), sequence))
        .collect();
    expected.sort();
    let range = crate::filter::NumberRange { gte: least.map(f64::from), ..Default::default() };
    let filter = least.map_or(Filter::everything(), |_| Filter::term(CONFIDENCE, Test::Number(range)));
    for number in [0, 99, 1_999, 2_000, expected.len() / 2, expected.len().saturating_sub(1), expected.len()] {
        let position = table.within(Scope::All).position_of(&filter, sort, number);
        let found = position.map(|position| position.sequence);
        assert_eq!(found, expected.get(number).map(|(_, sequence)| *sequence), "{sort:?} {least:?} {number}");
    }
    let mut after: Option<Position> = None;
    for start in [0, 100, 200] {
        let page = table.select(&filter, sort, after.as_ref(), 100, Vec::new());
        let found: Vec<u64> = page.rows.iter().map(|row| row.position.sequence).collect();
        let wanted = expected.iter().skip(start).take(100).map(|(_, sequence)| *sequence);
        assert_eq!(found, wanted.collect::<Vec<_>>(), "{sort:?} {least:?} {start}");
        // A page in the middle and one near the end are found in the same way as the first.
        let next = [expected.len() / 2, expected.len().saturating_sub(50)][usize::from(start > 0)];
        for from in [next, start + 99] {
            let Some((_, sequence)) = expected.get(from) else { continue };
            let slot = table.find(&super::key(&sequence.to_string())).expect("stored");
            let position =
                Position { keys: sort.iter().map(|key| table.sort_value(slot.0, *key)).collect(), sequence: *sequence };
            let page = table.select(&filter, sort, Some(&position), 100, Vec::new());
            let found: Vec<u64> = page.rows.iter().map(|row| row.position.sequence).collect();
            let wanted = expected.iter().skip(from + 1).take(100).map(|(_, sequence)| *sequence);
            assert_eq!(found, wanted.collect::<Vec<_>>(), "{sort:?} {least:?} from {from}");
            after = Some(position);
        }
    }
}

/// Rules: SRT-04 to SRT-08.
#[test]
fn pages_of_several_blocks_equal_those_of_a_full_sort() {
    let mut chance = Chance(7);
    let mut table = dated_table();
    let mut rows: Vec<Option<Values>> = Vec::new();
    let key = |field, descending| SortKey { field, descending };
    let sorts = [
        vec![key(CREATED, true)],
        vec![key(CREATED, false)],
        vec![key(CONFIDENCE, true)],
        vec![key(CONFIDENCE, true), key(CREATED, true)],
        vec![key(CONFIDENCE, false), key(CREATED, true)],
        vec![key(CREATED, true), key(CONFIDENCE, false), key(TITLE, true)],
    ];
    for round in 0..4 {
        for row in rows.len()..rows.len() + 3000 {
            rows.push(Some(values(&mut chance)));
            put_values(&mut table, row, rows[row].expect("just put"));
        }
        for _ in 0..500 * round {
            let row = usize::try_from(chance.below(rows.len() as u64)).expect("small");
            let is_removed = chance.below(4) == 0;
            if is_removed || rows[row].is_none() {
                table.remove(&super::key(&row.to_string()));
                rows[row] = None;
            } else {
                rows[row] = Some(values(&mut chance));
                put_values(&mut table, row, rows[row].expect("just put"));
            }
        }
        for sort in &sorts {
            for least in [None, Some(2), Some(5)] {
                check(&table, &rows, sort, least);
            }
        }
    }
}

/// Rules: SRT-06, FLT-42.
#[test]
fn rows_with_several_values_are_sorted_by_their_extremes() {
    let mut table = dated_table();
    for row in 0..5000_u64 {
        let of = |second: u64| format!("2026-01-01T00:{:02}:{:02}Z", second / 60 % 60, second % 60);
        let dates =
            if row % 100 == 7 { json!([of(row % 1000), of(1000 + row % 2000)]) } else { json!([of(row % 1000)]) };
        put(&mut table, &row.to_string(), row, &json!({ "Created": dates }));
    }
    let extreme = |row: &u64| if row % 100 == 7 { 1000 + row % 2000 } else { row % 1000 };
    let mut expected: Vec<u64> = (0..5000).collect();
    expected.sort_by_key(|row| (std::cmp::Reverse(extreme(row)), *row));
    let page = table.select(&Filter::everything(), &by(CREATED, true), None, 100, Vec::new());
    let found: Vec<u64> = page.rows.iter().map(|row| row.position.sequence).collect();
    assert_eq!(found, expected[..100]);
}

/// Checks that a page is found with little work, regardless of the number of documents.
#[test]
fn the_first_rows_are_found_with_little_work() {
    let mut chance = Chance(11);
    let mut table = dated_table();
    for row in 0..30 * BLOCK {
        put_values(&mut table, row, values(&mut chance));
    }
    let newest = [SortKey { field: CREATED, descending: true }];
    let both = [SortKey { field: CONFIDENCE, descending: true }, newest[0]];
    table.select(&Filter::everything(), &both, None, 1, Vec::new());
    for sort in [&newest[..], &both[..], &both[..1]] {
        let page = table.within(Scope::All).select_quickly(&Filter::everything(), sort, None, 100, Vec::new());
        assert_eq!(page.map(|page| page.rows.len()), Some(100), "{sort:?}");
    }
}
