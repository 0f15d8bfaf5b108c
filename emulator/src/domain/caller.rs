//! The caller of an operation, with its Region and time.

use securityhub_fixtures::Operation;

use crate::aws_error::AwsError;
use crate::state::{AccountId, HubKey, Principal, Region, Timestamp};

/// The principal that calls an operation, the Region of the call, and its time by the world's clock.
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
    /// The principal [`Principal::local_user`] of an account as a caller.
    pub fn local_user(account: AccountId, region: Region, now: Timestamp) -> Caller {
        Caller { principal: Principal::local_user(account), region, now }
    }

    /// The caller's account.
    pub fn account(&self) -> AccountId {
        self.principal.account
    }

    /// The caller's own hub.
    pub fn hub_key(&self) -> HubKey {
        HubKey { account: self.account(), region: self.region.clone() }
    }

    /// 403 in the short form, which gives no reason (DEN-07).
    pub fn not_authorized(&self, operation: Operation, resource: &str) -> AwsError {
        AwsError::access_denied(format!(
            "User: {} is not authorized to perform: securityhub:{} on resource: {resource}",
            self.principal.arn,
            operation.name()
        ))
    }
}
