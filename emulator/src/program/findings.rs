//! `findings`: the findings that an account sees, as a table.

use std::io::IsTerminal as _;

use clap::Args;
use clap::builder::PossibleValuesParser;
use comfy_table::{ContentArrangement, Table, presets};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::arguments::{Caller, Remote};
use super::client;
use super::exit::Exit;
use super::output::{self, escape_control_characters};
use super::values::account;
use crate::state::AccountId;

pub(super) const HELP: &str = "\
Examples, with `securityhub-local serve --scenario scenarios/quickstart.yaml` running:
  securityhub-local findings --severity CRITICAL,HIGH --workflow-status NEW
  securityhub-local findings --product GuardDuty --owner 222222222222
  securityhub-local findings --resource-type AwsIam --title-contains password --json

The most severe findings come first, then the newest ones. Filters of different flags must all match; of several
values of one flag, any. `securityhub-local explain` says why a finding is missing.

Exit codes: 0 success, 1 no response from an emulator, 2 invalid arguments, or Security Hub is not
enabled.";

/// Maximum number of findings per call.
const MAX_PAGE: usize = 100;
/// Width of a title for which a terminal has to be very narrow.
const MIN_TITLE: usize = 20;
const HEADER: [&str; 7] = ["Severity", "Account", "Region", "Product", "Workflow", "Updated", "Title"];

#[derive(Args)]
pub(super) struct FindingsArguments {
    #[command(flatten)]
    caller: Caller,

    /// Severity label; can be repeated
    #[arg(
        long,
        value_name = "LABEL",
        env = "SECURITYHUB_LOCAL_SEVERITY",
        value_delimiter = ',',
        ignore_case = true,
        value_parser = PossibleValuesParser::new(["CRITICAL", "HIGH", "MEDIUM", "LOW", "INFORMATIONAL"])
    )]
    severity: Vec<String>,

    /// Workflow status; can be repeated
    #[arg(
        long,
        value_name = "STATUS",
        env = "SECURITYHUB_LOCAL_WORKFLOW_STATUS",
        value_delimiter = ',',
        ignore_case = true,
        value_parser = PossibleValuesParser::new(["NEW", "NOTIFIED", "RESOLVED", "SUPPRESSED"])
    )]
    workflow_status: Vec<String>,

    /// Record state [default: both]
    #[arg(
        long,
        value_name = "STATE",
        env = "SECURITYHUB_LOCAL_RECORD_STATE",
        ignore_case = true,
        value_parser = PossibleValuesParser::new(["ACTIVE", "ARCHIVED"])
    )]
    record_state: Option<String>,

    /// Product name, or its beginning, such as GuardDuty; can be repeated
    #[arg(long, value_name = "NAME", env = "SECURITYHUB_LOCAL_PRODUCT", value_delimiter = ',')]
    product: Vec<String>,

    /// Resource type, or its beginning, such as AwsS3Bucket or AwsIam; can be repeated
    #[arg(long, value_name = "TYPE", env = "SECURITYHUB_LOCAL_RESOURCE_TYPE", value_delimiter = ',')]
    resource_type: Vec<String>,

    /// Account that owns the finding; can be repeated
    #[arg(
        long,
        value_name = "ACCOUNT",
        env = "SECURITYHUB_LOCAL_OWNER",
        value_delimiter = ',',
        value_parser = account
    )]
    owner: Vec<AccountId>,

    /// Text that the title contains, in any case
    #[arg(long, value_name = "TEXT", env = "SECURITYHUB_LOCAL_TITLE_CONTAINS")]
    title_contains: Option<String>,

    /// Maximum number of findings
    #[arg(long, value_name = "NUMBER", env = "SECURITYHUB_LOCAL_LIMIT", default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..))]
    limit: u32,

    #[command(flatten)]
    remote: Remote,
}

/// A page of GetFindings.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Page {
    findings: Vec<Value>,
    next_token: Option<String>,
}

