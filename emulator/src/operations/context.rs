//! What an operation is given.

use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use crate::aws_error::AwsError;
use crate::domain::caller::Caller;
use crate::shape::items::Item;
use crate::state::World;

/// The world and who calls.
pub struct Context<'w> {
    /// Everything that the process holds.
    pub world: &'w World,
    /// Who calls, where and when.
    pub caller: Caller,
}

/// An input that satisfies its shape, save for the items that an operation judges one by one.
#[derive(Debug, Default)]
pub struct Input<'t> {
    /// The members, from path, query, headers and body.
    pub members: Map<String, Value>,
    /// The items, where the operation refuses items and not the call; each with what it breaks.
    pub items: Vec<Item<'t>>,
}

impl Input<'_> {
    /// Reads the members into the operation's own struct.
    ///
    /// # Errors
    /// 400 when they do not fit, which a struct that follows the model rules out.
    pub fn read<T: DeserializeOwned>(self) -> Result<T, AwsError> {
        from_value(Value::Object(self.members))
    }

    /// Takes one member out, if it is there, and reads it.
    ///
    /// # Errors
    /// As [`Input::read`].
    pub fn take<T: DeserializeOwned>(&mut self, name: &str) -> Result<Option<T>, AwsError> {
        self.members.remove(name).map_or(Ok(None), from_value)
    }
}

fn from_value<T: DeserializeOwned>(value: Value) -> Result<T, AwsError> {
    serde_json::from_value(value).map_err(|error| AwsError::invalid_input("Invalid input").caused_by(error))
}
