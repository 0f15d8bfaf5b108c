//! `GET /_emulator/fidelity`: the register of rules, and the coverage of operations.

use schemars::JsonSchema;
use serde::Deserialize;

use super::api::{Call, Json, Nothing, Refusal};
use crate::fidelity::register::Selection;
use crate::fidelity::{self, Fidelity};

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct FidelityInput {
    /// The prefix of the IDs of a chapter, such as `HUB`.
    #[serde(default)]
    chapter: String,
    /// `tested` or `not modelled`.
    #[serde(default)]
    state: String,
    /// Words, all of which a rule contains.
    #[serde(default)]
    q: String,
}

/// Returns the selected rules; 400 for an unknown chapter or state.
pub(super) fn show(_: &Call<'_>, input: FidelityInput, _: Nothing) -> Result<Json<Fidelity>, Refusal> {
    let selection = Selection::read(&input.chapter, &input.state, &input.q)?;
    Ok(Json(fidelity::of(&selection)))
}
