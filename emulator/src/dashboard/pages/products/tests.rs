//! Tests of `Products` without HTTP.

use super::*;
use crate::dashboard::view::View;
use crate::scenario;
use crate::service::{Service, Settings};
use crate::state::Region;
use crate::testing::{ADMINISTRATOR, id};

const QUICKSTART: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../scenarios/quickstart.yaml");

fn service() -> Service {
    Service::new(Settings::default(), Some(scenario::load(&[QUICKSTART.into()]).unwrap())).unwrap()
}

/// Passes the context of a query to `run`.
fn with<R>(service: &Service, query: &str, run: impl FnOnce(&Context<'_>) -> R) -> R {
    let view = View::of(id(ADMINISTRATOR), Region::new("us-east-1")).to("products", Query::parse(query));
    run(&Context::new(service, &view, "token".to_owned(), "http://x".to_owned()))
}

fn shown(service: &Service, query: &str) -> Result<Content, PageError> {
    with(service, query, show)
}

fn submitted(service: &Service, body: &str) -> Result<Done, PageError> {
    with(service, "", |context| act(context, &Form { fields: Query::parse(body), files: Vec::new() }))
}

/// Rules: DSH-93.
#[test]
fn products_are_listed_with_their_findings() {
    let service = service();
    let rows = with(&service, "", |context| {
        let products = all(context).unwrap();
        let counts = counts(context).unwrap();
        let all = context.read(Operation::DescribeProducts, &json!({ "MaxResults": 100 })).unwrap();
        assert!(products.len() >= all["Products"].as_array().unwrap().len());
        let guardduty = products.iter().find(|product| product.name == "GuardDuty").unwrap();
        assert!(guardduty.subscription.as_deref().unwrap().ends_with(":product-subscription/aws/guardduty"));
        let prowler = products.iter().find(|product| product.name == "Prowler").unwrap();
        assert_eq!(prowler.subscription, None);
        (counts[&guardduty.arn], last_import(context, &guardduty.arn), last_import(context, &prowler.arn))
    });
    let (count, last, none) = rows;
    assert!(count > 0 && last.is_some() && none.is_none(), "{count} {last:?}");
    let page = shown(&service, "q=guardduty").unwrap();
    assert!(page.body.contains("1 product,"), "{}", page.body);
    assert!(page.body.contains(&format!(">{count}<")), "{}", page.body);
    assert!(page.body.contains("findings?f=ProductArn:EQUALS:arn:aws:securityhub:us-east-1::product/aws/guardduty"));
    assert!(page.body.contains(">Disable</button>") && !page.body.contains(">Enable</button>"), "{}", page.body);
    let page = shown(&service, "enabled=no").unwrap();
    assert!(page.body.contains(">Enable</button>") && !page.body.contains(">Disable</button>"), "{}", page.body);
    assert!(page.body.contains("aria-label=\"Pages\"") && page.body.contains("enabled=no&#38;page=2"), "{}", page.body);
    assert!(shown(&service, "q=nothing+like+this").unwrap().body.contains("No products match these filters"));
    let Err(PageError::Invalid(sentence)) = shown(&service, "enabled=maybe") else { panic!("`maybe` is no answer") };
    assert!(sentence.contains("`maybe`"), "{sentence}");
}

/// Rules: DSH-93.
#[test]
fn a_product_is_enabled_and_disabled() {
    let service = service();
    let arn = "arn:aws:securityhub:us-east-1::product/prowler/prowler";
    let done = submitted(&service, &format!("action=enable&name=Prowler&product={arn}")).unwrap();
    assert_eq!(done.message.text, "1 changed, 0 refused: Prowler is enabled.");
    assert_eq!(done.message.calls, [enable_call(arn)]);
    assert!(shown(&service, "q=prowler&enabled=yes").unwrap().body.contains(">Disable</button>"));
    let again = submitted(&service, &format!("action=enable&name=Prowler&product={arn}"));
    let Err(PageError::Refused { code, .. }) = again else { panic!("it is enabled") };
    assert_eq!(code.as_deref(), Some("ResourceConflictException"));
    let subscription = "arn:aws:securityhub:us-east-1:111111111111:product-subscription/prowler/prowler";
    submitted(&service, &format!("action=disable&name=Prowler&subscription={subscription}")).unwrap();
    assert!(shown(&service, "q=prowler&enabled=no").unwrap().body.contains(">Enable</button>"));
    assert!(matches!(submitted(&service, "action=nothing"), Err(PageError::Invalid(_))));
}

/// Rules: DSH-31, DSH-93.
#[test]
fn custom_actions_are_created_and_deleted() {
    let service = service();
    assert!(shown(&service, "").unwrap().body.contains("No custom actions. Create one"));
    let body = "action=create-action&name=%3Cb%3ETicket&description=Sends+it&id=Ticket";
    let done = submitted(&service, body).unwrap();
    assert_eq!(done.message.text, "1 created, 0 refused: the custom action <b>Ticket.");
    let page = shown(&service, "").unwrap();
    assert!(
        page.body.contains("&#60;b&#62;Ticket</th>") && page.body.contains(":action/custom/Ticket"),
        "{}",
        page.body
    );
    let form = Form { fields: Query::parse(body), files: Vec::new() };
    let refused = with(&service, "", |context| act(context, &form));
    let Err(PageError::Refused { code, .. }) = refused else { panic!("the id exists") };
    assert_eq!(code.as_deref(), Some("ResourceConflictException"));
    let view = View::of(id(ADMINISTRATOR), Region::new("us-east-1")).to("products", Query::default());
    let context = Context::new(&service, &view, String::new(), String::new()).with_typed(&form);
    let again = show(&context).unwrap();
    assert!(again.body.contains("value=\"Sends it\""), "what was typed is shown again: {}", again.body);
    let arn = "arn:aws:securityhub:us-east-1:111111111111:action/custom/Ticket";
    submitted(&service, &format!("action=delete-action&name=Ticket&arn={arn}")).unwrap();
    assert!(shown(&service, "").unwrap().body.contains("No custom actions"));
}
