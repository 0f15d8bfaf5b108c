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
mod central_configuration;
pub(super) mod clock;
mod conditions;
pub(super) mod connectors;
pub(super) mod credentials;
pub(super) mod delays;
pub(super) mod event_sinks;
mod faults;
pub(super) mod findings;
mod generate;
pub(super) mod hubs;
pub(super) mod hubs_v2;
mod inventory;
mod new_controls;
mod ocsf_findings;
pub(super) mod organization;
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
mod standards;
mod state;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use schemars::JsonSchema;
use securityhub_fixtures::products::{self as catalogue, Product};
use serde::Deserialize;

use self::refused::Refused;
use super::check::{AccountText, Check};
use super::diagnostic::Diagnostic;
use super::files::Files;
use super::lost::{ITEM, Lost};
use super::progress::Progress;
use super::spanned::{Entries, Spanned};
use crate::domain::accounts::organization::hub_v2_policies;
use crate::domain::controls::checks;
use crate::state::{
    AccountId, Credential, DailyScores, DeclaredInventory, DeclaredRemediation, Delays, Directory, HubKey, IdSource,
    Quotas, Recommendations, Region, Resource, Timestamp, World,
};

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
    /// first time within 30 minutes of the first request (a day in China and GovCloud), then every 24 hours. Default:
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
    /// Whether calls above the rate limits of AWS fail. Default: false.
    aws_rate_limits: Option<bool>,
    /// Faults: rules that make selected calls fail or slow them down. They are tried in order.
    #[serde(default)]
    faults: Vec<faults::Declared>,
    /// The exact state of an emulator, as `securityhub-local scenario export` writes it. Other keys apply on top of it.
    state: Option<state::Declared>,
}

/// Times at which security scores are computed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum ScoreMode {
    /// Whenever they are requested.
    #[default]
    Live,
    /// Once a day.
    Daily,
}

/// The exact state in a scenario, and the presence of other sections.
#[derive(Debug)]
struct Exact {
    state: Option<state::Valid>,
    /// Whether the scenario has sections besides `state` and `name`.
    has_sections: bool,
    /// Whether the scenario has the section `regions`.
    has_regions: bool,
}

/// A valid scenario.
#[derive(Debug)]
pub(super) struct Valid {
    pub(super) name: Option<String>,
    clock: clock::Valid,
    delays: Delays,
    score_mode: ScoreMode,
    seed: u64,
    regions: Vec<Region>,
    products: Vec<&'static Product>,
    default_account: Option<AccountId>,
    organization: Option<organization::Valid>,
    accounts: BTreeMap<AccountId, accounts::Valid>,
    credentials: BTreeMap<String, Credential>,
    quotas: Quotas,
    policies: policies::Valid,
    hubs: hubs::Valid,
    aggregators: aggregators::Valid,
    hubs_v2: hubs_v2::Valid,
    aggregators_v2: aggregators_v2::Valid,
    connectors: connectors::Valid,
    automation_rules_v2: automation_rules_v2::Valid,
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
    /// Merges a later file: single values (`name`, `clock`, `delays`, `seed`, `regions`, `default_account`,
    /// `organization`, `central_configuration`, `quotas`, `security_hub_v2`) are replaced as a whole; `accounts`,
    /// `credentials`, `policies` and `event_sinks` are replaced key by key; lists are appended, and the later entry wins
    /// for a hub or an aggregator that is listed twice.
    pub(super) fn add(&mut self, later: Declared) {
        replace(&mut self.name, later.name);
        replace(&mut self.clock, later.clock);
        replace(&mut self.delays, later.delays);
        replace(&mut self.score_mode, later.score_mode);
        replace(&mut self.seed, later.seed);
        replace(&mut self.regions, later.regions);
        replace(&mut self.default_account, later.default_account);
        replace(&mut self.organization, later.organization);
        replace(&mut self.central_configuration, later.central_configuration);
        replace(&mut self.quotas, later.quotas);
        replace(&mut self.security_hub_v2, later.security_hub_v2);
        if let Some(inventory) = later.inventory {
            self.inventory.get_or_insert_default().add(inventory);
        }
        self.recommended_policies.extend(later.recommended_policies);
        self.remediations.extend(later.remediations);
        self.accounts.add(later.accounts);
        self.credentials.add(later.credentials);
        self.policies.add(later.policies);
        self.products.extend(later.products);
        self.hubs.extend(later.hubs);
        self.aggregators.extend(later.aggregators);
        self.hubs_v2.extend(later.hubs_v2);
        self.aggregators_v2.extend(later.aggregators_v2);
        self.connectors.extend(later.connectors);
        self.connectors_v2.extend(later.connectors_v2);
        self.automation_rules_v2.extend(later.automation_rules_v2);
        if let Some(resources) = later.resources {
            self.resources.get_or_insert_default().extend(resources);
        }
        self.new_controls.extend(later.new_controls);
        self.event_sinks.add(later.event_sinks);
        self.findings.extend(later.findings);
        replace(&mut self.aws_rate_limits, later.aws_rate_limits);
        self.faults.extend(later.faults);
        replace(&mut self.state, later.state);
    }

