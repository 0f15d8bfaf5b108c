//! Builds relations from rows.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::Arc;

use serde::de::DeserializeOwned;
use serde_json::Value;

use super::directory::{AccountRow, NewControls, setting};
use super::hubs::{ExportJobRow, HUB, HubRow, HubV2Row, TicketRow};
use super::organization::{AssociationRow, AttachmentRow, CentralRow, OrganizationRow, SECURITY_HUB};
use super::product::ProductRow;
use super::relations::{AnswerRow, DeclaredRow};
use super::rows::{Kind, Present, RowKey, Rows};
use crate::state::answered::{Answered, ClientToken};
use crate::state::central_configuration::CentralConfiguration;
use crate::state::clock::Timestamp;
use crate::state::directory::{Directory, Organization};
use crate::state::hub::{Hub, HubKey};
use crate::state::hub_v2::HubV2;
use crate::state::interned;
use crate::state::member::Member;
use crate::state::names::AccountId;
use crate::state::relations::Relations;
use crate::state::resources::{Resource, Resources};
use crate::state::standards::ConfigRecorder;
use crate::state::tickets::{Ticket, Tickets};

/// A row that does not describe a part of relations.
#[derive(Clone, Debug, PartialEq)]
pub struct RowError {
    /// The row.
    pub row: RowKey,
    /// The path of the invalid member in the row's value; `None` if the whole row is invalid.
    pub path: Option<String>,
    /// The problem.
    pub message: String,
}

impl fmt::Display for RowError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let RowError { row, path, message } = self;
        match path {
            Some(path) => write!(formatter, "{row}: {path}: {message}"),
            None => write!(formatter, "{row}: {message}"),
        }
    }
}

/// The parts of relations that were read so far.
#[derive(Default)]
struct Builder {
    directory: Directory,
    organization: Option<Organization>,
    central: Option<CentralConfiguration>,
    /// The rows of the organization's accounts, which are part of two maps.
    accounts: BTreeMap<AccountId, AccountRow>,
    hubs: BTreeMap<HubKey, Hub>,
    hubs_v2: BTreeMap<HubKey, (HubV2, BTreeMap<usize, Ticket>)>,
    resources: Option<Resources>,
    answered: Vec<(ClientToken, Answered)>,
    invitations: Vec<(RowKey, Value)>,
}

impl Relations {
    /// Builds relations from their rows.
    ///
    /// # Errors
    /// The first invalid row.
    pub fn from_rows(rows: &Rows) -> Result<Relations, RowError> {
        let mut builder = Builder::default();
        // Rows of these kinds come first, because others are parts of them.
        let is_first = |kind: Kind| {
            matches!(
                kind,
                Kind::Organization
                    | Kind::CentralConfiguration
                    | Kind::Hub
                    | Kind::HubV2
                    | Kind::Standard
                    | Kind::Member
            )
        };
        for (row, value) in rows.iter().filter(|(row, _)| is_first(row.kind)) {
            builder.add(row, value)?;
        }
        for (row, value) in rows.iter().filter(|(row, _)| !is_first(row.kind)) {
            builder.add(row, value)?;
        }
        builder.finish()
    }
}

impl Builder {
    fn add(&mut self, row: &RowKey, value: &Value) -> Result<(), RowError> {
        match row.kind {
            Kind::Hub | Kind::Standard | Kind::StandardControl | Kind::Control | Kind::Recorder => {
                self.add_hub(row, value)
            }
            Kind::ProductSubscription | Kind::ActionTarget | Kind::Insight | Kind::AutomationRule | Kind::Connector => {
                self.add_to_hub(row, value)
            }
            Kind::HubV2
            | Kind::AutomationRuleV2
            | Kind::ConnectorV2
            | Kind::Ticket
            | Kind::ExportJob
            | Kind::RecommendedPolicy => self.add_to_hub_v2(row, value),
            Kind::Tags => self.add_tags(row, value),
            Kind::Organization
            | Kind::Unit
            | Kind::ServiceAccess
            | Kind::AccountCreation
            | Kind::Policy
            | Kind::PolicyAttachment
            | Kind::DelegatedAdministrator
            | Kind::OrganizationAdmin
            | Kind::OrganizationConfiguration => self.add_to_organization(row, value),
            Kind::CentralConfiguration | Kind::ConfigurationPolicy | Kind::Association => self.add_central(row, value),
            Kind::Resource | Kind::EmptyResourceType | Kind::ClientToken => self.add_other(row, value),
            Kind::Setting => self.add_setting(row, value),
            Kind::Account
            | Kind::Aggregator
            | Kind::AggregatorV2
            | Kind::Credential
            | Kind::IamPolicy
            | Kind::Invitation
            | Kind::Member
            | Kind::Role
            | Kind::ServiceControl => self.add_to_directory(row, value),
        }
    }

