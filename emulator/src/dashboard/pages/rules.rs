//! `Automation rules`: the rules of an account in the order of their evaluation, how many findings each would match
//! now, and the form that creates and changes them (DSH-92).

use askama::Template;
use securityhub_fixtures::Operation;
use serde_json::{Map, Value, json};

use crate::dashboard::answer::{self, list};
use crate::dashboard::call::Call;
use crate::dashboard::chips::{self, Chip};
use crate::dashboard::failures::{self, Failure};
use crate::dashboard::forms::Form;
use crate::dashboard::messages::Message;
use crate::dashboard::page::{Content, Context, Count, Done, PageError};
use crate::dashboard::paging::Paging;
use crate::dashboard::text::{self, Shortened};
use crate::dashboard::view::Query;

mod editor;
#[cfg(test)]
mod tests;

use editor::Editor;

/// Maximum number of criteria that are shown of each rule.
const CRITERIA: usize = 20;
/// Maximum number of characters of an action that are shown.
const ACTION: usize = 300;
/// Number of rules on a page. Each of them is evaluated for all findings.
const ROWS: usize = 20;

#[derive(Template)]
#[template(path = "pages/rules.html")]
struct Rules<'r> {
    token: &'r str,
    /// The address of the view, to which forms are sent.
    here: String,
    rows: Vec<Row>,
    shown: String,
    paging: String,
    editor: Editor,
}

/// A rule, as BatchGetAutomationRules returns it.
#[derive(Clone, Default)]
struct Rule {
    arn: String,
    name: String,
    description: String,
    order: u64,
    is_enabled: bool,
    is_terminal: bool,
    criteria: Map<String, Value>,
    /// The `FindingFieldsUpdate` of its action.
    update: Map<String, Value>,
}

struct Row {
    /// The id of the row's name.
    id: String,
    /// The address of the form that changes the rule.
    address: String,
    rule: Rule,
    status: &'static str,
    terminal: &'static str,
    criteria: Vec<Shortened>,
    /// The number of criteria that are not shown.
    more_criteria: Option<String>,
    actions: Vec<String>,
    matches: Option<Matches>,
    /// The call of the button that enables or disables the rule.
    preview: String,
}

/// A number of findings, which is a link if GetFindings takes the criteria.
struct Matches {
    number: String,
    findings: Option<Count>,
}

impl Matches {
    /// The HTML.
    fn html(&self) -> String {
        self.findings.as_ref().map_or_else(|| self.number.clone(), Count::html)
    }
}

/// Shows the page.
pub fn show(context: &Context<'_>) -> Result<Content, PageError> {
    let rules = Rule::all(context)?;
    let paging = Paging::of(context, rules.len(), ROWS, ["rule", "rules"])?;
    let (editor, alert) = Editor::of(context, &rules)?;
    let shown = rules.get(paging.range.clone()).unwrap_or_default();
    let arns: Vec<&str> = shown.iter().map(|rule| rule.arn.as_str()).collect();
    let mut calls = vec![Call::api(Operation::ListAutomationRules, json!({}))];
    if !arns.is_empty() {
        let input = json!({ "AutomationRulesArns": arns });
        calls.push(Call::api(Operation::BatchGetAutomationRules, input).of("Criteria, Actions"));
    }
    calls.extend(editor.call());
    let page = Rules {
        token: &context.token,
        here: context.here(),
        rows: (0..).zip(shown).map(|(row, rule)| self::row(context, row, rule)).collect(),
        shown: paging.shown.clone(),
        paging: paging.html(),
        editor,
    };
    Ok(Content { alert, ..Content::new("Automation rules", &page, calls) })
}

/// Carries out the action of a form of the page.
pub fn act(context: &Context<'_>, form: &Form) -> Result<Done, PageError> {
    let arn = form.field("arn");
    match form.field("action") {
        "create-rule" => editor::create(context, form),
        "save-rule" => editor::save(context, form),
        "enable" => update(context, &[json!({ "RuleArn": arn, "RuleStatus": "ENABLED" })]),
        "disable" => update(context, &[json!({ "RuleArn": arn, "RuleStatus": "DISABLED" })]),
        "delete" => {
            let input = json!({ "AutomationRulesArns": [arn] });
            send_batch(context, Call::api(Operation::BatchDeleteAutomationRules, input), "deleted")
        }
        "reorder" => reorder(context, form),
        other => Err(PageError::unknown_action(other)),
    }
}

impl Rule {
    /// The rules of the account, in the order of their evaluation.
    fn all(context: &Context<'_>) -> Result<Vec<Rule>, PageError> {
        let input = json!({ "MaxResults": 100 });
        let listed = context.read_all(Operation::ListAutomationRules, &input, "AutomationRulesMetadata")?;
        let arns: Vec<&str> = listed.iter().filter_map(|rule| rule["RuleArn"].as_str()).collect();
        let mut rules = Vec::with_capacity(arns.len());
        for arns in arns.chunks(100) {
            let input = json!({ "AutomationRulesArns": arns });
            let answer = context.read(Operation::BatchGetAutomationRules, &input)?;
            rules.extend(list(&answer, "Rules").iter().map(Rule::read));
        }
        Ok(rules)
    }

    fn read(value: &Value) -> Rule {
        let text = |name: &str| answer::text(value, name).to_owned();
        let object = |value: &Value| value.as_object().cloned().unwrap_or_default();
        Rule {
            arn: text("RuleArn"),
            name: text("RuleName"),
            description: text("Description"),
            order: value["RuleOrder"].as_u64().unwrap_or_default(),
            is_enabled: value["RuleStatus"] == "ENABLED",
            is_terminal: value["IsTerminal"] == true,
            criteria: object(&value["Criteria"]),
            update: object(&value["Actions"][0]["FindingFieldsUpdate"]),
        }
    }
}

