//! Reading a pattern, and the sentences that refuse it (PAT-01, PAT-20 … PAT-33, PAT-41 … PAT-69).

use std::net::IpAddr;
use std::sync::Arc;

use super::Fields;
use super::condition::{Condition, Form};
use super::leaves::step;
use super::tokens::{Token, Tokens};

/// Names that a field inside `$or` must not have (PAT-32).
const RESERVED: [&str; 24] = [
    "exactly",
    "prefix",
    "suffix",
    "anything-but",
    "exists",
    "wildcard",
    "numeric",
    "cidr",
    "equals-ignore-case",
    "=",
    "<",
    "<=",
    ">",
    ">=",
    "regex",
    "not-wildcard",
    "not-equals-ignore-case",
    "date-after",
    "date-on-or-after",
    "date-before",
    "date-on-or-before",
    "in-date-range",
    "ip-address-in-range",
    "ip-address-not-in-range",
];

/// Maximum number of alternatives after expanding `$or`; the service's own limit is not known (PAT-67).
const MAX_ALTERNATIVES: usize = 1000;

const ONE_KEY: &str = "Only one key allowed in match expression";
const TOO_MANY: &str = "Too many elements in numeric expression";

/// The alternatives of a pattern, or the sentence that refuses it.
pub(super) fn pattern(text: &str) -> Result<Vec<Fields>, String> {
    let mut tokens = Tokens::new(text);
    if tokens.next()? != Token::StartObject {
        return Err(tokens.with_location("Filter is not an object"));
    }
    let mut alternatives = vec![Fields::new()];
    object(&mut tokens, &mut alternatives, "", false)?;
    Ok(alternatives)
}

/// The fields of an object, each added to all alternatives.
fn object(tokens: &mut Tokens<'_>, all: &mut Vec<Fields>, path: &str, is_in_or: bool) -> Result<(), String> {
    let mut has_fields = false;
    loop {
        let name = match tokens.next()? {
            Token::Name(name) => name,
            _ if has_fields => return Ok(()),
            _ => return Err(tokens.with_location("Empty objects are not allowed")),
        };
        has_fields = true;
        if name == "$or" {
            alternatives(tokens, all, path)?;
            continue;
        }
        if is_in_or && RESERVED.contains(&name.as_str()) {
            let sentence = format!("{name} is Ruler reserved fieldName which cannot be used inside $or.");
            return Err(tokens.with_location(&sentence));
        }
        match tokens.next()? {
            Token::StartObject => object(tokens, all, &step(path, &name), false)?,
            Token::StartArray => {
                let conditions: Arc<[Condition]> = conditions(tokens)?.into();
                let path = step(path, &name);
                // A repeated name replaces the earlier one (PAT-07).
                for fields in all.iter_mut() {
                    fields.insert(path.clone(), Arc::clone(&conditions));
                }
            }
            _ => return Err(tokens.with_location(&format!("\"{name}\" must be an object or an array"))),
        }
    }
}

/// `$or`: each of its objects is combined with each existing alternative (PAT-31, PAT-66).
fn alternatives(tokens: &mut Tokens<'_>, all: &mut Vec<Fields>, path: &str) -> Result<(), String> {
    if tokens.next()? != Token::StartArray {
        return Err(tokens.with_location("It must be an Array followed with $or."));
    }
    let before = std::mem::take(all);
    let mut count = 0;
    loop {
        match tokens.next()? {
            Token::EndArray => break,
            Token::StartObject => {
                let mut more = before.clone();
                object(tokens, &mut more, path, true)?;
                all.append(&mut more);
            }
            _ => return Err(tokens.with_location("Only JSON object is allowed in array of $or relationship.")),
        }
        count += 1;
        if all.len() > MAX_ALTERNATIVES {
            return Err(tokens.with_location("Rule is too complex"));
        }
    }
    if count < 2 {
        return Err(tokens.with_location("There must have at least 2 Objects in $or relationship."));
    }
    Ok(())
}

