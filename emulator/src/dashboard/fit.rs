//! The size of pages. Parts of pages limit their own values and lists; this module holds the limit for all pages, whatever
//! the world contains: it leaves out the last rows of long tables (DSH-13).

use std::ops::Range;

use super::text::counted;

/// Maximum size of a page, in bytes.
const MOST: usize = 300 * 1024;
/// Size of the note about the rows of a table that are left out.
const NOTE: usize = 200;

/// Leaves out rows of the largest tables of a page until it is small enough, and says so below each of them.
pub fn fit(mut page: String) -> String {
    if page.len() <= MOST {
        return page;
    }
    let mut tables = tables(&page);
    tables.sort_by_key(|rows| rows.end - rows.start);
    // Later tables are cut first, so that the places of earlier ones stay valid.
    let mut cuts = Vec::new();
    let mut excess = page.len() - MOST;
    while let (Some(rows), 1..) = (tables.pop(), excess) {
        let cut = cut(&page, &rows, excess + NOTE);
        excess = excess.saturating_sub(cut.len().saturating_sub(NOTE));
        cuts.push((cut, rows.end));
    }
    cuts.sort_by_key(|(cut, _)| std::cmp::Reverse(cut.start));
    for (cut, end) in cuts {
        leave_out(&mut page, cut, end);
    }
    page
}

/// The rows of each table: the content of its body. Values are escaped, so they do not contain tags.
fn tables(page: &str) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    for (at, _) in page.match_indices("<tbody") {
        let rest = page.get(at..).unwrap_or_default();
        if let (Some(start), Some(end)) = (rest.find('>'), rest.find("</tbody>")) {
            found.push(at + start + 1..at + end);
        }
    }
    found
}

/// The last rows of a table that have at least `excess` bytes, or all its rows.
fn cut(page: &str, rows: &Range<usize>, excess: usize) -> Range<usize> {
    let text = page.get(rows.clone()).unwrap_or_default();
    let kept = text.len().saturating_sub(excess);
    let end = text.get(..text.floor_char_boundary(kept)).and_then(|kept| kept.rfind("</tr>"));
    rows.start + end.map_or(0, |end| end + "</tr>".len())..rows.end
}

/// Removes rows, and adds a note below their table. `end` is the end of all its rows.
fn leave_out(page: &mut String, cut: Range<usize>, end: usize) {
    let count = page.get(cut.clone()).unwrap_or_default().matches("</tr>").count();
    let after = page.get(end..).and_then(|rest| rest.find("</table>")).map(|at| end + at + "</table>".len());
    if let (Some(after), 1..) = (after, count) {
        let rows = counted(count as u64, "row is", "rows are");
        let note = format!("\n<p class=\"note\">{rows} not shown, because the page would be larger than 300 KB.</p>");
        page.insert_str(after, &note);
        page.replace_range(cut, "");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(rows: usize, value: &str) -> String {
        let row = format!("<tr><th scope=\"row\">{value}</th></tr>\n");
        format!("<table><thead><tr></tr></thead>\n<tbody id=\"a\">\n{}</tbody></table>", row.repeat(rows))
    }

    /// Rules: DSH-13.
    #[test]
    fn the_largest_tables_lose_their_last_rows() {
        let small = format!("{}<p>between</p>{}", table(3, "small"), table(100, "x"));
        assert_eq!(fit(small.clone()), small);
        for (first, second) in [(1_000, 5), (5, 1_000), (1_000, 1_000), (1, 1)] {
            let page = format!(
                "<main>{}<p>between</p>{}</main>",
                table(first, &"ä".repeat(500)),
                table(second, &"b".repeat(400_000 / second))
            );
            let found = fit(page.clone());
            assert!(found.len() <= MOST, "{first} and {second}: {}", found.len());
            assert!(
                found.contains("not shown, because") && found.contains("<p>between</p>") && found.ends_with("</main>")
            );
            let count = |text: &str, tag: &str| text.matches(tag).count();
            for tag in ["table>", "<tbody", "</tbody>", "<thead>"] {
                assert_eq!(count(&found, tag), count(&page, tag), "{tag}");
            }
            assert_eq!(count(&found, "<tr>"), count(&found, "</tr>"));
        }
    }

    /// Rules: DSH-13.
    #[test]
    fn a_page_whose_size_is_not_that_of_tables_stays() {
        let page = format!("<main><textarea>{}</textarea>{}</main>", "x".repeat(MOST), table(2, "x"));
        let found = fit(page);
        assert!(found.contains("2 rows are not shown"), "{}", found.len());
        assert!(found.contains(&"x".repeat(MOST)));
        assert!(fit("<".repeat(MOST + 1)).len() > MOST);
    }
}
