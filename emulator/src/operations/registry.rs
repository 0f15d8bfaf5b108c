//! Properties of each of the 126 operations. `coverage`, its page in the docs and the gate are derived from this list.

use securityhub_fixtures::Operation;

use super::answer::Answer;
use super::context::{Context, Input};
use super::{
    action_targets, aggregators_v2, automation_rules, automation_rules_v2, configuration_policies, connectors,
    connectors_v2, export_jobs_v2, finding_aggregators, finding_changes, findings, findings_v2, free_trials_v2, hub,
    hub_v2, insights, members, organization, products, products_v2, recommended_policies_v2, remediations_v2,
    resources_v2, software_v2, standards, tags, tickets_v2, trends_v2,
};
use crate::aws_error::AwsError;
use crate::state::{FindingsTransaction, Transaction};

/// The properties of an operation.
#[derive(Clone, Copy)]
pub struct Entry {
    /// The coverage of the operation.
    pub coverage: Coverage,
    /// The function that runs it.
    pub run: Handler,
    /// Its answer when the caller's hub is disabled.
    pub hub: HubRule,
    /// The list whose items are validated and processed independently (IMP-32, ARU-13).
    pub per_item: Option<&'static str>,
    /// True if it may take more than a few hundred microseconds, or wait that long for a lock that another call holds.
    /// The server runs it on a separate thread. All operations that write are heavy.
    pub is_heavy: bool,
    /// For a heavy operation, an attempt that only answers small calls.
    pub quickly: Option<Quickly>,
}

/// Answers a call that changes nothing if this takes at most a few hundred microseconds, without waiting for other
/// calls.
pub type Quickly = fn(&Context<'_>, Input) -> Result<Option<Answer>, AwsError>;

/// The coverage of an operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Coverage {
    /// Like AWS, as far as is known.
    Implemented,
    /// Not implemented.
    Missing,
}

