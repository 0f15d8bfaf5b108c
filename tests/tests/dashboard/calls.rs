//! Runs the shown commands of curl: their words are read as a shell reads them, and the request is sent.

use http::Request;

use super::document::{Document, elements};
use super::site::{HOST, Site, text};

/// The words of a command, which may contain single quotes and line ends after a backslash.
fn words(command: &str) -> Vec<String> {
    let (mut words, mut word, mut is_quoted) = (Vec::new(), None::<String>, false);
    let mut letters = command.chars();
    while let Some(letter) = letters.next() {
        match letter {
            '\'' => {
                is_quoted = !is_quoted;
                word.get_or_insert_default();
            }
            '\\' if !is_quoted => match letters.next() {
                Some('\n') | None => {}
                Some(escaped) => word.get_or_insert_default().push(escaped),
            },
            ' ' | '\n' if !is_quoted => words.extend(word.take()),
            other => word.get_or_insert_default().push(other),
        }
    }
    assert!(!is_quoted, "{command}");
    words.extend(word);
    words
}

/// The request that a command of curl sends.
fn request(command: &str) -> Request<bytes::Bytes> {
    let words = words(command);
    let option = |name: &str| words.iter().position(|word| word == name).map(|at| words[at + 1].as_str());
    let (method, body) = (option("-X").unwrap_or("GET"), option("-d").unwrap_or_default());
    let path = words[1].strip_prefix(&format!("http://{HOST}")).unwrap_or_else(|| panic!("{command}"));
    let mut headers = vec![("content-type", "application/json")];
    let mut authorization = String::new();
    if let Some((user, scope)) = option("--user").zip(option("--aws-sigv4")) {
        let account = user.strip_suffix(":x").unwrap();
        let ["aws", "amz", region, "securityhub"] = scope.split(':').collect::<Vec<_>>()[..] else { panic!("{scope}") };
        authorization = securityhub_local_tests::client::authorization(account, region);
    }
    if !authorization.is_empty() {
        headers.push(("authorization", &authorization));
    }
    Site::request(method, path, &headers, body)
}

/// The commands of calls that a page has made.
pub fn check(site: &Site, address: &str, page: &Document) {
    // A page that is refused shows the call that is refused.
    let is_refused = page.text().contains("role=\"alert\"");
    let commands: Vec<String> = page.with(|html| {
        let is_made = |node: &roxmltree::Node<'_, '_>| {
            let is_in = |name: &str| node.ancestors().any(|around| around.has_tag_name(name));
            is_in("dl") && !is_in("form") && !is_in("section")
        };
        let texts = elements(html, "pre").filter(is_made).map(|pre| pre.text().unwrap_or_default().to_owned());
        texts.filter(|text| text.starts_with("curl ")).collect()
    });
    assert!(!commands.is_empty(), "{address}");
    for command in commands {
        let response = site.send(request(&command));
        assert!(is_refused || response.status() == 200, "{address}: {command}: {}", text(&response));
    }
}

#[test]
fn words_are_split_as_by_a_shell() {
    let command = "curl 'http://a/b?c=d' \\\n  -d '{\"a\":\"it'\\''s\"}' x";
    assert_eq!(words(command), ["curl", "http://a/b?c=d", "-d", "{\"a\":\"it's\"}", "x"]);
}
