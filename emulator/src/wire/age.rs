//! Age limits of signatures and the lifetime of presigned URLs (`--verify-signatures`).
//!
//! The messages are those of AWS's front ends, observed for many services. Two details are `inferred`: that the limit
//! is 15 minutes for Security Hub (some services have 5), and the message for a presigned URL that expires by its own
//! lifetime.

use http::request::Parts;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

use super::identity::{self, Signature};
use super::signature;
use crate::aws_error::{AwsError, ErrorCode};

/// Maximum difference between the time of signing and the clock, in minutes.
const MAX_SKEW: i64 = 15;
/// Maximum lifetime of a presigned URL, in seconds: a week.
const MAX_LIFETIME: i64 = 7 * 24 * 3600;
/// The format of signing times.
const SIGNING_TIME: &str = "%Y%m%dT%H%M%SZ";

/// Checks the time of signing against `now`.
///
/// # Errors
/// 403 `IncompleteSignatureException` if the time is missing or invalid, 403 `InvalidSignatureException` if it is too
/// far from `now`.
pub fn check(signature: &Signature, parts: &Parts, now: Timestamp) -> Result<(), AwsError> {
    let text = signature::time(signature, &parts.uri, &parts.headers);
    if text.is_empty() {
        let missing = "Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header.";
        return Err(AwsError::new(ErrorCode::IncompleteSignatureException, missing));
    }
    let signed = DateTime::strptime(SIGNING_TIME, &text).ok().and_then(|time| TimeZone::UTC.to_timestamp(time).ok());
    let Some(signed) = signed else {
        let message =
            format!("Date must be in ISO-8601 'basic format'. Got '{text}'. See http://en.wikipedia.org/wiki/ISO_8601");
        return Err(AwsError::new(ErrorCode::IncompleteSignatureException, message));
    };
    let skew = SignedDuration::from_mins(MAX_SKEW);
    let (latest, age) = (shifted(now, skew), lifetime(signature, parts)?);
    let (longest, period) = age.unwrap_or((skew, format!("{MAX_SKEW} min.")));
    let earliest = shifted(now, -longest);
    let [limit_before, limit_after, clock] =
        [earliest, latest, now].map(|time| time.strftime(SIGNING_TIME).to_string());
    if signed < earliest {
        let message = format!("Signature expired: {text} is now earlier than {limit_before} ({clock} - {period})");
        return Err(AwsError::new(ErrorCode::InvalidSignatureException, message));
    }
    if signed > latest {
        let message =
            format!("Signature not yet current: {text} is still later than {limit_after} ({clock} + {MAX_SKEW} min.)");
        return Err(AwsError::new(ErrorCode::InvalidSignatureException, message));
    }
    Ok(())
}

/// Checks only the lifetime of a presigned URL, for use when ages are not checked.
///
/// # Errors
/// 403 `IncompleteSignatureException` if it is missing or out of range.
pub fn check_lifetime(signature: &Signature, parts: &Parts) -> Result<(), AwsError> {
    lifetime(signature, parts).map(|_| ())
}

fn shifted(time: Timestamp, by: SignedDuration) -> Timestamp {
    time.checked_add(by).unwrap_or(time)
}

