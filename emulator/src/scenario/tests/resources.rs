//! Tests of initial standards, and of resources for their controls to check.

use super::*;

/// Rules: STD-13, STD-61, STD-63.
#[test]
fn standards_of_the_scenario_are_enabled_at_once() {
    let world = build(
        "delays: { standards_enable: 5m, standards_disable: P1D }\nhubs:\n  - account: '111111111111'\n    regions: [us-east-1]\n    \
         standards: [pci-dss-4.0.1, control-tower-1.0.0]\n  - { account: '222222222222', regions: [us-east-1], \
         default_standards: true, config_recorder: off }",
    );
    crate::domain::due::run(&world, world.clock.now());
    let statuses = |account: &str| {
        let hub = world.hub(&key(account, "us-east-1")).unwrap();
        hub.standards.iter().map(|(id, subscription)| (*id, subscription.status.as_str())).collect::<Vec<_>>()
    };
    assert_eq!(statuses("111111111111"), [("control-tower-1.0.0", "READY"), ("pci-dss-4.0.1", "READY")]);
    assert_eq!(statuses("222222222222"), [("cis-1.2.0", "INCOMPLETE"), ("fsbp-1.0.0", "INCOMPLETE")]);
    assert_eq!(world.delays.standards_enable, jiff::SignedDuration::from_mins(5));
    assert_eq!(world.delays.standards_disable, jiff::SignedDuration::from_hours(24));
}

/// Rules: RES-01, RES-03, RES-04.
#[test]
fn resources_are_declared_with_failed_controls() {
    let world = build(
        "regions: [us-east-1, eu-west-1]\nhubs:\n  - { account: '111111111111', regions: all, quiet: true }\nresources:\n  \
         - { account: '111111111111', regions: [us-east-1], type: AwsS3Bucket, id: pay, fails: [S3.2, PCI.S3.5, \
         cis-1.4.0/2.1.5.2], tags: { team: pay } }\n  - { account: '111111111111', regions: all, type: AwsIamUser, id: ops, \
         fails: ['*'], warns: { IAM.3: CONFIG_RULE_EVALUATION_ERROR } }\n  - { account: '111111111111', regions: all, \
         type: AwsAccount, fails: [CloudTrail.1, CIS.3.3], reasons: { CloudTrail.1: CLOUDTRAIL_MULTI_REGION_NOT_PRESENT } }",
    );
    let resources = world.resources().unwrap();
    let here = &resources.declared[&key("111111111111", "us-east-1")];
    let ids: Vec<&str> = here.iter().map(|resource| resource.id.as_str()).collect();
    assert_eq!(ids, ["arn:aws:s3:::pay", "arn:aws:iam::111111111111:user/ops", "AWS::::Account:111111111111"]);
    let names = |index: usize| here[index].results.keys().copied().collect::<Vec<_>>();
    assert_eq!(names(0), ["S3.2", "S3.5", "S3.8"]);
    assert!(names(1).contains(&"IAM.5"));
    assert_eq!(here[1].results["IAM.3"].status.as_str(), "WARNING");
    assert_eq!(names(2), ["CloudTrail.1", "CloudWatch.1"]);
    assert_eq!(here[2].results["CloudTrail.1"].reason.as_deref(), Some("CLOUDTRAIL_MULTI_REGION_NOT_PRESENT"));
    assert_eq!(resources.declared[&key("111111111111", "eu-west-1")].len(), 2);
    assert!(world.hub(&key("111111111111", "eu-west-1")).unwrap().is_quiet);
    assert_eq!(build("resources: []").resources().as_deref(), Some(&crate::state::Resources::default()));
    assert_eq!(build("name: none").resources(), None);
}

/// Rules: RES-01.
#[test]
fn a_state_machine_may_be_declared_in_both_spellings() {
    for spelling in ["AwsStepFunctionStateMachine", "AwsStepFunctionsStateMachine", "AWS::StepFunctions::StateMachine"]
    {
        let world = build(&format!(
            "hubs: [{{ account: '111111111111', regions: [us-east-1] }}]\nresources:\n  - {{ account: '111111111111', \
             regions: [us-east-1], type: '{spelling}', id: orders, fails: [StepFunctions.1] }}",
        ));
        let declared = &world.resources().unwrap().declared[&key("111111111111", "us-east-1")];
        let (resource_type, id) = (declared[0].resource_type, declared[0].id.as_str());
        let expected = "arn:aws:states:us-east-1:111111111111:stateMachine:orders";
        assert_eq!((resource_type, id), ("AwsStepFunctionStateMachine", expected), "{spelling}");
    }
}

