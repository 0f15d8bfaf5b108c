//! `Invite accounts`: adds a list of accounts, invites them, and accepts on their behalf, all with one button (DSH-86).

use std::collections::{BTreeSet, HashMap, HashSet};

use askama::Template;
use http::Method;
use securityhub_fixtures::Operation;
use serde_json::{Value, json};

use super::shared::{BATCH, LARGE_BATCH, SHOWN_CALLS, accept_call, ids, unprocessed};
use crate::dashboard::answer::{list, text};
use crate::dashboard::call::Call;
use crate::dashboard::failures::{self, Failure};
use crate::dashboard::forms::Form;
use crate::dashboard::messages::Message;
use crate::dashboard::page::{Context, Done, PageError, Section};
use crate::dashboard::text::{counted, cut, number};
use crate::dashboard::view::View;
use crate::domain::accounts::members::csv::{self, Row};
use crate::state::{AccountId, MemberStatus, Region};

/// The value of the checkbox `All Regions`.
const ALL: &str = "all";
/// Maximum length of a message.
const MESSAGE: usize = 1_000;
/// Maximum size of a file that is shown again, in bytes.
const FILE: usize = 100_000;
/// Maximum number of characters of an error in the list.
const ERROR: usize = 500;

#[derive(Template)]
#[template(path = "pages/accounts/invite.html")]
struct Invite<'i> {
    token: &'i str,
    address: String,
    accounts: String,
    message: &'i str,
    regions: Vec<RegionBox>,
    all_regions: bool,
    preview: String,
}

/// A Region that can be chosen.
struct RegionBox {
    region: String,
    is_checked: bool,
}

/// The steps of an action.
#[derive(Clone, Copy)]
struct Steps<'s> {
    invites: bool,
    accepts: bool,
    /// The text of the invitations; empty for none.
    message: &'s str,
}

/// The results of an action so far.
#[derive(Default)]
struct Progress {
    added: usize,
    invited: usize,
    accepted: usize,
    /// Accounts for which nothing was left to do.
    unchanged: usize,
    /// The accounts that a call has changed in the current Region.
    changed: HashSet<AccountId>,
    /// The account, the Region and the reason of each refusal.
    refused: Vec<Failure<3>>,
    /// The first calls.
    calls: Vec<Call>,
}

/// The section.
pub(super) fn section(context: &Context<'_>) -> Section {
    let own = &context.view.region;
    let is_typed = |region: &str| match context.typed.filter(|form| is_of_this_form(form)) {
        Some(form) => form.fields.all("region").any(|typed| typed == region),
        None => region == own.as_str(),
    };
    let choice = |region: &Region| RegionBox { region: region.to_string(), is_checked: is_typed(region.as_str()) };
    let relations = context.world.relations();
    let invite = Invite {
        token: &context.token,
        address: context.here(),
        accounts: context.typed.map(typed_list).unwrap_or_default(),
        message: context.typed("message"),
        regions: relations.regions_of(context.view.account).map(choice).collect(),
        all_regions: is_typed(ALL),
        preview: preview(context),
    };
    Section::new(&invite, Vec::new())
}

/// The list that was typed, or that of a file, so that it can be corrected.
fn typed_list(form: &Form) -> String {
    let typed = form.field("accounts");
    let file = form.file("csv").ok().flatten();
    file.filter(|file| typed.trim().is_empty() && file.len() <= FILE).unwrap_or(typed).to_owned()
}

fn is_of_this_form(form: &Form) -> bool {
    form.fields.first("accounts").is_some()
}

/// The calls of the buttons: for the accounts that were typed, or for one as an example.
fn preview(context: &Context<'_>) -> String {
    let typed = csv::read(context.typed("accounts")).unwrap_or_default();
    let example = "444444444444,security@example.com";
    let rows = if typed.is_empty() { csv::read(example).unwrap_or_default() } else { typed };
    let shown = rows.get(..rows.len().min(BATCH)).unwrap_or_default();
    let accounts: Vec<AccountId> = shown.iter().map(|row| row.account).collect();
    let message = Some(context.typed("message")).filter(|typed| !typed.is_empty()).unwrap_or("Please accept.");
    context.shown(&[
        Call::api(Operation::CreateMembers, creation(shown)).of("Add"),
        Call::api(Operation::InviteMembers, ids(&accounts)).of("Invite"),
        message_call(context.view, &accounts, message).of("Send a message (AWS has no operation for this)"),
        accept_call(context.view, Some(&accounts)).of("Accept on behalf of the accounts and enable their hubs"),
    ])
}

fn creation(rows: &[Row]) -> Value {
    let details = |row: &Row| match &row.email {
        Some(email) => json!({ "AccountId": row.account.as_str(), "Email": email }),
        None => json!({ "AccountId": row.account.as_str() }),
    };
    json!({ "AccountDetails": rows.iter().map(details).collect::<Vec<_>>() })
}

