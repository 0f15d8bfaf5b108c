//! Pages of a table: the part of a list that a page shows, and the links to the others.

use std::ops::Range;

use askama::Template;

use super::page::{Context, PageError};
use super::template::html;
use super::text;
use super::view::View;

/// The name in the query that has the number of the page, from 1.
pub const NAME: &str = "page";

/// The part of a list that is shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Paging {
    /// The positions of the items that are shown.
    pub range: Range<usize>,
    /// The number of all items.
    pub total: usize,
    /// `1–50 of 67 controls`
    pub shown: String,
    label: &'static str,
    links: PageLinks,
}

/// The links to other pages of a list; without an address if they lead nowhere.
pub type PageLinks = Vec<(&'static str, Option<String>)>;

#[derive(Template)]
#[template(path = "parts/paging.html")]
struct Links<'p> {
    label: &'static str,
    links: &'p PageLinks,
}

impl Paging {
    /// The page of the query for a list of `total` items, of which a page has `size`.
    ///
    /// # Errors
    /// [`PageError::Invalid`] if the number of the page is not a number, [`PageError::NotFound`] if it is beyond the
    /// last.
    pub fn of(context: &Context<'_>, total: usize, size: usize, names: [&str; 2]) -> Result<Paging, PageError> {
        Paging::named(context, (NAME, "Pages"), total, size, names)
    }

    /// The same for a further list of a page, with its own name in the query and its own label.
    ///
    /// # Errors
    /// Those of [`Paging::of`].
    pub fn named(
        context: &Context<'_>,
        (name, label): (&str, &'static str),
        total: usize,
        size: usize,
        names: [&str; 2],
    ) -> Result<Paging, PageError> {
        let query = &context.view.query;
        let last = total.div_ceil(size.max(1)).max(1);
        let repeated = context.view.repeated();
        let at = |page: usize| repeated.to(&repeated.page, repeated.query.clone().with(name, &page.to_string()));
        let text = query.first(name).unwrap_or("1");
        let page: usize = text.parse().ok().filter(|page| *page > 0).ok_or_else(|| {
            PageError::Invalid(format!("`{text}` is not a valid page number (expected a number from 1 to {last})."))
        })?;
        if page > last {
            return Err(beyond_last(page, last, at(last)));
        }
        let start = (page - 1) * size;
        let range = start..(start + size).min(total);
        let counted = text::counted(total as u64, names[0], names[1]);
        let shown = match range.len() {
            all if all == total => counted,
            _ => format!("{}–{} of {counted}", text::number(range.start as u64 + 1), text::number(range.end as u64)),
        };
        let links = links(page, last, |page| at(page).address());
        Ok(Paging { range, total, shown, label, links })
    }

    /// The navigation `Pages`; nothing if there is one page.
    pub fn html(&self) -> String {
        if self.range.len() == self.total {
            return String::new();
        }
        html(&Links { label: self.label, links: &self.links })
    }
}

/// The links to the first, previous, next and last page of a list. `address` returns the address of a page.
pub fn links(page: usize, last: usize, address: impl Fn(usize) -> String) -> PageLinks {
    let link = |name, page: Option<usize>| (name, page.map(&address));
    let (before, after) = ((page > 1).then(|| page - 1), (page < last).then(|| page + 1));
    vec![
        link("First", before.map(|_| 1)),
        link("Previous", before),
        link("Next", after),
        link("Last", after.map(|_| last)),
    ]
}

/// A page that does not exist. `view` is that of the last page.
pub fn beyond_last(page: usize, last: usize, view: View) -> PageError {
    let [page, last] = [page, last].map(|page| text::number(page as u64));
    PageError::not_found(format!("Page {page} does not exist; the last page is {last}."), &format!("Page {last}"), view)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dashboard::view::Query;
    use crate::service::{Service, Settings};
    use crate::state::Region;
    use crate::testing::{MEMBER, REGION, id};

    /// Rules: DSH-105.
    #[test]
    fn a_long_list_is_shown_in_pages() {
        let service = Service::new(Settings::default(), None).unwrap();
        let of = |query: &str, total: usize| {
            let view = View::of(id(MEMBER), Region::new(REGION)).to("list", Query::parse(query));
            let context = Context::new(&service, &view, String::new(), String::new());
            Paging::of(&context, total, 50, ["item", "items"])
        };
        let first = of("q=a&page=1", 1_167).unwrap();
        assert_eq!((first.range.clone(), first.shown.as_str()), (0..50, "1–50 of 1,167 items"));
        let links = first.html();
        assert!(links.contains("aria-label=\"Pages\"") && !links.contains(">Previous</a>"), "{links}");
        assert!(links.contains("/us-east-1/list?q=a&#38;page=2\">Next</a>"), "{links}");
        assert!(links.contains("page=24\">Last</a>"), "{links}");
        let last = of("page=4&q=a", 167).unwrap();
        assert_eq!((last.range.clone(), last.shown.as_str()), (150..167, "151–167 of 167 items"));
        let links = last.html();
        assert!(links.contains("?q=a&#38;page=3\">Previous</a>") && !links.contains(">Next</a>"), "{links}");
        let only = of("", 1).unwrap();
        assert_eq!((only.shown.as_str(), only.html().as_str()), ("1 item", ""));
        assert_eq!(of("", 0).unwrap().shown, "0 items");
        for wrong in ["0", "-1", "x", "", "99999999999999999999999"] {
            assert!(matches!(of(&format!("page={wrong}"), 9), Err(PageError::Invalid(_))), "{wrong}");
        }
        let Err(PageError::NotFound { instead, .. }) = of("page=5", 167) else { panic!("there is no page 5") };
        assert_eq!((instead.0.as_str(), instead.1.query.text().as_str()), ("Page 4", "?page=4"));
    }
}
