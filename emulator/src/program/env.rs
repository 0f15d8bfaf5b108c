//! `env`: the environment variables for AWS clients of a running emulator.

use clap::Args;
use serde_json::{Map, Value};

use super::arguments::Remote;
use super::client;
use super::exit::Exit;
use super::output;
use super::values::{account, region};
use crate::control::status::Status;
use crate::domain::overview::{AccountOverview, EnabledHubs};
use crate::state::{AccountId, HubKey, Region};

pub(super) const HELP: &str = "\
Examples:
  eval \"$(securityhub-local env)\"
  eval \"$(securityhub-local env --account 222222222222 --region eu-west-1)\"

Without --account and --region, the variables select an administrator that has enabled Security Hub.

A note on standard error names the accounts and Regions with hubs if the selected account has none there. With \
`serve --verify-signatures`, no access key is printed: use one that the scenario lists.

Exit codes: 0 success; 1 the emulator does not respond; 2 invalid arguments.";

#[derive(Args)]
pub(super) struct EnvArguments {
    /// Account to call as [default: an administrator with a hub]
    #[arg(long, value_name = "ACCOUNT", env = "SECURITYHUB_LOCAL_ACCOUNT", value_parser = account)]
    account: Option<AccountId>,

    /// Region to call in [default: a Region where the account has a hub]
    #[arg(long, value_name = "REGION", env = "SECURITYHUB_LOCAL_REGION", value_parser = region)]
    region: Option<Region>,

    #[command(flatten)]
    remote: Remote,
}

/// Queries the emulator and prints the variables.
pub(super) fn run(arguments: &EnvArguments) -> Result<(), Exit> {
    let status: Status = client::get(&arguments.remote, "/_emulator/status")?;
    let variables = variables(arguments, &status, arguments.remote.endpoint()?.url());
    let [_, (_, account), _, (_, region), _] = &variables;
    if let Some(missing) = missing_hub(&status, account, region) {
        output::print_error(&format!("note: {missing}"));
    }
    // The key in the shell may be one that the scenario lists, so it is not replaced by a key that the emulator would
    // refuse.
    let is_usable =
        |name: &str| !status.verifies_signatures || !name.starts_with("AWS_ACCESS") && !name.starts_with("AWS_SECRET");
    let variables: Vec<_> = variables.into_iter().filter(|(name, _)| is_usable(name)).collect();
    if status.verifies_signatures {
        output::print_error(
            "note: the emulator verifies signatures. Set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY to a key that the \
             scenario lists.",
        );
    }
    let text = if arguments.remote.json {
        let members = variables.into_iter().map(|(name, value)| (name.to_owned(), Value::String(value)));
        format!("{:#}\n", Value::Object(members.collect::<Map<_, _>>()))
    } else {
        variables.iter().map(|(name, value)| format!("export {name}={}\n", quoted(value))).collect::<Vec<_>>().concat()
    };
    output::print(&text)
}

