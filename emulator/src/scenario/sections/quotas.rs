//! `quotas`: limits that replace AWS's own.

use schemars::JsonSchema;
use serde::Deserialize;

use crate::scenario::check::{Check, not_null};
use crate::scenario::spanned::Spanned;
use crate::state::Quotas;

/// Maximum value of a quota, higher than any quota of AWS.
const MAX_QUOTA: u64 = 1_000_000;

/// Maximum number of members of an administrator in a Region, of accounts of the organization, and of connectors.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[schemars(rename = "Quotas")]
#[serde(deny_unknown_fields)]
pub(in crate::scenario) struct Declared {
    /// Maximum number of members of a delegated administrator. Default: 10,000.
    #[schemars(transform = not_null, extend("maximum" = MAX_QUOTA))]
    members: Option<Spanned<u64>>,
    /// Maximum number of members by invitation, including pending invitations. Default: 1,000.
    #[schemars(transform = not_null, extend("maximum" = MAX_QUOTA))]
    invited_members: Option<Spanned<u64>>,
    /// Maximum number of accounts of the organization, including closed ones. Default: 10,000. AWS starts with 10 and
    /// raises it on request.
    #[schemars(transform = not_null, extend("maximum" = MAX_QUOTA))]
    accounts: Option<Spanned<u64>>,
    /// Maximum number of connectors of an account in a Region, in each half. Default: not limited.
    #[schemars(transform = not_null, extend("maximum" = MAX_QUOTA))]
    connectors: Option<Spanned<u64>>,
}

/// Checks the quotas.
pub(in crate::scenario) fn check(written: &Declared, check: &mut Check) -> Quotas {
    let defaults = Quotas::default();
    Quotas {
        members: number(written.members.as_ref(), check).unwrap_or(defaults.members),
        invited_members: number(written.invited_members.as_ref(), check).unwrap_or(defaults.invited_members),
        accounts: number(written.accounts.as_ref(), check).unwrap_or(defaults.accounts),
        connectors: number(written.connectors.as_ref(), check).or(defaults.connectors),
    }
}

fn number(written: Option<&Spanned<u64>>, check: &mut Check) -> Option<usize> {
    let written = written?;
    if written.value > MAX_QUOTA {
        let diagnostic = check.at(written.span, format!("the quota {} is too high", written.value));
        check.push(diagnostic.expected(format!("a number up to {MAX_QUOTA}")));
    }
    usize::try_from(written.value).ok()
}
