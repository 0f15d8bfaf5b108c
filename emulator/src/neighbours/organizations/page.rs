//! Pages of lists.

use std::hash::{DefaultHasher, Hash, Hasher};

use serde_json::{Value, json};

use super::call::{Answer, Reading};
use super::input::invalid;
use crate::aws_error::AwsError;

/// Maximum number of rows in a page.
const PAGE: usize = 20;

impl Reading<'_> {
    /// A page of `items` in the member `list`. Only the rows of the page are rendered. A token consists of the seal and
    /// the index of the next row.
    pub(super) fn page<T>(&self, list: &str, items: &[T], render: impl Fn(&T) -> Value) -> Answer {
        let max = self.page_size()?;
        let seal = format!("{:016x}", self.seal());
        let start: usize = match self.input.members.get("NextToken").filter(|value| !value.is_null()) {
            None => 0,
            Some(token) => token
                .as_str()
                .and_then(|token| token.strip_prefix(&seal))
                .and_then(|number| number.parse().ok())
                .ok_or_else(|| invalid("INVALID_NEXT_TOKEN", "The provided NextToken is invalid."))?,
        };
        let end = items.len().min(start.saturating_add(max));
        let rows: Vec<Value> = items.get(start..end).unwrap_or_default().iter().map(render).collect();
        let mut answer = json!({ list: rows });
        if end < items.len() && start < items.len() {
            answer["NextToken"] = json!(format!("{seal}{end}"));
        }
        Ok(answer)
    }

    fn page_size(&self) -> Result<usize, AwsError> {
        let Some(value) = self.input.members.get("MaxResults").filter(|value| !value.is_null()) else {
            return Ok(PAGE);
        };
        let size = value.as_u64().and_then(|value| usize::try_from(value).ok());
        size.filter(|size| (1..=PAGE).contains(size))
            .ok_or_else(|| invalid("INVALID_PATTERN", format!("MaxResults must be between 1 and {PAGE}.")))
    }

    /// Binds a token to the world, the account, the operation and its query. Otherwise a token from another world could
    /// skip rows of this one.
    fn seal(&self) -> u64 {
        let mut hasher = DefaultHasher::new();
        (self.world.epoch(), self.caller.account(), self.input.operation).hash(&mut hasher);
        let is_of_page = |name: &str| name == "NextToken" || name == "MaxResults";
        for (name, value) in self.input.members.iter().filter(|(name, value)| !is_of_page(name) && !value.is_null()) {
            (name, value.to_string()).hash(&mut hasher);
        }
        hasher.finish()
    }
}
