//! `Central configuration`: configuration policies and what they govern; and `Regions`: the aggregator (DSH-90).

use std::collections::HashMap;

use askama::Template;
use securityhub_fixtures::Operation;
use serde_json::{Value, json};

use super::shared::{BATCH, named, sentence};
use crate::dashboard::answer::{list, text};
use crate::dashboard::call::Call;
use crate::dashboard::page::{Context, PageError, Section};
use crate::dashboard::paging::Paging;
use crate::dashboard::text::{ABSENT, number};
use crate::dashboard::view;
use crate::domain::governance;
use crate::state::{AccountId, Governance, Organization};

/// Maximum number of names in a cell.
const NAMES: usize = 20;

#[derive(Template)]
#[template(path = "pages/accounts/central.html")]
struct Page {
    central: Result<Central, String>,
    aggregator: Result<Aggregator, String>,
}

struct Central {
    policies: Vec<Policy>,
    targets: Vec<Target>,
    summary: String,
    pages: String,
}

struct Policy {
    name: String,
    hub: &'static str,
    standards: String,
    controls: String,
    targets: String,
}

struct Target {
    name: String,
    policy: String,
    association: &'static str,
    status: String,
    message: String,
}

struct Aggregator {
    arn: String,
    home: String,
    mode: String,
    linked: String,
}

/// The sections.
pub(super) fn section(context: &Context<'_>) -> Result<Section, PageError> {
    let mut calls = Vec::new();
    let relations = context.world.relations();
    let organization = relations.directory().organization.as_ref();
    let targets: Vec<String> = organization.map(|all| governance::targets(all).collect()).unwrap_or_default();
    let names = ["target", "targets"];
    let paging = Paging::named(context, ("targets", "Pages of targets"), targets.len(), BATCH, names)?;
    let shown = targets.get(paging.range.clone()).unwrap_or_default();
    let central = match organization {
        Some(organization) => central(context, organization, shown, &paging, &mut calls).map_err(sentence),
        None => Err("The account is not in an organization.".to_owned()),
    };
    let aggregator = aggregator(context, &mut calls).map_err(|refused| match refused {
        Some(page_error) => sentence(page_error),
        None => "This account has no finding aggregator, so each Region shows its own findings only. CreateFindingAggregator makes a Region the home Region.".to_owned(),
    });
    Ok(Section::new(&Page { central, aggregator }, calls))
}

fn central(
    context: &Context<'_>,
    organization: &Organization,
    shown: &[String],
    paging: &Paging,
    calls: &mut Vec<Call>,
) -> Result<Central, PageError> {
    let listed = context.read(Operation::ListConfigurationPolicies, &json!({}))?;
    calls.push(Call::api(Operation::ListConfigurationPolicies, json!({})).of("Configuration policies"));
    let mut names = HashMap::new();
    let mut policies = Vec::new();
    for policy in list(&listed, "ConfigurationPolicySummaries") {
        let id = text(policy, "Id");
        let input = json!({ "Identifier": id });
        let described = context.read(Operation::GetConfigurationPolicy, &input)?;
        names.insert(id.to_owned(), text(policy, "Name").to_owned());
        policies.push(self::policy(context, organization, &described));
        calls.push(Call::api(Operation::GetConfigurationPolicy, input).of(text(policy, "Name")));
    }
    let input = json!({ "ConfigurationPolicyAssociationIdentifiers":
        shown.iter().map(|target| json!({ "Target": identifier(organization, target) })).collect::<Vec<_>>() });
    let operation = Operation::BatchGetConfigurationPolicyAssociations;
    let associations = context.read(operation, &input)?;
    calls.push(Call::api(operation, input).of("What governs whom"));
    let target = |association: &Value| Target {
        name: target_name(context, organization, text(association, "TargetId")),
        policy: match text(association, "ConfigurationPolicyId") {
            id if names.contains_key(id) => names.get(id).cloned().unwrap_or_default(),
            _ => "self-managed".to_owned(),
        },
        association: if text(association, "AssociationType") == "APPLIED" { "Applied" } else { "Inherited" },
        status: text(association, "AssociationStatus").to_owned(),
        message: match text(association, "AssociationStatusMessage") {
            "" => ABSENT.to_owned(),
            message => message.to_owned(),
        },
    };
    Ok(Central {
        policies,
        targets: list(&associations, "ConfigurationPolicyAssociations").iter().map(target).collect(),
        summary: paging.shown.clone(),
        pages: paging.html(),
    })
}

