//! Tests with boto3 and the AWS CLI, and of the service model in botocore.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test may panic")]

use std::path::Path;
use std::process::Command;

use securityhub_fixtures::{import, model};
use securityhub_local::{Emulator, Tls};
use securityhub_local_client_tests::{client, python_environment, repository};

async fn quickstart() -> Emulator {
    Emulator::builder().scenario(repository().join("scenarios/quickstart.yaml")).start().await.unwrap()
}

/// Runs a command and returns the exit code, standard output and standard error.
fn run(command: &mut Command) -> (i32, String, String) {
    let output = command.output().unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (output.status.code().unwrap_or(-1), text(&output.stdout), text(&output.stderr))
}

/// Rules: CLN-01 to CLN-07.
#[tokio::test]
async fn boto3_cases_pass() {
    let Some(environment) = python_environment() else { return };
    let emulator = quickstart().await;
    let cases = Path::new(env!("CARGO_MANIFEST_DIR")).join("python/boto3_cases.py");
    let (code, output, error) = run(client(&environment, "python", &emulator.endpoint()).arg(cases));
    assert_eq!(code, 0, "{output}{error}");
    println!("{output}");
}

/// Rules: CPL-31, CPL-34, CPL-35, CPL-36, CPL-37, CPL-38.
#[tokio::test]
async fn boto3_handles_faults() {
    let Some(environment) = python_environment() else { return };
    let emulator = quickstart().await;
    let cases = Path::new(env!("CARGO_MANIFEST_DIR")).join("python/fault_cases.py");
    let (code, output, error) = run(client(&environment, "python", &emulator.endpoint()).arg(cases));
    assert_eq!(code, 0, "{output}{error}");
    println!("{output}");
}

/// Rules: CPL-37, CPL-100, CPL-101, CPL-102, CPL-110, CPL-111, CPL-112.
#[tokio::test]
async fn boto3_and_curl_call_over_https_and_the_parsers_of_prometheus_read_the_metrics() {
    let Some(environment) = python_environment() else { return };
    let scenario = repository().join("scenarios/quickstart.yaml");
    let emulator = Emulator::builder().scenario(scenario).tls(Tls::Generated).start().await.unwrap();
    let bundle = Path::new(env!("CARGO_TARGET_TMPDIR")).join("ca.pem");
    std::fs::write(&bundle, emulator.certificate_authority().unwrap()).unwrap();
    let cases = Path::new(env!("CARGO_MANIFEST_DIR")).join("python/https_cases.py");
    let mut command = client(&environment, "python", &emulator.endpoint());
    let (code, output, error) = run(command.env("AWS_CA_BUNDLE", bundle).arg(cases).arg(emulator.https_endpoint()));
    assert_eq!(code, 0, "{output}{error}");
}

/// Starts an emulator with the world of this scenario text.
async fn with_scenario(name: &str, text: &str) -> Emulator {
    let file = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    std::fs::write(&file, text).unwrap();
    Emulator::builder().scenario(file).start().await.unwrap()
}

/// Rules: IMP-46.
#[tokio::test]
async fn findings_read_by_boto3_survive_a_round_trip_through_another_world() {
    let Some(environment) = python_environment() else { return };
    let products = "[guardduty, inspector, macie, access-analyzer, firewall-manager, config, health, securityhub]";
    let scenario = |hour: u8, rest: &str| {
        format!(
            "name: recordings\nclock: {{ now: \"2026-01-15T{hour:02}:00:00Z\", frozen: true }}\nregions: [us-east-1]\n\
             hubs:\n  - {{ account: \"111111111111\", regions: all, default_standards: true, products: {products} }}\n{rest}"
        )
    };
    let source = scenario(9, "resources: []\nfindings:\n  - generate: { product: all, count: 140 }\n");
    let source = with_scenario("recorded.yaml", &source).await;
    let target = scenario(10, "").replace("default_standards: true", "default_standards: false");
    let target = with_scenario("replayed.yaml", &target).await;
    let cases = Path::new(env!("CARGO_MANIFEST_DIR")).join("python/recording_cases.py");
    let mut command = client(&environment, "python", &source.endpoint());
    let (code, output, error) = run(command.arg(cases).arg(target.endpoint()));
    assert_eq!(code, 0, "{output}{error}");
}

