//! Whether a signature fits its request: SigV4 done again with the secret key (`--verify-signatures`).

use hmac::digest::KeyInit;
use hmac::{Hmac, Mac};
use http::{HeaderMap, Method, Uri};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};
use sha2::{Digest, Sha256};

use super::identity::Signature;
use crate::aws_error::{AwsError, ErrorCode};

/// What SigV4 leaves as it is when it encodes.
const ENCODED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

const MISMATCH: &str = "The request signature we calculated does not match the signature you provided. Check your AWS \
                        Secret Access Key and signing method. Consult the service documentation for details.";

/// Checks a signature. Its age is not looked at: the world's clock need not be the machine's.
///
/// # Errors
/// 403 `InvalidSignatureException`.
pub fn verify(
    signature: &Signature,
    secret: &str,
    method: &Method,
    uri: &Uri,
    headers: &HeaderMap,
    body: &[u8],
) -> Result<(), AwsError> {
    let canonical = canonical_request(signature, method, uri, headers, body);
    let scope = format!("{}/{}/{}/aws4_request", signature.date, signature.region, signature.service);
    let text = format!("AWS4-HMAC-SHA256\n{}\n{scope}\n{}", time(signature, uri, headers), hash(canonical.as_bytes()));
    let parts = [&*signature.date, &signature.region, &signature.service, "aws4_request"];
    let key = parts.iter().fold(format!("AWS4{secret}").into_bytes(), |key, part| {
        keyed(&key, part.as_bytes()).finalize().into_bytes().to_vec()
    });
    let provided = from_hexadecimal(&signature.signature).unwrap_or_default();
    // The comparison takes the same time wherever the two differ.
    keyed(&key, text.as_bytes())
        .verify_slice(&provided)
        .map_err(|_| AwsError::new(ErrorCode::InvalidSignatureException, MISMATCH))
}

fn canonical_request(signature: &Signature, method: &Method, uri: &Uri, headers: &HeaderMap, body: &[u8]) -> String {
    let mut header_lines = String::new();
    for name in &signature.signed_headers {
        header_lines.extend([name, ":", &header(uri, headers, name), "\n"]);
    }
    [
        method.as_str(),
        &canonical_path(&signature.service, uri.path()),
        &canonical_query(uri.query().unwrap_or_default()),
        &header_lines,
        &signature.signed_headers.join(";"),
        &payload(signature, headers, body),
    ]
    .join("\n")
}

/// Services other than S3 encode the path that is on the wire once more.
fn canonical_path(service: &str, path: &str) -> String {
    if service == "s3" {
        return path.to_owned();
    }
    path.split('/').map(|segment| utf8_percent_encode(segment, ENCODED).to_string()).collect::<Vec<_>>().join("/")
}

/// Pairs sorted by name and value, each encoded; a presigned query has all but the signature itself.
fn canonical_query(query: &str) -> String {
    let encode = |text: &str| {
        let decoded: Vec<u8> = percent_decode_str(text).collect();
        percent_encoding::percent_encode(&decoded, ENCODED).to_string()
    };
    let mut pairs: Vec<(String, String)> = query
        .split('&')
        .filter(|pair| !pair.is_empty())
        .map(|pair| pair.split_once('=').unwrap_or((pair, "")))
        .filter(|(name, _)| *name != "X-Amz-Signature")
        .map(|(name, value)| (encode(name), encode(value)))
        .collect();
    pairs.sort();
    pairs.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join("&")
}

/// The values of a header, each without blanks at its ends and with single blanks inside. Over HTTP/2 the host stands
/// in the URI.
fn header(uri: &Uri, headers: &HeaderMap, name: &str) -> String {
    if let (false, "host", Some(authority)) = (headers.contains_key(name), name, uri.authority()) {
        return authority.to_string();
    }
    let values = headers
        .get_all(name)
        .iter()
        .map(|value| String::from_utf8_lossy(value.as_bytes()).split_ascii_whitespace().collect::<Vec<_>>().join(" "));
    values.collect::<Vec<_>>().join(",")
}

fn payload(signature: &Signature, headers: &HeaderMap, body: &[u8]) -> String {
    match headers.get("x-amz-content-sha256").and_then(|value| value.to_str().ok()) {
        Some("UNSIGNED-PAYLOAD") => "UNSIGNED-PAYLOAD".to_owned(),
        _ if signature.presigned && signature.service == "s3" => "UNSIGNED-PAYLOAD".to_owned(),
        _ => hash(body),
    }
}

/// The time of signing, as it was signed.
fn time(signature: &Signature, uri: &Uri, headers: &HeaderMap) -> String {
    if signature.presigned {
        let pairs = uri.query().unwrap_or_default().split('&').filter_map(|pair| pair.split_once('='));
        return pairs.filter(|(name, _)| *name == "X-Amz-Date").map(|(_, value)| value.to_owned()).collect();
    }
    headers.get("x-amz-date").and_then(|value| value.to_str().ok()).unwrap_or_default().to_owned()
}

