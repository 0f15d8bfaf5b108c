//! `findings`: the findings that an account sees, as a table.

use std::collections::BTreeMap;
use std::fmt::Write as _;
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
Examples, with `securityhub-local serve --scenario builtin:quickstart` running:
  securityhub-local findings --severity CRITICAL,HIGH --workflow-status NEW
  securityhub-local findings --product GuardDuty --owner 222222222222
  securityhub-local findings --resource-type AwsIam --title-contains password \\
    --json

The most severe findings come first, and within a severity those that were updated last. A finding \
must match every given flag; a flag with several values matches any of them. The last line, on \
standard error, counts the matching findings in this Region and in others. To find out why a \
finding is missing, use `securityhub-local explain`.

Exit codes: 0 success; 1 the emulator does not respond; 2 invalid arguments, or Security Hub is not enabled.";

/// Minimum width of a title, even on a very narrow terminal.
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

    /// Text that the title contains, ignoring case
    #[arg(long, value_name = "TEXT", env = "SECURITYHUB_LOCAL_TITLE_CONTAINS")]
    title_contains: Option<String>,

    /// Maximum number of findings
    #[arg(long, value_name = "NUMBER", env = "SECURITYHUB_LOCAL_LIMIT", default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..))]
    limit: u32,

    #[command(flatten)]
    remote: Remote,
}

/// Queries the emulator and prints the findings.
pub(super) fn run(arguments: &FindingsArguments) -> Result<(), Exit> {
    let FindingsArguments { caller, remote, .. } = arguments;
    let mut body = json!({
        "Account": caller.account(),
        "Region": caller.region().as_str(),
        "Filters": filters(arguments),
        "Limit": arguments.limit,
    });
    if let Some(title) = &arguments.title_contains {
        body["TitleContains"] = json!(title);
    }
    caller.note_account(remote);
    let found: Found = client::post(remote, "/_emulator/findings/query", &body)?;
    if remote.json {
        output::print(&format!("{:#}\n", json!(found.findings)))?;
    } else {
        let width = std::io::stdout().is_terminal().then(|| Table::new().width().map_or(80, usize::from));
        output::print(&render(&found.findings, width))?;
    }
    let is_filtered = arguments.title_contains.is_some() || !filters(arguments).is_empty();
    output::print_error(&counts(&found, caller.region().as_str(), is_filtered));
    Ok(())
}

/// The response of the control plane.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Found {
    findings: Vec<Value>,
    matching: usize,
    elsewhere: BTreeMap<String, usize>,
}

/// `50 of 67 findings in us-east-1 (use --limit to see more); 12 more in another Region: eu-west-1.`
fn counts(found: &Found, region: &str, is_filtered: bool) -> String {
    let (shown, matching) = (found.findings.len(), found.matching);
    let noun = if matching == 1 { "finding" } else { "findings" };
    let limit = if shown < matching { " (use --limit to see more)" } else { "" };
    let which = if is_filtered { "matching " } else { "" };
    let mut text = format!("{shown} of {matching} {which}{noun} in {region}{limit}");
    let elsewhere: usize = found.elsewhere.values().sum();
    if elsewhere > 0 {
        let regions: Vec<&str> = found.elsewhere.keys().map(String::as_str).collect();
        let noun = if regions.len() == 1 { "another Region" } else { "other Regions" };
        _ = write!(text, "; {elsewhere} more in {noun}: {}", regions.join(", "));
    }
    text + "."
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
    let max = width.map(|width| width.saturating_sub(before + 2).max(MIN_TITLE));
    let mut table = Table::new();
    table.load_style(presets::NOTHING).set_content_arrangement(ContentArrangement::Disabled);
    table.set_header(HEADER);
    for [severity, account, region, product, workflow, updated, title] in rows {
        let title = max.map_or_else(|| title.clone(), |max| shortened(&title, max));
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
fn shortened(title: &str, max: usize) -> String {
    if title.chars().count() <= max {
        return title.to_owned();
    }
    title.chars().take(max.saturating_sub(1)).chain(['…']).collect()
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::super::cli::{Cli, Command};
    use super::*;

    fn arguments(given: &[&str]) -> FindingsArguments {
        let Command::Findings(arguments) = Cli::parse_from([&["x", "findings"], given].concat()).command else {
            panic!("expected the command `findings`")
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

    /// Rules: CPL-141.
    #[test]
    fn counts_name_the_region_and_other_regions() {
        let found = |shown: usize, matching, elsewhere: &[(&str, usize)]| Found {
            findings: vec![Value::Null; shown],
            matching,
            elsewhere: elsewhere.iter().map(|(region, count)| ((*region).to_owned(), *count)).collect(),
        };
        for (found, expected) in [
            (found(1, 1, &[]), "1 of 1 finding in us-east-1."),
            (found(0, 0, &[("eu-west-1", 2)]), "0 of 0 findings in us-east-1; 2 more in another Region: eu-west-1."),
            (
                found(3, 67, &[("eu-west-1", 2), ("eu-west-2", 1)]),
                "3 of 67 findings in us-east-1 (use --limit to see more); 3 more in other Regions: eu-west-1, eu-west-2.",
            ),
        ] {
            assert_eq!(counts(&found, "us-east-1", false), expected);
        }
        assert_eq!(counts(&found(0, 0, &[]), "us-east-1", true), "0 of 0 matching findings in us-east-1.");
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