    fn take_exact(&mut self, check: &mut Check) -> Exact {
        let (has_sections, has_regions) = (self.has_sections(), self.regions.is_some());
        let state = self.state.take().and_then(|written| state::check(written, check));
        Exact { state, has_sections, has_regions }
    }

    /// Whether there are sections besides `state` and `name`.
    fn has_sections(&self) -> bool {
        let is_set = [
            self.clock.is_some(),
            self.delays.is_some(),
            self.score_mode.is_some(),
            self.seed.is_some(),
            self.regions.is_some(),
            self.default_account.is_some(),
            self.organization.is_some(),
            self.quotas.is_some(),
            self.security_hub_v2.is_some(),
            self.inventory.is_some(),
            self.central_configuration.is_some(),
            self.resources.is_some(),
        ];
        let counts = [
            self.accounts.0.len(),
            self.credentials.0.len(),
            self.policies.0.len(),
            self.products.len(),
            self.hubs.len(),
            self.aggregators.len(),
            self.hubs_v2.len(),
            self.aggregators_v2.len(),
            self.connectors.len(),
            self.connectors_v2.len(),
            self.automation_rules_v2.len(),
            self.recommended_policies.len(),
            self.remediations.len(),
            self.new_controls.len(),
            self.findings.len(),
        ];
        is_set.contains(&true) || counts.iter().any(|count| *count > 0)
    }

