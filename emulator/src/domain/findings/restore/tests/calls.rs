//! Random calls that change every part of a world.

use std::collections::BTreeMap;

use jiff::SignedDuration;
use quickcheck::{Arbitrary, Gen};
use securityhub_fixtures::Operation::{self, *};
use serde_json::{Value, json};

use crate::domain::controls::checks;
use crate::domain::findings::document;
use crate::state::{CheckResult, ComplianceStatus, HubKey, Region, Resource};
use crate::testing::{ADMINISTRATOR, MEMBER, REGION, Stage, finding_of, id};

/// The Region besides [`REGION`] in which calls are made.
pub(crate) const OTHER_REGION: &str = "eu-west-1";
/// The accounts that make calls.
pub(crate) const ACCOUNTS: [&str; 3] = [ADMINISTRATOR, MEMBER, "333333333333"];

/// A random step in the history of a world.
#[derive(Clone, Debug)]
pub(crate) struct Step {
    action: u8,
    caller: u8,
    variant: u8,
    flag: bool,
}

impl Arbitrary for Step {
    fn arbitrary(random: &mut Gen) -> Self {
        let (action, caller, variant) = (u8::arbitrary(random), u8::arbitrary(random), u8::arbitrary(random));
        Step { action, caller, variant: variant % 6, flag: bool::arbitrary(random) }
    }
}

impl Step {
    /// Returns whether a world whose first step this is starts with a record of each kind.
    pub(crate) fn populates(&self) -> bool {
        self.flag
    }
}

/// Creates a record of each kind.
pub(crate) fn populate(stage: &Stage) {
    let call = |operation, input| _ = stage.call(ADMINISTRATOR, operation, input);
    let arn = |rest: &str| format!("arn:aws:securityhub:{REGION}:{ADMINISTRATOR}:{rest}");
    stage.organization(&[(ADMINISTRATOR, "one"), (MEMBER, "two")]);
    call(EnableSecurityHub, json!({ "EnableDefaultStandards": false, "Tags": { "k": "v" } }));
    _ = stage.call(MEMBER, EnableSecurityHub, json!({ "EnableDefaultStandards": false }));
    let standard = format!("arn:aws:securityhub:{REGION}::standards/pci-dss/v/3.2.1");
    call(BatchEnableStandards, json!({ "StandardsSubscriptionRequests": [{ "StandardsArn": standard }] }));
    let control = arn("control/pci-dss/v/3.2.1/PCI.IAM.1");
    call(
        UpdateStandardsControl,
        json!({ "StandardsControlArn": control, "ControlStatus": "DISABLED", "DisabledReason": "not now" }),
    );
    let parameters = json!({ "MinimumPasswordLength": { "ValueType": "CUSTOM", "Value": { "Integer": 20 } } });
    call(UpdateSecurityControl, json!({ "SecurityControlId": "IAM.7", "Parameters": parameters }));
    call(CreateMembers, json!({ "AccountDetails": [{ "AccountId": ACCOUNTS[2], "Email": "m@example.com" }] }));
    call(InviteMembers, json!({ "AccountIds": [ACCOUNTS[2]] }));
    call(EnableOrganizationAdminAccount, json!({ "AdminAccountId": MEMBER }));
    call(EnableSecurityHubV2, json!({}));
    call(CreateAggregatorV2, json!({ "RegionLinkingMode": "SPECIFIED_REGIONS", "LinkedRegions": [OTHER_REGION] }));
    call(BatchImportFindings, json!({ "Findings": [finding_of(ADMINISTRATOR, "first", json!({}))] }));
    let secret = format!("arn:aws:secretsmanager:{REGION}:{ADMINISTRATOR}:secret:s");
    let provider = json!({ "ServiceNow": { "InstanceName": "dev1", "SecretArn": secret } });
    let connector = stage.call(ADMINISTRATOR, CreateConnectorV2, json!({ "Name": "tickets", "Provider": provider }));
    let connector = connector.map(|created| created["ConnectorId"].clone()).unwrap_or_default();
    call(CreateTicketV2, json!({ "ConnectorId": connector, "FindingMetadataUid": "TEST_FINDING", "Mode": "DRYRUN" }));
}

