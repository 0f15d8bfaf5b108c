//! Custom actions, to which findings can be sent.

use securityhub_fixtures::Operation;
use serde_json::{Value, json};

use crate::dashboard::answer;
use crate::dashboard::call::Call;
use crate::dashboard::custom_actions;
use crate::dashboard::forms::Form;
use crate::dashboard::messages::Message;
use crate::dashboard::page::{Context, Done, PageError};

/// The part of the page about custom actions.
pub(super) struct Actions {
    pub(super) rows: Vec<Row>,
    /// The text that was typed into the form `Create a custom action`.
    pub(super) typed: Typed,
    /// The call of that form.
    pub(super) preview: String,
}

/// A custom action.
pub(super) struct Row {
    /// The id of the row's name.
    pub(super) id: String,
    pub(super) name: String,
    pub(super) description: String,
    pub(super) arn: String,
    /// The call that deletes it.
    pub(super) preview: String,
}

/// The fields of the form.
#[derive(Default)]
pub(super) struct Typed {
    pub(super) name: String,
    pub(super) description: String,
    pub(super) id: String,
}

impl Typed {
    fn of(form: &Form) -> Typed {
        let field = |name: &str| form.field(name).trim().to_owned();
        Typed { name: field("name"), description: field("description"), id: field("id") }
    }

    /// The call that creates the action.
    fn create_call(&self) -> Call {
        let Typed { name, description, id } = self;
        Call::api(Operation::CreateActionTarget, json!({ "Name": name, "Description": description, "Id": id }))
    }
}

impl Actions {
    /// The custom actions of the hub of a view.
    pub(super) fn of(context: &Context<'_>) -> Result<Actions, PageError> {
        let all = custom_actions::all(context)?;
        let refused = context.typed.filter(|form| form.field("action") == "create-action");
        // Until something is typed, the call shows an example.
        let example = || Typed {
            name: "Open a ticket".to_owned(),
            description: "Sends findings to the ticket system".to_owned(),
            id: "OpenTicket".to_owned(),
        };
        let preview = context.shown(&[refused.map_or_else(example, Typed::of).create_call()]);
        Ok(Actions {
            rows: (0..).zip(&all).map(|(row, action)| self::row(context, row, action)).collect(),
            typed: refused.map(Typed::of).unwrap_or_default(),
            preview,
        })
    }
}

fn row(context: &Context<'_>, row: usize, action: &Value) -> Row {
    let text = |name: &str| answer::text(action, name).to_owned();
    let arn = text("ActionTargetArn");
    let preview = context.shown(&[delete_call(&arn)]);
    Row { id: format!("action-{row}"), name: text("Name"), description: text("Description"), arn, preview }
}

/// Carries out the action of a form about custom actions.
pub(super) fn act(context: &Context<'_>, form: &Form, action: &str) -> Result<Done, PageError> {
    match action {
        "create-action" => {
            let typed = Typed::of(form);
            let call = typed.create_call();
            context.send(&call)?;
            let text = format!("1 created, 0 refused: the custom action {}.", typed.name);
            Ok(Message::new(text, vec![call]).into())
        }
        "delete-action" => {
            let call = delete_call(form.field("arn"));
            context.send(&call)?;
            let text = format!("1 deleted, 0 refused: the custom action {}.", form.field("name"));
            Ok(Message::new(text, vec![call]).into())
        }
        other => Err(PageError::unknown_action(other)),
    }
}

fn delete_call(arn: &str) -> Call {
    Call::api(Operation::DeleteActionTarget, json!({ "ActionTargetArn": arn }))
}
