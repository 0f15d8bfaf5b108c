//! The command line. Every flag can also be set by the environment variable named in its help.

use std::net::IpAddr;
use std::path::PathBuf;

use clap::builder::FalseyValueParser;
use clap::builder::PossibleValuesParser;
use clap::{Args, Parser, Subcommand, ValueEnum};

use super::arguments::{Asker, Remote};
use super::values::{account, address, body_memory, region, time};
use crate::generate::Product;
use crate::state::{AccountId, Region, Timestamp};
use crate::wire::site::{HostRule, OriginRule};

/// A local AWS Security Hub.
///
/// Start it, point a client at it, work as if it were AWS: no AWS account, no network.
#[derive(Parser)]
#[command(name = "securityhub-local", version, after_help = AFTER_HELP)]
pub(super) struct Cli {
    #[command(subcommand)]
    pub(super) command: Command,
}

const AFTER_HELP: &str = "\
Five minutes with it:
  securityhub-local serve --scenario scenarios/quickstart.yaml
  export AWS_ENDPOINT_URL_SECURITYHUB=http://127.0.0.1:4600
  export AWS_ACCESS_KEY_ID=111111111111 AWS_SECRET_ACCESS_KEY=x AWS_DEFAULT_REGION=us-east-1
  aws securityhub get-findings --max-items 3

An access key of twelve digits is that account. The region is the one that the client signs for.

Exit codes: 0 done, 1 something failed while it ran, 2 the arguments or a scenario have mistakes.";

const EXPLAIN_HELP: &str = "\
For example, against `securityhub-local serve --scenario scenarios/quickstart.yaml`:
  securityhub-local explain --id cfe157f6c83a467bd3ab169253f70881 \\
    --filters '{\"ResourceType\": [{\"Value\": \"AwsIam\", \"Comparison\": \"PREFIX\"}]}'

The filters are those of GetFindings, in JSON; `--filters @filters.json` reads them from a file.

Exit codes: 0 explained, 1 no emulator answered, 2 the arguments or the filters have mistakes.";

#[derive(Subcommand)]
pub(super) enum Command {
    /// Serve Security Hub on this machine until Ctrl-C
    Serve(ServeArguments),
    /// Ask a running emulator why GetFindings returns a finding, or does not
    ///
    /// Tells whether the account sees the finding and, filter by filter, what was asked, what the finding has and
    /// which of both decided.
    #[command(after_help = EXPLAIN_HELP)]
    Explain(ExplainArguments),
    /// Add, invite and accept members of an administrator in a running emulator, a list at once
    #[command(subcommand, after_help = MEMBERS_HELP)]
    Members(MembersCommand),
    /// Let accounts join, move in and leave the organization of a running emulator, be suspended or closed
    #[command(subcommand, after_help = super::organization::HELP)]
    Organization(super::organization::OrganizationCommand),
    /// Show security scores and control statuses of a running emulator, as the console does
    ///
    /// The score of a standard is how many of its controls passed, of those that have data. An administrator's is over
    /// its members too, that of a home Region over the linked ones.
    #[command(after_help = super::compliance::HELP)]
    Compliance(super::compliance::ComplianceArguments),
    /// Show the events that a running emulator has sent to EventBridge
    ///
    /// Each hub that sees a finding is told when that is created or updated: the account that owns it, its administrator,
    /// and both in their home Region.
    #[command(after_help = super::events::HELP)]
    Events(super::events::EventsArguments),
    /// List all operations of the API and how well each one behaves
    Coverage(CoverageArguments),
    /// Write believable findings of a product to standard output, as many as you like
    #[command(after_help = GENERATE_HELP)]
    Generate(GenerateArguments),
    /// Work with scenario files
    #[command(subcommand)]
    Scenario(ScenarioCommand),
    /// Print the version
    Version,
    /// Print a completion script for a shell
    ///
    /// For example: securityhub-local completions bash > /etc/bash_completion.d/securityhub-local
    Completions {
        /// The shell
        shell: clap_complete::Shell,
    },
}

