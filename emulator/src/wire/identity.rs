//! The signer of a request: the SigV4 credential scope from the header or a presigned query.

use http::request::Parts;
use percent_encoding::percent_decode_str;

use crate::aws_error::{AwsError, ErrorCode};

const ALGORITHM: &str = "AWS4-HMAC-SHA256";

/// The parts of a signature. The signature is not verified here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Signature {
    /// The access key id.
    pub access_key: String,
    /// The date of the scope, `YYYYMMDD`.
    pub date: String,
    /// The Region of the scope.
    pub region: String,
    /// The service of the scope.
    pub service: String,
    /// Names of the signed headers, in lower case, sorted, and separated by `;`.
    pub signed_headers: String,
    /// The signature, in hexadecimal.
    pub signature: String,
    /// True if it comes from the query.
    pub presigned: bool,
}

impl Signature {
    /// Names of the signed headers.
    pub fn header_names(&self) -> impl Iterator<Item = &str> {
        self.signed_headers.split(';')
    }
}

/// Parses the signature of a request; `None` if the request is not signed.
///
/// # Errors
/// 403 `IncompleteSignatureException` if the signature is malformed.
pub fn signature(parts: &Parts) -> Result<Option<Signature>, AwsError> {
    if let Some(header) = parts.headers.get(http::header::AUTHORIZATION) {
        let text = header.to_str().map_err(|_| incomplete("The Authorization header is not readable as text."))?;
        return from_header(text).map(Some);
    }
    from_query(parts.uri.query().unwrap_or_default())
}

/// The first value of a query parameter, decoded.
pub fn query_value(parts: &Parts, name: &str) -> Option<String> {
    let pairs = parts.uri.query().unwrap_or_default().split('&').filter_map(|pair| pair.split_once('='));
    let mut values = pairs.filter(|(found, _)| *found == name).map(|(_, value)| value);
    values.next().map(|value| percent_decode_str(value).decode_utf8_lossy().into_owned())
}

/// The session token of a signed request, from the header or the query.
pub fn session_token(parts: &Parts) -> Option<String> {
    let header = parts.headers.get("x-amz-security-token").map(|value| String::from_utf8_lossy(value.as_bytes()));
    header.map(std::borrow::Cow::into_owned).or_else(|| query_value(parts, "X-Amz-Security-Token"))
}

/// 403 `MissingAuthenticationTokenException`.
pub fn missing() -> AwsError {
    AwsError::new(ErrorCode::MissingAuthenticationTokenException, "Missing Authentication Token")
}

fn incomplete(message: impl Into<String>) -> AwsError {
    AwsError::new(ErrorCode::IncompleteSignatureException, message.into())
}

fn from_header(text: &str) -> Result<Signature, AwsError> {
    let Some(parameters) = text.strip_prefix(ALGORITHM) else {
        return Err(incomplete(format!("The Authorization header must begin with {ALGORITHM}.")));
    };
    let mut found = [None; 3];
    for parameter in parameters.split(',') {
        let (name, value) = parameter.trim().split_once('=').unwrap_or_default();
        match name {
            "Credential" => found[0] = Some(value),
            "SignedHeaders" => found[1] = Some(value),
            "Signature" => found[2] = Some(value),
            _ => {}
        }
    }
    let need = |position: usize, name: &str| {
        found[position].ok_or_else(|| incomplete(format!("Authorization header requires '{name}' parameter.")))
    };
    build(need(0, "Credential")?, need(1, "SignedHeaders")?, need(2, "Signature")?, false)
}

