//! Routing: the operation for a method and a raw path.
//!
//! Labels are matched on the raw path and decoded afterwards (CLN-01), because a decoded slash would split an ARN.
//! Literals take precedence over labels (O2G-12).

use std::collections::{BTreeSet, HashMap};
use std::sync::LazyLock;

use http::Method;
use http::request::Parts;
use percent_encoding::percent_decode_str;
use securityhub_fixtures::Operation;

use crate::aws_error::{AwsError, ErrorCode};
use crate::invariant::Invariant;

/// Maximum size of an operation's body, in bytes.
pub const BODY_LIMIT: usize = 6 * 1024 * 1024;
/// Maximum size of a body with a file of findings or a scenario, in bytes.
const FILE_LIMIT: usize = 64 * 1024 * 1024;

/// Returns whether a path belongs to the control plane, or is one of its aliases (CPL-14).
pub fn is_control(path: &str) -> bool {
    const ALIASES: [&str; 2] = ["/_localstack/", "/moto-api/"];
    ["/_emulator", "/metrics"].contains(&path)
        || path.starts_with("/_emulator/")
        || ALIASES.iter().any(|alias| path.starts_with(alias))
}

/// Returns whether a path belongs to the dashboard, which only pages of the dashboard may read (DSH-15).
pub fn is_dashboard(path: &str) -> bool {
    path.strip_prefix("/_emulator/ui").is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// Maximum size of a call's body, in bytes (IMP-22, CPL-06). The control plane accepts whole files of findings
/// and whole scenarios.
pub fn body_limit(method: &Method, path: &str) -> usize {
    let takes_files = [(Method::POST, "/_emulator/findings"), (Method::PUT, "/_emulator/scenario")];
    if takes_files.iter().any(|(of, at)| of == method && *at == path) { FILE_LIMIT } else { BODY_LIMIT }
}

/// An operation and the decoded labels of its path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Route {
    /// The operation.
    pub operation: Operation,
    /// Label names and values.
    pub labels: Vec<(&'static str, String)>,
}

/// The reason why a request matches no operation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Unroutable {
    /// No operation has this path.
    UnknownPath,
    /// Operations have this path, but only with these methods.
    WrongMethod(Vec<&'static str>),
    /// A label is not UTF-8 when decoded.
    BrokenLabel,
}

impl Unroutable {
    /// The error for the caller: 404, or 405 with the methods that the path supports.
    pub fn into_error(self, parts: &Parts) -> AwsError {
        let (method, path) = (&parts.method, parts.uri.path());
        match self {
            Unroutable::UnknownPath => AwsError::new(
                ErrorCode::UnknownOperationException,
                format!("`{method} {path}` does not match any AWS Security Hub operation"),
            ),
            Unroutable::WrongMethod(methods) => AwsError::new(
                ErrorCode::UnknownOperationException,
                format!("`{path}` does not support {method}; it supports {}", methods.join(", ")),
            )
            .with_status(405),
            Unroutable::BrokenLabel => AwsError::new(
                ErrorCode::UnknownOperationException,
                format!("`{path}` is not valid UTF-8 after percent-decoding"),
            ),
        }
    }
}

/// Finds the operation for a request.
///
/// # Errors
/// [`Unroutable`] if the path, the method or the encoding of a label is wrong.
pub fn find(method: &Method, raw_path: &str) -> Result<Route, Unroutable> {
    let segments: Vec<&str> = raw_path.strip_prefix('/').ok_or(Unroutable::UnknownPath)?.split('/').collect();
    let first = segments.first().copied().or_report("a split path has a first segment").unwrap_or_default();
    let mut methods = BTreeSet::new();
    for pattern in PATTERNS.get(first).into_iter().flatten() {
        let Some(labels) = pattern.labels(&segments) else { continue };
        if pattern.method == method.as_str() {
            return labels
                .into_iter()
                .map(|(name, raw)| decode(raw).map(|value| (name, value)))
                .collect::<Option<Vec<_>>>()
                .map(|labels| Route { operation: pattern.operation, labels })
                .ok_or(Unroutable::BrokenLabel);
        }
        methods.insert(pattern.method);
    }
    if methods.is_empty() {
        Err(Unroutable::UnknownPath)
    } else {
        Err(Unroutable::WrongMethod(methods.into_iter().collect()))
    }
}

fn decode(raw: String) -> Option<String> {
    if !raw.contains('%') {
        return Some(raw);
    }
    percent_decode_str(&raw).decode_utf8().ok().map(std::borrow::Cow::into_owned)
}

/// A path of the model, split into segments.
struct Pattern {
    operation: Operation,
    method: &'static str,
    segments: Vec<Segment>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Segment {
    Literal(&'static str),
    Label(&'static str),
    Greedy(&'static str),
}

/// Patterns by first segment, which is always a literal; patterns with more literals come first.
static PATTERNS: LazyLock<HashMap<&'static str, Vec<Pattern>>> = LazyLock::new(|| {
    let mut patterns: HashMap<&'static str, Vec<Pattern>> = HashMap::new();
    for operation in Operation::ALL {
        let model = operation.model();
        let segments: Vec<Segment> = model.path.trim_start_matches('/').split('/').map(Segment::read).collect();
        if let Some(Segment::Literal(first)) = segments.first() {
            patterns.entry(first).or_default().push(Pattern { operation, method: model.method, segments });
        }
    }
    for list in patterns.values_mut() {
        list.sort_by_key(|pattern| pattern.segments.iter().filter(|segment| !segment.is_literal()).count());
    }
    patterns
});

impl Segment {
    fn read(text: &'static str) -> Segment {
        match text.strip_prefix('{').and_then(|text| text.strip_suffix('}')) {
            None => Segment::Literal(text),
            Some(name) => name.strip_suffix('+').map_or(Segment::Label(name), Segment::Greedy),
        }
    }

    fn is_literal(self) -> bool {
        matches!(self, Segment::Literal(_))
    }
}

impl Pattern {
    /// The raw labels, if the path matches.
    fn labels(&self, path: &[&str]) -> Option<Vec<(&'static str, String)>> {
        let mut labels = Vec::new();
        for (position, segment) in self.segments.iter().enumerate() {
            let rest = path.get(position..)?;
            let last = position + 1 == self.segments.len();
            match *segment {
                Segment::Literal(text) => (*rest.first()? == text).then_some(())?,
                // The slashes of an ARN may be raw in any last label, even if the model does not declare it greedy.
                Segment::Greedy(name) | Segment::Label(name) if last && (self.is_greedy() || is_arn(rest)) => {
                    let value = rest.join("/");
                    (!value.is_empty()).then_some(())?;
                    labels.push((name, value));
                    return Some(labels);
                }
                Segment::Greedy(name) | Segment::Label(name) => {
                    let value = rest.first().filter(|value| !value.is_empty())?;
                    labels.push((name, (*value).to_owned()));
                }
            }
        }
        (path.len() == self.segments.len()).then_some(labels)
    }

    fn is_greedy(&self) -> bool {
        matches!(self.segments.last(), Some(Segment::Greedy(_)))
    }
}

fn is_arn(path: &[&str]) -> bool {
    path.first().is_some_and(|first| {
        let start = first.get(..6).unwrap_or(first);
        start.starts_with("arn:") || start.eq_ignore_ascii_case("arn%3a")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(method: &str, path: &str, operation: Operation, labels: &[(&'static str, &str)]) {
        let labels = labels.iter().map(|(name, value)| (*name, (*value).to_owned())).collect();
        assert_eq!(find(&method.parse().unwrap(), path), Ok(Route { operation, labels }), "{method} {path}");
    }

    /// Rules: CLN-01.
    #[test]
    fn labels_may_be_raw_or_percent_encoded() {
        let arn = "arn:aws:securityhub:us-east-1:111111111111:action/custom/X";
        for raw in [
            arn.to_owned(),
            "arn%3Aaws%3Asecurityhub%3Aus-east-1%3A111111111111%3Aaction/custom/X".to_owned(),
            "arn%3aaws%3asecurityhub%3aus-east-1%3a111111111111%3aaction%2fcustom%2FX".to_owned(),
        ] {
            let path = format!("/actionTargets/{raw}");
            check("DELETE", &path, Operation::DeleteActionTarget, &[("ActionTargetArn", arn)]);
            let path = format!("/tags/{raw}");
            check("GET", &path, Operation::ListTagsForResource, &[("ResourceArn", arn)]);
        }
    }

    /// Rules: INS-12.
    #[test]
    fn the_arn_of_an_insight_may_be_raw_or_encoded() {
        let arn = "arn:aws:securityhub:us-east-1:111111111111:insight/111111111111/custom/X";
        for raw in [arn.to_owned(), arn.replace(':', "%3A"), arn.replace(':', "%3a").replace('/', "%2F")] {
            for (method, operation) in [("PATCH", Operation::UpdateInsight), ("DELETE", Operation::DeleteInsight)] {
                check(method, &format!("/insights/{raw}"), operation, &[("InsightArn", arn)]);
            }
            let path = format!("/insights/results/{raw}");
            check("GET", &path, Operation::GetInsightResults, &[("InsightArn", arn)]);
        }
    }

    /// Rules: O2G-12.
    #[test]
    fn literals_take_precedence_over_labels() {
        check("GET", "/automationrulesv2/list", Operation::ListAutomationRulesV2, &[]);
        check("GET", "/automationrulesv2/x", Operation::GetAutomationRuleV2, &[("Identifier", "x")]);
        check("GET", "/aggregatorv2/list", Operation::ListAggregatorsV2, &[]);
        check("POST", "/exportjobsv2/j1/cancel", Operation::CancelExportJobV2, &[("ExportJobId", "j1")]);
        check("GET", "/insights/results/a/b", Operation::GetInsightResults, &[("InsightArn", "a/b")]);
    }

    #[test]
    fn every_operation_is_reached_by_its_own_path() {
        for operation in Operation::ALL {
            let model = operation.model();
            let mut path = String::new();
            for segment in model.path.trim_start_matches('/').split('/') {
                path.push('/');
                path.push_str(if segment.starts_with('{') { "x" } else { segment });
            }
            assert_eq!(find(&model.method.parse().unwrap(), &path).unwrap().operation, operation, "{path}");
        }
    }

    /// Rules: ERR-05.
    #[test]
    fn an_unknown_path_is_distinguished_from_a_wrong_method() {
        for path in ["/", "", "/nope", "/accounts/", "/tags/", "/actionTargets/get/x/", "/exportjobsv2//cancel"] {
            let found = find(&Method::PUT, path);
            assert!(matches!(found, Err(Unroutable::UnknownPath | Unroutable::WrongMethod(_))), "{path}: {found:?}");
        }
        assert_eq!(find(&Method::GET, "/nope"), Err(Unroutable::UnknownPath));
        assert_eq!(
            find(&Method::PUT, "/accounts"),
            Err(Unroutable::WrongMethod(vec!["DELETE", "GET", "PATCH", "POST"]))
        );
        assert_eq!(find(&Method::GET, "/tags/%ff"), Err(Unroutable::BrokenLabel));
    }
}