    fn add_hub(&mut self, row: &RowKey, value: &Value) -> Result<(), RowError> {
        let key = hub_key(row)?;
        if row.kind == Kind::Hub {
            self.hubs.insert(key, hub(read(row, value)?));
            return Ok(());
        }
        let hub = self.hubs.get_mut(&key).ok_or_else(|| lacks(row, Kind::Hub))?;
        match row.kind {
            Kind::Standard => _ = hub.standards.insert(interned::text(&row.key), read(row, value)?),
            Kind::StandardControl => {
                let (standard, number) = row.key.split_once('/').ok_or_else(|| lacks(row, Kind::Standard))?;
                let standard = hub.standards.get_mut(standard).ok_or_else(|| lacks(row, Kind::Standard))?;
                standard.controls.insert(interned::text(number), read(row, value)?);
            }
            Kind::Control => _ = hub.security_controls.insert(interned::text(&row.key), read(row, value)?),
            _ => hub.config_recorder = read(row, value)?,
        }
        Ok(())
    }

    fn add_to_hub(&mut self, row: &RowKey, value: &Value) -> Result<(), RowError> {
        let hub = self.hubs.get_mut(&hub_key(row)?).ok_or_else(|| lacks(row, Kind::Hub))?;
        match row.kind {
            Kind::ProductSubscription => {
                read::<Present>(row, value)?;
                hub.product_subscriptions.insert(row.key.clone());
            }
            Kind::ActionTarget => _ = hub.action_targets.insert(row.key.clone(), read(row, value)?),
            Kind::Insight => hub.insights.push(read(row, value)?),
            Kind::AutomationRule => hub.automation_rules.push(read(row, value)?),
            _ => _ = hub.connectors.insert(row.key.clone(), read(row, value)?),
        }
        Ok(())
    }

    fn add_to_hub_v2(&mut self, row: &RowKey, value: &Value) -> Result<(), RowError> {
        let key = hub_key(row)?;
        if row.kind == Kind::HubV2 {
            self.hubs_v2.insert(key, (hub_v2(read(row, value)?), BTreeMap::new()));
            return Ok(());
        }
        let (hub, tickets) = self.hubs_v2.get_mut(&key).ok_or_else(|| lacks(row, Kind::HubV2))?;
        match row.kind {
            Kind::AutomationRuleV2 => hub.automation_rules.push(read(row, value)?),
            Kind::ConnectorV2 => _ = hub.connectors.insert(row.key.clone(), read(row, value)?),
            Kind::Ticket => {
                let TicketRow { number, ticket } = read(row, value)?;
                tickets.insert(number, ticket);
            }
            Kind::ExportJob => hub.exports.push(Arc::new(read::<ExportJobRow>(row, value)?.job(row.key.clone()))),
            _ => {
                read::<Present>(row, value)?;
                hub.recommended_policies.insert(row.key.clone());
            }
        }
        Ok(())
    }

    fn add_tags(&mut self, row: &RowKey, value: &Value) -> Result<(), RowError> {
        if row.account.is_none() {
            let organization = self.organization.as_mut().ok_or_else(|| lacks(row, Kind::Organization))?;
            organization.tags.insert(row.key.clone(), read(row, value)?);
            return Ok(());
        }
        let key = hub_key(row)?;
        if row.key == HUB {
            self.hubs.get_mut(&key).ok_or_else(|| lacks(row, Kind::Hub))?.tags = read(row, value)?;
        } else {
            self.hubs_v2.get_mut(&key).ok_or_else(|| lacks(row, Kind::HubV2))?.0.tags = read(row, value)?;
        }
        Ok(())
    }

    fn add_to_organization(&mut self, row: &RowKey, value: &Value) -> Result<(), RowError> {
        if row.kind == Kind::Organization {
            let OrganizationRow { root_id, management_account, joined_at, policy_types } = read(row, value)?;
            let mut organization = Organization::new(row.key.clone(), root_id, management_account, joined_at);
            organization.parents.clear();
            organization.policies.enabled = policy_types;
            self.organization = Some(organization);
            return Ok(());
        }
        let organization = self.organization.as_mut().ok_or_else(|| lacks(row, Kind::Organization))?;
        let key = row.key.clone();
        match row.kind {
            Kind::Unit => _ = organization.units.insert(key, read(row, value)?),
            Kind::ServiceAccess => _ = organization.service_access.insert(key, read(row, value)?),
            Kind::AccountCreation => _ = organization.creations.insert(key, read(row, value)?),
            Kind::Policy => _ = organization.policies.created.insert(key, read(row, value)?),
            Kind::PolicyAttachment => {
                let AttachmentRow { attached, lacks_full_access } = read(row, value)?;
                if !attached.is_empty() {
                    organization.policies.attached.insert(key.clone(), attached);
                }
                if lacks_full_access {
                    organization.policies.without_full_access.insert(key);
                }
            }
            Kind::DelegatedAdministrator => {
                organization.delegated_administrators.insert((key, account(row)?), read(row, value)?);
            }
            Kind::OrganizationAdmin if row.key == SECURITY_HUB => {
                let HubKey { account, region } = hub_key(row)?;
                organization.security_hub_administrators.insert(region, account);
            }
            Kind::OrganizationAdmin => organization.security_hub_v2_administrator = Some(account(row)?),
            _ => {
                let region = row.region.clone().ok_or_else(|| error(row, "a Region is required"))?;
                organization.configurations.insert(region, read(row, value)?);
            }
        }
        Ok(())
    }