fn from_query(query: &str) -> Result<Option<Signature>, AwsError> {
    let mut found = [const { None }; 4];
    for pair in query.split('&') {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        let position = match name {
            "X-Amz-Algorithm" => 0,
            "X-Amz-Credential" => 1,
            "X-Amz-SignedHeaders" => 2,
            "X-Amz-Signature" => 3,
            _ => continue,
        };
        found[position] = Some(percent_decode_str(value).decode_utf8_lossy().into_owned());
    }
    let [algorithm, credential, signed_headers, signature] = found;
    let Some(algorithm) = algorithm else { return Ok(None) };
    if algorithm != ALGORITHM {
        return Err(incomplete(format!("X-Amz-Algorithm must be {ALGORITHM}.")));
    }
    let need =
        |value: Option<String>, name: &str| value.ok_or_else(|| incomplete(format!("The query requires '{name}'.")));
    let credential = need(credential, "X-Amz-Credential")?;
    let signed_headers = need(signed_headers, "X-Amz-SignedHeaders")?;
    let signature = need(signature, "X-Amz-Signature")?;
    build(&credential, &signed_headers, &signature, true).map(Some)
}

fn build(credential: &str, signed_headers: &str, signature: &str, presigned: bool) -> Result<Signature, AwsError> {
    let mut scope = credential.split('/');
    let elements: [Option<&str>; 6] = std::array::from_fn(|_| scope.next());
    let [Some(access_key), Some(date), Some(region), Some(service), Some("aws4_request"), None] = elements else {
        return Err(incomplete(
            "Credential must have exactly 5 slash-delimited elements, e.g. keyid/date/region/service/aws4_request.",
        ));
    };
    if [access_key, date, region, service].iter().any(|part| part.is_empty()) {
        return Err(incomplete("Credential must not have empty elements."));
    }
    Ok(Signature {
        access_key: access_key.to_owned(),
        date: date.to_owned(),
        region: region.to_owned(),
        service: service.to_owned(),
        signed_headers: signed_headers.to_owned(),
        signature: signature.to_owned(),
        presigned,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(authorization: Option<&str>, uri: &str) -> Result<Option<Signature>, AwsError> {
        let mut request = http::Request::builder().uri(uri);
        if let Some(value) = authorization {
            request = request.header("authorization", value);
        }
        signature(&request.body(()).unwrap().into_parts().0)
    }

    /// Rules: ERR-07.
    #[test]
    fn the_scope_is_read_from_the_header() {
        let header = "AWS4-HMAC-SHA256 Credential=111111111111/20260115/eu-west-1/securityhub/aws4_request, \
                      SignedHeaders=host;x-amz-date, Signature=ab";
        let found = check(Some(header), "/accounts").unwrap().unwrap();
        assert_eq!((&*found.access_key, &*found.region, &*found.service), ("111111111111", "eu-west-1", "securityhub"));
        assert_eq!(found.signed_headers, "host;x-amz-date");
    }

    /// Rules: ERR-07.
    #[test]
    fn the_scope_is_read_from_a_presigned_query() {
        let uri = "/accounts?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=AKIA%2F20260115%2Fus-east-1%2Fsecurityhub\
                   %2Faws4_request&X-Amz-SignedHeaders=host&X-Amz-Signature=ab";
        let found = check(None, uri).unwrap().unwrap();
        assert_eq!((&*found.access_key, found.presigned), ("AKIA", true));
    }

    /// Rules: ERR-07.
    #[test]
    fn a_malformed_signature_is_incomplete_and_a_missing_one_is_none() {
        assert_eq!(check(None, "/accounts?x=1").unwrap(), None);
        for header in [
            "Bearer x",
            "AWS4-HMAC-SHA256",
            "AWS4-HMAC-SHA256 Credential=a/b/c, SignedHeaders=host, Signature=x",
            "AWS4-HMAC-SHA256 Credential=a/b/c/d/aws4_request, Signature=x",
            "AWS4-HMAC-SHA256 Credential=///securityhub/aws4_request, SignedHeaders=host, Signature=x",
        ] {
            let error = check(Some(header), "/accounts").unwrap_err();
            assert_eq!((error.code, error.status), (ErrorCode::IncompleteSignatureException, 403), "{header}");
        }
    }
}
