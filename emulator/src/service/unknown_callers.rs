//! Warnings about callers that cannot find anything, such as the access key `test` (CPL-143).
//!
//! The response must be that of AWS, which does not help such a caller. The log can help: for each caller, it has one
//! warning that explains the problem and names the accounts and Regions with hubs.

use std::collections::HashSet;

use crate::domain::caller::Caller;
use crate::domain::overview;
use crate::state::sync::Mutex;
use crate::state::{AccountId, Relations, UnknownRegion, World};

/// Maximum number of warnings. Later callers are not reported, so that the set does not grow without bound.
const MAX_WARNINGS: usize = 100;
/// Maximum number of characters of an access key ID in a warning.
const MAX_KEY_LENGTH: usize = 64;

/// The callers and Regions that were reported already.
#[derive(Default)]
pub(super) struct UnknownCallers(Mutex<HashSet<String>>);

impl UnknownCallers {
    /// Warns about a caller without a hub, or about a Region without hubs, unless that was done before. To be called only
    /// when a call that needs the hub was refused, so calls that succeed do not pay for it.
    pub(super) fn report(&self, world: &World, access_key: Option<&str>, caller: &Caller) {
        let key = access_key.map_or_else(|| caller.account().to_string(), shortened);
        if self.0.lock().contains(&key) {
            return;
        }
        let relations = world.relations();
        if relations.is_on(&caller.hub_key()) || relations.is_v2_on(&caller.hub_key()) {
            return;
        }
        if relations.regions_of(caller.account()).next().is_none() {
            let is_unknown =
                |key: &&str| *key != caller.account().as_str() && world.credential(key, caller.now).is_none();
            let unknown_key = access_key.filter(is_unknown).map(shortened);
            self.warn(key, || caller_without_hub(&relations, unknown_key.as_deref(), caller));
        } else {
            self.warn(format!("Region {}", caller.region), || overview::missing_hub(&relations, &caller.hub_key()));
        }
    }

    /// Warns about a Region that does not exist.
    pub(super) fn report_region(&self, world: &World, unknown: &UnknownRegion) {
        let name = shortened(&unknown.0);
        self.warn(format!("Region {name}"), || {
            let hubs = overview::enabled_hubs(&world.relations());
            format!("A client signs for a Region that does not exist: {name:?}. {}", hubs.hint())
        });
    }

    /// Warns about an account that is suspended or closed, whose calls get the same error as those of an unknown key.
    pub(super) fn report_out_of_use(&self, account: AccountId) {
        self.warn(format!("closed {account}"), || {
            format!("Account {account} is suspended or closed, so its calls are refused as if its key were unknown.")
        });
    }

    /// Logs a sentence if its subject is new. The sentence is computed without holding the lock.
    fn warn(&self, subject: String, sentence: impl FnOnce() -> String) {
        let mut reported = self.0.lock();
        if reported.len() >= MAX_WARNINGS || !reported.insert(subject) {
            return;
        }
        let is_last = reported.len() == MAX_WARNINGS;
        drop(reported);
        tracing::warn!("{}", sentence());
        if is_last {
            tracing::warn!("{MAX_WARNINGS} callers and Regions without a hub were reported; further ones are omitted");
        }
    }
}

fn shortened(text: &str) -> String {
    text.chars().take(MAX_KEY_LENGTH).collect()
}

/// `unknown_key` is an access key ID that is neither an account nor known otherwise.
fn caller_without_hub(relations: &Relations, unknown_key: Option<&str>, caller: &Caller) -> String {
    let Some(key) = unknown_key else { return overview::missing_hub(relations, &caller.hub_key()) };
    format!(
        "The access key ID {key:?} is not an account ID of 12 digits, so its calls are made as account {}, which has no \
         hub. {}",
        caller.account(),
        overview::enabled_hubs(relations).hint()
    )
}

#[cfg(test)]
mod tests {
    use securityhub_fixtures::Operation;
    use serde_json::json;

    use super::*;
    use crate::state::Region;
    use crate::testing::{ADMINISTRATOR, MEMBER, Stage, id};

    fn caller(account: &str, region: &str) -> Caller {
        let now = "2026-01-15T09:00:00Z".parse().unwrap();
        Caller::local_user(id(account), Region::new(region), now)
    }

    fn reported(unknown_callers: &UnknownCallers) -> Vec<String> {
        let mut reported: Vec<String> = unknown_callers.0.lock().iter().cloned().collect();
        reported.sort();
        reported
    }

    /// Rules: CPL-143.
    #[test]
    fn each_unknown_caller_is_reported_once_and_known_callers_are_not() {
        let stage = Stage::with_hubs(&[ADMINISTRATOR, MEMBER]);
        let unknown_callers = UnknownCallers::default();
        for region in ["us-east-1", "eu-west-1"] {
            unknown_callers.report(&stage.0, Some("test"), &caller("000000000000", region));
        }
        unknown_callers.report(&stage.0, Some(ADMINISTRATOR), &caller(ADMINISTRATOR, "us-east-1"));
        assert_eq!(reported(&unknown_callers), ["test"]);
        unknown_callers.report(&stage.0, Some(ADMINISTRATOR), &caller(ADMINISTRATOR, "eu-west-1"));
        unknown_callers.report(&stage.0, Some(MEMBER), &caller(MEMBER, "eu-west-1"));
        unknown_callers.report_region(&stage.0, &UnknownRegion("mars-1".to_owned()));
        assert_eq!(reported(&unknown_callers), ["Region eu-west-1", "Region mars-1", "test"]);
        for number in 0..2 * MAX_WARNINGS {
            unknown_callers.report(&stage.0, Some(&format!("key-{number}")), &caller("000000000000", "us-east-1"));
        }
        assert_eq!(reported(&unknown_callers).len(), MAX_WARNINGS);
    }

    /// Rules: CPL-143.
    #[test]
    fn a_warning_names_accounts_and_regions_with_hubs() {
        let stage = Stage::with_hubs(&[ADMINISTRATOR, MEMBER]);
        let relations = stage.0.relations();
        let default = caller("000000000000", "us-east-1");
        let mut lines = vec![
            caller_without_hub(&relations, Some("test"), &default),
            caller_without_hub(&relations, None, &caller("444444444444", "us-east-1")),
            caller_without_hub(&Stage::empty().0.relations(), None, &default),
            overview::missing_hub(&relations, &caller(ADMINISTRATOR, "eu-west-1").hub_key()),
        ];
        stage.call_in("eu-west-1", MEMBER, Operation::EnableSecurityHub, json!({})).unwrap();
        let in_europe = caller(ADMINISTRATOR, "eu-west-1").hub_key();
        lines.push(overview::missing_hub(&stage.0.relations(), &in_europe));
        insta::assert_snapshot!(lines.join("\n"), @r#"
        The access key ID "test" is not an account ID of 12 digits, so its calls are made as account 000000000000, which has no hub. Accounts with hubs: 111111111111, 222222222222 (us-east-1).
        Account 444444444444 has no hub. Accounts with hubs: 111111111111, 222222222222 (us-east-1).
        Account 000000000000 has no hub. No account has a hub yet: call EnableSecurityHub, or define hubs in a scenario.
        No account has a hub in eu-west-1. Regions with hubs: us-east-1.
        Account 111111111111 has no hub in eu-west-1. It has hubs in us-east-1.
        "#);
    }
}
