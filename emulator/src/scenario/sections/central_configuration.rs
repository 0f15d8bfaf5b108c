//! `central_configuration`: policies of the delegated administrator and their associations.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use securityhub_fixtures::standards::{self, CONTROLS, Control, Standard};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::parameters::custom;
use super::refused::Refused;
use super::{aggregators, hubs, organization, standards as names};
use crate::aws_error::AwsError;
use crate::domain::accounts::central_configuration::{SELF_MANAGED, associations, content, policies, switch};
use crate::domain::caller::Caller;
use crate::domain::controls::standards::standard_arn;
use crate::scenario::check::Check;
use crate::scenario::files::Span;
use crate::scenario::lost::ITEM;
use crate::scenario::spanned::{Entries, Spanned};
use crate::state::{
    AccountId, ChosenControls, ConfigurationPolicy, Organization, PolicyContent, Region, Timestamp, Transaction, World,
};
use crate::suggest;

/// The word for a target that configures itself.
const OWN: &str = "self_managed";

/// The name of the organization's root as a target.
const ROOT: &str = "root";

/// Central configuration: the delegated administrator configures the hubs, standards and controls of all accounts in the
/// home Region of its aggregator and in all linked Regions.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[schemars(rename = "CentralConfiguration")]
#[serde(deny_unknown_fields)]
pub(in crate::scenario) struct Declared {
    /// Configuration policies, by name.
    #[serde(default)]
    policies: Entries<WrittenPolicy>,
    /// Associations of the root (`root`), units (by name) and accounts (by ID) with the name of a policy or with
    /// `self_managed`. A target without an association inherits that of its parent.
    #[serde(default)]
    associations: Entries<Spanned<String>>,
}

/// A configuration policy.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[schemars(rename = "ConfigurationPolicy")]
#[serde(deny_unknown_fields)]
struct WrittenPolicy {
    /// Description of the policy.
    description: Option<String>,
    /// If true, Security Hub is enabled. If it is not, the policy cannot have other settings. Default: true.
    service_enabled: Option<Spanned<bool>>,
    /// All enabled standards, such as fsbp-1.0.0.
    #[serde(default)]
    standards: Vec<Spanned<String>>,
    /// All enabled controls, such as S3.1. Default: all controls that are not listed in `disabled_controls`.
    enabled_controls: Option<Vec<Spanned<String>>>,
    /// Disabled controls. All other controls are enabled.
    disabled_controls: Option<Vec<Spanned<String>>>,
    /// Control parameters, such as `{ ACM.1: { daysToExpiration: 45 } }`. Other parameters have their default values.
    #[serde(default)]
    parameters: Entries<Entries<Value>>,
}

/// A valid central configuration.
#[derive(Clone, Debug)]
pub(super) struct Valid {
    administrator: AccountId,
    span: Span,
    policies: Vec<Policy>,
    associations: Vec<Association>,
}

#[derive(Clone, Debug)]
struct Policy {
    name: Spanned<String>,
    description: Option<String>,
    content: Content,
    /// True if it has no errors.
    is_sound: bool,
}

