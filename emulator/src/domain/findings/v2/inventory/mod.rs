//! Resources and software of the V2 half: an inventory computed from what a caller sees.
//!
//! AWS takes resources from AWS Config. The emulator takes them from visible findings, from the `resources` that a
//! scenario declares for its controls, and from its `inventory` (RSV-02). Resources and software are tables of the
//! engine, so they are filtered, sorted, paged and counted in the same way as findings. An inventory is kept until a
//! finding or a relation changes.

pub mod build;
mod category;
mod criticality;
pub mod declared;
pub mod fields;
pub mod resource;
mod software;

use std::sync::Arc;

pub use build::key;

use super::visibility::{self, Limit};
use crate::domain::caller::Caller;
use crate::state::{Inventory, InventorySource, World};

/// The inventory that a caller sees, limited to some accounts.
pub fn of_caller(world: &World, caller: &Caller, limit: &Limit) -> Arc<Inventory> {
    let views = visibility::views(world, caller, limit);
    let version = |view: &visibility::View| {
        let version = world.read_findings(&view.table, |findings| findings.table().version());
        (view.table.clone(), version.unwrap_or_default())
    };
    let mut accounts: Vec<String> = limit.iter().flatten().map(ToString::to_string).collect();
    accounts.sort_unstable();
    let source = InventorySource {
        viewer: format!("{}/{}/{}/{}", caller.account(), caller.region, limit.is_some(), accounts.join(",")),
        relations: world.relations(),
        tables: views.iter().map(version).collect(),
    };
    world.inventory(source, caller.now, || build::build(world, caller, &views))
}
