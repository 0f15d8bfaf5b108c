//! A naive implementation of the rules of filters and sorting, over JSON values and the text of paths.

use std::cmp::Ordering;

use securityhub_engine::filter::combine::Comparison;
use securityhub_engine::{Field, FieldKind, SortKey};
use serde_json::Value;

use super::FIELDS;
use super::finding::{ADDRESSES, DATES};
use super::question::{Ask, Question};

/// Returns whether a finding satisfies a query.
pub(crate) fn satisfies(finding: &Value, question: &Question) -> bool {
    match question {
        Question::All(parts) => !parts.iter().any(|part| !satisfies(finding, part)),
        Question::Any(parts) => parts.iter().any(|part| satisfies(finding, part)),
        Question::Not(part) => !satisfies(finding, part),
        Question::Term(field, ask) => values_at(finding, field).iter().any(|value| passes(field.kind, value, ask)),
        Question::In(field, texts) => {
            let equals = |text| Question::Term(*field, Ask::Text(Comparison::Equals, text));
            texts.iter().any(|text| satisfies(finding, &equals(*text)))
        }
    }
}

/// The values of a field in a finding. A map is one value, because its entries belong together.
pub(crate) fn values_at<'f>(finding: &'f Value, field: &Field) -> Vec<&'f Value> {
    if field.kind == FieldKind::Keyword {
        return strings(finding);
    }
    let mut nodes = vec![finding];
    for part in field.path.split('.') {
        nodes = match part.strip_suffix("[]") {
            None => nodes.iter().filter_map(|node| node.as_object()?.get(part)).collect(),
            Some(name) => {
                let arrays = nodes.iter().filter_map(|node| node.as_object()?.get(name)?.as_array());
                arrays.flatten().collect()
            }
        };
    }
    nodes
}

fn strings(value: &Value) -> Vec<&Value> {
    match value {
        Value::String(_) => vec![value],
        Value::Array(elements) => elements.iter().flat_map(strings).collect(),
        Value::Object(members) => members.iter().flat_map(|(_, member)| strings(member)).collect(),
        _ => vec![],
    }
}

fn passes(kind: FieldKind, value: &Value, ask: &Ask) -> bool {
    match (kind, ask) {
        (FieldKind::String, Ask::Text(comparison, wanted)) => text_passes(value.as_str(), *comparison, wanted),
        (FieldKind::Number, Ask::Number(bounds)) => value.as_f64().is_some_and(|number| in_range(number, bounds)),
        (FieldKind::Date, Ask::Date(start, end)) => instant(value).is_some_and(|instant| {
            start.is_none_or(|(bound, included)| bound < instant || included && bound == instant)
                && end.is_none_or(|(bound, included)| instant < bound || included && bound == instant)
        }),
        (FieldKind::Ip, Ask::Block(index, length)) => in_block(value, *index, *length),
        (FieldKind::Map, Ask::Entry(key, comparison, wanted)) => {
            let under_key = value.as_object().and_then(|map| map.get(*key)?.as_str());
            text_passes(under_key, *comparison, wanted)
        }
        (FieldKind::Keyword, Ask::Keyword(wanted)) => {
            value.as_str().is_some_and(|text| text.to_lowercase().contains(&wanted.to_lowercase()))
        }
        (FieldKind::Boolean, Ask::Boolean(wanted)) => value == wanted,
        (_, Ask::Present) => is_present(kind, value),
        _ => false,
    }
}

fn text_passes(text: Option<&str>, comparison: Comparison, wanted: &str) -> bool {
    let Some(text) = text else { return false };
    match comparison {
        Comparison::Equals => text.as_bytes() == wanted.as_bytes(),
        Comparison::Prefix => text.as_bytes().starts_with(wanted.as_bytes()),
        Comparison::Contains => (0..=text.len()).any(|from| text.as_bytes()[from..].starts_with(wanted.as_bytes())),
        Comparison::ContainsWord => {
            let wanted = spaced(wanted);
            wanted != " " && spaced(text).contains(&wanted)
        }
        _ => unreachable!("queries contain only positive comparisons"),
    }
}

