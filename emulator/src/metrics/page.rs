//! The text of a page of metrics, in one of two formats.

use std::fmt::{Display, Write as _};

/// The prefix of all names except those of the process.
const PREFIX: &str = "securityhub_local_";
const OPEN_METRICS: &str = "application/openmetrics-text";

/// The format of a page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// The text format of Prometheus, version 0.0.4.
    Text,
    /// `OpenMetrics` 1.0.0.
    OpenMetrics,
}

/// The kind of a metric.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A number that only grows; its name ends with `_total`.
    Counter,
    /// A number that can go up and down.
    Gauge,
    /// Numbers by bucket.
    Histogram,
    /// Labels with the value 1; the name ends with `_info`.
    Info,
}

impl Format {
    /// The format that a client prefers, by its `Accept` headers: `OpenMetrics` only if they name it.
    pub fn accepted<'a>(headers: impl IntoIterator<Item = &'a str>) -> Format {
        let (mut open, mut text) = (0.0, 0.0);
        for range in headers.into_iter().flat_map(|header| header.split(',')) {
            let mut parts = range.split(';').map(str::trim);
            let media_type = parts.next().unwrap_or_default();
            let parameters: Vec<(&str, &str)> = parts.filter_map(|part| part.split_once('=')).collect();
            let parameter = |name: &str| {
                let found = parameters.iter().find(|(known, _)| known.trim().eq_ignore_ascii_case(name));
                found.map(|(_, value)| value.trim().trim_matches('"'))
            };
            let quality: f64 = parameter("q").and_then(|quality| quality.parse().ok()).unwrap_or(1.0);
            let has_version = |wanted: &str| parameter("version").is_none_or(|version| version == wanted);
            if media_type.eq_ignore_ascii_case(OPEN_METRICS) && has_version("1.0.0") {
                open = quality.max(open);
            } else if ["text/plain", "text/*"].contains(&media_type) && has_version("0.0.4") {
                text = quality.max(text);
            }
        }
        if open > 0.0 && open >= text { Format::OpenMetrics } else { Format::Text }
    }

    /// The media type with its parameters.
    pub fn media_type(self) -> &'static str {
        match self {
            Format::Text => "text/plain; version=0.0.4; charset=utf-8",
            Format::OpenMetrics => "application/openmetrics-text; version=1.0.0; charset=utf-8",
        }
    }
}

/// A page of metrics.
#[derive(Debug)]
pub struct Page {
    format: Format,
    text: String,
}

/// A metric whose samples are being written.
#[derive(Debug)]
pub struct Samples<'p> {
    text: &'p mut String,
    name: String,
}

impl Page {
    /// An empty page.
    pub fn new(format: Format) -> Page {
        Page { format, text: String::new() }
    }

    /// Begins a metric of the emulator. The samples of a metric must be written before the next one begins.
    pub fn metric(&mut self, kind: Kind, name: &str, help: &str) -> Samples<'_> {
        self.begin(kind, format!("{PREFIX}{name}"), help)
    }

    /// Writes a counter without labels.
    pub fn counter(&mut self, name: &str, help: &str, value: u64) {
        self.metric(Kind::Counter, name, help).add(&[], value);
    }

    /// Writes a gauge without labels.
    pub fn gauge(&mut self, name: &str, help: &str, value: impl Display) {
        self.metric(Kind::Gauge, name, help).add(&[], value);
    }

    /// Writes a metric of the process, whose name has no prefix.
    pub(super) fn process(&mut self, kind: Kind, name: &str, help: &str, value: Option<impl Display>) {
        if let Some(value) = value {
            self.begin(kind, format!("process_{name}"), help).add(&[], value);
        }
    }

    fn begin(&mut self, kind: Kind, name: String, help: &str) -> Samples<'_> {
        let (kind, family) = match (kind, self.format) {
            (Kind::Counter, Format::Text) => ("counter", &*name),
            // In OpenMetrics, the suffix is part of the sample's name, not of the metric's.
            (Kind::Counter, Format::OpenMetrics) => ("counter", name.strip_suffix("_total").unwrap_or(&name)),
            (Kind::Gauge, _) | (Kind::Info, Format::Text) => ("gauge", &*name),
            (Kind::Info, Format::OpenMetrics) => ("info", name.strip_suffix("_info").unwrap_or(&name)),
            (Kind::Histogram, _) => ("histogram", &*name),
        };
        _ = write!(self.text, "# HELP {family} {}\n# TYPE {family} {kind}\n", escaped(help, false));
        Samples { text: &mut self.text, name }
    }

    /// The text, which ends with a line break.
    pub fn finish(mut self) -> String {
        if self.format == Format::OpenMetrics {
            self.text.push_str("# EOF\n");
        }
        self.text
    }
}

impl Samples<'_> {
    /// Writes a sample.
    pub fn add(&mut self, labels: &[(&str, &str)], value: impl Display) {
        self.add_part("", labels, None, value);
    }

    /// Writes a sample whose name has a suffix, with one more label.
    pub(super) fn add_part(
        &mut self,
        suffix: &str,
        labels: &[(&str, &str)],
        last: Option<(&str, &str)>,
        value: impl Display,
    ) {
        self.text.push_str(&self.name);
        self.text.push_str(suffix);
        let mut mark = '{';
        for (name, value) in labels.iter().copied().chain(last) {
            _ = write!(self.text, "{mark}{name}=\"{}\"", escaped(value, true));
            mark = ',';
        }
        if mark == ',' {
            self.text.push('}');
        }
        _ = writeln!(self.text, " {value}");
    }
}

/// A text in which backslashes and line breaks, and in labels also quotes, are escaped.
fn escaped(text: &str, is_label: bool) -> String {
    let text = text.replace('\\', "\\\\").replace('\n', "\\n");
    if is_label { text.replace('"', "\\\"") } else { text }
}
