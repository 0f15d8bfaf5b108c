//! The tokens of a pattern, with the position that the parser of the service would report (PAT-40).
//!
//! That position is after everything that has been read: after a name, it is after the first character of its value; in
//! a string, it is after the opening quote until the text of the string is read.

use crate::invariant::Invariant;

/// A lexical token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Token {
    StartObject,
    EndObject,
    StartArray,
    EndArray,
    Name(String),
    /// A string; [`Tokens::text`] reads its text.
    Text,
    /// A number, as written.
    Number(String),
    True,
    False,
    Null,
    End,
}

impl Token {
    /// The token in the form that error messages use.
    pub(super) fn display(&self) -> String {
        match self {
            Token::StartObject => "{".to_owned(),
            Token::EndObject => "}".to_owned(),
            Token::StartArray => "[".to_owned(),
            Token::EndArray => "]".to_owned(),
            Token::Name(text) | Token::Number(text) => text.clone(),
            Token::True => "true".to_owned(),
            Token::False => "false".to_owned(),
            Token::Null | Token::Text | Token::End => "null".to_owned(),
        }
    }
}

/// An object or array that has not been closed yet.
struct Open {
    is_object: bool,
    start: usize,
    has_entries: bool,
}

/// The tokenizer.
pub(super) struct Tokens<'p> {
    pattern: &'p str,
    at: usize,
    open: Vec<Open>,
    /// The value after a name; its first character has been read.
    next: Option<Token>,
    /// True if the position is after the opening quote of a string.
    is_in_text: bool,
}

/// Maximum number of characters of the pattern that a message quotes.
const MAX_QUOTED: usize = 500;

