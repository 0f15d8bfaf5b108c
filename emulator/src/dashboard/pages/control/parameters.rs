//! The parameters of a control: their current values as fields of a form, and the call that sets them.

use securityhub_fixtures::Operation;
use serde_json::{Map, Value, json};

use super::Described;
use crate::dashboard::call::Call;
use crate::dashboard::forms::Form;
use crate::dashboard::messages::Message;
use crate::dashboard::page::{Context, Done, PageError};
use crate::dashboard::select::{self, SelectOption};
use crate::dashboard::text;

/// Maximum number of choices of a field.
const CHOICES: usize = 200;

/// A field of the form.
pub(super) struct Parameter {
    /// The name of the parameter.
    pub(super) name: String,
    /// The values that it accepts, and its default.
    pub(super) hint: String,
    /// The value that is typed or set; empty for the default.
    pub(super) value: String,
    /// The values to choose from; none for a field with text.
    pub(super) choices: Vec<SelectOption>,
}

/// The fields of a control.
pub(super) fn all(context: &Context<'_>, control: &Described) -> Vec<Parameter> {
    let definitions = control.definition["ParameterDefinitions"].as_object().into_iter().flatten();
    let field = |(name, definition): (&String, &Value)| {
        let (kind, options) = options(definition)?;
        let current = &control.settings["Parameters"][name];
        let own = if current["ValueType"] == "CUSTOM" { plain(&current["Value"][kind]) } else { String::new() };
        let value = context.typed.map_or(own, |form| form.field(&field_name(name)).to_owned());
        let choices: Vec<String> = match kind {
            "Boolean" => vec!["true".to_owned(), "false".to_owned()],
            "Enum" => values(&options["AllowedValues"]).into_iter().take(CHOICES).collect(),
            _ => Vec::new(),
        };
        let choices = select::options(choices, &value);
        Some(Parameter { name: name.clone(), hint: hint(kind, options), choices, value })
    };
    definitions.filter_map(field).collect()
}

/// The type of a parameter and its options.
fn options(definition: &Value) -> Option<(&str, &Value)> {
    let (kind, options) = definition["ConfigurationOptions"].as_object()?.iter().next()?;
    Some((kind, options))
}

/// The name of the field of a parameter.
fn field_name(parameter: &str) -> String {
    format!("parameter-{parameter}")
}

/// The texts of the items of a list.
fn values(list: &Value) -> Vec<String> {
    list.as_array().into_iter().flatten().map(plain).collect()
}

/// A value as it is typed: the items of a list are separated by commas.
fn plain(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        Value::Array(_) => values(value).join(", "),
        other => other.to_string(),
    }
}

/// `Whole number, from 14 to 365. Default: 30.`
fn hint(kind: &str, options: &Value) -> String {
    let kind_text = match kind {
        "Integer" => "Whole number",
        "IntegerList" => "Whole numbers, separated by commas",
        "Double" => "Number",
        "Boolean" => "true or false",
        "Enum" => "One of the values",
        "EnumList" => "Values, separated by commas",
        _ => "Texts, separated by commas",
    };
    let range = match (plain(&options["Min"]).as_str(), plain(&options["Max"]).as_str()) {
        ("", "") => String::new(),
        (min, "") => format!(", at least {min}"),
        ("", max) => format!(", at most {max}"),
        (min, max) => format!(", from {min} to {max}"),
    };
    let allowed: Vec<String> = values(&options["AllowedValues"]).into_iter().take(CHOICES).collect();
    let choices = if kind == "EnumList" { format!(": {}", allowed.join(", ")) } else { String::new() };
    let items = options["MaxItems"].as_u64();
    let items = items.map(|items| format!("; at most {}", text::counted(items, "value", "values")));
    let default = match plain(&options["DefaultValue"]).as_str() {
        "" => "No default".to_owned(),
        default => format!("Default: {default}"),
    };
    format!("{kind_text}{range}{choices}{}. {default}.", items.unwrap_or_default())
}

/// The call that sets parameters.
pub(super) fn call(id: &str, parameters: &Value, reason: &str) -> Call {
    let parameters = if parameters.is_object() { parameters.clone() } else { json!({}) };
    let mut input = json!({ "SecurityControlId": id, "Parameters": parameters });
    if !reason.is_empty() {
        input["LastUpdateReason"] = reason.into();
    }
    Call::api(Operation::UpdateSecurityControl, input)
}

/// Sets the parameters to what was typed; an empty field is the default.
pub(super) fn update(context: &Context<'_>, control: &Described, form: &Form) -> Result<Done, PageError> {
    let definitions = control.definition["ParameterDefinitions"].as_object().into_iter().flatten();
    let mut parameters = Map::new();
    for (name, definition) in definitions {
        let Some((kind, _)) = options(definition) else { continue };
        let typed = form.field(&field_name(name)).trim();
        let configuration = if typed.is_empty() {
            json!({ "ValueType": "DEFAULT" })
        } else {
            let value = read(kind, typed).ok_or_else(|| {
                PageError::Invalid(format!("`{typed}` is not a valid value of {name} (expected {}).", expected(kind)))
            })?;
            json!({ "ValueType": "CUSTOM", "Value": { kind: value } })
        };
        parameters.insert(name.clone(), configuration);
    }
    let count = text::counted(parameters.len() as u64, "parameter", "parameters");
    let call = call(control.id(), &Value::Object(parameters), form.field("update-reason").trim());
    context.send(&call)?;
    Ok(Message::new(format!("{count} set, 0 refused."), vec![call]).into())
}

fn expected(kind: &str) -> &'static str {
    match kind {
        "Integer" => "a whole number",
        "IntegerList" => "whole numbers, separated by commas",
        "Double" => "a number",
        "Boolean" => "true or false",
        _ => "text",
    }
}

/// A value of a type.
fn read(kind: &str, typed: &str) -> Option<Value> {
    let mut items = typed.split(',').map(str::trim).filter(|item| !item.is_empty());
    match kind {
        "Integer" => typed.parse::<i64>().ok().map(Value::from),
        "Double" => typed.parse::<f64>().ok().filter(|number| number.is_finite()).map(Value::from),
        "Boolean" => typed.parse::<bool>().ok().map(Value::from),
        "Enum" | "String" => Some(typed.into()),
        "IntegerList" => {
            items.map(|item| item.parse::<i64>().ok().map(Value::from)).collect::<Option<Vec<_>>>().map(Value::from)
        }
        "EnumList" | "StringList" => Some(items.by_ref().map(Value::from).collect()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Rules: DSH-82.
    #[test]
    fn a_value_is_read_as_its_type() {
        for (kind, typed, expected) in [
            ("Integer", "45", Some(json!(45))),
            ("Integer", "4.5", None),
            ("Double", "0.5", Some(json!(0.5))),
            ("Double", "NaN", None),
            ("Boolean", "true", Some(json!(true))),
            ("Boolean", "maybe", None),
            ("IntegerList", "80, 443", Some(json!([80, 443]))),
            ("IntegerList", "80, x", None),
            ("StringList", "a,b ,", Some(json!(["a", "b"]))),
            ("Enum", "INFO", Some(json!("INFO"))),
        ] {
            assert_eq!(read(kind, typed), expected, "{kind} {typed}");
        }
        let options = json!({ "DefaultValue": 30, "Min": 14, "Max": 365 });
        assert_eq!(hint("Integer", &options), "Whole number, from 14 to 365. Default: 30.");
        let options = json!({ "AllowedValues": ["a", "b"], "MaxItems": 2 });
        assert_eq!(hint("EnumList", &options), "Values, separated by commas: a, b; at most 2 values. No default.");
    }
}
