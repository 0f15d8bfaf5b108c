//! Security scores and statuses of controls, as the control plane returns them. Only the parts that a page shows are
//! computed, and reading them does not request the computation of daily scores.

use std::fmt::Write as _;

use http::Method;
use serde_json::Value;

use super::call::Call;
use super::page::Context;
use super::text::{ABSENT, Time};
use crate::domain::caller::Caller;
use crate::domain::controls::scores::{self, Compliance, Parts, StandardScore, daily};
use crate::state::AccountId;

/// The scores that the account of a view sees.
pub struct Scores(Source);

enum Source {
    /// Current scores.
    Current(Parts),
    /// Daily scores.
    Daily(Box<Compliance>),
}

impl Scores {
    /// The scores of the account of a view.
    pub fn of(context: &Context<'_>) -> Scores {
        let (world, view) = (&context.world, context.view);
        let caller = Caller::local_user(view.account, view.region.clone(), world.clock.now());
        Scores(if world.daily_scores.is_some() {
            Source::Daily(Box::new(daily::latest(world, &caller, None)))
        } else {
            Source::Current(Parts::new(world, &caller))
        })
    }

    /// The scores of the standards that are enabled in at least one of the accounts.
    pub fn standards(&self) -> Vec<StandardScore> {
        match &self.0 {
            Source::Current(parts) => parts.standards(),
            Source::Daily(compliance) => compliance.scores.standards.clone(),
        }
    }

    /// The score of a standard with its controls.
    pub fn standard(&self, arn: &str) -> Option<StandardScore> {
        match &self.0 {
            Source::Current(parts) => parts.standard(scores::standard(arn).ok()?),
            Source::Daily(compliance) => of_standard(&compliance.scores.standards, arn).cloned(),
        }
    }

    /// The accounts whose scores are included; none if it is one account.
    pub fn accounts(&self) -> Vec<AccountId> {
        let accounts: Vec<AccountId> = match &self.0 {
            Source::Current(parts) => parts.accounts().into_iter().collect(),
            Source::Daily(compliance) => {
                let accounts = compliance.accounts.iter().flatten();
                accounts.filter_map(|account| AccountId::parse(&account.account_id)).collect()
            }
        };
        if accounts.len() > 1 { accounts } else { Vec::new() }
    }

    /// The scores of some of these accounts.
    pub fn of_accounts(&self, accounts: &[AccountId]) -> Vec<Vec<StandardScore>> {
        match &self.0 {
            Source::Current(parts) => parts.of_accounts(accounts),
            Source::Daily(compliance) => {
                let of = |id: &AccountId| {
                    compliance.accounts.iter().flatten().find(|account| account.account_id == id.as_str())
                };
                accounts.iter().map(|id| of(id).map(|it| it.scores.standards.clone()).unwrap_or_default()).collect()
            }
        }
    }

    /// The accounts in which a standard is enabled.
    pub fn accounts_with(&self, arn: &str) -> Vec<AccountId> {
        match &self.0 {
            Source::Current(parts) => {
                scores::standard(arn).map(|it| parts.accounts_with(it).into_iter().collect()).unwrap_or_default()
            }
            Source::Daily(compliance) => {
                let has_it = compliance
                    .accounts
                    .iter()
                    .flatten()
                    .filter(|account| of_standard(&account.scores.standards, arn).is_some());
                has_it.filter_map(|account| AccountId::parse(&account.account_id)).collect()
            }
        }
    }

    /// A sentence about daily scores: when they were computed, and when the next ones are. `None` if scores are current.
    pub fn daily(&self) -> Option<String> {
        let Source::Daily(compliance) = &self.0 else { return None };
        let time = |text: &Option<String>| text.as_deref().and_then(Time::parse).map(|time| time.shown);
        Some(match (time(&compliance.computed_at), time(&compliance.next_at)) {
            (Some(computed), Some(next)) => {
                format!("Scores were computed at {computed} and are computed again at {next}.")
            }
            (_, Some(next)) => format!("Scores are computed for the first time at {next}."),
            (_, None) => "Scores are computed once a day; the first computation is 30 minutes after the first request \
                          (24 hours in China and GovCloud)."
                .to_owned(),
        })
    }

    /// Returns whether a computation of daily scores can be requested.
    pub fn may_be_requested(&self) -> bool {
        matches!(&self.0, Source::Daily(compliance) if compliance.next_at.is_none())
    }
}

/// The score of a standard.
pub fn of_standard<'s>(standards: &'s [StandardScore], arn: &str) -> Option<&'s StandardScore> {
    standards.iter().find(|standard| standard.standards_arn == arn)
}

/// The call that returns the scores of all standards, or of one with its controls.
pub fn call(context: &Context<'_>, standard: Option<&str>) -> Call {
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
    Call::control(&Method::GET, &path, Value::Null, &command)
}

/// `85 %`, or `–` without a score.
pub fn percent(score: Option<u64>) -> String {
    score.map_or_else(|| ABSENT.to_owned(), |score| format!("{score} %"))
}