/// Rules: RES-02.
#[test]
fn the_example_of_controls_is_valid() {
    let world = crate::scenario::load(&[repository("scenarios/controls.yaml")]).unwrap().build().unwrap();
    crate::domain::due::run(&world, world.clock.now());
    assert!(world.finding_count() > 50, "{}", world.finding_count());
}

/// Rules: RES-02, RES-05, RES-09.
#[test]
fn recorders_conditions_and_inapplicable_controls_are_declared() {
    let world = build(
        "hubs:\n  - { account: '111111111111', regions: all, config_recorder: { types: [AWS::S3::Bucket], role: custom } }\n  \
         - { account: '222222222222', regions: all, config_recorder: off }\nresources:\n  - { account: '111111111111', \
         regions: all, type: AwsCertificateManagerCertificate, id: c, when: [{ control: ACM.1, parameter: daysToExpiration, \
         fails_if: '>= 45' }], not_applicable: [ACM.2], annotation: { ACM.1: soon }, details: { Serial: 7 } }",
    );
    let hub = world.hub(&key("111111111111", "us-east-1")).unwrap();
    assert!(hub.config_recorder.records("AwsS3Bucket") && !hub.config_recorder.records("AwsEc2Vpc"));
    let resources = world.resources().unwrap();
    let certificate = &resources.declared[&key("111111111111", "us-east-1")][0];
    assert_eq!((certificate.conditions.len(), &certificate.annotations["ACM.1"][..]), (1, "soon"));
    assert_eq!(certificate.results["ACM.2"].reason.as_deref(), Some("CONFIG_RETURNS_NOT_APPLICABLE"));
    assert_eq!(certificate.details, Some(serde_json::json!({ "Serial": 7 })));
    let wrong = "hubs: [{ account: '111111111111', regions: all, config_recorder: { types: [AwsS3Bukket] } }]";
    assert!(errors(wrong).contains("did you mean `AwsS3Bucket`?"), "{}", errors(wrong));
}

/// Rules: SEC-52, CPL-132.
#[test]
fn new_controls_are_added_and_checked_at_their_time() {
    let world = build(
        "clock: { now: 2026-01-15T09:00:00Z, frozen: true }\nnew_controls:\n  - { control: S3.5, at: P10D }\n  - { control: \
         S3.8, at: 2026-01-20T00:00:00Z, standards: [fsbp-1.0.0] }\n  - { control: S3.1, at: \
         2026-01-01T00:00:00Z }\nhubs:\n  - { account: '111111111111', regions: [us-east-1], standards: [fsbp-1.0.0], \
         quiet: true }\nresources:\n  - { account: '111111111111', regions: [us-east-1], type: AwsS3Bucket, id: pay, fails: \
         [S3.5, S3.8] }",
    );
    let found = || {
        crate::domain::due::run(&world, world.clock.now());
        let documents = findings(&world);
        let is_of = |id: &str| {
            let generator = format!("\"GeneratorId\":\"security-control/{id}\"");
            documents.iter().any(|document| String::from_utf8_lossy(document).contains(&generator))
        };
        ["S3.1", "S3.5", "S3.8"].map(is_of)
    };
    assert_eq!(found(), [true, false, false]);
    world.clock.advance(jiff::SignedDuration::from_hours(5 * 24));
    assert_eq!(found(), [true, false, true]);
    world.clock.advance(jiff::SignedDuration::from_hours(5 * 24));
    assert_eq!(found(), [true, true, true]);
    assert!(world.directory().new_controls.is_empty());
    for (twice, expected) in [
        ("[{ control: S3.5, at: P1D }, { control: S3.5, at: P2D }]", "S3.5 is already added to fsbp-1.0.0 (line 1)"),
        ("[{ control: S3.5, at: P1D, standards: [] }]", "`standards` is empty"),
        ("[{ control: S3.5, at: 2020-01-01T00:00:00Z }]", "warning: S3.5 is available from the start"),
        ("[{ control: S3.5, at: P1W1D }]", "such as P3D, P1DT12H or P2W (weeks cannot be combined with other units)"),
    ] {
        let errors = errors(&format!("new_controls: {twice}"));
        assert!(errors.contains(expected), "{errors}");
    }
    let errors = errors("new_controls: [{ control: S3.555, at: P1D }, { control: S3.5, at: soon, standards: [x] }]");
    for expected in ["S3.555", "neither a time nor a duration", "`x`"] {
        assert!(errors.contains(expected), "{errors}");
    }
}

