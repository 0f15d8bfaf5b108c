//! TLS on the port of HTTP (CPL-110 to CPL-112). A TLS client sends the byte 0x16 first, and no HTTP request begins
//! with this byte, so the first byte shows which protocol the client uses.

mod authority;
mod stored;
mod stream;
#[cfg(test)]
mod tests;

use std::fmt;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use tokio_io_timeout::TimeoutStream;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::rustls::{ServerConfig, version};

use super::failure::Socket;
pub use authority::Authority;
pub(super) use stream::Stream;

/// The first byte of a TLS connection: the type of a handshake record.
const HANDSHAKE: u8 = 0x16;
/// The protocols that ALPN offers, in order of preference.
const PROTOCOLS: [&[u8]; 2] = [b"h2", b"http/1.1"];

/// The certificate of a server, and the authority that issued the certificate.
#[derive(Clone)]
pub struct Tls {
    acceptor: TlsAcceptor,
    /// The certificate of the authority in PEM, unless the user has provided the server's certificate.
    authority: Option<Arc<str>>,
}

impl fmt::Debug for Tls {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Tls").field("authority", &self.authority).finish_non_exhaustive()
    }
}

impl Tls {
    /// Reads a certificate with its chain, and the private key, both in PEM.
    ///
    /// # Errors
    /// The reason why they are not usable.
    pub fn new(certificates: &[u8], key: &[u8]) -> Result<Tls, String> {
        let chain: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(certificates).collect();
        let chain = chain.map_err(|error| format!("the certificate cannot be read: {error}"))?;
        if chain.is_empty() {
            return Err("the certificate cannot be read: expected a PEM file with `BEGIN CERTIFICATE`".to_owned());
        }
        let key = PrivateKeyDer::from_pem_slice(key)
            .map_err(|error| format!("the key cannot be read: {error}; expected a PEM file with a private key"))?;
        Tls::with(chain, key, None)
    }

    /// Creates a certificate for host names and IP addresses.
    ///
    /// # Errors
    /// The reason for the failure, such as an invalid name.
    pub fn issued_by(authority: &Authority, names: &[String]) -> Result<Tls, String> {
        let (certificate, key) = authority.certify(names)?;
        Tls::with(vec![certificate], key, Some(authority.certificate().into()))
    }

    fn with(
        chain: Vec<CertificateDer<'static>>,
        key: PrivateKeyDer<'static>,
        authority: Option<Arc<str>>,
    ) -> Result<Tls, String> {
        let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_protocol_versions(&[&version::TLS13, &version::TLS12])
            .and_then(|config| config.with_no_client_auth().with_single_cert(chain, key));
        let mut config = config.map_err(|error| format!("certificate and key cannot be used: {error}"))?;
        config.alpn_protocols = PROTOCOLS.iter().map(|protocol| protocol.to_vec()).collect();
        Ok(Tls { acceptor: TlsAcceptor::from(Arc::new(config)), authority })
    }

    /// The certificate of the authority in PEM; `None` if the user has provided the server's certificate.
    pub fn authority(&self) -> Option<&str> {
        self.authority.as_deref()
    }
}

/// Opens a connection within a time limit, which also applies to each later write. The connection is encrypted if the
/// server has a certificate and the client begins a TLS handshake.
///
/// # Errors
/// The connection ends early, the handshake fails, or the time limit is exceeded.
pub(super) async fn open(socket: Socket, tls: Option<&Tls>, limit: Duration) -> io::Result<Stream> {
    let limited = |socket| {
        let mut socket = TimeoutStream::new(socket);
        socket.set_write_timeout(Some(limit));
        Box::pin(socket)
    };
    let Some(Tls { acceptor, .. }) = tls else { return Ok(Stream::Plain(limited(socket))) };
    let opened = async {
        let mut first = [0];
        // Without a first byte the client has closed the connection, which the HTTP server handles.
        let is_tls = socket.stream().peek(&mut first).await? > 0 && first == [HANDSHAKE];
        let socket = limited(socket);
        Ok(if is_tls { Stream::Encrypted(Box::new(acceptor.accept(socket).await?)) } else { Stream::Plain(socket) })
    };
    tokio::time::timeout(limit, opened).await?
}
