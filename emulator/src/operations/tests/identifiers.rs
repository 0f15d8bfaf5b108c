//! The forms of ids and ARNs, in each partition.

use securityhub_fixtures::Operation::{
    CreateAutomationRule, CreateConfigurationPolicy, CreateFindingAggregator, DescribeProducts,
    EnableOrganizationAdminAccount, GetConfigurationPolicy, ListEnabledProductsForImport,
    StartConfigurationPolicyAssociation, UpdateOrganizationConfiguration,
};

use super::*;

const PARTITIONS: [(&str, &str); 3] = [("aws", "us-east-1"), ("aws-cn", "cn-north-1"), ("aws-us-gov", "us-gov-west-1")];
const MANAGEMENT: &str = "999999999999";

/// Calls as the administrator and returns a member of the answer.
fn answer_member(
    stage: &Stage,
    region: &str,
    operation: securityhub_fixtures::Operation,
    input: Value,
    member: &str,
) -> String {
    let answer = stage.call_in(region, ADMINISTRATOR, operation, input).unwrap();
    answer[member].as_str().unwrap().to_owned()
}

/// `8-4-4-4-12` lower-case hexadecimal digits.
fn is_uuid(text: &str) -> bool {
    let lengths: Vec<usize> = text.split('-').map(str::len).collect();
    let is_digit = |byte: u8| byte == b'-' || byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
    lengths == [8, 4, 4, 4, 12] && text.bytes().all(is_digit)
}

/// Rules: ARN-01, ARN-03, ARN-11, ARN-12.
#[test]
fn every_resource_of_an_account_has_its_arn_form() {
    for (partition, region) in PARTITIONS {
        let stage = Stage::empty();
        stage.call_in(region, ADMINISTRATOR, EnableSecurityHub, json!({})).unwrap();
        let own = format!("arn:{partition}:securityhub:{region}:{ADMINISTRATOR}");
        assert_eq!(answer_member(&stage, region, DescribeHub, json!({}), "HubArn"), format!("{own}:hub/default"));
        let input = json!({ "RegionLinkingMode": "NO_REGIONS" });
        let aggregator = answer_member(&stage, region, CreateFindingAggregator, input, "FindingAggregatorArn");
        assert!(aggregator.strip_prefix(&format!("{own}:finding-aggregator/")).is_some_and(is_uuid), "{aggregator}");
        let action = json!({ "Type": "FINDING_FIELDS_UPDATE", "FindingFieldsUpdate": { "Confidence": 1 } });
        let criteria = json!({ "Title": [{ "Value": "x", "Comparison": "EQUALS" }] });
        let input = json!({
            "RuleName": "r", "Description": "d", "RuleOrder": 1, "Criteria": criteria, "Actions": [action],
        });
        let rule = answer_member(&stage, region, CreateAutomationRule, input, "RuleArn");
        assert!(rule.strip_prefix(&format!("{own}:automation-rule/")).is_some_and(is_uuid), "{rule}");
        // The ARN of an AWS product has no account; the ARN of an account's own product contains the account.
        let product = json!({ "ProductArn": format!("arn:{partition}:securityhub:{region}::product/aws/guardduty") });
        let described = stage.call_in(region, ADMINISTRATOR, DescribeProducts, product.clone()).unwrap();
        assert_eq!(described["Products"][0]["ProductArn"], product["ProductArn"]);
        let enabled = stage.call_in(region, ADMINISTRATOR, ListEnabledProductsForImport, json!({})).unwrap();
        let subscription = json!(format!("{own}:product-subscription/aws/guardduty"));
        assert!(enabled["ProductSubscriptions"].as_array().unwrap().contains(&subscription), "{enabled}");
        let private = finding("f", json!({ "ProductArn": format!("{own}:product/{ADMINISTRATOR}/default") }));
        let imported = stage.call_in(region, ADMINISTRATOR, BatchImportFindings, json!({ "Findings": [private] }));
        assert_eq!(imported.unwrap()["SuccessCount"], 1);
    }
}

/// Rules: ARN-05, ARN-06.
#[test]
fn a_policy_arn_names_the_administrator_and_home_region() {
    for (partition, region) in PARTITIONS {
        let stage = Stage::empty();
        stage.organization(&[(MANAGEMENT, "management"), (ADMINISTRATOR, "security"), (MEMBER, "member")]);
        let designated = json!({ "AdminAccountId": ADMINISTRATOR });
        stage.call_in(region, MANAGEMENT, EnableOrganizationAdminAccount, designated).unwrap();
        let call = |operation, input| stage.call_in(region, ADMINISTRATOR, operation, input);
        call(CreateFindingAggregator, json!({ "RegionLinkingMode": "NO_REGIONS" })).unwrap();
        let kind = json!({ "ConfigurationType": "CENTRAL" });
        let central = json!({ "AutoEnable": false, "AutoEnableStandards": "NONE", "OrganizationConfiguration": kind });
        call(UpdateOrganizationConfiguration, central).unwrap();
        let says = json!({ "SecurityHub": { "ServiceEnabled": false } });
        let made = call(CreateConfigurationPolicy, json!({ "Name": "p", "ConfigurationPolicy": says })).unwrap();
        let (arn, id) = (made["Arn"].as_str().unwrap(), made["Id"].as_str().unwrap());
        let prefix = format!("arn:{partition}:securityhub:{region}:{ADMINISTRATOR}:configuration-policy/");
        assert_eq!(arn, format!("{prefix}{id}"));
        assert!(is_uuid(id), "{id}");
        let associate = |policy: &str| {
            let target = json!({ "AccountId": MEMBER });
            let input = json!({ "ConfigurationPolicyIdentifier": policy, "Target": target });
            call(StartConfigurationPolicyAssociation, input).map(|answer| answer["ConfigurationPolicyId"].clone())
        };
        let self_managed = "SELF_MANAGED_SECURITY_HUB";
        assert_eq!(associate(self_managed), Ok(json!(self_managed)));
        assert_eq!(associate(arn), Ok(json!(id)));
        assert_eq!(associate(&format!("{prefix}{self_managed}")).unwrap_err().0, 404);
        assert_eq!(call(GetConfigurationPolicy, json!({ "Identifier": self_managed })).unwrap_err().0, 404);
    }
}
