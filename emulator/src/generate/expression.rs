//! Parses the expressions in braces in the texts of a template into [`Part`]s.

use super::template::Scope;
use crate::invariant::Invariant;

/// A part of a text.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Part {
    /// Literal text.
    Literal(String),
    /// `{name.field}`: the value of a name, or a field of it.
    Name(Path),
    /// A value that is generated on each use.
    Random(RandomValue),
}

/// The path to a value: the position of its name, followed by fields.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Path {
    pub(super) name: usize,
    pub(super) fields: Vec<String>,
}

/// A value that is generated on each use.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum RandomValue {
    /// `{hex:17}`: a number of hexadecimal digits.
    Hex(usize),
    /// `{HEX:64}`: a number of upper-case hexadecimal digits, as in hashes of AWS Health.
    UpperHex(usize),
    /// `{key:16}`: a number of upper-case letters and digits, as in IDs of IAM.
    Key(usize),
    /// `{code:6}`: a number of lower-case letters and digits, as in IDs of AWS Config rules.
    Code(usize),
    /// `{digits:10}`: a number of decimal digits, the first of which is not zero.
    Digits(usize),
    /// `{uuid}`
    Uuid,
    /// `{number:1-100}`: an integer in a range.
    Number(u64, u64),
    /// `{ago:1-30}`: a time this many days before now, in seconds and without a zone. AWS services disagree about
    /// milliseconds, so the surrounding text adds `Z` or `.000Z`.
    Ago(u64, u64),
}

/// A parsed text of a template.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Text {
    /// A text that consists of parts.
    Parts(Vec<Part>),
    /// `{=name}`: a value with its JSON type.
    Value(Part),
    /// `{use:name}`: replaced by a fragment.
    Use(String),
}

/// Parses a text.
///
/// # Errors
/// An unknown or invalid expression.
pub(super) fn read(text: &str, scope: &Scope) -> Result<Text, String> {
    if let Some(inside) = whole(text) {
        if let Some(expression) = inside.strip_prefix('=') {
            return part(expression, scope).map(Text::Value);
        }
        if let Some(fragment) = inside.strip_prefix("use:") {
            return Ok(Text::Use(fragment.to_owned()));
        }
    }
    let (mut parts, mut rest) = (Vec::new(), text);
    while let Some((before, after)) = rest.split_once('{') {
        let (inside, after) = after.split_once('}').ok_or_else(|| format!("unclosed brace in `{text}`"))?;
        if !before.is_empty() {
            parts.push(Part::Literal(before.to_owned()));
        }
        parts.push(part(inside, scope)?);
        rest = after;
    }
    if !rest.is_empty() || parts.is_empty() {
        parts.push(Part::Literal(rest.to_owned()));
    }
    Ok(Text::Parts(parts))
}

/// The content of a text that is a single pair of braces.
fn whole(text: &str) -> Option<&str> {
    text.strip_prefix('{')?.strip_suffix('}').filter(|inside| !inside.contains('{'))
}

fn part(expression: &str, scope: &Scope) -> Result<Part, String> {
    if expression == "uuid" {
        return Ok(Part::Random(RandomValue::Uuid));
    }
    if let Some((function, argument)) = expression.split_once(':') {
        return random_value(function, argument)
            .map(Part::Random)
            .ok_or_else(|| format!("unknown or invalid expression `{{{expression}}}`"));
    }
    let (written, is_optional) = expression.strip_suffix('?').map_or((expression, false), |written| (written, true));
    let mut words = written.split('.');
    let name = words.next().or_report("a split text has a first part").unwrap_or_default();
    let fields: Vec<String> = words.map(str::to_owned).collect();
    let path = scope.position(name).map(|name| Path { name, fields });
    match path {
        Some(path) if is_optional || scope.has(&path) => Ok(Part::Name(path)),
        Some(_) => Err(format!("`{name}` has no field `{expression}`")),
        None => Err(format!("unknown name `{name}`; a name must be defined before it is used")),
    }
}

fn random_value(function: &str, argument: &str) -> Option<RandomValue> {
    let length = || argument.parse().ok();
    let range = || {
        let (least, most) = argument.split_once('-')?;
        let (least, most) = (least.parse().ok()?, most.parse().ok()?);
        (least <= most).then_some((least, most))
    };
    match function {
        "hex" => length().map(RandomValue::Hex),
        "HEX" => length().map(RandomValue::UpperHex),
        "key" => length().map(RandomValue::Key),
        "code" => length().map(RandomValue::Code),
        "digits" => length().map(RandomValue::Digits),
        "number" => range().map(|(least, most)| RandomValue::Number(least, most)),
        "ago" => range().map(|(least, most)| RandomValue::Ago(least, most)),
        _ => None,
    }
}
