//! Requests that are signed like those of AWS clients (SigV4).

use std::time::SystemTime;

use aws_credential_types::Credentials;
use aws_sigv4::http_request::{
    PayloadChecksumKind, PercentEncodingMode, SignableBody, SignableRequest, SigningSettings, UriPathNormalizationMode,
    sign as instructions,
};
use aws_sigv4::sign::v4;
use bytes::Bytes;
use http::Request;
use http::header::HOST;

use super::Failure;

/// The service and the Region that a request is signed for.
#[derive(Clone, Copy, Debug)]
pub struct Scope<'s> {
    /// The name of the service.
    pub service: &'s str,
    /// The Region.
    pub region: &'s str,
}

/// Signs a request for a host, with all of its headers. Sets its `Host` header.
///
/// # Errors
/// The request cannot be signed, for example because a header is not text.
pub fn sign(
    mut request: Request<Bytes>,
    host: &str,
    scope: Scope<'_>,
    credentials: &Credentials,
    now: SystemTime,
) -> Result<Request<Bytes>, Failure> {
    let identity = credentials.clone().into();
    let parameters = v4::SigningParams::builder()
        .identity(&identity)
        .region(scope.region)
        .name(scope.service)
        .time(now)
        .settings(settings(scope.service))
        .build()?
        .into();
    let texts: Result<Vec<(&str, &str)>, _> =
        request.headers().iter().map(|(name, value)| value.to_str().map(|value| (name.as_str(), value))).collect();
    let url = format!("http://{host}{}", request.uri());
    let body = SignableBody::Bytes(request.body());
    let signable = SignableRequest::new(request.method().as_str(), url, texts?.into_iter(), body)?;
    let (instructions, _) = instructions(signable, &parameters)?.into_parts();
    request.headers_mut().insert(HOST, host.parse()?);
    instructions.apply_to_request_http1x(&mut request);
    Ok(request)
}

fn settings(service: &str) -> SigningSettings {
    let mut settings = SigningSettings::default();
    if service == "s3" {
        // S3 signs the path as it is sent.
        settings.percent_encoding_mode = PercentEncodingMode::Single;
        settings.uri_path_normalization_mode = UriPathNormalizationMode::Disabled;
        settings.payload_checksum_kind = PayloadChecksumKind::XAmzSha256;
    }
    settings
}
