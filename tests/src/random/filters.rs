//! Random queries: filters of all names and types, valid and invalid, sort orders, page sizes; also insights and
//! criteria of rules, which contain filters.

use securityhub_fixtures::Operation;
use securityhub_fixtures::fields::{FILTER_FIELDS, FilterField, FilterKind};
use serde_json::{Map, Value, json};

use super::bits::Random;
use super::findings::{TIMES, WORDS};

const STRING_COMPARISONS: [&str; 4] = ["EQUALS", "PREFIX", "NOT_EQUALS", "PREFIX_NOT_EQUALS"];
const COMPARISONS: [&str; 10] = [
    "EQUALS",
    "NOT_EQUALS",
    "PREFIX",
    "PREFIX_NOT_EQUALS",
    "CONTAINS",
    "NOT_CONTAINS",
    "CONTAINS_WORD",
    "equals",
    "",
    "WITHIN",
];
/// Values that findings may have, in addition to words.
const VALUES: [&str; 14] = [
    "HIGH",
    "LOW",
    "ACTIVE",
    "ARCHIVED",
    "NEW",
    "Effects",
    "fuzz/1",
    "fuzz/",
    "scan",
    "Default",
    "Other",
    "AwsS3Bucket",
    "111111111111",
    "us-east-1",
];
const KEYS: [&str; 6] = ["env", "team", "A", "aws/securityhub/ProductName", "", "k\u{0}"];
const LENIENT_TIMES: [&str; 8] = [
    "2026-01-15",
    "2026-01-15T08",
    "2026-01-15T08:00",
    "Thu, 15 Jan 2026 08:00:00 UTC",
    "",
    "yesterday",
    "2026-02-31T00:00:00Z",
    "2026-01-15T08:00:00.1234567890Z",
];
const BLOCKS: [&str; 14] = [
    "10.0.0.0/8",
    "10.0.0.5",
    "0.0.0.0/0",
    "10.0.0.5/33",
    "10.0.0",
    "010.0.0.1/8",
    "::/0",
    "2001:db8::/32",
    "::ffff:10.0.0.5/128",
    "::1/129",
    "/8",
    "10.0.0.0/-1",
    "",
    "fe80::1%eth0",
];

/// Page sizes, the valid ones first.
const SIZES: [i64; 10] = [1, 2, 3, 5, 10, 100, 0, 101, -1, 1_000_000_000_000];

/// The input of GetFindings, without a token.
pub(super) fn question(random: &mut Random) -> Value {
    let mut input = Map::new();
    if !random.one_in(5) {
        input.insert("Filters".to_owned(), filters(random, 10));
    }
    if random.one_in(2) {
        let criteria: Vec<Value> = (0..random.below(4)).map(|_| criterion(random)).collect();
        input.insert("SortCriteria".to_owned(), json!(criteria));
    }
    // Most pages are small, because they are read completely.
    if !random.one_in(12) {
        let most = if random.one_in(5) { SIZES.len() } else { 5 };
        input.insert("MaxResults".to_owned(), json!(SIZES[random.below(most)]));
    }
    Value::Object(input)
}

/// The input of CreateInsight.
pub(super) fn insight(random: &mut Random) -> Value {
    let group = if random.one_in(10) { random.pick(&WORDS) } else { field(random).name };
    json!({ "Name": random.pick(&WORDS), "Filters": filters(random, 10), "GroupByAttribute": group })
}

/// The input of CreateAutomationRule.
pub(super) fn rule(random: &mut Random) -> Value {
    json!({
        "RuleName": random.pick(&WORDS),
        "RuleOrder": 1 + random.below(1000),
        "Description": random.pick(&WORDS),
        "RuleStatus": random.pick(&["ENABLED", "DISABLED"]),
        "IsTerminal": random.one_in(2),
        "Criteria": filters(random, 2),
        "Actions": [{
            "Type": "FINDING_FIELDS_UPDATE",
            "FindingFieldsUpdate": { "Workflow": { "Status": random.pick(&["SUPPRESSED", "NEW", "NOTIFIED"]) } },
        }],
    })
}

/// The operations whose inputs are generated here, except GetFindings.
pub(super) fn other(random: &mut Random) -> (Operation, Value) {
    match random.below(2) {
        0 => (Operation::CreateInsight, insight(random)),
        _ => (Operation::CreateAutomationRule, rule(random)),
    }
}

