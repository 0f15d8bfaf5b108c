//! The state of the page that a query describes (DSH-50), and the queries of the links to other states of the page.

use securityhub_engine::{FieldKind, Schema};
use serde_json::{Value, json};

use crate::dashboard::chips::{self, Chip};
use crate::dashboard::view::Query;

/// The possible numbers of rows of a page.
pub(super) const SIZES: [usize; 3] = [25, 50, 100];
const SIZE: usize = 50;
/// The possible fields of the histogram.
pub(super) const TIMES: [&str; 4] = ["UpdatedAt", "CreatedAt", "FirstObservedAt", "LastObservedAt"];

/// Size of the query from which the page has fewer links, in bytes.
const LONG: usize = 1_000;

/// How findings are grouped.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Group {
    /// By what found them: a control, a vulnerability, a type or a generator.
    Check,
    /// By resource.
    Resource,
    /// By account.
    Account,
    /// By the values of a filter.
    Field(&'static str),
}

impl Group {
    /// The fixed groupings, with their names in a query.
    pub(super) const FIXED: [(&'static str, Group); 3] =
        [("check", Group::Check), ("resource", Group::Resource), ("account", Group::Account)];

    /// The name in a query, which also ends the caption of the table.
    pub(super) fn name(&self) -> &'static str {
        match self {
            Group::Check => "check",
            Group::Resource => "resource",
            Group::Account => "account",
            Group::Field(name) => name,
        }
    }

    fn parse(text: &str, schema: &Schema) -> Option<Group> {
        if let Some((_, group)) = Group::FIXED.iter().find(|(name, _)| *name == text) {
            return Some(group.clone());
        }
        let field = schema.field(text).filter(|field| schema.kind(*field) == Some(FieldKind::String))?;
        schema.name(field).map(Group::Field)
    }
}

/// A sort criterion.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Sort {
    /// The field.
    pub(super) field: String,
    /// True if the largest value comes first.
    pub(super) is_descending: bool,
}

impl Sort {
    fn parse(text: &str) -> Option<Sort> {
        let (field, order) = text.rsplit_once(':')?;
        let is_descending = match order {
            "asc" => false,
            "desc" => true,
            _ => return None,
        };
        Some(Sort { field: field.to_owned(), is_descending })
    }

    fn order(&self) -> &'static str {
        if self.is_descending { "desc" } else { "asc" }
    }
}

/// The state of the page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct PageState {
    /// The filters.
    pub(super) chips: Vec<Chip>,
    /// The sort criteria.
    pub(super) sort: Vec<Sort>,
    /// The grouping.
    pub(super) group: Option<Group>,
    /// The page, from 1.
    pub(super) page: usize,
    /// The number of rows of a page.
    pub(super) size: usize,
    /// The field of the histogram.
    pub(super) time: &'static str,
}

impl PageState {
    /// Reads a query. The second part has a sentence for each value that cannot be used; it is read as if it were
    /// missing.
    pub(super) fn parse(query: &Query, schema: &Schema) -> (PageState, Vec<String>) {
        let mut problems = Vec::new();
        let mut state =
            PageState { chips: Vec::new(), sort: Vec::new(), group: None, page: 1, size: SIZE, time: "UpdatedAt" };
        for text in query.all(chips::NAME) {
            match Chip::parse(text) {
                Some(chip) => state.chips.push(chip),
                None => problems.push(format!("`f={text}` is not a filter (expected NAME:COMPARISON:VALUE).")),
            }
        }
        for text in query.all("sort") {
            if let Some(sort) = Sort::parse(text).filter(|sort| is_sortable(&sort.field, schema)) {
                state.sort.push(sort);
            } else {
                let expected = "FIELD:asc or FIELD:desc, where FIELD is a filter that can be sorted by";
                problems.push(format!("`sort={text}` is not a sort criterion (expected {expected})."));
            }
        }
        let mut read = |name: &str, expected: &str, read: &mut dyn FnMut(&str) -> bool| {
            if let Some(text) = query.first(name).filter(|text| !read(text)) {
                problems.push(format!("`{name}={text}` is not valid (expected {expected})."));
            }
        };
        read("page", "a number from 1", &mut |text| {
            let page = text.parse().ok().filter(|page| *page > 0);
            page.inspect(|page| state.page = *page).is_some()
        });
        read("size", "25, 50 or 100", &mut |text| {
            let size = text.parse().ok().filter(|size| SIZES.contains(size));
            size.inspect(|size| state.size = *size).is_some()
        });
        read("time", &TIMES.join(", "), &mut |text| {
            let time = TIMES.into_iter().find(|time| *time == text);
            time.inspect(|time| state.time = time).is_some()
        });
        read("group", "check, resource, account or a filter name of type String", &mut |text| {
            state.group = Group::parse(text, schema);
            state.group.is_some()
        });
        (state, problems)
    }