/// The alternatives of a field.
fn conditions(tokens: &mut Tokens<'_>) -> Result<Vec<Condition>, String> {
    let mut conditions = Vec::new();
    loop {
        conditions.push(match tokens.next()? {
            Token::EndArray if conditions.is_empty() => {
                return Err(tokens.with_location("Empty arrays are not allowed"));
            }
            Token::EndArray => return Ok(conditions),
            Token::StartObject => expression(tokens)?,
            Token::Text => Condition::Text(tokens.text()?),
            Token::Number(number) => Condition::Number(number),
            Token::True => Condition::Word(true.into()),
            Token::False => Condition::Word(false.into()),
            Token::Null => Condition::Word(serde_json::Value::Null),
            _ => return Err(tokens.with_location("Match value must be String, number, true, false, or null")),
        });
    }
}

/// An operator and its operand.
fn expression(tokens: &mut Tokens<'_>) -> Result<Condition, String> {
    let Token::Name(operator) = tokens.next()? else {
        return Err(tokens.with_location("Match expression name not found"));
    };
    let condition = match operator.as_str() {
        "numeric" => return numeric(tokens),
        "anything-but" => return anything_but(tokens),
        "exactly" => Condition::Text(operand(tokens, "exact")?),
        "prefix" | "suffix" => Condition::Form(affix(tokens, &operator)?),
        "equals-ignore-case" => Condition::Form(Form::EqualsIgnoreCase(operand(tokens, &operator)?)),
        "wildcard" => {
            let text = operand(tokens, &operator)?;
            Condition::Form(wildcard(tokens, &text)?)
        }
        // This wording is the service's.
        "cidr" => block(&operand(tokens, "prefix")?)?,
        "exists" => match tokens.next()? {
            Token::True => Condition::Present,
            Token::False => Condition::Absent,
            _ => return Err(tokens.with_location("exists match pattern must be either true or false.")),
        },
        _ => return Err(tokens.with_location(&format!("Unrecognized match type {operator}"))),
    };
    close(tokens, ONE_KEY)?;
    Ok(condition)
}

fn close(tokens: &mut Tokens<'_>, sentence: &str) -> Result<(), String> {
    if tokens.next()? == Token::EndObject { Ok(()) } else { Err(tokens.with_location(sentence)) }
}

/// A string (PAT-49).
fn operand(tokens: &mut Tokens<'_>, operator: &str) -> Result<String, String> {
    match tokens.next()? {
        Token::Text => tokens.text(),
        _ => Err(tokens.with_location(&format!("{operator} match pattern must be a string"))),
    }
}

/// The operand of `prefix` or `suffix`: a string, or one that ignores case (PAT-20 … PAT-22, PAT-50).
fn affix(tokens: &mut Tokens<'_>, operator: &str) -> Result<Form, String> {
    let is_prefix = operator == "prefix";
    match tokens.next()? {
        Token::Text => Ok(if is_prefix { Form::Prefix } else { Form::Suffix }(tokens.text()?)),
        Token::StartObject => {
            let Token::Name(name) = tokens.next()? else {
                let title = if is_prefix { "Prefix" } else { "Suffix" };
                return Err(tokens.with_location(&format!("{title} expression name not found")));
            };
            if name != "equals-ignore-case" {
                return Err(tokens.with_location(&format!("Unsupported {operator} pattern: {name}")));
            }
            let text = operand(tokens, &name)?;
            close(tokens, ONE_KEY)?;
            Ok(if is_prefix { Form::PrefixIgnoreCase } else { Form::SuffixIgnoreCase }(text))
        }
        _ => Err(tokens.with_location(&format!("{operator} match pattern must be a string"))),
    }
}

/// The parts between the asterisks (PAT-24, PAT-65).
fn wildcard(tokens: &Tokens<'_>, text: &str) -> Result<Form, String> {
    let mut parts = vec![String::new()];
    let mut signs = text.char_indices().peekable();
    while let Some((at, sign)) = signs.next() {
        let after = signs.peek().map(|(_, sign)| *sign);
        let literal = match (sign, after) {
            ('*', Some('*')) => {
                return Err(tokens.with_location(&format!("Consecutive wildcard characters at pos {}", at + 1)));
            }
            ('*', _) => {
                parts.push(String::new());
                continue;
            }
            ('\\', Some(escaped @ ('*' | '\\'))) => {
                signs.next();
                escaped
            }
            ('\\', _) => return Err(tokens.with_location(&format!("Invalid escape character at pos {}", at + 1))),
            (sign, _) => sign,
        };
        if let Some(part) = parts.last_mut() {
            part.push(literal);
        }
    }
    Ok(Form::Wildcard(parts))
}

