//! The table of routes in docs/reference/control-plane.md.

use std::fmt::Write as _;

use schemars::Schema;
use schemars::generate::SchemaSettings;
use serde_json::Value;

use super::route::Route;

/// A row for each route: its call, its purpose, and the members of its query and body.
pub fn table(routes: &[Route]) -> String {
    let rows: String = routes.iter().map(row).collect();
    format!("| call | description |\n| --- | --- |\n{rows}")
}

fn row(route: &Route) -> String {
    // Without references, members of the body are in its schema itself.
    let mut settings = SchemaSettings::draft2020_12();
    settings.inline_subschemas = true;
    let mut generator = settings.into_generator();
    let query = members(&(route.schemas.query)(&mut generator));
    let body = (route.schemas.body)(&mut generator).map(|body| members(&body)).unwrap_or_default();
    let mut text = format!("{}.", route.purpose);
    for (name, part) in [("Parameters", query), ("Members", body)] {
        if !part.is_empty() {
            _ = write!(text, " {name}: {}.", part.join("; "));
        }
    }
    if !route.about.is_empty() {
        text.push(' ');
        text.push_str(route.about);
    }
    format!("| `{} {}` | {} |\n", route.method, route.path, text.replace('|', "\\|"))
}

/// The properties of an object with their descriptions.
fn members(schema: &Schema) -> Vec<String> {
    let properties = schema.get("properties").and_then(Value::as_object);
    let member = |(name, schema): (&String, &Value)| match schema.get("description").and_then(Value::as_str) {
        Some(description) => format!("`{name}`: {}", sentence(description)),
        None => format!("`{name}`"),
    };
    properties.into_iter().flatten().map(member).collect()
}

/// A description as a part of a sentence.
fn sentence(description: &str) -> String {
    let text = description.replace('\n', " ");
    let text = text.trim_end_matches('.');
    let mut letters = text.chars();
    match letters.next() {
        Some(first) if letters.clone().next().is_some_and(char::is_lowercase) => {
            first.to_lowercase().chain(letters).collect()
        }
        _ => text.to_owned(),
    }
}
