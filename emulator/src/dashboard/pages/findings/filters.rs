//! The filters of the page: chips that can be removed, and the form `Add a filter` (DSH-52 to DSH-54).

use securityhub_engine::{FieldKind, Schema};
use serde_json::{Map, Value};

use super::page_state::PageState;
use super::pasted;
use crate::dashboard::chips::{self, Chip};
use crate::dashboard::page::{Context, PageError};
use crate::dashboard::text::{self, Shortened};
use crate::dashboard::view::{Query, View};

/// Maximum number of characters of a chip that are shown.
pub(super) const WORDS: usize = 200;
/// The field for which the form has suggestions first.
const FIRST: &str = "SeverityLabel";
/// Maximum number of suggestions.
const SUGGESTIONS: usize = 20;
/// The groups of fields in the form: the beginning of their names, and the name of the group. A field belongs to the
/// first group that fits.
const GROUPS: [(&str, &[&str]); 9] = [
    (
        "Often used",
        &[FIRST, "WorkflowStatus", "RecordState", "ProductName", "AwsAccountId", "ComplianceStatus", "Title"],
    ),
    ("Provider", &["FindingProviderFields"]),
    ("Compliance", &["Compliance"]),
    ("Resource", &["Resource"]),
    ("Network", &["Network"]),
    ("Process", &["Process"]),
    ("Malware and threats", &["Malware", "ThreatIntel", "Vulnerabilities"]),
    ("Notes and related findings", &["Note", "RelatedFindings", "UserDefinedFields"]),
    ("Finding", &[""]),
];

/// The chips and the form.
pub(super) struct Filters {
    pub(super) chips: Vec<Item>,
    /// The number of chips that are not shown.
    pub(super) more: Option<String>,
    /// True if the page has fewer links than usual, because they would be too long.
    pub(super) is_long: bool,
    /// The address without filters.
    pub(super) none: String,
    /// The address of the form that creates an insight from the filters.
    pub(super) save: String,
    /// The form that creates an automation rule with these filters as criteria.
    pub(super) rule: String,
    /// The form that compares the filters with a finding.
    pub(super) explain: String,
    pub(super) path: String,
    /// The other pairs of the query, for forms.
    pub(super) hidden: Query,
    pub(super) groups: Vec<(&'static str, Vec<FieldOption>)>,
    pub(super) comparisons: Vec<(&'static str, &'static str, String)>,
    pub(super) suggestions: Vec<String>,
}

/// A chip.
pub(super) struct Item {
    pub(super) words: Shortened,
    /// The address without the chip; `None` if the links of all chips would be too long.
    pub(super) remove: Option<String>,
}

/// A field in the form.
pub(super) struct FieldOption {
    pub(super) name: &'static str,
    pub(super) kind: &'static str,
    pub(super) is_selected: bool,
}

impl Filters {
    /// The chips and the form with suggestions for its field.
    ///
    /// # Errors
    /// The refusal of GetFindings.
    pub(super) fn of(context: &Context<'_>, state: &PageState, input: &Value) -> Result<Filters, PageError> {
        let schema = context.world.schema();
        let filters = input.get("Filters").and_then(Value::as_object).cloned().unwrap_or_default();
        let field = context.view.query.first("field").unwrap_or(FIRST);
        let suggestions = match schema.field(field).and_then(|field| schema.kind(field)) {
            Some(FieldKind::String) => context.count(|counter| counter.most_common(&filters, field, SUGGESTIONS))?,
            Some(FieldKind::Number) => numbers(context, &filters, field)?,
            Some(FieldKind::Boolean) => ["true", "false"].map(str::to_owned).into(),
            _ => Vec::new(),
        };
        Ok(Filters { suggestions, ..Filters::without_result(context, state) })
    }

