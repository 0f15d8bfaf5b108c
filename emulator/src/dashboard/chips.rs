//! Chips: the filters of a view, in its query (DSH-51), and as `Filters` of GetFindings or criteria of automation rules.

use securityhub_engine::{FieldKind, Schema};
use serde_json::{Map, Value, json};

use super::text;
use super::view::Query;
use crate::state::Timestamp;

/// The name of a chip in a query.
pub const NAME: &str = "f";

/// Maximum number of chips in a list.
pub const SHOWN: usize = 100;
/// Maximum size of a query of which a page has links, in bytes (DSH-13).
pub const LONGEST: usize = 8_000;
/// Maximum size of all links of a list that remove a chip, in bytes. Each of them repeats the other chips.
const REMOVALS: usize = 40_000;

/// Returns whether a list has a link that removes the chip at this position. `size` is that of the query with all chips.
pub fn is_removable(position: usize, size: usize) -> bool {
    size <= LONGEST && (position + 1) * size <= REMOVALS
}

/// The chips without one of them.
pub fn without(chips: &[Chip], position: usize) -> Vec<Chip> {
    let others = chips.iter().enumerate().filter(|(other, _)| *other != position);
    others.map(|(_, chip)| chip.clone()).collect()
}

/// The sentence about a query that is too long; `None` if a page can have links of it.
pub fn too_long(query: &Query) -> Option<String> {
    let size = query.link_size();
    (size > LONGEST).then(|| {
        format!(
            "The filters of this address are too long for a page: {} bytes, but at most {} are possible. Remove filters, or \
             call GetFindings.",
            text::number(size as u64),
            text::number(LONGEST as u64)
        )
    })
}

/// A comparison of a chip: its name in addresses, its words in sentences, and the kinds of fields that have it.
pub type Comparison = (&'static str, &'static str, &'static [FieldKind]);

/// The comparisons of GetFindings. For each kind of field, the first one is the usual one.
pub const COMPARISONS: [Comparison; 14] = [
    ("EQUALS", "is", &[FieldKind::String, FieldKind::Map]),
    ("PREFIX", "begins with", &[FieldKind::String]),
    ("NOT_EQUALS", "is not", &[FieldKind::String, FieldKind::Map]),
    ("PREFIX_NOT_EQUALS", "does not begin with", &[FieldKind::String]),
    ("EQ", "is equal to", &[FieldKind::Number]),
    ("GTE", "is at least", &[FieldKind::Number]),
    ("GT", "is more than", &[FieldKind::Number]),
    ("LTE", "is at most", &[FieldKind::Number]),
    ("LT", "is less than", &[FieldKind::Number]),
    ("WITHIN", "is within the last … days", &[FieldKind::Date]),
    ("OLDER", "is older than … days", &[FieldKind::Date]),
    ("BETWEEN", "is between", &[FieldKind::Number, FieldKind::Date]),
    ("CIDR", "is in block", &[FieldKind::Ip]),
    ("IS", "is exactly", &[FieldKind::Keyword, FieldKind::Boolean]),
];

/// The comparisons that only criteria of automation rules have.
pub const COMPARISONS_OF_CRITERIA: [Comparison; 2] = [
    ("CONTAINS", "contains", &[FieldKind::String, FieldKind::Map]),
    ("NOT_CONTAINS", "does not contain", &[FieldKind::String, FieldKind::Map]),
];

/// A filter, such as `SeverityLabel:EQUALS:HIGH`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Chip {
    /// The name of the filter.
    pub name: String,
    /// The comparison.
    pub comparison: String,
    /// The value.
    pub value: String,
}

impl Chip {
    /// A chip with any comparison.
    pub fn new(name: &str, comparison: &str, value: &str) -> Chip {
        Chip { name: name.to_owned(), comparison: comparison.to_owned(), value: value.to_owned() }
    }

    /// `NAME:EQUALS:VALUE`
    pub fn equals(name: &str, value: &str) -> Chip {
        Chip::new(name, "EQUALS", value)
    }

    /// The text of the chip in a query.
    pub fn text(&self) -> String {
        format!("{}:{}:{}", self.name, self.comparison, self.value)
    }

