//! Lists of accounts in the console's format: `Account ID,Email`, one account per line.

use std::collections::BTreeMap;
use std::fmt;
use std::ops::Range;

use csv::{ReaderBuilder, StringRecord, Trim};

use crate::invariant::Invariant;
use crate::state::AccountId;

/// Description of the format for error messages.
pub const EXPECTED: &str =
    "lines such as 111111111111,security@example.com, with an optional header line Account ID,Email";

/// Maximum number of reported errors; reading stops there.
pub const MAX_ERRORS: usize = 100;

/// An account in a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// The account.
    pub account: AccountId,
    /// Its e-mail address.
    pub email: Option<String>,
    /// Its line, from 1.
    pub line: usize,
    /// The byte range of the line.
    pub span: Range<usize>,
}

/// An invalid line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LineError {
    /// Its number, from 1.
    pub line: usize,
    /// The byte range of the line.
    pub span: Range<usize>,
    /// The error message.
    pub message: String,
}

impl fmt::Display for LineError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "line {}: {}", self.line, self.message)
    }
}

/// Reads a list. Fields may be quoted, lines may end with CRLF, the text may begin with a byte order mark, empty lines
/// are skipped, and the e-mail address is optional.
///
/// # Errors
/// The invalid lines, at most the first [`MAX_ERRORS`]. A list with an error is rejected as a whole.
pub fn read(text: &str) -> Result<Vec<Row>, Vec<LineError>> {
    let bare = text.strip_prefix('\u{feff}').unwrap_or(text);
    let skipped = text.len() - bare.len();
    let mut reader =
        ReaderBuilder::new().has_headers(false).flexible(true).trim(Trim::All).from_reader(bare.as_bytes());
    let (mut rows, mut errors, mut lines) = (Vec::new(), Vec::new(), BTreeMap::<AccountId, usize>::new());
    let (mut line, mut counted) = (1, 0);
    // Reading cannot fail: the text is UTF-8, and records may have any number of fields.
    for (position, record) in reader.records().filter_map(Result::ok).enumerate() {
        let span = span(bare, &record);
        // The CSV reader does not count empty lines, and a record ends before its line feed, so lines are counted here.
        line += bare
            .get(counted..span.start)
            .or_report("records follow one another in the text")
            .unwrap_or_default()
            .bytes()
            .filter(|byte| *byte == b'\n')
            .count();
        counted = span.start;
        if position == 0 && is_heading(&record) {
            continue;
        }
        let span = span.start + skipped..span.end + skipped;
        let read = fields(&record).and_then(|(account, email)| {
            let first_line = *lines.entry(account).or_insert(line);
            if first_line == line {
                Ok((account, email))
            } else {
                Err(format!("duplicate account {account}, first listed in line {first_line}"))
            }
        });
        match read {
            Ok((account, email)) => rows.push(Row { account, email, line, span }),
            Err(message) => errors.push(LineError { line, span, message }),
        }
        if errors.len() == MAX_ERRORS {
            break;
        }
    }
    if errors.is_empty() { Ok(rows) } else { Err(errors) }
}

/// Returns whether this is the heading `Account ID`, in any spelling.
fn is_heading(record: &StringRecord) -> bool {
    let letters = |field: &str| field.chars().filter(char::is_ascii_alphanumeric).collect::<String>();
    let first = record.get(0).map(letters).or_report("a record has a field").unwrap_or_default().to_ascii_lowercase();
    ["accountid", "account", "accountids"].contains(&&*first)
}

/// The account and its e-mail address.
fn fields(record: &StringRecord) -> Result<(AccountId, Option<String>), String> {
    let written = record.get(0).or_report("a record has a field").unwrap_or_default();
    let Some(account) = AccountId::parse(written) else {
        let is_short = !written.is_empty() && written.len() < 12 && written.bytes().all(|byte| byte.is_ascii_digit());
        let hint = if is_short { "; a spreadsheet may have removed leading zeros" } else { "" };
        return Err(format!("`{written}` is not a valid account ID (expected 12 digits{hint})"));
    };
    let email = record.get(1).filter(|email| !email.is_empty());
    if let Some(email) = email
        && email.split_once('@').is_none_or(|(user, host)| user.is_empty() || host.is_empty())
    {
        return Err(format!("`{email}` is not a valid e-mail address"));
    }
    if let Some(more) = record.iter().skip(2).find(|field| !field.is_empty()) {
        return Err(format!("unexpected field `{more}` after the e-mail address"));
    }
    Ok((account, email.map(str::to_owned)))
}

/// The byte range of the first line of a record, without its line ending.
fn span(text: &str, record: &StringRecord) -> Range<usize> {
    let at = record
        .position()
        .and_then(|position| usize::try_from(position.byte()).ok())
        .or_report("a record that was read has a position")
        .unwrap_or_default();
    let rest = text.get(at..).or_report("a record begins at a character").unwrap_or_default();
    let line = rest.trim_start_matches(['\r', '\n']);
    let start = at + rest.len() - line.len();
    start..start + line.find(['\r', '\n']).unwrap_or(line.len())
}
