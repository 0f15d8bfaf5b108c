//! The addresses on which `serve` listens.

use std::io::{Error, ErrorKind};
use std::net::{IpAddr, SocketAddr};

use tokio::net::TcpListener;

use super::exit::Exit;

const OF_THIS_MACHINE: &str = "--host must be an address of this machine, such as 127.0.0.1 or localhost, or 0.0.0.0 for all of \
                               its addresses.";

/// Listens on all hosts. A port of 0 selects a free port, which all of them share.
///
/// # Errors
/// Exit code 1 with advice.
pub(super) async fn bind(hosts: &[String], mut port: u16) -> Result<Vec<TcpListener>, Exit> {
    let mut listeners = Vec::new();
    for host in hosts {
        let (addresses, is_name) = match host.parse::<IpAddr>() {
            Ok(address) => (vec![address], false),
            Err(_) => (resolve(host, port).await?, true),
        };
        let (before, mut failure) = (listeners.len(), None);
        for address in addresses {
            let address = SocketAddr::new(address, port);
            match TcpListener::bind(address).await {
                Ok(listener) => {
                    port = listener.local_addr().map_or(port, |address| address.port());
                    listeners.push(listener);
                }
                // A name may also have addresses that this machine does not use, such as ::1.
                Err(error) if is_name && !is_taken(&error) => failure = Some(refusal(address, &error)),
                Err(error) => return Err(refusal(address, &error)),
            }
        }
        if let Some(failure) = failure.filter(|_| listeners.len() == before) {
            return Err(failure);
        }
    }
    Ok(listeners)
}

/// The addresses of a name, IPv4 first.
async fn resolve(name: &str, port: u16) -> Result<Vec<IpAddr>, Exit> {
    let found = tokio::net::lookup_host((name, port)).await;
    let found = found.map_err(|error| Exit::failed(format!("cannot resolve {name}: {error}. {OF_THIS_MACHINE}")))?;
    let mut addresses: Vec<IpAddr> = found.map(|address| address.ip()).collect();
    addresses.sort_by_key(IpAddr::is_ipv6);
    addresses.dedup();
    if addresses.is_empty() {
        return Err(Exit::failed(format!("{name} has no address. {OF_THIS_MACHINE}")));
    }
    Ok(addresses)
}

fn is_taken(error: &Error) -> bool {
    [ErrorKind::AddrInUse, ErrorKind::PermissionDenied].contains(&error.kind())
}

fn refusal(address: SocketAddr, error: &Error) -> Exit {
    let advice = match error.kind() {
        ErrorKind::AddrInUse => "It may already be running. Use another --port, or 0 to select a free port.",
        ErrorKind::PermissionDenied => "Use a --port above 1023, or 0 to select a free port.",
        _ => OF_THIS_MACHINE,
    };
    Exit::failed(format!("cannot listen on {address}: {error}. {advice}"))
}
