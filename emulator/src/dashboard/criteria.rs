//! Criteria of automation rules as chips: the comparisons that they have, their words, and the way back from the
//! criteria of a rule to chips (DSH-92).

use securityhub_engine::{FieldKind, Schema};
use serde_json::{Map, Value};

use super::chips::Chip;

/// The comparisons of criteria: their names in addresses, their words, and the kind of value that they take.
pub const COMPARISONS: [(&str, &str, &str); 14] = [
    ("EQUALS", "is", "Text"),
    ("NOT_EQUALS", "is not", "Text"),
    ("PREFIX", "begins with", "Text"),
    ("PREFIX_NOT_EQUALS", "does not begin with", "Text"),
    ("CONTAINS", "contains", "Text"),
    ("NOT_CONTAINS", "does not contain", "Text"),
    ("EQ", "is", "Number"),
    ("GTE", "is at least", "Number"),
    ("GT", "is more than", "Number"),
    ("LTE", "is at most", "Number"),
    ("LT", "is less than", "Number"),
    ("BETWEEN", "is between", "Number or time"),
    ("WITHIN", "is within days", "Time"),
    ("OLDER", "is older than days", "Time"),
];

/// A criterion in words, such as `SeverityLabel is HIGH`.
pub fn words(chip: &Chip) -> String {
    let Chip { name, comparison, value } = chip;
    match (comparison.as_str(), value.split_once("..")) {
        ("BETWEEN", Some((start, end))) => format!("{name} is between {start} and {end}"),
        ("WITHIN", _) => format!("{name} is within {value} days"),
        ("OLDER", _) => format!("{name} is older than {value} days"),
        (comparison, _) => {
            let known = COMPARISONS.iter().find(|(known, ..)| *known == comparison);
            format!("{name} {} {value}", known.map_or(comparison, |(_, words, _)| words))
        }
    }
}

/// The chips that are equivalent to the criteria of a rule; `None` if an element cannot be written as a chip.
pub fn chips(schema: &Schema, criteria: &Map<String, Value>) -> Option<Vec<Chip>> {
    let mut chips = Vec::new();
    for (name, elements) in criteria {
        let kind = schema.kind(schema.field(name)?)?;
        for element in elements.as_array()? {
            let (comparison, value) = written(kind, element)?;
            let chip = Chip::new(name, &comparison, &value);
            // A chip is only exact if it is read as the same element.
            chips.push(Some(chip).filter(|chip| chip.element(schema).as_ref() == Some(element))?);
        }
    }
    Some(chips)
}

/// The comparison and the value of an element.
fn written(kind: FieldKind, element: &Value) -> Option<(String, String)> {
    let text = |name: &str| element[name].as_str().map(str::to_owned);
    let own = |comparison: &str, value: String| Some((comparison.to_owned(), value));
    match kind {
        FieldKind::String => Some((text("Comparison")?, text("Value")?)),
        FieldKind::Map => {
            let key = text("Key")?.replace('=', "%3D");
            Some((text("Comparison")?, format!("{key}={}", text("Value")?)))
        }
        FieldKind::Number => {
            let members = element.as_object()?;
            if let (Some(least), Some(most), 2) = (members.get("Gte"), members.get("Lte"), members.len()) {
                return own("BETWEEN", format!("{least}..{most}"));
            }
            let (name, value) = members.iter().next().filter(|_| members.len() == 1)?;
            own(&name.to_ascii_uppercase(), value.to_string())
        }
        FieldKind::Date => match element.get("DateRange") {
            Some(range) => {
                let comparison = if range["Comparison"] == "OLDER_THAN" { "OLDER" } else { "WITHIN" };
                own(comparison, range["Value"].to_string())
            }
            None => own("BETWEEN", format!("{}..{}", text("Start")?, text("End")?)),
        },
        FieldKind::Ip => own("CIDR", text("Cidr")?),
        FieldKind::Keyword => own("IS", text("Value")?),
        FieldKind::Boolean => own("IS", element["Value"].to_string()),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::dashboard::chips::filters;
    use crate::testing::Stage;

    /// Rules: DSH-51, DSH-92.
    #[test]
    fn criteria_become_chips_and_chips_become_criteria() {
        let stage = Stage::empty();
        let schema = stage.0.schema();
        let criteria = json!({
            "Confidence": [{ "Gte": 5, "Lte": 7.5 }, { "Gt": 9 }],
            "Title": [{ "Value": "a:b=c", "Comparison": "CONTAINS" }],
            "ResourceTags": [{ "Key": "a=b", "Value": "c=d", "Comparison": "NOT_CONTAINS" }],
            "UpdatedAt": [
                { "DateRange": { "Value": 7, "Unit": "DAYS" } },
                { "Start": "2026-01-01T00:00:00Z", "End": "2026-01-02T00:00:00Z" },
            ],
        });
        let criteria: Map<String, Value> = serde_json::from_value(criteria).unwrap();
        let found = chips(schema, &criteria).unwrap();
        assert_eq!(filters(schema, &found).unwrap(), criteria);
        let said: Vec<String> = found.iter().map(words).collect();
        for sentence in [
            "Confidence is between 5 and 7.5",
            "Confidence is more than 9",
            "Title contains a:b=c",
            "ResourceTags does not contain a%3Db=c=d",
            "UpdatedAt is within 7 days",
        ] {
            assert!(said.iter().any(|known| known == sentence), "{sentence}: {said:?}");
        }
        for other in [json!({ "Confidence": [{ "Gt": 1, "Lt": 2 }] }), json!({ "Nope": [{ "Value": "a" }] })] {
            assert_eq!(chips(schema, other.as_object().unwrap()), None, "{other}");
        }
    }
}
