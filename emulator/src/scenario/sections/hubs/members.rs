//! `members` and `members_csv` of a hub: the accounts that its account administers, with their status.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::Deserialize;
use serde::de::value::{MapAccessDeserializer, StrDeserializer};
use serde::de::{self, Deserializer, MapAccess, Visitor};

use super::{Context, Hub};
use crate::domain::accounts::members::csv;
use crate::invariant::Invariant;
use crate::scenario::check::{Check, not_null};
use crate::scenario::files::Span;
use crate::scenario::lost::ITEM;
use crate::scenario::sections::organization;
use crate::scenario::spanned::{Entries, Spanned};
use crate::state::{AccountId, HubKey, MemberStatus, Quotas, Timestamp};
use crate::units::instant;

/// A member: its status, or a map with more details.
#[derive(Clone, Debug)]
pub(super) enum Declared {
    Status(Status),
    Details(Details),
}

/// Status of a member.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[schemars(rename = "MemberStatus")]
#[serde(rename_all = "snake_case")]
pub(super) enum Status {
    /// Enabled: invited and accepted, or a member through the organization.
    Enabled,
    /// Invited, but not accepted yet.
    Invited,
    /// Added, but not invited yet.
    Created,
    /// Disassociated by the administrator.
    Removed,
    /// Left, or declined the invitation.
    Resigned,
    /// Left the organization.
    Deleted,
    /// Added by the delegated administrator while the account was suspended.
    AccountSuspended,
}

/// Details of a member and its invitation.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[schemars(rename = "MemberDetails")]
#[serde(deny_unknown_fields)]
pub(super) struct Details {
    /// Status.
    #[schemars(with = "Status")]
    status: Option<Status>,
    /// E-mail address. Default: that of `members_csv`, or that of the account.
    #[schemars(transform = not_null)]
    email: Option<String>,
    /// Time of the last invitation, such as 2026-01-15T09:00:00Z. Default: `updated_at`. Accounts of the organization of
    /// a delegated administrator are not invited.
    #[schemars(transform = not_null)]
    invited_at: Option<Spanned<String>>,
    /// Time of the last change. Default: `invited_at` if the status is invited, otherwise the initial time of the
    /// clock.
    #[schemars(transform = not_null)]
    updated_at: Option<Spanned<String>>,
    /// If true, the resigned account declined the invitation. An account that left can accept its invitation again.
    /// Default: false.
    #[schemars(transform = not_null)]
    declined: Option<Spanned<bool>>,
}

/// Implemented by hand, because serde's untagged enums lose the locations.
impl<'de> Deserialize<'de> for Declared {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(WrittenVisitor)
    }
}

struct WrittenVisitor;

impl<'de> Visitor<'de> for WrittenVisitor {
    type Value = Declared;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a status or a map with details")
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<Declared, E> {
        Status::deserialize(StrDeserializer::<E>::new(text)).map(Declared::Status)
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Declared, A::Error> {
        Details::deserialize(MapAccessDeserializer::new(map)).map(Declared::Details)
    }
}

impl JsonSchema for Declared {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "Member".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        json_schema!({ "anyOf": [generator.subschema_for::<Status>(), generator.subschema_for::<Details>()] })
    }
}

impl From<Status> for MemberStatus {
    fn from(written: Status) -> Self {
        match written {
            Status::Enabled => MemberStatus::Enabled,
            Status::Invited => MemberStatus::Invited,
            Status::Created => MemberStatus::Created,
            Status::Removed => MemberStatus::Removed,
            Status::Resigned => MemberStatus::Resigned,
            Status::Deleted => MemberStatus::Deleted,
            Status::AccountSuspended => MemberStatus::AccountSuspended,
        }
    }
}

/// A member of a hub.
#[derive(Clone, Debug)]
pub(super) struct Member {
    /// Its status.
    pub(super) status: MemberStatus,
    /// Its e-mail address, if the scenario has one.
    pub(super) email: Option<String>,
    /// Time of the last invitation.
    pub(super) invited_at: Option<Timestamp>,
    /// Time of the last change.
    pub(super) updated_at: Option<Timestamp>,
    /// True if it declined the invitation.
    pub(super) is_declined: bool,
    /// The position of the details that only an invited account has.
    of_invitation: Option<Span>,
    /// The span of its entry.
    pub(super) span: Span,
}

impl Member {
    fn new(status: MemberStatus, email: Option<String>, span: Span) -> Member {
        let (invited_at, updated_at, of_invitation) = (None, None, None);
        Member { status, email, invited_at, updated_at, is_declined: false, of_invitation, span }
    }
}

