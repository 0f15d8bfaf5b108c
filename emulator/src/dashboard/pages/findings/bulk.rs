//! The form `With selected`, which changes the selected findings or all findings that match (DSH-60).

use securityhub_fixtures::Operation;
use serde_json::{Value, json};

use super::page_state::PageState;
use super::rows::Rows;
use crate::dashboard::answer;
use crate::dashboard::forms::Form;
use crate::dashboard::page::{Context, Done, PageError};
use crate::dashboard::text;
use crate::dashboard::triage::{self, Target};

/// Maximum number of findings that can be changed at once.
const MOST: u64 = 10_000;
/// Maximum number of findings of a page of GetFindings.
const PAGE: usize = 100;
/// Number of findings in the preview of the calls.
const SHOWN: usize = 2;

/// The form around the rows.
pub(super) struct Bulk {
    pub(super) address: String,
    pub(super) token: String,
    /// `All 67 that match`; `None` if more match than can be changed at once.
    pub(super) all: Option<String>,
    pub(super) is_all: bool,
    /// The number of findings that match, if it is too large.
    pub(super) too_many: String,
    pub(super) fields: String,
}

impl Bulk {
    pub(super) fn of(context: &Context<'_>, rows: &Rows, total: u64) -> Bulk {
        let selected = rows.findings.iter().filter(|row| row.is_selected);
        let mut shown: Vec<Target> = selected.filter_map(|row| target(&row.identifier)).collect();
        if shown.is_empty() {
            shown = rows.findings.iter().take(SHOWN).filter_map(|row| target(&row.identifier)).collect();
        }
        let number = text::number(total);
        Bulk {
            address: context.view.address(),
            token: context.token.clone(),
            all: (total <= MOST).then(|| format!("All {number} that match")),
            is_all: !context.typed("all").is_empty(),
            too_many: format!("{number} findings match. Up to {} can be changed at once.", text::number(MOST)),
            fields: triage::fields(context, &shown),
        }
    }
}

/// Does what a button of the form asks for.
///
/// # Errors
/// Those of [`triage::act`], and those of GetFindings.
pub(super) fn act(context: &Context<'_>, form: &Form) -> Result<Done, PageError> {
    let targets = if form.field("all").is_empty() {
        form.fields.all("finding").filter_map(target).collect()
    } else {
        matching(context)?
    };
    triage::act(context, form, &targets)
}

/// The finding of a check box, which sends the ARN of the product and the ID. An ARN has no spaces.
fn target(identifier: &str) -> Option<Target> {
    let (product_arn, id) = identifier.split_once(' ')?;
    Some(Target { product_arn: product_arn.to_owned(), id: id.to_owned() })
}

/// All findings that the filters of the page select.
fn matching(context: &Context<'_>) -> Result<Vec<Target>, PageError> {
    let schema = context.world.schema();
    let (state, _) = PageState::parse(&context.view.query, schema);
    let invalid = |_| PageError::Invalid("A filter of the address is not a filter of GetFindings.".to_owned());
    let mut input = state.input(schema).map_err(invalid)?;
    input["MaxResults"] = json!(PAGE);
    let mut targets = Vec::new();
    loop {
        let answer = context.read(Operation::GetFindings, &input)?;
        let target = |found: &Value| Target {
            product_arn: answer::text(found, "ProductArn").to_owned(),
            id: answer::text(found, "Id").to_owned(),
        };
        targets.extend(answer::list(&answer, "Findings").iter().map(target));
        if targets.len() as u64 > MOST {
            let most = text::number(MOST);
            return Err(PageError::Invalid(format!("More than {most} findings match; add a filter.")));
        }
        match answer["NextToken"].as_str() {
            Some(token) => input["NextToken"] = token.into(),
            None => return Ok(targets),
        }
    }
}
