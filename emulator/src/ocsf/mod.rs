//! The OCSF form of findings, computed from what is stored.
//!
//! Contains: the conversion of an ASFF document and its annex, field by field, and the completion of findings that exist
//! only in OCSF. Does not contain: accounts, tables, filters and requests. A conversion reads nothing but its arguments.

pub mod annex;

use securityhub_engine::{Derive, Parts, Stored};

pub use annex::Annex;

/// Settings of the OCSF half that change the form of findings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// Whether customers' changes of one half show in the other (OCM-04). By default each half has its own.
    pub is_shared: bool,
    /// The version that `metadata.version` states (OCF-15).
    pub version: String,
}

impl Default for Settings {
    fn default() -> Settings {
        Settings { is_shared: false, version: "1.6.0".to_owned() }
    }
}

/// What the form of a finding takes from the accounts around it.
#[derive(Clone, Copy)]
pub struct Surroundings<'w> {
    /// The ID of the organization that an account belongs to.
    pub organization_of: &'w dyn Fn(&str) -> Option<&'w str>,
}

/// Converts stored findings to OCSF.
#[derive(Clone, Debug, Default)]
pub struct Converter {
    /// The settings.
    pub settings: Settings,
}

impl Converter {
    /// Appends a finding in OCSF as JSON. Members outside of `parts` may be left out.
    pub fn write(&self, stored: Stored<'_>, parts: Parts, around: Surroundings<'_>, ocsf: &mut Vec<u8>) {
        let _ = (stored, parts, around);
        ocsf.extend_from_slice(b"{}");
    }
}

impl Derive for Converter {
    fn parts(&self, _path: &str) -> Parts {
        Parts::ALL
    }

    fn derive(&self, stored: Stored<'_>, parts: Parts, derived: &mut Vec<u8>) {
        self.write(stored, parts, Surroundings { organization_of: &|_| None }, derived);
    }
}
