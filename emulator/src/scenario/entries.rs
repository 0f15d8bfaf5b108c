//! Entries of a scenario that come alone, at run time: read, checked and refused as in a file.

use std::collections::BTreeMap;

use schemars::schema_for;
use securityhub_fixtures::regions::REGIONS;
use serde::Deserialize;

use super::check::Check;
use super::diagnostic::Diagnostics;
use super::files::Place;
use super::sections::resources::{self, Around, Written};
use super::spanned::{Content, Node};
use super::{parse, shape};
use crate::state::{HubKey, Region, Resource};

/// Reads resources, one entry or a list of them; `all` Regions are these, and a list may name any.
///
/// # Errors
/// Every mistake, as `scenario check` tells them.
pub fn resources(text: &str, all: &[Region]) -> Result<BTreeMap<HubKey, Vec<Resource>>, Diagnostics> {
    let mut check = Check::default();
    let file = check.files.add("resources", text);
    let read = parse::text(&check.files, file).map_err(|mistake| Diagnostics::sorted(vec![*mistake]))?;
    let list = match read {
        Node { place, content: content @ Content::Map(_) } => {
            Node { place, content: Content::List(vec![Node { place, content }]) }
        }
        other => other,
    };
    let schema = schema_for!(Vec<Written>).to_value();
    let fitting = shape::fit_as(&check.files, &schema, list, "the list of resources", &mut check.mistakes);
    let written = fitting.map(|node| Vec::<Written>::deserialize(&node)).transpose().unwrap_or_else(|error| {
        check.push(check.at(Place::new(file, 0, 0), error.to_string()));
        None
    });
    let known = REGIONS.iter().map(|region| Region::new(region.name));
    let named: Vec<Region> = known.chain(all.iter().cloned()).collect();
    let declared = resources::check(&written.unwrap_or_default(), &Around { all, named: &named }, &mut check);
    let told = Diagnostics::sorted(check.mistakes);
    if told.has_mistakes() { Err(told) } else { Ok(declared) }
}
