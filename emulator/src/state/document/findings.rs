//! Findings as documents: the JSON that callers receive, and the data that is stored with it.

use std::borrow::Cow;

use securityhub_engine::{Key, Layer, NEVER, Scope, Slot, Stored};
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::value::RawValue;

use crate::invariant::Invariant;
use crate::state::clock::Timestamp;
use crate::state::findings::{FindingMetadata, Findings};
use crate::state::names::{AccountId, Region, TableKey};

/// A stored finding with its metadata.
#[derive(Clone, Debug, PartialEq)]
pub struct FindingRow<'f> {
    /// Its number in the order of creation, unique in its table.
    pub number: u64,
    /// The JSON that callers receive.
    pub document: Cow<'f, [u8]>,
    /// The annex as JSON, which only the OCSF form uses. It may be empty.
    pub annex: Cow<'f, [u8]>,
    /// The time at which it expires.
    pub expires_at: Option<Timestamp>,
    /// True if it is hidden from home Regions of the classic half and of the V2 half.
    pub is_hidden: [bool; 2],
    /// Metadata outside the document; `None` if the finding was never changed.
    pub metadata: Option<Cow<'f, FindingMetadata>>,
}

const LAYERS: [Layer; 2] = [Layer::First, Layer::Second];

impl Findings {
    /// A finding with its metadata.
    pub fn row(&self, slot: Slot) -> FindingRow<'_> {
        let stored = self.table().stored(slot);
        let end = self.table().end(slot);
        FindingRow {
            number: self.table().sequence(slot),
            document: Cow::Borrowed(stored.document),
            annex: Cow::Borrowed(stored.annex),
            expires_at: if end == NEVER { None } else { Timestamp::from_millisecond(end).ok() },
            is_hidden: LAYERS.map(|layer| !self.table().within(Scope::Visible(layer)).has(slot)),
            metadata: self.metadata(slot).map(Cow::Borrowed),
        }
    }

    /// All findings in the order of creation.
    pub fn rows(&self) -> impl Iterator<Item = FindingRow<'_>> {
        self.table().slots().map(|slot| self.row(slot))
    }

    /// Stores a finding with its number and metadata. The number of a new finding must be greater than all others.
    pub(in crate::state) fn restore(&mut self, key: &Key, row: &FindingRow<'_>) {
        let stored = Stored { document: &row.document, annex: &row.annex };
        let slot = match self.table().find(key).filter(|slot| self.table().sequence(*slot) == row.number) {
            Some(slot) => {
                self.table_mut().replace_with(slot, stored);
                slot
            }
            None => self.table_mut().insert_with(key, row.number, stored),
        };
        self.table_mut().set_end(slot, row.expires_at.map_or(NEVER, Timestamp::as_millisecond));
        for (layer, _) in LAYERS.into_iter().zip(row.is_hidden).filter(|(_, is_hidden)| *is_hidden) {
            self.table_mut().hide_slot(layer, slot);
        }
        self.set_metadata(row.number, row.metadata.as_deref().cloned());
    }
}

/// A finding and its table, as documents contain it.
#[derive(Clone, Debug, PartialEq)]
pub struct FindingDocument<'f> {
    /// The table that contains it.
    pub table: TableKey,
    /// The finding.
    pub row: FindingRow<'f>,
}

impl FindingDocument<'_> {
    /// A copy that does not refer to a table.
    pub fn into_owned(self) -> FindingDocument<'static> {
        let FindingDocument { table, row } = self;
        let row = FindingRow {
            number: row.number,
            document: Cow::Owned(row.document.into_owned()),
            annex: Cow::Owned(row.annex.into_owned()),
            expires_at: row.expires_at,
            is_hidden: row.is_hidden,
            metadata: row.metadata.map(|metadata| Cow::Owned(metadata.into_owned())),
        };
        FindingDocument { table, row }
    }
}

/// The form of [`FindingDocument`] in JSON.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Written<'f> {
    number: u64,
    region: Region,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    replica_of: Option<Region>,
    #[serde(default, skip_serializing_if = "is_false")]
    is_ocsf_only: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    viewer: Option<AccountId>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    expires_at: Option<Timestamp>,
    #[serde(default, skip_serializing_if = "is_false")]
    is_hidden: bool,
    #[serde(default, skip_serializing_if = "is_false")]
    is_hidden_v2: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    metadata: Option<Cow<'f, FindingMetadata>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    annex: Option<Cow<'f, RawValue>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    document: Option<Cow<'f, RawValue>>,
    /// The document as text, if it contains line breaks, tabs or surrogate pairs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    document_text: Option<Cow<'f, str>>,
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "serde passes references")]
fn is_false(value: &bool) -> bool {
    !value
}

impl Serialize for FindingDocument<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let FindingDocument { table, row } = self;
        let text = std::str::from_utf8(&row.document).or_report("a document is UTF-8").unwrap_or_default();
        let raw = |bytes| serde_json::from_slice::<&RawValue>(bytes).map(Cow::Borrowed);
        // Each finding is written on one line, and YAML does not support surrogate pairs.
        let is_plain = !text.contains(['\n', '\r', '\t']) && !text.contains("\\ud") && !text.contains("\\uD");
        let document = if is_plain { raw(&row.document).ok() } else { None };
        let [is_hidden, is_hidden_v2] = row.is_hidden;
        let written = Written {
            number: row.number,
            region: table.region.clone(),
            replica_of: table.origin.clone(),
            is_ocsf_only: table.is_ocsf_only,
            viewer: table.viewer,
            expires_at: row.expires_at,
            is_hidden,
            is_hidden_v2,
            metadata: row.metadata.as_deref().map(Cow::Borrowed),
            annex: if row.annex.is_empty() { None } else { raw(&row.annex).ok() },
            document_text: document.is_none().then_some(Cow::Borrowed(text)),
            document,
        };
        written.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for FindingDocument<'static> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let written = Written::deserialize(deserializer)?;
        let document = match (written.document, written.document_text) {
            (Some(document), None) => document.get().to_owned(),
            (None, Some(text)) => text.into_owned(),
            _ => return Err(D::Error::custom("a finding has either `document` or `document_text`")),
        };
        let row = FindingRow {
            number: written.number,
            document: Cow::Owned(document.into_bytes()),
            annex: Cow::Owned(written.annex.map(|annex| annex.get().to_owned().into_bytes()).unwrap_or_default()),
            expires_at: written.expires_at,
            is_hidden: [written.is_hidden, written.is_hidden_v2],
            metadata: written.metadata.map(|metadata| Cow::Owned(metadata.into_owned())),
        };
        let table = TableKey {
            origin: written.replica_of,
            region: written.region,
            is_ocsf_only: written.is_ocsf_only,
            viewer: written.viewer,
        };
        Ok(FindingDocument { table, row })
    }
}