/// Rules: CPL-132.
#[test]
fn an_empty_list_without_effect_is_an_error() {
    for text in [
        "regions: []",
        "hubs: [{ account: '111111111111', regions: [] }]",
        "resources: [{ account: '111111111111', regions: [], type: AwsAccount }]",
    ] {
        assert!(errors(text).contains("`regions` is empty"), "{text}");
    }
}

/// Rules: CPL-132.
#[test]
fn names_and_tags_that_aws_refuses_are_errors() {
    let hub = |tags: &str| format!("hubs: [{{ account: '111111111111', regions: all, tags: {{ {tags} }} }}]");
    let long = "x".repeat(257);
    for (text, expected) in [
        (hub("'': x"), "AWS does not accept the tag ``"),
        (hub("'aws:x': x"), "AWS does not accept the tag `aws:x`"),
        (hub(&format!("team: {long}")), "AWS does not accept the tag `team`"),
        ("accounts: { '111111111111': { name: '' } }".to_owned(), "`name` is empty"),
        ("resources: [{ account: '1', regions: all, type: AwsS3Bucket, id: '' }]".to_owned(), "`id` is empty"),
        (
            "organization: { management_account: '111111111111', units: { '': {} } }".to_owned(),
            "`` is not a valid unit name",
        ),
    ] {
        assert!(errors(&text).contains(expected), "{}", errors(&text));
    }
    assert!(errors(&hub("team: '', a+b: x")).is_empty());
}

/// Rules: CPL-153.
#[test]
fn a_standard_without_its_version_is_reported_with_the_versions_that_fit() {
    let hub = |standard: &str| {
        errors(&format!("hubs: [{{ account: '111111111111', regions: all, standards: [{standard}] }}]"))
    };
    insta::assert_snapshot!(["cis", "fsbp", "pci-dss-4.0", "control-tower", "hipaa"].map(hub).join("\n"));
    let control = |id: &str| {
        errors(&format!(
            "resources: [{{ account: '111111111111', regions: all, type: AwsS3Bucket, id: a, fails: ['{id}'] }}]"
        ))
    };
    insta::assert_snapshot!(["cis/2.1.2", "2.1.2", "pci/S3.5", "S3.1", "S3.55"].map(control).join("\n"));
}

/// Rules: CPL-154.
#[test]
fn a_suggestion_fits_its_place() {
    for (text, suggested) in [
        (
            "regions: [us-east-1, sa-east-1]\nhubs: [{ account: '111111111111', regions: [us-eest-1] }]",
            Some("us-east-1"),
        ),
        ("regions: [sa-east-1]\nhubs: [{ account: '111111111111', regions: [us-eest-1] }]", None),
        ("clock: { now: 2026-01-15T09:00:00Z, nov: 1 }", None),
        ("clock: { nov: 2026-01-15T09:00:00Z }", Some("now")),
        ("regions: [cn-north-1]\nhubs: [{ account: '111111111111', regions: all, products: [macei] }]", None),
        ("hubs: [{ account: '111111111111', regions: all, products: [macei] }]", Some("macie")),
        (
            "hubs: [{ account: '200000000036', regions: all }]\nfindings: [{ generate: { product: macie, count: 1, accounts: ['200000000001'] } }]",
            None,
        ),
    ] {
        let errors = errors(text);
        let help = errors.split_once("did you mean `").and_then(|(_, rest)| rest.split_once('`'));
        assert_eq!(help.map(|(word, _)| word), suggested, "{errors}");
    }
}
