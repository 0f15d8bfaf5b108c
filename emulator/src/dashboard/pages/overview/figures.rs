//! The numbers of `Overview`, counted at one moment.

use std::cmp::Reverse;
use std::collections::HashMap;

use super::{active, and, open};
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

/// The number of a value.
pub(super) fn of(counts: &Counts, value: &str) -> u64 {
    counts.get(value).copied().unwrap_or_default()
}

impl Figures {
    /// Counts the findings that the account of the view sees.
    pub(super) fn count(context: &Context<'_>) -> Result<Figures, PageError> {
        let filters = |chips: &[Chip]| chips::filters(context.world.schema(), chips).unwrap_or_default();
        let severity = |label: &str| Chip::equals("SeverityLabel", label);
        let (all, active, open_filters) = (filters(&[]), filters(&[active()]), filters(&open()));
        let severe = filters(&and(&open(), ["CRITICAL", "HIGH"].map(severity)));
        let of_severities = SEVERITIES.map(|label| filters(&and(&open(), [severity(label)])));
        context.count(|counter| {
            let by_product = of_severities.iter().map(|filters| counter.by(filters, "ProductName"));
            Ok(Figures {
                all: counter.by(&all, "SeverityLabel")?,
                active: counter.by(&active, "SeverityLabel")?,
                open: counter.by(&open_filters, "SeverityLabel")?,
                product_open: counter.by(&open_filters, "ProductName")?,
                open_products: by_product.collect::<Result<_, _>>()?,
                account_open: counter.by(&open_filters, "AwsAccountId")?,
                account_active: counter.by(&active, "AwsAccountId")?,
                account_all: counter.by(&all, "AwsAccountId")?,
                account_severe: counter.by(&severe, "AwsAccountId")?,
                over_time: counter.over_time(&active, ("UpdatedAt", "SeverityLabel"), timeline::intervals)?,
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

/// The values of `counts`, those with the largest number in `by` first.
fn ordered<'c>(counts: &'c Counts, by: &Counts) -> Vec<&'c str> {
    let mut values: Vec<&str> = counts.keys().map(String::as_str).collect();
    values.sort_by_key(|value| (Reverse(of(by, value)), *value));
    values
}
