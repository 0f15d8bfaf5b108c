//! `/_emulator/organization`: the organization as a tree, accounts that join, move, leave, or are suspended, reactivated or
//! closed, and service control policies.
//!
//! Security Hub has no operations for this, because Organizations, AWS or the account's owner does it.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::api::{Call, Json, Nothing, Refusal};
use super::request;
use crate::domain::accounts::organization::accounts::{self, AccountError, Event};
use crate::domain::accounts::organization::hub_v2_policies;
use crate::domain::accounts::organization::outline::{self, Outline, PolicyOutline};
use crate::domain::accounts::organization::report::{AccountRow, row};
use crate::domain::accounts::organization::tree::by_name::{self, PolicyEffect};
use crate::domain::findings::aggregation::replicas;
use crate::domain::policy;
use crate::state::{OrganizationPolicy, PolicyType, World};

#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub(super) struct AccountChange {
    /// The event: `join`, `move` (requires `Parent`), `leave`, `suspend`, `reactivate` or `close`.
    action: Action,
    /// The account.
    account_id: String,
    /// The name or ID of the unit that it joins or moves to.
    parent: Option<String>,
    /// Its name, if it joins.
    name: Option<String>,
    /// Its e-mail address, if it joins.
    email: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
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
pub(super) fn apply_event(
    call: &Call<'_>,
    _: Nothing,
    Json(input): Json<AccountChange>,
) -> Result<Json<AccountRow>, Refusal> {
    let account = request::account(&input.account_id)?;
    let event = event(input)?;
    let (world, now) = call.world();
    let world = &*world;
    let mut transaction = world.write();
    accounts::carry_out(&mut transaction, world, account, event, now).map_err(|error| error.to_string())?;
    hub_v2_policies::apply_relation_changes(&mut transaction, world, now);
    replicas::apply_relation_changes(&mut transaction, world);
    request::log_changes(&transaction.commit());
    Ok(Json(row(world, account)))
}

fn event(input: AccountChange) -> Result<Event, Refusal> {
    let AccountChange { action, parent, name, email, .. } = input;
    if action != Action::Join && (name.is_some() || email.is_some()) {
        return Err(Refusal::unreadable("Name and Email are only allowed for the action join"));
    }
    if !matches!(action, Action::Join | Action::Move) && parent.is_some() {
        return Err(Refusal::unreadable("Parent is only allowed for the actions join and move"));
    }
    Ok(match action {
        Action::Join => Event::Join { parent, name, email },
        Action::Move => {
            let absent = "missing member 'Parent': the action move needs the name or ID of a unit, or root";
            Event::Move { parent: parent.ok_or_else(|| Refusal::unreadable(absent))? }
        }
        Action::Leave => Event::Leave,
        Action::Suspend => Event::Suspend,
        Action::Reactivate => Event::Reactivate,
        Action::Close => Event::Close,
    })
}

/// The whole organization.
pub(super) fn show(call: &Call<'_>, _: Nothing, _: Nothing) -> Result<Json<Changed>, Refusal> {
    let (world, _) = call.world();
    outlined(&world, None, Vec::new())
}

/// Policies.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Policies {
    policies: Vec<PolicyOutline>,
}

/// Lists the policies and their targets.
pub(super) fn list_policies(call: &Call<'_>, _: Nothing, _: Nothing) -> Result<Json<Policies>, Refusal> {
    let (world, _) = call.world();
    let policies = outline::policies(&world.directory()).ok_or_else(|| AccountError::NoOrganization.to_string())?;
    Ok(Json(Policies { policies }))
}

/// The response to a change: the organization, the effect on the policy, and warnings about the policy's document.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Changed {
    #[serde(flatten)]
    outline: Outline,
    #[serde(skip_serializing_if = "Option::is_none")]
    policy: Option<PolicyEffect>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    warnings: Vec<String>,
}

fn outlined(world: &World, policy: Option<PolicyEffect>, warnings: Vec<String>) -> Result<Json<Changed>, Refusal> {
    let outline = outline::outline(&world.directory()).ok_or_else(|| AccountError::NoOrganization.to_string())?;
    Ok(Json(Changed { outline, policy, warnings }))
}

#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub(super) struct PolicyChange {
    /// `attach` or `detach`.
    action: PolicyAction,
    /// The name or ID of the policy.
    policy: String,
    /// A unit (name or ID), an account, or `root`.
    target: String,
    /// The document with which the policy is created, or which replaces its document everywhere, before it is attached.
    document: Option<Value>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
enum PolicyAction {
    Attach,
    Detach,
}

/// Attaches a service control policy or detaches it, and returns the whole organization.
pub(super) fn change_policy(
    call: &Call<'_>,
    _: Nothing,
    Json(input): Json<PolicyChange>,
) -> Result<Json<Changed>, Refusal> {
    let (world, _) = &call.world();
    let (effect, warnings) = policy_changed(world, input)?;
    outlined(world, effect, warnings)
}

/// Returns the effect on the policy, and warnings about its document.
fn policy_changed(world: &World, input: PolicyChange) -> Result<(Option<PolicyEffect>, Vec<String>), Refusal> {
    let PolicyChange { action, policy: name, target, document } = input;
    if action == PolicyAction::Detach && document.is_some() {
        return Err(Refusal::unreadable("Document is only allowed for the action attach"));
    }
    let (policy, warnings) = document.map(|document| new_policy(&name, &document)).transpose()?.unzip();
    let mut transaction = world.write();
    let effect = match action {
        PolicyAction::Attach => by_name::attach(&mut transaction, world, (&name, &target), policy).map(Some),
        PolicyAction::Detach => by_name::detach(&mut transaction, (&name, &target)).map(|()| None),
    }
    .map_err(|error| error.to_string())?;
    request::log_changes(&transaction.commit());
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
