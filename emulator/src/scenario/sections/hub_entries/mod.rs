//! Settings that accounts make in their hubs of the classic half: `insights`, `action_targets`, `automation_rules` and
//! `controls`. Each entry applies to the hubs of one account in one or more Regions, and has the effect of the operation
//! that makes the setting.

pub(super) mod action_targets;
pub(super) mod automation_rules;
pub(super) mod controls;
pub(super) mod insights;

use securityhub_fixtures::Operation;
use serde_json::{Map, Value};

use self::action_targets::ActionTarget;
use self::automation_rules::Rule;
use self::controls::ControlSetting;
use self::insights::Insight;
use super::all_or::AllOr;
use super::hubs;
use super::refused::{Refused, apply_each};
use super::regions::RegionText;
use crate::aws_error::AwsError;
use crate::domain::caller::Caller;
use crate::domain::findings::filters::classic::{self, Dialect};
use crate::domain::hub_access;
use crate::scenario::check::{AccountText, Check};
use crate::scenario::files::Span;
use crate::scenario::sections::api_input::{self, ApiInput};
use crate::scenario::spanned::{Content, Node, Spanned};
use crate::state::{HubKey, Region, Timestamp, Transaction, World};

/// The entries as they are written.
#[derive(Debug)]
pub(super) struct Written {
    pub(super) insights: Vec<Spanned<insights::Declared>>,
    pub(super) action_targets: Vec<Spanned<action_targets::Declared>>,
    pub(super) automation_rules: Vec<Spanned<automation_rules::Declared>>,
    pub(super) controls: Vec<Spanned<controls::Declared>>,
}

/// Valid entries in the order of the files, which is the order of creation.
#[derive(Debug)]
pub(super) struct Valid {
    insights: Vec<Entry<Insight>>,
    action_targets: Vec<Entry<ActionTarget>>,
    automation_rules: Vec<Entry<Rule>>,
    controls: Vec<Entry<ControlSetting>>,
}

/// An entry and the hubs that it applies to.
#[derive(Debug)]
struct Entry<T> {
    /// The position of errors that concern the whole entry.
    span: Span,
    hubs: Vec<HubKey>,
    value: T,
}

/// Checks all entries.
pub(super) fn check(written: Written, regions: &[Region], check: &mut Check) -> Valid {
    Valid {
        insights: each(written.insights, |entry| insights::check(entry, regions, check)),
        action_targets: each(written.action_targets, |entry| action_targets::check(entry, regions, check)),
        automation_rules: each(written.automation_rules, |entry| automation_rules::check(entry, regions, check)),
        controls: each(written.controls, |entry| controls::check(entry, regions, check)),
    }
}

fn each<D, T>(written: Vec<Spanned<D>>, check: impl FnMut(Spanned<D>) -> Option<Entry<T>>) -> Vec<Entry<T>> {
    written.into_iter().filter_map(check).collect()
}

/// The hubs of an account in several Regions; `None` after an error.
fn hub_keys(
    account: Option<&AccountText>,
    in_regions: Option<&AllOr<RegionText>>,
    regions: &[Region],
    check: &mut Check,
) -> Option<Vec<HubKey>> {
    let account = account.and_then(|account| check.account(&account.0));
    let (found, _) = hubs::regions_of(in_regions, regions, check);
    let account = account?;
    Some(found.into_iter().map(|region| HubKey { account, region }).collect())
}

/// Applies the entries. Returns the errors of the domain. If `is_unsure`, those that depend on the settings of a hub are
/// omitted, since the hub may be a part of the scenario that could not be read.
pub(super) fn apply(valid: &Valid, world: &World, now: Timestamp, is_unsure: bool) -> Vec<Refused> {
    let context = (now, is_unsure);
    let mut refused = apply_to_hubs(&valid.insights, world, context, insights::create);
    refused.extend(apply_to_hubs(&valid.action_targets, world, context, action_targets::create));
    refused.extend(apply_to_hubs(&valid.automation_rules, world, context, automation_rules::create));
    let of_controls = apply_to_hubs(&valid.controls, world, context, controls::set);
    refused.extend(of_controls.into_iter().filter(|_| !is_unsure));
    refused
}

/// Applies each entry to its hubs. An entry has at most one error.
fn apply_to_hubs<T>(
    entries: &[Entry<T>],
    world: &World,
    (now, is_unsure): (Timestamp, bool),
    apply: impl Fn(&mut Transaction<'_>, &World, &Caller, &Entry<T>) -> Result<(), Refused>,
) -> Vec<Refused> {
    apply_each(entries, world, |transaction, entry| {
        entry.hubs.iter().try_for_each(|HubKey { account, region }| {
            let caller = Caller::local_user(*account, region.clone(), now);
            if hub_access::enabled(transaction, &caller.hub_key()).is_err() {
                let message = format!("Security Hub is not enabled for {account} in {region}");
                return if is_unsure { Ok(()) } else { Err((entry.span, message)) };
            }
            apply(transaction, world, &caller, entry)
        })
    })
}

/// The error of an entry that the domain refuses as a whole.
fn refuse(span: Span) -> impl FnOnce(AwsError) -> Refused {
    move |error| (span, error.message.into_owned())
}

/// Filters as they are written, for the positions of their errors.
#[derive(Clone, Debug)]
struct Filters(Node);

impl Filters {
    /// Checks the filters. The error has the position of the first wrong filter.
    fn check(&self, dialect: &'static Dialect, world: &World, now: Timestamp) -> Result<Map<String, Value>, Refused> {
        let Value::Object(filters) = self.0.to_json() else { return Ok(Map::new()) };
        match classic::convert(dialect, &filters, world.schema(), now) {
            Ok(_) => Ok(filters),
            Err(violations) => {
                let span = violations.first().map_or(self.0.span, |first| api_input::span_of(&self.0, first));
                Err((span, dialect.refuse(&violations).message.into_owned()))
            }
        }
    }
}

/// A number as a part of an input.
fn number(number: &Spanned<u32>) -> Node {
    let content = Content::Integer(number.value.into(), number.value.to_string());
    Node { span: number.span, content }
}

/// Checks an entry as the input of an operation. Violations are reported.
fn is_valid(input: ApiInput, operation: Operation, check: &mut Check) -> bool {
    input.input(operation, check).is_some()
}