/// Checks the members of an entry, starting with those of its CSV file.
pub(super) fn check(
    written: Entries<Declared>,
    list: Option<&Spanned<String>>,
    start: Timestamp,
    check: &mut Check,
) -> BTreeMap<AccountId, Member> {
    let mut members = list.map(|list| read_list(list, check)).unwrap_or_default();
    for (account, member) in written.0 {
        let Some(id) = check.account(&account) else {
            check.lose(&["hubs", ITEM, "members"]);
            continue;
        };
        let email = members.get(&id).and_then(|listed| listed.email.clone());
        let member = match member {
            Declared::Status(status) => Some(Member::new(status.into(), email, account.span)),
            Declared::Details(details) => with_details(details, email, (account.span, start), check),
        };
        match member {
            Some(member) => _ = members.insert(id, member),
            None => check.lose(&["hubs", ITEM, "members"]),
        }
    }
    members
}

/// A member with details; `None` if its status is missing.
fn with_details(
    details: Details,
    email: Option<String>,
    (span, start): (Span, Timestamp),
    check: &mut Check,
) -> Option<Member> {
    let mut time = |written: Option<&Spanned<String>>| written.and_then(|written| time(written, start, check));
    let (invited_at, updated_at) = (time(details.invited_at.as_ref()), time(details.updated_at.as_ref()));
    if let (Some(invited), Some(updated), Some(written)) = (invited_at, updated_at, &details.updated_at)
        && updated < invited
    {
        let diagnostic = check.at(written.span, "`updated_at` is before `invited_at`");
        check.push(diagnostic.expected("the time of the invitation, or a later time"));
    }
    let status = MemberStatus::from(details.status?);
    let is_declined = details.declined.as_ref().is_some_and(|declined| declined.value);
    if let Some(declined) = details.declined.as_ref().filter(|_| is_declined && status != MemberStatus::Resigned) {
        let diagnostic = check.at(declined.span, "`declined` is only allowed for a resigned account");
        check.push(diagnostic.expected("`status: resigned`"));
    }
    if let Some(written) = details.invited_at.as_ref().filter(|_| status == MemberStatus::Created) {
        let diagnostic = check.at(written.span, "`invited_at` is not allowed for an account that is `created`");
        check.push(diagnostic.expected("`status: invited`, or no `invited_at`"));
    }
    let of_declined = details.declined.filter(|_| is_declined).map(|declined| declined.span);
    let of_invitation = details.invited_at.map(|written| written.span).or(of_declined);
    let email = details.email.or(email);
    Some(Member { invited_at, updated_at, is_declined, of_invitation, ..Member::new(status, email, span) })
}

/// A time up to the initial time of the clock.
fn time(written: &Spanned<String>, start: Timestamp, check: &mut Check) -> Option<Timestamp> {
    let Ok(time) = instant(&written.value) else {
        let diagnostic = check.at(written.span, format!("`{}` is not a valid time", written.value));
        check.push(diagnostic.expected("a time such as 2026-01-15T09:00:00Z"));
        return None;
    };
    if time > start {
        let diagnostic = check.at(written.span, format!("{time} is after the initial time of the clock"));
        check.push(diagnostic.expected(format!("a time up to {start}")));
    }
    Some(time)
}

/// Checks that only accounts of the organization of a delegated administrator have left it or are suspended, and that
/// they were not invited.
pub(super) fn check_organization(hubs: &BTreeMap<HubKey, Hub>, context: &Context<'_>, check: &mut Check) {
    if check.lost.contains_members() || check.is_lost(&["organization", "delegated_administrator"]) {
        return;
    }
    // The map is keyed by span, so that an entry for several Regions reports an error once.
    let mut errors = BTreeMap::new();
    for (key, hub) in hubs {
        for (account, member) in &hub.members {
            if let Some((span, error)) = of_organization(key.account, *account, member, context) {
                errors.insert(span, error);
            }
        }
    }
    for (span, (message, expected)) in errors {
        check.push(check.at(span, message).expected(expected));
    }
}

fn of_organization(
    administrator: AccountId,
    account: AccountId,
    member: &Member,
    context: &Context<'_>,
) -> Option<Error> {
    let delegate = |organization: &&organization::Valid| organization.delegated_administrator == Some(administrator);
    let organization = context.organization.filter(delegate);
    let is_in_organization = organization.is_some_and(|organization| organization.contains(account));
    match member.status {
        MemberStatus::Deleted | MemberStatus::AccountSuspended if organization.is_none() => {
            let message =
                format!("{administrator} is not the delegated administrator; only its members can have this status");
            Some((member.span, (message, "another status")))
        }
        MemberStatus::Deleted if is_in_organization => {
            let message = format!("{account} is in the organization, but `deleted` means that it has left");
            Some((member.span, (message, "an account outside of the organization, or another status")))
        }
        MemberStatus::AccountSuspended if !is_in_organization => {
            let message = format!("{account} is not in the organization of {administrator}");
            Some((member.span, (message, "an account of the organization, or another status")))
        }
        status => {
            let is_invited = !status.is_without_invitation(is_in_organization);
            let span = member.of_invitation.filter(|_| !is_invited)?;
            let message = format!("{account} is a member through the organization, without an invitation");
            Some((span, (message, "no `invited_at` and no `declined`")))
        }
    }
}

