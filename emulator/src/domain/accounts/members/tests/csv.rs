//! CSV lists of accounts.

use crate::domain::accounts::members::csv::{Row, read};
use crate::testing::check;

type Found = (String, Option<String>, usize);

fn row(account: &str, email: Option<&str>, line: usize) -> Found {
    (account.to_owned(), email.map(str::to_owned), line)
}

/// The rows of a list, after checking their positions.
fn rows(text: &str) -> Vec<Found> {
    let found = |row: Row| {
        assert!(text[row.span.clone()].contains(row.account.as_str()), "{row:?}");
        (row.account.to_string(), row.email, row.line)
    };
    read(text).unwrap().into_iter().map(found).collect()
}

/// The errors in a list, with the text at their positions.
fn wrong(text: &str) -> Vec<String> {
    let errors = read(text).unwrap_err();
    errors.into_iter().map(|error| format!("{error} [{}]", &text[error.span.clone()])).collect()
}

#[test]
fn a_csv_list_is_read_as_spreadsheets_write_it() {
    let expected = vec![row("111111111111", Some("a@example.com"), 2), row("222222222222", Some("b,b@example.com"), 3)];
    for text in [
        "Account ID,Email\n111111111111,a@example.com\n222222222222,\"b,b@example.com\"\n",
        "\u{feff}Account ID,Email\r\n111111111111,a@example.com\r\n222222222222,\"b,b@example.com\"",
        "\"account_id\",\"email\"\n\"111111111111\", a@example.com \n222222222222,\"b,b@example.com\",\n\n",
    ] {
        assert_eq!(rows(text), expected, "{text:?}");
    }
    assert_eq!(rows("111111111111\n\n222222222222,\n"), [row("111111111111", None, 1), row("222222222222", None, 3)]);
    assert_eq!(rows(""), []);
    assert_eq!(rows("Account ID,Email"), []);
}

#[test]
fn every_invalid_line_is_reported_with_its_number() {
    let text = "Account ID,Email\r\n1234567890,a@example.com\r\n111111111111,a@example.com\r\n\r\nx,\r\n\
                222222222222,nobody\r\n111111111111,\r\n333333333333,c@example.com,more\r\n111111111111,\r\n";
    assert_eq!(
        wrong(text),
        [
            "line 2: `1234567890` is not a valid account ID (expected 12 digits; a spreadsheet may have removed leading zeros) \
             [1234567890,a@example.com]",
            "line 5: `x` is not a valid account ID (expected 12 digits) [x,]",
            "line 6: `nobody` is not a valid e-mail address [222222222222,nobody]",
            "line 7: duplicate account 111111111111, first listed in line 3 [111111111111,]",
            "line 8: unexpected field `more` after the e-mail address [333333333333,c@example.com,more]",
            "line 9: duplicate account 111111111111, first listed in line 3 [111111111111,]",
        ]
    );
    assert_eq!(
        wrong("\u{feff}Email,Account ID\n"),
        ["line 1: `Email` is not a valid account ID (expected 12 digits) [Email,Account ID]"]
    );
    assert!(
        wrong("111111111111;a@example.com\n")[0]
            .starts_with("line 1: `111111111111;a@example.com` is not a valid account ID")
    );
}

/// Rules: CPL-133.
#[test]
fn reading_stops_after_a_hundred_errors() {
    assert_eq!(wrong(&"x\n".repeat(1000)).len(), 100);
}

#[test]
fn a_list_of_10000_lines_is_read() {
    let lines: Vec<String> = (0..10_000).map(|number| format!("{number:012},m{number}@example.com")).collect();
    let text = lines.join("\n");
    let rows = read(&text).unwrap();
    assert_eq!((rows.len(), rows[9_999].line, rows[9_999].account.as_str()), (10_000, 10_000, "000000009999"));
}

#[test]
fn any_text_gives_rows_or_errors_with_valid_positions() {
    fn holds(text: String) -> bool {
        match read(&text) {
            Ok(rows) => rows.len() <= text.lines().count().max(1),
            Err(errors) => errors.iter().all(|error| text.get(error.span.clone()).is_some()),
        }
    }
    check(100).quickcheck(holds as fn(String) -> bool);
}

#[test]
fn a_written_list_is_read_back() {
    fn holds(accounts: std::collections::BTreeSet<u32>) -> bool {
        let lines: Vec<String> =
            accounts.iter().map(|account| format!("{account:012},\"{account}@example.com\"")).collect();
        let text = lines.join("\r\n");
        let found: Vec<_> = read(&text).unwrap().into_iter().map(|row| row.account.to_string()).collect();
        found == accounts.iter().map(|account| format!("{account:012}")).collect::<Vec<_>>()
    }
    check(100).quickcheck(holds as fn(std::collections::BTreeSet<u32>) -> bool);
}
