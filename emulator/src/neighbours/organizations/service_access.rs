//! Trusted access of services.

use serde_json::json;

use super::call::{Answer, Change, Reading};
use super::view::seconds;
use crate::domain::accounts::organization::{SERVICE_PRINCIPAL, administrator};

pub(super) fn list(reading: &Reading<'_>) -> Answer {
    let services: Vec<_> = reading.organization.service_access.iter().collect();
    reading.page(
        "EnabledServicePrincipals",
        &services,
        |(service, since)| json!({ "ServicePrincipal": service, "DateEnabled": seconds(**since) }),
    )
}

pub(super) fn enable(change: &mut Change<'_, '_>) -> Answer {
    let service = change.input.service_principal()?;
    let now = change.caller.now;
    change.edit(|organization| _ = organization.service_access.entry(service).or_insert(now));
    Ok(json!({}))
}

/// Disabling the access of Security Hub ends all of its administrators (ORG-14).
pub(super) fn disable(change: &mut Change<'_, '_>) -> Answer {
    let service = change.input.service_principal()?;
    change.edit(|organization| _ = organization.service_access.remove(&service));
    if service == SERVICE_PRINCIPAL {
        administrator::end_all(change.transaction);
    }
    Ok(json!({}))
}
