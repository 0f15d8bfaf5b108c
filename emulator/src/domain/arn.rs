//! Parsing and building ARNs of Security Hub.

use crate::state::{AccountId, HubKey, Region};

/// The parts of an ARN, `arn:partition:service:region:account:resource`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Arn<'a> {
    /// `aws`, `aws-cn`, …
    pub partition: &'a str,
    /// `securityhub`
    pub service: &'a str,
    /// Empty for global resources.
    pub region: &'a str,
    /// Empty for resources without an owner.
    pub account: &'a str,
    /// The rest, which may contain colons.
    pub resource: &'a str,
}

impl<'a> Arn<'a> {
    /// Splits a text; `None` if it does not have six parts.
    pub fn parse(text: &'a str) -> Option<Arn<'a>> {
        let mut parts = text.splitn(6, ':');
        if parts.next()? != "arn" {
            return None;
        }
        let arn = Arn {
            partition: parts.next()?,
            service: parts.next()?,
            region: parts.next()?,
            account: parts.next()?,
            resource: parts.next()?,
        };
        (!arn.partition.is_empty() && !arn.service.is_empty() && !arn.resource.is_empty()).then_some(arn)
    }
}

/// `arn:PARTITION:securityhub:REGION:ACCOUNT:RESOURCE`
pub fn of_account(region: &Region, account: AccountId, resource: &str) -> String {
    format!("arn:{}:securityhub:{region}:{account}:{resource}", region.partition())
}

/// The ARN of a hub (HUB-01).
pub fn hub(key: &HubKey) -> String {
    of_account(&key.region, key.account, "hub/default")
}

/// The ARN of a V2 hub with an ID (HV2-01).
pub fn hub_v2(key: &HubKey, id: &str) -> String {
    of_account(&key.region, key.account, &format!("hubv2/{id}"))
}

/// `arn:PARTITION:securityhub:REGION:ACCOUNT:product/COMPANY/PRODUCT`; the account may be empty.
pub fn product(region: &Region, account: &str, company_id: &str, product_id: &str) -> String {
    format!("arn:{}:securityhub:{region}:{account}:product/{company_id}/{product_id}", region.partition())
}

#[cfg(test)]
mod tests {
    use super::Arn;

    #[test]
    fn an_arn_has_six_parts_and_the_last_keeps_its_colons() {
        let arn = Arn::parse("arn:aws:securityhub:us-east-1::product/a:b/c").unwrap();
        assert_eq!((arn.account, arn.resource), ("", "product/a:b/c"));
        for wrong in ["", "arn", "arn:aws:securityhub:us-east-1:1", "urn:a:b:c:d:e", "arn::s:r:a:x", "arn:aws:s:r:a:"] {
            assert_eq!(Arn::parse(wrong), None, "{wrong}");
        }
    }
}
