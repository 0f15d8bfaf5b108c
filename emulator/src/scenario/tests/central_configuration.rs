//! Tests of central configuration in scenarios, and of its errors.

use super::*;
use crate::state::Outcome;

fn errors_with(organization: &str, aggregators: &str, central: &str) -> String {
    errors(&format!(
        "organization:\n  management_account: '999999999999'\n  delegated_administrator: '111111111111'\n{organization}  \
         units:\n    Security: {{ accounts: ['111111111111'] }}\n    Work: {{ units: {{ Twin: {{}} }} }}\n    Other: {{ units: \
         {{ Twin: {{}} }} }}\nhubs:\n  - {{ account: '111111111111', regions: all }}\n{aggregators}central_configuration:\n{central}"
    ))
}

const HOME: &str = "aggregators:\n  - { account: '111111111111', home: us-east-1 }\n";

#[test]
fn errors_of_central_configuration() {
    let central = "  policies:\n    baseline:\n      standards: [fsbp-1.0, fsbp-1.0.0]\n      enabled_controls: [S3.11, S3.l]\n      \
                   disabled_controls: []\n      parameters: { ACM.1: { daysToExpiration: 45 } }\n    closed: { service_enabled: \
                   false, standards: [fsbp-1.0.0] }\n    days: { parameters: { ACM.1: { daysToExpiration: 900 }, S3.1: { a: 1 } } \
                   }\n    words: { parameters: { ACM.1: { daysToExpiration: soon } } }\n  associations:\n    rot: baseline\n    \
                   Twin: baseline\n    '222222222222': baseline\n    Work: basline\n    root: self_managed\n";
    insta::assert_snapshot!(errors_with("", HOME, central));
    insta::assert_snapshot!(errors_with("  auto_enable: true\n", "", "  policies: {}\n"));
    insta::assert_snapshot!(errors("central_configuration: { policies: { a: {} } }\n"));
}

/// Rules: CCF-26, CCF-29.
#[test]
fn the_example_of_central_configuration_is_valid() {
    let world = crate::scenario::load(&[repository("scenarios/central-configuration.yaml")]).unwrap().build().unwrap();
    let directory = world.directory();
    let central = directory.organization.as_ref().unwrap().central.as_ref().unwrap();
    assert_eq!((central.policies.len(), central.applied.len(), central.settled.len()), (2, 3, 9));
    let failed = central.settled.values().filter(|settled| matches!(settled.outcome, Outcome::Failed(_))).count();
    assert_eq!(failed, 3, "the account, its unit and the root failed");
    assert!(!is_enabled(&world, &key("444444444444", "eu-west-1")));
}

/// Rules: CCF-31.
#[test]
fn a_policy_of_the_management_account_requires_its_hub() {
    let central = "  policies:\n    baseline: { standards: [fsbp-1.0.0] }\n    closed: { service_enabled: false }\n  associations:\n    ";
    let warned = |association: &str| errors_with("", HOME, &format!("{central}{association}\n"));
    insta::assert_snapshot!(warned("root: baseline"));
    for fine in ["root: closed", "Work: baseline", "root: baseline\n    '999999999999': self_managed"] {
        assert_eq!(warned(fine), "", "{fine}");
    }
}
