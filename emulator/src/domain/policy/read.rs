//! Parses a policy document from JSON into a [`Policy`] and reports all problems.
//!
//! Identity-based policies, boundaries, session policies and service control policies share one language, in which no
//! principal is named. So one reader is enough.

use std::collections::HashSet;

use serde_json::{Map, Value};

use super::operators;
use super::pattern::{self, Syntax};
use super::remark::{Remark, Remarks, Step};
use super::{condition, known};
use crate::state::{Condition, Effect, Pattern, PatternList, Policy, Statement};

/// The elements of a document.
const OF_DOCUMENT: [&str; 3] = ["Version", "Id", "Statement"];
/// The elements of a statement.
const OF_STATEMENT: [&str; 7] = ["Sid", "Effect", "Action", "NotAction", "Resource", "NotResource", "Condition"];
/// The version with variables, and the older one, which is the default.
const VERSIONS: [&str; 2] = ["2012-10-17", "2008-10-17"];

/// Parses a document. The policy is missing if a remark refuses the document.
pub fn read(name: &str, document: &Value) -> (Option<Policy>, Vec<Remark>) {
    let mut reader = Reader { remarks: Remarks::default(), variables: false, is_relevant: true, sids: HashSet::new() };
    let statements = reader.document(document);
    let remarks = reader.remarks.all;
    let refused = remarks.iter().any(|remark| remark.refuses);
    ((!refused).then(|| Policy { name: name.to_owned(), statements }), remarks)
}

struct Reader<'d> {
    remarks: Remarks,
    /// True if `${…}` is a variable.
    variables: bool,
    /// True if the statement affects Security Hub.
    is_relevant: bool,
    sids: HashSet<&'d str>,
}

impl<'d> Reader<'d> {
    fn document(&mut self, document: &'d Value) -> Vec<Statement> {
        let Some(members) = self.object(document, "a policy", &OF_DOCUMENT) else { return Vec::new() };
        if let Some(version) = members.get("Version") {
            self.remarks.enter(Step::Key("Version"), |remarks| {
                let known = version.as_str().is_some_and(|version| VERSIONS.contains(&version));
                if !known {
                    let expected = format!("\"{}\", or the older \"{}\"", VERSIONS[0], VERSIONS[1]);
                    remarks.refuse(format!("invalid policy Version {version}"), expected);
                }
            });
            self.variables = version == VERSIONS[0];
        }
        let Some(statements) = members.get("Statement") else {
            self.remarks.refuse("missing `Statement` in a policy", "a statement or a list of statements");
            return Vec::new();
        };
        let mut read = Vec::new();
        self.each(statements, "Statement", "a statement or a list of statements", |reader, statement| {
            read.extend(reader.statement(statement));
        });
        read
    }

    fn statement(&mut self, statement: &'d Value) -> Option<Statement> {
        let members = self.object(statement, "a statement", &OF_STATEMENT)?;
        if let Some(sid) = members.get("Sid") {
            self.sid(sid);
        }
        let effect = self.effect(members.get("Effect"));
        let actions = self.listed(members, ["Action", "NotAction"], Self::action);
        let resources = self.listed(members, ["Resource", "NotResource"], Self::resource);
        // A condition for actions of other services may use keys that are unknown here.
        self.is_relevant = actions.as_ref().is_none_or(known::includes_security_hub);
        let conditions = members.get("Condition").map(|block| self.conditions(block)).unwrap_or_default();
        let sid = members.get("Sid").and_then(Value::as_str).map(str::to_owned);
        Some(Statement { sid, effect: effect?, actions: actions?, resources: resources?, conditions })
    }

    fn sid(&mut self, sid: &'d Value) {
        let text = sid.as_str().filter(|text| text.bytes().all(|byte| byte.is_ascii_alphanumeric()));
        let twice = text.is_some_and(|text| !self.sids.insert(text));
        self.remarks.enter(Step::Key("Sid"), |remarks| {
            if text.is_none() {
                remarks.refuse(format!("{sid} is not a valid Sid"), "letters and digits");
            } else if twice {
                remarks.refuse(format!("duplicate Sid {sid}"), "a different Sid for each statement");
            }
        });
    }

    fn effect(&mut self, effect: Option<&Value>) -> Option<Effect> {
        const EXPECTED: &str = "Allow or Deny";
        let Some(written) = effect else {
            self.remarks.refuse("missing `Effect` in a statement", EXPECTED);
            return None;
        };
        let effect = match written.as_str() {
            Some("Allow") => Some(Effect::Allow),
            Some("Deny") => Some(Effect::Deny),
            _ => None,
        };
        if effect.is_none() {
            self.remarks.enter(Step::Key("Effect"), |remarks| {
                remarks.refuse(format!("`Effect` cannot be {written}"), EXPECTED);
                remarks.suggest(written.as_str().unwrap_or_default(), ["Allow", "Deny"]);
            });
        }
        effect
    }

