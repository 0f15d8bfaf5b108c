//! One program, or two programs that receive the same queries alternately: A, B, A, B.

use crate::common::child::Child;
use crate::common::goal::{at_most, line};
use crate::common::latency::Latency;
use crate::common::summary::Summary;

/// Maximum ratio to the 99th percentile of the other program.
const RATIO: f64 = 0.5;

/// The measurements of each program, round by round.
pub(crate) struct Rounds<T>(Vec<Vec<T>>);

impl<T> Rounds<T> {
    /// Measures each program in each round; `measure` receives the index of the round.
    pub(crate) fn of(programs: &[Child], rounds: usize, mut measure: impl FnMut(&Child, usize) -> T) -> Rounds<T> {
        let mut measured: Vec<Vec<T>> = programs.iter().map(|_| Vec::new()).collect();
        for round in 0..rounds {
            for (program, measured) in programs.iter().zip(&mut measured) {
                measured.push(measure(program, round));
            }
        }
        Rounds(measured)
    }

    /// Applies `of` to the measurements of each round.
    pub(crate) fn map<O>(&self, of: impl Fn(&T) -> O) -> Rounds<O> {
        Rounds(self.0.iter().map(|rounds| rounds.iter().map(&of).collect()).collect())
    }
}

impl Rounds<Summary> {
    /// Prints the latency of each program, and the ratio of the 99th percentiles if there are two.
    pub(crate) fn print(&self, name: &str) {
        for (position, rounds) in self.0.iter().enumerate() {
            line(&named(name, position), &Latency::of(rounds).to_string(), "");
        }
        self.map(Summary::percentile_99).print_ratio("p99", RATIO);
    }
}

impl Rounds<f64> {
    /// Prints a figure of each program with its goal, and their ratio if there are two.
    pub(crate) fn print_figure(&self, name: &str, decimals: usize, unit: &str, goal: impl Fn(f64) -> String) {
        for (position, rounds) in self.0.iter().enumerate() {
            let figure = Summary::of(rounds.iter().copied());
            line(&named(name, position), &format!("{figure:.decimals$}{unit}"), &goal(figure.median()));
        }
    }

    /// Prints the ratio of this program's figures to the other's, pair by pair, if there are two.
    pub(crate) fn print_ratio(&self, what: &str, goal: f64) {
        let [this, other] = &self.0[..] else { return };
        let ratio = Summary::of(this.iter().zip(other).map(|(this, other)| this / other));
        line(
            &format!("  {what}, this build relative to the other"),
            &ratio.to_string(),
            &at_most(ratio.median(), goal),
        );
    }
}

fn named(name: &str, position: usize) -> String {
    if position == 0 { name.to_owned() } else { "  the other build".to_owned() }
}
