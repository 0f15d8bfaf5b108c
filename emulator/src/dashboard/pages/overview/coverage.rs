//! `Coverage`: the accounts that an account may see, the Regions of the world, and the hubs and memberships in each.

use std::collections::BTreeSet;

use http::Method;
use serde_json::Value;

use crate::dashboard::call::Call;
use crate::dashboard::page::Context;
use crate::dashboard::text;
use crate::dashboard::view;
use crate::state::{AccountId, HubKey, Region, Relations};

/// Maximum number of accounts in the table.
const ROWS: usize = 50;

/// The table.
pub(super) struct Coverage {
    /// The Regions, one for each column.
    pub(super) regions: Vec<String>,
    /// The accounts, the one of the view first.
    pub(super) rows: Vec<Row>,
    /// The number of accounts that are not listed.
    pub(super) more: Option<String>,
    has_members: bool,
}

/// An account.
pub(super) struct Row {
    /// Its number.
    pub(super) account: String,
    /// Its name, if it is known.
    pub(super) name: Option<String>,
    /// A cell for each Region.
    pub(super) cells: Vec<Cell>,
}

/// An account in a Region.
pub(super) struct Cell {
    /// The address of the view of the account in the Region.
    pub(super) address: String,
    /// `on` or `off`
    pub(super) hub: &'static str,
    /// The status of the member.
    pub(super) status: Option<&'static str>,
}

impl Coverage {
    /// The coverage of the account of a view.
    pub(super) fn of(context: &Context<'_>) -> Coverage {
        let relations = context.world.relations();
        let (own, regions) = (context.view.account, view::regions(&context.world));
        let members: BTreeSet<AccountId> = relations
            .directory()
            .members
            .iter()
            .filter(|((administrator, _), _)| *administrator == own)
            .flat_map(|(_, members)| members.iter().map(|(account, _)| *account))
            .collect();
        let accounts = [own].into_iter().chain(members.iter().copied().filter(|member| *member != own));
        let row = |account: AccountId| Row {
            account: account.to_string(),
            name: context.name(account),
            cells: regions.iter().map(|region| cell(context, &relations, account, region)).collect(),
        };
        Coverage {
            rows: accounts.clone().take(ROWS).map(row).collect(),
            more: text::more(accounts.count(), ROWS),
            regions: regions.iter().map(ToString::to_string).collect(),
            has_members: !members.is_empty(),
        }
    }

    /// The call that lists the members.
    pub(super) fn call(&self, context: &Context<'_>) -> Option<Call> {
        let account = context.view.account;
        let path = format!("/_emulator/members?administrator={account}");
        let command = format!("members list --administrator {account}");
        let call = Call::control(&Method::GET, &path, Value::Null, &command);
        self.has_members.then(|| call.of("Coverage"))
    }
}

fn cell(context: &Context<'_>, relations: &Relations, account: AccountId, region: &Region) -> Cell {
    let member = relations.directory().member(context.view.account, region, account);
    Cell {
        address: context.view.seen_as(account, region.clone()).to("", view::Query::default()).address(),
        hub: if relations.is_on(&HubKey { account, region: region.clone() }) { "on" } else { "off" },
        status: member.map(|member| member.status.as_str()),
    }
}
