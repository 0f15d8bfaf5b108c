//! The findings that an account sees, sorted and counted for people: the most severe first, then the newest.

use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;

use schemars::JsonSchema;
use securityhub_engine::{Filter, Page, Position, SortKey, page};
use serde::{Deserialize, Serialize};
use serde_json::{Value, value::RawValue};

use super::explain;
use super::visibility::{self, View};
use crate::aws_error::AwsError;
use crate::domain::caller::Caller;
use crate::invariant::Invariant;
use crate::state::{Region, TableKey, World};

/// Severity labels, most severe first.
const LABELS: [&str; 5] = ["CRITICAL", "HIGH", "MEDIUM", "LOW", "INFORMATIONAL"];

/// Maximum number of findings that are read at a time.
const PAGE: usize = 1_000;

/// The findings to list.
#[derive(Clone, Copy, Debug)]
pub struct Query<'q> {
    /// `Filters`, as GetFindings takes them; null for none.
    pub filters: &'q Value,
    /// Text that the title must contain, ignoring case. GetFindings has no such filter.
    pub title: Option<&'q str>,
    /// Maximum number of findings.
    pub limit: usize,
}

/// Findings and counts.
#[derive(Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "PascalCase")]
pub struct Listing {
    /// The first findings, at most as many as requested.
    #[schemars(with = "Vec<Value>")]
    pub findings: Vec<Box<RawValue>>,
    /// The number of matching findings in the caller's Region; a home Region includes the linked Regions.
    pub matching: usize,
    /// The numbers of matching findings in other Regions where the caller's hub is enabled.
    pub elsewhere: BTreeMap<String, usize>,
}

/// A filter and the part of a title to search for.
struct Search<'q> {
    filter: Filter,
    title: Option<String>,
    world: &'q World,
}

/// Lists the findings that a caller sees.
///
/// # Errors
/// 400 `InvalidInputException` for filters that GetFindings refuses.
pub fn list(world: &World, caller: &Caller, query: &Query<'_>) -> Result<Listing, AwsError> {
    let filters = explain::read_filters(world.schema(), query.filters)?;
    let filter = explain::convert(world.schema(), caller, &filters)?;
    let search = Search { filter, title: query.title.map(str::to_lowercase), world };
    let views = visibility::views(world, caller);
    let mut listing = Listing { matching: search.count(&views), ..Listing::default() };
    for severity in severities(world) {
        let missing = query.limit.saturating_sub(listing.findings.len());
        if missing == 0 {
            break;
        }
        listing.findings.extend(search.newest(&views, &severity, missing));
    }
    for region in other_regions(world, caller, &views) {
        let table = TableKey::from(&region);
        let there = visibility::views(world, &Caller { region: region.clone(), ..caller.clone() });
        let own: Vec<View> = there.into_iter().filter(|view| view.table == table).collect();
        let count = search.count(&own);
        if count > 0 {
            listing.elsewhere.insert(region.to_string(), count);
        }
    }
    Ok(listing)
}

/// The Regions where the caller's hub is enabled and whose findings are not among the views.
fn other_regions(world: &World, caller: &Caller, views: &[View]) -> Vec<Region> {
    let relations = world.relations();
    let is_viewed = |region: &Region| views.iter().any(|view| view.table == TableKey::from(region));
    relations.regions_of(caller.account()).filter(|region| !is_viewed(region)).cloned().collect()
}

/// A filter for each severity label, and one for findings without a label.
fn severities(world: &World) -> Vec<Filter> {
    let Some(field) = world.schema().field("SeverityLabel") else { return vec![Filter::everything()] };
    let labelled = |labels: &[&str]| {
        let values: HashSet<String> = labels.iter().map(|label| (*label).to_owned()).collect();
        Filter::In { field, values: Arc::new(values) }
    };
    let others = labelled(&LABELS).negated();
    LABELS.iter().map(|label| labelled(&[label])).chain([others]).collect()
}

