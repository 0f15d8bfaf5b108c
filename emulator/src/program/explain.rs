//! `explain`: explains why GetFindings of a running emulator returns a finding or does not return it.

use std::fmt::Write as _;

use clap::Args;
use http::Method;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Value, json};

use super::arguments::{Caller, Remote};
use super::client;
use super::exit::Exit;
use super::output;
use super::style::Style;
use super::values::text_or_file;
use crate::domain::findings::explain::{ExplainedFinding, Explanation};

pub(super) const HELP: &str = "\
Examples, with `securityhub-local serve --scenario builtin:quickstart` running:
  securityhub-local explain --id cfe157f6c83a467bd3ab169253f70881 \\
    --filters '{\"ResourceType\": [{\"Value\": \"AwsIam\", \"Comparison\": \"PREFIX\"}]}'

Explain why a call to GetFindings returned no findings. `requests` prints the number of the call:
  securityhub-local explain --request 12

The filters have the JSON format of the `Filters` parameter of GetFindings. Without --id, the \
command explains up to three findings that fail the fewest filters.

Exit codes: 0 success; 1 the emulator does not respond; 2 invalid arguments or filters.";

#[derive(Args)]
pub(super) struct ExplainArguments {
    /// Id of the finding; if several findings share it, each one is explained [default: the findings that fail the fewest
    /// filters]
    #[arg(long, value_name = "ID", env = "SECURITYHUB_LOCAL_ID")]
    pub(super) id: Option<String>,

    /// Number of a recorded call to GetFindings or GetFindingsV2 whose account, Region and filters are used
    #[arg(long, value_name = "NUMBER", env = "SECURITYHUB_LOCAL_REQUEST", conflicts_with_all = ["filters", "product_arn"])]
    pub(super) request: Option<u64>,

    /// ProductArn of the finding, to distinguish findings with the same Id
    #[arg(long, value_name = "ARN", env = "SECURITYHUB_LOCAL_PRODUCT_ARN")]
    pub(super) product_arn: Option<String>,

    #[command(flatten)]
    pub(super) caller: Caller,

    /// GetFindings filters as JSON, or @FILE to read them from a file [default: {}]
    #[arg(long, value_name = "JSON", env = "SECURITYHUB_LOCAL_FILTERS", value_parser = text_or_file)]
    pub(super) filters: Option<String>,

    #[command(flatten)]
    pub(super) remote: Remote,
}

/// Queries the emulator and prints the result.
pub(super) fn run(arguments: &ExplainArguments) -> Result<(), Exit> {
    let explanation = match arguments.request {
        Some(number) => of_request(arguments, number)?,
        None => of_filters(arguments)?,
    };
    let text = if arguments.remote.json {
        format!("{:#}\n", json!(explanation))
    } else {
        render(&explanation, Style::of_output())
    };
    output::print(&text)
}

fn of_filters(arguments: &ExplainArguments) -> Result<Explanation, Exit> {
    let question = json!({
        "Account": arguments.caller.account(),
        "Region": arguments.caller.region().as_str(),
        "Id": arguments.id,
        "ProductArn": arguments.product_arn,
        "Filters": arguments.filters.as_deref().map(filters).transpose()?,
    });
    arguments.caller.note_account(&arguments.remote);
    client::post(&arguments.remote, "/_emulator/explain", &question)
}

fn of_request(arguments: &ExplainArguments, number: u64) -> Result<Explanation, Exit> {
    let id = arguments.id.as_deref().map(|id| format!("?id={}", utf8_percent_encode(id, NON_ALPHANUMERIC)));
    let path = format!("/_emulator/requests/{number}/explain{}", id.unwrap_or_default());
    client::read(&client::send(&arguments.remote, Method::GET, &path, None)?)
}

fn filters(text: &str) -> Result<Value, Exit> {
    serde_json::from_str(text).map_err(|error| {
        Exit::invalid(format!(
            "securityhub-local: --filters: invalid JSON: {error}. Expected GetFindings filters, such as {}",
            r#"{"SeverityLabel": [{"Value": "HIGH", "Comparison": "EQUALS"}]}"#
        ))
    })
}

fn render(explanation: &Explanation, style: Style) -> String {
    let Explanation { account, region, id, summary, findings } = explanation;
    let title = id.as_deref().unwrap_or("findings that fail the fewest filters");
    let mut text = format!("{}\ncaller: {account} in {region}\n\n", style.bold(title));
    let has_own_summary = id.is_none() || findings.len() != 1;
    for finding in findings {
        if id.is_none() {
            _ = writeln!(text, "{}", output::escape_control_characters(&finding.id));
        }
        text.push_str(&render_finding(finding, style));
        if has_own_summary {
            text.push('\n');
        }
    }
    if has_own_summary {
        _ = writeln!(text, "{}", style.bold(summary));
    }
    text
}