/// Queries the emulator and prints the findings.
pub(super) fn run(arguments: &FindingsArguments) -> Result<(), Exit> {
    let (findings, are_more) = find(arguments)?;
    if arguments.remote.json {
        return output::print(&format!("{:#}\n", json!(findings)));
    }
    let width = std::io::stdout().is_terminal().then(|| Table::new().width().map_or(80, usize::from));
    output::print(&render(&findings, width))?;
    if are_more {
        output::print_error(&format!(
            "There are more findings than these {}. Use --limit to see them.",
            findings.len()
        ));
    }
    Ok(())
}

/// The findings, and whether there are more than the limit.
fn find(arguments: &FindingsArguments) -> Result<(Vec<Value>, bool), Exit> {
    let title = arguments.title_contains.as_ref().map(|title| title.to_lowercase());
    let is_wanted = |finding: &Value| {
        title.as_ref().is_none_or(|title| finding["Title"].as_str().unwrap_or_default().to_lowercase().contains(title))
    };
    let mut body = json!({
        "Filters": filters(arguments),
        "SortCriteria": [
            { "Field": "SeverityNormalized", "SortOrder": "desc" },
            { "Field": "UpdatedAt", "SortOrder": "desc" },
        ],
    });
    let limit = arguments.limit as usize;
    let mut findings = Vec::new();
    loop {
        // One more than the limit, to know whether there are more. GetFindings has no filter for a part of a title, so
        // with one of these all pages are read.
        let missing = (limit + 1).saturating_sub(findings.len());
        body["MaxResults"] = if title.is_some() { MAX_PAGE } else { missing.min(MAX_PAGE) }.into();
        let page: Page = client::post_as(&arguments.remote, &arguments.caller, "/findings", &body)?;
        findings.extend(page.findings.into_iter().filter(is_wanted));
        match page.next_token {
            Some(token) if findings.len() <= limit => body["NextToken"] = token.into(),
            _ => break,
        }
    }
    let are_more = findings.len() > limit;
    findings.truncate(limit);
    Ok((findings, are_more))
}

/// The filters of GetFindings.
fn filters(arguments: &FindingsArguments) -> Map<String, Value> {
    let upper = |values: &[String]| values.iter().map(|value| value.to_uppercase()).collect::<Vec<_>>();
    let owners = arguments.owner.iter().map(AccountId::to_string).collect();
    let record_state = arguments.record_state.iter().cloned().collect::<Vec<_>>();
    let named = [
        ("SeverityLabel", "EQUALS", upper(&arguments.severity)),
        ("WorkflowStatus", "EQUALS", upper(&arguments.workflow_status)),
        ("RecordState", "EQUALS", upper(&record_state)),
        ("ProductName", "PREFIX", arguments.product.clone()),
        ("ResourceType", "PREFIX", arguments.resource_type.clone()),
        ("AwsAccountId", "EQUALS", owners),
    ];
    let given = named.into_iter().filter(|(_, _, values)| !values.is_empty());
    let elements = |comparison: &str, values: Vec<String>| {
        let element = |value| json!({ "Value": value, "Comparison": comparison });
        values.into_iter().map(element).collect::<Value>()
    };
    given.map(|(name, comparison, values)| (name.to_owned(), elements(comparison, values))).collect()
}

/// A line per finding. On a terminal of `width` characters, titles are shortened, so that lines do not wrap.
fn render(findings: &[Value], width: Option<usize>) -> String {
    if findings.is_empty() {
        return "No findings match.\n".to_owned();
    }
    let rows: Vec<[String; 7]> = findings.iter().map(row).collect();
    let width_of = |column: usize| {
        let cells = rows.iter().filter_map(|row| row.get(column)).map(|cell| cell.chars().count());
        let header = HEADER.get(column).map_or(0, |name| name.len());
        cells.max().unwrap_or_default().max(header) + 2
    };
    let before: usize = (0..HEADER.len() - 1).map(width_of).sum();
    let most = width.map(|width| width.saturating_sub(before + 2).max(MIN_TITLE));
    let mut table = Table::new();
    table.load_style(presets::NOTHING).set_content_arrangement(ContentArrangement::Disabled);
    table.set_header(HEADER);
    for [severity, account, region, product, workflow, updated, title] in rows {
        let title = most.map_or_else(|| title.clone(), |most| shortened(&title, most));
        table.add_row([severity, account, region, product, workflow, updated, title]);
    }
    table.trim_fmt() + "\n"
}

