//! The emulator that a command connects to, given by a flag or by a variable that the shell already has for AWS
//! clients.

use std::fmt::Write as _;

use http::Uri;

use super::exit::Exit;
use super::values;
use crate::wire::admission::is_local_host;

const DEFAULT: &str = "http://127.0.0.1:4600";
const FLAG: &str = "--url";
/// Takes precedence over the variables of AWS.
const VARIABLE: &str = "SECURITYHUB_LOCAL_URL";
/// The port of `serve`, which a container or a shell may set for all commands.
const PORT_VARIABLE: &str = "SECURITYHUB_LOCAL_PORT";
/// Variables of AWS clients, by precedence. They are used only if `serve` accepts their host without a setting, because
/// the names of AWS and of other services on the internet have dots.
const AWS_VARIABLES: [&str; 2] = ["AWS_ENDPOINT_URL_SECURITYHUB", "AWS_ENDPOINT_URL"];

/// The address of an emulator.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Endpoint {
    /// Host and port.
    pub(super) authority: String,
    /// The source of the address, for errors.
    source: String,
}

impl Endpoint {
    /// The emulator at `given`, the value of the flag or of its variable, or else at a port of this machine, or else at the
    /// value of a variable of AWS.
    ///
    /// # Errors
    /// Exit code 2 if `given` or the port is invalid.
    pub(super) fn find(given: Option<&str>) -> Result<Endpoint, Exit> {
        let is_flag = std::env::args_os().any(|argument| argument.to_string_lossy().starts_with(FLAG));
        let variable = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
        Endpoint::select(given, if is_flag { FLAG } else { VARIABLE }, variable)
    }

    fn select(
        given: Option<&str>,
        given_by: &str,
        variable: impl Fn(&str) -> Option<String>,
    ) -> Result<Endpoint, Exit> {
        if let Some(url) = given {
            let authority = authority(url).ok_or_else(|| {
                Exit::invalid(format!(
                    "securityhub-local: {given_by}: invalid URL {url}: expected a URL such as {DEFAULT}"
                ))
            })?;
            return Ok(Endpoint { authority, source: format!("from {given_by}") });
        }
        // `serve` selects a free port for 0.
        let is_port = |port: &String| port != "0" && !values::is_of_kubernetes(port);
        if let Some(port) = variable(PORT_VARIABLE).filter(is_port) {
            let port: u16 = port.parse().map_err(|_| {
                Exit::invalid(format!("securityhub-local: {PORT_VARIABLE}: invalid port {port}: expected 0 to 65535"))
            })?;
            return Ok(Endpoint { authority: format!("127.0.0.1:{port}"), source: format!("from {PORT_VARIABLE}") });
        }
        let mut ignored = String::new();
        for (name, url) in AWS_VARIABLES.into_iter().filter_map(|name| Some((name, variable(name)?))) {
            if let Some(authority) = authority(&url).filter(|authority| may_be_an_emulator(authority)) {
                return Ok(Endpoint { authority, source: format!("from {name}") });
            }
            let reason = "it is not the URL of a local host";
            _ = write!(ignored, "; {name}={url} is ignored because {reason}; set {VARIABLE} to use it");
        }
        let authority = authority(DEFAULT).unwrap_or_default();
        Ok(Endpoint { authority, source: format!("the default{ignored}") })
    }

    /// `http://HOST:PORT`
    pub(super) fn url(&self) -> String {
        format!("http://{}", self.authority)
    }

    /// The URL and its source, such as `http://127.0.0.1:4600 (from --url)`.
    pub(super) fn described(&self) -> String {
        format!("{} ({})", self.url(), self.source)
    }
}

/// Parses the host and port of `http://HOST:PORT`, `http://HOST` or `HOST:PORT`, and of `https://HOST:PORT` for an
/// emulator on this machine, whose port serves both HTTP and HTTPS.
fn authority(url: &str) -> Option<String> {
    let has_scheme = url.contains("://");
    let url = if has_scheme { url.to_owned() } else { format!("http://{url}") };
    let uri = url.parse::<Uri>().ok()?;
    let authority = uri.authority()?;
    let default = match uri.scheme_str()? {
        "http" => 80,
        "https" if is_local_host(authority.host()) => 443,
        _ => return None,
    };
    match authority.port() {
        Some(_) => Some(authority.to_string()),
        None => has_scheme.then(|| format!("{authority}:{default}")),
    }
}

