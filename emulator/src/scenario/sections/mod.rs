//! The sections of a scenario. Each one has the struct `Declared`, whose doc comments are the descriptions in the
//! schema; `check`, which reports all errors and returns the valid part; and `apply`, which applies it to a world
//! through the domain's functions.

pub(super) mod accounts;
mod ages;
pub(super) mod aggregators;
pub(super) mod aggregators_v2;
mod all_or;
mod api_input;
pub(super) mod automation_rules_v2;
mod batches;
mod build;
mod central_configuration;
pub(super) mod clock;
mod conditions;
pub(super) mod connectors;
pub(super) mod credentials;
pub(super) mod delays;
pub(super) mod event_sinks;
mod export_jobs;
mod faults;
pub(super) mod findings;
mod generate;
mod hub_entries;
pub(super) mod hubs;
pub(super) mod hubs_v2;
mod inventory;
mod merge;
mod new_controls;
mod ocsf_findings;
pub(super) mod organization;
mod parameters;
pub(super) mod policies;
pub(super) mod products;
pub(super) mod quotas;
pub(super) mod recommended_policies;
mod refused;
pub(super) mod regions;
mod remediations;
pub(super) mod resources;
mod security_hub_policies;
pub(super) mod security_hub_v2;
mod settings;
mod standards;
mod state;

use std::collections::{BTreeMap, BTreeSet};
use std::mem::take;

use schemars::JsonSchema;
use securityhub_fixtures::products::Product;
use serde::Deserialize;

pub use self::faults::snake_case;
use self::settings::{ScoreMode, Settings};
use super::check::{AccountText, Check};
use super::lost::Lost;
use super::spanned::{Entries, Spanned};
use crate::state::{AccountId, Credential, DeclaredInventory, DeclaredRemediation, HubKey, Region, Resource};

/// The state of the emulator at its start. All keys are optional.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[schemars(rename = "Scenario")]
#[serde(deny_unknown_fields)]
pub(super) struct Declared {
    /// The JSON Schema of this file, for editors.
    #[serde(rename = "$schema")]
    #[allow(dead_code, reason = "only editors use this key")]
    schema: Option<String>,
    /// Name of the scenario.
    name: Option<String>,
    /// Clock of the emulator. Default: the system clock.
    clock: Option<clock::Declared>,
    /// Durations of asynchronous work of AWS. Default: it is done before the next call.
    delays: Option<delays::Declared>,
    /// Times at which security scores are computed. `live`: whenever they are requested. `daily`: as in AWS, for the
    /// first time 30 minutes after the first request (24 hours in China and GovCloud), then every 24 hours. Default:
    /// live.
    score_mode: Option<ScoreMode>,
    /// Seed of all generated IDs. The same seed gives the same IDs. Default: 0.
    seed: Option<u64>,
    /// Regions of the scenario. A Region that AWS does not have is available only if it is listed here.
    /// Default: us-east-1.
    #[schemars(extend("minItems" = 1))]
    regions: Option<Vec<regions::RegionText>>,
    /// Account for access key IDs that are neither 12 digits nor listed under `credentials`.
    default_account: Option<AccountText>,
    /// Organization of AWS Organizations. Default: none.
    organization: Option<organization::Declared>,
    /// Details of accounts, by account ID. An account can be used without an entry.
    #[serde(default)]
    #[schemars(transform = super::check::account_keys)]
    accounts: Entries<accounts::Declared>,
    /// Access keys, by access key ID.
    #[serde(default)]
    credentials: Entries<credentials::Declared>,
    /// IAM policies and service control policies, by name. A policy has no effect until it is attached.
    #[serde(default)]
    policies: Entries<policies::Declared>,
    /// Product integrations in addition to those of AWS. Hubs can subscribe to them like to any other product.
    #[serde(default)]
    products: Vec<products::Declared>,
    /// Quotas to use instead of those of AWS.
    quotas: Option<quotas::Declared>,
    /// Enabled hubs, with their members.
    #[serde(default)]
    hubs: Vec<Spanned<hubs::Declared>>,
    /// Finding aggregators: home Regions that also show the findings of linked Regions.
    #[serde(default)]
    aggregators: Vec<Spanned<aggregators::Declared>>,
    /// Custom insights.
    #[serde(default)]
    insights: Vec<Spanned<hub_entries::insights::Declared>>,
    /// Custom actions.
    #[serde(default)]
    action_targets: Vec<Spanned<hub_entries::action_targets::Declared>>,
    /// Automation rules of the classic half.
    #[serde(default)]
    automation_rules: Vec<Spanned<hub_entries::automation_rules::Declared>>,
    /// Controls that are enabled or disabled, or have parameters.
    #[serde(default)]
    controls: Vec<Spanned<hub_entries::controls::Declared>>,
    /// Enabled hubs of the V2 half, which uses OCSF.
    #[serde(default)]
    hubs_v2: Vec<Spanned<hubs_v2::Declared>>,
    /// Aggregators of the V2 half: home Regions that also show the findings and resources of linked Regions.
    #[serde(default)]
    aggregators_v2: Vec<Spanned<aggregators_v2::Declared>>,
    /// Connectors of the classic half, to Azure and GCP.
    #[serde(default)]
    connectors: Vec<Spanned<connectors::Declared>>,
    /// Connectors of the V2 half, to Jira, ServiceNow, Azure and GCP.
    #[serde(default)]
    connectors_v2: Vec<Spanned<connectors::DeclaredV2>>,
    /// Automation rules of the V2 half.
    #[serde(default)]
    automation_rules_v2: Vec<Spanned<automation_rules_v2::Declared>>,
    /// Export jobs of the V2 half.
    #[serde(default)]
    export_jobs: Vec<Spanned<export_jobs::Declared>>,
    /// Settings of the V2 half.
    security_hub_v2: Option<security_hub_v2::Declared>,
    /// Resources and packages of the V2 half.
    inventory: Option<inventory::Declared>,
    /// Recommended policies of findings about unused permissions, in the V2 half.
    #[serde(default)]
    recommended_policies: Vec<recommended_policies::Declared>,
    /// Advice for exposures of the V2 half.
    #[serde(default)]
    remediations: Vec<remediations::Declared>,
    /// Central configuration of the organization's accounts.
    central_configuration: Option<Spanned<central_configuration::Declared>>,
    /// Resources that the controls of the enabled standards check. If this key is present, even with an empty list,
    /// controls generate findings. Default: controls are not checked.
    resources: Option<Vec<Spanned<resources::Declared>>>,
    /// Controls that AWS adds to standards while the clock runs.
    #[serde(default)]
    new_controls: Vec<new_controls::Declared>,
    /// Receivers of events outside of the emulator, by name.
    #[serde(default)]
    event_sinks: Entries<event_sinks::Declared>,
    /// Findings, imported as if their products had sent them.
    #[serde(default)]
    findings: Vec<findings::Declared>,
    /// If true, calls above the rate limits of AWS fail. Default: false.
    aws_rate_limits: Option<bool>,
    /// Faults: rules that make selected calls fail or slow them down. They are tried in order.
    #[serde(default)]
    faults: Vec<faults::Declared>,
    /// The exact state of an emulator, as `securityhub-local scenario export` writes it. Other keys are applied after
    /// it.
    state: Option<state::Declared>,
}

