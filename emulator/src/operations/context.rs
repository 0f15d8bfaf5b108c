//! The context and input of an operation.

use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use crate::aws_error::AwsError;
use crate::domain::caller::Caller;
use crate::shape::items::Item;
use crate::state::{TestTag, World};

/// The world and the caller.
pub struct Context<'w> {
    /// Everything that the process holds.
    pub world: &'w World,
    /// The caller, with Region and time.
    pub caller: Caller,
    /// The test tag of the call, which is added to the events of the call (CPL-30).
    pub test: Option<TestTag>,
}

/// An input that satisfies its shape, except for items that the operation validates independently.
#[derive(Debug, Default)]
pub struct Input<'t> {
    /// The members, from path, query, headers and body.
    pub members: Map<String, Value>,
    /// The items, if the operation refuses single items instead of the call; each with its violations.
    pub items: Vec<Item<'t>>,
}

impl Input<'_> {
    /// Reads the members into the operation's wire struct.
    ///
    /// # Errors
    /// 400 when they do not fit, which cannot happen if the struct follows the model.
    pub fn read<T: DeserializeOwned>(self) -> Result<T, AwsError> {
        from_value(Value::Object(self.members))
    }

    /// Takes one member out, if it is there, and reads it.
    ///
    /// # Errors
    /// The errors of [`Input::read`].
    pub fn take<T: DeserializeOwned>(&mut self, name: &str) -> Result<Option<T>, AwsError> {
        self.members.remove(name).map_or(Ok(None), from_value)
    }
}

fn from_value<T: DeserializeOwned>(value: Value) -> Result<T, AwsError> {
    serde_json::from_value(value).map_err(|error| AwsError::invalid_input("Invalid input").caused_by(error))
}
