//! Parameters of controls, such as `{ daysToExpiration: 45 }`.

use securityhub_fixtures::standards::Control;
use serde_json::{Map, Value, json};

use crate::domain::controls::standards::parameters;
use crate::scenario::check::Check;
use crate::scenario::spanned::Entries;
use crate::suggest;

/// The `Parameters` of UpdateSecurityControl. Unknown names and values that the control does not accept are reported.
pub(super) fn check(control: &'static Control, written: &Entries<Value>, check: &mut Check) -> Map<String, Value> {
    let mut valid = Map::new();
    for (name, value) in &written.0 {
        let known = || control.parameters.iter().map(|parameter| parameter.name);
        if !known().any(|known| known == name.value) {
            let diagnostic = check.at(name.span, format!("{} has no parameter `{}`", control.id, name.value));
            let names = suggest::choices(known());
            let expected = if names.is_empty() { "a control with parameters".to_owned() } else { names };
            check.push(diagnostic.expected(expected).suggest(suggest::nearest(&name.value, known())));
            continue;
        }
        let own = custom(control, &name.value, value);
        let sent = Map::from_iter([(name.value.clone(), own.clone())]);
        match parameters::changes(control, &sent) {
            Ok(_) => _ = valid.insert(name.value.clone(), own),
            Err(error) => check.push(check.at(name.span, error.message.into_owned())),
        }
    }
    valid
}

/// A `ParameterConfiguration`. A value of the wrong type is omitted, so that the domain refuses the parameter.
pub(super) fn custom(control: &Control, name: &str, value: &Value) -> Value {
    let parameter = control.parameters.iter().find(|parameter| parameter.name == name);
    let type_name = parameter.map_or("", |parameter| parameter.options.type_name());
    let items_are = |is: fn(&Value) -> bool| value.as_array().is_some_and(|items| items.iter().all(is));
    let fits = match type_name {
        "Integer" => value.is_i64(),
        "Double" => value.is_number(),
        "Boolean" => value.is_boolean(),
        "IntegerList" => items_are(Value::is_i64),
        "EnumList" | "StringList" => items_are(Value::is_string),
        _ => value.is_string(),
    };
    let value = if fits { json!({ type_name: value }) } else { json!({}) };
    json!({ "ValueType": "CUSTOM", "Value": value })
}
