//! SortCriteria (filters.md 2.1).

use securityhub_engine::{FieldId, FieldKind, Schema, SortKey};
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
        let ordered = |field: &FieldId| !matches!(schema.kind(*field), Some(FieldKind::Map | FieldKind::Keyword));
        if let Some(field) = field.filter(ordered) {
            keys.push(SortKey { field, descending });
        } else {
            let member = |name| Segment::Member(0, name);
            let path = vec![member("SortCriteria"), Segment::Item(position), member("Field")];
            violations.push(Violation { path, rule: Rule::Enum(&[]) });
        }
    }
    if violations.is_empty() { Ok(keys) } else { Err(violations) }
}
