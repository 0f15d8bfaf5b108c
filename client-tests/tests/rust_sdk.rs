//! Tests with aws-sdk-securityhub: the same cases over a socket and in process.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test may panic")]

use std::time::{Duration, Instant};

use aws_credential_types::Credentials;
use aws_sdk_securityhub::config::Region;
use aws_sdk_securityhub::error::ProvideErrorMetadata;
use aws_sdk_securityhub::types::{
    AwsSecurityFinding, AwsSecurityFindingFilters, AwsSecurityFindingIdentifier, ControlFindingGenerator, GroupByField,
    GroupByRule, NoteUpdate, Resource, Severity, SeverityLabel, StringFilter, StringFilterComparison,
};
use aws_sdk_securityhub::{Client, Config};
use securityhub_local::{Emulator, EventFilter, Fault, FaultError, FaultPartial, FaultWire, RequestFilter, Verify};

/// The way in which requests reach the emulator.
#[derive(Clone, Copy)]
enum Transport {
    Socket,
    InProcess,
}

const BOTH: [Transport; 2] = [Transport::Socket, Transport::InProcess];

fn client(emulator: &Emulator, transport: Transport, account: &str, region: &str) -> Client {
    client_with(emulator, transport, Credentials::new(account, "x", None, None, "test"), region)
}

fn client_with(emulator: &Emulator, transport: Transport, keys: Credentials, region: &str) -> Client {
    let config = Config::builder()
        .behavior_version_latest()
        .endpoint_url(emulator.endpoint())
        .region(Region::new(region.to_owned()))
        .credentials_provider(keys);
    let config = match transport {
        Transport::Socket => config.http_client(aws_smithy_http_client::Builder::new().build_http()),
        Transport::InProcess => config.http_client(emulator.http_client()),
    };
    Client::from_conf(config.build())
}

async fn enabled(emulator: &Emulator, transport: Transport) -> Client {
    let client = client(emulator, transport, "111111111111", "us-east-1");
    client.enable_security_hub().send().await.expect("the hub is enabled");
    client
}

