//! Measured values and their goals.

/// Prints a measurement and its goal, if any.
pub(crate) fn line(name: &str, measured: &str, goal: &str) {
    println!("{}", format!("{name:<61} {measured:<66} {goal}").trim_end());
}

/// A lower bound.
pub(crate) fn at_least(measured: f64, goal: f64) -> String {
    verdict(measured >= goal, "≥", goal, "")
}

/// An upper bound.
pub(crate) fn at_most(measured: f64, goal: f64) -> String {
    verdict(measured <= goal, "≤", goal, "")
}

/// A strict upper bound.
pub(crate) fn below(measured: f64, goal: f64, unit: &str) -> String {
    verdict(measured < goal, "<", goal, unit)
}

fn verdict(met: bool, relation: &str, goal: f64, unit: &str) -> String {
    format!("goal {relation} {goal}{unit}: {}", if met { "met" } else { "missed" })
}
