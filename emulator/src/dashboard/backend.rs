//! The only interface of pages to the rest of the program. `service` implements it; tests of pages can, too.

use std::path::PathBuf;
use std::sync::Arc;

use http::Method;
use securityhub_fixtures::Operation;
use serde_json::Value;

use super::view::View;
use crate::aws_error::AwsError;
use crate::control::Error;
use crate::domain::findings::counts::Counter;
use crate::domain::findings::lookup::Found;
use crate::journal::{CallSummary, Filter};
use crate::state::{AccountId, Region, World};

/// A query of a [`Counter`], which runs again if the world changes meanwhile.
pub type CountQuery<'a> = dyn FnMut(&Counter<'_>) -> Result<(), AwsError> + 'a;

/// Everything that a page can query or do.
pub trait Backend {
    /// The current world, for names and numbers that no call returns.
    fn world(&self) -> Arc<World>;

    /// The account of the first view if no account has a hub.
    fn default_account(&self) -> AccountId;

    /// The Region of the first view if the scenario does not list Regions.
    fn default_region(&self) -> Region;

    /// The answer to an operation that only reads, called by the account of the view, in its Region. The call passes the
    /// gate; it is not recorded, counted, throttled or affected by faults (DSH-12).
    ///
    /// # Errors
    /// The error that the account gets.
    fn read(&self, view: &View, operation: Operation, input: &Value) -> Result<Value, AwsError>;

    /// The token with which GetFindings returns the findings of an input after the first `count`; `None` if there are not
    /// as many. The input has no token of its own.
    ///
    /// # Errors
    /// The error that the account gets from GetFindings.
    fn token_after(&self, view: &View, input: &Value, count: usize) -> Result<Option<String>, AwsError>;

    /// Counts findings that the account of the view sees in its Region, if it may call GetFindings there.
    ///
    /// # Errors
    /// The error that the account gets from GetFindings, or the error of the query.
    fn count(&self, view: &View, query: &mut CountQuery<'_>) -> Result<(), AwsError>;

    /// The findings with a product and an Id that the account of the view sees, if it may call GetFindings.
    ///
    /// # Errors
    /// The error that the account gets from GetFindings.
    fn find(&self, view: &View, product_arn: &str, id: &str) -> Result<Vec<Found>, AwsError>;

    /// Calls an operation like [`Backend::read`], but it may write, and it is recorded in the journal.
    ///
    /// # Errors
    /// The error that the account gets.
    fn write(&self, view: &View, operation: Operation, input: &Value) -> Result<Value, AwsError>;

    /// Calls the control plane. `path` includes the query; a null body is none.
    ///
    /// # Errors
    /// The error of the call.
    fn control(&self, method: &Method, path: &str, body: &Value) -> Result<Value, Error>;

    /// Up to `limit` recorded API calls before a number that a filter selects, newest first; `None` if calls are not
    /// recorded.
    fn calls(&self, filter: &Filter, before: u64, limit: usize) -> Option<Vec<CallSummary>>;

    /// The memory of the process in bytes, if it is known.
    fn memory(&self) -> Option<u64>;

    /// The paths of the files of the scenario with which the program started.
    fn scenario_files(&self) -> Vec<PathBuf>;
}
