//! Parsers for the values of flags, and their error messages.

use std::net::IpAddr;

use crate::state::{AccountId, Region, Timestamp};
use crate::wire::site::HostRule;

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

/// A size with room for the bodies of small calls.
pub(super) fn body_memory(text: &str) -> Result<usize, String> {
    let least = |size: &usize| *size >= LEAST_BODY_MEMORY;
    Some(size(text)?)
        .filter(least)
        .ok_or_else(|| "too small; expected at least 64KiB (the default is 512MiB)".to_owned())
}

/// A number of bytes, or a number with `KiB`, `MiB` or `GiB` (CPL-13).
fn size(text: &str) -> Result<usize, String> {
    let units = [("KiB", 1 << 10), ("MiB", 1 << 20), ("GiB", 1 << 30), ("", 1)];
    let size = units.iter().find_map(|(unit, bytes)| {
        let number: usize = text.strip_suffix(unit)?.trim_end().parse().ok()?;
        number.checked_mul(*bytes)
    });
    size.ok_or_else(|| {
        "expected a number of bytes, optionally with the suffix KiB, MiB or GiB, such as 512MiB".to_owned()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Rules: CPL-13.
    #[test]
    fn sizes_may_have_binary_units() {
        for (text, bytes) in [("0", 0), ("100", 100), ("2KiB", 2048), ("512MiB", 512 << 20), ("1 GiB", 1 << 30)] {
            assert_eq!(size(text), Ok(bytes), "{text}");
        }
        for text in ["", "MiB", "-1", "1.5MiB", "1MB", "99999999999999999999GiB", "17179869184GiB"] {
            assert!(size(text).is_err(), "{text}");
        }
        assert_eq!(body_memory("64KiB"), Ok(64 << 10));
        for text in ["3", "0", "65535"] {
            assert!(body_memory(text).unwrap_err().contains("at least 64KiB"), "{text}");
        }
    }
}
