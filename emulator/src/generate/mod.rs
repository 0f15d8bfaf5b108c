//! Generates realistic findings of AWS's own services, in any number, from templates and a seed.
//!
//! Contents: reading the templates of `fixtures` ([`template`]), compiling them to programs ([`program`]), the
//! resources that findings refer to ([`resident`]), and the iterator over findings ([`Findings`]). Importing and
//! printing findings, clocks, and randomness that does not come from the seed do not belong here. Equal requests
//! produce equal findings, byte for byte, and a longer sequence begins with the shorter one.

mod digits;
mod evaluate;
mod expression;
mod program;
mod resident;
mod template;
#[cfg(test)]
mod tests;
mod values;

use std::fmt;

use fastrand::Rng;
use securityhub_fixtures::generators::GENERATORS;
use securityhub_fixtures::products;
use serde_json::json;

use self::evaluate::{Context, Memory, Subject, finding};
use self::program::{Choice, Compiler, Program};
use self::resident::HubIndex;
use self::template::{Shared, Template};
use crate::invariant::Invariant;
use crate::state::{AccountId, HubKey, Timestamp};

/// A product whose findings can be generated, identified by the product part of its ARN.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Product(usize);

/// A request for findings.
#[derive(Clone, Debug)]
pub struct Request {
    /// The products. Several products are mixed by their usual share.
    pub products: Vec<Product>,
    /// The number of findings.
    pub count: usize,
    /// The accounts and Regions over which findings are distributed.
    pub hubs: Vec<HubKey>,
    /// The security account of the organization, whose policies Firewall Manager applies.
    pub administrator: AccountId,
    /// The number of days that findings go back.
    pub days: u32,
    /// The seed. Resources depend on the seed only, so all requests with the same seed refer to the same resources.
    pub seed: u64,
    /// The sequence of findings for the seed. Sequences share resources but no findings.
    pub sequence: u64,
    /// The current time. No finding is later.
    pub now: Timestamp,
    /// True if findings belong to the private product of their account, which BatchImportFindings accepts from the
    /// account (IMP-01), instead of AWS's product, which it refuses (IMP-11). Their names still identify the product
    /// (ASF-23).
    pub private: bool,
}

/// A template that cannot be read. A test proves that all built-in templates can be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TemplateError(String);

impl fmt::Display for TemplateError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl std::error::Error for TemplateError {}

impl Product {
    /// All products.
    pub fn all() -> impl Iterator<Item = Product> {
        (0..GENERATORS.len()).map(Product)
    }

    /// The product with a name such as `guardduty`.
    pub fn named(name: &str) -> Option<Product> {
        Product::all().find(|product| product.name() == name)
    }

    /// Its name.
    pub fn name(self) -> &'static str {
        GENERATORS.get(self.0).map_or("", |generator| generator.product_id)
    }

    /// Returns whether a partition has the product.
    pub fn is_in(self, partition: &str) -> bool {
        self.listed().is_some_and(|product| product.partitions.contains(&partition))
    }

    fn listed(self) -> Option<&'static products::Product> {
        products::find("aws", self.name())
    }

    fn template(self, shared: &Shared) -> Result<Template, TemplateError> {
        let text = GENERATORS.get(self.0).map_or("", |generator| generator.template);
        Template::read(text, shared).map_err(|error| TemplateError(format!("template {}: {error}", self.name())))
    }

    /// Its ARN in a Region, as described in the catalogue.
    fn arn(self, listed: Option<&products::Product>, hub: &HubKey, private: bool) -> String {
        if private {
            let HubKey { account, region } = hub;
            return format!("arn:{}:securityhub:{region}:{account}:product/{account}/default", region.partition());
        }
        let account = listed.and_then(|product| product.account).unwrap_or_default();
        let (partition, region) = (hub.region.partition(), &hub.region);
        format!("arn:{partition}:securityhub:{region}:{account}:product/aws/{}", self.name())
    }
}

/// An iterator over findings in ASFF.
#[derive(Debug)]
pub struct Findings {
    sources: Choice<Source>,
    context: Context,
    memory: Memory,
    random: Rng,
    left: usize,
    /// The length of the longest finding so far, in bytes.
    longest: usize,
}

/// A product, with the hubs in partitions that have it.
#[derive(Debug)]
struct Source {
    program: Program,
    /// Indexes of hubs, each with the product's ARN there.
    hubs: Vec<(usize, String)>,
    /// Text that replaces the closing brace of each finding, to add what templates leave out.
    end: Option<String>,
}

/// The findings of a request. A product is skipped in Regions whose partition does not have it; if no product remains,
/// there are no findings.
///
/// # Errors
/// The error of a template.
pub fn findings(request: Request) -> Result<Findings, TemplateError> {
    let (hub_index, numbers) = HubIndex::new(&request.hubs);
    let shared = Shared::read().map_err(TemplateError)?;
    let mut compiler = Compiler::default();
    let mut sources = Vec::with_capacity(request.products.len());
    for product in &request.products {
        let numbered = request.hubs.iter().zip(&numbers);
        let listed = product.listed();
        let has_it = |hub: &HubKey| listed.is_some_and(|listed| listed.partitions.contains(&hub.region.partition()));
        let its = numbered.filter(|(hub, _)| has_it(hub));
        let hubs: Vec<_> = its.map(|(hub, number)| (*number, product.arn(listed, hub, request.private))).collect();
        if !hubs.is_empty() {
            let program = compiler.program(&product.template(&shared)?);
            let end = listed.filter(|_| request.private).map(names);
            sources.push((program.weight, Source { program, hubs, end }));
        }
    }
    let left = if sources.is_empty() { 0 } else { request.count };
    let random = resident::random(&[&request.seed.to_string(), "findings", &request.sequence.to_string()]);
    let context = Context::new(&request, hub_index, &mut compiler);
    let memory = Memory::new(request.seed, compiler.values);
    Ok(Findings { sources: Choice::new(sources), context, memory, random, left, longest: 0 })
}

/// The names of a product. Templates do not contain them because Security Hub derives them from the ARN.
fn names(product: &products::Product) -> String {
    let names = json!({ "ProductName": product.product_name, "CompanyName": product.company_name }).to_string();
    names.replacen('{', ",", 1)
}

impl Findings {
    /// Writes the next finding as compact JSON and returns its hub; `None` after the last one.
    pub fn write_next(&mut self, written: &mut Vec<u8>) -> Option<&HubKey> {
        self.left = self.left.checked_sub(1)?;
        let Source { program, hubs, end } = self.sources.pick(&mut self.random)?;
        let (hub, product_arn) = hubs.get(self.random.usize(..hubs.len()))?;
        let key = &self.context.hub_index.hubs.get(*hub)?.hub;
        let subject = Subject { hub: *hub, key, product_arn };
        finding(program, (&self.context, subject), &mut self.memory, &mut self.random, written);
        if let Some(end) = end {
            written.truncate(written.len().saturating_sub(1));
            written.extend_from_slice(end.as_bytes());
        }
        Some(key)
    }
}

/// A finding in ASFF.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Generated {
    /// Its account and Region.
    pub hub: HubKey,
    /// Compact JSON.
    pub text: String,
}

impl Iterator for Findings {
    type Item = Generated;

    fn next(&mut self) -> Option<Self::Item> {
        let mut written = Vec::with_capacity(self.longest);
        let hub = self.write_next(&mut written)?.clone();
        self.longest = self.longest.max(written.len());
        Some(Generated {
            hub,
            text: String::from_utf8(written).or_report("generated findings are UTF-8").unwrap_or_default(),
        })
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        (self.left, Some(self.left))
    }
}
