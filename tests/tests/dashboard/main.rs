//! Tests of the dashboard without a browser: every page of several scenarios, as seen by several accounts, is parsed and
//! checked (DSH-110). New pages are checked without a change here, because the pages are taken from the table of routes.
#![allow(clippy::expect_used, clippy::panic, clippy::unwrap_used, reason = "a test may panic")]

mod accounts;
mod bench;
mod calls;
mod control;
mod document;
mod events;
mod fidelity;
mod finding;
mod findings;
mod forms;
mod insights;
mod links;
mod products;
mod routing;
mod rules;
mod site;
mod standards;
mod states;

use std::sync::LazyLock;

use bytes::Bytes;
use document::Document;
use http::Response;
use securityhub_local::dashboard::{page, routes};
use site::Site;

/// The scenarios, and the accounts and Regions for which their pages are read: an administrator, a member and an
/// account without a hub, and where there are several Regions, two of them.
const SCENARIOS: [(&str, &[(&str, &str)]); 6] = [
    ("", &[("000000000000", "us-east-1")]),
    ("quickstart.yaml", &[("111111111111", "us-east-1"), ("222222222222", "eu-west-1"), ("555555555555", "us-east-1")]),
    (
        "forty-members.yaml",
        &[("111111111111", "us-east-1"), ("111111111111", "eu-west-1"), ("200000000001", "us-east-1")],
    ),
    ("aggregation.yaml", &[("111111111111", "us-east-1"), ("222222222222", "us-east-1")]),
    ("controls.yaml", &[("111111111111", "us-east-1"), ("222222222222", "us-east-1")]),
    ("console-settings.yaml", &[("111111111111", "us-east-1"), ("333333333333", "us-east-1")]),
];

/// The addresses of all pages of a scenario: those in the navigation and, for each view, the first link to each page
/// that only other pages link to.
fn addresses(site: &Site, views: &[(&str, &str)]) -> Vec<String> {
    let of_view = |(account, region): &(&str, &str)| {
        let view = format!("/_emulator/ui/as/{account}/{region}/");
        let address = |route: &page::Route| {
            let query = if route.query.is_empty() { String::new() } else { format!("?{}", route.query) };
            format!("{view}{}{query}", route.path)
        };
        let mut found: Vec<String> = routes::all().iter().filter(|route| route.link.is_some()).map(address).collect();
        let mut next = 0;
        while let Some(address) = found.get(next) {
            for (link, _) in site.page(address).links() {
                let page = |address: &str| address.split('?').next().unwrap().to_owned();
                let is_new = !found.iter().any(|known| page(known) == page(&link));
                let route = page(&link).strip_prefix(&view).and_then(routes::find);
                if is_new && route.is_some_and(|route| route.link.is_none()) {
                    found.push(link);
                }
            }
            next += 1;
        }
        found
    };
    views.iter().flat_map(of_view).collect()
}

/// Passes every page to `check`, with the service that serves it.
fn each_page_of_a_site(check: impl Fn(&Site, &str, &Document)) {
    for (scenario, views) in SCENARIOS {
        let site = Site::of(scenario);
        for address in addresses(&site, views) {
            check(&site, &address, &site.page(&address));
        }
    }
}

/// Passes every page to `check`. The pages are only fetched once.
fn each_page(check: impl Fn(&str, &Document)) {
    for (address, response) in PAGES.iter() {
        check(address, &Document::new(&site::text(response)));
    }
}

/// Checks a page at an address that is not in the table of routes, as the tests below check those that are.
fn check_page(site: &Site, address: &str) -> Document {
    let response = site.get(address);
    assert_eq!(response.status(), 200, "{address}");
    site::assert_page_headers(address, &response);
    assert!(response.body().len() <= 300 * 1024, "{address} has {} bytes", response.body().len());
    let page = Document::new(&site::text(&response));
    page.check_structure(address);
    page.check_content_policy(address);
    page.check_tables(address);
    page.check_charts(address);
    page.check_frame(address);
    page.check_calls(address);
    links::check(site, address, &page);
    links::check_numbers(site, address, &page);
    calls::check(site, address, &page);
    page
}

