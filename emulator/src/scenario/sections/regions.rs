//! `regions`: Region names, checked against the Regions of AWS. Only `regions` itself may add others.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use securityhub_fixtures::regions::REGIONS;
use serde::Deserialize;

use crate::scenario::check::Check;
use crate::scenario::spanned::Spanned;
use crate::state::{Region, UnknownRegion};
use crate::suggest;

/// The name of a Region as it is written.
#[derive(Clone, Debug, Deserialize)]
#[serde(transparent)]
pub(in crate::scenario) struct RegionText(pub(in crate::scenario) Spanned<String>);

impl JsonSchema for RegionText {
    fn schema_name() -> Cow<'static, str> {
        "Region".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        let known: Vec<&str> = known().collect();
        // Editors complete the names of AWS's Regions and accept others.
        json_schema!({ "anyOf": [
            { "type": "string", "enum": known },
            { "type": "string", "pattern": "^[a-z0-9]+(-[a-z0-9]+)+$" },
        ] })
    }
}

/// The names of all Regions.
fn known<'n>() -> impl Iterator<Item = &'n str> {
    REGIONS.iter().map(|region| region.name)
}

/// Checks the Regions of a scenario. The default is us-east-1, or the Regions of the world that the scenario is added to.
/// A Region unknown to AWS is served too if it is listed here; a name that is similar
/// to an AWS Region gets a warning.
pub(in crate::scenario) fn check(written: Option<Vec<RegionText>>, check: &mut Check) -> Vec<Region> {
    let Some(written) = written else {
        return check.base.as_ref().map_or_else(|| vec![Region::new("us-east-1")], |base| base.regions.clone());
    };
    let mut regions = Vec::new();
    for RegionText(name) in written {
        if !Region::is_name(&name.value) {
            let diagnostic = check.at(name.span, format!("`{}` is not a valid Region name", name.value));
            let expected = "up to 16 lowercase letters, digits and hyphens, such as eu-west-1";
            check.push(diagnostic.expected(expected).suggest(suggest::nearest(&name.value, known())));
            check.lose(&["regions"]);
            continue;
        }
        let nearest = suggest::nearest(&name.value, known()).filter(|nearest| *nearest != name.value);
        if let Some(nearest) = nearest.filter(|_| !known().any(|known| known == name.value)) {
            let message = format!("AWS has no Region `{}`; it is available because it is listed here", name.value);
            check.push(check.at(name.span, message).suggest(Some(nearest)).warning());
        }
        let region = Region::new(&name.value);
        if regions.contains(&region) {
            check.push(check.at(name.span, format!("duplicate Region {region}")).expected("each Region at most once"));
        } else {
            regions.push(region);
        }
    }
    regions
}

/// Returns whether AWS has the Region or the scenario lists it.
pub(super) fn is_known(name: &Spanned<String>, regions: &[Region], check: &mut Check) -> bool {
    let is_listed = regions.iter().any(|region| region.as_str() == name.value);
    let is_known = is_listed || known().any(|known| known == name.value);
    if !is_known {
        refuse_unknown(name, known(), check);
    }
    is_known
}

/// Reports a Region that neither AWS nor the scenario has. It may be one that could not be read in `regions`, unless it
/// is similar to one that fits.
fn refuse_unknown<'n>(name: &Spanned<String>, fitting: impl Iterator<Item = &'n str>, check: &mut Check) {
    let nearest = suggest::nearest(&name.value, fitting);
    if nearest.is_some() || !check.is_lost(&["regions"]) {
        let diagnostic = check.at(name.span, UnknownRegion(name.value.clone()).to_string());
        check.push(diagnostic.expected("a Region name, such as eu-west-1").suggest(nearest));
    }
}

/// Checks the name of one of the scenario's Regions. A scenario that is added to a world may use all Regions of AWS, as
/// calls may.
pub(super) fn check_one(RegionText(name): &RegionText, regions: &[Region], check: &mut Check) -> Option<Region> {
    let region = regions.iter().find(|region| region.as_str() == name.value);
    if region.is_some() {
        return region.cloned();
    }
    let is_added = check.base.is_some();
    if !known().any(|known| known == name.value) {
        let of_aws = known().filter(|_| is_added);
        refuse_unknown(name, regions.iter().map(Region::as_str).chain(of_aws), check);
    } else if is_added {
        return Some(Region::new(&name.value));
    } else if !check.is_lost(&["regions"]) {
        let diagnostic = check.at(name.span, format!("{} is not listed under `regions`", name.value));
        let listed = suggest::choices(regions.iter().map(Region::as_str));
        check.push(diagnostic.expected(format!("{listed}, or an additional entry under `regions`")));
    }
    None
}
