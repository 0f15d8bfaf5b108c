//! The text that `serve` prints when it is ready: the endpoint for scripts, then the variables to paste and the content
//! of the world.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use crate::domain::overview::{self, FindingCounts};
use crate::state::World;

/// The text. Scripts read the first line, so it never changes.
pub(super) fn text(world: &World, address: SocketAddr, are_signatures_verified: bool) -> String {
    let relations = world.relations();
    let suggested = overview::suggested_hub(&relations);
    let account = suggested.map_or("111111111111", |hub| hub.account.as_str());
    let region = suggested.map_or("us-east-1", |hub| hub.region.as_str());
    let keys = if are_signatures_verified {
        format!(
            "export AWS_REGION={region} AWS_DEFAULT_REGION={region} # and an access key that the scenario lists with its secret"
        )
    } else {
        format!(
            "export AWS_ACCESS_KEY_ID={account} AWS_SECRET_ACCESS_KEY=x AWS_REGION={region} AWS_DEFAULT_REGION={region}"
        )
    };
    format!(
        "Security Hub is ready. Paste: export AWS_ENDPOINT_URL_SECURITYHUB=http://{address}\n\
         and paste: {keys}\n\
         {}\n\
         Open http://{}/ in a browser, or run `securityhub-local status`.\n",
        content(world),
        reachable(address),
    )
}

/// The content of a world in one line.
pub(super) fn content(world: &World) -> String {
    let name = world.name.as_ref().map(|name| format!("Scenario {name}: ")).unwrap_or_default();
    let findings = FindingCounts::of(world);
    let hubs = overview::enabled_hubs(&world.relations());
    if hubs.classic.count + hubs.v2.count == 0 {
        return format!(
            "{name}{findings}. No account has a hub yet: enable one with EnableSecurityHub or in a scenario."
        );
    }
    format!("{name}{findings}. {}", hubs.hint())
}

/// The address for a client on this machine.
fn reachable(address: SocketAddr) -> SocketAddr {
    let ip = match address.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(ip) if ip.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
        ip => ip,
    };
    SocketAddr::new(ip, address.port())
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;

    use super::*;
    use crate::service::{Service, Settings};
    use crate::testing::{MEMBER, Stage};

    /// Rules: CPL-141.
    #[test]
    fn the_ready_text_names_variables_accounts_and_regions() {
        let file = concat!(env!("CARGO_MANIFEST_DIR"), "/../scenarios/quickstart.yaml");
        let scenario = crate::scenario::load(&[file.into()]).unwrap_or_else(|errors| panic!("{errors}"));
        let service = Service::new(Settings::default(), Some(scenario)).unwrap();
        let address = "127.0.0.1:4600".parse().unwrap();
        assert_snapshot!("ready_with_the_quickstart", text(&service.world(), address, false));
        assert_snapshot!("ready_with_verified_signatures", text(&service.world(), address, true));
        assert_snapshot!("ready_without_a_scenario", text(&Stage::empty().0, "0.0.0.0:4600".parse().unwrap(), false));
        assert_eq!(
            content(&Stage::with_hubs(&[MEMBER]).0),
            "0 findings. Accounts with hubs: 222222222222 (us-east-1)."
        );
    }
}
