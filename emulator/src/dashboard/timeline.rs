//! `Findings over time`: a histogram of findings by a time, with its table (DSH-42, DSH-57).

use askama::Template;
use securityhub_engine::Intervals;

use super::chart::{self, Column};
use super::chips::{self, Chip};
use super::page::{Context, Count};
use super::template::html;
use super::text::{self, SEVERITIES, Time};
use crate::domain::findings::counts::OverTime;
use crate::state::Timestamp;

const SECOND: u64 = 1_000_000_000;
const HOUR: u64 = 3_600 * SECOND;
const DAY: u64 = 24 * HOUR;
const WEEK: u64 = 7 * DAY;
/// Lengths of intervals. The shortest length that needs at most [`MOST`] intervals is chosen.
const LENGTHS: [u64; 12] =
    [HOUR, 2 * HOUR, 3 * HOUR, 6 * HOUR, 12 * HOUR, DAY, 2 * DAY, WEEK, 2 * WEEK, 4 * WEEK, 13 * WEEK, 52 * WEEK];
const MOST: u64 = 60;
const LEAST: u64 = 24;
/// Weeks begin on Monday; 1970 began on a Thursday.
const MONDAY: i64 = 4 * DAY.cast_signed();

/// A row of the table.
struct Row {
    from: Time,
    to: Time,
    count: Count,
}

#[derive(Template)]
#[template(path = "parts/timeline.html")]
struct Timeline {
    chart: String,
    legend: Vec<&'static str>,
    rows: Vec<Row>,
}

/// The intervals for a range of time: 24 to 60 of a round length, up to the one that contains the last instant. Ranges
/// of more than 60 years are cut at their beginning.
pub fn intervals(first: i64, last: i64) -> Intervals {
    let count = |length: u64| {
        let (from, to) = (start_of(first, length), start_of(last, length));
        u64::try_from(to.saturating_sub(from)).unwrap_or_default() / length + 1
    };
    let longest = LENGTHS.last().copied().unwrap_or(WEEK);
    let length = LENGTHS.into_iter().find(|length| count(*length) <= MOST).unwrap_or(longest);
    let count = count(length).clamp(LEAST, MOST);
    let before = i64::try_from(length.saturating_mul(count - 1)).unwrap_or(i64::MAX);
    let start = start_of(last, length).saturating_sub(before);
    Intervals { start, length, count: usize::try_from(count).unwrap_or_default() }
}

/// The beginning of the interval of this length that contains an instant.
fn start_of(instant: i64, length: u64) -> i64 {
    let length = length.cast_signed();
    let offset = if length.cast_unsigned() >= WEEK { MONDAY } else { 0 };
    instant.saturating_sub(instant.saturating_sub(offset).rem_euclid(length))
}

/// The histogram of findings that chips select, by the field `time`. Without chips, its numbers are not links.
pub fn write(context: &Context<'_>, over: &OverTime, chips: Option<&[Chip]>, time: &str) -> String {
    let OverTime { intervals, counts } = over;
    let ordered = SEVERITIES.iter().rev();
    let series: Vec<(&'static str, &Vec<u64>)> =
        ordered.filter_map(|label| Some((text::severity_class(label), counts.get(*label)?))).collect();
    let bounds = |position: usize| {
        let length = intervals.length.cast_signed();
        let at = |number: usize| {
            let number = i64::try_from(number).unwrap_or_default();
            intervals.start.saturating_add(number.saturating_mul(length))
        };
        let moment = |nanoseconds: i64| Timestamp::from_nanosecond(i128::from(nanoseconds)).unwrap_or_default();
        (moment(at(position)), moment(at(position + 1)), moment(at(position + 1).saturating_sub(1)))
    };
    let (mut columns, mut rows) = (Vec::new(), Vec::new());
    for position in 0..intervals.count {
        let value = |counts: &Vec<u64>| counts.get(position).copied().unwrap_or_default();
        let (from, to, last) = bounds(position);
        let total = counts.values().map(value).sum();
        let chips = chips.and_then(|chips| chips::within(chips, time, (from, last)));
        let parts = series.iter().map(|(class, counts)| (*class, value(counts))).collect();
        columns.push(Column { label: Time::from(from).shown, parts });
        rows.push(Row { from: from.into(), to: to.into(), count: context.counted_if(total, chips) });
    }
    let legend = SEVERITIES.iter().filter(|label| counts.contains_key(**label));
    html(&Timeline { chart: chart::histogram(&sentence(&columns), &columns), legend: legend.copied().collect(), rows })
}

/// `67 findings; the largest interval has 12 and begins at 2026-01-14 00:00:00Z.`
fn sentence(columns: &[Column]) -> String {
    let all = text::counted(columns.iter().map(Column::total).sum(), "finding", "findings");
    let most = columns.iter().max_by_key(|column| column.total());
    most.map_or(format!("{all}."), |most| {
        format!("{all}; the largest interval has {} and begins at {}.", text::number(most.total()), most.label)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn nanoseconds(text: &str) -> i64 {
        i64::try_from(text.parse::<Timestamp>().unwrap().as_nanosecond()).unwrap()
    }

    /// Rules: DSH-42.
    #[test]
    fn intervals_have_a_round_length_and_contain_all_instants() {
        for (first, last, length, count, start) in [
            ("2026-01-15T09:10:00Z", "2026-01-15T09:10:00Z", HOUR, 24, "2026-01-14T10:00:00Z"),
            ("2026-01-13T00:00:00Z", "2026-01-15T09:10:00Z", HOUR, 58, "2026-01-13T00:00:00Z"),
            ("2026-01-01T00:00:00Z", "2026-01-15T09:10:00Z", 6 * HOUR, 58, "2026-01-01T00:00:00Z"),
            ("2025-12-01T07:00:00Z", "2026-01-15T09:10:00Z", DAY, 46, "2025-12-01T00:00:00Z"),
            ("2025-01-16T07:00:00Z", "2026-01-15T09:10:00Z", WEEK, 53, "2025-01-13T00:00:00Z"),
            ("1970-01-01T00:00:00Z", "2026-01-15T09:10:00Z", 52 * WEEK, 57, "1969-12-29T00:00:00Z"),
        ] {
            let found = intervals(nanoseconds(first), nanoseconds(last));
            let text = Timestamp::from_nanosecond(found.start.into()).unwrap().to_string();
            if length == 52 * WEEK {
                assert_eq!(found.length, length, "{first} {last}");
                assert!(found.position(nanoseconds(first)).is_some() && found.count as u64 <= MOST);
                continue;
            }
            assert_eq!((found.length, found.count, text.as_str()), (length, count, start), "{first} {last}");
            assert!(found.position(nanoseconds(first)).is_some(), "{first} {last}");
            assert_eq!(found.position(nanoseconds(last)), Some(found.count - 1), "{first} {last}");
        }
        let widest = intervals(i64::MIN, i64::MAX);
        assert!(widest.count as u64 <= MOST && widest.position(i64::MAX).is_some(), "{widest:?}");
    }
}
