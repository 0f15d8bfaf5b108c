//! `/_emulator/organization`: the organization as a tree, accounts that join, move, leave, or are suspended, reactivated or
//! closed, and service control policies.
//!
//! Security Hub has no operations for this, because Organizations, AWS or the account's owner does it.

use axum::response::{IntoResponse, Response};
use axum::{Extension, Json};
use bytes::Bytes;
use http::StatusCode;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::request::{self, error_response};
use crate::domain::accounts::organization::accounts::{self, AccountError, Event};
use crate::domain::accounts::organization::hub_v2_policies;
use crate::domain::accounts::organization::outline::{self, Outline, PolicyOutline};
use crate::domain::accounts::organization::report::{AccountRow, row};
use crate::domain::accounts::organization::tree::by_name::{self, PolicyEffect};
use crate::domain::due;
use crate::domain::findings::aggregation::replicas;
use crate::domain::policy;
use crate::served::ServedWorld;
use crate::state::{OrganizationPolicy, PolicyType, World};

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
    hub_v2_policies::apply_relation_changes(&mut transaction, world, now);
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

/// The whole organization.
pub(super) async fn show(Extension(served): Extension<ServedWorld>, _: request::NoQuery) -> Response {
    let world = served.world();
    due::run(&world, world.clock.now());
    outlined(&world, None, Vec::new())
}

/// Lists the policies and their targets.
pub(super) async fn list_policies(Extension(served): Extension<ServedWorld>, _: request::NoQuery) -> Response {
    #[derive(Serialize)]
    #[serde(rename_all = "PascalCase")]
    struct Listed {
        policies: Vec<PolicyOutline>,
    }
    let world = served.world();
    due::run(&world, world.clock.now());
    match outline::policies(&world.directory()) {
        Some(policies) => Json(Listed { policies }).into_response(),
        None => error_response(StatusCode::BAD_REQUEST, &AccountError::NoOrganization.to_string()),
    }
}

/// The response to a change: the organization, the effect on the policy, and warnings about the policy's document.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Changed {
    #[serde(flatten)]
    outline: Outline,
    #[serde(skip_serializing_if = "Option::is_none")]
    policy: Option<PolicyEffect>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    warnings: Vec<String>,
}

fn outlined(world: &World, policy: Option<PolicyEffect>, warnings: Vec<String>) -> Response {
    match outline::outline(&world.directory()) {
        Some(outline) => Json(Changed { outline, policy, warnings }).into_response(),
        None => error_response(StatusCode::BAD_REQUEST, &AccountError::NoOrganization.to_string()),
    }
}

const EXPECTED_POLICY: &str = "expected a body such as {\"Action\": \"attach\", \"Policy\": \"name or ID\", \"Target\": \"unit, account or root\"}, optionally \
                               with a \"Document\" to create or replace the policy first; the other action is detach";

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct PolicyInput {
    action: PolicyAction,
    policy: String,
    target: String,
    document: Option<Value>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum PolicyAction {
    Attach,
    Detach,
}

/// Attaches a service control policy or detaches it, and returns the whole organization.
pub(super) async fn change_policy(
    Extension(served): Extension<ServedWorld>,
    _: request::NoQuery,
    body: Bytes,
) -> Response {
    let world = served.world();
    match policy_changed(&world, &body) {
        Ok((effect, warnings)) => outlined(&world, effect, warnings),
        Err(message) => error_response(StatusCode::BAD_REQUEST, &message),
    }
}

/// Returns the effect on the policy, and warnings about its document.
fn policy_changed(world: &World, body: &[u8]) -> Result<(Option<PolicyEffect>, Vec<String>), String> {
    let PolicyInput { action, policy: name, target, document } =
        serde_json::from_slice(body).map_err(|error| format!("{error}; {EXPECTED_POLICY}"))?;
    if action == PolicyAction::Detach && document.is_some() {
        return Err(format!("Document is only allowed for the action attach; {EXPECTED_POLICY}"));
    }
    let (policy, warnings) = document.map(|document| new_policy(&name, &document)).transpose()?.unzip();
    due::run(world, world.clock.now());
    let mut transaction = world.write();
    let effect = match action {
        PolicyAction::Attach => by_name::attach(&mut transaction, world, (&name, &target), policy).map(Some),
        PolicyAction::Detach => by_name::detach(&mut transaction, (&name, &target)).map(|()| None),
    }
    .map_err(|error| error.to_string())?;
    for change in transaction.commit() {
        tracing::debug!(?change, "changed");
    }
    Ok((effect, warnings.unwrap_or_default()))
}

/// Makes a policy from a document. Also returns the warnings that `scenario check` would print.
fn new_policy(name: &str, document: &Value) -> Result<(OrganizationPolicy, Vec<String>), String> {
    let kind = PolicyType::ServiceControl;
    let (read, remarks) = policy::read(name, document);
    let messages = |refuses: bool| -> Vec<String> {
        remarks.iter().filter(|it| it.refuses == refuses).map(|it| it.message.clone()).collect()
    };
    if read.is_none() {
        let messages = messages(true);
        return Err(format!("invalid policy document: {}", messages.join("; ")));
    }
    let content = document.to_string();
    let parsed = policy::organization_document(kind, name, &content).map_err(|error| error.message.into_owned())?;
    let policy = OrganizationPolicy { name: name.to_owned(), description: String::new(), kind, content, parsed };
    Ok((policy, messages(false)))
}
