//! The finding of a page, as the query names it, and the addresses of its views.

use securityhub_fixtures::Operation;
use serde_json::{Value, json};

use crate::dashboard::answer::text;
use crate::dashboard::call::Call;
use crate::dashboard::page::Context;
use crate::dashboard::triage::Target;
use crate::dashboard::view::Query;
use crate::state::Region;

/// The views, in the order of their links: the value of `view` in the query, and the name.
pub(super) const VIEWS: [(&str, &str); 7] = [
    ("overview", "Overview"),
    ("json", "JSON"),
    ("history", "History"),
    ("resources", "Resources"),
    ("events", "Events"),
    ("rules", "Rules"),
    ("explain", "Explain"),
];

/// The finding that a query names.
pub(super) struct Reference<'q> {
    pub(super) product: &'q str,
    pub(super) id: &'q str,
    pub(super) account: &'q str,
}

impl<'q> Reference<'q> {
    pub(super) fn of(query: &'q Query) -> Reference<'q> {
        let text = |name: &str| query.first(name).unwrap_or_default();
        Reference { product: text("product"), id: text("id"), account: text("account") }
    }
}

/// The finding of the page.
pub(super) struct Shown {
    pub(super) product: String,
    pub(super) id: String,
    pub(super) account: String,
    /// The Region where it is stored.
    pub(super) region: Region,
    /// The finding as text, and as a value.
    pub(super) document: Vec<u8>,
    pub(super) value: Value,
}

impl Shown {
    pub(super) fn of(value: Value, document: Vec<u8>, region: Option<Region>) -> Shown {
        let text = |name: &str| text(&value, name).to_owned();
        let (product, id, account) = (text("ProductArn"), text("Id"), text("AwsAccountId"));
        let region = region.unwrap_or_else(|| Region::new(&text("Region")));
        Shown { product, id, account, region, document, value }
    }

    pub(super) fn title(&self) -> &str {
        let title = text(&self.value, "Title");
        if title.trim().is_empty() { "Finding without a title" } else { title }
    }

    pub(super) fn target(&self) -> Target {
        Target { product_arn: self.product.clone(), id: self.id.clone() }
    }

    /// The call that returns the finding, and no finding of another account.
    pub(super) fn call(&self) -> Call {
        let equals = |value: &str| json!([{ "Value": value, "Comparison": "EQUALS" }]);
        let filters = json!({ "ProductArn": equals(&self.product), "Id": equals(&self.id), "AwsAccountId": equals(&self.account) });
        Call::api(Operation::GetFindings, json!({ "Filters": filters }))
    }
}

/// The address of another view of the finding.
pub(super) fn address(context: &Context<'_>, view: &str) -> String {
    context.link("finding", of_all_views(context).and("view", view))
}

/// The part of the query that all views share.
pub(super) fn of_all_views(context: &Context<'_>) -> Query {
    let shared = ["product", "id", "account", "f"];
    let pairs = context.view.query.pairs().filter(|(name, _)| shared.contains(name));
    pairs.fold(Query::default(), |query, (name, value)| query.and(name, value))
}
