//! The sentences of explanations.

use securityhub_engine::FieldKind;
use serde_json::Value;

use super::{ExplainedElement, ExplainedFilter, ExplainedFinding, ExplainedVisibility};
use crate::domain::caller::Caller;
use crate::domain::findings::visibility::Visibility;
use crate::domain::{hub_access, overview};
use crate::invariant::Invariant;
use crate::state::{Region, TableKey, World};

/// Maximum number of values in a sentence, and of characters of each.
const MAX_VALUES: usize = 5;
const MAX_CHARACTERS: usize = 80;

/// The reason why all calls of the caller are refused; `None` unless its account is suspended or closed.
pub(super) fn refusal(world: &World, caller: &Caller) -> Option<String> {
    let account = caller.account();
    let status = overview::out_of_use(&world.directory(), account)?;
    Some(format!("account {account} is {status}, so its calls are refused"))
}

/// The reason why all calls to GetFindings by the caller are refused; `None` if they are not.
pub(super) fn refusal_of_all(world: &World, caller: &Caller) -> Option<String> {
    let is_off = || !hub_access::is_enabled(world, &caller.hub_key());
    let off = || of_owner(caller, &caller.region, "", Some(Visibility::CallerIsOff));
    refusal(world, caller).or_else(|| is_off().then(off))
}

/// All findings in one line.
pub(super) fn of_all(
    world: &World,
    caller: &Caller,
    product_arn: Option<&str>,
    findings: &[ExplainedFinding],
) -> String {
    let refusal = if findings.is_empty() { refusal_of_all(world, caller) } else { refusal(world, caller) };
    if let Some(reason) = refusal {
        return format!("not returned: {reason}");
    }
    match findings {
        [] => {
            let product =
                product_arn.map(|product_arn| format!(" and the ProductArn {product_arn}")).unwrap_or_default();
            format!(
                "not returned: no finding with this Id{product} is stored, in {} or elsewhere; it was never imported, \
                 or it has expired",
                caller.region
            )
        }
        [finding] => finding.summary.clone(),
        findings => {
            let count = findings.len();
            match findings.iter().filter(|finding| finding.returned).count() {
                0 => format!("not returned: none of the {count} findings with this Id"),
                returned => format!("returned: {returned} of the {count} findings with this Id"),
            }
        }
    }
}

/// One finding in one line.
pub(super) fn of_finding(visibility: &ExplainedVisibility, filters: &[ExplainedFilter]) -> String {
    if !visibility.passes {
        return format!("not returned: {}", visibility.reason);
    }
    let mut failing = filters.iter().filter(|filter| !filter.passes);
    let Some(first) = failing.next() else {
        let filters = if filters.is_empty() { "no filter is given" } else { "every filter matches" };
        return format!("returned: the caller can see the finding and {filters}");
    };
    let others: Vec<&str> = failing.map(|filter| filter.name.as_str()).collect();
    let also = match others.len() {
        0 => String::new(),
        1 => format!("; {} does not match either", others.join("")),
        _ => format!("; {} do not match either", others.join(", ")),
    };
    format!("not returned: {} {}{also}", first.name, first.sentence())
}

/// The reason why the caller sees a finding or not.
pub(super) fn of_visibility(
    caller: &Caller,
    table: &TableKey,
    owner: &str,
    visibility: Option<Visibility>,
    is_hidden: bool,
) -> String {
    let (requested, region) = (&caller.region, &table.region);
    let reason = of_owner(caller, region, owner, visibility);
    if !visibility.is_some_and(Visibility::is_visible) {
        return reason;
    }
    match &table.origin {
        Some(origin) => format!("{reason}; it is a replica that remained here when {origin} was unlinked"),
        None if region == requested => reason,
        None if is_hidden => format!(
            "it was last changed before {region} was linked to {requested}; it becomes visible there with its next import or update"
        ),
        None => format!("{reason}; {region} is linked to {requested}"),
    }
}

