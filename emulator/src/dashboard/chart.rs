//! Charts as SVG that is drawn here: bars of classes, and a histogram of stacked bars (DSH-26). Each has a sentence that
//! says its result; a table beside it has the same figures.

use askama::Template;

use super::template::html;

/// The width of a chart, in units of its view box.
const WIDTH: u64 = 720;

/// A horizontal bar.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bar {
    /// Its name.
    pub label: String,
    /// Its class in the style sheet, such as `critical`.
    pub class: &'static str,
    /// Its value.
    pub value: u64,
    /// The text of its value.
    pub text: String,
}

#[derive(Template)]
#[template(path = "parts/bars.html")]
struct Bars<'b> {
    sentence: &'b str,
    height: u64,
    drawn: Vec<Drawn<'b>>,
}

struct Drawn<'b> {
    bar: &'b Bar,
    y: u64,
    middle: u64,
    width: u64,
}

/// Horizontal bars, one for each value. The longest belongs to the largest value.
pub fn bars(sentence: &str, bars: &[Bar]) -> String {
    const ROW: u64 = 30;
    let most = bars.iter().map(|bar| bar.value).max().unwrap_or_default();
    let drawn = (0..).zip(bars).map(|(row, bar)| Drawn {
        bar,
        y: row * ROW + 5,
        middle: row * ROW + ROW / 2,
        width: length(bar.value, most, WIDTH - 315),
    });
    html(&Bars { sentence, height: ROW * bars.len() as u64, drawn: drawn.collect() })
}

/// A column of a histogram.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Column {
    /// The label, such as a time.
    pub label: String,
    /// Its values from bottom to top, with their classes in the style sheet.
    pub parts: Vec<(&'static str, u64)>,
}

impl Column {
    /// The sum of its values.
    pub fn total(&self) -> u64 {
        self.parts.iter().map(|(_, value)| value).sum()
    }
}

#[derive(Template)]
#[template(path = "parts/histogram.html")]
struct Histogram<'h> {
    sentence: &'h str,
    columns: Vec<DrawnColumn>,
    labels: [(u64, &'static str, &'h str); 2],
    most: String,
}

struct DrawnColumn {
    x: f64,
    width: f64,
    parts: Vec<(&'static str, u64, u64)>,
}

/// The height of the columns of a histogram.
const COLUMNS: u64 = 240;

/// Vertical stacked columns side by side.
#[allow(clippy::cast_precision_loss, reason = "positions on a drawing")]
pub fn histogram(sentence: &str, columns: &[Column]) -> String {
    let most = columns.iter().map(Column::total).max().unwrap_or_default();
    let step = WIDTH as f64 / columns.len().max(1) as f64;
    let drawn = columns.iter().enumerate().map(|(position, column)| {
        let mut top = COLUMNS;
        let mut parts = Vec::new();
        for (class, value) in column.parts.iter().filter(|(_, value)| *value > 0) {
            let height = length(*value, most, COLUMNS - 8).min(top);
            top -= height;
            parts.push((*class, top + 16, height));
        }
        let round = |value: f64| (value * 10.0).round() / 10.0;
        DrawnColumn { x: round(position as f64 * step), width: round(step * 0.8), parts }
    });
    let first = columns.first().map_or("", |column| column.label.as_str());
    let last = columns.last().map_or("", |column| column.label.as_str());
    let labels = [(0, "start", first), (WIDTH, "end", last)];
    html(&Histogram { sentence, columns: drawn.collect(), labels, most: super::text::number(most) })
}

/// The length of a bar: in proportion to its value, and visible if the value is not 0.
fn length(value: u64, most: u64, longest: u64) -> u64 {
    if value == 0 { 0 } else { (value.saturating_mul(longest) / most.max(1)).max(2) }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Rules: DSH-26, DSH-31.
    #[test]
    fn charts_have_a_name_and_escape_their_texts() {
        let bar = |label: &str, value| Bar { label: label.to_owned(), class: "high", value, text: value.to_string() };
        let svg = bars("Two of <them>.", &[bar("A&B", 10), bar("C", 5), bar("D", 0)]);
        assert!(svg.contains("role=\"img\"") && svg.contains("aria-label=\"Two of &#60;them&#62;.\""), "{svg}");
        assert!(svg.contains("A&#38;B") && !svg.contains("style"), "{svg}");
        assert!(svg.contains("width=\"405\"") && svg.contains("width=\"202\"") && svg.contains("width=\"0\""), "{svg}");
        let column =
            |high, low| Column { label: "2026-01-15 09:00:00Z".to_owned(), parts: vec![("low", low), ("high", high)] };
        let svg = histogram("Most on Monday.", &[column(3, 1), column(0, 0), column(0, 2)]);
        assert_eq!(svg.matches("<rect").count(), 3, "{svg}");
        assert!(
            svg.contains("height=\"174\"") && svg.contains("height=\"58\"") && svg.contains("height=\"116\""),
            "{svg}"
        );
    }
}