fn row(context: &Context<'_>, row: usize, rule: &Rule) -> Row {
    let chips = chips::of_filters(context.world.schema(), &rule.criteria);
    let criteria: Vec<String> = match &chips {
        Some(chips) => chips.iter().map(Chip::words).collect(),
        None => rule.criteria.iter().map(|(name, elements)| format!("{name}: {elements}")).collect(),
    };
    let status = if rule.is_enabled { "DISABLED" } else { "ENABLED" };
    let input = json!({ "UpdateAutomationRulesRequestItems": [{ "RuleArn": rule.arn, "RuleStatus": status }] });
    Row {
        id: format!("rule-{row}"),
        address: context.link("rules", Query::default().and("edit", &rule.arn)),
        rule: rule.clone(),
        status: if rule.is_enabled { "ENABLED" } else { "DISABLED" },
        terminal: text::yes_no(rule.is_terminal),
        more_criteria: text::more(criteria.len(), CRITERIA),
        criteria: criteria.iter().take(CRITERIA).map(|words| Shortened::of(words, editor::WORDS)).collect(),
        actions: actions(&rule.update),
        matches: matches(context, &rule.criteria, chips.as_deref()).ok().flatten(),
        preview: context.shown(&[Call::api(Operation::BatchUpdateAutomationRules, input)]),
    }
}

/// The values that the action of a rule sets, such as `Workflow Status SUPPRESSED`.
fn actions(update: &Map<String, Value>) -> Vec<String> {
    let plain = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    let action = |(name, value): (&String, &Value)| match value {
        Value::Object(members) => {
            let members: Vec<String> =
                members.iter().map(|(member, value)| format!("{member} {}", plain(value))).collect();
            format!("{name}: {}", members.join(", "))
        }
        Value::Array(items) => format!("{name}: {}", items.iter().map(plain).collect::<Vec<_>>().join(", ")),
        value => format!("{name}: {}", plain(value)),
    };
    update.iter().map(|member| text::cut(&action(member), ACTION)).collect()
}

/// The number of findings that criteria select now. `None` if the account may not read findings; an error is the
/// sentence about invalid criteria.
fn matches(
    context: &Context<'_>,
    criteria: &Map<String, Value>,
    chips: Option<&[Chip]>,
) -> Result<Option<Matches>, String> {
    let schema = context.world.schema();
    let counted = context.count(|counter| {
        // In a home Region, GetFindings also returns the findings of other Regions, to which the rules do not apply.
        let own = counter.has_several_tables().then(|| Chip::equals("Region", context.view.region.as_str()));
        let chips: Option<Vec<Chip>> = chips.map(|chips| chips.iter().cloned().chain(own).collect());
        let is_filter =
            |chips: &Vec<Chip>| chips::filters(schema, chips).is_ok_and(|filters| counter.accepts(&filters));
        Ok(counter.of_rule(criteria).map(|number| (number, chips.filter(is_filter))))
    });
    let Ok(counted) = counted else { return Ok(None) };
    let (number, chips) = counted.map_err(|error| error.message.into_owned())?;
    let chips = chips.filter(|chips| chips::too_long(&chips::query(chips)).is_none());
    let findings = chips.map(|chips| context.counted(number, &chips));
    Ok(Some(Matches { number: text::number(number), findings }))
}

/// Changes the orders that differ from those of the rules.
fn reorder(context: &Context<'_>, form: &Form) -> Result<Done, PageError> {
    let rules = Rule::all(context)?;
    let mut items = Vec::new();
    for (arn, order) in form.fields.all("arn").zip(form.fields.all("order")) {
        let order = editor::order(order)?;
        if rules.iter().any(|rule| rule.arn == arn && rule.order != order) {
            items.push(json!({ "RuleArn": arn, "RuleOrder": order }));
        }
    }
    if items.is_empty() {
        return Err(PageError::Invalid("The order is unchanged. Enter new numbers, then save.".to_owned()));
    }
    update(context, &items)
}

/// Changes rules.
fn update(context: &Context<'_>, items: &[Value]) -> Result<Done, PageError> {
    let input = json!({ "UpdateAutomationRulesRequestItems": items });
    send_batch(context, Call::api(Operation::BatchUpdateAutomationRules, input), "changed")
}

/// Makes a call that processes each rule independently.
fn send_batch(context: &Context<'_>, call: Call, done: &str) -> Result<Done, PageError> {
    let answer = context.send(&call)?;
    let refused = list(&answer, "UnprocessedAutomationRules");
    let failure = |rule: &Value| {
        let code = rule["ErrorCode"].to_string();
        Failure::new([answer::text(rule, "RuleArn"), &code, answer::text(rule, "ErrorMessage")])
    };
    let processed = list(&answer, "ProcessedAutomationRules").len() as u64;
    let text = format!("{} {done}, {} refused", text::number(processed), text::number(refused.len() as u64));
    let failures: Vec<Failure<3>> = refused.iter().map(failure).collect();
    let details = failures::table("Not processed", ["Rule", "Code", "Message"], &failures);
    let message = Message { text, details, calls: vec![call] };
    Ok(Done { message, next: Some(without_editor(context)) })
}

/// The view without the rule or the criteria that are edited.
fn without_editor(context: &Context<'_>) -> crate::dashboard::view::View {
    let query = ["edit", chips::NAME, "field", "comparison", "value"]
        .into_iter()
        .fold(context.view.query.clone(), Query::without);
    context.view.to(&context.view.page, query)
}
