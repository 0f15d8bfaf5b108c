//! Amazon EC2: DescribeRegions (NB-25). Its protocol is awsQuery with answers and errors of its own form.

use bytes::Bytes;
use http::Response;

use super::protocol::xml_code;
use super::query::{self, Form};
use super::xml::Element;
use super::{Call, unknown_operation};
use crate::aws_error::AwsError;
use crate::state::{Region, World};

const NAMESPACE: &str = "http://ec2.amazonaws.com/doc/2016-11-15/";

/// Answers a request of EC2.
pub(super) fn answer(world: &World, call: &Call<'_>) -> Result<Response<Bytes>, AwsError> {
    let form = Form::read(call.parts, call.body);
    match form.action() {
        "DescribeRegions" => Ok(query::document(200, call.request_id, &describe_regions(world, call, &form))),
        action => Err(unknown_operation(call.service, action)),
    }
}

/// The regions that the scenario names, or the caller's own where it names none; all of them need no opt-in.
fn describe_regions(world: &World, call: &Call<'_>, form: &Form) -> Element {
    let directory = world.directory();
    let own = [call.caller.region.clone()];
    let regions: &[Region] = if directory.regions.is_empty() { &own } else { &directory.regions };
    let asked = form.list("RegionName");
    let items: Vec<Element> = regions
        .iter()
        .filter(|region| asked.is_empty() || asked.contains(&region.as_str()))
        .map(|region| {
            Element::new(
                "item",
                [
                    Element::text("regionName", region.as_str()),
                    Element::text("regionEndpoint", format!("ec2.{region}.amazonaws.com")),
                    Element::text("optInStatus", "opt-in-not-required"),
                ],
            )
        })
        .collect();
    let content = [Element::text("requestId", call.request_id), Element::new("regionInfo", items)];
    Element::new("DescribeRegionsResponse", content).within(Some(NAMESPACE))
}

/// An error in EC2's form.
pub(super) fn refusal(error: &AwsError, request_id: &str) -> Response<Bytes> {
    let details = [Element::text("Code", xml_code(error.code)), Element::text("Message", &*error.message)];
    let errors = Element::new("Errors", [Element::new("Error", details)]);
    let refusal = Element::new("Response", [errors, Element::text("RequestID", request_id)]);
    query::document(error.status, request_id, &refusal)
}
