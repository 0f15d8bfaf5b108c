//! How closely the emulator follows AWS: the register of rules with their evidence and tests ([`register`]), and the
//! limits of operations ([`limits`]).
//!
//! Contains: docs/rules.tsv and the names of tests from docs/fidelity.md, as values, and their selection. Does not contain:
//! the rules themselves, which are code of the domain.

pub mod limits;
pub mod register;

use schemars::JsonSchema;
use securityhub_fixtures::Operation;
use serde::{Deserialize, Serialize};

use crate::operations::{Coverage, entry};
use register::{Chapter, Rule, Selection};

/// Rules that are selected, all chapters, and all operations.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "PascalCase")]
pub struct Fidelity {
    /// The number of rules in the register.
    pub total: usize,
    /// The number of these rules that tests cover.
    pub tested: usize,
    /// All chapters.
    pub chapters: Vec<Chapter>,
    /// The selected rules, in the order of the register.
    pub rules: Vec<Rule>,
    /// All operations.
    pub operations: Vec<OperationCoverage>,
}

/// An operation of the API.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "PascalCase")]
pub struct OperationCoverage {
    /// Its name.
    pub operation: String,
    /// `implemented` or `not implemented`.
    pub behavior: String,
    /// The known limit of the operation compared with AWS.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub limit: Option<String>,
    /// The rule about the limit.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rule: Option<String>,
}

/// The rules that are selected, with the chapters and operations.
pub fn of(selection: &Selection) -> Fidelity {
    let all = register::all();
    Fidelity {
        total: all.rules.len(),
        tested: all.rules.iter().filter(|rule| rule.is_tested()).count(),
        chapters: all.chapters.clone(),
        rules: selection.rules().cloned().collect(),
        operations: operations(),
    }
}

/// All operations.
pub fn operations() -> Vec<OperationCoverage> {
    let of = |operation: Operation| {
        let limit = limits::of(operation);
        OperationCoverage {
            operation: operation.name().to_owned(),
            behavior: status(entry(operation).coverage).to_owned(),
            limit: limit.as_ref().map(|limit| limit.text.to_owned()),
            rule: limit.map(|limit| limit.rule.to_owned()),
        }
    };
    Operation::ALL.into_iter().map(of).collect()
}

/// The status of an operation in text output.
pub fn status(coverage: Coverage) -> &'static str {
    match coverage {
        Coverage::Implemented => "implemented",
        Coverage::Missing => "not implemented",
    }
}
