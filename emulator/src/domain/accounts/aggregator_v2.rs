//! The settings of aggregators of the V2 half (AGV-01 … AGV-09).
//!
//! Contains: creating, finding, changing and deleting aggregators. Does not contain: which findings a caller sees.

use std::collections::BTreeMap;

use securityhub_fixtures::regions;

use crate::aws_error::AwsError;
use crate::domain::arn::{self, Arn};
use crate::domain::caller::Caller;
use crate::domain::findings::v2::{replicas, visibility};
use crate::domain::hub_v2_access;
use crate::state::{AccountId, AggregatorV2, Directory, LinkingModeV2, Region, Transaction, World};

/// Reason why an aggregator cannot be created, found or changed. The messages are `inferred`, except those of
/// [`Self::Mode`] and [`Self::NotHome`].
#[derive(Debug, PartialEq, Eq)]
pub enum AggregatorV2Error {
    /// The mode is not supported (AGV-02).
    Mode,
    /// The input has a list of Regions, which the mode does not accept.
    NeedlessRegions(&'static str),
    /// The list of Regions is missing or empty (AGV-03).
    MissingRegions,
    /// The list names a Region twice (AGV-03).
    Repeated(String),
    /// The list names something that is not a Region of the partition (AGV-03).
    UnknownRegion(String),
    /// The list names the home Region (AGV-03, DEC-13).
    ListsHome(Region),
    /// A home Region must be enabled by default (AGV-04).
    OptInHome(Region),
    /// The account has an aggregator already (AGV-04).
    Exists(Region),
    /// The caller is a member of an organization (AGV-09).
    Member(AccountId),
    /// The text is not the ARN of an aggregator (AGV-07).
    NoArn(String),
    /// The caller has no aggregator with this ARN (AGV-07).
    Missing(String),
    /// The call was made outside of the home Region (AGV-06).
    NotHome {
        /// The Region of the call.
        current: Region,
        /// The home Region.
        home: Region,
    },
}

impl From<AggregatorV2Error> for AwsError {
    fn from(error: AggregatorV2Error) -> AwsError {
        AwsError::validation(match error {
            AggregatorV2Error::Mode => "RegionLinkingMode must be set to 'SPECIFIED_REGIONS'".to_owned(),
            AggregatorV2Error::NeedlessRegions(mode) => {
                format!("LinkedRegions cannot be combined with RegionLinkingMode {mode}")
            }
            AggregatorV2Error::MissingRegions => "LinkedRegions must contain at least one Region".to_owned(),
            AggregatorV2Error::Repeated(name) => format!("LinkedRegions contains {name} more than once"),
            AggregatorV2Error::UnknownRegion(name) => format!("LinkedRegions contains the unknown Region {name}"),
            AggregatorV2Error::ListsHome(region) => {
                format!("LinkedRegions cannot contain the aggregation Region {region}")
            }
            AggregatorV2Error::OptInHome(region) => {
                format!("{region} is disabled by default and cannot be the aggregation Region")
            }
            AggregatorV2Error::Exists(home) => {
                return AwsError::conflict(format!("An aggregator already exists in {home}"));
            }
            AggregatorV2Error::Member(account) => {
                return AwsError::access_denied(format!("Member account {account} cannot manage aggregators"));
            }
            AggregatorV2Error::NoArn(text) => format!("{text} is not the ARN of an aggregator"),
            AggregatorV2Error::Missing(arn) => return AwsError::not_found(format!("Aggregator {arn} was not found")),
            AggregatorV2Error::NotHome { current, home } => return hub_v2_access::not_home(&current, &home),
        })
    }
}

/// The ARN of an account's aggregator. It contains the home Region (AGV-05).
pub fn aggregator_arn(owner: AccountId, aggregator: &AggregatorV2) -> String {
    arn::of_account(&aggregator.home, owner, &format!("aggregatorv2/{}", aggregator.id))
}

/// `RegionLinkingMode` and `LinkedRegions` of an input.
#[derive(Debug)]
pub struct Linking<'a> {
    /// The mode.
    pub mode: &'a str,
    /// The list.
    pub regions: &'a [String],
}

impl Linking<'_> {
    /// Checks mode and list (AGV-02, AGV-03).
    fn check(
        &self,
        directory: &Directory,
        home: &Region,
        accepts_all_regions: bool,
    ) -> Result<(LinkingModeV2, Vec<Region>), AggregatorV2Error> {
        let mode = LinkingModeV2::ALL.into_iter().find(|mode| mode.as_str() == self.mode);
        let mode = mode.filter(|mode| *mode == LinkingModeV2::Specified || accepts_all_regions);
        let mode = mode.ok_or(AggregatorV2Error::Mode)?;
        match (mode, self.regions.is_empty()) {
            (LinkingModeV2::All, true) => return Ok((mode, Vec::new())),
            (LinkingModeV2::All, false) => return Err(AggregatorV2Error::NeedlessRegions(mode.as_str())),
            (_, true) => return Err(AggregatorV2Error::MissingRegions),
            (_, false) => {}
        }
        let mut linked: Vec<Region> = Vec::with_capacity(self.regions.len());
        for name in self.regions {
            let region = directory.region(name).ok().filter(|region| region.partition() == home.partition());
            let region = region.ok_or_else(|| AggregatorV2Error::UnknownRegion(name.clone()))?;
            if region == *home {
                return Err(AggregatorV2Error::ListsHome(region));
            }
            if linked.contains(&region) {
                return Err(AggregatorV2Error::Repeated(name.clone()));
            }
            linked.push(region);
        }
        Ok((mode, linked))
    }
}

