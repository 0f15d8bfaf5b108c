//! Amazon EC2: the regions, in ec2Query (NB-25).

use bytes::Bytes;
use http::Response;

use super::protocol::xml_code;
use super::query::{self, Form};
use super::xml::Element;
use super::{Call, unknown_operation};
use crate::aws_error::{AwsError, ErrorCode};
use crate::state::{Region, World};

const NAMESPACE: &str = "http://ec2.amazonaws.com/doc/2016-11-15/";

/// Every region is on without having been asked for; `AllRegions` changes nothing therefore.
const OPT_IN_STATUS: &str = "opt-in-not-required";

/// Runs an operation of EC2.
pub(super) fn answer(world: &World, call: &Call<'_>) -> Result<Response<Bytes>, AwsError> {
    let form = Form::read(call.parts, call.body);
    match form.action() {
        "DescribeRegions" => {
            let regions = describe_regions(world, &form)?;
            let members = [Element::text("requestId", call.request_id), Element::new("regionInfo", regions)];
            let answer = Element::new("DescribeRegionsResponse", members).within(Some(NAMESPACE));
            Ok(query::document(200, call.request_id, &answer))
        }
        action => Err(unknown_operation("ec2", action)),
    }
}

/// The error form of EC2 (NB-25).
pub(super) fn refusal(error: &AwsError, request_id: &str) -> Response<Bytes> {
    let details = [Element::text("Code", xml_code(error.code)), Element::text("Message", &*error.message)];
    let errors = Element::new("Errors", [Element::new("Error", details)]);
    let refusal = Element::new("Response", [errors, Element::text("RequestID", request_id)]);
    query::document(error.status, request_id, &refusal)
}

fn describe_regions(world: &World, form: &Form) -> Result<Vec<Element>, AwsError> {
    let known = regions(world);
    let names = form.list("RegionName");
    let filters = filters(form)?;
    if let Some(unknown) = names.iter().find(|name| known.iter().all(|region| region.as_str() != **name)) {
        return Err(invalid(format!("Invalid region names: [{unknown}]")));
    }
    let wanted = |region: &&Region| {
        (names.is_empty() || names.contains(&region.as_str())) && filters.iter().all(|filter| filter.takes(region))
    };
    Ok(known.iter().filter(wanted).map(item).collect())
}

/// The regions that the scenario names; else those of hubs, and us-east-1.
fn regions(world: &World) -> Vec<Region> {
    let named = &world.directory().regions;
    if !named.is_empty() {
        return named.clone();
    }
    let mut used = world.hub_regions();
    used.insert(Region::new("us-east-1"));
    used.into_iter().collect()
}

fn item(region: &Region) -> Element {
    let members = [
        Element::text("regionName", region.as_str()),
        Element::text("regionEndpoint", endpoint(region)),
        Element::text("optInStatus", OPT_IN_STATUS),
    ];
    Element::new("item", members)
}

fn endpoint(region: &Region) -> String {
    let suffix = if region.partition() == "aws-cn" { ".cn" } else { "" };
    format!("ec2.{region}.amazonaws.com{suffix}")
}

/// A filter: any of the values, compared whole. Wildcards, which AWS takes, are compared as they stand.
struct Filter<'a> {
    name: &'a str,
    values: Vec<&'a str>,
}

impl Filter<'_> {
    fn takes(&self, region: &Region) -> bool {
        match self.name {
            "opt-in-status" => self.values.contains(&OPT_IN_STATUS),
            "region-name" => self.values.contains(&region.as_str()),
            _ => self.values.contains(&&*endpoint(region)),
        }
    }
}

/// `Filter.1.Name` and `Filter.1.Value.1`, …; the sentence of a wrong name is `inferred`.
fn filters(form: &Form) -> Result<Vec<Filter<'_>>, AwsError> {
    let mut filters = Vec::new();
    for number in 1.. {
        let Some(name) = form.get(&format!("Filter.{number}.Name")) else { break };
        if !["opt-in-status", "region-name", "endpoint"].contains(&name) {
            return Err(invalid(format!("The filter '{name}' is invalid")));
        }
        filters.push(Filter { name, values: form.list(&format!("Filter.{number}.Value")) });
    }
    Ok(filters)
}

fn invalid(message: String) -> AwsError {
    AwsError::new(ErrorCode::InvalidParameterValue, message)
}
