//! Reasons for the result of a check: `Compliance.StatusReasons`.

/// Codes and their descriptions: AWS's own if one has been observed, otherwise ours.
const REASONS: [(&str, &str); 22] = [
    (
        "CONFIG_EVALUATIONS_EMPTY",
        "AWS Config evaluated your resources against the rule. The rule did not apply to the AWS resources in its scope, \
         the specified resources were deleted, or the evaluation results were deleted.",
    ),
    (
        "CONFIG_ACCESS_DENIED",
        "Unable to describe the supporting AWS Config Rule, Please verify that you have enabled AWS Config.",
    ),
    ("CONFIG_RULE_NOT_FOUND", "The AWS Config rule is still being created"),
    ("CONFIG_RULE_EVALUATION_ERROR", "The AWS Config rule could not be evaluated"),
    ("CONFIG_RETURNS_NOT_APPLICABLE", "The resource is no longer in the scope of the rule"),
    ("CONFIG_RECORDER_DISABLED", "AWS Config does not record in this account and Region"),
    (
        "CONFIG_RECORDER_MISSING_REQUIRED_RESOURCE_TYPES",
        "AWS Config does not record all resource types that the enabled controls require",
    ),
    ("CONFIG_RECORDER_CUSTOM_ROLE", "AWS Config uses a custom role instead of its service-linked role"),
    ("CLOUDTRAIL_METRIC_FILTER_NOT_VALID", "The metric filter is not valid"),
    ("CLOUDTRAIL_METRIC_FILTERS_NOT_PRESENT", "No metric filter matches the requirements of the control"),
    (
        "CLOUDTRAIL_MULTI_REGION_NOT_PRESENT",
        "Multi region CloudTrail with the required configuration does not exist in the account",
    ),
    ("CLOUDTRAIL_REGION_INVAILD", "The trail is in another Region"),
    ("CLOUDWATCH_ALARM_ACTIONS_NOT_VALID", "The actions of the CloudWatch alarm are not valid"),
    ("CLOUDWATCH_ALARMS_NOT_PRESENT", "The metric filter has no CloudWatch alarm"),
    ("SNS_SUBSCRIPTION_NOT_PRESENT", "The SNS topic has no subscription"),
    ("SNS_TOPIC_INVALID", "The SNS topic is not valid"),
    ("SNS_TOPIC_CROSS_ACCOUNT", "The SNS topic belongs to another account"),
    ("SNS_TOPIC_CROSS_ACCOUNT_CROSS_REGION", "The SNS topic belongs to another account or Region"),
    (
        "S3_BUCKET_CROSS_ACCOUNT_CROSS_REGION",
        "The finding is in a WARNING state, because the S3 Bucket associated with this rule is in a different \
         region/account. This rule does not support cross-region/cross-account checks, so it is recommended to disable \
         this control in this region/account and only run it in the region/account where the resource is located.",
    ),
    (
        "LAMBDA_CUSTOM_RUNTIME_DETAILS_NOT_AVAILABLE",
        "The Lambda function has a custom runtime, whose details are not available",
    ),
    ("INTERNAL_SERVICE_ERROR", "The check failed because of an internal error of the service"),
    ("THROTTLING_ERROR", "The check was throttled"),
];

/// The description of a code.
pub(super) fn description(code: &str) -> Option<&'static str> {
    REASONS.iter().find(|(known, _)| *known == code).map(|(_, description)| *description)
}

/// All known codes.
pub fn known() -> impl Iterator<Item = &'static str> {
    REASONS.iter().map(|(code, _)| *code)
}
