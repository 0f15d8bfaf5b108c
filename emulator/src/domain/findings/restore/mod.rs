//! Restores worlds with their findings from documents.

#[cfg(test)]
pub(crate) mod tests;

use std::collections::BTreeMap;

use securityhub_engine::Key;

use super::v2::replicas;
use crate::state::{DocumentError, FindingDocument, Row, RowKey, TableKey, World, WorldDocument};

/// Restores a world from its document and its findings. The world does not emit events yet.
///
/// # Errors
/// [`DocumentError`]
pub fn world(document: WorldDocument, findings: Vec<FindingDocument<'_>>) -> Result<World, DocumentError> {
    let world = World::from_document(document)?;
    world.restore_findings(findings, |_, document| replicas::key(&world, document))?;
    Ok(world)
}

/// Visits the findings of a world by table, in the order of their sequence numbers. No other code may write to the world.
pub fn findings(world: &World, mut each: impl FnMut(&TableKey, FindingDocument<'_>)) {
    for table in world.tables() {
        world.read_findings(table.clone(), |findings| {
            findings.rows().for_each(|row| each(&table, FindingDocument { table: table.clone(), row }));
        });
    }
}

/// Merges a document and findings into a copy of `base`, to which no other code may write. The clock, IDs and settings are
/// those of `base`. Rows and findings with the same identity are replaced; new findings get new numbers.
///
/// # Errors
/// [`DocumentError`]
pub fn merge(
    base: &World,
    document: WorldDocument,
    mut added: Vec<FindingDocument<'_>>,
) -> Result<World, DocumentError> {
    let mut merged = base.document();
    let mut rows: BTreeMap<RowKey, Row> = BTreeMap::new();
    for row in std::mem::take(&mut merged.relations).into_iter().chain(document.relations) {
        rows.insert(row.identity(), row);
    }
    merged.relations = rows.into_values().collect();
    merged.pending.extend(document.pending);
    merged.changed_since_exposures.extend(document.changed_since_exposures);
    let mut all: BTreeMap<(TableKey, Key), FindingDocument<'static>> = BTreeMap::new();
    findings(base, |table, finding| {
        if let Some(key) = replicas::key(base, &finding.row.document) {
            all.insert((table.clone(), key), finding.into_owned());
        }
    });
    added.sort_by_key(|finding| finding.row.number);
    for mut finding in added {
        let wrong = DocumentError::Finding(finding.row.number);
        let key = (finding.table.clone(), replicas::key(base, &finding.row.document).ok_or(wrong)?);
        finding.row.number = all.get(&key).map_or(merged.next_finding, |known| known.row.number);
        merged.next_finding = merged.next_finding.max(finding.row.number + 1);
        all.insert(key, finding.into_owned());
    }
    world(merged, all.into_values().collect())
}