static PAGES: LazyLock<Vec<(String, Response<Bytes>)>> = LazyLock::new(|| {
    let mut pages = Vec::new();
    for (scenario, views) in SCENARIOS {
        let site = Site::of(scenario);
        pages.extend(addresses(&site, views).into_iter().map(|address| {
            let response = site.get(&address);
            assert_eq!(response.status(), 200, "{address}");
            (address, response)
        }));
    }
    pages
});

/// Rules: DSH-05.
#[test]
fn every_page_has_its_headers_and_is_small() {
    for (address, response) in PAGES.iter() {
        site::assert_page_headers(address, response);
        assert!(response.body().len() <= 300 * 1024, "{address} has {} bytes", response.body().len());
    }
}

/// Rules: DSH-20, DSH-31.
#[test]
fn every_page_has_landmarks_headings_and_a_title() {
    each_page(|address, page| page.check_structure(address));
}

/// Rules: DSH-06, DSH-07, DSH-08.
#[test]
fn no_page_has_inline_scripts_or_styles() {
    each_page(|address, page| page.check_content_policy(address));
}

/// Rules: DSH-24, DSH-26.
#[test]
fn every_table_has_a_caption_and_every_chart_a_name() {
    each_page(|address, page| {
        page.check_tables(address);
        page.check_charts(address);
    });
}

/// Rules: DSH-20, DSH-21, DSH-23.
#[test]
fn every_page_names_its_account_its_region_and_the_time() {
    each_page(|address, page| page.check_frame(address));
}

/// Rules: DSH-22.
#[test]
fn every_page_has_the_same_navigation() {
    let names = [
        "Overview",
        "Findings",
        "Insights",
        "Standards",
        "Accounts",
        "Automation rules",
        "Products",
        "Events",
        "Test bench",
        "Fidelity",
    ];
    each_page(|address, page| {
        page.with(|html| {
            let main = document::elements(html, "nav").find(|nav| document::attribute(*nav, "aria-label") == "Main");
            let links: Vec<_> = document::elements(main.unwrap(), "a").collect();
            let section = match address.split(['/', '?']).nth(6) {
                Some("") => ("Overview", "page"),
                Some("finding") => ("Findings", "true"),
                Some("insight") => ("Insights", "true"),
                Some("standard" | "control") => ("Standards", "true"),
                Some("rules") => ("Automation rules", "page"),
                Some("bench") => ("Test bench", "page"),
                page => (names.into_iter().find(|name| page == Some(&name.to_lowercase())).unwrap(), "page"),
            };
            let marked =
                links.iter().filter_map(|link| Some((document::content(*link), link.attribute("aria-current")?)));
            let marked: Vec<_> = marked.collect();
            assert_eq!(marked, [(section.0.to_owned(), section.1)], "{address}");
            let links: Vec<String> = links.into_iter().map(document::content).collect();
            assert_eq!(links, names, "{address}");
        });
    });
}

/// Rules: DSH-28, DSH-29.
#[test]
fn every_page_works_by_keyboard_and_without_scripts() {
    let pages = PAGES.iter().map(|(address, response)| (address, Document::new(&site::text(response))));
    let wrong: Vec<String> = pages.flat_map(|(address, page)| page.unreachable(address)).collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Rules: DSH-35.
#[test]
fn every_page_shows_its_call() {
    each_page(|address, page| page.check_calls(address));
}

/// Rules: DSH-25, DSH-31.
#[test]
fn every_link_answers() {
    each_page_of_a_site(links::check);
}

/// Rules: DSH-12, DSH-25, DSH-40, DSH-41, DSH-42.
#[test]
fn every_linked_number_equals_the_number_of_findings_that_it_links_to() {
    each_page_of_a_site(links::check_numbers);
}

/// Rules: DSH-35, DSH-36.
#[test]
fn every_shown_call_works_as_it_stands() {
    each_page_of_a_site(calls::check);
}
