//! The input of an operation, collected from path, query, headers and body.

use http::request::Parts;
use securityhub_fixtures::Operation;
use securityhub_fixtures::model::{Kind, Location, Structure};

use super::body::TooLarge;
use super::route::BODY_LIMIT;
use crate::aws_error::{AwsError, ErrorCode};
use crate::invariant::Invariant;
use crate::shape::read::{self, Document};

/// The reason why a request cannot be read at all.
#[derive(Debug, PartialEq, Eq)]
pub enum Rejection {
    /// The body is larger than [`BODY_LIMIT`].
    TooLarge,
    /// The body is not UTF-8 or not JSON.
    NotJson(String),
    /// The body has this media type, which is not supported.
    MediaType(String),
}

impl Rejection {
    /// The error for the caller.
    pub fn into_error(self, operation: Operation) -> AwsError {
        match self {
            Rejection::TooLarge => bad_request(operation, too_large(BODY_LIMIT)),
            Rejection::NotJson(reason) => {
                bad_request(operation, format!("Could not parse request body into json: {reason}"))
            }
            Rejection::MediaType(media_type) => AwsError::new(
                ErrorCode::UnsupportedMediaTypeException,
                format!("Content-Type {media_type} is not supported; send application/json"),
            ),
        }
    }
}

/// The message that refuses a body over this limit.
pub fn too_large(limit: usize) -> String {
    format!("Request body must not be larger than {limit} bytes")
}

/// Returns whether a body exceeds a limit. It was either not received, or the request came in process.
pub fn is_too_large(parts: &Parts, body: &[u8], limit: usize) -> bool {
    parts.extensions.get::<TooLarge>().is_some() || body.len() > limit
}

/// A bad request, with the error code of the operation's API version.
pub fn bad_request(operation: Operation, message: String) -> AwsError {
    if operation.answers_validation_exception() {
        AwsError::new(ErrorCode::ValidationException, message)
    } else {
        AwsError::invalid_input(message)
    }
}

/// The text of a body.
#[derive(Debug)]
pub struct Body<'b> {
    text: &'b str,
    /// The list whose items are validated one by one.
    list: Option<&'static str>,
}

impl<'b> Body<'b> {
    /// Accepts a body. `list` is the name of the list whose items the operation validates one by one.
    ///
    /// # Errors
    /// [`Rejection`] if it is too large, not UTF-8, or has an unsupported media type.
    pub fn new(list: Option<&'static str>, parts: &Parts, body: &'b [u8]) -> Result<Body<'b>, Rejection> {
        if is_too_large(parts, body, BODY_LIMIT) {
            return Err(Rejection::TooLarge);
        }
        if !body.is_empty() {
            check_media_type(parts)?;
        }
        let text = std::str::from_utf8(body).map_err(|error| Rejection::NotJson(error.to_string()))?;
        Ok(Body { text, list })
    }
}

/// Reads the input of `operation` and collects all violations.
///
/// # Errors
/// [`Rejection`] if the body is not JSON.
pub fn read<'b>(
    operation: Operation,
    labels: &[(&'static str, String)],
    parts: &Parts,
    body: &'b Body<'_>,
) -> Result<Document<'b>, Rejection> {
    let Kind::Structure(structure) = &operation.model().input.shape().kind else { return Ok(Document::default()) };
    let mut document = if structure.members.iter().any(|member| member.location == Location::Body) {
        read_body(operation, body)?
    } else {
        Document::default()
    };
    bind(structure, labels, parts, &mut document);
    read::missing(structure, &mut document);
    Ok(document)
}

fn read_body<'b>(operation: Operation, body: &'b Body<'_>) -> Result<Document<'b>, Rejection> {
    if body.text.is_empty() {
        return Ok(Document::default());
    }
    let shape = operation.model().input;
    let read = match body.list {
        Some(list) => read::body_with_items(shape, list, body.text),
        None => read::body(shape, body.text),
    };
    read.map_err(|error| Rejection::NotJson(error.0))
}

