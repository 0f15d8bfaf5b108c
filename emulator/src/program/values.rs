//! Values of flags: how they are written, and what is said of one that is not.

/// An origin as browsers send it, or `*`.
pub(super) fn origin(text: &str) -> Result<String, String> {
    let text = text.trim_end_matches('/');
    let is_origin = text.split_once("://").is_some_and(|(scheme, host)| {
        !scheme.is_empty() && !host.is_empty() && !host.contains(['/', '?', '#', '@', ' '])
    });
    if is_origin || ["*", "null"].contains(&text) {
        Ok(text.to_owned())
    } else {
        Err("expected a scheme and a host, such as https://app.example.com, or *".to_owned())
    }
}

/// A host name without port, or `*`.
pub(super) fn host_name(text: &str) -> Result<String, String> {
    let is_name = !text.is_empty() && !text.contains(['/', ':', '@', ' ', '?', '#']);
    if is_name { Ok(text.to_owned()) } else { Err("expected a host name, such as hub.example.com, or *".to_owned()) }
}

/// A number of bytes, or one with `KiB`, `MiB` or `GiB` (CPL-13).
pub(super) fn size(text: &str) -> Result<usize, String> {
    let units = [("KiB", 1 << 10), ("MiB", 1 << 20), ("GiB", 1 << 30), ("", 1)];
    let size = units.iter().find_map(|(unit, bytes)| {
        let number: usize = text.strip_suffix(unit)?.trim_end().parse().ok()?;
        number.checked_mul(*bytes)
    });
    size.ok_or_else(|| "expected a number of bytes, or one with KiB, MiB or GiB, such as 512MiB".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Rules: CPL-13.
    #[test]
    fn sizes_have_binary_units() {
        for (text, bytes) in [("0", 0), ("100", 100), ("2KiB", 2048), ("512MiB", 512 << 20), ("1 GiB", 1 << 30)] {
            assert_eq!(size(text), Ok(bytes), "{text}");
        }
        for text in ["", "MiB", "-1", "1.5MiB", "1MB", "99999999999999999999GiB", "17179869184GiB"] {
            assert!(size(text).is_err(), "{text}");
        }
    }

    #[test]
    fn origins_and_host_names_are_told_apart() {
        for text in ["https://app.example.com", "http://localhost:3000/", "*", "null", "chrome-extension://abc"] {
            assert_eq!(origin(text).as_deref(), Ok(text.trim_end_matches('/')), "{text}");
        }
        for text in ["app.example.com", "https://", "https://a/b", "", "http://a@b"] {
            assert!(origin(text).is_err(), "{text}");
        }
        for text in ["hub.example.com", "*", "hub"] {
            assert_eq!(host_name(text).as_deref(), Ok(text), "{text}");
        }
        for text in ["https://hub.example.com", "hub:4600", "", "a/b"] {
            assert!(host_name(text).is_err(), "{text}");
        }
    }
}