/// Findings in OCSF have the attributes that the public schema requires of every event, so consumers of OCSF can read
/// them.
///
/// Rules: OCF-10, OCF-14, OCF-22.
#[tokio::test]
async fn findings_in_ocsf_satisfy_the_public_schema() {
    let Some(environment) = python_environment() else { return };
    let text = "name: ocsf\nclock: { now: \"2026-01-15T09:00:00Z\", frozen: true }\nregions: [us-east-1]\nhubs:\n  - { account: \
                \"111111111111\", regions: all, default_standards: true, products: [guardduty, inspector, macie, \
                access-analyzer, firewall-manager, config, health, securityhub] }\nresources: []\nfindings:\n  - generate: { \
                product: all, count: 1000 }\n";
    let emulator = with_scenario("ocsf.yaml", text).await;
    let cases = Path::new(env!("CARGO_MANIFEST_DIR")).join("python/ocsf_cases.py");
    let (code, output, error) = run(client(&environment, "python", &emulator.endpoint()).arg(cases));
    assert_eq!(code, 0, "{output}{error}");
}

/// Rules: HV2-01, AGV-05, CNV-07, CNC-03, TKV-01, PRV-01, FTR-02, HV2-22.
#[tokio::test]
async fn boto3_manages_the_settings_of_the_v2_half() {
    let Some(environment) = python_environment() else { return };
    let text = "name: v2\nclock: { now: \"2026-01-15T09:00:00Z\", frozen: true }\nregions: [us-east-1, eu-west-1]\norganization:\n  \
                management_account: \"999999999999\"\n  delegated_administrator_v2: \"111111111111\"\n  units: { Work: { accounts: \
                [\"111111111111\", \"222222222222\"] } }\nhubs:\n  - { account: \"111111111111\", regions: all }\n";
    let emulator = with_scenario("v2.yaml", text).await;
    let cases = Path::new(env!("CARGO_MANIFEST_DIR")).join("python/v2_cases.py");
    let (code, output, error) = run(client(&environment, "python", &emulator.endpoint()).arg(cases));
    assert_eq!(code, 0, "{output}{error}");
    println!("{output}");
}

/// Starts an emulator with hubs of both halves in two Regions, findings of all products, and a failed control.
async fn both_halves() -> Emulator {
    let text = "name: both\nclock: { now: \"2026-01-15T09:00:00Z\", frozen: true }\nregions: [us-east-1, eu-west-1]\nhubs:\n  - { \
                account: \"111111111111\", regions: all, default_standards: true, products: [guardduty, inspector, macie, \
                access-analyzer, firewall-manager, config, health, securityhub] }\nhubs_v2: [{ account: \"111111111111\", \
                regions: all }]\nresources: [{ account: \"111111111111\", regions: [us-east-1], type: AwsS3Bucket, id: logs, \
                fails: [S3.8] }]\nfindings:\n  - generate: { product: all, count: 140 }\n";
    with_scenario("both-halves.yaml", text).await
}

/// Rules: OCL-01 to OCL-08.
#[tokio::test]
async fn the_v2_half_supports_the_calls_of_shipped_clients() {
    let Some(environment) = python_environment() else { return };
    let emulator = both_halves().await;
    let cases = Path::new(env!("CARGO_MANIFEST_DIR")).join("python/v2_client_cases.py");
    let (code, output, error) = run(client(&environment, "python", &emulator.endpoint()).arg(cases));
    assert_eq!(code, 0, "{output}{error}");
}

/// Rules: CLN-05.
#[tokio::test]
async fn boto3_reads_every_member_of_the_answers_of_the_v2_half() {
    let Some(environment) = python_environment() else { return };
    let emulator = both_halves().await;
    let cases = Path::new(env!("CARGO_MANIFEST_DIR")).join("python/v2_operation_cases.py");
    let (code, output, error) = run(client(&environment, "python", &emulator.endpoint()).arg(cases));
    assert_eq!(code, 0, "{output}{error}");
}

/// The exit code of version 1 of the AWS CLI for a service error; version 2 uses 254.
const REFUSED: i32 = 255;

/// Runs `aws securityhub` as the quickstart's administrator.
fn aws(environment: &Path, emulator: &Emulator, arguments: &[&str]) -> (i32, String, String) {
    run(client(environment, "aws", &emulator.endpoint()).arg("securityhub").args(arguments))
}

/// Runs `aws securityhub`, expects success and returns its output.
fn aws_prints(environment: &Path, emulator: &Emulator, arguments: &[&str]) -> String {
    let (code, output, error) = aws(environment, emulator, arguments);
    assert_eq!(code, 0, "{arguments:?}: {error}");
    output.trim().to_owned()
}

/// Rules: CLN-01, CLN-06.
#[tokio::test]
async fn the_aws_cli_can_read_and_tag() {
    let Some(environment) = python_environment() else { return };
    let emulator = quickstart().await;
    let aws = |arguments: &[&str]| aws_prints(&environment, &emulator, arguments);
    let arn = "arn:aws:securityhub:us-east-1:111111111111:hub/default";
    assert_eq!(aws(&["describe-hub", "--query", "HubArn", "--output", "text"]), arn);
    assert_eq!(aws(&["get-findings", "--max-items", "3", "--query", "length(Findings)"]), "3");
    let all = aws(&["get-findings", "--page-size", "7", "--query", "length(Findings)"]);
    assert_eq!(all, "40", "the CLI reads all pages");
    assert_eq!(aws(&["tag-resource", "--resource-arn", arn, "--tags", "team=blue"]), "");
    let team = ["list-tags-for-resource", "--resource-arn", arn, "--query", "Tags.team", "--output", "text"];
    assert_eq!(aws(&team), "blue");
}

