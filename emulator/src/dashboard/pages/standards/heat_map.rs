//! `Scores by standard and account`: a heat map of the scores of an administrator's accounts.

use crate::dashboard::page::{Context, PageError};
use crate::dashboard::paging::Paging;
use crate::dashboard::scores::{self, Scores};
use crate::dashboard::view::Query;
use crate::domain::controls::scores::StandardScore;
use crate::state::AccountId;

/// Maximum number of rows.
const ROWS: usize = 50;

/// The table.
pub(super) struct HeatMap {
    /// The names of the standards that are enabled in at least one of the accounts.
    pub(super) standards: Vec<String>,
    /// The accounts.
    pub(super) rows: Vec<Row>,
    /// The part of the table that is shown.
    pub(super) shown: String,
    /// The links to its other parts.
    pub(super) pages: String,
}

/// An account.
pub(super) struct Row {
    /// Its number.
    pub(super) account: String,
    /// Its name, if it is known.
    pub(super) name: Option<String>,
    /// A cell for each standard.
    pub(super) cells: Vec<Cell>,
}

/// The score of an account in a standard.
pub(super) struct Cell {
    /// `85 %`, or `–` without a score.
    pub(super) text: String,
    /// The class of its color.
    pub(super) class: &'static str,
    /// The address of the standards of the account.
    pub(super) address: String,
}

impl HeatMap {
    /// The scores of the accounts; `None` without members or enabled standards.
    pub(super) fn of(
        context: &Context<'_>,
        scores: &Scores,
        standards: &[StandardScore],
    ) -> Result<Option<HeatMap>, PageError> {
        let accounts = scores.accounts();
        if standards.is_empty() || accounts.is_empty() {
            return Ok(None);
        }
        let paging = Paging::of(context, accounts.len(), ROWS, ["account", "accounts"])?;
        let shown = accounts.get(paging.range.clone()).unwrap_or_default();
        let rows = shown.iter().zip(scores.of_accounts(shown));
        Ok(Some(HeatMap {
            standards: standards.iter().map(|standard| standard.name.clone()).collect(),
            rows: rows.map(|(account, scores)| row(context, *account, &scores, standards)).collect(),
            shown: paging.shown.clone(),
            pages: paging.html(),
        }))
    }
}

fn row(context: &Context<'_>, account: AccountId, scores: &[StandardScore], standards: &[StandardScore]) -> Row {
    let view = context.view.seen_as(account, context.view.region.clone()).to("standards", Query::default());
    let cell = |standard: &StandardScore| {
        let score = scores::of_standard(scores, &standard.standards_arn).and_then(|standard| standard.score);
        Cell { text: scores::percent(score), class: class(score), address: view.address() }
    };
    Row { account: account.to_string(), name: context.name(account), cells: standards.iter().map(cell).collect() }
}

/// The class of a score in the style sheet.
fn class(score: Option<u64>) -> &'static str {
    match score {
        None => "heat none",
        Some(0..50) => "heat worst",
        Some(50..70) => "heat bad",
        Some(70..90) => "heat fair",
        Some(90..) => "heat good",
    }
}
