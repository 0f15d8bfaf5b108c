//! Tests that forks of a table are independent.

use std::collections::BTreeMap;

use super::*;

/// A table and its expected content: documents by ID, in order of creation.
#[derive(Clone)]
struct Branch {
    table: Table,
    expected: BTreeMap<u64, Value>,
    next: u64,
}

impl Branch {
    fn write(&mut self, number: u64, with: &Value) {
        let id = number.to_string();
        let slot = self.table.find(&key(&id));
        put(&mut self.table, &id, self.next, with);
        self.next += u64::from(slot.is_none());
        self.expected.insert(number, with.clone());
    }

    fn remove(&mut self, number: u64) {
        let is_stored = self.expected.remove(&number).is_some();
        assert_eq!(self.table.remove(&key(&number.to_string())), is_stored);
    }

    fn check(&self) {
        assert_eq!(self.table.len(), self.expected.len());
        for (number, with) in &self.expected {
            let id = number.to_string();
            let slot = self.table.find(&key(&id)).expect("stored");
            assert_eq!(self.table.document(slot), document(&id, with));
        }
        for title in ["t0", "t1", "t2"] {
            let expected = self.expected.values().filter(|with| with["Title"] == title).count();
            assert_eq!(self.table.count(&titled(title)), expected, "{title}");
        }
        let several = Filter::term(TYPE, Test::equals("b"));
        assert_eq!(self.table.count(&several), self.expected.values().filter(|with| with["Types"][1] == "b").count());
        let page = self.table.select(&Filter::All(vec![]), &by(CONFIDENCE, true), None, 5, Vec::new());
        let mut best: Vec<u64> = self.expected.values().map(|with| with["Confidence"].as_u64().unwrap()).collect();
        best.sort_unstable_by(|one, two| two.cmp(one));
        best.truncate(5);
        let found: Vec<u64> = page
            .documents()
            .map(|document| serde_json::from_slice::<Value>(document).unwrap()["Confidence"].as_u64().unwrap())
            .collect();
        assert_eq!(found, best);
    }
}

/// The slots that differ are those whose documents differ, whatever the tables share.
fn check_difference(one: &Table, two: &Table) {
    let slots = 0..number(one.documents.len().max(two.documents.len()));
    let differs = |slot: &u32| one.documents.get(*slot) != two.documents.get(*slot);
    assert_eq!(one.differing(two), slots.filter(differs).map(Slot).collect::<Vec<_>>());
}

#[test]
fn forks_of_a_table_are_independent() {
    fn holds(steps: Vec<(u8, u16, u16)>) -> bool {
        let mut branches = vec![Branch { table: table(), expected: BTreeMap::new(), next: 0 }];
        for number in 0..6_000 {
            branches[0].write(number, &json!({ "Title": "t0", "Types": ["a"], "Confidence": number }));
        }
        branches[0].check();
        for (which, number, value) in steps {
            let count = branches.len();
            let branch = &mut branches[usize::from(which) % count];
            let number = u64::from(number % 7_000);
            match which % 11 {
                0 if count < 5 => {
                    let fork = branch.clone();
                    branches.push(fork);
                }
                1 | 2 => branch.remove(number),
                3 => {
                    branch.table.remove_where(|document| document.ends_with(b"7}"));
                    branch.expected.retain(|_, with| with["Confidence"].as_u64().unwrap() % 10 != 7);
                }
                4 => branch.check(),
                _ => {
                    let types = if value % 3 == 0 { json!(["a", "b", "c"]) } else { json!(["a"]) };
                    let title = format!("t{}{}", value % 3, "x".repeat(usize::from(value % 2) * 40));
                    branch.write(number, &json!({ "Title": title, "Types": types, "Confidence": value }));
                }
            }
        }
        branches.iter().for_each(Branch::check);
        for one in &branches {
            for two in &branches {
                check_difference(&one.table, &two.table);
            }
        }
        true
    }
    check::check(15).quickcheck(holds as fn(Vec<(u8, u16, u16)>) -> bool);
}

#[test]
fn a_fork_shares_unwritten_blocks() {
    let mut one = table();
    for number in 0..20_000 {
        put(&mut one, &number.to_string(), number, &json!({ "Title": "t" }));
    }
    one.count(&titled("t"));
    let two = one.clone();
    put(&mut one, "7", 0, &json!({ "Title": "other" }));
    assert_eq!((one.count(&titled("t")), two.count(&titled("t"))), (19_999, 20_000));
    let [one, two] = [&one, &two].map(|table| table.document(Slot(5_000)).as_ptr());
    assert_eq!(one, two, "forks share the documents of unchanged blocks");
}