/// The lifetime of a presigned URL and its text. STS ignores the parameter: its presigned URLs are valid for 15
/// minutes, which the tokens of EKS clusters rely on.
fn lifetime(signature: &Signature, parts: &Parts) -> Result<Option<(SignedDuration, String)>, AwsError> {
    if !signature.presigned || signature.service == "sts" {
        return Ok(None);
    }
    let Some(text) = identity::query_value(parts, "X-Amz-Expires") else {
        return Err(AwsError::new(ErrorCode::IncompleteSignatureException, "The query requires 'X-Amz-Expires'."));
    };
    match text.parse() {
        Ok(seconds @ 1..=MAX_LIFETIME) => Ok(Some((SignedDuration::from_secs(seconds), format!("{seconds} sec.")))),
        _ => Err(AwsError::new(
            ErrorCode::IncompleteSignatureException,
            format!("X-Amz-Expires must be a number of seconds from 1 to {MAX_LIFETIME}. Got '{text}'."),
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SCOPE: &str = "111111111111/20260115/us-east-1/SERVICE/aws4_request";

    fn checked(uri: &str, service: &str, date: Option<&str>, now: &str) -> Result<(), (&'static str, String)> {
        let scope = SCOPE.replace("SERVICE", service);
        let mut request = http::Request::get(uri.replace("SCOPE", &scope.replace('/', "%2F")));
        if !uri.contains('?') {
            let header = format!("AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host;x-amz-date, Signature=00");
            request = request.header("authorization", header);
        }
        if let Some(date) = date {
            request = request.header("x-amz-date", date);
        }
        let parts = request.body(()).unwrap().into_parts().0;
        let signature = identity::signature(&parts).unwrap().unwrap();
        check(&signature, &parts, now.parse().unwrap()).map_err(|error| (error.code.name(), error.message.into_owned()))
    }

    /// Rules: ERR-22.
    #[test]
    fn a_signature_is_valid_for_15_minutes() {
        let at = |now: &str| checked("/accounts", "securityhub", Some("20260115T090000Z"), now);
        for time in ["2026-01-15T08:45:00Z", "2026-01-15T09:00:00Z", "2026-01-15T09:15:00Z"] {
            assert_eq!(at(time), Ok(()), "{time}");
        }
        let code = "InvalidSignatureException";
        let expired =
            "Signature expired: 20260115T090000Z is now earlier than 20260115T090001Z (20260115T091501Z - 15 min.)";
        assert_eq!(at("2026-01-15T09:15:01Z"), Err((code, expired.to_owned())));
        let early = "Signature not yet current: 20260115T090000Z is still later than 20260115T085959Z (20260115T084459Z + 15 min.)";
        assert_eq!(at("2026-01-15T08:44:59Z"), Err((code, early.to_owned())));
    }

    /// Rules: ERR-22.
    #[test]
    fn the_signing_time_is_required_and_has_a_fixed_format() {
        let with = |date| checked("/accounts", "securityhub", date, "2026-01-15T09:00:00Z").map_err(|(code, _)| code);
        assert_eq!(with(None), Err("IncompleteSignatureException"));
        for date in ["2026-01-15T09:00:00Z", "x", "20261315T090000Z"] {
            assert_eq!(with(Some(date)), Err("IncompleteSignatureException"), "{date}");
        }
    }

    /// Rules: ERR-23.
    #[test]
    fn a_presigned_url_is_valid_for_its_stated_lifetime() {
        let uri = |expires: &str| {
            format!(
                "/accounts?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=SCOPE&X-Amz-Date=20260115T090000Z{expires}\
                 &X-Amz-SignedHeaders=host&X-Amz-Signature=00"
            )
        };
        let at = |service: &str, expires: &str, now: &str| {
            checked(&uri(expires), service, None, now).map_err(|(code, message)| format!("{code}: {message}"))
        };
        assert_eq!(at("securityhub", "&X-Amz-Expires=60", "2026-01-15T09:01:00Z"), Ok(()));
        assert_eq!(at("securityhub", "&X-Amz-Expires=3600", "2026-01-15T10:00:00Z"), Ok(()));
        assert_eq!(
            at("securityhub", "&X-Amz-Expires=60", "2026-01-15T09:01:01Z"),
            Err("InvalidSignatureException: Signature expired: 20260115T090000Z is now earlier than 20260115T090001Z \
                 (20260115T090101Z - 60 sec.)"
                .to_owned())
        );
        assert_eq!(at("sts", "&X-Amz-Expires=60", "2026-01-15T09:15:00Z"), Ok(()), "STS ignores X-Amz-Expires");
        for expires in ["", "&X-Amz-Expires=0", "&X-Amz-Expires=604801", "&X-Amz-Expires=x"] {
            let refused = at("securityhub", expires, "2026-01-15T09:00:00Z").unwrap_err();
            assert!(refused.starts_with("IncompleteSignatureException: "), "{expires}: {refused}");
            let scope = SCOPE.replace("SERVICE", "securityhub").replace('/', "%2F");
            let request = http::Request::get(uri(expires).replace("SCOPE", &scope)).body(()).unwrap();
            let parts = request.into_parts().0;
            let signature = identity::signature(&parts).unwrap().unwrap();
            assert_eq!(check_lifetime(&signature, &parts).unwrap_err().code.name(), "IncompleteSignatureException");
        }
    }
}