fn row(finding: &Value) -> [String; 7] {
    let text = |value: &Value| escape_control_characters(value.as_str().unwrap_or("-"));
    let state = if finding["RecordState"] == "ARCHIVED" { ", archived" } else { "" };
    let updated = text(&finding["UpdatedAt"]);
    [
        text(&finding["Severity"]["Label"]),
        text(&finding["AwsAccountId"]),
        text(&finding["Region"]),
        text(&finding["ProductName"]),
        format!("{}{state}", text(&finding["Workflow"]["Status"])),
        updated.get(..16).unwrap_or(&updated).replace('T', " "),
        text(&finding["Title"]),
    ]
}

/// Shortens a title at its end.
fn shortened(title: &str, most: usize) -> String {
    if title.chars().count() <= most {
        return title.to_owned();
    }
    title.chars().take(most.saturating_sub(1)).chain(['…']).collect()
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::super::cli::{Cli, Command};
    use super::*;

    fn arguments(given: &[&str]) -> FindingsArguments {
        let Command::Findings(arguments) = Cli::parse_from([&["x", "findings"], given].concat()).command else {
            panic!("it is the command")
        };
        arguments
    }

    fn finding(severity: &str, title: &str, state: &str) -> Value {
        json!({
            "Severity": { "Label": severity }, "AwsAccountId": "222222222222", "Region": "us-east-1",
            "ProductName": "GuardDuty", "Workflow": { "Status": "NEW" }, "RecordState": state,
            "UpdatedAt": "2026-01-14T10:15:16.000Z", "Title": title,
        })
    }

    /// Rules: CPL-141.
    #[test]
    fn flags_become_filters_of_get_findings() {
        let flags = ["--severity", "critical,HIGH", "--record-state", "active", "--product", "Guard"];
        let more = ["--workflow-status", "NEW", "--owner", "222222222222", "--resource-type", "AwsIam"];
        let expected = json!({
            "SeverityLabel": [
                { "Value": "CRITICAL", "Comparison": "EQUALS" }, { "Value": "HIGH", "Comparison": "EQUALS" },
            ],
            "WorkflowStatus": [{ "Value": "NEW", "Comparison": "EQUALS" }],
            "RecordState": [{ "Value": "ACTIVE", "Comparison": "EQUALS" }],
            "ProductName": [{ "Value": "Guard", "Comparison": "PREFIX" }],
            "ResourceType": [{ "Value": "AwsIam", "Comparison": "PREFIX" }],
            "AwsAccountId": [{ "Value": "222222222222", "Comparison": "EQUALS" }],
        });
        assert_eq!(Value::Object(filters(&arguments(&[&flags[..], &more].concat()))), expected);
        assert_eq!(filters(&arguments(&[])), Map::new());
    }

    #[test]
    fn findings_as_text() {
        let long = "The S3 bucket reports-2026 grants access to everyone, and nobody has used it for a year";
        let findings = [finding("CRITICAL", long, "ACTIVE"), finding("LOW", "Port 22\u{1b} is open", "ARCHIVED")];
        insta::assert_snapshot!("findings_in_a_pipe", render(&findings, None));
        let narrow = render(&findings, Some(120));
        assert!(narrow.lines().all(|line| line.chars().count() <= 120), "{narrow}");
        insta::assert_snapshot!("findings_on_a_terminal", narrow);
        assert_eq!(render(&[], None), "No findings match.\n");
    }
}
