//! Chips: the filters of a view, in its query (DSH-51) and as `Filters` of GetFindings.

use securityhub_engine::{FieldKind, Schema};
use serde_json::{Map, Value, json};

use super::view::Query;

/// The name of a chip in a query.
pub const NAME: &str = "f";

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
    let text = |chip: &Chip| format!("{}:{}:{}", chip.name, chip.comparison, chip.value);
    chips.iter().fold(Query::default(), |query, chip| query.and(NAME, &text(chip)))
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

/// The chips that say the same as `Filters`; `None` if a filter cannot be written as a chip.
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::Stage;

    /// Rules: DSH-51.
    #[test]
    fn chips_and_filters_say_the_same() {
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
            ("UpdatedAt", json!({ "Start": "2026-01-01T00:00:00Z" })),
            ("ResourceTags", json!({ "Key": "a%3Db", "Value": "c", "Comparison": "EQUALS" })),
        ] {
            let filters: Map<String, Value> = [(name.to_owned(), json!([element]))].into_iter().collect();
            assert_eq!(of_filters(stage.0.schema(), &filters), None, "{name}");
        }
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
