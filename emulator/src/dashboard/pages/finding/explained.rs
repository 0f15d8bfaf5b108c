//! `Explain`: who sees the finding, and why filters select it or not, in the words of `POST /_emulator/explain`
//! (DSH-65, DSH-69).

use askama::Template;
use http::Method;
use serde_json::{Map, Value, json};

use super::facts::cut;
use super::shown::{Reference, Shown, of_all_views};
use crate::dashboard::call::{Call, quoted};
use crate::dashboard::chips;
use crate::dashboard::page::{Content, Context, PageError, Section};
use crate::dashboard::template::html;
use crate::dashboard::text::{ABSENT, yes_no};
use crate::domain::findings::explain::{ExplainedFilter, ExplainedFinding, Explanation};
use crate::state::{AccountId, Region};

/// Maximum number of accounts and Regions in the table.
const VIEWERS: usize = 20;
/// Maximum number of findings that are explained on a page.
const FINDINGS: usize = 5;

/// The table `Who sees it`.
#[derive(Template)]
#[template(path = "pages/finding/viewers.html")]
struct Viewers {
    /// The finding that it is about, if several findings have tables.
    about: Option<String>,
    rows: Vec<Viewer>,
}

struct Viewer {
    account: String,
    name: Option<String>,
    region: String,
    address: Option<String>,
    sees: &'static str,
    why: String,
}

/// A filter with the values of the finding.
struct ComparedFilter {
    filter: String,
    asks: String,
    has: String,
    holds: &'static str,
}

#[derive(Template)]
#[template(path = "pages/finding/explain.html")]
struct Explain {
    viewers: String,
    action: String,
    pairs: Vec<(String, String)>,
    filters: String,
    summary: String,
    rows: Vec<ComparedFilter>,
}

/// The findings that fail the fewest filters, or some that match all of them.
#[derive(Template)]
#[template(path = "pages/finding/nearest.html")]
pub(super) struct Nearest {
    heading: &'static str,
    caption: &'static str,
    summary: String,
    rows: Vec<NearFinding>,
    pub(super) call: Call,
}

struct NearFinding {
    id: String,
    address: String,
    why: String,
}

impl Nearest {
    pub(super) fn html(&self) -> String {
        html(self)
    }
}

/// The subject of an explanation: the Id and the product of a finding, and filters.
struct Question<'q> {
    id: Option<&'q str>,
    product: Option<&'q str>,
    filters: &'q Value,
}

/// The call that explains to an account in a Region.
fn call(account: AccountId, region: &Region, question: &Question<'_>) -> Call {
    let Question { id, product, filters } = question;
    let mut body = json!({ "Account": account.as_str(), "Region": region.as_str(), "Filters": filters });
    let mut command = format!("explain --account {account} --region {region}");
    for (member, flag, value) in [("Id", "--id", id), ("ProductArn", "--product-arn", product)] {
        if let Some(value) = value {
            body[member] = (*value).into();
            command = format!("{command} \\\n  {flag} {}", quoted(value));
        }
    }
    if filters.as_object().is_some_and(|filters| !filters.is_empty()) {
        command = format!("{command} \\\n  --filters {}", quoted(&filters.to_string()));
    }
    Call::control(&Method::POST, "/_emulator/explain", body, &command)
}

fn explain(
    context: &Context<'_>,
    account: AccountId,
    region: &Region,
    question: &Question<'_>,
) -> Result<(Explanation, Call), PageError> {
    let call = call(account, region, question);
    let answer = context.fetch(&call)?;
    let empty = || Explanation {
        account: account.to_string(),
        region: region.to_string(),
        id: None,
        summary: String::new(),
        findings: Vec::new(),
    };
    Ok((serde_json::from_value(answer).unwrap_or_else(|_| empty()), call))
}

