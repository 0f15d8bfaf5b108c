//! Documents of the policies of an organization.

use std::sync::Arc;

use serde_json::Value;

use super::read;
use crate::aws_error::{AwsError, ErrorCode};
use crate::domain::accounts::organization::security_hub_policy;
use crate::state::{Policy, PolicyType};

/// Maximum size of a document, in characters. AWS doubled that of service control policies on 2026-05-15.
fn max_size(kind: PolicyType) -> usize {
    match kind {
        PolicyType::ServiceControl => 10_240,
        PolicyType::ResourceControl => 5_120,
        PolicyType::AiServicesOptOut => 2_500,
        _ => 10_000,
    }
}

/// Checks the document of a policy of an organization. The result for a service control policy is the policy to
/// evaluate. For a policy for Security Hub the lists of Regions are checked; for other types, only that the document is
/// a JSON object.
///
/// # Errors
/// `ConstraintViolationException` if the document is too long, `MalformedPolicyDocumentException` if it is not valid.
pub fn organization_document(kind: PolicyType, name: &str, content: &str) -> Result<Option<Arc<Policy>>, AwsError> {
    if content.chars().count() > max_size(kind) {
        let message = "You have exceeded the maximum policy size for the specified policy type.";
        let error = AwsError::new(ErrorCode::ConstraintViolationException, message);
        return Err(error.with_reason("POLICY_CONTENT_LIMIT_EXCEEDED"));
    }
    let document: Value =
        serde_json::from_str(content).map_err(|error| malformed().caused_by(format!("invalid JSON: {error}")))?;
    if kind == PolicyType::ServiceControl {
        let (policy, remarks) = read(name, &document);
        return policy.map(|policy| Some(Arc::new(policy))).ok_or_else(|| {
            let reasons: Vec<&str> = remarks.iter().filter(|it| it.refuses).map(|it| it.message.as_str()).collect();
            malformed().caused_by(reasons.join("; "))
        });
    }
    if !document.is_object() {
        return Err(malformed().caused_by("it is not a JSON object"));
    }
    if kind == PolicyType::SecurityHub && security_hub_policy::read(&document).is_none() {
        let expected = "`securityhub` must have the lists `enable_in_regions` and `disable_in_regions`";
        return Err(malformed().caused_by(expected));
    }
    Ok(None)
}

/// AWS's message does not say what is wrong, so the caller adds a cause for the log.
fn malformed() -> AwsError {
    let message = "The provided policy document does not meet the requirements of the specified policy type.";
    AwsError::new(ErrorCode::MalformedPolicyDocumentException, message)
}
