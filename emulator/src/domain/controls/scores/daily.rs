//! Daily scores: first computed some time after the first view, then once a day, as AWS does (SCO-12).

use std::sync::Arc;

use jiff::SignedDuration;
use securityhub_fixtures::standards::{self, Standard};

use super::report::{Compliance, Scores, compute, compute_with_controls};
use crate::domain::caller::Caller;
use crate::domain::controls::standards::standard_arn;
use crate::domain::findings::visibility;
use crate::domain::hub_access;
use crate::invariant::Invariant;
use crate::state::{
    Aggregator, DailyScore, DailyScores, Due, Hub, HubKey, SubscriptionStatus, Timestamp, Transaction, World,
    timestamp_text,
};

const DAY: SignedDuration = SignedDuration::from_hours(24);

/// Delay between the first view and the first computation; in China and GovCloud it is a day.
fn first_delay(partition: &str) -> SignedDuration {
    if partition == "aws" { SignedDuration::from_mins(30) } else { DAY }
}

/// The scores that a caller sees, of all standards or of one. In a world with daily scores these are the latest that
/// were computed, otherwise current ones.
pub fn shown(world: &World, caller: &Caller, only: Option<&Standard>) -> Compliance {
    let Some(daily) = &world.daily_scores else { return compute(world, caller, only) };
    report(caller, only, Some(record_view(world, daily, caller)))
}

/// The same, but in a world with daily scores this does not count as a view: it does not request a computation.
pub fn latest(world: &World, caller: &Caller, only: Option<&Standard>) -> Compliance {
    let Some(daily) = &world.daily_scores else { return compute(world, caller, only) };
    let key = caller.hub_key();
    let aggregator = aggregator(world, &key);
    report(caller, only, daily.get(&key).filter(|score| score.aggregator == aggregator))
}

/// The report of daily scores; empty before the first computation.
fn report(caller: &Caller, only: Option<&Standard>, score: Option<DailyScore>) -> Compliance {
    let text = score.as_ref().and_then(|score| score.computed.as_deref());
    let computed = text.and_then(|text| serde_json::from_str(text).or_report("computed scores are JSON"));
    let mut compliance = computed.unwrap_or_else(|| Compliance {
        account_id: caller.account().to_string(),
        region: caller.region.to_string(),
        regions: Vec::new(),
        computed_at: None,
        next_at: None,
        scores: Scores::default(),
        accounts: None,
    });
    compliance.next_at = score.map(|score| timestamp_text(score.next));
    compliance.reduce(only, &caller.region);
    compliance
}

/// The daily scores of a caller's hub. The first view requests their computation, as does the first after its linked
/// Regions changed, or one that finds a newly enabled standard.
fn record_view(world: &World, daily: &DailyScores, caller: &Caller) -> DailyScore {
    let key = caller.hub_key();
    let aggregator = aggregator(world, &key);
    let soon = caller.now.checked_add(first_delay(caller.region.partition())).unwrap_or(Timestamp::MAX);
    let known = daily.get(&key).filter(|score| score.aggregator == aggregator);
    let is_waiting = known.as_ref().is_some_and(|score| score.next <= soon || !is_outdated(world, caller, score));
    if let (Some(score), true) = (&known, is_waiting) {
        return score.clone();
    }
    let computed = known.and_then(|score| score.computed);
    let score = DailyScore { next: soon, aggregator, computed };
    daily.put(key.clone(), score.clone());
    schedule(world, key, soon);
    score
}

fn aggregator(world: &World, key: &HubKey) -> Option<Aggregator> {
    world.directory().aggregators.get(&key.account).cloned()
}

fn schedule(world: &World, key: HubKey, at: Timestamp) {
    let mut transaction = world.write_findings();
    transaction.schedule(at, Due::ComputeScores(key));
    transaction.commit();
}

/// Returns whether a standard is enabled that the computed scores do not include.
fn is_outdated(world: &World, caller: &Caller, score: &DailyScore) -> bool {
    let Some(computed) = score
        .computed
        .as_deref()
        .and_then(|text| serde_json::from_str::<Compliance>(text).or_report("computed scores are JSON"))
    else {
        return false;
    };
    let has = |id: &str| {
        let arn = standards::standard(id).map(|standard| standard_arn(&caller.region, standard));
        computed.scores.standards.iter().any(|known| Some(&known.standards_arn) == arn.as_ref())
    };
    let lacks = |hub: Arc<Hub>| {
        let mut active = hub.standards.iter().filter(|(_, it)| it.status != SubscriptionStatus::Deleting);
        active.any(|(id, _)| !has(id))
    };
    visibility::hubs(world, caller).iter().filter_map(|key| world.hub(key)).any(lacks)
}

/// Computes the scores of a hub at a time, and schedules the next day's. If one step of the clock covers several days,
/// only the last is computed, because no caller could have read the others.
pub fn run(transaction: &mut Transaction<'_>, world: &World, key: &HubKey, (at, now): (Timestamp, Timestamp)) {
    let Some(daily) = &world.daily_scores else { return };
    let Some(score) = daily.get(key).filter(|score| score.next == at) else { return };
    if !hub_access::is_enabled(world, key) || score.aggregator != aggregator(world, key) {
        return daily.forget(key);
    }
    let days = now.duration_since(at).as_hours() / 24;
    let is_last = days == 0;
    let next = at.checked_add(DAY * i32::try_from(days.max(1)).unwrap_or(i32::MAX)).unwrap_or(Timestamp::MAX);
    let compute = || {
        let caller = Caller::local_user(key.account, key.region.clone(), at);
        serde_json::to_string(&compute_with_controls(world, &caller, None))
            .or_report("scores can be written as JSON")
            .map(Into::into)
    };
    let computed = if is_last { compute() } else { score.computed };
    daily.put(key.clone(), DailyScore { next, aggregator: score.aggregator, computed });
    transaction.schedule(next, Due::ComputeScores(key.clone()));
}
