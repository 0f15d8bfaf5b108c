//! Products: what a product ARN refers to, and who may import as that product.

use securityhub_fixtures::products::Product;

use crate::domain::arn::Arn;
use crate::state::{AccountId, Directory, Region};

/// The product that a product ARN refers to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    /// The private product of an account, which every hub has (IMP-01).
    Private(AccountId),
    /// A product of the catalogue or of the scenario.
    Listed(&'static Product),
}

/// Reason why a product ARN refers to no product here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProductArnError {
    /// The text is not a product ARN, or belongs to another partition (IMP-07, IMP-09).
    NoProductArn,
    /// The product belongs to another Region or does not exist (IMP-06, IMP-08, IMP-10).
    NoProduct,
}

/// Finds the product of a product ARN in a Region. The account field must be that of the catalogue (PRD-05).
///
/// # Errors
/// [`ProductArnError`].
pub fn find(directory: &Directory, text: &str, region: &Region) -> Result<Source, ProductArnError> {
    let arn = Arn::parse(text).filter(|arn| arn.service == "securityhub" && !arn.region.is_empty());
    let arn = arn.filter(|arn| arn.partition == region.partition()).ok_or(ProductArnError::NoProductArn)?;
    let parts: Vec<&str> = arn.resource.split('/').collect();
    let ["product", company_id, product_id] = parts[..] else { return Err(ProductArnError::NoProductArn) };
    if company_id.is_empty() || product_id.is_empty() {
        return Err(ProductArnError::NoProductArn);
    }
    if arn.region != region.as_str() {
        return Err(ProductArnError::NoProduct);
    }
    if product_id == "default" {
        let account = AccountId::parse(company_id).filter(|account| account.as_str() == arn.account);
        return account.map(Source::Private).ok_or(ProductArnError::NoProduct);
    }
    directory
        .product(company_id, product_id)
        .filter(|product| product.account.unwrap_or_default() == arn.account)
        .filter(|product| product.is_in(arn.partition, region.as_str()))
        .map(Source::Listed)
        .ok_or(ProductArnError::NoProduct)
}

impl Source {
    /// Returns whether `sender` may import findings of `owner` as this product. A private product may be used only by
    /// its account, and an AWS product only by AWS. If a listed product has an account, that account may send findings
    /// of other accounts (IMP-02 … IMP-04, IMP-11).
    pub fn admits(self, sender: AccountId, owner: AccountId) -> bool {
        match self {
            Source::Private(account) => account == sender && owner == sender,
            Source::Listed(product) if product.of_aws => false,
            Source::Listed(product) => owner == sender || product.account == Some(sender.as_str()),
        }
    }

    /// The name of the subscription that a hub needs, `company/product`; none for a private product (IMP-01).
    pub fn subscription(self) -> Option<String> {
        match self {
            Source::Private(_) => None,
            Source::Listed(product) => Some(format!("{}/{}", product.company_id, product.product_id)),
        }
    }

    /// Returns whether this is the AWS product with that id.
    pub fn is_of_aws(self, product_id: &str) -> bool {
        matches!(self, Source::Listed(product) if product.of_aws && product.company_id == "aws" && product.product_id == product_id)
    }
}
