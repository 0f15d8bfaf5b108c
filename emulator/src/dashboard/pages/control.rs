//! A control: the standards that contain it, its parameters, its checks, and the resources that it checks (DSH-82,
//! DSH-83).

use askama::Template;
use securityhub_fixtures::{Operation, standards as fixtures};
use serde_json::{Value, json};

use super::standard::changes;
use super::standards::Listed;
use crate::dashboard::answer::{self, list};
use crate::dashboard::call::Call;
use crate::dashboard::forms::Form;
use crate::dashboard::governed::Governed;
use crate::dashboard::page::{Content, Context, Done, PageError};
use crate::dashboard::text::{self, ABSENT, Time};
use crate::dashboard::view::Query;
use crate::domain::controls::scores;
use crate::domain::controls::standards::catalogue;

mod checks;
mod parameters;
mod resources;

use checks::Checks;
use parameters::Parameter;
use resources::Resources;

#[derive(Template)]
#[template(path = "pages/control.html")]
struct Control {
    token: String,
    address: String,
    id: String,
    severity: String,
    state: String,
    description: String,
    /// The address of the remediation, if a browser can open it.
    remediation: Option<String>,
    governed: Option<String>,
    standards: Vec<Standard>,
    others: Vec<(String, String)>,
    change: String,
    reason: String,
    parameters: Vec<Parameter>,
    update: String,
    update_reason: String,
    checks: Checks,
    resources: Resources,
}

/// An enabled standard that contains the control.
struct Standard {
    arn: String,
    name: String,
    address: String,
    requirements: String,
    enabled: &'static str,
    updated: Option<Time>,
    reason: String,
}

/// A control as the service describes it.
struct Described {
    /// Its definition, with the definitions of its parameters.
    definition: Value,
    /// Its settings in the account.
    settings: Value,
}

impl Described {
    /// The control of the query.
    fn find(context: &Context<'_>) -> Result<Described, PageError> {
        let id = context.view.query.first("id").unwrap_or_default();
        let missing = || {
            let sentence = format!("No security control has the ID `{id}`.");
            PageError::not_found(sentence, "Standards", context.view.to("standards", Query::default()))
        };
        if id.is_empty() {
            let view = context.view.to("standards", Query::default());
            let sentence = "The address does not name a control (id=ID).".to_owned();
            return Err(PageError::not_found(sentence, "Standards", view));
        }
        let [definition_call, settings_call] = Described::calls(id);
        let mut settings = context.fetch(&settings_call)?;
        let mut definition = context.fetch(&definition_call).map_err(|error| match error {
            PageError::Refused { status: 404, .. } => missing(),
            other => other,
        })?;
        let settings = settings["SecurityControls"][0].take();
        Ok(Described { definition: definition["SecurityControlDefinition"].take(), settings })
    }

    /// The calls that return it.
    fn calls(id: &str) -> [Call; 2] {
        [
            Call::api(Operation::GetSecurityControlDefinition, json!({ "SecurityControlId": id })).of("Definition"),
            Call::api(Operation::BatchGetSecurityControls, json!({ "SecurityControlIds": [id] })).of("Settings"),
        ]
    }

    fn text(&self, name: &str) -> String {
        answer::text(&self.definition, name).to_owned()
    }

    fn id(&self) -> &str {
        answer::text(&self.definition, "SecurityControlId")
    }

    /// Returns whether the control is available in the Region of the view.
    fn is_available(&self) -> bool {
        self.definition["CurrentRegionAvailability"] != "UNAVAILABLE"
    }

    fn is_enabled(&self) -> bool {
        self.settings["SecurityControlStatus"] == "ENABLED"
    }
}

/// Shows the page.
pub fn show(context: &Context<'_>) -> Result<Content, PageError> {
    let control = Described::find(context)?;
    let id = control.id().to_owned();
    let listed = Listed::all(context)?;
    let (standards, associations) = standards(context, &id, &listed)?;
    let others = others(context, &id, &listed, &standards);
    let resources = Resources::of(context, &id)?;
    let checks = Checks::of(context, &control, &standards, &resources)?;
    let governed = Governed::of(context);
    let url = control.text("RemediationUrl");
    let mut calls: Vec<Call> = Described::calls(&id).into();
    calls.push(associations);
    calls.extend([checks.call.clone(), resources.call.clone()]);
    let heading = format!("{id} {}", control.text("Title"));
    let page = Control {
        token: context.token.clone(),
        address: context.here(),
        state: state(&control),
        severity: control.text("SeverityRating"),
        description: control.text("Description"),
        remediation: Some(url).filter(|url| url.starts_with("https://") || url.starts_with("http://")),
        change: if governed.is_none() { context.shown(&change_preview(&id, &standards)) } else { String::new() },
        reason: context.typed("reason").to_owned(),
        standards,
        others,
        parameters: parameters::all(context, &control),
        update: context.shown(&[parameters::call(&id, &control.settings["Parameters"], "")]),
        update_reason: context.typed("update-reason").to_owned(),
        governed: governed.map(|governed| governed.sentence("The standards and parameters of this control")),
        checks,
        resources,
        id,
    };
    Ok(Content::new(&heading, &page, calls))
}

