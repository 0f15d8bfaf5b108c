//! Names of resources: their types, and the ARNs that are built from short names (RES-01).

use securityhub_fixtures::resource_arns::{self, ResourceArn};
use securityhub_fixtures::standards::{CONTROLS, Control};

use crate::state::{AccountId, Region};

/// The resource type of accounts (RES-04).
pub const ACCOUNT_TYPE: &str = "AwsAccount";

/// All types that controls check, with duplicates.
pub fn known_types() -> impl Iterator<Item = &'static str> {
    CONTROLS.iter().filter(|control| control.active).flat_map(|control| control.resource_types).copied()
}

/// The ASFF type for a text in the spelling of ASFF, CloudFormation or AWS Config: `AWS::S3::Bucket` means
/// `AwsS3Bucket`.
pub fn resource_type(text: &str) -> Option<&'static str> {
    let joined = text.replace("::", "");
    if let Some(resource_type) = resource_arns::asff_type(&joined) {
        return Some(resource_type);
    }
    let is_spelling = |known: &&str| *known == text || text.contains("::") && known.eq_ignore_ascii_case(&joined);
    known_types().find(is_spelling)
}

/// Returns whether findings of a control are always on the account: controls of the account and of metric filters
/// (RES-04, CIS-07).
pub fn is_on_account(control: &Control) -> bool {
    let number = control.id.strip_prefix("CloudWatch.").and_then(|number| number.parse::<u32>().ok());
    control.resource_types.contains(&ACCOUNT_TYPE) || number.is_some_and(|number| (1..=14).contains(&number))
}

/// Returns whether a control checks resources of a type.
pub fn checks_type(control: &Control, resource_type: &str) -> bool {
    control.resource_types.contains(&resource_type) || resource_type == ACCOUNT_TYPE && is_on_account(control)
}

/// The id of a resource: its ARN, if the name is one or can be built for its type, otherwise its name. An account
/// always has the same id.
pub fn resource_id(resource_type: &str, name: &str, account: AccountId, region: &Region) -> String {
    let partition = region.partition();
    if resource_type == ACCOUNT_TYPE {
        return format!("AWS::::Account:{account}");
    }
    if name.starts_with("arn:") {
        return name.to_owned();
    }
    let form = resource_arns::find(resource_type);
    form.map_or_else(
        || name.to_owned(),
        |ResourceArn { service, before, has_region, has_account, .. }| {
            let region = if *has_region { region.as_str() } else { "" };
            let account = if *has_account { account.as_str() } else { "" };
            // A name may be given with its prefix, for example user/ops.
            let name = name.strip_prefix(before).unwrap_or(name);
            format!("arn:{partition}:{service}:{region}:{account}:{before}{name}")
        },
    )
}

#[cfg(test)]
mod tests {
    use super::{resource_id, resource_type};
    use crate::state::{AccountId, Region};

    /// Rules: RES-01.
    #[test]
    fn a_resource_id_is_built_from_a_name_or_an_arn() {
        let of =
            |resource_type, name, region| resource_id(resource_type, name, AccountId::DEFAULT, &Region::new(region));
        let account = AccountId::DEFAULT;
        for name in ["ops", "user/ops"] {
            assert_eq!(of("AwsIamUser", name, "us-east-1"), format!("arn:aws:iam::{account}:user/ops"));
        }
        assert_eq!(of("AwsEc2Vpc", "vpc-1", "cn-north-1"), format!("arn:aws-cn:ec2:cn-north-1:{account}:vpc/vpc-1"));
        assert_eq!(of("AwsS3Bucket", "b", "us-east-1"), "arn:aws:s3:::b");
        assert_eq!(of("AwsLogsMetricFilter", "f", "us-east-1"), "f");
        assert_eq!(of("AwsAccount", "", "us-east-1"), format!("AWS::::Account:{account}"));
    }
    /// Rules: RES-01.
    #[test]
    fn a_type_may_be_spelled_as_in_cloudformation_or_aws_config() {
        for (spelling, expected) in [
            ("AWS::S3::Bucket", Some("AwsS3Bucket")),
            ("AWS::ACM::Certificate", Some("AwsCertificateManagerCertificate")),
            ("AWS::ElasticLoadBalancing::LoadBalancer", Some("AwsElbLoadBalancer")),
            ("AWS::ElasticLoadBalancingV2::LoadBalancer", Some("AwsElbv2LoadBalancer")),
            ("AWS::OpenSearch::Domain", Some("AwsOpenSearchServiceDomain")),
            ("AWS::OpenSearchService::Domain", Some("AwsOpenSearchServiceDomain")),
            ("AWS::StepFunctions::StateMachine", Some("AwsStepFunctionStateMachine")),
            ("AWS::StepFunctions::Nothing", None),
        ] {
            assert_eq!(resource_type(spelling), expected, "{spelling}");
        }
    }
}
