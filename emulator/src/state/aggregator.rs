//! A finding aggregator: which Regions show their findings in one other.

use super::names::Region;

/// The finding aggregator of an account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Aggregator {
    /// Its id, with which its ARN ends.
    pub id: String,
    /// The home Region, where the findings of linked Regions are shown.
    pub home: Region,
    /// Which Regions are linked to it.
    pub linking: Linking,
}

/// Which Regions are linked to a home Region (AGG-02).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Linking {
    /// All, those to come too.
    All,
    /// All but these, those to come too.
    AllExcept(Vec<Region>),
    /// These.
    Only(Vec<Region>),
    /// None.
    None,
}

impl Aggregator {
    /// Whether a Region is linked. The home Region never is, nor is one of another partition.
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