    /// Reads the list that a statement has under exactly one of two names.
    fn listed(
        &mut self,
        members: &'d Map<String, Value>,
        [positive, negative]: [&'static str; 2],
        read: fn(&mut Self, &str) -> Pattern,
    ) -> Option<PatternList> {
        let (name, list) = match (members.get(positive), members.get(negative)) {
            (Some(list), None) => (positive, list),
            (None, Some(list)) => (negative, list),
            (None, None) => {
                let expected = format!("`{positive}` or `{negative}`");
                self.remarks.refuse(format!("missing `{positive}` in a statement"), expected);
                return None;
            }
            (Some(_), Some(_)) => {
                let message = format!("a statement cannot have both `{positive}` and `{negative}`");
                self.remarks.enter(Step::Key(negative), |remarks| remarks.refuse(message, "only one of the two"));
                return None;
            }
        };
        let mut patterns = Vec::new();
        self.each(list, name, "a string or a list of strings", |reader, item| match item.as_str() {
            Some(text) => patterns.push(read(reader, text)),
            None => reader.remarks.refuse(format!("`{name}` cannot be {item}"), "a string or a list of strings"),
        });
        Some(if name == positive { PatternList::AnyOf(patterns) } else { PatternList::NoneOf(patterns) })
    }

    fn action(&mut self, text: &str) -> Pattern {
        let pattern = pattern::read(text, Syntax { wildcards: true, variables: false });
        if text != "*" && text.split_once(':').is_none_or(|(service, name)| service.is_empty() || name.is_empty()) {
            let message = format!("`{text}` is not a valid action");
            self.remarks.refuse(message, "a service and a name, such as securityhub:GetFindings or securityhub:Get*");
        } else if !known::is_action(text, &pattern) {
            self.remarks.warn(format!("Security Hub has no action `{text}`"));
            self.remarks.suggest(text, known::actions());
        }
        pattern
    }

    fn resource(&mut self, text: &str) -> Pattern {
        if text != "*" && !text.starts_with("arn:") {
            let message = format!("`{text}` is not a valid resource");
            self.remarks.refuse(message, "* or an ARN, such as arn:aws:securityhub:us-east-1:111122223333:hub/default");
        }
        pattern::read(text, Syntax { wildcards: true, variables: self.variables })
    }

    fn conditions(&mut self, block: &'d Value) -> Vec<Condition> {
        let mut conditions = Vec::new();
        self.remarks.go(Step::Key("Condition"));
        match block {
            Value::Object(operators) => {
                for (name, keys) in operators {
                    self.remarks.go(Step::Key(name));
                    self.operator(name, keys, &mut conditions);
                    self.remarks.back();
                }
            }
            other => {
                self.remarks.refuse(format!("`Condition` cannot be {other}"), "a map of condition operators, {...}");
            }
        }
        self.remarks.back();
        conditions
    }

    fn operator(&mut self, name: &str, keys: &'d Value, conditions: &mut Vec<Condition>) {
        let Some(operator) = operators::find(name) else {
            self.remarks.refuse_key(format!("unknown condition operator `{name}`"), "an operator such as StringEquals");
            return self.remarks.suggest(name, operators::names());
        };
        let Value::Object(keys) = keys else {
            return self.remarks.refuse(format!("`{name}` cannot be {keys}"), "a map of condition keys, {...}");
        };
        for (key, values) in keys {
            if self.is_relevant && !known::is_key(key) {
                self.remarks.enter(Step::Key(key), |remarks| {
                    remarks.warn_key(format!("requests to the emulator never contain the condition key `{key}`"));
                    remarks.suggest(key, known::keys());
                });
            }
            let wildcards = operators::supports_wildcards(operator.test);
            let mut patterns = Vec::new();
            self.each(values, key, "a value or a list of values", |reader, value| {
                let Some(text) = scalar(value) else {
                    return reader.remarks.refuse(format!("{value} is not a valid condition value"), "a string");
                };
                let pattern = pattern::read(&text, Syntax { wildcards, variables: reader.variables });
                if let Some(expected) = condition::expected_form(operator.test, &text)
                    && !pattern::has_variables(&pattern)
                {
                    reader.remarks.refuse(format!("`{name}` cannot compare with `{text}`"), expected);
                }
                patterns.push(pattern);
            });
            conditions.push(Condition { operator, key: key.clone(), values: patterns });
        }
    }

    /// Reads each item of a list, or a single value.
    fn each(
        &mut self,
        written: &'d Value,
        name: &'d str,
        expected: &'static str,
        mut read: impl FnMut(&mut Self, &'d Value),
    ) {
        self.remarks.go(Step::Key(name));
        match written {
            Value::Array(items) if items.is_empty() => self.remarks.refuse(format!("`{name}` is empty"), expected),
            Value::Array(items) => {
                for (position, item) in items.iter().enumerate() {
                    self.remarks.go(Step::Item(position));
                    read(self, item);
                    self.remarks.back();
                }
            }
            alone => read(self, alone),
        }
        self.remarks.back();
    }

    /// The members of an object, which may only have the known names.
    fn object(&mut self, value: &'d Value, what: &str, known: &[&'static str]) -> Option<&'d Map<String, Value>> {
        let Value::Object(members) = value else {
            self.remarks.refuse(format!("{what} cannot be {value}"), "an object, {...}");
            return None;
        };
        for name in members.keys().filter(|name| !known.contains(&&***name)) {
            self.remarks.enter(Step::Key(name), |remarks| {
                if matches!(&**name, "Principal" | "NotPrincipal") {
                    let message = format!("`{name}` is only allowed in resource-based policies");
                    let target = "the policy applies to the identity or target that it is attached to";
                    remarks.refuse_key(message, format!("no `{name}`; {target}"));
                } else {
                    remarks.refuse_key(format!("unknown key `{name}` in {what}"), known.join(", "));
                    remarks.suggest(name, known.iter().copied());
                }
            });
        }
        Some(members)
    }
}

/// A value of a condition as text; numbers and booleans may be unquoted.
fn scalar(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Bool(_) | Value::Number(_) => Some(value.to_string()),
        _ => None,
    }
}