    /// The chip in words, such as `SeverityLabel is HIGH`.
    pub fn words(&self) -> String {
        let Chip { name, comparison, value } = self;
        match (comparison.as_str(), value.split_once("..")) {
            ("BETWEEN", Some((start, end))) => format!("{name} is between {start} and {end}"),
            ("WITHIN", _) => format!("{name} is within the last {value} days"),
            ("OLDER", _) => format!("{name} is older than {value} days"),
            ("EQ" | "IS", _) => format!("{name} is {value}"),
            ("CIDR", _) => format!("{name} is in {value}"),
            _ => {
                let mut known = COMPARISONS.iter().chain(&COMPARISONS_OF_CRITERIA);
                let words = known.find(|(known, ..)| known == comparison);
                format!("{name} {} {value}", words.map_or(comparison.as_str(), |(_, words, _)| words))
            }
        }
    }

    /// Parses the value of a query.
    pub fn parse(text: &str) -> Option<Chip> {
        let (name, rest) = text.split_once(':')?;
        let (comparison, value) = rest.split_once(':')?;
        Some(Chip::new(name, comparison, value))
    }

    /// The element of the list of this name in `Filters`; `None` if the comparison or the value does not fit the filter.
    pub fn element(&self, schema: &Schema) -> Option<Value> {
        let (comparison, value) = (self.comparison.as_str(), self.value.as_str());
        match schema.kind(schema.field(&self.name)?)? {
            FieldKind::String => Some(json!({ "Value": value, "Comparison": comparison })),
            FieldKind::Map => {
                let (key, value) = value.split_once('=')?;
                let key = key.replace("%3D", "=");
                Some(json!({ "Key": key, "Value": value, "Comparison": comparison }))
            }
            FieldKind::Number => number(comparison, value),
            FieldKind::Date => date(comparison, value),
            FieldKind::Ip => (comparison == "CIDR").then(|| json!({ "Cidr": value })),
            FieldKind::Keyword => (comparison == "IS").then(|| json!({ "Value": value })),
            FieldKind::Boolean => {
                let value = value.parse::<bool>().ok().filter(|_| comparison == "IS")?;
                Some(json!({ "Value": value }))
            }
        }
    }
}

/// The comparisons of numbers, and their members in filters.
const NUMBERS: [(&str, &str); 5] = [("EQ", "Eq"), ("GTE", "Gte"), ("GT", "Gt"), ("LTE", "Lte"), ("LT", "Lt")];

fn number(comparison: &str, value: &str) -> Option<Value> {
    let number = |text: &str| text.parse::<serde_json::Number>().ok();
    if comparison == "BETWEEN" {
        let (least, most) = value.split_once("..")?;
        return Some(json!({ "Gte": number(least)?, "Lte": number(most)? }));
    }
    let (_, member) = NUMBERS.iter().find(|(name, _)| *name == comparison)?;
    Some(json!({ *member: number(value)? }))
}

fn date(comparison: &str, value: &str) -> Option<Value> {
    if comparison == "BETWEEN" {
        let (start, end) = value.split_once("..")?;
        return Some(json!({ "Start": start, "End": end }));
    }
    let days = value.parse::<u32>().ok()?;
    match comparison {
        "WITHIN" => Some(json!({ "DateRange": { "Value": days, "Unit": "DAYS" } })),
        "OLDER" => Some(json!({ "DateRange": { "Value": days, "Unit": "DAYS", "Comparison": "OLDER_THAN" } })),
        _ => None,
    }
}

/// The chips of a query; an error is the text that is not a chip.
pub fn of(query: &Query) -> Result<Vec<Chip>, String> {
    query.all(NAME).map(|text| Chip::parse(text).ok_or_else(|| text.to_owned())).collect()
}

/// The query with these chips and nothing else.
pub fn query(chips: &[Chip]) -> Query {
    chips.iter().fold(Query::default(), |query, chip| query.and(NAME, &chip.text()))
}

/// The chips of a query as `Filters`.
///
/// # Errors
/// A sentence about a chip that cannot be used.
pub fn filters_of(query: &Query, schema: &Schema) -> Result<Map<String, Value>, String> {
    let chips = of(query).map_err(|text| format!("`{text}` is not a filter (expected NAME:COMPARISON:VALUE)."))?;
    filters(schema, &chips).map_err(|chip| format!("`{}` is not a valid filter.", chip.text()))
}

