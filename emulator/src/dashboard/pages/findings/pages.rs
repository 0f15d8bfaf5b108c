//! The pages of the table: which rows are shown, and the links to other pages (DSH-50, DSH-57).

use super::page_state::{PageState, SIZES};
use crate::dashboard::page::{Context, PageError};
use crate::dashboard::paging::{self, PageLinks};
use crate::dashboard::text;

/// The pages of a table.
pub(super) struct Pages {
    /// `1–50 of 67 findings`
    pub(super) shown: String,
    /// `Page 1 of 2`
    pub(super) position: String,
    /// The links to other pages.
    pub(super) links: PageLinks,
    /// The links to other numbers of rows; the current one has no address.
    pub(super) sizes: Vec<(usize, Option<String>)>,
    skip: usize,
}

impl Pages {
    /// The requested page of a table with `total` rows.
    ///
    /// # Errors
    /// [`PageError::NotFound`] with the last page if there are fewer pages.
    pub(super) fn of(
        context: &Context<'_>,
        state: &PageState,
        total: u64,
        (one, several): (&str, &str),
    ) -> Result<Pages, PageError> {
        let rows = usize::try_from(total).unwrap_or(usize::MAX);
        let (page, size) = (state.page, state.size);
        let last = rows.div_ceil(size).max(1);
        let number = |number: usize| text::number(number as u64);
        if page > last {
            return Err(paging::beyond_last(page, last, context.view.to("findings", state.at(last))));
        }
        let skip = (page - 1) * size;
        let counted = text::counted(total, one, several);
        let shown = match rows {
            0 => counted,
            _ => format!("{}–{} of {counted}", number(skip + 1), number(rows.min(skip + size))),
        };
        let links = paging::links(page, last, |page| context.link("findings", state.at(page)));
        let resized = |size: usize| context.link("findings", PageState { size, ..state.clone() }.query());
        let is_offered = |other: &usize| *other == size || !state.is_long();
        let sizes = SIZES.into_iter().filter(is_offered);
        let sizes = sizes.map(|other| (other, (other != size).then(|| resized(other)))).collect();
        Ok(Pages { shown, position: format!("Page {} of {}", number(page), number(last)), links, sizes, skip })
    }

    /// The number of rows before the page.
    pub(super) fn skip(&self) -> usize {
        self.skip
    }
}
