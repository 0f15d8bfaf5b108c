//! Tests of `Automation rules` without HTTP.

use super::*;
use crate::dashboard::view::View;
use crate::scenario;
use crate::service::{Service, Settings};
use crate::state::Region;
use crate::testing::{ADMINISTRATOR, id};

fn service(name: &str) -> Service {
    let path = format!("{}/../scenarios/{name}", env!("CARGO_MANIFEST_DIR"));
    Service::new(Settings::default(), Some(scenario::load(&[path.into()]).unwrap())).unwrap()
}

/// Passes the context of a query to `run`.
fn with<R>(service: &Service, query: &str, run: impl FnOnce(&Context<'_>) -> R) -> R {
    let view = View::of(id(ADMINISTRATOR), Region::new("us-east-1")).to("rules", Query::parse(query));
    run(&Context::new(service, &view, "token".to_owned(), "http://x".to_owned()))
}

fn shown(service: &Service, query: &str) -> Content {
    with(service, query, show).unwrap()
}

fn submitted(service: &Service, body: &str) -> Result<Done, PageError> {
    with(service, "edit=x&f=a&page=1", |context| act(context, &Form { fields: Query::parse(body), files: Vec::new() }))
}

fn rules(service: &Service) -> Vec<Rule> {
    with(service, "", |context| Rule::all(context).unwrap())
}

/// Rules: DSH-92.
#[test]
fn rules_are_listed_with_the_findings_that_they_would_match() {
    let service = service("console-settings.yaml");
    let page = shown(&service, "");
    for text in [
        "2 rules",
        "Accept findings of Macie</a></th><td>ENABLED",
        "Raise the severity</a></th><td>DISABLED",
        "<li>ProductName is Macie</li>",
        "<li>ResourceId begins with arn:aws:s3:::pay-</li>",
        "Workflow: Status SUPPRESSED",
        "Severity: Label CRITICAL",
        "findings?f=ProductName:EQUALS:Macie",
        ">10<",
    ] {
        assert!(page.body.contains(text), "{text}: {}", page.body);
    }
    assert_eq!(page.alert, None);
}

/// Rules: DSH-92.
#[test]
fn a_rule_is_created_from_chips_and_shows_what_it_would_match() {
    let service = service("console-settings.yaml");
    let query = "f=ProductName:EQUALS:Macie&f=Title:CONTAINS:e";
    let page = shown(&service, query);
    assert!(page.body.contains("Would match now: 10</p>"), "CONTAINS is not a filter: {}", page.body);
    assert!(page.body.contains("aria-label=\"Remove Title contains e\""), "{}", page.body);
    assert!(page.body.contains("rules?f=ProductName:EQUALS:Macie\" aria-label=\"Remove Title"), "{}", page.body);
    let page = shown(&service, "f=ProductName:EQUALS:Macie&field=SeverityLabel&comparison=EQUALS&value=NONE");
    assert!(page.body.contains("SeverityLabel is NONE") && page.body.contains("Would match now: "), "{}", page.body);
    let body = format!("action=create-rule&{query}&name=New&description=d&order=7&terminal=yes&workflow=RESOLVED");
    let done = submitted(&service, &body).unwrap();
    assert_eq!(done.message.text, "1 created, 0 refused: the rule New.");
    assert_eq!(done.next.unwrap().query.text(), "?page=1");
    let rule = rules(&service).pop().unwrap();
    assert_eq!((rule.name.as_str(), rule.order, rule.is_enabled, rule.is_terminal), ("New", 7, false, true));
    assert_eq!(Value::Object(rule.update), json!({ "Workflow": { "Status": "RESOLVED" } }));
    assert_eq!(rule.criteria["Title"], json!([{ "Value": "e", "Comparison": "CONTAINS" }]));
    assert_eq!(done.message.calls[0].input().unwrap()["Criteria"], json!(rule.criteria));
    let without = submitted(&service, "action=create-rule&name=New&description=d&order=7&workflow=RESOLVED");
    let Err(PageError::Refused { code, status, .. }) = without else { panic!("a rule has criteria") };
    assert_eq!((code.as_deref(), status), (Some("InvalidInputException"), 400));
    for (wrong, word) in [("order=x", "`x` is not an order"), ("order=1&confidence=y", "`y` is not a confidence")] {
        let refused = submitted(&service, &format!("action=create-rule&{query}&name=New&description=d&{wrong}"));
        let Err(PageError::Invalid(sentence)) = refused else { panic!("{wrong}") };
        assert!(sentence.contains(word), "{sentence}");
    }
}

/// Rules: DSH-92.
#[test]
fn a_rule_is_changed_disabled_reordered_and_deleted() {
    let service = service("console-settings.yaml");
    let [macie, severity] = rules(&service).try_into().ok().unwrap();
    let page = shown(&service, &format!("edit={}", macie.arn));
    for text in ["Change Accept findings of Macie", "value=\"Accepted\"", "<option value=\"SUPPRESSED\" selected"] {
        assert!(page.body.contains(text), "{text}: {}", page.body);
    }
    let fields = "name=New&description=d&order=1&enabled=yes&workflow=SUPPRESSED&note=Accepted&severity=LOW";
    let body = format!("action=save-rule&arn={}&f=ProductName:EQUALS:Macie&{fields}", macie.arn);
    let done = submitted(&service, &body).unwrap();
    let item = &done.message.calls[0].input().unwrap()["UpdateAutomationRulesRequestItems"][0];
    assert_eq!(item.get("Criteria"), None, "they are unchanged");
    assert_eq!(item["Actions"][0]["FindingFieldsUpdate"]["Note"]["UpdatedBy"], "security", "the note is unchanged");
    assert_eq!(rules(&service)[0].update["Severity"], json!({ "Label": "LOW" }));
    let message = |body: &str| submitted(&service, body).unwrap().message;
    assert_eq!(message(&format!("action=enable&arn={}", severity.arn)).text, "1 changed, 0 refused");
    assert!(rules(&service)[1].is_enabled);
    let orders = format!("action=reorder&arn={}&order=5&arn={}&order=2", macie.arn, severity.arn);
    assert_eq!(message(&orders).text, "1 changed, 0 refused");
    assert_eq!(rules(&service)[0].arn, severity.arn);
    assert!(matches!(submitted(&service, &orders), Err(PageError::Invalid(_))), "nothing differs");
    assert_eq!(message(&format!("action=delete&arn={}", macie.arn)).text, "1 deleted, 0 refused");
    let refused = message(&format!("action=delete&arn={}", macie.arn));
    assert_eq!(refused.text, "0 deleted, 1 refused");
    assert!(refused.details.contains("<caption>Not processed</caption>"), "{}", refused.details);
    let missing = submitted(&service, &body);
    assert!(matches!(missing, Err(PageError::NotFound { .. })), "{missing:?}");
}

/// Rules: DSH-31, DSH-92.
#[test]
fn criteria_that_cannot_be_used_are_reported() {
    let service = service("console-settings.yaml");
    for (query, word) in [
        ("f=%3Cscript%3E", "`<script>` is not a criterion"),
        ("f=Nope:EQUALS:a", "`Nope is a` is not a criterion"),
        ("f=Sample:IS:true", "`Sample is true` is not a criterion of automation rules, so it was omitted"),
        ("f=Title:CONTAINS:a&f=Title:NOT_CONTAINS:b&f=Title:NOPE:b", "Invalid Criteria in the input"),
        ("field=Confidence&comparison=GTE&value=x", "`x` is not a valid value for the field Confidence"),
    ] {
        let page = shown(&service, query);
        assert!(page.alert.as_ref().is_some_and(|alert| alert.contains(word)), "{query}: {:?}", page.alert);
        assert!(!page.body.contains("<script>"), "{}", page.body);
    }
    let Err(PageError::NotFound { instead, .. }) = with(&service, "edit=arn", show) else { panic!("no such rule") };
    assert_eq!(instead.1.query, Query::default());
}

/// Rules: DSH-25, DSH-92.
#[test]
fn in_a_home_region_only_findings_of_the_region_are_counted() {
    let service = service("aggregation.yaml");
    with(&service, "", |context| {
        let chips = [Chip::equals("RecordState", "ACTIVE")];
        let criteria = chips::filters(context.world.schema(), &chips).unwrap();
        let matches = matches(context, &criteria, Some(&chips)).unwrap().unwrap();
        let findings = matches.findings.unwrap();
        assert!(findings.address.ends_with("findings?f=RecordState:EQUALS:ACTIVE&f=Region:EQUALS:us-east-1"));
        let filters = chips::of(&Query::parse(findings.address.split_once('?').unwrap().1)).unwrap();
        let filters = chips::filters(context.world.schema(), &filters).unwrap();
        let [own, all] = [&filters, &criteria].map(|filters| context.count(|counter| counter.all(filters)).unwrap());
        assert_eq!(matches.number, text::number(own));
        assert!(own < all, "{own} {all}");
    });
}
