//! Findings: import, merge, expiry.
