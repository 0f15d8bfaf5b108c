//! Running checks: creating, updating and archiving findings of controls.

use std::collections::{BTreeSet, HashMap, HashSet};

use jiff::SignedDuration;
use securityhub_engine::date;
use securityhub_fixtures::standards::{self, CONTROLS, Control, Form, Schedule, Standard, StandardControl};
use serde_json::Value;

use super::document::{self, Times};
use super::results::{self, Check, CheckContext};
use super::stale::{self, StaleFinding};
use super::subject::Subject;
use super::{names, recorder};
use crate::domain::controls::standards::{subscription_controls, subscriptions};
use crate::domain::findings::delivery::BATCH;
use crate::domain::findings::document::{Finding, key_of};
use crate::domain::findings::import::{self, Endpoint, Sender};
use crate::invariant::Invariant;
use crate::state::{
    CheckScope, ControlFindingGenerator, Due, Hub, HubKey, Timestamp, Transaction, World, timestamp_text,
};

/// Interval of the periodic checks of all controls (FND-42).
const PERIOD: SignedDuration = SignedDuration::from_hours(12);
/// Length of the last part of a long step of the clock: in this part, all checks are carried out.
const EVERY_CHECK: SignedDuration = SignedDuration::from_hours(7 * 24);
/// Checks that are due longer than this before the end of a step of the clock are not carried out.
const YEAR: SignedDuration = SignedDuration::from_hours(365 * 24);
/// Interval of checks in a long step of the clock before its last part ([`EVERY_CHECK`]).
const SKIPPED: SignedDuration = SignedDuration::from_hours(30 * 24);

/// The result of a control for one resource, and the id of its finding.
struct Report<'r> {
    subject: &'r Subject,
    check: Check<'r>,
    id: String,
}

/// The context of a check.
struct Run<'r> {
    world: &'r World,
    context: CheckContext<'r>,
    scopes: &'r [CheckScope],
}

/// Checks the controls in one of these scopes, imports the results, and archives findings without a result. The check
/// is dated `now`; the clock may have passed that time already, and `until` is its current time.
pub fn run(
    world: &World,
    transaction: &mut Transaction<'_>,
    key: &HubKey,
    scopes: &[CheckScope],
    (now, until): (Timestamp, Timestamp),
) {
    let Some(resources) = transaction.resources() else { return };
    let Some(hub) = transaction.hub(key).filter(|hub| hub.subscribed_at().is_some()) else { return };
    let checked = subjects(&hub, now);
    let controls = checked.iter().map(Subject::control);
    let unrecorded = recorder::unrecorded(&hub.config_recorder, controls, transaction.directory(), key);
    let context = CheckContext { key, hub: &hub, resources: &resources, unrecorded, now };
    let run = Run { world, context, scopes };
    let mut reports = run.reports(&checked);
    let wanted: BTreeSet<String> = reports.iter().map(|report| report.id.clone()).collect();
    let mut stale_findings = stale::find(world, key, &wanted);
    run.adopt(&mut reports, &mut stale_findings);
    let mut findings: Vec<String> = reports.iter().filter_map(|report| run.finding(report)).collect();
    let oldest = now.checked_sub(transaction.delays().archive_disabled + PERIOD).unwrap_or(Timestamp::MIN);
    let by_prefix: HashMap<String, &Subject> =
        checked.iter().map(|subject| (subject.id_prefix(key), subject)).collect();
    findings.extend(stale_findings.iter().filter_map(|stale| run.archived_form(stale, &by_prefix, oldest)));
    deliver(world, transaction, key, &findings, now);
    schedule(transaction, key, &hub, !checked.is_empty(), (now, until));
}

