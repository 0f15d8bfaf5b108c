//! Worlds from documents, with their findings.

#[cfg(test)]
pub(crate) mod tests;

use std::collections::BTreeMap;

use securityhub_engine::Key;

use super::v2::replicas;
use crate::state::{DocumentError, FindingDocument, Row, RowKey, TableKey, World, WorldDocument};

/// The world that a document and findings describe. It does not emit events yet.
///
/// # Errors
/// [`DocumentError`]
pub fn world(document: WorldDocument, findings: Vec<FindingDocument<'_>>) -> Result<World, DocumentError> {
    let world = World::from_document(document)?;
    world.restore_findings(findings, |_, document| replicas::key(&world, document))?;
    Ok(world)
}

/// The findings of a world that no other code writes to, by table and in the order of their numbers.
pub fn findings(world: &World, mut each: impl FnMut(&TableKey, FindingDocument<'_>)) {
    for table in world.tables() {
        world.read_findings(table.clone(), |findings| {
            findings.rows().for_each(|row| each(&table, FindingDocument { table: table.clone(), row }));
        });
    }
}

/// A world with what a document and findings describe on top of another world, which no other code writes to. The
/// clock, IDs and settings are those of the world below. Rows and findings with the same identity are replaced; new
/// findings get new numbers.
///
/// # Errors
/// [`DocumentError`]
pub fn over(
    below: &World,
    document: WorldDocument,
    mut added: Vec<FindingDocument<'_>>,
) -> Result<World, DocumentError> {
    let mut merged = below.document();
    let mut rows: BTreeMap<RowKey, Row> = BTreeMap::new();
    for row in std::mem::take(&mut merged.relations).into_iter().chain(document.relations) {
        rows.insert(row.identity(), row);
    }
    merged.relations = rows.into_values().collect();
    merged.pending.extend(document.pending);
    merged.changed_since_exposures.extend(document.changed_since_exposures);
    let mut all: BTreeMap<(TableKey, Key), FindingDocument<'static>> = BTreeMap::new();
    findings(below, |table, finding| {
        if let Some(key) = replicas::key(below, &finding.row.document) {
            all.insert((table.clone(), key), finding.into_owned());
        }
    });
    added.sort_by_key(|finding| finding.row.number);
    for mut finding in added {
        let wrong = DocumentError::Finding(finding.row.number);
        let key = (finding.table.clone(), replicas::key(below, &finding.row.document).ok_or(wrong)?);
        finding.row.number = all.get(&key).map_or(merged.next_finding, |known| known.row.number);
        merged.next_finding = merged.next_finding.max(finding.row.number + 1);
        all.insert(key, finding.into_owned());
    }
    world(merged, all.into_values().collect())
}
