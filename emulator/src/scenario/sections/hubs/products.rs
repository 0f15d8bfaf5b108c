//! `products` of a hub: names of products, `company/product` or the product alone.

use std::collections::BTreeSet;

use securityhub_fixtures::products::{PRODUCTS, Product};

use crate::scenario::check::Check;
use crate::scenario::spanned::Spanned;
use crate::scenario::suggest;
use crate::state::Region;

/// Reads product names; `company/product` of each.
pub(super) fn check(written: &[Spanned<String>], regions: &[Region], check: &mut Check) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    for name in written {
        let Some(product) = find(name, check) else { continue };
        let lacks = |region: &&Region| !product.partitions.contains(&region.partition());
        if let Some(region) = regions.iter().find(lacks) {
            let mistake = check.at(name.place, format!("{region} has no product `{}`", name.value));
            check.push(mistake.expected(format!("a product of the partition {}", region.partition())));
        }
        names.insert(full_name(product));
    }
    names
}

fn full_name(product: &Product) -> String {
    format!("{}/{}", product.company_id, product.product_id)
}

/// Finds a product by its full name, by its short name if it is AWS's or the only one, else tells why not.
fn find(name: &Spanned<String>, check: &mut Check) -> Option<&'static Product> {
    let full: Vec<String> = PRODUCTS.iter().map(full_name).collect();
    if let Some(found) = PRODUCTS.iter().zip(&full).find(|(_, full)| **full == name.value) {
        return Some(found.0);
    }
    let named: Vec<&Product> = PRODUCTS.iter().filter(|product| product.product_id == name.value).collect();
    match (&named[..], named.iter().find(|product| product.of_aws)) {
        (_, Some(product)) | ([product], None) => return Some(product),
        ([], None) => {
            let words = PRODUCTS.iter().map(|product| product.product_id).chain(full.iter().map(String::as_str));
            let mistake = check.at(name.place, format!("`{}` is no product of Security Hub", name.value));
            let expected = "a product such as guardduty, or company/product such as prowler/prowler";
            check.push(mistake.expected(expected).suggest(suggest::nearest(&name.value, words)));
        }
        (several, None) => {
            let several: Vec<String> = several.iter().map(|product| full_name(product)).collect();
            let mistake = check.at(name.place, format!("several companies have a product `{}`", name.value));
            check.push(mistake.expected(suggest::choices(several.iter().map(String::as_str))));
        }
    }
    None
}