/// The member of a call that names a target.
fn identifier(organization: &Organization, target: &str) -> Value {
    if target == organization.root_id {
        json!({ "RootId": target })
    } else if organization.units.contains_key(target) {
        json!({ "OrganizationalUnitId": target })
    } else {
        json!({ "AccountId": target })
    }
}

fn target_name(context: &Context<'_>, organization: &Organization, target: &str) -> String {
    if target == organization.root_id {
        return "Root".to_owned();
    }
    organization.units.get(target).map_or_else(|| named(context, target), |unit| unit.name.clone())
}

fn policy(context: &Context<'_>, organization: &Organization, described: &Value) -> Policy {
    let settings = &described["ConfigurationPolicy"]["SecurityHub"];
    let is_on = settings["ServiceEnabled"] == true;
    let id = text(described, "Id");
    let applied = organization.central.iter().flat_map(|central| &central.applied);
    let of_policy = applied.filter(|(_, applied)| matches!(&applied.governance, Governance::Policy(of) if of == id));
    let targets = of_policy.map(|(target, _)| target_name(context, organization, target));
    let standards = list(settings, "EnabledStandardIdentifiers").iter().filter_map(Value::as_str).map(short);
    let controls = &settings["SecurityControlsConfiguration"];
    let ids = |name| joined(list(controls, name).iter().filter_map(Value::as_str).map(str::to_owned));
    let controls = if controls["EnabledSecurityControlIdentifiers"].is_array() {
        format!("only {}", ids("EnabledSecurityControlIdentifiers"))
    } else if controls["DisabledSecurityControlIdentifiers"].as_array().is_some_and(|disabled| !disabled.is_empty()) {
        format!("all but {}", ids("DisabledSecurityControlIdentifiers"))
    } else {
        "all".to_owned()
    };
    Policy {
        name: text(described, "Name").to_owned(),
        hub: if is_on { "on" } else { "off" },
        standards: if is_on { joined(standards) } else { ABSENT.to_owned() },
        controls: if is_on { controls } else { ABSENT.to_owned() },
        targets: joined(targets),
    }
}

/// The part of the ARN of a standard that names it.
fn short(arn: &str) -> String {
    let name = arn.split_once(":standards/").or_else(|| arn.split_once(":ruleset/"));
    name.map_or(arn, |(_, name)| name).to_owned()
}

/// Up to [`NAMES`] names, separated by commas.
fn joined(names: impl Iterator<Item = String>) -> String {
    let mut names: Vec<String> = names.collect();
    if names.is_empty() {
        return ABSENT.to_owned();
    }
    let more = names.len().saturating_sub(NAMES);
    names.truncate(NAMES);
    let text = names.join(", ");
    if more > 0 { format!("{text} and {} more", number(more as u64)) } else { text }
}

/// The aggregator that the account sees, or the refusal of a call. Without an aggregator, the error is `None`.
fn aggregator(context: &Context<'_>, calls: &mut Vec<Call>) -> Result<Aggregator, Option<PageError>> {
    let listed = context.read(Operation::ListFindingAggregators, &json!({})).map_err(Some)?;
    calls.push(Call::api(Operation::ListFindingAggregators, json!({})).of("Regions"));
    let arn = list(&listed, "FindingAggregators")
        .iter()
        .next()
        .map(|found| text(found, "FindingAggregatorArn"))
        .ok_or(None)?;
    let input = json!({ "FindingAggregatorArn": arn });
    let found = context.read(Operation::GetFindingAggregator, &input).map_err(Some)?;
    calls.push(Call::api(Operation::GetFindingAggregator, input).of("The aggregator"));
    let owner = arn.split(':').nth(4).and_then(AccountId::parse);
    let relations = context.world.relations();
    let aggregator = owner.and_then(|owner| relations.directory().aggregators.get(&owner));
    let linked = view::regions(&context.world)
        .into_iter()
        .filter(|region| aggregator.is_some_and(|aggregator| aggregator.links(region)));
    Ok(Aggregator {
        arn: arn.to_owned(),
        home: text(&found, "FindingAggregationRegion").to_owned(),
        mode: text(&found, "RegionLinkingMode").to_owned(),
        linked: joined(linked.map(|region| region.to_string())),
    })
}
