//! The page for browsers: a description of this server, its content, and links. It has no script.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use http::Method;

use super::api::Route;
use super::status::Status;
use crate::domain::overview::{Overview, count_of_hubs_v2};

const TEMPLATE: &str = include_str!("page.html");
/// Maximum number of accounts in the table.
const MAX_ACCOUNTS: usize = 100;

/// Renders the page. All values are escaped.
pub(super) fn render(status: &Status, endpoint: &str, routes: &[Route]) -> String {
    let overview = &status.overview;
    let clock = if overview.clock_is_frozen { "the clock is frozen" } else { "the clock runs" };
    let values = [
        ("{{scenario}}", escape(overview.scenario.as_deref().unwrap_or("no scenario"))),
        ("{{version}}", escape(&status.version)),
        ("{{clock}}", format!("{} ({clock})", escape(&overview.clock))),
        ("{{findings}}", overview.findings.to_string()),
        ("{{hubs}}", hubs(overview)),
        ("{{regions}}", escape(&regions(overview))),
        ("{{accounts}}", accounts(status)),
        ("{{variables}}", escape(&variables(status, endpoint))),
        ("{{paths}}", routes.iter().map(|route| route_row(route, endpoint)).collect()),
    ];
    // A single pass, so that braces in an inserted value are not replaced.
    let mut html = String::with_capacity(TEMPLATE.len() * 4);
    let mut rest = TEMPLATE;
    while let Some((before, after)) = rest.split_once("{{") {
        html.push_str(before);
        let (name, after) = after.split_once("}}").unwrap_or((after, ""));
        let value = values.iter().find(|(known, _)| known.trim_matches(['{', '}']) == name);
        html.push_str(value.map_or("", |(_, value)| value));
        rest = after;
    }
    html.push_str(rest);
    html
}

/// `6`, or `6, and 2 V2 hubs`
fn hubs(overview: &Overview) -> String {
    match overview.hubs_v2 {
        0 => overview.hubs.to_string(),
        count => format!("{}, and {}", overview.hubs, count_of_hubs_v2(count)),
    }
}

/// The Regions with a hub of either half.
fn regions(overview: &Overview) -> String {
    let regions: BTreeSet<&str> = overview.regions.iter().chain(&overview.regions_v2).map(String::as_str).collect();
    if regions.is_empty() { "none".to_owned() } else { regions.into_iter().collect::<Vec<_>>().join(", ") }
}

fn accounts(status: &Status) -> String {
    let accounts = &status.overview.accounts;
    let mut rows: String = accounts
        .iter()
        .take(MAX_ACCOUNTS)
        .map(|account| {
            let of_v2 = account.regions_v2.iter().map(|region| format!("{region} (V2)"));
            let regions: Vec<String> = account.regions.iter().cloned().chain(of_v2).collect();
            let regions = if regions.is_empty() { "-".to_owned() } else { regions.join(", ") };
            let status = account.status.as_ref().map(|status| format!(" ({status})")).unwrap_or_default();
            let name = account.name.as_deref().unwrap_or("-");
            row([&format!("{}{status}", account.account_id), name, &regions, &account.findings.to_string()])
        })
        .collect();
    if accounts.len() > MAX_ACCOUNTS {
        let more = accounts.len() - MAX_ACCOUNTS;
        _ = write!(rows, "<tr><td colspan=\"4\">and {more} more: see /_emulator/status</td></tr>");
    }
    if accounts.is_empty() {
        rows.push_str("<tr><td colspan=\"4\">No account has enabled Security Hub yet.</td></tr>");
    }
    rows
}

/// The variables for a shell.
fn variables(status: &Status, endpoint: &str) -> String {
    let caller = status.overview.suggested_caller.as_ref();
    let account = caller.map_or("111111111111", |caller| &caller.account_id);
    let region = caller.map_or("us-east-1", |caller| &caller.region);
    format!(
        "export AWS_ENDPOINT_URL_SECURITYHUB={endpoint}\n\
         export AWS_ACCESS_KEY_ID={account} AWS_SECRET_ACCESS_KEY=x AWS_DEFAULT_REGION={region}"
    )
}

fn row(cells: [&str; 4]) -> String {
    let cells = cells.map(|cell| format!("<td>{}</td>", escape(cell)));
    format!("<tr>{}</tr>\n", cells.concat())
}

/// The table row of a path, with a link if a browser can open the path as it is.
fn route_row(route: &Route, endpoint: &str) -> String {
    let row = row([route.method.as_str(), route.path, route.purpose, &route.curl(endpoint)]);
    if route.method != Method::GET || route.path.contains('{') {
        return row;
    }
    let (link, name) = (escape(&route.url("")), escape(route.path));
    row.replacen(&format!("<td>{name}</td>"), &format!("<td><a href=\"{link}\">{name}</a></td>"), 1)
}

/// Escapes a text for HTML.
fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            other => escaped.push(other),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::control::routes;
    use crate::domain::overview::{AccountOverview, SuggestedCaller};

    fn status(accounts: usize) -> Status {
        let account = |number: usize| AccountOverview {
            account_id: format!("{number:012}"),
            name: Some("R&D <team>".to_owned()),
            status: None,
            regions: vec!["us-east-1".to_owned()],
            regions_v2: vec!["eu-west-1".to_owned()],
            findings: 7,
        };
        let suggested = SuggestedCaller { account_id: "111111111111".to_owned(), region: "eu-west-1".to_owned() };
        let overview = Overview {
            scenario: Some("{{paths}} \"'".to_owned()),
            clock: "2026-01-15T09:00:00.000Z".to_owned(),
            clock_is_frozen: true,
            regions: vec!["us-east-1".to_owned()],
            hubs: accounts,
            regions_v2: vec!["eu-west-1".to_owned()],
            hubs_v2: accounts,
            findings: 7 * accounts,
            control_findings: 0,
            suggested_caller: (accounts > 0).then_some(suggested),
            accounts: (0..accounts).map(account).collect(),
        };
        Status { status: "ok".to_owned(), version: "0.0.0".to_owned(), verifies_signatures: false, overview }
    }

    /// Rules: CPL-147.
    #[test]
    fn values_on_the_page_are_escaped() {
        let html = render(&status(1), "http://<x>", routes::all());
        assert!(html.contains("R&amp;D &lt;team&gt;") && html.contains("{{paths}} &quot;&#39;"), "{html}");
        assert!(html.contains("AWS_ENDPOINT_URL_SECURITYHUB=http://&lt;x&gt;") && !html.contains("<x>"), "{html}");
        assert!(!html.contains("<script"), "{html}");
        assert!(html.contains("<td>us-east-1, eu-west-1 (V2)</td>"), "{html}");
        assert!(html.contains("<a href=\"/_emulator/events?limit=10\">/_emulator/events</a>"), "{html}");
        assert!(!html.contains("href=\"/_emulator/reset"), "a path that a browser cannot open is not a link: {html}");
    }

    #[test]
    fn a_page_of_many_accounts_stays_small() {
        let html = render(&status(103), "http://x", &[]);
        assert!(html.contains("and 3 more: see /_emulator/status") && !html.contains("000000000100"), "{html}");
        let html = render(&status(0), "http://x", &[]);
        assert!(html.contains("No account has enabled Security Hub yet."), "{html}");
        assert!(html.contains("AWS_ACCESS_KEY_ID=111111111111"), "{html}");
    }
}