/// The chips as `Filters`: those of one name are the elements of one list, in their order. An error is the first chip
/// that cannot be written as a filter.
pub fn filters(schema: &Schema, chips: &[Chip]) -> Result<Map<String, Value>, Chip> {
    let mut filters = Map::new();
    for chip in chips {
        let element = chip.element(schema).ok_or_else(|| chip.clone())?;
        let list = filters.entry(chip.name.clone()).or_insert_with(|| json!([]));
        if let Value::Array(list) = list {
            list.push(element);
        }
    }
    Ok(filters)
}

/// The chips that are equivalent to `Filters` or criteria; `None` if one of them cannot be written as a chip.
pub fn of_filters(schema: &Schema, filters: &Map<String, Value>) -> Option<Vec<Chip>> {
    let mut chips = Vec::new();
    for (name, list) in filters {
        for element in list.as_array()? {
            chips.push(of_element(schema, name, element)?);
        }
    }
    Some(chips)
}

fn of_element(schema: &Schema, name: &str, element: &Value) -> Option<Chip> {
    let text = |member: &str| match &element[member] {
        Value::Null => None,
        Value::String(text) => Some(text.clone()),
        other => Some(other.to_string()),
    };
    let (comparison, value) = match schema.kind(schema.field(name)?)? {
        FieldKind::String => (text("Comparison")?, text("Value")?),
        FieldKind::Map => (text("Comparison")?, format!("{}={}", text("Key")?.replace('=', "%3D"), text("Value")?)),
        FieldKind::Number => match (text("Gte"), text("Lte")) {
            (Some(least), Some(most)) => ("BETWEEN".to_owned(), format!("{least}..{most}")),
            _ => NUMBERS.iter().find_map(|(comparison, member)| Some(((*comparison).to_owned(), text(member)?)))?,
        },
        FieldKind::Date => match &element["DateRange"] {
            Value::Null => ("BETWEEN".to_owned(), format!("{}..{}", text("Start")?, text("End")?)),
            range => {
                let comparison = if range["Comparison"] == "OLDER_THAN" { "OLDER" } else { "WITHIN" };
                (comparison.to_owned(), range["Value"].to_string())
            }
        },
        FieldKind::Ip => ("CIDR".to_owned(), text("Cidr")?),
        FieldKind::Keyword | FieldKind::Boolean => ("IS".to_owned(), text("Value")?),
    };
    let chip = Chip::new(name, &comparison, &value);
    let mut expected = element.clone();
    // The default comparison of a range may be written or not.
    let range = expected.get_mut("DateRange").and_then(Value::as_object_mut);
    if let Some(range) = range.filter(|range| range.get("Comparison").is_some_and(|it| it == "WITHIN")) {
        range.remove("Comparison");
    }
    (chip.element(schema)? == expected).then_some(chip)
}

/// Chips that select those findings of `chips` that have a value in a string field. `None` if no chips do: several chips
/// of one name are alternatives, so they can only be replaced, and that is exact only if they hold of the value itself.
/// `is_single` says that no finding has several values in the field.
pub fn with_value(chips: &[Chip], name: &str, value: &str, is_single: bool) -> Option<Vec<Chip>> {
    let (same, mut others): (Vec<&Chip>, Vec<&Chip>) = chips.iter().partition(|chip| chip.name == name);
    let (negative, positive): (Vec<&Chip>, Vec<&Chip>) =
        same.into_iter().partition(|chip| chip.comparison.contains("NOT"));
    let holds = |chip: &&Chip| match chip.comparison.as_str() {
        "PREFIX" => value.starts_with(&chip.value),
        _ => value == chip.value,
    };
    let is_exact = is_single || (negative.is_empty() && (positive.is_empty() || positive.iter().any(holds)));
    let chip = Chip::equals(name, value);
    others.push(&chip);
    is_exact.then(|| others.into_iter().cloned().collect())
}

