//! What a policy does to one hub that is on: the one place where standards and controls follow it.

use std::collections::BTreeMap;

use securityhub_fixtures::standards::Standard;

use crate::domain::standards::{self, subscriptions};
use crate::state::{HubKey, PolicyContent, Region, Timestamp, Transaction};

/// Enables exactly the standards that a policy lists (CCF-40); others are gone at once (inferred). Its ARNs name the home
/// Region; the hub's own take their place. Which controls are on, and their parameters, does not follow yet.
pub fn to_hub(transaction: &mut Transaction<'_>, key: &HubKey, content: &PolicyContent, home: &Region, now: Timestamp) {
    let (PolicyContent::On { standards, .. }, Some(hub)) = (content, transaction.hub(key)) else { return };
    let (of_home, here) = (format!(":{home}::standards/"), format!(":{}::standards/", key.region));
    let own = |arn: &String| standards::meant(&arn.replacen(&of_home, &here, 1), &key.region).ok();
    let listed: Vec<&'static Standard> = standards.iter().filter_map(own).collect();
    let mut hub = (*hub).clone();
    hub.standards.retain(|id, _| listed.iter().any(|standard| standard.id == *id));
    for standard in listed {
        subscriptions::begin(transaction, key, &mut hub, standard, BTreeMap::new(), now);
    }
    transaction.put_hub(key.clone(), hub);
}
