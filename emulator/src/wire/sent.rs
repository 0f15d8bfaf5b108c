//! Reads the members of a request as its client sent them, without checking their values, and builds requests from
//! members.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
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

/// Characters that need no encoding in a label or a query.
const UNRESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// A request as an SDK sends it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sent {
    /// The method.
    pub method: &'static str,
    /// The path and the query.
    pub path: String,
    /// The body as JSON, if the operation has one.
    pub body: Option<String>,
}

/// The request of an operation: labels in the path, members of the query in the query, everything else in the body.
pub fn request(operation: Operation, input: &Value) -> Sent {
    let model = operation.model();
    let mut sent = Sent { method: model.method, path: model.path.replace('+', ""), body: None };
    let Kind::Structure(structure) = &model.input.shape().kind else { return sent };
    let mut body = input.as_object().cloned().unwrap_or_default();
    let mut query = form_urlencoded::Serializer::new(String::new());
    for member in structure.members.iter().filter(|member| member.location != Location::Body) {
        let Some(value) = body.shift_remove(member.name) else { continue };
        match member.location {
            Location::Uri(label) => {
                let encoded = utf8_percent_encode(&text(&value), UNRESERVED).to_string();
                sent.path = sent.path.replace(&format!("{{{label}}}"), &encoded);
            }
            Location::Query(name) => {
                for item in value.as_array().map_or(std::slice::from_ref(&value), Vec::as_slice) {
                    query.append_pair(name, &text(item));
                }
            }
            // No operation has members in headers.
            Location::Body | Location::Header(_) => {}
        }
    }
    let query = query.finish().replace('+', "%20");
    if !query.is_empty() {
        sent.path = format!("{}?{query}", sent.path);
    }
    let has_body = structure.members.iter().any(|member| member.location == Location::Body);
    sent.body = has_body.then(|| Value::Object(body).to_string());
    sent
}

/// A value in a path or a query.
fn text(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
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

    /// Rules: DSH-36.
    #[test]
    fn the_request_for_members_contains_the_same_members() {
        for (operation, input, path) in [
            (
                Operation::UntagResource,
                json!({ "ResourceArn": "arn:x/y", "TagKeys": ["a", "b c"] }),
                "/tags/arn%3Ax%2Fy?tagKeys=a&tagKeys=b%20c",
            ),
            (
                Operation::ListMembers,
                json!({ "OnlyAssociated": true, "MaxResults": 5 }),
                "/members?OnlyAssociated=true&MaxResults=5",
            ),
            (Operation::GetFindings, json!({ "MaxResults": 5 }), "/findings"),
        ] {
            let sent = request(operation, &input);
            assert_eq!(sent.path, path);
            let (raw_path, query) = sent.path.split_once('?').unwrap_or((&sent.path, ""));
            let method = http::Method::from_bytes(sent.method.as_bytes()).unwrap();
            let route = crate::wire::route::find(&method, raw_path).unwrap();
            assert_eq!(route.operation, operation);
            assert_eq!(members(operation, &route.labels, query, sent.body.unwrap_or_default().as_bytes()), input);
        }
    }
}