fn variables(arguments: &EnvArguments, status: &Status, url: String) -> [(&'static str, String); 5] {
    let suggested = status.overview.suggested_caller.as_ref();
    let account = match (arguments.account, suggested) {
        (Some(account), _) => account.to_string(),
        (None, Some(suggested)) => suggested.account_id.clone(),
        (None, None) => "111111111111".to_owned(),
    };
    let hubs = status.overview.accounts.iter().find(|row| row.account_id == account);
    let of_account = hubs.and_then(|row| row.regions.first().or(row.regions_v2.first()));
    let region = match (&arguments.region, suggested.filter(|suggested| suggested.account_id == account)) {
        (Some(region), _) => region.to_string(),
        (None, Some(suggested)) => suggested.region.clone(),
        (None, None) => of_account.map_or("us-east-1", String::as_str).to_owned(),
    };
    [
        ("AWS_ENDPOINT_URL_SECURITYHUB", url),
        ("AWS_ACCESS_KEY_ID", account),
        ("AWS_SECRET_ACCESS_KEY", "x".to_owned()),
        // The SDK for JavaScript reads only `AWS_REGION`; the AWS CLI reads both variables.
        ("AWS_REGION", region.clone()),
        ("AWS_DEFAULT_REGION", region),
    ]
}

/// A message if the hub that the variables select is not enabled; `None` if it is enabled.
fn missing_hub(status: &Status, account: &str, region: &str) -> Option<String> {
    let key = HubKey { account: AccountId::parse(account)?, region: Region::new(region) };
    let keys = |regions: fn(&AccountOverview) -> &Vec<String>| -> Vec<HubKey> {
        let keys = status.overview.accounts.iter().filter_map(|row| {
            let account = AccountId::parse(&row.account_id)?;
            Some(regions(row).iter().map(move |region| HubKey { account, region: Region::new(region) }))
        });
        keys.flatten().collect()
    };
    let [classic, v2] = [keys(|row| &row.regions), keys(|row| &row.regions_v2)];
    if classic.contains(&key) || v2.contains(&key) {
        return None;
    }
    let own: Vec<&Region> = classic.iter().filter(|hub| hub.account == key.account).map(|hub| &hub.region).collect();
    let hubs = EnabledHubs { classic: classic.iter().collect(), v2: v2.iter().collect() };
    Some(hubs.missing(&key, &own))
}

/// A value for a shell. A shell evaluates the output, and the values come from another process.
fn quoted(value: &str) -> String {
    let is_plain = |character: char| character.is_ascii_alphanumeric() || "-_.:/".contains(character);
    if value.chars().all(is_plain) {
        return value.to_owned();
    }
    format!("'{}'", value.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::control::status;
    use crate::service::{Service, Settings};

    fn of(account: Option<&str>, region: Option<&str>, status: &Status) -> String {
        let remote = Remote { url: None, json: false };
        let account = account.and_then(AccountId::parse);
        let arguments = EnvArguments { account, region: region.map(Region::new), remote };
        let [_, key, _, region, _] = variables(&arguments, status, String::new()).map(|(_, value)| value);
        format!("{key} {region}")
    }

    /// Rules: CPL-141.
    #[test]
    fn variables_select_a_hub() {
        let file = concat!(env!("CARGO_MANIFEST_DIR"), "/../scenarios/quickstart.yaml");
        let scenario = crate::scenario::load(&[file.into()]).unwrap_or_else(|errors| panic!("{errors}"));
        let status = status::of(Service::new(Settings::default(), Some(scenario)).unwrap().served());
        assert_eq!(of(None, None, &status), "111111111111 us-east-1");
        assert_eq!(of(Some("222222222222"), Some("eu-west-1"), &status), "222222222222 eu-west-1");
        assert_eq!(of(Some("999999999999"), None, &status), "999999999999 us-east-1");
        assert_eq!(missing_hub(&status, "222222222222", "eu-west-1"), None);
        let missing = |account, region| missing_hub(&status, account, region).unwrap();
        let hubs = "Accounts with hubs: 111111111111, 222222222222, 333333333333 (eu-west-1, us-east-1).";
        assert_eq!(missing("999999999999", "us-east-1"), format!("Account 999999999999 has no hub. {hubs}"));
        let nowhere = "No account has a hub in us-west-2. Regions with hubs: eu-west-1, us-east-1.";
        assert_eq!(missing("222222222222", "us-west-2"), nowhere);
        let mut of_v2 = status.clone();
        let row = of_v2.overview.accounts.iter_mut().find(|row| row.account_id == "333333333333").unwrap();
        (row.regions_v2, row.regions) = (vec!["eu-west-1".to_owned()], Vec::new());
        assert_eq!(of(Some("333333333333"), None, &of_v2), "333333333333 eu-west-1");
        assert_eq!(missing_hub(&of_v2, "333333333333", "eu-west-1"), None);
        let missing_v2 = missing_hub(&of_v2, "333333333333", "us-east-1").unwrap();
        assert!(missing_v2.ends_with("Accounts with V2 hubs: 333333333333 (eu-west-1)."), "{missing_v2}");
        let empty = status::of(Service::new(Settings::default(), None).unwrap().served());
        assert_eq!(of(None, None, &empty), "111111111111 us-east-1");
    }

    /// Rules: CPL-141.
    #[test]
    fn values_for_a_shell_are_quoted() {
        for (value, expected) in [
            ("http://127.0.0.1:4600", "http://127.0.0.1:4600"),
            ("http://[::1]:4600", "'http://[::1]:4600'"),
            ("$(id)", "'$(id)'"),
            ("a'b", r"'a'\''b'"),
        ] {
            assert_eq!(quoted(value), expected);
        }
    }
}
