//! CreateTicketV2.

#[cfg(test)]
mod tests;

use securityhub_fixtures::Operation;
use serde::{Deserialize, Serialize};

use super::{Answer, Context, Input, repeatable};
use crate::aws_error::AwsError;
use crate::domain::accounts::tickets::{self, Subject};
use crate::domain::findings::v2::lookup;
use crate::state::Transaction;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct CreateInput {
    connector_id: String,
    finding_metadata_uid: String,
    mode: Option<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct CreateOutput {
    ticket_id: String,
    ticket_src_url: String,
}

/// Creates a ticket for a finding, or a test ticket (TKV-01 … TKV-05, O2G-08).
///
/// # Errors
/// 400 `ValidationException` for a text that is not a `metadata.uid` and for a connector to another cloud; 404
/// `ResourceNotFoundException` for an unknown connector or finding; 409 `ConflictException` for a connector that is not
/// connected, a project that cannot take the ticket, and a second ticket.
pub fn create_ticket_v2(
    context: &Context<'_>,
    transaction: &mut Transaction<'_>,
    input: Input,
) -> Result<Answer, AwsError> {
    repeatable::once(context, transaction, Operation::CreateTicketV2, input, |transaction, input| {
        let CreateInput { connector_id, finding_metadata_uid, mode } = input.read()?;
        let subject = if mode.is_some() { Subject::Test } else { Subject::Finding(&finding_metadata_uid) };
        let (ids, caller) = (&context.world.ids, &context.caller);
        let is_visible = |uid: &str| lookup::is_visible(context.world, caller, uid);
        let ticket = tickets::create(transaction, ids, caller, &connector_id, subject, is_visible)?;
        Answer::json(&CreateOutput { ticket_id: ticket.id, ticket_src_url: ticket.url })
    })
}
