//! Tests of batches: documents that are stored without copying them.

use super::*;

/// A table with a batch of `count` findings with the numbers 10, 12, 14, …, and their documents.
fn batch(count: u64) -> (Table, Vec<Slot>, Vec<u8>) {
    let mut table = table();
    put(&mut table, "before", 3, &json!({}));
    let of = |number: u64| document(&number.to_string(), &json!({ "Title": "t".repeat(1000) }));
    let documents: Vec<Vec<u8>> = (0..count).map(of).collect();
    let bytes = documents.concat();
    let batch = table.add_batch(bytes.clone());
    let (mut slots, mut at) = (Vec::new(), 0);
    for (number, document) in (0..).zip(&documents) {
        let range = at..at + document.len();
        at = range.end;
        slots.push(table.insert_from(&key(&number.to_string()), 10 + 2 * number, &batch, range));
    }
    table.finish_batch(&batch);
    (table, slots, bytes)
}

#[test]
fn the_documents_of_a_batch_are_one_range() {
    let (mut table, slots, bytes) = batch(100);
    assert_eq!(table.run(&slots).unwrap().as_bytes(), bytes);
    let size = bytes.len() / 100;
    assert_eq!(table.run(&slots[..1]).unwrap().as_bytes().len(), table.document(slots[0]).len());
    assert!(table.run(&slots[50..60]).unwrap().as_bytes().len() >= 10 * (size - 1));
    assert!(table.run(&[]).is_none());
    let reversed: Vec<Slot> = slots.iter().rev().copied().collect();
    assert!(table.run(&reversed).is_none(), "another order");
    assert!(table.run(&[slots[1], slots[3]]).is_none(), "a gap");
    // An annex comes after the document, so it would be part of the range.
    let document = table.document(slots[5]).to_vec();
    table.replace_with(slots[5], Stored { document: &document, annex: b"annex" });
    assert!(table.run(&slots).is_none());
    assert!(table.run(&slots[5..6]).is_none());
    assert!(table.run(&slots[6..]).is_some());
}

#[test]
fn slots_are_found_by_several_numbers_as_by_each() {
    let (mut table, slots, _) = batch(100);
    table.remove(&key("7"));
    let each = |numbers: &[u64]| numbers.iter().filter_map(|number| table.with_sequence(*number)).collect::<Vec<_>>();
    let all: Vec<u64> = (0..250).collect();
    let reversed: Vec<u64> = all.iter().rev().copied().collect();
    for numbers in [&all[..], &reversed, &[10, 12, 14, 12, 208, 3, 10], &[]] {
        assert_eq!(table.with_sequences(numbers), each(numbers), "{numbers:?}");
    }
    assert_eq!(table.with_sequences(&all).len(), slots.len());
}
