//! The origin of a finding: its product and its owner, resolved at the endpoint where it arrives.

use std::collections::HashMap;

use securityhub_fixtures::Operation;

use super::product::{self, ProductArnError, Source};
use crate::aws_error::AwsError;
use crate::domain::caller::Caller;
use crate::domain::findings::automation_rules::{self, ActiveRule};
use crate::domain::hub_access;
use crate::state::{AccountId, Directory, HubKey, Region, Timestamp, World};

/// The sender of a batch.
#[derive(Clone, Copy, Debug)]
pub enum Sender<'c> {
    /// A caller of BatchImportFindings.
    Caller(&'c Caller),
    /// The product itself; AWS's own services import this way (IMP-11).
    Product,
}

/// The Region and time at which a batch arrives.
pub struct Endpoint<'w> {
    /// The world.
    pub world: &'w World,
    /// The relations, as they were when the call began.
    pub directory: &'w Directory,
    /// The Region.
    pub region: &'w Region,
    /// The time.
    pub now: Timestamp,
}

/// A product and an owner, which many findings have in common.
pub(super) struct Origin<'w> {
    product_arn: String,
    owner_text: String,
    /// The product.
    pub(super) source: Result<Source, ProductArnError>,
    /// The owner; none if the text is not an account id.
    pub(super) owner: Option<AccountId>,
    /// The owner's name in its organization (ASF-33).
    pub(super) account_name: Option<&'w str>,
    /// The automation rules that apply to the owner's findings (ARU-39).
    pub(super) rules: Vec<ActiveRule>,
    /// The hub with which the owner accepts findings of the product, or the reason why it does not (IMP-33).
    acceptance: Result<Acceptance, String>,
}

/// The hub with which an owner accepts findings.
enum Acceptance {
    /// The hub of the classic half.
    Hub,
    /// The V2 hub, because the hub of the classic half is disabled.
    OnlyHubV2,
}

/// Cache of the origins of the findings so far.
pub(super) struct Origins<'e, 'w> {
    endpoint: &'e Endpoint<'w>,
    /// Index of an owner in `known`. There can be thousands of owners, but each has few products.
    owners: HashMap<String, usize>,
    known: Vec<Vec<Origin<'w>>>,
    /// The index of the origin that was found last: consecutive findings often have the same origin.
    last: (usize, usize),
}

impl<'e, 'w> Origins<'e, 'w> {
    pub(super) fn new(endpoint: &'e Endpoint<'w>) -> Self {
        Origins { endpoint, owners: HashMap::new(), known: Vec::new(), last: (0, 0) }
    }

    /// Number of lookups that missed the cache.
    #[cfg(test)]
    pub(super) fn count(&self) -> usize {
        self.known.iter().map(Vec::len).sum()
    }

    /// The origin of a finding, by its ProductArn and AwsAccountId.
    pub(super) fn find(&mut self, product_arn: &str, owner: &str) -> &Origin<'w> {
        let (index, position) = self.last;
        let last = self.known.get(index).and_then(|of_owner| of_owner.get(position));
        if !last.is_some_and(|origin| origin.owner_text == owner && origin.product_arn == product_arn) {
            self.last = self.look_up(product_arn, owner);
        }
        let (index, position) = self.last;
        &self.known[index][position]
    }

    fn look_up(&mut self, product_arn: &str, owner: &str) -> (usize, usize) {
        let index = self.owners.get(owner).copied().unwrap_or_else(|| {
            self.owners.insert(owner.to_owned(), self.known.len());
            self.known.push(Vec::new());
            self.known.len() - 1
        });
        let of_owner = &mut self.known[index];
        let position = of_owner.iter().position(|origin| origin.product_arn == product_arn).unwrap_or_else(|| {
            of_owner.push(Origin::new(self.endpoint, product_arn, owner));
            of_owner.len() - 1
        });
        (index, position)
    }
}

