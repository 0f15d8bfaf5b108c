//! The evaluator compared with a naive one that works on the JSON of policies.

use std::collections::BTreeMap;

use quickcheck::{Arbitrary, Gen};
use serde_json::{Value, json};

use super::{keys, policy};
use crate::domain::policy::{Denial, Kind, Layer, Request, evaluate};
use crate::testing::check;

const ACTIONS: [&str; 3] = ["securityhub:ab", "securityhub:aab", "securityhub:b"];
const RESOURCES: [&str; 4] = ["arn:aws:x:::a", "arn:aws:x:::ab", "arn:aws:x:a:b:ab", "*"];
const KEYS: [&str; 3] = ["aws:TagKeys", "aws:RequestedRegion", "aws:SourceIp"];
const VALUES: [&str; 4] = ["a", "ab", "b", "B"];

/// Policies by layer, and a request to them.
#[derive(Clone, Debug)]
struct Case {
    layers: Vec<(Kind, Vec<Value>)>,
    action: &'static str,
    resource: &'static str,
    keys: BTreeMap<&'static str, Vec<&'static str>>,
}

fn one<T: Copy>(g: &mut Gen, of: &[T]) -> T {
    *g.choose(of).unwrap()
}

fn some<T: Copy>(g: &mut Gen, of: &[T]) -> Vec<T> {
    (0..=usize::arbitrary(g) % 2).map(|_| one(g, of)).collect()
}

fn statement(g: &mut Gen) -> Value {
    let mut statement = json!({ "Effect": one(g, &["Allow", "Allow", "Deny"]) });
    let actions = ["*", "securityhub:*b", "securityhub:a?", "SECURITYHUB:AB", "securityhub:?", "iam:*"];
    let resources = ["*", "arn:aws:x:::a*", "arn:aws:x:::?b", "arn:*:ab", "arn:aws:x:::a"];
    statement[one(g, &["Action", "Action", "NotAction"])] = json!(some(g, &actions));
    statement[one(g, &["Resource", "Resource", "NotResource"])] = json!(some(g, &resources));
    let operators = [
        "StringEquals",
        "StringNotEquals",
        "StringLike",
        "StringNotLikeIfExists",
        "StringEqualsIgnoreCaseIfExists",
        "ForAllValues:StringLike",
        "ForAllValues:StringNotEquals",
        "ForAnyValue:StringEquals",
        "ForAnyValue:StringNotLike",
        "Null",
    ];
    for _ in 0..usize::arbitrary(g) % 3 {
        let operator = one(g, &operators);
        let values =
            if operator == "Null" { vec![one(g, &["true", "false"])] } else { some(g, &["a", "a*", "?", "B"]) };
        statement["Condition"][operator][one(g, &KEYS)] = json!(values);
    }
    statement
}

impl Arbitrary for Case {
    fn arbitrary(g: &mut Gen) -> Case {
        let kinds = [Kind::ServiceControl, Kind::ServiceControl, Kind::Identity, Kind::Boundary, Kind::Session];
        let kinds: Vec<Kind> = kinds.into_iter().filter(|_| bool::arbitrary(g)).collect();
        let policy = |g: &mut Gen| {
            let statements: Vec<Value> = (0..=usize::arbitrary(g) % 2).map(|_| statement(g)).collect();
            json!({ "Version": "2012-10-17", "Statement": statements })
        };
        let layers = kinds.into_iter().map(|kind| (kind, (0..=usize::arbitrary(g) % 2).map(|_| policy(g)).collect()));
        let layers = layers.collect();
        let mut keys = BTreeMap::new();
        for key in KEYS {
            if bool::arbitrary(g) {
                keys.insert(key, some(g, &VALUES));
            }
        }
        Case { layers, action: one(g, &ACTIONS), resource: one(g, &RESOURCES), keys }
    }
}

/// Returns whether a pattern matches a text, by exhaustive search.
fn spells(pattern: &str, text: &str) -> bool {
    let (mut pattern_letters, mut letters) = (pattern.chars(), text.chars());
    match pattern_letters.next() {
        None => text.is_empty(),
        Some('*') => (0..=text.len()).any(|at| spells(pattern_letters.as_str(), &text[at..])),
        Some('?') => letters.next().is_some() && spells(pattern_letters.as_str(), letters.as_str()),
        Some(letter) => letters.next() == Some(letter) && spells(pattern_letters.as_str(), letters.as_str()),
    }
}