/// Chips that select those findings of `chips` with an instant in a range. `None` if no chips do, because a chip of the
/// same field is relative to the current time.
pub fn within(chips: &[Chip], name: &str, (from, to): (Timestamp, Timestamp)) -> Option<Vec<Chip>> {
    let (same, others): (Vec<&Chip>, Vec<&Chip>) = chips.iter().partition(|chip| chip.name == name);
    let mut ranges = vec![(from, to)];
    if !same.is_empty() {
        ranges.clear();
        for chip in same {
            let (start, end) = chip.value.split_once("..").filter(|_| chip.comparison == "BETWEEN")?;
            let (start, end): (Timestamp, Timestamp) = (start.parse().ok()?, end.parse().ok()?);
            ranges.extend(Some((start.max(from), end.min(to))).filter(|(start, end)| start <= end));
        }
    }
    let ranges = ranges.iter().map(|(from, to)| Chip::new(name, "BETWEEN", &format!("{from}..{to}")));
    let chips: Vec<Chip> = others.into_iter().cloned().chain(ranges).collect();
    chips.iter().any(|chip| chip.name == name).then_some(chips)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::Stage;

    /// Rules: DSH-53.
    #[test]
    fn a_chip_is_written_in_words() {
        for (text, words) in [
            ("SeverityLabel:EQUALS:HIGH", "SeverityLabel is HIGH"),
            ("Title:PREFIX_NOT_EQUALS:a", "Title does not begin with a"),
            ("Title:NOT_EQUALS:a:b", "Title is not a:b"),
            ("Confidence:GTE:5", "Confidence is at least 5"),
            ("Confidence:BETWEEN:5..7", "Confidence is between 5 and 7"),
            ("UpdatedAt:WITHIN:7", "UpdatedAt is within the last 7 days"),
            ("ResourceTags:NOT_CONTAINS:a%3Db=c=d", "ResourceTags does not contain a%3Db=c=d"),
            ("Sample:IS:true", "Sample is true"),
            ("Title:NOPE:a", "Title NOPE a"),
        ] {
            let chip = Chip::parse(text).unwrap();
            assert_eq!((chip.words().as_str(), chip.text().as_str()), (words, text));
        }
    }

    /// Rules: DSH-25, DSH-58.
    #[test]
    fn chips_are_replaced_only_if_the_result_is_exact() {
        let chips = |texts: &[&str]| texts.iter().filter_map(|text| Chip::parse(text)).collect::<Vec<_>>();
        let with = |texts: &[&str], is_single: bool| {
            let found = with_value(&chips(texts), "Type", "ab", is_single)?;
            Some(found.iter().map(Chip::text).collect::<Vec<_>>().join(" "))
        };
        let expected = |text: &str| Some(text.to_owned());
        assert_eq!(with(&["Title:EQUALS:x"], false), expected("Title:EQUALS:x Type:EQUALS:ab"));
        assert_eq!(with(&["Type:EQUALS:ab", "Type:EQUALS:c"], false), expected("Type:EQUALS:ab"));
        assert_eq!(with(&["Type:PREFIX:a"], false), expected("Type:EQUALS:ab"));
        assert_eq!(with(&["Type:PREFIX:c"], false), None, "the finding was selected by another of its types");
        assert_eq!(with(&["Type:NOT_EQUALS:c"], false), None);
        assert_eq!(with(&["Type:NOT_EQUALS:c"], true), expected("Type:EQUALS:ab"));
        let range = |from: &str, to: &str| {
            let instant = |hour: &str| format!("2026-01-15T{hour}:00:00Z").parse::<Timestamp>().unwrap();
            (instant(from), instant(to))
        };
        let within =
            |texts: &[&str]| within(&chips(texts), "UpdatedAt", range("09", "10")).map(|chips| query(&chips).text());
        let between = "UpdatedAt:BETWEEN:2026-01-15T08:00:00Z..2026-01-15T09:30:00Z";
        let cut = "?f=UpdatedAt:BETWEEN:2026-01-15T09:00:00Z..2026-01-15T09:30:00Z";
        assert_eq!(within(&[between]).as_deref(), Some(cut));
        assert_eq!(within(&["UpdatedAt:BETWEEN:2026-01-15T08:00:00Z..2026-01-15T08:30:00Z"]), None);
        assert_eq!(within(&["UpdatedAt:WITHIN:7"]), None);
        assert!(within(&["Title:EQUALS:x"]).is_some_and(|text| text.contains("09:00:00Z..2026-01-15T10:00:00Z")));
    }

    /// Rules: DSH-51.
    #[test]
    fn chips_and_filters_are_equivalent() {
        let stage = Stage::empty();
        for (text, name, element) in [
            ("Title:PREFIX:a:b=c", "Title", json!({ "Value": "a:b=c", "Comparison": "PREFIX" })),
            (
                "ResourceTags:NOT_EQUALS:a%3Db=c=d",
                "ResourceTags",
                json!({ "Key": "a=b", "Value": "c=d", "Comparison": "NOT_EQUALS" }),
            ),
            ("Confidence:GTE:5", "Confidence", json!({ "Gte": 5 })),
            ("Confidence:BETWEEN:5..7.5", "Confidence", json!({ "Gte": 5, "Lte": 7.5 })),
            ("UpdatedAt:WITHIN:7", "UpdatedAt", json!({ "DateRange": { "Value": 7, "Unit": "DAYS" } })),
            (
                "UpdatedAt:BETWEEN:2026-01-01T00:00:00Z..2026-01-02T00:00:00Z",
                "UpdatedAt",
                json!({ "Start": "2026-01-01T00:00:00Z", "End": "2026-01-02T00:00:00Z" }),
            ),
            ("NetworkSourceIpV4:CIDR:10.0.0.0/8", "NetworkSourceIpV4", json!({ "Cidr": "10.0.0.0/8" })),
            ("Sample:IS:true", "Sample", json!({ "Value": true })),
            ("Keyword:IS:log4j", "Keyword", json!({ "Value": "log4j" })),
        ] {
            let chips = of(&Query::default().and(NAME, text)).unwrap();
            let filters = filters(stage.0.schema(), &chips).unwrap();
            assert_eq!(of_filters(stage.0.schema(), &filters), Some(chips.clone()), "{text}");
            assert_eq!(Value::Object(filters), json!({ name: [element] }), "{text}");
            assert_eq!(query(&chips).first(NAME), Some(text));
        }
        for (name, element) in [
            ("Confidence", json!({ "Gte": 1, "Lt": 5 })),
            ("Nope", json!({ "Value": "a", "Comparison": "EQUALS" })),
            ("UpdatedAt", json!({ "Start": "2026-01-01T00:00:00Z" })),
            ("ResourceTags", json!({ "Key": "a%3Db", "Value": "c", "Comparison": "EQUALS" })),
        ] {
            let filters: Map<String, Value> = [(name.to_owned(), json!([element]))].into_iter().collect();
            assert_eq!(of_filters(stage.0.schema(), &filters), None, "{name}");
        }
        let criteria = json!({ "Title": [{ "Value": "a:b=c", "Comparison": "CONTAINS" }] });
        let chips = of_filters(stage.0.schema(), criteria.as_object().unwrap()).unwrap();
        assert_eq!((chips.len(), chips[0].text().as_str()), (1, "Title:CONTAINS:a:b=c"));
        let range = json!({ "UpdatedAt": [{ "DateRange": { "Value": 7, "Unit": "DAYS", "Comparison": "WITHIN" } }] });
        let chips = of_filters(stage.0.schema(), range.as_object().unwrap()).unwrap();
        assert_eq!(chips, [Chip::new("UpdatedAt", "WITHIN", "7")]);
        for text in ["Nope:EQUALS:a", "Confidence:EQUALS:5", "Sample:IS:maybe", "UpdatedAt:WITHIN:soon"] {
            let chip = Chip::parse(text).unwrap();
            assert_eq!(filters(stage.0.schema(), std::slice::from_ref(&chip)), Err(chip), "{text}");
        }
        assert_eq!(of(&Query::parse("f=a")), Err("a".to_owned()));
        let two = [Chip::equals("Title", "a"), Chip::equals("Id", "x"), Chip::equals("Title", "b")];
        let filters = filters(stage.0.schema(), &two).unwrap();
        assert_eq!(filters["Title"].as_array().unwrap().len(), 2);
    }
}
