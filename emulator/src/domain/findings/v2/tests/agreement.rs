//! Filters have the same verdict from columns, from the derived document, and from a naive evaluation of the rules.

use std::sync::{Arc, OnceLock};

use fastrand::Rng;
use quickcheck::{Arbitrary, Gen};
use securityhub_engine::filter::matches;
use securityhub_engine::{Filter, Key, Schema, Stored, Table};
use securityhub_fixtures::Operation::BatchImportFindings;
use securityhub_fixtures::fields::{FilterKind, OCSF_FIELDS, OcsfField};
use serde_json::{Map, Value, json};

use super::super::query::{self, Use};
use super::naive;
use crate::ocsf::Annex;
use crate::ocsf::tests::random::{Random, generated};
use crate::state::Region;
use crate::testing::{ADMINISTRATOR, REGION, Stage, check, finding};

/// Number of findings in a table.
const FINDINGS: usize = 40;
/// Number of filters that are tested on a table.
const FILTERS: usize = 25;

/// Findings with annexes.
#[derive(Clone, Debug)]
struct Sample {
    findings: Vec<(String, Vec<u8>)>,
    seed: u64,
}

impl Arbitrary for Sample {
    fn arbitrary(random: &mut Gen) -> Self {
        static GENERATED: OnceLock<Vec<Value>> = OnceLock::new();
        let generated = GENERATED.get_or_init(|| generated(20));
        let seed = u64::arbitrary(random);
        let mut rng = Rng::with_seed(seed);
        let mut findings = Vec::with_capacity(FINDINGS);
        for _ in 0..FINDINGS {
            let asff =
                if rng.u8(..4) == 0 { Random::arbitrary(random).0 } else { rng.choice(generated).unwrap().clone() };
            findings.push((changed(asff, &mut rng).to_string(), annex(&mut rng).to_bytes()));
        }
        Sample { findings, seed }
    }
}

/// The finding with other values in the fields that many filters test.
fn changed(mut asff: Value, rng: &mut Rng) -> Value {
    if rng.bool() {
        asff["RecordState"] = json!(rng.choice(["ACTIVE", "ARCHIVED"]));
    }
    if rng.bool() {
        asff["Workflow"] = json!({ "Status": rng.choice(["NEW", "NOTIFIED", "SUPPRESSED", "RESOLVED"]) });
    }
    if rng.bool() {
        asff["Confidence"] = json!(rng.u8(..=100));
    }
    if let Some(resource) = asff["Resources"].get_mut(0).filter(|_| rng.bool()) {
        resource["Tags"] = json!({ "team": rng.choice(["a", "b"]), "stage": rng.choice(["", "a"]) });
    }
    asff
}

/// An annex with random values that customers and rules of the V2 half have set.
fn annex(rng: &mut Rng) -> Annex {
    let one_of = |rng: &mut Rng, values: &[u8]| rng.choice(values).copied().filter(|_| rng.u8(..3) == 0);
    Annex {
        is_updated: rng.bool(),
        severity_id: one_of(rng, &[0, 1, 4, 6, 99]),
        status_id: one_of(rng, &[0, 1, 3, 5, 99]),
        comment: (rng.u8(..3) == 0).then(|| "seen by Team A".to_owned()),
        ..Annex::default()
    }
}

/// The filters of a request, with values that occur in the findings.
fn filters(findings: &[Value], rng: &mut Rng) -> Value {
    let mut filters = Map::new();
    let composites: Vec<Value> = (0..rng.usize(..4)).map(|_| composite(findings, true, rng)).collect();
    filters.insert("CompositeFilters".into(), composites.into());
    operator("CompositeOperator", &mut filters, rng);
    filters.into()
}

fn operator(member: &str, members: &mut Map<String, Value>, rng: &mut Rng) {
    if let Some(operator) = rng.choice(["AND", "OR", ""]).filter(|operator| !operator.is_empty()) {
        members.insert(member.into(), operator.into());
    }
}

fn composite(findings: &[Value], may_nest: bool, rng: &mut Rng) -> Value {
    let mut members = Map::new();
    for _ in 0..rng.usize(..4) {
        let Some(field) = rng.choice(OCSF_FIELDS.iter()).filter(|field| field.is_filter) else { continue };
        let (Some(list), Some(filter)) = (list_of(field), test(findings, field, rng)) else { continue };
        let filters = members.entry(list).or_insert_with(|| json!([]));
        filters.as_array_mut().unwrap().push(json!({ "FieldName": field.field.name, "Filter": filter }));
    }
    if may_nest && rng.bool() {
        let nested: Vec<Value> = (0..rng.usize(..3)).map(|_| composite(findings, false, rng)).collect();
        members.insert("NestedCompositeFilters".into(), nested.into());
    }
    operator("Operator", &mut members, rng);
    members.into()
}

fn list_of(field: &OcsfField) -> Option<&'static str> {
    Some(match field.field.kind {
        FilterKind::String => "StringFilters",
        FilterKind::Date => "DateFilters",
        FilterKind::Boolean => "BooleanFilters",
        FilterKind::Number => "NumberFilters",
        FilterKind::Map => "MapFilters",
        FilterKind::Ip => "IpFilters",
        FilterKind::Keyword => return None,
    })
}

