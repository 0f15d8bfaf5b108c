//! `Products`: the product integrations of a hub, their findings, and its custom actions (DSH-93).

use std::collections::{HashMap, HashSet};

use askama::Template;
use securityhub_fixtures::Operation;
use serde_json::{Map, Value, json};

use crate::dashboard::answer;
use crate::dashboard::call::Call;
use crate::dashboard::chips::Chip;
use crate::dashboard::custom_actions;
use crate::dashboard::forms::Form;
use crate::dashboard::messages::Message;
use crate::dashboard::page::{Content, Context, Count, Done, PageError};
use crate::dashboard::paging::Paging;
use crate::dashboard::select::SelectOption;
use crate::dashboard::text::{self, Time};
use crate::dashboard::view::Query;
use crate::domain::findings::products;

mod actions;
#[cfg(test)]
mod tests;

use actions::Actions;

/// Number of products on a page.
const ROWS: usize = 50;

#[derive(Template)]
#[template(path = "pages/products.html")]
struct Products<'p> {
    token: &'p str,
    /// The address of the view, to which forms are sent.
    here: String,
    /// The address of the page without filters.
    address: String,
    words: &'p str,
    choices: Vec<SelectOption>,
    is_filtered: bool,
    rows: Vec<Row>,
    shown: String,
    paging: String,
    actions: Actions,
}

struct Row {
    /// The id of the row's name.
    id: String,
    product: Product,
    enabled: &'static str,
    findings: Option<Count>,
    last_import: Option<Time>,
    /// The call of the button.
    preview: String,
}

/// A product of the catalogue.
#[derive(Clone)]
struct Product {
    arn: String,
    name: String,
    company: String,
    /// The ARN of the hub's subscription, if there is one.
    subscription: Option<String>,
}

/// The products that the query selects.
struct Selection<'q> {
    words: Vec<String>,
    enabled: Option<bool>,
    text: &'q str,
}

/// Shows the page.
pub fn show(context: &Context<'_>) -> Result<Content, PageError> {
    let selection = Selection::read(&context.view.query)?;
    let products = all(context)?;
    let counts = counts(context);
    let mut selected: Vec<Product> = products.into_iter().filter(|product| selection.has(product)).collect();
    let findings = |product: &Product| counts.as_ref().and_then(|counts| counts.get(&product.arn)).copied();
    selected.sort_by_cached_key(|product| {
        let findings = std::cmp::Reverse(findings(product).unwrap_or_default());
        (findings, product.subscription.is_none(), product.company.clone(), product.name.clone())
    });
    let paging = Paging::of(context, selected.len(), ROWS, ["product", "products"])?;
    let shown = selected.get(paging.range.clone()).unwrap_or_default();
    let number = |product: &Product| counts.as_ref().map(|_| findings(product).unwrap_or_default());
    let page = Products {
        token: &context.token,
        here: context.here(),
        address: context.link("products", Query::default()),
        words: selection.text,
        choices: choices(selection.enabled),
        is_filtered: selection.enabled.is_some() || !selection.words.is_empty(),
        rows: (0..).zip(shown).map(|(row, product)| self::row(context, row, product, number(product))).collect(),
        shown: paging.shown.clone(),
        paging: paging.html(),
        actions: Actions::of(context)?,
    };
    Ok(Content::new("Products", &page, calls(counts.is_some())))
}

/// Carries out the action of a form of the page.
pub fn act(context: &Context<'_>, form: &Form) -> Result<Done, PageError> {
    let (product, name) = (form.field("product"), form.field("name"));
    match form.field("action") {
        "enable" => {
            let call = enable_call(product);
            context.send(&call)?;
            Ok(Message::new(format!("1 changed, 0 refused: {name} is enabled."), vec![call]).into())
        }
        "disable" => {
            let call = disable_call(form.field("subscription"));
            context.send(&call)?;
            Ok(Message::new(format!("1 changed, 0 refused: {name} is disabled."), vec![call]).into())
        }
        other => actions::act(context, form, other),
    }
}