fn keyed(key: &[u8], text: &[u8]) -> Hmac<Sha256> {
    // HMAC takes keys of any length, so the default is never taken.
    let keyed = <Hmac<Sha256> as Mac>::new_from_slice(key);
    let keyed = keyed.unwrap_or_else(|_| <Hmac<Sha256> as KeyInit>::new(&hmac::digest::Key::<Hmac<Sha256>>::default()));
    keyed.chain_update(text)
}

fn hash(bytes: &[u8]) -> String {
    let digest = Sha256::digest(bytes);
    digest.iter().fold(String::with_capacity(64), |mut text, byte| {
        _ = std::fmt::Write::write_fmt(&mut text, format_args!("{byte:02x}"));
        text
    })
}

fn from_hexadecimal(text: &str) -> Option<Vec<u8>> {
    let digits = text.as_bytes();
    let pairs = digits.chunks(2).map(|pair| std::str::from_utf8(pair).ok().filter(|pair| pair.len() == 2));
    pairs.map(|pair| u8::from_str_radix(pair?, 16).ok()).collect()
}

#[cfg(test)]
mod tests {
    use http::Request;

    use super::*;
    use crate::wire::identity;

    const SCOPE: &str = "111111111111/20261124/us-east-1/securityhub/aws4_request";

    /// A request that botocore signed with the secret `local-secret`.
    fn signed(method: &str, uri: &str, body: &'static str, headers: &str, signature: &str) -> Request<&'static str> {
        let mut request = Request::builder().method(method).uri(uri).header("host", "127.0.0.1:4600");
        if !signature.is_empty() {
            let authorization =
                format!("AWS4-HMAC-SHA256 Credential={SCOPE}, SignedHeaders={headers}, Signature={signature}");
            request = request.header("authorization", authorization).header("x-amz-date", "20261124T153735Z");
        }
        if !body.is_empty() {
            request = request.header("content-type", "application/json");
        }
        request.body(body).unwrap()
    }

    fn vectors() -> [Request<&'static str>; 4] {
        [
            signed(
                "GET",
                "/members?OnlyAssociated=false&MaxResults=5&NextToken=a%2Fb%20c",
                "",
                "host;x-amz-date",
                "0707fa4b224cced498fb0b91ad48a1a235d71946b5bd3769665961f3912c9fd6",
            ),
            signed(
                "POST",
                "/findings",
                r#"{"MaxResults": 5}"#,
                "content-type;host;x-amz-date",
                "7995d1ad8bb958eb9459393e3e74978eb5f9298315e415d1648da9c2f3b51b41",
            ),
            signed(
                "GET",
                "/tags/arn%3Aaws%3Asecurityhub%3Aus-east-1%3A111111111111%3Ahub/default",
                "",
                "host;x-amz-date",
                "d1947efad5444b834702bda230f6623102a9ab97ec356a9cb029453d43e4a162",
            ),
            signed(
                "GET",
                "/accounts?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=111111111111%2F20261124%2Fus-east-1\
                 %2Fsecurityhub%2Faws4_request&X-Amz-Date=20261124T153735Z&X-Amz-Expires=3600&X-Amz-SignedHeaders=host\
                 &X-Amz-Signature=b021a4b31cbbb6c2e604ea569b57783ad62e98dcd2249a534093d002adc9968d",
                "",
                "",
                "",
            ),
        ]
    }

    fn check(request: &Request<&'static str>, secret: &str) -> Result<(), AwsError> {
        let (parts, ()) = request.clone().map(|_| ()).into_parts();
        let signature = identity::signature(&parts).unwrap().unwrap();
        verify(&signature, secret, &parts.method, &parts.uri, &parts.headers, request.body().as_bytes())
    }

    #[test]
    fn err_07_signatures_of_botocore_fit() {
        for request in vectors() {
            assert!(check(&request, "local-secret").is_ok(), "{request:?}");
            let error = check(&request, "another-secret").unwrap_err();
            assert_eq!((error.code, error.status), (ErrorCode::InvalidSignatureException, 403));
        }
    }

    #[test]
    fn err_07_a_request_that_was_changed_does_not_fit() {
        let [get, post, label, presigned] = vectors();
        let moved = |request: &Request<&'static str>, from: &str, to: &str| {
            let mut request = request.clone();
            *request.uri_mut() = request.uri().to_string().replace(from, to).parse().unwrap();
            request
        };
        let mut of_other_body = post.clone();
        *of_other_body.body_mut() = r#"{"MaxResults": 6}"#;
        let mut of_other_type = post;
        of_other_type.headers_mut().insert("content-type", "text/json".parse().unwrap());
        let mut of_other_method = get.clone();
        *of_other_method.method_mut() = Method::POST;
        for request in [
            moved(&get, "MaxResults=5", "MaxResults=6"),
            moved(&label, "default", "other"),
            moved(&presigned, "3600", "3601"),
            of_other_body,
            of_other_type,
            of_other_method,
        ] {
            assert!(check(&request, "local-secret").is_err(), "{request:?}");
        }
    }

    #[test]
    fn err_07_the_host_of_http_2_stands_in_the_uri() {
        let [mut get, ..] = vectors();
        get.headers_mut().remove("host");
        *get.uri_mut() = format!("http://127.0.0.1:4600{}", get.uri()).parse().unwrap();
        assert!(check(&get, "local-secret").is_ok());
    }
}
