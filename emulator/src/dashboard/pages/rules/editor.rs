//! The form that creates a rule from chips, or changes a rule.

use askama::Template;
use securityhub_engine::FieldKind;
use securityhub_fixtures::Operation;
use securityhub_fixtures::fields::CRITERIA;
use serde_json::{Map, Value, json};

use super::{Matches, Rule, matches, without_editor};
use crate::dashboard::call::Call;
use crate::dashboard::chips::{self, Chip};
use crate::dashboard::forms::Form;
use crate::dashboard::messages::Message;
use crate::dashboard::page::{Context, Done, PageError};
use crate::dashboard::select::{self, SelectOption};
use crate::dashboard::template::html;
use crate::dashboard::text::{self, SEVERITIES, Shortened};
use crate::dashboard::triage::{AUTHOR, VERIFICATION_STATES, WORKFLOW_STATUSES};
use crate::dashboard::view::Query;

/// The fields of the form that choose a value: their ids, names and labels.
const SELECTS: [(&str, &str, &str); 3] = [
    ("rule-severity", "severity", "Severity"),
    ("rule-workflow", "workflow", "Workflow status"),
    ("rule-verification", "verification", "Verification state"),
];

/// Maximum number of characters of a chip that are shown.
pub(super) const WORDS: usize = 200;
/// Maximum number of characters of criteria that are not shown as chips.
const OTHER: usize = 20_000;

/// The form with the criteria that it is about.
#[derive(Template)]
#[template(path = "pages/rules/editor.html")]
pub(super) struct Editor {
    token: String,
    /// The address of the view, to which the form is sent.
    here: String,
    /// The address of the page, to which the form `Add a criterion` is sent.
    address: String,
    /// The address of the findings.
    findings: String,
    /// The rule that is changed; `None` to create one.
    arn: Option<String>,
    heading: String,
    chips: Vec<ShownChip>,
    /// The number of chips that are not shown.
    more: Option<String>,
    /// The texts of all chips, which the form sends.
    sent: Vec<String>,
    /// The criteria that cannot be written as chips.
    other_criteria: Option<String>,
    matches: Option<Matches>,
    /// Pairs of the query that the form `Add a criterion` keeps.
    kept: Vec<(String, String)>,
    fields: Vec<SelectOption>,
    groups: Vec<(&'static str, Vec<SelectOption>)>,
    typed: Typed,
    preview: String,
    delete: String,
    /// The address of the page without the form's criteria.
    cancel: String,
    call: Option<Call>,
}

/// A criterion.
struct ShownChip {
    words: Shortened,
    /// The address of the page without it, unless that is too long.
    remove: Option<String>,
}

/// The fields of the form.
#[derive(Clone, Default)]
struct Typed {
    name: String,
    description: String,
    order: String,
    is_enabled: bool,
    is_terminal: bool,
    severity: String,
    workflow: String,
    verification: String,
    confidence: String,
    criticality: String,
    note: String,
}

impl Editor {
    /// The form for a query, and the reason why a part of the query cannot be used.
    pub(super) fn of(context: &Context<'_>, rules: &[Rule]) -> Result<(Editor, Option<String>), PageError> {
        let (query, schema) = (&context.view.query, context.world.schema());
        let rule = query.first("edit").map(|arn| edited(context, rules, arn)).transpose()?;
        // A form that was refused has the criteria that it has sent.
        let refused = context.typed.filter(|form| is_sent(form));
        let (mut chips, mut alert) = criteria(refused.map_or(query, |form| &form.fields));
        let own = rule.map(|rule| {
            let own = chips::of_filters(schema, &rule.criteria);
            own.filter(|chips| chips::too_long(&chips::query(chips)).is_none())
        });
        let is_of_rule = chips.is_empty() && alert.is_none();
        if let (Some(Some(own)), true) = (&own, is_of_rule) {
            chips.clone_from(own);
        }
        if let Some(sentence) = chips::too_long(&chips::query(&chips)) {
            (chips, alert) = (Vec::new(), Some(sentence));
        }
        let added = Added::read(query);
        if let Some(chip) = added.chip().filter(|_| refused.is_none()) {
            if chip.element(schema).is_some() {
                chips.push(chip);
            } else {
                let (value, name) = (cut(&chip.value), cut(&chip.name));
                alert = Some(format!("`{value}` is not a valid value for the field {name}."));
            }
        }
        // Criteria that cannot be written as chips do not change until chips replace them.
        let other = rule.filter(|_| matches!(own, Some(None)) && chips.is_empty()).map(|rule| &rule.criteria);
        let selected = match (chips::filters(schema, &chips), other) {
            (_, Some(other)) => other.clone(),
            (Ok(criteria), None) => criteria,
            (Err(chip), None) => {
                alert = Some(format!("`{}` is not a criterion.", cut(&chip.words())));
                Map::new()
            }
        };
        let is_empty = selected.is_empty();
        let counted =
            if is_empty { Ok(None) } else { matches(context, &selected, other.is_none().then_some(chips.as_slice())) };
        let matches = counted.unwrap_or_else(|sentence| {
            alert = Some(sentence);
            None
        });
        let editor = Editor {
            call: matches
                .as_ref()
                .and_then(|matches| matches.findings.as_ref())
                .map(|_| Call::api(Operation::GetFindings, json!({ "Filters": selected })).of("Would match now")),
            matches,
            other_criteria: other.map(|criteria| text::cut(&Value::Object(criteria.clone()).to_string(), OTHER)),
            ..Editor::form(context, rule, &chips, added, (rules, &selected))
        };
        Ok((editor, alert))
    }

