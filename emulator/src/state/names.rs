//! Account IDs and Regions, which are part of most keys.

use std::fmt;
use std::sync::Arc;

use securityhub_fixtures::regions;
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::invariant::Invariant;

/// A text that lives as long as the program, such as the name of a standard or a control.
pub type Name = &'static str;

/// An AWS account ID: twelve digits.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AccountId([u8; 12]);

impl AccountId {
    /// The account of callers whose access key does not identify an account.
    pub const DEFAULT: AccountId = AccountId(*b"000000000000");

    /// Parses twelve digits.
    pub fn parse(text: &str) -> Option<AccountId> {
        let digits: [u8; 12] = text.as_bytes().try_into().ok()?;
        digits.iter().all(u8::is_ascii_digit).then_some(AccountId(digits))
    }

    /// The twelve digits.
    pub fn as_str(&self) -> &str {
        std::str::from_utf8(&self.0).or_report("an account id has twelve digits").unwrap_or_default()
    }
}

impl fmt::Display for AccountId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

impl fmt::Debug for AccountId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

impl Serialize for AccountId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl<'de> Deserialize<'de> for AccountId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        AccountId::parse(&text)
            .ok_or_else(|| D::Error::custom(format!("`{text}` is not a valid account ID (expected 12 digits)")))
    }
}

/// A Region name such as `eu-west-1`; cheap to clone. [`Directory::region`] checks whether a Region exists.
///
/// [`Directory::region`]: super::Directory::region
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Region(Arc<str>);

impl Region {
    /// The Region with this name. It is not checked.
    pub fn new(name: &str) -> Region {
        Region(name.into())
    }

    /// Its name.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The value of `Partition` in the resources of findings, if the service model has one for this partition.
    pub fn resource_partition(&self) -> Option<&'static str> {
        regions::partition(&self.0).resource
    }

    /// The name of its partition.
    pub fn partition(&self) -> &'static str {
        regions::partition(&self.0).name
    }

    /// The domain suffix of its endpoints.
    pub fn dns_suffix(&self) -> &'static str {
        regions::partition(&self.0).dns_suffix
    }

    /// The host name of its management console.
    pub fn console(&self) -> String {
        format!("{self}.{}", regions::partition(&self.0).console)
    }

    /// Returns whether a text has the form of a Region name. The length is limited to what a finding accepts.
    pub fn is_name(text: &str) -> bool {
        let is_letter = |letter: char| letter.is_ascii_lowercase() || letter.is_ascii_digit();
        let is_part = |part: &str| !part.is_empty() && part.chars().all(is_letter);
        text.contains('-') && text.len() <= 16 && text.split('-').all(is_part)
    }
}

impl Serialize for Region {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl<'de> Deserialize<'de> for Region {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        if Region::is_name(&text) {
            Ok(Region::new(&text))
        } else {
            Err(D::Error::custom(format!("`{text}` is not a valid Region name (expected a name such as eu-west-1)")))
        }
    }
}

/// A Region that neither AWS has nor the scenario lists.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnknownRegion(
    /// Its name.
    pub String,
);

impl fmt::Display for UnknownRegion {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let UnknownRegion(name) = self;
        write!(formatter, "AWS has no Region `{name}`; to use it here, list it under `regions` in the scenario")
    }
}

/// The key of a table of findings: a Region's own findings, or the replicas that another Region left there when it was
/// unlinked (AGG-14, AGV-08).
///
/// Its ordering, by `origin` first, is the order in which tables are locked: own findings of Regions before replicas.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TableKey {
    /// The Region they were replicated from; `None` for the Region's own findings.
    pub origin: Option<Region>,
    /// The Region in which they are read and changed.
    pub region: Region,
    /// True if the findings of the table exist only in OCSF (OCM-03).
    pub is_ocsf_only: bool,
    /// The account whose aggregator of the V2 half left the replicas. Only this account sees them. `None` for replicas
    /// of the classic half and for a Region's own findings.
    pub viewer: Option<AccountId>,
}

impl TableKey {
    /// The table of findings that exist only in OCSF.
    pub fn ocsf_only(region: &Region) -> TableKey {
        TableKey { is_ocsf_only: true, ..TableKey::from(region) }
    }

    /// The table of replicas of another Region's findings in the classic half.
    pub fn replicas(region: &Region, origin: &Region) -> TableKey {
        TableKey { origin: Some(origin.clone()), ..TableKey::from(region) }
    }

    /// The table of replicas, in a Region, of the findings of another table, which only an account of the V2 half sees.
    pub fn replicas_v2(region: &Region, of: &TableKey, viewer: AccountId) -> TableKey {
        TableKey { is_ocsf_only: of.is_ocsf_only, viewer: Some(viewer), ..TableKey::replicas(region, &of.region) }
    }

    /// The table that replicas were copied from; `None` for a Region's own findings.
    pub fn source(&self) -> Option<TableKey> {
        let origin = self.origin.as_ref()?;
        Some(TableKey { is_ocsf_only: self.is_ocsf_only, ..TableKey::from(origin) })
    }
}

impl From<&Region> for TableKey {
    fn from(region: &Region) -> TableKey {
        TableKey { region: region.clone(), origin: None, is_ocsf_only: false, viewer: None }
    }
}

impl From<&TableKey> for TableKey {
    fn from(table: &TableKey) -> TableKey {
        table.clone()
    }
}

impl fmt::Display for Region {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

impl fmt::Debug for Region {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::{AccountId, Region};

    #[test]
    fn an_account_id_is_twelve_digits() {
        assert_eq!(
            AccountId::parse("123456789012").map(|account| account.to_string()).as_deref(),
            Some("123456789012")
        );
        for wrong in ["", "12345678901", "1234567890123", "12345678901x", "١٢٣٤٥٦"] {
            assert_eq!(AccountId::parse(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn a_region_belongs_to_the_partition_in_the_table() {
        for (region, partition) in [("us-east-1", "aws"), ("cn-north-1", "aws-cn"), ("eusc-de-east-1", "aws-eusc")] {
            assert_eq!(Region::new(region).partition(), partition);
        }
    }

    #[test]
    fn a_region_name_has_lower_case_letters_digits_and_hyphens() {
        for good in ["eu-west-1", "us-isof-south-1", "lab-1"] {
            assert!(Region::is_name(good), "{good}");
        }
        for wrong in ["", "lab", "EU-WEST-1", "eu_west_1", "a-very-long-region-1", "-a-b", "a-b-", "a--b", "-"] {
            assert!(!Region::is_name(wrong), "{wrong}");
        }
    }
}
