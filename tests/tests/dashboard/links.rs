//! Checks of links: each answers, and a linked number equals the findings that it leads to.

use percent_encoding::percent_decode_str;
use serde_json::{Map, Value, json};

use super::document::{Document, attribute, content, elements, seen_as};
use super::site::Site;

pub fn check(site: &Site, address: &str, page: &Document) {
    let mut followed = std::collections::HashSet::new();
    for (link, text) in page.links() {
        if link.starts_with("https://") || link.starts_with("http://") {
            page.with(|html| {
                let external = elements(html, "a").find(|node| attribute(*node, "href") == link).unwrap();
                assert_eq!(external.attribute("rel"), Some("noopener noreferrer"), "{address}: {link}");
            });
            continue;
        }
        if let Some(id) = link.strip_prefix('#') {
            page.text_of(id);
            continue;
        }
        // Links that only consist of a query lead to the same page.
        let link = if link.starts_with('?') { format!("{}{link}", address.split('?').next().unwrap()) } else { link };
        assert!(link.starts_with('/'), "{address}: the link {text} leads to {link}");
        // Many numbers link to the same page with other filters, so only the first link to each page is followed.
        let path = link.split('?').next().unwrap().to_owned();
        if !followed.insert(path) {
            continue;
        }
        let status = site.status(&link);
        assert!(status < 400, "{address}: {text} leads to {link}: {status}");
    }
}

/// The filters in an address of findings; `None` if it groups them.
pub fn filters(address: &str) -> Option<Map<String, Value>> {
    let (_, query) = address.split_once("/findings?").unwrap_or(("", ""));
    let mut filters = Map::new();
    for pair in query.split('&').filter(|pair| !pair.is_empty()) {
        let (name, value) = pair.split_once('=').unwrap();
        if name != "f" {
            return None;
        }
        let chip = percent_decode_str(value).decode_utf8().unwrap();
        let [name, comparison, value] = chip.splitn(3, ':').collect::<Vec<_>>()[..] else { panic!("{address}") };
        let element = match (comparison, value.split_once("..")) {
            ("BETWEEN", Some((start, end))) => json!({ "Start": start, "End": end }),
            ("WITHIN", _) => json!({ "DateRange": { "Value": value.parse::<u32>().unwrap(), "Unit": "DAYS" } }),
            _ => json!({ "Value": value, "Comparison": comparison }),
        };
        let list = filters.entry(name).or_insert_with(|| json!([]));
        list.as_array_mut().unwrap().push(element);
    }
    Some(filters)
}

pub fn check_numbers(site: &Site, address: &str, page: &Document) {
    let (account, region) = seen_as(address);
    page.with(|html| {
        let links = elements(html, "a").map(|link| (link, attribute(link, "href")));
        for (link, target) in links.filter(|(_, target)| target.contains("/findings?")) {
            let Ok(number) = content(link).replace(',', "").parse::<u64>() else { continue };
            // A number in the navigation of pages is a number of rows.
            let is_of_pages = link.ancestors().any(|node| node.attribute("aria-label") == Some("Pages"));
            let Some(filters) = filters(target).filter(|_| !is_of_pages) else { continue };
            assert_eq!(seen_as(target), (account, region), "{address}");
            assert_eq!(number, site.findings(account, region, &filters), "{address}: {target}");
        }
    });
}
