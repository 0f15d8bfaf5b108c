//! Names that are segments of the control plane's paths, such as the names of snapshots.

/// Maximum length.
const MAX: usize = 64;

/// The expected form of a name, for error messages.
pub const EXPECTED: &str = "1 to 64 letters, digits, '.', '_' and '-', and not only dots";

/// Returns whether a name can be a segment of a path.
pub fn is_valid(name: &str) -> bool {
    let is_allowed = |letter: char| letter.is_ascii_alphanumeric() || "._-".contains(letter);
    // Clients of HTTP remove the segments `.` and `..` from paths.
    let has_only_dots = name.chars().all(|letter| letter == '.');
    !has_only_dots && name.len() <= MAX && name.chars().all(is_allowed)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Rules: CPL-50.
    #[test]
    fn names_are_segments_of_paths() {
        for name in ["a", "a.b", ".a", "A_1-2", &"x".repeat(64)] {
            assert!(is_valid(name), "{name}");
        }
        for name in ["", ".", "..", "a/b", "a b", "\u{e9}", &"x".repeat(65)] {
            assert!(!is_valid(name), "{name}");
        }
    }
}
