//! Members of a finding by their positions in the model, which are looked up at build time.

use securityhub_fixtures::model::{Kind, ShapeId, Structure, listed};

/// The model's shape of a finding.
pub const FINDING: ShapeId = listed(ShapeId::named("AwsSecurityFinding"));

/// The number of members of a finding in the model.
pub(super) const COUNT: usize = structure(FINDING).members.len();

/// A member of a finding.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Name(pub(super) u16);

/// A member of a structure that is a member of a finding, or of each structure of such a list.
#[derive(Clone, Copy, Debug)]
pub(super) struct Inner {
    pub(super) of: Name,
    pub(super) name: &'static str,
    /// Its position in the model.
    pub(super) position: u16,
}

impl Name {
    /// The member with this name. A constant does not compile if the model has no such member.
    const fn of(name: &str) -> Name {
        Name(listed(structure(FINDING).position(name)))
    }

    /// The name.
    pub fn text(self) -> &'static str {
        structure(FINDING).members.get(usize::from(self.0)).map_or("", |member| member.name)
    }

    /// The name as JSON spells it, in quotes and with the colon.
    pub(super) fn spelled(self) -> &'static str {
        structure(FINDING).members.get(usize::from(self.0)).map_or("", |member| member.spelled)
    }
}

impl Inner {
    const fn of(of: &str, name: &'static str) -> Inner {
        let of = Name::of(of);
        let shape = structure(FINDING).members[of.0 as usize].shape;
        let structure = match shape.shape().kind {
            Kind::List { member, .. } => structure(member),
            _ => structure(shape),
        };
        Inner { of, name, position: listed(structure.position(name)) }
    }
}

const fn structure(shape: ShapeId) -> &'static Structure {
    listed(match &shape.shape().kind {
        Kind::Structure(structure) => Some(structure),
        _ => None,
    })
}

/// The name of a member of a finding: a constant, or a text that may not be the name of a member in the model.
pub trait Named {
    /// The member.
    fn name(self) -> Option<Name>;
}

impl Named for Name {
    fn name(self) -> Option<Name> {
        Some(self)
    }
}

impl Named for &str {
    fn name(self) -> Option<Name> {
        structure(FINDING).member(self).map(|(position, _)| Name(position))
    }
}

macro_rules! names {
    ($($constant:ident $name:literal)*) => {
        $(pub(super) const $constant: Name = Name::of($name);)*
    };
}

names! {
    AWS_ACCOUNT_ID "AwsAccountId"
    AWS_ACCOUNT_NAME "AwsAccountName"
    COMPANY_NAME "CompanyName"
    COMPLIANCE "Compliance"
    CONFIDENCE "Confidence"
    CRITICALITY "Criticality"
    FINDING_PROVIDER_FIELDS "FindingProviderFields"
    ID "Id"
    NOTE "Note"
    PROCESSED_AT "ProcessedAt"
    PRODUCT_ARN "ProductArn"
    PRODUCT_FIELDS "ProductFields"
    PRODUCT_NAME "ProductName"
    RECORD_STATE "RecordState"
    REGION "Region"
    RELATED_FINDINGS "RelatedFindings"
    REMEDIATION "Remediation"
    RESOURCES "Resources"
    SEVERITY "Severity"
    TYPES "Types"
    UPDATED_AT "UpdatedAt"
    USER_DEFINED_FIELDS "UserDefinedFields"
    WORKFLOW "Workflow"
    WORKFLOW_STATE "WorkflowState"
}

pub(super) const PROVIDER_SEVERITY: Inner = Inner::of("FindingProviderFields", "Severity");
pub(super) const PROVIDER_TYPES: Inner = Inner::of("FindingProviderFields", "Types");
pub(super) const RESOURCES_PARTITION: Inner = Inner::of("Resources", "Partition");
pub(super) const RESOURCES_REGION: Inner = Inner::of("Resources", "Region");
pub(super) const SEVERITY_LABEL: Inner = Inner::of("Severity", "Label");
pub(super) const SEVERITY_NORMALIZED: Inner = Inner::of("Severity", "Normalized");
pub(super) const WORKFLOW_STATUS: Inner = Inner::of("Workflow", "Status");
