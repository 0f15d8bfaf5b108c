//! The operations whose items can fail one by one: the position of the items in the input, and the form of failed items
//! in the answer (CPL-38).

use securityhub_fixtures::Operation;
use serde_json::{Map, Value, json};

/// An operation on a list of items.
#[derive(Debug)]
pub(super) struct Batch {
    pub(super) operation: Operation,
    /// The lists of items in the input.
    pub(super) lists: &'static [List],
    /// The list of failed items in the answer.
    pub(super) failed: &'static str,
    /// The code of failed items if the rule does not set one.
    pub(super) code: DefaultCode,
    /// The member of a failed item that contains the message.
    pub(super) message: &'static str,
    /// For an operation that refuses an empty list of items: the member with the successful items in the answer. If all
    /// items fail, the operation is not called.
    pub(super) refuses_empty: Option<&'static str>,
    /// True if the answer has the members `FailedCount` and `SuccessCount`.
    pub(super) has_counts: bool,
}

/// The default code of a failed item.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum DefaultCode {
    /// A string.
    Text(&'static str),
    /// A number.
    Number(u16),
    /// Failed items have a message but no code.
    None,
}

/// A list of items in an input.
#[derive(Debug)]
pub(super) struct List {
    pub(super) name: &'static str,
    /// The position of the ID in an item.
    pub(super) id: Id,
    /// The member of a failed item in the answer that identifies the item.
    pub(super) reported_as: &'static str,
    /// True if that member contains the whole item rather than its ID.
    pub(super) is_reported_whole: bool,
}

/// The position of the ID in an item.
#[derive(Clone, Copy, Debug)]
pub(super) enum Id {
    /// The whole item is the ID.
    Item,
    /// The ID is in this member.
    Member(&'static str),
    /// The ID is in the only member of `Target`.
    Target,
}

impl Id {
    /// The ID of an item.
    pub(super) fn of(self, item: &Value) -> &str {
        let value = match self {
            Id::Item => Some(item),
            Id::Member(name) => item.get(name),
            Id::Target => item.get("Target").and_then(Value::as_object).and_then(|target| target.values().next()),
        };
        value.and_then(Value::as_str).unwrap_or_default()
    }
}

impl Batch {
    /// The description of an operation; `None` for an operation without items that can fail.
    pub(super) fn of(operation: Operation) -> Option<&'static Batch> {
        BATCHES.iter().find(|batch| batch.operation == operation)
    }

    /// The first list in an input that is not empty, and its items.
    pub(super) fn items<'i>(&self, input: &'i Value) -> Option<(&'static List, &'i Vec<Value>)> {
        let lists = self.lists.iter();
        let mut given = lists.filter_map(|list| Some((list, input.get(list.name)?.as_array()?)));
        given.find(|(_, items)| !items.is_empty())
    }

    /// The answer to a call whose items all fail, before the items are added; `None` if the operation accepts an empty
    /// list.
    pub(super) fn answer_without_items(&self) -> Option<Map<String, Value>> {
        let succeeded = self.refuses_empty?;
        let Value::Object(answer) = (if self.has_counts {
            json!({ "FailedCount": 0, "SuccessCount": 0, self.failed: [] })
        } else {
            json!({ succeeded: [], self.failed: [] })
        }) else {
            return None;
        };
        Some(answer)
    }
}

const fn by_id(name: &'static str, id: Id, reported_as: &'static str) -> List {
    List { name, id, reported_as, is_reported_whole: false }
}

const fn whole(name: &'static str, id: Id, reported_as: &'static str) -> List {
    List { name, id, reported_as, is_reported_whole: true }
}

const fn batch(operation: Operation, lists: &'static [List], failed: &'static str, code: DefaultCode) -> Batch {
    Batch { operation, lists, failed, code, message: "ErrorMessage", refuses_empty: None, has_counts: false }
}