/// A condition on a field, mostly with a value that it has in one of the findings.
fn test(findings: &[Value], field: &OcsfField, rng: &mut Rng) -> Option<Value> {
    let values: Vec<&Value> = findings.iter().flat_map(|it| naive::values_at(it, field.field.path)).collect();
    let value = rng.choice(&values).map_or(Value::Null, |value| (*value).clone());
    let text = value.as_str().unwrap_or("x");
    Some(match field.field.kind {
        FilterKind::String => {
            let comparison = rng.choice(["EQUALS", "NOT_EQUALS", "PREFIX", "PREFIX_NOT_EQUALS", "CONTAINS_WORD"])?;
            let part: String = match comparison {
                "EQUALS" | "NOT_EQUALS" => text.to_owned(),
                "CONTAINS_WORD" => rng.choice(text.split_whitespace().collect::<Vec<_>>())?.to_uppercase(),
                _ => text.chars().take(rng.usize(1..8)).collect(),
            };
            json!({ "Value": part, "Comparison": comparison })
        }
        FilterKind::Date => match rng.u8(..3) {
            0 => json!({ "DateRange": { "Value": rng.u16(1..400), "Unit": "DAYS" } }),
            1 => json!({ "DateRange": { "Value": rng.u16(1..400), "Unit": "DAYS", "Comparison": "OLDER_THAN" } }),
            _ => {
                let other = rng.choice(&values)?.as_str()?;
                json!({ "Start": text.min(other), "End": text.max(other) })
            }
        },
        FilterKind::Boolean => json!({ "Value": rng.bool() }),
        FilterKind::Number => {
            let number = value.as_f64().unwrap_or(1.0);
            match rng.u8(..4) {
                0 => json!({ "Eq": number }),
                1 => json!({ "Gte": number, "Lt": number + 2.0 }),
                2 => json!({ "Gt": number }),
                _ => json!({ "Lte": number }),
            }
        }
        FilterKind::Map => {
            let part = |member: &str| value.get(member).filter(|it| it.is_string()).cloned().unwrap_or(json!("team"));
            json!({ "Key": part("name"), "Value": part("value"), "Comparison": rng.choice(["EQUALS", "NOT_EQUALS"]) })
        }
        FilterKind::Ip => {
            let own = text.parse::<std::net::Ipv4Addr>().ok().map(|_| text);
            json!({ "Cidr": own.or(rng.choice(["10.0.0.0/8", "0.0.0.0/0", "192.168.0.0/16", "10.0.0.1"])) })
        }
        FilterKind::Keyword => return None,
    })
}

/// A world, and the schema of its tables.
fn stage() -> (Stage, Arc<Schema>) {
    let stage = Stage::with_hubs(&[ADMINISTRATOR]);
    stage.good(ADMINISTRATOR, BatchImportFindings, json!({ "Findings": [finding("a", json!({}))] }));
    let schema = stage.0.read_findings(&Region::new(REGION), |findings| Arc::clone(findings.table().schema()));
    (stage, schema.unwrap())
}

fn put(table: &mut Table, (number, (asff, annex)): (u64, &(String, Vec<u8>))) {
    let key = number.to_string().into_bytes();
    let length = key.len();
    table.insert_with(&Key::new(key, length), number, Stored { document: asff.as_bytes(), annex });
}

/// The numbers of the documents that a table selects.
fn selected(table: &Table, filter: &Filter) -> Vec<u64> {
    let page = table.select(filter, &[], None, usize::MAX, Vec::new());
    page.rows.iter().map(|row| row.position.sequence).collect()
}

/// Rules: GFV-01, GFV-03, GFV-05 to GFV-10, GFV-12, GFV-13, UNK-04.
#[test]
fn columns_document_and_a_naive_evaluation_agree() {
    fn agree(sample: Sample) -> bool {
        let (stage, schema) = stage();
        let (world, now, mut rng) = (&stage.0, stage.0.clock.now(), Rng::with_seed(sample.seed));
        let derived = |(asff, annex): &(String, Vec<u8>)| {
            let mut derived = Vec::new();
            schema.derive(Stored { document: asff.as_bytes(), annex }, &mut derived);
            derived
        };
        let documents: Vec<Vec<u8>> = sample.findings.iter().map(derived).collect();
        let findings: Vec<Value> = documents.iter().map(|it| serde_json::from_slice(it).unwrap()).collect();
        let wanted: Vec<Value> = (0..FILTERS).map(|_| filters(&findings, &mut rng)).collect();
        let converted = |filters: &Value| query::filter(world, now, filters, Use::Query).ok();
        let accepted: Vec<(Value, Filter)> =
            wanted.into_iter().filter_map(|it| converted(&it).map(|filter| (it, filter))).collect();
        // Few filters are refused: those with EQUALS and NOT_EQUALS on one field (GFV-07).
        assert!(accepted.len() * 2 > FILTERS, "{}", accepted.len());
        // Half of the columns are built from documents, and kept up to date when more are stored.
        let mut table = Table::new(Arc::clone(&schema));
        let (before, after) = sample.findings.split_at(FINDINGS / 2);
        (0..).zip(before).for_each(|finding| put(&mut table, finding));
        accepted.iter().step_by(2).for_each(|(_, filter)| _ = selected(&table, filter));
        (before.len() as u64..).zip(after).for_each(|finding| put(&mut table, finding));
        accepted.iter().all(|(filters, filter)| {
            let numbered = || (0_u64..).zip(documents.iter().zip(&findings));
            let naive = |(number, (_, finding)): (u64, (&Vec<u8>, &Value))| {
                naive::satisfies(finding, filters, now).then_some(number)
            };
            let walked = |(number, (document, _)): (u64, (&Vec<u8>, &Value))| {
                matches(filter, &schema, document).then_some(number)
            };
            let expected: Vec<u64> = numbered().filter_map(naive).collect();
            let from_documents: Vec<u64> = numbered().filter_map(walked).collect();
            let from_columns = selected(&table, filter);
            let is_same = from_documents == expected && from_columns == expected;
            assert!(is_same, "{filters}: naive {expected:?}, documents {from_documents:?}, columns {from_columns:?}");
            is_same
        })
    }
    check(60).quickcheck(agree as fn(Sample) -> bool);
}
