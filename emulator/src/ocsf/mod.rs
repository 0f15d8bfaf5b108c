//! The OCSF form of findings, computed from stored documents.
//!
//! Contains: the conversion of an ASFF document and its annex, field by field, and the completion of findings that exist
//! only in OCSF. Does not contain: accounts, tables, filters and requests. A conversion reads nothing but its arguments.

pub mod annex;
mod asff;
mod compliance;
mod databucket;
mod details;
mod envelope;
mod evidences;
mod identity;
mod information;
mod malware;
mod moment;
pub mod native;
mod out;
mod resources;
mod settings;
mod source;
#[cfg(test)]
pub(crate) mod tests;
mod vulnerabilities;

use securityhub_engine::json::text;
use securityhub_engine::{Derive, Parts, Stored};

use out::Out;
use source::{Class, Source};

pub use annex::{Annex, Past};
pub use envelope::{product_uid, severity, status, uid};
pub use identity::{classic_product_arn, severity_label, workflow_status};
pub use settings::{ConversionContext, Settings};

/// Parts of findings in OCSF, by their top-level attributes.
mod part {
    use securityhub_engine::Parts;

    /// All attributes that no other part contains.
    pub const ENVELOPE: Parts = Parts(1);
    pub const CLOUD: Parts = Parts(1 << 1);
    /// `metadata` without `metadata.uid`.
    pub const METADATA: Parts = Parts(1 << 2);
    pub const METADATA_UID: Parts = Parts(1 << 3);
    /// `finding_info` and `count`.
    pub const INFORMATION: Parts = Parts(1 << 4);
    pub const REMEDIATION: Parts = Parts(1 << 5);
    pub const COMPLIANCE: Parts = Parts(1 << 6);
    pub const RESOURCES: Parts = Parts(1 << 7);
    pub const VULNERABILITIES: Parts = Parts(1 << 8);
    pub const EVIDENCES: Parts = Parts(1 << 9);
    pub const MALWARE: Parts = Parts(1 << 10);
    pub const DATABUCKET: Parts = Parts(1 << 11);
}

/// Converts stored findings to OCSF.
#[derive(Clone, Debug, Default)]
pub struct Converter {
    /// The settings.
    pub settings: Settings,
}

impl Converter {
    /// Appends a finding in OCSF as JSON. Members outside of `parts` may be missing. The text of the stored document must
    /// not contain escapes that JSON does not need.
    pub fn write(&self, stored: Stored<'_>, parts: Parts, context: ConversionContext<'_>, ocsf: &mut Vec<u8>) {
        let document = std::str::from_utf8(stored.document).unwrap_or_default();
        let annex = Annex::read(stored.annex);
        if native::is_native(document) {
            return native::write(document, &annex, context, ocsf);
        }
        let source = Source::new(document, &annex, &self.settings);
        ocsf.push(b'{');
        convert(&source, parts, context, &mut Out::new(ocsf));
        ocsf.push(b'}');
    }
}

/// The attributes of a finding that trends depend on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct State {
    /// `severity_id`
    pub severity_id: u8,
    /// True if the activity of the finding is Close.
    pub is_closed: bool,
    /// `finding_info.created_time`, in milliseconds.
    pub created_time: i64,
    /// `finding_info.modified_time`, in milliseconds.
    pub modified_time: i64,
}

impl Converter {
    /// The state of a finding.
    pub fn state(&self, stored: Stored<'_>) -> State {
        let mut form = Vec::with_capacity(1024);
        let context = ConversionContext { organization_of: &|_| None };
        self.write(stored, part::ENVELOPE.and(part::INFORMATION), context, &mut form);
        let form = std::str::from_utf8(&form).unwrap_or_default();
        let [severity, activity, information] =
            text::values_of(Some(form), ["severity_id", "activity_id", "finding_info"]);
        let [created, modified] = text::values_of(information, ["created_time", "modified_time"]);
        let number = |text: Option<&str>| text.and_then(|text| text.parse::<i64>().ok()).unwrap_or_default();
        State {
            severity_id: u8::try_from(number(severity)).unwrap_or(99),
            is_closed: number(activity) == 3,
            created_time: number(created),
            modified_time: number(modified),
        }
    }

    /// `metadata.uid` of a finding; `None` if the stored document is damaged.
    pub fn uid(&self, stored: Stored<'_>) -> Option<String> {
        let document = std::str::from_utf8(stored.document).ok()?;
        if native::is_native(document) {
            return text::member_of(document, "uid").and_then(text::string).map(std::borrow::Cow::into_owned);
        }
        Some(envelope::uid_of(&Source::new(document, &Annex::read(stored.annex), &self.settings)))
    }
}

/// Writes the parts of a finding.
fn convert(source: &Source<'_>, parts: Parts, context: ConversionContext<'_>, out: &mut Out<'_>) {
    let has_uid = parts.contain(part::METADATA_UID);
    if parts.contain(part::ENVELOPE) {
        envelope::write(source, out);
    }
    if parts.contain(part::CLOUD) {
        envelope::cloud(source, out);
    }
    if has_uid || parts.contain(part::METADATA) {
        envelope::metadata(source, has_uid, out);
    }
    if parts.contain(part::INFORMATION) {
        information::write(source, out);
    }
    if parts.contain(part::REMEDIATION) {
        information::remediation(source, out);
    }
    // OCSF defines these attributes for these classes only.
    if parts.contain(part::COMPLIANCE) && source.class == Class::Compliance {
        compliance::write(source, out);
    }
    if parts.contain(part::RESOURCES) {
        resources::write(source, context, out);
    }
    if parts.contain(part::VULNERABILITIES) {
        vulnerabilities::write(source, out);
    }
    if parts.contain(part::EVIDENCES) && matches!(source.class, Class::Detection | Class::Compliance) {
        evidences::write(source, out);
    }
    if parts.contain(part::MALWARE) && source.class == Class::Detection {
        malware::write(source, out);
    }
    if parts.contain(part::DATABUCKET) && source.class == Class::DataSecurity {
        databucket::write(source, out);
    }
}

impl Derive for Converter {
    fn parts(&self, path: &str) -> Parts {
        if path == "metadata.uid" {
            return part::METADATA_UID;
        }
        let top = path.split(['.', '[']).next().unwrap_or_default();
        match top {
            "cloud" => part::CLOUD,
            "metadata" => part::METADATA,
            "finding_info" | "count" => part::INFORMATION,
            "remediation" => part::REMEDIATION,
            "compliance" => part::COMPLIANCE,
            "resources" => part::RESOURCES,
            "vulnerabilities" => part::VULNERABILITIES,
            "evidences" => part::EVIDENCES,
            "malware" => part::MALWARE,
            "databucket" => part::DATABUCKET,
            _ => part::ENVELOPE,
        }
    }

    fn derive(&self, stored: Stored<'_>, parts: Parts, derived: &mut Vec<u8>) {
        self.write(stored, parts, ConversionContext { organization_of: &|_| None }, derived);
    }
}
