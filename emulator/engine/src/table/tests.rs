//! Tests of tables: writes and queries.

mod batch;
#[path = "../../tests/common/check.rs"]
mod check;
mod draft;
mod fork;
mod order;

use serde_json::{Value, json};

use super::*;
use crate::filter::{Needle, Test};
use crate::page::{Page, Position};
use crate::schema::{Field, FieldKind};
use crate::sort::{SortKey, SortValue};

const TITLE: FieldId = FieldId(0);
const TYPE: FieldId = FieldId(1);
const CONFIDENCE: FieldId = FieldId(2);
const KEYWORD: FieldId = FieldId(3);

fn table() -> Table {
    Table::new(Arc::new(Schema::new(&[
        Field { name: "Title", kind: FieldKind::String, path: "Title" },
        Field { name: "Type", kind: FieldKind::String, path: "Types[]" },
        Field { name: "Confidence", kind: FieldKind::Number, path: "Confidence" },
        Field { name: "Keyword", kind: FieldKind::Keyword, path: "" },
    ])))
}

fn key_of(name: &[u8], owner: &[u8]) -> Key {
    Key::new([name, owner].concat(), name.len())
}

fn key(id: &str) -> Key {
    key_of(format!("{{\"Id\":\"{id}\"").as_bytes(), b",\"Of\":1")
}

fn document(id: &str, with: &Value) -> Vec<u8> {
    let with = with.to_string();
    let members = with.trim_start_matches('{');
    let comma: &[u8] = if members == "}" { b"" } else { b"," };
    [key(id).as_bytes(), comma, members.as_bytes()].concat()
}

fn put(table: &mut Table, id: &str, sequence: u64, with: &Value) -> u64 {
    table.put(&key(id), sequence, &document(id, with))
}

fn ids(page: &Page) -> Vec<String> {
    let id =
        |document: &[u8]| serde_json::from_slice::<Value>(document).expect("JSON")["Id"].as_str().map(str::to_owned);
    page.documents().filter_map(id).collect()
}

fn titled(value: &str) -> Filter {
    Filter::term(TITLE, Test::equals(value))
}

fn by(field: FieldId, descending: bool) -> [SortKey; 1] {
    [SortKey { field, descending }]
}

#[track_caller]
fn check_filter(table: &Table, filter: &Filter, expected: &[&str]) {
    assert_eq!(ids(&table.select(filter, &[], None, 100, Vec::new())), expected, "{filter:?}");
    assert_eq!(table.count(filter), expected.len(), "{filter:?}");
}

#[test]
fn a_table_can_be_shared_between_threads() {
    fn shared<T: Send + Sync>() {}
    shared::<Table>();
}

/// Rules: SRT-08.
#[test]
fn an_update_keeps_the_sequence_number_and_a_new_document_gets_another() {
    let mut table = table();
    assert_eq!(put(&mut table, "a", 1, &json!({})), 1);
    assert_eq!(put(&mut table, "b", 2, &json!({})), 2);
    assert_eq!(put(&mut table, "a", 3, &json!({"Title": "new"})), 1);
    let slot = table.find(&key("a")).expect("stored");
    assert_eq!(table.document(slot), document("a", &json!({"Title": "new"})));
    check_filter(&table, &Filter::everything(), &["a", "b"]);
    assert!(table.remove(&key("a")));
    assert!(!table.remove(&key("a")));
    assert_eq!((table.find(&key("a")), table.len()), (None, 1));
    assert_eq!(put(&mut table, "a", 4, &json!({})), 4);
    check_filter(&table, &Filter::everything(), &["b", "a"]);
    let sequences: Vec<u64> = table.slots().map(|slot| table.sequence(slot)).collect();
    assert_eq!(sequences, [2, 4]);
}

