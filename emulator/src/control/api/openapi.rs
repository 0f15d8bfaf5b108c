//! The description of all routes in OpenAPI 3.1 (CPL-03).

use schemars::generate::SchemaSettings;
use schemars::{Schema, SchemaGenerator};
use serde_json::{Map, Value, json};

use super::route::{Described, Route};

/// The document, for these routes.
pub fn document(routes: &[Route]) -> Value {
    let mut settings = SchemaSettings::draft2020_12();
    settings.definitions_path = "/components/schemas".into();
    settings.meta_schema = None;
    let mut generator = settings.into_generator();
    let mut paths = Map::new();
    for route in routes {
        let operation = operation(route, &mut generator);
        let path = paths.entry(route.path).or_insert_with(|| json!({}));
        if let Some(path) = path.as_object_mut() {
            path.insert(route.method.as_str().to_lowercase(), operation);
        }
    }
    let mut schemas = generator.take_definitions(true);
    let refusal = json!({
        "type": "object",
        "description": "The call is refused and changes nothing.",
        "properties": { "Message": { "type": "string" } },
        "required": ["Message"],
    });
    schemas.insert("Refusal".to_owned(), refusal);
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "Control plane of securityhub-local",
            "version": env!("CARGO_PKG_VERSION"),
            "description": "Calls for tests, in addition to the API of AWS. Signatures are ignored.",
        },
        "paths": paths,
        "components": { "schemas": schemas },
    })
}

fn operation(route: &Route, generator: &mut SchemaGenerator) -> Value {
    let mut parameters = labels(route);
    parameters.extend(query(&(route.schemas.query)(generator), route));
    let mut operation = Map::new();
    let mut put = |name: &str, value: Value| _ = operation.insert(name.to_owned(), value);
    put("operationId", route.name.into());
    put("summary", route.purpose.into());
    if !route.about.is_empty() {
        put("description", route.about.into());
    }
    put("parameters", parameters.into());
    if let Some(schema) = (route.schemas.body)(generator) {
        let mut content = json!({ "schema": schema });
        if let Some(example) = body_example(route) {
            content["example"] = example;
        }
        put("requestBody", json!({ "content": { "application/json": content } }));
    }
    put("responses", responses((route.schemas.answer)(generator)));
    put("x-fresh-status", route.status.into());
    operation.into()
}

/// The responses of a route by status. Every route can also refuse a call, fail, or be too busy.
fn responses(answer: Described) -> Value {
    let Described { statuses, media_types, schema } = answer;
    let content: Map<String, Value> =
        media_types.into_iter().map(|media_type| (media_type.to_owned(), json!({ "schema": schema }))).collect();
    let answer = json!({ "description": "The call succeeded.", "content": content });
    let refusal = |description: &str| {
        let content = json!({ "application/json": { "schema": { "$ref": "#/components/schemas/Refusal" } } });
        json!({ "description": description, "content": content })
    };
    let mut responses: Map<String, Value> =
        statuses.into_iter().map(|status| (status.to_string(), answer.clone())).collect();
    responses.insert("4XX".to_owned(), refusal("The call is refused and changes nothing."));
    let failed = "The call failed, or the emulator cannot accept it now; it changed nothing.";
    responses.insert("5XX".to_owned(), refusal(failed));
    responses.into()
}

/// The example of a body.
fn body_example(route: &Route) -> Option<Value> {
    serde_json::from_str(route.example).ok()
}

fn labels(route: &Route) -> Vec<Value> {
    let names = route.path.split('/').filter_map(|segment| segment.strip_prefix('{')?.strip_suffix('}'));
    let label =
        |name| json!({ "name": name, "in": "path", "required": true, "schema": { "type": "string" }, "example": "ID" });
    names.map(label).collect()
}

/// The parameters of a query, from the properties of its schema.
fn query(schema: &Schema, route: &Route) -> Vec<Value> {
    let properties = schema.get("properties").and_then(Value::as_object);
    let required = schema.get("required").and_then(Value::as_array);
    let is_required = |name: &str| required.is_some_and(|required| required.iter().any(|it| it == name));
    let examples = route.example.strip_prefix('?').unwrap_or_default();
    let parameter = |(name, schema): (&String, &Value)| {
        let mut schema = schema.clone();
        let description = schema.as_object_mut().and_then(|schema| schema.remove("description"));
        let mut parameter = json!({ "name": name, "in": "query", "required": is_required(name), "schema": schema });
        if let Some(description) = description {
            parameter["description"] = description;
        }
        let example = form_urlencoded::parse(examples.as_bytes()).find(|(other, _)| other == name.as_str());
        if let Some((_, example)) = example {
            parameter["example"] = example.into();
        }
        parameter
    };
    properties.into_iter().flatten().map(parameter).collect()
}
