//! The requests that a call makes to policies: its resources, with the condition keys of each.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::net::IpAddr;

use securityhub_fixtures::Operation;
use securityhub_fixtures::actions::{self, Action};
use serde_json::{Map, Value};

use super::keys::Keys;
use super::known;
use crate::domain::accounts::tagging;
use crate::domain::arn::{self, Arn};
use crate::domain::caller::Caller;
use crate::domain::findings::import;
use crate::shape::items;
use crate::shape::read::Document;
use crate::state::{Directory, World};

/// The resource of an action that has none (DEN-10).
const ANY: &str = "*";

/// A call, as policies see it. Its input may be invalid; policies are evaluated for the part that could be read.
pub struct Call<'c> {
    /// The world.
    pub world: &'c World,
    /// Its relations.
    pub directory: &'c Directory,
    /// The caller.
    pub caller: &'c Caller,
    /// The client's address, if the call came over a socket.
    pub source: Option<IpAddr>,
    /// The operation.
    pub operation: Operation,
    /// The input.
    pub input: &'c Document<'c>,
}

/// A resource of a call, with its condition keys.
#[derive(Debug)]
pub struct ResourceRequest {
    /// An ARN, or `*`.
    pub resource: String,
    /// The keys.
    pub keys: Keys,
}

impl Call<'_> {
    /// One request for each resource, in the order of the input.
    pub fn requests(&self) -> Vec<ResourceRequest> {
        let action = actions::of(self.operation);
        let common = self.common_keys(action);
        if action.has_key("securityhub:TargetAccount") {
            return self.imports(&common);
        }
        let resources = self.resources(action);
        let request = |resource: String| {
            let mut keys = common.clone();
            if action.has_key("aws:ResourceTag") {
                for (name, value) in tagging::list(self.world, self.caller, &resource).unwrap_or_default() {
                    keys.set(&format!("aws:ResourceTag/{name}"), [value]);
                }
            }
            ResourceRequest { resource, keys }
        };
        resources.into_iter().map(request).collect()
    }

    /// One request for each product and owner of the findings (IAM-05, IAM-06). A finding without a product is invalid
    /// and will not be stored, so it makes no request.
    fn imports(&self, common: &Keys) -> Vec<ResourceRequest> {
        let mut seen = BTreeSet::new();
        let mut requests = Vec::new();
        for (product_arn, owner) in self.products() {
            if seen.insert((product_arn.clone(), owner.clone())) {
                let mut keys = common.clone();
                keys.set("securityhub:TargetAccount", owner);
                requests.push(ResourceRequest { resource: product_arn, keys });
            }
        }
        if requests.is_empty() {
            requests.push(ResourceRequest { resource: ANY.to_owned(), keys: common.clone() });
        }
        requests
    }

    /// The products and owners of the findings, whether these are items or plain members of the input.
    fn products(&self) -> Vec<(String, Option<String>)> {
        let text = |finding: &Value, name: &str| finding.get(name).and_then(Value::as_str).map(str::to_owned);
        let whole = self.input.members.get("Findings").and_then(Value::as_array).into_iter().flatten();
        let whole = whole.filter_map(|finding| Some((text(finding, "ProductArn")?, text(finding, "AwsAccountId"))));
        let items = self.input.items.iter().filter(|items| items.list == "Findings").flat_map(|items| &items.items);
        let items = items.filter_map(|item| {
            let owner = import::string(item, "AwsAccountId").map(Into::into);
            Some((import::string(item, "ProductArn")?.into(), owner))
        });
        whole.chain(items).collect()
    }

    /// The resources of a call; `*` if it has none (IAM-03 … IAM-05).
    fn resources(&self, action: &Action) -> Vec<String> {
        let own = |resource: &str| arn::of_account(&self.caller.region, self.caller.account(), resource);
        let members = &self.input.members;
        let named: Vec<Cow<'_, str>> = match action.resource_types {
            [] => vec![ANY.into()],
            ["hub"] => return vec![arn::hub(&self.caller.hub_key())],
            ["hubv2"] => return vec![self.hub_v2()],
            [_] => names(self.input),
            _ => members.get("ResourceArn").and_then(Value::as_str).map(Cow::Borrowed).into_iter().collect(),
        };
        let kind = action.resource_types.first().unwrap_or(&ANY);
        let full = |name: Cow<'_, str>| match Arn::parse(&name) {
            None if name != ANY && action.resource_types.len() == 1 => own(&format!("{kind}/{name}")),
            _ => name.into_owned(),
        };
        let named: Vec<String> = named.into_iter().map(full).collect();
        if named.is_empty() { vec![ANY.to_owned()] } else { named }
    }

    /// The ARN of the caller's V2 hub. A hub that was never enabled has no ID; policies see a fixed one instead
    /// (`inferred`).
    fn hub_v2(&self) -> String {
        let key = self.caller.hub_key();
        let hub = self.world.hub_v2(&key);
        arn::hub_v2(&key, hub.as_ref().map_or("default", |hub| &hub.id))
    }

    /// The keys that apply to the whole call.
    fn common_keys(&self, action: &Action) -> Keys {
        let mut keys = Keys::default();
        let principal = &self.caller.principal;
        let role_or_user = principal.role_arn.as_ref().unwrap_or(&principal.arn);
        keys.set("aws:PrincipalArn", [role_or_user.clone()]);
        keys.set("aws:PrincipalAccount", [principal.account.to_string()]);
        keys.set("aws:PrincipalIsAWSService", ["false".to_owned()]);
        keys.set("aws:RequestedRegion", [self.caller.region.to_string()]);
        keys.set("aws:CurrentTime", [self.caller.now.to_string()]);
        keys.set("aws:EpochTime", [self.caller.now.as_second().to_string()]);
        // AWS's endpoints are reached by TLS.
        keys.set("aws:SecureTransport", ["true".to_owned()]);
        keys.set("aws:ViaAWSService", ["false".to_owned()]);
        keys.set("aws:ResourceAccount", [self.caller.account().to_string()]);
        let (kind, user) = match (&principal.role_arn, principal.arn.rsplit_once('/')) {
            (None, Some((_, name))) => ("User", Some(name.to_owned())),
            (None, None) => ("Account", None),
            (Some(_), _) => ("AssumedRole", None),
        };
        keys.set("aws:PrincipalType", [kind.to_owned()]);
        keys.set("aws:username", user);
        // Long-term access keys lack this key, and sessions here never have MFA.
        keys.set("aws:MultiFactorAuthPresent", principal.role_arn.as_ref().map(|_| "false".to_owned()));
        keys.set("aws:SourceIp", self.source.map(|address| address.to_canonical().to_string()));
        let organization = self.directory.organization.as_ref();
        let organization = organization.filter(|organization| {
            organization.management_account == principal.account
                || organization.parents.contains_key(&principal.account)
        });
        keys.set("aws:PrincipalOrgID", organization.map(|organization| organization.id.clone()));
        self.tags_sent(action, &mut keys);
        for stem in ["securityhub:ASFFSyntaxPath", "securityhub:OCSFSyntaxPath"] {
            if action.has_key(stem) {
                for (key, field) in known::fields_below(stem) {
                    keys.set(key, values(&self.input.members, field));
                }
            }
        }
        keys
    }

    /// The tags that a request sets, and the keys of all tags that it sets or removes (IAM-09).
    fn tags_sent(&self, action: &Action, keys: &mut Keys) {
        let members = &self.input.members;
        let set = members.get("Tags").and_then(Value::as_object);
        if action.has_key("aws:RequestTag") {
            for (name, value) in set.into_iter().flatten() {
                keys.set(&format!("aws:RequestTag/{name}"), value.as_str().map(str::to_owned));
            }
        }
        if action.has_key("aws:TagKeys") {
            let removed = members.get("TagKeys").and_then(Value::as_array).into_iter().flatten();
            let removed = removed.filter_map(Value::as_str).map(str::to_owned);
            keys.set("aws:TagKeys", set.into_iter().flatten().map(|(name, _)| name.clone()).chain(removed));
        }
    }
}

/// The resources that an input identifies by ARN or id.
fn names<'i>(input: &'i Document<'_>) -> Vec<Cow<'i, str>> {
    let members = &input.members;
    let one = ["Identifier", "ConnectorId", "FindingAggregatorArn", "AggregatorV2Arn"].into_iter();
    let one = one.filter_map(|name| members.get(name)?.as_str().map(Cow::Borrowed));
    let list = |name: &str| members.get(name).and_then(Value::as_array).into_iter().flatten();
    let arns = list("AutomationRulesArns").filter_map(|arn| arn.as_str().map(Cow::Borrowed));
    let rules = input.items.iter().flat_map(|items| &items.items).filter_map(|item| items::string(item, "RuleArn"));
    one.chain(arns).chain(rules).collect()
}

/// The values that a request sets for a field, as text (IAM-07); an object as JSON.
fn values(members: &Map<String, Value>, field: &str) -> Vec<String> {
    let mut names = field.split('.');
    let first = names.next().and_then(|name| members.get(name));
    let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    match names.fold(first, |value, name| value?.get(name)) {
        None | Some(Value::Null) => Vec::new(),
        Some(Value::Array(items)) => items.iter().map(text).collect(),
        Some(value) => vec![text(value)],
    }
}
