//! `Checks`: the active findings of a control, those that failed first.

use securityhub_fixtures::Operation;
use serde_json::{Value, json};

use super::resources::Resources;
use super::{Described, Standard};
use crate::dashboard::answer::list;
use crate::dashboard::call::Call;
use crate::dashboard::chips::{self, Chip};
use crate::dashboard::page::{Context, PageError};
use crate::dashboard::text::{self, ABSENT, Time};

/// Maximum number of rows, which is also that of findings in the call.
const ROWS: u64 = 50;

/// The checks of a control.
pub(super) struct Checks {
    /// The rows of the table.
    pub(super) rows: Vec<Row>,
    /// A sentence about the number of checks, or the reason why there are none.
    pub(super) sentence: String,
    /// The address of all these findings and their number, if not all are rows.
    pub(super) more: Option<String>,
    /// True if nothing is checked because no resource is declared.
    pub(super) lacks_resources: bool,
    /// The call that returns them.
    pub(super) call: Call,
}

/// A check.
pub(super) struct Row {
    /// The account of the finding.
    pub(super) account: String,
    /// Its Region.
    pub(super) region: String,
    /// Its resource.
    pub(super) resource: String,
    /// Its page, if findings have one.
    pub(super) address: String,
    /// Its compliance status.
    pub(super) result: String,
    /// Its workflow status.
    pub(super) workflow: String,
    /// The time of its last update.
    pub(super) updated: Option<Time>,
}

/// The chips that select the checks.
fn chips(id: &str) -> Vec<Chip> {
    vec![
        Chip::equals("ComplianceSecurityControlId", id),
        Chip::equals("ProductName", "Security Hub"),
        Chip::equals("RecordState", "ACTIVE"),
    ]
}

impl Checks {
    /// The checks that the account of a view sees.
    pub(super) fn of(
        context: &Context<'_>,
        control: &Described,
        standards: &[Standard],
        resources: &Resources,
    ) -> Result<Checks, PageError> {
        let chips = chips(control.id());
        let filters = chips::filters(context.world.schema(), &chips).unwrap_or_default();
        let total = context.count(|counter| counter.all(&filters))?;
        let input = json!({
            "Filters": filters,
            "SortCriteria": [
                { "Field": "ComplianceStatus", "SortOrder": "asc" },
                { "Field": "UpdatedAt", "SortOrder": "desc" },
            ],
            "MaxResults": ROWS,
        });
        let call = Call::api(Operation::GetFindings, input).of(&format!("Checks of {}", control.id()));
        let answer = context.fetch(&call)?;
        let rows: Vec<Row> = list(&answer, "Findings").iter().map(|finding| row(context, finding)).collect();
        let reason = (total == 0).then(|| reason(context, control, standards, resources));
        let sentence =
            reason.map_or_else(|| sentence(rows.len() as u64, total), |reason| format!("not checked: {reason}"));
        Ok(Checks {
            more: (total > ROWS).then(|| context.counted(total, &chips).html()),
            lacks_resources: total == 0 && resources.is_empty(),
            rows,
            sentence,
            call,
        })
    }
}

fn sentence(shown: u64, total: u64) -> String {
    let all = text::counted(total, "check", "checks");
    if shown < total { format!("1–{} of {all}, failed first", text::number(shown)) } else { all }
}

/// The reason why a control has no checks.
fn reason(context: &Context<'_>, control: &Described, standards: &[Standard], resources: &Resources) -> String {
    if !control.is_available() {
        return format!("the control is not available in {}", context.view.region);
    }
    if standards.is_empty() {
        return "no enabled standard contains this control".to_owned();
    }
    if !control.is_enabled() {
        return "the control is disabled".to_owned();
    }
    if resources.is_empty() {
        return "no resource is declared".to_owned();
    }
    "its checks have not run yet".to_owned()
}

fn row(context: &Context<'_>, finding: &Value) -> Row {
    let text = |value: &Value| value.as_str().unwrap_or(ABSENT).to_owned();
    let (product, id) = (text(&finding["ProductArn"]), text(&finding["Id"]));
    let account = text(&finding["AwsAccountId"]);
    Row {
        region: text(&finding["Region"]),
        resource: text(&finding["Resources"][0]["Id"]),
        address: context.finding(&product, &id, &account),
        result: text(&finding["Compliance"]["Status"]),
        workflow: text(&finding["Workflow"]["Status"]),
        updated: finding["UpdatedAt"].as_str().and_then(Time::parse),
        account,
    }
}
