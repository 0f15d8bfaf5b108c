//! `compliance`: security scores and control statuses computed by a running emulator.

use std::cmp::Reverse;
use std::fmt::Write as _;
use std::io::IsTerminal as _;

use clap::{Args, ValueEnum};
use comfy_table::{CellAlignment, ContentArrangement, Table, presets};
use securityhub_fixtures::standards::Standard;
use serde_json::json;

use super::arguments::{Caller, Remote};
use super::client;
use super::exit::Exit;
use super::output;
use super::style::Style;
use crate::domain::controls::scores::{self, Compliance, ControlScore, ControlStatus, Counts, StandardScore};
use crate::invariant::Invariant;
use crate::state::Region;

pub(super) const HELP: &str = "\
Examples, with `securityhub-local serve --scenario builtin:controls` running.

Show the scores of all standards, then the controls of one standard, failed controls first:
  securityhub-local compliance
  securityhub-local compliance --standard cis-1.2.0

Show the scores of the administrator and each of its members, for all standards, or for one \
standard with the controls of each account:
  securityhub-local compliance --by account
  securityhub-local compliance --by account --standard fsbp-1.0.0

A score is passed / (passed + failed + unknown) controls. The summary counts a control once, even \
if several standards include it. Suppressed and archived findings are ignored. A control is FAILED \
if any of its findings failed, UNKNOWN if any has the status WARNING or NOT_AVAILABLE, and NO_DATA \
if it has no findings. By default, scores are current. If the scenario sets `score_mode: daily`, \
they are computed once a day, as in AWS; the first computation is 30 minutes after the first \
request (24 hours in China and GovCloud).

On a terminal, a bar chart follows the table. Set NO_COLOR to disable colors.

Exit codes: 0 success; 1 the emulator does not respond; 2 invalid arguments, or Security Hub is not enabled.";

/// Maximum width of a bar, in characters.
const MAX_BAR_WIDTH: usize = 50;
/// Minimum width of a bar, even in a narrow terminal.
const MIN_BAR_WIDTH: usize = 10;
/// The last character of a bar, in eighths.
const EIGHTHS: [&str; 8] = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"];

#[derive(Args)]
pub(super) struct ComplianceArguments {
    #[command(flatten)]
    caller: Caller,

    /// Standard to list the controls of, by short name (such as fsbp-1.0.0) or ARN
    #[arg(long, value_name = "STANDARD", env = "SECURITYHUB_LOCAL_STANDARD", value_parser = scores::standard)]
    standard: Option<&'static Standard>,

    /// Rows of the table [default: standards, or controls with --standard]
    #[arg(long, value_name = "ROWS", env = "SECURITYHUB_LOCAL_BY", value_enum)]
    by: Option<By>,

    #[command(flatten)]
    remote: Remote,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum By {
    /// One row for the administrator and one for each member
    Account,
}

/// Queries the emulator and prints the result.
pub(super) fn run(arguments: &ComplianceArguments) -> Result<(), Exit> {
    let ComplianceArguments { caller, standard, by, remote } = arguments;
    let mut path = format!("/_emulator/compliance?account={}&region={}", caller.account(), caller.region());
    if let Some(standard) = standard {
        _ = write!(path, "&standard={}", standard.id);
    }
    caller.note_account(remote);
    let compliance: Compliance = client::get(remote, &path)?;
    let text = if remote.json {
        format!("{:#}\n", json!(compliance))
    } else {
        // Bars are for people; piped output contains only the tables.
        let bars = std::io::stdout()
            .is_terminal()
            .then(|| Bars { width: Table::new().width().map_or(80, usize::from), style: Style::of_output() });
        render(&compliance, standard.is_some(), *by, bars)?
    };
    output::print(&text)
}

/// A name with its score and the underlying counts.
struct Row<'c> {
    name: &'c str,
    score: Option<u64>,
    counts: Counts,
}

