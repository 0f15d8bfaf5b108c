//! Categories of resource types (RSV-04).

/// Prefixes of resource types and their categories. The first prefix that matches a type applies. `inferred`.
const CATEGORIES: &[(&str, &str)] = &[
    ("AWS::EC2::Instance", "Compute"),
    ("AWS::EC2::Volume", "Storage"),
    ("AWS::EC2::Snapshot", "Storage"),
    ("AWS::EC2::", "Network"),
    ("AWS::Lambda::", "Compute"),
    ("AWS::ECS::", "Compute"),
    ("AWS::EKS::", "Compute"),
    ("AWS::ECR::", "Compute"),
    ("AWS::AutoScaling::", "Compute"),
    ("AWS::RDS::", "Database"),
    ("AWS::DynamoDB::", "Database"),
    ("AWS::Redshift::", "Database"),
    ("AWS::S3::", "Storage"),
    ("AWS::EFS::", "Storage"),
    ("AWS::Backup::", "Storage"),
    ("AWS::CodeBuild::", "Code"),
    ("CodeRepository", "Code"),
    ("AWS::SageMaker::", "AI/ML"),
    ("AWS::Bedrock", "AI/ML"),
    ("AWS::IAM::", "Identity"),
    ("AWS::::Account", "Identity"),
    ("AWS::ElasticLoadBalancing", "Network"),
    ("AWS::CloudFront::", "Network"),
    ("AWS::ApiGateway", "Network"),
    ("AWS::NetworkFirewall::", "Network"),
    ("AWS::WAF", "Network"),
    ("AWS::Route53::", "Network"),
    ("AWS::SNS::", "Messaging"),
    ("AWS::SQS::", "Messaging"),
    ("AWS::Events::", "Messaging"),
    ("AWS::AmazonMQ::", "Messaging"),
    ("AWS::MSK::", "Messaging"),
    ("AWS::Kinesis", "Messaging"),
];

/// The category of a resource type in the spelling of CloudFormation.
pub fn of(resource_type: &str) -> &'static str {
    let found = CATEGORIES.iter().find(|(start, _)| resource_type.starts_with(start));
    found.map_or("Other", |(_, category)| category)
}

#[cfg(test)]
mod tests {
    /// Rules: RSV-04.
    #[test]
    fn the_longest_prefix_determines_the_category() {
        let categories = ["AWS::EC2::Instance", "AWS::EC2::SecurityGroup", "AWS::WAFv2::WebACL", "Container"];
        assert_eq!(categories.map(super::of), ["Compute", "Network", "Network", "Other"]);
    }
}
