//! Tests of the page `Products`: a product is enabled and disabled, and a custom action created and deleted, by forms.

use securityhub_fixtures::Operation;
use serde_json::json;

use super::document::Document;
use super::site::{Site, header, text};

const PAGE: &str = "/_emulator/ui/as/111111111111/us-east-1/products";
const PROWLER: &str = "arn:aws:securityhub:us-east-1::product/prowler/prowler";
const SUBSCRIPTION: &str = "arn:aws:securityhub:us-east-1:111111111111:product-subscription/prowler/prowler";

/// The page after a form was accepted.
fn done(site: &Site, address: &str, fields: &str) -> Document {
    let response = site.submit(address, fields);
    assert_eq!(response.status(), 303, "{}", text(&response));
    let next = header(&response, "location").to_owned();
    assert!(next.starts_with(address), "{next}");
    site.page(&next)
}

fn is_enabled(site: &Site) -> bool {
    let (_, answer) = site.call("111111111111", "us-east-1", Operation::ListEnabledProductsForImport, &json!({}));
    answer["ProductSubscriptions"].as_array().unwrap().contains(&json!(SUBSCRIPTION))
}

/// Rules: DSH-11, DSH-93.
#[test]
fn a_product_is_enabled_and_disabled_with_one_button() {
    let site = Site::of("quickstart.yaml");
    let address = format!("{PAGE}?q=prowler");
    let page = site.page(&address);
    assert!(page.text_of("main").contains("Enable Show me the call"), "{}", page.text_of("main"));
    assert!(page.text().contains("aws securityhub enable-import-findings-for-product"), "{}", page.text());
    let page = done(&site, &address, &format!("action=enable&name=Prowler&product={PROWLER}"));
    assert_eq!(page.text_of("status"), "1 changed, 0 refused: Prowler is enabled.");
    assert!(is_enabled(&site));
    let again = site.submit(&address, &format!("action=enable&name=Prowler&product={PROWLER}"));
    let main = Document::new(&text(&again)).text_of("main");
    assert_eq!(again.status(), 422);
    assert!(main.contains("is already enabled") && main.contains("ResourceConflictException (409)"), "{main}");
    done(&site, &address, &format!("action=disable&name=Prowler&subscription={SUBSCRIPTION}"));
    assert!(!is_enabled(&site));
}

/// Rules: DSH-11, DSH-31, DSH-93.
#[test]
fn a_custom_action_is_created_and_deleted_with_a_form() {
    let site = Site::of("quickstart.yaml");
    let fields = "action=create-action&name=Ticket&description=%3Cscript%3E&id=Ticket";
    let page = done(&site, PAGE, fields);
    assert_eq!(page.text_of("status"), "1 created, 0 refused: the custom action Ticket.");
    assert!(page.text().contains("&#60;script&#62;") && !page.text().contains("<script>"), "{}", page.text());
    let (_, listed) = site.call("111111111111", "us-east-1", Operation::DescribeActionTargets, &json!({}));
    let arn = listed["ActionTargets"][0]["ActionTargetArn"].as_str().unwrap().to_owned();
    let refused = site.submit(PAGE, &fields.replace("id=Ticket", "id=no-id"));
    let page = Document::new(&text(&refused));
    assert_eq!(refused.status(), 422);
    assert!(page.text_of("main").contains("should match pattern"), "{}", page.text_of("main"));
    assert!(page.text().contains("value=\"no-id\""), "what was typed is shown again: {}", page.text());
    let page = done(&site, PAGE, &format!("action=delete-action&name=Ticket&arn={arn}"));
    assert_eq!(page.text_of("status"), "1 deleted, 0 refused: the custom action Ticket.");
    assert!(page.text_of("main").contains("No custom actions"), "{}", page.text_of("main"));
}

/// Rules: DSH-93.
#[test]
fn products_can_be_filtered_and_have_pages() {
    let site = Site::of("quickstart.yaml");
    for (query, status, sentence) in [
        ("q=nothing+like+this", 200, "No products match these filters"),
        ("enabled=maybe", 400, "`maybe` is not a value of `enabled`"),
        ("page=9", 404, "Page 9 does not exist"),
        ("enabled=no&page=2", 200, "51–"),
    ] {
        let response = site.get(&format!("{PAGE}?{query}"));
        let main = Document::new(&text(&response)).text_of("main");
        assert_eq!(response.status(), status, "{query}");
        assert!(main.contains(sentence), "{query}: {main}");
    }
}
