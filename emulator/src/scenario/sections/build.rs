//! Builds a world from the valid sections, through the functions of the domain.

use std::sync::Arc;

use securityhub_fixtures::products::{self as catalogue, Product};

use super::refused::Refused;
use super::{
    ScoreMode, Valid, accounts, aggregators, aggregators_v2, automation_rules_v2, central_configuration, connectors,
    event_sinks, export_jobs, faults, findings, hub_entries, hubs, hubs_v2, new_controls, organization,
    recommended_policies, security_hub_policies, security_hub_v2,
};
use crate::domain::accounts::organization::hub_v2_policies;
use crate::domain::controls::checks;
use crate::scenario::diagnostic::Diagnostic;
use crate::scenario::files::Files;
use crate::scenario::lost::ITEM;
use crate::scenario::progress::Progress;
use crate::state::{
    AccountId, DailyScores, DeclaredInventory, Delays, Directory, IdSource, Quotas, Recommendations, Region, Timestamp,
    World,
};

impl Valid {
    /// Builds a new world. If the scenario has errors, the world contains the parts without errors.
    ///
    /// # Errors
    /// Errors of the domain, except those that may follow from errors found before.
    pub(in crate::scenario) fn world(&self, files: &Files, progress: &Progress) -> Result<World, Vec<Diagnostic>> {
        let Some(state) = &self.exact.state else {
            let mut world = World::new(self.settings.clock.clock(), self.settings.seed);
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
    pub(in crate::scenario) fn world_over(
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
        let imported = findings::apply(&self.findings, &import, self.settings.seed);
        diagnostics.extend(imported.err().into_iter().flatten());
        if diagnostics.is_empty() && self.lost.is_none() {
            let refused = recommended_policies::apply(&self.recommended_policies, &world, now);
            diagnostics.extend(refused.into_iter().map(|(span, message)| Diagnostic::at(files, span, message)));
        }
        // Export jobs require V2 hubs, and export all findings.
        let refused_jobs = export_jobs::apply(&self.export_jobs, &world, now);
        if !is_refused && !self.lost.as_ref().is_some_and(connectors::are_hubs_unsure) {
            diagnostics.extend(refused_jobs.into_iter().map(|(span, message)| Diagnostic::at(files, span, message)));
        }
        if !diagnostics.is_empty() {
            return Err(diagnostics);
        }
        accounts::apply_last(&self.accounts, &world);
        if !is_in_use || self.settings.score_mode == ScoreMode::Daily {
            world.daily_scores = (self.settings.score_mode == ScoreMode::Daily).then(DailyScores::default);
        }
        if !is_in_use || self.settings.delays != Delays::default() {
            // Delays are set last, so that everything in the scenario takes effect immediately.
            world.delays = self.settings.delays;
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
        directory.default_account = self.settings.default_account.or(directory.default_account);
        directory.credentials.extend(self.credentials.clone());
        if !is_in_use || self.settings.quotas != Quotas::default() {
            directory.quotas = self.settings.quotas;
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

    /// Applies hubs and the sections that depend on them. Returns the errors of the domain.
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
        // Connectors require hubs and aggregators, rules require connectors, and settings require hubs. If one of these was
        // refused or could not be read, the errors that follow from it are not reported.
        let is_unsure = !refused.is_empty() || self.lost.as_ref().is_some_and(connectors::are_hubs_unsure);
        if !is_unsure {
            refused.extend(if of_connectors.is_empty() { of_rules } else { of_connectors });
        }
        refused.extend(hub_entries::apply(&self.hub_entries, world, now, is_unsure));
        refused
    }

    /// Attaches the policies for V2 hubs to accounts.
    fn attach_security_hub_policies(&self, ids: &IdSource, directory: &mut Directory) {
        let (Some(valid), Some(organization)) = (&self.organization, &mut directory.organization) else { return };
        for (account, of_account) in &self.accounts {
            let names = &of_account.security_hub_policies;
            security_hub_policies::attach(valid.security_hub_policies(), names, account.as_str(), ids, organization);
        }
    }

    /// Returns whether an account could import a finding of a product if the scenario had no errors.
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
