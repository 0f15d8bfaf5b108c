//! The position of a reader in a stream. Messages have it as their ID.

use std::fmt;
use std::str::FromStr;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, de};

/// The numbers of the last event and of the last request before a position, written as `12.40`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Cursor {
    /// The number of the event.
    pub event: u64,
    /// The number of the request.
    pub request: u64,
}

impl fmt::Display for Cursor {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}.{}", self.event, self.request)
    }
}

impl FromStr for Cursor {
    type Err = String;

    fn from_str(text: &str) -> Result<Cursor, String> {
        let number = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse().ok()).flatten();
        let numbers = text.split_once('.').and_then(|(event, request)| Some((number(event)?, number(request)?)));
        let (event, request) = numbers
            .ok_or_else(|| format!("'{text}' is not a valid message ID (expected two numbers, such as 12.40)"))?;
        Ok(Cursor { event, request })
    }
}

impl<'de> Deserialize<'de> for Cursor {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Cursor, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(de::Error::custom)
    }
}

impl JsonSchema for Cursor {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Cursor".into()
    }

    fn inline_schema() -> bool {
        true
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "pattern": r"^[0-9]+\.[0-9]+$" })
    }
}

#[cfg(test)]
mod tests {
    use super::Cursor;

    #[test]
    fn a_cursor_is_two_numbers() {
        let cursor = Cursor { event: 12, request: 40 };
        assert_eq!((cursor.to_string().as_str(), "12.40".parse()), ("12.40", Ok(cursor)));
        for text in ["", ".", "1.", ".1", "1", "a.b", "+1.2", "1.2.3", "99999999999999999999.0"] {
            assert!(text.parse::<Cursor>().is_err(), "{text}");
        }
    }
}