    fn add_central(&mut self, row: &RowKey, value: &Value) -> Result<(), RowError> {
        if row.kind == Kind::CentralConfiguration {
            let HubKey { account: administrator, region: home } = hub_key(row)?;
            let CentralRow { enabled_at, regions } = read(row, value)?;
            let (policies, applied, settled) = Default::default();
            let central = CentralConfiguration { administrator, home, enabled_at, regions, policies, applied, settled };
            self.central = Some(central);
            return Ok(());
        }
        let central = self.central.as_mut().ok_or_else(|| lacks(row, Kind::CentralConfiguration))?;
        if row.kind == Kind::ConfigurationPolicy {
            central.policies.insert(row.key.clone(), read(row, value)?);
        } else {
            let AssociationRow { applied, result } = read(row, value)?;
            central.applied.extend(applied.map(|applied| (row.key.clone(), applied)));
            central.settled.extend(result.map(|result| (row.key.clone(), result)));
        }
        Ok(())
    }

    fn add_other(&mut self, row: &RowKey, value: &Value) -> Result<(), RowError> {
        let hub = hub_key(row)?;
        match row.kind {
            Kind::Resource => {
                let declared = self.resources.get_or_insert_default().declared.entry(hub).or_default();
                declared.push(read::<Resource>(row, value)?);
            }
            Kind::EmptyResourceType => {
                let emptied_at = &mut self.resources.get_or_insert_default().emptied_at;
                emptied_at.insert((hub, interned::text(&row.key)), read::<Timestamp>(row, value)?);
            }
            _ => {
                let AnswerRow { parameters, answer, at } = read(row, value)?;
                let (operation, token) =
                    row.key.split_once('/').ok_or_else(|| error(row, "the key does not contain a token"))?;
                let token = ClientToken { hub, operation: interned::text(operation), token: token.to_owned() };
                self.answered.push((token, Answered { parameters, answer: answer.into(), at }));
            }
        }
        Ok(())
    }

    fn add_setting(&mut self, row: &RowKey, value: &Value) -> Result<(), RowError> {
        let directory = &mut self.directory;
        match row.key.as_str() {
            setting::REGIONS => directory.regions = read(row, value)?,
            setting::DEFAULT_ACCOUNT => directory.default_account = read(row, value)?,
            setting::QUOTAS => directory.quotas = read(row, value)?,
            setting::INVENTORY => directory.inventory = Arc::new(read(row, value)?),
            setting::RECOMMENDATIONS => directory.recommendations = Arc::new(read(row, value)?),
            setting::NEW_CONTROLS => directory.new_controls = read::<NewControls>(row, value)?.0,
            setting::PRODUCTS => {
                directory.products = read::<Vec<ProductRow>>(row, value)?.iter().map(ProductRow::product).collect();
            }
            setting::RESOURCES => {
                read::<DeclaredRow>(row, value)?;
                self.resources.get_or_insert_default();
            }
            _ => return Err(error(row, "unknown setting")),
        }
        Ok(())
    }

    fn add_to_directory(&mut self, row: &RowKey, value: &Value) -> Result<(), RowError> {
        let (directory, key) = (&mut self.directory, row.key.clone());
        match row.kind {
            Kind::Account => _ = self.accounts.insert(account(row)?, read(row, value)?),
            Kind::Aggregator => _ = directory.aggregators.insert(account(row)?, read(row, value)?),
            Kind::AggregatorV2 => _ = directory.aggregators_v2.insert(account(row)?, read(row, value)?),
            Kind::Credential => _ = directory.credentials.insert(key, read(row, value)?),
            Kind::IamPolicy => _ = directory.policies.named.insert(key, read(row, value)?),
            Kind::ServiceControl => _ = directory.policies.service_control.insert(key, read(row, value)?),
            Kind::Role => _ = directory.policies.roles.insert((account(row)?, key), read(row, value)?),
            Kind::Invitation => self.invitations.push((row.clone(), value.clone())),
            _ => {
                let HubKey { account: administrator, region } = hub_key(row)?;
                let members = directory.members.entry((administrator, region)).or_default();
                members.insert(account_key(row)?, read::<Member>(row, value)?);
            }
        }
        Ok(())
    }

