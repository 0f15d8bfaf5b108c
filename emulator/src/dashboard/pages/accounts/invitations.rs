//! `Invitations` that an account has received, its `Administrator`, and the button that accepts the invitations that it
//! has sent (DSH-88).

use askama::Template;
use securityhub_fixtures::Operation;
use serde_json::{Value, json};

use super::members::{invited, message};
use super::shared::{accept_call, named, unprocessed};
use crate::dashboard::answer::{list, text};
use crate::dashboard::call::Call;
use crate::dashboard::forms::Form;
use crate::dashboard::messages::Message;
use crate::dashboard::page::{Context, Done, PageError, Section};
use crate::dashboard::text::{Time, counted, number};
use crate::dashboard::view::Query;
use crate::state::AccountId;

#[derive(Template)]
#[template(path = "pages/accounts/invitations.html")]
struct Invitations<'i> {
    token: &'i str,
    address: String,
    rows: Vec<Row>,
    preview: String,
    sent: Option<Sent>,
    administrator: Option<Administrator>,
}

/// An invitation that the account has received.
struct Row {
    sender: String,
    from: String,
    invitation: String,
    sent: Option<Time>,
    status: String,
    is_accepted: bool,
    message: Option<String>,
}

/// The invitations that the account has sent.
struct Sent {
    accounts: String,
    preview: String,
}

/// The administrator of the account.
struct Administrator {
    name: String,
    address: String,
    since: Option<Time>,
    /// The call of the button `Leave`; none for a member of the organization.
    leave: Option<String>,
}

/// The sections.
pub(super) fn section(context: &Context<'_>) -> Result<Section, PageError> {
    let received = context.read(Operation::ListInvitations, &json!({}))?;
    let administrator = context.read(Operation::GetAdministratorAccount, &json!({}))?;
    let relations = context.world.relations();
    let message = |sender: &str| {
        let sender = AccountId::parse(sender)?;
        let record = relations.directory().member(sender, &context.view.region, context.view.account)?;
        record.invitation.as_ref()?.message.clone()
    };
    let row = |received: &Value| Row {
        sender: text(received, "AccountId").to_owned(),
        from: named(context, text(received, "AccountId")),
        invitation: text(received, "InvitationId").to_owned(),
        sent: Time::parse(text(received, "InvitedAt")),
        status: text(received, "MemberStatus").to_owned(),
        is_accepted: text(received, "MemberStatus") == "Enabled",
        message: message(text(received, "AccountId")),
    };
    let rows: Vec<Row> = list(&received, "Invitations").iter().map(row).collect();
    let invited = invited(context);
    let sent = (invited > 0).then(|| Sent {
        accounts: counted(invited as u64, "invited account has", "invited accounts have"),
        preview: context.shown(&[accept_call(context.view, None)]),
    });
    let calls = vec![
        Call::api(Operation::ListInvitations, json!({})).of("Invitations"),
        Call::api(Operation::GetAdministratorAccount, json!({})).of("Administrator"),
    ];
    let invitations = Invitations {
        token: &context.token,
        address: context.here(),
        preview: rows.first().map(|row| preview(context, row)).unwrap_or_default(),
        rows,
        sent,
        administrator: described(context, &administrator["Administrator"]),
    };
    Ok(Section::new(&invitations, calls))
}

fn described(context: &Context<'_>, administrator: &Value) -> Option<Administrator> {
    let account = AccountId::parse(text(administrator, "AccountId"))?;
    let relations = context.world.relations();
    let record = relations.directory().member(account, &context.view.region, context.view.account);
    let view = context.view.seen_as(account, context.view.region.clone());
    let leave = || context.shown(&[Call::api(Operation::DisassociateFromAdministratorAccount, json!({}))]);
    Some(Administrator {
        name: named(context, account.as_str()),
        address: view.to(&context.view.page, Query::default()).address(),
        since: record.map(|record| record.updated_at.into()),
        // Only members by invitation have an invitation, and only they may leave.
        leave: administrator["InvitationId"].is_string().then(leave),
    })
}

/// The calls of the buttons of an invitation.
fn preview(context: &Context<'_>, row: &Row) -> String {
    let sender = json!({ "AccountIds": [row.sender] });
    context.shown(&[
        accept_invitation_call(&row.sender, &row.invitation).of("Accept"),
        Call::api(Operation::DeclineInvitations, sender.clone()).of("Decline"),
        Call::api(Operation::DeleteInvitations, sender).of("Delete"),
    ])
}

fn accept_invitation_call(sender: &str, invitation: &str) -> Call {
    let input = json!({ "AdministratorId": sender, "InvitationId": invitation });
    Call::api(Operation::AcceptAdministratorInvitation, input)
}

/// Answers an invitation, leaves the administrator, or accepts the invitations that the account has sent.
pub(super) fn act(context: &Context<'_>, form: &Form) -> Result<Done, PageError> {
    let sender = form.field("sender");
    match form.field("action") {
        "accept" => {
            let call = accept_invitation_call(sender, form.field("invitation"));
            context.send(&call)?;
            Ok(Message::new(format!("The invitation of {sender} is accepted."), vec![call]).into())
        }
        "decline" => answer(context, Operation::DeclineInvitations, sender, "declined"),
        "delete-invitation" => answer(context, Operation::DeleteInvitations, sender, "deleted"),
        "leave" => {
            let call = Call::api(Operation::DisassociateFromAdministratorAccount, json!({}));
            context.send(&call)?;
            Ok(Message::new("This account has left its administrator.", vec![call]).into())
        }
        _ => accept_all(context),
    }
}

/// Declines or deletes an invitation.
fn answer(context: &Context<'_>, operation: Operation, sender: &str, verb: &str) -> Result<Done, PageError> {
    let call = Call::api(operation, json!({ "AccountIds": [sender] }));
    let answer = context.send(&call)?;
    if let Some((_, reason)) = unprocessed(&answer).next() {
        return Err(PageError::Invalid(reason));
    }
    let text = format!("The invitation of {sender} is {verb}.");
    Ok(Message::new(text, vec![call]).into())
}

fn accept_all(context: &Context<'_>) -> Result<Done, PageError> {
    let call = accept_call(context.view, None);
    let answer = context.send(&call)?;
    let refused: Vec<(String, String)> = unprocessed(&answer).collect();
    let accepted = list(&answer, "Members").iter().filter(|member| text(member, "MemberStatus") == "Enabled").count();
    Ok(message(context, &format!("{} accepted", number(accepted as u64)), &refused, vec![call]))
}
