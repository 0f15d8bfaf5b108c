//! Parsers for the values of flags, and their error messages.

use std::net::IpAddr;

use super::exit::Exit;
use crate::state::{AccountId, Region, Timestamp};
use crate::units::size;
use crate::wire::site::HostRule;

/// A text, or the content of the file that an argument such as `@FILE` names.
pub(super) fn text_or_file(argument: &str) -> Result<String, String> {
    let Some(file) = argument.strip_prefix('@') else { return Ok(argument.to_owned()) };
    std::fs::read_to_string(file).map_err(|error| format!("cannot read {file}: {error}"))
}

/// The JSON of a text from [`text_or_file`]. Errors begin with `name`.
pub(super) fn json(name: &str, text: &str) -> Result<serde_json::Value, Exit> {
    let invalid = |error| Exit::invalid(format!("securityhub-local: {name}: invalid JSON: {error}"));
    serde_json::from_str(text).map_err(invalid)
}

/// An account ID.
pub(super) fn account(text: &str) -> Result<AccountId, String> {
    AccountId::parse(text).ok_or_else(|| "expected an account ID of 12 digits".to_owned())
}

/// The name of a Region, whether AWS has it or not.
pub(super) fn region(text: &str) -> Result<Region, String> {
    if Region::is_name(text) {
        Ok(Region::new(text))
    } else {
        Err("expected a Region name such as eu-west-1".to_owned())
    }
}

/// An ISO 8601 time.
pub(super) fn time(text: &str) -> Result<Timestamp, String> {
    text.parse().map_err(|_| "expected a date, a time and a time zone, such as 2026-01-15T09:00:00Z".to_owned())
}

/// An IP address or a host name to listen on. The name is resolved later.
pub(super) fn host(text: &str) -> Result<String, String> {
    let is_name = matches!(text.parse(), Ok(HostRule::Name(_)));
    if is_name || text.parse::<IpAddr>().is_ok() {
        return Ok(text.to_owned());
    }
    Err("expected an IP address, such as 127.0.0.1, or 0.0.0.0 for all addresses of this machine, or a name of this \
         machine, such as localhost"
        .to_owned())
}

/// Minimum memory for bodies: enough for small calls.
const LEAST_BODY_MEMORY: usize = 64 << 10;

/// A size that is sufficient for the bodies of small calls.
pub(super) fn body_memory(text: &str) -> Result<usize, String> {
    let least = |size: &usize| *size >= LEAST_BODY_MEMORY;
    Some(size(text)?)
        .filter(least)
        .ok_or_else(|| "too small; expected at least 64KiB (the default is 512MiB)".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_can_be_in_a_file() {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), "{}").unwrap();
        assert_eq!(text_or_file(&format!("@{}", file.path().display())), Ok("{}".to_owned()));
        assert_eq!(text_or_file("{\"a\": 1}"), Ok("{\"a\": 1}".to_owned()));
        assert!(text_or_file("@/nowhere.json").unwrap_err().contains("cannot read /nowhere.json"));
        assert!(json("--match", "{").is_err());
    }

    /// Rules: CPL-13.
    #[test]
    fn memory_for_bodies_is_sufficient_for_small_calls() {
        assert_eq!(body_memory("64KiB"), Ok(64 << 10));
        for text in ["3", "0", "65535"] {
            assert!(body_memory(text).unwrap_err().contains("at least 64KiB"), "{text}");
        }
    }
}
