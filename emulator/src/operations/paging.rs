//! Opaque tokens of pages.