impl Search<'_> {
    /// The number of matching findings.
    fn count(&self, views: &[View]) -> usize {
        if self.title.is_some() {
            // The filter does not test the title, so all findings are read.
            let mut count = 0;
            self.each_newest(views, &Filter::everything(), PAGE, |_| {
                count += 1;
                true
            });
            return count;
        }
        let count = |view: &View| {
            let filter = Filter::All(vec![view.filter(self.world), self.filter.clone()]);
            let count =
                self.world.query_findings(&view.table, &filter, &[], |findings| view.part(findings).count(&filter));
            count.unwrap_or_default()
        };
        views.iter().map(count).sum()
    }

    /// The newest matching findings of a severity, at most `limit`.
    fn newest(&self, views: &[View], severity: &Filter, limit: usize) -> Vec<Box<RawValue>> {
        let mut documents = Vec::new();
        self.each_newest(views, severity, limit.min(PAGE), |document| {
            let parsed = serde_json::from_slice::<Box<RawValue>>(document);
            documents.extend(parsed.or_report("a stored finding is JSON"));
            documents.len() < limit
        });
        documents
    }

    /// Visits the matching findings of a severity, newest first, until `visit` returns false. Reads `size` at a time.
    fn each_newest(&self, views: &[View], severity: &Filter, size: usize, mut visit: impl FnMut(&[u8]) -> bool) {
        let mut after = None;
        loop {
            let page = self.page(views, severity, after.as_ref(), size);
            if !page.documents().filter(|document| self.has_title(document)).all(&mut visit) {
                return;
            }
            match page.rows.last() {
                Some(last) if page.more => after = Some(last.position.clone()),
                _ => return,
            }
        }
    }

    fn has_title(&self, document: &[u8]) -> bool {
        #[derive(Deserialize)]
        #[serde(rename_all = "PascalCase")]
        struct Titled {
            #[serde(default)]
            title: String,
        }
        self.title.as_ref().is_none_or(|title| {
            let document = serde_json::from_slice::<Titled>(document).or_report("a stored finding has a title");
            document.is_some_and(|document| document.title.to_lowercase().contains(title))
        })
    }

    fn page(&self, views: &[View], severity: &Filter, after: Option<&Position>, limit: usize) -> Page {
        let updated = self.world.schema().field("UpdatedAt");
        let sort: Vec<SortKey> = updated.into_iter().map(|field| SortKey { field, descending: true }).collect();
        let fields: Vec<_> = sort.iter().map(|key| key.field).collect();
        let of_view = |view: &View| {
            let filter = Filter::All(vec![view.filter(self.world), self.filter.clone(), severity.clone()]);
            self.world.query_findings(&view.table, &filter, &fields, |findings| {
                view.part(findings).select(&filter, &sort, after, limit, Vec::new())
            })
        };
        let pages: Vec<Page> = views.iter().filter_map(of_view).collect();
        page::merge(&pages, &sort, limit, Vec::new())
    }
}

#[cfg(test)]
mod tests {
    use securityhub_fixtures::Operation;
    use serde_json::json;

    use super::*;
    use crate::testing::{MEMBER, Stage, finding_of, id};

    fn listed(stage: &Stage, region: &str, query: &Query<'_>) -> (Vec<String>, usize, Vec<(String, usize)>) {
        let now = stage.0.clock.now();
        let caller = Caller::local_user(id(MEMBER), Region::new(region), now);
        let listing = list(&stage.0, &caller, query).unwrap();
        let ids = listing.findings.iter().map(|finding| {
            let finding: Value = serde_json::from_str(finding.get()).unwrap();
            finding["Id"].as_str().unwrap().to_owned()
        });
        (ids.collect(), listing.matching, listing.elsewhere.into_iter().collect())
    }

    /// Rules: CPL-141.
    #[test]
    fn the_newest_of_the_most_severe_come_first_and_other_regions_are_counted() {
        let stage = Stage::with_hubs(&[MEMBER]);
        let finding = |name: &str, normalized: u32, day: u32| {
            let severity = json!({ "Normalized": normalized });
            let updated = format!("2026-01-{day:02}T09:00:00Z");
            finding_of(
                MEMBER,
                name,
                json!({ "Severity": severity, "UpdatedAt": updated, "Title": format!("Of {name}") }),
            )
        };
        let findings = [finding("low", 10, 14), finding("old", 89, 11), finding("new", 70, 12), finding("top", 95, 10)];
        stage.good(MEMBER, Operation::BatchImportFindings, json!({ "Findings": findings }));
        let none = Value::Null;
        let all = Query { filters: &none, title: None, limit: 10 };
        let names = ["top", "new", "old", "low"].map(str::to_owned).to_vec();
        assert_eq!(listed(&stage, "us-east-1", &all), (names.clone(), 4, Vec::new()));
        assert_eq!(listed(&stage, "us-east-1", &Query { limit: 2, ..all }), (names[..2].to_vec(), 4, Vec::new()));
        let titled = Query { title: Some("OF NEW"), ..all };
        assert_eq!(listed(&stage, "us-east-1", &titled), (names[1..2].to_vec(), 1, Vec::new()));
        let high = json!({ "SeverityLabel": [{ "Value": "HIGH", "Comparison": "EQUALS" }] });
        let high = Query { filters: &high, ..all };
        assert_eq!(listed(&stage, "us-east-1", &high), (names[1..3].to_vec(), 2, Vec::new()));
        let elsewhere = vec![("us-east-1".to_owned(), 4)];
        assert_eq!(listed(&stage, "eu-west-1", &all), (Vec::new(), 0, elsewhere));
    }
}
