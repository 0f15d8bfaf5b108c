//! Finding aggregators: the linked Regions whose findings are visible in a home Region.

use serde::{Deserialize, Serialize};

use super::names::Region;

/// The finding aggregator of an account.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Aggregator {
    /// The last part of its ARN.
    pub id: String,
    /// The home Region, in which the findings of linked Regions are visible.
    pub home: Region,
    /// The Regions that are linked to the home Region.
    pub linking: Linking,
}

/// The Regions that are linked to a home Region (AGG-02).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Linking {
    /// All Regions, including those added later.
    All,
    /// All Regions except these, including those added later.
    AllExcept(Vec<Region>),
    /// Only these Regions.
    Only(Vec<Region>),
    /// No Region.
    None,
}

impl Aggregator {
    /// Returns whether a Region is linked. The home Region and Regions of other partitions never are.
    pub fn links(&self, region: &Region) -> bool {
        let names = match &self.linking {
            Linking::All => true,
            Linking::AllExcept(regions) => !regions.contains(region),
            Linking::Only(regions) => regions.contains(region),
            Linking::None => false,
        };
        names && *region != self.home && region.partition() == self.home.partition()
    }
}