const GENERATE_HELP: &str = "\
Findings for a scenario, to be listed in it under `findings: [{ file: guardduty.json }]`:
  securityhub-local generate --product guardduty --count 1000 > guardduty.json

The same seed and time give the same findings, byte for byte:
  securityhub-local generate --product inspector --seed 7 --now 2026-01-15T09:00:00Z --account 111111111111,222222222222

Findings that an account sends by itself (AWS's own products cannot be sent so, here as in AWS), a call a line:
  securityhub-local generate --product all --private-product --account 111111111111 --format import |
    while read -r body; do
      printf %s \"$body\" | aws securityhub batch-import-findings --cli-input-json file:///dev/stdin
    done

A scenario can generate them too, without a file: findings: [{ generate: { product: guardduty, count: 1000 } }]";

const MEMBERS_HELP: &str = "\
The list is what the console takes: lines of an account id and an e-mail address, with the heading `Account ID,Email` or
without. A list with a mistake adds nobody.

From nothing to members that share their findings, in one call:
  securityhub-local members add --csv members.csv --accept

Or step by step, as AWS does it, where --account accepts in the place of a few and none in the place of all:
  securityhub-local members add --csv members.csv --invite
  securityhub-local members accept --account 222222222222
  securityhub-local members list

Exit codes: 0 done, 1 no emulator answered or accounts were refused, 2 the arguments or the list have mistakes.";

#[derive(Subcommand)]
pub(super) enum MembersCommand {
    /// Add the accounts of a CSV file, and invite them and accept if asked
    ///
    /// What is done already is not done again, so that a list can be sent twice.
    #[command(after_help = MEMBERS_HELP)]
    Add(AddArguments),
    /// Accept invitations in the place of the invited accounts
    ///
    /// A hub that is off comes on first, as its account would have had to enable it.
    #[command(after_help = MEMBERS_HELP)]
    Accept(AcceptArguments),
    /// List members of all statuses
    #[command(after_help = MEMBERS_HELP)]
    List(ListArguments),
}

#[derive(Args)]
pub(super) struct AddArguments {
    /// List of accounts: lines such as 222222222222,a@example.com
    #[arg(long, value_name = "FILE", env = "SECURITYHUB_LOCAL_CSV")]
    pub(super) csv: PathBuf,

    /// Invite them, too
    #[arg(long, env = "SECURITYHUB_LOCAL_INVITE", value_parser = FalseyValueParser::new())]
    pub(super) invite: bool,

    /// Invite them and accept in their place
    #[arg(long, env = "SECURITYHUB_LOCAL_ACCEPT", value_parser = FalseyValueParser::new())]
    pub(super) accept: bool,

    #[command(flatten)]
    pub(super) at: MembersAt,

    /// Region of the relation; repeat it for several
    #[arg(
        long,
        value_name = "REGION",
        env = "SECURITYHUB_LOCAL_REGION",
        default_value = "us-east-1",
        value_delimiter = ',',
        value_parser = region
    )]
    pub(super) region: Vec<Region>,
}

#[derive(Args)]
pub(super) struct AcceptArguments {
    /// Account that accepts; repeat it for several; left out, all that are invited
    #[arg(
        long,
        value_name = "ACCOUNT",
        env = "SECURITYHUB_LOCAL_ACCOUNT",
        value_delimiter = ',',
        value_parser = account
    )]
    pub(super) account: Vec<AccountId>,

    #[command(flatten)]
    pub(super) at: MembersAt,

    /// Region of the relation; repeat it for several
    #[arg(
        long,
        value_name = "REGION",
        env = "SECURITYHUB_LOCAL_REGION",
        default_value = "us-east-1",
        value_delimiter = ',',
        value_parser = region
    )]
    pub(super) region: Vec<Region>,
}

#[derive(Args)]
pub(super) struct ListArguments {
    #[command(flatten)]
    pub(super) at: MembersAt,

    /// Region of the relation; repeat it for several; left out, all
    #[arg(
        long,
        value_name = "REGION",
        env = "SECURITYHUB_LOCAL_REGION",
        value_delimiter = ',',
        value_parser = region
    )]
    pub(super) region: Vec<Region>,
}

