//! Security scores and statuses of controls, as the control plane returns them. Reading them here does not request the
//! computation of daily scores.

use std::fmt::Write as _;

use http::Method;
use serde_json::Value;

use super::call::Call;
use super::page::{Context, PageError};
use super::text::ABSENT;

/// The scores that the account of a view sees.
#[derive(Clone, Debug, PartialEq)]
pub struct Scores {
    /// The answer of the control plane.
    pub answer: Value,
    /// The call that returns it.
    pub call: Call,
}

impl Scores {
    /// Reads the scores of all standards, or of one with its controls.
    ///
    /// # Errors
    /// [`PageError::Refused`], for one standard also if it is not enabled in any of the accounts.
    pub fn read(context: &Context<'_>, standard: Option<&str>) -> Result<Scores, PageError> {
        let (account, region) = (context.view.account, &context.view.region);
        let mut path = format!("/_emulator/compliance?account={account}&region={region}");
        let mut command = format!("compliance --account {account} --region {region}");
        if let Some(standard) = standard {
            _ = write!(path, "&standard={standard}");
            _ = write!(command, " --standard {standard}");
        }
        // The command requests the computation of daily scores, so the call itself is shown.
        if context.world.daily_scores.is_some() {
            path.push_str("&request=false");
            command.clear();
        }
        let answer = context.control(&Method::GET, &path, &Value::Null, &command)?;
        Ok(Scores { answer, call: Call::control(&Method::GET, &path, Value::Null, &command) })
    }

    /// The score of a standard in these scores or in those of an account.
    pub fn of_standard<'s>(scores: &'s Value, arn: &str) -> Option<&'s Value> {
        scores["Standards"].as_array()?.iter().find(|standard| standard["StandardsArn"] == arn)
    }

    /// The scores of each account; none if the account of the view has no members.
    pub fn accounts(&self) -> &[Value] {
        self.answer["Accounts"].as_array().map(Vec::as_slice).unwrap_or_default()
    }

    /// A sentence about daily scores: when they were computed, and when the next ones are. `None` if scores are current.
    pub fn daily(&self, context: &Context<'_>) -> Option<String> {
        context.world.daily_scores.as_ref()?;
        let time = |name: &str| self.answer[name].as_str().and_then(super::text::Time::parse).map(|time| time.shown);
        Some(match (time("ComputedAt"), time("NextAt")) {
            (Some(computed), Some(next)) => {
                format!("Scores were computed at {computed} and are computed again at {next}.")
            }
            (_, Some(next)) => format!("Scores are computed for the first time at {next}."),
            (_, None) => {
                "Scores are computed once a day, for the first time half an hour after they are requested.".to_owned()
            }
        })
    }
}

/// `85 %`, or `–` without a score.
pub fn percent(score: &Value) -> String {
    score.as_u64().map_or_else(|| ABSENT.to_owned(), |score| format!("{score} %"))
}
