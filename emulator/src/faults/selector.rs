//! The part of a rule that selects calls (CPL-31).

use std::ops::Deref;

use securityhub_fixtures::{Operation, regions};
use serde_json::Value;

use super::mistake::{Mistake, nearest};
use super::names::{self, SECURITY_HUB, SERVICES};
use crate::matching::{Match, NamePattern};
use crate::state::{AccountId, Fault, Operations, Region, World};

/// The name that selects all services.
const ALL: &str = "*";

/// The properties of a world that rules depend on.
#[derive(Clone, Debug, Default)]
pub struct FaultContext {
    /// The seed for rules that do not set one.
    pub seed: u64,
    /// Regions in addition to those of AWS.
    pub regions: Vec<Region>,
}

impl FaultContext {
    /// The part of a world on which rules depend.
    pub fn of(world: &World) -> FaultContext {
        FaultContext { seed: world.ids.seed(), regions: world.directory().regions.clone() }
    }

    fn has_region(&self, name: &str) -> bool {
        regions::find(name).is_some()
            || regions::is_global(name)
            || self.regions.iter().any(|region| region.as_str() == name)
    }
}

/// The parts of a call that rules read.
pub struct Subject<'c> {
    /// The service in the scope of the signature.
    pub service: &'c str,
    /// The operation, if the service is Security Hub.
    pub operation: Option<Operation>,
    /// The name of the operation.
    pub name: &'c str,
    /// The account of the caller.
    pub account: AccountId,
    /// The Region of the call.
    pub region: &'c Region,
    /// The tag of the test.
    pub test: Option<&'c str>,
    /// The members of the input, which may be parsed when the first rule reads them.
    pub input: &'c dyn Deref<Target = Value>,
}

/// The operations that a rule selects.
#[derive(Clone, Debug)]
pub(super) struct Scope {
    /// The service; `None` for all.
    service: Option<String>,
    /// Names and prefixes; `None` for all operations.
    names: Option<Vec<NamePattern>>,
}

impl Scope {
    fn read(fault: &Fault, is_any_service: bool) -> Result<Scope, Mistake> {
        let service = fault.service.as_deref().unwrap_or(SECURITY_HUB);
        if service != ALL && !SERVICES.contains(&service) && !is_any_service {
            let nearest = nearest(service, SERVICES);
            let known = SERVICES.join(", ");
            return Err(Mistake::new(
                "Service",
                format!("unknown service '{service}'{nearest}; expected {known} or *"),
            ));
        }
        let service = (service != ALL).then(|| service.to_owned());
        let names = fault.operation.as_ref().map(|Operations(names)| names);
        if names.is_some_and(Vec::is_empty) {
            return Err(Mistake::new("Operation", "the list is empty"));
        }
        let pattern = |(position, name): (usize, &String)| {
            let place =
                || if names.is_some_and(|names| names.len() > 1) { format!("[{position}]") } else { String::new() };
            if is_any_service && service.as_deref() != Some(SECURITY_HUB) {
                return Ok(NamePattern::parse(name));
            }
            names::operation(name, service.as_deref())
                .map_err(|unknown| Mistake::new(place(), unknown.to_string()).inside("Operation"))
        };
        let patterns = names.map(|names| names.iter().enumerate().map(pattern).collect()).transpose()?;
        Ok(Scope { service, names: patterns })
    }

    /// Returns whether only calls of Security Hub are selected.
    pub(super) fn is_of_security_hub(&self) -> bool {
        self.service.as_deref() == Some(SECURITY_HUB)
    }

    /// Returns whether calls of Security Hub are selected, alone or with calls of other services.
    pub(super) fn includes_security_hub(&self) -> bool {
        self.service.as_deref().is_none_or(|service| service == SECURITY_HUB)
    }

