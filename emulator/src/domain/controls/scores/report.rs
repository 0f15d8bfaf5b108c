//! The report for a caller: its standards with their controls, the summary, and each account.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::sync::Arc;

use schemars::JsonSchema;
use securityhub_fixtures::standards::{self, Availability, CONTROLS, Control, STANDARDS, Standard};
use serde::{Deserialize, Serialize};

use super::scored_hubs::{self, ScoredHub};
use super::{Checks, ControlStatus, Counts};
use crate::domain::caller::Caller;
use crate::domain::controls::standards::{catalogue, standard_arn};
use crate::state::{AccountId, Directory, Region, World, timestamp_text};

/// The scores that an account sees in a Region: its own, and those of its members and linked Regions.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "PascalCase")]
pub struct Compliance {
    /// The account of the caller.
    pub account_id: String,
    /// The Region of the call.
    pub region: String,
    /// The Regions that the scores include, sorted by name (SCO-10).
    pub regions: Vec<String>,
    /// The time of computation: now, or for daily scores the last time; none before the first (SCO-12).
    #[serde(default)]
    pub computed_at: Option<String>,
    /// For daily scores, the time of the next computation (SCO-12).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_at: Option<String>,
    /// The scores over all accounts and Regions.
    #[serde(flatten)]
    pub scores: Scores,
    /// The scores of each account including the caller's own, if the caller has members (SCO-09).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub accounts: Option<Vec<AccountScores>>,
}

/// The scores of one account in the same Regions. Controls are listed only if one standard was requested; all controls
/// of all standards and accounts would be too many to read.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "PascalCase")]
pub struct AccountScores {
    /// The account.
    pub account_id: String,
    /// Its scores.
    #[serde(flatten)]
    pub scores: Scores,
}

/// The summary score, and the standards it is computed from.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "PascalCase")]
pub struct Scores {
    /// In percent, over the controls of all enabled standards without duplicates; null without data (SCO-07).
    pub summary_score: Option<u64>,
    /// Number of these controls by status.
    pub summary_counts: Counts,
    /// The enabled standards in the order of the catalogue, or only the requested one.
    pub standards: Vec<StandardScore>,
}

/// A standard that is enabled in at least one of the accounts and Regions.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "PascalCase")]
pub struct StandardScore {
    /// Its ARN in the Region of the caller.
    pub standards_arn: String,
    /// Its name.
    pub name: String,
    /// In percent; null without data (SCO-06).
    pub score: Option<u64>,
    /// Number of its controls by status.
    pub counts: Counts,
    /// Its security controls without duplicates, in the standard's order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub controls: Vec<ControlScore>,
}

/// A security control in a standard.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "PascalCase")]
pub struct ControlScore {
    /// Its id, such as `S3.1`.
    pub security_control_id: String,
    /// Its title.
    pub title: String,
    /// `LOW`, `MEDIUM`, `HIGH` or `CRITICAL`
    pub severity_rating: String,
    /// Its status (SCO-02 … SCO-05, SCO-11).
    pub control_status: ControlStatus,
    /// Number of its findings that count and failed.
    pub failed_checks: u64,
    /// Number of its findings that count.
    pub total_checks: u64,
}

/// All standards that a hub can enable.
fn all_standards() -> impl Iterator<Item = &'static Standard> {
    STANDARDS.iter().filter(|standard| standard.offered != Availability::Never)
}

/// Finds a standard by our short name, its `StandardsId`, or its ARN in any Region.
///
/// # Errors
/// A sentence that lists all versions of the standard, or all standards.
pub fn standard(text: &str) -> Result<&'static Standard, String> {
    let resource = text.rsplit(':').next();
    let found = all_standards().find(|standard| standard.id == text || Some(standard.standards_id) == resource);
    found.ok_or_else(|| {
        let family = standards::family(text);
        let is_meant = |standard: &&Standard| family.iter().any(|other| other.id == standard.id);
        let all: Vec<&Standard> = all_standards().collect();
        let versions: Vec<&Standard> = all.iter().copied().filter(is_meant).collect();
        let listed = if versions.is_empty() { all } else { versions };
        let names: Vec<&str> = listed.iter().map(|standard| standard.id).collect();
        format!("unknown standard {text:?}; available: {}", names.join(", "))
    })
}

