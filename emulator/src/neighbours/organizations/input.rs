//! Members of the input of an operation.

use std::borrow::Cow;

use serde_json::{Map, Value};

use crate::aws_error::{AwsError, ErrorCode};
use crate::state::{AccountId, PolicyType};

/// The input of an operation.
pub(super) struct Input<'a> {
    pub(super) operation: &'a str,
    pub(super) members: &'a Map<String, Value>,
}

impl<'a> Input<'a> {
    /// A text that may be missing.
    pub(super) fn optional(&self, member: &str) -> Result<Option<&'a str>, AwsError> {
        match self.members.get(member) {
            None | Some(Value::Null) => Ok(None),
            Some(Value::String(text)) => Ok(Some(text)),
            Some(_) => Err(AwsError::new(ErrorCode::SerializationException, format!("{member} must be a string"))),
        }
    }

    /// A required text.
    pub(super) fn text(&self, member: &str) -> Result<&'a str, AwsError> {
        let given = self.optional(member)?;
        given.ok_or_else(|| invalid("INPUT_REQUIRED", format!("You must specify {member}.")))
    }

    /// A text of limited length, in characters.
    pub(super) fn sized(&self, member: &str, (min, max): (usize, usize)) -> Result<&'a str, AwsError> {
        let text = self.text(member)?;
        check_size(text, (min, max))?;
        Ok(text)
    }

    /// A text of limited length that may be missing.
    pub(super) fn optional_sized(&self, member: &str, size: (usize, usize)) -> Result<Option<&'a str>, AwsError> {
        let text = self.optional(member)?;
        text.map_or(Ok(()), |text| check_size(text, size))?;
        Ok(text)
    }

    /// A required ID of the given form.
    pub(super) fn id(&self, member: &str, has_form: impl FnOnce(&str) -> bool) -> Result<&'a str, AwsError> {
        let id = self.text(member)?;
        if has_form(id) { Ok(id) } else { Err(wrong_pattern()) }
    }

    /// A required account ID.
    pub(super) fn account(&self, member: &str) -> Result<AccountId, AwsError> {
        AccountId::parse(self.text(member)?).ok_or_else(wrong_pattern)
    }

    /// A required type of policies.
    pub(super) fn policy_type(&self, member: &str) -> Result<PolicyType, AwsError> {
        let kind = PolicyType::parse(self.text(member)?);
        kind.ok_or_else(|| invalid("INVALID_ENUM_POLICY_TYPE", "You specified an invalid value."))
    }

    /// `ServicePrincipal`, a name that ends with `.amazonaws.com`.
    pub(super) fn service_principal(&self) -> Result<String, AwsError> {
        let name = self.text("ServicePrincipal")?;
        let service = name.strip_suffix(".amazonaws.com").unwrap_or_default();
        let fits = |byte: u8| byte.is_ascii_alphanumeric() || b"_+=,.@-".contains(&byte);
        if service.is_empty() || name.len() > 128 || !service.bytes().all(fits) {
            return Err(invalid("UNRECOGNIZED_SERVICE_PRINCIPAL", "You specified an unrecognized service principal."));
        }
        Ok(name.to_owned())
    }

    /// `Tags`, in the order given.
    pub(super) fn tags(&self) -> Result<Vec<(String, String)>, AwsError> {
        let mut tags = Vec::new();
        for tag in self.list("Tags")? {
            let part = |name: &str| tag.get(name).and_then(Value::as_str);
            let (Some(key), Some(value)) = (part("Key"), part("Value")) else {
                return Err(invalid("INPUT_REQUIRED", "You must specify the Key and the Value of each tag."));
            };
            check_size(key, (1, 128))?;
            check_size(value, (0, 256))?;
            tags.push((key.to_owned(), value.to_owned()));
        }
        Ok(tags)
    }

    /// A list of texts.
    pub(super) fn texts(&self, member: &str) -> Result<Vec<String>, AwsError> {
        let items = self.list(member)?.iter();
        items.map(|item| item.as_str().map(str::to_owned).ok_or_else(wrong_pattern)).collect()
    }

    fn list(&self, member: &str) -> Result<&'a [Value], AwsError> {
        match self.members.get(member) {
            None | Some(Value::Null) => Ok(&[]),
            Some(Value::Array(items)) => Ok(items),
            Some(_) => Err(AwsError::new(ErrorCode::SerializationException, format!("{member} must be a list"))),
        }
    }
}

fn check_size(text: &str, (min, max): (usize, usize)) -> Result<(), AwsError> {
    let size = text.chars().count();
    if size < min {
        return Err(invalid("MIN_LENGTH_EXCEEDED", "You provided a value that is shorter than the minimum length."));
    }
    if size > max {
        return Err(invalid("MAX_LENGTH_EXCEEDED", "You provided a value that exceeds the maximum length."));
    }
    Ok(())
}

/// An invalid input, with AWS's reason.
pub(super) fn invalid(reason: &'static str, message: impl Into<Cow<'static, str>>) -> AwsError {
    AwsError::new(ErrorCode::InvalidInputException, message).with_reason(reason)
}

pub(super) fn wrong_pattern() -> AwsError {
    invalid("INVALID_PATTERN", "You provided a value that does not match the required pattern.")
}

/// `r-` and 4 to 32 lower-case letters and digits.
pub(super) fn is_root_id(id: &str) -> bool {
    id.strip_prefix("r-").is_some_and(|rest| is_word(rest, 4))
}

/// `ou-`, 4 to 32, `-` and 8 to 32 lower-case letters and digits.
pub(super) fn is_unit_id(id: &str) -> bool {
    let parts = id.strip_prefix("ou-").and_then(|rest| rest.split_once('-'));
    parts.is_some_and(|(root, own)| is_word(root, 4) && is_word(own, 8))
}

/// The ID of a root or a unit.
pub(super) fn is_parent_id(id: &str) -> bool {
    is_root_id(id) || is_unit_id(id)
}

/// The ID of an account or a unit.
pub(super) fn is_child_id(id: &str) -> bool {
    AccountId::parse(id).is_some() || is_unit_id(id)
}

/// The ID of a root, a unit or an account.
pub(super) fn is_target_id(id: &str) -> bool {
    is_child_id(id) || is_root_id(id)
}

/// `p-` and 8 to 128 letters, digits and underscores.
pub(super) fn is_policy_id(id: &str) -> bool {
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
    id.strip_prefix("p-").is_some_and(|rest| (8..=128).contains(&rest.len()) && rest.bytes().all(fits))
}

/// The ID of something that can have tags.
pub(super) fn is_taggable_id(id: &str) -> bool {
    is_target_id(id) || is_policy_id(id)
}

fn is_word(text: &str, min: usize) -> bool {
    let fits = |byte: u8| byte.is_ascii_digit() || byte.is_ascii_lowercase();
    (min..=32).contains(&text.len()) && text.bytes().all(fits)
}