/// Whose members, and where the emulator is.
#[derive(Args)]
pub(super) struct MembersAt {
    /// Account whose members they are
    #[arg(
        long,
        value_name = "ACCOUNT",
        env = "SECURITYHUB_LOCAL_ADMINISTRATOR",
        default_value = "111111111111",
        value_parser = account
    )]
    pub(super) administrator: AccountId,

    #[command(flatten)]
    pub(super) remote: Remote,
}

#[derive(Subcommand)]
pub(super) enum ScenarioCommand {
    /// Check scenario files and tell every mistake with its place
    ///
    /// Exits with 0 when the files are good and with 2 when they are not.
    Check(CheckArguments),
    /// Print the JSON Schema of scenario files, for editors
    Schema,
}

#[derive(Args)]
pub(super) struct ServeArguments {
    /// Scenario file, YAML or JSON; repeat it for several, later ones add to earlier ones
    #[arg(long, value_name = "FILE", env = "SECURITYHUB_LOCAL_SCENARIO", value_delimiter = ',')]
    pub(super) scenario: Vec<PathBuf>,

    /// Address to listen on; repeat it for several, such as 127.0.0.1 and ::1
    #[arg(
        long,
        value_name = "ADDRESS",
        env = "SECURITYHUB_LOCAL_HOST",
        default_value = "127.0.0.1",
        value_delimiter = ',',
        value_parser = address
    )]
    pub(super) host: Vec<IpAddr>,

    /// Port to listen on; 0 takes a free one and prints it
    #[arg(long, value_name = "PORT", env = "SECURITYHUB_LOCAL_PORT", default_value_t = 4600)]
    pub(super) port: u16,

    /// Write the port to this file once requests are taken, for scripts that use --port 0
    #[arg(long, value_name = "FILE", env = "SECURITYHUB_LOCAL_PORT_FILE")]
    pub(super) port_file: Option<PathBuf>,

    /// Account of access keys that are neither twelve digits nor in the scenario
    #[arg(
        long,
        value_name = "ACCOUNT",
        env = "SECURITYHUB_LOCAL_DEFAULT_ACCOUNT",
        default_value = "000000000000",
        value_parser = account
    )]
    pub(super) default_account: AccountId,

    /// Region of unsigned requests (with --allow-anonymous)
    #[arg(
        long,
        value_name = "REGION",
        env = "SECURITYHUB_LOCAL_DEFAULT_REGION",
        default_value = "us-east-1",
        value_parser = region
    )]
    pub(super) default_region: Region,

    /// Let in requests without a signature, as the default account
    #[arg(long, env = "SECURITYHUB_LOCAL_ALLOW_ANONYMOUS", value_parser = FalseyValueParser::new())]
    pub(super) allow_anonymous: bool,

    /// Refuse signatures that do not fit the secret keys of the scenario; only access keys that it lists with a secret,
    /// and sessions of roles, can call then
    ///
    /// Judged are the signature itself, its age (15 minutes either way; see --signature-clock), X-Amz-Expires of presigned
    /// URLs, and the session token of AssumeRole. Not judged are the Region and the service of the scope, which decide
    /// whom a call is for, and session tokens of access keys that the scenario lists.
    #[arg(long, env = "SECURITYHUB_LOCAL_VERIFY_SIGNATURES", value_parser = FalseyValueParser::new())]
    pub(super) verify_signatures: bool,

    /// Clock that judges the age of signatures (with --verify-signatures) [default: machine]
    #[arg(long, value_name = "CLOCK", env = "SECURITYHUB_LOCAL_SIGNATURE_CLOCK", value_enum)]
    pub(super) signature_clock: Option<SignatureClock>,

    /// How many events are kept, the newest ones; 0 makes none
    #[arg(long, value_name = "NUMBER", env = "SECURITYHUB_LOCAL_EVENTS", default_value_t = 10_000)]
    pub(super) events: usize,

    /// Web origin whose pages may call, such as https://app.example.com or https://*.example.com; repeat it for several,
    /// or `*` for all. Pages of localhost are always allowed
    #[arg(long, value_name = "ORIGIN", env = "SECURITYHUB_LOCAL_ALLOW_ORIGIN", value_delimiter = ',')]
    pub(super) allow_origin: Vec<OriginRule>,

    /// Host name under which clients may call, such as hub.example.com or *.example.com; repeat it for several, or `*` for
    /// all. IP addresses, localhost, names of one label (compose services) and host.docker.internal are always allowed
    #[arg(long, value_name = "NAME", env = "SECURITYHUB_LOCAL_ALLOW_HOST", value_delimiter = ',')]
    pub(super) allow_host: Vec<HostRule>,

    /// Memory for the bodies of requests that are not answered yet, in bytes or with KiB, MiB or GiB; at least 64KiB
    #[arg(
        long,
        value_name = "SIZE",
        env = "SECURITYHUB_LOCAL_BODY_MEMORY",
        default_value = "512MiB",
        value_parser = body_memory
    )]
    pub(super) body_memory: usize,

    /// Seconds that a request may take to arrive, a connection may be idle, and a client may leave an answer unread
    #[arg(
        long,
        value_name = "SECONDS",
        env = "SECURITYHUB_LOCAL_READ_TIMEOUT",
        default_value_t = 30,
        value_parser = clap::value_parser!(u64).range(1..=3600)
    )]
    pub(super) read_timeout: u64,

    /// How log lines look; they go to standard error
    #[arg(long, value_name = "FORM", env = "SECURITYHUB_LOCAL_LOG", value_enum, default_value_t = LogForm::Pretty)]
    pub(super) log: LogForm,

    /// What is logged: warn is quiet, info has a line a request, debug has every change
    #[arg(long, value_name = "LEVEL", env = "SECURITYHUB_LOCAL_LOG_LEVEL", default_value = "warn")]
    pub(super) log_level: LogLevel,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum SignatureClock {
    /// The clock of this machine, which clients sign with
    Machine,
    /// The clock of the scenario, for clients that run by it
    World,
    /// None: signatures of any time are taken
    Off,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum LogForm {
    /// Lines for people
    Pretty,
    /// An object a line, for machines
    Json,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum LogLevel {
    Error,
    Warn,
    Info,
    Debug,
    Trace,
}

#[derive(Args)]
pub(super) struct ExplainArguments {
    /// Id of the finding; if several findings have it, each is explained
    #[arg(long, value_name = "ID", env = "SECURITYHUB_LOCAL_ID")]
    pub(super) id: String,

    /// Product of the finding, to tell it from others of the same Id
    #[arg(long, value_name = "ARN", env = "SECURITYHUB_LOCAL_PRODUCT_ARN")]
    pub(super) product_arn: Option<String>,

    #[command(flatten)]
    pub(super) asker: Asker,

    /// Filters of GetFindings as JSON, or @FILE to read them from a file
    #[arg(long, value_name = "JSON", env = "SECURITYHUB_LOCAL_FILTERS", default_value = "{}")]
    pub(super) filters: String,

    #[command(flatten)]
    pub(super) remote: Remote,
}

#[derive(Args)]
pub(super) struct GenerateArguments {
    /// Product whose findings they are; all mixes them
    #[arg(
        long,
        value_name = "PRODUCT",
        env = "SECURITYHUB_LOCAL_PRODUCT",
        value_parser = PossibleValuesParser::new(Product::all().map(Product::name).chain(["all"]))
    )]
    pub(super) product: String,

    /// How many findings
    #[arg(long, value_name = "NUMBER", env = "SECURITYHUB_LOCAL_COUNT", default_value_t = 100)]
    pub(super) count: usize,

    /// Account that they are of; repeat it for several, over which they are spread
    #[arg(
        long,
        value_name = "ACCOUNT",
        env = "SECURITYHUB_LOCAL_ACCOUNT",
        default_value = "000000000000",
        value_delimiter = ',',
        value_parser = account
    )]
    pub(super) account: Vec<AccountId>,

    /// Region that they are in; repeat it for several, over which they are spread
    #[arg(
        long,
        value_name = "REGION",
        env = "SECURITYHUB_LOCAL_REGION",
        default_value = "us-east-1",
        value_delimiter = ',',
        value_parser = region
    )]
    pub(super) region: Vec<Region>,

    /// How many days back they reach
    #[arg(
        long,
        value_name = "DAYS",
        env = "SECURITYHUB_LOCAL_DAYS",
        default_value_t = 30,
        value_parser = clap::value_parser!(u32).range(0..=365)
    )]
    pub(super) days: u32,

    /// Seed: the same gives the same findings, and the same resources in those of all products
    #[arg(long, value_name = "NUMBER", env = "SECURITYHUB_LOCAL_SEED", default_value_t = 0)]
    pub(super) seed: u64,

    /// Time than which nothing is later, such as 2026-01-15T09:00:00Z; left out, it is the machine's
    #[arg(long, value_name = "TIME", env = "SECURITYHUB_LOCAL_NOW", value_parser = time)]
    pub(super) now: Option<Timestamp>,

    /// Send them as the private product of their account, which may import them itself
    #[arg(long, env = "SECURITYHUB_LOCAL_PRIVATE_PRODUCT", value_parser = FalseyValueParser::new())]
    pub(super) private_product: bool,

    /// How they are written
    #[arg(
        long,
        value_name = "FORM",
        env = "SECURITYHUB_LOCAL_FORMAT",
        value_enum,
        default_value_t = FindingsForm::Array
    )]
    pub(super) format: FindingsForm,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum FindingsForm {
    /// One JSON array
    Array,
    /// Bodies of BatchImportFindings, up to 100 findings of one account and Region a line
    Import,
    /// A finding a line
    Lines,
}

