//! Amazon EC2: DescribeRegions (NB-25). Its protocol is awsQuery with its own format of responses and errors.

use std::collections::BTreeMap;

use bytes::Bytes;
use http::Response;

use super::call::{Call, unknown_operation};
use super::query::{self, Form};
use super::xml::{Element, xml_code};
use crate::aws_error::{AwsError, ErrorCode};
use crate::state::{Region, World};

const NAMESPACE: &str = "http://ec2.amazonaws.com/doc/2016-11-15/";

/// All Regions are enabled without opt-in, so `AllRegions` has no effect.
const OPT_IN_STATUS: &str = "opt-in-not-required";

/// Answers a request for EC2.
pub(super) fn answer(world: &World, call: &Call<'_>) -> Result<Response<Bytes>, AwsError> {
    let form = Form::read(call.parts, call.body);
    match form.action() {
        "DescribeRegions" => {
            let items = describe_regions(world, &form)?;
            let content = [Element::text("requestId", call.request_id), Element::new("regionInfo", items)];
            let answer = Element::new("DescribeRegionsResponse", content).within(Some(NAMESPACE));
            Ok(query::document(200, call.request_id, &answer))
        }
        action => Err(unknown_operation(call.service, action)),
    }
}

fn describe_regions(world: &World, form: &Form) -> Result<Vec<Element>, AwsError> {
    let regions = regions(world);
    let requested = form.list("RegionName");
    if let Some(unknown) =
        requested.iter().find(|requested| regions.iter().all(|region| region.as_str() != **requested))
    {
        return Err(invalid(format!("Invalid region names: [{unknown}]")));
    }
    let filters = filters(form)?;
    let wanted = |region: &&Region| {
        let named = requested.is_empty() || requested.contains(&region.as_str());
        named && filters.iter().all(|filter| filter.matches(region))
    };
    Ok(regions.iter().filter(wanted).map(item).collect())
}

/// The Regions that the scenario lists. If it lists none, `us-east-1` and the Regions of hubs.
fn regions(world: &World) -> Vec<Region> {
    let named = &world.directory().regions;
    if !named.is_empty() {
        return named.clone();
    }
    let mut regions = world.relations().hub_regions();
    regions.insert(Region::new("us-east-1"));
    regions.into_iter().collect()
}

fn item(region: &Region) -> Element {
    let content = [
        Element::text("regionName", region.as_str()),
        Element::text("regionEndpoint", endpoint(region)),
        Element::text("optInStatus", OPT_IN_STATUS),
    ];
    Element::new("item", content)
}

fn endpoint(region: &Region) -> String {
    format!("ec2.{region}.{}", region.dns_suffix())
}

/// A filter and its values, one of which must match exactly. AWS's wildcards are not supported.
struct Filter<'f> {
    name: &'f str,
    values: Vec<&'f str>,
}

impl Filter<'_> {
    fn matches(&self, region: &Region) -> bool {
        match self.name {
            "opt-in-status" => self.values.contains(&OPT_IN_STATUS),
            "region-name" => self.values.contains(&region.as_str()),
            _ => self.values.contains(&endpoint(region).as_str()),
        }
    }
}

/// `Filter.1.Name`, `Filter.1.Value.1`, …, up to the first number without a name. The form is read in one pass,
/// regardless of the number of filters.
fn filters(form: &Form) -> Result<Vec<Filter<'_>>, AwsError> {
    let mut written: BTreeMap<usize, (Option<&str>, Vec<&str>)> = BTreeMap::new();
    for (parameter, value) in form.pairs() {
        let rest = parameter.strip_prefix("Filter.").and_then(|rest| rest.split_once('.'));
        let Some((number, rest)) = rest.and_then(|(number, rest)| Some((number.parse().ok()?, rest))) else { continue };
        let filter = written.entry(number).or_default();
        if rest == "Name" {
            filter.0.get_or_insert(value);
        } else if rest.strip_prefix("Value.").is_some_and(query::is_number) {
            filter.1.push(value);
        }
    }
    let mut filters = Vec::new();
    for number in 1.. {
        let Some((Some(name), values)) = written.remove(&number) else { break };
        if !["endpoint", "opt-in-status", "region-name"].contains(&name) {
            return Err(invalid(format!("The filter '{name}' is invalid")));
        }
        filters.push(Filter { name, values });
    }
    Ok(filters)
}

/// Both messages are `inferred`.
fn invalid(message: String) -> AwsError {
    AwsError::new(ErrorCode::InvalidParameterValue, message)
}

/// An error in the format of EC2.
pub(super) fn refusal(error: &AwsError, request_id: &str) -> Response<Bytes> {
    let details = [Element::text("Code", xml_code(error)), Element::text("Message", &*error.message)];
    let errors = Element::new("Errors", [Element::new("Error", details)]);
    let refusal = Element::new("Response", [errors, Element::text("RequestID", request_id)]);
    query::document(error.status, request_id, &refusal)
}
