//! TLS of the client: the certificate authorities that it trusts, and handshakes.

use std::error::Error;
use std::fmt;
use std::io;
use std::sync::{Arc, OnceLock};

use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName};
use tokio_rustls::rustls::{self, CertificateError, ClientConfig, RootCertStore, version};

use super::Failure;

/// The certificate authorities that a client trusts: those of the operating system, and further ones. The variables
/// `SSL_CERT_FILE` and `SSL_CERT_DIR` replace those of the operating system. Clones share the configuration.
#[derive(Clone, Debug, Default)]
pub struct Trust(Arc<Inner>);

#[derive(Debug, Default)]
struct Inner {
    further: Vec<CertificateDer<'static>>,
    /// Created for the first handshake, because reading the authorities of the operating system takes milliseconds.
    config: OnceLock<Result<Arc<ClientConfig>, String>>,
}

/// The certificate of a server was not issued by a trusted authority.
#[derive(Debug)]
pub struct Untrusted;

impl fmt::Display for Untrusted {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("its certificate was not issued by a trusted authority")
    }
}

impl Error for Untrusted {}

impl Trust {
    /// Trusts further authorities, whose certificates are in PEM.
    ///
    /// # Errors
    /// The reason why the certificates are not usable.
    pub fn with(pem: &[u8]) -> Result<Trust, String> {
        let read: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(pem).collect();
        let further = read.map_err(|error| format!("a certificate cannot be read: {error}"))?;
        if further.is_empty() {
            return Err("no certificate was found; expected a PEM file with `BEGIN CERTIFICATE`".to_owned());
        }
        let mut roots = RootCertStore::empty();
        for certificate in &further {
            roots.add(certificate.clone()).map_err(|error| format!("a certificate is not usable: {error}"))?;
        }
        Ok(Trust(Arc::new(Inner { further, config: OnceLock::new() })))
    }

    /// Opens an encrypted connection to a host name or an IP address.
    ///
    /// # Errors
    /// [`Untrusted`], or another reason why the handshake failed.
    pub(super) async fn connect(&self, host: &str, stream: TcpStream) -> Result<TlsStream<TcpStream>, Failure> {
        let name = ServerName::try_from(host.trim_matches(['[', ']']).to_owned())?;
        let trust = self.clone();
        let config = tokio::task::spawn_blocking(move || trust.0.config()).await??;
        TlsConnector::from(config).connect(name, stream).await.map_err(failure)
    }
}

impl Inner {
    fn config(&self) -> Result<Arc<ClientConfig>, String> {
        self.config.get_or_init(|| configure(&self.further)).clone()
    }
}

fn configure(further: &[CertificateDer<'static>]) -> Result<Arc<ClientConfig>, String> {
    let system = rustls_native_certs::load_native_certs();
    for error in &system.errors {
        tracing::warn!(%error, "a certificate authority of the operating system cannot be read");
    }
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(further.iter().cloned().chain(system.certs));
    if roots.is_empty() {
        return Err("the operating system has no certificate authorities".to_owned());
    }
    let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_protocol_versions(&[&version::TLS13, &version::TLS12])
        .map_err(|error| error.to_string())?;
    let mut config = config.with_root_certificates(roots).with_no_client_auth();
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(Arc::new(config))
}

fn failure(error: io::Error) -> Failure {
    let reason = error.get_ref().and_then(|reason| reason.downcast_ref::<rustls::Error>());
    let is_untrusted = matches!(reason, Some(rustls::Error::InvalidCertificate(CertificateError::UnknownIssuer)));
    if is_untrusted { Untrusted.into() } else { error.into() }
}

#[cfg(test)]
mod tests {
    use super::Trust;

    /// Rules: CPL-82.
    #[test]
    fn files_without_usable_certificates_are_refused() {
        for (pem, reason) in [
            ("", "no certificate was found; expected a PEM file"),
            ("-----BEGIN CERTIFICATE-----\n!\n-----END CERTIFICATE-----\n", "a certificate cannot be read: "),
            ("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n", "a certificate is not usable: "),
        ] {
            let error = Trust::with(pem.as_bytes()).unwrap_err();
            assert!(error.starts_with(reason), "{error}");
        }
    }
}
