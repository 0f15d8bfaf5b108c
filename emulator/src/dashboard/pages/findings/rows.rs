//! The table `Findings` (DSH-55), read with GetFindings.

use securityhub_fixtures::Operation;
use serde_json::Value;

use super::narrow;
use super::page_state::{PageState, Sort};
use crate::dashboard::answer::list;
use crate::dashboard::call::Call;
use crate::dashboard::chips::Chip;
use crate::dashboard::page::{Context, PageError};
use crate::dashboard::text::{ABSENT, Time};

/// Maximum size of the table with all links of `Narrow`. If it were larger, each row has a link to the page with its own
/// ones, and if that were larger, the rows have no links.
const MOST: usize = 220 * 1024;
/// Number of links outside the table that repeat the filters, for example in the histogram.
const OTHER_LINKS: usize = 90;
/// Approximate size of a row without its values.
const ROW: usize = 800;

/// The table.
pub(super) struct Rows {
    pub(super) columns: Vec<Column>,
    pub(super) findings: Vec<Row>,
    /// The order in words.
    pub(super) order: String,
    /// The link to the default order; `None` if it is the current one.
    pub(super) unsorted: Option<String>,
}

/// A header.
pub(super) struct Column {
    pub(super) name: &'static str,
    /// The link that sorts by the column.
    pub(super) address: Option<String>,
    /// `aria-sort`
    pub(super) order: Option<&'static str>,
}

/// A finding.
pub(super) struct Row {
    /// Product ARN and id, as the forms send them.
    pub(super) identifier: String,
    pub(super) is_selected: bool,
    pub(super) title: String,
    pub(super) address: String,
    pub(super) severity: String,
    /// Account, Region, Product, Resource, Compliance, Workflow and Record.
    pub(super) cells: Vec<String>,
    pub(super) updated: Option<Time>,
    /// The number of the row on its page, from 1.
    pub(super) number: usize,
    /// True if the page was requested to show the links of this row.
    pub(super) is_open: bool,
    /// The links of `Narrow`.
    pub(super) narrow: Vec<(String, String)>,
}

/// The columns with the fields that they sort by, and whether the largest value comes first.
const COLUMNS: [(&str, Option<(&str, bool)>); 12] = [
    ("Select", None),
    ("Severity", Some(("SeverityNormalized", true))),
    ("Title", Some(("Title", false))),
    ("Account", Some(("AwsAccountId", false))),
    ("Region", Some(("Region", false))),
    ("Product", Some(("ProductName", false))),
    ("Resource", Some(("ResourceId", false))),
    ("Compliance", Some(("ComplianceStatus", false))),
    ("Workflow", Some(("WorkflowStatus", false))),
    ("Record", Some(("RecordState", false))),
    ("Updated", Some(("UpdatedAt", true))),
    ("Narrow", None),
];

/// The filter names of `Narrow`, with the place of the value in a finding.
const NARROWED: [(&str, &str); 8] = [
    ("SeverityLabel", "/Severity/Label"),
    ("AwsAccountId", "/AwsAccountId"),
    ("Region", "/Region"),
    ("ProductName", "/ProductName"),
    ("ResourceId", "/Resources/0/Id"),
    ("ComplianceStatus", "/Compliance/Status"),
    ("WorkflowStatus", "/Workflow/Status"),
    ("RecordState", "/RecordState"),
];

impl Rows {
    /// A page of findings after the first `skip`, and the call that returns it.
    ///
    /// # Errors
    /// The refusal of GetFindings.
    pub(super) fn of(
        context: &Context<'_>,
        state: &PageState,
        input: &Value,
        skip: usize,
    ) -> Result<(Rows, Call), PageError> {
        let mut input = input.clone();
        if let Some(token) = context.token_after(&input, skip)? {
            input["NextToken"] = token.into();
        }
        let answer = context.read(Operation::GetFindings, &input)?;
        let findings = list(&answer, "Findings");
        let opened = context.view.query.first("narrow").and_then(|number| number.parse::<usize>().ok());
        let mut rows: Vec<Row> = (1..)
            .zip(findings)
            .map(|(number, finding)| Row { number, is_open: opened == Some(number), ..row(context, state, finding) })
            .collect();
        limit(state, &mut rows);
        let rows = Rows {
            columns: columns(context, state),
            findings: rows,
            order: order(state),
            unsorted: (!state.sort.is_empty())
                .then(|| context.link("findings", PageState { sort: Vec::new(), ..state.clone() }.query())),
        };
        Ok((rows, Call::api(Operation::GetFindings, input)))
    }
}

