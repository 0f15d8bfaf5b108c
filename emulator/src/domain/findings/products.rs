//! Product integrations: the catalogue of a Region, and the subscriptions of a hub.

use securityhub_fixtures::products::{PRODUCTS, Product};
use serde_json::json;

use crate::aws_error::{AwsError, ErrorCode};
use crate::domain::arn::{self, Arn};
use crate::domain::caller::Caller;
use crate::domain::findings::product::{self, ProductArnError, Source};
use crate::domain::hub_access;
use crate::invariant::Invariant;
use crate::state::{Directory, HubKey, Region, Transaction};

/// Reason why a subscription cannot be changed.
#[derive(Debug, PartialEq, Eq)]
pub enum ProductError {
    /// The text is not a product ARN of this Region and partition (PRD-15).
    NoProductArn(String),
    /// The product does not exist or is private (PRD-04, PRD-13).
    NoProduct(String),
    /// The hub is subscribed already (PRD-14).
    AlreadyEnabled(String),
    /// The hub is not subscribed (PRD-19).
    NotEnabled(String),
    /// The subscription does not belong to the caller (PRD-19).
    NotOwned(String, String),
}

impl From<ProductError> for AwsError {
    fn from(error: ProductError) -> AwsError {
        match error {
            ProductError::NoProductArn(arn) => AwsError::invalid_input(format!("productArn: \"{arn}\"")),
            ProductError::NoProduct(arn) => AwsError::not_found(json!({ "productArn": arn }).to_string()),
            ProductError::AlreadyEnabled(arn) => {
                AwsError::new(ErrorCode::ResourceConflictException, format!("Product {arn} is already enabled"))
            }
            ProductError::NotEnabled(arn) => AwsError::not_found(format!("Product subscription {arn} was not found")),
            ProductError::NotOwned(account, arn) => AwsError::access_denied(format!(
                "Account id {account} is not authorized to perform action on resource: {arn}"
            )),
        }
    }
}

/// The products that DescribeProducts lists in a Region: those of its partition with published ids (PRD-10), and those
/// of the scenario (PRD-33).
pub fn described(directory: &Directory, region: &Region) -> impl Iterator<Item = &'static Product> {
    let all = PRODUCTS.iter().chain(directory.products.iter().copied());
    all.filter(|product| product.described && product.is_in(region.partition(), region.as_str()))
}

/// The ARN of a product in a region (PRD-01).
pub fn product_arn(region: &Region, product: &Product) -> String {
    arn::product(region, product.account.unwrap_or_default(), product.company_id, product.product_id)
}

/// The ARN of a hub's subscription to `company/product` (PRD-02).
pub fn subscription_arn(hub: &HubKey, name: &str) -> String {
    arn::of_account(&hub.region, hub.account, &format!("product-subscription/{name}"))
}

/// The sort key of subscriptions: by company, then product; Security Hub itself is the last product of AWS (PRD-20).
pub fn order(name: &str) -> (&str, bool, &str) {
    let (company, product) =
        name.split_once('/').or_report("a subscription has a company and a product").unwrap_or((name, ""));
    (company, product == "securityhub", product)
}

/// The resource policy that lets a product's sender and the caller import (PRD-09). If a product has no account, its
/// sender is the service (`inferred`).
pub fn subscription_policy(hub: &HubKey, product: &Product) -> String {
    let caller = hub.account;
    let subscription = subscription_arn(hub, &format!("{}/{}", product.company_id, product.product_id));
    let sender = match product.account {
        Some(account) => format!("{{\"AWS\":\"{account}\"}}"),
        None => "{\"Service\":\"securityhub.amazonaws.com\"}".to_owned(),
    };
    let statement = |principal: &str, resource: &str| {
        format!(
            "{{\"Effect\":\"Allow\",\"Principal\":{principal},\"Action\":[\"securityhub:BatchImportFindings\"],\
             \"Resource\":\"{resource}\",\"Condition\":{{\"StringEquals\":{{\"securityhub:TargetAccount\":\"{caller}\"}}}}}}"
        )
    };
    let product = product_arn(&hub.region, product);
    let statements = [statement(&sender, &subscription), statement(&format!("{{\"AWS\":\"{caller}\"}}"), &product)];
    format!("{{\"Version\":\"2012-10-17\",\"Statement\":[{}]}}", statements.join(","))
}

/// Subscribes the caller's hub to a product and returns the ARN of the subscription (PRD-12 … PRD-16).
///
/// # Errors
/// [`ProductError`], or 401 when the hub is disabled.
pub fn enable(transaction: &mut Transaction<'_>, caller: &Caller, product_arn: &str) -> Result<String, AwsError> {
    let source = product::find(transaction.directory(), product_arn, &caller.region).map_err(|unusable| {
        let elsewhere = Arn::parse(product_arn).is_none_or(|arn| arn.region != caller.region.as_str());
        if unusable == ProductArnError::NoProductArn || elsewhere {
            ProductError::NoProductArn(product_arn.to_owned())
        } else {
            ProductError::NoProduct(product_arn.to_owned())
        }
    })?;
    // A private product needs no subscription and has none (PRD-04).
    let name = Source::subscription(source).ok_or_else(|| ProductError::NoProduct(product_arn.to_owned()))?;
    let key = caller.hub_key();
    let subscription = subscription_arn(&key, &name);
    let mut hub = hub_access::enabled(transaction, &key).map_err(|_| hub_access::not_subscribed(caller))?;
    if !hub.product_subscriptions.insert(name) {
        return Err(ProductError::AlreadyEnabled(product_arn.to_owned()).into());
    }
    transaction.stage_hub(key, hub);
    Ok(subscription)
}

/// Deletes a subscription of the caller's hub (PRD-18, PRD-19).
///
/// # Errors
/// [`ProductError`], or 401 when the hub is disabled.
pub fn disable(transaction: &mut Transaction<'_>, caller: &Caller, subscription: &str) -> Result<(), AwsError> {
    let key = caller.hub_key();
    let not_enabled = || ProductError::NotEnabled(subscription.to_owned());
    let arn = Arn::parse(subscription).ok_or_else(|| {
        AwsError::invalid_input(format!("Invalid parameter 'ProductSubscriptionArn'. {subscription} is not an ARN"))
    })?;
    let name = arn.resource.strip_prefix("product-subscription/").filter(|_| arn.account == key.account.as_str());
    let name = name.ok_or_else(|| ProductError::NotOwned(key.account.to_string(), subscription.to_owned()))?;
    let mut hub = hub_access::enabled(transaction, &key).map_err(|_| hub_access::not_subscribed(caller))?;
    if subscription != subscription_arn(&key, name) || !hub.product_subscriptions.remove(name) {
        return Err(not_enabled().into());
    }
    transaction.stage_hub(key, hub);
    Ok(())
}