impl Run<'_> {
    /// All results of these controls, including those that need no import.
    fn reports<'r>(&'r self, checked: &'r [Subject]) -> Vec<Report<'r>> {
        let of = |subject: &'r Subject| {
            let prefix = subject.id_prefix(self.context.key);
            let report = move |check: Check<'r>| {
                let id = document::id(&self.world.ids, &prefix, &check);
                Report { subject, check, id }
            };
            results::of(&self.context, subject.control()).into_iter().map(report)
        };
        checked.iter().flat_map(of).collect()
    }

    /// Lets checks update an existing finding from elsewhere on the same control and resource instead of creating one
    /// with a new id (RES-14).
    fn adopt(&self, reports: &mut [Report<'_>], stale_findings: &mut Vec<StaleFinding>) {
        if stale_findings.is_empty() {
            return;
        }
        // The ids of stale findings by control and resource, in reverse order.
        let mut ids_by_resource: HashMap<(String, String), Vec<String>> = HashMap::new();
        for stale in stale_findings.iter().rev() {
            let of = (stale.prefix().to_owned(), stale.resource_id.clone());
            ids_by_resource.entry(of).or_default().push(stale.id.clone());
        }
        let mut adopted: HashSet<String> = HashSet::new();
        for report in reports {
            let resource = document::resource_id(self.context.key, &report.check);
            let of = (report.subject.id_prefix(self.context.key), resource);
            let Some(ids) = ids_by_resource.get_mut(&of) else { continue };
            if !self.stored(&report.id, |stored| stored.is_some())
                && let Some(id) = ids.pop()
            {
                adopted.insert(id.clone());
                report.id = id;
            }
        }
        stale_findings.retain(|stale| !adopted.contains(&stale.id));
    }

    /// The finding for a result, unless the stored finding already has this result.
    fn finding(&self, report: &Report<'_>) -> Option<String> {
        if !self.is_checked(report.subject.control()) {
            return None;
        }
        self.stored(&report.id, |stored| {
            if report.check.only_if_stored && stored.is_none() {
                return None;
            }
            let finding = self.write((report.subject, &report.id), &report.check, stored);
            let is_already_reported =
                stored.is_some_and(|stored| is_already_reported(stored, &finding, self.context.now));
            (!is_already_reported).then_some(finding)
        })
    }

    fn write(&self, subject: (&Subject, &str), check: &Check<'_>, stored: Option<&Finding<'_>>) -> String {
        let times = Times::new(stored, check.result.status, timestamp_text(check_time(self.context.now, stored)));
        document::write(&self.world.ids, (self.context.key, self.context.hub), subject, check, &times)
    }

    /// The archived form of a finding that no check produces, or none if it stays. It is archived at once if the hub
    /// now generates findings differently (FND-51, FND-52), or if its control is checked without this result, for
    /// example because the resource was deleted (FND-32, FND-33). Otherwise it is archived once the delay of its
    /// disabled control or standard is over (FND-50), or if it has not been checked for longer than that.
    fn archived_form(
        &self,
        stale: &StaleFinding,
        checked: &HashMap<String, &Subject>,
        oldest: Timestamp,
    ) -> Option<String> {
        let is_consolidated = self.context.hub.control_finding_generator == ControlFindingGenerator::SecurityControl;
        let is_of_standard_control = stale.id.contains(":subscription/");
        let subject = checked.get(stale.prefix()).copied();
        let subject = subject.filter(|subject| self.is_checked(subject.control()));
        self.stored(&stale.id, |stored| {
            let at = || timestamp_text(check_time(self.context.now, stored));
            Some(if self.scopes.contains(&CheckScope::Generator) && is_of_standard_control == is_consolidated {
                stale.archived(at(), &stale::CONSOLIDATION)?.to_string()
            } else if let (Some(subject), Some(resource)) = (subject, stale.resource()) {
                let not_applicable = self.write((subject, &stale.id), &Check::not_applicable(&resource), stored);
                stale.with_its_resources(not_applicable)?
            } else if subject.is_some() || stale.updated_at <= oldest || self.is_over(stale) {
                stale.archived(at(), &[])?.to_string()
            } else {
                return None;
            })
        })
    }

    /// Returns whether the control or standard of a stale finding was disabled so long ago that this check archives it,
    /// and has not been enabled again since.
    fn is_over(&self, stale: &StaleFinding) -> bool {
        let Some(control) = stale.control else { return false };
        let ends = |scope: &&CheckScope| match scope {
            CheckScope::Control(_) | CheckScope::Standard(_) => is_in(**scope, control),
            _ => false,
        };
        let is_due_again =
            || self.world.has_due(&Due::Check(self.context.key.clone(), CheckScope::Control(control.id)));
        self.scopes.iter().any(|scope| ends(&scope)) && !is_due_again()
    }

    fn is_checked(&self, control: &Control) -> bool {
        self.scopes.iter().any(|scope| is_in(*scope, control))
    }

    /// Calls `look` with the stored finding of an id.
    fn stored<R>(&self, id: &str, look: impl Fn(Option<&Finding<'_>>) -> R) -> R {
        let key = self.context.key;
        let name = key_of(&document::product_arn(key), id, key.account);
        let found = self.world.read_findings(&key.region, |findings| {
            let slot = findings.table().find(&name)?;
            Some(look(Some(&Finding::stored(findings.table().document(slot)))))
        });
        found.flatten().unwrap_or_else(|| look(None))
    }
}

/// Stages the next periodic check after the current one.
fn schedule(
    transaction: &mut Transaction<'_>,
    key: &HubKey,
    hub: &Hub,
    has_controls: bool,
    (now, until): (Timestamp, Timestamp),
) {
    if !has_controls || hub.next_check.is_some_and(|next| next > now) {
        return;
    }
    let next = now.checked_add(time_to_next_check(until.duration_since(now))).unwrap_or(Timestamp::MAX);
    transaction.stage_hub(key.clone(), Hub { next_check: Some(next), ..hub.clone() });
    transaction.schedule(next, Due::Check(key.clone(), CheckScope::All));
}

/// The time between a check and the next one, for a clock that is ahead of it by `ahead`. Checks run every twelve hours
/// (FND-42). A step of the clock that is longer than [`EVERY_CHECK`] carries out all checks of its last part, and
/// before that one per [`SKIPPED`], which is often enough to keep findings from expiring. A step of more than a
/// [`YEAR`] first jumps to the beginning of its last year, so no step takes long.
fn time_to_next_check(ahead: SignedDuration) -> SignedDuration {
    let longest = if ahead > YEAR { ahead - YEAR } else { SKIPPED };
    let skipped = (ahead - EVERY_CHECK).clamp(PERIOD, longest.max(SKIPPED));
    SignedDuration::from_secs(skipped.as_secs() / PERIOD.as_secs() * PERIOD.as_secs())
}

fn is_in(scope: CheckScope, control: &Control) -> bool {
    match scope {
        CheckScope::All | CheckScope::Generator => true,
        CheckScope::Control(id) => control.id == id,
        CheckScope::Type(name) => names::checks_type(control, name),
        CheckScope::Changed(name) => control.schedule != Schedule::Periodic && names::checks_type(control, name),
        CheckScope::Standard(id) => {
            standards::standard(id).is_some_and(|standard| standard.controls_for(control).next().is_some())
        }
    }
}

/// The subjects of findings: the enabled controls of standards that are ready, per standard or per security control, as
/// the hub is configured. Findings of some standards are always per security control (FND-01).
fn subjects(hub: &Hub, now: Timestamp) -> Vec<Subject> {
    let mut by_control: HashMap<&str, Vec<(&'static Standard, &'static StandardControl)>> = HashMap::new();
    let mut subjects = Vec::new();
    for (standard, subscription) in subscription_controls::subscribed(hub).filter(|(_, it)| it.status.is_updatable()) {
        let is_checked = |standard_control: &&StandardControl| {
            subscription_controls::state(subscription, standard_control).enabled
                && !subscriptions::waits_for_rule(hub, subscription, standard_control, now)
        };
        for standard_control in subscription_controls::controls(standard, subscription).filter(is_checked) {
            let is_by_control = hub.control_finding_generator == ControlFindingGenerator::SecurityControl;
            if is_by_control || standard.form == Form::SecurityControl {
                by_control.entry(standard_control.control.id).or_default().push((standard, standard_control));
            } else {
                subjects.push(Subject::StandardControl(standard, standard_control));
            }
        }
    }
    let security_control = |control: &'static Control| Some(security_control(control, by_control.remove(control.id)?));
    subjects.extend(CONTROLS.iter().filter_map(security_control));
    subjects
}

/// A security control with the standards that contain it, sorted by their ids.
fn security_control(
    control: &'static Control,
    mut standard_controls: Vec<(&'static Standard, &'static StandardControl)>,
) -> Subject {
    standard_controls.sort_by_key(|(standard, _)| standard.standards_id);
    let mut standards: Vec<(&'static Standard, Vec<&'static StandardControl>)> = Vec::new();
    for (standard, standard_control) in standard_controls {
        match standards.last_mut().filter(|(last, _)| last.id == standard.id) {
            Some((_, standard_controls)) => standard_controls.push(standard_control),
            None => standards.push((standard, vec![standard_control])),
        }
    }
    Subject::SecurityControl(control, standards)
}

/// Returns whether the stored finding already reports this result for this time, as when two standards are enabled at
/// once. A resource that does not apply is reported once.
fn is_already_reported(stored: &Finding<'_>, finding: &str, now: Timestamp) -> bool {
    let updated = stored.string("UpdatedAt").and_then(|text| date::strict(&text));
    let is_of_now = updated.is_some_and(|updated| updated >= i128::from(now.as_millisecond()) * 1_000_000);
    let state = stored.string("RecordState").or_report("a stored finding has a record state").unwrap_or_default();
    if !is_of_now && state != "ARCHIVED" {
        return false;
    }
    let finding = Finding::stored(finding.as_bytes());
    let read = |of: &Finding<'_>, name: &str| {
        of.get(name).and_then(|text| serde_json::from_str::<Value>(text).or_report("a member of a finding is JSON"))
    };
    let annotation = |of: &Finding<'_>| read(of, "ProductFields")?.get("aws/securityhub/annotation").cloned();
    finding.string("RecordState").is_some_and(|stored| stored == state)
        && ["Compliance", "Resources"].iter().all(|name| read(stored, name) == read(&finding, name))
        && annotation(stored) == annotation(&finding)
}

