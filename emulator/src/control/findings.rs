//! `POST /_emulator/findings`: imports findings on behalf of products, including AWS services (IMP-11).
//! `POST /_emulator/findings/generate`: generates and imports findings of AWS services.
//! `POST /_emulator/findings/query`: lists the findings that an account sees, without a signature.

use std::ops::Range;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::api::{Body, Call, Json, Nothing, Refusal};
use super::request;
use crate::domain::caller::Caller;
use crate::domain::findings::delivery;
use crate::domain::findings::import::{self, Failed, Outcome};
use crate::domain::findings::listing::{self, Listing, Query};
use crate::domain::findings::v2::native::{self, Refused};
use crate::domain::{due, hub_access, overview};
use crate::generate::{self, Product, Request};
use crate::invariant::Invariant;
use crate::shape::items::Item;
use crate::state::{HubKey, World};
use crate::suggest;

const EXPECTED: &str = "expected a finding, a list of findings or {\"Findings\": [...]}";

/// Maximum total size of the failures listed in a response, in bytes. A short finding can violate a hundred
/// constraints.
const MAX_LISTED_SIZE: usize = 16 * 1024 * 1024;

/// Like the response of BatchImportFindings (IMP-30), but with a limit on the listed failures.
#[derive(Default, Serialize, JsonSchema)]
#[serde(rename_all = "PascalCase")]
pub(super) struct ImportSummary {
    success_count: usize,
    failed_count: usize,
    failed_findings: Vec<FailedFinding>,
    /// The total size of `failed_findings`, in bytes.
    #[serde(skip)]
    listed: usize,
}

#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "PascalCase")]
struct FailedFinding {
    id: String,
    error_code: &'static str,
    error_message: String,
}

/// The text of a finding, a list of findings, or `{"Findings": [...]}`.
pub(super) struct FindingsText(String);

impl Body for FindingsText {
    fn schema(_: &mut SchemaGenerator) -> Option<Schema> {
        let findings = json_schema!({ "type": "array", "items": { "type": "object" } });
        Some(json_schema!({
            "description": "A finding in ASFF or OCSF, a list of findings, or an object with `Findings`.",
            "anyOf": [findings, { "type": "object", "properties": { "Findings": findings } }],
        }))
    }

    fn read(body: &[u8]) -> Result<FindingsText, Refusal> {
        let text = std::str::from_utf8(body).map_err(|error| Refusal::from(format!("{error}; {EXPECTED}")))?;
        Ok(FindingsText(text.to_owned()))
    }
}

/// Imports any number of findings, each on behalf of its product and in the Region of its ProductArn.
///
/// Validates all findings first, so that a malformed body stores nothing, and then imports them. They are parsed again
/// batch by batch, since parsed small findings take many times the memory of their text.
pub(super) fn deliver(
    call: &Call<'_>,
    _: Nothing,
    FindingsText(text): FindingsText,
) -> Result<Json<ImportSummary>, Refusal> {
    // Taken first, so that the whole call uses one world even if the world is reset in the meantime.
    import(call, &call.served.world(), &text)
}

/// Imports the findings of a text.
fn import(call: &Call<'_>, world: &World, text: &str) -> Result<Json<ImportSummary>, Refusal> {
    let tag = request::tag(call.headers)?;
    let pieces = delivery::pieces(text).map_err(|error| format!("{error}; {EXPECTED}"))?;
    let read = |(number, piece): (usize, &Range<usize>)| {
        read(number, text.get(piece.clone()).or_report("a piece is a range of the request body").unwrap_or_default())
    };
    for piece in (1..).zip(&pieces) {
        read(piece)?;
    }
    let now = world.clock.now();
    due::run(world, now);
    let mut transaction = world.write_findings();
    transaction.tag(tag);
    let mut delivered = ImportSummary::default();
    for batch in pieces.chunks(delivery::BATCH) {
        let (mut findings, mut ocsf_only) = (Vec::with_capacity(batch.len()), Vec::new());
        for piece in (1..).zip(batch) {
            match read(piece)? {
                Sent::Asff(finding) => findings.push(finding),
                Sent::Ocsf(finding) => ocsf_only.push(finding),
            }
        }
        delivered.add(of_ocsf_only(native::deliver(&mut transaction, world, now, ocsf_only)));
        let outcome = delivery::deliver(&mut transaction, world, now, &findings);
        delivered.add(outcome.map_err(|error| error.message.into_owned())?);
    }
    request::log_changes(&transaction.commit());
    Ok(Json(delivered))
}

impl ImportSummary {
    fn add(&mut self, outcome: Outcome) {
        self.success_count += outcome.success_count;
        self.failed_count += outcome.failed.len();
        for failed in outcome.failed {
            if self.listed >= MAX_LISTED_SIZE {
                return;
            }
            self.listed += failed.id.len() + failed.message.len();
            self.failed_findings.push(failed.into());
        }
    }
}

/// A finding as it was sent.
enum Sent<'t> {
    Asff(Item<'t>),
    Ocsf(Map<String, Value>),
}

/// Converts the result of storing findings that exist only in OCSF. A refused one gets the same error code as a failed
/// finding of the classic half.
fn of_ocsf_only((success_count, refused): (usize, Vec<Refused>)) -> Outcome {
    let failed = |refused: Refused| Failed { id: refused.id, code: "InvalidInput", message: refused.message };
    Outcome { success_count, failed: refused.into_iter().map(failed).collect() }
}