/// Carries out a step. Most calls are refused in some worlds.
pub(crate) fn run(stage: &Stage, step: &Step) {
    let account = ACCOUNTS[usize::from(step.caller) % ACCOUNTS.len()];
    let other = ACCOUNTS[(usize::from(step.caller) + usize::from(step.variant)) % ACCOUNTS.len()];
    let region = if step.action.is_multiple_of(4) { OTHER_REGION } else { REGION };
    let calls = classic(stage, step, account, region).into_iter();
    let calls = calls.chain(relations(stage, step, account, other, region)).chain(v2(stage, step, account, region));
    let calls: Vec<(Operation, Value)> = calls.collect();
    let extra = 8;
    match usize::from(step.action) % (calls.len() + extra) {
        0 => {
            stage.0.clock.advance(SignedDuration::from_hours(i64::from(step.variant) * 11));
            stage.after_clock_change();
        }
        1 => declare(stage, account, region, step),
        2 if step.variant == 0 => stage.organization(&[(ADMINISTRATOR, "one"), (MEMBER, "two")]),
        // Hubs of both halves are required for most other calls.
        2..=4 => _ = stage.call_in(region, account, EnableSecurityHub, json!({ "Tags": { "k": "v" } })),
        5..8 => _ = stage.call_in(region, account, EnableSecurityHubV2, json!({ "Tags": { "k": "v" } })),
        number => {
            let (operation, input) = calls[number - extra].clone();
            _ = stage.call_in(region, account, operation, input);
        }
    }
}

fn declare(stage: &Stage, account: &str, region: &str, step: &Step) {
    let key = HubKey { account: id(account), region: Region::new(region) };
    let mut transaction = stage.0.write();
    if step.flag {
        let result = CheckResult { status: ComplianceStatus::Failed, reason: None };
        let bucket = Resource {
            resource_type: "AwsS3Bucket",
            id: format!("arn:aws:s3:::bucket-{}", step.variant),
            results: BTreeMap::from([("S3.5", result)]),
            tags: Some(BTreeMap::from([("a".to_owned(), "b".to_owned())])),
            ..Resource::default()
        };
        let now = stage.0.clock.now();
        checks::change::declare(&mut transaction, &stage.0, BTreeMap::from([(key, vec![bucket])]), now);
    } else {
        let which = checks::change::ResourceSelector {
            account: key.account,
            regions: None,
            resource_type: Some("AwsS3Bucket"),
            id: None,
        };
        checks::change::delete(&mut transaction, &which, stage.0.clock.now());
    }
    transaction.commit();
}

