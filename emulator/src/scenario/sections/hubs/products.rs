//! `products` of a hub: `company/product`, or just the product.

use std::collections::BTreeSet;

use securityhub_fixtures::products::{PRODUCTS, Product};

use crate::scenario::check::Check;
use crate::scenario::lost::ITEM;
use crate::scenario::spanned::Spanned;
use crate::state::Region;
use crate::suggest;

/// Checks product names and returns the `company/product` of each.
pub(super) fn check(
    written: &[Spanned<String>],
    declared: &[&'static Product],
    regions: &[Region],
    check: &mut Check,
) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    for name in written {
        let Some(product) = find(name, declared, regions, check) else { continue };
        let lacks = |region: &&Region| !product.is_in(region.partition(), region.as_str());
        if let Some(region) = regions.iter().find(lacks) {
            let diagnostic = check.at(name.span, format!("the product `{}` is not available in {region}", name.value));
            check.push(diagnostic.expected(format!("a product that is available in {region}")));
        }
        names.insert(full_name(product));
    }
    names
}

fn full_name(product: &Product) -> String {
    format!("{}/{}", product.company_id, product.product_id)
}

/// Finds a product by its full or short name. If several share a short name, AWS's product is meant.
fn find(
    name: &Spanned<String>,
    declared: &[&'static Product],
    regions: &[Region],
    check: &mut Check,
) -> Option<&'static Product> {
    let (mut full, mut short) = (None, None);
    let all: Vec<&'static Product> = PRODUCTS.iter().chain(declared.iter().copied()).collect();
    for product in all.iter().copied() {
        if full_name(product) == name.value {
            full = Some(product);
        } else if product.product_id == name.value && (product.of_aws || short.is_none()) {
            short = Some(product);
        }
    }
    let found = full.or(short);
    if found.is_none() {
        check.lose(&["hubs", ITEM, "products"]);
        let is_available =
            |product: &&&Product| regions.iter().all(|region| product.is_in(region.partition(), region.as_str()));
        let fitting = all.iter().filter(is_available);
        let full: Vec<String> = fitting.clone().map(|product| full_name(product)).collect();
        let words = fitting.map(|product| product.product_id).chain(full.iter().map(String::as_str));
        let nearest = suggest::nearest(&name.value, words);
        // It may be one that could not be read in `products`, unless it is similar to another one.
        if nearest.is_some() || !check.is_lost(&["products"]) {
            let diagnostic = check.at(name.span, format!("unknown product `{}`", name.value));
            let expected = "a product such as guardduty, or company/product such as prowler/prowler";
            check.push(diagnostic.expected(expected).suggest(nearest));
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::PRODUCTS;

    #[test]
    fn a_short_name_is_unique_unless_aws_has_the_product() {
        let of_aws: BTreeSet<&str> = PRODUCTS.iter().filter(|product| product.of_aws).map(|it| it.product_id).collect();
        let mut seen = BTreeSet::new();
        for product in PRODUCTS.iter().filter(|product| !of_aws.contains(product.product_id)) {
            assert!(seen.insert(product.product_id), "{} is several products", product.product_id);
        }
    }
}
