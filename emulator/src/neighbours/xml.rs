//! Small XML documents.

use std::borrow::Cow;

use bytes::Bytes;
use quick_xml::escape::escape;

use crate::aws_error::{AwsError, ErrorCode};

/// An element and its content.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Element {
    name: Cow<'static, str>,
    namespace: Option<&'static str>,
    content: Content,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Content {
    Text(String),
    Elements(Vec<Element>),
}

impl Element {
    /// An element that contains text.
    pub fn text(name: &'static str, text: impl Into<String>) -> Element {
        Element { name: name.into(), namespace: None, content: Content::Text(text.into()) }
    }

    /// An element that contains elements.
    pub fn new(name: impl Into<Cow<'static, str>>, elements: impl Into<Vec<Element>>) -> Element {
        Element { name: name.into(), namespace: None, content: Content::Elements(elements.into()) }
    }

    /// The same element in a namespace.
    pub fn within(mut self, namespace: Option<&'static str>) -> Element {
        self.namespace = namespace;
        self
    }

    /// The element as a document, without a declaration.
    pub fn render(&self) -> Bytes {
        let mut document = String::new();
        self.write(&mut document);
        document.into()
    }

    fn write(&self, document: &mut String) {
        document.extend(["<", &self.name]);
        if let Some(namespace) = self.namespace {
            document.extend([" xmlns=\"", &escape(namespace), "\""]);
        }
        document.push('>');
        match &self.content {
            Content::Text(text) => document.push_str(&escape(readable(text))),
            Content::Elements(elements) => elements.iter().for_each(|element| element.write(document)),
        }
        document.extend(["</", &self.name, ">"]);
    }
}

/// XML 1.0 cannot represent most control characters, even escaped; one of them would make the document invalid.
fn readable(text: &str) -> Cow<'_, str> {
    let unwritable = |character: char| matches!(character, '\0'..='\x08' | '\x0b' | '\x0c' | '\x0e'..='\x1f' | '\u{fffe}' | '\u{ffff}');
    if text.contains(unwritable) { text.replace(unwritable, "\u{fffd}").into() } else { text.into() }
}

/// The spelling of a code in XML protocols; JSON protocols use it unchanged. `inferred` for EC2 and S3.
pub(super) fn xml_code(error: &AwsError) -> &str {
    if let Some(code) = &error.other_code {
        return code;
    }
    match error.code {
        ErrorCode::AccessDeniedException => "AccessDenied",
        ErrorCode::ExpiredTokenException => "ExpiredToken",
        ErrorCode::IncompleteSignatureException => "IncompleteSignature",
        ErrorCode::InternalException => "InternalFailure",
        ErrorCode::InvalidSignatureException => "SignatureDoesNotMatch",
        ErrorCode::MissingAuthenticationTokenException => "MissingAuthenticationToken",
        ErrorCode::UnrecognizedClientException => "InvalidClientTokenId",
        code => code.name(),
    }
}

#[cfg(test)]
mod tests {
    use super::Element;

    /// Rules: NB-22.
    #[test]
    fn text_is_escaped_and_stays_valid_xml() {
        let element = Element::new("A", [Element::text("B", "<&>\"'"), Element::text("C", "a\u{1}b\n")]);
        let expected = "<A xmlns=\"urn:x\"><B>&lt;&amp;&gt;&quot;&apos;</B><C>a\u{fffd}b\n</C></A>";
        assert_eq!(element.within(Some("urn:x")).render(), expected);
    }
}
