//! Tests that every block of the README and the guides works when it is pasted into a fresh shell.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test may panic")]

mod account;
mod example;
mod session;

use securityhub_local_client_tests::markdown::{Block, Mark, blocks, pages, tested};
use securityhub_local_client_tests::repository;

use session::{Session, run};

/// The only session of a scenario: its standard output and error.
fn of<'s>(sessions: &'s [Session], scenario: &str) -> (&'s str, &'s str) {
    let path = format!("scenarios/{scenario}.yaml");
    let mut found = sessions.iter().filter(|session| session.scenario.as_deref() == Some(&path));
    let session = found.next().unwrap_or_else(|| panic!("no tour of {scenario}"));
    assert!(found.next().is_none(), "more than one tour of {scenario}");
    (&session.output, &session.error)
}

/// The session whose output contains the words.
fn containing<'s>(sessions: &'s [Session], words: &str) -> &'s Session {
    sessions.iter().find(|session| session.output.contains(words)).unwrap_or_else(|| panic!("no output has {words}"))
}

/// Rules: DST-73.
#[test]
fn every_block_states_how_it_is_tested() {
    for page in pages() {
        let all = blocks(&page);
        assert!(!all.is_empty(), "{page} has no blocks");
        for (index, block) in all.iter().enumerate() {
            assert!(
                is_marked(block, &all[..index]),
                "{page}:{} ({}) must say in a comment above it how it is tested, or `<!-- not run: REASON -->`: {:?}",
                block.line,
                block.language,
                block.mark
            );
        }
    }
}

fn is_marked(block: &Block, before: &[Block]) -> bool {
    let has_shell = before.iter().any(|block| matches!(block.mark, Some(Mark::Tour(_) | Mark::Run)));
    let is_saved = |name: &str| before.iter().any(|block| block.mark == Some(Mark::File(name.to_owned())));
    match &block.mark {
        Some(Mark::Tour(scenario)) => repository().join(scenario).is_file() || is_saved(scenario),
        Some(Mark::Printed | Mark::Continued) => has_shell,
        Some(Mark::NotRun(text) | Mark::Tested(text) | Mark::File(text)) => !text.is_empty(),
        Some(Mark::Serve | Mark::Run) => block.language == "bash",
        None => false,
    }
}

/// Each test that a block names exists and reads the page.
#[test]
fn every_test_named_by_a_block_reads_its_page() {
    for page in pages() {
        for block in blocks(&page) {
            let Some(Mark::Tested(test)) = block.mark else { continue };
            let source =
                std::fs::read_to_string(repository().join(&test)).unwrap_or_else(|_| panic!("{test} cannot be read"));
            assert!(source.contains(&page), "{test} does not read {page}, whose line {} names it", block.line);
        }
    }
}

/// The tests below run every page.
///
/// Rules: DST-73.
#[test]
fn every_page_is_run() {
    let source = include_str!("main.rs");
    for page in pages() {
        assert!(source.contains(&format!("run(\"{page}\")")), "no test runs {page}");
    }
}

/// The first goals of newcomers: for each, words from its row in the README's table of jobs, and the page that the row
/// links to.
const NEWCOMERS: [(&str, &str); 10] = [
    ("test my Python code", "docs/guides/pytest.md"),
    ("test my JavaScript code", "docs/guides/javascript.md"),
    ("another CI", "docs/guides/ci.md"),
    ("an organization with Terraform", "docs/guides/terraform.md"),
    ("invite forty members", "docs/guides/multi-account.md"),
    ("why my filter returns nothing", "docs/guides/findings.md"),
    ("which events EventBridge receives", "docs/guides/events.md"),
    ("a service control policy", "docs/guides/policies.md"),
    ("see a control fail", "docs/guides/standards.md"),
    ("a million findings", "docs/guides/findings.md"),
];

/// A newcomer reaches each page with one click, and the first commands of the page run as they are printed: [`run`]
/// pastes or saves the first block of the page, or compares it with the scenario that it serves.
///
/// Rules: DST-78.
#[test]
fn newcomers_find_a_page_whose_first_commands_run() {
    let readme = std::fs::read_to_string(repository().join("README.md")).unwrap();
    for (job, page) in NEWCOMERS {
        let row = readme.lines().find(|line| line.starts_with('|') && line.contains(job));
        let row = row.unwrap_or_else(|| panic!("the README has no row for: {job}"));
        assert!(row.contains(&format!("]({page}")), "{job} does not lead to {page}: {row}");
        let first = blocks(page).into_iter().next().unwrap();
        let is_run = matches!(first.mark, Some(Mark::Serve | Mark::Tour(_) | Mark::Run | Mark::File(_)));
        assert!(is_run, "the first block of {page} is not run: {:?}", first.mark);
    }
}