#[test]
fn columns_reflect_every_write() {
    let mut table = table();
    put(&mut table, "a", 1, &json!({"Title": "x", "Types": ["p", "q"]}));
    let of_type = |value: &str| Filter::term(TYPE, Test::equals(value));
    check_filter(&table, &titled("x"), &["a"]);
    check_filter(&table, &of_type("q"), &["a"]);
    put(&mut table, "b", 2, &json!({"Title": "x", "Types": ["q"]}));
    check_filter(&table, &titled("x"), &["a", "b"]);
    put(&mut table, "a", 3, &json!({"Types": ["p"]}));
    check_filter(&table, &titled("x"), &["b"]);
    check_filter(&table, &titled("x").negated(), &["a"]);
    check_filter(&table, &of_type("q"), &["b"]);
    check_filter(&table, &of_type("p"), &["a"]);
    table.remove(&key("a"));
    put(&mut table, "c", 4, &json!({"Title": "y"}));
    check_filter(&table, &of_type("p"), &[]);
    check_filter(&table, &titled("x").negated(), &["c"]);
}

/// Rules: FLT-02.
#[test]
fn each_step_runs_on_the_result_of_the_previous_one() {
    let mut table = table();
    put(&mut table, "a", 1, &json!({"Title": "x", "Confidence": 1}));
    put(&mut table, "b", 2, &json!({"Title": "y", "Confidence": 1}));
    put(&mut table, "c", 3, &json!({"Title": "x"}));
    let known = Filter::term(CONFIDENCE, Test::Present);
    check_filter(&table, &Filter::All(vec![titled("x"), known.clone()]), &["a"]);
    check_filter(&table, &Filter::All(vec![titled("x"), known.clone().negated()]), &["c"]);
    check_filter(&table, &Filter::All(vec![titled("x"), Filter::Any(vec![known, titled("z")])]), &["a"]);
}

/// Rules: FLT-38.
#[test]
fn keywords_are_searched_in_current_documents() {
    let mut table = table();
    put(&mut table, "a", 1, &json!({"Note": {"Text": "Admin"}}));
    put(&mut table, "b", 2, &json!({"Title": "x"}));
    let keyword = Filter::term(KEYWORD, Test::Keyword(Needle::new("admin")));
    check_filter(&table, &keyword, &["a"]);
    check_filter(&table, &Filter::Any(vec![keyword.clone(), titled("x")]), &["a", "b"]);
    check_filter(&table, &Filter::All(vec![keyword.clone(), titled("x")]), &[]);
    put(&mut table, "a", 1, &json!({}));
    check_filter(&table, &keyword, &[]);
}

#[test]
fn an_invalid_document_has_no_values() {
    let mut table = table();
    table.put(&key("a"), 1, &key("a").as_bytes()[..12]);
    assert_eq!(table.count(&titled("x")), 0);
    assert_eq!(table.count(&titled("x").negated()), 1);
}

/// Rules: SRT-08.
#[test]
fn ties_are_oldest_first_in_both_directions() {
    let mut table = table();
    for (id, sequence) in [("a", 1), ("b", 2), ("c", 3)] {
        put(&mut table, id, sequence, &json!({"Confidence": 5}));
    }
    put(&mut table, "d", 4, &json!({}));
    for descending in [false, true] {
        let page = table.select(&Filter::everything(), &by(CONFIDENCE, descending), None, 100, Vec::new());
        assert_eq!(ids(&page), ["a", "b", "c", "d"]);
    }
}

/// Rules: SRT-18.
#[test]
fn a_page_resumes_at_the_position_of_a_removed_row() {
    let mut table = table();
    for (id, sequence, confidence) in [("a", 1, 10), ("b", 2, 20), ("c", 3, 30)] {
        put(&mut table, id, sequence, &json!({"Confidence": confidence}));
    }
    let sort = by(CONFIDENCE, true);
    let everything = Filter::everything();
    let first = table.select(&everything, &sort, None, 2, Vec::new());
    assert_eq!((ids(&first), first.more), (vec!["c".to_owned(), "b".to_owned()], true));
    let position = &first.rows[1].position;
    assert_eq!(*position, Position { keys: vec![SortValue::Number(20.0)], sequence: 2 });
    table.remove(&key("b"));
    put(&mut table, "d", 4, &json!({"Confidence": 15}));
    let second = table.select(&everything, &sort, Some(position), 2, Vec::new());
    assert_eq!((ids(&second), second.more), (vec!["d".to_owned(), "a".to_owned()], false));
}

