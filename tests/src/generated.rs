//! Files of the repository that tests generate.

use std::path::Path;

/// Compares a file with its expected content. Outside CI it is rewritten, and the test fails once.
///
/// # Panics
/// If the content differs.
pub fn refresh(path: &str, expected: &str) {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(path);
    if std::fs::read_to_string(&file).is_ok_and(|found| found == expected) {
        return;
    }
    assert!(
        std::env::var_os("CI").is_none(),
        "{path} is out of date: run `cargo test` and commit the files that it rewrites"
    );
    std::fs::write(&file, expected).expect("the repository can be written");
    panic!("{path} was out of date and has been rewritten: run the test again and commit the file");
}

/// Compares a page between `<!-- NAME -->` and `<!-- /NAME -->` with the expected text.
///
/// # Panics
/// If the text differs, or if the page does not have the two markers.
pub fn refresh_part(page: &str, name: &str, expected: &str) {
    let (begin, end) = (format!("<!-- {name} -->\n"), format!("<!-- /{name} -->"));
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(page);
    let text = std::fs::read_to_string(file).expect("the page can be read");
    let parts = text.split_once(&begin).and_then(|(before, rest)| Some((before, rest.split_once(&end)?.1)));
    let (before, after) = parts.unwrap_or_else(|| panic!("{page} must have the markers `{begin}` and `{end}`"));
    refresh(page, &format!("{before}{begin}{expected}{end}{after}"));
}