/// Accepts any of the media types for JSON that clients send, or none.
fn check_media_type(parts: &Parts) -> Result<(), Rejection> {
    let Some(header) = parts.headers.get(http::header::CONTENT_TYPE) else { return Ok(()) };
    let text = String::from_utf8_lossy(header.as_bytes());
    let media_type = text.split(';').next().or_report("a split text has a first part").unwrap_or_default().trim();
    let subtype = media_type.to_ascii_lowercase();
    let json = subtype.strip_prefix("application/").is_some_and(|subtype| {
        matches!(subtype, "json" | "x-amz-json-1.0" | "x-amz-json-1.1") || subtype.ends_with("+json")
    });
    if json || media_type.is_empty() { Ok(()) } else { Err(Rejection::MediaType(media_type.to_owned())) }
}

/// Adds the values of labels, query and headers.
fn bind(structure: &'static Structure, labels: &[(&'static str, String)], parts: &Parts, document: &mut Document<'_>) {
    let query = parts.uri.query().unwrap_or_default();
    for (position, member) in (0..).zip(structure.members) {
        let texts = match member.location {
            Location::Body => continue,
            Location::Uri(name) => {
                labels.iter().filter(|(label, _)| *label == name).map(|(_, value)| value.clone()).collect()
            }
            Location::Query(name) => query_values(query, name),
            Location::Header(name) => {
                parts.headers.get_all(name).iter().filter_map(|value| value.to_str().ok()).map(str::to_owned).collect()
            }
        };
        if texts.is_empty() {
            continue;
        }
        if let Some(value) = read::text(position, member, &texts, &mut document.violations) {
            document.members.insert(member.name.to_owned(), value);
        }
    }
}

fn query_values(query: &str, name: &str) -> Vec<String> {
    let pairs = form_urlencoded::parse(query.as_bytes());
    pairs.filter(|(key, _)| key == name).map(|(_, value)| value.into_owned()).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn check(operation: Operation, uri: &str, content_type: &str, body: &[u8]) -> Result<Document<'static>, Rejection> {
        let request = http::Request::builder().uri(uri).header("content-type", content_type).body(()).unwrap();
        let parts = request.into_parts().0;
        let body = Body::new(None, &parts, body)?;
        let read = read(operation, &[("ResourceArn", "arn:aws:securityhub:x".to_owned())], &parts, &body)?;
        Ok(Document { members: read.members, violations: read.violations, items: None })
    }

    /// Rules: TAG-01.
    #[test]
    fn repeated_query_keys_become_a_list() {
        let read = check(Operation::UntagResource, "/tags/x?tagKeys=a&tagKeys=b%20c&tagKeys=d+e", "", b"").unwrap();
        assert_eq!(read.members["TagKeys"], json!(["a", "b c", "d e"]));
        assert_eq!(read.violations.len(), 2, "a space is not allowed in a tag key: {:?}", read.violations);
    }

    /// Rules: CLN-02.
    #[test]
    fn a_missing_body_is_read_as_an_empty_object() {
        for operation in [Operation::EnableSecurityHub, Operation::DisableSecurityHub] {
            assert!(check(operation, "/accounts", "", b"").unwrap().violations.is_empty());
        }
    }

    /// Rules: ERR-11.
    #[test]
    fn a_malformed_body_is_rejected_as_a_whole() {
        let operation = Operation::EnableSecurityHub;
        assert!(matches!(check(operation, "/accounts", "application/json", b"{"), Err(Rejection::NotJson(_))));
        assert!(matches!(check(operation, "/accounts", "", b"\xff{}"), Err(Rejection::NotJson(_))));
        assert_eq!(
            check(operation, "/accounts", "text/xml", b"{}").unwrap_err(),
            Rejection::MediaType("text/xml".into())
        );
        let large = vec![b' '; BODY_LIMIT + 1];
        assert_eq!(check(operation, "/accounts", "", &large).unwrap_err(), Rejection::TooLarge);
        for good in ["application/json", "application/x-amz-json-1.1; charset=utf-8", "APPLICATION/JSON"] {
            assert!(check(operation, "/accounts", good, b"{}").is_ok(), "{good}");
        }
    }

    /// Rules: ERR-10.
    #[test]
    fn a_number_in_the_query_is_checked_against_its_range() {
        let read = check(Operation::ListMembers, "/members?MaxResults=51&OnlyAssociated=maybe", "", b"").unwrap();
        let message = crate::shape::sentence::classic(&read.violations);
        assert_eq!(message, "Invalid parameter 'MaxResults'. '51' is greater than maximum value: 50.");
    }
}