/// Rules: SRT-12.
#[test]
fn more_is_set_only_if_rows_follow() {
    let mut table = table();
    for sequence in 0..40 {
        let title = if sequence % 20 == 7 { "few" } else { "many" };
        put(&mut table, &sequence.to_string(), sequence, &json!({"Title": title}));
    }
    for sort in [&[] as &[SortKey], &by(TITLE, false)] {
        for (filter, rows) in [(titled("few"), 2), (titled("many"), 38), (Filter::nothing(), 0)] {
            for limit in [0, 1, rows.max(1) - 1, rows, rows + 1] {
                let page = table.select(&filter, sort, None, limit, Vec::new());
                assert_eq!((page.rows.len(), page.more), (limit.min(rows), limit < rows), "{filter:?} {limit}");
            }
        }
    }
}

/// Rules: SRT-18.
#[test]
fn a_position_of_another_order_is_harmless() {
    let mut table = table();
    put(&mut table, "a", 1, &json!({"Confidence": 10}));
    for keys in [vec![], vec![SortValue::Text("z".into())], vec![SortValue::Missing, SortValue::Missing]] {
        let position = Position { keys, sequence: 0 };
        assert!(
            table.select(&Filter::everything(), &by(CONFIDENCE, false), Some(&position), 5, Vec::new()).rows.len() <= 1
        );
    }
}

