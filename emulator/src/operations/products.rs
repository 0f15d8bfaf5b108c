//! DescribeProducts, EnableImportFindingsForProduct, DisableImportFindingsForProduct, ListEnabledProductsForImport.

use securityhub_fixtures::Operation;
use securityhub_fixtures::products::Product;
use serde::de::IgnoredAny;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::paged::PageRequest;
use super::{Answer, Context, Input};
use crate::aws_error::AwsError;
use crate::domain::findings::products;
use crate::state::{HubKey, Transaction};

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct DescribeInput {
    product_arn: Option<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct DescribedProduct {
    product_arn: String,
    product_name: &'static str,
    company_name: &'static str,
    description: &'static str,
    categories: &'static [&'static str],
    integration_types: &'static [&'static str],
    product_subscription_resource_policy: String,
}

impl DescribedProduct {
    fn new(hub: &HubKey, product: &'static Product) -> DescribedProduct {
        DescribedProduct {
            product_arn: products::product_arn(&hub.region, product),
            product_name: product.product_name,
            company_name: product.company_name,
            description: product.description,
            categories: product.categories,
            integration_types: product.integration_types,
            product_subscription_resource_policy: products::subscription_policy(hub, product),
        }
    }
}

/// Lists the products that integrate with Security Hub in this Region, or the requested one (PRD-06 … PRD-11).
///
/// # Errors
/// 400 `InvalidInputException` for an unknown product or a token of another query.
pub fn describe_products(context: &Context<'_>, input: Input) -> Result<Answer, AwsError> {
    let (page, input) = PageRequest::read::<DescribeInput>(Operation::DescribeProducts, input)?;
    let hub = context.caller.hub_key();
    let directory = context.world.directory();
    let all = products::described(&directory, &hub.region).map(|product| DescribedProduct::new(&hub, product));
    let mut rows: Vec<DescribedProduct> = all
        .filter(|product| input.product_arn.as_ref().is_none_or(|requested| *requested == product.product_arn))
        .collect();
    if let (Some(requested), true) = (&input.product_arn, rows.is_empty()) {
        return Err(AwsError::invalid_input(format!("productArn: \"{requested}\"")));
    }
    rows.sort_by(|one, two| one.product_arn.cmp(&two.product_arn));
    page.open(context, &json!(input.product_arn))?.by_name(rows, |row| row.product_arn.clone()).answer()
}

