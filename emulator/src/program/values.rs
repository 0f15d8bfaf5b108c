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

/// The value of a variable that turns a flag on or off; an empty one is off.
pub(super) fn switch(text: &str) -> Result<bool, String> {
    match text.to_ascii_lowercase().as_str() {
        "1" | "true" | "t" | "yes" | "y" | "on" => Ok(true),
        "0" | "false" | "f" | "no" | "n" | "off" | "" => Ok(false),
        _ => Err("expected true or false".to_owned()),
    }
}

/// The port of `serve` without a setting.
pub(super) const DEFAULT_PORT: u16 = 4600;

/// The port of `serve`; an empty variable is not a setting.
pub(super) fn port(text: &str) -> Result<u16, String> {
    if text.is_empty() || is_of_kubernetes(text) {
        return Ok(DEFAULT_PORT);
    }
    text.parse().map_err(|_| "expected a number from 0 to 65535".to_owned())
}

/// Whether Kubernetes has set the variable of the port: for a service with the name `securityhub-local`, it sets
/// `SECURITYHUB_LOCAL_PORT` to the address of the service, such as `tcp://10.0.0.1:4600`, in each container.
pub(super) fn is_of_kubernetes(port: &str) -> bool {
    port.starts_with("tcp://")
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

    /// Rules: CPL-120.
    #[test]
    fn variables_of_flags_are_on_off_or_refused() {
        for (text, expected) in [("TRUE", true), ("1", true), ("on", true), ("", false), ("0", false), ("No", false)] {
            assert_eq!(switch(text), Ok(expected), "{text}");
        }
        assert!(switch("maybe").is_err());
    }

    #[test]
    fn a_port_that_kubernetes_has_set_is_ignored() {
        assert_eq!(port("0"), Ok(0));
        assert_eq!(port("tcp://10.0.0.1:4600"), Ok(4600));
        assert_eq!(port(""), Ok(4600));
        assert!(port("65536").is_err());
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
