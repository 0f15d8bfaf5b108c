//! Cross-Region aggregation: the finding aggregator of an account, and its effect on findings.
//!
//! Contains: the settings ([`create`], [`update`], [`delete`], and the accounts that see them), and [`replicas`], the
//! effect on findings when Regions are linked and unlinked. Does not contain: which findings a caller sees;
//! `visibility` decides that at read time. Nothing is copied while a Region is linked: a finding is stored once and
//! seen in two Regions (VIS-04).

use securityhub_fixtures::regions;

use crate::aws_error::AwsError;
use crate::domain::arn::{self, Arn};
use crate::domain::caller::Caller;
use crate::domain::hub_access;
use crate::shape::{Rule, Segment, Violation, sentence};
use crate::state::{AccountId, Aggregator, Directory, Linking, Region, Transaction, World};

pub mod replicas;

#[cfg(test)]
mod tests;

/// Reason why an aggregator cannot be created, found or changed. The sentences are `inferred`, except that of
/// [`Self::Member`].
#[derive(Debug, PartialEq, Eq)]
pub enum AggregationError {
    /// The mode is not one of the four (AGG-02).
    UnknownMode,
    /// The mode takes no list of Regions (AGG-03).
    NeedlessRegions(&'static str),
    /// The mode needs a list of Regions (AGG-03).
    MissingRegions(&'static str),
    /// The list names the home Region (AGG-03).
    ListsHome(Region),
    /// The list names something that is not a Region of the partition (AGG-03).
    UnknownRegion(String),
    /// A home Region must be enabled by default (AGG-04).
    OptInHome(Region),
    /// The account has an aggregator already (AGG-05).
    Exists,
    /// The caller is a member, so the aggregator cannot be `created`, `updated` or `deleted` by it (AGG-06).
    Member(&'static str),
    /// The text is not the ARN of an aggregator (AGG-07).
    NoArn(String),
    /// The caller sees no aggregator with this ARN (AGG-07).
    Missing(String),
    /// An aggregator can be changed in its home Region only (AGG-09, AGG-10).
    NotHome(Region),
}

impl From<AggregationError> for AwsError {
    fn from(error: AggregationError) -> AwsError {
        AwsError::invalid_input(match error {
            AggregationError::UnknownMode => {
                let path = vec![Segment::Member(0, "RegionLinkingMode")];
                sentence::classic(&[Violation { path, rule: Rule::Enum(&[]) }])
            }
            AggregationError::NeedlessRegions(mode) => {
                format!("Regions cannot be combined with RegionLinkingMode {mode}")
            }
            AggregationError::MissingRegions(mode) => format!("Regions is required with RegionLinkingMode {mode}"),
            AggregationError::ListsHome(region) => format!("Regions cannot contain the aggregation Region {region}"),
            AggregationError::UnknownRegion(name) => format!("Regions contains the unknown Region {name}"),
            AggregationError::OptInHome(region) => {
                format!("{region} is disabled by default and cannot be the aggregation Region")
            }
            AggregationError::Exists => "A finding aggregator already exists for this account.".to_owned(),
            AggregationError::Member(done) => {
                let message = format!("A finding aggregator cannot be {done} by a member account.");
                return AwsError::invalid_input(message).with_status(401);
            }
            AggregationError::NoArn(text) => format!("{text} is not the ARN of a finding aggregator"),
            AggregationError::Missing(arn) => {
                return AwsError::not_found(format!("Finding aggregator {arn} was not found"));
            }
            AggregationError::NotHome(home) => format!("The finding aggregator can only be changed in {home}"),
        })
    }
}

/// The ARN of an account's aggregator, which contains the home Region (ARN-03).
pub fn aggregator_arn(owner: AccountId, aggregator: &Aggregator) -> String {
    arn::of_account(&aggregator.home, owner, &format!("finding-aggregator/{}", aggregator.id))
}

/// `RegionLinkingMode` of a linking, and its list of Regions, if the mode has one (AGG-02, AGG-11).
pub fn mode(linking: &Linking) -> (&'static str, Option<&[Region]>) {
    match linking {
        Linking::All => ("ALL_REGIONS", None),
        Linking::AllExcept(regions) => ("ALL_REGIONS_EXCEPT_SPECIFIED", Some(regions)),
        Linking::Only(regions) => ("SPECIFIED_REGIONS", Some(regions)),
        Linking::None => ("NO_REGIONS", None),
    }
}

/// Reads a linking to a home Region. A Region that is listed twice counts once, and an empty list means no list; both
/// are `inferred`.
///
/// # Errors
/// An [`AggregationError`] about the mode or the list (AGG-02, AGG-03).
pub fn linking(
    directory: &Directory,
    home: &Region,
    mode: &str,
    names: &[String],
) -> Result<Linking, AggregationError> {
    let with_regions = |mode| with_regions(directory, mode, home, names);
    match mode {
        "ALL_REGIONS" => without_regions("ALL_REGIONS", names, Linking::All),
        "ALL_REGIONS_EXCEPT_SPECIFIED" => with_regions("ALL_REGIONS_EXCEPT_SPECIFIED").map(Linking::AllExcept),
        "SPECIFIED_REGIONS" => with_regions("SPECIFIED_REGIONS").map(Linking::Only),
        "NO_REGIONS" => without_regions("NO_REGIONS", names, Linking::None),
        _ => Err(AggregationError::UnknownMode),
    }
}

/// The linking of a mode that takes no list of Regions.
fn without_regions(mode: &'static str, names: &[String], linking: Linking) -> Result<Linking, AggregationError> {
    if names.is_empty() { Ok(linking) } else { Err(AggregationError::NeedlessRegions(mode)) }
}

/// The list of Regions of a mode that needs one.
fn with_regions(
    directory: &Directory,
    mode: &'static str,
    home: &Region,
    names: &[String],
) -> Result<Vec<Region>, AggregationError> {
    if names.is_empty() {
        return Err(AggregationError::MissingRegions(mode));
    }
    let mut regions = Vec::with_capacity(names.len());
    for name in names {
        let region = directory.region(name).ok().filter(|region| region.partition() == home.partition());
        let region = region.ok_or_else(|| AggregationError::UnknownRegion(name.clone()))?;
        if region == *home {
            return Err(AggregationError::ListsHome(region));
        }
        if !regions.contains(&region) {
            regions.push(region);
        }
    }
    Ok(regions)
}

/// The aggregator that an account sees from a Region, with its owner: the account's own, or that of its administrator.
/// If the account has different administrators in several Regions, the one of this Region comes first (`inferred`,
/// AGG-08).
pub fn visible<'d>(
    directory: &'d Directory,
    account: AccountId,
    region: &Region,
) -> Option<(AccountId, &'d Aggregator)> {
    let aggregator = |owner: AccountId| Some((owner, directory.aggregators.get(&owner)?));
    let here = || directory.administrator(account, region).and_then(aggregator);
    let anywhere = || directory.administrators(account).find_map(aggregator);
    aggregator(account).or_else(here).or_else(anywhere)
}

/// The aggregator with this ARN, if the caller sees it, with its owner (AGG-07).
///
/// # Errors
/// [`AggregationError::NoArn`], [`AggregationError::Missing`].
pub fn find<'d>(
    directory: &'d Directory,
    caller: &Caller,
    arn: &str,
) -> Result<(AccountId, &'d Aggregator), AggregationError> {
    let is_arn = |arn: &Arn<'_>| arn.service == "securityhub" && arn.resource.starts_with("finding-aggregator/");
    Arn::parse(arn).filter(is_arn).ok_or_else(|| AggregationError::NoArn(arn.to_owned()))?;
    visible(directory, caller.account(), &caller.region)
        .filter(|(owner, aggregator)| aggregator_arn(*owner, aggregator) == arn)
        .ok_or_else(|| AggregationError::Missing(arn.to_owned()))
}

/// Makes the caller's Region the home Region of its account (AGG-01, AGG-03 … AGG-06).
///
/// # Errors
/// [`AggregationError`], or 401 when the hub is disabled.
pub fn create(
    transaction: &mut Transaction<'_>,
    world: &World,
    caller: &Caller,
    mode: &str,
    regions: &[String],
) -> Result<Aggregator, AwsError> {
    let home = caller.region.clone();
    let linking = linking(transaction.directory(), &home, mode, regions)?;
    hub_access::enabled(transaction, &caller.hub_key()).map_err(|_| hub_access::not_subscribed(caller))?;
    if regions::find(home.as_str()).is_some_and(|region| region.opt_in) {
        return Err(AggregationError::OptInHome(home).into());
    }
    transaction.edit_directory(|directory| {
        if directory.is_member(caller.account()) {
            return Err(AggregationError::Member("created").into());
        }
        if directory.aggregators.contains_key(&caller.account()) {
            return Err(AggregationError::Exists.into());
        }
        let aggregator = Aggregator { id: world.ids.uuid(), home, linking };
        directory.aggregators.insert(caller.account(), aggregator.clone());
        Ok(aggregator)
    })
}

/// Replaces the linked Regions; the home Region stays (AGG-09).
///
/// # Errors
/// [`AggregationError`].
pub fn update(
    transaction: &mut Transaction<'_>,
    caller: &Caller,
    arn: &str,
    mode: &str,
    regions: &[String],
) -> Result<Aggregator, AggregationError> {
    let linking = linking(transaction.directory(), &caller.region, mode, regions)?;
    transaction.edit_directory(|directory| {
        let owner = own_aggregator(directory, caller, arn, "updated")?;
        let aggregator = directory.aggregators.get_mut(&owner);
        let aggregator = aggregator.ok_or_else(|| AggregationError::Missing(arn.to_owned()))?;
        aggregator.linking = linking;
        Ok(aggregator.clone())
    })
}

/// Deletes the aggregator, which ends aggregation (AGG-10).
///
/// # Errors
/// [`AggregationError`].
pub fn delete(transaction: &mut Transaction<'_>, caller: &Caller, arn: &str) -> Result<(), AggregationError> {
    transaction.edit_directory(|directory| {
        let owner = own_aggregator(directory, caller, arn, "deleted")?;
        directory.aggregators.remove(&owner);
        Ok(())
    })
}

/// The owner of an aggregator that the caller may change from its Region.
fn own_aggregator(
    directory: &Directory,
    caller: &Caller,
    arn: &str,
    done: &'static str,
) -> Result<AccountId, AggregationError> {
    if directory.is_member(caller.account()) {
        return Err(AggregationError::Member(done));
    }
    let (owner, aggregator) = find(directory, caller, arn)?;
    if aggregator.home != caller.region {
        return Err(AggregationError::NotHome(aggregator.home.clone()));
    }
    Ok(owner)
}
