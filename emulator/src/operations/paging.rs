//! Opaque page tokens, bound to account, Region, operation and query (SRT-13, SRT-15).
//!
//! A token contains the position of the last row and two checksums: one of its owner, one of the query. It does not
//! expire (SRT-16), except for lists of software (O2G-11), but it becomes invalid with the world that issued it, because
//! continuing in another world would skip rows. Tokens are not secret; forging one gains nothing. Lists use
//! [`super::paged`], which checks and issues the tokens for them.

use securityhub_engine::{Position, SortValue};
use securityhub_fixtures::Operation;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::context::Context;
use crate::aws_error::{AwsError, ErrorCode};

/// Default size of a page (SRT-11, PRD-06, PRD-22).
pub const PAGE: usize = 100;

/// The operations whose tokens expire (O2G-11).
const EXPIRING: [Operation; 2] = [Operation::GetSoftwareResourcesV2, Operation::GetSoftwareV2];
/// The time in seconds after which a token of one of these operations is no longer valid.
const LIFETIME: i64 = 60 * 60;

/// The owner and query to which a token is bound.
pub struct Binding {
    operation: Operation,
    owner: u64,
    query: u64,
    /// The time of the call in seconds, if the tokens of the operation expire.
    called_at: Option<i64>,
}

impl Binding {
    /// Binds to the world, the caller's account and Region, the operation and its query. The order of members in the
    /// query does not matter.
    pub fn new(context: &Context<'_>, operation: Operation, query: &Value) -> Binding {
        let Context { world, caller, .. } = context;
        let (account, region, epoch) = (caller.account(), &caller.region, world.epoch());
        Binding {
            operation,
            owner: checksum(&format!("{epoch}/{account}/{region}/{}", operation.name())),
            query: checksum(&in_order(query).to_string()),
            called_at: EXPIRING.contains(&operation).then(|| caller.now.as_second()),
        }
    }

    /// The token of the page after `position`.
    pub fn seal(&self, position: &Position) -> String {
        let keys: Vec<Value> = position.keys.iter().map(key_to_json).collect();
        let text = json!([self.owner, self.query, position.sequence, keys, self.called_at]).to_string();
        let seal = checksum(&text);
        hex::encode([&seal.to_be_bytes(), text.as_bytes()].concat())
    }

    /// The position of the last row of the previous page; `None` for the first page (SRT-17).
    ///
    /// # Errors
    /// 400 when the token is damaged, was issued for another caller or query, or has expired.
    pub fn open(&self, token: Option<&str>) -> Result<Option<Position>, AwsError> {
        let Some(token) = token.filter(|token| !token.is_empty()) else { return Ok(None) };
        let is_v2 = self.operation.answers_validation_exception();
        let code = if is_v2 { ErrorCode::ValidationException } else { ErrorCode::InvalidInputException };
        let refuse = |message: &'static str| AwsError::new(code, message);
        let invalid = || refuse("Invalid NextToken");
        let bytes = hex::decode(token).map_err(|_| invalid())?;
        let (seal, text) = bytes.split_at_checked(8).ok_or_else(invalid)?;
        let text = std::str::from_utf8(text).map_err(|_| invalid())?;
        if checksum(text).to_be_bytes() != seal {
            return Err(invalid());
        }
        let (owner, query, sequence, keys, issued_at): (u64, u64, u64, Vec<Value>, Option<i64>) =
            serde_json::from_str(text).map_err(|_| invalid())?;
        if owner != self.owner {
            return Err(invalid());
        }
        if query != self.query {
            return Err(refuse("Invalid NextToken: Input Query has changed"));
        }
        let age = self.called_at.zip(issued_at).map(|(now, issued_at)| now.saturating_sub(issued_at));
        if age.is_some_and(|age| age >= LIFETIME) {
            return Err(refuse("Invalid NextToken: The token has expired"));
        }
        let keys = keys.iter().map(key_from_json).collect::<Option<Vec<_>>>().ok_or_else(invalid)?;
        Ok(Some(Position { keys, sequence }))
    }
}

/// A value with the members of its objects sorted by name.
fn in_order(value: &Value) -> Value {
    match value {
        Value::Object(members) => {
            let mut members: Vec<(&String, Value)> =
                members.iter().map(|(name, value)| (name, in_order(value))).collect();
            members.sort_by_key(|(name, _)| *name);
            members.into_iter().map(|(name, value)| (name.clone(), value)).collect()
        }
        Value::Array(items) => items.iter().map(in_order).collect(),
        other => other.clone(),
    }
}

fn checksum(text: &str) -> u64 {
    let digest = Sha256::digest(text.as_bytes());
    digest.iter().take(8).fold(0, |sum, byte| sum << 8 | u64::from(*byte))
}

/// An instant is written as text, because JSON numbers cannot represent its nanoseconds.
fn key_to_json(key: &SortValue) -> Value {
    match key {
        SortValue::Missing => Value::Null,
        SortValue::Text(text) => json!(text),
        SortValue::Number(number) => json!(number),
        SortValue::Instant(instant) => json!([instant.to_string()]),
    }
}

