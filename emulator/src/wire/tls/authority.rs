//! A certificate authority for one emulator.

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair, KeyUsagePurpose,
    date_time_ymd,
};
use sha2::{Digest, Sha256};
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};

/// Names and addresses of this machine, for which each certificate is valid.
const LOCAL: [&str; 5] = ["localhost", "*.localhost", "host.docker.internal", "127.0.0.1", "::1"];
/// Number of days by which the validity of a certificate begins in the past, for clients with slow clocks.
const BACKDATED_DAYS: i64 = 1;
/// Days for which an authority is valid.
const AUTHORITY_DAYS: i64 = 3650;
/// Days for which a certificate is valid. Some clients refuse more than 397.
const CERTIFICATE_DAYS: i64 = 396;

/// A certificate authority with its private key.
pub struct Authority {
    key: KeyPair,
    /// The certificate in PEM.
    certificate: String,
}

impl Authority {
    /// Creates an authority.
    ///
    /// # Errors
    /// The system does not provide random numbers.
    pub fn generate() -> Result<Authority, String> {
        let key = KeyPair::generate().map_err(failed)?;
        let certificate = parameters(&key)?.self_signed(&key).map_err(failed)?.pem();
        Ok(Authority { key, certificate })
    }

    /// Reads an authority from its certificate and its private key, both in PEM.
    ///
    /// # Errors
    /// The key cannot be read, or it does not belong to the certificate.
    pub fn read(certificate: &str, key: &str) -> Result<Authority, String> {
        let key =
            KeyPair::from_pem(key).map_err(|error| format!("the key of the authority cannot be read: {error}"))?;
        let stored = Authority { key, certificate: certificate.to_owned() };
        // This fails if the key does not belong to the certificate.
        super::Tls::new(certificate.as_bytes(), stored.key.serialize_pem().as_bytes())?;
        Ok(stored)
    }

    /// The certificate in PEM.
    pub fn certificate(&self) -> &str {
        &self.certificate
    }

    /// The private key in PEM.
    pub fn key(&self) -> String {
        self.key.serialize_pem()
    }

    /// Creates a key, and a certificate for this machine and for further host names and IP addresses.
    ///
    /// # Errors
    /// A name is not valid in a certificate.
    pub(super) fn certify(
        &self,
        names: &[String],
    ) -> Result<(CertificateDer<'static>, PrivateKeyDer<'static>), String> {
        let mut all: Vec<String> = LOCAL.map(str::to_owned).to_vec();
        all.extend(names.iter().filter(|name| !LOCAL.contains(&name.as_str())).cloned());
        let mut parameters = CertificateParams::new(all).map_err(failed)?;
        parameters.distinguished_name.push(DnType::CommonName, "securityhub-local");
        parameters.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        parameters.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        parameters.use_authority_key_identifier_extension = true;
        set_validity(&mut parameters, CERTIFICATE_DAYS);
        let key = KeyPair::generate().map_err(failed)?;
        let issuer = Issuer::new(self::parameters(&self.key)?, &self.key);
        let certificate = parameters.signed_by(&key, &issuer).map_err(failed)?;
        Ok((certificate.der().clone(), PrivatePkcs8KeyDer::from(key.serialize_der()).into()))
    }
}

/// Returns the parameters of the authority's certificate. Except for the time of validity, they only depend on the key.
fn parameters(key: &KeyPair) -> Result<CertificateParams, String> {
    let mut parameters = CertificateParams::new(Vec::new()).map_err(failed)?;
    // The name is unique, because a client that trusts several emulators finds the issuer of a certificate by its name.
    let hash = Sha256::digest(key.public_key_raw());
    let name = format!("securityhub-local CA {}", hex::encode(hash.get(..4).unwrap_or_default()));
    parameters.distinguished_name.push(DnType::CommonName, name);
    parameters.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    parameters.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    set_validity(&mut parameters, AUTHORITY_DAYS);
    Ok(parameters)
}

fn set_validity(parameters: &mut CertificateParams, days: i64) {
    let now = Timestamp::now();
    let after = |days: i64| {
        let date = (now + SignedDuration::from_hours(24 * days)).to_zoned_datetime(TimeZone::UTC).date();
        let number = |number: i8| u8::try_from(number).unwrap_or(1);
        date_time_ymd(date.year().into(), number(date.month()), number(date.day()))
    };
    (parameters.not_before, parameters.not_after) = (after(-BACKDATED_DAYS), after(days));
}

fn failed(error: rcgen::Error) -> String {
    format!("a certificate cannot be created: {error}")
}