    fn form(
        context: &Context<'_>,
        rule: Option<&Rule>,
        chips: &[Chip],
        added: Added<'_>,
        (rules, selected): (&[Rule], &Map<String, Value>),
    ) -> Editor {
        let action = if rule.is_some() { "save-rule" } else { "create-rule" };
        let refused = context.typed.filter(|form| form.field("action") == action).map(Typed::of);
        let is_new = refused.is_none() && rule.is_none();
        let typed = refused.unwrap_or_else(|| rule.map_or_else(|| Typed::new(rules), Typed::of_rule));
        let base = |chips: &[Chip]| {
            let query = rule.map(|rule| Query::default().and("edit", &rule.arn)).unwrap_or_default();
            chips::query(chips).pairs().fold(query, |query, (name, value)| query.and(name, value))
        };
        let size = base(chips).link_size();
        let shown = |(position, chip): (usize, &Chip)| ShownChip {
            words: Shortened::of(&chip.words(), WORDS),
            remove: chips::is_removable(position, size)
                .then(|| context.link("rules", base(&chips::without(chips, position)))),
        };
        // Until something is typed, the call shows an example.
        let shown_values = if is_new { typed.with_example() } else { typed.clone() };
        let calls = match rule {
            Some(rule) => shown_values.changes(rule, Some(selected)).map(|item| update_call(&item)),
            None => shown_values.input(selected).map(|input| Call::api(Operation::CreateAutomationRule, input)),
        };
        let delete = rule.map(|rule| json!({ "AutomationRulesArns": [rule.arn] }));
        let delete = delete.map(|input| Call::api(Operation::BatchDeleteAutomationRules, input));
        Editor {
            token: context.token.clone(),
            here: context.here(),
            address: context.link("rules", Query::default()),
            findings: context.link("findings", Query::default()),
            arn: rule.map(|rule| rule.arn.clone()),
            heading: rule.map_or_else(|| "Create a rule".to_owned(), |rule| format!("Change {}", rule.name)),
            chips: chips.iter().enumerate().take(chips::SHOWN).map(shown).collect(),
            more: text::more(chips.len(), chips::SHOWN),
            sent: chips.iter().map(Chip::text).collect(),
            kept: base(chips).pairs().map(|(name, value)| (name.to_owned(), value.to_owned())).collect(),
            fields: fields(added.field),
            groups: comparisons(added.comparison),
            typed,
            preview: calls.map(|call| context.shown(&[call])).unwrap_or_default(),
            delete: delete.map(|call| context.shown(&[call])).unwrap_or_default(),
            cancel: without_editor(context).address(),
            other_criteria: None,
            matches: None,
            call: None,
        }
    }

