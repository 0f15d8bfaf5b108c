//! The sections that configure the world as a whole, without references to other sections.

use schemars::JsonSchema;
use serde::Deserialize;

use super::clock;
use crate::state::{AccountId, Delays, Quotas, Timestamp};

/// Times at which security scores are computed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(in crate::scenario) enum ScoreMode {
    /// Whenever they are requested.
    #[default]
    Live,
    /// Once a day.
    Daily,
}

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
