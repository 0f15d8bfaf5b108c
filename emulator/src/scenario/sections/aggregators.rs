//! `aggregators`: accounts whose findings of several Regions are visible in one.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Deserialize;

use super::hubs;
use super::regions::{self, RegionText};
use crate::aws_error::AwsError;
use crate::domain::caller::Caller;
use crate::domain::findings::aggregation;
use crate::scenario::check::{AccountText, Check};
use crate::scenario::files::Span;
use crate::scenario::spanned::Spanned;
use crate::state::{AccountId, Directory, HubKey, Principal, Region, Timestamp, World};

/// Finding aggregator of an account. Its home Region also shows the findings of the linked Regions, including those of
/// members.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[schemars(rename = "Aggregator")]
#[serde(deny_unknown_fields)]
pub(in crate::scenario) struct Declared {
    /// Account of the aggregator: an administrator or a standalone account. Members use the aggregator of their
    /// administrator.
    account: AccountText,
    /// Home Region. The account must have an enabled hub there.
    home: RegionText,
    /// Which Regions are linked. Default: ALL_REGIONS.
    mode: Option<Spanned<Mode>>,
    /// Linked Regions (SPECIFIED_REGIONS) or excluded Regions (ALL_REGIONS_EXCEPT_SPECIFIED).
    #[serde(default)]
    regions: Vec<RegionText>,
}

/// Which Regions are linked.
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
}

/// Aggregators by account.
pub(super) type Valid = BTreeMap<AccountId, Aggregator>;

/// Checks all entries. An entry of a later file replaces an earlier one; two entries for one account in a file are an
/// error.
pub(super) fn check(written: Vec<Declared>, regions: &[Region], hubs: &hubs::Valid, check: &mut Check) -> Valid {
    let mut aggregators = Valid::new();
    let directory = Directory { regions: regions.to_vec(), ..Directory::default() };
    for entry in written {
        let span = entry.account.0.span;
        let account = check.account(&entry.account.0);
        let home = regions::check_one(&entry.home, regions, check);
        // Names of unknown Regions are reported separately.
        let known = entry
            .regions
            .iter()
            .map(|RegionText(name)| regions::is_known(name, regions, check))
            .fold(true, |all, one| all & one);
        let (Some(account), Some(home)) = (account, home) else { continue };
        check_hub(account, &home, span, hubs, check);
        let mode = entry.mode.as_ref().map_or("ALL_REGIONS", |mode| mode.value.name());
        let names: Vec<String> = entry.regions.into_iter().map(|RegionText(name)| name.value).collect();
        if known && let Err(error) = aggregation::linking(&directory, &home, mode, &names) {
            check.push(check.at(span, AwsError::from(error).message.into_owned()));
        }
        if let Some(earlier) = aggregators.get(&account).map(|earlier: &Aggregator| earlier.span)
            && earlier.file == span.file
        {
            let message = format!("{account} already has an aggregator ({})", check.line(earlier, span));
            check.push(check.at(span, message).expected("at most one aggregator per account"));
        }
        aggregators.insert(account, Aggregator { span, home, mode, regions: names });
    }
    aggregators
}

/// An aggregator requires the hub of its home Region, and must not belong to a member.
fn check_hub(account: AccountId, home: &Region, span: Span, hubs: &hubs::Valid, check: &mut Check) {
    if let Some(administrator) = hubs.administrator(account) {
        let message = format!("{account} is an enabled member of {administrator} and uses its aggregator");
        check.push(check.at(span, message).expected("an administrator, or an account that is not a member"));
    } else if !hubs.is_on(&HubKey { account, region: home.clone() }) {
        let message = format!("Security Hub is not enabled for {account} in {home}");
        check.push(check.at(span, message).expected(format!("an entry under `hubs` for {account} in {home}")));
    }
}

/// Creates the aggregators. Findings that are loaded later count as written after the Regions were linked (AGG-13).
///
/// # Errors
/// Errors of the domain, with the spans of the entries.
pub(super) fn apply(valid: &Valid, world: &World, now: Timestamp) -> Result<(), Vec<(Span, String)>> {
    if valid.is_empty() {
        return Ok(());
    }
    let mut transaction = world.write();
    let mut refusals = Vec::new();
    for (account, aggregator) in valid {
        let caller = Caller { principal: Principal::local_user(*account), region: aggregator.home.clone(), now };
        let made = aggregation::create(&mut transaction, world, &caller, aggregator.mode, &aggregator.regions);
        if let Err(error) = made {
            refusals.push((aggregator.span, error.message.into_owned()));
        }
    }
    transaction.commit();
    if refusals.is_empty() { Ok(()) } else { Err(refusals) }
}
