//! `Fidelity`: the rules about the behavior of Security Hub with their evidence and tests, and the coverage of
//! operations (DSH-105).

use askama::Template;
use http::Method;
use serde_json::Value;

use crate::dashboard::call::Call;
use crate::dashboard::page::{Content, Context, PageError};
use crate::dashboard::paging::Paging;
use crate::dashboard::select::SelectOption;
use crate::dashboard::text;
use crate::dashboard::view::Query;
use crate::fidelity::register::{self, NOT_MODELLED, Proof, Selection, TESTED};
use crate::fidelity::{self, OperationCoverage};

/// Number of rules on a page.
const ROWS: usize = 50;
/// Number of tests of a rule that are shown without opening the list of the others.
const TESTS: usize = 2;

#[derive(Template)]
#[template(path = "pages/fidelity.html")]
struct Fidelity<'f> {
    summary: String,
    address: String,
    chapters: Vec<SelectOption>,
    states: Vec<SelectOption>,
    words: &'f str,
    is_filtered: bool,
    rules: Vec<Row>,
    shown: String,
    paging: String,
    operations: Vec<Operation>,
    implemented: String,
}

struct Row {
    id: String,
    text: String,
    evidence: String,
    reason: String,
    first: Vec<Proof>,
    others: Vec<Proof>,
}

struct Operation {
    coverage: OperationCoverage,
    /// The address of the rule about its limit.
    address: String,
}

/// Shows the page.
pub fn show(context: &Context<'_>) -> Result<Content, PageError> {
    let field = |name: &str| context.view.query.first(name).unwrap_or_default();
    let (chapter, state, words) = (field("chapter"), field("state"), field("q"));
    let selection = Selection::read(chapter, state, words).map_err(|sentence| PageError::Invalid(sentence + "."))?;
    let rules: Vec<&register::Rule> = selection.rules().collect();
    let paging = Paging::of(context, rules.len(), ROWS, ["rule", "rules"])?;
    let operations = fidelity::operations();
    let implemented = operations.iter().filter(|operation| operation.behavior == "implemented").count();
    let page = Fidelity {
        summary: summary(),
        address: context.link("fidelity", Query::default()),
        chapters: chapters(chapter),
        states: states(state),
        words,
        is_filtered: [chapter, state, words].iter().any(|value| !value.is_empty()),
        rules: rules.get(paging.range.clone()).unwrap_or_default().iter().map(|rule| row(rule)).collect(),
        shown: paging.shown.clone(),
        paging: paging.html(),
        implemented: format!("{} operations, {implemented} of them implemented.", operations.len()),
        operations: operations.into_iter().map(|coverage| operation(context, coverage)).collect(),
    };
    Ok(Content::new("Fidelity", &page, vec![call(&[("chapter", chapter), ("state", state), ("q", words)])]))
}

/// `1,559 rules: 1,530 tested, 29 not modelled.`
fn summary() -> String {
    let rules = &register::all().rules;
    let tested = rules.iter().filter(|rule| rule.is_tested()).count();
    let [all, tested, others] = [rules.len(), tested, rules.len() - tested].map(|count| text::number(count as u64));
    format!("{all} rules: {tested} tested, {others} not modelled.")
}

fn chapters(selected: &str) -> Vec<SelectOption> {
    let selected = selected.trim().to_ascii_uppercase();
    let chapter = |chapter: &register::Chapter| {
        let text = format!("{}: {} ({})", chapter.prefix, chapter.title, chapter.rules);
        SelectOption::new(&chapter.prefix, &text, &selected)
    };
    let all = SelectOption::new("", "All chapters", &selected);
    [all].into_iter().chain(register::all().chapters.iter().map(chapter)).collect()
}

fn states(selected: &str) -> Vec<SelectOption> {
    let selected = selected.trim().replace(['-', '_'], " ").to_ascii_lowercase();
    let texts = [("", "All states"), (TESTED, TESTED), (NOT_MODELLED, NOT_MODELLED)];
    texts.map(|(value, text)| SelectOption::new(value, text, &selected)).into()
}

