//! Settings that accounts make in their hubs of the classic half: `insights`, `action_targets`, `automation_rules` and
//! `controls`. Each entry applies to the hubs of one account in one or more Regions, and has the effect of the operation
//! that makes the setting.

pub(super) mod action_targets;
pub(super) mod automation_rules;
pub(super) mod controls;
mod entry;
pub(super) mod insights;

use self::action_targets::ActionTarget;
use self::automation_rules::Rule;
use self::controls::ControlSetting;
use self::entry::Entry;
use self::insights::Insight;
use super::refused::{Refused, apply_each};
use crate::domain::caller::Caller;
use crate::domain::hub_access;
use crate::scenario::check::Check;
use crate::scenario::spanned::Spanned;
use crate::state::{HubKey, Region, Timestamp, Transaction, World};

/// The unchecked entries.
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