    /// The HTML.
    pub(super) fn html(&self) -> String {
        html(self)
    }

    /// The call that returns the findings that the criteria select.
    pub(super) fn call(&self) -> Option<Call> {
        self.call.clone()
    }

    /// The options of a field of the form, with an empty one for no change.
    fn options(&self, field: &str) -> Vec<SelectOption> {
        let (values, selected): (&[&str], &str) = match field {
            "severity" => (&SEVERITIES, &self.typed.severity),
            "workflow" => (&WORKFLOW_STATUSES, &self.typed.workflow),
            _ => (&VERIFICATION_STATES, &self.typed.verification),
        };
        let unchanged = SelectOption::new("", "unchanged", selected);
        [unchanged].into_iter().chain(select::options(values, selected)).collect()
    }
}

/// The criteria of a query or form as chips, and the reason why some of them cannot be used.
fn criteria(query: &Query) -> (Vec<Chip>, Option<String>) {
    match chips::of(query) {
        Ok(mut chips) => {
            let others = leave_out_others(&mut chips);
            (chips, others)
        }
        Err(text) => {
            (Vec::new(), Some(format!("`{}` is not a criterion (expected NAME:COMPARISON:VALUE).", cut(&text))))
        }
    }
}

/// Leaves out filters of findings that are not criteria of rules. Returns a sentence about them.
fn leave_out_others(chips: &mut Vec<Chip>) -> Option<String> {
    let is_criterion = |chip: &Chip| CRITERIA.iter().any(|criterion| criterion.field.name == chip.name);
    let others: Vec<String> = chips.iter().filter(|chip| !is_criterion(chip)).map(|chip| cut(&chip.words())).collect();
    chips.retain(is_criterion);
    Some(match others.as_slice() {
        [] => return None,
        [only] => format!("`{only}` is not a criterion of automation rules, so it was omitted."),
        [first, rest @ ..] => {
            format!("`{first}` and {} more are not criteria of automation rules, so they were omitted.", rest.len())
        }
    })
}

/// Returns whether a form is the one that creates or changes a rule.
fn is_sent(form: &Form) -> bool {
    ["create-rule", "save-rule"].contains(&form.field("action"))
}

/// The rule with an ARN.
fn edited<'r>(context: &Context<'_>, rules: &'r [Rule], arn: &str) -> Result<&'r Rule, PageError> {
    rules.iter().find(|rule| rule.arn == arn).ok_or_else(|| {
        let sentence = format!("Account {} has no automation rule `{}`.", context.view.account, cut(arn));
        PageError::not_found(sentence, "Automation rules", without_editor(context))
    })
}

/// The criterion that the form `Add a criterion` has added.
#[derive(Clone, Copy)]
struct Added<'q> {
    field: &'q str,
    comparison: &'q str,
    value: &'q str,
}

impl<'q> Added<'q> {
    fn read(query: &'q Query) -> Added<'q> {
        let field = |name: &'q str| query.first(name).unwrap_or_default();
        Added { field: field("field"), comparison: field("comparison"), value: field("value") }
    }

    fn chip(self) -> Option<Chip> {
        (!self.field.is_empty()).then(|| Chip::new(self.field, self.comparison, self.value))
    }
}

fn fields(selected: &str) -> Vec<SelectOption> {
    let mut names: Vec<&str> = CRITERIA.iter().map(|criterion| criterion.field.name).collect();
    names.sort_unstable();
    select::options(names, if selected.is_empty() { "SeverityLabel" } else { selected })
}

/// The comparisons of criteria, by the kind of value that they take.
fn comparisons(selected: &str) -> Vec<(&'static str, Vec<SelectOption>)> {
    let group = |kinds: &[FieldKind]| match kinds {
        [FieldKind::String, ..] => "Text",
        [FieldKind::Number] => "Number",
        [FieldKind::Number, FieldKind::Date] => "Number or time",
        [FieldKind::Date] => "Time",
        // Criteria have no fields of other kinds.
        _ => "",
    };
    let of_group = |wanted: &'static str| {
        let all = chips::COMPARISONS.iter().chain(&chips::COMPARISONS_OF_CRITERIA);
        let found = all.filter(|(.., kinds)| group(kinds) == wanted);
        (wanted, found.map(|(name, words, _)| SelectOption::new(name, words, selected)).collect())
    };
    ["Text", "Number", "Number or time", "Time"].map(of_group).into()
}

