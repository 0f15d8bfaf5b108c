//! Aggregators of the V2 half: the linked Regions whose findings and resources are visible in a home Region.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::names::Region;

/// The aggregator of the V2 half of an account. It is independent of the finding aggregator of the classic half
/// (AGV-11).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AggregatorV2 {
    /// The last part of the aggregator's ARN.
    pub id: String,
    /// The home Region.
    pub home: Region,
    /// The meaning of the list of Regions.
    pub mode: LinkingModeV2,
    /// The Regions that the caller listed, in the caller's order (AGV-03).
    pub linked: Vec<Region>,
    /// Its tags.
    pub tags: BTreeMap<String, String>,
}

/// The meaning of the list of Regions of an aggregator (AGV-02).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LinkingModeV2 {
    /// Only the listed Regions are linked.
    Specified,
    /// All Regions are linked, including those that AWS adds later. The list is empty.
    All,
    /// All Regions except the listed ones are linked, including those that AWS adds later.
    AllExcept,
}

impl LinkingModeV2 {
    /// All modes.
    pub const ALL: [LinkingModeV2; 3] = [LinkingModeV2::Specified, LinkingModeV2::All, LinkingModeV2::AllExcept];

    /// The value on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            LinkingModeV2::Specified => "SPECIFIED_REGIONS",
            LinkingModeV2::All => "ALL_REGIONS",
            LinkingModeV2::AllExcept => "ALL_REGIONS_EXCEPT_SPECIFIED",
        }
    }
}

impl AggregatorV2 {
    /// Returns whether a Region is linked. The home Region and Regions of other partitions never are.
    pub fn links(&self, region: &Region) -> bool {
        let names = match self.mode {
            LinkingModeV2::Specified => self.linked.contains(region),
            LinkingModeV2::All => true,
            LinkingModeV2::AllExcept => !self.linked.contains(region),
        };
        names && *region != self.home && region.partition() == self.home.partition()
    }
}
