//! Accounts that a configuration policy governs: what they cannot change is shown as text (DSH-83).

use super::page::Context;
use crate::domain::governance;

/// The policy that governs the account of a view.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Governed {
    /// Its name, such as `the configuration policy baseline`.
    pub policy: String,
    /// The account that can change it, for a sentence.
    pub by: String,
}

impl Governed {
    /// The policy; `None` if the account manages itself.
    pub fn of(context: &Context<'_>) -> Option<Governed> {
        let directory = context.world.directory();
        let key = context.view.hub_key();
        if !governance::is_managed(&directory, &key) {
            return None;
        }
        let policy = governance::policy(&directory, &key);
        let named = |name: &str| format!("the configuration policy {name}");
        let central = directory.organization.as_ref().and_then(|organization| organization.central.as_ref());
        Some(Governed {
            policy: policy.map_or_else(|| "a configuration policy".to_owned(), |policy| named(&policy.name)),
            by: central.map_or_else(
                || "the administrator of the organization".to_owned(),
                |central| format!("{} in {}", central.administrator, central.home),
            ),
        })
    }

    /// The policy that prevents the account from enabling its hub.
    pub fn of_hub(context: &Context<'_>) -> Option<Governed> {
        let may_enable = governance::is_failed_management_account(&context.world.directory(), context.view.account);
        Governed::of(context).filter(|_| !may_enable)
    }

    /// A sentence about these settings, such as `The standards of this account`.
    pub fn sentence(&self, settings: &str) -> String {
        format!("{settings} are set by {}. Only {} can change them.", self.policy, self.by)
    }
}
