//! What conditions and variables of policies can ask of a request.

use std::collections::BTreeMap;

/// The condition keys of a request and their values. Letter case counts in values and not in keys (IAM-09).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Keys(BTreeMap<String, Vec<String>>);

impl Keys {
    /// Sets a key; without a value it stays missing.
    pub fn set(&mut self, key: &str, values: impl IntoIterator<Item = String>) {
        let values: Vec<String> = values.into_iter().collect();
        if !values.is_empty() {
            self.0.insert(key.to_lowercase(), values);
        }
    }

    /// The values of a key; `None` where the request does not have it.
    pub fn get(&self, key: &str) -> Option<&[String]> {
        self.0.get(&key.to_lowercase()).map(Vec::as_slice)
    }

    /// The value of a key that has one.
    pub fn single(&self, key: &str) -> Option<&str> {
        match self.get(key) {
            Some([value]) => Some(value),
            _ => None,
        }
    }
}
