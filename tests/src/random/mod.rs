//! Random and mutated requests, and what any answer must be.
//!
//! [`requests`] makes requests of all kinds. Findings and questions about them, which need a hub that is on and texts
//! written by hand, are made in `store`, and those of hostile sizes in `hostile`.

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

/// The services that random requests go to.
pub struct Doors {
    empty: Door,
    quickstart: Door,
    verifying: Door,
    hostile: Door,
    /// Hostile requests since the service that takes them was reset.
    sent: usize,
    /// The service of random findings.
    pub store: Store,
}

impl Default for Doors {
    fn default() -> Self {
        Doors::new(None)
    }
}

impl Doors {
    /// Services whose answers may take so much processor time for each 10 KB of a request.
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

    /// Sends a random request to one of them and checks the answer; gives its status. Half of the requests are findings
    /// and questions about them, one in forty has a hostile size.
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
    /// Sends a request of a hostile size and checks the answer. What such requests leave behind is forgotten often, so
    /// that each is judged by its own size.
    pub fn knock_with_size(&mut self, random: &mut Random) -> u16 {
        self.sent += 1;
        if self.sent.is_multiple_of(HOSTILE) {
            return check(&self.hostile, reset()).0;
        }
        let made = std::iter::repeat_with(|| hostile::request(random)).find_map(Result::ok);
        made.map_or(0, |request| check(&self.hostile, request).0)
    }
}

/// Requests of hostile sizes between two resets.
const HOSTILE: usize = 12;
