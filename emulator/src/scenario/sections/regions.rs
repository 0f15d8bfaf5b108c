//! `regions`: names of Regions, checked against the Regions that AWS has.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use securityhub_fixtures::regions::REGIONS;
use serde::Deserialize;

use crate::scenario::check::Check;
use crate::scenario::spanned::Spanned;
use crate::scenario::suggest;
use crate::state::Region;

/// The name of a Region as it is written.
#[derive(Clone, Debug, Deserialize)]
#[serde(transparent)]
pub(in crate::scenario) struct RegionText(pub(in crate::scenario) Spanned<String>);

impl JsonSchema for RegionText {
    fn schema_name() -> Cow<'static, str> {
        "Region".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "enum": known().collect::<Vec<_>>() })
    }
}

/// The names of all Regions.
fn known() -> impl Iterator<Item = &'static str> {
    REGIONS.iter().map(|region| region.name)
}

/// Reads the Regions of a scenario.
pub(in crate::scenario) fn check(written: Option<Vec<RegionText>>, check: &mut Check) -> Vec<Region> {
    let Some(written) = written else { return vec![Region::new("us-east-1")] };
    let mut regions = Vec::new();
    for RegionText(name) in written {
        if !is_known(&name, check) {
            continue;
        }
        let region = Region::new(&name.value);
        if regions.contains(&region) {
            check.push(check.at(name.place, format!("{region} is listed twice")).expected("each Region once"));
        } else {
            regions.push(region);
        }
    }
    regions
}

pub(super) fn is_known(name: &Spanned<String>, check: &mut Check) -> bool {
    let is_known = known().any(|known| known == name.value);
    if !is_known {
        let mistake = check.at(name.place, format!("`{}` is no Region of AWS", name.value));
        let nearest = suggest::nearest(&name.value, known());
        check.push(mistake.expected("the name of a Region, such as eu-west-1").suggest(nearest));
    }
    is_known
}

/// Reads the name of one of the scenario's Regions.
pub(super) fn check_one(RegionText(name): &RegionText, regions: &[Region], check: &mut Check) -> Option<Region> {
    let region = regions.iter().find(|region| region.as_str() == name.value);
    if region.is_none() && is_known(name, check) {
        let mistake = check.at(name.place, format!("{} is not among the scenario's `regions`", name.value));
        let listed = suggest::choices(regions.iter().map(Region::as_str));
        check.push(mistake.expected(format!("{listed}; or add it to `regions`")));
    }
    region.cloned()
}
