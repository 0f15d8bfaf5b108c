//! `generate` of `findings`: the number of findings, the product and the hubs.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::Deserialize;

use super::all_or::AllOr;
use super::organization;
use super::regions::{self, RegionText};
use super::{hubs, hubs_v2};
use crate::generate::{self, Product, Request};
use crate::scenario::check::{AccountText, Check};
use crate::scenario::files::Span;
use crate::scenario::spanned::Spanned;
use crate::state::{AccountId, HubKey, Region, Timestamp};
use crate::suggest;

const MAX_FINDINGS: u64 = 1_000_000;
const MAX_DAYS: u64 = 365;
/// The word for all products.
const ALL: &str = "all";

/// Realistic generated findings. They depend on the seed and clock of the scenario, and several findings can refer to the
/// same resource.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[schemars(rename = "Generate")]
#[serde(deny_unknown_fields)]
pub(super) struct Declared {
    /// Product of the findings, such as guardduty, or `all` for a typical mix of products.
    #[schemars(with = "ProductText")]
    product: Option<ProductText>,
    /// Number of findings, from 1 to 1,000,000.
    #[schemars(with = "u64", extend("exclusiveMinimum" = 0, "maximum" = MAX_FINDINGS))]
    count: Option<Spanned<u64>>,
    /// Accounts that own the findings: all accounts with a hub, or a list. Default: all.
    accounts: Option<AllOr<AccountText>>,
    /// Regions of the findings: all Regions where these accounts have a hub, or a list. Default: all.
    regions: Option<AllOr<RegionText>>,
    /// Maximum age of the findings in days, at most 365. Default: 30.
    #[schemars(extend("maximum" = MAX_DAYS))]
    days: Option<Spanned<u64>>,
}

/// The name of a product as it is written.
#[derive(Clone, Debug, Deserialize)]
#[serde(transparent)]
struct ProductText(Spanned<String>);

impl JsonSchema for ProductText {
    fn schema_name() -> Cow<'static, str> {
        "GeneratedProduct".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "enum": names().collect::<Vec<_>>() })
    }
}

fn names() -> impl Iterator<Item = &'static str> {
    Product::all().map(Product::name).chain([ALL])
}

/// A valid generator.
#[derive(Clone, Debug)]
pub(super) struct Generate {
    /// The span of the product.
    pub(super) span: Span,
    /// The product as written.
    pub(super) product: String,
    products: Vec<Product>,
    count: usize,
    /// True if `count` was reduced.
    is_reduced: bool,
    hubs: Vec<HubKey>,
    administrator: AccountId,
    days: u32,
    /// Its position among the sources of findings, so that no two sources generate the same findings.
    sequence: u64,
}

/// The parts of the scenario that it refers to.
pub(super) struct Context<'a> {
    /// The scenario's Regions.
    pub(super) regions: &'a [Region],
    /// The accounts that the scenario names.
    pub(super) accounts: &'a BTreeSet<AccountId>,
    /// The enabled hubs.
    pub(super) hubs: &'a hubs::Valid,
    /// The enabled V2 hubs.
    pub(super) hubs_v2: &'a hubs_v2::Valid,
    /// The organization.
    pub(super) organization: Option<&'a organization::Valid>,
}

impl<'a> Context<'a> {
    /// The parts of a scenario that generators refer to. `hubs` contains the hubs of both halves.
    pub(super) fn new(
        regions: &'a [Region],
        accounts: &'a BTreeSet<AccountId>,
        (hubs, hubs_v2): (&'a hubs::Valid, &'a hubs_v2::Valid),
        organization: Option<&'a organization::Valid>,
    ) -> Context<'a> {
        Context { regions, accounts, hubs, hubs_v2, organization }
    }
}

/// Checks a generator; `None` after an error.
pub(super) fn check(written: &Declared, sequence: u64, context: &Context<'_>, check: &mut Check) -> Option<Generate> {
    let products = written.product.as_ref().and_then(|product| products(&product.0, check));
    let count = written.count.as_ref().and_then(|count| number(count, 1, MAX_FINDINGS, "findings", check));
    let days = written.days.as_ref().map_or(Some(30), |days| number(days, 0, MAX_DAYS, "days", check));
    let hubs = hubs_of(written, context, check);
    let (products, count, days, mut hubs) = (products?, count?, days?, hubs?);
    let Spanned { value: product, span } = written.product.as_ref()?.0.clone();
    hubs.retain(|hub| products.iter().any(|product| product.is_in(hub.region.partition())));
    let Some(first) = hubs.first() else {
        if !may_have_hubs(written, context, check) {
            let diagnostic = check.at(span, format!("no enabled hub accepts findings of `{product}`"));
            check.push(diagnostic.expected("an account and a Region with an entry under `hubs` or `hubs_v2`"));
        }
        return None;
    };
    let delegated = context.organization.and_then(|organization| organization.delegated_administrator);
    let administrator = delegated.unwrap_or(first.account);
    Some(Generate {
        span,
        product,
        products,
        count: usize::try_from(count).unwrap_or(usize::MAX),
        is_reduced: false,
        hubs,
        administrator,
        days: u32::try_from(days).unwrap_or(u32::MAX),
        sequence,
    })
}

fn products(name: &Spanned<String>, check: &mut Check) -> Option<Vec<Product>> {
    if name.value == ALL {
        return Some(Product::all().collect());
    }
    let found = Product::named(&name.value);
    if found.is_none() {
        let diagnostic = check.at(name.span, format!("cannot generate findings of `{}`", name.value));
        let nearest = suggest::nearest(&name.value, names());
        check.push(diagnostic.expected(suggest::choices(names())).suggest(nearest));
    }
    found.map(|product| vec![product])
}