fn texts(value: &Value) -> Vec<&str> {
    value.as_array().unwrap().iter().map(|item| item.as_str().unwrap()).collect()
}

fn naive_condition(operator: &str, written: &[&str], found: Option<&Vec<&str>>) -> bool {
    let (quantifier, name) = operator.split_once(':').unwrap_or(("", operator));
    let exists = name.trim_end_matches("IfExists");
    if name == "Null" {
        return (written[0] == "true") == found.is_none();
    }
    let Some(found) = found else {
        return match quantifier {
            "ForAllValues" => true,
            "ForAnyValue" => exists != name,
            _ => exists != name || name.contains("Not"),
        };
    };
    let equal = |value: &str| {
        written.iter().any(|written| match exists.replace("Not", "").as_str() {
            "StringEquals" => *written == value,
            "StringEqualsIgnoreCase" => written.eq_ignore_ascii_case(value),
            _ => spells(written, value),
        })
    };
    let negated = name.contains("Not");
    match quantifier {
        "ForAllValues" => !found.iter().any(|value| equal(value) == negated),
        "ForAnyValue" => found.iter().any(|value| equal(value) != negated),
        _ if negated => found.iter().all(|value| !equal(value)),
        _ => found.iter().any(|value| equal(value)),
    }
}

fn naive_applies(statement: &Value, case: &Case) -> bool {
    let action = case.action.to_lowercase();
    let names = |list: &Value| texts(list).iter().any(|written| spells(&written.to_lowercase(), &action));
    let covers = |list: &Value| texts(list).iter().any(|written| spells(written, case.resource));
    let of = |name: &str| statement.get(name);
    of("Action").is_none_or(names)
        && of("NotAction").is_none_or(|list| !names(list))
        && of("Resource").is_none_or(covers)
        && of("NotResource").is_none_or(|list| !covers(list))
        && of("Condition").into_iter().flat_map(|block| block.as_object().unwrap()).all(|(operator, keys)| {
            let keys = keys.as_object().unwrap();
            keys.iter().all(|(key, values)| naive_condition(operator, &texts(values), case.keys.get(&**key)))
        })
}

fn naive(case: &Case) -> Result<(), Denial> {
    let has = |policies: &[Value], effect: &str| {
        let statements = policies.iter().flat_map(|policy| policy["Statement"].as_array().unwrap());
        statements.filter(|statement| statement["Effect"] == effect).any(|statement| naive_applies(statement, case))
    };
    for (kind, policies) in &case.layers {
        if has(policies, "Deny") {
            return Err(Denial { kind: *kind, is_explicit: true });
        }
    }
    for (kind, policies) in &case.layers {
        if !has(policies, "Allow") {
            return Err(Denial { kind: *kind, is_explicit: false });
        }
    }
    Ok(())
}

fn evaluated(case: &Case) -> Result<(), Denial> {
    let layers: Vec<_> =
        case.layers.iter().map(|(kind, all)| (*kind, all.iter().map(policy).collect::<Vec<_>>())).collect();
    let layers: Vec<_> = layers.iter().map(|(kind, policies)| Layer { kind: *kind, policies }).collect();
    let pairs: Vec<(&str, &[&str])> = case.keys.iter().map(|(key, values)| (*key, &**values)).collect();
    evaluate(&layers, Request { action: case.action, resource: case.resource, keys: &keys(&pairs) })
}

/// Rules: IAM-12.
#[test]
fn the_evaluator_agrees_with_a_naive_one() {
    fn agrees(case: Case) -> bool {
        evaluated(&case) == naive(&case)
    }
    check(4_000).quickcheck(agrees as fn(Case) -> bool);
}

/// Rules: IAM-12.
#[test]
fn another_deny_never_allows_and_another_allow_never_denies_explicitly() {
    fn holds(case: Case) -> bool {
        let all = |effect: &str| json!({ "Version": "2012-10-17", "Statement": { "Effect": effect, "Action": "*", "Resource": "*" } });
        case.layers.iter().enumerate().all(|(position, _)| {
            let (mut denying, mut allowing) = (case.clone(), case.clone());
            denying.layers[position].1.push(all("Deny"));
            allowing.layers[position].1.push(all("Allow"));
            let explicit = |verdict: Result<(), Denial>| verdict.err().filter(|denial| denial.is_explicit);
            explicit(evaluated(&denying)).is_some() && explicit(evaluated(&allowing)) == explicit(evaluated(&case))
        })
    }
    check(500).quickcheck(holds as fn(Case) -> bool);
}