/// Rules: BUF-10.
#[test]
fn documents_of_several_owners_may_have_one_name() {
    let mut table = table();
    let name = br#"{"Id":"x""#;
    let keys = [b",\"Of\":1".as_slice(), b",\"Of\":2"].map(|owner| key_of(name, owner));
    for (sequence, key) in (0..).zip(&keys) {
        table.put(key, sequence, &[key.as_bytes(), b"}"].concat());
    }
    assert_eq!(table.named(name).len(), 2);
    assert_eq!(table.named(br#"{"Id":"xx""#), []);
    assert!(table.remove(&keys[0]));
    assert_eq!(table.named(name), [table.find(&keys[1]).expect("stored")]);
}

/// Rules: RET-01.
#[test]
fn many_removals_do_not_change_the_remaining_documents() {
    let mut table = table();
    let title = |number: u64| json!({"Title": format!("t{}", number % 3), "Confidence": number, "Types": ["p", "q"]});
    for number in 0..20_000 {
        put(&mut table, &number.to_string(), number, &title(number));
    }
    check_filter(&table, &titled("x"), &[]);
    let gone = table.remove_where(|document| !document.starts_with(br#"{"Id":"77"#));
    assert_eq!((gone.len(), table.len()), (20_000 - 111, 111));
    assert!(table.sequences.len() < 200, "the slots are renumbered");
    put(&mut table, "new", 20_000, &title(77));
    for number in [77, 770, 7799] {
        let slot = table.find(&key(&number.to_string())).expect("kept");
        assert_eq!(table.document(slot), document(&number.to_string(), &title(number)));
        assert_eq!(table.sequence(slot), number);
    }
    let page = table.select(&titled("t2"), &by(CONFIDENCE, true), None, 2, Vec::new());
    assert_eq!(ids(&page), ["7799", "7796"]);
    assert_eq!(table.count(&Filter::term(TYPE, Test::equals("q"))), 112);
}

/// Rules: RET-01.
#[test]
fn expired_documents_are_removed_in_steps() {
    let mut table = table();
    for number in 0..20_000 {
        put(&mut table, &number.to_string(), number, &json!({ "Title": "t" }));
        let slot = table.find(&key(&number.to_string())).expect("stored");
        // The last hundred have no end, and every tenth of the others ends late.
        if number < 19_900 {
            table.set_end(slot, if number % 10 == 0 { 500 } else { 100 });
        }
    }
    assert_eq!(table.first_end(), 100);
    assert_eq!((table.ended(99), table.ended(100), table.ended(500)), (0, 17_910, 19_900));
    assert!(table.remove_ended(99, 4_000).is_empty());
    let mut gone = 0;
    loop {
        let now = table.remove_ended(100, 4_000).len();
        gone += now;
        if now < 4_000 {
            break;
        }
    }
    assert_eq!((gone, table.len(), table.first_end()), (17_910, 2_090, 500));
    let slot = table.find(&key("0")).expect("kept");
    assert_eq!(table.end(slot), 500, "ends are renumbered together with slots");
    table.set_end(slot, 600);
    assert_eq!(table.remove_ended(500, usize::MAX).len(), 1_989);
    assert_eq!((table.len(), table.first_end()), (101, 600));
    assert!(table.remove(&key("0")));
    assert!(table.remove_ended(i64::MAX - 1, usize::MAX).is_empty());
    assert_eq!((table.len(), table.first_end()), (100, NEVER));
    assert_eq!(table.ended(i64::MAX - 1), 0, "removed documents are not counted");
}

#[test]
fn a_hidden_document_becomes_visible_when_replaced() {
    let mut table = table();
    for (number, id) in (0..).zip(["a", "b", "c", "d"]) {
        put(&mut table, id, number, &json!({ "Title": "old" }));
    }
    table.hide(Layer::First, &titled("old"));
    put(&mut table, "b", 9, &json!({ "Title": "new" }));
    put(&mut table, "e", 9, &json!({ "Title": "old" }));
    assert!(table.remove(&key("a")));
    let everything = Filter::everything();
    let seen = |table: &Table, scope, sort: &[SortKey]| {
        let part = table.within(scope);
        let page = part.select(&everything, sort, None, 100, Vec::new());
        let slots = table.slots().filter(|slot| part.has(*slot)).collect::<Vec<_>>();
        assert_eq!(part.matching(&everything), slots);
        assert_eq!(part.groups(&everything, TITLE).values().sum::<u64>(), slots.len() as u64);
        ids(&page)
    };
    assert_eq!(seen(&table, Scope::Visible(Layer::First), &[]), ["b", "e"]);
    assert_eq!(seen(&table, Scope::Visible(Layer::First), &by(TITLE, true)), ["e", "b"]);
    assert_eq!(seen(&table, Scope::All, &[]), ["b", "c", "d", "e"]);
    // The slot of a hidden document is reused.
    table.remove_where(|document| document.starts_with(key("c").as_bytes()));
    put(&mut table, "c", 10, &json!({}));
    assert_eq!(table.within(Scope::Visible(Layer::First)).count(&everything), 3);
}

#[test]
fn hidden_documents_stay_hidden_when_slots_are_renumbered() {
    let mut table = table();
    for number in 0..FEW as u64 {
        put(&mut table, &number.to_string(), number, &json!({ "Confidence": number }));
    }
    table.hide(Layer::First, &titled("none"));
    table.hide(Layer::First, &Filter::Any(vec![titled("x"), Filter::term(CONFIDENCE, Test::Present)]));
    put(&mut table, "77", 0, &json!({ "Confidence": 77 }));
    table.remove_where(|document| !document.ends_with(b"7}"));
    let left = table.within(Scope::Visible(Layer::First)).select(&Filter::everything(), &[], None, 100, Vec::new());
    assert!(table.len() > 1 && table.len() * 2 < FEW, "{}", table.len());
    assert_eq!(ids(&left), ["77"]);
}

#[test]
fn of_rows_with_equal_positions_the_first_is_kept() {
    let (mut one, mut two) = (table(), table());
    put(&mut one, "a", 1, &json!({ "Title": "one" }));
    put(&mut two, "a", 1, &json!({ "Title": "two" }));
    put(&mut two, "b", 2, &json!({ "Title": "two" }));
    let page = |table: &Table| table.select(&Filter::everything(), &[], None, 2, Vec::new());
    let merged = crate::page::merge(&[page(&one), page(&two)], &[], 2, b"[".to_vec());
    assert_eq!(
        String::from_utf8_lossy(&merged.bytes),
        "[".to_owned() + r#"{"Id":"a","Of":1,"Title":"one"},{"Id":"b","Of":1,"Title":"two"}"#
    );
    assert!(!merged.more);
}
