//! Tests that every block of the README works when it is pasted into a fresh shell.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test may panic")]

use std::process::{Command, Output};

use securityhub_local_client_tests::markdown::{Block, Mark, blocks, tested};
use securityhub_local_client_tests::{command, python_environment, repository};
use securityhub_local_tests::program::{self, Program};

const PAGE: &str = "README.md";

/// Runs the README's blocks for a scenario in order, each against a program of its own, and returns the standard output and
/// error of each. Returns `None` if Python is not installed.
fn pasted(scenario: &str) -> Option<Vec<(String, String)>> {
    let mark = Some(Mark::Tour(format!("scenarios/{scenario}.yaml")));
    let all = blocks(PAGE);
    let indexes = (0..all.len()).filter(|index| all[*index].mark == mark);
    let outputs: Vec<_> = indexes.map(|index| paste(&all[index], &all[index + 1..])).collect::<Option<_>>()?;
    assert!(!outputs.is_empty(), "{PAGE} has no tour of {scenario}");
    Some(outputs)
}

/// Runs one block, and checks that its output contains the `printed` blocks that follow it on the page.
fn paste(block: &Block, after: &[Block]) -> Option<(String, String)> {
    let environment = python_environment()?;
    let Some(Mark::Tour(scenario)) = &block.mark else { panic!("{PAGE}:{} is not marked as a tour", block.line) };
    let program = Program::start(&["--scenario", repository().join(scenario).to_str().unwrap()]);
    let endpoint = format!("http://{}", program.address);
    let text = block.text.replace("http://127.0.0.1:4600", &endpoint);
    let mut shell = command(&environment, &block.language);
    if block.language == "bash" {
        shell.args(["-euo", "pipefail"]);
    }
    let path = shell.get_envs().find(|(name, _)| *name == "PATH").and_then(|(_, value)| value).unwrap().to_owned();
    let folder = program::path().parent().unwrap();
    shell.args(["-c", &text]).current_dir(repository()).env("SECURITYHUB_LOCAL_URL", endpoint);
    shell.env("PATH", format!("{}:{}", folder.display(), path.to_str().unwrap()));
    let (code, output, error) = decoded(&shell.output().unwrap());
    assert_eq!(code, Some(0), "{PAGE}:{}\n{output}{error}", block.line);
    for shown in after.iter().take_while(|block| block.mark == Some(Mark::Printed)) {
        assert!(output.contains(&shown.text), "{PAGE}:{} is not in\n{output}", shown.line);
    }
    Some((output, error))
}

fn decoded(output: &Output) -> (Option<i32>, String, String) {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (output.status.code(), text(&output.stdout), text(&output.stderr))
}

/// The output of the only tour of a scenario.
fn one(scenario: &str) -> Option<(String, String)> {
    let mut outputs = pasted(scenario)?;
    assert_eq!(outputs.len(), 1, "{PAGE} has one tour of {scenario}");
    outputs.pop()
}

#[test]
fn every_block_says_how_it_is_tested() {
    let all = blocks(PAGE);
    assert!(all.len() > 20, "the blocks are found");
    for (index, block) in all.iter().enumerate() {
        let above = index.checked_sub(1).and_then(|index| all[index].mark.as_ref());
        let good = match &block.mark {
            Some(Mark::Tour(scenario)) => repository().join(scenario).is_file(),
            Some(Mark::Printed) => matches!(above, Some(Mark::Tour(_) | Mark::Printed)),
            Some(Mark::NotPasted(reason)) => !reason.is_empty(),
            Some(Mark::Tested(test)) => !test.is_empty(),
            None => false,
        };
        assert!(
            good,
            "{PAGE}:{} ({}) says in a comment how it is tested: {:?}",
            block.line, block.language, block.mark
        );
    }
}

/// Each test that a block names exists and reads the README.
#[test]
fn every_test_named_by_a_block_reads_the_readme() {
    for block in blocks(PAGE) {
        let Some(Mark::Tested(test)) = block.mark else { continue };
        let source =
            std::fs::read_to_string(repository().join(&test)).unwrap_or_else(|_| panic!("{test} cannot be read"));
        assert!(source.contains(PAGE), "{test} does not read {PAGE}, whose line {} names it", block.line);
    }
}

