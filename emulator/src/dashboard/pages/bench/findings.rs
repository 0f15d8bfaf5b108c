//! `Findings`: forms that generate findings and import pasted ones (DSH-101).

use askama::Template;
use http::Method;
use serde_json::{Value, json};

use super::typed::typed;
use crate::dashboard::answer;
use crate::dashboard::call::Call;
use crate::dashboard::failures::{self, Failure};
use crate::dashboard::forms::Form;
use crate::dashboard::messages::Message;
use crate::dashboard::page::{Context, Done, PageError, Section};
use crate::dashboard::select::{self, SelectOption};
use crate::dashboard::text;
use crate::dashboard::view;
use crate::generate::Product;

/// Maximum number of findings to generate.
const MOST: u64 = 10_000;
/// The word for all products.
const ALL: &str = "all";
/// Maximum length of a body in a shown call, in bytes.
const MAX_SHOWN: usize = 20_000;

#[derive(Template)]
#[template(path = "pages/bench/findings.html")]
struct Findings<'f> {
    token: &'f str,
    address: String,
    products: Vec<SelectOption>,
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
    let preview = generate_call(context, &product, number.parse().unwrap_or(100), &account);
    let products = [ALL].into_iter().chain(Product::all().map(Product::name));
    let findings = Findings {
        token: &context.token,
        address: context.here(),
        products: select::options(products, &product),
        number: &number,
        account: &account,
        asff: typed(context, "import", "asff"),
        generate: context.shown(&[preview]),
        import: context.shown(&[import_call(json!([]))]),
    };
    Section::new(&findings, Vec::new())
}

fn generate_call(context: &Context<'_>, product: &str, count: u64, account: &str) -> Call {
    let region = context.view.region.as_str();
    let body = json!({ "Product": product, "Count": count, "Account": account, "Region": region });
    Call::control(&Method::POST, "/_emulator/findings/generate", body, "")
}

fn import_call(findings: Value) -> Call {
    Call::control(&Method::POST, "/_emulator/findings", findings, "")
}

/// Generates findings.
pub(super) fn generate(context: &Context<'_>, form: &Form) -> Result<Done, PageError> {
    let (number, account) = (form.field("number").trim(), form.field("account").trim());
    let count = number.replace(',', "").parse::<u64>().ok().filter(|count| (1..=MOST).contains(count));
    let Some(count) = count else {
        return Err(PageError::Invalid(format!("`Number` is `{number}`; expected a number from 1 to 10,000.")));
    };
    if account.is_empty() {
        return Err(PageError::Invalid("`In account` is empty; expected an account ID.".to_owned()));
    }
    let account = view::account(account).map_err(PageError::Invalid)?;
    let call = generate_call(context, form.field("product"), count, account.as_str());
    let answer = context.send(&call)?;
    Ok(done("generated", &answer, vec![call]))
}

/// Imports the findings of a text or a file.
pub(super) fn import(context: &Context<'_>, form: &Form) -> Result<Done, PageError> {
    let text = form.file("file").map_err(PageError::Invalid)?.unwrap_or_else(|| form.field("asff"));
    if text.trim().is_empty() {
        return Err(PageError::Invalid("Paste findings in ASFF, or choose a file.".to_owned()));
    }
    let findings: Value = serde_json::from_str(text)
        .map_err(|error| PageError::Invalid(format!("The findings are not valid JSON: {error}.")))?;
    if findings.is_null() {
        return Err(PageError::Invalid("The text is `null`; expected a finding or a list of findings.".to_owned()));
    }
    let call = import_call(findings);
    let answer = context.send(&call)?;
    let calls = if text.len() > MAX_SHOWN { Vec::new() } else { vec![call] };
    Ok(done("imported", &answer, calls))
}

/// The numbers of findings that were imported and that failed, with a table of the failures.
fn done(what: &str, answer: &Value, calls: Vec<Call>) -> Done {
    let number = |name: &str| text::number(answer[name].as_u64().unwrap_or_default());
    let text = format!("{} {what}, {} failed", number("SuccessCount"), number("FailedCount"));
    let failure =
        |failed: &Value| Failure::new(["Id", "ErrorCode", "ErrorMessage"].map(|name| answer::text(failed, name)));
    let failures: Vec<Failure<3>> = answer::list(answer, "FailedFindings").iter().map(failure).collect();
    let details = failures::table("Not imported", ["Finding", "Code", "Message"], &failures);
    Message { details, ..Message::new(text, calls) }.into()
}