impl<'w> Origin<'w> {
    fn new(endpoint: &Endpoint<'w>, product_arn: &str, owner_text: &str) -> Origin<'w> {
        let source = product::find(endpoint.directory, product_arn, endpoint.region);
        let owner = AccountId::parse(owner_text);
        let acceptance = match (source, owner) {
            (Ok(source), Some(owner)) => {
                let owner = HubKey { account: owner, region: endpoint.region.clone() };
                check_acceptance(endpoint, &owner, source, product_arn)
            }
            _ => Err(format!("Product {product_arn} does not exist in {}", endpoint.region)),
        };
        let account_name = owner.and_then(|owner| account_name(endpoint.directory, owner));
        let (product_arn, owner_text) = (product_arn.to_owned(), owner_text.to_owned());
        let rules = owner.map(|owner| {
            let Endpoint { world, directory, region, now } = endpoint;
            automation_rules::active_rules(world, directory, owner, region, *now)
        });
        Origin { product_arn, owner_text, source, owner, account_name, rules: rules.unwrap_or_default(), acceptance }
    }

    /// Checks whether a finding is accepted; the error is the reason for the refusal (IMP-33). BatchImportFindings requires
    /// the hub of the classic half; a product can also send findings to an owner that has only a V2 hub (DEC-04).
    pub(super) fn accepts(&self, sender: Sender<'_>) -> Result<(), String> {
        match (&self.acceptance, sender) {
            (Ok(Acceptance::OnlyHubV2), Sender::Caller(_)) => Err(not_subscribed(&self.owner_text)),
            (Ok(_), _) => Ok(()),
            (Err(reason), _) => Err(reason.clone()),
        }
    }

    /// Checks whether a caller may import findings of this origin.
    ///
    /// # Errors
    /// 400 if the text is not a product ARN (IMP-07, IMP-09), 403 for a product or an owner that does not belong to the
    /// caller (IMP-04 … IMP-11).
    pub(super) fn admit(&self, caller: &Caller) -> Result<(), AwsError> {
        let product_arn = &self.product_arn;
        let denied = || caller.not_authorized(Operation::BatchImportFindings, product_arn);
        match self.source {
            Err(ProductArnError::NoProductArn) => {
                Err(AwsError::invalid_input(format!("productArn: \"{product_arn}\"")))
            }
            Err(ProductArnError::NoProduct) => Err(denied()),
            Ok(source) => {
                // An invalid account id of the owner is an error of the finding, not of the call (ASF-05).
                let owner = self.owner.unwrap_or(caller.account());
                if source.admits(caller.account(), owner) { Ok(()) } else { Err(denied()) }
            }
        }
    }
}

fn check_acceptance(
    endpoint: &Endpoint<'_>,
    owner: &HubKey,
    source: Source,
    product_arn: &str,
) -> Result<Acceptance, String> {
    let (world, account) = (endpoint.world, owner.account);
    endpoint.directory.region(owner.region.as_str()).map_err(|unknown| unknown.to_string())?;
    // RET-11; the sentence is `inferred`.
    if endpoint.directory.is_out_of_use(account) {
        return Err(format!("Account {account} is suspended"));
    }
    if !hub_access::is_enabled(world, owner) {
        let has_hub_v2 = world.relations().is_v2_on(owner);
        return if has_hub_v2 { Ok(Acceptance::OnlyHubV2) } else { Err(not_subscribed(account.as_str())) };
    }
    let takes = source
        .subscription()
        .is_none_or(|name| world.hub(owner).is_some_and(|hub| hub.product_subscriptions.contains(&name)));
    if takes {
        Ok(Acceptance::Hub)
    } else {
        Err(format!("Account {account} is not subscribed to product {product_arn}"))
    }
}

fn not_subscribed(account: &str) -> String {
    format!("Account {account} is not subscribed to AWS Security Hub")
}

fn account_name(directory: &Directory, account: AccountId) -> Option<&str> {
    let organization = directory.organization.as_ref()?;
    let belongs = organization.management_account == account || organization.parents.contains_key(&account);
    let name = directory.accounts.get(&account).filter(|_| belongs).map(|account| account.name.as_str());
    name.filter(|name| !name.is_empty())
}