fn render(compliance: &Compliance, is_of_standard: bool, by: Option<By>, bars: Option<Bars>) -> Result<String, Exit> {
    if is_without_standards(compliance) {
        return Ok(no_standard(compliance));
    }
    let standard = compliance.scores.standards.first().filter(|_| is_of_standard);
    let mut text = heading(compliance, standard);
    let rows = match (by, standard) {
        (Some(By::Account), _) => {
            let rows = of_accounts(compliance, is_of_standard)?;
            text += &table("Account", &rows, None);
            if is_of_standard {
                text += &controls_of_accounts(compliance);
            }
            rows
        }
        (None, None) => {
            let rows: Vec<Row<'_>> = compliance.scores.standards.iter().map(of_standard).collect();
            let (score, counts) = (compliance.scores.summary_score, compliance.scores.summary_counts);
            text += &table("Standard", &rows, Some(Row { name: "Summary", score, counts }));
            rows
        }
        (None, Some(standard)) => {
            text += &controls(&standard.controls);
            vec![of_standard(standard)]
        }
    };
    if let Some(bars) = bars {
        text.push('\n');
        text += &bars.draw(&rows);
    }
    Ok(text)
}

/// Returns whether scores are missing because no standard is enabled. Scores that are computed daily may be missing for
/// another reason.
fn is_without_standards(compliance: &Compliance) -> bool {
    let is_computed = compliance.computed_at.is_some() || compliance.next_at.is_none();
    is_computed && compliance.scores.standards.is_empty()
}

fn no_standard(compliance: &Compliance) -> String {
    let Compliance { account_id, region, accounts, .. } = compliance;
    let or_members = if accounts.as_ref().is_some_and(|all| all.len() > 1) { " or its members" } else { "" };
    format!(
        "No standard is enabled for {account_id}{or_members} in {region}, so there are no scores.\n\n\
         Enable one:\n  \
         aws securityhub batch-enable-standards --standards-subscription-requests \\\n    \
         StandardsArn=arn:{}:securityhub:{region}::standards/aws-foundational-security-best-practices/v/1.0.0\n\
         Or serve a scenario with standards, such as builtin:controls.\n",
        Region::new(region).partition()
    )
}

/// The account or standard of the score, and the score.
fn heading(compliance: &Compliance, standard: Option<&StandardScore>) -> String {
    let Compliance { account_id, region, regions, scores, accounts, computed_at, next_at } = compliance;
    let (of, score) = match standard {
        Some(standard) => (standard.name.as_str(), standard.score),
        None => ("Security score", scores.summary_score),
    };
    let accounts = accounts.as_ref().map(Vec::len).filter(|count| *count > 1).map(|count| format!("{count} accounts"));
    let regions = (regions.len() > 1).then(|| format!("{} Regions", regions.len()));
    let over: Vec<String> = accounts.into_iter().chain(regions).collect();
    let over = if over.is_empty() { String::new() } else { format!(", across {}", over.join(" and ")) };
    let times = match (computed_at, next_at) {
        (Some(computed), Some(next)) => format!("Computed at {computed}; next computation at {next}.\n"),
        (None, Some(next)) => format!("Not computed yet; first computation at {next}.\n"),
        (_, None) => String::new(),
    };
    format!("{of} of {account_id} in {region}{over}: {}\n{times}\n", percent(score))
}

fn of_standard(standard: &StandardScore) -> Row<'_> {
    Row { name: &standard.name, score: standard.score, counts: standard.counts }
}

/// One row per account, for the summary or for the requested standard, which an account may not have enabled.
fn of_accounts(compliance: &Compliance, is_of_standard: bool) -> Result<Vec<Row<'_>>, Exit> {
    let Compliance { account_id, region, accounts, .. } = compliance;
    let accounts = accounts.as_ref().ok_or_else(|| {
        Exit::invalid(format!(
            "securityhub-local: --by account: {account_id} has no enabled members with Security Hub enabled in {region}"
        ))
    })?;
    let rows = accounts.iter().map(|account| {
        let (score, counts) = match (is_of_standard, account.scores.standards.first()) {
            (true, Some(standard)) => (standard.score, standard.counts),
            (true, None) => (None, Counts::default()),
            (false, _) => (account.scores.summary_score, account.scores.summary_counts),
        };
        Row { name: &account.account_id, score, counts }
    });
    Ok(rows.collect())
}

