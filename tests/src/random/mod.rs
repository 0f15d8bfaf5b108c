//! Random and mutated requests, and the check of responses.
//!
//! [`requests`] generates requests of all kinds. Findings and queries, which need an enabled hub and hand-written JSON,
//! are generated in `store`, requests of hostile sizes in `hostile`.

mod bits;
mod check;
mod filters;
mod findings;
mod hostile;
mod requests;
mod store;
mod text;

pub use bits::Random;
pub use requests::{mutate, request};

use std::time::Duration;

use securityhub_local::service::Settings;

use self::check::check;
use self::requests::reset;
use self::store::Store;
use crate::door::Door;

/// The services that receive random requests.
pub struct Doors {
    empty: Door,
    quickstart: Door,
    verifying: Door,
    hostile: Door,
    /// Number of hostile requests since the last reset of their service.
    sent: usize,
    /// The service for random findings.
    pub store: Store,
}

impl Default for Doors {
    fn default() -> Self {
        Doors::new(None)
    }
}

impl Doors {
    /// Creates the services, with a limit of processor time per 10 KB of request.
    pub fn new(time_limit: Option<Duration>) -> Doors {
        let quickstart = Some(concat!(env!("CARGO_MANIFEST_DIR"), "/../scenarios/quickstart.yaml"));
        let verifying = Settings { verify_signatures: true, ..Settings::default() };
        let door = |settings, scenario| {
            let mut door = Door::new(settings, scenario);
            door.time_limit = time_limit;
            door
        };
        Doors {
            empty: door(Settings::default(), None),
            quickstart: door(Settings::default(), quickstart),
            verifying: door(verifying, quickstart),
            hostile: door(Settings::default(), quickstart),
            sent: 0,
            store: Store::new(door(Settings::default(), quickstart)),
        }
    }

    /// Sends a random request to one of the services, checks the response, and returns its status. Half of the requests
    /// are findings and queries, and one in forty has a hostile size.
    pub fn knock(&mut self, random: &mut Random) -> u16 {
        if random.one_in(2) {
            return self.store.knock(random);
        }
        if random.one_in(20) {
            return self.knock_with_size(random);
        }
        let door = match random.below(10) {
            0 => &self.verifying,
            1..=4 => &self.empty,
            _ => &self.quickstart,
        };
        check(door, request(random)).0
    }
}

impl Doors {
    /// Sends a request of a hostile size and checks the response. The service is reset often, so that each request is
    /// measured on its own.
    pub fn knock_with_size(&mut self, random: &mut Random) -> u16 {
        self.sent += 1;
        if self.sent.is_multiple_of(HOSTILE) {
            return check(&self.hostile, reset()).0;
        }
        let made = std::iter::repeat_with(|| hostile::request(random)).find_map(Result::ok);
        made.map_or(0, |request| check(&self.hostile, request).0)
    }
}

/// Number of hostile requests between two resets.
const HOSTILE: usize = 12;
