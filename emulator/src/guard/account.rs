//! Accounts of tests: fresh IDs, hubs, and the settings of clients that call as an account.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicU64, Ordering};

#[cfg(feature = "aws-sdk")]
use aws_credential_types::{Credentials, provider::SharedCredentialsProvider};
#[cfg(feature = "aws-sdk")]
use aws_smithy_runtime_api::client::behavior_version::BehaviorVersion;
#[cfg(feature = "aws-sdk")]
use aws_types::{SdkConfig, region::Region};
use http::Method;
use serde_json::json;

use super::Emulator;
use super::control_plane::call;
use crate::control;
use crate::control::scenario::Loaded;
use crate::service::Service;
use crate::state::{AccountId, Relations};

/// The secret access key of all accounts. Signatures are only verified with [`Builder::verify_signatures`].
///
/// [`Builder::verify_signatures`]: crate::Builder::verify_signatures
const SECRET: &str = "x";
/// The ID before the first fresh one. No shipped scenario has accounts above it.
const BEFORE_FRESH: u64 = 700_000_000_000;

/// An account of an emulator ([`Emulator::account`]).
#[derive(Clone)]
pub struct Account {
    service: Service,
    address: SocketAddr,
    id: AccountId,
}

/// The number of accounts that were handed out.
#[derive(Debug, Default)]
pub(super) struct FreshAccounts(AtomicU64);

impl Emulator {
    /// Returns an account that no earlier call has returned and that the state does not contain, so that tests which
    /// share an emulator do not affect each other. Security Hub is not enabled in it. An emulator returns the same
    /// accounts in each run.
    ///
    /// ```
    /// # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
    /// let emulator = securityhub_local::Emulator::start().await?;
    /// let (first, second) = (emulator.account(), emulator.account());
    /// assert_ne!(first.id(), second.id());
    /// # Ok::<(), securityhub_local::StartError>(()) }).unwrap();
    /// ```
    pub fn account(&self) -> Account {
        let relations = self.service.world().relations();
        loop {
            let number = BEFORE_FRESH + 1 + self.fresh_accounts.0.fetch_add(1, Ordering::Relaxed);
            match AccountId::parse(&number.to_string()) {
                Some(id) if !is_used(&relations, id) => return self.account_of(id),
                _ => {}
            }
        }
    }

    /// Returns the account with an ID, such as one of the scenario. Any ID of 12 digits can be used.
    ///
    /// # Errors
    /// 400 if the ID does not have 12 digits.
    pub fn account_by_id(&self, id: &str) -> Result<Account, control::Error> {
        let message = || format!("`{id}` is not a valid account ID (expected 12 digits)");
        AccountId::parse(id).map(|id| self.account_of(id)).ok_or_else(|| control::Error {
            status: 400,
            body: json!({ "Message": message() }),
            message: message(),
        })
    }

    fn account_of(&self, id: AccountId) -> Account {
        Account { service: self.service.clone(), address: self.address, id }
    }
}

/// Returns whether an account has a hub or a relation to another account.
fn is_used(relations: &Relations, id: AccountId) -> bool {
    let directory = relations.directory();
    directory.accounts.contains_key(&id)
        || directory.is_in_organization(id)
        || directory.members.values().any(|members| members.contains_key(&id))
        || directory.credentials.values().any(|credential| credential.principal.account == id)
        || relations.hub_keys().iter().any(|key| key.account == id)
        || relations.enabled_hubs_v2().any(|key| key.account == id)
}

impl Account {
    /// The ID, 12 digits.
    pub fn id(&self) -> &str {
        self.id.as_str()
    }

    /// Enables Security Hub in Regions, without standards and without a recorded call. A reset disables it again.
    ///
    /// ```
    /// # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
    /// let emulator = securityhub_local::Emulator::start().await?;
    /// let account = emulator.account();
    /// account.enable(&["us-east-1", "eu-west-1"]).await?;
    /// # Ok::<(), Box<dyn std::error::Error>>(()) }).unwrap();
    /// ```
    ///
    /// # Errors
    /// 400 without a Region, or if neither AWS nor the scenario has it.
    pub async fn enable(&self, regions: &[&str]) -> Result<(), control::Error> {
        let hubs = json!({ "hubs": [{ "account": self.id(), "regions": regions }] });
        let body = hubs.to_string().into();
        call::<Loaded>(&self.service, Method::PUT, "/_emulator/scenario?mode=add", body).await.map(|_| ())
    }

    /// The environment variables for a program that calls as this account in a Region, such as one that a test starts.
    ///
    /// ```
    /// # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
    /// let emulator = securityhub_local::Emulator::start().await?;
    /// let mut command = std::process::Command::new("aws");
    /// command.args(["securityhub", "describe-hub"]).envs(emulator.account().env("us-east-1"));
    /// # Ok::<(), securityhub_local::StartError>(()) }).unwrap();
    /// ```
    pub fn env(&self, region: &str) -> Vec<(&'static str, String)> {
        vec![
            ("AWS_ENDPOINT_URL_SECURITYHUB", self.endpoint()),
            ("AWS_ACCESS_KEY_ID", self.id().to_owned()),
            ("AWS_SECRET_ACCESS_KEY", SECRET.to_owned()),
            ("AWS_REGION", region.to_owned()),
            ("AWS_DEFAULT_REGION", region.to_owned()),
            ("AWS_EC2_METADATA_DISABLED", "true".to_owned()),
        ]
    }

    /// The credentials of the account.
    #[cfg(feature = "aws-sdk")]
    pub fn credentials(&self) -> Credentials {
        Credentials::new(self.id(), SECRET, None, None, "securityhub-local")
    }

    /// The configuration of clients of `aws-sdk-*` crates that call as this account in a Region, without a socket. Services
    /// that the emulator does not have are not available to these clients.
    ///
    /// ```
    /// # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
    /// let emulator = securityhub_local::Emulator::start().await?;
    /// let config = emulator.account().sdk_config("us-east-1");
    /// // aws_sdk_securityhub::Client::new(&config)
    /// # drop(config);
    /// # Ok::<(), securityhub_local::StartError>(()) }).unwrap();
    /// ```
    #[cfg(feature = "aws-sdk")]
    pub fn sdk_config(&self, region: &str) -> SdkConfig {
        SdkConfig::builder()
            .behavior_version(BehaviorVersion::latest())
            .credentials_provider(SharedCredentialsProvider::new(self.credentials()))
            .endpoint_url(self.endpoint())
            .http_client(crate::connector::HttpClient::new(self.service.clone(), None))
            .region(Region::new(region.to_owned()))
            .build()
    }

    fn endpoint(&self) -> String {
        format!("http://{}", self.address)
    }
}

impl std::fmt::Debug for Account {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_tuple("Account").field(&self.id).finish()
    }
}
