//! `Findings`: the findings that filters select, in pages or in groups, with their histogram (DSH-50 to DSH-60).

use askama::Template;
use securityhub_fixtures::Operation;
use serde_json::{Map, Value};

use crate::dashboard::call::Call;
use crate::dashboard::chips::{self, Chip};
use crate::dashboard::forms::Form;
use crate::dashboard::page::{Content, Context, Count, Done, PageError};
use crate::dashboard::text::cut;
use crate::dashboard::{text, timeline};
use crate::domain::findings::counts::{Grouping, OverTime};

use super::overview;

mod bulk;
mod filters;
mod groups;
mod narrow;
mod page_state;
mod pages;
mod pasted;
mod rows;

use bulk::Bulk;
use filters::Filters;
use groups::Groups;
use page_state::{Group, PageState, TIMES};
use pages::Pages;
use rows::Rows;

/// Maximum number of characters of the sentences about an invalid query.
const PROBLEMS: usize = 2_000;
/// Maximum number of chips for which the page says how many findings there would be without them.
const WITHOUT: usize = 20;

#[derive(Template)]
#[template(path = "pages/findings.html")]
struct Findings {
    filters: Filters,
    has_timeline: bool,
    result: Option<FindingsResult>,
}

/// The findings that the filters select.
struct FindingsResult {
    timeline: Option<String>,
    times: Vec<Link>,
    groupings: Vec<Link>,
    empty: Option<Empty>,
    /// `1–50 of 67 findings`
    shown: String,
    bulk: Option<Bulk>,
    rows: Option<Rows>,
    groups: Option<Groups>,
    pages: Pages,
}

/// A link to another state of the page.
struct Link {
    name: &'static str,
    address: String,
    is_current: bool,
}

/// Why there are no findings, and what to do.
enum Empty {
    /// The account sees no finding at all. Contains the call that imports one.
    World(String),
    /// No finding has all chips. For each of them, the number of findings without it.
    Chips(Vec<(String, Count)>),
}

/// The numbers of the page, counted at one moment.
struct Figures {
    total: u64,
    all: u64,
    without: Vec<u64>,
    over_time: Option<OverTime>,
}

/// Shows the page.
pub fn show(context: &Context<'_>) -> Result<Content, PageError> {
    let schema = context.world.schema();
    let (state, mut problems) = PageState::parse(&context.view.query, schema);
    match filters::added(context, &state) {
        Ok(None) => {}
        Ok(Some(to)) => return Err(PageError::Moved(Box::new(to))),
        Err(problem) => problems.push(problem),
    }
    if let Some(problem) = chips::too_long(&state.query()) {
        problems = vec![problem];
    }
    let input = state.input(schema).map_err(|chip| {
        problems.push(format!("`f={}` is not a filter of GetFindings: {}.", chip.text(), expected(context, &chip)));
    });
    if let (Ok(input), []) = (input, &problems[..]) {
        match result(context, &state, &input) {
            Ok((result, calls)) => {
                let filters = Filters::of(context, &state, &input)?;
                let has_timeline = result.timeline.is_some();
                let page = Findings { filters, has_timeline, result: Some(result) };
                return Ok(Content::new("Findings", &page, calls));
            }
            // Filters that GetFindings refuses are a fault of the address. Other refusals have pages of their own.
            Err(PageError::Refused { sentence, status: 400, .. }) => problems.push(sentence),
            Err(page_error) => return Err(page_error),
        }
    }
    let filters = Filters::without_result(context, &state);
    let page = Findings { filters, has_timeline: false, result: None };
    Ok(Content { alert: Some(cut(&problems.join(" "), PROBLEMS)), ..Content::new("Findings", &page, Vec::new()) })
}

/// Changes the selected findings.
pub fn act(context: &Context<'_>, form: &Form) -> Result<Done, PageError> {
    bulk::act(context, form)
}

/// The expected content of a chip whose filter, comparison or value is unknown.
fn expected(context: &Context<'_>, chip: &Chip) -> String {
    let schema = context.world.schema();
    let Some(kind) = schema.field(&chip.name).and_then(|field| schema.kind(field)) else {
        return format!("unknown filter `{}`", chip.name);
    };
    let known = chips::COMPARISONS.iter().filter(|(.., kinds)| kinds.contains(&kind)).map(|(name, ..)| *name);
    let known: Vec<&str> = known.collect();
    if known.contains(&chip.comparison.as_str()) {
        return format!("`{}` is not a valid value for {}", chip.value, chip.comparison);
    }
    format!("{} only supports the comparisons {}", chip.name, known.join(", "))
}

