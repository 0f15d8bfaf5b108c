//! `Overview`: the findings of an account by severity, product, account and time, the coverage of its accounts and
//! Regions, and its security scores (DSH-40 to DSH-43).

use askama::Template;
use securityhub_fixtures::Operation;
use serde_json::json;

use crate::dashboard::call::Call;
use crate::dashboard::chart::{self, Bar};
use crate::dashboard::chips::{self, Chip};
use crate::dashboard::page::{Content, Context, Count, PageError};
use crate::dashboard::text::{self, ABSENT, SEVERITIES};
use crate::dashboard::view::Query;
use crate::dashboard::{scores, timeline};
use crate::domain::arn;
use crate::domain::controls::scores::StandardScore;
use crate::state::{AccountId, timestamp_text};

mod coverage;
mod figures;

use coverage::Coverage;
use figures::Figures;

/// Maximum number of rows of a table.
const ROWS: usize = 20;

#[derive(Template)]
#[template(path = "pages/overview.html")]
struct Overview {
    is_empty: bool,
    bench: String,
    import: String,
    severities: Vec<Severity>,
    by_severity: String,
    products: Vec<Product>,
    more_products: Option<Count>,
    accounts: Vec<Account>,
    more_accounts: Option<Count>,
    timeline: Option<String>,
    coverage: Coverage,
    scores: Option<Scores>,
}

struct Severity {
    label: &'static str,
    counts: [Count; 3],
}

struct Product {
    name: String,
    severities: Vec<Count>,
    open: Count,
}

struct Account {
    number: String,
    name: String,
    counts: [Count; 4],
}

struct Scores {
    standards: Vec<Score>,
}

struct Score {
    name: String,
    text: String,
    percent: u64,
}

/// Findings that are active.
pub fn active() -> Chip {
    Chip::equals("RecordState", "ACTIVE")
}

/// Findings that are active and that nobody has resolved or suppressed.
pub fn open() -> Vec<Chip> {
    vec![active(), Chip::equals("WorkflowStatus", "NEW"), Chip::equals("WorkflowStatus", "NOTIFIED")]
}

/// Chips with more chips at their end.
fn and<const N: usize>(chips: &[Chip], more: [Chip; N]) -> Vec<Chip> {
    chips.iter().cloned().chain(more).collect()
}

/// Shows the page.
pub fn show(context: &Context<'_>) -> Result<Content, PageError> {
    let figures = Figures::count(context)?;
    let timeline =
        figures.over_time.as_ref().map(|over| timeline::write(context, over, Some(&[active()]), "UpdatedAt"));
    let products = figures.products();
    let accounts = figures.accounts();
    let more = |count: usize, group: &str| {
        let query = chips::query(&open()).and("group", group);
        (count > ROWS).then(|| Count { number: text::number(count as u64), address: context.link("findings", query) })
    };
    let (scores, score_call) = scores(context);
    let coverage = Coverage::of(context);
    let mut calls = vec![findings_call(context)];
    calls.extend(coverage.call(context));
    calls.extend(score_call);
    let page = Overview {
        is_empty: figures.all.is_empty(),
        bench: context.link("bench", Query::default()),
        import: context.shown(&[import_call(context)]),
        severities: severities(context, &figures),
        by_severity: severity_chart(&figures),
        more_products: more(products.len(), "ProductName"),
        products: products.iter().take(ROWS).map(|name| product(context, &figures, name)).collect(),
        more_accounts: more(accounts.len(), "account"),
        accounts: accounts.iter().take(ROWS).map(|account| of_account(context, &figures, account)).collect(),
        timeline,
        coverage,
        scores,
    };
    Ok(Content::new("Overview", &page, calls))
}

