//! The scenario that `scenario init` writes, from a template. The templates are data: `accounts.yaml` and
//! `organization.yaml`.
//!
//! A line `#each NAME` begins a block that ends with `#end` and is repeated for each member account of the unit with that
//! name, or for all member accounts (`#each member`). In it, `{id}`, `{name}` and `{unit}` are replaced.

use crate::invariant::Invariant;

const ACCOUNTS: &str = include_str!("accounts.yaml");
const ORGANIZATION: &str = include_str!("organization.yaml");

/// Maximum number of member accounts: with the management account and the administrator, it is the quota of accounts of
/// an organization.
pub const MAX_ACCOUNTS: u32 = 9_998;

/// The units of member accounts, with the number of the accounts among ten that belong to it.
const UNITS: [(&str, u32); 4] = [("Production", 4), ("Staging", 2), ("Development", 3), ("Sandbox", 1)];

/// A member account of the organization.
struct Account {
    id: String,
    name: String,
    unit: &'static str,
}

/// A scenario with a few accounts that are not in an organization.
pub fn of_accounts() -> String {
    ACCOUNTS.to_owned()
}

/// A scenario of an organization with this number of member accounts.
pub fn of_organization(accounts: u32) -> String {
    let accounts: Vec<Account> = (0..accounts.min(MAX_ACCOUNTS)).map(account).collect();
    fill(ORGANIZATION, &accounts)
}

/// Units take turns in groups of ten accounts, so that each has some even if there are only a few accounts.
fn account(index: u32) -> Account {
    let position = index % 10;
    let mut first = 0;
    let unit = UNITS.iter().find(|(_, share)| {
        first += share;
        position < first
    });
    let unit = unit.or_report("the shares of all units are ten").map_or("", |(unit, _)| unit);
    let number = index + 1;
    Account { id: format!("2{number:011}"), name: format!("{}-{number:02}", unit.to_lowercase()), unit }
}

/// Fills a template.
fn fill(template: &str, accounts: &[Account]) -> String {
    let mut text = String::new();
    let mut lines = template.lines();
    while let Some(line) = lines.next() {
        let Some(unit) = line.trim().strip_prefix("#each ") else {
            text += line;
            text.push('\n');
            continue;
        };
        let block: Vec<&str> = lines.by_ref().take_while(|line| line.trim() != "#end").collect();
        if unit != "member" && accounts.iter().all(|account| unit != account.unit) {
            // The block is a list.
            text.truncate(text.trim_end().len());
            text += " []\n";
        }
        for account in accounts.iter().filter(|account| unit == "member" || unit == account.unit) {
            for line in &block {
                let line = line.replace("{id}", &account.id).replace("{name}", &account.name);
                text += &line.replace("{unit}", account.unit);
                text.push('\n');
            }
        }
    }
    text
}

#[cfg(test)]
mod tests;
