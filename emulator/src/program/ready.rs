//! The text that `serve` prints when it is ready: the endpoint for scripts, then the variables to paste and the content
//! of the world.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::path::PathBuf;

use serde_json::json;

use crate::domain::overview::{self, FindingCounts};
use crate::state::World;

/// The source of the certificate that clients of a server with TLS must trust.
pub(super) enum Bundle {
    /// A file that the server has written.
    File(PathBuf),
    /// The control plane of the server.
    Served,
    /// The user, who has provided the server's certificate.
    Known,
}

/// The text. Scripts read the first line, so it never changes.
pub(super) fn text(world: &World, address: SocketAddr, are_signatures_verified: bool, tls: Option<Bundle>) -> String {
    let relations = world.relations();
    let suggested = overview::suggested_hub(&relations);
    let account = suggested.map_or("111111111111", |hub| hub.account.as_str());
    let region = suggested.map_or("us-east-1", |hub| hub.region.as_str());
    let keys = if are_signatures_verified {
        format!(
            "export AWS_REGION={region} AWS_DEFAULT_REGION={region} # also set AWS_ACCESS_KEY_ID and \
             AWS_SECRET_ACCESS_KEY to a key that the scenario lists"
        )
    } else {
        format!(
            "export AWS_ACCESS_KEY_ID={account} AWS_SECRET_ACCESS_KEY=x AWS_REGION={region} AWS_DEFAULT_REGION={region}"
        )
    };
    format!(
        "Security Hub is ready. Paste: export AWS_ENDPOINT_URL_SECURITYHUB=http://{address}\n\
         Then paste: {keys}\n\
         {}\n\
         {}Open http://{}/ in a browser, or run `securityhub-local status`.\n",
        content(world),
        tls.map(|bundle| https(address, &bundle)).unwrap_or_default(),
        reachable(address),
    )
}

/// Renders the line about HTTPS.
fn https(address: SocketAddr, bundle: &Bundle) -> String {
    let (port, reachable) = (address.port(), reachable(address));
    let trust = match bundle {
        Bundle::File(file) => format!(" To trust its certificate, paste: export AWS_CA_BUNDLE={}", file.display()),
        Bundle::Served => {
            let fetch = format!("curl -o ca.pem http://{reachable}/_emulator/ca.pem");
            format!(" To trust its certificate, paste: {fetch} && export AWS_CA_BUNDLE=$PWD/ca.pem")
        }
        Bundle::Known => String::new(),
    };
    format!("The same port also serves https://localhost:{port}.{trust}\n")
}

/// The line that replaces the text for programs that start the server (`serve --log json`).
pub(super) fn json(address: SocketAddr) -> String {
    let endpoint = format!("http://{}", reachable(address));
    format!("{}\n", json!({ "endpoint": endpoint, "port": address.port(), "version": env!("CARGO_PKG_VERSION") }))
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

    /// Rules: DST-08.
    #[test]
    fn the_line_for_programs_has_an_address_that_they_can_call() {
        let version = env!("CARGO_PKG_VERSION");
        let expected = format!("{{\"endpoint\":\"http://127.0.0.1:4600\",\"port\":4600,\"version\":\"{version}\"}}\n");
        assert_eq!(super::json("0.0.0.0:4600".parse().unwrap()), expected);
    }

    /// Rules: CPL-141.
    #[test]
    fn the_ready_text_names_variables_accounts_and_regions() {
        let file = concat!(env!("CARGO_MANIFEST_DIR"), "/../scenarios/quickstart.yaml");
        let scenario = crate::scenario::load(&[file.into()]).unwrap_or_else(|errors| panic!("{errors}"));
        let service = Service::new(Settings::default(), Some(scenario)).unwrap();
        let address = "127.0.0.1:4600".parse().unwrap();
        assert_snapshot!("ready_with_the_quickstart", text(&service.world(), address, false, None));
        assert_snapshot!("ready_with_verified_signatures", text(&service.world(), address, true, None));
        let everywhere = "0.0.0.0:4600".parse().unwrap();
        assert_snapshot!("ready_without_a_scenario", text(&Stage::empty().0, everywhere, false, None));
        let lines = |bundle| {
            let text = text(&Stage::empty().0, everywhere, false, Some(bundle));
            text.lines().find(|line| line.contains("https")).unwrap().to_owned()
        };
        let line = "The same port also serves https://localhost:4600.";
        let paste = format!("{line} To trust its certificate, paste:");
        assert_eq!(lines(Bundle::File("/tmp/ca.pem".into())), format!("{paste} export AWS_CA_BUNDLE=/tmp/ca.pem"));
        let fetched = "curl -o ca.pem http://127.0.0.1:4600/_emulator/ca.pem && export AWS_CA_BUNDLE=$PWD/ca.pem";
        assert_eq!(lines(Bundle::Served), format!("{paste} {fetched}"));
        assert_eq!(lines(Bundle::Known), line);
        assert_eq!(
            content(&Stage::with_hubs(&[MEMBER]).0),
            "0 findings. Accounts with hubs: 222222222222 (us-east-1)."
        );
    }
}