/// Computes the scores that a caller sees, of all standards or of one.
pub fn compute(world: &World, caller: &Caller, only: Option<&Standard>) -> Compliance {
    let mut compliance = compute_with_controls(world, caller, only);
    compliance.reduce(only, &caller.region);
    compliance
}

/// The same, with the controls of all standards of each account.
pub(super) fn compute_with_controls(world: &World, caller: &Caller, only: Option<&Standard>) -> Compliance {
    let hubs = scored_hubs::of_caller(world, caller);
    let directory = world.directory();
    let regions: BTreeSet<&Region> = hubs.iter().map(|hub| &hub.region).collect();
    let accounts = by_account(&hubs);
    let of_account = |(account, own): (&AccountId, &Vec<&ScoredHub>)| AccountScores {
        account_id: account.to_string(),
        scores: scores(&directory, own, &caller.region, only),
    };
    Compliance {
        account_id: caller.account().to_string(),
        region: caller.region.to_string(),
        regions: regions.iter().map(ToString::to_string).collect(),
        computed_at: Some(timestamp_text(caller.now)),
        next_at: None,
        scores: scores(&directory, &hubs.iter().collect::<Vec<_>>(), &caller.region, only),
        accounts: (accounts.len() > 1).then(|| accounts.iter().map(of_account).collect()),
    }
}

/// The hubs of each account.
fn by_account(hubs: &[ScoredHub]) -> BTreeMap<AccountId, Vec<&ScoredHub>> {
    let mut accounts: BTreeMap<AccountId, Vec<&ScoredHub>> = BTreeMap::new();
    for hub in hubs {
        accounts.entry(hub.account).or_default().push(hub);
    }
    accounts
}

/// Parts of the report, each computed when it is read. All of them are about the same moment.
pub struct Parts {
    directory: Arc<Directory>,
    region: Region,
    hubs: Vec<ScoredHub>,
}

impl Parts {
    /// The report that a caller sees now.
    pub fn new(world: &World, caller: &Caller) -> Parts {
        Parts {
            directory: world.directory(),
            region: caller.region.clone(),
            hubs: scored_hubs::of_caller(world, caller),
        }
    }

    /// The accounts whose scores the report includes.
    pub fn accounts(&self) -> BTreeSet<AccountId> {
        self.hubs.iter().map(|hub| hub.account).collect()
    }

    /// The accounts in which a standard is enabled.
    pub fn accounts_with(&self, standard: &Standard) -> BTreeSet<AccountId> {
        let enabled = self.hubs.iter().filter(|hub| hub.standards.contains_key(standard.id));
        enabled.map(|hub| hub.account).collect()
    }

    /// The scores of the enabled standards, without their controls.
    pub fn standards(&self) -> Vec<StandardScore> {
        self.without_controls(&self.hubs.iter().collect::<Vec<_>>())
    }

    /// The same for some of the accounts, in the order of their numbers.
    pub fn of_accounts(&self, accounts: &[AccountId]) -> Vec<Vec<StandardScore>> {
        let hubs = by_account(&self.hubs);
        let of_account =
            |account: &AccountId| hubs.get(account).map_or_else(Vec::new, |own| self.without_controls(own));
        accounts.iter().map(of_account).collect()
    }

    /// The score of a standard with its controls; `None` if it is not enabled in any of the accounts.
    pub fn standard(&self, standard: &'static Standard) -> Option<StandardScore> {
        let hubs: Vec<&ScoredHub> = self.hubs.iter().collect();
        let is_enabled = hubs.iter().any(|hub| hub.standards.contains_key(standard.id));
        is_enabled.then(|| of_standard(&self.directory, &hubs, &self.region, standard, true))
    }

