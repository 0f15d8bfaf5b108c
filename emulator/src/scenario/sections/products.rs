//! `products`: product integrations in addition to the catalogue.

use schemars::JsonSchema;
use securityhub_fixtures::products::{self, Product};
use serde::Deserialize;

use super::regions::{self, RegionText};
use crate::scenario::check::{AccountText, Check};
use crate::scenario::spanned::Spanned;
use crate::state::Region;

/// The integration types of a declared product.
const SENDS: &[&str] = &["SEND_FINDINGS_TO_SECURITY_HUB"];

/// A product integration that AWS does not list.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[schemars(rename = "Product")]
#[serde(deny_unknown_fields)]
pub(in crate::scenario) struct Declared {
    /// Company in the product ARN, such as acme.
    #[schemars(with = "String")]
    company: Option<Spanned<String>>,
    /// Product in the product ARN, such as scanner.
    #[schemars(with = "String")]
    product: Option<Spanned<String>>,
    /// CompanyName of its findings. Default: the company.
    #[schemars(extend("minLength" = 1, "maxLength" = 128))]
    company_name: Option<String>,
    /// ProductName of its findings. Default: the product.
    #[schemars(extend("minLength" = 1, "maxLength" = 128))]
    product_name: Option<String>,
    /// Account in the product ARN, which can import findings for other accounts. Default: none.
    account: Option<AccountText>,
    /// Categories that DescribeProducts returns.
    #[serde(default)]
    categories: Vec<String>,
    /// Description that DescribeProducts returns.
    #[schemars(extend("minLength" = 1))]
    description: Option<String>,
    /// Regions where the product is available. Default: all Regions of the scenario's partitions.
    #[schemars(extend("minItems" = 1))]
    regions: Option<Vec<RegionText>>,
}

/// Checks the products. They live as long as the program, like those of the catalogue; a scenario is read once.
pub(super) fn check(written: Vec<Declared>, regions: &[Region], check: &mut Check) -> Vec<&'static Product> {
    let mut declared: Vec<&'static Product> = Vec::new();
    for entry in written {
        let whole = [&entry.company, &entry.product]
            .map(|part| part.as_ref().is_some_and(|part| is_part(part, check)))
            .into_iter()
            .all(|is_part| is_part);
        let (Some(company_id), Some(product_id)) = (&entry.company, &entry.product) else { continue };
        let (company, product) = (&*company_id.value, &*product_id.value);
        let same = |it: &&&Product| it.company_id == company && it.product_id == product;
        if products::find(company, product).is_some() || declared.iter().find(same).is_some() {
            let message = format!("the product `{company}/{product}` already exists");
            check.push(
                check.at(product_id.span, message).expected("a product that is not defined by AWS or by this scenario"),
            );
            continue;
        }
        let account = entry.account.as_ref().map(|account| check.account(&account.0));
        let named = entry
            .regions
            .as_ref()
            .map(|names| names.iter().filter_map(|name| regions::check_one(name, regions, check)).collect::<Vec<_>>());
        if !whole || account == Some(None) {
            check.lose(&["products"]);
            continue;
        }
        let of = named.as_deref().unwrap_or(regions);
        let mut partitions: Vec<&'static str> = of.iter().map(Region::partition).collect();
        partitions.sort_unstable();
        partitions.dedup();
        let only_in = named.unwrap_or_default().iter().map(|region| leak(region.as_str())).collect::<Vec<_>>();
        declared.push(Box::leak(Box::new(Product {
            company_id: leak(company),
            product_id: leak(product),
            account: account.flatten().map(|account| leak(account.as_str())),
            company_name: leak(entry.company_name.as_deref().unwrap_or(company)),
            product_name: leak(entry.product_name.as_deref().unwrap_or(product)),
            of_aws: false,
            auto_enabled: false,
            partitions: partitions.leak(),
            regions: only_in.leak(),
            integration_types: SENDS,
            categories: entry.categories.iter().map(|category| leak(category)).collect::<Vec<_>>().leak(),
            description: leak(entry.description.as_deref().unwrap_or("A product of the scenario.")),
            described: true,
        })));
    }
    declared
}