/// A finding of the administrator's own product.
fn finding(id: &str, title: &str) -> String {
    let product = "arn:aws:securityhub:us-east-1:111111111111:product/111111111111/default";
    format!(
        r#"{{"SchemaVersion": "2018-10-08", "Id": "{id}", "ProductArn": "{product}", "GeneratorId": "scanner",
        "AwsAccountId": "111111111111", "Types": ["Software and Configuration Checks/Vulnerabilities"],
        "CreatedAt": "2026-01-10T08:00:00Z", "UpdatedAt": "2026-01-10T08:00:00Z", "Severity": {{"Label": "HIGH"}},
        "Title": "{title}", "Description": "Found by a scan.", "Resources": [{{"Type": "Other", "Id": "host-1"}}]}}"#
    )
}

/// Rules: IMP-30, IMP-31.
#[tokio::test]
async fn the_aws_cli_can_import_a_file() {
    let Some(environment) = python_environment() else { return };
    let emulator = quickstart().await;
    let file = Path::new(env!("CARGO_TARGET_TMPDIR")).join("findings-of-the-aws-cli.json");
    std::fs::write(&file, format!("[{}, {}]", finding("from-a-file", "Open port"), finding("bad", ""))).unwrap();
    let findings = format!("file://{}", file.display());
    let counts = "[SuccessCount, FailedCount, FailedFindings[0].Id]";
    let import = ["batch-import-findings", "--findings", &findings, "--query", counts, "--output", "text"];
    assert_eq!(aws_prints(&environment, &emulator, &import), "1\t1\tbad", "a call with a failed finding succeeds");
    let filters = r#"{"Id": [{"Value": "from-a-file", "Comparison": "EQUALS"}]}"#;
    let read = ["get-findings", "--filters", filters, "--query", "Findings[].Title", "--output", "text"];
    assert_eq!(aws_prints(&environment, &emulator, &read), "Open port");
}

/// Rules: CLN-03, O2G-05.
#[tokio::test]
async fn the_aws_cli_shows_the_reason_for_an_error() {
    let Some(environment) = python_environment() else { return };
    let emulator = quickstart().await;
    let refused = |arguments: &[&str], sentence: &str| {
        let (code, output, error) = aws(&environment, &emulator, arguments);
        assert_eq!((code, output.as_str()), (REFUSED, ""), "{arguments:?}: {error}");
        assert!(error.contains(sentence), "{arguments:?}: {error}");
    };
    refused(
        &["get-findings", "--max-results", "101"],
        "An error occurred (InvalidInputException) when calling the GetFindings operation: \
         Invalid parameter 'MaxResults'. '101' is greater than maximum value: 100.",
    );
    refused(
        &["get-finding-statistics-v2", "--group-by-rules", "GroupByField=activity_name"],
        "An error occurred (ConflictException) when calling the GetFindingStatisticsV2 operation: Security Hub V2 is not \
         enabled for 111111111111",
    );
    refused(
        &["describe-hub", "--region", "ap-southeast-2"],
        "An error occurred (InvalidAccessException) when calling the DescribeHub operation: \
         Account 111111111111 is not subscribed to AWS Security Hub",
    );
}

#[test]
fn the_committed_service_model_matches_botocore() {
    let Some(environment) = python_environment() else { return };
    let read = |file: &str| {
        let script = "import gzip, importlib.util, pathlib, sys\n\
                      root = pathlib.Path(importlib.util.find_spec('botocore').origin).parent\n\
                      path = root / 'data/securityhub/2018-10-26' / sys.argv[1]\n\
                      data = path.read_bytes()\n\
                      sys.stdout.buffer.write(gzip.decompress(data) if path.suffix == '.gz' else data)";
        let (code, output, error) = run(client(&environment, "python", "-").args(["-c", script, file]));
        assert_eq!(code, 0, "{error}");
        output
    };
    let (service, paginators) = (read("service-2.json.gz"), read("paginators-1.json"));
    let once = import::table(&service, &paginators).unwrap();
    assert!(once == model::TABLE, "fixtures/data/model.tsv differs: run import_model");
    assert_eq!(import::table(&service, &paginators).unwrap(), once, "importing twice changes nothing");
    let operations = std::fs::read_to_string(repository().join("fixtures/src/operation.rs")).unwrap();
    assert_eq!(import::operation_enum(&once), operations);
}
