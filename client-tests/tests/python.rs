//! boto3 and the AWS CLI, and the service model as botocore has it.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test stops where it cannot go on")]

use std::path::Path;
use std::process::Command;

use securityhub_fixtures::{import, model};
use securityhub_local::Emulator;
use securityhub_local_client_tests::{client, python_environment, repository};

async fn quickstart() -> Emulator {
    Emulator::builder().scenario(repository().join("scenarios/quickstart.yaml")).start().await.unwrap()
}

/// Runs a command to its end; gives exit code, standard output and standard error.
fn run(command: &mut Command) -> (i32, String, String) {
    let output = command.output().unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (output.status.code().unwrap_or(-1), text(&output.stdout), text(&output.stderr))
}

#[tokio::test]
async fn boto3_cases_pass() {
    let Some(environment) = python_environment() else { return };
    let emulator = quickstart().await;
    let cases = Path::new(env!("CARGO_MANIFEST_DIR")).join("python/boto3_cases.py");
    let (code, output, error) = run(client(&environment, "python", &emulator.endpoint()).arg(cases));
    assert_eq!(code, 0, "{output}{error}");
    println!("{output}");
}

#[tokio::test]
async fn the_aws_cli_reads_writes_and_fails_as_with_aws() {
    let Some(environment) = python_environment() else { return };
    let emulator = quickstart().await;
    let aws = |arguments: &[&str]| {
        run(client(&environment, "aws", &emulator.endpoint()).args(["securityhub"]).args(arguments))
    };
    let (code, output, error) = aws(&["describe-hub", "--query", "HubArn", "--output", "text"]);
    assert_eq!((code, output.trim()), (0, "arn:aws:securityhub:us-east-1:111111111111:hub/default"), "{error}");
    let (code, output, error) = aws(&["get-findings", "--max-items", "3", "--query", "length(Findings)"]);
    assert_eq!((code, output.trim()), (0, "3"), "{error}");
    let (code, _, error) = aws(&["get-insights"]);
    assert!(
        matches!(code, 254 | 255) && error.contains("(UnknownOperationException)") && error.contains("GetInsights"),
        "{code} {error}"
    );
    let (code, _, error) = aws(&["get-findings", "--max-results", "101"]);
    assert!(matches!(code, 254 | 255) && error.contains("data.MaxResults should be <= 100"), "{code} {error}");
    let arn = "arn:aws:securityhub:us-east-1:111111111111:hub/default";
    assert_eq!(aws(&["tag-resource", "--resource-arn", arn, "--tags", "team=blue"]).0, 0);
    let (_, output, _) =
        aws(&["list-tags-for-resource", "--resource-arn", arn, "--query", "Tags.team", "--output", "text"]);
    assert_eq!(output.trim(), "blue");
}

/// The snippets of the README that stand under a `<!-- tour: LANGUAGE -->`.
fn tour(language: &str, endpoint: &str) -> Vec<String> {
    let readme = std::fs::read_to_string(repository().join("README.md")).unwrap();
    let mark = format!("<!-- tour: {language} -->\n```{language}\n");
    let snippets = readme.split(&mark).skip(1).filter_map(|rest| rest.split("```").next());
    snippets.map(|snippet| snippet.replace("http://127.0.0.1:4600", endpoint)).collect()
}

#[tokio::test]
async fn the_snippets_of_the_readme_work_when_pasted() {
    let Some(environment) = python_environment() else { return };
    let emulator = quickstart().await;
    let endpoint = emulator.endpoint();
    for (language, program, flag) in [("bash", "bash", "-c"), ("python", "python", "-c")] {
        let snippets = tour(language, &endpoint);
        assert!(!snippets.is_empty(), "the README has a tour in {language}");
        for snippet in snippets {
            let mut command = if language == "bash" {
                let path = client(&environment, "aws", &endpoint);
                let mut command = Command::new(program);
                command.envs(path.get_envs().filter_map(|(name, value)| Some((name, value?))));
                command.args(["-euo", "pipefail"]);
                command
            } else {
                client(&environment, program, &endpoint)
            };
            // Pasted, it says itself where to go.
            command.env_remove("AWS_ENDPOINT_URL");
            let (code, output, error) = run(command.args([flag, &snippet]));
            assert_eq!(code, 0, "{snippet}\n{output}{error}");
            assert!(output.contains("HIGH"), "it shows findings: {output}");
        }
    }
}

#[test]
fn the_committed_service_model_is_what_the_importer_makes_of_botocores() {
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