    /// The query of this state, on the first page.
    pub(super) fn query(&self) -> Query {
        let mut query = chips::query(&self.chips);
        for sort in &self.sort {
            query = query.and("sort", &format!("{}:{}", sort.field, sort.order()));
        }
        if let Some(group) = &self.group {
            query = query.and("group", group.name());
        }
        if self.time != "UpdatedAt" {
            query = query.and("time", self.time);
        }
        if self.size != SIZE {
            query = query.and("size", &self.size.to_string());
        }
        query
    }

    /// The query of this state on another page.
    pub(super) fn at(&self, page: usize) -> Query {
        let query = self.query();
        if page == 1 { query } else { query.and("page", &page.to_string()) }
    }

    /// The query of this state with other chips.
    pub(super) fn with_chips(&self, chips: Vec<Chip>) -> Query {
        PageState { chips, ..self.clone() }.query()
    }

    /// Returns whether the query is so long that the page leaves out links that repeat it.
    pub(super) fn is_long(&self) -> bool {
        self.query().link_size() > LONG
    }

    /// The input of GetFindings, without a token. An error is the chip that is not a filter.
    pub(super) fn input(&self, schema: &Schema) -> Result<Value, Chip> {
        let filters = chips::filters(schema, &self.chips)?;
        let mut input = json!({});
        if !filters.is_empty() {
            input["Filters"] = Value::Object(filters);
        }
        if !self.sort.is_empty() {
            let criterion = |sort: &Sort| json!({ "Field": sort.field, "SortOrder": sort.order() });
            input["SortCriteria"] = self.sort.iter().map(criterion).collect();
        }
        input["MaxResults"] = json!(self.size);
        Ok(input)
    }
}

/// Returns whether GetFindings sorts by a filter name.
fn is_sortable(name: &str, schema: &Schema) -> bool {
    let kind = schema.field(name).and_then(|field| schema.kind(field));
    kind.is_some_and(|kind| !matches!(kind, FieldKind::Map | FieldKind::Keyword))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::Stage;

    fn parsed(text: &str) -> (PageState, Vec<String>) {
        PageState::parse(&Query::parse(text), Stage::empty().0.schema())
    }

    /// Rules: DSH-03, DSH-50.
    #[test]
    fn a_query_is_read_and_written_without_loss() {
        for text in [
            "",
            "?f=Title:EQUALS:a&f=Title:EQUALS:b",
            "?f=Title:EQUALS:a&sort=UpdatedAt:desc&sort=Title:asc&group=ProductName&time=CreatedAt&size=100",
            "?group=check",
        ] {
            let (state, problems) = parsed(text.trim_start_matches('?'));
            assert_eq!((state.query().text().as_str(), problems), (text, Vec::new()));
        }
        let (state, problems) = parsed("page=3&size=50&time=UpdatedAt&nope=1&message=2");
        assert_eq!((state.page, state.at(3).text().as_str(), state.query().text().as_str()), (3, "?page=3", ""));
        assert!(problems.is_empty(), "{problems:?}");
    }

    /// Rules: DSH-50.
    #[test]
    fn invalid_values_are_named_and_ignored() {
        for text in [
            "f=a",
            "f=a:b",
            "sort=Title",
            "sort=Title:up",
            "sort=Nope:asc",
            "sort=ProductFields:asc",
            "page=0",
            "page=-1",
            "page=x",
            "page=",
            "size=10",
            "time=Title",
            "group=nope",
            "group=UpdatedAt",
            "group=Confidence",
        ] {
            let (state, problems) = parsed(text);
            assert_eq!(problems.len(), 1, "{text}");
            assert!(problems[0].contains(text), "{text}: {problems:?}");
            assert_eq!(state, parsed("").0, "{text}");
        }
    }
}
