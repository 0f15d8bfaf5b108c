//! DescribeProductsV2.

use securityhub_fixtures::Operation;
use securityhub_fixtures::products_v2::{PRODUCTS_V2, ProductV2};
use serde::Serialize;
use serde::de::IgnoredAny;
use serde_json::Value;

use super::paged::PageRequest;
use super::{Answer, Context, Input};
use crate::aws_error::AwsError;

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Described {
    product_v2_name: &'static str,
    company_name: &'static str,
    description: &'static str,
    categories: &'static [&'static str],
    integration_v2_types: &'static [&'static str],
}

/// Lists the products that integrate with the V2 half, even while the V2 hub is disabled (PRV-01, PRV-02, O2G-06).
///
/// # Errors
/// 400 `ValidationException` for a token of another query.
pub fn describe_products_v2(context: &Context<'_>, input: Input) -> Result<Answer, AwsError> {
    let (page, IgnoredAny) = PageRequest::read(Operation::DescribeProductsV2, input)?;
    let row = |product: &ProductV2| Described {
        product_v2_name: product.name,
        company_name: product.company,
        description: product.description,
        categories: product.categories,
        integration_v2_types: product.types,
    };
    page.open(context, &Value::Null)?.in_fixed_order(PRODUCTS_V2).map(row).answer()
}

#[cfg(test)]
mod tests {
    use securityhub_fixtures::Operation::DescribeProductsV2;
    use serde_json::{Value, json};

    use crate::testing::{ADMINISTRATOR, Stage};

    /// Rules: PRV-01, PRV-02, O2G-06.
    #[test]
    fn products_are_described_in_the_order_of_their_names_and_without_a_hub() {
        let stage = Stage::empty();
        let first = stage.good(ADMINISTRATOR, DescribeProductsV2, json!({ "MaxResults": 5 }));
        let rest = json!({ "MaxResults": 5, "NextToken": first["NextToken"] });
        let rest = stage.good(ADMINISTRATOR, DescribeProductsV2, rest);
        let rows = |answer: &Value| answer["ProductsV2"].as_array().unwrap().clone();
        let all = [rows(&first), rows(&rest)].concat();
        let names: Vec<&str> = all.iter().map(|row| row["ProductV2Name"].as_str().unwrap()).collect();
        assert_eq!((names.len(), names[0], names[6]), (7, "GuardDuty", "ServiceNow ITSM"));
        let jira = all.iter().find(|row| row["ProductV2Name"] == "Jira Cloud").unwrap();
        let types = json!(["RECEIVE_FINDINGS_FROM_SECURITY_HUB", "UPDATE_FINDINGS_IN_SECURITY_HUB"]);
        assert_eq!((&jira["CompanyName"], &jira["IntegrationV2Types"]), (&json!("Atlassian"), &types));
        assert_eq!(all[0]["IntegrationV2Types"], json!(["SEND_FINDINGS_TO_SECURITY_HUB"]));
    }
}