#[test]
fn the_readme() {
    let Some(sessions) = run("README.md") else { return };
    let first = containing(&sessions, "Security Hub Findings - Imported");
    assert!(first.error.contains("DisableSecurityHub"), "{}", first.error);
    containing(&sessions, "not returned: ResourceType requires");
}

/// Rules: AGG-10, CCF-29, CCF-30, CCF-44, CLI-07, MST-20, MST-22, VIS-03, VIS-04
#[test]
fn the_guide_of_several_accounts() {
    let Some(sessions) = run("docs/guides/multi-account.md") else { return };
    let (output, _) = of(&sessions, "forty-members");
    assert!(output.contains("\"MemberStatus\": \"Enabled\""), "the partner has its administrator: {output}");
    assert!(output.ends_with("eu-west-1: 40 members (40 Enabled)\n"), "{output}");
    let (output, _) = of(&sessions, "delegated-admin");
    for line in [
        "us-east-1: 2 members (2 Enabled)",
        "444444444444 is ACTIVE in Sandbox",
        "444444444444 is SUSPENDED in Sandbox",
        "444444444444 is ACTIVE outside any organization\n  eu-west-1: hub on, Deleted member of 111111111111",
    ] {
        assert!(output.contains(line), "{line} in {output}");
    }
    let (output, _) = of(&sessions, "aggregation");
    let lines: Vec<&str> = output.lines().collect();
    let number = |at: usize| lines[at].parse::<usize>().unwrap();
    assert_eq!((number(0), number(1)), (120, number(2)), "{output}");
    assert!(number(3) > 0 && number(3) < 120, "{output}");
    assert!(output.contains("eu-west-1\tseen"), "{output}");
    assert_eq!(number(lines.len() - 1), 120, "{output}");
    let (output, error) = of(&sessions, "central-configuration");
    assert!(output.contains("333333333333\tINHERITED\tFAILED\tAWS Config does not record in eu-west-1."), "{output}");
    assert!(output.contains("standards/cis-aws-foundations-benchmark/v/1.4.0"), "{output}");
    assert!(error.contains("is currently associated with a central configuration policy"), "{error}");
    assert!(output.contains("\"AssociationStatus\": \"PENDING\""), "{output}");
}

/// Rules: CIS-11, FND-20, FND-34, FND-35, FND-36, FND-50, SCO-06, SCO-07
#[test]
fn the_guide_of_standards() {
    let Some(sessions) = run("docs/guides/standards.md") else { return };
    let of_names = |names: &str| names.replace(' ', "\t");
    let (output, _) = of(&sessions, "cis-and-pci");
    let lines: Vec<&str> = output.lines().collect();
    assert_eq!(lines[0], "PENDING\tPENDING");
    assert_eq!(lines[1], of_names("CloudTrail.1 EC2.13 EC2.6 IAM.5 IAM.9 S3.3 S3.5"));
    assert!(lines.contains(&of_names("CloudTrail.1 EC2.13 EC2.6 IAM.5 IAM.9").as_str()), "{lines:#?}");
    let archived = lines.last().unwrap();
    assert!(archived.contains("S3.3") && !archived.contains("EC2.13"), "{archived}");
    let (output, _) = of(&sessions, "config-off");
    let lines: Vec<&str> = output.lines().collect();
    assert_eq!(lines[0], "EC2.6=seen\tS3.5=seen");
    assert_eq!(lines[1], "Config.1=CONFIG_RECORDER_DISABLED");
    assert_eq!(lines[2], "Config.1=CONFIG_RECORDER_MISSING_REQUIRED_RESOURCE_TYPES\tEC2.6=seen");
    assert_eq!(lines[3], "Config.1=CONFIG_RECORDER_CUSTOM_ROLE\tEC2.6=seen\tS3.5=seen");
    assert_eq!(lines[4], "INCOMPLETE\tNO_AVAILABLE_CONFIGURATION_RECORDER");
    assert!(lines[5..].contains(&"EC2.6=seen\tS3.5=seen"), "{lines:#?}");
    assert_eq!(lines.last(), Some(&"READY"));
    let (output, _) = of(&sessions, "controls");
    let is_row = |line: &&str| line.starts_with(" CIS AWS Foundations Benchmark v1.2.0 ");
    let rows: Vec<&str> = output.lines().filter(is_row).collect();
    let [before, after] = rows[..] else { panic!("two tables: {output}") };
    assert!(
        before.ends_with("         0") && after.ends_with("         1"),
        "the second table must count one more disabled control: {before}\n{after}"
    );
    assert!(before.contains(" 84 %") && !after.contains(" 84 %"), "the score has changed: {before}\n{after}");
}

