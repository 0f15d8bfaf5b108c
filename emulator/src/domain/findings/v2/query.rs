//! Filters and sort orders of findings in OCSF.

use std::collections::HashSet;
use std::sync::Arc;

use securityhub_engine::filter::Test;
use securityhub_engine::filter::combine::Comparison;
use securityhub_engine::{FieldId, FieldKind, Filter, Schema, SortKey};
use securityhub_fixtures::fields::{OCSF_FIELDS, OcsfField};
use serde_json::Value;

use crate::aws_error::AwsError;
use crate::domain::findings::filters::composite::{self, Dialect, refused};
use crate::state::{Directory, Timestamp, World};

/// The field with the organization of a resource's owner. Few findings contain it, so it is also derived from the
/// owner's account.
pub const OWNER_ORGANIZATION: &str = "resources.owner.org.uid";
const OWNER: &str = "resources.owner.account.uid";

/// Comparisons of strings in GetFindingsV2 (GFV-08).
const STRINGS: &[Comparison] = &[
    Comparison::Equals,
    Comparison::Prefix,
    Comparison::NotEquals,
    Comparison::PrefixNotEquals,
    Comparison::ContainsWord,
];
/// Comparisons of strings in the criteria of automation rules (ARV-04).
const STRINGS_OF_RULES: &[Comparison] =
    &[Comparison::Equals, Comparison::Prefix, Comparison::Contains, Comparison::NotEquals, Comparison::PrefixNotEquals];
const MAPS: &[Comparison] = &[Comparison::Equals, Comparison::NotEquals];

/// The place where filters of findings are used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Use {
    /// Queries.
    Query,
    /// Criteria of automation rules.
    Rule,
}

/// Converts filters of findings (GFV-03 … GFV-13).
///
/// # Errors
/// 400 `ValidationException`.
pub fn filter(world: &World, now: Timestamp, filters: &Value, use_as: Use) -> Result<Filter, AwsError> {
    let schema = world.schema();
    let field = |name: &str| field(schema, name, |field| field.is_filter);
    let is_rule = use_as == Use::Rule;
    let dialect = Dialect {
        field: &field,
        string_comparisons: if is_rule { STRINGS_OF_RULES } else { STRINGS },
        map_comparisons: MAPS,
        needs_filters: is_rule,
        accepts_ranges: world.v2_settings.accepts_ip_ranges,
        now,
    };
    Ok(resolve_organizations(composite::convert(&dialect, filters)?, schema, &world.directory()))
}

/// The field with a name, if it may be used.
fn field(schema: &Schema, name: &str, may_be_used: fn(&OcsfField) -> bool) -> Option<(FieldId, FieldKind)> {
    OCSF_FIELDS.iter().find(|field| field.field.name == name).filter(|field| may_be_used(field))?;
    let field = schema.derived_field(name)?;
    Some((field, schema.kind(field)?))
}

/// The field that statistics group by.
///
/// # Errors
/// 400 `ValidationException` for any other name.
pub fn group_field(schema: &Schema, name: &str) -> Result<FieldId, AwsError> {
    let field = field(schema, name, |field| field.is_group);
    field.map(|(field, _)| field).ok_or_else(|| refused(format!("GroupByField {name} is not supported")))
}

/// Converts sort criteria (GFV-14). A repeated field has no effect.
///
/// # Errors
/// 400 `ValidationException` for a field without an order.
pub fn sort(schema: &Schema, criteria: &[Value]) -> Result<Vec<SortKey>, AwsError> {
    let (mut keys, mut named) = (Vec::new(), HashSet::new());
    for criterion in criteria {
        let name = criterion.get("Field").and_then(Value::as_str);
        let name = name.ok_or_else(|| refused("Field of SortCriteria is required"))?;
        let field = field(schema, name, |field| field.is_filter).filter(|(_, kind)| *kind != FieldKind::Map);
        let (field, _) = field.ok_or_else(|| refused(format!("Field {name} of SortCriteria is not supported")))?;
        if named.insert(field) {
            let descending = criterion.get("SortOrder").and_then(Value::as_str) == Some("desc");
            keys.push(SortKey { field, descending });
        }
    }
    Ok(keys)
}

/// Extends conditions on the organization of a resource's owner by conditions on its account, because few findings name
/// the organization.
pub fn resolve_organizations(filter: Filter, schema: &Schema, directory: &Directory) -> Filter {
    let resolve = |parts: Vec<Filter>| -> Vec<Filter> {
        parts.into_iter().map(|part| resolve_organizations(part, schema, directory)).collect()
    };
    match filter {
        Filter::All(parts) => Filter::All(resolve(parts)),
        Filter::Any(parts) => Filter::Any(resolve(parts)),
        Filter::Not(part) => resolve_organizations(*part, schema, directory).negated(),
        Filter::Term { field, test: Test::Text(test) } if schema.derived_field(OWNER_ORGANIZATION) == Some(field) => {
            let owned = owned_by_organization(schema, directory, |id| test.passes(id));
            Filter::Any(vec![Filter::term(field, Test::Text(test)), owned])
        }
        other => other,
    }
}

/// Selects the findings with a resource whose owner belongs to an organization whose ID satisfies `passes`.
pub fn owned_by_organization(schema: &Schema, directory: &Directory, passes: impl Fn(&str) -> bool) -> Filter {
    let organization = directory.organization.as_ref().filter(|organization| passes(&organization.id));
    let (Some(organization), Some(field)) = (organization, schema.derived_field(OWNER)) else {
        return Filter::nothing();
    };
    Filter::In { field, values: Arc::new(organization.parents.keys().map(ToString::to_string).collect()) }
}
