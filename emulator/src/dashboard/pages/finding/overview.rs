//! `Overview`: what a finding says, where and when, what customers have made of it, and other findings of its resources
//! (DSH-66).

use askama::Template;
use securityhub_fixtures::Operation;
use serde_json::{Map, Value, json};

use super::choice::Row;
use super::facts::{self, Fact, Group, Piece};
use super::ocsf;
use super::shown::{Shown, address};
use crate::dashboard::answer::{list, text};
use crate::dashboard::call::Call;
use crate::dashboard::chips::{self, Chip};
use crate::dashboard::page::{Context, Count, PageError, Section};
use crate::dashboard::template::html;
use crate::dashboard::text::{ABSENT, counted};
use crate::dashboard::triage;
use crate::dashboard::view::Query;
use crate::state::AccountId;

/// Maximum number of other findings of the resources.
const OTHERS: usize = 10;
/// Maximum number of values of a filter.
const VALUES: usize = 20;
/// Maximum number of related findings, of types and of entries of a map.
const ITEMS: usize = 50;
/// Maximum number of bytes of all facts.
const BYTES: usize = 200 * 1024;

#[derive(Template)]
#[template(path = "pages/finding/overview.html")]
struct Overview {
    switch: String,
    /// Why the account may not read the finding in OCSF: the sentence and the code.
    refused: Option<(String, String)>,
    description: String,
    address: String,
    token: String,
    fields: String,
    groups: Vec<String>,
    others: Vec<Row>,
    all: Option<Count>,
}

/// Shows the view.
pub(super) fn show(context: &Context<'_>, shown: &Shown) -> Result<Section, PageError> {
    let value = &shown.value;
    let mut groups = vec![
        state(value),
        origin(context, shown),
        times(value),
        compliance(context, value),
        remediation(value),
        note(value),
        related(context, value)?,
    ];
    let mut calls = vec![shown.call().of("The finding")];
    let mut refused = None;
    if ocsf::is_chosen(context) {
        let form = ocsf::overview(context, shown)?;
        groups.insert(0, form.group);
        calls.push(form.call);
        refused = form.refused;
    }
    let Others { rows, all, call } = of_same_resource(context, shown)?;
    calls.extend(call);
    let page = Overview {
        switch: ocsf::switch(context, "overview"),
        refused,
        description: facts::cut(text(value, "Description")),
        address: context.here(),
        token: context.token.clone(),
        fields: triage::fields(context, &[shown.target()]),
        groups: written(&groups),
        others: rows,
        all,
    };
    Ok(Section::new(&page, calls))
}

/// The groups that have facts, as HTML, until the page has the maximum length.
fn written(groups: &[Group]) -> Vec<String> {
    let mut left = BYTES;
    let written = groups.iter().filter(|group| !group.facts.is_empty()).map(html);
    let fits = |html: &String| {
        let fits = html.len() <= left;
        left = left.saturating_sub(html.len());
        fits
    };
    written.filter(fits).collect()
}

/// What customers may change, with the provider's values.
fn state(value: &Value) -> Group {
    let (severity, provider) = (&value["Severity"], &value["FindingProviderFields"]);
    let of_provider = &provider["Severity"];
    let label =
        Fact { values: facts::severity(&severity["Label"]), ..differing("Severity", severity, of_provider, "Label") };
    let facts = vec![
        label,
        Fact::new("Normalized severity", facts::pieces(&severity["Normalized"])),
        differing("Original severity", severity, of_provider, "Original"),
        Fact::new("Workflow", facts::pieces(&value["Workflow"]["Status"])),
        Fact::new("Record state", facts::pieces(&value["RecordState"])),
        Fact::new("Verification", facts::pieces(&value["VerificationState"])),
        differing("Confidence", value, provider, "Confidence"),
        differing("Criticality", value, provider, "Criticality"),
        differing("Types", value, provider, "Types"),
        Fact::new("Sample", facts::pieces(&value["Sample"])),
    ];
    Group::new("state", "State", facts)
}

/// A member with the provider's value, if it differs.
fn differing(term: &str, value: &Value, provider: &Value, name: &str) -> Fact {
    let mut fact = Fact::with_provider(term, &value[name], &provider[name]);
    fact.values.truncate(ITEMS);
    fact
}

/// Where the finding comes from.
fn origin(context: &Context<'_>, shown: &Shown) -> Group {
    let value = &shown.value;
    let name = AccountId::parse(&shown.account).and_then(|account| context.name(account));
    let account = name.map_or_else(|| shown.account.clone(), |name| format!("{} ({name})", shown.account));
    let resource =
        |resource: &Value| Piece::Text(format!("{} {}", text(resource, "Type"), facts::plain(&resource["Id"])));
    let resources = list(value, "Resources");
    let mut of_resources: Vec<Piece> = resources.iter().take(5).map(resource).collect();
    if !resources.is_empty() {
        of_resources.push(Piece::Link(
            format!("Details of {}", counted(resources.len() as u64, "resource", "resources")),
            address(context, "resources"),
        ));
    }
    let facts = vec![
        Fact::new("Account", vec![Piece::Text(account)]),
        Fact::new("Region", facts::pieces(&value["Region"])),
        Fact::new("Product", facts::pieces(&value["ProductName"])),
        Fact::new("Company", facts::pieces(&value["CompanyName"])),
        Fact::new("Resources", of_resources),
        Fact::new("Product ARN", facts::code(&value["ProductArn"])),
        Fact::new("Generator", facts::code(&value["GeneratorId"])),
        Fact::new("Id", facts::code(&value["Id"])),
        Fact::new("Source", facts::external(&value["SourceUrl"])),
    ];
    Group::new("origin", "Origin", facts)
}