/// Reads the members of a CSV file.
fn read_list(list: &Spanned<String>, check: &mut Check) -> BTreeMap<AccountId, Member> {
    let mut members = BTreeMap::new();
    let before = check.diagnostics.len();
    for path in check.find(list, "members/*.csv") {
        let file = match check.files.read(&path) {
            Ok(file) => file,
            Err(diagnostic) => {
                check.push(*diagnostic);
                continue;
            }
        };
        let text = check
            .files
            .get(file)
            .map(|file| file.text.clone())
            .or_report("a CSV file that was read is still stored")
            .unwrap_or_default();
        match csv::read(&text) {
            Ok(rows) => members.extend(rows.into_iter().map(|row| {
                let span = Span::new(file, row.span.start, row.span.end);
                (row.account, Member::new(MemberStatus::Enabled, row.email, span))
            })),
            Err(errors) => {
                for error in errors {
                    let span = Span::new(file, error.span.start, error.span.end);
                    check.push(check.at(span, error.message).expected(csv::EXPECTED));
                }
            }
        }
    }
    if check.diagnostics.len() > before {
        check.lose(&["hubs", ITEM, "members_csv"]);
    }
    members
}

/// Checks that no administrator exceeds its quotas of members in a Region.
pub(super) fn check_quotas(hubs: &BTreeMap<HubKey, Hub>, context: &Context<'_>, check: &mut Check) {
    let Quotas { members, invited_members, .. } = context.settings.quotas;
    let is_of_organization = |administrator: AccountId, account: AccountId| {
        let delegate =
            |organization: &&organization::Valid| organization.delegated_administrator == Some(administrator);
        context.organization.filter(delegate).is_some_and(|organization| organization.contains(account))
    };
    for (key, hub) in hubs {
        let live = hub.members.iter().filter(|(_, member)| member.status.is_live());
        let invited = live.clone().filter(|(account, _)| !is_of_organization(key.account, **account)).count();
        let (all, Some(span)) = (live.count(), hub.span) else { continue };
        let (count, kind, most, quota) = if all > members {
            (all, "members", members, "members")
        } else if invited > invited_members {
            (invited, "members by invitation", invited_members, "invited_members")
        } else {
            continue;
        };
        let message = format!("{} has {count} {kind} in {}, but at most {most} are allowed", key.account, key.region);
        check.push(check.at(span, message).expected(format!("fewer members, or a higher `{quota}` under `quotas`")));
    }
}

/// Checks that no account administers itself, has two administrators in a Region, or is both administrator and member,
/// and that members have the same control finding generator as their administrator. Returns the members that cannot be.
pub(super) fn check_relations(hubs: &BTreeMap<HubKey, Hub>, check: &mut Check) -> Vec<(HubKey, AccountId)> {
    // The map is keyed by span, so that an entry for several Regions reports an error once.
    let mut errors = BTreeMap::new();
    let mut administrators = BTreeMap::new();
    let mut wrong = Vec::new();
    let knows_generators = !check.is_lost(&["hubs", ITEM, "control_finding_generator"]);
    for (key, hub) in hubs {
        for (account, member) in &hub.members {
            let mut found: Vec<Error> = Vec::new();
            if *account == key.account {
                found.push((member.span, (format!("{account} cannot be its own member"), "another account")));
            } else if member.status == MemberStatus::Enabled {
                let member_key = HubKey { account: *account, region: key.region.clone() };
                if let Some(other) = administrators.insert(member_key.clone(), key.account) {
                    let message = format!("{account} is already an enabled member of {other} in {}", key.region);
                    found.push((member.span, (message, "one administrator per Region")));
                }
                let own = hubs.get(&member_key);
                found.extend(as_member(&member_key, own, member));
                if knows_generators {
                    found.extend(generator_of_member(&member_key, own, hub));
                }
            }
            if !found.is_empty() {
                wrong.push((key.clone(), *account));
            }
            errors.extend(found);
        }
    }
    for (span, (message, expected)) in errors {
        check.push(check.at(span, message).expected(expected));
    }
    wrong
}

/// An error at a span: the message, and what is expected.
type Error = (Span, (String, &'static str));

/// An enabled member must not administer other accounts.
fn as_member(key: &HubKey, own: Option<&Hub>, member: &Member) -> Option<Error> {
    own.filter(|own| own.members.values().any(|member| member.status.is_live()))?;
    let message = format!("{} is an administrator with members in {}", key.account, key.region);
    Some((member.span, (message, "an account that does not administer other accounts")))
}

/// The hub of an enabled member has the control finding generator of its administrator.
fn generator_of_member(key: &HubKey, own: Option<&Hub>, of_administrator: &Hub) -> Option<Error> {
    let generator = of_administrator.control_finding_generator.map(|(generator, _)| generator).unwrap_or_default();
    let (_, span) = own?.control_finding_generator.filter(|(own, _)| *own != generator)?;
    let message = format!("{} is an enabled member and uses the value of its administrator", key.account);
    Some((span, (message, generator.as_str())))
}
