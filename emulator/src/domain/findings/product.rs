//! Products: what a product ARN names, and who may import as it.

use securityhub_fixtures::products::Product;

use crate::domain::arn::Arn;
use crate::state::{AccountId, Directory, Region};

/// What a product ARN names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    /// The private product of an account, which every hub has (IMP-01).
    Private(AccountId),
    /// A product of the catalogue or of the scenario.
    Listed(&'static Product),
}

/// Why a product ARN names no product here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unusable {
    /// It is no product ARN, or of another partition (IMP-07, IMP-09).
    NoProductArn,
    /// It is of another Region, or no such product exists (IMP-06, IMP-08, IMP-10).
    NoProduct,
}

/// Finds what a product ARN names in a Region. The account field must be the catalogue's (PRD-05).
///
/// # Errors
/// [`Unusable`].
pub fn find(directory: &Directory, text: &str, region: &Region) -> Result<Source, Unusable> {
    let arn = Arn::parse(text).filter(|arn| arn.service == "securityhub" && !arn.region.is_empty());
    let arn = arn.filter(|arn| arn.partition == region.partition()).ok_or(Unusable::NoProductArn)?;
    let parts: Vec<&str> = arn.resource.split('/').collect();
    let ["product", company_id, product_id] = parts[..] else { return Err(Unusable::NoProductArn) };
    if company_id.is_empty() || product_id.is_empty() {
        return Err(Unusable::NoProductArn);
    }
    if arn.region != region.as_str() {
        return Err(Unusable::NoProduct);
    }
    if product_id == "default" {
        let account = AccountId::parse(company_id).filter(|account| account.as_str() == arn.account);
        return account.map(Source::Private).ok_or(Unusable::NoProduct);
    }
    directory
        .product(company_id, product_id)
        .filter(|product| product.account.unwrap_or_default() == arn.account)
        .filter(|product| product.is_in(arn.partition, region.as_str()))
        .map(Source::Listed)
        .ok_or(Unusable::NoProduct)
}

impl Source {
    /// Whether `sender` may import findings of `owner` as this product: a private product is its account's alone,
    /// AWS's products are AWS's, a product with an account may send for others from it (IMP-02 … IMP-04, IMP-11).
    pub fn admits(self, sender: AccountId, owner: AccountId) -> bool {
        match self {
            Source::Private(account) => account == sender && owner == sender,
            Source::Listed(product) if product.of_aws => false,
            Source::Listed(product) => owner == sender || product.account == Some(sender.as_str()),
        }
    }

    /// The name of the subscription that a hub needs, `company/product`; a private product needs none (IMP-01).
    pub fn subscription(self) -> Option<String> {
        match self {
            Source::Private(_) => None,
            Source::Listed(product) => Some(format!("{}/{}", product.company_id, product.product_id)),
        }
    }

    /// Whether it is this product of AWS.
    pub fn is_of_aws(self, product_id: &str) -> bool {
        matches!(self, Source::Listed(product) if product.of_aws && product.company_id == "aws" && product.product_id == product_id)
    }
}
