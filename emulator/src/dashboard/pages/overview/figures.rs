//! The numbers of `Overview`, counted at one moment.

use std::cmp::Reverse;
use std::collections::HashMap;

use securityhub_engine::Crossed;

use super::{active, open};
use crate::dashboard::chips::{self, Chip};
use crate::dashboard::page::{Context, PageError};
use crate::dashboard::text::SEVERITIES;
use crate::dashboard::timeline;
use crate::domain::findings::counts::OverTime;

type Counts = HashMap<String, u64>;

/// Numbers of findings.
pub(super) struct Figures {
    /// All findings by severity.
    pub(super) all: Counts,
    /// Active findings by severity.
    pub(super) active: Counts,
    /// Open findings by severity.
    pub(super) open: Counts,
    /// Open findings by product.
    product_open: Counts,
    /// Open findings by product, for each severity.
    pub(super) open_products: Vec<Counts>,
    /// Open findings by account.
    pub(super) account_open: Counts,
    /// Active findings by account.
    pub(super) account_active: Counts,
    /// All findings by account.
    pub(super) account_all: Counts,
    /// Critical and high open findings by account.
    pub(super) account_severe: Counts,
    /// Active findings by the time of their last update.
    pub(super) over_time: Option<OverTime>,
}

/// The name of the filter for severities. Each finding has exactly one, an account and a product.
const SEVERITY: &str = "SeverityLabel";

/// The number of a value.
pub(super) fn of(counts: &Counts, value: &str) -> u64 {
    counts.get(value).copied().unwrap_or_default()
}

impl Figures {
    /// Counts the findings that the account of the view sees.
    pub(super) fn count(context: &Context<'_>) -> Result<Figures, PageError> {
        let filters = |chips: &[Chip]| chips::filters(context.world.schema(), chips).unwrap_or_default();
        let (all, active, open) = (filters(&[]), filters(&[active()]), filters(&open()));
        context.count(|counter| {
            let [products, accounts] = counter.crossed(&open, SEVERITY, ["ProductName", "AwsAccountId"])?;
            let [active_accounts] = counter.crossed(&active, SEVERITY, ["AwsAccountId"])?;
            let [all_accounts] = counter.crossed(&all, SEVERITY, ["AwsAccountId"])?;
            let severe = ["CRITICAL", "HIGH"].into_iter().filter_map(|label| accounts.get(label));
            Ok(Figures {
                all: sums(&all_accounts),
                active: sums(&active_accounts),
                open: sums(&accounts),
                product_open: total(products.values()),
                open_products: SEVERITIES.map(|label| products.get(label).cloned().unwrap_or_default()).into(),
                account_open: total(accounts.values()),
                account_active: total(active_accounts.values()),
                account_all: total(all_accounts.values()),
                account_severe: total(severe),
                over_time: counter.over_time(&active, ("UpdatedAt", SEVERITY), timeline::intervals)?,
            })
        })
    }

    /// The number of open findings of a product.
    pub(super) fn open_of_product(&self, name: &str) -> u64 {
        of(&self.product_open, name)
    }

    /// The products with open findings, most open ones first.
    pub(super) fn products(&self) -> Vec<&str> {
        ordered(&self.product_open, &self.product_open)
    }

    /// The accounts with findings, most open ones first.
    pub(super) fn accounts(&self) -> Vec<&str> {
        ordered(&self.account_all, &self.account_open)
    }
}

/// The sum of the numbers of each severity.
fn sums(crossed: &Crossed) -> Counts {
    crossed.iter().map(|(label, counts)| (label.clone(), counts.values().sum())).collect()
}

/// The numbers of several severities together.
fn total<'c>(each: impl Iterator<Item = &'c Counts>) -> Counts {
    let mut total = Counts::new();
    for (value, count) in each.flatten() {
        *total.entry(value.clone()).or_default() += count;
    }
    total
}

/// The values of `counts`, those with the largest number in `by` first.
fn ordered<'c>(counts: &'c Counts, by: &Counts) -> Vec<&'c str> {
    let mut values: Vec<&str> = counts.keys().map(String::as_str).collect();
    values.sort_by_key(|value| (Reverse(of(by, value)), *value));
    values
}