#[derive(Clone, Debug)]
enum Content {
    Off,
    On { standards: Vec<&'static Standard>, controls: ChosenControls, parameters: Option<Value> },
}

#[derive(Clone, Debug)]
struct Association {
    target: Spanned<String>,
    /// The name of a policy, or [`OWN`].
    governance: String,
}

/// Checks it; `None` if no account could have created it.
pub(super) fn check(
    written: Spanned<Declared>,
    context: (Option<&organization::Valid>, &aggregators::Valid, &hubs::Valid),
    check: &mut Check,
) -> Option<Valid> {
    let before = check.diagnostics.len();
    let span = written.span;
    let Declared { policies, associations } = written.value;
    let policies: Vec<Policy> = policies.0.into_iter().map(|(name, policy)| policy_of(name, policy, check)).collect();
    let (organization, aggregators, hubs) = context;
    let associations = associations.0.into_iter();
    let associations = associations.filter_map(|(target, to)| association(target, to, &policies, organization, check));
    let associations: Vec<Association> = associations.collect();
    let administrator = administrator(span, (organization, aggregators), check);
    if let (Some(organization), Some(administrator)) = (organization, administrator)
        && let Some(association) = of_management_account(&associations, organization)
        && let Some(aggregator) = aggregators.get(&administrator)
        && enables(association, &policies)
    {
        warn_about_missing_hub(association, organization.management_account, (&aggregator.home, hubs), check);
    }
    if check.diagnostics.len() > before {
        check.lose(&["central_configuration"]);
    }
    Some(Valid { administrator: administrator?, span, policies, associations })
}

/// The account that configures the others; `None` if there is none.
fn administrator(
    span: Span,
    (organization, aggregators): (Option<&organization::Valid>, &aggregators::Valid),
    check: &mut Check,
) -> Option<AccountId> {
    let Some((organization, administrator)) = organization.and_then(|it| Some((it, it.delegated_administrator?)))
    else {
        if !check.is_lost(&["organization", "delegated_administrator"]) {
            let diagnostic = check.at(span, "central configuration requires a `delegated_administrator`");
            check.push(diagnostic.expected("an `organization` with a `delegated_administrator`"));
        }
        return None;
    };
    let may_be_lost = organization.is_administrator_outside()
        || ["account", "home"].iter().any(|key| check.is_lost(&["aggregators", ITEM, key]));
    if !aggregators.contains_key(&administrator) && !may_be_lost {
        let diagnostic = check.at(span, format!("{administrator} has no home Region"));
        check.push(diagnostic.expected(format!("an entry under `aggregators` for {administrator}")));
    }
    if organization.enables_joined() {
        let diagnostic =
            check.at(span, "`auto_enable` of the `organization` cannot be combined with central configuration");
        check.push(diagnostic.expected("an `organization` without `auto_enable`"));
    }
    Some(administrator)
}

/// Returns whether an association enables hubs.
fn enables(association: &Association, policies: &[Policy]) -> bool {
    let policy = policies.iter().find(|policy| policy.name.value == association.governance);
    policy.is_some_and(|policy| matches!(policy.content, Content::On { .. }))
}

/// The policy that governs the management account, which is below the root.
fn of_management_account<'a>(
    associations: &'a [Association],
    organization: &organization::Valid,
) -> Option<&'a Association> {
    let of = |target: &str| associations.iter().find(|association| association.target.value == target);
    of(organization.management_account.as_str()).or_else(|| of(ROOT))
}

/// Security Hub never enables the hub of the management account, so a policy that enables hubs fails there (CCF-31).
fn warn_about_missing_hub(
    association: &Association,
    account: AccountId,
    (home, hubs): (&Region, &hubs::Valid),
    check: &mut Check,
) {
    let has_hub = hubs.keys().any(|hub| hub.account == account && hub.region == *home);
    if has_hub || hubs.is_unsure(account, &check.lost) || check.is_lost(&["organization", "management_account"]) {
        return;
    }
    let message = format!(
        "the association of `{}` will be FAILED: the hub of the management account is disabled",
        association.target.value
    );
    let diagnostic = check.at(association.target.span, message);
    check.push(
        diagnostic
            .expected(format!("an entry under `hubs` for {account}, or a separate association of {account} with {OWN}"))
            .warning(),
    );
}

fn policy_of(name: Spanned<String>, written: WrittenPolicy, check: &mut Check) -> Policy {
    let before = check.diagnostics.len();
    if let Err(error) = policies::check_characters(&name.value) {
        check.push(check.at(name.span, AwsError::from(error).message.into_owned()));
    }
    let content = match &written.service_enabled {
        Some(enabled) if !enabled.value => {
            let says_more = !written.standards.is_empty() || !written.parameters.0.is_empty();
            if says_more || written.enabled_controls.is_some() || written.disabled_controls.is_some() {
                let diagnostic =
                    check.at(enabled.span, format!("`{}` disables Security Hub and has other settings", name.value));
                check.push(diagnostic.expected("`service_enabled: false` without other settings"));
            }
            Content::Off
        }
        _ => content_of(&name, &written, check),
    };
    let is_sound = check.diagnostics.len() == before;
    Policy { name, description: written.description, content, is_sound }
}