/// Lists the subscriptions of the caller's hub (PRD-20 … PRD-25).
///
/// # Errors
/// 400 `InvalidInputException` for a token of another query.
pub fn list_enabled_products_for_import(context: &Context<'_>, input: Input) -> Result<Answer, AwsError> {
    let (page, IgnoredAny) = PageRequest::read(Operation::ListEnabledProductsForImport, input)?;
    let key = context.caller.hub_key();
    let hub = context.world.hub(&key);
    let mut names: Vec<String> = hub.iter().flat_map(|hub| hub.product_subscriptions.iter().cloned()).collect();
    names.sort_by(|one, two| products::order(one).cmp(&products::order(two)));
    let is_after = |name: &str, last: &str| products::order(name) > products::order(last);
    let page = page.open(context, &Value::Null)?.by_name_in(names, Clone::clone, is_after);
    page.map(|name| products::subscription_arn(&key, &name)).answer()
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct EnableInput {
    product_arn: String,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct EnableOutput {
    product_subscription_arn: String,
}

/// Subscribes the caller's hub to a product's findings (PRD-12 … PRD-17).
///
/// # Errors
/// 404 `ResourceNotFoundException` for an unknown product, 409 `ResourceConflictException` for one that is enabled
/// already, 400 `InvalidInputException` if the text is not a product ARN of this Region.
pub fn enable_import_findings_for_product(
    context: &Context<'_>,
    transaction: &mut Transaction<'_>,
    input: Input,
) -> Result<Answer, AwsError> {
    let input: EnableInput = input.read()?;
    let product_subscription_arn = products::enable(transaction, &context.caller, &input.product_arn)?;
    Answer::json(&EnableOutput { product_subscription_arn })
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct DisableInput {
    product_subscription_arn: String,
}

/// Deletes a subscription of the caller's hub (PRD-18, PRD-19).
///
/// # Errors
/// 404 `ResourceNotFoundException` for an unknown subscription; 403 `AccessDeniedException` for one of another account,
/// or for the ARN of a product.
pub fn disable_import_findings_for_product(
    context: &Context<'_>,
    transaction: &mut Transaction<'_>,
    input: Input,
) -> Result<Answer, AwsError> {
    let input: DisableInput = input.read()?;
    products::disable(transaction, &context.caller, &input.product_subscription_arn)?;
    Ok(Answer::empty())
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use securityhub_fixtures::Operation::{
        BatchImportFindings, DescribeProducts, DisableImportFindingsForProduct, EnableImportFindingsForProduct,
        EnableSecurityHub, ListEnabledProductsForImport,
    };
    use serde_json::{Value, json};

    use crate::testing::{ADMINISTRATOR, MEMBER, Stage, finding};

    const PROWLER: &str = "arn:aws:securityhub:us-east-1::product/prowler/prowler";
    const SUBSCRIPTION: &str = "arn:aws:securityhub:us-east-1:111111111111:product-subscription/prowler/prowler";

    fn enabled() -> Stage {
        Stage::with_hubs(&[ADMINISTRATOR])
    }

    fn enable(stage: &Stage, arn: &str) -> Value {
        stage.good(ADMINISTRATOR, EnableImportFindingsForProduct, json!({ "ProductArn": arn }))
    }

    /// `company/product` of each subscription.
    fn listed(stage: &Stage, account: &str) -> Vec<String> {
        let answer = stage.good(account, ListEnabledProductsForImport, json!({}));
        assert_eq!(answer.get("NextToken"), None);
        let arns = answer["ProductSubscriptions"].as_array().unwrap().iter().map(|arn| arn.as_str().unwrap());
        arns.map(|arn| arn.split_once("product-subscription/").unwrap().1.to_owned()).collect()
    }

    /// Rules: PRD-20, PRD-22.
    #[test]
    fn a_new_hub_has_eleven_subscriptions_in_one_page() {
        let expected = [
            "amazon/route-53-resolver-dns-firewall-advanced",
            "amazon/route-53-resolver-dns-firewall-aws-list",
            "aws/access-analyzer",
            "aws/config",
            "aws/firewall-manager",
            "aws/guardduty",
            "aws/health",
            "aws/inspector",
            "aws/macie",
            "aws/ssm-patch-manager",
            "aws/securityhub",
        ];
        assert_eq!(listed(&enabled(), ADMINISTRATOR), expected);
    }

    /// Rules: PRD-02, PRD-12, PRD-14, PRD-17.
    #[test]
    fn a_product_can_be_enabled_once_per_hub() {
        let stage = Stage::with_hubs(&[ADMINISTRATOR, MEMBER]);
        assert_eq!(enable(&stage, PROWLER), json!({ "ProductSubscriptionArn": SUBSCRIPTION }));
        assert!(listed(&stage, ADMINISTRATOR).contains(&"prowler/prowler".to_owned()));
        assert!(!listed(&stage, MEMBER).contains(&"prowler/prowler".to_owned()));
        let input = json!({ "ProductArn": PROWLER });
        let message =
            stage.refused(ADMINISTRATOR, EnableImportFindingsForProduct, input, 409, "ResourceConflictException");
        assert_eq!(message, format!("Product {PROWLER} is already enabled"));
    }

    /// Rules: IMP-33, PRD-18.
    #[test]
    fn findings_are_accepted_only_while_the_product_is_enabled() {
        let stage = enabled();
        let import = |id: &str| {
            let finding = finding(id, json!({ "ProductArn": PROWLER }));
            stage.good(ADMINISTRATOR, BatchImportFindings, json!({ "Findings": [finding] }))["SuccessCount"].clone()
        };
        assert_eq!(import("a"), 0);
        enable(&stage, PROWLER);
        assert_eq!(import("a"), 1);
        let disable = json!({ "ProductSubscriptionArn": SUBSCRIPTION });
        assert_eq!(stage.good(ADMINISTRATOR, DisableImportFindingsForProduct, disable), json!({}));
        assert_eq!((import("b"), stage.0.finding_count()), (json!(0), 1), "stored findings remain");
    }

    /// Rules: PRD-04, PRD-13, PRD-15.
    #[test]
    fn unknown_and_private_products_cannot_be_enabled() {
        let stage = enabled();
        let refused = |arn: &str, status, code| {
            let input = json!({ "ProductArn": arn });
            stage.refused(ADMINISTRATOR, EnableImportFindingsForProduct, input, status, code)
        };
        for unknown in [
            "arn:aws:securityhub:us-east-1::product/nobody/nothing",
            "arn:aws:securityhub:us-east-1:111111111111:product/111111111111/default",
        ] {
            let message = refused(unknown, 404, "ResourceNotFoundException");
            assert_eq!(message, format!("{{\"productArn\":\"{unknown}\"}}"));
        }
        for wrong in [
            "prowler",
            "arn:aws:securityhub:eu-west-1::product/prowler/prowler",
            "arn:aws-cn:securityhub:us-east-1::product/prowler/prowler",
        ] {
            assert_eq!(refused(wrong, 400, "InvalidInputException"), format!("productArn: \"{wrong}\""));
        }
    }

    /// Rules: PRD-03, PRD-05.
    #[test]
    fn a_product_arn_must_have_the_region_and_account_of_the_product() {
        let stage = enabled();
        let described = |arn: &str| stage.call(ADMINISTRATOR, DescribeProducts, json!({ "ProductArn": arn }));
        let of_account = "arn:aws:securityhub:us-east-1:365761988620:product/forcepoint/forcepoint-ngfw";
        assert!(described(of_account).is_ok());
        for wrong in [
            "arn:aws:securityhub:us-east-1::product/forcepoint/forcepoint-ngfw",
            "arn:aws:securityhub:eu-west-1:365761988620:product/forcepoint/forcepoint-ngfw",
        ] {
            assert_eq!(described(wrong).unwrap_err().1, "InvalidInputException", "{wrong}");
        }
        let europe = "arn:aws:securityhub:eu-west-1:365761988620:product/forcepoint/forcepoint-ngfw";
        let enable = json!({ "ProductArn": europe });
        assert!(stage.call_in("eu-west-1", ADMINISTRATOR, EnableSecurityHub, json!({})).is_ok());
        assert!(stage.call_in("eu-west-1", ADMINISTRATOR, EnableImportFindingsForProduct, enable).is_ok());
    }

    /// Rules: PRD-08, PRD-16.
    #[test]
    fn products_that_only_receive_findings_can_be_enabled() {
        let stage = enabled();
        let mut kinds = std::collections::BTreeSet::new();
        let page = stage.good(ADMINISTRATOR, DescribeProducts, json!({ "MaxResults": 100 }));
        let mut receives = None;
        for product in page["Products"].as_array().unwrap() {
            let types = product["IntegrationTypes"].as_array().unwrap();
            kinds.extend(types.iter().map(|kind| kind.as_str().unwrap().to_owned()));
            if types.len() == 1 && types[0] == "RECEIVE_FINDINGS_FROM_SECURITY_HUB" {
                receives = Some(product["ProductArn"].clone());
            }
        }
        let known =
            ["RECEIVE_FINDINGS_FROM_SECURITY_HUB", "SEND_FINDINGS_TO_SECURITY_HUB", "UPDATE_FINDINGS_IN_SECURITY_HUB"];
        assert!(kinds.iter().all(|kind| known.contains(&kind.as_str())), "{kinds:?}");
        let enable = json!({ "ProductArn": receives.expect("no product only receives findings") });
        stage.good(ADMINISTRATOR, EnableImportFindingsForProduct, enable);
    }

    /// Rules: PRD-19.
    #[test]
    fn unknown_and_foreign_subscriptions_cannot_be_disabled() {
        let stage = enabled();
        let refused = |arn: &str, status, code| {
            let input = json!({ "ProductSubscriptionArn": arn });
            stage.refused(ADMINISTRATOR, DisableImportFindingsForProduct, input, status, code)
        };
        refused(SUBSCRIPTION, 404, "ResourceNotFoundException");
        for other in [
            "arn:aws:securityhub:us-east-1:111111111111:product/checkpoint/dome9-arc",
            "arn:aws:securityhub:us-east-1:222222222222:product-subscription/aws/guardduty",
        ] {
            let message = refused(other, 403, "AccessDeniedException");
            assert_eq!(
                message,
                format!("Account id 111111111111 is not authorized to perform action on resource: {other}")
            );
        }
    }

    /// Rules: PRD-23, PRD-24.
    #[test]
    fn automatic_subscriptions_return_when_the_hub_is_enabled_again() {
        let stage = enabled();
        enable(&stage, PROWLER);
        let guardduty = "arn:aws:securityhub:us-east-1:111111111111:product-subscription/aws/guardduty";
        stage.good(ADMINISTRATOR, DisableImportFindingsForProduct, json!({ "ProductSubscriptionArn": guardduty }));
        assert_eq!(listed(&stage, ADMINISTRATOR).len(), 11);
        stage.good(ADMINISTRATOR, securityhub_fixtures::Operation::DisableSecurityHub, json!({}));
        stage.good(ADMINISTRATOR, securityhub_fixtures::Operation::EnableSecurityHub, json!({}));
        let names = listed(&stage, ADMINISTRATOR);
        assert!(names.contains(&"aws/guardduty".to_owned()) && names.contains(&"prowler/prowler".to_owned()));
    }

    /// Rules: PRD-01, PRD-07, PRD-09.
    #[test]
    fn a_product_is_described_with_its_policy() {
        let stage = enabled();
        let all = stage.good(ADMINISTRATOR, DescribeProducts, json!({}))["Products"].as_array().unwrap().clone();
        let account = |arn: &str| arn.split(':').nth(4).unwrap_or_default().to_owned();
        let partner = all.iter().find(|product| !account(product["ProductArn"].as_str().unwrap()).is_empty()).unwrap();
        let arn = partner["ProductArn"].as_str().unwrap();
        let requested = stage.good(ADMINISTRATOR, DescribeProducts, json!({ "ProductArn": arn }));
        assert_eq!(requested["Products"], json!([partner]));
        let policy = partner["ProductSubscriptionResourcePolicy"].as_str().unwrap();
        let policy: Value = serde_json::from_str(policy).unwrap();
        assert_eq!(policy["Statement"][0]["Principal"]["AWS"], account(arn));
        assert_eq!(policy["Statement"][1]["Resource"], arn);
        let condition = json!({ "StringEquals": { "securityhub:TargetAccount": ADMINISTRATOR } });
        assert_eq!(policy["Statement"][1]["Condition"], condition);
    }

    /// Rules: PRD-06, PRD-10, PRD-25.
    #[test]
    fn products_are_listed_in_pages_and_by_partition() {
        let stage = enabled();
        let (mut seen, mut token, mut pages) = (BTreeSet::new(), Value::Null, 0);
        loop {
            let page = stage.good(ADMINISTRATOR, DescribeProducts, json!({ "MaxResults": 9, "NextToken": token }));
            for product in page["Products"].as_array().unwrap() {
                assert!(seen.insert(product["ProductArn"].as_str().unwrap().to_owned()), "no product is listed twice");
            }
            pages += 1;
            match page.get("NextToken") {
                Some(next) => token = next.clone(),
                None => break,
            }
        }
        let all = stage.good(ADMINISTRATOR, DescribeProducts, json!({}))["Products"].as_array().unwrap().len();
        assert!(pages > 2 && seen.len() == all && seen.contains(PROWLER), "{pages} pages, {} of {all}", seen.len());
        let unknown = json!({ "ProductArn": "arn:aws:securityhub:us-east-1::product/nobody/nothing" });
        stage.refused(ADMINISTRATOR, DescribeProducts, unknown, 400, "InvalidInputException");
        for operation in [DescribeProducts, ListEnabledProductsForImport] {
            stage.refused(ADMINISTRATOR, operation, json!({ "NextToken": "x" }), 400, "InvalidInputException");
        }
        let enable = securityhub_fixtures::Operation::EnableSecurityHub;
        stage.call_in("cn-north-1", ADMINISTRATOR, enable, json!({})).unwrap();
        let in_china = stage.call_in("cn-north-1", ADMINISTRATOR, DescribeProducts, json!({})).unwrap();
        assert!(in_china["Products"].as_array().unwrap().len() < all);
    }

    /// Rules: PRD-11.
    #[test]
    fn products_of_a_disabled_hub_cannot_be_described() {
        for operation in [DescribeProducts, ListEnabledProductsForImport] {
            Stage::empty().refused(ADMINISTRATOR, operation, json!({}), 401, "InvalidAccessException");
        }
    }
}