/// The exact state in a scenario, and the presence of other sections.
#[derive(Debug)]
struct Exact {
    state: Option<state::Valid>,
    /// True if the scenario has sections besides `state` and `name`.
    has_sections: bool,
    /// True if the scenario has the section `regions`.
    has_regions: bool,
}

/// A valid scenario.
#[derive(Debug)]
pub(super) struct Valid {
    pub(super) name: Option<String>,
    settings: Settings,
    regions: Vec<Region>,
    products: Vec<&'static Product>,
    organization: Option<organization::Valid>,
    accounts: BTreeMap<AccountId, accounts::Valid>,
    credentials: BTreeMap<String, Credential>,
    policies: policies::Valid,
    hubs: hubs::Valid,
    aggregators: aggregators::Valid,
    hub_entries: hub_entries::Valid,
    hubs_v2: hubs_v2::Valid,
    aggregators_v2: aggregators_v2::Valid,
    connectors: connectors::Valid,
    automation_rules_v2: automation_rules_v2::Valid,
    export_jobs: export_jobs::Valid,
    security_hub_v2: security_hub_v2::Valid,
    inventory: DeclaredInventory,
    recommended_policies: recommended_policies::Valid,
    remediations: Vec<DeclaredRemediation>,
    central_configuration: Option<central_configuration::Valid>,
    resources: Option<BTreeMap<HubKey, Vec<Resource>>>,
    new_controls: Vec<new_controls::Valid>,
    event_sinks: event_sinks::Valid,
    findings: findings::Valid,
    faults: faults::Valid,
    exact: Exact,
    /// The parts that could not be read or are wrong; `None` if the scenario has no errors.
    lost: Option<Lost>,
}

impl Declared {
    fn take_exact(&mut self, check: &mut Check) -> Exact {
        let (has_sections, has_regions) = (self.has_sections(), self.regions.is_some());
        let state = self.state.take().and_then(|written| state::check(written, check));
        Exact { state, has_sections, has_regions }
    }