/// A block of addresses; its error messages have no location (PAT-28, PAT-64).
fn block(text: &str) -> Result<Condition, String> {
    let Some((address, bits)) = text.split_once('/').filter(|(_, bits)| !bits.contains('/')) else {
        return Err("Malformed CIDR, one '/' required".to_owned());
    };
    let bits: i64 = bits.parse().map_err(|_| "Malformed CIDR, mask bits must be an integer".to_owned())?;
    let bits = u32::try_from(bits).map_err(|_| "Malformed CIDR, mask bits must not be negative".to_owned())?;
    if address.is_empty() || !address.chars().all(|sign| sign.is_ascii_hexdigit() || sign == ':' || sign == '.') {
        return Err(format!("Nonstandard IP address: {address}"));
    }
    let address: IpAddr = address.parse().map_err(|_| format!("Invalid IP address: {address}"))?;
    match address {
        IpAddr::V4(_) if bits >= 32 => Err("IPv4 mask bits must be < 32".to_owned()),
        IpAddr::V6(_) if bits >= 128 => Err("IPv6 mask bits must be < 128".to_owned()),
        address => Ok(Condition::Block(address, bits)),
    }
}

/// A number within the range of comparisons (PAT-62).
fn comparable(tokens: &Tokens<'_>, number: &str) -> Result<f64, String> {
    let read: Option<f64> = number.parse().ok().filter(|read: &f64| read.is_finite());
    read.ok_or_else(|| tokens.with_location(&format!("Cannot compare number : {number}")))
}

fn number(tokens: &mut Tokens<'_>, operator: &str) -> Result<f64, String> {
    match tokens.next()? {
        Token::Number(number) => comparable(tokens, &number),
        _ => Err(tokens.with_location(&format!("Value of {operator} must be numeric"))),
    }
}

/// `numeric`: one comparison, or a range that begins with its lower bound (PAT-27, PAT-56 … PAT-62).
fn numeric(tokens: &mut Tokens<'_>) -> Result<Condition, String> {
    if tokens.next()? != Token::StartArray {
        return Err(tokens.with_location("Value of numeric must be an array."));
    }
    let operator = match tokens.next()? {
        Token::Text => tokens.text()?,
        other => return Err(tokens.with_location(&format!("Invalid member in numeric match: {}", other.display()))),
    };
    let condition = match operator.as_str() {
        "=" => {
            let value = number(tokens, "equals")?;
            Condition::Range(Some((value, true)), Some((value, true)))
        }
        "<" | "<=" => Condition::Range(None, Some((number(tokens, &operator)?, operator == "<="))),
        ">" | ">=" => {
            let bottom = (number(tokens, &operator)?, operator == ">=");
            return match tokens.next()? {
                Token::EndArray => {
                    close(tokens, TOO_MANY)?;
                    Ok(Condition::Range(Some(bottom), None))
                }
                token => range(tokens, &token, bottom),
            };
        }
        _ => return Err(tokens.with_location(&format!("Unrecognized numeric range operator: {operator}"))),
    };
    if tokens.next()? != Token::EndArray {
        return Err(tokens.with_location(TOO_MANY));
    }
    close(tokens, TOO_MANY)?;
    Ok(condition)
}

/// The upper bound of a range whose lower bound has been read.
fn range(tokens: &mut Tokens<'_>, token: &Token, bottom: (f64, bool)) -> Result<Condition, String> {
    let operator = if *token == Token::Text { tokens.text()? } else { token.display() };
    if *token != Token::Text {
        return Err(tokens.with_location(&format!("Bad value in numeric range: {operator}")));
    }
    if operator != "<" && operator != "<=" {
        return Err(tokens.with_location(&format!("Bad numeric range operator: {operator}")));
    }
    let top = (number(tokens, &operator)?, operator == "<=");
    if tokens.next()? != Token::EndArray {
        return Err(tokens.with_location("Too many terms in numeric range expression"));
    }
    close(tokens, TOO_MANY)?;
    if bottom.0 >= top.0 {
        return Err(tokens.with_location("Bottom must be less than top"));
    }
    Ok(Condition::Range(Some(bottom), Some(top)))
}

