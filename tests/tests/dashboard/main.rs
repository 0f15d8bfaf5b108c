//! Tests of the dashboard without a browser: every page of several scenarios, as seen by several accounts, is parsed and
//! checked (DSH-110). New pages are checked without a change here, because the pages are taken from the table of routes.
#![allow(clippy::expect_used, clippy::panic, clippy::unwrap_used, reason = "a test may panic")]

mod document;
mod forms;
mod links;
mod routing;
mod site;

use document::Document;
use securityhub_local::dashboard::routes;
use site::Site;

/// The scenarios, with the accounts and Regions as which their pages are looked at: an administrator, a member and a
/// stranger, and where there are several Regions, two of them.
const SCENARIOS: [(&str, &[(&str, &str)]); 5] = [
    ("", &[("000000000000", "us-east-1")]),
    ("quickstart.yaml", &[("111111111111", "us-east-1"), ("222222222222", "eu-west-1"), ("555555555555", "us-east-1")]),
    (
        "forty-members.yaml",
        &[("111111111111", "us-east-1"), ("111111111111", "eu-west-1"), ("200000000001", "us-east-1")],
    ),
    ("aggregation.yaml", &[("111111111111", "us-east-1"), ("222222222222", "us-east-1")]),
    ("controls.yaml", &[("111111111111", "us-east-1"), ("222222222222", "us-east-1")]),
];

/// Passes every page to `check`, with its address.
fn each_page(check: impl Fn(&Site, &str, &Document)) {
    for (scenario, views) in SCENARIOS {
        let site = Site::of(scenario);
        for (account, region) in views {
            for route in routes::all() {
                let query = if route.query.is_empty() { String::new() } else { format!("?{}", route.query) };
                let address = format!("/_emulator/ui/as/{account}/{region}/{}{query}", route.path);
                check(&site, &address, &site.page(&address));
            }
        }
    }
}

/// Rules: DSH-05.
#[test]
fn every_page_has_its_headers_and_is_small() {
    each_page(|site, address, _| {
        let response = site.get(address);
        site::assert_page_headers(address, &response);
        assert!(response.body().len() <= 300 * 1024, "{address} has {} bytes", response.body().len());
    });
}

/// Rules: DSH-20, DSH-31.
#[test]
fn every_page_has_landmarks_headings_and_a_title() {
    each_page(|_, address, page| page.check_structure(address));
}

/// Rules: DSH-06, DSH-07, DSH-08.
#[test]
fn no_page_has_inline_scripts_or_styles() {
    each_page(|_, address, page| page.check_content_policy(address));
}

/// Rules: DSH-24, DSH-26.
#[test]
fn every_table_has_a_caption_and_every_chart_a_name() {
    each_page(|_, address, page| {
        page.check_tables(address);
        page.check_charts(address);
    });
}

/// Rules: DSH-20, DSH-21, DSH-23.
#[test]
fn every_page_says_as_whom_and_when_it_is_seen() {
    each_page(|_, address, page| page.check_frame(address));
}

/// Rules: DSH-35.
#[test]
fn every_page_shows_its_call() {
    each_page(|_, address, page| page.check_calls(address));
}

/// Rules: DSH-25, DSH-31.
#[test]
fn every_link_answers() {
    each_page(links::check);
}

/// Rules: DSH-12, DSH-25, DSH-40, DSH-41, DSH-42.
#[test]
fn every_linked_number_equals_the_findings_behind_it() {
    each_page(links::check_numbers);
}