/// Shows the view.
pub(super) fn show(context: &Context<'_>, shown: &Shown) -> Result<Section, PageError> {
    let (account, region) = (context.view.account, &context.view.region);
    let (product, id) = (shown.product.as_str(), shown.id.as_str());
    let (text, filters) = filters(context);
    let (filters, mut alert) = match filters {
        Ok(filters) => (filters, None),
        Err(reason) => (json!({}), Some(reason)),
    };
    let question = |filters| Question { id: Some(id), product: Some(product), filters };
    let explained = match explain(context, account, region, &question(&filters)) {
        Ok(explained) => explained,
        Err(PageError::Refused { sentence, .. }) => {
            alert = Some(sentence);
            explain(context, account, region, &question(&json!({})))?
        }
        Err(other) => return Err(other),
    };
    let (explanation, call) = explained;
    let is_it = |finding: &&ExplainedFinding| finding.aws_account_id == shown.account;
    let finding = explanation.findings.iter().find(is_it);
    let viewers = viewers(context, (product, id), &shown.account, &shown.region, None)?;
    let pairs = of_all_views(context).without(chips::NAME).and("view", "explain");
    let page = Explain {
        viewers,
        action: context.view.path(),
        pairs: pairs.pairs().map(|(name, value)| (name.to_owned(), value.to_owned())).collect(),
        filters: text,
        summary: finding.map(|finding| finding.summary.clone()).unwrap_or_default(),
        rows: finding.map(|finding| finding.filters.iter().map(compared).collect()).unwrap_or_default(),
    };
    Ok(Section { alert, ..Section::new(&page, vec![call]) })
}

/// The filters of the query as text, and as JSON: those that were typed, or else the chips.
fn filters(context: &Context<'_>) -> (String, Result<Value, String>) {
    let query = &context.view.query;
    if let Some(typed) = query.first("filters") {
        if typed.trim().is_empty() {
            return (typed.to_owned(), Err("Enter the filters as a JSON object, or {} for no filters.".to_owned()));
        }
        let read = serde_json::from_str::<Value>(typed).map_err(|error| format!("The filters are not JSON: {error}."));
        let read = read.and_then(|value| match value {
            Value::Object(_) => Ok(value),
            _ => Err("The filters must be a JSON object.".to_owned()),
        });
        return (typed.to_owned(), read);
    }
    let read = chips::filters_of(query, context.world.schema());
    let text = |filters: &Map<String, Value>| format!("{:#}", Value::Object(filters.clone()));
    let shown = read.as_ref().map_or_else(|_| "{}".to_owned(), text);
    (shown, read.map(Value::Object))
}

fn compared(filter: &ExplainedFilter) -> ComparedFilter {
    let conditions = |negative: bool| {
        let elements = filter.elements.iter().filter(move |element| element.negative == negative);
        elements.map(|element| element.condition.clone()).collect::<Vec<_>>()
    };
    let any = Some(conditions(false).join(" or ")).filter(|any| !any.is_empty());
    let asks: Vec<String> = any.into_iter().chain(conditions(true)).collect();
    ComparedFilter {
        filter: filter.name.clone(),
        asks: cut(&asks.join(" and ")),
        has: if filter.values.is_empty() { ABSENT.to_owned() } else { cut(&filter.values.join(", ")) },
        holds: yes_no(filter.passes),
    }
}

/// The table `Who sees it` of a finding with a product and an Id.
fn viewers(
    context: &Context<'_>,
    (product, id): (&str, &str),
    owner: &str,
    region: &Region,
    about: Option<String>,
) -> Result<String, PageError> {
    let filters = json!({});
    let mut rows = Vec::new();
    for (account, viewed) in candidates(context, owner, region) {
        let question = Question { id: Some(id), product: Some(product), filters: &filters };
        let (explanation, _) = explain(context, account, &viewed, &question)?;
        let is_it = |finding: &&ExplainedFinding| finding.aws_account_id == owner && finding.region == region.as_str();
        let visibility = explanation.findings.iter().find(is_it).map(|finding| &finding.visibility);
        let sees = visibility.is_some_and(|visibility| visibility.passes);
        let view = context.view.seen_as(account, viewed.clone());
        let query = of_all_views(context).with("product", product).with("id", id).with("account", owner);
        rows.push(Viewer {
            account: account.to_string(),
            name: context.name(account),
            region: viewed.to_string(),
            address: sees.then(|| view.to("finding", query).address()),
            sees: yes_no(sees),
            why: visibility.map_or(explanation.summary, |visibility| visibility.reason.clone()),
        });
    }
    Ok(html(&Viewers { about, rows }))
}

