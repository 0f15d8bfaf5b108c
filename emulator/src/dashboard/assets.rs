//! The files that pages need: styles, scripts and the icon, embedded into the program (DSH-07).

use std::io::Write as _;
use std::sync::LazyLock;

use bytes::Bytes;
use flate2::Compression;
use flate2::write::GzEncoder;
use sha2::{Digest, Sha256};

use super::view::ROOT;
use crate::invariant::Invariant;

/// An embedded file.
#[derive(Debug)]
pub struct Asset {
    /// Its name.
    pub name: &'static str,
    /// Its media type.
    pub media_type: &'static str,
    /// Its content.
    pub content: &'static [u8],
    /// Its content in gzip.
    pub packed: Bytes,
    /// The beginning of the SHA-256 of its content.
    pub hash: String,
}

const SCRIPT: &str = "text/javascript; charset=utf-8";

macro_rules! embedded {
    ($($name:literal $media_type:expr),* $(,)?) => {
        [$(($name, $media_type, include_bytes!(concat!("../../assets/dashboard/", $name)).as_slice())),*]
    };
}

/// The files, in the order in which a page names them.
pub fn all() -> &'static [Asset] {
    static ASSETS: LazyLock<Vec<Asset>> = LazyLock::new(|| {
        let files = embedded![
            "icon.svg" "image/svg+xml",
            "app.css" "text/css; charset=utf-8",
            "htmx.min.js" SCRIPT,
            "hx-sse.min.js" SCRIPT,
            "app.js" SCRIPT,
        ];
        files.map(|(name, media_type, content)| asset(name, media_type, content)).into()
    });
    &ASSETS
}

fn asset(name: &'static str, media_type: &'static str, content: &'static [u8]) -> Asset {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    let packed = encoder.write_all(content).and_then(|()| encoder.finish());
    let packed = packed.or_report("memory can be written").unwrap_or_default();
    let hash = hex::encode(Sha256::digest(content)).chars().take(16).collect();
    Asset { name, media_type, content, packed: packed.into(), hash }
}

/// The file with this name and this hash; `None` also for a file that had this hash in another version of the program.
pub fn find(hash: &str, name: &str) -> Option<&'static Asset> {
    all().iter().find(|asset| asset.name == name && asset.hash == hash)
}

/// The address of a file.
pub fn address(name: &str) -> String {
    let asset = all().iter().find(|asset| asset.name == name).or_report("pages name files that exist");
    asset.map(|asset| format!("{ROOT}assets/{}/{name}", asset.hash)).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    const THIRD_PARTY: &str = include_str!("../../assets/dashboard/third-party.tsv");

    /// Rules: DSH-07, DSH-08.
    #[test]
    fn files_of_others_are_those_that_were_published() {
        let rows = THIRD_PARTY.lines().filter(|line| !line.starts_with('#')).skip(1);
        let rows: Vec<Vec<&str>> = rows.map(|line| line.split('\t').collect()).collect();
        assert_eq!(rows.len(), 2);
        for row in rows {
            let [name, package, version, licence, checksum] = row[..] else { panic!("expected five cells: {row:?}") };
            let asset = all().iter().find(|asset| asset.name == name).unwrap();
            assert_eq!(hex::encode(Sha256::digest(asset.content)), checksum, "{name} of {package} {version}");
            assert!(licence.starts_with("0BSD"), "{licence}");
        }
    }

    /// Rules: DSH-07.
    #[test]
    fn files_are_small() {
        let size = |own: bool| {
            let of_others = |asset: &&Asset| THIRD_PARTY.contains(&format!("\n{}\t", asset.name));
            all().iter().filter(|asset| of_others(asset) != own).map(|asset| asset.packed.len()).sum::<usize>()
        };
        assert!(size(true) <= 30 * 1024, "own files: {}", size(true));
        assert!(size(true) + size(false) <= 60 * 1024, "all files: {}", size(true) + size(false));
    }

    /// Rules: DSH-07.
    #[test]
    fn an_address_contains_the_hash_of_the_content() {
        let css = all().iter().find(|asset| asset.name == "app.css").unwrap();
        assert_eq!(address("app.css"), format!("/_emulator/ui/assets/{}/app.css", css.hash));
        assert!(find(&css.hash, "app.css").is_some() && find("0123456789abcdef", "app.css").is_none());
        assert!(find(&css.hash, "app.js").is_none());
    }

    /// Rules: DSH-06.
    #[test]
    fn own_scripts_do_not_evaluate_text_or_call_other_hosts() {
        let script = include_str!("../../assets/dashboard/app.js");
        for word in ["eval(", "Function(", "innerHTML", "http://", "https://", "localStorage", "cookie"] {
            assert!(!script.contains(word), "{word}");
        }
        assert!(!include_str!("../../assets/dashboard/app.css").contains("url("));
    }
}
