//! `aggregators_v2`: accounts whose findings and resources of several Regions are visible in one, in the V2 half.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Deserialize;

use super::refused::{Refused, apply_each};
use super::regions::{self, RegionText};
use crate::aws_error::AwsError;
use crate::domain::accounts::aggregator_v2::{self, Linking};
use crate::domain::accounts::hub_v2;
use crate::domain::caller::Caller;
use crate::scenario::check::{AccountText, Check};
use crate::scenario::files::Span;
use crate::scenario::lost::ITEM;
use crate::scenario::spanned::Spanned;
use crate::state::{AccountId, LinkingModeV2, Region, Timestamp, World};

/// V2 aggregator of an account. Its home Region also shows the findings and resources of the linked Regions.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[schemars(rename = "AggregatorV2")]
#[serde(deny_unknown_fields)]
pub(in crate::scenario) struct Declared {
    /// Account of the aggregator: the delegated administrator of Security Hub V2, or an account outside of an
    /// organization that has one.
    #[schemars(with = "AccountText")]
    account: Option<AccountText>,
    /// Home Region, where the V2 hub of the account is enabled.
    #[schemars(with = "RegionText")]
    home: Option<RegionText>,
    /// Linked Regions.
    #[schemars(extend("minItems" = 1))]
    regions: Vec<RegionText>,
}

/// A valid aggregator.
#[derive(Clone, Debug)]
pub(in crate::scenario) struct Aggregator {
    span: Span,
    home: Region,
    regions: Vec<String>,
    /// True if all linked Regions are known.
    is_whole: bool,
}

/// Aggregators by account.
pub(in crate::scenario) type Valid = BTreeMap<AccountId, Aggregator>;

/// Checks all entries. An entry of a later file replaces an earlier one; two entries for one account in a file are an
/// error.
pub(super) fn check(written: Vec<Spanned<Declared>>, regions: &[Region], check: &mut Check) -> Valid {
    let mut aggregators = Valid::new();
    for Spanned { value: entry, span: item } in written {
        let account = entry.account.as_ref().and_then(|account| check.account(&account.0));
        let home = entry.home.as_ref().and_then(|home| regions::check_one(home, regions, check));
        let (known, unknown): (Vec<_>, Vec<_>) =
            entry.regions.into_iter().partition(|RegionText(name)| regions::is_known(name, regions, check));
        let is_whole = unknown.is_empty() && !check.lost.contains_in(item, "regions");
        let linked: Vec<String> = known.into_iter().map(|RegionText(name)| name.value).collect();
        let (Some(account), Some(home)) = (account, home) else {
            check.lose(&["aggregators_v2", ITEM, "account"]);
            continue;
        };
        let span = entry.account.map_or(item, |account| account.0.span);
        if let Some(earlier) = aggregators.get(&account).map(|earlier: &Aggregator| earlier.span)
            && earlier.file == span.file
        {
            let message = format!("{account} already has an V2 aggregator ({})", check.line(earlier, span));
            check.push(check.at(span, message).expected("at most one V2 aggregator per account"));
        }
        aggregators.insert(account, Aggregator { span, home, regions: linked, is_whole });
    }
    aggregators
}

/// Creates the aggregators. If `are_hubs_unsure`, an aggregator whose hub is not enabled is skipped, since the
/// hub may be a part of the scenario that could not be read.
pub(super) fn apply(valid: &Valid, world: &World, now: Timestamp, are_hubs_unsure: bool) -> Vec<Refused> {
    let whole = valid.iter().filter(|(_, aggregator)| aggregator.is_whole);
    apply_each(whole, world, |transaction, (account, aggregator)| {
        let caller = Caller::local_user(*account, aggregator.home.clone(), now);
        if hub_v2::enabled(transaction, &caller.hub_key()).is_err() {
            let message = format!("Security Hub V2 is not enabled for {account} in {}", aggregator.home);
            return if are_hubs_unsure { Ok(()) } else { Err((aggregator.span, message)) };
        }
        let linking = Linking { mode: LinkingModeV2::Specified.as_str(), regions: &aggregator.regions };
        let created = aggregator_v2::create(transaction, world, &caller, &linking, BTreeMap::new());
        created.map(|_| ()).map_err(|error| (aggregator.span, AwsError::from(error).message.into_owned()))
    })
}
