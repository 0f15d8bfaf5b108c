//! The certificate of `serve`, from files or from an authority that is created at the start.

use std::net::IpAddr;
use std::path::Path;

use super::cli::ServeArguments;
use super::exit::Exit;
use crate::wire::site::HostRule;
use crate::wire::tls::{Authority, Tls};

/// Loads or creates the certificate; returns `None` without TLS. Writes the certificate of the authority to the file of
/// `--tls-ca-file`.
///
/// # Errors
/// Exit code 2 for flags that cannot be combined, 1 for files that cannot be used.
pub(super) fn prepare(arguments: &ServeArguments) -> Result<Option<Tls>, Exit> {
    check(arguments)?;
    if let (Some(certificate), Some(key)) = (&arguments.tls_cert, &arguments.tls_key) {
        let both = format!("--tls-cert {} --tls-key {}", certificate.display(), key.display());
        let tls = Tls::new(&read("--tls-cert", certificate)?, &read("--tls-key", key)?);
        return tls.map(Some).map_err(|reason| Exit::failed(format!("{both}: {reason}")));
    }
    if !arguments.tls {
        return Ok(None);
    }
    let authority = Authority::of(arguments.data_dir.as_deref()).map_err(Exit::failed)?;
    let tls = Tls::issued_by(&authority, &names(arguments)).map_err(Exit::failed)?;
    if let Some(path) = &arguments.tls_ca_file {
        // The file is written under a temporary name and renamed, so that a reader never sees a part of it.
        let temporary = path.with_extension("tmp");
        std::fs::write(&temporary, authority.certificate())
            .and_then(|()| std::fs::rename(&temporary, path))
            .map_err(|error| Exit::failed(format!("cannot write --tls-ca-file {}: {error}", path.display())))?;
    }
    Ok(Some(tls))
}

/// Checks the combination of flags. Attributes of clap cannot express this check, because clap treats a variable with
/// the value `false` as a flag that is set.
fn check(arguments: &ServeArguments) -> Result<(), Exit> {
    let (certificate, key) = (arguments.tls_cert.is_some(), arguments.tls_key.is_some());
    let problem = match (certificate, key) {
        (true, false) => "--tls-cert requires --tls-key, the file with the private key of the certificate",
        (false, true) => "--tls-key requires --tls-cert, the file with the certificate of the key",
        (true, true) if arguments.tls => {
            "--tls creates a certificate; it cannot be combined with --tls-cert and --tls-key"
        }
        _ if arguments.tls_ca_file.is_some() && !arguments.tls => "--tls-ca-file has no effect without --tls",
        _ => return Ok(()),
    };
    Err(Exit::invalid(format!("securityhub-local: {problem}")))
}

fn read(flag: &str, path: &Path) -> Result<Vec<u8>, Exit> {
    std::fs::read(path).map_err(|error| Exit::failed(format!("cannot read {flag} {}: {error}", path.display())))
}

/// The names and addresses of the server for clients, in addition to those of this machine.
fn names(arguments: &ServeArguments) -> Vec<String> {
    let is_specific = |host: &&String| host.parse::<IpAddr>().is_ok_and(|address| !address.is_unspecified());
    let is_name = |host: &&String| host.parse::<IpAddr>().is_err();
    let listened = arguments.host.iter().filter(|host| is_specific(host) || is_name(host)).cloned();
    let allowed = arguments.allow_host.iter().filter_map(|rule| match rule {
        HostRule::Any => None,
        HostRule::Name(name) => Some(name.clone()),
        HostRule::Subdomains(name) => Some(format!("*.{name}")),
    });
    let mut names: Vec<String> = Vec::new();
    for name in listened.chain(allowed) {
        if !names.contains(&name) {
            names.push(name);
        }
    }
    names
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::super::cli::{Cli, Command};
    use super::*;

    fn arguments(flags: &[&str]) -> ServeArguments {
        let Command::Serve(arguments) = Cli::parse_from([&["x", "serve"], flags].concat()).command else {
            panic!("expected the command `serve`")
        };
        arguments
    }

    /// Rules: CPL-110.
    #[test]
    fn a_certificate_has_the_names_of_the_server() {
        let flags = ["--host", "0.0.0.0,10.0.0.7,hub.example.com", "--allow-host", "hub.example.com,*.example.org,*"];
        assert_eq!(names(&arguments(&flags)), ["10.0.0.7", "hub.example.com", "*.example.org"]);
    }

    /// Rules: CPL-110.
    #[test]
    fn flags_of_certificates_that_cannot_be_combined_are_refused() {
        for (flags, sentence) in [
            (&["--tls-cert", "a"][..], "--tls-cert requires --tls-key"),
            (&["--tls-key", "a"], "--tls-key requires --tls-cert"),
            (&["--tls", "--tls-key", "a", "--tls-cert", "b"], "cannot be combined"),
            (&["--tls-ca-file", "a"], "--tls-ca-file has no effect without --tls"),
        ] {
            let Err(Exit::Invalid(message)) = prepare(&arguments(flags)) else { panic!("{flags:?} is accepted") };
            assert!(message.contains(sentence), "{message}");
        }
        assert!(prepare(&arguments(&[])).is_ok_and(|tls| tls.is_none()));
    }
}
