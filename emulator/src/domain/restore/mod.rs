//! Worlds from documents, with their findings.

use super::findings::v2::replicas;
use crate::state::{DocumentError, FindingDocument, TableKey, World, WorldDocument};

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
