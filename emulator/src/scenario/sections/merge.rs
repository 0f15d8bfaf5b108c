//! Merges the sections of several files.

use super::Declared;

impl Declared {
    /// Merges a later file: single values (`name`, `clock`, `delays`, `seed`, `regions`, `default_account`,
    /// `organization`, `central_configuration`, `quotas`, `security_hub_v2`) are replaced as a whole; `accounts`,
    /// `credentials`, `policies` and `event_sinks` are replaced key by key; lists are appended, and the later entry wins
    /// for a hub or an aggregator that is listed twice.
    pub(in crate::scenario) fn add(&mut self, later: Declared) {
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
        self.insights.extend(later.insights);
        self.action_targets.extend(later.action_targets);
        self.automation_rules.extend(later.automation_rules);
        self.controls.extend(later.controls);
        self.hubs_v2.extend(later.hubs_v2);
        self.aggregators_v2.extend(later.aggregators_v2);
        self.connectors.extend(later.connectors);
        self.connectors_v2.extend(later.connectors_v2);
        self.automation_rules_v2.extend(later.automation_rules_v2);
        self.export_jobs.extend(later.export_jobs);
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

    /// Returns whether there are sections besides `state` and `name`.
    pub(super) fn has_sections(&self) -> bool {
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
            self.insights.len(),
            self.action_targets.len(),
            self.automation_rules.len(),
            self.controls.len(),
            self.hubs_v2.len(),
            self.aggregators_v2.len(),
            self.connectors.len(),
            self.connectors_v2.len(),
            self.automation_rules_v2.len(),
            self.export_jobs.len(),
            self.recommended_policies.len(),
            self.remediations.len(),
            self.new_controls.len(),
            self.findings.len(),
        ];
        is_set.contains(&true) || counts.iter().any(|count| *count > 0)
    }
}

fn replace<T>(earlier: &mut Option<T>, later: Option<T>) {
    if later.is_some() {
        *earlier = later;
    }
}
