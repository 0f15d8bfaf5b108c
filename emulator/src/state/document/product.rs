//! Declared products, which live as long as the process.

use std::sync::{Mutex, PoisonError};

use securityhub_fixtures::products::Product;
use serde::{Deserialize, Serialize};

use crate::state::interned;

/// A product as a value.
#[derive(PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(clippy::struct_excessive_bools, reason = "each one is a separate property of a product")]
pub(super) struct ProductRow {
    company_id: String,
    product_id: String,
    account: Option<String>,
    company_name: String,
    product_name: String,
    of_aws: bool,
    auto_enabled: bool,
    partitions: Vec<String>,
    regions: Vec<String>,
    integration_types: Vec<String>,
    categories: Vec<String>,
    description: String,
    described: bool,
}

/// The products that were read so far. They are not part of a world, so the lock is not one of `sync`.
static PRODUCTS: Mutex<Vec<&'static Product>> = Mutex::new(Vec::new());

impl ProductRow {
    pub(super) fn new(product: &Product) -> ProductRow {
        let list = |of: &[&str]| of.iter().map(|text| (*text).to_owned()).collect();
        ProductRow {
            company_id: product.company_id.to_owned(),
            product_id: product.product_id.to_owned(),
            account: product.account.map(ToOwned::to_owned),
            company_name: product.company_name.to_owned(),
            product_name: product.product_name.to_owned(),
            of_aws: product.of_aws,
            auto_enabled: product.auto_enabled,
            partitions: list(product.partitions),
            regions: list(product.regions),
            integration_types: list(product.integration_types),
            categories: list(product.categories),
            description: product.description.to_owned(),
            described: product.described,
        }
    }

    /// The product. Equal products share their memory.
    pub(super) fn product(&self) -> &'static Product {
        let mut products = PRODUCTS.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = products.iter().find(|product| ProductRow::new(product) == *self) {
            return known;
        }
        let list = |of: &[String]| -> &'static [&'static str] {
            of.iter().map(|text| interned::text(text)).collect::<Vec<_>>().leak()
        };
        let product: &'static Product = Box::leak(Box::new(Product {
            company_id: interned::text(&self.company_id),
            product_id: interned::text(&self.product_id),
            account: self.account.as_deref().map(interned::text),
            company_name: interned::text(&self.company_name),
            product_name: interned::text(&self.product_name),
            of_aws: self.of_aws,
            auto_enabled: self.auto_enabled,
            partitions: list(&self.partitions),
            regions: list(&self.regions),
            integration_types: list(&self.integration_types),
            categories: list(&self.categories),
            description: interned::text(&self.description),
            described: self.described,
        }));
        products.push(product);
        product
    }
}
