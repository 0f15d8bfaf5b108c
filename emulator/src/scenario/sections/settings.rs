//! The sections that configure the world as a whole, without references to other sections.

use super::{Declared, ScoreMode, clock, delays, quotas};
use crate::scenario::check::Check;
use crate::state::{AccountId, Delays, Quotas, Timestamp};

/// Valid settings of a world.
#[derive(Debug)]
pub(super) struct Settings {
    pub(super) clock: clock::Valid,
    /// The time of the world at the start of the scenario.
    pub(super) start: Timestamp,
    pub(super) delays: Delays,
    pub(super) score_mode: ScoreMode,
    pub(super) seed: u64,
    pub(super) default_account: Option<AccountId>,
    pub(super) quotas: Quotas,
}

impl Declared {
    /// Checks the settings. The clock and the quotas are those of the running world, if the scenario is added to one.
    pub(super) fn take_settings(&mut self, check: &mut Check) -> Settings {
        let clock = self.clock.take().map(|written| clock::check(&written, check)).unwrap_or_default();
        let start = check.base.as_ref().map_or_else(|| clock.start(), |base| base.now);
        let of_base = check.base.as_ref().filter(|_| self.quotas.is_none()).map(|base| base.quotas);
        let quotas = self.quotas.take().unwrap_or_default();
        Settings {
            clock,
            start,
            quotas: of_base.unwrap_or_else(|| quotas::check(&quotas, check)),
            delays: self.delays.take().map(|written| delays::check(&written, start, check)).unwrap_or_default(),
            score_mode: self.score_mode.take().unwrap_or_default(),
            seed: self.seed.take().unwrap_or(0),
            default_account: self.default_account.take().and_then(|account| check.account(&account.0)),
        }
    }
}