#[test]
fn the_blocks_about_the_quickstart() {
    let Some(outputs) = pasted("quickstart") else { return };
    let find =
        |words: &str| outputs.iter().find(|(output, _)| output.contains(words)).unwrap_or_else(|| panic!("{words}"));
    let (first, refused) = find("my-scanner/2");
    assert!(first.contains("HIGH") && refused.contains("AccessDenied") | refused.contains("InvalidInput"), "{refused}");
    find("not returned: ResourceType requires");
    find("Custom Action    HIGH");
    find("\"now\"");
}

/// Rules: VIS-03, VIS-04, AGG-10
#[test]
fn the_tour_of_aggregation() {
    let Some((output, _)) = one("aggregation") else { return };
    let lines: Vec<&str> = output.lines().collect();
    let number = |at: usize| lines[at].parse::<usize>().unwrap();
    assert_eq!((number(0), number(1)), (120, number(2)), "{output}");
    assert!(number(3) > 0 && number(3) < 120, "{output}");
    assert!(output.contains("eu-west-1\tseen"), "{output}");
    assert_eq!(number(lines.len() - 1), 120, "{output}");
}

/// Rules: CLI-07
#[test]
fn the_tour_of_forty_members() {
    let Some((output, _)) = one("forty-members") else { return };
    assert!(output.contains("\"MemberStatus\": \"Enabled\""), "the partner has its administrator: {output}");
    assert!(output.ends_with("eu-west-1: 40 members (40 Enabled)\n"), "{output}");
}

/// Rules: MST-20, MST-22
#[test]
fn the_tour_of_the_delegated_administrator() {
    let Some((output, _)) = one("delegated-admin") else { return };
    for line in [
        "us-east-1: 2 members (2 Enabled)",
        "444444444444 is ACTIVE in Sandbox",
        "444444444444 is SUSPENDED in Sandbox",
        "444444444444 is ACTIVE outside any organization\n  eu-west-1: hub on, Deleted member of 111111111111",
    ] {
        assert!(output.contains(line), "{line} in {output}");
    }
}

/// Rules: CCF-29, CCF-30, CCF-44
#[test]
fn the_tour_of_central_configuration() {
    let Some((output, error)) = one("central-configuration") else { return };
    assert!(output.contains("333333333333\tINHERITED\tFAILED\tAWS Config does not record in eu-west-1."), "{output}");
    assert!(output.contains("standards/cis-aws-foundations-benchmark/v/1.4.0"), "{output}");
    assert!(error.contains("is currently associated with a central configuration policy"), "{error}");
    assert!(output.contains("\"AssociationStatus\": \"PENDING\""), "{output}");
}

/// Rules: FND-20, FND-50, CIS-11
#[test]
fn the_tour_of_standards() {
    let Some((output, _)) = one("cis-and-pci") else { return };
    let lines: Vec<&str> = output.lines().collect();
    let of = |names: &str| names.replace(' ', "\t");
    assert_eq!(lines[0], "PENDING\tPENDING");
    assert_eq!(lines[1], of("CloudTrail.1 EC2.13 EC2.6 IAM.5 IAM.9 S3.3 S3.5"));
    assert!(lines.contains(&of("CloudTrail.1 EC2.13 EC2.6 IAM.5 IAM.9").as_str()), "{lines:#?}");
    let archived = lines.last().unwrap();
    assert!(archived.contains("S3.3") && !archived.contains("EC2.13"), "{archived}");
}

/// Rules: FND-34, FND-35, FND-36
#[test]
fn the_tour_of_the_recorder() {
    let Some((output, _)) = one("config-off") else { return };
    let lines: Vec<&str> = output.lines().collect();
    assert_eq!(lines[0], "EC2.6=seen\tS3.5=seen");
    assert_eq!(lines[1], "Config.1=CONFIG_RECORDER_DISABLED");
    assert_eq!(lines[2], "Config.1=CONFIG_RECORDER_MISSING_REQUIRED_RESOURCE_TYPES\tEC2.6=seen");
    assert_eq!(lines[3], "Config.1=CONFIG_RECORDER_CUSTOM_ROLE\tEC2.6=seen\tS3.5=seen");
    assert_eq!(lines[4], "INCOMPLETE\tNO_AVAILABLE_CONFIGURATION_RECORDER");
    assert!(lines[5..].contains(&"EC2.6=seen\tS3.5=seen"), "{lines:#?}");
    assert_eq!(lines.last(), Some(&"READY"));
}

