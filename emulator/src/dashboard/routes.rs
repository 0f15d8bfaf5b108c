//! The table of pages. To add one, write its function in `pages/`, its template in `templates/pages/`, and a row here.

use super::page::Route;
use super::pages::{
    accounts, bench, control, events, fidelity, finding, findings, insight, insights, overview, products, rules,
    standard, standards,
};

/// All pages, in the order of the navigation.
pub fn all() -> &'static [Route] {
    &[
        Route { path: "", link: Some("Overview"), query: "", show: overview::show, act: None },
        Route {
            path: "findings",
            link: Some("Findings"),
            query: "f=RecordState:EQUALS:ACTIVE&f=WorkflowStatus:EQUALS:NEW&f=WorkflowStatus:EQUALS:NOTIFIED",
            show: findings::show,
            act: Some(findings::act),
        },
        Route { path: "finding", link: None, query: "", show: finding::show, act: Some(finding::act) },
        Route { path: "insights", link: Some("Insights"), query: "", show: insights::show, act: Some(insights::act) },
        Route { path: "insight", link: None, query: "", show: insight::show, act: Some(insight::act) },
        Route {
            path: "standards",
            link: Some("Standards"),
            query: "",
            show: standards::show,
            act: Some(standards::act),
        },
        Route { path: "standard", link: None, query: "", show: standard::show, act: Some(standard::act) },
        Route { path: "control", link: None, query: "", show: control::show, act: Some(control::act) },
        Route { path: "accounts", link: Some("Accounts"), query: "", show: accounts::show, act: Some(accounts::act) },
        Route { path: "rules", link: Some("Automation rules"), query: "", show: rules::show, act: Some(rules::act) },
        Route { path: "products", link: Some("Products"), query: "", show: products::show, act: Some(products::act) },
        Route { path: "events", link: Some("Events"), query: "", show: events::show, act: None },
        Route { path: "bench", link: Some("Test bench"), query: "", show: bench::show, act: Some(bench::act) },
        Route { path: "fidelity", link: Some("Fidelity"), query: "", show: fidelity::show, act: None },
    ]
}

/// The page with a path.
pub fn find(path: &str) -> Option<&'static Route> {
    all().iter().find(|route| route.path == path)
}