impl Typed {
    fn of(form: &Form) -> Typed {
        let field = |name: &str| form.field(name).trim().to_owned();
        Typed {
            name: field("name"),
            description: field("description"),
            order: field("order"),
            is_enabled: !field("enabled").is_empty(),
            is_terminal: !field("terminal").is_empty(),
            severity: field("severity"),
            workflow: field("workflow"),
            verification: field("verification"),
            confidence: field("confidence"),
            criticality: field("criticality"),
            note: field("note"),
        }
    }

    /// The fields for a new rule, which is the last one.
    fn new(rules: &[Rule]) -> Typed {
        let last = rules.iter().map(|rule| rule.order).max().unwrap_or_default();
        Typed { order: (last + 1).min(1000).to_string(), is_enabled: true, ..Typed::default() }
    }

    fn of_rule(rule: &Rule) -> Typed {
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let member = |name: &str| rule.update.get(name).unwrap_or(&Value::Null);
        let number = |name: &str| if member(name).is_null() { String::new() } else { member(name).to_string() };
        Typed {
            name: rule.name.clone(),
            description: rule.description.clone(),
            order: rule.order.to_string(),
            is_enabled: rule.is_enabled,
            is_terminal: rule.is_terminal,
            severity: text(&member("Severity")["Label"]),
            workflow: text(&member("Workflow")["Status"]),
            verification: text(member("VerificationState")),
            confidence: number("Confidence"),
            criticality: number("Criticality"),
            note: text(&member("Note")["Text"]),
        }
    }

    /// The fields with examples in place of what is required and missing.
    fn with_example(&self) -> Typed {
        Typed {
            name: "My rule".to_owned(),
            description: "Resolves findings".to_owned(),
            workflow: "RESOLVED".to_owned(),
            ..self.clone()
        }
    }

    /// The `FindingFieldsUpdate` of an action. `before` has the members of the rule, of which those that the form does
    /// not have stay.
    fn update(&self, before: &Map<String, Value>) -> Result<Map<String, Value>, PageError> {
        let mut update = before.clone();
        let mut set = |name: &str, member: Option<&str>, typed: &str, value: Value| {
            let found = update.get(name).map(|found| member.map_or(found, |member| &found[member]));
            let text = |found: &Value| found.as_str().map_or_else(|| found.to_string(), str::to_owned);
            let is_same = found.map(text).as_deref() == Some(typed);
            if typed.is_empty() && found.is_some_and(|found| !found.is_null()) {
                update.remove(name);
            } else if !typed.is_empty() && !is_same {
                update.insert(name.to_owned(), value);
            }
        };
        set("Severity", Some("Label"), &self.severity, json!({ "Label": self.severity }));
        set("Workflow", Some("Status"), &self.workflow, json!({ "Status": self.workflow }));
        set("VerificationState", None, &self.verification, json!(self.verification));
        set("Confidence", None, &self.confidence, ratio(&self.confidence, "confidence")?);
        set("Criticality", None, &self.criticality, ratio(&self.criticality, "criticality")?);
        set("Note", Some("Text"), &self.note, json!({ "Text": self.note, "UpdatedBy": AUTHOR }));
        Ok(update)
    }

    /// The members of the rule, without criteria.
    fn members(&self, before: &Map<String, Value>) -> Result<Value, PageError> {
        let update = self.update(before)?;
        Ok(json!({
            "RuleName": self.name,
            "Description": self.description,
            "RuleOrder": order(&self.order)?,
            "RuleStatus": if self.is_enabled { "ENABLED" } else { "DISABLED" },
            "IsTerminal": self.is_terminal,
            "Actions": [{ "Type": "FINDING_FIELDS_UPDATE", "FindingFieldsUpdate": update }],
        }))
    }

