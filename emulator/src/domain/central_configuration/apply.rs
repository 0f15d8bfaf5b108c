//! What a policy does to one hub that is on: the one place where standards and controls follow it.

use crate::state::{HubKey, PolicyContent, Region, Transaction};

/// Enables exactly the standards that a policy lists (CCF-40). Its ARNs name the home Region; the hub's own take their
/// place. Which controls are on, and their parameters, does not follow yet.
pub fn to_hub(transaction: &mut Transaction<'_>, key: &HubKey, content: &PolicyContent, home: &Region) {
    let (PolicyContent::On { standards, .. }, Some(hub)) = (content, transaction.hub(key)) else { return };
    let (of_home, here) = (format!(":{home}::standards/"), format!(":{}::standards/", key.region));
    let mut hub = (*hub).clone();
    hub.standards = standards.iter().map(|arn| arn.replacen(&of_home, &here, 1)).collect();
    transaction.put_hub(key.clone(), hub);
}