/// Rules: SCO-06, SCO-07
#[test]
fn the_tour_of_scores() {
    let Some((output, _)) = one("controls") else { return };
    let rows: Vec<&str> =
        output.lines().filter(|line| line.starts_with(" CIS AWS Foundations Benchmark v1.2.0 ")).collect();
    let [before, after] = rows[..] else { panic!("two tables: {output}") };
    assert!(before.ends_with("         0") && after.ends_with("         1"), "one more is disabled: {before}\n{after}");
    assert!(before.contains(" 84 %") && !after.contains(" 84 %"), "the score follows: {before}\n{after}");
}

/// Rules: DEN-04, IAM-11
#[test]
fn the_tour_of_tampering() {
    let Some((output, error)) = one("prevent-tamper") else { return };
    assert_eq!(error.matches("with an explicit deny in a service control policy").count(), 2, "{error}");
    assert!(output.trim_end().ends_with("false"), "the break-glass role changed the hub: {output}");
}

#[test]
fn the_commands_that_need_no_server() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("my-scenario.yaml"), "accounts: { \"111111111111\": {} }\n").unwrap();
    let mark = Some(Mark::Tested("client-tests/tests/readme.rs".to_owned()));
    for block in blocks(PAGE).iter().filter(|block| block.mark == mark && block.language == "bash") {
        let mut shell = Command::new("bash");
        let path = format!("{}:{}", program::path().parent().unwrap().display(), std::env::var("PATH").unwrap());
        shell.args(["-euo", "pipefail", "-c", &block.text]).current_dir(folder.path()).env("PATH", path);
        let (code, output, error) = decoded(&shell.output().unwrap());
        assert_eq!(code, Some(0), "{PAGE}:{}\n{output}{error}", block.line);
    }
    let generated = std::fs::read_to_string(folder.path().join("guardduty.json")).unwrap();
    assert_eq!(generated.matches("\"SchemaVersion\"").count(), 1000);
    // The excerpt of a scenario can be loaded, together with the accounts it refers to.
    let excerpt = tested(PAGE, "client-tests/tests/readme.rs", "yaml");
    std::fs::create_dir(folder.path().join("scp")).unwrap();
    let policy = r#"{"Version":"2012-10-17","Statement":{"Effect":"Deny","Action":"securityhub:DisableSecurityHub","Resource":"*"}}"#;
    std::fs::write(folder.path().join("scp/mine.json"), policy).unwrap();
    std::fs::write(folder.path().join("mine.yaml"), excerpt).unwrap();
    let checked = program::run(&["scenario", "check", folder.path().join("mine.yaml").to_str().unwrap()]);
    let (code, output, error) = decoded(&checked);
    assert_eq!(code, Some(0), "{output}{error}");
}

/// The README contains the same lines that are compiled below.
#[test]
fn the_example_in_rust() {
    let shown = tested(PAGE, "client-tests/tests/readme.rs", "rust");
    let words = |text: &str| text.split_whitespace().collect::<String>();
    let (_, compiled) = include_str!("readme.rs").rsplit_once("// From here on as in the README.").unwrap();
    let (compiled, _) = compiled.split_once("// End of the excerpt.").unwrap();
    assert_eq!(words(&shown), words(compiled));
    std::env::set_current_dir(repository()).unwrap();
    tokio::runtime::Runtime::new().unwrap().block_on(example_in_rust()).unwrap();
}

#[rustfmt::skip]
async fn example_in_rust() -> Result<(), Box<dyn std::error::Error>> {
    // From here on as in the README.
    let emulator = securityhub_local::Emulator::builder().scenario("scenarios/quickstart.yaml").start().await?;
    let config = aws_sdk_securityhub::Config::builder()
        .behavior_version_latest()
        .http_client(emulator.http_client())
        .endpoint_url(emulator.endpoint())
        .region(aws_sdk_securityhub::config::Region::new("us-east-1"))
        .credentials_provider(aws_credential_types::Credentials::new("111111111111", "x", None, None, "test"))
        .build();
    let hub = aws_sdk_securityhub::Client::from_conf(config).describe_hub().send().await?;
    let events = emulator.events(); // events sent to EventBridge since then, as JSON values
    // End of the excerpt.
    assert_eq!(hub.hub_arn(), Some("arn:aws:securityhub:us-east-1:111111111111:hub/default"));
    assert!(events.is_empty(), "nothing happened since the start");
    Ok(())
}
