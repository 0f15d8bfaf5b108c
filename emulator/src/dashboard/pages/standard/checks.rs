//! Links of numbers of checks: to exactly the findings that a number counts (DSH-25).

use std::collections::HashMap;

use super::{Control, counted};
use crate::dashboard::chips::{self, Chip};
use crate::dashboard::page::{Context, PageError};
use crate::dashboard::scores::Scores;
use crate::dashboard::text;

/// Maximum number of accounts in the chips of a link.
const ACCOUNTS: usize = 20;

/// Numbers of findings by control, for chips that may select the findings that count for a standard.
pub(super) struct Checks(Vec<Candidate>);

struct Candidate {
    chips: Vec<Chip>,
    /// The number of all findings and of failed ones.
    numbers: [HashMap<String, u64>; 2],
}

impl Candidate {
    fn count(context: &Context<'_>, more: Vec<Chip>) -> Result<Candidate, PageError> {
        let chips: Vec<Chip> = counted().into_iter().chain(more).collect();
        let failed = [chips.as_slice(), &[failed()]].concat();
        let filters = |chips: &[Chip]| chips::filters(context.world.schema(), chips).unwrap_or_default();
        let (all, failed) = (filters(&chips), filters(&failed));
        let name = "ComplianceSecurityControlId";
        let numbers = context.count(|counter| Ok([counter.by(&all, name)?, counter.by(&failed, name)?]))?;
        Ok(Candidate { chips, numbers })
    }

    fn has(&self, control: &str, is_failed: bool, number: u64) -> bool {
        let [all, failed] = &self.numbers;
        let numbers = if is_failed { failed } else { all };
        numbers.get(control).copied().unwrap_or_default() == number
    }

    /// Returns whether the numbers of these controls are those of the scores.
    fn has_all(&self, controls: &[&Control]) -> bool {
        let mut results = controls.iter().filter_map(|control| Some((&control.id, control.result.as_ref()?)));
        results.all(|(id, (_, failed, all))| self.has(id, true, *failed) && self.has(id, false, *all))
    }
}

fn failed() -> Chip {
    Chip::equals("ComplianceStatus", "FAILED")
}

impl Checks {
    /// Counts the findings of controls. If the account may not read findings, its numbers are not links.
    pub(super) fn count(context: &Context<'_>, scores: &Scores, arn: &str, controls: &[&Control]) -> Checks {
        if controls.iter().all(|control| control.result.is_none()) {
            return Checks(Vec::new());
        }
        let standard = arn.split_once("::").map_or(arn, |(_, id)| id.trim_start_matches(':'));
        // Accounts in which the standard is not enabled may have findings of its controls because of other standards.
        let accounts = scores.accounts_with(arn);
        let accounts: Vec<Chip> =
            accounts.iter().map(|account| Chip::equals("AwsAccountId", account.as_str())).collect();
        let by_accounts = Some(accounts).filter(|accounts| (1..=ACCOUNTS).contains(&accounts.len()));
        let by_standard = vec![Chip::equals("ComplianceAssociatedStandardsId", standard)];
        let mut counted = Vec::new();
        for chips in [Vec::new(), by_standard].into_iter().chain(by_accounts) {
            let Ok(candidate) = Candidate::count(context, chips) else { break };
            let has_all = candidate.has_all(controls);
            counted.push(candidate);
            if has_all {
                break;
            }
        }
        Checks(counted)
    }

    /// The HTML of a number of checks of a control: a link if chips select exactly these findings.
    pub(super) fn linked(&self, context: &Context<'_>, control: &str, is_failed: bool, number: u64) -> String {
        let candidate = self.0.iter().find(|candidate| candidate.has(control, is_failed, number));
        let Some(candidate) = candidate else { return text::number(number) };
        let mut chips = vec![Chip::equals("ComplianceSecurityControlId", control)];
        chips.extend(candidate.chips.iter().cloned());
        chips.extend(is_failed.then(failed));
        context.counted(number, &chips).html()
    }
}