/// The controls of the requested standard, by account.
fn controls_of_accounts(compliance: &Compliance) -> String {
    let mut text = String::new();
    for account in compliance.accounts.iter().flatten() {
        if let Some(standard) = account.scores.standards.first() {
            _ = write!(
                text,
                "\n{}: {}\n\n{}",
                account.account_id,
                percent(standard.score),
                controls(&standard.controls)
            );
        }
    }
    text
}

fn percent(score: Option<u64>) -> String {
    score.map_or("no score".to_owned(), |score| format!("{score} %"))
}

fn plain_table(header: &[&str]) -> Table {
    let mut table = Table::new();
    table.load_style(presets::NOTHING).set_content_arrangement(ContentArrangement::Dynamic);
    table.set_header(header);
    table
}

/// The lines of a table without trailing spaces.
fn lines(table: &Table) -> String {
    table.trim_fmt() + "\n"
}

fn table(of: &str, rows: &[Row<'_>], last: Option<Row<'_>>) -> String {
    let mut table = plain_table(&[of, "Score", "Passed", "Failed", "Unknown", "No data", "Disabled"]);
    for Row { name, score, counts } in rows.iter().chain(&last) {
        let Counts { passed, failed, unknown, no_data, disabled } = *counts;
        let counts = [passed, failed, unknown, no_data, disabled].map(|count| count.to_string());
        table.add_row([(*name).to_owned(), percent(*score)].into_iter().chain(counts));
    }
    for column in table.column_iter_mut().skip(1) {
        column.set_cell_alignment(CellAlignment::Right);
    }
    lines(&table)
}

/// The controls of a standard: failed ones first, sorted by severity.
fn controls(controls: &[ControlScore]) -> String {
    let mut sorted: Vec<&ControlScore> = controls.iter().collect();
    let severity = |control: &ControlScore| {
        ["CRITICAL", "HIGH", "MEDIUM", "LOW"].iter().position(|known| *known == control.severity_rating)
    };
    sorted.sort_by_key(|control| (Reverse(control.control_status), severity(control)));
    let mut table = plain_table(&["Control", "Status", "Severity", "Failed checks", "Title"]);
    for control in sorted {
        let checks = match control.control_status {
            ControlStatus::Disabled | ControlStatus::NoData => "-".to_owned(),
            _ => format!("{} of {}", control.failed_checks, control.total_checks),
        };
        let ControlScore { security_control_id: id, title, severity_rating, control_status, .. } = control;
        table.add_row([id, control_status.as_str(), severity_rating, checks.as_str(), title]);
    }
    lines(&table)
}

/// A bar chart of scores.
#[derive(Clone, Copy)]
struct Bars {
    /// The width of a line, in characters.
    width: usize,
    style: Style,
}

impl Bars {
    fn draw(self, rows: &[Row<'_>]) -> String {
        // Two spaces after the name, `100 %` and a space after the bar.
        const REST: usize = 8;
        let longest = rows.iter().map(|row| row.name.chars().count()).max().unwrap_or_default();
        let names = longest.min(self.width.saturating_sub(REST + MIN_BAR_WIDTH).max(MIN_BAR_WIDTH));
        let width = self.width.saturating_sub(names + REST).clamp(MIN_BAR_WIDTH, MAX_BAR_WIDTH);
        let line = |row: &Row<'_>| {
            let name = shortened(row.name, names);
            let bar = row.score.map(|score| self.bar(score, width)).unwrap_or_default();
            let blank = if bar.is_empty() { "" } else { " " };
            format!("{name:names$}  {bar}{blank}{}\n", percent(row.score))
        };
        rows.iter().map(line).collect()
    }

    fn bar(self, score: u64, width: usize) -> String {
        let eighths =
            usize::try_from(score.min(100)).or_report("a score of at most 100 fits into a usize").unwrap_or_default()
                * width
                * 8
                / 100;
        let end =
            EIGHTHS.get(eighths % 8).copied().or_report("there is a character for each eighth").unwrap_or_default();
        let bar = "█".repeat(eighths / 8) + end;
        let colour = match score {
            80.. => "32",
            50.. => "33",
            _ => "31",
        };
        if bar.is_empty() { bar } else { self.style.paint(colour, &bar) }
    }
}

/// Shortens a name in the middle, because names of standards end with their version.
fn shortened(name: &str, max: usize) -> String {
    let letters: Vec<char> = name.chars().collect();
    if letters.len() <= max {
        return name.to_owned();
    }
    let end = max / 3;
    let start = max.saturating_sub(end + 1);
    let ending = letters.iter().skip(letters.len().saturating_sub(end));
    letters.iter().take(start).chain(&['…']).chain(ending).collect()
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;
    use insta::assert_snapshot;

    use super::super::cli::Cli;
    use super::*;
    use crate::domain::controls::scores::{AccountScores, Scores};

    const PLAIN: Style = Style { colours: false };

    fn counts(passed: u64, failed: u64, unknown: u64, no_data: u64, disabled: u64) -> Counts {
        Counts { passed, failed, unknown, no_data, disabled }
    }

    fn standard_score(name: &str, counts: Counts, controls: Vec<ControlScore>) -> StandardScore {
        StandardScore {
            standards_arn: "arn".to_owned(),
            name: name.to_owned(),
            score: counts.score(),
            counts,
            controls,
        }
    }

    fn control(id: &str, severity: &str, status: ControlStatus, failed: u64, total: u64) -> ControlScore {
        ControlScore {
            security_control_id: id.to_owned(),
            title: format!("The requirement of {id} should be met"),
            severity_rating: severity.to_owned(),
            control_status: status,
            failed_checks: failed,
            total_checks: total,
        }
    }

    fn standards() -> Vec<StandardScore> {
        let controls = vec![
            control("S3.1", "MEDIUM", ControlStatus::Passed, 0, 12),
            control("S3.2", "CRITICAL", ControlStatus::Disabled, 0, 0),
            control("S3.5", "MEDIUM", ControlStatus::Failed, 3, 12),
            control("IAM.9", "CRITICAL", ControlStatus::Failed, 1, 2),
            control("IAM.3", "MEDIUM", ControlStatus::Unknown, 0, 1),
            control("KMS.4", "MEDIUM", ControlStatus::NoData, 0, 0),
        ];
        vec![
            standard_score("AWS Foundational Security Best Practices v1.0.0", counts(159, 56, 0, 150, 3), controls),
            standard_score("CIS AWS Foundations Benchmark v1.2.0", counts(8, 28, 1, 5, 0), Vec::new()),
            standard_score("PCI DSS v3.2.1", counts(30, 14, 1, 0, 0), Vec::new()),
            standard_score("AWS Resource Tagging Standard v1.0.0", counts(0, 0, 0, 140, 0), Vec::new()),
        ]
    }

    fn compliance(standards: Vec<StandardScore>, accounts: bool) -> Compliance {
        let summary_counts = counts(197, 98, 2, 295, 3);
        let scores = Scores { summary_score: summary_counts.score(), summary_counts, standards };
        let account = |account_id: &str, standards: &[StandardScore]| AccountScores {
            account_id: account_id.to_owned(),
            scores: Scores { standards: standards.to_vec(), ..scores.clone() },
        };
        let accounts = accounts.then(|| vec![account("111111111111", &scores.standards), account("222222222222", &[])]);
        let regions = if accounts.is_some() { vec!["eu-west-1", "us-east-1"] } else { vec!["us-east-1"] };
        Compliance {
            account_id: "111111111111".to_owned(),
            region: "us-east-1".to_owned(),
            regions: regions.into_iter().map(str::to_owned).collect(),
            computed_at: Some("2026-01-15T09:00:00.000Z".to_owned()),
            next_at: None,
            scores,
            accounts,
        }
    }

    fn of_one() -> Compliance {
        compliance(standards().drain(..1).collect(), true)
    }

    /// Rules: SCO-06, SCO-07.
    #[test]
    fn scores_of_standards_as_text() {
        assert_snapshot!("standards", render(&compliance(standards(), false), false, None, None).unwrap());
    }

    /// Rules: SCO-06.
    #[test]
    fn the_report_without_standards_shows_how_to_enable_one() {
        let mut none = compliance(Vec::new(), true);
        (none.scores.summary_score, none.scores.summary_counts) = (None, Counts::default());
        assert_snapshot!(render(&none, false, None, None).unwrap(), @r"
        No standard is enabled for 111111111111 or its members in us-east-1, so there are no scores.

        Enable one:
          aws securityhub batch-enable-standards --standards-subscription-requests \
            StandardsArn=arn:aws:securityhub:us-east-1::standards/aws-foundational-security-best-practices/v/1.0.0
        Or serve a scenario with standards, such as builtin:controls.
        ");
        let pending = Compliance { computed_at: None, next_at: Some("2026-01-15T09:30:00.000Z".to_owned()), ..none };
        assert!(render(&pending, false, None, None).unwrap().contains("Not computed yet"));
    }

    /// Rules: SCO-04.
    #[test]
    fn controls_of_a_standard_as_text() {
        assert_snapshot!("controls", render(&of_one(), true, None, None).unwrap());
    }

    /// Rules: SCO-09.
    #[test]
    fn accounts_as_text() {
        let all = render(&compliance(standards(), true), false, Some(By::Account), None).unwrap();
        let of_standard = render(&of_one(), true, Some(By::Account), None).unwrap();
        assert_snapshot!("accounts", format!("{all}\n{of_standard}"));
        let Err(Exit::Invalid(message)) = render(&compliance(standards(), false), false, Some(By::Account), None)
        else {
            panic!("expected an error: there are no scores")
        };
        assert!(
            message.contains("111111111111 has no enabled members with Security Hub enabled in us-east-1"),
            "{message}"
        );
    }

    /// Rules: SCO-12.
    #[test]
    fn daily_scores_show_the_time_of_their_computation() {
        let next_at = Some("2026-01-16T09:00:00.000Z".to_owned());
        let daily = Compliance { next_at, ..compliance(standards(), false) };
        let text = render(&daily, false, None, None).unwrap();
        let times = "Computed at 2026-01-15T09:00:00.000Z; next computation at 2026-01-16T09:00:00.000Z.\n";
        assert_eq!(text.lines().nth(1), Some(times.trim_end()));
        let text = render(&Compliance { computed_at: None, ..daily }, false, None, None).unwrap();
        assert!(text.contains("Not computed yet; first computation at 2026-01-16T09:00:00.000Z.\n"), "{text}");
    }

    #[test]
    fn bars_fit_the_width_of_the_terminal() {
        let standards = standards();
        let rows: Vec<Row<'_>> = standards.iter().map(of_standard).collect();
        let charts: Vec<String> = [120, 72, 40, 1]
            .into_iter()
            .map(|width| {
                let chart = Bars { width, style: PLAIN }.draw(&rows);
                let fits = chart.lines().all(|line| line.chars().count() <= width.max(28));
                assert!(fits, "{chart}");
                format!("{width} characters:\n{chart}")
            })
            .collect();
        assert_snapshot!("bars", charts.join("\n"));
    }

    #[test]
    fn colours_do_not_change_the_text_of_bars() {
        let standards = standards();
        let rows: Vec<Row<'_>> = standards.iter().map(of_standard).collect();
        let coloured = Bars { width: 80, style: Style { colours: true } }.draw(&rows);
        assert!(coloured.contains("\u{1b}[33m█") && coloured.contains("\u{1b}[31m█"), "{coloured}");
        let codes = ["\u{1b}[31m", "\u{1b}[33m", "\u{1b}[0m"];
        let stripped = codes.iter().fold(coloured, |text, code| text.replace(code, ""));
        assert_eq!(stripped, Bars { width: 80, style: PLAIN }.draw(&rows));
    }

    #[test]
    fn help_has_examples() {
        let mut cli = Cli::command().term_width(100);
        cli.build();
        let help = cli.find_subcommand_mut("compliance").map(clap::Command::render_long_help);
        assert_snapshot!("help", help.unwrap());
    }
}