/// `anything-but` (PAT-25, PAT-26, PAT-51 … PAT-55).
fn anything_but(tokens: &mut Tokens<'_>) -> Result<Condition, String> {
    let condition = match tokens.next()? {
        Token::StartObject => {
            let forms = anything_but_forms(tokens)?;
            close(tokens, TOO_MANY)?;
            Condition::AnythingButForms(forms)
        }
        Token::StartArray => {
            // The service reports the location once for the list and once more for the enclosing expression.
            let list = anything_but_list(tokens).map_err(|sentence| tokens.with_location(&sentence))?;
            Condition::AnythingBut(list)
        }
        Token::Text => Condition::AnythingBut(vec![Condition::Text(tokens.text()?)]),
        Token::Number(number) => {
            comparable(tokens, &number)?;
            Condition::AnythingBut(vec![Condition::Number(number)])
        }
        _ => return Err(tokens.with_location("Value of anything-but must be an array or single string/number value.")),
    };
    close(tokens, TOO_MANY)?;
    Ok(condition)
}

fn anything_but_list(tokens: &mut Tokens<'_>) -> Result<Vec<Condition>, String> {
    let mut list = Vec::new();
    loop {
        match tokens.next()? {
            Token::EndArray => break,
            Token::Text => list.push(Condition::Text(tokens.text()?)),
            Token::Number(number) => {
                comparable(tokens, &number)?;
                list.push(Condition::Number(number));
            }
            _ => return Err(tokens.with_location("Inside anything but list, start|null|boolean is not supported.")),
        }
    }
    let texts = list.iter().filter(|condition| matches!(condition, Condition::Text(_))).count();
    if list.is_empty() || texts != 0 && texts != list.len() {
        let sentence = "Inside anything but list, either all values are number or string, mixed type is not supported";
        return Err(tokens.with_location(sentence));
    }
    Ok(list)
}

/// The operators inside `anything-but`, with one string or a list of them.
fn anything_but_forms(tokens: &mut Tokens<'_>) -> Result<Vec<Form>, String> {
    let Token::Name(operator) = tokens.next()? else {
        return Err(tokens.with_location("Anything-But expression name not found"));
    };
    if !["prefix", "suffix", "wildcard", "equals-ignore-case"].contains(&operator.as_str()) {
        return Err(tokens.with_location(&format!("Unsupported anything-but pattern: {operator}")));
    }
    match tokens.next()? {
        Token::Text => {
            let text = tokens.text()?;
            Ok(vec![form(tokens, &operator, text)?])
        }
        Token::StartArray => {
            let mut forms = Vec::new();
            loop {
                match tokens.next()? {
                    Token::EndArray if !forms.is_empty() => return Ok(forms),
                    Token::Text => {
                        let text = tokens.text()?;
                        forms.push(form(tokens, &operator, text)?);
                    }
                    _ if operator == "equals-ignore-case" => {
                        let sentence = "Inside anything-but/equals-ignore-case list, number|start|null|boolean is not \
                                        supported.";
                        let inner = tokens.with_location(sentence);
                        return Err(tokens.with_location(&inner));
                    }
                    _ => return Err(tokens.with_location(not_a_string(&operator))),
                }
            }
        }
        _ => Err(tokens.with_location(not_a_string(&operator))),
    }
}

fn not_a_string(operator: &str) -> &'static str {
    match operator {
        "wildcard" => "wildcard match pattern must be a string",
        "equals-ignore-case" => "equals-ignore-case match pattern must be a string",
        _ => "prefix/suffix match pattern must be a string",
    }
}

fn form(tokens: &Tokens<'_>, operator: &str, text: String) -> Result<Form, String> {
    match operator {
        "prefix" | "suffix" if text.is_empty() => Err(tokens.with_location("Null prefix/suffix not allowed")),
        "prefix" => Ok(Form::Prefix(text)),
        "suffix" => Ok(Form::Suffix(text)),
        "wildcard" => wildcard(tokens, &text),
        _ => Ok(Form::EqualsIgnoreCase(text)),
    }
}
