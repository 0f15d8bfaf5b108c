//! The state of an emulator as a scenario, and comparisons of states.

use http::Method;
use serde_json::json;

use super::Emulator;
use super::control_plane::segment;
use super::query::with_query;
use crate::control;
use crate::control::scenario::Loaded;
use crate::control::snapshots::Difference;

/// The format of an exported scenario.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// YAML.
    Yaml,
    /// JSON.
    Json,
}

/// The effect of [`Emulator::load`] on the state.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// The scenario becomes the state, and a reset returns to it.
    Replace,
    /// The scenario is added to the state, and the start of a reset stays.
    Add,
}

impl Emulator {
    /// Compares a snapshot with another one, or with the current state (CPL-53).
    ///
    /// # Errors
    /// 404 if a snapshot does not exist.
    pub fn diff(&self, from: &str, to: Option<&str>) -> Result<Difference, control::Error> {
        let path = format!("/_emulator/snapshots/{}/diff", segment(from));
        let path = with_query(&path, &[("to", to.map(str::to_owned)), ("limit", Some("10000".to_owned()))]);
        self.control_now(Method::GET, &path, &json!({}))
    }

    /// The state as a scenario, without secrets (CPL-60). An emulator that loads it continues exactly from there.
    ///
    /// # Errors
    /// None in practice.
    pub fn export(&self, format: Format) -> Result<String, control::Error> {
        let format = match format {
            Format::Yaml => "yaml",
            Format::Json => "json",
        };
        self.control_text(Method::GET, &format!("/_emulator/scenario?format={format}"), &json!({}))
    }

    /// Loads a scenario in YAML or JSON (CPL-63).
    ///
    /// # Errors
    /// 400 with all mistakes of the scenario in the body. The state is unchanged then.
    pub async fn load(&self, scenario: &str, mode: Mode) -> Result<Loaded, control::Error> {
        let mode = match mode {
            Mode::Replace => "replace",
            Mode::Add => "add",
        };
        let path = format!("/_emulator/scenario?mode={mode}");
        self.control_of(Method::PUT, &path, scenario.to_owned().into()).await
    }
}
