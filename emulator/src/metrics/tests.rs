//! Tests of counters and of the text of a page.

use super::*;

fn text(metrics: &Metrics, format: Format) -> String {
    let mut page = Page::new(format);
    metrics.write(&mut page);
    page.finish()
}

fn outcome(status: u16, error: Option<&str>, milliseconds: u64) -> Outcome<'_> {
    Outcome { status: Some(status), error, duration: Duration::from_millis(milliseconds) }
}

fn used() -> Metrics {
    let metrics = Metrics::default();
    let hub = Called::SecurityHub(Some(Operation::DescribeHub));
    metrics.answered(hub, &outcome(200, None, 1));
    metrics.answered(hub, &outcome(200, None, 2));
    metrics.answered(hub, &outcome(404, Some("InvalidAccessException"), 30));
    metrics.answered(hub, &Outcome { status: None, error: None, duration: Duration::from_secs(20) });
    metrics.answered(Called::SecurityHub(None), &outcome(404, Some("InvalidInputException"), 1));
    metrics.answered(Called::Neighbour("sts", Some("GetCallerIdentity")), &outcome(200, None, 1));
    metrics.answered(Called::Neighbour("organizations", Some("DescribeHub")), &outcome(200, None, 1));
    metrics.answered(Called::Neighbour("lambda", Some("Invoke")), &outcome(400, Some("UnknownOperationException"), 1));
    metrics.controlled("GET", Some("/_emulator/snapshots/{name}"), 404);
    metrics.controlled("BREW", None, 404);
    metrics.refused(Reason::Host);
    metrics.fired("slow");
    metrics.rate_limited(Operation::GetFindings);
    metrics
}

/// Rules: CPL-100, CPL-101.
#[test]
fn a_page_in_the_text_format() {
    let metrics = used();
    let _one = metrics.begin();
    drop(metrics.begin());
    insta::assert_snapshot!(text(&metrics, Format::Text));
}

/// Rules: CPL-100.
#[test]
fn in_open_metrics_the_names_of_counters_have_no_suffix_and_the_page_has_an_end() {
    let mut page = Page::new(Format::OpenMetrics);
    page.counter("a_total", "A \\ b.\nC.", 1);
    page.metric(Kind::Info, "build_info", "Version.").add(&[("version", "\"1\\\n")], 1);
    let expected = "# HELP securityhub_local_a A \\\\ b.\\nC.\n# TYPE securityhub_local_a counter\n\
                    securityhub_local_a_total 1\n\
                    # HELP securityhub_local_build Version.\n# TYPE securityhub_local_build info\n\
                    securityhub_local_build_info{version=\"\\\"1\\\\\\n\"} 1\n# EOF\n";
    assert_eq!(page.finish(), expected);
}

/// Rules: CPL-100.
#[test]
fn the_format_is_the_one_that_the_client_prefers() {
    let prometheus = "application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.5,\
                      application/openmetrics-text;version=0.0.1;q=0.4,text/plain;version=1.0.0;q=0.3,\
                      text/plain;version=0.0.4;q=0.2,*/*;q=0.1";
    for (headers, format) in [
        (&[][..], Format::Text),
        (&["*/*"], Format::Text),
        (&["text/html,application/xhtml+xml,*/*;q=0.8"], Format::Text),
        (&["application/openmetrics-text"], Format::OpenMetrics),
        (&["application/openmetrics-text; version=1.0.0; charset=utf-8"], Format::OpenMetrics),
        (&["application/openmetrics-text; version=0.0.1"], Format::Text),
        (&["application/openmetrics-text;q=0"], Format::Text),
        (&["text/plain;version=0.0.4,application/openmetrics-text;q=0.5"], Format::Text),
        (&["text/plain;q=0.5", "application/openmetrics-text"], Format::OpenMetrics),
        (&[prometheus], Format::OpenMetrics),
    ] {
        assert_eq!(Format::accepted(headers.iter().copied()), format, "{headers:?}");
    }
}

/// Rules: CPL-102.
#[test]
fn the_number_of_labels_is_limited() {
    let metrics = Metrics::default();
    for number in 0..1000 {
        let code = format!("Code{number}");
        metrics.answered(Called::SecurityHub(Some(Operation::DescribeHub)), &outcome(400, Some(&code), 1));
        metrics.answered(Called::Neighbour("sts", Some(&code)), &outcome(400, Some(&code), 1));
        metrics.answered(Called::Neighbour(&code, Some(&code)), &outcome(400, None, 1));
    }
    let text = text(&metrics, Format::Text);
    let samples = |part: &str| text.lines().filter(|line| line.contains(part)).count();
    assert_eq!(samples("requests_total{service=\"securityhub\""), 65);
    assert_eq!(samples("requests_total{service=\"sts\""), 199 + 64 + 1);
    assert_eq!(samples("requests_total{service=\"other\",operation=\"none\""), 1);
    assert!(text.contains("operation=\"DescribeHub\",status=\"400\",error=\"other\"} 936\n"), "{text}");
}

/// Rules: CPL-102.
#[test]
fn emulators_count_separately() {
    let (first, second) = (used(), Metrics::default());
    assert!(text(&first, Format::Text).contains("operation=\"DescribeHub\""));
    assert!(!text(&second, Format::Text).contains("operation=\""));
}
