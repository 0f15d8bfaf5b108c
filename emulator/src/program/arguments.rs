//! Arguments shared by several commands: the emulator to connect to, and the account and Region to query as.

use clap::Args;
use clap::builder::FalseyValueParser;

use super::values::{account, region};
use crate::state::{AccountId, Region};

/// A running emulator, and the form of what it answers.
#[derive(Args)]
pub(super) struct Remote {
    /// URL of the running emulator
    #[arg(long, value_name = "URL", env = "SECURITYHUB_LOCAL_URL", default_value = "http://127.0.0.1:4600")]
    pub(super) url: String,

    /// Print JSON
    #[arg(long, env = "SECURITYHUB_LOCAL_JSON", value_parser = FalseyValueParser::new())]
    pub(super) json: bool,
}

/// The account and the Region of a call.
#[derive(Args)]
pub(super) struct Caller {
    /// Account that calls the API
    #[arg(
        long,
        value_name = "ACCOUNT",
        env = "SECURITYHUB_LOCAL_ACCOUNT",
        default_value = "111111111111",
        value_parser = account
    )]
    pub(super) account: AccountId,

    /// Region of the call; a home Region includes the linked Regions
    #[arg(
        long,
        value_name = "REGION",
        env = "SECURITYHUB_LOCAL_REGION",
        default_value = "us-east-1",
        value_parser = region
    )]
    pub(super) region: Region,
}