/// Makes the caller's Region the home Region of its account (AGV-01 … AGV-04).
///
/// # Errors
/// [`AggregatorV2Error`].
pub fn create(
    transaction: &mut Transaction<'_>,
    world: &World,
    caller: &Caller,
    linking: &Linking<'_>,
    tags: BTreeMap<String, String>,
) -> Result<AggregatorV2, AggregatorV2Error> {
    let (directory, home) = (transaction.directory(), caller.region.clone());
    let (mode, linked) = linking.check(directory, &home, world.v2_settings.accepts_all_regions)?;
    if regions::find(home.as_str()).is_some_and(|region| region.opt_in) {
        return Err(AggregatorV2Error::OptInHome(home));
    }
    refuse_member(directory, caller)?;
    if let Some(existing) = directory.aggregators_v2.get(&caller.account()) {
        return Err(AggregatorV2Error::Exists(existing.home.clone()));
    }
    let aggregator = AggregatorV2 { id: world.ids.uuid(), home, mode, linked, tags };
    transaction.edit_directory(|directory| {
        directory.aggregators_v2.insert(caller.account(), aggregator.clone());
    });
    visibility::hide_earlier(transaction, world, caller.account(), |region| aggregator.links(region));
    Ok(aggregator)
}

/// Finds the caller's aggregator by its ARN. The call must be made in the home Region of the aggregator (AGV-06,
/// AGV-07, AGV-09).
///
/// # Errors
/// [`AggregatorV2Error`].
pub fn find<'d>(directory: &'d Directory, caller: &Caller, text: &str) -> Result<&'d AggregatorV2, AggregatorV2Error> {
    let is_arn = |arn: &Arn<'_>| arn.service == "securityhub" && arn.resource.starts_with("aggregatorv2/");
    Arn::parse(text).filter(is_arn).ok_or_else(|| AggregatorV2Error::NoArn(text.to_owned()))?;
    refuse_member(directory, caller)?;
    let own = directory.aggregators_v2.get(&caller.account());
    let found = own.filter(|aggregator| aggregator_arn(caller.account(), aggregator) == text);
    let found = found.ok_or_else(|| AggregatorV2Error::Missing(text.to_owned()))?;
    if found.home != caller.region {
        return Err(AggregatorV2Error::NotHome { current: caller.region.clone(), home: found.home.clone() });
    }
    Ok(found)
}

/// Replaces the linked Regions of an aggregator. Its home Region cannot change, and copies of the findings of Regions that
/// are no longer linked remain there (AGV-08).
///
/// # Errors
/// [`AggregatorV2Error`].
pub fn update(
    transaction: &mut Transaction<'_>,
    world: &World,
    caller: &Caller,
    arn: &str,
    linking: &Linking<'_>,
) -> Result<AggregatorV2, AggregatorV2Error> {
    let directory = transaction.directory();
    let accepts_all_regions = world.v2_settings.accepts_all_regions;
    let (mode, linked) = linking.check(directory, &caller.region, accepts_all_regions)?;
    let before = find(directory, caller, arn)?.clone();
    let aggregator = AggregatorV2 { mode, linked, ..before.clone() };
    transaction.edit_directory(|directory| {
        directory.aggregators_v2.insert(caller.account(), aggregator.clone());
    });
    let is_new = |region: &Region| aggregator.links(region) && !before.links(region);
    visibility::hide_earlier(transaction, world, caller.account(), is_new);
    replicas::leave(transaction, world, caller.account(), &before, |region| aggregator.links(region));
    Ok(aggregator)
}

/// Deletes the aggregator. Copies of the findings of linked Regions remain in the home Region (AGV-08).
///
/// # Errors
/// [`AggregatorV2Error`].
pub fn delete(
    transaction: &mut Transaction<'_>,
    world: &World,
    caller: &Caller,
    arn: &str,
) -> Result<(), AggregatorV2Error> {
    let before = find(transaction.directory(), caller, arn)?.clone();
    transaction.edit_directory(|directory| directory.aggregators_v2.remove(&caller.account()));
    replicas::leave(transaction, world, caller.account(), &before, |_| false);
    Ok(())
}

/// The aggregator that an account lists: its own, unless it is a member (AGV-05, AGV-09).
pub fn listed(directory: &Directory, account: AccountId) -> Option<&AggregatorV2> {
    directory.aggregators_v2.get(&account).filter(|_| directory.administrator_v2(account).is_none())
}

fn refuse_member(directory: &Directory, caller: &Caller) -> Result<(), AggregatorV2Error> {
    match directory.administrator_v2(caller.account()) {
        Some(_) => Err(AggregatorV2Error::Member(caller.account())),
        None => Ok(()),
    }
}