    /// The same without suggestions.
    pub(super) fn without_result(context: &Context<'_>, state: &PageState) -> Filters {
        let schema = context.world.schema();
        let texts: Vec<&str> = context.view.query.all(chips::NAME).collect();
        let size = context.view.query.link_size();
        let longest = PageState { chips: Vec::new(), ..state.clone() };
        // The links below repeat the filters several times.
        let state = if size > chips::LONGEST { &longest } else { state };
        let item = |(position, text): (usize, &&str)| {
            let others = texts.iter().enumerate().filter(|(other, _)| *other != position).map(|(_, text)| *text);
            let others = others.fold(Query::default(), |query, text| query.and(chips::NAME, text));
            let rest = state.with_chips(Vec::new());
            let query = rest.pairs().fold(others, |query, (name, value)| query.and(name, value));
            let words = Chip::parse(text).map_or_else(|| (*text).to_owned(), |chip| chip.words());
            let remove = chips::is_removable(position, size).then(|| context.link("findings", query));
            Item { words: Shortened::of(&words, WORDS), remove }
        };
        let comparison = |(name, words, kinds): &chips::Comparison| {
            (*name, *words, kinds.iter().map(|kind| kind_name(*kind)).collect::<Vec<_>>().join(" "))
        };
        Filters {
            chips: texts.iter().enumerate().take(chips::SHOWN).map(item).collect(),
            more: text::more(texts.len(), chips::SHOWN),
            is_long: state.is_long() || texts.len().checked_sub(1).is_some_and(|last| !chips::is_removable(last, size)),
            none: context.link("findings", state.with_chips(Vec::new())),
            save: format!("{}#create", context.link("insights", chips::query(&state.chips))),
            rule: format!("{}#editor", context.link("rules", chips::query(&state.chips))),
            explain: context.link("finding", chips::query(&state.chips).and("view", "explain")),
            path: context.view.path(),
            hidden: state.query(),
            groups: groups(schema, context.view.query.first("field").unwrap_or(FIRST)),
            comparisons: chips::COMPARISONS.iter().map(comparison).collect(),
            suggestions: Vec::new(),
        }
    }
}

/// The most common values of a field of kind Number.
fn numbers(context: &Context<'_>, filters: &Map<String, Value>, field: &str) -> Result<Vec<String>, PageError> {
    let mut counts: Vec<(String, u64)> = context.count(|counter| counter.by(filters, field))?.into_iter().collect();
    counts.sort_by(|(one, of_one), (two, of_two)| of_two.cmp(of_one).then_with(|| one.cmp(two)));
    Ok(counts.into_iter().take(SUGGESTIONS).map(|(value, _)| value).collect())
}

fn kind_name(kind: FieldKind) -> &'static str {
    match kind {
        FieldKind::String => "string",
        FieldKind::Map => "map",
        FieldKind::Number => "number",
        FieldKind::Date => "date",
        FieldKind::Ip => "ip",
        FieldKind::Keyword => "keyword",
        FieldKind::Boolean => "boolean",
    }
}

/// All fields in groups. The fields of a group are in the order of the API.
fn groups(schema: &Schema, selected: &str) -> Vec<(&'static str, Vec<FieldOption>)> {
    let mut groups: Vec<(&'static str, Vec<FieldOption>)> = GROUPS.map(|(name, _)| (name, Vec::new())).into();
    for field in schema.fields() {
        let Some((name, kind)) = schema.name(field).zip(schema.kind(field)) else { continue };
        let fits = |(group, beginnings): &(&str, &[&str])| {
            beginnings
                .iter()
                .any(|beginning| if *group == "Often used" { name == *beginning } else { name.starts_with(beginning) })
        };
        let group = GROUPS.iter().position(fits).and_then(|position| groups.get_mut(position));
        if let Some((_, options)) = group {
            options.push(FieldOption { name, kind: kind_name(kind), is_selected: name == selected });
        }
    }
    groups
}

/// The view with the chips that the forms `Add a filter` and `Paste filters` add; `None` if neither was sent with a value.
///
/// # Errors
/// A sentence about a pasted text that cannot be read.
pub(super) fn added(context: &Context<'_>, state: &PageState) -> Result<Option<View>, String> {
    let query = &context.view.query;
    let value = |name: &str| query.first(name).map(str::trim).filter(|text| !text.is_empty());
    let added = if let Some(text) = value("paste") {
        pasted::chips(context.world.schema(), text)?
    } else if let Some((field, value)) = query.first("field").zip(value("value")) {
        vec![Chip::new(field, comparison(context, field), value)]
    } else {
        return Ok(None);
    };
    let chips = state.chips.iter().cloned().chain(added).collect();
    Ok(Some(context.view.to("findings", state.with_chips(chips))))
}

/// The comparison that the form `Add a filter` names. Without a script, it also offers comparisons of other kinds of
/// fields; `is` then means the usual one of the field.
fn comparison<'c>(context: &'c Context<'_>, field: &str) -> &'c str {
    let schema = context.world.schema();
    let kind = schema.field(field).and_then(|field| schema.kind(field));
    let named = context.view.query.first("comparison").unwrap_or_default();
    let of_kind = |(_, _, kinds): &&chips::Comparison| kind.is_some_and(|kind| kinds.contains(&kind));
    let known: Vec<&str> = chips::COMPARISONS.iter().filter(of_kind).map(|(name, ..)| *name).collect();
    let usual = known.first().filter(|_| ["EQUALS", "EQ", "IS"].contains(&named) && !known.contains(&named));
    usual.copied().unwrap_or(named)
}
