//! Believable findings of AWS's own services, as many as one likes: templates filled from a seed.
//!
//! What lives here: reading the templates of `fixtures` ([`template`]), making programs of them ([`program`]), the
//! population that they speak of ([`resident`]), and one finding after the other ([`Findings`]). What may not: importing them, printing them, a clock,
//! or randomness that does not come from the seed. Equal requests give equal findings, byte for byte, and a longer
//! sequence begins with the shorter one.

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

use self::evaluate::{Around, Memory, Subject, finding};
use self::program::{Choice, Compiler, Program};
use self::resident::Homes;
use self::template::{Shared, Template};
use crate::invariant::Invariant;
use crate::state::{AccountId, HubKey, Timestamp};

/// A product whose findings can be generated, by the product part of its ARN.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Product(usize);

/// What is asked for.
#[derive(Clone, Debug)]
pub struct Request {
    /// Whose findings; of several, each gets its usual share.
    pub products: Vec<Product>,
    /// How many.
    pub count: usize,
    /// The accounts and Regions that they are spread over.
    pub hubs: Vec<HubKey>,
    /// The security account of the organization, whose policies Firewall Manager applies.
    pub administrator: AccountId,
    /// How many days back they reach.
    pub days: u32,
    /// The seed. Resources come from it alone, so that all requests of a seed speak of the same ones.
    pub seed: u64,
    /// Which findings of the seed: sequences speak of the same resources and share no finding.
    pub sequence: u64,
    /// The time; nothing is later.
    pub now: Timestamp,
    /// Whether they come as the private product of their account, which BatchImportFindings lets the account send
    /// (IMP-01), and not as AWS's own product, which it does not (IMP-11). Their names still say whose they are (ASF-23).
    pub private: bool,
}

/// A template that cannot be read. The ones that are built in can, as a test proves.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mistake(String);

impl fmt::Display for Mistake {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl std::error::Error for Mistake {}

impl Product {
    /// All of them.
    pub fn all() -> impl Iterator<Item = Product> {
        (0..GENERATORS.len()).map(Product)
    }

    /// The one of this name, such as `guardduty`.
    pub fn named(name: &str) -> Option<Product> {
        Product::all().find(|product| product.name() == name)
    }

    /// Its name.
    pub fn name(self) -> &'static str {
        GENERATORS.get(self.0).map_or("", |generator| generator.product_id)
    }

    /// Whether a partition has it.
    pub fn is_in(self, partition: &str) -> bool {
        self.listed().is_some_and(|product| product.partitions.contains(&partition))
    }

    fn listed(self) -> Option<&'static products::Product> {
        products::find("aws", self.name())
    }

    fn template(self, shared: &Shared) -> Result<Template, Mistake> {
        let text = GENERATORS.get(self.0).map_or("", |generator| generator.template);
        Template::read(text, shared).map_err(|mistake| Mistake(format!("template {}: {mistake}", self.name())))
    }

    /// Its ARN in a Region, by what the catalogue says of it.
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

/// Findings in ASFF, one after the other.
#[derive(Debug)]
pub struct Findings {
    sources: Choice<Source>,
    around: Around,
    memory: Memory,
    random: Rng,
    left: usize,
    /// The length of the longest text so far, in bytes.
    longest: usize,
}

/// A product with the hubs whose partition has it.
#[derive(Debug)]
struct Source {
    program: Program,
    /// Numbers of hubs, each with the product's ARN there.
    hubs: Vec<(usize, String)>,
    /// What ends each finding in place of its last brace, where templates say too little.
    end: Option<String>,
}

/// The findings of a request. A product is left out of Regions whose partition does not have it; where nothing is left,
/// there are no findings.
///
/// # Errors
/// A template that cannot be read.
pub fn findings(request: Request) -> Result<Findings, Mistake> {
    let (homes, numbers) = Homes::new(&request.hubs);
    let shared = Shared::read().map_err(Mistake)?;
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
    let around = Around::new(&request, homes, &mut compiler);
    let memory = Memory::new(request.seed, compiler.values);
    Ok(Findings { sources: Choice::new(sources), around, memory, random, left, longest: 0 })
}

/// The names of a product, which templates do not have: Security Hub adds them, from the ARN.
fn names(product: &products::Product) -> String {
    let names = json!({ "ProductName": product.product_name, "CompanyName": product.company_name }).to_string();
    names.replacen('{', ",", 1)
}

impl Findings {
    /// Writes the next finding as compact JSON; `None` after the last. It tells whose it is, and where.
    pub fn write_next(&mut self, written: &mut Vec<u8>) -> Option<&HubKey> {
        self.left = self.left.checked_sub(1)?;
        let Source { program, hubs, end } = self.sources.pick(&mut self.random)?;
        let (hub, product_arn) = hubs.get(self.random.usize(..hubs.len()))?;
        let key = &self.around.homes.hubs.get(*hub)?.hub;
        let subject = Subject { hub: *hub, key, product_arn };
        finding(program, (&self.around, subject), &mut self.memory, &mut self.random, written);
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
    /// Whose it is, and where.
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