fn content_of(name: &Spanned<String>, written: &WrittenPolicy, check: &mut Check) -> Content {
    let standards = names::check(&written.standards, names::is_for_everyone, check);
    if let (Some(_), Some(_)) = (&written.enabled_controls, &written.disabled_controls) {
        let diagnostic =
            check.at(name.span, format!("`{}` has both `enabled_controls` and `disabled_controls`", name.value));
        check.push(diagnostic.expected("only one of the two"));
    }
    let controls = match (&written.enabled_controls, &written.disabled_controls) {
        (Some(enabled), _) => ChosenControls::Only(control_ids(enabled, check)),
        (None, disabled) => ChosenControls::AllBut(control_ids(disabled.as_deref().unwrap_or_default(), check)),
    };
    let parameters = written.parameters.0.iter().filter_map(|(id, own)| {
        let control = control(id, check)?;
        let own: Map<String, Value> =
            own.0.iter().map(|(name, value)| (name.value.clone(), custom(control, name, value))).collect();
        Some(json!({ "SecurityControlId": control.id, "Parameters": own }))
    });
    let parameters: Vec<Value> = parameters.collect();
    let parameters = (!parameters.is_empty()).then(|| Value::Array(parameters));
    if let Err(error) = content::own_parameters(&controls, parameters.as_ref()) {
        check.push(check.at(name.span, AwsError::from(error).message.into_owned()));
    }
    Content::On { standards, controls, parameters }
}

fn control_ids(written: &[Spanned<String>], check: &mut Check) -> Vec<String> {
    written.iter().filter_map(|id| control(id, check)).map(|control| control.id.to_owned()).collect()
}

fn control(id: &Spanned<String>, check: &mut Check) -> Option<&'static Control> {
    let found = standards::control(&id.value);
    if found.is_none() {
        let known = CONTROLS.iter().filter(|control| control.active).map(|control| control.id);
        let diagnostic = check.at(id.span, format!("unknown control `{}`", id.value));
        check.push(diagnostic.expected("a control ID such as S3.1").suggest(suggest::nearest(&id.value, known)));
    }
    found
}

fn association(
    target: Spanned<String>,
    to: Spanned<String>,
    policies: &[Policy],
    organization: Option<&organization::Valid>,
    check: &mut Check,
) -> Option<Association> {
    let named = || policies.iter().map(|policy| policy.name.value.as_str()).chain([OWN]);
    let is_named = named().any(|name| name == to.value);
    if !is_named && !check.is_lost(&["central_configuration", "policies", &to.value]) {
        let diagnostic = check.at(to.span, format!("unknown policy `{}`", to.value));
        let expected = format!("a policy defined under `policies`, or {OWN}");
        check.push(diagnostic.expected(expected).suggest(suggest::nearest(&to.value, named())));
    }
    let organization = organization?;
    let count = organization.units().filter(|unit| *unit == target.value).count();
    let is_account = AccountId::parse(&target.value).is_some_and(|account| organization.contains(account));
    if target.value != ROOT && !is_account && count != 1 {
        if count == 0 && check.lost.contains_members() {
            return None;
        }
        let what = if count == 0 { "is not in the organization" } else { "is the name of several units" };
        let diagnostic = check.at(target.span, format!("`{}` {what}", target.value));
        let is_unique = |name: &&str| organization.units().filter(|unit| unit == name).count() == 1;
        let others = organization.units().filter(is_unique).chain([ROOT]).filter(|unit| *unit != target.value);
        let nearest = suggest::nearest(&target.value, others);
        check.push(diagnostic.expected("root, the name of a unit, or an account ID").suggest(nearest));
        return None;
    }
    is_named.then_some(Association { target, governance: to.value })
}

