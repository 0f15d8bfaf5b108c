//! Tests that columns built outside a table match it when they are adopted.

use super::*;

/// Documents with titles and one type, stored without building columns.
fn fill(table: &mut Table, count: u64) {
    for number in 0..count {
        put(table, &number.to_string(), number, &json!({ "Title": format!("t{}", number % 3), "Confidence": number }));
    }
}

/// Adopts a draft and returns the number of rounds needed.
fn adopt(table: &Table, mut draft: Draft) -> usize {
    for round in 1.. {
        draft.catch_up();
        match table.adopt(draft) {
            Some(outdated) => draft = outdated,
            None => return round,
        }
    }
    unreachable!("the number of rounds is not limited")
}

#[test]
fn a_draft_contains_writes_made_while_it_was_built() {
    fn holds(first: Vec<(u16, u8)>, then: Vec<(u16, u8)>, removes_most: bool) -> bool {
        let mut table = table();
        fill(&mut table, 3_000);
        let write = |table: &mut Table, changes: &[(u16, u8)], removes_most: bool| {
            for (at, (number, change)) in changes.iter().enumerate() {
                let id = (number % 3_500).to_string();
                match change % 4 {
                    0 => _ = table.remove(&key(&id)),
                    _ => _ = put(table, &id, 10_000 + at as u64, &json!({ "Title": format!("t{}", change % 3) })),
                }
            }
            if removes_most {
                // Renumbers the slots.
                table.remove_where(|document| !document.ends_with(b"9}"));
            }
        };
        let Some(mut draft) = table.draft(&titled("t0"), &[CONFIDENCE]) else { return false };
        write(&mut table, &first, false);
        draft.catch_up();
        write(&mut table, &then, removes_most);
        adopt(&table, draft);
        let is_built = table.draft(&titled("t0"), &[CONFIDENCE]).is_none();
        let expected = |title: &str| {
            let documents = table.slots().map(|slot| table.document(slot));
            documents.filter(|document| String::from_utf8_lossy(document).contains(&format!("\"{title}\""))).count()
        };
        let first_of =
            |table: &Table| ids(&table.select(&Filter::everything(), &by(CONFIDENCE, true), None, 20, Vec::new()));
        let mut fresh = super::table();
        for slot in table.slots() {
            let document = table.document(slot);
            let id = serde_json::from_slice::<Value>(document).unwrap()["Id"].as_str().unwrap().to_owned();
            fresh.insert(&key(&id), table.sequence(slot), document);
        }
        is_built
            && ["t0", "t1", "t2"].iter().all(|title| table.count(&titled(title)) == expected(title))
            && first_of(&table) == first_of(&fresh)
    }
    check::check(20).quickcheck(holds as fn(Vec<(u16, u8)>, Vec<(u16, u8)>, bool) -> bool);
    assert!(holds(Vec::new(), Vec::new(), true));
    let many: Vec<(u16, u8)> = (0..2_000).map(|number| (number, 1)).collect();
    assert!(holds(many.clone(), many, false));
}

#[test]
fn a_draft_far_behind_needs_another_round() {
    let mut table = table();
    fill(&mut table, 100);
    let draft = table.draft(&titled("t0"), &[]).expect("no column is built");
    assert_eq!(adopt(&table, draft), 1);
    assert!(table.draft(&titled("t0"), &[]).is_none());
    let mut draft = table.draft(&Filter::everything(), &[CONFIDENCE]).expect("no such column is built");
    draft.catch_up();
    fill(&mut table, 5_000);
    assert_eq!(adopt(&table, draft), 2);
    let page = table.select(&Filter::everything(), &by(CONFIDENCE, true), None, 1, Vec::new());
    assert_eq!(ids(&page), ["4999"]);
}

#[test]
fn a_page_is_quick_if_columns_exist_and_there_is_little_work() {
    let mut table = table();
    fill(&mut table, 3_000);
    let select = |table: &Table, filter: &Filter, limit| {
        let quick = table.within(Scope::All).select_quickly(filter, &[], None, limit, Vec::new());
        assert!(quick.is_none() || quick == Some(table.select(filter, &[], None, limit, Vec::new())));
        quick.is_some()
    };
    assert!(!select(&table, &titled("t0"), 100), "the column is missing");
    table.count(&titled("t0"));
    assert!(select(&table, &titled("t0"), 100));
    let needle = Needle::new("t0");
    assert!(!select(&table, &Filter::term(KEYWORD, Test::Keyword(needle)), 100), "the search would read documents");
    let begins = |number: u8| Filter::term(TITLE, Test::prefix(format!("t{number}")));
    let many = Filter::Any((0..100).map(begins).collect());
    assert!(!select(&table, &many, 100), "many conditions");
    put(&mut table, "long", 9_000, &json!({ "Title": "x".repeat(40_000_000) }));
    assert!(!select(&table, &titled("t0"), 100), "the page is too long");
    assert!(select(&table, &titled("t0"), 1));
}

#[test]
fn a_page_is_quick_if_few_slots_are_examined() {
    let mut table = table();
    let rare = 2 * BLOCK as u64 * (128 * 1024 / BLOCK as u64);
    for number in 0..rare + 10 {
        // There are so many titles that the rare one shares its mark with another, and no block can be skipped.
        let title = if number < rare { format!("usual {}", number % 64) } else { "rare".to_owned() };
        put(&mut table, &number.to_string(), number, &json!({ "Title": title }));
    }
    let select = |title, sort: &[SortKey]| {
        table.count(&titled(title));
        table.within(Scope::All).select_quickly(&titled(title), sort, None, 5, Vec::new())
    };
    assert_eq!(ids(&select("usual 0", &[]).unwrap()), ["0", "64", "128", "192", "256"]);
    assert_eq!(select("rare", &[]), None);
    assert_eq!(select("usual 0", &by(TITLE, true)), None, "all rows would be sorted");
    let after = Position { keys: Vec::new(), sequence: rare };
    let rest = table.within(Scope::All).select_quickly(&titled("rare"), &[], Some(&after), 5, Vec::new());
    assert_eq!(rest.unwrap().rows.len(), 5, "a page begins after the previous one");
}
