//! Decoding of compressed bodies (`Content-Encoding`).

use std::io::Read;

use bytes::Bytes;
use flate2::read::{MultiGzDecoder, ZlibDecoder};
use http::header::CONTENT_ENCODING;
use http::request::Parts;

use super::body::{Memory, MemoryShare, TooLarge};
use crate::aws_error::{AwsError, ErrorCode};

/// Number of bytes to decode before reserving memory for them.
const PIECE: usize = 64 * 1024;

/// The decoded body, in memory that is released with it. An oversized body is cut at limit + 1 bytes, which the input
/// reader detects.
///
/// # Errors
/// 415 for an unsupported encoding, 400 for a body that is not valid in its encoding, 503 if there is no memory.
pub fn decode(parts: &Parts, body: &Bytes, limit: usize) -> Result<Bytes, AwsError> {
    let mut names = Vec::new();
    for value in &parts.headers.get_all(CONTENT_ENCODING) {
        let value = String::from_utf8_lossy(value.as_bytes()).to_ascii_lowercase();
        let given = value.split(',').map(str::trim).filter(|name| !["", "identity"].contains(name));
        names.extend(given.map(str::to_owned));
    }
    let name = match &names[..] {
        [] => return Ok(body.clone()),
        _ if parts.extensions.get::<TooLarge>().is_some() => return Ok(body.clone()),
        [name] => name.as_str(),
        _ => return Err(unsupported(&names.join(", "))),
    };
    let memory = parts.extensions.get::<Memory>();
    match name {
        "gzip" | "x-gzip" => read(name, MultiGzDecoder::new(&body[..]), limit, memory),
        "deflate" => read(name, ZlibDecoder::new(&body[..]), limit, memory),
        other => Err(unsupported(other)),
    }
}

fn unsupported(name: &str) -> AwsError {
    let message =
        format!("Content-Encoding {name} is not supported; send the body unencoded, or encoded with gzip or deflate");
    AwsError::new(ErrorCode::UnsupportedMediaTypeException, message)
}

/// A decoded body and its share of the memory for bodies.
struct Decoded {
    bytes: Vec<u8>,
    _held: Option<MemoryShare>,
}

impl AsRef<[u8]> for Decoded {
    fn as_ref(&self) -> &[u8] {
        &self.bytes
    }
}

fn read(name: &str, mut decoder: impl Read, limit: usize, memory: Option<&Memory>) -> Result<Bytes, AwsError> {
    let mut share = memory.map(Memory::empty_share);
    let mut bytes = Vec::new();
    while bytes.len() <= limit {
        let most = PIECE.min(limit + 1 - bytes.len());
        let read = decoder.by_ref().take(most as u64).read_to_end(&mut bytes).map_err(|error| {
            let message = format!("The request body cannot be decoded with Content-Encoding {name}: {error}");
            AwsError::new(ErrorCode::InvalidInputException, message)
        })?;
        if read == 0 {
            break;
        }
        if let Some(share) = &mut share {
            share
                .grow(read)
                .map_err(|shortage| AwsError::new(ErrorCode::ServiceUnavailableException, shortage.message()))?;
        }
    }
    Ok(Bytes::from_owner(Decoded { bytes, _held: share }))
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use flate2::Compression;
    use flate2::write::{GzEncoder, ZlibEncoder};

    use super::*;
    use crate::wire::route::BODY_LIMIT;

    fn decoded(encodings: &[&str], body: Vec<u8>) -> Result<Bytes, (u16, String)> {
        let mut request = http::Request::post("/accounts");
        for encoding in encodings {
            request = request.header("content-encoding", *encoding);
        }
        let parts = request.body(()).unwrap().into_parts().0;
        decode(&parts, &body.into(), BODY_LIMIT).map_err(|error| (error.status, error.message.into_owned()))
    }

    fn gzip(text: &[u8]) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
        encoder.write_all(text).unwrap();
        encoder.finish().unwrap()
    }

    /// Rules: ERR-25.
    #[test]
    fn a_body_is_decoded_or_refused_with_the_name_of_its_encoding() {
        let mut zlib = ZlibEncoder::new(Vec::new(), Compression::default());
        zlib.write_all(b"{}").unwrap();
        let zlib = zlib.finish().unwrap();
        for (encodings, body) in [
            (&[][..], b"{}".to_vec()),
            (&["identity"], b"{}".to_vec()),
            (&["gzip"], gzip(b"{}")),
            (&["GZIP"], gzip(b"{}")),
            (&["identity, gzip"], gzip(b"{}")),
            (&["deflate"], zlib),
        ] {
            assert_eq!(decoded(encodings, body), Ok(Bytes::from_static(b"{}")), "{encodings:?}");
        }
        for encodings in [&["aws-chunked"][..], &["br"], &["gzip, gzip"], &["gzip", "deflate"]] {
            let (status, message) = decoded(encodings, b"{}".to_vec()).unwrap_err();
            assert_eq!(status, 415, "{encodings:?}");
            assert!(message.starts_with(&format!("Content-Encoding {}", encodings.join(", "))), "{message}");
        }
        let mut cut = gzip(b"{}");
        cut.pop();
        for broken in [b"{}".to_vec(), cut, Vec::new()] {
            assert_eq!(decoded(&["gzip"], broken).unwrap_err().0, 400);
        }
    }

    /// Rules: ERR-25.
    #[test]
    fn a_body_that_decodes_beyond_the_limit_is_cut() {
        let body = gzip(&vec![b' '; 4 * BODY_LIMIT]);
        assert!(body.len() < BODY_LIMIT / 100);
        assert_eq!(decoded(&["gzip"], body).unwrap().len(), BODY_LIMIT + 1);
    }
}
