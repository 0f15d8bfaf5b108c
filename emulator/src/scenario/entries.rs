//! Scenario entries sent at run time, which are read and checked in the same way as files.

use std::collections::BTreeMap;
use std::ops::Range;

use schemars::schema_for;
use securityhub_fixtures::regions::REGIONS;
use serde::Deserialize;
use serde_json::Value;
use serde_json::value::RawValue;

use super::check::Check;
use super::diagnostic::Diagnostics;
use super::files::FileId;
use super::lost::ITEM;
use super::sections::resources::{self, Context, Declared};
use super::spanned::{Content, Node, Spanned};
use super::{parse, shape};
use crate::state::{HubKey, Region, Resource};

/// Reads resources: one entry or a list. `all` is the value of `regions: all`; a list may name any Region. The entries
/// of a JSON list are read one by one until the maximum number of errors is reached.
///
/// # Errors
/// All errors, as reported by `scenario check`.
pub fn resources(text: &str, all: &[Region]) -> Result<BTreeMap<HubKey, Vec<Resource>>, Diagnostics> {
    let mut check = Check::default();
    let file = check.files.add("resources", text);
    let known = REGIONS.iter().map(|region| Region::new(region.name));
    let named: Vec<Region> = known.chain(all.iter().cloned()).collect();
    let context = Context { all, named: &named };
    let schema = schema_for!(Declared).to_value();
    let mut declared = BTreeMap::<HubKey, Vec<Resource>>::new();
    for piece in pieces(text) {
        if check.is_full() {
            break;
        }
        for (key, resources) in read(file, piece, &schema, &context, &mut check) {
            declared.entry(key).or_default().extend(resources);
        }
    }
    let diagnostics = Diagnostics::sorted(check.diagnostics);
    if diagnostics.has_errors() { Err(diagnostics) } else { Ok(declared) }
}

/// The ranges of the entries of a JSON list, or the whole text if it is not one.
fn pieces(text: &str) -> Vec<Range<usize>> {
    let pieces: Vec<&RawValue> = match serde_json::from_str(text) {
        Ok(pieces) => pieces,
        Err(_) => return vec![Range { start: 0, end: text.len() }],
    };
    let piece = |raw: &RawValue| {
        let start = (raw.get().as_ptr() as usize).saturating_sub(text.as_ptr() as usize);
        start..start + raw.get().len()
    };
    pieces.into_iter().map(piece).collect()
}

/// Reads an entry or a list of entries.
fn read(
    file: FileId,
    piece: Range<usize>,
    schema: &Value,
    context: &Context<'_>,
    check: &mut Check,
) -> BTreeMap<HubKey, Vec<Resource>> {
    let nodes = match parse::piece(&check.files, file, piece) {
        Ok(Node { content: Content::List(items), .. }) => items,
        Ok(node) => vec![node],
        Err(diagnostic) => {
            check.push(*diagnostic);
            return BTreeMap::new();
        }
    };
    let mut written = Vec::new();
    for node in nodes {
        let span = node.span;
        let fitting = shape::fit_as(schema, node, ("a resource", &["resources", ITEM]), check);
        match fitting.map(|node| Spanned::<Declared>::deserialize(&node)).transpose() {
            Ok(entry) => written.extend(entry),
            Err(error) => check.push(check.at(span, error.to_string())),
        }
    }
    resources::check(&written, context, check)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(text: &str) -> String {
        resources(text, &[Region::new("us-east-1")]).unwrap_err().in_a_line()
    }

    /// Rules: CPL-133.
    #[test]
    fn entries_after_the_maximum_number_of_errors_are_not_read() {
        let nested = format!("{}{}", "[".repeat(30), "]".repeat(30));
        let wrong = |count: usize| format!("[{}{nested}]", "{\"nope\": 1}, ".repeat(count));
        assert!(refused(&wrong(1)).contains("levels deep"));
        assert!(!refused(&wrong(100)).contains("levels deep"));
    }

    /// Rules: RES-10.
    #[test]
    fn an_error_is_reported_at_its_own_line() {
        let good = "{\"account\": \"111111111111\", \"regions\": \"all\", \"type\": \"AwsAccount\"}";
        let expected = "line 2, column 13: `33` is not a valid account ID, expected 12 digits";
        assert_eq!(refused(&format!("[{good},\n{{\"account\": 33, {}]", &good[28..])), expected);
        assert_eq!(resources(&format!("[{good}, {good}]"), &[Region::new("us-east-1")]).unwrap().len(), 1);
        assert!(resources("[]", &[]).unwrap().is_empty());
        let yaml = "- { account: '111111111111', regions: all, type: AwsAccount }";
        assert_eq!(resources(yaml, &[Region::new("us-east-1")]).unwrap().len(), 1);
    }
}