/// Calls of the classic half.
fn classic(stage: &Stage, step: &Step, account: &str, region: &str) -> Vec<(Operation, Value)> {
    let Step { variant, flag, .. } = step;
    let arn = |rest: &str| format!("arn:aws:securityhub:{region}:{account}:{rest}");
    let finding_id = format!("f{variant}");
    let product = arn(&format!("product/{account}/default"));
    let title = json!({ "Title": [{ "Value": "Port", "Comparison": "PREFIX" }] });
    let with =
        json!({ "ProductArn": product, "UpdatedAt": stage.now(), "Title": format!("Port {variant} \"quoted\" ü") });
    let standard = if *flag { "pci-dss/v/3.2.1" } else { "aws-foundational-security-best-practices/v/1.0.0" };
    let parameters =
        json!({ "MinimumPasswordLength": { "ValueType": "CUSTOM", "Value": { "Integer": 20 + variant } } });
    let update = json!({ "Note": { "Text": "n", "UpdatedBy": "rule" }, "Workflow": { "Status": "NOTIFIED" } });
    let control = arn("control/pci-dss/v/3.2.1/PCI.IAM.1");
    vec![
        (BatchImportFindings, json!({ "Findings": [finding_of(account, &finding_id, with.clone())] })),
        (BatchImportFindings, json!({ "Findings": [finding_of(account, "other", with)] })),
        (
            BatchUpdateFindings,
            json!({
                "FindingIdentifiers": [{ "Id": finding_id, "ProductArn": product }],
                "Note": { "Text": format!("note {variant}"), "UpdatedBy": "me" }, "UserDefinedFields": { "a": "b" },
            }),
        ),
        (UpdateFindings, json!({ "Filters": title, "Note": { "Text": "all", "UpdatedBy": "us" } })),
        (DisableSecurityHub, json!({})),
        (UpdateSecurityHubConfiguration, json!({ "AutoEnableControls": flag })),
        (TagResource, json!({ "ResourceArn": arn("hub/default"), "Tags": { "t": format!("{variant}") } })),
        (
            BatchEnableStandards,
            json!({ "StandardsSubscriptionRequests": [
                { "StandardsArn": format!("arn:aws:securityhub:{region}::standards/{standard}") },
            ] }),
        ),
        (BatchDisableStandards, json!({ "StandardsSubscriptionArns": [arn(&format!("subscription/{standard}"))] })),
        (
            UpdateStandardsControl,
            json!({ "StandardsControlArn": control, "ControlStatus": "DISABLED", "DisabledReason": "not now" }),
        ),
        (UpdateSecurityControl, json!({ "SecurityControlId": "IAM.7", "Parameters": parameters })),
        (CreateActionTarget, json!({ "Id": format!("a{variant}"), "Name": "act", "Description": "d" })),
        (DeleteActionTarget, json!({ "ActionTargetArn": arn(&format!("action/custom/a{variant}")) })),
        (CreateInsight, json!({ "Name": format!("i{variant}"), "Filters": title, "GroupByAttribute": "ResourceId" })),
        (
            CreateAutomationRule,
            json!({
                "RuleOrder": variant + 1, "RuleName": "rule", "Description": "d", "Criteria": title,
                "Tags": { "r": "s" }, "IsTerminal": flag,
                "Actions": [{ "Type": "FINDING_FIELDS_UPDATE", "FindingFieldsUpdate": update }],
            }),
        ),
        (
            EnableImportFindingsForProduct,
            json!({ "ProductArn": format!("arn:aws:securityhub:{region}::product/prowler/prowler") }),
        ),
    ]
}

/// Calls of the classic half about several accounts or Regions.
fn relations(stage: &Stage, step: &Step, account: &str, other: &str, region: &str) -> Vec<(Operation, Value)> {
    let Step { variant, flag, .. } = step;
    let invitations = stage.call_in(region, account, ListInvitations, json!({})).unwrap_or_default();
    let invitation = invitations["Invitations"][0]["InvitationId"].as_str().unwrap_or("none").to_owned();
    let policy = json!({ "SecurityHub": { "ServiceEnabled": flag } });
    vec![
        (CreateMembers, json!({ "AccountDetails": [{ "AccountId": other, "Email": "m@example.com" }] })),
        (InviteMembers, json!({ "AccountIds": [other] })),
        (AcceptAdministratorInvitation, json!({ "AdministratorId": other, "InvitationId": invitation })),
        (DeclineInvitations, json!({ "AccountIds": [other] })),
        (DisassociateMembers, json!({ "AccountIds": [other] })),
        (CreateFindingAggregator, json!({ "RegionLinkingMode": "ALL_REGIONS" })),
        (DeleteFindingAggregator, json!({ "FindingAggregatorArn": aggregator(stage, account).unwrap_or_default() })),
        (EnableOrganizationAdminAccount, json!({ "AdminAccountId": other })),
        (
            UpdateOrganizationConfiguration,
            json!({ "AutoEnable": false, "AutoEnableStandards": "NONE", "OrganizationConfiguration": { "ConfigurationType": "CENTRAL" } }),
        ),
        (UpdateOrganizationConfiguration, json!({ "AutoEnable": flag })),
        (CreateConfigurationPolicy, json!({ "Name": format!("p{variant}"), "ConfigurationPolicy": policy })),
    ]
}