/// Returns whether the host is an IP address, localhost, a name without dots such as that of a Compose service, or
/// host.docker.internal.
fn may_be_an_emulator(authority: &str) -> bool {
    is_local_host(authority.rsplit_once(':').map_or(authority, |(host, _)| host))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn select(given: Option<&str>, variables: &[(&str, &str)]) -> Result<Endpoint, Exit> {
        Endpoint::select(given, FLAG, |name| {
            let found = variables.iter().find(|(known, _)| *known == name);
            found.map(|(_, value)| (*value).to_owned())
        })
    }

    fn described(given: Option<&str>, variables: &[(&str, &str)]) -> String {
        select(given, variables).unwrap().described()
    }

    /// Rules: CPL-142, DST-06.
    #[test]
    fn the_flag_precedes_variables_of_aws_which_must_have_a_local_host() {
        let [hub, all] = AWS_VARIABLES;
        let local = "http://127.0.0.1:4700";
        assert_eq!(described(None, &[]), "http://127.0.0.1:4600 (the default)");
        assert_eq!(described(Some("http://hub:1"), &[(hub, local)]), "http://hub:1 (from --url)");
        assert_eq!(described(None, &[(all, "http://[::1]:1"), (hub, local)]), format!("{local} (from {hub})"));
        let elsewhere = (hub, "https://securityhub.us-east-1.amazonaws.com");
        assert_eq!(
            described(None, &[elsewhere, (all, "http://localhost")]),
            format!("http://localhost:80 (from {all})")
        );
        assert_eq!(
            described(None, &[elsewhere, (all, "http://hub.example.com:4566")]),
            "http://127.0.0.1:4600 (the default; AWS_ENDPOINT_URL_SECURITYHUB=https://securityhub.us-east-1.amazonaws.com \
             is ignored because it is not the URL of a local host; set SECURITYHUB_LOCAL_URL to use it; \
             AWS_ENDPOINT_URL=http://hub.example.com:4566 is ignored because it is not the URL of a local host; set \
             SECURITYHUB_LOCAL_URL to use it)"
        );
        assert_eq!(
            described(None, &[(PORT_VARIABLE, "4800"), (hub, local)]),
            "http://127.0.0.1:4800 (from SECURITYHUB_LOCAL_PORT)"
        );
        assert_eq!(described(None, &[(PORT_VARIABLE, "0"), (hub, local)]), format!("{local} (from {hub})"));
        assert_eq!(
            described(None, &[(PORT_VARIABLE, "tcp://10.0.0.1:4600"), (hub, local)]),
            format!("{local} (from {hub})")
        );
        assert!(select(None, &[(PORT_VARIABLE, "x")]).is_err());
        for host in ["10.0.0.1:4600", "securityhub:4600", "host.docker.internal:4600", "[::1]:4600", "a.localhost:1"] {
            let url = format!("http://{host}");
            assert_eq!(described(None, &[(hub, &url)]), format!("{url} (from {hub})"));
        }
    }

    /// Rules: CPL-142.
    #[test]
    fn a_url_needs_a_scheme_or_a_port() {
        for (url, expected) in [
            ("127.0.0.1:4601", "127.0.0.1:4601"),
            ("localhost:4601", "localhost:4601"),
            ("[::1]:4601", "[::1]:4601"),
            ("http://hub/", "hub:80"),
            ("http://127.0.0.1:4601/x", "127.0.0.1:4601"),
            ("https://localhost:4601", "localhost:4601"),
            ("https://securityhub", "securityhub:443"),
            ("https://[::1]:4601", "[::1]:4601"),
        ] {
            assert_eq!(authority(url).as_deref(), Some(expected), "{url}");
        }
        for url in ["", "nowhere", "https://hub.example.com:4600", "http://", "a b", "://"] {
            assert_eq!(authority(url), None, "{url}");
        }
        let Err(Exit::Invalid(message)) = select(Some("nowhere"), &[]) else {
            panic!("expected an error: the address is invalid")
        };
        assert!(
            message.starts_with("securityhub-local: --url: invalid URL nowhere: expected a URL such as"),
            "{message}"
        );
    }
}