#[test]
fn the_guide_of_findings() {
    let Some(sessions) = run("docs/guides/findings.md") else { return };
    let first = containing(&sessions, "my-scanner/2");
    assert!(first.output.contains("\"FailedCount\": 1") && first.output.contains("InvalidInput"), "{}", first.output);
    containing(&sessions, "not returned: ResourceType requires");
}

#[test]
fn the_guide_of_the_v2_half() {
    let Some(sessions) = run("docs/guides/v2-half.md") else { return };
    containing(&sessions, "Compliance Finding");
    containing(&sessions, "accepted until March");
}

/// Rules: OCF-34, RMV-03
#[test]
fn the_guide_of_exposures() {
    let Some(sessions) = run("docs/guides/exposures.md") else { return };
    containing(&sessions, "Critical\tNew");
    containing(&sessions, "Update the vulnerable software");
}

#[test]
fn the_guide_of_events() {
    let Some(sessions) = run("docs/guides/events.md") else { return };
    containing(&sessions, "Custom Action    HIGH");
}

/// Rules: CPL-83, CPL-84, CPL-86, CPL-87
#[test]
fn the_guide_of_event_sinks() {
    let Some(sessions) = run("docs/guides/event-sinks.md") else { return };
    let webhook = containing(&sessions, "\"Delivered\":1");
    assert!(webhook.output.contains("hook  webhook  http://127.0.0.1:8099/"), "{}", webhook.output);
    containing(&sessions, "Security Hub Findings - Imported HIGH");
    containing(&sessions, "published ");
}

/// Rules: CPL-31, CPL-32, CPL-38, CPL-40, CPL-41
#[test]
fn the_guide_of_fault_injection() {
    let Some(sessions) = run("docs/guides/fault-injection.md") else { return };
    let throttled = containing(&sessions, "retries: 2 findings: 1");
    assert!(throttled.output.contains("deleted 1 fault"), "{}", throttled.output);
    containing(&sessions, "imported: 5 failed: 5");
    containing(&sessions, "\"Median\":\"20ms\"");
    containing(&sessions, "BatchUpdate* Account=111111111111 Every=3");
}

/// Rules: CPL-23, CPL-28, CPL-29, CPL-30, CPL-121
#[test]
fn the_guide_of_verifying_calls() {
    let Some(sessions) = run("docs/guides/verifying-calls.md") else { return };
    containing(&sessions, "found \"HIGH\"");
}

/// Rules: DEN-04, IAM-11
#[test]
fn the_guide_of_policies() {
    let Some(sessions) = run("docs/guides/policies.md") else { return };
    let first = sessions.first().unwrap();
    assert_eq!(first.error.matches("with an explicit deny in a service control policy").count(), 2, "{}", first.error);
    assert!(first.output.trim_end().ends_with("false"), "the break-glass role changed the hub: {}", first.output);
}

/// Rules: DST-28, DST-29, DST-30.
#[test]
fn the_guide_of_pytest() {
    let Some(sessions) = run("docs/guides/pytest.md") else { return };
    containing(&sessions, "2 passed");
    let failed = containing(&sessions, "1 failed");
    assert!(failed.output.contains("not returned: ResourceType requires EQUALS AwsS3"), "{}", failed.output);
}

#[test]
fn the_guides_of_ci_and_containers() {
    run("docs/guides/ci.md");
    run("docs/guides/containers.md");
}

#[test]
fn the_guides_of_other_clients() {
    run("docs/guides/javascript.md");
    run("docs/guides/rust.md");
    run("docs/guides/terraform.md");
}

/// Rules: CPL-71, CPL-76
#[test]
fn the_guide_of_durable_state() {
    let Some(sessions) = run("docs/guides/durable-state.md") else { return };
    let first = sessions.first().unwrap();
    assert!(first.output.contains("\"durability\":\"process\""), "{}", first.output);
    assert!(first.output.trim_end().ends_with("\n3"), "the reset has undone the change: {}", first.output);
}

/// Rules: DSH-01.
#[test]
fn the_guide_of_the_dashboard() {
    let Some(sessions) = run("docs/guides/dashboard.md") else { return };
    containing(&sessions, "Seen as <strong>222222222222");
}

#[test]
fn the_guide_of_snapshots() {
    run("docs/guides/snapshots.md");
}

#[test]
fn the_guide_of_troubleshooting() {
    run("docs/guides/troubleshooting.md");
}

/// The guide has the same lines as the tests that run here.
///
/// Rules: DST-73.
#[test]
fn the_examples_in_rust() {
    let examples = [
        ("client-tests/tests/documents/example.rs", include_str!("example.rs")),
        ("client-tests/tests/documents/account.rs", include_str!("account.rs")),
    ];
    for (path, source) in examples {
        let shown = tested("docs/guides/rust.md", path, "rust");
        let (_, code) = source.split_once("\n\n").unwrap();
        assert_eq!(code, shown, "{path}");
    }
}