fn number(written: &Spanned<u64>, least: u64, most: u64, of: &str, check: &mut Check) -> Option<u64> {
    let fits = (least..=most).contains(&written.value);
    if !fits {
        let diagnostic = check.at(written.span, format!("the number of {of} is out of range: {}", written.value));
        check.push(diagnostic.expected(format!("a number from {least} to {most}")));
    }
    fits.then_some(written.value)
}

/// The hubs that receive findings: the enabled ones, if all accounts or all Regions are selected; otherwise each
/// account in each Region, whether enabled or not. `None` after an error.
fn hubs_of(written: &Declared, context: &Context<'_>, check: &mut Check) -> Option<Vec<HubKey>> {
    let accounts: Option<Vec<Option<AccountId>>> = match &written.accounts {
        None | Some(AllOr::All) => None,
        Some(AllOr::Listed(listed)) => Some(listed.iter().map(|account| account_of(account, context, check)).collect()),
    };
    let regions: Option<Vec<Option<Region>>> = match &written.regions {
        None | Some(AllOr::All) => None,
        Some(AllOr::Listed(listed)) => {
            Some(listed.iter().map(|region| regions::check_one(region, context.regions, check)).collect())
        }
    };
    let accounts: Option<Vec<AccountId>> = match accounts {
        Some(all) => Some(all.into_iter().collect::<Option<_>>()?),
        None => None,
    };
    let regions: Option<Vec<Region>> = match regions {
        Some(all) => Some(all.into_iter().collect::<Option<_>>()?),
        None => None,
    };
    let both = accounts.as_ref().zip(regions.as_ref());
    if let Some((accounts, regions)) = both {
        let in_all = |account: &AccountId| {
            let account = *account;
            regions.iter().map(move |region| HubKey { account, region: region.clone() })
        };
        return Some(accounts.iter().flat_map(in_all).collect());
    }
    let is_meant = |hub: &&HubKey| {
        accounts.as_ref().is_none_or(|accounts| accounts.contains(&hub.account))
            && regions.as_ref().is_none_or(|regions| regions.contains(&hub.region))
    };
    // Each half shows the findings while its hub is enabled, so either hub is enough (DEC-04).
    let of_base = check.base.iter().flat_map(|base| base.hubs.iter().chain(&base.hubs_v2));
    let hubs: BTreeSet<&HubKey> = context.hubs.keys().chain(context.hubs_v2.keys()).chain(of_base).collect();
    Some(hubs.into_iter().filter(is_meant).cloned().collect())
}

fn account_of(AccountText(written): &AccountText, context: &Context<'_>, check: &mut Check) -> Option<AccountId> {
    let account = check.account(written)?;
    let known = context.accounts.contains(&account);
    let may_be_lost = context.hubs.is_unsure(account, &check.lost)
        || check.is_lost(&["accounts", account.as_str()])
        || check.lost.contains_members();
    if !known && !may_be_lost {
        let diagnostic = check.at(written.span, format!("{account} is not an account of this scenario"));
        check.push(diagnostic.expected("an account listed in `hubs`, `hubs_v2`, `accounts` or `organization`"));
    }
    known.then_some(account)
}

/// Returns whether the accounts may have hubs that could not be read.
fn may_have_hubs(written: &Declared, context: &Context<'_>, check: &Check) -> bool {
    if check.is_lost(&["hubs_v2"]) {
        return true;
    }
    match &written.accounts {
        Some(AllOr::Listed(listed)) => {
            let accounts = listed.iter().filter_map(|account| AccountId::parse(&account.0.value));
            accounts.into_iter().any(|account| context.hubs.is_unsure(account, &check.lost))
        }
        None | Some(AllOr::All) => context.hubs.are_any_unsure(&check.lost),
    }
}

impl Generate {
    /// The same with at most so many findings.
    pub(super) fn reduced(&self, most: usize) -> Generate {
        Generate { count: self.count.min(most), is_reduced: self.count > most, ..self.clone() }
    }

    /// The accounts of the findings.
    pub(super) fn accounts(&self) -> BTreeSet<AccountId> {
        self.hubs.iter().map(|hub| hub.account).collect()
    }

    /// The findings.
    ///
    /// # Errors
    /// The error of a template.
    pub(super) fn findings(&self, seed: u64, now: Timestamp) -> Result<generate::Findings, generate::TemplateError> {
        generate::findings(Request {
            products: self.products.clone(),
            count: self.count,
            hubs: self.hubs.clone(),
            administrator: self.administrator,
            days: self.days,
            seed,
            sequence: self.sequence,
            now,
            private: false,
        })
    }

    /// The number of findings.
    pub(super) fn count(&self) -> usize {
        self.count
    }

    /// The Regions of the findings.
    pub(super) fn regions(&self) -> BTreeSet<Region> {
        self.hubs.iter().map(|hub| hub.region.clone()).collect()
    }

    /// The messages about refused findings, each once with the number of findings.
    pub(super) fn refusals(&self, sentences: &BTreeMap<String, usize>) -> Vec<String> {
        let first = if self.is_reduced { "the first " } else { "" };
        let line = |(sentence, times): (&String, &usize)| {
            let Generate { count, product, .. } = self;
            format!("Security Hub rejects {times} of {first}{count} generated findings of {product}: {sentence}")
        };
        sentences.iter().map(line).collect()
    }
}
