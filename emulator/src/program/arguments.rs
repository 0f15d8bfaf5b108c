//! Arguments shared by several commands: the emulator to connect to, and the account and Region to query as.

use clap::Args;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

use super::endpoint::Endpoint;
use super::exit::Exit;
use super::values::{account, region, switch};
use super::{client, output};
use crate::control::status::CallerOutput;
use crate::state::{AccountId, Region};

/// The account and the Region of most scenarios.
const DEFAULT_ACCOUNT: &str = "111111111111";
const DEFAULT_REGION: &str = "us-east-1";
/// The access key ID of AWS clients.
const KEY_VARIABLE: &str = "AWS_ACCESS_KEY_ID";
/// The Region of AWS clients. The AWS CLI prefers the first one.
const REGION_VARIABLES: [&str; 2] = ["AWS_REGION", "AWS_DEFAULT_REGION"];

/// A running emulator, and the form of what it answers.
#[derive(Args)]
pub(super) struct Remote {
    /// URL of the running emulator [default: http://127.0.0.1 with the port SECURITYHUB_LOCAL_PORT, if it is set;
    /// AWS_ENDPOINT_URL_SECURITYHUB or AWS_ENDPOINT_URL, if its host is an IP address, localhost, a name without dots or
    /// host.docker.internal; otherwise http://127.0.0.1:4600]
    #[arg(long, value_name = "URL", env = "SECURITYHUB_LOCAL_URL")]
    pub(super) url: Option<String>,

    /// Print JSON
    #[arg(long, env = "SECURITYHUB_LOCAL_JSON", value_parser = switch)]
    pub(super) json: bool,
}

impl Remote {
    /// The emulator.
    ///
    /// # Errors
    /// See [`Endpoint::find`].
    pub(super) fn endpoint(&self) -> Result<Endpoint, Exit> {
        Endpoint::find(self.url.as_deref())
    }
}

/// A filter of recorded calls.
#[derive(Args)]
pub(super) struct CallFilter {
    /// Account of the caller [default: all]
    #[arg(long, value_name = "ACCOUNT", env = "SECURITYHUB_LOCAL_ACCOUNT", value_parser = account)]
    account: Option<AccountId>,

    /// Region of the calls [default: all]
    #[arg(long, value_name = "REGION", env = "SECURITYHUB_LOCAL_REGION", value_parser = region)]
    region: Option<Region>,

    /// Status of the responses, such as 429 or 4xx [default: all]
    #[arg(long, value_name = "STATUS", env = "SECURITYHUB_LOCAL_STATUS")]
    status: Option<String>,

    /// Code of the errors, such as InvalidInputException [default: all]
    #[arg(long, value_name = "CODE", env = "SECURITYHUB_LOCAL_ERROR")]
    error: Option<String>,

    /// Tag of the test that made the calls [default: all]
    #[arg(long, value_name = "TAG", env = "SECURITYHUB_LOCAL_TEST")]
    test: Option<String>,
}