    /// Checks the settings. The clock and the quotas are those of the running world, if the scenario is added to one.
    fn take_settings(&mut self, check: &mut Check) -> Settings {
        let clock = self.clock.take().map(|written| clock::check(&written, check)).unwrap_or_default();
        let start = check.base.as_ref().map_or_else(|| clock.start(), |base| base.now);
        let of_base = check.base.as_ref().filter(|_| self.quotas.is_none()).map(|base| base.quotas);
        let quotas = self.quotas.take().unwrap_or_default();
        Settings {
            clock,
            start,
            quotas: of_base.unwrap_or_else(|| quotas::check(&quotas, check)),
            delays: self.delays.take().map(|written| delays::check(&written, start, check)).unwrap_or_default(),
            score_mode: self.score_mode.take().unwrap_or_default(),
            seed: self.seed.take().unwrap_or(0),
            default_account: self.default_account.take().and_then(|account| check.account(&account.0)),
        }
    }

    fn take_hub_entries(&mut self) -> hub_entries::Written {
        hub_entries::Written {
            insights: take(&mut self.insights),
            action_targets: take(&mut self.action_targets),
            automation_rules: take(&mut self.automation_rules),
            controls: take(&mut self.controls),
        }
    }

    /// Checks all sections.
    pub(super) fn check(mut self, check: &mut Check) -> Valid {
        let exact = self.take_exact(check);
        let hub_entries = self.take_hub_entries();
        let settings = self.take_settings(check);
        let start = settings.start;
        let regions = regions::check(self.regions, check);
        let policies = policies::check(self.policies, check);
        let organization = self.organization.map(|written| organization::check(written, &policies, &regions, check));
        let accounts = accounts::check(self.accounts, &policies, organization.as_ref(), check);
        let products = products::check(self.products, &regions, check);
        let organized = organization.as_ref();
        let context =
            hubs::Context { regions: &regions, products: &products, organization: organized, settings: &settings };
        let hubs = hubs::check(self.hubs, &context, check);
        let aggregators = aggregators::check(self.aggregators, &regions, &hubs, check);
        let hubs_v2 = hubs_v2::check(self.hubs_v2, &regions, check);
        let connectors = connectors::check(self.connectors, self.connectors_v2, &regions, check);
        let automation_rules_v2 = automation_rules_v2::check(self.automation_rules_v2, &regions, &connectors, check);
        let security_hub_v2 = self.security_hub_v2.map(|written| security_hub_v2::check(written, check));
        let aggregation = (organization.as_ref(), &aggregators, &hubs);
        let central_configuration =
            self.central_configuration.and_then(|written| central_configuration::check(written, aggregation, check));
        let context = resources::Context { all: &regions, named: &regions };
        let resources = self.resources.map(|written| resources::check(&written, &context, check));
        let named = named_accounts(&accounts, (&hubs, &hubs_v2), organization.as_ref(), check);
        let context = generate::Context::new(&regions, &named, (&hubs, &hubs_v2), organization.as_ref());
        let ages = ages::Ages::new(start, &hubs_v2, organization.as_ref(), security_hub_v2.as_ref(), check);
        Valid {
            findings: findings::check(&self.findings, &context, &ages, check),
            name: self.name,
            settings,
            credentials: credentials::check(self.credentials, &policies, &accounts, check),
            accounts,
            policies,
            hubs,
            aggregators,
            hub_entries: hub_entries::check(hub_entries, &regions, check),
            hubs_v2,
            aggregators_v2: aggregators_v2::check(self.aggregators_v2, &regions, check),
            connectors,
            automation_rules_v2,
            security_hub_v2: security_hub_v2.unwrap_or_default(),
            inventory: inventory::check(&self.inventory.unwrap_or_default(), &regions, check),
            recommended_policies: recommended_policies::check(self.recommended_policies, check),
            remediations: remediations::check(self.remediations, check),
            central_configuration,
            resources,
            new_controls: new_controls::check(&self.new_controls, start, check),
            export_jobs: export_jobs::check(self.export_jobs, &regions, check),
            event_sinks: event_sinks::check(self.event_sinks, &regions, check),
            faults: faults::check(self.faults, self.aws_rate_limits, &regions, check),
            exact,
            organization,
            products,
            regions,
            lost: check.has_errors().then(|| check.lost.clone()),
        }
    }
}

/// The accounts that a scenario names in its accounts, hubs or organization, and those of the world that it is added to.
fn named_accounts(
    accounts: &BTreeMap<AccountId, accounts::Valid>,
    (hubs, hubs_v2): (&hubs::Valid, &hubs_v2::Valid),
    organization: Option<&organization::Valid>,
    check: &Check,
) -> BTreeSet<AccountId> {
    let keys = hubs.keys().chain(hubs_v2.keys());
    let named = accounts.keys().copied().chain(keys.map(|hub| hub.account));
    let named = named.chain(organization.into_iter().flat_map(organization::Valid::accounts));
    named.chain(check.base.iter().flat_map(|base| base.accounts.iter().copied())).collect()
}
