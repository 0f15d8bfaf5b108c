//! `Denied by policy`: service control policies and their targets, the calls of an account that policies denied, and
//! whether they would allow a call (DSH-91).

use askama::Template;
use http::Method;
use securityhub_fixtures::Operation;
use serde_json::{Value, json};

use super::shared::{named, sentence};
use crate::dashboard::answer::{list, text};
use crate::dashboard::call::Call;
use crate::dashboard::layout;
use crate::dashboard::page::{Context, PageError, Section};
use crate::dashboard::text::{ABSENT, Time, more};
use crate::domain::caller::Caller;
use crate::domain::policy::{self, Verdict};
use crate::state::{Organization, PolicyType};

/// Maximum number of targets in the table.
const TARGETS: usize = 50;
/// Maximum number of denied calls in the table.
const CALLS: usize = 50;
/// The error code of a call that a policy denies.
const DENIED: &str = "AccessDeniedException";

#[derive(Template)]
#[template(path = "pages/accounts/denied.html")]
struct Denied {
    targets: Vec<(String, String)>,
    more_targets: Option<String>,
    calls: Result<Vec<DeniedCall>, String>,
    path: String,
    kept: Vec<(String, String)>,
    account: String,
    operation: String,
    operations: Vec<&'static str>,
    verdict: Option<String>,
}

/// A call that a policy denied.
struct DeniedCall {
    time: Option<Time>,
    operation: String,
    principal: String,
    policy: String,
    statement: String,
}

/// The section.
pub(super) fn section(context: &Context<'_>) -> Section {
    let mut calls = Vec::new();
    let relations = context.world.relations();
    let organization = relations.directory().organization.as_ref();
    let targets = organization.map(|organization| targets(context, organization)).unwrap_or_default();
    if organization.is_some() {
        let path = "/_emulator/organization/policies";
        calls.push(Call::control(&Method::GET, path, Value::Null, "policies list").of("Service control policies"));
    }
    let denied = denied_calls(context, &mut calls).map_err(sentence);
    let query = &context.view.query;
    let (account, operation) = (query.first("may-account"), query.first("may-operation"));
    let asked = account.zip(operation).map(|(account, operation)| answer(context, account.trim(), operation.trim()));
    let (verdict, alert) = match asked.transpose() {
        Ok(verdict) => (verdict, None),
        Err(refused) => (None, Some(refused)),
    };
    let kept = query.pairs().filter(|(name, _)| !["may-account", "may-operation"].contains(name));
    let page = Denied {
        more_targets: more(targets.len(), TARGETS),
        targets: targets.into_iter().take(TARGETS).collect(),
        calls: denied,
        path: context.view.path(),
        kept: kept.map(|(name, value)| (name.to_owned(), value.to_owned())).collect(),
        account: account.map_or_else(|| context.view.account.to_string(), str::to_owned),
        operation: operation.unwrap_or_default().to_owned(),
        operations: Operation::ALL.iter().map(|operation| operation.name()).collect(),
        verdict,
    };
    Section { alert, ..Section::new(&page, calls) }
}

/// The targets of service control policies, with the names of their policies.
fn targets(context: &Context<'_>, organization: &Organization) -> Vec<(String, String)> {
    let policies = &organization.policies;
    let of_target = |target: &String| {
        let attached = policies.attached_to(target, PolicyType::ServiceControl);
        let mut names: Vec<&str> = attached.map(|(_, policy)| policy.name.as_str()).collect();
        if policies.without_full_access.contains(target) {
            names.push("without FullAWSAccess");
        }
        let name = match organization.units.get(target) {
            Some(unit) => unit.name.clone(),
            None if *target == organization.root_id => "Root".to_owned(),
            None => named(context, target),
        };
        (!names.is_empty()).then(|| (name, names.join(", ")))
    };
    let attached = policies.attached.keys();
    let others = policies.without_full_access.iter().filter(|target| !policies.attached.contains_key(*target));
    attached.chain(others).filter_map(of_target).collect()
}

/// The newest calls of the account that policies denied.
fn denied_calls(context: &Context<'_>, calls: &mut Vec<Call>) -> Result<Vec<DeniedCall>, PageError> {
    let account = context.view.account;
    let path =
        format!("/_emulator/requests?account={account}&service=securityhub&error={DENIED}&newest=true&limit={CALLS}");
    let call = Call::control(&Method::GET, &path, Value::Null, "").of("Denied calls");
    let answer = context.fetch(&call)?;
    calls.push(call);
    Ok(list(&answer, "Requests").iter().filter_map(|call| denied_call(context, call)).collect())
}

/// A recorded call, with the statement that denies it now; `None` if no policy denied it.
fn denied_call(context: &Context<'_>, call: &Value) -> Option<DeniedCall> {
    if !text(call, "ErrorMessage").contains("is not authorized to perform") {
        return None;
    }
    let verdict = Operation::by_name(text(call, "Operation")).and_then(|operation| {
        let world = &context.world;
        let now = world.clock.now();
        let principal = world.principal(text(call, "AccessKeyId"), context.view.account, now)?;
        let region = world.directory().region(text(call, "Region")).ok()?;
        Some(policy::verdict(world, &Caller { principal, region, now }, operation, &call["Input"]))
    });
    let deciding = verdict.filter(|verdict| verdict.denied.is_some()).and_then(|verdict| verdict.decided_by);
    let (policy, statement) = deciding.map(|deciding| (deciding.policy, deciding.statement)).unzip();
    let absent = || ABSENT.to_owned();
    Some(DeniedCall {
        time: Time::parse(text(call, "Time")),
        operation: text(call, "Operation").to_owned(),
        principal: text(call, "Principal").to_owned(),
        policy: policy.unwrap_or_else(absent),
        statement: statement.unwrap_or_else(absent),
    })
}

/// Whether policies allow an account to call an operation.
fn answer(context: &Context<'_>, account: &str, operation: &str) -> Result<String, String> {
    let account = layout::account_named(&context.world, account)?;
    if operation.is_empty() {
        return Err("Enter an operation, such as DisableSecurityHub.".to_owned());
    }
    let unknown = || format!("`{operation}` is not an operation of AWS Security Hub.");
    let operation = Operation::by_name(operation).ok_or_else(unknown)?;
    let caller = Caller::local_user(account, context.view.region.clone(), context.world.clock.now());
    let Verdict { action, resource, denied, decided_by } =
        policy::verdict(&context.world, &caller, operation, &json!({}));
    let statement = decided_by.map(|deciding| format!("{} of the policy {}", deciding.statement, deciding.policy));
    Ok(match (denied, statement) {
        (None, None) => format!("Allowed: no policy applies to {account}, so {action} is allowed."),
        (None, Some(statement)) => format!("Allowed: {statement} allows {account} to perform {action} on {resource}."),
        (Some(reason), Some(statement)) => {
            format!("Denied: {account} may not perform {action} on {resource}, {reason} ({statement}).")
        }
        (Some(reason), None) => format!("Denied: {account} may not perform {action} on {resource}, {reason}."),
    })
}
