//! SortCriteria.

use std::collections::HashSet;

use securityhub_engine::{FieldId, FieldKind, Schema, SortKey};
use serde_json::Value;

use crate::shape::{Rule, Segment, Violation};

/// Converts sort criteria to the engine's keys. Fields are filter names of a kind that has an order (SRT-01, SRT-02). A
/// repeated field has no effect, so a caller cannot make a page cost more than the number of fields.
///
/// # Errors
/// Fields that the service does not sort by, with paths relative to the input.
pub fn convert(criteria: &[Value], schema: &Schema) -> Result<Vec<SortKey>, Vec<Violation>> {
    let mut keys = Vec::new();
    let mut named = HashSet::new();
    let mut violations = Vec::new();
    for (position, criterion) in criteria.iter().enumerate() {
        let descending = criterion.get("SortOrder").and_then(Value::as_str) == Some("desc");
        let name = criterion.get("Field").and_then(Value::as_str);
        let field = name.and_then(|name| schema.field(name));
        let ordered = |field: &FieldId| !matches!(schema.kind(*field), Some(FieldKind::Map | FieldKind::Keyword));
        if let Some(field) = field.filter(ordered) {
            if named.insert(field) {
                keys.push(SortKey { field, descending });
            }
        } else {
            let member = |name| Segment::Member(0, name);
            let path = vec![member("SortCriteria"), Segment::Item(position), member("Field")];
            violations.push(Violation { path, rule: Rule::Enum(&[]) });
        }
    }
    if violations.is_empty() { Ok(keys) } else { Err(violations) }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::state::World;

    /// Rules: SRT-04.
    #[test]
    fn a_repeated_sort_field_has_no_effect() {
        let world = World::default();
        let criterion = |field: &str, order: &str| json!({ "Field": field, "SortOrder": order });
        let mut criteria = vec![criterion("Title", "desc"), criterion("Confidence", "asc")];
        let once = convert(&criteria, world.schema()).unwrap();
        criteria.extend((0..10_000).map(|n| criterion("Title", if n % 2 == 0 { "asc" } else { "desc" })));
        let again = convert(&criteria, world.schema()).unwrap();
        assert_eq!(again.len(), 2);
        for (key, expected) in again.iter().zip(&once) {
            assert_eq!((key.field, key.descending), (expected.field, expected.descending));
        }
    }
}