/// The time of a check. If the clock is frozen, it is a millisecond after the previous check, because an import must be
/// later than the stored finding (REI-01).
fn check_time(now: Timestamp, stored: Option<&Finding<'_>>) -> Timestamp {
    let updated = stored.and_then(|stored| date::strict(&stored.string("UpdatedAt")?));
    let after = updated.and_then(|updated| Timestamp::from_nanosecond(updated + 1_000_000).ok());
    after.map_or(now, |after| after.max(now))
}

/// Imports the findings as Security Hub's own product (FND-11, FND-12).
fn deliver(world: &World, transaction: &mut Transaction<'_>, key: &HubKey, findings: &[String], now: Timestamp) {
    let directory = world.directory();
    let endpoint = Endpoint { world, directory: &directory, region: &key.region, now };
    let mut failed = Vec::new();
    for batch in findings.chunks(BATCH) {
        let items: Vec<_> =
            batch.iter().filter_map(|text| import::read_finding(text).or_report("a control finding is JSON")).collect();
        match import::batch(transaction, &endpoint, Sender::Product, &items) {
            Ok(outcome) => failed.extend(outcome.failed),
            Err(error) => tracing::warn!(%error, hub = ?key, "control findings were rejected"),
        }
    }
    if failed.is_empty() {
        return;
    }
    let refused: HashMap<&str, &str> =
        failed.iter().map(|failed| (failed.id.as_str(), failed.message.as_str())).collect();
    for text in findings {
        let finding = Finding::stored(text.as_bytes());
        let id = finding.string("Id").or_report("a control finding has an Id").unwrap_or_default();
        let Some(why) = refused.get(&*id) else { continue };
        tracing::warn!(%id, why, "a finding is stored without the details and tags of its resource");
        let bare = document::bare(text);
        let items: Vec<_> =
            bare.iter().filter_map(|text| import::read_finding(text).or_report("a control finding is JSON")).collect();
        let again = import::batch(transaction, &endpoint, Sender::Product, &items);
        for failed in again
            .map(|outcome| outcome.failed)
            .or_report("a batch sent by a product is never rejected as a whole")
            .unwrap_or_default()
        {
            tracing::error!(id = failed.id, why = failed.message, "a control finding was rejected");
        }
    }
}