fn key_from_json(value: &Value) -> Option<SortValue> {
    match value {
        Value::Null => Some(SortValue::Missing),
        Value::String(text) => Some(SortValue::Text(text.clone())),
        Value::Number(number) => number.as_f64().map(SortValue::Number),
        Value::Array(instant) => instant.first()?.as_str()?.parse().ok().map(SortValue::Instant),
        Value::Bool(_) | Value::Object(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::caller::Caller;
    use crate::state::{AccountId, Principal, Region, World};

    fn binding(account: &str, region: &str, query: &Value) -> Binding {
        binding_in(&World::default(), account, region, query)
    }

    fn binding_in(world: &World, account: &str, region: &str, query: &Value) -> Binding {
        let principal = Principal::local_user(AccountId::parse(account).unwrap());
        let caller = Caller { principal, region: Region::new(region), now: jiff::Timestamp::UNIX_EPOCH };
        Binding::new(&Context { world, caller, test: None }, Operation::GetFindings, query)
    }

    /// Rules: SRT-15.
    #[test]
    fn a_token_from_before_a_reset_is_refused() {
        let mut world = World::default();
        let position = Position { keys: vec![], sequence: 7 };
        let token = binding_in(&world, "111111111111", "us-east-1", &json!({})).seal(&position);
        world.set_epoch(1);
        let after = binding_in(&world, "111111111111", "us-east-1", &json!({}));
        assert_eq!(after.open(Some(&token)).unwrap_err().message, "Invalid NextToken");
    }

    /// Rules: SRT-18.
    #[test]
    fn a_token_contains_the_position_of_the_last_row() {
        let position = Position {
            keys: vec![
                SortValue::Text("ä".into()),
                SortValue::Missing,
                SortValue::Number(0.5),
                SortValue::Instant(1_768_467_600_123_456_789),
            ],
            sequence: 7,
        };
        let binding = binding("111111111111", "us-east-1", &json!({}));
        assert_eq!(binding.open(Some(&binding.seal(&position))).unwrap(), Some(position));
    }

    /// Rules: SRT-13.
    #[test]
    fn the_order_of_members_does_not_change_a_query() {
        let of = |text: &str| binding("111111111111", "us-east-1", &serde_json::from_str(text).unwrap());
        let token = of(r#"{"a":[{"x":1,"y":2}],"b":2}"#).seal(&Position { keys: vec![], sequence: 7 });
        assert!(of(r#"{"b":2,"a":[{"y":2,"x":1}]}"#).open(Some(&token)).is_ok());
        assert!(of(r#"{"b":2,"a":[{"y":1,"x":2}]}"#).open(Some(&token)).is_err());
    }

    /// Rules: O2G-11, SRT-16, UNK-12.
    #[test]
    fn only_tokens_of_software_expire() {
        let world = World::default();
        let binding = |operation: Operation, minutes: i64| {
            let principal = Principal::local_user(AccountId::parse("111111111111").unwrap());
            let now = jiff::Timestamp::UNIX_EPOCH + jiff::SignedDuration::from_mins(minutes);
            let caller = Caller { principal, region: Region::new("us-east-1"), now };
            Binding::new(&Context { world: &world, caller, test: None }, operation, &json!({}))
        };
        for (operation, expires) in [
            (Operation::GetSoftwareV2, true),
            (Operation::GetSoftwareResourcesV2, true),
            (Operation::GetFindings, false),
            (Operation::GetFindingsV2, false),
        ] {
            let token = binding(operation, 5).seal(&Position { keys: vec![], sequence: 7 });
            let is_valid = |minutes: i64| binding(operation, minutes).open(Some(&token)).is_ok();
            let later = [0, 64, 65, 1_000_000].map(is_valid);
            assert_eq!(later, [true, true, !expires, !expires], "{}", operation.name());
        }
    }

    /// Rules: SRT-17.
    #[test]
    fn a_missing_token_means_the_first_page() {
        let binding = binding("111111111111", "us-east-1", &json!({}));
        assert_eq!(binding.open(None).unwrap(), None);
        assert_eq!(binding.open(Some("")).unwrap(), None);
    }

    /// Rules: SRT-13, SRT-15.
    #[test]
    fn a_token_is_valid_only_for_its_own_query() {
        let token =
            binding("111111111111", "us-east-1", &json!({"a": 1})).seal(&Position { keys: vec![], sequence: 7 });
        let refusal = |account, region, query: Value, token: &str| {
            binding(account, region, &query).open(Some(token)).unwrap_err().message.into_owned()
        };
        let query = json!({"a": 1});
        assert_eq!(
            refusal("111111111111", "us-east-1", json!({"a": 2}), &token),
            "Invalid NextToken: Input Query has changed"
        );
        assert_eq!(refusal("222222222222", "us-east-1", query.clone(), &token), "Invalid NextToken");
        assert_eq!(refusal("111111111111", "eu-west-1", query.clone(), &token), "Invalid NextToken");
        for damaged in ["x", "é", "00", "zz", &token[2..], &token[..token.len() - 2], &token.replace('7', "8")] {
            assert_eq!(refusal("111111111111", "us-east-1", query.clone(), damaged), "Invalid NextToken");
        }
    }
}
