//! Medians and ranges.

use std::fmt;

/// Numbers in ascending order.
#[derive(Clone)]
pub(crate) struct Summary(Vec<f64>);

impl Summary {
    /// A summary of at least one number.
    pub(crate) fn of(numbers: impl IntoIterator<Item = f64>) -> Summary {
        let mut numbers: Vec<f64> = numbers.into_iter().collect();
        assert!(!numbers.is_empty(), "there are measurements");
        numbers.sort_by(f64::total_cmp);
        Summary(numbers)
    }

    pub(crate) fn count(&self) -> usize {
        self.0.len()
    }

    #[allow(clippy::cast_precision_loss, reason = "counts are far below 2^52")]
    pub(crate) fn mean(&self) -> f64 {
        self.0.iter().sum::<f64>() / self.0.len() as f64
    }

    pub(crate) fn least(&self) -> f64 {
        self.0[0]
    }

    pub(crate) fn median(&self) -> f64 {
        self.0[self.0.len() / 2]
    }

    /// The smallest number that at least 99 % of the numbers do not exceed.
    pub(crate) fn percentile_99(&self) -> f64 {
        self.0[(self.0.len() * 99).div_ceil(100) - 1]
    }

    pub(crate) fn greatest(&self) -> f64 {
        self.0[self.0.len() - 1]
    }
}

/// `0.77 (0.65 … 0.93)`: median and range, with the requested precision.
impl fmt::Display for Summary {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let decimals = formatter.precision().unwrap_or(2);
        let (median, least, greatest) = (self.median(), self.least(), self.greatest());
        write!(formatter, "{median:.decimals$} ({least:.decimals$} … {greatest:.decimals$})")
    }
}