fn state(control: &Described) -> String {
    let state = match (control.is_available(), control.is_enabled()) {
        (false, _) => "not available in this Region",
        (true, true) => "enabled",
        (true, false) => "disabled",
    };
    let is_updating = control.settings["UpdateStatus"] == "UPDATING";
    if is_updating { format!("{state}, being updated") } else { state.to_owned() }
}

/// The enabled standards that contain the control, and the call that lists them.
fn standards(context: &Context<'_>, id: &str, listed: &[Listed]) -> Result<(Vec<Standard>, Call), PageError> {
    let (operation, input) =
        (Operation::ListStandardsControlAssociations, json!({ "SecurityControlId": id, "MaxResults": 100 }));
    let associations = context.read_all(operation, &input, "StandardsControlAssociationSummaries")?;
    let standard = |association: &Value| {
        let arn = answer::text(association, "StandardsArn").to_owned();
        let requirements: Vec<&str> =
            list(association, "RelatedRequirements").iter().filter_map(Value::as_str).collect();
        let known = listed.iter().find(|standard| standard.arn == arn);
        Standard {
            name: known.map_or_else(|| arn.clone(), |standard| standard.name.clone()),
            address: super::standards::address(context, &arn, None),
            requirements: if requirements.is_empty() { ABSENT.to_owned() } else { requirements.join(", ") },
            enabled: text::yes_no(association["AssociationStatus"] == "ENABLED"),
            updated: association["UpdatedAt"].as_str().and_then(Time::parse),
            reason: association["UpdatedReason"].as_str().unwrap_or(ABSENT).to_owned(),
            arn,
        }
    };
    let call = Call::api(operation, input).of("Standards");
    Ok((associations.iter().map(standard).collect(), call))
}

/// The names and addresses of standards that contain the control and are not enabled.
fn others(context: &Context<'_>, id: &str, listed: &[Listed], enabled: &[Standard]) -> Vec<(String, String)> {
    let directory = context.world.directory();
    let contains_it = |arn: &str| {
        let found = scores::standard(arn).ok().zip(fixtures::control(id));
        found.is_some_and(|(standard, control)| catalogue::holds(&directory, standard, control))
    };
    let others = listed
        .iter()
        .filter(|standard| contains_it(&standard.arn) && !enabled.iter().any(|enabled| enabled.arn == standard.arn));
    others.map(|standard| (standard.name.clone(), super::standards::address(context, &standard.arn, None))).collect()
}

/// The calls of the form that enables and disables the control in its standards.
fn change_preview(id: &str, standards: &[Standard]) -> Vec<Call> {
    let call = |standard: &Standard| {
        let is_enabled = standard.enabled == "yes";
        let reason = if is_enabled { "Not needed here" } else { "" };
        let word = if is_enabled { "Disable" } else { "Enable" };
        changes::call(&[(&standard.arn, id)], !is_enabled, reason).of(&format!("{word} in {}", standard.name))
    };
    standards.iter().map(call).collect()
}

/// Changes the control in a standard, its parameters, or a resource that it checks.
pub fn act(context: &Context<'_>, form: &Form) -> Result<Done, PageError> {
    let id = context.view.query.first("id").unwrap_or_default();
    match form.field("action") {
        "parameters" => parameters::update(context, &Described::find(context)?, form),
        "resource" => resources::change(context, id, form),
        "declare" => resources::declare(context, id, form),
        "declare-json" => resources::declare_json(context, form),
        _ => {
            let (arn, enabled) = match (form.field("enable"), form.field("disable")) {
                ("", "") => return Err(PageError::Invalid("Choose a standard.".to_owned())),
                (arn, "") => (arn, true),
                (_, arn) => (arn, false),
            };
            changes::update(context, changes::call(&[(arn, id)], enabled, form.field("reason").trim()), enabled)
        }
    }
}
