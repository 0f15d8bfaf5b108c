//! Parameters of security controls: their types and options, and the values that an account sets (SEC-08, SEC-09,
//! SEC-23, SEC-30 … SEC-34).

use securityhub_fixtures::standards::{Control, Options, Parameter};
use serde_json::{Map, Value, json};

use crate::aws_error::AwsError;
use crate::invariant::Invariant;
use crate::shape::{Bound, Rule, Segment, Violation, sentence};

/// The default value of a parameter as a `ParameterValue`; none if the service has no default (SEC-09).
fn default_value(options: &Options) -> Option<Value> {
    let value = match options {
        Options::Integer { default, .. } => json!((*default)?),
        Options::IntegerList { default, .. } => json!((*default)?),
        Options::Double { default, .. } => json!((*default)?),
        Options::Boolean { default } => json!((*default)?),
        Options::Enum { default, .. } => json!((*default)?),
        Options::EnumList { default, .. } | Options::StringList { default, .. } => json!((*default)?),
    };
    Some(value)
}

/// A `ParameterConfiguration`: the account's own value, or the default (SEC-23).
pub(super) fn configuration(parameter: &Parameter, own: Option<&Value>) -> Value {
    match (own, default_value(&parameter.options)) {
        (Some(own), _) => json!({ "ValueType": "CUSTOM", "Value": own }),
        (None, Some(value)) => json!({ "ValueType": "DEFAULT", "Value": { parameter.options.type_name(): value } }),
        (None, None) => json!({ "ValueType": "DEFAULT" }),
    }
}

/// A `ParameterDefinition` (SEC-08, SEC-09). Its description is ours.
pub fn definition(parameter: &Parameter) -> Value {
    let options = &parameter.options;
    let mut members = Map::new();
    let mut insert = |name: &str, value: Option<Value>| {
        if let Some(value) = value {
            members.insert(name.to_owned(), value);
        }
    };
    insert("DefaultValue", default_value(options));
    match options {
        Options::Integer { min, max, .. } => {
            insert("Min", min.map(Value::from));
            insert("Max", max.map(Value::from));
        }
        Options::Double { min, max, .. } => {
            insert("Min", min.map(Value::from));
            insert("Max", max.map(Value::from));
        }
        Options::IntegerList { min, max, max_items, .. } => {
            insert("Min", min.map(Value::from));
            insert("Max", max.map(Value::from));
            insert("MaxItems", max_items.map(Value::from));
        }
        Options::Enum { allowed, .. } => insert("AllowedValues", Some(json!(allowed))),
        Options::EnumList { allowed, max_items, .. } => {
            insert("AllowedValues", Some(json!(allowed)));
            insert("MaxItems", max_items.map(Value::from));
        }
        Options::StringList { max_items, .. } => insert("MaxItems", max_items.map(Value::from)),
        Options::Boolean { .. } => {}
    }
    json!({
        "Description": format!("Parameter {} of the control", parameter.name),
        "ConfigurationOptions": { options.type_name(): members },
    })
}

/// The changes of an update: for each parameter its own value, or none to use the default again (SEC-32, SEC-33).
///
/// # Errors
/// 400 for parameters or values that the control does not accept (SEC-34).
pub fn changes(
    control: &'static Control,
    sent: &Map<String, Value>,
) -> Result<Vec<(&'static str, Option<Value>)>, AwsError> {
    if !control.customizable {
        let message =
            format!("Invalid parameter 'Parameters'. Security control {} has no customizable parameters", control.id);
        return Err(AwsError::invalid_input(message));
    }
    let mut changes = Vec::with_capacity(sent.len());
    let mut violations = Vec::new();
    for (name, configuration) in sent {
        match control.parameters.iter().find(|parameter| parameter.name == name) {
            None => violations.push(Violation { path: vec![member("Parameters")], rule: Rule::Unknown(name.clone()) }),
            Some(parameter) => match own_value(parameter, configuration) {
                Ok(value) => changes.push((parameter.name, value)),
                Err((mut beneath, rule)) => {
                    let mut path = vec![member("Parameters"), member(parameter.name)];
                    path.append(&mut beneath);
                    violations.push(Violation { path, rule });
                }
            },
        }
    }
    if violations.is_empty() { Ok(changes) } else { Err(AwsError::invalid_input(sentence::classic(&violations))) }
}