/// Adds the accounts of a list in each chosen Region, and invites them or accepts on their behalf.
pub(super) fn act(context: &Context<'_>, form: &Form) -> Result<Done, PageError> {
    let action = form.field("action");
    let message = form.field("message").trim();
    if message.chars().count() > MESSAGE {
        return Err(PageError::Invalid(format!("The message is too long (at most {MESSAGE} characters).")));
    }
    let steps = Steps { invites: action != "add", accepts: action == "add-invite-and-accept", message };
    let rows = rows(form)?;
    let regions = regions(context, form)?;
    let mut progress = Progress::default();
    for region in &regions {
        let view = context.view.seen_as(context.view.account, region.clone());
        if let Err(page_error) = in_region(context, &view, &rows, steps, &mut progress) {
            progress.refuse_all(&view, &rows, page_error)?;
        }
    }
    let Progress { added, invited, accepted, unchanged, refused, calls, .. } = progress;
    let [added, invited, accepted] = [added, invited, accepted].map(|count| number(count as u64));
    let mut text =
        format!("{added} added, {invited} invited, {accepted} accepted, {} refused", number(refused.len() as u64));
    if unchanged > 0 {
        text = format!("{text}, {} unchanged", number(unchanged as u64));
    }
    if regions.len() > 1 {
        text = format!("{text}, in {}", counted(regions.len() as u64, "Region", "Regions"));
    }
    let details = failures::table("Not processed", ["Account", "Region", "Reason"], &refused);
    Ok(Message { details, ..Message::new(text, calls) }.into())
}

/// The accounts of the list, which is typed or a file.
fn rows(form: &Form) -> Result<Vec<Row>, PageError> {
    let (typed, file) = (form.field("accounts"), form.file("csv").map_err(PageError::Invalid)?);
    let text = match file {
        Some(_) if !typed.trim().is_empty() => {
            let sentence = "Enter the accounts or choose a CSV file, not both.";
            return Err(PageError::Invalid(sentence.to_owned()));
        }
        Some(file) => file,
        None => typed,
    };
    let none = || PageError::Invalid(format!("Enter at least one account: {}.", csv::EXPECTED));
    if text.trim().is_empty() {
        return Err(none());
    }
    let in_file = if file.is_some() { " in the CSV file" } else { "" };
    let rows = csv::read(text).map_err(|errors| {
        let errors: Vec<String> = errors.iter().map(|error| cut(&error.to_string(), ERROR)).collect();
        let sentence = format!(
            "No account was added, because of errors{in_file}: {}. Expected {}.",
            errors.join("; "),
            csv::EXPECTED
        );
        PageError::Invalid(sentence)
    })?;
    if rows.is_empty() { Err(none()) } else { Ok(rows) }
}

/// The chosen Regions.
fn regions(context: &Context<'_>, form: &Form) -> Result<Vec<Region>, PageError> {
    let chosen: BTreeSet<&str> = form.fields.all("region").collect();
    if chosen.is_empty() {
        return Err(PageError::Invalid("Choose at least one Region.".to_owned()));
    }
    let relations = context.world.relations();
    let own: Vec<&Region> = relations.regions_of(context.view.account).collect();
    if let Some(unknown) = chosen.iter().find(|name| **name != ALL && !own.iter().any(|own| own.as_str() == **name)) {
        let sentence = format!("This account has no hub in the Region `{unknown}`.");
        return Err(PageError::Invalid(sentence));
    }
    let is_chosen = |region: &&Region| chosen.contains(ALL) || chosen.contains(region.as_str());
    Ok(own.into_iter().filter(is_chosen).cloned().collect())
}

/// Carries out the steps in the Region of a view. Steps that are done already are skipped.
fn in_region(
    context: &Context<'_>,
    view: &View,
    rows: &[Row],
    steps: Steps<'_>,
    progress: &mut Progress,
) -> Result<(), PageError> {
    let mut refused: HashMap<String, String> = HashMap::new();
    let accounts: Vec<AccountId> = rows.iter().map(|row| row.account).collect();
    progress.changed.clear();
    for (batch, ids) in rows.chunks(BATCH).zip(accounts.chunks(BATCH)) {
        let call = Call::api(Operation::CreateMembers, creation(batch)).by(view);
        progress.added += progress.send(context, call, ids, &mut refused)?;
    }
    if steps.invites {
        let statuses = statuses(context, view, &accounts)?;
        // Accounts that were members before are refused by CreateMembers, but can be invited.
        refused.retain(|account, _| !statuses.contains_key(account));
        for batch in pending(&accounts, &statuses).chunks(BATCH) {
            let call = Call::api(Operation::InviteMembers, ids(batch)).by(view);
            progress.invited += progress.send(context, call, batch, &mut refused)?;
        }
        message_and_accept(context, view, &accounts, steps, (&mut refused, progress))?;
    }
    let failure = |row: &Row| {
        let reason = refused.get(row.account.as_str())?;
        Some(Failure::new([row.account.as_str(), view.region.as_str(), reason]))
    };
    progress.refused.extend(rows.iter().filter_map(failure));
    let is_unchanged =
        |account: &&AccountId| !progress.changed.contains(account) && !refused.contains_key(account.as_str());
    progress.unchanged += accounts.iter().filter(is_unchanged).count();
    Ok(())
}

