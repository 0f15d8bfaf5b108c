//! `/_emulator/organization`: accounts that join, move, leave, or are suspended, reactivated or closed.
//!
//! Security Hub has no operations for this, because Organizations, AWS or the account's owner does it.

use axum::response::{IntoResponse, Response};
use axum::{Extension, Json};
use bytes::Bytes;
use http::StatusCode;
use serde::Deserialize;

use super::request::{self, error_response};
use crate::domain::accounts::organization::accounts::{self, Event};
use crate::domain::accounts::organization::report::{AccountRow, row};
use crate::domain::due;
use crate::domain::findings::aggregation::replicas;
use crate::served::ServedWorld;
use crate::state::World;

const EXPECTED: &str = "expected a body such as {\"Action\": \"join\", \"AccountId\": \"444444444444\"}, optionally with \"Parent\" (name or ID of a unit), \
                        \"Name\" and \"Email\"; other actions are move (requires Parent), leave, suspend, \
                        reactivate and close";

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Input {
    action: Action,
    account_id: String,
    parent: Option<String>,
    name: Option<String>,
    email: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Action {
    Join,
    Move,
    Leave,
    Suspend,
    Reactivate,
    Close,
}

/// Applies a lifecycle event to an account and returns its new state.
pub(super) async fn apply_event(
    Extension(served): Extension<ServedWorld>,
    _: request::NoQuery,
    body: Bytes,
) -> Response {
    match applied(&served.world(), &body) {
        Ok(row) => Json(row).into_response(),
        Err(message) => error_response(StatusCode::BAD_REQUEST, &message),
    }
}

fn applied(world: &World, body: &[u8]) -> Result<AccountRow, String> {
    let input: Input = serde_json::from_slice(body).map_err(|error| format!("{error}; {EXPECTED}"))?;
    let account = request::account(&input.account_id, EXPECTED)?;
    let event = event(input)?;
    let now = world.clock.now();
    due::run(world, now);
    let mut transaction = world.write();
    accounts::carry_out(&mut transaction, world, account, event, now).map_err(|error| error.to_string())?;
    replicas::apply_relation_changes(&mut transaction, world);
    for change in transaction.commit() {
        tracing::debug!(?change, "changed");
    }
    Ok(row(world, account))
}

fn event(input: Input) -> Result<Event, String> {
    let Input { action, parent, name, email, .. } = input;
    if action != Action::Join && (name.is_some() || email.is_some()) {
        return Err(format!("Name and Email are only allowed for the action join; {EXPECTED}"));
    }
    if !matches!(action, Action::Join | Action::Move) && parent.is_some() {
        return Err(format!("Parent is only allowed for the actions join and move; {EXPECTED}"));
    }
    Ok(match action {
        Action::Join => Event::Join { parent, name, email },
        Action::Move => Event::Move { parent: parent.ok_or_else(|| format!("Parent is missing; {EXPECTED}"))? },
        Action::Leave => Event::Leave,
        Action::Suspend => Event::Suspend,
        Action::Reactivate => Event::Reactivate,
        Action::Close => Event::Close,
    })
}
