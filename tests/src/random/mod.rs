//! Random and mutated requests, and the check of responses.
//!
//! `requests` generates requests of all kinds. Findings and queries, which need an enabled hub and hand-written JSON,
//! are generated in `store`, requests of hostile sizes in `hostile`.

mod bits;
mod check;
mod control;
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
use crate::client::TestClient;

/// The services that receive random requests.
pub struct Clients {
    empty: TestClient,
    quickstart: TestClient,
    verifying: TestClient,
    hostile: TestClient,
    /// Number of hostile requests since the last reset of their service.
    sent: usize,
    /// The service for random findings.
    pub store: Store,
}

impl Default for Clients {
    fn default() -> Self {
        Clients::new(None)
    }
}

impl Clients {
    /// Creates the services, with a limit of processor time per 10 KB of request.
    pub fn new(time_limit: Option<Duration>) -> Clients {
        let quickstart = Some(concat!(env!("CARGO_MANIFEST_DIR"), "/../scenarios/quickstart.yaml"));
        let verifying = Settings { verify_signatures: true, ..Settings::default() };
        let client = |settings, scenario| {
            let mut client = TestClient::new(settings, scenario);
            client.time_limit = time_limit;
            client
        };
        Clients {
            empty: client(Settings::default(), None),
            quickstart: client(Settings::default(), quickstart),
            verifying: client(verifying, quickstart),
            hostile: client(Settings::default(), quickstart),
            sent: 0,
            store: Store::new(client(Settings::default(), quickstart)),
        }
    }

    /// Sends a random request to one of the services, checks the response, and returns its status. Half of the requests
    /// are findings and queries, and one in forty has a hostile size.
    pub fn send_random(&mut self, random: &mut Random) -> u16 {
        if random.one_in(2) {
            return self.store.send_random(random);
        }
        if random.one_in(20) {
            return self.send_hostile(random);
        }
        let client = match random.below(10) {
            0 => &self.verifying,
            1..=4 => &self.empty,
            _ => &self.quickstart,
        };
        check(client, request(random)).0
    }
}

impl Clients {
    /// Sends a call of a random route of the control plane, checks the response, and returns its status.
    pub fn send_control(&self, random: &mut Random) -> u16 {
        let made = std::iter::repeat_with(|| control::request(random)).find_map(Result::ok);
        made.map_or(0, |request| check(&self.quickstart, request).0)
    }

    /// Sends a request of a hostile size and checks the response. The service is reset often, so that each request is
    /// measured on its own.
    pub fn send_hostile(&mut self, random: &mut Random) -> u16 {
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