/// Words in lower case, each surrounded by single spaces.
fn spaced(text: &str) -> String {
    let letters = text.to_lowercase().chars().map(|c| if c.is_alphanumeric() { c } else { ' ' }).collect::<String>();
    letters.split_whitespace().fold(String::from(" "), |spaced, word| spaced + word + " ")
}

#[expect(clippy::float_cmp, reason = "Eq compares doubles exactly")]
fn in_range(number: f64, [eq, gte, lte, gt, lt]: &[Option<f64>; 5]) -> bool {
    let fails = [
        eq.is_some_and(|bound| number != bound),
        gte.is_some_and(|bound| number < bound),
        lte.is_some_and(|bound| number > bound),
        gt.is_some_and(|bound| number <= bound),
        lt.is_some_and(|bound| number >= bound),
    ];
    !fails.contains(&true)
}

fn instant(value: &Value) -> Option<i128> {
    DATES.iter().find(|(text, _)| value == text).and_then(|(_, instant)| *instant)
}

fn address(value: &Value) -> Option<(u32, u128)> {
    ADDRESSES.iter().find(|(text, _)| value == text).and_then(|(_, address)| *address)
}

fn in_block(value: &Value, index: usize, length: u32) -> bool {
    let (Some((family, bits)), Some((wanted_family, wanted))) = (address(value), ADDRESSES[index].1) else {
        return false;
    };
    let head = |bits: u128| bits.checked_shr(family - length).unwrap_or(0);
    family == wanted_family && head(bits) == head(wanted)
}

fn is_present(kind: FieldKind, value: &Value) -> bool {
    match kind {
        FieldKind::String | FieldKind::Keyword => value.is_string(),
        FieldKind::Number => value.is_number(),
        FieldKind::Boolean => value.is_boolean(),
        FieldKind::Date => instant(value).is_some(),
        FieldKind::Ip => address(value).is_some(),
        FieldKind::Map => value.as_object().is_some_and(|map| map.values().any(Value::is_string)),
    }
}

/// Compares two findings by sort keys; equal if only their age distinguishes them (SRT-04 to SRT-07).
pub(crate) fn compare(one: &Value, two: &Value, sort: &[SortKey]) -> Ordering {
    for key in sort {
        let field = &FIELDS[usize::from(key.field.0)];
        let order = match (extreme(one, field, key.descending), extreme(two, field, key.descending)) {
            (None, None) => Ordering::Equal,
            (None, Some(_)) => Ordering::Greater,
            (Some(_), None) => Ordering::Less,
            (Some(one), Some(two)) if key.descending => ascending(field, two, one),
            (Some(one), Some(two)) => ascending(field, one, two),
        };
        if order != Ordering::Equal {
            return order;
        }
    }
    Ordering::Equal
}

/// The deciding value: the smallest ascending, the largest descending.
fn extreme<'f>(finding: &'f Value, field: &Field, descending: bool) -> Option<&'f Value> {
    if matches!(field.kind, FieldKind::Map | FieldKind::Keyword) {
        return None;
    }
    let values = values_at(finding, field).into_iter().filter(|value| is_present(field.kind, value));
    let mut values: Vec<&Value> = values.collect();
    values.sort_by(|one, two| ascending(field, one, two));
    if descending { values.last().copied() } else { values.first().copied() }
}

fn ascending(field: &Field, one: &Value, two: &Value) -> Ordering {
    match field.kind {
        FieldKind::Number => one.as_f64().partial_cmp(&two.as_f64()).expect("numbers"),
        FieldKind::Date => instant(one).cmp(&instant(two)),
        FieldKind::Boolean => one.as_bool().cmp(&two.as_bool()),
        _ => one.as_str().map(code_points).cmp(&two.as_str().map(code_points)),
    }
}

fn code_points(text: &str) -> Vec<u32> {
    text.chars().map(u32::from).collect()
}
