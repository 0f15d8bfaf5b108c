//! Verification of SigV4 signatures with the secret key (`--verify-signatures`).

use hmac::{Hmac, KeyInit, Mac};
use http::{HeaderMap, Method, Uri};
use jiff::fmt::rfc2822;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};
use sha2::{Digest, Sha256};

use super::identity::Signature;
use crate::aws_error::{AwsError, ErrorCode};

/// The characters that SigV4 does not encode.
const ENCODED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

const MISMATCH: &str = "The request signature we calculated does not match the signature you provided. Check your AWS \
                        Secret Access Key and signing method. Consult the service documentation for details.";

const HOST_NOT_SIGNED: &str = "'Host' or ':authority' must be a 'SignedHeader' in the AWS Authorization.";

/// Verifies a signature. [`super::age`] checks whether it is recent.
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
    let mismatch = |message| AwsError::new(ErrorCode::InvalidSignatureException, message);
    if !signature.header_names().any(|name| name == "host") {
        return Err(mismatch(HOST_NOT_SIGNED));
    }
    let canonical = canonical_request(signature, method, uri, headers, body);
    let time = time(signature, uri, headers);
    if !time.starts_with(&signature.date) {
        return Err(mismatch(MISMATCH));
    }
    let scope = format!("{}/{}/{}/aws4_request", signature.date, signature.region, signature.service);
    let text = format!("AWS4-HMAC-SHA256\n{}\n{scope}\n{}", time, hash(canonical.as_bytes()));
    let parts = [&*signature.date, &signature.region, &signature.service, "aws4_request"];
    let key = parts.iter().fold(format!("AWS4{secret}").into_bytes(), |key, part| {
        hmac(&key, part.as_bytes()).finalize().into_bytes().to_vec()
    });
    let provided = hex::decode(&signature.signature).unwrap_or_default();
    // The comparison takes constant time.
    hmac(&key, text.as_bytes()).verify_slice(&provided).map_err(|_| mismatch(MISMATCH))
}

fn canonical_request(signature: &Signature, method: &Method, uri: &Uri, headers: &HeaderMap, body: &[u8]) -> String {
    let mut header_lines = String::new();
    for name in signature.header_names() {
        header_lines.extend([name, ":", &header(uri, headers, name), "\n"]);
    }
    [
        method.as_str(),
        &canonical_path(&signature.service, uri.path()),
        &canonical_query(uri.query().unwrap_or_default()),
        &header_lines,
        &signature.signed_headers,
        &payload(signature, headers, body),
    ]
    .join("\n")
}

/// Services other than S3 remove dot segments and empty segments from the path as sent, and encode it once more.
fn canonical_path(service: &str, path: &str) -> String {
    if service == "s3" {
        return path.to_owned();
    }
    let mut canonical: Vec<String> = Vec::new();
    for segment in path.split('/') {
        match segment {
            "" | "." => {}
            ".." => _ = canonical.pop(),
            segment => canonical.push(utf8_percent_encode(segment, ENCODED).to_string()),
        }
    }
    let end = if path.ends_with('/') && !canonical.is_empty() { "/" } else { "" };
    format!("/{}{end}", canonical.join("/"))
}

/// Encoded pairs sorted by name and value. The signature itself is excluded from a presigned query.
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

/// The values of a header, trimmed and with inner whitespace collapsed. Over HTTP/2 the host is in the URI.
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

/// The time of signing as signed: that of X-Amz-Date, otherwise that of Date.
pub(super) fn time(signature: &Signature, uri: &Uri, headers: &HeaderMap) -> String {
    if signature.presigned {
        let pairs = uri.query().unwrap_or_default().split('&').filter_map(|pair| pair.split_once('='));
        return pairs.filter(|(name, _)| *name == "X-Amz-Date").map(|(_, value)| value.to_owned()).collect();
    }
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    match (text("x-amz-date"), text("date")) {
        (Some(time), _) => time.to_owned(),
        (None, date) => date.and_then(basic_form).unwrap_or_default(),
    }
}

/// Converts the time of a Date header, `Tue, 24 Nov 2026 15:37:35 GMT`, to `20261124T153735Z`.
fn basic_form(date: &str) -> Option<String> {
    let instant = rfc2822::DateTimeParser::new().parse_timestamp(date).ok()?;
    Some(instant.strftime("%Y%m%dT%H%M%SZ").to_string())
}

fn hmac(key: &[u8], text: &[u8]) -> Hmac<Sha256> {
    // HMAC accepts keys of any length, so this never falls back to the default.
    let keyed = Hmac::<Sha256>::new_from_slice(key);
    let keyed = keyed.unwrap_or_else(|_| Hmac::<Sha256>::new(&hmac::digest::Key::<Hmac<Sha256>>::default()));
    keyed.chain_update(text)
}

fn hash(bytes: &[u8]) -> String {
    hex::encode(Sha256::digest(bytes))
}

#[cfg(test)]
mod tests {
    use http::Request;
    use http::request::Parts;

    use super::*;
    use crate::wire::identity;

    const SCOPE: &str = "111111111111/20261124/us-east-1/securityhub/aws4_request";

    /// A request signed by botocore with the secret `local-secret`.
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

    /// Rules: ERR-07.
    #[test]
    fn signatures_of_botocore_are_accepted() {
        for request in vectors() {
            assert!(check(&request, "local-secret").is_ok(), "{request:?}");
            let error = check(&request, "another-secret").unwrap_err();
            assert_eq!((error.code, error.status), (ErrorCode::InvalidSignatureException, 403));
        }
    }