    fn without_controls(&self, hubs: &[&ScoredHub]) -> Vec<StandardScore> {
        let score = |standard| of_standard(&self.directory, hubs, &self.region, standard, false);
        enabled(hubs).into_iter().map(score).collect()
    }
}

impl Compliance {
    /// Reduces the report to the request: one standard with the controls of each account, or all standards without
    /// them.
    pub(super) fn reduce(&mut self, only: Option<&Standard>, region: &Region) {
        let Some(only) = only else {
            let standards = self.accounts.iter_mut().flatten().flat_map(|account| &mut account.scores.standards);
            standards.for_each(|standard| standard.controls.clear());
            return;
        };
        let arn = standard_arn(region, only);
        let accounts = self.accounts.iter_mut().flatten().map(|account| &mut account.scores);
        for scores in accounts.chain([&mut self.scores]) {
            scores.standards.retain(|standard| standard.standards_arn == arn);
        }
    }
}

/// The scores over these hubs.
fn scores(directory: &Directory, hubs: &[&ScoredHub], region: &Region, only: Option<&Standard>) -> Scores {
    let enabled = enabled(hubs);
    let summary_counts = summary(directory, hubs, &enabled);
    let listed = enabled.into_iter().filter(|standard| only.is_none_or(|only| only.id == standard.id));
    Scores {
        summary_score: summary_counts.score(),
        summary_counts,
        standards: listed.map(|standard| of_standard(directory, hubs, region, standard, true)).collect(),
    }
}

/// The standards that are enabled in at least one of these hubs, in the order of the catalogue.
fn enabled(hubs: &[&ScoredHub]) -> Vec<&'static Standard> {
    STANDARDS.iter().filter(|standard| hubs.iter().any(|hub| hub.standards.contains_key(standard.id))).collect()
}

/// The number of controls of all these standards by status, without duplicates (SCO-07).
fn summary(directory: &Directory, hubs: &[&ScoredHub], standards: &[&'static Standard]) -> Counts {
    let contained = standards.iter().flat_map(|standard| catalogue::contained(directory, standard));
    let contained: HashSet<&str> = contained.map(|control| control.id).collect();
    let mut counts = Counts::default();
    for control in CONTROLS.iter().filter(|control| contained.contains(control.id)) {
        counts.add(combined_status(hubs, control, None).0);
    }
    counts
}

/// The score of a standard over the hubs where it is enabled, with or without its controls.
fn of_standard(
    directory: &Directory,
    hubs: &[&ScoredHub],
    region: &Region,
    standard: &'static Standard,
    with_controls: bool,
) -> StandardScore {
    let hubs: Vec<&ScoredHub> = hubs.iter().filter(|hub| hub.standards.contains_key(standard.id)).copied().collect();
    let (mut seen, mut counts, mut controls) = (HashSet::new(), Counts::default(), Vec::new());
    for control in catalogue::contained(directory, standard).filter(|control| seen.insert(control.id)) {
        let (status, checks) = combined_status(&hubs, control, Some(standard));
        counts.add(status);
        if !with_controls {
            continue;
        }
        controls.push(ControlScore {
            security_control_id: control.id.to_owned(),
            title: control.title.to_owned(),
            severity_rating: control.severity.to_owned(),
            control_status: status,
            failed_checks: checks.failed,
            total_checks: checks.total(),
        });
    }
    let standards_arn = standard_arn(region, standard);
    StandardScore { standards_arn, name: standard.name.to_owned(), score: counts.score(), counts, controls }
}

/// The status of a control over all hubs, which is the worst of them, and the sum of its checks. Hubs where it is
/// disabled or has no data count only if all hubs are like that (SCO-11).
fn combined_status(hubs: &[&ScoredHub], control: &Control, standard: Option<&Standard>) -> (ControlStatus, Checks) {
    let statuses = hubs.iter().map(|hub| hub.status(control, standard));
    statuses.fold((ControlStatus::Disabled, Checks::default()), |(worst, all), (status, checks)| {
        (worst.max(status), all.and(checks))
    })
}