/// Leaves out links of `Narrow` so that the page stays small (DSH-13).
fn limit(state: &PageState, rows: &mut [Row]) {
    let most = MOST.saturating_sub(OTHER_LINKS * state.query().link_size());
    let size = |rows: &[Row]| rows.iter().map(Row::size).sum::<usize>();
    if !state.is_long() && size(rows) <= most {
        return;
    }
    for row in rows.iter_mut().filter(|row| !row.is_open) {
        let query = state.at(state.page).and("narrow", &row.number.to_string());
        row.narrow = vec![("Show filters".to_owned(), format!("{}#narrow-{}", query.text(), row.number))];
    }
    if state.is_long() || size(rows) > most {
        rows.iter_mut().filter(|row| !row.is_open || state.is_long()).for_each(|row| row.narrow.clear());
    }
}

impl Row {
    /// Approximate size of the row in HTML.
    fn size(&self) -> usize {
        let links = self.narrow.iter().map(|(name, address)| name.len() + address.len() + 40);
        let cells = self.cells.iter().map(String::len);
        ROW + self.identifier.len() + 2 * self.title.len() + cells.chain(links).sum::<usize>()
    }
}

fn row(context: &Context<'_>, state: &PageState, finding: &Value) -> Row {
    let text = |place: &str| finding.pointer(place).and_then(Value::as_str).unwrap_or_default();
    let shown = |(_, place): &(&str, &str)| match text(place) {
        "" => ABSENT.to_owned(),
        value => value.to_owned(),
    };
    let identifier = format!("{} {}", text("/ProductArn"), text("/Id"));
    let severity = text("/Severity/Label");
    Row {
        is_selected: context.typed.is_some_and(|form| form.fields.all("finding").any(|typed| typed == identifier)),
        identifier,
        title: text("/Title").to_owned(),
        address: context.finding(text("/ProductArn"), text("/Id"), text("/AwsAccountId")),
        severity: severity.to_owned(),
        cells: NARROWED.iter().skip(1).map(shown).collect(),
        updated: Time::parse(text("/UpdatedAt")),
        number: 0,
        is_open: false,
        narrow: links(state, finding),
    }
}

/// The links of `Narrow` for a finding. They are relative, which keeps the page small.
fn links(state: &PageState, finding: &Value) -> Vec<(String, String)> {
    let mut links = Vec::new();
    for (name, place) in NARROWED {
        let Some(value) = finding.pointer(place).and_then(Value::as_str) else { continue };
        let link = |verb: &str, chips: Option<Vec<Chip>>| {
            let query = state.with_chips(chips?).text();
            Some((format!("{verb} {value}"), if query.is_empty() { "?".to_owned() } else { query }))
        };
        links.extend(link("Only", narrow::only(&state.chips, name, value)));
        links.extend(link("Exclude", narrow::exclude(&state.chips, name, value)));
    }
    links
}

fn columns(context: &Context<'_>, state: &PageState) -> Vec<Column> {
    let column = |(name, sort): (&'static str, Option<(&str, bool)>)| {
        let Some((field, descends_first)) = sort else { return Column { name, address: None, order: None } };
        let current = state.sort.first().filter(|sort| sort.field == field);
        let is_descending = current.map_or(descends_first, |sort| !sort.is_descending);
        let sort = vec![Sort { field: field.to_owned(), is_descending }];
        let address = context.link("findings", PageState { sort, ..state.clone() }.query());
        let order = current.map_or("none", |sort| if sort.is_descending { "descending" } else { "ascending" });
        Column { name, address: (!state.is_long()).then_some(address), order: Some(order) }
    };
    COLUMNS.into_iter().map(column).collect()
}

/// The order in words.
fn order(state: &PageState) -> String {
    if state.sort.is_empty() {
        return "The default order of GetFindings: the finding that was stored first is first.".to_owned();
    }
    let words =
        |sort: &Sort| format!("{}, {}", sort.field, if sort.is_descending { "descending" } else { "ascending" });
    format!("Sorted by {}.", state.sort.iter().map(words).collect::<Vec<_>>().join(", then by "))
}