impl Selection<'_> {
    fn read(query: &Query) -> Result<Selection<'_>, PageError> {
        let text = query.first("q").unwrap_or_default();
        let enabled = match query.first("enabled").unwrap_or_default() {
            "" => None,
            "yes" | "true" => Some(true),
            "no" | "false" => Some(false),
            other => {
                let other: String = other.chars().take(40).collect();
                return Err(PageError::Invalid(format!(
                    "`{other}` is not a value of `enabled` (expected `yes` or `no`)."
                )));
            }
        };
        Ok(Selection { words: text.to_lowercase().split_whitespace().map(str::to_owned).collect(), enabled, text })
    }

    fn has(&self, product: &Product) -> bool {
        let text = format!("{} {} {}", product.name, product.company, product.arn).to_lowercase();
        self.enabled.is_none_or(|enabled| enabled == product.subscription.is_some())
            && self.words.iter().all(|word| text.contains(word.as_str()))
    }
}

/// The options of the field `Enabled`.
fn choices(enabled: Option<bool>) -> Vec<SelectOption> {
    let selected = enabled.map(text::yes_no).unwrap_or_default();
    [("", "All"), ("yes", "yes"), ("no", "no")].map(|(value, text)| SelectOption::new(value, text, selected)).into()
}

/// The products of the catalogue, with the subscriptions of the hub.
fn all(context: &Context<'_>) -> Result<Vec<Product>, PageError> {
    let all = context.read_all(Operation::DescribeProducts, &json!({ "MaxResults": 100 }), "Products")?;
    let enabled = context.read_all(
        Operation::ListEnabledProductsForImport,
        &json!({ "MaxResults": 100 }),
        "ProductSubscriptions",
    )?;
    let hub = context.view.hub_key();
    let enabled: HashSet<&str> = enabled.iter().filter_map(Value::as_str).collect();
    let product = |value: &Value| {
        let text = |name: &str| answer::text(value, name).to_owned();
        let arn = text("ProductArn");
        let subscription = arn.split_once(":product/").map(|(_, name)| products::subscription_arn(&hub, name));
        let subscription = subscription.filter(|subscription| enabled.contains(subscription.as_str()));
        Product { arn, name: text("ProductName"), company: text("CompanyName"), subscription }
    };
    Ok(all.iter().map(product).collect())
}

/// The number of findings of each product, by its ARN; `None` if the account may not read findings.
fn counts(context: &Context<'_>) -> Option<HashMap<String, u64>> {
    context.count(|counter| counter.by(&Map::new(), "ProductArn")).ok()
}

fn row(context: &Context<'_>, row: usize, product: &Product, findings: Option<u64>) -> Row {
    let chip = Chip::equals("ProductArn", &product.arn);
    let call = match &product.subscription {
        Some(subscription) => disable_call(subscription),
        None => enable_call(&product.arn),
    };
    Row {
        id: format!("product-{row}"),
        product: product.clone(),
        enabled: text::yes_no(product.subscription.is_some()),
        findings: findings.map(|number| context.counted(number, &[chip])),
        last_import: findings.filter(|number| *number > 0).and_then(|_| last_import(context, &product.arn)),
        preview: context.shown(&[call]),
    }
}

/// The time at which Security Hub processed the finding of a product that was updated last.
fn last_import(context: &Context<'_>, arn: &str) -> Option<Time> {
    let input = json!({
        "Filters": { "ProductArn": [{ "Value": arn, "Comparison": "EQUALS" }] },
        "SortCriteria": [{ "Field": "UpdatedAt", "SortOrder": "desc" }],
        "MaxResults": 1,
    });
    let answer = context.read(Operation::GetFindings, &input).ok()?;
    let finding = &answer["Findings"][0];
    let time = finding["ProcessedAt"].as_str().or_else(|| finding["UpdatedAt"].as_str());
    time.and_then(Time::parse)
}

fn enable_call(product: &str) -> Call {
    Call::api(Operation::EnableImportFindingsForProduct, json!({ "ProductArn": product }))
}

fn disable_call(subscription: &str) -> Call {
    Call::api(Operation::DisableImportFindingsForProduct, json!({ "ProductSubscriptionArn": subscription }))
}

/// The calls that return what the page shows.
fn calls(has_findings: bool) -> Vec<Call> {
    let findings = has_findings.then(|| Call::api(Operation::GetFindings, json!({})).of("Findings, Last import"));
    let products = Call::api(Operation::DescribeProducts, json!({})).of("Product, Company");
    let enabled = Call::api(Operation::ListEnabledProductsForImport, json!({})).of("Enabled");
    [products, enabled].into_iter().chain(findings).chain([custom_actions::list_call()]).collect()
}
