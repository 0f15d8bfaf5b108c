//! `aggregators`: accounts whose findings of several Regions are visible in one.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Deserialize;

use super::hubs;
use super::refused::{Refused, apply_each};
use super::regions::{self, RegionText};
use crate::aws_error::AwsError;
use crate::domain::caller::Caller;
use crate::domain::findings::aggregation;
use crate::scenario::check::{AccountText, Check};
use crate::scenario::files::Span;
use crate::scenario::lost::ITEM;
use crate::scenario::spanned::Spanned;
use crate::state::{AccountId, Directory, HubKey, Region, Timestamp, World};

/// Finding aggregator of an account. Its home Region also shows the findings of the linked Regions, including those of
/// members.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[schemars(rename = "Aggregator")]
#[serde(deny_unknown_fields)]
pub(in crate::scenario) struct Declared {
    /// Account of the aggregator: an administrator or a standalone account. Members use the aggregator of their
    /// administrator.
    #[schemars(with = "AccountText")]
    account: Option<AccountText>,
    /// Home Region. The account must have an enabled hub there.
    #[schemars(with = "RegionText")]
    home: Option<RegionText>,
    /// Mode that selects the linked Regions. Default: ALL_REGIONS.
    mode: Option<Spanned<Mode>>,
    /// Linked Regions (SPECIFIED_REGIONS) or excluded Regions (ALL_REGIONS_EXCEPT_SPECIFIED).
    #[serde(default)]
    regions: Vec<RegionText>,
}

/// Mode that selects the linked Regions.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema)]
#[schemars(rename = "RegionLinkingMode")]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
#[allow(clippy::enum_variant_names, reason = "the names are those of AWS")]
enum Mode {
    /// All Regions, including Regions that AWS adds in the future.
    AllRegions,
    /// All Regions except those listed in `regions`.
    AllRegionsExceptSpecified,
    /// The Regions listed in `regions`.
    SpecifiedRegions,
    /// No Regions.
    NoRegions,
}

impl Mode {
    /// The value in the API.
    fn name(self) -> &'static str {
        match self {
            Mode::AllRegions => "ALL_REGIONS",
            Mode::AllRegionsExceptSpecified => "ALL_REGIONS_EXCEPT_SPECIFIED",
            Mode::SpecifiedRegions => "SPECIFIED_REGIONS",
            Mode::NoRegions => "NO_REGIONS",
        }
    }
}

/// A valid aggregator.
#[derive(Clone, Debug)]
pub(super) struct Aggregator {
    span: Span,
    pub(super) home: Region,
    mode: &'static str,
    regions: Vec<String>,
    /// True if it has no errors.
    is_sound: bool,
}

/// Aggregators by account.
pub(super) type Valid = BTreeMap<AccountId, Aggregator>;

/// Checks all entries. An entry of a later file replaces an earlier one; two entries for one account in a file are an
/// error.
pub(super) fn check(
    written: Vec<Spanned<Declared>>,
    regions: &[Region],
    hubs: &hubs::Valid,
    check: &mut Check,
) -> Valid {
    let mut aggregators = Valid::new();
    let directory = Directory { regions: regions.to_vec(), ..Directory::default() };
    for Spanned { value: entry, span: item } in written {
        let before = check.diagnostics.len();
        let account = entry.account.as_ref().and_then(|account| check.account(&account.0));
        let home = entry.home.as_ref().and_then(|home| regions::check_one(home, regions, check));
        // Names of unknown Regions are reported separately.
        let known = entry
            .regions
            .iter()
            .map(|RegionText(name)| regions::is_known(name, regions, check))
            .fold(true, |all, one| all & one);
        let (Some(account), Some(home)) = (account, home) else {
            check.lose(&["aggregators", ITEM, "account"]);
            continue;
        };
        let span = entry.account.map_or(item, |account| account.0.span);
        let has_hub = check_hub(account, &home, span, hubs, check);
        let mode = entry.mode.as_ref().map_or("ALL_REGIONS", |mode| mode.value.name());
        let names: Vec<String> = entry.regions.into_iter().map(|RegionText(name)| name.value).collect();
        let is_whole = known && !check.lost.contains_in(item, "mode") && !check.lost.contains_in(item, "regions");
        if is_whole && let Err(error) = aggregation::linking(&directory, &home, mode, &names) {
            check.push(check.at(span, AwsError::from(error).message.into_owned()));
        }
        if let Some(earlier) = aggregators.get(&account).map(|earlier: &Aggregator| earlier.span)
            && earlier.file == span.file
        {
            let message = format!("{account} already has an aggregator ({})", check.line(earlier, span));
            check.push(check.at(span, message).expected("at most one aggregator per account"));
        }
        let is_sound = is_whole && has_hub && check.diagnostics.len() == before;
        aggregators.insert(account, Aggregator { span, home, mode, regions: names, is_sound });
    }
    aggregators
}

/// An aggregator requires the hub of its home Region, and must not belong to a member. Returns whether the hub is
/// enabled.
fn check_hub(account: AccountId, home: &Region, span: Span, hubs: &hubs::Valid, check: &mut Check) -> bool {
    let key = HubKey { account, region: home.clone() };
    let is_on = hubs.is_on(&key) || check.base.as_ref().is_some_and(|base| base.hubs.contains(&key));
    if let Some(administrator) = hubs.administrator(account) {
        let message = format!("{account} is an enabled member of {administrator} and uses its aggregator");
        check.push(check.at(span, message).expected("an administrator, or an account that is not a member"));
    } else if !is_on && !hubs.is_unsure(account, &check.lost) {
        let message = format!("Security Hub is not enabled for {account} in {home}");
        check.push(check.at(span, message).expected(format!("an entry under `hubs` for {account} in {home}")));
    }
    is_on
}

/// Creates the aggregators. Findings that are loaded later count as written after the Regions were linked (AGG-13).
pub(super) fn apply(valid: &Valid, world: &World, now: Timestamp) -> Vec<Refused> {
    let sound = valid.iter().filter(|(_, aggregator)| aggregator.is_sound);
    apply_each(sound, world, |transaction, (account, aggregator)| {
        let caller = Caller::local_user(*account, aggregator.home.clone(), now);
        let created = aggregation::create(transaction, world, &caller, aggregator.mode, &aggregator.regions);
        created.map(|_| ()).map_err(|error| (aggregator.span, error.message.into_owned()))
    })
}