/// The function that runs an operation.
#[derive(Clone, Copy)]
pub enum Handler {
    /// Changes nothing.
    Reads(fn(&Context<'_>, Input) -> Result<Answer, AwsError>),
    /// Changes hubs and relations, one call at a time.
    Writes(fn(&Context<'_>, &mut Transaction<'_>, Input) -> Result<Answer, AwsError>),
    /// Changes findings only.
    WritesFindings(fn(&Context<'_>, &mut FindingsTransaction<'_>, Input) -> Result<Answer, AwsError>),
    /// Not implemented.
    Missing,
}

/// The answer of an operation when the caller's hub is disabled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HubRule {
    /// 401 `InvalidAccessException` (HUB-15).
    Required,
    /// 400 `BadRequestException` (INV-04).
    RequiredByMembers,
    /// The operation requires the V2 hub. Otherwise it answers 409, 404 or 403, the first of these whose error it lists
    /// (O2G-05, O2G-06).
    V2,
    /// The operation decides.
    Own,
}

fn entry_of(run: Handler, is_heavy: bool) -> Entry {
    Entry { coverage: Coverage::Implemented, run, hub: HubRule::Required, per_item: None, is_heavy, quickly: None }
}

fn reads(run: fn(&Context<'_>, Input) -> Result<Answer, AwsError>) -> Entry {
    entry_of(Handler::Reads(run), false)
}

fn writes(run: fn(&Context<'_>, &mut Transaction<'_>, Input) -> Result<Answer, AwsError>) -> Entry {
    entry_of(Handler::Writes(run), true)
}

fn writes_findings(run: fn(&Context<'_>, &mut FindingsTransaction<'_>, Input) -> Result<Answer, AwsError>) -> Entry {
    entry_of(Handler::WritesFindings(run), true)
}

#[allow(dead_code, reason = "for operations that a new edition of the API adds")]
fn missing() -> Entry {
    Entry { coverage: Coverage::Missing, hub: HubRule::Own, ..entry_of(Handler::Missing, false) }
}

impl Entry {
    fn hub(self, hub: HubRule) -> Entry {
        Entry { hub, ..self }
    }

    /// Marks an operation of the V2 half.
    fn v2(self) -> Entry {
        self.hub(HubRule::V2)
    }

    fn per_item(self, list: &'static str) -> Entry {
        Entry { per_item: Some(list), ..self }
    }

    /// For an operation that reads findings, walks a long list, or returns values that callers can make long, such as
    /// filters.
    fn heavy(self) -> Entry {
        Entry { is_heavy: true, ..self }
    }

    /// For a heavy operation with calls that may be small.
    fn or_quickly(self, quickly: Quickly) -> Entry {
        Entry { quickly: Some(quickly), ..self }
    }
}

/// The properties of `operation`. A new operation of AWS does not compile until it has an arm here.
#[allow(clippy::too_many_lines, reason = "one line per operation")]
#[allow(clippy::match_same_arms, reason = "one line per operation")]
pub fn entry(operation: Operation) -> Entry {
    match operation {
        Operation::AcceptAdministratorInvitation => {
            writes(members::invited::accept_invitation).hub(HubRule::RequiredByMembers)
        }
        Operation::AcceptInvitation => writes(members::invited::accept_invitation).hub(HubRule::RequiredByMembers),
        Operation::BatchDeleteAutomationRules => writes(automation_rules::batch_delete_automation_rules),
        Operation::BatchDisableStandards => writes(standards::batch_disable_standards),
        Operation::BatchEnableStandards => writes(standards::batch_enable_standards),
        Operation::BatchGetAutomationRules => reads(automation_rules::batch_get_automation_rules).heavy(),
        Operation::BatchGetConfigurationPolicyAssociations => {
            reads(configuration_policies::associations::batch_get_configuration_policy_associations).heavy()
        }
        Operation::BatchGetSecurityControls => reads(standards::batch_get_security_controls).heavy(),
        Operation::BatchGetStandardsControlAssociations => {
            reads(standards::batch_get_standards_control_associations).heavy()
        }
        Operation::BatchImportFindings => writes_findings(findings::batch_import_findings).per_item("Findings"),
        Operation::BatchUpdateAutomationRules => {
            writes(automation_rules::batch_update_automation_rules).per_item(automation_rules::REQUEST_ITEMS)
        }
        Operation::BatchUpdateFindings => writes_findings(finding_changes::batch_update_findings),
        Operation::BatchUpdateFindingsV2 => writes_findings(findings_v2::batch_update_findings_v2).v2(),
        Operation::BatchUpdateStandardsControlAssociations => {
            writes(standards::batch_update_standards_control_associations)
        }
        Operation::CancelExportJobV2 => writes(export_jobs_v2::cancel_export_job_v2).v2(),
        Operation::CreateActionTarget => writes(action_targets::create_action_target),
        Operation::CreateAggregatorV2 => writes(aggregators_v2::create_aggregator_v2).v2(),
        Operation::CreateAutomationRule => writes(automation_rules::create_automation_rule),
        Operation::CreateAutomationRuleV2 => writes(automation_rules_v2::create_automation_rule_v2).v2(),
        Operation::CreateConfigurationPolicy => writes(configuration_policies::create_configuration_policy),
        Operation::CreateConnector => writes(connectors::create_connector),
        Operation::CreateConnectorV2 => writes(connectors_v2::create_connector_v2).v2(),
        Operation::CreateFindingAggregator => writes(finding_aggregators::create_finding_aggregator),
        Operation::CreateInsight => writes(insights::create_insight),
        Operation::CreateMembers => writes(members::administrator::create_members).hub(HubRule::RequiredByMembers),
        Operation::CreateTicketV2 => writes(tickets_v2::create_ticket_v2).v2(),
        Operation::DeclineInvitations => writes(members::invited::decline_invitations).hub(HubRule::RequiredByMembers),
        Operation::DeleteActionTarget => writes(action_targets::delete_action_target),
        Operation::DeleteAggregatorV2 => writes(aggregators_v2::delete_aggregator_v2).v2(),
        Operation::DeleteAutomationRuleV2 => writes(automation_rules_v2::delete_automation_rule_v2).v2(),
        Operation::DeleteConfigurationPolicy => writes(configuration_policies::delete_configuration_policy),
        Operation::DeleteConnector => writes(connectors::delete_connector),
        Operation::DeleteConnectorV2 => writes(connectors_v2::delete_connector_v2).v2(),
        Operation::DeleteFindingAggregator => writes(finding_aggregators::delete_finding_aggregator),
        Operation::DeleteInsight => writes(insights::delete_insight),
        Operation::DeleteInvitations => writes(members::invited::delete_invitations).hub(HubRule::RequiredByMembers),
        Operation::DeleteMembers => writes(members::administrator::delete_members).hub(HubRule::RequiredByMembers),
        Operation::DescribeActionTargets => reads(action_targets::describe_action_targets),
        Operation::DescribeHub => reads(hub::describe_hub),
        Operation::DescribeOrganizationConfiguration => reads(organization::describe_organization_configuration),
        Operation::DescribeProducts => reads(products::describe_products).heavy(),
        Operation::DescribeProductsV2 => reads(products_v2::describe_products_v2).hub(HubRule::Own),
        Operation::DescribeSecurityHubV2 => reads(hub_v2::describe_security_hub_v2).v2(),
        Operation::DescribeStandards => reads(standards::describe_standards),
        Operation::DescribeStandardsControls => reads(standards::describe_standards_controls).heavy(),
        Operation::DisableImportFindingsForProduct => writes(products::disable_import_findings_for_product),
        Operation::DisableOrganizationAdminAccount => {
            writes(organization::disable_organization_admin_account).hub(HubRule::Own)
        }
        Operation::DisableSecurityHub => writes(hub::disable_security_hub).hub(HubRule::Own),
        Operation::DisableSecurityHubFeatureV2 => writes(hub_v2::disable_security_hub_feature_v2).v2(),
        Operation::DisableSecurityHubV2 => writes(hub_v2::disable_security_hub_v2).hub(HubRule::Own),
        Operation::DisassociateFromAdministratorAccount => writes(members::invited::disassociate_from_administrator),
        Operation::DisassociateFromMasterAccount => writes(members::invited::disassociate_from_administrator),
        Operation::DisassociateMembers => {
            writes(members::administrator::disassociate_members).hub(HubRule::RequiredByMembers)
        }
        Operation::EnableImportFindingsForProduct => writes(products::enable_import_findings_for_product),
        Operation::EnableOrganizationAdminAccount => {
            writes(organization::enable_organization_admin_account).hub(HubRule::Own)
        }
        Operation::EnableSecurityHub => writes(hub::enable_security_hub).hub(HubRule::Own),
        Operation::EnableSecurityHubFeatureV2 => writes(hub_v2::enable_security_hub_feature_v2).v2(),
        Operation::EnableSecurityHubV2 => writes(hub_v2::enable_security_hub_v2).hub(HubRule::Own),
        Operation::GenerateRecommendedPolicyV2 => writes(recommended_policies_v2::generate_recommended_policy_v2).v2(),
        Operation::GetAdministratorAccount => reads(members::invited::get_administrator_account),
        Operation::GetAggregatorV2 => reads(aggregators_v2::get_aggregator_v2).v2(),
        Operation::GetAutomationRuleV2 => reads(automation_rules_v2::get_automation_rule_v2).v2().heavy(),
        Operation::GetConfigurationPolicy => reads(configuration_policies::get_configuration_policy),
        Operation::GetConfigurationPolicyAssociation => {
            reads(configuration_policies::associations::get_configuration_policy_association)
        }
        Operation::GetConnector => reads(connectors::get_connector),
        Operation::GetConnectorV2 => reads(connectors_v2::get_connector_v2).v2(),
        Operation::GetEnabledStandards => reads(standards::get_enabled_standards),
        Operation::GetExportJobV2 => reads(export_jobs_v2::get_export_job_v2).heavy().v2(),
        Operation::GetFindingAggregator => reads(finding_aggregators::get_finding_aggregator),
        Operation::GetFindingHistory => reads(finding_changes::get_finding_history).heavy(),
        Operation::GetFindingStatisticsV2 => reads(findings_v2::get_finding_statistics_v2).v2().heavy(),
        Operation::GetFindings => reads(findings::get_findings).heavy().or_quickly(findings::get_findings_quickly),
        Operation::GetFindingsTrendsV2 => reads(trends_v2::get_findings_trends_v2).v2().heavy(),
        Operation::GetFindingsV2 => {
            reads(findings_v2::get_findings_v2).v2().heavy().or_quickly(findings_v2::get_findings_v2_quickly)
        }
        Operation::GetInsightResults => reads(insights::get_insight_results).heavy(),
        Operation::GetInsights => reads(insights::get_insights).heavy(),
        Operation::GetInvitationsCount => {
            reads(members::invited::get_invitations_count).hub(HubRule::RequiredByMembers)
        }
        Operation::GetMasterAccount => reads(members::invited::get_master_account),
        Operation::GetMembers => reads(members::administrator::get_members).hub(HubRule::RequiredByMembers),
        Operation::GetRecommendedPolicyV2 => reads(recommended_policies_v2::get_recommended_policy_v2).v2().heavy(),
        Operation::GetRemediationsV2 => reads(remediations_v2::get_remediations_v2).v2().heavy(),
        Operation::GetResourcesStatisticsV2 => reads(resources_v2::get_resources_statistics_v2).v2().heavy(),
        Operation::GetResourcesTrendsV2 => reads(trends_v2::get_resources_trends_v2).v2().heavy(),
        Operation::GetResourcesV2 => reads(resources_v2::get_resources_v2).v2().heavy(),
        Operation::GetSecurityControlDefinition => reads(standards::get_security_control_definition),
        Operation::GetSoftwareResourcesV2 => reads(software_v2::get_software_resources_v2).v2().heavy(),
        Operation::GetSoftwareStatisticsV2 => reads(software_v2::get_software_statistics_v2).v2().heavy(),
        Operation::GetSoftwareV2 => reads(software_v2::get_software_v2).v2().heavy(),
        Operation::InviteMembers => writes(members::administrator::invite_members).hub(HubRule::RequiredByMembers),
        Operation::ListAggregatorsV2 => reads(aggregators_v2::list_aggregators_v2).v2(),
        Operation::ListAutomationRules => reads(automation_rules::list_automation_rules),
        Operation::ListAutomationRulesV2 => reads(automation_rules_v2::list_automation_rules_v2).v2(),
        Operation::ListConfigurationPolicies => reads(configuration_policies::list_configuration_policies),
        Operation::ListConfigurationPolicyAssociations => {
            reads(configuration_policies::associations::list_configuration_policy_associations).heavy()
        }
        Operation::ListConnectors => reads(connectors::list_connectors).heavy(),
        Operation::ListConnectorsV2 => reads(connectors_v2::list_connectors_v2).heavy().v2(),
        Operation::ListEnabledProductsForImport => reads(products::list_enabled_products_for_import),
        Operation::ListExportJobsV2 => reads(export_jobs_v2::list_export_jobs_v2).heavy().v2(),
        Operation::ListExposuresByRemediationV2 => {
            reads(remediations_v2::list_exposures_by_remediation_v2).v2().heavy()
        }
        Operation::ListFindingAggregators => reads(finding_aggregators::list_finding_aggregators),
        Operation::ListFreeTrialStatusesV2 => {
            reads(free_trials_v2::list_free_trial_statuses_v2).heavy().hub(HubRule::Own)
        }
        Operation::ListInvitations => reads(members::invited::list_invitations).hub(HubRule::RequiredByMembers),
        Operation::ListMembers => reads(members::administrator::list_members).hub(HubRule::RequiredByMembers),
        Operation::ListOrganizationAdminAccounts => {
            reads(organization::list_organization_admin_accounts).hub(HubRule::Own)
        }
        Operation::ListSecurityControlDefinitions => reads(standards::list_security_control_definitions).heavy(),
        Operation::ListStandardsControlAssociations => reads(standards::list_standards_control_associations),
        Operation::ListTagsForResource => reads(tags::list_tags_for_resource).hub(HubRule::Own),
        Operation::RegisterConnectorV2 => writes(connectors_v2::register_connector_v2).v2(),
        Operation::StartConfigurationPolicyAssociation => {
            writes(configuration_policies::associations::start_configuration_policy_association)
        }
        Operation::StartConfigurationPolicyDisassociation => {
            writes(configuration_policies::associations::start_configuration_policy_disassociation)
        }
        Operation::StartExportJobV2 => writes(export_jobs_v2::start_export_job_v2).v2(),
        Operation::TagResource => writes(tags::tag_resource).hub(HubRule::Own),
        Operation::UntagResource => writes(tags::untag_resource).hub(HubRule::Own),
        Operation::UpdateActionTarget => writes(action_targets::update_action_target),
        Operation::UpdateAggregatorV2 => writes(aggregators_v2::update_aggregator_v2).v2(),
        Operation::UpdateAutomationRuleV2 => writes(automation_rules_v2::update_automation_rule_v2).v2(),
        Operation::UpdateConfigurationPolicy => writes(configuration_policies::update_configuration_policy),
        Operation::UpdateConnector => writes(connectors::update_connector),
        Operation::UpdateConnectorV2 => writes(connectors_v2::update_connector_v2).v2(),
        Operation::UpdateFindingAggregator => writes(finding_aggregators::update_finding_aggregator),
        Operation::UpdateFindings => writes_findings(finding_changes::update_findings),
        Operation::UpdateInsight => writes(insights::update_insight),
        Operation::UpdateOrganizationConfiguration => writes(organization::update_organization_configuration),
        Operation::UpdateSecurityControl => writes(standards::update_security_control),
        Operation::UpdateSecurityHubConfiguration => writes(hub::update_security_hub_configuration),
        Operation::UpdateStandardsControl => writes(standards::update_standards_control),
    }
}

#[cfg(test)]
mod tests {
    use securityhub_fixtures::model::{Kind, ShapeId};

    use super::*;

    /// Depth at which documents of callers are searched in an answer.
    const DEPTH: usize = 4;
    /// Filters, criteria and findings have more members than any structure that AWS itself fills.
    const MANY_MEMBERS: usize = 30;

    /// Returns whether answers of this shape contain filters, criteria or findings, which callers can make as long as a
    /// body.
    fn holds_documents(shape: ShapeId, depth: usize) -> bool {
        let below = |shape: ShapeId| depth > 0 && holds_documents(shape, depth - 1);
        match &shape.shape().kind {
            Kind::Structure(structure) => {
                structure.members.len() > MANY_MEMBERS || structure.members.iter().any(|member| below(member.shape))
            }
            Kind::List { member, .. } => below(*member),
            Kind::Map { value, .. } => below(*value),
            _ => false,
        }
    }

    /// Rules: CPL-12.
    #[test]
    fn operations_that_return_documents_of_callers_are_heavy() {
        let built = |operation: &Operation| entry(*operation).coverage == Coverage::Implemented;
        let holding = |operation: &Operation| holds_documents(operation.model().output, DEPTH);
        let found: Vec<Operation> = Operation::ALL.into_iter().filter(built).filter(holding).collect();
        for known in [Operation::GetFindings, Operation::GetInsights, Operation::BatchGetAutomationRules] {
            assert!(found.contains(&known), "{} answers documents", known.name());
        }
        for operation in found {
            assert!(entry(operation).is_heavy, "{} is heavy", operation.name());
        }
    }
}
