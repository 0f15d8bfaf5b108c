//! Who calls, where and when: what every rule may ask of a call.

use securityhub_fixtures::Operation;

use crate::aws_error::AwsError;
use crate::state::{AccountId, HubKey, Principal, Region, Timestamp};

/// Who calls an operation, in which region, at what time of the world's clock.
#[derive(Clone, Debug)]
pub struct Caller {
    /// The account and the principal.
    pub principal: Principal,
    /// The region of the endpoint.
    pub region: Region,
    /// The time of the call.
    pub now: Timestamp,
}

impl Caller {
    /// The caller's account.
    pub fn account(&self) -> AccountId {
        self.principal.account
    }

    /// The caller's own hub.
    pub fn hub_key(&self) -> HubKey {
        HubKey { account: self.account(), region: self.region.clone() }
    }

    /// 403 in the short form, without a reason (DEN-07).
    pub fn not_authorized(&self, operation: Operation, resource: &str) -> AwsError {
        AwsError::access_denied(format!(
            "User: {} is not authorized to perform: securityhub:{} on resource: {resource}",
            self.principal.arn,
            operation.name()
        ))
    }
}