/// Adds the message to the invitations of the accounts that are invited now, and accepts on their behalf.
fn message_and_accept(
    context: &Context<'_>,
    view: &View,
    accounts: &[AccountId],
    steps: Steps<'_>,
    (refused, progress): (&mut HashMap<String, String>, &mut Progress),
) -> Result<(), PageError> {
    if steps.message.is_empty() && !steps.accepts {
        return Ok(());
    }
    let statuses = statuses(context, view, accounts)?;
    for batch in invited(accounts, &statuses).chunks(LARGE_BATCH) {
        if !steps.message.is_empty() {
            // The accounts are invited already, so only the message is new.
            progress.send(context, message_call(view, batch, steps.message), &[], &mut HashMap::new())?;
            progress.changed.extend(batch);
        }
        if steps.accepts {
            progress.accepted += progress.send(context, accept_call(view, Some(batch)), batch, refused)?;
        }
    }
    Ok(())
}

/// The members that have not been invited and are not enabled.
fn pending(accounts: &[AccountId], statuses: &HashMap<String, String>) -> Vec<AccountId> {
    let is_pending = |account: &&AccountId| {
        let done = [MemberStatus::Invited, MemberStatus::Enabled].map(MemberStatus::as_str);
        statuses.get(account.as_str()).is_some_and(|status| !done.contains(&status.as_str()))
    };
    accounts.iter().filter(is_pending).copied().collect()
}

/// The call that adds a message to the invitations of accounts.
fn message_call(view: &View, accounts: &[AccountId], message: &str) -> Call {
    let details: Vec<Value> = accounts.iter().map(|account| json!({ "AccountId": account.as_str() })).collect();
    let body = json!({
        "Administrator": view.account.as_str(),
        "Regions": [view.region.as_str()],
        "AccountDetails": details,
        "Invite": true,
        "Message": message,
    });
    Call::control(&Method::POST, "/_emulator/members", body, "")
}

/// The accounts that are invited and have not accepted yet.
fn invited(accounts: &[AccountId], statuses: &HashMap<String, String>) -> Vec<AccountId> {
    let is_invited = |account: &&AccountId| {
        statuses.get(account.as_str()).is_some_and(|status| status == MemberStatus::Invited.as_str())
    };
    accounts.iter().filter(is_invited).copied().collect()
}

/// The statuses of accounts, as GetMembers returns them.
fn statuses(context: &Context<'_>, view: &View, accounts: &[AccountId]) -> Result<HashMap<String, String>, PageError> {
    let mut statuses = HashMap::new();
    for batch in accounts.chunks(BATCH) {
        let answer = context.read_as(view, Operation::GetMembers, &ids(batch))?;
        let status = |member: &Value| (text(member, "AccountId").to_owned(), text(member, "MemberStatus").to_owned());
        statuses.extend(list(&answer, "Members").iter().map(status));
    }
    Ok(statuses)
}

impl Progress {
    /// Makes a call about accounts, and notes which ones it has changed and which ones it refuses. Returns the number of
    /// those that it has changed.
    fn send(
        &mut self,
        context: &Context<'_>,
        call: Call,
        accounts: &[AccountId],
        refused: &mut HashMap<String, String>,
    ) -> Result<usize, PageError> {
        let answer = context.send(&call)?;
        if self.calls.len() < SHOWN_CALLS {
            self.calls.push(call);
        }
        let reasons: HashMap<String, String> = unprocessed(&answer).collect();
        let changed = accounts.iter().filter(|account| !reasons.contains_key(account.as_str()));
        let count = changed.clone().count();
        self.changed.extend(changed);
        refused.extend(reasons);
        Ok(count)
    }

    /// Notes that a Region refuses all accounts, or returns the error if nothing was done before.
    fn refuse_all(&mut self, view: &View, rows: &[Row], page_error: PageError) -> Result<(), PageError> {
        let PageError::Refused { sentence, .. } = &page_error else { return Err(page_error) };
        if self.calls.is_empty() {
            return Err(page_error);
        }
        let failure = |row: &Row| Failure::new([row.account.as_str(), view.region.as_str(), sentence]);
        self.refused.extend(rows.iter().map(failure));
        Ok(())
    }
}
