//! A call, as its operation sees it.

use serde_json::Value;

use super::input::Input;
use super::view::View;
use crate::aws_error::AwsError;
use crate::domain::caller::Caller;
use crate::state::{Organization, Transaction, World};

/// The answer of an operation.
pub(super) type Answer = Result<Value, AwsError>;

/// A call that reads.
pub(super) struct Reading<'a> {
    pub(super) world: &'a World,
    pub(super) caller: &'a Caller,
    pub(super) organization: &'a Organization,
    pub(super) view: View<'a>,
    pub(super) input: Input<'a>,
}

/// A call that changes the organization. Its checks run under the writers' lock, so that their result is still valid
/// when the change is committed.
pub(super) struct Change<'a, 'w> {
    pub(super) transaction: &'a mut Transaction<'w>,
    pub(super) world: &'a World,
    pub(super) caller: &'a Caller,
    /// The organization before the call.
    pub(super) organization: Organization,
    pub(super) input: Input<'a>,
}

impl Change<'_, '_> {
    /// Renders a part of the organization as the call has changed it.
    pub(super) fn view(&self, render: impl FnOnce(&View<'_>) -> Option<Value>) -> Option<Value> {
        let directory = self.transaction.directory();
        render(&View::new(directory, directory.organization.as_ref()?))
    }

    /// Changes the organization.
    pub(super) fn edit(&mut self, edit: impl FnOnce(&mut Organization)) {
        self.transaction.edit_directory(|directory| {
            if let Some(organization) = &mut directory.organization {
                edit(organization);
            }
        });
    }
}
