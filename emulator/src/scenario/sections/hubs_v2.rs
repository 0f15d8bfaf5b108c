//! `hubs_v2`: enabled hubs of the V2 half.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Deserialize;

use super::all_or::AllOr;
use super::hubs;
use super::refused::{Refused, apply_each};
use super::regions::RegionText;
use crate::aws_error::AwsError;
use crate::domain::accounts::hub_v2::{self, HubV2Error};
use crate::scenario::check::{AccountText, Check};
use crate::scenario::files::Span;
use crate::scenario::lost::{ITEM, Lost};
use crate::scenario::spanned::{Entries, Spanned};
use crate::state::{HubKey, Region, Timestamp, Transaction, World};
use crate::suggest;

/// Enabled V2 hubs of an account. They are independent of the entries under `hubs`.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[schemars(rename = "HubV2")]
#[serde(deny_unknown_fields)]
pub(in crate::scenario) struct Declared {
    /// Account of the hubs.
    #[schemars(with = "AccountText")]
    account: Option<AccountText>,
    /// Regions of the hubs: all Regions of the scenario, or a list.
    #[schemars(with = "AllOr<RegionText>")]
    regions: Option<AllOr<RegionText>>,
    /// Enabled features, such as NETWORK_SCANNING.
    #[serde(default)]
    features: Vec<Spanned<String>>,
    /// Tags of the hubs.
    #[serde(default)]
    tags: Entries<String>,
}

/// An enabled V2 hub.
#[derive(Clone, Debug)]
pub(in crate::scenario) struct Hub {
    span: Span,
    features: Vec<&'static str>,
    tags: BTreeMap<String, String>,
}

/// Hubs by account and Region.
pub(in crate::scenario) type Valid = BTreeMap<HubKey, Hub>;

/// Checks all entries. An entry of a later file replaces an earlier one; two entries for one hub in a file are an error.
pub(super) fn check(written: Vec<Spanned<Declared>>, regions: &[Region], check: &mut Check) -> Valid {
    let mut hubs = Valid::new();
    for Spanned { value: entry, span: item } in written {
        let account = entry.account.as_ref().and_then(|account| check.account(&account.0));
        let (found, are_all_known) = hubs::regions_of(entry.regions.as_ref(), regions, check);
        let span = entry.account.map_or(item, |account| account.0.span);
        let hub = Hub { span, features: features(&entry.features, check), tags: hubs::tags(entry.tags, check) };
        let Some(account) = account else {
            check.lose(&["hubs_v2", ITEM, "account"]);
            continue;
        };
        if !are_all_known {
            check.lose(&["hubs_v2", ITEM, "regions"]);
        }
        for region in found {
            let key = HubKey { account, region };
            if let Some(earlier) = hubs.get(&key).map(|earlier| earlier.span).filter(|it| it.file == span.file) {
                let line = check.line(earlier, span);
                let message = format!("{account} already has a V2 hub in {} ({line})", key.region);
                check.push(check.at(span, message).expected("at most one entry for each account and Region"));
            }
            hubs.insert(key, hub.clone());
        }
    }
    hubs
}

fn features(written: &[Spanned<String>], check: &mut Check) -> Vec<&'static str> {
    let mut features = Vec::new();
    for name in written {
        if let Some(known) = hub_v2::FEATURES.into_iter().find(|known| *known == name.value) {
            features.push(known);
            continue;
        }
        let diagnostic = check.at(name.span, format!("`{}` is not a feature of Security Hub V2", name.value));
        let expected = suggest::choices(hub_v2::FEATURES);
        check.push(diagnostic.expected(expected).suggest(suggest::nearest(&name.value, hub_v2::FEATURES)));
    }
    features
}

/// Returns whether accounts may have more hubs than these and those of policies of the organization, because some part
/// of the scenario could not be read.
pub(super) fn are_any_unsure(lost: &Lost) -> bool {
    ["hubs_v2", "organization", "accounts", "regions"].iter().any(|section| lost.contains(&[section]))
}

/// Enables the hubs.
pub(super) fn apply(valid: &Valid, world: &World, now: Timestamp) -> Vec<Refused> {
    apply_each(valid, world, |transaction, (key, hub)| {
        let enabled = enable(transaction, world, key, hub, now);
        enabled.map_err(|error| (hub.span, AwsError::from(error).message.into_owned()))
    })
}

fn enable(
    transaction: &mut Transaction<'_>,
    world: &World,
    key: &HubKey,
    hub: &Hub,
    now: Timestamp,
) -> Result<(), HubV2Error> {
    hub_v2::enable(transaction, &world.ids, key, now, hub.tags.clone())?;
    for feature in &hub.features {
        hub_v2::set_feature(transaction, key, now, feature, true)?;
    }
    Ok(())
}
