//! `members` and `members_csv` of a hub: the accounts that its account administers, with their status.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Deserialize;

use super::{Context, Hub};
use crate::domain::accounts::members::csv;
use crate::invariant::Invariant;
use crate::scenario::check::Check;
use crate::scenario::files::Span;
use crate::scenario::lost::ITEM;
use crate::scenario::sections::organization;
use crate::scenario::spanned::{Entries, Spanned};
use crate::state::{AccountId, HubKey, MemberStatus, Quotas};

/// Status of a member.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema)]
#[schemars(rename = "MemberStatus")]
#[serde(rename_all = "snake_case")]
pub(super) enum Declared {
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
}

impl From<Declared> for MemberStatus {
    fn from(written: Declared) -> Self {
        match written {
            Declared::Enabled => MemberStatus::Enabled,
            Declared::Invited => MemberStatus::Invited,
            Declared::Created => MemberStatus::Created,
            Declared::Removed => MemberStatus::Removed,
            Declared::Resigned => MemberStatus::Resigned,
        }
    }
}

/// A member of a hub.
#[derive(Clone, Debug)]
pub(super) struct Member {
    /// Its status.
    pub(super) status: MemberStatus,
    /// Its e-mail address, if the CSV file has one.
    pub(super) email: Option<String>,
    /// The span of its entry.
    pub(super) span: Span,
}

/// Checks the members of an entry, starting with those of its CSV file.
pub(super) fn check(
    written: Entries<Declared>,
    list: Option<&Spanned<String>>,
    check: &mut Check,
) -> BTreeMap<AccountId, Member> {
    let mut members = list.map(|list| read_list(list, check)).unwrap_or_default();
    for (account, status) in written.0 {
        let Some(id) = check.account(&account) else {
            check.lose(&["hubs", ITEM, "members"]);
            continue;
        };
        let email = members.get(&id).and_then(|listed| listed.email.clone());
        members.insert(id, Member { status: status.into(), email, span: account.span });
    }
    members
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
                (row.account, Member { status: MemberStatus::Enabled, email: row.email, span })
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
    let Quotas { members, invited_members, .. } = context.quotas;
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
    // Keyed by span, since an entry for several Regions reports an error once.
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
    let message = format!("{} has members of its own in {}", key.account, key.region);
    Some((member.span, (message, "an account that does not administer other accounts")))
}

/// The hub of an enabled member has the control finding generator of its administrator.
fn generator_of_member(key: &HubKey, own: Option<&Hub>, of_administrator: &Hub) -> Option<Error> {
    let generator = of_administrator.control_finding_generator.map(|(generator, _)| generator).unwrap_or_default();
    let (_, span) = own?.control_finding_generator.filter(|(own, _)| *own != generator)?;
    let message = format!("{} is an enabled member and uses the value of its administrator", key.account);
    Some((span, (message, generator.as_str())))
}
