//! `Members`: the members of an account, how each of both sides sees the relation, and actions on several of them
//! (DSH-85).

use std::collections::{BTreeMap, HashMap};

use askama::Template;
use securityhub_fixtures::Operation;
use serde_json::{Map, Value, json};

use super::shared::{BATCH, LARGE_BATCH, SHOWN_CALLS, accept_call, ids, unprocessed};
use crate::dashboard::answer::{list, text};
use crate::dashboard::call::Call;
use crate::dashboard::chips::Chip;
use crate::dashboard::failures::{self, Failure};
use crate::dashboard::forms::Form;
use crate::dashboard::messages::Message;
use crate::dashboard::page::{Context, Count, Done, PageError, Section};
use crate::dashboard::paging::{self, Paging};
use crate::dashboard::text::{ABSENT, Shortened, Time, number};
use crate::dashboard::view::{self, Query, View};
use crate::state::{AccountId, MemberStatus};

/// The name of the status in the query.
const STATUS: &str = "status";
/// Number of rows of a page.
const ROWS: usize = 50;
/// Maximum number of characters of an e-mail address that are shown.
const EMAIL: usize = 100;

#[derive(Template)]
#[template(path = "pages/accounts/members.html")]
struct Members<'m> {
    token: &'m str,
    address: String,
    filters: Vec<Filter>,
    rows: Vec<Row>,
    summary: String,
    all: Option<String>,
    pages: String,
    preview: String,
    status: Option<MemberStatus>,
}

/// A link to the members with a status.
struct Filter {
    name: &'static str,
    number: String,
    address: String,
    is_current: bool,
}

struct Row {
    account: String,
    is_selected: bool,
    view: String,
    name: String,
    email: Shortened,
    status: String,
    other_side: String,
    hub: &'static str,
    findings: Option<Count>,
    since: Option<Time>,
}

/// The accounts that an account has added, with their status, and the status that the query selects.
struct Listed {
    accounts: Vec<AccountId>,
    numbers: BTreeMap<MemberStatus, usize>,
    status: Option<MemberStatus>,
}

impl Listed {
    /// # Errors
    /// The refusal of ListMembers. If the status is unknown, all members are listed, and there is a sentence about it.
    fn of(context: &Context<'_>) -> Result<(Listed, Option<String>), PageError> {
        let wanted = context.view.query.first(STATUS).filter(|status| !status.is_empty());
        let status = wanted.map(|wanted| {
            let statuses = MemberStatus::ALL.into_iter();
            statuses.clone().find(|status| status.as_str() == wanted).ok_or_else(|| {
                let known: Vec<&str> = statuses.map(MemberStatus::as_str).collect();
                format!("`{wanted}` is not a status of members (expected {}).", known.join(", "))
            })
        });
        let (status, problem) = match status.transpose() {
            Ok(status) => (status, None),
            Err(sentence) => (None, Some(sentence)),
        };
        let mut listed = Listed { accounts: Vec::new(), numbers: BTreeMap::new(), status };
        // ListMembers decides whether the account may see members at all; it returns at most 100 of them.
        let first = context.read(Operation::ListMembers, &json!({ "OnlyAssociated": false, "MaxResults": 1 }))?;
        if list(&first, "Members").iter().next().is_none() {
            return Ok((listed, problem));
        }
        let relations = context.world.relations();
        let members = relations.directory().members.get(&(context.view.account, context.view.region.clone()));
        for (account, member) in members.into_iter().flatten() {
            *listed.numbers.entry(member.status).or_default() += 1;
            if status.is_none_or(|status| status == member.status) {
                listed.accounts.push(*account);
            }
        }
        Ok((listed, problem))
    }
}

/// The number of accounts that are invited.
pub(super) fn invited(context: &Context<'_>) -> usize {
    let relations = context.world.relations();
    let members = relations.directory().members.get(&(context.view.account, context.view.region.clone()));
    members.into_iter().flatten().filter(|(_, member)| member.status == MemberStatus::Invited).count()
}