/// `metadata.uid` of the first finding that an account has imported.
fn uid(stage: &Stage, account: &str, region: &str) -> Option<String> {
    if !stage.0.has_hubs_v2() {
        return None;
    }
    let first = |findings: &crate::state::Findings| {
        let table = findings.table();
        let is_own = |slot: &_| document::is_of_account(table.document(*slot), id(account));
        stage.0.ocsf().uid(table.stored(table.slots().find(is_own)?))
    };
    stage.0.read_findings(&Region::new(region), first).flatten()
}

fn aggregator(stage: &Stage, account: &str) -> Option<String> {
    let answer = stage.call(account, ListFindingAggregators, json!({})).ok()?;
    answer["FindingAggregators"][0]["FindingAggregatorArn"].as_str().map(str::to_owned)
}

/// Calls of the V2 half.
fn v2(stage: &Stage, step: &Step, account: &str, region: &str) -> Vec<(Operation, Value)> {
    let Step { variant, flag, .. } = step;
    let uid = uid(stage, account, region).unwrap_or_default();
    let filter = json!({ "FieldName": "finding_info.title", "Filter": { "Value": "Port", "Comparison": "PREFIX" } });
    let criteria = json!({ "OcsfFindingCriteria": { "CompositeFilters": [{ "StringFilters": [filter] }] } });
    let linked = if region == REGION { OTHER_REGION } else { REGION };
    let secret = format!("arn:aws:secretsmanager:{region}:{account}:secret:s");
    let connectors = stage.call_in(region, account, ListConnectorsV2, json!({})).unwrap_or_default();
    let connector = connectors["Connectors"][0]["ConnectorId"].as_str().unwrap_or("none").to_owned();
    let s3 = json!({
        "BucketArn": "arn:aws:s3:::exports",
        "KmsKeyArn": format!("arn:aws:kms:{region}:{account}:key/1"),
        "ObjectPrefix": "daily/",
    });
    let format = if *flag {
        json!({ "Format": "CSV", "SelectedFields": ["severity_id"] })
    } else {
        json!({ "Format": "OCSF_JSON" })
    };
    vec![
        (DisableSecurityHubV2, json!({})),
        (BatchUpdateFindingsV2, json!({ "MetadataUids": [uid], "SeverityId": 5, "Comment": format!("c{variant}") })),
        (BatchUpdateFindingsV2, json!({ "MetadataUids": [uid], "StatusId": 2 })),
        (
            CreateAutomationRuleV2,
            json!({
                "RuleName": format!("r{variant}"), "Description": "d", "RuleOrder": f32::from(*variant) + 0.5,
                "Criteria": criteria, "ClientToken": format!("token-{variant}"), "Tags": { "x": "y" },
                "Actions": [{ "Type": "FINDING_FIELDS_UPDATE", "FindingFieldsUpdate": { "SeverityId": 4 } }],
            }),
        ),
        (CreateAggregatorV2, json!({ "RegionLinkingMode": "SPECIFIED_REGIONS", "LinkedRegions": [linked] })),
        (
            CreateConnectorV2,
            json!({ "Name": format!("n{variant}"), "Provider": { "ServiceNow": { "InstanceName": "dev1", "SecretArn": secret } } }),
        ),
        (
            CreateConnectorV2,
            json!({ "Name": format!("j{variant}"), "Provider": { "JiraCloud": { "ProjectKey": "SEC" } } }),
        ),
        (CreateTicketV2, json!({ "ConnectorId": connector, "FindingMetadataUid": uid })),
        (CreateTicketV2, json!({ "ConnectorId": connector, "FindingMetadataUid": "TEST_FINDING", "Mode": "DRYRUN" })),
        (StartExportJobV2, json!({ "Destination": { "S3": s3 }, "OutputConfiguration": { "Findings": format } })),
    ]
}