    /// The operations that are named one by one; `None` if the scope has a prefix or selects all operations.
    pub(super) fn listed(&self) -> Option<Vec<Operation>> {
        let of = |name: &NamePattern| match name {
            NamePattern::Exactly(name) => Operation::by_name(name),
            NamePattern::Prefix(_) => None,
        };
        self.names.as_ref()?.iter().map(of).collect()
    }

    /// All selected operations of Security Hub.
    pub(super) fn operations(&self) -> Vec<Operation> {
        let is_selected = |operation: &Operation| self.selects(operation.name());
        if self.includes_security_hub() { Operation::ALL.into_iter().filter(is_selected).collect() } else { Vec::new() }
    }

    /// The name of the scope in messages.
    pub(super) fn describe(&self) -> String {
        match (&self.listed().as_deref(), &self.service) {
            (Some([only]), _) => only.name().to_owned(),
            (_, Some(service)) if service != SECURITY_HUB => service.clone(),
            (_, None) => "any service".to_owned(),
            _ => "the selected operations".to_owned(),
        }
    }

    fn selects(&self, name: &str) -> bool {
        self.names.as_ref().is_none_or(|names| names.iter().any(|wanted| wanted.matches(name)))
    }
}

/// The conditions of a rule on calls.
#[derive(Debug)]
pub(super) struct Selector {
    pub(super) scope: Scope,
    account: Option<AccountId>,
    region: Option<String>,
    test: Option<String>,
    condition: Option<Match>,
}

impl Selector {
    /// Parses the members that select calls. With `is_lenient`, services and Regions that the emulator does not have
    /// are accepted; they do not select any calls.
    pub(super) fn read(fault: &Fault, context: &FaultContext, is_lenient: bool) -> Result<Selector, Mistake> {
        let scope = Scope::read(fault, is_lenient)?;
        let account = fault.account.as_deref().map(read_account).transpose()?;
        if let Some(region) = fault.region.as_deref().filter(|region| !is_lenient && !context.has_region(region)) {
            let own = context.regions.iter().map(Region::as_str);
            let nearest = nearest(region, regions::REGIONS.iter().map(|region| region.name).chain(own));
            return Err(Mistake::new("Region", format!("unknown Region '{region}'{nearest}")));
        }
        if let Some(test) = fault.test.as_deref().filter(|test| !is_tag(test)) {
            let expected = "expected 1 to 128 letters, digits, '.', '_', ':', '/' and '-'";
            return Err(Mistake::new("Test", format!("'{test}' is not a valid tag; {expected}")));
        }
        let condition = fault.r#match.as_ref().map(Match::parse).transpose();
        let condition = condition.map_err(|wrong| Mistake::new(wrong.path, wrong.message).inside("Match"))?;
        Ok(Selector { scope, account, region: fault.region.clone(), test: fault.test.clone(), condition })
    }

    /// Returns whether the rule selects a call. The input is compared last, because parsing it takes time.
    pub(super) fn selects(&self, subject: &Subject<'_>) -> bool {
        self.scope.service.as_deref().is_none_or(|service| service == subject.service)
            && self.scope.selects(subject.name)
            && self.account.is_none_or(|account| account == subject.account)
            && self.region.as_deref().is_none_or(|region| region == subject.region.as_str())
            && self.test.as_deref().is_none_or(|test| subject.test == Some(test))
            && self.condition.as_ref().is_none_or(|condition| condition.matches(subject.input))
    }
}

fn read_account(text: &str) -> Result<AccountId, Mistake> {
    let message = || format!("'{text}' is not a valid account ID (expected 12 digits)");
    AccountId::parse(text).ok_or_else(|| Mistake::new("Account", message()))
}

/// Returns whether a text is a valid test tag (CPL-30).
fn is_tag(text: &str) -> bool {
    let is_allowed = |letter: char| letter.is_ascii_alphanumeric() || "._:/-".contains(letter);
    (1..=128).contains(&text.len()) && text.chars().all(is_allowed)
}