/// The section.
pub(super) fn section(context: &Context<'_>) -> Result<Section, PageError> {
    let (listed, alert) = Listed::of(context)?;
    let total = listed.accounts.len();
    let paging = Paging::of(context, total, ROWS, ["member", "members"])?;
    let shown = listed.accounts.get(paging.range.clone()).unwrap_or_default();
    let all = json!({ "OnlyAssociated": false });
    let mut calls = vec![Call::api(Operation::ListMembers, all).of("Members")];
    let rows = if shown.is_empty() { Vec::new() } else { rows(context, shown)? };
    if !shown.is_empty() {
        calls.push(Call::api(Operation::GetMembers, ids(shown)).of("The members on this page"));
    }
    let members = Members {
        token: &context.token,
        address: context.here(),
        filters: filters(context, &listed),
        summary: paging.shown.clone(),
        all: (total > 1).then(|| number(total as u64)),
        pages: paging.html(),
        preview: preview(context, shown),
        status: listed.status,
        rows,
    };
    Ok(Section { alert, ..Section::new(&members, calls) })
}

fn filters(context: &Context<'_>, listed: &Listed) -> Vec<Filter> {
    let query = context.view.query.clone().without(paging::NAME).without(STATUS);
    let filter = |name: &'static str, count: usize, query: Query, is_current: bool| Filter {
        name,
        number: number(count as u64),
        address: context.link(&context.view.page, query),
        is_current,
    };
    let all = filter("All", listed.numbers.values().sum(), query.clone(), listed.status.is_none());
    let of_status = listed.numbers.iter().map(|(status, count)| {
        filter(status.as_str(), *count, query.clone().and(STATUS, status.as_str()), listed.status == Some(*status))
    });
    [all].into_iter().chain(of_status).collect()
}

/// The rows of accounts, as GetMembers and the calls of the members describe them.
fn rows(context: &Context<'_>, shown: &[AccountId]) -> Result<Vec<Row>, PageError> {
    let described = context.read(Operation::GetMembers, &ids(shown))?;
    // An account that may not read findings has no numbers.
    let findings = context.count(|counter| counter.by(&Map::new(), "AwsAccountId")).ok();
    let relations = context.world.relations();
    let region = &context.view.region;
    let row = |member: &Value| {
        let account = AccountId::parse(text(member, "AccountId"))?;
        let view = context.view.seen_as(account, region.clone());
        let is_on = relations.is_on(&view.hub_key());
        let email = text(member, "Email");
        let selected = context.typed.is_some_and(|form| form.fields.all("account").any(|id| id == account.as_str()));
        Some(Row {
            account: account.to_string(),
            is_selected: selected,
            view: view.to(&context.view.page, Query::default()).address(),
            name: context.name(account).unwrap_or_else(|| ABSENT.to_owned()),
            email: Shortened::of(if email.is_empty() { ABSENT } else { email }, EMAIL),
            status: text(member, "MemberStatus").to_owned(),
            other_side: if is_on { other_side(context, &view) } else { ABSENT.to_owned() },
            hub: if is_on { "on" } else { "off" },
            findings: findings.as_ref().map(|findings| of_account(context, findings, account)),
            since: Time::parse(text(member, "UpdatedAt")),
        })
    };
    Ok(list(&described, "Members").iter().filter_map(row).collect())
}

fn of_account(context: &Context<'_>, findings: &HashMap<String, u64>, account: AccountId) -> Count {
    let count = findings.get(account.as_str()).copied().unwrap_or_default();
    context.counted(count, &[Chip::equals("AwsAccountId", account.as_str())])
}

