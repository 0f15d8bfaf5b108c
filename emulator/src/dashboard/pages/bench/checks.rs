//! `Checks`: the resources that controls check, the recorders of AWS Config, and a run of all checks (DSH-101).

use askama::Template;
use http::Method;
use serde_json::{Value, json};

use super::typed::typed;
use crate::dashboard::answer::{self, list};
use crate::dashboard::call::Call;
use crate::dashboard::forms::Form;
use crate::dashboard::messages::Message;
use crate::dashboard::page::{Context, Done, PageError, Section};
use crate::dashboard::text::{self, ABSENT};
use crate::dashboard::view::{self, Query};
use crate::state::{ConfigRecorder, Region};

const RESOURCES: &str = "/_emulator/resources";
/// Maximum number of resources in the table.
const ROWS: usize = 50;

#[derive(Template)]
#[template(path = "pages/bench/checks.html")]
struct Checks<'c> {
    token: &'c str,
    address: String,
    resources: Vec<Resource>,
    more: Option<String>,
    recorders: Vec<Recorder>,
    resource_type: &'c str,
    id: &'c str,
    fails: &'c str,
    run: String,
    declare: String,
    record: String,
}

/// A declared resource.
struct Resource {
    id: String,
    kind: String,
    fails: String,
}

/// The recorder of AWS Config of the account in a Region.
struct Recorder {
    region: String,
    state: &'static str,
    is_on: bool,
}

/// The section.
pub(super) fn section(context: &Context<'_>) -> Result<Section, PageError> {
    let (account, region) = (context.view.account, &context.view.region);
    let path = format!("{RESOURCES}?account={account}&region={region}");
    let call = Call::control(&Method::GET, &path, Value::Null, "").of("Resources");
    let answer = context.fetch(&call)?;
    let listed = list(&answer, "resources");
    let own = |field: &str| typed(context, "declare", field);
    let or =
        |field: &str, default: &str| if own(field).is_empty() { default.to_owned() } else { own(field).to_owned() };
    let example = declaration(context, &or("type", "AwsS3Bucket"), &or("id", "my-bucket"), &or("fails", "S3.8"));
    let checks = Checks {
        token: &context.token,
        address: context.here(),
        resources: listed.iter().take(ROWS).map(resource).collect(),
        more: text::more(listed.len(), ROWS),
        recorders: recorders(context),
        resource_type: own("type"),
        id: own("id"),
        fails: own("fails"),
        run: context.shown(&[run_call()]),
        declare: context.shown(&[declare_call(example)]),
        record: context.shown(&[record_call(context, region.as_str(), "off")]),
    };
    Ok(Section::new(&checks, vec![call]))
}

fn resource(resource: &Value) -> Resource {
    let text = |name: &str| answer::text(resource, name).to_owned();
    let fails: Vec<&str> = list(resource, "fails").iter().filter_map(Value::as_str).collect();
    let fails = if fails.is_empty() { ABSENT.to_owned() } else { fails.join(", ") };
    Resource { id: text("id"), kind: text("type"), fails }
}

/// The recorders of the account, where its hub is on.
fn recorders(context: &Context<'_>) -> Vec<Recorder> {
    let relations = context.world.relations();
    let recorder = |region: Region| {
        let key = context.view.seen_as(context.view.account, region).hub_key();
        let hub = relations.hub(&key).filter(|_| relations.is_on(&key))?;
        let (state, is_on) = match &hub.config_recorder {
            ConfigRecorder::On => ("on", true),
            ConfigRecorder::Off => ("off", false),
            ConfigRecorder::Custom(_) => ("custom", true),
        };
        Some(Recorder { region: key.region.to_string(), state, is_on })
    };
    view::regions(&context.world).into_iter().filter_map(recorder).collect()
}

fn run_call() -> Call {
    Call::control(&Method::POST, "/_emulator/checks/run", json!({}), "")
}

/// A declared resource with the controls, separated by commas, that it fails.
fn declaration(context: &Context<'_>, resource_type: &str, id: &str, fails: &str) -> Value {
    let fails: Vec<&str> = fails.split([',', ' ']).map(str::trim).filter(|control| !control.is_empty()).collect();
    let (account, region) = (context.view.account, context.view.region.as_str());
    json!([{ "account": account.as_str(), "regions": [region], "type": resource_type, "id": id, "fails": fails }])
}

fn declare_call(resources: Value) -> Call {
    Call::control(&Method::PUT, RESOURCES, resources, "")
}

fn record_call(context: &Context<'_>, region: &str, recorder: &str) -> Call {
    let body = json!({ "Account": context.view.account.as_str(), "Regions": [region], "Recorder": recorder });
    Call::control(&Method::PUT, "/_emulator/config-recorder", body, "")
}

/// Runs all checks.
pub(super) fn run(context: &Context<'_>) -> Result<Done, PageError> {
    let call = run_call();
    let answer = context.send(&call)?;
    let hubs = text::counted(list(&answer, "Checked").len() as u64, "hub", "hubs");
    Ok(Message::new(format!("The controls of {hubs} were checked."), vec![call]).into())
}

/// Declares a resource.
pub(super) fn declare(context: &Context<'_>, form: &Form) -> Result<Done, PageError> {
    let field = |name: &str| form.field(name).trim();
    let call = declare_call(declaration(context, field("type"), field("id"), field("fails")));
    let answer = context.send(&call)?;
    let count = list(&answer, "resources").len();
    Ok(Message::new(format!("{count} declared."), vec![call]).into())
}

/// Deletes a resource.
pub(super) fn delete(context: &Context<'_>, form: &Form) -> Result<Done, PageError> {
    let query = Query::default().and("account", context.view.account.as_str());
    let query = query.and("region", context.view.region.as_str());
    let query = query.and("type", form.field("type")).and("id", form.field("id"));
    let call = Call::control(&Method::DELETE, &format!("{RESOURCES}{}", query.text()), Value::Null, "");
    let answer = context.send(&call)?;
    let count = list(&answer, "resources").len();
    Ok(Message::new(format!("{count} deleted."), vec![call]).into())
}

/// Turns a recorder on or off.
pub(super) fn record(context: &Context<'_>, form: &Form) -> Result<Done, PageError> {
    let Some((recorder @ ("on" | "off"), region)) = form.field("recorder").split_once(' ') else {
        return Err(PageError::Invalid("The form does not name a recorder.".to_owned()));
    };
    let call = record_call(context, region, recorder);
    context.send(&call)?;
    Ok(Message::new(format!("The recorder in {region} is {recorder}."), vec![call]).into())
}
