//! Identifies the caller of a request and verifies its signature.

use bytes::Bytes;
use http::request::Parts;
use jiff::Timestamp;
use securityhub_fixtures::regions;

use super::{Service, SignatureClock};
use crate::aws_error::{AwsError, ErrorCode};
use crate::call_facts::{Facts, SECURITY_HUB};
use crate::domain::caller::Caller;
use crate::state::{Credential, Directory, Principal, Region, UnknownRegion, World};
use crate::wire::identity::{self, Signature};
use crate::wire::{age, input, route, signature};

impl Service {
    /// Identifies the caller and adds the access key and the service to the facts, also if the caller is refused.
    ///
    /// # Errors
    /// 403 for a missing, malformed or wrong signature, and for an unknown account.
    pub(super) fn identify(
        &self,
        world: &World,
        parts: &Parts,
        body: &Bytes,
        facts: &mut Facts,
    ) -> Result<Caller, AwsError> {
        let now = world.clock.now();
        let directory = world.directory();
        let default_account = directory.default_account.unwrap_or(self.0.settings.default_account);
        let Some(signature) = identity::signature(parts)? else {
            if !self.0.settings.allow_anonymous {
                return Err(identity::missing());
            }
            let principal = Principal::local_user(default_account);
            let region = signed_region(&directory, self.0.settings.default_region.as_str(), SECURITY_HUB)?;
            return Ok(Caller { principal, region, now });
        };
        facts.access_key = Some(signature.access_key.clone());
        if signature.service != SECURITY_HUB {
            facts.service = signature.service.clone().into();
        }
        let principal = world.principal(&signature.access_key, default_account, now).ok_or_else(|| {
            AwsError::new(ErrorCode::ExpiredTokenException, "The security token included in the request is expired")
        })?;
        if self.0.settings.verify_signatures {
            self.verify(world, &signature, parts, body)?;
        }
        // A suspended or closed account gets the same error as an unknown one (ROL-35; the code is `inferred`).
        if directory.is_out_of_use(principal.account) {
            self.0.unknown_callers.report_out_of_use(principal.account);
            return Err(unrecognized());
        }
        let region = signed_region(&directory, &signature.region, &signature.service).inspect_err(|_| {
            self.0.unknown_callers.report_region(world, &UnknownRegion(signature.region.clone()));
        })?;
        Ok(Caller { principal: principal.of_partition(region.partition()), region, now })
    }

    /// Verifies a signature: its age, its session token, and the signature itself.
    fn verify(&self, world: &World, signature: &Signature, parts: &Parts, body: &Bytes) -> Result<(), AwsError> {
        let now = world.clock.now();
        match self.0.settings.signature_clock {
            SignatureClock::Machine => age::check(signature, parts, Timestamp::now())?,
            SignatureClock::World => age::check(signature, parts, now)?,
            SignatureClock::Off => age::check_lifetime(signature, parts)?,
        }
        let Some(Credential { secret: Some(secret), token, .. }) = world.credential(&signature.access_key, now) else {
            return Err(unrecognized());
        };
        if token.is_some() && token != identity::session_token(parts) {
            return Err(unrecognized());
        }
        if input::is_too_large(parts, body, route::BODY_LIMIT) {
            // The signature covers the whole body, which was not received. The call is refused for its size later.
            return Ok(());
        }
        signature::verify(signature, &secret, &parts.method, &parts.uri, &parts.headers, body)
    }
}

/// The Region of a credential scope. SDKs sign with a partition's global name for services without Regions.
///
/// # Errors
/// 403 `InvalidSignatureException` for an unknown Region. AWS has no endpoint for one, so its response cannot be
/// observed; the first sentence is what existing endpoints return for the signature of another Region.
fn signed_region(directory: &Directory, name: &str, service: &str) -> Result<Region, AwsError> {
    directory.region(name).or_else(|unknown| {
        if service != SECURITY_HUB && regions::is_global(name) {
            return Ok(Region::new(name));
        }
        let message = format!("Credential should be scoped to a valid region, not '{name}'. {unknown}.");
        Err(AwsError::new(ErrorCode::InvalidSignatureException, message))
    })
}

/// The error for an unknown access key.
fn unrecognized() -> AwsError {
    AwsError::new(ErrorCode::UnrecognizedClientException, "The security token included in the request is invalid.")
}
