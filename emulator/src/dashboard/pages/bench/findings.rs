//! `Findings`: forms that generate findings and import pasted ones (DSH-101).

use askama::Template;
use http::Method;
use serde_json::{Value, json};

use super::section::{Section, typed};
use crate::dashboard::call::{self, Call};
use crate::dashboard::forms::Form;
use crate::dashboard::messages::Message;
use crate::dashboard::page::{Context, Done, PageError};
use crate::dashboard::template::html;
use crate::generate::Product;
use crate::state::AccountId;

const GENERATE: &str = "/_emulator/findings/generate";
const IMPORT: &str = "/_emulator/findings";
/// Maximum number of findings to generate.
const MOST: u64 = 10_000;
/// The word for all products.
const ALL: &str = "all";
/// Maximum number of failures in a table.
const FAILURES: usize = 100;
/// Maximum length of a body in a shown call, in bytes.
const MAX_SHOWN: usize = 20_000;

#[derive(Template)]
#[template(path = "pages/bench/findings.html")]
struct Findings<'f> {
    token: &'f str,
    address: String,
    products: Vec<(&'static str, bool)>,
    number: &'f str,
    account: &'f str,
    asff: &'f str,
    generate: String,
    import: String,
}

/// The section.
pub(super) fn section(context: &Context<'_>) -> Section {
    let own = context.view.account;
    let or = |value: &str, default: &str| if value.is_empty() { default.to_owned() } else { value.to_owned() };
    let product = or(typed(context, "generate", "product"), ALL);
    let (number, account) =
        (or(typed(context, "generate", "number"), "100"), or(typed(context, "generate", "account"), own.as_str()));
    let preview = generating(context, &product, number.parse().unwrap_or(100), &account);
    let products = [ALL].into_iter().chain(Product::all().map(Product::name));
    let findings = Findings {
        token: &context.token,
        address: context.view.address(),
        products: products.map(|name| (name, name == product)).collect(),
        number: &number,
        account: &account,
        asff: typed(context, "import", "asff"),
        generate: context.shown(&[preview]),
        import: context.shown(&[importing(json!([]))]),
    };
    Section::new(&findings, Vec::new())
}

/// The arguments of the command `call` for a body.
fn command(method: &str, path: &str, body: &Value) -> String {
    format!("call {method} {path} {}", call::quoted(&body.to_string()))
}

fn generating(context: &Context<'_>, product: &str, count: u64, account: &str) -> Call {
    let region = context.view.region.as_str();
    let body = json!({ "Product": product, "Count": count, "Account": account, "Region": region });
    let command = command("POST", GENERATE, &body);
    Call::control(&Method::POST, GENERATE, body, &command)
}

fn importing(findings: Value) -> Call {
    let command = command("POST", IMPORT, &findings);
    Call::control(&Method::POST, IMPORT, findings, &command)
}

/// Generates findings.
pub(super) fn generate(context: &Context<'_>, form: &Form) -> Result<Done, PageError> {
    let (number, account) = (form.field("number").trim(), form.field("account").trim());
    let count = number.replace(',', "").parse::<u64>().ok().filter(|count| (1..=MOST).contains(count));
    let Some(count) = count else {
        return Err(PageError::Invalid(format!("`Number` is `{number}`; expected a number from 1 to 10,000.")));
    };
    let Some(account) = AccountId::parse(account) else {
        return Err(PageError::Invalid(format!("`{account}` is not a valid account ID (expected 12 digits).")));
    };
    let call = generating(context, form.field("product"), count, account.as_str());
    let answer = context.send(&call)?;
    Ok(done("generated", &answer, vec![call]))
}

/// Imports the findings of a text or a file.
pub(super) fn import(context: &Context<'_>, form: &Form) -> Result<Done, PageError> {
    let file = form.file("file");
    let text = file.as_deref().unwrap_or_else(|| form.field("asff"));
    if text.trim().is_empty() {
        return Err(PageError::Invalid("Paste findings in ASFF, or choose a file.".to_owned()));
    }
    let findings: Value = serde_json::from_str(text)
        .map_err(|error| PageError::Invalid(format!("The findings are not valid JSON: {error}.")))?;
    let call = importing(findings);
    let answer = context.send(&call)?;
    let calls = if text.len() > MAX_SHOWN { Vec::new() } else { vec![call] };
    Ok(done("imported", &answer, calls))
}

#[derive(Template)]
#[template(path = "pages/bench/failures.html")]
struct Failures {
    rows: Vec<[String; 3]>,
    more: usize,
}

/// The numbers of findings that were imported and that failed, with a table of the failures.
fn done(what: &str, answer: &Value, calls: Vec<Call>) -> Done {
    let number = |name: &str| answer[name].as_u64().unwrap_or_default();
    let text = format!("{} {what}, {} failed", number("SuccessCount"), number("FailedCount"));
    let failed = answer["FailedFindings"].as_array().map(Vec::as_slice).unwrap_or_default();
    let cell = |failure: &Value, name: &str| failure[name].as_str().unwrap_or_default().to_owned();
    let row = |failure: &Value| ["Id", "ErrorCode", "ErrorMessage"].map(|name| cell(failure, name));
    let rows = failed.iter().take(FAILURES).map(row).collect();
    let failures = Failures { rows, more: failed.len().saturating_sub(FAILURES) };
    let details = if failed.is_empty() { String::new() } else { html(&failures) };
    Message { details, ..Message::new(text, calls) }.into()
}