fn finding(id: &str, title: &str) -> AwsSecurityFinding {
    AwsSecurityFinding::builder()
        .schema_version("2018-10-08")
        .id(id)
        .product_arn("arn:aws:securityhub:us-east-1:111111111111:product/111111111111/default")
        .generator_id("scanner")
        .aws_account_id("111111111111")
        .types("Software and Configuration Checks/Vulnerabilities")
        .created_at("2026-01-10T08:00:00Z")
        .updated_at("2026-01-10T08:00:00Z")
        .severity(Severity::builder().label(SeverityLabel::High).build())
        .title(title)
        .description("Found by a scan.")
        .resources(Resource::builder().r#type("Other").id("host-1").build())
        .build()
}

/// Rules: HUB-01, HUB-06, HUB-08, HUB-09.
#[tokio::test]
async fn the_life_of_a_hub() {
    for transport in BOTH {
        let emulator = Emulator::start().await.unwrap();
        let client = client(&emulator, transport, "111111111111", "us-east-1");
        let off = client.describe_hub().send().await.unwrap_err().into_service_error();
        assert!(off.is_invalid_access_exception());
        assert_eq!(off.message(), Some("Account 111111111111 is not subscribed to AWS Security Hub"));
        client.enable_security_hub().send().await.unwrap();
        let twice = client.enable_security_hub().send().await.unwrap_err().into_service_error();
        assert!(twice.is_resource_conflict_exception());
        let generator = ControlFindingGenerator::StandardControl;
        client.update_security_hub_configuration().control_finding_generator(generator.clone()).send().await.unwrap();
        let hub = client.describe_hub().send().await.unwrap();
        assert_eq!(hub.hub_arn(), Some("arn:aws:securityhub:us-east-1:111111111111:hub/default"));
        assert_eq!(hub.control_finding_generator(), Some(&generator));
        client.disable_security_hub().send().await.unwrap();
        let off = client.disable_security_hub().send().await.unwrap_err().into_service_error();
        assert!(off.is_resource_not_found_exception());
    }
}

/// Rules: TAG-01, TAG-04, CLN-01.
#[tokio::test]
async fn an_arn_can_be_part_of_the_path() {
    for transport in BOTH {
        let emulator = Emulator::start().await.unwrap();
        let client = enabled(&emulator, transport).await;
        let arn = "arn:aws:securityhub:us-east-1:111111111111:hub/default";
        client.tag_resource().resource_arn(arn).tags("team", "blue").tags("env", "test").send().await.unwrap();
        client.untag_resource().resource_arn(arn).tag_keys("env").tag_keys("none").send().await.unwrap();
        let tags = client.list_tags_for_resource().resource_arn(arn).send().await.unwrap().tags.unwrap();
        assert_eq!(tags, [("team".to_owned(), "blue".to_owned())].into());
        let other =
            client.list_tags_for_resource().resource_arn("arn:aws:securityhub:us-east-1:222222222222:hub/default");
        assert!(other.send().await.unwrap_err().into_service_error().is_resource_not_found_exception());
    }
}

/// Rules: IMP-30, IMP-31.
#[tokio::test]
async fn a_batch_reports_failures() {
    for transport in BOTH {
        let emulator = Emulator::start().await.unwrap();
        let client = enabled(&emulator, transport).await;
        let import = client.batch_import_findings().findings(finding("good", "Open port")).findings(finding("bad", ""));
        let answer = import.send().await.unwrap();
        assert_eq!((answer.success_count(), answer.failed_count()), (Some(1), Some(1)));
        let failed = &answer.failed_findings()[0];
        assert_eq!((failed.id(), failed.error_code()), (Some("bad"), Some("InvalidInput")));
        assert_eq!(
            failed.error_message(),
            Some(
                "Finding does not adhere to Amazon Finding Format. data.Title should NOT be shorter than 1 characters."
            )
        );
    }
}

/// Rules: FLT-03, SRT-12, CLN-06.
#[tokio::test]
async fn a_paginator_reads_all_matching_findings() {
    for transport in BOTH {
        let emulator = Emulator::start().await.unwrap();
        let client = enabled(&emulator, transport).await;
        for batch in 0..3 {
            let findings =
                (0..100).map(|n| finding(&format!("{batch}-{n:02}"), if n % 2 == 0 { "even" } else { "odd" }));
            client.batch_import_findings().set_findings(Some(findings.collect())).send().await.unwrap();
        }
        let title = StringFilter::builder().value("even").comparison(StringFilterComparison::Equals).build();
        let filters = AwsSecurityFindingFilters::builder().title(title).build();
        let mut pages = client.get_findings().filters(filters).max_results(40).into_paginator().items().send();
        let mut ids = std::collections::BTreeSet::new();
        while let Some(finding) = pages.next().await {
            let finding = finding.unwrap();
            assert_eq!(finding.title(), Some("even"));
            assert!(ids.insert(finding.id().unwrap().to_owned()), "no finding is returned twice");
        }
        assert_eq!(ids.len(), 150);
    }
}

/// Rules: ACC-01.
#[tokio::test]
async fn accounts_and_regions_are_separate() {
    for transport in BOTH {
        let emulator = Emulator::start().await.unwrap();
        enabled(&emulator, transport).await;
        for (account, region) in [("222222222222", "us-east-1"), ("111111111111", "eu-west-1")] {
            let other = client(&emulator, transport, account, region);
            let error = other.get_findings().send().await.unwrap_err().into_service_error();
            assert!(error.is_invalid_access_exception() && error.message().unwrap().contains(account));
        }
    }
}

/// Rules: O2G-05.
#[tokio::test]
async fn a_refused_operation_of_the_v2_half_is_not_retried() {
    for transport in BOTH {
        let emulator = Emulator::start().await.unwrap();
        let client = enabled(&emulator, transport).await;
        let start = Instant::now();
        let rule = GroupByRule::builder().group_by_field(GroupByField::ActivityName).build();
        let call = client.get_finding_statistics_v2().group_by_rules(rule);
        let error = call.send().await.unwrap_err().into_service_error();
        assert_eq!(error.code(), Some("ConflictException"));
        assert!(error.message().unwrap().contains("Security Hub V2 is not enabled"));
        assert!(start.elapsed() < Duration::from_secs(1), "{:?}", start.elapsed());
    }
}

/// Rules: ERR-07.
#[tokio::test]
async fn signatures_are_verified_with_the_secrets_of_the_scenario() {
    let quickstart = concat!(env!("CARGO_MANIFEST_DIR"), "/../scenarios/quickstart.yaml");
    let emulator = Emulator::builder().scenario(quickstart).verify_signatures().start().await.unwrap();
    for transport in BOTH {
        for (key, secret, refusal) in [
            ("AKIAQUICKSTARTALICE1", "wonderland", None),
            ("AKIAQUICKSTARTALICE1", "x", Some("InvalidSignatureException")),
            ("111111111111", "wonderland", Some("UnrecognizedClientException")),
        ] {
            let keys = Credentials::new(key, secret, None, None, "test");
            let client = client_with(&emulator, transport, keys, "us-east-1");
            let arn = "arn:aws:securityhub:us-east-1:111111111111:hub/default";
            let answer = client.list_tags_for_resource().resource_arn(arn).send().await;
            let code = answer.err().map(|error| error.into_service_error().code().unwrap().to_owned());
            assert_eq!(code.as_deref(), refusal, "{key} {secret}");
        }
    }
}

#[tokio::test]
async fn the_quickstart_works_without_a_port() {
    let quickstart = concat!(env!("CARGO_MANIFEST_DIR"), "/../scenarios/quickstart.yaml");
    let emulator = Emulator::builder().scenario(quickstart).start().await.unwrap();
    let client = client(&emulator, Transport::InProcess, "111111111111", "us-east-1");
    let findings = client.get_findings().send().await.unwrap();
    assert_eq!(findings.findings().len(), 40);
}

/// The Region and ID of all findings that a client sees.
async fn all(client: &Client) -> Vec<(String, String)> {
    let mut pages = client.get_findings().max_results(50).into_paginator().items().send();
    let mut all = Vec::new();
    while let Some(finding) = pages.next().await {
        let finding = finding.unwrap();
        all.push((finding.region().unwrap().to_owned(), finding.id().unwrap().to_owned()));
    }
    all
}

/// Rules: VIS-03, VIS-04, AGG-06, AGG-07, AGG-08, AGG-10.
#[tokio::test]
async fn a_home_region_shows_findings_of_linked_regions() {
    let scenario = concat!(env!("CARGO_MANIFEST_DIR"), "/../scenarios/aggregation.yaml");
    for transport in BOTH {
        let emulator = Emulator::builder().scenario(scenario).start().await.unwrap();
        let as_account = |account, region| client(&emulator, transport, account, region);
        let home = as_account("111111111111", "us-east-1");
        let linked = as_account("111111111111", "eu-west-1");
        let member = as_account("222222222222", "us-east-1");
        let (at_home, in_linked) = (all(&home).await, all(&linked).await);
        assert_eq!(at_home.len(), 120);
        let of_linked: Vec<_> = at_home.iter().filter(|(region, _)| region == "eu-west-1").cloned().collect();
        assert!(
            !in_linked.is_empty() && of_linked == in_linked,
            "the findings of the linked Region, in the same order"
        );
        let own = all(&member).await;
        assert!(own.iter().all(|finding| at_home.contains(finding)));
        assert!(own.iter().any(|(region, _)| region == "ap-southeast-2") && own.len() < at_home.len());

        let list = member.list_finding_aggregators().send().await.unwrap();
        let arn = list.finding_aggregators()[0].finding_aggregator_arn().unwrap();
        let got = as_account("222222222222", "eu-west-1").get_finding_aggregator().finding_aggregator_arn(arn);
        let got = got.send().await.unwrap();
        assert_eq!(
            (got.finding_aggregation_region(), got.region_linking_mode()),
            (Some("us-east-1"), Some("ALL_REGIONS"))
        );
        let refused = member.delete_finding_aggregator().finding_aggregator_arn(arn).send().await.unwrap_err();
        assert_eq!(refused.raw_response().unwrap().status().as_u16(), 401);
        assert!(refused.into_service_error().is_invalid_input_exception());

        let finding = linked.get_findings().max_results(1).send().await.unwrap().findings()[0].clone();
        let update = |client: &Client, text: &str| {
            let (id, product_arn) = (finding.id().unwrap(), finding.product_arn().unwrap());
            let identifier = AwsSecurityFindingIdentifier::builder().id(id).product_arn(product_arn).build();
            let note = NoteUpdate::builder().text(text).updated_by("test").build();
            client.batch_update_findings().finding_identifiers(identifier).note(note).send()
        };
        let note = async |client: &Client| {
            let id = StringFilter::builder().value(finding.id().unwrap()).comparison(StringFilterComparison::Equals);
            let filters = AwsSecurityFindingFilters::builder().id(id.build()).build();
            let answer = client.get_findings().filters(filters).send().await.unwrap();
            assert_eq!(answer.findings().len(), 1);
            answer.findings()[0].note().and_then(|note| note.text()).unwrap_or_default().to_owned()
        };
        for (client, text) in [(&home, "at home"), (&linked, "where it is from")] {
            assert_eq!(update(client, text).await.unwrap().processed_findings().len(), 1);
            assert_eq!((note(&home).await, note(&linked).await), (text.to_owned(), text.to_owned()));
        }

        home.delete_finding_aggregator().finding_aggregator_arn(arn).send().await.unwrap();
        update(&linked, "later").await.unwrap();
        assert_eq!((note(&home).await.as_str(), note(&linked).await.as_str()), ("where it is from", "later"));
        assert_eq!(all(&home).await, at_home, "the findings that were shown remain");
    }
}

/// Rules: CPL-34, CPL-37.
#[tokio::test]
async fn a_client_retries_through_throttling_and_broken_connections() {
    let fault = |error: Option<&str>, wire| Fault {
        operation: Some("GetFindings".into()),
        error: error.map(|code| FaultError { code: Some(code.to_owned()), ..FaultError::default() }),
        wire,
        times: Some(1),
        ..Fault::default()
    };
    for transport in BOTH {
        for fault in [
            fault(Some("Throttle"), None),
            fault(Some("Internal"), None),
            fault(None, Some(FaultWire::Reset)),
            fault(None, Some(FaultWire::Empty)),
        ] {
            let emulator = Emulator::builder().faults([fault.clone()]).start().await.unwrap();
            let client = enabled(&emulator, transport).await;
            let found = client.get_findings().send().await;
            assert!(found.is_ok_and(|found| found.findings().is_empty()), "{fault:?}");
            let fired = emulator.faults()[0].fired;
            assert_eq!(fired, Some(1), "{fault:?}");
        }
    }
}

/// Rules: CPL-38.
#[tokio::test]
async fn a_client_sees_which_findings_of_a_batch_failed() {
    for transport in BOTH {
        let half = FaultPartial { every: Some(2), message: Some("no".to_owned()), ..FaultPartial::default() };
        let fault = Fault { partial: Some(half), ..Fault::default() };
        let emulator = Emulator::builder().faults([fault]).start().await.unwrap();
        let client = enabled(&emulator, transport).await;
        let findings = ["a", "b", "c", "d"].map(|id| finding(id, "Port 22 is open"));
        let answer = client.batch_import_findings().set_findings(Some(findings.to_vec())).send().await.unwrap();
        assert_eq!((answer.success_count(), answer.failed_count()), (Some(2), Some(2)));
        let failed: Vec<_> =
            answer.failed_findings().iter().map(|it| (it.id().unwrap(), it.error_message().unwrap())).collect();
        assert_eq!(failed, [("b", "no"), ("d", "no")]);
    }
}

/// Rules: CPL-30, CPL-130.
#[tokio::test]
async fn clients_of_two_tests_share_an_emulator_and_see_only_their_own_calls_events_and_faults() {
    let emulator = Emulator::start().await.unwrap();
    enabled(&emulator, Transport::InProcess).await;
    let [one, two] = ["suite/one", "suite/two"].map(|tag| emulator.tagged(tag));
    let [client_one, client_two] = [&one, &two].map(|test| {
        let config = Config::builder()
            .behavior_version_latest()
            .endpoint_url(emulator.endpoint())
            .region(Region::new("us-east-1"))
            .credentials_provider(Credentials::new("111111111111", "x", None, None, "test"))
            .http_client(test.http_client());
        Client::from_conf(config.build())
    });
    let throttle = FaultError { code: Some("Throttle".to_owned()), ..FaultError::default() };
    let fault = Fault {
        operation: Some("BatchImportFindings".into()),
        error: Some(throttle),
        times: Some(1),
        ..Fault::default()
    };
    let _guard = one.fault(fault).unwrap();
    let (of_one, of_two) = tokio::join!(
        client_one.batch_import_findings().findings(finding("one", "Port 22 is open")).send(),
        client_two.batch_import_findings().findings(finding("two", "Port 23 is open")).send(),
    );
    assert_eq!((of_one.unwrap().success_count(), of_two.unwrap().success_count()), (Some(1), Some(1)));
    let imports = Verify::operation("BatchImportFindings");
    assert_eq!(one.verify(&imports).await.unwrap().count, 2, "the SDK retried after the fault");
    assert_eq!(two.verify(&imports).await.unwrap().count, 1, "the fault did not select the other test");
    for (test, id) in [(one, "one"), (two, "two")] {
        let events = test.wait_events(&EventFilter::default(), 1, Duration::from_secs(5)).await.unwrap();
        let ids: Vec<_> = events.iter().map(|event| &event["detail"]["findings"][0]["Id"]).collect();
        assert_eq!(ids, [id]);
    }
    assert_eq!(one.clear_requests(&RequestFilter::default()).unwrap(), 2);
    assert_eq!(
        (
            one.requests(&RequestFilter::default()).unwrap().len(),
            two.requests(&RequestFilter::default()).unwrap().len()
        ),
        (0, 1)
    );
}

/// Rules: DST-40.
#[tokio::test]
async fn the_configuration_of_an_account_is_complete() {
    let emulator = Emulator::start().await.unwrap();
    let (first, second) = (emulator.account(), emulator.account());
    let client = Client::new(&first.sdk_config("eu-west-1"));
    client.enable_security_hub().send().await.unwrap();
    let hub = client.describe_hub().send().await.unwrap();
    let expected = format!("arn:aws:securityhub:eu-west-1:{}:hub/default", first.id());
    assert_eq!(hub.hub_arn(), Some(&*expected));
    let other = Client::new(&second.sdk_config("eu-west-1")).describe_hub().send().await.unwrap_err();
    assert!(other.into_service_error().is_invalid_access_exception(), "the second account has no hub");
}