/// One line for visibility and one per filter name, followed by the summary.
fn render_finding(finding: &ExplainedFinding, style: Style) -> String {
    let ExplainedFinding { product_arn, aws_account_id, region, summary, visibility, filters, .. } = finding;
    let names = filters.iter().map(|filter| filter.name.len());
    let width = names.chain(["visible".len()]).max().unwrap_or_default();
    let mut text = format!("finding of account {aws_account_id} in {region}, product {product_arn}\n");
    let mut line = |passes: bool, name: &str, reason: &str| {
        _ = writeln!(text, "  {} {name:width$}  {reason}", style.mark(passes));
    };
    line(visibility.passes, "visible", &visibility.reason);
    for filter in filters {
        line(filter.passes, &filter.name, &filter.sentence());
    }
    text + &style.bold(summary) + "\n"
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;

    use super::*;
    use crate::domain::findings::explain::{ExplainedElement, ExplainedFilter, ExplainedVisibility};

    const PLAIN: Style = Style { colours: false };
    const SUMMARY: &str = "not returned: ResourceType requires PREFIX AwsIam or PREFIX AwsEc2; the finding has \
                           AwsS3Bucket, AwsS3Object";

    fn filter(name: &str, passes: bool, values: &[&str], elements: &[(&str, bool)]) -> ExplainedFilter {
        let element = |(condition, decides): &(&str, bool)| ExplainedElement {
            element: json!({}),
            condition: (*condition).to_owned(),
            negative: condition.contains("NOT_"),
            passes,
            decides: *decides,
            matched: Vec::new(),
        };
        let values = values.iter().map(ToString::to_string).collect();
        ExplainedFilter { name: name.to_owned(), passes, values, elements: elements.iter().map(element).collect() }
    }

    fn finding(filters: Vec<ExplainedFilter>, summary: &str) -> ExplainedFinding {
        ExplainedFinding {
            id: "f".to_owned(),
            product_arn: "arn:aws:securityhub:us-east-1::product/aws/macie".to_owned(),
            aws_account_id: "222222222222".to_owned(),
            region: "us-east-1".to_owned(),
            returned: false,
            summary: summary.to_owned(),
            visibility: ExplainedVisibility { passes: true, reason: "222222222222 owns the finding".to_owned() },
            filters,
        }
    }

    fn explanation(findings: Vec<ExplainedFinding>, summary: &str) -> Explanation {
        let (account, region) = ("222222222222".to_owned(), "us-east-1".to_owned());
        Explanation { account, region, id: Some("f".to_owned()), summary: summary.to_owned(), findings }
    }

    fn macie() -> ExplainedFinding {
        let elements = [("PREFIX AwsIam", true), ("PREFIX AwsEc2", true), ("NOT_EQUALS Other", false)];
        let types = filter("ResourceType", false, &["AwsS3Bucket", "AwsS3Object"], &elements);
        let label = filter("SeverityLabel", true, &["HIGH"], &[("EQUALS LOW", false), ("EQUALS HIGH", true)]);
        finding(vec![types, label], SUMMARY)
    }

    #[test]
    fn an_explanation_as_text() {
        assert_snapshot!("one_finding", render(&explanation(vec![macie()], SUMMARY), PLAIN));
    }

    #[test]
    fn an_explanation_of_several_findings_as_text() {
        let other = finding(Vec::new(), "returned: the caller can see the finding and no filter is given");
        let explanation = explanation(vec![macie(), other], "returned: 1 of the 2 findings with this Id");
        assert_snapshot!("several_findings", render(&explanation, PLAIN));
    }

    #[test]
    fn an_explanation_without_an_id_names_each_finding() {
        let nearest = Explanation { id: None, ..explanation(vec![macie()], "not returned: none of the 67 findings") };
        let text = render(&nearest, PLAIN);
        assert!(
            text.starts_with(
                "findings that fail the fewest filters\ncaller: 222222222222 in us-east-1\n\nf\nfinding of"
            )
        );
        assert!(text.ends_with("\n\nnot returned: none of the 67 findings\n"), "{text}");
    }

    #[test]
    fn colours_do_not_change_the_text() {
        let explanation = explanation(vec![macie()], SUMMARY);
        let coloured = render(&explanation, Style { colours: true });
        assert!(coloured.contains("\u{1b}[31m✘\u{1b}[0m ResourceType") && coloured.contains("\u{1b}[32m✔\u{1b}[0m"));
        let codes = ["\u{1b}[1m", "\u{1b}[31m", "\u{1b}[32m", "\u{1b}[0m"];
        let stripped = codes.iter().fold(coloured, |text, code| text.replace(code, ""));
        assert_eq!(stripped, render(&explanation, PLAIN));
    }

    #[test]
    fn filters_that_are_not_json_are_refused_with_an_example() {
        assert_eq!(filters("{}").unwrap(), json!({}));
        let Err(Exit::Invalid(message)) = filters("{") else { panic!("accepted") };
        assert!(message.contains("invalid JSON"), "{message}");
    }
}