fn field(random: &mut Random) -> &'static FilterField {
    &FILTER_FIELDS[random.below(FILTER_FIELDS.len())]
}

/// A filters object. One in `wrong` parts is invalid; rarely, a filter has more names than allowed.
fn filters(random: &mut Random, wrong: usize) -> Value {
    let names = if random.one_in(30) { 9 + random.below(4) } else { random.below(4) };
    let mut filters = Map::new();
    for _ in 0..names {
        let field = field(random);
        let name = if random.one_in(wrong * 8) { random.pick(&["Nope", "title", ""]) } else { field.name };
        let elements = match random.below(40) {
            0 => 0,
            1 => 19 + random.below(3),
            _ => 1 + random.below(3),
        };
        let kind = if random.one_in(wrong * 2) { self::field(random).kind } else { field.kind };
        let elements = (0..elements).map(|_| element(random, kind, wrong)).collect();
        filters.insert(name.to_owned(), elements);
    }
    Value::Object(filters)
}

fn element(random: &mut Random, kind: FilterKind, wrong: usize) -> Value {
    let mut element = match kind {
        FilterKind::String => {
            json!({ "Value": string(random), "Comparison": either(random, wrong, &COMPARISONS, &STRING_COMPARISONS) })
        }
        FilterKind::Number => numbers(random),
        FilterKind::Date => date(random, wrong),
        FilterKind::Map => {
            let comparison = either(random, wrong, &COMPARISONS, &["EQUALS"]);
            json!({ "Key": random.pick(&KEYS), "Value": string(random), "Comparison": comparison })
        }
        FilterKind::Ip => json!({ "Cidr": either(random, wrong, &BLOCKS, &BLOCKS[..3]) }),
        FilterKind::Keyword => json!({ "Value": string(random) }),
        FilterKind::Boolean => json!({ "Value": random.one_in(2) }),
    };
    if random.one_in(wrong * 4)
        && let Some(members) = element.as_object_mut()
    {
        let removed = members.keys().nth(random.below(members.len())).cloned();
        members.remove(&removed.unwrap_or_default());
        if random.one_in(2) {
            members.insert("Unknown".to_owned(), json!("x"));
        }
    }
    element
}

fn string(random: &mut Random) -> &'static str {
    match random.below(4) {
        0 => random.pick(&TIMES),
        1 => random.pick(&VALUES),
        _ => random.pick(&WORDS),
    }
}

/// One of the invalid choices, with probability 1 / `wrong`.
fn either(random: &mut Random, wrong: usize, wrongs: &[&'static str], rights: &[&'static str]) -> &'static str {
    let choices = if random.one_in(wrong) { wrongs } else { rights };
    random.pick(choices)
}

fn numbers(random: &mut Random) -> Value {
    let bounds = ["Eq", "Gte", "Lte", "Gt", "Lt"];
    let number = |random: &mut Random| [0.0, 1.0, 40.0, 50.5, 70.0, 100.0, -1.0, 443.0, 1e300, -0.0][random.below(10)];
    (0..random.below(4)).map(|_| (random.pick(&bounds).to_owned(), json!(number(random)))).collect()
}

fn date(random: &mut Random, wrong: usize) -> Value {
    let time = |random: &mut Random| either(random, wrong, &LENIENT_TIMES, &TIMES);
    match random.below(3) {
        0 => {
            let value = [0, 1, 7, 90, 36_500][random.below(5)];
            json!({ "DateRange": { "Value": value, "Unit": "DAYS", "Comparison": random.pick(&["WITHIN", "OLDER_THAN"]) } })
        }
        1 if random.one_in(wrong) => {
            let value = [-1, i64::from(i32::MAX), i64::MAX, i64::MIN][random.below(4)];
            json!({ "DateRange": { "Value": value, "Unit": random.pick(&["DAYS", "HOURS"]) }, "Start": time(random) })
        }
        _ => json!({ "Start": time(random), "End": time(random) }),
    }
}

fn criterion(random: &mut Random) -> Value {
    let name = if random.one_in(20) { random.pick(&WORDS) } else { field(random).name };
    let order = if random.one_in(20) { random.pick(&["ASC", "", "down"]) } else { random.pick(&["asc", "desc"]) };
    if random.one_in(10) { json!({ "Field": name }) } else { json!({ "Field": name, "SortOrder": order }) }
}
