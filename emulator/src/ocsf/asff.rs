//! The members of a stored finding that the conversion reads.

use securityhub_engine::json::{self, text};
use serde_json::value::RawValue;

use super::annex::Annex;

/// Members of a finding in ASFF as JSON, found in one pass over its text.
#[derive(Debug)]
pub(super) struct Asff<'t> {
    values: [Option<&'t str>; Member::COUNT],
    /// The severity that the provider gave (OCF-09).
    pub(super) provided_severity: Option<&'t str>,
}

macro_rules! members {
    ($($member:ident $name:literal,)*) => {
        /// A top-level member of a finding.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub(super) enum Member { $($member,)* }

        impl Member {
            const COUNT: usize = [$(stringify!($member),)*].len();

            fn named(name: &[u8]) -> Option<Member> {
                Some(match name {
                    $($name => Member::$member,)*
                    _ => return None,
                })
            }
        }
    };
}

members! {
    Action b"Action",
    AwsAccountId b"AwsAccountId",
    AwsAccountName b"AwsAccountName",
    CompanyName b"CompanyName",
    Compliance b"Compliance",
    Confidence b"Confidence",
    CreatedAt b"CreatedAt",
    Description b"Description",
    Detection b"Detection",
    FindingProviderFields b"FindingProviderFields",
    FirstObservedAt b"FirstObservedAt",
    Id b"Id",
    LastObservedAt b"LastObservedAt",
    Malware b"Malware",
    Network b"Network",
    Note b"Note",
    Process b"Process",
    ProductArn b"ProductArn",
    ProductFields b"ProductFields",
    ProductName b"ProductName",
    RecordState b"RecordState",
    Region b"Region",
    RelatedFindings b"RelatedFindings",
    Remediation b"Remediation",
    Resources b"Resources",
    Severity b"Severity",
    SourceUrl b"SourceUrl",
    Threats b"Threats",
    Title b"Title",
    Types b"Types",
    UpdatedAt b"UpdatedAt",
    UserDefinedFields b"UserDefinedFields",
    Vulnerabilities b"Vulnerabilities",
    Workflow b"Workflow",
}

impl<'t> Asff<'t> {
    /// Reads a finding. Unless the halves share their state, values that the classic half has changed are replaced by
    /// those of the provider (OCM-05).
    pub(super) fn read(text: &'t str, annex: &'t Annex, is_shared: bool) -> Asff<'t> {
        let mut asff = Asff { values: [None; Member::COUNT], provided_severity: None };
        json::members(text.as_bytes(), 0, |name, at| {
            let end = json::value(text.as_bytes(), at)?;
            if let Some(member) = Member::named(name) {
                asff.set(member, text.get(at..end));
            }
            Some(end)
        });
        let provided = [Member::Confidence, Member::RelatedFindings, Member::Types];
        let [severity, others @ ..] = text::values_of(
            asff.get(Member::FindingProviderFields),
            ["Severity", "Confidence", "RelatedFindings", "Types"],
        );
        let before = annex.provided.get("Severity").map(|value| value.as_deref().map(RawValue::get));
        let severity = severity.filter(|severity| text::member_of(severity, "Label").is_some());
        asff.provided_severity = severity.or(before.unwrap_or_else(|| asff.get(Member::Severity)));
        if !is_shared {
            for (name, value) in &annex.provided {
                if let Some(member) = Member::named(name.as_bytes()) {
                    asff.set(member, value.as_deref().map(RawValue::get));
                }
            }
            // FindingProviderFields contain all that the provider has sent of these members.
            if asff.get(Member::FindingProviderFields).is_some() {
                for (member, value) in provided.into_iter().zip(others) {
                    asff.set(member, value);
                }
            }
            asff.set(Member::Severity, asff.provided_severity);
        }
        asff
    }

    fn set(&mut self, member: Member, value: Option<&'t str>) {
        if let Some(slot) = self.values.get_mut(member as usize) {
            *slot = value;
        }
    }

    /// A member as JSON.
    pub(super) fn get(&self, member: Member) -> Option<&'t str> {
        self.values.get(member as usize).copied().flatten()
    }
}