fn row(rule: &register::Rule) -> Row {
    // A single further test takes no more space than the summary of a list.
    let shown = if rule.tests.len() <= TESTS + 1 { rule.tests.len() } else { TESTS };
    let (first, others) = rule.tests.split_at_checked(shown).unwrap_or_default();
    Row {
        id: rule.id.clone(),
        text: rule.text.clone(),
        evidence: rule.evidence.clone(),
        reason: rule.reason.clone(),
        first: first.to_vec(),
        others: others.to_vec(),
    }
}

fn operation(context: &Context<'_>, coverage: OperationCoverage) -> Operation {
    let rule = coverage.rule.as_deref().unwrap_or_default();
    let address = context.link("fidelity", Query::default().and("q", rule));
    Operation { coverage, address }
}

/// The call that lists the selected rules and all operations.
fn call(fields: &[(&str, &str)]) -> Call {
    let given = fields.iter().filter(|(_, value)| !value.trim().is_empty());
    let query = given.fold(Query::default(), |query, (name, value)| query.and(name, value));
    Call::control(&Method::GET, &format!("/_emulator/fidelity{}", query.text()), Value::Null, "")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dashboard::view::View;
    use crate::service::{Service, Settings};
    use crate::state::Region;
    use crate::testing::{MEMBER, REGION, id};

    fn shown(query: &str) -> Result<Content, PageError> {
        let service = Service::new(Settings::default(), None).unwrap();
        let view = View::of(id(MEMBER), Region::new(REGION)).to("fidelity", Query::parse(query));
        show(&Context::new(&service, &view, String::new(), "http://x".to_owned()))
    }

    /// Rules: DSH-105.
    #[test]
    fn rules_and_operations_are_listed() {
        let page = shown("").unwrap();
        let rules = register::all().rules.len();
        assert!(page.body.contains(&format!("1–50 of {} rules", text::number(rules as u64))), "{}", page.body);
        assert!(page.body.contains(">ERR-01<") && !page.body.contains(">TAG-01<"), "{}", page.body);
        assert!(page.body.contains("with <code>Message</code> and <code>Code</code>;"), "{}", page.body);
        for operation in securityhub_fixtures::Operation::ALL {
            assert!(page.body.contains(&format!("<th scope=\"row\">{}</th>", operation.name())), "{}", page.body);
        }
        assert!(page.body.contains("126 operations, 126 of them implemented."), "{}", page.body);
        let page = shown("chapter=hub&state=tested&q=hub-14").unwrap();
        assert!(page.body.contains("1 rule<") && page.body.contains("HUB-14"), "{}", page.body);
        assert!(page.body.contains("operations_on_a_disabled_hub_are_refused"), "{}", page.body);
        assert!(page.body.contains("<option value=\"HUB\" selected=\"selected\">"), "{}", page.body);
        let page = shown("state=not%20modelled").unwrap();
        assert!(page.body.contains("not modelled: "), "{}", page.body);
    }

    /// Rules: DSH-105.
    #[test]
    fn a_selection_without_rules_offers_all_rules() {
        let page = shown("q=no+rule+says+this").unwrap();
        assert!(page.body.contains("No rules match these filters"), "{}", page.body);
        assert!(page.body.contains("/fidelity\">All rules</a>"), "{}", page.body);
        for (query, word) in [("chapter=x", "`X`"), ("state=%3Cscript%3E", "`<script>`"), ("page=x", "`x`")] {
            let Err(PageError::Invalid(sentence)) = shown(query) else { panic!("{query}") };
            assert!(sentence.contains(word) && sentence.ends_with('.'), "{sentence}");
        }
        assert!(matches!(shown("page=99"), Err(PageError::NotFound { .. })));
    }

    /// Rules: DSH-35, DSH-36, DSH-105.
    #[test]
    fn the_call_has_the_filters_of_the_page() {
        let view = View::of(id(MEMBER), Region::new(REGION));
        let call = call(&[("chapter", "HUB"), ("state", ""), ("q", "it's a hub")]);
        let [(_, command), _, (_, curl)] = call.shown(&view, "http://x").clients;
        assert!(command.ends_with("call GET '/_emulator/fidelity?chapter=HUB&q=it%27s%20a%20hub'"), "{command}");
        assert_eq!(curl, "curl 'http://x/_emulator/fidelity?chapter=HUB&q=it%27s%20a%20hub'");
    }
}