/// An operation on automation rules.
const fn rules(operation: Operation, lists: &'static [List]) -> Batch {
    batch(operation, lists, "UnprocessedAutomationRules", DefaultCode::Number(500))
}

/// An operation on controls.
const fn controls(operation: Operation, lists: &'static [List], failed: &'static str) -> Batch {
    Batch { message: "ErrorReason", ..batch(operation, lists, failed, DefaultCode::Text("RESOURCE_NOT_FOUND")) }
}

/// An operation on accounts.
const fn accounts(operation: Operation, lists: &'static [List]) -> Batch {
    Batch { message: "ProcessingResult", ..batch(operation, lists, "UnprocessedAccounts", DefaultCode::None) }
}

const RULE_ARNS: &[List] = &[by_id("AutomationRulesArns", Id::Item, "RuleArn")];
const ACCOUNT_IDS: &[List] = &[by_id("AccountIds", Id::Item, "AccountId")];
const CONTROL: Id = Id::Member("SecurityControlId");

/// All batch operations whose items can fail.
pub(super) static BATCHES: [Batch; 16] = [
    Batch {
        refuses_empty: Some("SuccessCount"),
        has_counts: true,
        ..batch(
            Operation::BatchImportFindings,
            &[by_id("Findings", Id::Member("Id"), "Id")],
            "FailedFindings",
            DefaultCode::Text("InvalidInput"),
        )
    },
    batch(
        Operation::BatchUpdateFindings,
        &[whole("FindingIdentifiers", Id::Member("Id"), "FindingIdentifier")],
        "UnprocessedFindings",
        DefaultCode::Text("FindingNotFound"),
    ),
    Batch {
        refuses_empty: Some("ProcessedFindings"),
        ..batch(
            Operation::BatchUpdateFindingsV2,
            &[
                by_id("MetadataUids", Id::Item, "MetadataUid"),
                whole("FindingIdentifiers", Id::Member("FindingInfoUid"), "FindingIdentifier"),
            ],
            "UnprocessedFindings",
            DefaultCode::Text("ResourceNotFoundException"),
        )
    },
    rules(Operation::BatchGetAutomationRules, RULE_ARNS),
    rules(Operation::BatchDeleteAutomationRules, RULE_ARNS),
    rules(
        Operation::BatchUpdateAutomationRules,
        &[by_id("UpdateAutomationRulesRequestItems", Id::Member("RuleArn"), "RuleArn")],
    ),
    controls(
        Operation::BatchGetSecurityControls,
        &[by_id("SecurityControlIds", Id::Item, "SecurityControlId")],
        "UnprocessedIds",
    ),
    controls(
        Operation::BatchGetStandardsControlAssociations,
        &[whole("StandardsControlAssociationIds", CONTROL, "StandardsControlAssociationId")],
        "UnprocessedAssociations",
    ),
    controls(
        Operation::BatchUpdateStandardsControlAssociations,
        &[whole("StandardsControlAssociationUpdates", CONTROL, "StandardsControlAssociationUpdate")],
        "UnprocessedAssociationUpdates",
    ),
    Batch {
        message: "ErrorReason",
        ..batch(
            Operation::BatchGetConfigurationPolicyAssociations,
            &[whole(
                "ConfigurationPolicyAssociationIdentifiers",
                Id::Target,
                "ConfigurationPolicyAssociationIdentifiers",
            )],
            "UnprocessedConfigurationPolicyAssociations",
            DefaultCode::Text("404"),
        )
    },
    accounts(Operation::CreateMembers, &[by_id("AccountDetails", Id::Member("AccountId"), "AccountId")]),
    accounts(Operation::InviteMembers, ACCOUNT_IDS),
    accounts(Operation::GetMembers, ACCOUNT_IDS),
    accounts(Operation::DeleteMembers, ACCOUNT_IDS),
    accounts(Operation::DeclineInvitations, ACCOUNT_IDS),
    accounts(Operation::DeleteInvitations, ACCOUNT_IDS),
];