    /// Rules: ERR-07.
    #[test]
    fn a_modified_request_is_refused() {
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

    /// Rules: ERR-07.
    #[test]
    fn over_http_2_the_host_is_taken_from_the_uri() {
        let [mut get, ..] = vectors();
        get.headers_mut().remove("host");
        *get.uri_mut() = format!("http://127.0.0.1:4600{}", get.uri()).parse().unwrap();
        assert!(check(&get, "local-secret").is_ok());
    }

    /// Requests signed by botocore with headers and paths that its clients do not send.
    fn unusual_vectors() -> [Request<&'static str>; 4] {
        let request = |method: &str, uri: &str, service: &str, headers: &str, signature: &str| {
            let scope = SCOPE.replace("securityhub", service);
            let authorization =
                format!("AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders={headers}, Signature={signature}");
            let request = Request::builder().method(method).uri(uri).header("host", "127.0.0.1:4600");
            request.header("authorization", authorization)
        };
        let date = "20261124T153735Z";
        let path = "/tags/arn%3Aaws%3Ahub//./x/../default/";
        let dots = "5dc0b5e4f04d99c2d04b1d6dc3aaec01662f765bf39d0a7b9786e731acae3f2f";
        let dated = "0fab4e12de031bd768ec8009b52e0e9aaa9711db03c430ea467e31724b2a9958";
        let blanks = "7f048be3a1b01a03feab3b0cecde3e1a4ce2e6bdf16703d0afd722741ed94e59";
        let buckets = "eade04031dc79ce0c5f58279e714b0abaf7c8ff79c07325683b8a3013fa324f0";
        let payload = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
        let hashed = "host;x-amz-content-sha256;x-amz-date";
        [
            request("GET", path, "securityhub", "host;x-amz-date", dots).header("x-amz-date", date).body(""),
            request("GET", "/members?a=", "securityhub", "date;host", dated)
                .header("date", "Tue, 24 Nov 2026 15:37:35 -0000")
                .body(""),
            request("POST", "/findings", "securityhub", &format!("{hashed};x-spaces"), blanks)
                .header("x-amz-date", date)
                .header("x-amz-content-sha256", "UNSIGNED-PAYLOAD")
                .header("x-spaces", "  a   b  ")
                .body("{}"),
            request("GET", "/", "s3", hashed, buckets)
                .header("x-amz-date", date)
                .header("x-amz-content-sha256", payload)
                .body(""),
        ]
        .map(Result::unwrap)
    }

    /// Rules: ERR-07.
    #[test]
    fn unusual_requests_of_botocore_are_accepted() {
        for request in unusual_vectors() {
            assert!(check(&request, "local-secret").is_ok(), "{request:?}");
            assert!(check(&request, "another-secret").is_err(), "{request:?}");
        }
    }

    /// Returns whether a request is refused, including for an unreadable signature.
    fn is_refused(request: &Request<&'static str>) -> bool {
        let (parts, ()) = request.clone().map(|_| ()).into_parts();
        let Ok(Some(signature)) = identity::signature(&parts) else { return true };
        let Parts { method, uri, headers, .. } = &parts;
        verify(&signature, "local-secret", method, uri, headers, request.body().as_bytes()).is_err()
    }

    /// All variants of the text with one byte changed, from `start` on.
    fn changes(text: &str, start: usize) -> Vec<String> {
        let others = |position: usize| [b'x', b'0'].into_iter().filter(move |&byte| byte != text.as_bytes()[position]);
        let change = |position: usize, byte: u8| {
            let mut bytes = text.as_bytes().to_vec();
            bytes[position] = byte;
            String::from_utf8(bytes).unwrap()
        };
        (start..text.len()).flat_map(|position| others(position).map(move |byte| change(position, byte))).collect()
    }

    /// Rules: ERR-07.
    #[test]
    fn a_change_of_any_byte_is_refused() {
        let mut tried = 0;
        for request in vectors() {
            let mut changed = Vec::new();
            for uri in changes(&request.uri().to_string(), 1) {
                let Ok(uri) = uri.parse() else { continue };
                let mut other = request.clone();
                *other.uri_mut() = uri;
                changed.push(other);
            }
            for body in changes(request.body(), 0) {
                changed.push(request.clone().map(|_| &*body.leak()));
            }
            for (name, value) in request.headers() {
                // In the header form, the access key is not part of the signed text; it only selects the secret.
                let value = value.to_str().unwrap();
                for text in changes(value, value.find("/20261124").unwrap_or_default()) {
                    let mut other = request.clone();
                    other.headers_mut().insert(name.clone(), text.parse().unwrap());
                    changed.push(other);
                }
            }
            tried += changed.len();
            for request in changed {
                assert!(is_refused(&request), "{request:?}");
            }
        }
        assert!(tried > 1000, "only {tried}");
    }

    /// Rules: ERR-07.
    #[test]
    fn the_host_must_be_signed() {
        let [mut get, ..] = vectors();
        let header = get.headers()["authorization"].to_str().unwrap().replace("host;", "");
        get.headers_mut().insert("authorization", header.parse().unwrap());
        assert_eq!(check(&get, "local-secret").unwrap_err().message, HOST_NOT_SIGNED);
    }

    /// Rules: ERR-07.
    #[test]
    fn the_date_of_the_scope_must_match_the_date_of_the_request() {
        // Signed for the following day in all hashed parts; only the two dates differ.
        let signature = "45429f8d148e65ac7605edd5d588ceb777070ed9feb2f9bdd14c27308b564402";
        let mut request = signed("GET", "/accounts", "", "host;x-amz-date", signature);
        let header = request.headers()["authorization"].to_str().unwrap().replace("/20261124/", "/20261125/");
        request.headers_mut().insert("authorization", header.parse().unwrap());
        assert_eq!(check(&request, "local-secret").unwrap_err().message, MISMATCH);
    }
}