impl<'p> Tokens<'p> {
    pub(super) fn new(pattern: &'p str) -> Tokens<'p> {
        Tokens { pattern, at: 0, open: Vec::new(), next: None, is_in_text: false }
    }

    /// A sentence with the current location.
    pub(super) fn with_location(&self, sentence: &str) -> String {
        format!("{sentence}\n at {}", self.location(self.at))
    }

    /// `[Source: (String)"…"; line: 1, column: 3]`
    fn location(&self, at: usize) -> String {
        let before = self.pattern.get(..at).unwrap_or(self.pattern);
        let line = before.matches('\n').count() + 1;
        let column = before
            .rsplit('\n')
            .next()
            .or_report("a split text has a last part")
            .unwrap_or_default()
            .encode_utf16()
            .count()
            + 1;
        let length = self.pattern.chars().count();
        let shown: String = self.pattern.chars().take(MAX_QUOTED).collect();
        let rest = length.saturating_sub(MAX_QUOTED);
        let cut = if rest == 0 { String::new() } else { format!("[truncated {rest} chars]") };
        format!("[Source: (String)\"{shown}\"{cut}; line: {line}, column: {column}]")
    }

    /// The next token.
    pub(super) fn next(&mut self) -> Result<Token, String> {
        if let Some(token) = self.next.take() {
            self.enter(&token, self.at.saturating_sub(1));
            return Ok(token);
        }
        if self.is_in_text {
            self.text()?;
        }
        self.skip_blanks();
        let Some(sign) = self.peek() else { return self.end() };
        let Some((is_object, has_entries)) = self.open.last().map(|open| (open.is_object, open.has_entries)) else {
            return self.value_in(
                "expected a valid value (JSON String, Number, Array, Object or token 'null', 'true' or 'false')",
            );
        };
        if sign == if is_object { '}' } else { ']' } {
            self.at += 1;
            self.open.pop();
            return Ok(if is_object { Token::EndObject } else { Token::EndArray });
        }
        if has_entries {
            let kind = if is_object { "Object" } else { "Array" };
            self.pass(',', &format!("was expecting comma to separate {kind} entries"))?;
        }
        if let Some(open) = self.open.last_mut() {
            open.has_entries = true;
        }
        if is_object { self.name() } else { self.value_in("expected a value") }
    }

    /// The text of the string whose opening quote was read, up to its end.
    pub(super) fn text(&mut self) -> Result<String, String> {
        let start = self.at;
        self.is_in_text = false;
        loop {
            match self.take() {
                None => {
                    let sentence = "Unexpected end-of-input: was expecting closing quote for a string value";
                    return Err(self.with_location(sentence));
                }
                Some('"') => break,
                Some('\\') => _ = self.take(),
                Some(_) => {}
            }
        }
        let quoted =
            self.pattern.get(start - 1..self.at).or_report("a token is a part of its pattern").unwrap_or_default();
        serde_json::from_str(quoted).map_err(|_| self.with_location("Illegal character or escape in a string"))
    }

    /// A name, and the first character of its value.
    fn name(&mut self) -> Result<Token, String> {
        self.skip_blanks();
        self.pass('"', "was expecting double-quote to start field name")?;
        let name = self.text()?;
        self.skip_blanks();
        self.pass(':', "was expecting a colon to separate field name and value")?;
        self.skip_blanks();
        self.next = Some(self.sign("expected a value")?);
        Ok(Token::Name(name))
    }

    fn value_in(&mut self, expected: &str) -> Result<Token, String> {
        self.skip_blanks();
        let start = self.at;
        let token = self.sign(expected)?;
        self.enter(&token, start);
        Ok(token)
    }

    fn enter(&mut self, token: &Token, start: usize) {
        if matches!(token, Token::StartObject | Token::StartArray) {
            self.open.push(Open { is_object: *token == Token::StartObject, start, has_entries: false });
        }
    }

    /// A value: an opening character, or a complete number or word.
    fn sign(&mut self, expected: &str) -> Result<Token, String> {
        for (word, token) in [("true", Token::True), ("false", Token::False), ("null", Token::Null)] {
            if self.rest().starts_with(word) {
                self.at += word.len();
                return Ok(token);
            }
        }
        match self.peek() {
            None => self.end(),
            Some('{') => Ok(self.one(Token::StartObject)),
            Some('[') => Ok(self.one(Token::StartArray)),
            Some('"') => {
                self.is_in_text = true;
                Ok(self.one(Token::Text))
            }
            Some(sign) if sign == '-' || sign.is_ascii_digit() => {
                let is_part = |sign: char| sign.is_ascii_digit() || "+-.eE".contains(sign);
                let number: String = self.rest().chars().take_while(|sign| is_part(*sign)).collect();
                self.at += number.len();
                let is_number = serde_json::from_str::<&serde_json::value::RawValue>(&number).is_ok();
                is_number.then_some(Token::Number(number)).ok_or_else(|| self.with_location("Invalid numeric value"))
            }
            Some(_) => Err(self.unexpected(expected)),
        }
    }

    fn one(&mut self, token: Token) -> Token {
        self.at += 1;
        token
    }

    /// The end of the pattern: an error unless all objects and arrays are closed.
    fn end(&self) -> Result<Token, String> {
        let Some(open) = self.open.last() else { return Ok(Token::End) };
        let kind = if open.is_object { "Object" } else { "Array" };
        let start = self.location(open.start);
        Err(self.with_location(&format!(
            "Unexpected end-of-input: expected close marker for {kind} (start marker at {start})"
        )))
    }

    fn pass(&mut self, sign: char, expected: &str) -> Result<(), String> {
        match self.peek() {
            None => self.end().map(|_| ()),
            Some(found) if found == sign => {
                self.at += sign.len_utf8();
                Ok(())
            }
            Some(_) => Err(self.unexpected(expected)),
        }
    }

    fn unexpected(&mut self, expected: &str) -> String {
        let sign = self.take().unwrap_or_default();
        self.with_location(&format!("Unexpected character ('{sign}' (code {})): {expected}", u32::from(sign)))
    }

    fn rest(&self) -> &'p str {
        self.pattern.get(self.at..).or_report("the rest is a part of the pattern").unwrap_or_default()
    }

    fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    fn take(&mut self) -> Option<char> {
        let sign = self.peek()?;
        self.at += sign.len_utf8();
        Some(sign)
    }

    fn skip_blanks(&mut self) {
        let rest = self.rest();
        self.at += rest.len() - rest.trim_start_matches([' ', '\t', '\r', '\n']).len();
    }
}
