//! Names of services and operations in conditions on calls: which are accepted, and corrections of misspelled ones.

use std::fmt;

use securityhub_fixtures::Operation;

use crate::matching::NamePattern;
use crate::suggest;

/// The service of the API itself, in the scope of signatures.
pub(super) const SECURITY_HUB: &str = "securityhub";
/// The services that the emulator serves.
pub(super) const SERVICES: [&str; 6] = [SECURITY_HUB, "ec2", "iam", "organizations", "s3", "sts"];
/// The operations of other services that the emulator serves. Requests of S3 do not name an operation.
const OTHERS: [(&str, &[&str]); 4] = [
    ("ec2", &["DescribeRegions"]),
    ("iam", &["GetUser", "ListAccountAliases"]),
    (
        "organizations",
        &[
            "AttachPolicy",
            "CloseAccount",
            "CreateAccount",
            "CreateOrganization",
            "CreateOrganizationalUnit",
            "CreatePolicy",
            "DeleteOrganization",
            "DeleteOrganizationalUnit",
            "DeletePolicy",
            "DeregisterDelegatedAdministrator",
            "DescribeAccount",
            "DescribeCreateAccountStatus",
            "DescribeOrganization",
            "DescribeOrganizationalUnit",
            "DescribePolicy",
            "DetachPolicy",
            "DisableAWSServiceAccess",
            "DisablePolicyType",
            "EnableAWSServiceAccess",
            "EnablePolicyType",
            "LeaveOrganization",
            "ListAWSServiceAccessForOrganization",
            "ListAccounts",
            "ListAccountsForParent",
            "ListChildren",
            "ListCreateAccountStatus",
            "ListDelegatedAdministrators",
            "ListDelegatedServicesForAccount",
            "ListOrganizationalUnitsForParent",
            "ListParents",
            "ListPolicies",
            "ListPoliciesForTarget",
            "ListRoots",
            "ListTagsForResource",
            "ListTargetsForPolicy",
            "MoveAccount",
            "RegisterDelegatedAdministrator",
            "RemoveAccountFromOrganization",
            "TagResource",
            "UntagResource",
            "UpdateOrganizationalUnit",
            "UpdatePolicy",
        ],
    ),
    ("sts", &["AssumeRole", "GetCallerIdentity"]),
];
/// Maximum number of letters in which the name of an operation of another service is assumed to be misspelled. These
/// services have operations that the emulator does not serve, such as `UpdatePolicy` besides `CreatePolicy`.
const MISSPELLED: usize = 2;

/// Parses the name of an operation of a service, or the beginning of names followed by `*`. `None` stands for all services.
///
/// Calls of operations that the emulator does not serve are refused, but faults apply to them and the journal contains
/// them, so for a service other than Security Hub every name is accepted that is not misspelled.
///
/// # Errors
/// [`Unknown`] for a name that no operation has.
pub fn operation(text: &str, service: Option<&str>) -> Result<NamePattern, Unknown> {
    let pattern = NamePattern::parse(text);
    let (NamePattern::Exactly(name) | NamePattern::Prefix(name)) = &pattern;
    if name.contains('*') {
        return Err(Unknown { name: text.to_owned(), hint: Hint::Star });
    }
    let known = known(service);
    if known.iter().any(|name| pattern.matches(name)) {
        return Ok(pattern);
    }
    let is_own = service.is_none_or(|service| service == SECURITY_HUB);
    let hint = match (nearest(&pattern, &known, is_own), service) {
        (Some(nearest), _) => Hint::Nearest(nearest),
        (None, None) => Hint::Service,
        (None, Some(SECURITY_HUB)) => Hint::None,
        (None, Some(_)) => return Ok(pattern),
    };
    Err(Unknown { name: text.to_owned(), hint })
}

/// A name that no operation has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unknown {
    name: String,
    hint: Hint,
}

/// Advice about an unknown name.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Hint {
    /// Use this similar name, or this similar beginning of names.
    Nearest(String),
    /// Put the `*` at the end.
    Star,
    /// Set the service, if the operation belongs to another one.
    Service,
    /// No advice.
    None,
}

impl Unknown {
    /// Returns whether the name is similar to a known one.
    pub fn is_misspelled(&self) -> bool {
        matches!(self.hint, Hint::Nearest(_))
    }
}

impl fmt::Display for Unknown {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "unknown operation '{}'", self.name)?;
        match &self.hint {
            Hint::Nearest(nearest) => write!(formatter, "; did you mean '{nearest}'?"),
            Hint::Star => formatter.write_str("; a '*' is only allowed at the end"),
            Hint::Service => formatter.write_str("; for an operation of another service, set 'Service'"),
            Hint::None => Ok(()),
        }
    }
}

/// The service in `SERVICES` that the author of `text` probably meant; `None` if `text` is one of them or not similar to
/// any.
pub fn corrected_service(text: &str) -> Option<&'static str> {
    if SERVICES.contains(&text) { None } else { suggest::nearest(text, SERVICES) }
}

/// The names of the operations of a service that the emulator serves; of all services for `None`.
fn known(service: Option<&str>) -> Vec<&'static str> {
    let of = |service: &str| match service {
        SECURITY_HUB => Operation::ALL.iter().map(|operation| operation.name()).collect(),
        other => of_other(other).to_vec(),
    };
    service.map_or_else(|| SERVICES.into_iter().flat_map(of).collect(), of)
}

/// The operations of a service other than Security Hub that the emulator serves.
pub fn of_other(service: &str) -> &'static [&'static str] {
    OTHERS.iter().find(|(other, _)| *other == service).map_or(&[], |(_, operations)| operations)
}

/// The known name or beginning of names that is probably meant.
fn nearest(pattern: &NamePattern, known: &[&'static str], is_own: bool) -> Option<String> {
    let (wrong, candidates, end): (&str, Vec<&str>, &str) = match pattern {
        NamePattern::Exactly(name) => (name, known.to_vec(), ""),
        NamePattern::Prefix(prefix) => {
            (prefix, known.iter().filter_map(|name| name.get(..prefix.len())).collect(), "*")
        }
    };
    let nearest = suggest::nearest(wrong, candidates)?;
    let is_misspelled = || suggest::difference(wrong, nearest) <= MISSPELLED;
    (is_own || is_misspelled()).then(|| format!("{nearest}{end}"))
}
