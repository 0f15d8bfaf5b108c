//! Token buckets, which limit the rates of calls on the clock of a world.

use jiff::Timestamp;
use securityhub_fixtures::Operation;

use super::names::{AccountId, Region};
use super::sync::Mutex;

/// A rate limit: a bucket of `burst` tokens that is refilled with `per_second` tokens each second.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RateLimit {
    /// Tokens that are added each second.
    pub per_second: u32,
    /// Maximum number of tokens.
    pub burst: u32,
}

/// The caller and the operation to which a bucket belongs.
type Key = (AccountId, Region, Operation);

/// Nanoseconds per second.
const SECOND: i128 = 1_000_000_000;

/// Buckets that are not full. A bucket is stored as the time at which it will be full again, multiplied by its rate, so
/// that the time for one token is a whole number of nanoseconds.
#[derive(Debug, Default)]
pub(super) struct TokenBuckets(Mutex<imbl::HashMap<Key, i128>>);

impl TokenBuckets {
    /// A copy for a fork of the world.
    pub(super) fn fork(&self) -> TokenBuckets {
        TokenBuckets(Mutex::new(self.0.lock().clone()))
    }

    /// Takes a token. Returns false if the bucket is empty, which changes nothing.
    pub(super) fn take(&self, key: Key, limit: RateLimit, now: Timestamp) -> bool {
        let now = now.as_nanosecond() * i128::from(limit.per_second);
        let mut buckets = self.0.lock();
        let full_at = buckets.get(&key).copied().unwrap_or(now).max(now) + SECOND;
        if full_at - now > i128::from(limit.burst) * SECOND {
            return false;
        }
        buckets.insert(key, full_at);
        true
    }
}

#[cfg(test)]
mod tests {
    use jiff::SignedDuration;

    use super::*;

    fn key() -> Key {
        (AccountId::DEFAULT, Region::new("us-east-1"), Operation::GetFindings)
    }

    /// Rules: CPL-41.
    #[test]
    fn a_bucket_is_full_at_first_and_refilled_steadily() {
        let buckets = TokenBuckets::default();
        let limit = RateLimit { per_second: 3, burst: 6 };
        let start: Timestamp = "2026-01-15T09:00:00Z".parse().unwrap();
        let taken = |now: Timestamp| (0..10).filter(|_| buckets.take(key(), limit, now)).count();
        assert_eq!(taken(start), 6);
        assert_eq!(taken(start + SignedDuration::from_nanos(333_333_333)), 0);
        assert_eq!(taken(start + SignedDuration::from_nanos(333_333_334)), 1);
        assert_eq!(taken(start + SignedDuration::from_secs(1)), 2);
        assert_eq!(taken(start + SignedDuration::from_secs(100)), 6, "a bucket never has more tokens than its burst");
    }

    /// Rules: CPL-55.
    #[test]
    fn a_fork_has_its_own_tokens() {
        let (buckets, limit) = (TokenBuckets::default(), RateLimit { per_second: 1, burst: 1 });
        let now = Timestamp::UNIX_EPOCH;
        let before = buckets.fork();
        assert!(buckets.take(key(), limit, now) && !buckets.take(key(), limit, now));
        assert!(!buckets.fork().take(key(), limit, now));
        assert!(before.take(key(), limit, now));
    }
}
