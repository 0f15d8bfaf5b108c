//! Tests of the page `Fidelity`: the register of rules, in pages and filtered, for any account.

use super::document::{Document, content, elements};
use super::site::{Site, text};

const PAGE: &str = "/_emulator/ui/as/555555555555/us-east-1/fidelity";

/// The names of the rows of the table with a caption.
fn names(page: &Document, caption: &str) -> Vec<String> {
    page.with(|html| {
        let is_named = |table: &roxmltree::Node<'_, '_>| {
            elements(*table, "caption").next().is_some_and(|found| content(found) == caption)
        };
        let table = elements(html, "table").find(is_named);
        let headers = table.into_iter().flat_map(|table| elements(table, "th"));
        headers.filter(|header| header.attribute("scope") == Some("row")).map(content).collect()
    })
}

/// Rules: DSH-105.
#[test]
fn every_rule_of_the_register_is_on_a_page() {
    let register = include_str!("../../../docs/rules.tsv");
    let ids = register.lines().filter_map(|line| line.split_once('\t')).map(|(id, _)| id);
    let expected: Vec<&str> = ids.filter(|id| id.contains('-')).collect();
    let site = Site::of("");
    let mut found = Vec::new();
    for number in 1..=expected.len().div_ceil(50) {
        let page = site.page(&format!("{PAGE}?page={number}"));
        assert!(page.text().len() <= 300 * 1024, "{number}");
        assert_eq!(names(&page, "Operations").len(), 126);
        found.extend(names(&page, "Rules"));
    }
    assert_eq!(found, expected);
}

/// Rules: DSH-105.
#[test]
fn filters_of_rules_are_in_the_address() {
    let site = Site::of("");
    let page = site.page(&format!("{PAGE}?chapter=HUB&state=tested&q=disabled+hub"));
    let found = names(&page, "Rules");
    assert!(!found.is_empty() && found.iter().all(|id| id.starts_with("HUB-")), "{found:?}");
    let none = site.page(&format!("{PAGE}?q=no+rule+says+this"));
    assert!(none.text_of("main").contains("No rules match these filters"), "{}", none.text_of("main"));
    for (query, status, sentence) in [
        ("chapter=NOPE", 400, "`NOPE` is not a chapter"),
        ("state=%3Cscript%3E", 400, "`<script>` is not a state"),
        ("page=0", 400, "`0`"),
        ("page=999", 404, "Page 999 does not exist"),
    ] {
        let response = site.get(&format!("{PAGE}?{query}"));
        let page = Document::new(&text(&response));
        assert_eq!(response.status(), status, "{query}");
        assert!(page.text_of("main").contains(sentence), "{query}: {}", page.text_of("main"));
    }
}

/// Rules: DSH-35, DSH-105.
#[test]
fn the_control_plane_returns_the_rules_of_the_page() {
    let site = Site::of("");
    let query = "chapter=HUB&state=tested&q=disabled+hub";
    let answer = site.control(&format!("/_emulator/fidelity?{query}"));
    let ids = answer["Rules"].as_array().unwrap().iter().map(|rule| rule["Id"].as_str().unwrap().to_owned());
    assert_eq!(ids.collect::<Vec<_>>(), names(&site.page(&format!("{PAGE}?{query}")), "Rules"));
    assert_eq!(answer["Operations"].as_array().unwrap().len(), 126);
    let file = answer["Rules"][0]["Tests"][0]["File"].as_str().unwrap();
    assert!(file.contains("tests"), "{file}");
    let refused = site.send(Site::request("GET", "/_emulator/fidelity?chapter=NOPE", &[], ""));
    assert_eq!(refused.status(), 400);
}