fn member(name: &'static str) -> Segment {
    Segment::Member(0, name)
}

/// A violation, with its path relative to the parameter.
type Broken = (Vec<Segment>, Rule);

/// The value of a `ParameterConfiguration`. A custom value must have the parameter's type and be among its options; a
/// value next to a default is ignored (SEC-32, SEC-34).
fn own_value(parameter: &Parameter, configuration: &Value) -> Result<Option<Value>, Broken> {
    if configuration.get("ValueType").and_then(Value::as_str) == Some("DEFAULT") {
        return Ok(None);
    }
    let type_name = parameter.options.type_name();
    let value = configuration.get("Value").ok_or((vec![], Rule::Missing("Value")))?;
    let typed = value.get(type_name).ok_or_else(|| (vec![member("Value")], Rule::Missing(type_name)))?;
    check_options(&parameter.options, typed).map_err(|(mut beneath, rule)| {
        let mut path = vec![member("Value"), member(type_name)];
        path.append(&mut beneath);
        (path, rule)
    })?;
    Ok(Some(value.clone()))
}

/// Checks a value of the right type against the options.
fn check_options(options: &Options, value: &Value) -> Result<(), Broken> {
    match options {
        Options::Integer { min, max, .. } => in_range(value, *min, *max).map_err(|rule| (vec![], rule)),
        Options::Double { min, max, .. } => {
            let number =
                value.as_f64().or_report("the type of a parameter's value has been checked").unwrap_or_default();
            let below = min
                .filter(|min| number < *min)
                .map(|min| Rule::Below { least: Bound::Float(min), value: Bound::Float(number) });
            let above = || {
                max.filter(|max| number > *max)
                    .map(|max| Rule::Above { most: Bound::Float(max), value: Bound::Float(number) })
            };
            below.or_else(above).map_or(Ok(()), |rule| Err((vec![], rule)))
        }
        Options::Boolean { .. } => Ok(()),
        Options::Enum { allowed, .. } => check_allowed(value, allowed).map_err(|rule| (vec![], rule)),
        Options::IntegerList { min, max, max_items, .. } => each(value, *max_items, |item| in_range(item, *min, *max)),
        Options::EnumList { allowed, max_items, .. } => each(value, *max_items, |item| check_allowed(item, allowed)),
        Options::StringList { max_items, .. } => each(value, *max_items, |_| Ok(())),
    }
}

fn in_range(value: &Value, min: Option<i64>, max: Option<i64>) -> Result<(), Rule> {
    let number = value.as_i64().or_report("the type of a parameter's value has been checked").unwrap_or_default();
    let below = min
        .filter(|min| number < *min)
        .map(|min| Rule::Below { least: Bound::Integer(min), value: Bound::Integer(number) });
    let above = || {
        max.filter(|max| number > *max)
            .map(|max| Rule::Above { most: Bound::Integer(max), value: Bound::Integer(number) })
    };
    below.or_else(above).map_or(Ok(()), Err)
}

fn check_allowed(value: &Value, allowed: &'static [&'static str]) -> Result<(), Rule> {
    let is_allowed = value.as_str().is_some_and(|text| allowed.contains(&text));
    if is_allowed { Ok(()) } else { Err(Rule::Enum(allowed)) }
}

/// Checks that a list is not empty and not too long, and checks each item.
fn each(value: &Value, most: Option<usize>, check_item: impl Fn(&Value) -> Result<(), Rule>) -> Result<(), Broken> {
    let items = value
        .as_array()
        .map(Vec::as_slice)
        .or_report("the type of a parameter's value has been checked")
        .unwrap_or_default();
    if items.is_empty() {
        return Err((vec![], Rule::FewerItems { least: 1, size: 0 }));
    }
    if let Some(most) = most.filter(|most| items.len() > *most) {
        let most = u32::try_from(most).unwrap_or(u32::MAX);
        return Err((vec![], Rule::MoreItems { most, size: items.len() }));
    }
    let checked = |(index, item)| check_item(item).map_err(|rule| (vec![Segment::Item(index)], rule));
    items.iter().enumerate().try_for_each(checked)
}