fn times(value: &Value) -> Group {
    let times = [
        ("Created", "CreatedAt"),
        ("Updated", "UpdatedAt"),
        ("First observed", "FirstObservedAt"),
        ("Last observed", "LastObservedAt"),
        ("Processed", "ProcessedAt"),
    ];
    let optional = |name: &str| ["FirstObservedAt", "LastObservedAt"].contains(&name);
    let fact = |(term, name): (&str, &str)| {
        let values = facts::time(&value[name]);
        let is_absent = values.is_empty() && optional(name);
        Fact::new(term, if is_absent { vec![Piece::Text(ABSENT.to_owned())] } else { values })
    };
    Group::new("times", "Times", times.map(fact).into())
}

fn compliance(context: &Context<'_>, value: &Value) -> Group {
    let compliance = &value["Compliance"];
    let reason = |reason: &Value| {
        let parts = [text(reason, "ReasonCode"), text(reason, "Description")];
        Piece::Text(facts::cut(&parts.iter().filter(|part| !part.is_empty()).copied().collect::<Vec<_>>().join(": ")))
    };
    let control = |id: &str| Piece::Link(id.to_owned(), context.link("control", Query::default().and("id", id)));
    let control = compliance["SecurityControlId"].as_str().map(control);
    let standard = |standard: &Value| Piece::Code(facts::plain(&standard["StandardsId"]));
    let facts = vec![
        Fact::new("Status", facts::pieces(&compliance["Status"])),
        Fact::new("Reasons", list(compliance, "StatusReasons").iter().take(ITEMS).map(reason).collect()),
        Fact::new("Control", control.into_iter().collect()),
        Fact::new("Standards", list(compliance, "AssociatedStandards").iter().take(ITEMS).map(standard).collect()),
        Fact::new("Requirements", facts::pieces(&compliance["RelatedRequirements"]).into_iter().take(ITEMS).collect()),
    ];
    Group::new("compliance", "Compliance", facts)
}

fn remediation(value: &Value) -> Group {
    let recommendation = &value["Remediation"]["Recommendation"];
    let facts = vec![
        Fact::new("Recommendation", facts::pieces(&recommendation["Text"])),
        Fact::new("Instructions", facts::external(&recommendation["Url"])),
    ];
    Group::new("remediation", "Remediation", facts)
}

/// The note and the fields that customers have set.
fn note(value: &Value) -> Group {
    let note = &value["Note"];
    let mut facts = vec![
        Fact::new("Note", facts::pieces(&note["Text"])),
        Fact::new("Author", facts::pieces(&note["UpdatedBy"])),
        Fact::new("Written", facts::time(&note["UpdatedAt"])),
    ];
    let fields = value["UserDefinedFields"].as_object().into_iter().flatten();
    facts.extend(fields.take(ITEMS).map(|(name, value)| Fact::new(&facts::cut(name), facts::pieces(value))));
    Group::new("note", "Note and user-defined fields", facts)
}

/// The related findings; those that the account sees are links.
fn related(context: &Context<'_>, value: &Value) -> Result<Group, PageError> {
    let (own, provider) = (list(value, "RelatedFindings"), &value["FindingProviderFields"]["RelatedFindings"]);
    let mut related = Vec::new();
    for finding in own.iter().take(OTHERS) {
        let (product, id) = (text(finding, "ProductArn"), text(finding, "Id"));
        let is_seen = !context.find(product, id)?.is_empty();
        let shown = facts::cut(id);
        related.push(if is_seen { Piece::Link(shown, context.finding(product, id, "")) } else { Piece::Code(shown) });
    }
    let differs = provider.as_array().is_some_and(|provider| provider != own);
    let of_provider = || {
        let ids = provider.as_array().into_iter().flatten().take(ITEMS).map(|finding| facts::plain(&finding["Id"]));
        ids.collect::<Vec<_>>().join(", ")
    };
    let fact = Fact { provider: differs.then(of_provider), ..Fact::new("Findings", related) };
    Ok(Group::new("related", "Related findings", vec![fact]))
}

/// Other findings of the same resources.
#[derive(Default)]
struct Others {
    rows: Vec<Row>,
    /// The number of all findings of the resources.
    all: Option<Count>,
    call: Option<Call>,
}

/// Other findings of the same resources, and the number of all of them.
fn of_same_resource(context: &Context<'_>, shown: &Shown) -> Result<Others, PageError> {
    let mut ids: Vec<&str> = Vec::new();
    for resource in list(&shown.value, "Resources") {
        let id = text(resource, "Id");
        if !id.is_empty() && !ids.contains(&id) && ids.len() < VALUES {
            ids.push(id);
        }
    }
    if ids.is_empty() {
        return Ok(Others::default());
    }
    let chips: Vec<Chip> = ids.into_iter().map(|id| Chip::equals("ResourceId", id)).collect();
    let filters: Map<String, Value> = chips::filters(context.world.schema(), &chips).unwrap_or_default();
    let input = json!({ "Filters": filters, "MaxResults": OTHERS + 1 });
    let answer = context.read(Operation::GetFindings, &input)?;
    let is_other = |finding: &&Value| {
        let key = ["ProductArn", "Id", "AwsAccountId"].map(|name| text(finding, name));
        key != [shown.product.as_str(), shown.id.as_str(), shown.account.as_str()]
    };
    let others = list(&answer, "Findings").iter().filter(is_other).take(OTHERS);
    let rows: Vec<Row> = others.map(|finding| Row::of(context, finding)).collect();
    let count = context.count(|counter| counter.all(&filters))?;
    let all = (!rows.is_empty()).then(|| context.counted(count, &chips));
    let call = Call::api(Operation::GetFindings, input).of("Findings of the same resources");
    Ok(Others { rows, all, call: Some(call) })
}