/// The reason why the caller sees the findings of an owner in a Region or not.
fn of_owner(caller: &Caller, region: &Region, owner: &str, visibility: Option<Visibility>) -> String {
    let (account, requested) = (caller.account(), &caller.region);
    match visibility {
        Some(Visibility::Elsewhere) => format!("the finding is stored in {region}, but the call is to {requested}"),
        Some(Visibility::LinkedIsOff) => {
            format!("{region} is linked to {requested}, but Security Hub is not enabled for {account} in {region}")
        }
        Some(Visibility::Own) => format!("{account} owns the finding"),
        Some(Visibility::Member) => format!("{owner} is an enabled member of {account} in {region}"),
        Some(Visibility::CallerIsOff) => {
            format!(
                "Security Hub is not enabled for {account} in {requested}, so GetFindings returns InvalidAccessException"
            )
        }
        Some(Visibility::MemberIsOff) => {
            format!(
                "its owner {owner} is an enabled member of {account} in {region}, but Security Hub is not enabled for {owner}"
            )
        }
        Some(Visibility::NotEnabled(status)) => format!(
            "its owner {owner} is a member of {account} in {region} with the status {status:?}; only findings of \
             Enabled members are visible"
        ),
        Some(Visibility::Administrator) => format!(
            "its owner {owner} is the administrator of {account} in {region}; members cannot see the findings of \
             their administrator"
        ),
        Some(Visibility::NoMember) | None => format!("its owner {owner} is not a member of {account} in {region}"),
    }
}

/// The condition of an element. `condition` is the engine's text, which only has positive comparisons and resolved
/// dates.
pub(super) fn of_element(kind: FieldKind, element: &Value, requested: &str) -> String {
    let text = |name: &str| element.get(name).and_then(Value::as_str).unwrap_or_default();
    match (kind, element.get("DateRange")) {
        (FieldKind::String, _) => format!("{} {}", text("Comparison"), text("Value")),
        (FieldKind::Map, _) => format!("{} {} {}", text("Key"), text("Comparison"), text("Value")),
        (FieldKind::Boolean, _) if element.get("Value") == Some(&Value::Bool(false)) => "false or no value".to_owned(),
        (FieldKind::Date, Some(range)) => {
            let part = |name: &str| range.get(name).map(ToString::to_string).unwrap_or_default().replace('"', "");
            let comparison = range.get("Comparison").and_then(Value::as_str).unwrap_or("WITHIN");
            format!("{comparison} {} {} ({requested})", part("Value"), part("Unit"))
        }
        _ => requested.to_owned(),
    }
}

impl ExplainedFilter {
    /// The conditions of the deciding elements and the values of the finding: `requires PREFIX AwsIam; the finding has
    /// AwsS3Bucket`.
    pub fn sentence(&self) -> String {
        let deciding = self.elements.iter().filter(|element| element.decides);
        let (negative, positive): (Vec<_>, Vec<&ExplainedElement>) = deciding.partition(|element| element.negative);
        let positive: Vec<&str> = positive.iter().map(|element| element.condition.as_str()).collect();
        let negative = negative.iter().map(|element| element.condition.clone());
        let any = (!positive.is_empty()).then(|| positive.join(" or "));
        let requested: Vec<String> = any.into_iter().chain(negative).collect();
        format!("requires {}; the finding has {}", requested.join(" and "), self.has())
    }

    /// The values; of a map, only the entries whose keys the filter names, because these decide.
    fn has(&self) -> String {
        let keys = self.elements.iter().filter_map(|element| element.element.get("Key").and_then(Value::as_str));
        let keys: Vec<String> = keys.map(|key| format!("{key}=")).collect();
        let is_named = |value: &&String| keys.is_empty() || keys.iter().any(|key| value.starts_with(key.as_str()));
        let values: Vec<String> = self.values.iter().filter(is_named).map(|value| clipped(value)).collect();
        match values.len() {
            0 if self.values.is_empty() && self.name == "Keyword" => "no such text".to_owned(),
            0 if self.values.is_empty() => "no value".to_owned(),
            0 => "no entry with that key".to_owned(),
            count if count > MAX_VALUES => {
                let shown: Vec<String> = values.into_iter().take(MAX_VALUES).collect();
                format!("{} and {} more", shown.join(", "), count - MAX_VALUES)
            }
            _ => values.join(", "),
        }
    }
}

fn clipped(value: &str) -> String {
    match value.char_indices().nth(MAX_CHARACTERS) {
        Some((end, _)) => {
            format!("{}…", value.get(..end).or_report("a character begins at its index").unwrap_or_default())
        }
        None => value.to_owned(),
    }
}
