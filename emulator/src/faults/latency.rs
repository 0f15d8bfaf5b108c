//! Delays of calls (CPL-36).

use std::time::Duration;

use super::mistake::Mistake;
use crate::state::{FaultLatency, Lognormal};
use crate::units::RealTime;

/// Maximum delay of a call.
pub const MAX_LATENCY: Duration = Duration::from_mins(1);

/// A delay, or the distribution of delays.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Latency {
    Fixed(Duration),
    Uniform(Duration, Duration),
    Lognormal { median: Duration, sigma: f64, max: Duration },
}

impl Latency {
    pub(super) fn read(written: &FaultLatency) -> Result<Latency, Mistake> {
        let fixed = |text: &String| read_duration(text).map(Latency::Fixed).map_err(|wrong| wrong.inside("Fixed"));
        match written {
            FaultLatency { fixed: Some(text), uniform: None, lognormal: None } => fixed(text),
            FaultLatency { fixed: None, uniform: Some(bounds), lognormal: None } => {
                uniform(bounds).map_err(|wrong| wrong.inside("Uniform"))
            }
            FaultLatency { fixed: None, uniform: None, lognormal: Some(written) } => {
                lognormal(written).map_err(|wrong| wrong.inside("Lognormal"))
            }
            _ => Err(Mistake::new("", "expected exactly one of 'Fixed', 'Uniform' and 'Lognormal'")),
        }
    }

    /// The delay of a call.
    pub(super) fn draw(self, rng: &mut fastrand::Rng) -> Duration {
        let delay = match self {
            Latency::Fixed(duration) => duration,
            Latency::Uniform(min, max) => min + max.saturating_sub(min).mul_f64(rng.f64()),
            Latency::Lognormal { median, sigma, max } => {
                let seconds = median.as_secs_f64() * (sigma * normal(rng)).exp();
                Duration::try_from_secs_f64(seconds).unwrap_or(max).min(max)
            }
        };
        delay.min(MAX_LATENCY)
    }
}

/// A number with the standard normal distribution (Box and Muller).
fn normal(rng: &mut fastrand::Rng) -> f64 {
    // The radius is from (0, 1], because the logarithm of 0 is infinite.
    let (radius, angle) = (1.0 - rng.f64(), rng.f64());
    (-2.0 * radius.ln()).sqrt() * (std::f64::consts::TAU * angle).cos()
}

fn uniform(bounds: &[String]) -> Result<Latency, Mistake> {
    let [min, max] = bounds else {
        return Err(Mistake::new("", format!("expected two durations, not {}", bounds.len())));
    };
    let min = read_duration(min).map_err(|wrong| wrong.inside("[0]"))?;
    let max = read_duration(max).map_err(|wrong| wrong.inside("[1]"))?;
    if min > max {
        return Err(Mistake::new("", "the first duration is longer than the second"));
    }
    Ok(Latency::Uniform(min, max))
}

fn lognormal(written: &Lognormal) -> Result<Latency, Mistake> {
    let median = read_duration(&written.median).map_err(|wrong| wrong.inside("Median"))?;
    let max = written.max.as_deref().map(read_duration).transpose().map_err(|wrong| wrong.inside("Max"))?;
    if !(written.sigma.is_finite() && written.sigma >= 0.0) {
        return Err(Mistake::new("Sigma", "expected a number that is not negative"));
    }
    Ok(Latency::Lognormal { median, sigma: written.sigma, max: max.unwrap_or(MAX_LATENCY) })
}

/// Parses a duration such as `200ms`, `2s` or `PT2S`.
pub(super) fn read_duration(text: &str) -> Result<Duration, Mistake> {
    text.parse().map(|RealTime(duration)| duration).map_err(|message: String| Mistake::new("", message))
}
