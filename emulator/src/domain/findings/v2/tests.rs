//! Tests of findings in the V2 half.