/// Returns whether a text can be part of a product's ARN.
fn is_part(text: &Spanned<String>, check: &mut Check) -> bool {
    let is_letter = |letter: char| letter.is_ascii_alphanumeric() || "-_.".contains(letter);
    let is_part = !text.value.is_empty() && text.value != "default" && text.value.chars().all(is_letter);
    if !is_part {
        let diagnostic = check.at(text.span, format!("`{}` cannot be part of a product ARN", text.value));
        check.push(diagnostic.expected("letters, digits, hyphens, dots and underscores, such as acme"));
    }
    is_part
}

fn leak(text: &str) -> &'static str {
    text.to_owned().leak()
}

#[cfg(test)]
mod tests {
    use securityhub_fixtures::Operation::{
        BatchImportFindings, DescribeProducts, EnableImportFindingsForProduct, GetFindings,
        ListEnabledProductsForImport,
    };
    use serde_json::json;

    use crate::scenario::tests::{build, errors};
    use crate::testing::{ADMINISTRATOR, Stage, finding};

    const SCENARIO: &str = "products:
  - { company: acme, product: scanner, product_name: ACME Scanner, categories: [Vulnerability management] }
  - { company: acme, product: probe, regions: [eu-west-1] }
regions: [us-east-1, eu-west-1]
hubs:
  - { account: '111111111111', regions: [us-east-1], products: [guardduty, acme/scanner] }
";

    /// Rules: PRD-33.
    #[test]
    fn a_product_of_the_scenario_can_be_described_subscribed_to_and_imported() {
        let stage = Stage(build(SCENARIO));
        let arn = "arn:aws:securityhub:us-east-1::product/acme/scanner";
        let described = stage.good(ADMINISTRATOR, DescribeProducts, json!({ "ProductArn": arn }));
        let described = &described["Products"][0];
        assert_eq!(
            (&described["CompanyName"], &described["ProductName"], &described["Categories"]),
            (&json!("acme"), &json!("ACME Scanner"), &json!(["Vulnerability management"]))
        );
        let enabled = stage.good(ADMINISTRATOR, ListEnabledProductsForImport, json!({})).to_string();
        assert!(enabled.contains("product-subscription/acme/scanner"), "{enabled}");
        let sent = finding("f", json!({ "ProductArn": arn }));
        stage.good(ADMINISTRATOR, BatchImportFindings, json!({ "Findings": [sent] }));
        let found = stage.good(ADMINISTRATOR, GetFindings, json!({}));
        assert_eq!(found["Findings"][0]["ProductName"], "ACME Scanner");
    }

    /// Rules: PRD-33.
    #[test]
    fn a_product_exists_only_in_its_regions() {
        let stage = Stage(build(SCENARIO));
        let arn = "arn:aws:securityhub:us-east-1::product/acme/probe";
        let input = json!({ "ProductArn": arn });
        stage.refused(ADMINISTRATOR, EnableImportFindingsForProduct, input, 404, "ResourceNotFoundException");
    }

    /// Rules: PRD-33.
    #[test]
    fn a_product_that_exists_already_is_an_error() {
        for text in [
            "products: [{ company: aws, product: guardduty }]",
            "products: [{ company: acme, product: a }, { company: acme, product: a }]",
        ] {
            assert!(errors(text).contains("already exists"), "{text}");
        }
        assert!(errors("products: [{ company: a/b, product: a }]").contains("part of a product ARN"));
        let acme = |more: &str| errors(&format!("products: [{{ company: acme, product: a, {more} }}]"));
        assert!(acme("regions: []").contains("`regions` is empty"));
        assert!(acme("product_name: ''").contains("`product_name` is empty"));
        assert!(acme(&format!("company_name: {}", "x".repeat(129))).contains("`company_name` has 129 characters"));
    }
}