    fn finish(mut self) -> Result<Relations, RowError> {
        for (row, value) in &self.invitations {
            let HubKey { account, region } = hub_key(row)?;
            let members = self.directory.members.get_mut(&(account_key(row)?, region));
            let member = members.and_then(|members| members.get_mut(&account));
            member.ok_or_else(|| lacks(row, Kind::Member))?.invitation = Some(read(row, value)?);
        }
        for (account, row) in self.accounts {
            self.directory.accounts.extend(row.details.map(|details| (account, details)));
            let Some(organization) = &mut self.organization else { continue };
            organization.parents.extend(row.parent.map(|parent| (account, parent)));
            organization.joined_later.extend(row.joined_at.map(|at| (account, at)));
            if row.is_created {
                organization.created.insert(account);
            }
        }
        if let Some(organization) = &mut self.organization {
            organization.central = self.central;
        }
        self.directory.organization = self.organization;
        let mut relations = Relations::default();
        for (key, mut hub) in self.hubs {
            hub.insights.sort_by_key(|insight| insight.number);
            hub.automation_rules.sort_by_key(|rule| rule.number);
            relations.hubs.insert(key, Arc::new(hub));
        }
        for (key, (mut hub, tickets)) in self.hubs_v2 {
            hub.automation_rules.sort_by_key(|rule| rule.number);
            hub.exports.sort_by_key(|job| job.number);
            for ticket in tickets.into_values() {
                hub.tickets.add(ticket);
            }
            relations.hubs_v2.insert(key, Arc::new(hub));
        }
        if let Some(resources) = &mut self.resources {
            resources.declared.values_mut().for_each(|declared| declared.sort_by_key(|resource| resource.number));
        }
        relations.resources = self.resources.map(Arc::new);
        relations.directory = Arc::new(self.directory);
        self.answered.into_iter().for_each(|(token, answered)| relations.restore_answer(token, answered));
        Ok(relations)
    }
}

fn hub(row: HubRow) -> Hub {
    Hub {
        phase: row.phase,
        auto_enable_controls: row.auto_enable_controls,
        control_finding_generator: row.control_finding_generator,
        tags: BTreeMap::new(),
        standards: BTreeMap::new(),
        security_controls: BTreeMap::new(),
        next_check: row.next_check,
        is_quiet: row.is_quiet,
        config_recorder: ConfigRecorder::default(),
        product_subscriptions: BTreeSet::default(),
        action_targets: BTreeMap::new(),
        insights: Vec::new(),
        connectors: imbl::OrdMap::default(),
        automation_rules: Vec::new(),
    }
}

fn hub_v2(row: HubV2Row) -> HubV2 {
    HubV2 {
        id: row.id,
        phase: row.phase,
        tags: BTreeMap::new(),
        features: row.features,
        automation_rules: Vec::new(),
        connectors: imbl::OrdMap::default(),
        tickets: Tickets::default(),
        exports: Vec::new(),
        recommended_policies: imbl::OrdSet::default(),
        trials: row.trials,
    }
}

fn read<T: DeserializeOwned>(row: &RowKey, value: &Value) -> Result<T, RowError> {
    serde_path_to_error::deserialize(value).map_err(|error| {
        let path = error.path().to_string();
        let path = (path != ".").then_some(path);
        RowError { row: row.clone(), path, message: error.into_inner().to_string() }
    })
}

fn hub_key(row: &RowKey) -> Result<HubKey, RowError> {
    let key = row.account.zip(row.region.clone()).map(|(account, region)| HubKey { account, region });
    key.ok_or_else(|| error(row, "an account and a Region are required"))
}

fn account(row: &RowKey) -> Result<AccountId, RowError> {
    row.account.ok_or_else(|| error(row, "an account is required"))
}

/// The account in the key of a row.
fn account_key(row: &RowKey) -> Result<AccountId, RowError> {
    AccountId::parse(&row.key).ok_or_else(|| error(row, "the key is not an account ID (expected 12 digits)"))
}

fn lacks(row: &RowKey, kind: Kind) -> RowError {
    error(row, &format!("the row of the kind {} that contains it is missing", kind.as_str()))
}

fn error(row: &RowKey, message: &str) -> RowError {
    RowError { row: row.clone(), path: None, message: message.to_owned() }
}
