//! Dialects of filters.