/// The accounts and Regions that may see the findings of an owner in a Region, and those of which one may expect it: the
/// view, the owner, all accounts that have it as a member, the delegated administrator, and the home Regions of these.
fn candidates(context: &Context<'_>, owner: &str, region: &Region) -> Vec<(AccountId, Region)> {
    let directory = context.world.directory();
    let mut found: Vec<(AccountId, Region)> = vec![(context.view.account, context.view.region.clone())];
    let owner = AccountId::parse(owner);
    found.extend(owner.map(|owner| (owner, region.clone())));
    if let Some(owner) = owner {
        let enabled = directory.administrator(owner, region);
        let others = directory.records_of(owner, region).map(|(administrator, _)| administrator);
        found.extend(enabled.into_iter().chain(others).map(|administrator| (administrator, region.clone())));
        let organization = directory.organization.as_ref().filter(|organization| organization.contains(owner));
        let delegated = organization.and_then(|organization| organization.security_hub_administrators.get(region));
        found.extend(delegated.map(|delegated| (*delegated, region.clone())));
    }
    let home = |(account, _): &(AccountId, Region)| Some((*account, directory.home(*account, region)?.clone()));
    let homes: Vec<_> = found.iter().filter_map(home).collect();
    found.extend(homes);
    let mut seen = std::collections::HashSet::new();
    found.retain(|viewer| seen.insert(viewer.clone()));
    found.truncate(VIEWERS);
    found
}

#[derive(Template)]
#[template(path = "pages/finding/missing.html")]
struct Missing {
    summary: String,
    tables: Vec<String>,
    overview: String,
}

/// The page for a finding that the account does not see, with who does.
pub(super) fn missing(context: &Context<'_>, reference: &Reference<'_>) -> Result<Content, PageError> {
    let (account, region) = (context.view.account, &context.view.region);
    let product = Some(reference.product).filter(|product| !product.is_empty());
    let filters = json!({});
    let question = Question { id: Some(reference.id), product, filters: &filters };
    let (explanation, call) = explain(context, account, region, &question)?;
    let is_meant =
        |finding: &&ExplainedFinding| reference.account.is_empty() || finding.aws_account_id == reference.account;
    let findings: Vec<&ExplainedFinding> = explanation.findings.iter().filter(is_meant).take(FINDINGS).collect();
    let mut tables = Vec::new();
    for finding in &findings {
        let about = (findings.len() > 1).then(|| {
            format!(
                "Finding of account {} in {}, product {}",
                finding.aws_account_id, finding.region, finding.product_arn
            )
        });
        let key = (finding.product_arn.as_str(), finding.id.as_str());
        tables.push(viewers(context, key, &finding.aws_account_id, &Region::new(&finding.region), about)?);
    }
    let page = Missing {
        summary: explanation.summary,
        tables,
        overview: context.link("", crate::dashboard::view::Query::default()),
    };
    Ok(Content { is_missing: true, ..Content::new("Not found", &page, vec![call]) })
}

/// The findings that fail the fewest filters of the query, or the reason why the filters cannot be used.
pub(super) fn nearest(context: &Context<'_>) -> (Option<Nearest>, Option<String>) {
    let filters = match filters(context).1 {
        Ok(filters) => filters,
        Err(reason) => return (None, Some(reason)),
    };
    let question = Question { id: None, product: None, filters: &filters };
    let (explanation, call) = match explain(context, context.view.account, &context.view.region, &question) {
        Ok(explained) => explained,
        Err(PageError::Refused { sentence, .. }) => return (None, Some(sentence)),
        Err(_) => return (None, None),
    };
    let row = |finding: &ExplainedFinding| {
        let query = of_all_views(context).without("product").without("id").without("account");
        let query = query.and("product", &finding.product_arn).and("id", &finding.id);
        let query = query.and("account", &finding.aws_account_id).and("view", "explain");
        let typed = context.view.query.first("filters").into_iter();
        let query = typed.fold(query, |query, filters| query.and("filters", filters));
        NearFinding { id: finding.id.clone(), address: context.link("finding", query), why: finding.summary.clone() }
    };
    let rows = explanation.findings.iter().map(row).collect();
    let (heading, caption) = if explanation.findings.iter().any(|finding| finding.returned) {
        ("Matching findings", "Findings that match all filters")
    } else {
        ("Nearest findings", "Findings that fail the fewest filters")
    };
    (Some(Nearest { heading, caption, summary: explanation.summary, rows, call: call.of(caption) }), None)
}
