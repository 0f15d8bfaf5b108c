//! Tests that the spelling of a finding as JSON has no effect on its form in OCSF.

use std::fmt::Write;

use securityhub_fixtures::Operation::{EnableSecurityHubV2, GetFindingsV2};
use serde_json::{Value, json};

use crate::domain::findings::{delivery, import};
use crate::ocsf::tests::random::generated;
use crate::testing::{ADMINISTRATOR, Stage};

/// JSON with all escapes that JSON allows: some libraries escape slashes, others escape letters outside of ASCII.
fn escaped(value: &Value) -> String {
    let text = |text: &str| {
        let mut escaped = String::new();
        for unit in text.encode_utf16() {
            if unit == u16::from(b'/') {
                escaped.push_str("\\/");
            } else {
                write!(escaped, "\\u{unit:04x}").unwrap();
            }
        }
        format!("\"{escaped}\"")
    };
    match value {
        Value::String(value) => text(value),
        Value::Array(list) => format!("[{}]", list.iter().map(escaped).collect::<Vec<_>>().join(",")),
        Value::Object(object) => {
            let members = object.iter().map(|(name, value)| format!("{}:{}", json!(name), escaped(value)));
            format!("{{{}}}", members.collect::<Vec<_>>().join(","))
        }
        other => other.to_string(),
    }
}

/// The findings of a world, each delivered as `spell` writes it.
fn shown(findings: &[Value], spell: impl Fn(&Value) -> String) -> Value {
    let stage = Stage::with_hubs(&[ADMINISTRATOR]);
    stage.good(ADMINISTRATOR, EnableSecurityHubV2, json!({}));
    let mut transaction = stage.0.write_findings();
    let texts: Vec<String> = findings.iter().map(spell).collect();
    let read: Vec<_> = texts.iter().map(|text| import::read_finding(text).unwrap()).collect();
    let outcome = delivery::deliver(&mut transaction, &stage.0, stage.0.clock.now(), &read).unwrap();
    assert_eq!(outcome.success_count, findings.len());
    transaction.commit();
    stage.good(ADMINISTRATOR, GetFindingsV2, json!({ "MaxResults": 100 }))["Findings"].take()
}

/// Rules: OCM-01, OCM-20.
#[test]
fn findings_are_converted_alike_however_text_is_escaped() {
    let findings = generated(9);
    let plain = shown(&findings, Value::to_string);
    let escaped = shown(&findings, escaped);
    for (plain, escaped) in plain.as_array().unwrap().iter().zip(escaped.as_array().unwrap()) {
        assert_eq!(plain, escaped);
    }
    assert_eq!(plain, escaped);
}
