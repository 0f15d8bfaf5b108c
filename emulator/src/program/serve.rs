//! `serve`: starts the server from the arguments, and shuts it down.

use std::io::{ErrorKind, Write as _};
use std::net::SocketAddr;
use std::time::Duration;

use tokio::net::TcpListener;

use super::cli::{self, ServeArguments};
use super::exit::Exit;
use super::logging::Log;
use crate::scenario;
use crate::service::{Service, Settings, SignatureClock};
use crate::wire::admission::Admission;
use crate::wire::server::{self, Options};

/// Serves until SIGTERM or Ctrl-C.
pub(super) fn run(arguments: &ServeArguments) -> Result<(), Exit> {
    let log = Log::start(arguments.log, arguments.log_level);
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().map_err(Exit::failed)?;
    let outcome = runtime.block_on(serve(arguments, &log));
    // Calls in progress are aborted, because the user asked to stop.
    runtime.shutdown_background();
    outcome
}

async fn serve(arguments: &ServeArguments, log: &Log) -> Result<(), Exit> {
    // Signals are handled before the program announces that it is ready.
    let stop = shutdown_signals().map_err(Exit::failed)?;
    let service = service(arguments, log)?;
    let listeners = bind(arguments).await?;
    let addresses: Vec<SocketAddr> = listeners.iter().filter_map(|listener| listener.local_addr().ok()).collect();
    announce(arguments, &addresses)?;
    let handle = move |request, source| {
        let service = service.clone();
        async move { service.serve(request, source).await }
    };
    let options = Options {
        read_timeout: Duration::from_secs(arguments.read_timeout),
        body_memory: arguments.body_memory,
        admission: Admission { origins: arguments.allow_origin.clone(), hosts: arguments.allow_host.clone() },
    };
    server::serve(listeners, handle, options, stop).await;
    Ok(())
}

fn service(arguments: &ServeArguments, log: &Log) -> Result<Service, Exit> {
    let scenario = match &arguments.scenario[..] {
        [] => None,
        files => Some(scenario::load(files).map_err(Exit::invalid)?),
    };
    for scenario in scenario.iter().filter(|scenario| !scenario.warnings().is_empty()) {
        log.print(&format!("{}\n", scenario.warnings().to_string().trim_end()));
    }
    let settings = Settings {
        allow_anonymous: arguments.allow_anonymous,
        verify_signatures: arguments.verify_signatures,
        signature_clock: match arguments.signature_clock {
            None | Some(cli::SignatureClock::Machine) => SignatureClock::Machine,
            Some(cli::SignatureClock::World) => SignatureClock::World,
            Some(cli::SignatureClock::Off) => SignatureClock::Off,
        },
        default_region: arguments.default_region.clone(),
        default_account: arguments.default_account,
        events: arguments.events,
        dropped_log_lines: log.dropped(),
    };
    if arguments.signature_clock.is_some() && !arguments.verify_signatures {
        log.print("warning: --signature-clock has no effect without --verify-signatures\n");
    }
    let service = Service::new(settings, scenario).map_err(Exit::invalid)?;
    service
        .check_default_region()
        .map_err(|error| Exit::invalid(format!("securityhub-local: --default-region: {error}")))?;
    Ok(service)
}

async fn bind(arguments: &ServeArguments) -> Result<Vec<TcpListener>, Exit> {
    let mut listeners = Vec::new();
    // All addresses share one port, even if a free one is chosen.
    let mut port = arguments.port;
    for host in &arguments.host {
        let address = SocketAddr::new(*host, port);
        let listener = TcpListener::bind(address)
            .await
            .map_err(|error| Exit::failed(format!("cannot listen on {address}: {error}. {}", advice(&error))))?;
        port = listener.local_addr().map_or(port, |address| address.port());
        listeners.push(listener);
    }
    Ok(listeners)
}

/// Advice for an address that cannot be bound.
fn advice(error: &std::io::Error) -> &'static str {
    match error.kind() {
        ErrorKind::AddrNotAvailable => {
            "--host must be an address of this machine, such as 127.0.0.1, or 0.0.0.0 for all of its addresses."
        }
        ErrorKind::PermissionDenied => "Use a --port above 1023, or 0 to select a free port.",
        _ => "It may already be running. Use another --port, or 0 to select a free port.",
    }
}

/// Prints one line for people, and writes the port file for scripts.
fn announce(arguments: &ServeArguments, addresses: &[SocketAddr]) -> Result<(), Exit> {
    let Some(first) = addresses.first() else { return Err(Exit::failed("no address to listen on")) };
    if let Some(path) = &arguments.port_file {
        // Written to a temporary file and renamed, so that no reader sees a partial number.
        let temporary = path.with_extension("tmp");
        std::fs::write(&temporary, format!("{}\n", first.port()))
            .and_then(|()| std::fs::rename(&temporary, path))
            .map_err(|error| Exit::failed(format!("cannot write the port to {}: {error}", path.display())))?;
    }
    let mut output = std::io::stdout();
    let line = format!("Security Hub is ready. Paste: export AWS_ENDPOINT_URL_SECURITYHUB=http://{first}\n");
    // The server starts even if standard output is closed.
    _ = output.write_all(line.as_bytes()).and_then(|()| output.flush());
    Ok(())
}

/// Completes when the process is asked to stop by SIGTERM or Ctrl-C.
#[cfg(unix)]
fn shutdown_signals() -> std::io::Result<impl Future<Output = ()>> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    Ok(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
    })
}

/// Completes when the process is asked to stop by Ctrl-C.
#[cfg(not(unix))]
fn shutdown_signals() -> std::io::Result<impl Future<Output = ()>> {
    Ok(async { _ = tokio::signal::ctrl_c().await })
}