    /// Checks all sections.
    pub(super) fn check(mut self, check: &mut Check) -> Valid {
        let exact = self.take_exact(check);
        let clock = self.clock.map(|written| clock::check(&written, check)).unwrap_or_default();
        let start = clock.start();
        let regions = regions::check(self.regions, check);
        let policies = policies::check(self.policies, check);
        let organization = self.organization.map(|written| organization::check(written, &policies, &regions, check));
        let accounts = accounts::check(self.accounts, &policies, organization.as_ref(), check);
        let quotas = quotas::check(&self.quotas.unwrap_or_default(), check);
        let products = products::check(self.products, &regions, check);
        let context =
            hubs::Context { regions: &regions, products: &products, organization: organization.as_ref(), quotas };
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
        let named = named_accounts(&accounts, (&hubs, &hubs_v2), organization.as_ref());
        let context = generate::Context::new(&regions, &named, (&hubs, &hubs_v2), organization.as_ref());
        let ages = ages::Ages::new(start, &hubs_v2, organization.as_ref(), security_hub_v2.as_ref(), check);
        Valid {
            findings: findings::check(&self.findings, &context, &ages, check),
            name: self.name,
            clock,
            delays: self.delays.map(|written| delays::check(&written, start, check)).unwrap_or_default(),
            score_mode: self.score_mode.unwrap_or_default(),
            seed: self.seed.unwrap_or(0),
            default_account: self.default_account.and_then(|account| check.account(&account.0)),
            credentials: credentials::check(self.credentials, &policies, &accounts, check),
            accounts,
            quotas,
            policies,
            hubs,
            aggregators,
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

/// The accounts that a scenario names in its accounts, hubs or organization.
fn named_accounts(
    accounts: &BTreeMap<AccountId, accounts::Valid>,
    (hubs, hubs_v2): (&hubs::Valid, &hubs_v2::Valid),
    organization: Option<&organization::Valid>,
) -> BTreeSet<AccountId> {
    let keys = hubs.keys().chain(hubs_v2.keys());
    let named = accounts.keys().copied().chain(keys.map(|hub| hub.account));
    named.chain(organization.into_iter().flat_map(organization::Valid::accounts)).collect()
}

fn replace<T>(earlier: &mut Option<T>, later: Option<T>) {
    if later.is_some() {
        *earlier = later;
    }
}

impl Valid {
    /// Builds a new world. If the scenario has errors, the world contains the parts without errors.
    ///
    /// # Errors
    /// Errors of the domain, except those that may follow from errors found before.
    pub(super) fn world(&self, files: &Files, progress: &Progress) -> Result<World, Vec<Diagnostic>> {
        let Some(state) = &self.exact.state else {
            let mut world = World::new(self.clock.clock(), self.seed);
            security_hub_v2::apply(&self.security_hub_v2, &mut world);
            return self.apply(world, (files, progress), false).map(|world| self.with_faults_and_sinks(world));
        };
        let refused = |(span, message)| vec![Diagnostic::at(files, span, message)];
        let world = state.world(None).map_err(refused)?;
        let world = if self.exact.has_sections { self.apply(world, (files, progress), true)? } else { world };
        Ok(self.with_faults_and_sinks(world))
    }

    /// A copy of `base` with this scenario applied to it. The clock, the seed and the settings of the V2 half are those of
    /// `base`. No other code may write to `base` meanwhile.
    ///
    /// # Errors
    /// Errors of the domain.
    pub(super) fn world_over(
        &self,
        base: &World,
        files: &Files,
        progress: &Progress,
    ) -> Result<World, Vec<Diagnostic>> {
        let refused = |(span, message)| vec![Diagnostic::at(files, span, message)];
        let world = match &self.exact.state {
            Some(state) => state.world(Some(base)).map_err(refused)?,
            None => base.saved(),
        };
        let world = if self.exact.has_sections { self.apply(world, (files, progress), true)? } else { world };
        let has_rate_limits = base.faults.has_rate_limits;
        let mut world = self.with_faults_and_sinks(world);
        world.faults.has_rate_limits |= has_rate_limits;
        Ok(world)
    }

    /// Stores the faults, rate limits and event sinks in a world.
    fn with_faults_and_sinks(&self, mut world: World) -> World {
        faults::apply(&self.faults, &mut world);
        event_sinks::apply(&self.event_sinks, &mut world);
        world
    }

    /// Applies the sections to a world. If the world `is_in_use`, settings that the scenario omits do not change.
    fn apply(
        &self,
        mut world: World,
        (files, progress): (&Files, &Progress),
        is_in_use: bool,
    ) -> Result<World, Vec<Diagnostic>> {
        if self.name.is_some() {
            world.name.clone_from(&self.name);
        }
        let now = world.clock.now();
        if let Some(resources) = &self.resources {
            let mut transaction = world.write();
            checks::change::declare(&mut transaction, &world, resources.clone(), now);
            transaction.commit();
        }
        new_controls::apply(&self.new_controls, &world, now);
        let mut directory = self.directory(&world, is_in_use);
        accounts::apply(&self.accounts, &mut directory);
        if let Some(organization) = &self.organization {
            organization::apply(organization, &world.ids, now, &mut directory);
            self.policies.attach(&world.ids, &mut directory);
            self.attach_security_hub_policies(&world.ids, &mut directory);
        }
        let refusals = self.apply_hubs(&world, directory, now, is_in_use);
        let mut diagnostics: Vec<Diagnostic> =
            refusals.into_iter().map(|(span, message)| Diagnostic::at(files, span, message)).collect();
        let is_refused = !diagnostics.is_empty();
        let is_unsure = |account: AccountId, product: &str| is_refused || self.is_unsure(account, product);
        let is_unsure: Option<&findings::IsUnsure<'_>> =
            if is_refused || self.lost.is_some() { Some(&is_unsure) } else { None };
        let import = findings::Import { files, world: &world, now, progress, is_unsure };
        let imported = findings::apply(&self.findings, &import, self.seed);
        diagnostics.extend(imported.err().into_iter().flatten());
        if diagnostics.is_empty() && self.lost.is_none() {
            let refused = recommended_policies::apply(&self.recommended_policies, &world, now);
            diagnostics.extend(refused.into_iter().map(|(span, message)| Diagnostic::at(files, span, message)));
        }
        if !diagnostics.is_empty() {
            return Err(diagnostics);
        }
        accounts::apply_last(&self.accounts, &world);
        if !is_in_use || self.score_mode == ScoreMode::Daily {
            world.daily_scores = (self.score_mode == ScoreMode::Daily).then(DailyScores::default);
        }
        if !is_in_use || self.delays != Delays::default() {
            // Set last, so that everything in the scenario takes effect at once.
            world.delays = self.delays;
        }
        Ok(world)
    }

    /// The directory of a world with the sections that do not depend on hubs.
    fn directory(&self, world: &World, is_in_use: bool) -> Directory {
        let mut directory = Directory::clone(&world.directory());
        if !is_in_use {
            directory.regions.clone_from(&self.regions);
        } else if self.exact.has_regions {
            let new: Vec<Region> =
                self.regions.iter().filter(|region| !directory.regions.contains(region)).cloned().collect();
            directory.regions.extend(new);
        }
        let new = self.products.iter().filter(|product| !directory.products.contains(product));
        let new: Vec<&'static Product> = new.copied().collect();
        directory.products.extend(new);
        directory.default_account = self.default_account.or(directory.default_account);
        directory.credentials.extend(self.credentials.clone());
        if !is_in_use || self.quotas != Quotas::default() {
            directory.quotas = self.quotas;
        }
        if self.inventory != DeclaredInventory::default() {
            let inventory = Arc::make_mut(&mut directory.inventory);
            inventory.resources.extend(self.inventory.resources.clone());
            inventory.software.extend(self.inventory.software.clone());
        }
        let recommendations = Recommendations {
            policies: recommended_policies::policies(&self.recommended_policies),
            remediations: self.remediations.clone(),
        };
        if recommendations != Recommendations::default() {
            let all = Arc::make_mut(&mut directory.recommendations);
            all.policies.extend(recommendations.policies);
            all.remediations.extend(recommendations.remediations);
        }
        directory.policies.named.extend(self.policies.named());
        directory
    }

    /// Applies hubs and what depends on them. Returns the errors of the domain.
    fn apply_hubs(&self, world: &World, directory: Directory, now: Timestamp, is_in_use: bool) -> Vec<Refused> {
        let mut refused = hubs::apply(&self.hubs, world, (directory, is_in_use), now);
        refused.extend(aggregators::apply(&self.aggregators, world, now));
        refused.extend(hubs_v2::apply(&self.hubs_v2, world, now));
        if let Some(central_configuration) = &self.central_configuration {
            refused.extend(central_configuration::apply(central_configuration, world, now));
        }
        let mut transaction = world.write();
        hub_v2_policies::apply(&mut transaction, world, now);
        transaction.commit();
        let are_hubs_unsure = self.lost.as_ref().is_some_and(hubs_v2::are_any_unsure);
        refused.extend(aggregators_v2::apply(&self.aggregators_v2, world, now, are_hubs_unsure));
        let of_connectors = connectors::apply(&self.connectors, world, now);
        let of_rules = automation_rules_v2::apply(&self.automation_rules_v2, world, now);
        // Connectors require hubs and aggregators, and rules require connectors. If one of these was refused or could not
        // be read, the errors that follow from it are not reported.
        if refused.is_empty() && !self.lost.as_ref().is_some_and(connectors::are_hubs_unsure) {
            refused.extend(if of_connectors.is_empty() { of_rules } else { of_connectors });
        }
        refused
    }

    /// Attaches the policies for hubs V2 to accounts.
    fn attach_security_hub_policies(&self, ids: &IdSource, directory: &mut Directory) {
        let (Some(valid), Some(organization)) = (&self.organization, &mut directory.organization) else { return };
        for (account, of_account) in &self.accounts {
            let names = &of_account.security_hub_policies;
            security_hub_policies::attach(valid.security_hub_policies(), names, account.as_str(), ids, organization);
        }
    }

    /// Whether an account could perhaps import a finding of a product if the scenario had no errors.
    fn is_unsure(&self, account: AccountId, product_arn: &str) -> bool {
        let Some(lost) = &self.lost else { return false };
        let mut names = product_arn.rsplit('/');
        let (product, company) = (names.next().unwrap_or_default(), names.next().unwrap_or_default());
        let is_declared = !product_arn.is_empty() && catalogue::find(company, product).is_none();
        let has_hub = self.hubs.keys().any(|hub| hub.account == account);
        let is_governed = lost.contains_members()
            || self.organization.as_ref().is_some_and(|organization| organization.contains(account));
        self.hubs.is_unsure(account, lost)
            || lost.contains(&["regions"])
            || lost.contains(&["hubs_v2"])
            || (is_declared && lost.contains(&["products"]))
            || (has_hub && lost.contains(&["hubs", ITEM, "products"]))
            || (is_governed && lost.contains(&["central_configuration"]))
    }
}
