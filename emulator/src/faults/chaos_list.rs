//! The rules that LocalStack's chaos API lists and changes (CPL-39).

use std::collections::HashSet;
use std::sync::Arc;

use super::chaos::ChaosFault;
use super::list::{Faults, List, ListError, MAX_RULES, Place, free_id, rule_seed};
use super::mistake::Mistake;
use super::rule::Rule;
use super::selector::FaultContext;
use crate::state::{Fault, FaultLatency};

/// The ID of the rule for the delay of all calls.
const LATENCY: &str = "ls-latency";

impl Faults {
    /// The faults in the format of LocalStack.
    pub fn chaos(&self) -> Vec<ChaosFault> {
        self.list.read().rules.iter().filter_map(|rule| rule.chaos.clone()).collect()
    }

    /// Adds faults in the format of LocalStack. With `replaces`, they replace the existing faults of this format.
    ///
    /// # Errors
    /// [`ListError`].
    pub fn add_chaos(&self, faults: &[ChaosFault], replaces: bool, context: &FaultContext) -> Result<(), ListError> {
        self.edit(|list| {
            if replaces {
                list.rules.retain(|rule| rule.chaos.is_none());
            }
            list.insert_chaos(faults, context)
        })
    }

    /// Removes the faults in the format of LocalStack that equal one of `faults`.
    pub fn remove_chaos(&self, faults: &[ChaosFault]) {
        self.change(|list| {
            list.rules.retain(|rule| rule.chaos.as_ref().is_none_or(|fault| !faults.contains(fault)));
        });
    }

    /// Removes all faults in the format of LocalStack.
    pub fn clear_chaos(&self) {
        self.change(|list| list.rules.retain(|rule| rule.chaos.is_none()));
    }

    /// The delay of all calls, in milliseconds.
    pub fn chaos_latency(&self) -> u64 {
        let list = self.list.read();
        let latency = list.rules.iter().find(|rule| &*rule.id == LATENCY).and_then(|rule| rule.fault.latency.as_ref());
        let milliseconds = latency.and_then(|latency| latency.fixed.as_deref()?.strip_suffix("ms")?.parse().ok());
        milliseconds.unwrap_or(0)
    }

    /// Sets the delay of all calls.
    ///
    /// # Errors
    /// [`ListError`].
    pub fn set_chaos_latency(&self, milliseconds: u64, context: &FaultContext) -> Result<(), ListError> {
        let latency = FaultLatency { fixed: Some(format!("{milliseconds}ms")), ..FaultLatency::default() };
        let rule = Fault {
            id: Some(LATENCY.to_owned()),
            service: Some("*".to_owned()),
            latency: Some(latency),
            ..Fault::default()
        };
        self.edit(|list| {
            list.rules.retain(|rule| &*rule.id != LATENCY);
            // The rule comes first, because later rules are not tried after a rule has failed the call.
            let rules = if milliseconds == 0 { Vec::new() } else { vec![rule] };
            list.insert(rules, Place::First, context).map(|_| ())
        })
    }
}

/// Converts the path of a mistake to the names of LocalStack, such as `Error.Status` to `error.statusCode`.
fn in_chaos_form(mistake: Mistake) -> Mistake {
    let path = match mistake.path.as_str() {
        "Error.Status" => "error.statusCode".to_owned(),
        path => path.to_ascii_lowercase(),
    };
    Mistake { path, ..mistake }
}

impl List {
    fn insert_chaos(&mut self, faults: &[ChaosFault], context: &FaultContext) -> Result<(), ListError> {
        if self.rules.len() + faults.len() > MAX_RULES {
            return Err(ListError::TooMany);
        }
        let mut used: HashSet<String> = self.rules.iter().map(|rule| rule.id.to_string()).collect();
        let mut made = Vec::with_capacity(faults.len());
        for (position, fault) in faults.iter().enumerate() {
            let id = free_id("ls", &mut self.last_chaos_id, &mut used);
            let seed = rule_seed(context.seed, self.rules.len() + position);
            let rule = Rule::read_with(fault.rule(id), seed, context, Some(fault.clone()));
            made.push(Arc::new(rule.map_err(|mistake| ListError::Rule(position, in_chaos_form(mistake)))?));
        }
        self.put(made, Place::Last);
        Ok(())
    }
}
