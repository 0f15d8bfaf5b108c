//! Numbers of calls that were dropped to make space for newer ones.

use std::collections::VecDeque;

/// Maximum number of runs. The oldest runs are merged.
const MAX_RUNS: usize = 1000;

/// Dropped numbers, as runs of consecutive ones. Deleted numbers are not dropped, so they interrupt a run.
#[derive(Clone, Debug, Default)]
pub(super) struct DroppedNumbers {
    /// The last number and the length of each run.
    runs: VecDeque<(u64, u64)>,
}

impl DroppedNumbers {
    /// Adds a number, which is greater than all numbers before.
    pub fn push(&mut self, number: u64) {
        match self.runs.back_mut() {
            Some(run) if run.0 + 1 == number => *run = (number, run.1 + 1),
            _ => self.runs.push_back((number, 1)),
        }
        if self.runs.len() > MAX_RUNS {
            let first = self.runs.pop_front();
            if let (Some((_, length)), Some(second)) = (first, self.runs.front_mut()) {
                second.1 += length;
            }
        }
    }

    /// The number of dropped numbers after this one.
    pub fn after(&self, number: u64) -> u64 {
        let later = self.runs.iter().rev().take_while(|(last, _)| *last > number);
        later.map(|(last, length)| (*length).min(last - number)).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dropped_numbers_after_a_number_are_counted() {
        let mut dropped = DroppedNumbers::default();
        for number in [1, 2, 5, 6, 7, 8, 9, 20] {
            dropped.push(number);
        }
        for (number, expected) in [(0, 8), (1, 7), (2, 6), (4, 6), (6, 4), (9, 1), (19, 1), (20, 0), (99, 0)] {
            assert_eq!(dropped.after(number), expected, "{number}");
        }
        for number in 0..2000 {
            dropped.push(100 + 2 * number);
        }
        assert!(dropped.runs.len() <= MAX_RUNS);
        assert_eq!(dropped.after(0), 2008);
    }
}
