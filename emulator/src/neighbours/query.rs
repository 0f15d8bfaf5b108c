//! awsQuery: form parameters as input, XML as output (NB-20, NB-22).

use bytes::Bytes;
use http::request::Parts;
use http::{HeaderValue, Method, Response};

use super::call::{Call, unknown_operation};
use super::xml::{Element, xml_code};
use crate::aws_error::AwsError;
use crate::wire::answer::response;

/// The namespace of STS.
pub(super) const STS: &str = "https://sts.amazonaws.com/doc/2011-06-15/";
/// The namespace of IAM.
pub(super) const IAM: &str = "https://iam.amazonaws.com/doc/2010-05-08/";

const XML: HeaderValue = HeaderValue::from_static("text/xml");

/// The parameters of a request, from the query and the body.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Form(Vec<(String, String)>);

impl Form {
    /// Reads the query and, for a POST, the body.
    pub fn read(parts: &Parts, body: &[u8]) -> Form {
        let query = parts.uri.query().unwrap_or_default();
        let body = if parts.method == Method::POST { body.trim_ascii_end() } else { b"" };
        let pairs = form_urlencoded::parse(query.as_bytes()).chain(form_urlencoded::parse(body));
        Form(pairs.map(|(name, value)| (name.into_owned(), value.into_owned())).collect())
    }

    /// The parameter with a name.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(known, _)| known == name).map(|(_, value)| &**value)
    }

    /// The operation; empty if none is given.
    pub fn action(&self) -> &str {
        self.get("Action").unwrap_or_default()
    }

    /// The values of `name.1`, `name.2`, …, in the order of the request.
    pub fn list<'a>(&'a self, name: &str) -> Vec<&'a str> {
        self.list_of(name, "")
    }

    /// The values of `name.1.member`, `name.2.member`, …, in the order of the request.
    pub fn list_of<'a>(&'a self, name: &str, member: &str) -> Vec<&'a str> {
        let numbered = |known: &str| {
            let rest = known.strip_prefix(name).and_then(|rest| rest.strip_prefix('.'));
            let number = rest.and_then(|rest| rest.strip_suffix(member));
            number.is_some_and(is_number)
        };
        self.pairs().filter(|(known, _)| numbered(known)).map(|(_, value)| value).collect()
    }

    /// All parameters, in the order of the request.
    pub fn pairs(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, value)| (&**name, &**value))
    }
}

/// Returns whether a part of a parameter's name is the index of an item.
pub(super) fn is_number(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// Runs an operation. `Ok(None)` means that the operation is not supported.
pub(super) fn answer(
    call: &Call<'_>,
    namespace: &'static str,
    run: impl FnOnce(&Form) -> Result<Option<Vec<Element>>, AwsError>,
) -> Result<Response<Bytes>, AwsError> {
    let form = Form::read(call.parts, call.body);
    let action = form.action();
    let result = run(&form)?.ok_or_else(|| unknown_operation(call.service, action))?;
    let metadata = Element::new("ResponseMetadata", [Element::text("RequestId", call.request_id)]);
    let answer = Element::new(format!("{action}Response"), [Element::new(format!("{action}Result"), result), metadata]);
    Ok(document(200, call.request_id, &answer.within(Some(namespace))))
}

/// An error: `ErrorResponse` (NB-22).
pub(super) fn refusal(error: &AwsError, namespace: Option<&'static str>, request_id: &str) -> Response<Bytes> {
    let at_fault = if error.status < 500 { "Sender" } else { "Receiver" };
    let details = Element::new(
        "Error",
        [
            Element::text("Type", at_fault),
            Element::text("Code", xml_code(error)),
            Element::text("Message", &*error.message),
        ],
    );
    let refusal = Element::new("ErrorResponse", [details, Element::text("RequestId", request_id)]);
    document(error.status, request_id, &refusal.within(namespace))
}

/// A response with an XML document.
pub(super) fn document(status: u16, request_id: &str, root: &Element) -> Response<Bytes> {
    response(status, request_id, XML, root.render())
}