    /// The input of CreateAutomationRule.
    fn input(&self, criteria: &Map<String, Value>) -> Result<Value, PageError> {
        let mut input = self.members(&Map::new())?;
        input["Criteria"] = json!(criteria);
        Ok(input)
    }

    /// The item of BatchUpdateAutomationRules. Without criteria, those of the rule stay.
    fn changes(&self, rule: &Rule, criteria: Option<&Map<String, Value>>) -> Result<Value, PageError> {
        let mut item = self.members(&rule.update)?;
        item["RuleArn"] = json!(rule.arn);
        if let Some(criteria) = criteria.filter(|criteria| **criteria != rule.criteria) {
            item["Criteria"] = json!(criteria);
        }
        Ok(item)
    }
}

/// The number of an order.
pub(super) fn order(text: &str) -> Result<u64, PageError> {
    let number = text.trim().parse();
    number
        .map_err(|_| PageError::Invalid(format!("`{}` is not an order (expected a number from 1 to 1000).", cut(text))))
}

/// A number from 0 to 100; null for an empty text.
fn ratio(text: &str, name: &str) -> Result<Value, PageError> {
    if text.is_empty() {
        return Ok(Value::Null);
    }
    let number = text.parse::<u64>().map(Value::from);
    number
        .map_err(|_| PageError::Invalid(format!("`{}` is not a {name} (expected a number from 0 to 100).", cut(text))))
}

/// The beginning of a text that a sentence repeats.
fn cut(text: &str) -> String {
    text.chars().take(100).collect()
}

/// The criteria that a form has sent; `None` if it has none.
fn sent(context: &Context<'_>, form: &Form) -> Result<Option<Map<String, Value>>, PageError> {
    let invalid = |text: &str| PageError::Invalid(format!("`{}` is not a criterion.", cut(text)));
    let chips = chips::of(&form.fields).map_err(|text| invalid(&text))?;
    let criteria = chips::filters(context.world.schema(), &chips).map_err(|chip| invalid(&chip.words()))?;
    Ok((!criteria.is_empty()).then_some(criteria))
}

fn update_call(item: &Value) -> Call {
    let input = json!({ "UpdateAutomationRulesRequestItems": [item] });
    Call::api(Operation::BatchUpdateAutomationRules, input)
}

/// Creates a rule.
pub(super) fn create(context: &Context<'_>, form: &Form) -> Result<Done, PageError> {
    let criteria = sent(context, form)?.unwrap_or_default();
    let typed = Typed::of(form);
    let input = typed.input(&criteria)?;
    let call = Call::api(Operation::CreateAutomationRule, input);
    context.send(&call)?;
    let message = Message::new(format!("1 created, 0 refused: the rule {}.", typed.name), vec![call]);
    Ok(Done { message, next: Some(without_editor(context)) })
}

/// Changes a rule.
pub(super) fn save(context: &Context<'_>, form: &Form) -> Result<Done, PageError> {
    let rules = Rule::all(context)?;
    let rule = edited(context, &rules, form.field("arn"))?;
    let call = update_call(&Typed::of(form).changes(rule, sent(context, form)?.as_ref())?);
    let answer = context.send(&call)?;
    let refused = &answer["UnprocessedAutomationRules"][0];
    if let Some(message) = refused["ErrorMessage"].as_str() {
        let status = refused["ErrorCode"].as_u64().and_then(|status| u16::try_from(status).ok()).unwrap_or(400);
        let sentence = format!("The rule {} was not changed.", rule.name);
        return Err(PageError::Refused { sentence, code: Some(message.to_owned()), status, call: Box::new(call) });
    }
    let message = Message::new(format!("1 changed, 0 refused: the rule {}.", rule.name), vec![call]);
    Ok(Done { message, next: Some(without_editor(context)) })
}