impl CallFilter {
    /// The filter as parameters of a query.
    pub(super) fn parameters(&self) -> [(&'static str, Option<&str>); 5] {
        let [account, region, status, error, test] = self.values();
        [("account", account), ("region", region), ("status", status), ("error", error), ("test", test)]
    }

    /// The filter as members of a body.
    pub(super) fn members(&self) -> [(&'static str, Option<&str>); 5] {
        let [account, region, status, error, test] = self.values();
        [("Account", account), ("Region", region), ("Status", status), ("ErrorCode", error), ("Test", test)]
    }

    fn values(&self) -> [Option<&str>; 5] {
        [
            self.account.as_ref().map(AccountId::as_str),
            self.region.as_ref().map(Region::as_str),
            self.status.as_deref(),
            self.error.as_deref(),
            self.test.as_deref(),
        ]
    }
}

/// The account and the Region of a call.
#[derive(Args)]
pub(super) struct Caller {
    /// Account that calls the API [default: AWS_ACCESS_KEY_ID, if it is an account ID; otherwise 111111111111]
    #[arg(long, value_name = "ACCOUNT", env = "SECURITYHUB_LOCAL_ACCOUNT", value_parser = account)]
    pub(super) account: Option<AccountId>,

    /// Region of the call; a home Region includes the linked Regions [default: AWS_REGION or AWS_DEFAULT_REGION;
    /// otherwise us-east-1]
    #[arg(long, value_name = "REGION", env = "SECURITYHUB_LOCAL_REGION", value_parser = region)]
    pub(super) region: Option<Region>,
}

impl Caller {
    /// Prints a note if AWS clients of this shell call the emulator as another account.
    pub(super) fn note_account(&self, remote: &Remote) {
        if self.account.is_none() {
            note_account(remote, self.account());
        }
    }

    pub(super) fn account(&self) -> AccountId {
        self.account.unwrap_or_else(default_account)
    }

    pub(super) fn region(&self) -> Region {
        self.region.clone().unwrap_or_else(default_region)
    }
}

/// Prints a note on standard error if AWS clients of this shell call the emulator as another account than `used`, which is
/// the case with an access key such as `test`. Errors are ignored, since the call itself will report them.
pub(super) fn note_account(remote: &Remote, used: AccountId) {
    let key = std::env::var(KEY_VARIABLE).unwrap_or_default();
    if key.is_empty() || AccountId::parse(&key).is_some() {
        return;
    }
    let path = format!("/_emulator/caller?access-key={}", utf8_percent_encode(&key, NON_ALPHANUMERIC));
    let Ok(caller) = client::get::<CallerOutput>(remote, &path) else { return };
    if caller.account_id != used.as_str() {
        let key = output::escape_control_characters(&key);
        output::print_error(&format!(
            "note: called as account {used}, but AWS clients with {KEY_VARIABLE}={key} call as account {}. Pass --account, or \
             set {KEY_VARIABLE} to an account ID.",
            caller.account_id
        ));
    }
}

/// The account of the shell's AWS clients, or that of most scenarios.
pub(super) fn default_account() -> AccountId {
    account_of(|name| std::env::var(name).ok())
}

/// The Region of the shell's AWS clients, or that of most scenarios.
pub(super) fn default_region() -> Region {
    region_of(|name| std::env::var(name).ok())
}

fn account_of(variable: impl Fn(&str) -> Option<String>) -> AccountId {
    let of_shell = variable(KEY_VARIABLE).and_then(|key| AccountId::parse(&key));
    of_shell.or_else(|| AccountId::parse(DEFAULT_ACCOUNT)).unwrap_or(AccountId::DEFAULT)
}

fn region_of(variable: impl Fn(&str) -> Option<String>) -> Region {
    let of_shell = REGION_VARIABLES.into_iter().filter_map(variable).find(|name| Region::is_name(name));
    Region::new(of_shell.as_deref().unwrap_or(DEFAULT_REGION))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Rules: CPL-142.
    #[test]
    fn account_and_region_come_from_variables_of_aws() {
        let set = |pairs: &'static [(&str, &str)]| {
            move |name: &str| pairs.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned())
        };
        for (variables, account, region) in [
            (&[][..], DEFAULT_ACCOUNT, DEFAULT_REGION),
            (&[("AWS_ACCESS_KEY_ID", "test"), ("AWS_DEFAULT_REGION", "eu-west-1")], DEFAULT_ACCOUNT, "eu-west-1"),
            (
                &[
                    ("AWS_ACCESS_KEY_ID", "222222222222"),
                    ("AWS_REGION", "eu-west-2"),
                    ("AWS_DEFAULT_REGION", "eu-west-1"),
                ],
                "222222222222",
                "eu-west-2",
            ),
            (&[("AWS_REGION", ""), ("AWS_DEFAULT_REGION", "eu-west-1")], DEFAULT_ACCOUNT, "eu-west-1"),
        ] {
            assert_eq!((account_of(set(variables)).as_str(), region_of(set(variables)).as_str()), (account, region));
        }
    }
}
