//! The input of a conversion: the members of a finding, its annex, the settings, and the class and product that are
//! derived from them first.

use securityhub_engine::json::text;

use super::annex::Annex;
use super::asff::{Asff, Member};
use super::out::inside;
use super::settings::Settings;

/// A class of findings (OCF-10).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Class {
    Vulnerability,
    Compliance,
    Detection,
    DataSecurity,
}

impl Class {
    /// The number and name of the class, and the family of types of its findings (OCM-20).
    pub(super) fn facts(self) -> (u16, &'static str, &'static str) {
        match self {
            Class::Vulnerability => (2002, "Vulnerability Finding", "Vulnerabilities"),
            Class::Compliance => (2003, "Compliance Finding", "Posture Management"),
            Class::Detection => (2004, "Detection Finding", "Threats"),
            Class::DataSecurity => (2006, "Data Security Finding", "Sensitive Data"),
        }
    }
}

/// Products whose findings are converted in a special way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Product {
    GuardDuty,
    Inspector,
    Macie,
    Other,
}

/// A finding to be converted.
#[derive(Debug)]
pub(super) struct Source<'t> {
    pub(super) asff: Asff<'t>,
    pub(super) annex: &'t Annex,
    pub(super) settings: &'t Settings,
    pub(super) class: Class,
    pub(super) product: Product,
    /// The product's ARN up to `:product`, and the rest after it.
    pub(super) product_arn: (&'t str, &'t str),
}

impl<'t> Source<'t> {
    pub(super) fn new(text: &'t str, annex: &'t Annex, settings: &'t Settings) -> Source<'t> {
        let asff = Asff::read(text, annex, settings.is_shared);
        let arn = inside(asff.get(Member::ProductArn)).unwrap_or_default();
        let product_arn = product_parts(arn);
        let product = product(product_arn.1, inside(asff.get(Member::ProductName)));
        Source { class: class(&asff, product), asff, annex, settings, product, product_arn }
    }

    /// A member as JSON.
    pub(super) fn get(&self, member: Member) -> Option<&'t str> {
        self.asff.get(member)
    }

    /// The text of a member, with its escapes; empty if it is missing.
    pub(super) fn text(&self, member: Member) -> &'t str {
        inside(self.get(member)).unwrap_or_default()
    }

    /// The partition of the product, which is that of the finding.
    pub(super) fn partition(&self) -> &'t str {
        self.product_arn.0.split(':').nth(1).filter(|partition| !partition.is_empty()).unwrap_or("aws")
    }

    /// Returns whether AWS's own services sent the finding.
    pub(super) fn is_of_aws(&self) -> bool {
        self.product_arn.1.starts_with("aws/")
    }
}

/// The product by its ID or, in the private product of an account, by the name that the finding gives it.
fn product(id: &str, name: Option<&str>) -> Product {
    let name = name.filter(|_| id.ends_with("/default"));
    match (id, name) {
        ("aws/guardduty", _) | (_, Some("GuardDuty")) => Product::GuardDuty,
        ("aws/inspector", _) | (_, Some("Inspector")) => Product::Inspector,
        ("aws/macie", _) | (_, Some("Macie")) => Product::Macie,
        _ => Product::Other,
    }
}

/// The class of a finding (OCM-01).
fn class(asff: &Asff<'_>, product: Product) -> Class {
    if asff.get(Member::Vulnerabilities).is_some_and(has_elements) {
        return Class::Vulnerability;
    }
    if asff.get(Member::Compliance).is_some_and(has_result) {
        return Class::Compliance;
    }
    let (mut is_sensitive, mut is_policy) = (false, false);
    text::each_element(asff.get(Member::Types).unwrap_or_default(), |value| {
        let of = inside(Some(value)).unwrap_or_default();
        is_sensitive |= of.starts_with("Sensitive Data Identifications/");
        is_policy |= of.starts_with("Software and Configuration Checks/") && of.contains("Policy:");
    });
    let is_data = is_sensitive || (product == Product::Macie && !is_policy);
    if is_data { Class::DataSecurity } else { Class::Detection }
}

/// Returns whether a member Compliance contains a result or names a control.
fn has_result(compliance: &str) -> bool {
    let texts = text::values_of(Some(compliance), ["Status", "SecurityControlId"]);
    let lists = ["AssociatedStandards", "RelatedRequirements", "StatusReasons", "SecurityControlParameters"];
    let lists = text::values_of(Some(compliance), lists);
    texts.into_iter().any(|text| inside(text).is_some()) || lists.into_iter().flatten().any(has_elements)
}

/// Returns whether a list has elements.
fn has_elements(list: &str) -> bool {
    list.strip_prefix('[').is_some_and(|rest| !rest.trim_start().starts_with(']'))
}

/// The two parts of a product's ARN around `:product/`. If the text is not the ARN of a product, the first part
/// contains all of it.
pub(super) fn product_parts(arn: &str) -> (&str, &str) {
    let parts = arn.rsplit_once(':').and_then(|(scope, last)| Some((scope, last.strip_prefix("product/")?)));
    parts.unwrap_or((arn, ""))
}
