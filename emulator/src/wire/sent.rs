//! The members of a request as its client sent them, without a check of their values.

use securityhub_fixtures::Operation;
use securityhub_fixtures::model::{Kind, Location, ShapeId};
use serde_json::{Map, Number, Value};

/// The members of the input of `operation`, from labels, query and body. A body that is not a JSON object is returned as
/// a string. Invalid names and values are included.
pub fn members(operation: Operation, labels: &[(&'static str, String)], query: &str, body: &[u8]) -> Value {
    let Kind::Structure(structure) = &operation.model().input.shape().kind else { return Value::Object(Map::new()) };
    let mut members = Map::new();
    if !body.trim_ascii().is_empty() && structure.members.iter().any(|member| member.location == Location::Body) {
        match serde_json::from_slice(body) {
            Ok(Value::Object(sent)) => members = sent,
            _ => return Value::String(String::from_utf8_lossy(body).into_owned()),
        }
    }
    for member in structure.members {
        let texts: Vec<String> = match member.location {
            Location::Uri(name) => {
                labels.iter().filter(|(label, _)| *label == name).map(|(_, value)| value.clone()).collect()
            }
            Location::Query(name) => {
                let pairs = form_urlencoded::parse(query.as_bytes());
                pairs.filter(|(key, _)| key == name).map(|(_, value)| value.into_owned()).collect()
            }
            // No operation has members in headers.
            Location::Body | Location::Header(_) => continue,
        };
        let value = match &member.shape.shape().kind {
            Kind::List { member: item, .. } if !texts.is_empty() => {
                Some(texts.into_iter().map(|text| scalar(*item, text)).collect())
            }
            _ => texts.into_iter().next().map(|text| scalar(member.shape, text)),
        };
        if let Some(value) = value {
            members.insert(member.name.to_owned(), value);
        }
    }
    Value::Object(members)
}

/// A value of a label or a query, as a number or a Boolean if its shape is one and the text is too.
fn scalar(shape: ShapeId, text: String) -> Value {
    let typed = match &shape.shape().kind {
        Kind::Integer { .. } | Kind::Float { .. } => text.parse::<Number>().ok().map(Value::Number),
        Kind::Boolean => text.parse::<bool>().ok().map(Value::Bool),
        _ => None,
    };
    typed.unwrap_or(Value::String(text))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// Rules: CPL-21.
    #[test]
    fn members_are_collected_from_path_query_and_body() {
        let arn = vec![("ResourceArn", "arn:x".to_owned())];
        for (operation, labels, query, body, expected) in [
            (
                Operation::UntagResource,
                &arn[..],
                "tagKeys=a&tagKeys=b%20c",
                "",
                json!({ "ResourceArn": "arn:x", "TagKeys": ["a", "b c"] }),
            ),
            (
                Operation::TagResource,
                &arn,
                "",
                r#"{"Tags": {"a": null}, "Other": 1}"#,
                json!({ "Tags": { "a": null }, "Other": 1, "ResourceArn": "arn:x" }),
            ),
            (
                Operation::ListMembers,
                &[],
                "MaxResults=x&OnlyAssociated=true",
                "",
                json!({ "OnlyAssociated": true, "MaxResults": "x" }),
            ),
            (Operation::ListMembers, &[], "MaxResults=5", "{\"ignored\": 1}", json!({ "MaxResults": 5 })),
            (Operation::GetFindings, &[], "", " ", json!({})),
            (Operation::GetFindings, &[], "", "{\"Filters\"", json!("{\"Filters\"")),
            (Operation::GetFindings, &[], "", "[1]", json!("[1]")),
        ] {
            assert_eq!(members(operation, labels, query, body.as_bytes()), expected, "{operation:?} {query} {body}");
        }
    }
}
