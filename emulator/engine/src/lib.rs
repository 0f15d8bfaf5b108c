//! Filters, sorting and paging over findings.