#[derive(Args)]
pub(super) struct CoverageArguments {
    /// Print JSON, for scripts
    #[arg(long, env = "SECURITYHUB_LOCAL_JSON", conflicts_with = "markdown")]
    pub(super) json: bool,
    /// Print the table of the README
    #[arg(long)]
    pub(super) markdown: bool,
}

#[derive(Args)]
pub(super) struct CheckArguments {
    /// Scenario files, YAML or JSON, in the order in which they are loaded
    #[arg(value_name = "FILE", required = true)]
    pub(super) files: Vec<PathBuf>,
    /// Print the mistakes as JSON, for scripts
    #[arg(long, env = "SECURITYHUB_LOCAL_JSON", value_parser = FalseyValueParser::new())]
    pub(super) json: bool,
}

#[cfg(test)]
mod tests {
    use clap::{CommandFactory, Parser};

    use super::{Cli, Command};

    #[test]
    fn the_command_line_definition_is_valid() {
        Cli::command().debug_assert();
    }

    #[test]
    fn every_setting_has_an_environment_variable() {
        let has_settings = |name: &str| {
            let of_organization = ["join", "move", "leave", "suspend", "reactivate", "close"];
            ["serve", "explain", "compliance", "events", "generate", "add", "accept", "list"].contains(&name)
                || of_organization.contains(&name)
        };
        let cli = Cli::command();
        let groups = ["members", "organization"].map(|name| cli.find_subcommand(name).unwrap());
        let of_groups = groups.iter().flat_map(|group| group.get_subcommands());
        for command in cli.get_subcommands().chain(of_groups).filter(|command| has_settings(command.get_name())) {
            for argument in command.get_arguments().filter(|argument| argument.get_id() != "help") {
                assert!(argument.get_env().is_some(), "--{}", argument.get_id());
            }
        }
    }

    #[test]
    fn accounts_are_validated_and_hosts_can_be_repeated() {
        assert!(Cli::try_parse_from(["x", "serve", "--default-account", "1"]).is_err());
        let Command::Serve(arguments) = Cli::parse_from(["x", "serve", "--host", "127.0.0.1,::1"]).command else {
            panic!()
        };
        assert_eq!(arguments.host.len(), 2);
    }
}