/// The relation as the calls of the member describe it: its status, or the number of another administrator.
fn other_side(context: &Context<'_>, member: &View) -> String {
    let own = context.view.account;
    let answer = context.read_as(member, Operation::GetAdministratorAccount, &json!({})).unwrap_or_default();
    let administrator = &answer["Administrator"];
    match text(administrator, "AccountId") {
        "" => {}
        account if account == own.as_str() => return text(administrator, "MemberStatus").to_owned(),
        other => return other.to_owned(),
    }
    let invitations = context.read_as(member, Operation::ListInvitations, &json!({})).unwrap_or_default();
    let mut of_own = list(&invitations, "Invitations").iter().filter(|sent| text(sent, "AccountId") == own.as_str());
    of_own.next().map_or_else(|| ABSENT.to_owned(), |sent| text(sent, "MemberStatus").to_owned())
}

/// The calls of the buttons, with the first account of the page as an example.
fn preview(context: &Context<'_>, shown: &[AccountId]) -> String {
    let Some(first) = shown.get(..1) else { return String::new() };
    let call = |(operation, button): (Operation, &str)| Call::api(operation, ids(first)).of(button);
    let operations = [
        (Operation::InviteMembers, "Invite"),
        (Operation::DisassociateMembers, "Disassociate"),
        (Operation::DeleteMembers, "Delete"),
    ];
    let mut calls: Vec<Call> = operations.map(call).into();
    calls.push(accept_call(context.view, Some(first)).of("Accept in their place"));
    context.shown(&calls)
}

/// Invites, disassociates or deletes the selected members, or accepts on their behalf.
pub(super) fn act(context: &Context<'_>, form: &Form) -> Result<Done, PageError> {
    let accounts = selected(context, form)?;
    let (verb, operation) = match form.field("action") {
        "invite" => ("invited", Some(Operation::InviteMembers)),
        "disassociate" => ("disassociated", Some(Operation::DisassociateMembers)),
        "delete" => ("deleted", Some(Operation::DeleteMembers)),
        _ => ("accepted", None),
    };
    let (mut refused, mut calls) = (Vec::new(), Vec::new());
    let size = if operation.is_some() { BATCH } else { LARGE_BATCH };
    for batch in accounts.chunks(size) {
        let call = match operation {
            Some(operation) => Call::api(operation, ids(batch)),
            None => accept_call(context.view, Some(batch)),
        };
        refused.extend(unprocessed(&context.send(&call)?));
        calls.push(call);
    }
    calls.truncate(SHOWN_CALLS);
    let done = accounts.len().saturating_sub(refused.len());
    let done = message(context, &format!("{} {verb}", number(done as u64)), &refused, calls);
    // The page that was shown may not exist any more.
    let next = context.view.to(&context.view.page, context.view.query.clone().without(paging::NAME));
    Ok(Done { next: Some(next), ..done })
}

/// The message about an action on accounts in the Region of the view.
pub(super) fn message(context: &Context<'_>, done: &str, refused: &[(String, String)], calls: Vec<Call>) -> Done {
    let region = context.view.region.as_str();
    let failure = |(account, reason): &(String, String)| Failure::new([account, region, reason]);
    let failures: Vec<Failure<3>> = refused.iter().map(failure).collect();
    let details = failures::table("Not processed", ["Account", "Region", "Reason"], &failures);
    let text = format!("{done}, {} refused", number(refused.len() as u64));
    Message { details, ..Message::new(text, calls) }.into()
}

/// The selected accounts.
fn selected(context: &Context<'_>, form: &Form) -> Result<Vec<AccountId>, PageError> {
    if form.field("all") == "yes" {
        return match Listed::of(context)? {
            (listed, None) => Ok(listed.accounts),
            (_, Some(sentence)) => Err(PageError::Invalid(sentence)),
        };
    }
    let accounts = form.fields.all("account").map(view::account).collect::<Result<Vec<_>, _>>();
    let accounts = accounts.map_err(PageError::Invalid)?;
    if accounts.is_empty() {
        return Err(PageError::Invalid("Select at least one account.".to_owned()));
    }
    Ok(accounts)
}
