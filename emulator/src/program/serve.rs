//! `serve`: starts the server from the arguments, and shuts it down.

use std::io::Write as _;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use super::cli::{LogForm, ServeArguments};
use super::exit::Exit;
use super::hosts;
use super::loading::{self, Loaded};
use super::logging::Log;
use super::ready::{self, Bundle};
use super::signals::Signals;
use super::{tls, watch};
use crate::scenario::builtin;
use crate::state::World;
use crate::wire::admission::Admission;
use crate::wire::server::Options;
use crate::wire::site::HostRule;
use crate::wire::tls::Tls;

/// Serves until SIGTERM, Ctrl-C or, with `--stop-with-stdin`, the end of standard input.
pub(super) fn run(arguments: ServeArguments) -> Result<(), Exit> {
    check_effects(&arguments)?;
    let log = Log::start(arguments.log, arguments.log_level);
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().map_err(Exit::failed)?;
    let outcome = runtime.block_on(serve(Arc::new(arguments), &log));
    // Calls in progress are aborted, because the user asked to stop.
    runtime.shutdown_background();
    outcome
}

/// Refuses settings that would have no effect.
fn check_effects(arguments: &ServeArguments) -> Result<(), Exit> {
    let has_file = arguments.scenario().iter().any(|path| !builtin::is_builtin(path));
    let has_directory = arguments.data_dir.is_some();
    for (flag, is_set, needed, has_needed) in [
        ("--watch", arguments.watch, "a scenario file", has_file),
        ("--durability", arguments.durability.is_some(), "--data-dir", has_directory),
        ("--recover", arguments.recover, "--data-dir", has_directory),
    ] {
        if is_set && !has_needed {
            return Err(Exit::invalid(format!("securityhub-local: {flag} has no effect without {needed}")));
        }
    }
    Ok(())
}

async fn serve(arguments: Arc<ServeArguments>, log: &Log) -> Result<(), Exit> {
    // Signals are handled before the scenario is loaded, so that they also stop that.
    let mut signals = Signals::new(arguments.stop_with_stdin).map_err(Exit::failed)?;
    let tls = tls::prepare(&arguments)?;
    let before = watch::stamps(&arguments.scenario());
    let Loaded { service, paths } = loading::load(Arc::clone(&arguments), log, tls.as_ref(), &mut signals).await?;
    let files = watch::loaded_stamps(&paths, &before);
    let listeners = hosts::bind(&arguments.host, arguments.port).await?;
    let addresses: Vec<SocketAddr> = listeners.iter().filter_map(|listener| listener.local_addr().ok()).collect();
    announce(&arguments, &addresses, &service.world(), tls.as_ref())?;
    if arguments.watch {
        tokio::spawn(watch::watch(service.clone(), arguments.scenario(), files, log.output()));
    }
    let options = Options {
        read_timeout: Duration::from_secs(arguments.read_timeout),
        body_memory: arguments.body_memory,
        admission: admission(&arguments),
        tls,
        ..Options::default()
    };
    let stop = async move { _ = signals.next().await };
    service.listen(listeners, options, stop).await;
    if service.close() { Ok(()) } else { Err(Exit::failed("the data directory could not be written completely")) }
}

/// The callers to admit. Requests may also use the names of `--host`.
fn admission(arguments: &ServeArguments) -> Admission {
    let named = arguments.host.iter().filter_map(|host| host.parse::<HostRule>().ok());
    Admission {
        origins: arguments.allow_origin.clone(),
        hosts: arguments.allow_host.iter().cloned().chain(named).collect(),
    }
}

/// Prints the ready text, and writes the port file for scripts.
fn announce(
    arguments: &ServeArguments,
    addresses: &[SocketAddr],
    world: &World,
    tls: Option<&Tls>,
) -> Result<(), Exit> {
    let Some(first) = addresses.first() else { return Err(Exit::failed("no address to listen on")) };
    if let Some(path) = &arguments.port_file {
        // Written to a temporary file and renamed, so that no reader sees a partial number.
        let temporary = path.with_extension("tmp");
        std::fs::write(&temporary, format!("{}\n", first.port()))
            .and_then(|()| std::fs::rename(&temporary, path))
            .map_err(|error| Exit::failed(format!("cannot write the port to {}: {error}", path.display())))?;
    }
    let mut output = std::io::stdout();
    let text = match arguments.log {
        LogForm::Pretty => {
            ready::text(world, *first, arguments.verify_signatures, tls.map(|tls| bundle(arguments, tls)))
        }
        LogForm::Json => ready::json(*first),
    };
    // The server starts even if standard output is closed, also by a script that only reads the first line.
    _ = output.write_all(text.as_bytes()).and_then(|()| output.flush());
    Ok(())
}

/// The source of the certificate that clients must trust.
fn bundle(arguments: &ServeArguments, tls: &Tls) -> Bundle {
    match &arguments.tls_ca_file {
        Some(file) => Bundle::File(file.clone()),
        None if tls.authority().is_some() => Bundle::Served,
        None => Bundle::Known,
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::super::cli::{Cli, Command};
    use super::*;

    /// Rules: CPL-148.
    #[test]
    fn requests_may_use_the_host_names_of_host_and_allow_host() {
        let serve = ["x", "serve", "--host", "hub.example.com", "--allow-host", "*.example.org"];
        let Command::Serve(arguments) = Cli::parse_from(serve).command else { panic!("expected the command `serve`") };
        let request = |host: &str| http::Request::builder().header("host", host).body(()).unwrap().into_parts().0;
        let admission = admission(&arguments);
        for host in ["hub.example.com:4600", "a.example.org"] {
            assert_eq!(admission.check(&request(host)), Ok(()), "{host}");
        }
        assert!(admission.check(&request("a.example.com")).is_err());
    }
}
