//! Sessions of roles. They are stored outside the directory, because they are opened often and do not affect relations.

use std::collections::{BTreeSet, HashMap};

use super::clock::Timestamp;
use super::directory::Credential;
use super::sync::RwLock;

/// The prefix of all session access keys. An unknown key with this prefix belongs to an expired session, so expired
/// sessions need not be stored in order to refuse them.
pub const SESSION_KEY: &str = "ASIALOCAL";

/// The open sessions, by access key.
#[derive(Debug, Default)]
pub(super) struct Sessions(RwLock<Open>);

#[derive(Clone, Debug, Default)]
struct Open {
    by_key: HashMap<String, Session>,
    by_end: BTreeSet<(Timestamp, String)>,
}

#[derive(Clone, Debug)]
struct Session {
    credential: Credential,
    ends_at: Timestamp,
}

impl Sessions {
    /// A copy.
    pub(super) fn fork(&self) -> Sessions {
        Sessions(RwLock::new(self.0.read().clone()))
    }

    /// Adds a session and drops expired ones.
    pub(super) fn open(&self, key: String, credential: Credential, ends_at: Timestamp, now: Timestamp) {
        let mut open = self.0.write();
        while open.by_end.first().is_some_and(|(end, _)| *end <= now) {
            if let Some((_, ended)) = open.by_end.pop_first() {
                open.by_key.remove(&ended);
            }
        }
        open.by_end.insert((ends_at, key.clone()));
        open.by_key.insert(key, Session { credential, ends_at });
    }

    /// All sessions by access key, with their ends.
    pub(super) fn list(&self) -> Vec<(String, Credential, Timestamp)> {
        let open = self.0.read();
        let session =
            |(end, key): &(Timestamp, String)| Some((key.clone(), open.by_key.get(key)?.credential.clone(), *end));
        open.by_end.iter().filter_map(session).collect()
    }

    /// The credential of a session that has not expired.
    pub(super) fn get(&self, key: &str, now: Timestamp) -> Option<Credential> {
        let open = self.0.read();
        open.by_key.get(key).filter(|session| now < session.ends_at).map(|session| session.credential.clone())
    }

    #[cfg(test)]
    fn len(&self) -> usize {
        let open = self.0.read();
        assert_eq!(open.by_key.len(), open.by_end.len());
        open.by_key.len()
    }
}

#[cfg(test)]
mod tests {
    use jiff::SignedDuration;

    use super::*;
    use crate::state::{AccountId, Principal};

    /// Rules: NB-21.
    #[test]
    fn expired_sessions_are_dropped_when_another_is_opened() {
        let sessions = Sessions::default();
        let at = |minutes: i64| Timestamp::UNIX_EPOCH + SignedDuration::from_mins(minutes);
        for minute in 0..1_000 {
            let principal = Principal::local_user(AccountId::DEFAULT);
            let credential = Credential { principal, secret: None, token: None };
            sessions.open(format!("{SESSION_KEY}{minute}"), credential, at(minute + 15), at(minute));
            assert!(sessions.len() <= 15, "{} in minute {minute}", sessions.len());
        }
        let key = format!("{SESSION_KEY}999");
        assert!(sessions.get(&key, at(1_013)).is_some() && sessions.get(&key, at(1_014)).is_none());
    }
}