/// Turns central configuration on, creates the policies and associates them.
pub(super) fn apply(valid: &Valid, world: &World, now: Timestamp) -> Vec<Refused> {
    let mut transaction = world.write();
    let home = transaction.directory().aggregators.get(&valid.administrator).map(|aggregator| aggregator.home.clone());
    let Some(home) = home else { return Vec::new() };
    let caller = Caller::local_user(valid.administrator, home, now);
    let refuse = |span: Span, error: AwsError| (span, error.message.into_owned());
    if let Err(error) = switch::turn_on(&mut transaction, world, &caller) {
        return vec![refuse(valid.span, error.into())];
    }
    let mut ids = BTreeMap::from([(OWN, SELF_MANAGED.to_owned())]);
    let mut refused = Vec::new();
    for policy in valid.policies.iter().filter(|policy| policy.is_sound) {
        match policies::create(&mut transaction, world, &caller, policy.made(&caller)) {
            Ok(made) => _ = ids.insert(&policy.name.value, made.id),
            Err(error) => refused.push(refuse(policy.name.span, error.into())),
        }
    }
    for Association { target, governance } in in_order(&valid.associations, &transaction) {
        let organization = transaction.directory().organization.as_ref();
        let id = organization.map(|organization| target_id(organization, &target.value));
        let (Some(policy), Some(id)) = (ids.get(governance.as_str()), id) else { continue };
        if let Err(error) = associations::start(&mut transaction, world, &caller, policy, &id) {
            refused.push(refuse(target.span, error.into()));
        }
    }
    transaction.commit();
    refused
}

impl Policy {
    /// The policy. Its ID is assigned later.
    fn made(&self, caller: &Caller) -> ConfigurationPolicy {
        ConfigurationPolicy {
            id: String::new(),
            name: self.name.value.clone(),
            description: self.description.clone(),
            content: self.content.of(&caller.region),
            tags: BTreeMap::new(),
            created_at: caller.now,
            updated_at: caller.now,
        }
    }
}

impl Content {
    /// The content in the form used in a home Region.
    fn of(&self, home: &Region) -> PolicyContent {
        match self {
            Content::Off => PolicyContent::Off,
            Content::On { standards, controls, parameters } => PolicyContent::On {
                standards: standards.iter().map(|standard| standard_arn(home, standard)).collect(),
                controls: controls.clone(),
                parameters: parameters.clone(),
            },
        }
    }
}

/// Associations with inner targets before outer ones, so that no account is temporarily configured by a policy it does
/// not inherit.
fn in_order<'a>(associations: &'a [Association], transaction: &Transaction<'_>) -> Vec<&'a Association> {
    let directory = transaction.directory();
    let Some(organization) = &directory.organization else { return Vec::new() };
    let mut ordered: Vec<&Association> = associations.iter().collect();
    ordered.sort_by_key(|association| {
        std::cmp::Reverse(depth(organization, &target_id(organization, &association.target.value)))
    });
    ordered
}

/// The nesting depth of a target.
fn depth(organization: &Organization, target: &str) -> usize {
    let of_account = || organization.parents.get(&AccountId::parse(target)?);
    let parent = organization.units.get(target).map(|unit| &unit.parent).or_else(of_account);
    parent.map_or(0, |parent| 1 + depth(organization, parent))
}

/// The ID of a target that is given as `root`, by the name of a unit, or by its own ID.
fn target_id(organization: &Organization, name: &str) -> String {
    if name == ROOT {
        return organization.root_id.clone();
    }
    let unit = organization.units.iter().find(|(_, unit)| unit.name == name);
    unit.map_or_else(|| name.to_owned(), |(id, _)| id.clone())
}
