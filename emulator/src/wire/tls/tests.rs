//! Tests of certificates and of both kinds of connections, with rustls as client.

use std::sync::Arc;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::ServerName;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::{ClientConfig, ProtocolVersion, RootCertStore, SupportedProtocolVersion, version};

use super::*;

/// Connects to a server that echoes four bytes. Returns the version and the protocol of the connection.
async fn connect(
    tls: &Tls,
    trusted: &str,
    name: &'static str,
    versions: &[&'static SupportedProtocolVersion],
) -> Result<(ProtocolVersion, Vec<u8>), String> {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let tls = tls.clone();
    tokio::spawn(async move {
        let (socket, _) = listener.accept().await.unwrap();
        let Ok(mut stream) = open(Socket::new(socket, Arc::default()), Some(&tls), Duration::from_secs(10)).await
        else {
            return;
        };
        let mut bytes = [0; 4];
        stream.read_exact(&mut bytes).await.unwrap();
        stream.write_all(&bytes).await.unwrap();
        stream.shutdown().await.unwrap();
    });
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_slice(trusted.as_bytes()).unwrap()).unwrap();
    let mut config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_protocol_versions(versions)
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    config.alpn_protocols = vec![b"http/1.1".to_vec(), b"h2".to_vec()];
    let socket = TcpStream::connect(address).await.unwrap();
    let name = ServerName::try_from(name).unwrap();
    let connected = TlsConnector::from(Arc::new(config)).connect(name, socket).await;
    let mut stream = connected.map_err(|error| error.to_string())?;
    stream.write_all(b"ping").await.unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await.unwrap();
    assert_eq!(answer, b"ping");
    let (_, connection) = stream.get_ref();
    Ok((connection.protocol_version().unwrap(), connection.alpn_protocol().unwrap().to_vec()))
}

/// Rules: CPL-110, CPL-111.
#[tokio::test]
async fn a_client_that_trusts_the_authority_can_use_every_name() {
    let authority = Authority::generate().unwrap();
    let names = ["hub.example.com", "*.example.org", "10.0.0.7", "localhost"].map(str::to_owned);
    let tls = Tls::issued_by(&authority, &names).unwrap();
    assert_eq!(tls.authority(), Some(authority.certificate()));
    let both = [&version::TLS13, &version::TLS12];
    for name in ["localhost", "127.0.0.1", "::1", "hub.example.com", "a.example.org", "10.0.0.7"] {
        let connected = connect(&tls, authority.certificate(), name, &both).await;
        assert_eq!(connected, Ok((ProtocolVersion::TLSv1_3, b"h2".to_vec())), "{name}");
    }
    let older = connect(&tls, authority.certificate(), "localhost", &[&version::TLS12]).await;
    assert_eq!(older.map(|(version, _)| version), Ok(ProtocolVersion::TLSv1_2));
    let refused = connect(&tls, authority.certificate(), "evil.example", &both).await;
    assert!(refused.unwrap_err().contains("not valid for name"), "another name");
    let other = Authority::generate().unwrap();
    let refused = connect(&tls, other.certificate(), "localhost", &both).await;
    assert!(refused.unwrap_err().contains("UnknownIssuer"), "another authority");
}

/// Rules: CPL-110.
#[tokio::test]
async fn a_stored_authority_issues_certificates_that_its_clients_trust() {
    let first = Authority::generate().unwrap();
    let stored = Authority::read(first.certificate(), &first.key()).unwrap();
    let tls = Tls::issued_by(&stored, &[]).unwrap();
    assert!(connect(&tls, first.certificate(), "localhost", &[&version::TLS13]).await.is_ok());
    let second = Authority::generate().unwrap();
    assert!(Authority::read(first.certificate(), &second.key()).is_err(), "the key of another authority");
}

/// Rules: CPL-111.
#[test]
fn a_certificate_and_a_key_that_do_not_match_are_refused_with_the_reason() {
    let authority = Authority::generate().unwrap();
    let own = || Tls::new(authority.certificate().as_bytes(), authority.key().as_bytes());
    assert!(own().is_ok_and(|tls| tls.authority().is_none()));
    let other = Authority::generate().unwrap();
    for (certificate, key, reason) in [
        (authority.certificate(), &*other.key(), "certificate and key cannot be used: "),
        ("", &authority.key(), "the certificate cannot be read: expected a PEM file"),
        (authority.certificate(), "", "the key cannot be read: "),
        (authority.certificate(), authority.certificate(), "the key cannot be read: "),
        ("-----BEGIN CERTIFICATE-----\n!\n-----END CERTIFICATE-----\n", "", "the certificate cannot be read: "),
    ] {
        let error = Tls::new(certificate.as_bytes(), key.as_bytes()).unwrap_err();
        assert!(error.starts_with(reason), "{error}");
    }
}
