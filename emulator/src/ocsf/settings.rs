//! What a conversion reads beside the stored finding.

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
