//! Tests of findings in the V2 half.

mod agreement;
mod change;
mod halves;
mod hubs;
mod lookup;
mod naive;
mod spelling;