/// Reads a finding: with a class it is in OCSF, otherwise in ASFF. A finding in ASFF must have an ID, because failures
/// are reported by ID (IMP-25).
fn read(number: usize, text: &str) -> Result<Sent<'_>, String> {
    if !text.starts_with('{') {
        return Err(format!("finding {number} is not a JSON object; {EXPECTED}"));
    }
    if native::has_class(text) {
        let finding = serde_json::from_str(text).map_err(|error| format!("finding {number}: {error}; {EXPECTED}"))?;
        return Ok(Sent::Ocsf(finding));
    }
    let finding = import::read_finding(text).map_err(|error| format!("finding {number}: {}; {EXPECTED}", error.0))?;
    if import::string(&finding, "Id").is_none() {
        return Err(format!("finding {number} has no `Id`, or its `Id` is not a string"));
    }
    Ok(Sent::Asff(finding))
}

impl From<Failed> for FailedFinding {
    fn from(failed: Failed) -> FailedFinding {
        let Failed { id, code, message } = failed;
        FailedFinding { id, error_code: code, error_message: message }
    }
}

/// Maximum number of generated findings.
const MAX_GENERATED: usize = 10_000;
/// Default number of generated findings.
const GENERATED: usize = 100;
/// Maximum age of generated findings, in days.
const DAYS: u32 = 30;
/// The word for all products.
const ALL: &str = "all";
/// The sequences of scenarios are below this number, so that no finding of a scenario is generated again.
const FIRST_SEQUENCE: u64 = 1 << 32;

#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub(super) struct Generation {
    /// The product, such as `guardduty`, or `all` for a typical mix of products; `all` by default.
    product: Option<String>,
    /// The number of findings, 1 to 10,000; 100 by default.
    count: Option<usize>,
    /// The account that owns the findings.
    account: String,
    /// The Region.
    region: String,
}

/// Generates findings of AWS services in a hub and imports them.
pub(super) fn generate(
    call: &Call<'_>,
    _: Nothing,
    Json(input): Json<Generation>,
) -> Result<Json<ImportSummary>, Refusal> {
    let world = call.served.world();
    let account = request::account(&input.account)?;
    let region = request::region(&world, &input.region)?;
    let count = request::number("Count", input.count, GENERATED, MAX_GENERATED)?;
    let product = input.product.as_deref().unwrap_or(ALL);
    let names = || Product::all().map(Product::name).chain([ALL]);
    let nearest = || suggest::nearest(product, names()).map(|name| format!("; did you mean '{name}'?"));
    let products = match Product::named(product) {
        Some(product) => vec![product],
        None if product == ALL => Product::all().collect(),
        None => {
            let nearest = nearest().unwrap_or_default();
            let known: Vec<&str> = names().collect();
            let known = known.join(", ");
            return Err(Refusal::unreadable(format!("unknown product '{product}'{nearest}; expected one of {known}")));
        }
    };
    if !products.iter().any(|product| product.is_in(region.partition())) {
        return Err(format!("{product} is not available in {region}").into());
    }
    let hub = HubKey { account, region };
    if !hub_access::is_enabled(&world, &hub) {
        return Err(overview::missing_hub(&world.relations(), &hub).into());
    }
    let sequence = FIRST_SEQUENCE + world.finding_count() as u64;
    let (seed, now) = (world.ids.seed(), world.clock.now());
    let request = Request {
        products,
        count,
        hubs: vec![hub],
        administrator: account,
        days: DAYS,
        seed,
        sequence,
        now,
        private: false,
    };
    let mut findings = generate::findings(request).map_err(|error| error.to_string())?;
    let mut text = b"[".to_vec();
    while findings.write_next(&mut text).is_some() {
        text.push(b',');
    }
    if text.last() == Some(&b',') {
        text.pop();
    }
    text.push(b']');
    import(call, &world, &String::from_utf8_lossy(&text))
}

/// Maximum number of findings if the request does not state a limit.
const LIMIT: usize = 50;

#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub(super) struct FindingsQuery {
    /// The account that sees the findings.
    account: String,
    /// The Region.
    region: String,
    /// Filters, as GetFindings takes them.
    #[serde(default)]
    filters: Value,
    /// Text that the title must contain, ignoring case.
    title_contains: Option<String>,
    /// Maximum number of findings; 50 by default.
    limit: Option<usize>,
}

/// Lists the findings that an account sees in a Region; 400 if its hub is disabled.
pub(super) fn query(call: &Call<'_>, _: Nothing, Json(input): Json<FindingsQuery>) -> Result<Json<Listing>, Refusal> {
    let (world, now) = call.world();
    let world = &*world;
    let account = request::account(&input.account)?;
    let region = request::region(world, &input.region)?;
    let caller = Caller::local_user(account, region, now);
    if let Some(status) = overview::out_of_use(&world.directory(), account) {
        return Err(format!("Account {account} is {status}, so its calls are refused").into());
    }
    if !hub_access::is_enabled(world, &caller.hub_key()) {
        return Err(overview::missing_hub(&world.relations(), &caller.hub_key()).into());
    }
    let (title, limit) = (input.title_contains.as_deref(), input.limit.unwrap_or(LIMIT));
    let query = Query { filters: &input.filters, title, limit };
    listing::list(world, &caller, &query).map(Json).map_err(|error| error.message.into_owned().into())
}