/// A call that imports a finding of the account's own product.
pub fn import_call(context: &Context<'_>) -> Call {
    let (account, region) = (context.view.account, &context.view.region);
    let now = timestamp_text(context.world.clock.now());
    let product = arn::product(region, account.as_str(), account.as_str(), "default");
    let finding = json!({
        "SchemaVersion": "2018-10-08",
        "Id": "first-finding",
        "ProductArn": product,
        "GeneratorId": "my-scanner",
        "AwsAccountId": account.as_str(),
        "Types": ["Software and Configuration Checks"],
        "CreatedAt": now,
        "UpdatedAt": now,
        "Severity": { "Label": "HIGH" },
        "Title": "My first finding",
        "Description": "Imported with a call that the dashboard has shown.",
        "Resources": [{ "Type": "Other", "Id": "my-resource" }],
    });
    Call::api(Operation::BatchImportFindings, json!({ "Findings": [finding] }))
}

/// The call whose findings the tables count.
fn findings_call(context: &Context<'_>) -> Call {
    let filters = chips::filters(context.world.schema(), &open()).unwrap_or_default();
    let call = Call::api(Operation::GetFindings, json!({ "Filters": filters, "MaxResults": 100 }));
    call.of("Open findings, 100 per page. Each number links to a page that shows those findings and the call for them")
}

fn severities(context: &Context<'_>, figures: &Figures) -> Vec<Severity> {
    let severity = |label: &&'static str| {
        let chip = || Chip::equals("SeverityLabel", label);
        let counts = [
            context.counted(figures::of(&figures.open, label), &and(&open(), [chip()])),
            context.counted(figures::of(&figures.active, label), &[chip(), active()]),
            context.counted(figures::of(&figures.all, label), &[chip()]),
        ];
        Severity { label, counts }
    };
    SEVERITIES.iter().map(severity).collect()
}

fn severity_chart(figures: &Figures) -> String {
    let value = |label: &str| figures::of(&figures.open, label);
    let bar = |label: &&str| Bar {
        label: (*label).to_owned(),
        class: text::severity_class(label),
        value: value(label),
        text: text::number(value(label)),
    };
    let parts: Vec<String> = SEVERITIES.iter().map(|label| format!("{} {label}", text::number(value(label)))).collect();
    let sentence = format!("Open findings by severity: {}.", parts.join(", "));
    chart::bars(&sentence, &SEVERITIES.iter().map(bar).collect::<Vec<_>>())
}

fn product(context: &Context<'_>, figures: &Figures, name: &str) -> Product {
    let chip = || Chip::equals("ProductName", name);
    let severities = SEVERITIES.iter().zip(&figures.open_products).map(|(label, counts)| {
        let chips = and(&open(), [chip(), Chip::equals("SeverityLabel", label)]);
        context.counted(figures::of(counts, name), &chips)
    });
    Product {
        name: name.to_owned(),
        severities: severities.collect(),
        open: context.counted(figures.open_of_product(name), &and(&open(), [chip()])),
    }
}

fn of_account(context: &Context<'_>, figures: &Figures, number: &str) -> Account {
    let chip = || Chip::equals("AwsAccountId", number);
    let severe = [Chip::equals("SeverityLabel", "CRITICAL"), Chip::equals("SeverityLabel", "HIGH"), chip()];
    let counts = [
        context.counted(figures::of(&figures.account_open, number), &and(&open(), [chip()])),
        context.counted(figures::of(&figures.account_active, number), &[active(), chip()]),
        context.counted(figures::of(&figures.account_all, number), &[chip()]),
        context.counted(figures::of(&figures.account_severe, number), &and(&open(), severe)),
    ];
    let name = AccountId::parse(number).and_then(|account| context.name(account));
    Account { number: number.to_owned(), name: name.unwrap_or_else(|| ABSENT.to_owned()), counts }
}

/// The scores of the enabled standards, and the call that returns them.
fn scores(context: &Context<'_>) -> (Option<Scores>, Option<Call>) {
    let standards: Vec<Score> = scores::Scores::of(context).standards().into_iter().map(score).collect();
    if standards.is_empty() {
        return (None, None);
    }
    (Some(Scores { standards }), Some(scores::call(context, None).of("Security score")))
}

fn score(standard: StandardScore) -> Score {
    Score { name: standard.name, text: scores::percent(standard.score), percent: standard.score.unwrap_or_default() }
}

#[cfg(test)]
mod tests;
