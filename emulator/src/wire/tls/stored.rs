//! The certificate authority in a data directory. It survives a restart, so clients only need to trust it once.

use std::fmt::Display;
use std::fs::{self, DirBuilder, OpenOptions};
use std::io::{self, Write as _};
use std::path::Path;

use super::Authority;

/// The file with the certificate.
const CERTIFICATE: &str = "tls-ca.pem";
/// The file with the private key.
const KEY: &str = "tls-ca-key.pem";

impl Authority {
    /// Returns the authority in a data directory, and creates it if it does not exist. Without a directory, creates a
    /// new authority.
    ///
    /// # Errors
    /// The reason for the failure, such as an unreadable file.
    pub fn of(directory: Option<&Path>) -> Result<Authority, String> {
        let Some(directory) = directory else { return Authority::generate() };
        let (certificate, key) = (directory.join(CERTIFICATE), directory.join(KEY));
        if certificate.exists() && key.exists() {
            let text = |path: &Path| fs::read_to_string(path).map_err(|error| unusable(path, error));
            let stored = Authority::read(&text(&certificate)?, &text(&key)?);
            return stored.map_err(|error| unusable(&certificate, error));
        }
        let authority = Authority::generate()?;
        create_private(directory).map_err(|error| unusable(directory, error))?;
        write_private(&key, &authority.key()).map_err(|error| unusable(&key, error))?;
        fs::write(&certificate, authority.certificate()).map_err(|error| unusable(&certificate, error))?;
        Ok(authority)
    }
}

fn unusable(path: &Path, error: impl Display) -> String {
    format!("{}: {error}", path.display())
}

/// Creates a directory that only its owner can read, unless it exists.
fn create_private(directory: &Path) -> io::Result<()> {
    let mut builder = DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(directory)
}

/// Writes a file that only its owner can read.
fn write_private(path: &Path, text: &str) -> io::Result<()> {
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)?.write_all(text.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Rules: CPL-110, CPL-112.
    #[test]
    fn the_authority_of_a_data_directory_stays_the_same() {
        let folder = tempfile::tempdir().unwrap();
        let directory = folder.path().join("data");
        let certificate = || Authority::of(Some(&directory)).map(|authority| authority.certificate().to_owned());
        let first = certificate().unwrap();
        assert_eq!(certificate(), Ok(first.clone()));
        assert_ne!(Authority::of(None).unwrap().certificate(), first);
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
            assert_eq!((mode(&directory), mode(&directory.join(KEY))), (0o700, 0o600));
        }
        fs::write(directory.join(KEY), "x").unwrap();
        let error = certificate().unwrap_err();
        assert!(error.contains("tls-ca.pem: the key of the authority cannot be read: "), "{error}");
    }
}
