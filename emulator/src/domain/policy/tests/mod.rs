//! Policies in hand-written tables, compared with a naive evaluator, and through the gate.

mod calls;
mod documents;
mod properties;
mod table;

use std::sync::Arc;

use serde_json::{Value, json};

use super::{Keys, Kind, Layer, Request, evaluate, read};
use crate::state::Policy;

const HUB: &str = "arn:aws:securityhub:us-east-1:222222222222:hub/default";

/// Reads a valid document.
fn policy(document: &Value) -> Arc<Policy> {
    let (policy, remarks) = read("test", document);
    Arc::new(policy.unwrap_or_else(|| panic!("{document}: {remarks:#?}")))
}

/// A policy of these statements.
fn of(statements: Value) -> Arc<Policy> {
    policy(&json!({ "Version": "2012-10-17", "Statement": statements }))
}

fn keys(pairs: &[(&str, &[&str])]) -> Keys {
    let mut keys = Keys::default();
    for (key, values) in pairs {
        keys.set(key, values.iter().map(|value| (*value).to_owned()));
    }
    keys
}

/// The end of the message that denies GetFindings; none if it is allowed.
fn denied(layers: &[(Kind, Vec<Arc<Policy>>)], keys: &Keys) -> Option<String> {
    let layers: Vec<_> = layers.iter().map(|(kind, policies)| Layer { kind: *kind, policies }).collect();
    let request = Request { action: "securityhub:GetFindings", resource: HUB, keys };
    evaluate(&layers, request).err().map(|denial| denial.reason(request.action))
}