fn result(context: &Context<'_>, state: &PageState, input: &Value) -> Result<(FindingsResult, Vec<Call>), PageError> {
    let filters = input.get("Filters").and_then(Value::as_object).cloned().unwrap_or_default();
    let figures = Figures::count(context, state, &filters)?;
    let over_time = figures.over_time.as_ref();
    let linked = (!state.is_long()).then_some(&state.chips[..]);
    let timeline = over_time.map(|over| timeline::write(context, over, linked, state.time));
    let (mut rows, mut groups, mut calls) = (None, None, Vec::new());
    let (shown, pages) = if let Some(group) = &state.group {
        let (found, pages) = Groups::of(context, state, (group, &filters), figures.total)?;
        calls.push(Call::api(Operation::GetFindings, input.clone()).of("The grouped findings, page by page"));
        groups = Some(found);
        (text::counted(figures.total, "finding", "findings"), pages)
    } else {
        let pages = Pages::of(context, state, figures.total, ("finding", "findings"))?;
        let (found, call) = Rows::of(context, state, input, pages.skip())?;
        calls.push(call);
        rows = (figures.total > 0).then_some(found);
        (pages.shown.clone(), pages)
    };
    let result = FindingsResult {
        timeline,
        times: times(context, state),
        groupings: groupings(context, state),
        empty: figures.empty(context, state),
        shown,
        bulk: rows.as_ref().map(|rows| Bulk::of(context, rows, figures.total)),
        rows,
        groups: groups.filter(|_| figures.total > 0),
        pages,
    };
    Ok((result, calls))
}

impl Figures {
    fn count(context: &Context<'_>, state: &PageState, selected: &Map<String, Value>) -> Result<Figures, PageError> {
        let schema = context.world.schema();
        let without = |position| chips::filters(schema, &chips::without(&state.chips, position)).unwrap_or_default();
        context.count(|counter| {
            let total = counter.all(selected)?;
            let over_time = counter.over_time(selected, (state.time, "SeverityLabel"), timeline::intervals)?;
            if total > 0 {
                return Ok(Figures { total, all: total, without: Vec::new(), over_time });
            }
            let positions = 0..state.chips.len().min(WITHOUT);
            let without = positions.map(|position| counter.all(&without(position))).collect::<Result<_, _>>()?;
            Ok(Figures { total, all: counter.all(&Map::new())?, without, over_time })
        })
    }

    fn empty(&self, context: &Context<'_>, state: &PageState) -> Option<Empty> {
        if self.total > 0 {
            return None;
        }
        if self.all == 0 {
            return Some(Empty::World(context.shown(&[overview::import_call(context)])));
        }
        let without = |(chip, count): (usize, &u64)| {
            let words = cut(&state.chips.get(chip)?.words(), filters::WORDS);
            let linked = (!state.is_long()).then(|| chips::without(&state.chips, chip));
            Some((words, context.counted_if(*count, linked)))
        };
        Some(Empty::Chips(self.without.iter().enumerate().filter_map(without).collect()))
    }
}

/// The links that choose the field of the histogram.
fn times(context: &Context<'_>, state: &PageState) -> Vec<Link> {
    let choice = |name: &'static str| Link {
        name,
        address: context.link("findings", PageState { time: name, ..state.clone() }.at(state.page)),
        is_current: state.time == name,
    };
    if state.is_long() { Vec::new() } else { TIMES.into_iter().map(choice).collect() }
}

/// The links that choose the grouping.
fn groupings(context: &Context<'_>, state: &PageState) -> Vec<Link> {
    let choice = |name: &'static str, group: Option<Group>| Link {
        name,
        is_current: state.group == group,
        address: context.link("findings", PageState { group, ..state.clone() }.query()),
    };
    let fixed = [("Check", Group::Check), ("Resource", Group::Resource), ("Account", Group::Account)];
    let mut choices = vec![choice("None", None)];
    choices.extend(fixed.map(|(name, group)| choice(name, Some(group))));
    if let Some(Group::Field(name)) = &state.group {
        choices.push(choice(name, state.group.clone()));
    }
    choices
}
