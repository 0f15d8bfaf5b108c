//! SortCriteria (filters.md 2.1).

use securityhub_engine::{FieldKind, Schema, SortKey};
use serde_json::Value;

use crate::shape::{Rule, Segment, Violation};

/// Turns sort criteria into the engine's keys. Fields are filter names of a kind that has an order (SRT-01, SRT-02).
///
/// # Errors
/// Fields that the service does not sort by; paths begin at the input.
pub fn convert(criteria: &[Value], schema: &Schema) -> Result<Vec<SortKey>, Vec<Violation>> {
    let mut keys = Vec::with_capacity(criteria.len());
    let mut violations = Vec::new();
    for (position, criterion) in criteria.iter().enumerate() {
        let descending = criterion.get("SortOrder").and_then(Value::as_str) == Some("desc");
        let name = criterion.get("Field").and_then(Value::as_str);
        let field = name.and_then(|name| schema.field(name));
        match field.filter(|field| !matches!(schema.kind(*field), Some(FieldKind::Map | FieldKind::Keyword))) {
            Some(field) => keys.push(SortKey { field, descending }),
            None => {
                let path =
                    vec![Segment::Member(0, "SortCriteria"), Segment::Item(position), Segment::Member(0, "Field")];
                violations.push(Violation { path, rule: Rule::Enum(&[]) });
            }
        }
    }
    if violations.is_empty() { Ok(keys) } else { Err(violations) }
}
