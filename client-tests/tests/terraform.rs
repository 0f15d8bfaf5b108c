//! Tests with Terraform and its AWS provider: created resources are read back unchanged and destroyed completely.
//!
//! `.ci/terraform` runs these tests. They run if `terraform` and the provider hashicorp/aws 5.100.0 are installed, the
//! provider as a filesystem mirror: in the directory in TERRAFORM_PLUGINS, in Terraform's default directories, or below
//! /opt. Otherwise the tests print that they did not run.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test may panic")]

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use securityhub_local::Emulator;
use securityhub_local_client_tests::{client, markdown, post, python_environment, repository, sdk};
use securityhub_local_tests::program;

/// The provider's path inside a mirror.
const PROVIDER: &str = "registry.terraform.io/hashicorp/aws/5.100.0";

/// Terraform starts the provider several times for each command. With fewer garbage collections, that takes two thirds of
/// the time.
const GOGC: &str = "400";

/// A directory that contains the provider.
fn plugins() -> Option<PathBuf> {
    let home = std::env::var_os("HOME").map(PathBuf::from).unwrap_or_default();
    let named = std::env::var_os("TERRAFORM_PLUGINS").map(PathBuf::from);
    let usual = [
        home.join(".terraform.d/plugins"),
        home.join(".local/share/terraform/plugins"),
        PathBuf::from("/usr/local/share/terraform/plugins"),
        PathBuf::from("/usr/share/terraform/plugins"),
    ];
    let optional = std::fs::read_dir("/opt").into_iter().flatten().flatten().map(|entry| entry.path());
    named.into_iter().chain(usual).chain(optional).find(|folder| folder.join(PROVIDER).is_dir())
}

/// Destroys everything that a module made.
const DESTROY: [&str; 5] = ["destroy", "-auto-approve", "-no-color", "-input=false", "-var=changed=true"];

/// A copy of a module in a temporary directory.
struct Module {
    folder: PathBuf,
    endpoint: String,
}

impl Drop for Module {
    fn drop(&mut self) {
        _ = std::fs::remove_dir_all(&self.folder);
    }
}

impl Module {
    /// Copies and initialises a module of this repository.
    fn new(name: &str, endpoint: &str) -> Option<Module> {
        let source = repository().join("client-tests/terraform").join(name).join("main.tf");
        Module::of(name, &std::fs::read_to_string(source).unwrap(), endpoint)
    }

    /// Writes and initialises a module. Prints a message and returns `None` if Terraform or its provider is missing.
    fn of(name: &str, source: &str, endpoint: &str) -> Option<Module> {
        let Some(plugins) = plugins().filter(|_| Command::new("terraform").arg("version").output().is_ok()) else {
            println!("Terraform was not run: terraform or a mirror with {PROVIDER} is missing");
            return None;
        };
        let folder = std::env::temp_dir().join(format!("securityhub-local-terraform-{name}-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        std::fs::write(folder.join("main.tf"), source).unwrap();
        let module = Module { folder, endpoint: endpoint.to_owned() };
        module.good(&["init", "-no-color", "-input=false", &format!("-plugin-dir={}", plugins.display())]);
        Some(module)
    }

    fn run(&self, arguments: &[&str]) -> Output {
        let mut command = Command::new("terraform");
        for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("AWS_") || name.starts_with("TF_")) {
            command.env_remove(name);
        }
        command
            .current_dir(&self.folder)
            .env("TF_CLI_CONFIG_FILE", Path::new("/dev/null"))
            .env("TF_VAR_endpoint", &self.endpoint)
            .env("CHECKPOINT_DISABLE", "1")
            .env("GOGC", GOGC)
            .env("TF_LOG_PROVIDER", "DEBUG")
            .env("TF_LOG_PATH", self.folder.join("log.txt"))
            .args(arguments)
            .output()
            .unwrap()
    }

    /// Runs a command successfully and returns its output.
    fn good(&self, arguments: &[&str]) -> String {
        let output = self.run(arguments);
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        assert!(output.status.success(), "{arguments:?}: {}{}", text(&output.stdout), text(&output.stderr));
        text(&output.stdout)
    }

    /// Creates all resources, then changes those to be `updated` and nothing else, then finds nothing to change.
    fn apply_and_update(&self, updated: usize) {
        let (first, then) = ("-var=changed=false", "-var=changed=true");
        self.good(&["apply", "-auto-approve", "-no-color", "-input=false", first]);
        let printed = self.good(&["apply", "-auto-approve", "-no-color", "-input=false", then]);
        let plan = format!("Plan: 0 to add, {updated} to change, 0 to destroy.");
        assert!(printed.contains(&plan), "{plan} {printed}");
        // An exit code of 2 would mean that there are changes.
        self.good(&["plan", "-detailed-exitcode", "-no-color", "-input=false", then]);
    }

    /// Destroys all resources, and compares the operations called with those expected.
    fn destroy(&self, calls: &[&str]) {
        self.good(&DESTROY);
        self.called(calls);
    }

    /// Destroys all resources but the units of closed accounts, which last for 90 days, and then those.
    fn destroy_with_closed_accounts(&self, calls: &[&str]) {
        let printed = self.run(&DESTROY);
        let printed = String::from_utf8_lossy(&printed.stderr);
        let errors: Vec<&str> = printed.lines().filter(|line| line.contains("Error: ")).collect();
        let sentence = "OrganizationalUnitNotEmptyException: You can't delete an organizational unit that contains";
        let words = printed.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(errors.len() == 1 && words.contains(sentence), "{printed}");
        post(&self.endpoint, "/_emulator/clock", r#"{"advance":"P91D"}"#);
        self.destroy(calls);
    }

    /// Compares the operations called with those expected.
    fn called(&self, calls: &[&str]) {
        assert_called(&std::fs::read_to_string(self.folder.join("log.txt")).unwrap(), calls);
    }
}

/// Compares the operations in a log of the provider with those expected.
fn assert_called(log: &str, calls: &[&str]) {
    for call in calls {
        assert!(log.contains(&format!("rpc.method={call} ")), "{call} is not called");
    }
}

/// The operations that read and change resources of an account, its member and the content of a hub.
const OF_ACCOUNTS: [&str; 36] = [
    "EnableSecurityHub",
    "UpdateSecurityHubConfiguration",
    "DescribeHub",
    "DisableSecurityHub",
    "CreateMembers",
    "InviteMembers",
    "GetMembers",
    "DisassociateMembers",
    "DeleteMembers",
    "ListInvitations",
    // The older names of these three operations.
    "AcceptInvitation",
    "GetMasterAccount",
    "DisassociateFromMasterAccount",
    "CreateFindingAggregator",
    "GetFindingAggregator",
    "UpdateFindingAggregator",
    "DeleteFindingAggregator",
    "EnableImportFindingsForProduct",
    "ListEnabledProductsForImport",
    "DisableImportFindingsForProduct",
    "CreateActionTarget",
    "DescribeActionTargets",
    "UpdateActionTarget",
    "DeleteActionTarget",
    "CreateInsight",
    "GetInsights",
    "UpdateInsight",
    "DeleteInsight",
    "CreateAutomationRule",
    "BatchGetAutomationRules",
    "BatchUpdateAutomationRules",
    "BatchDeleteAutomationRules",
    "ListTagsForResource",
    "TagResource",
    "UntagResource",
    "GetCallerIdentity",
];

/// Rules: TF-01, TF-20, TF-25 to TF-31, TF-42, TF-44, CLI-01 to CLI-03, CLN-08.
#[tokio::test(flavor = "multi_thread")]
async fn accounts_are_created_and_destroyed() {
    let emulator = Emulator::builder().start().await.unwrap();
    if let Some(module) = Module::new("accounts", &emulator.endpoint()) {
        let run = move || {
            module.apply_and_update(5);
            module.destroy(&OF_ACCOUNTS);
        };
        tokio::task::spawn_blocking(run).await.unwrap();
    }
}

/// Rules: TF-01, TF-32 to TF-35, TF-40, TF-41, TF-43, TF-45, CLI-04 to CLI-06.
#[tokio::test(flavor = "multi_thread")]
async fn an_organization_is_configured_and_released() {
    let scenario = repository().join("client-tests/terraform/organization/scenario.yaml");
    let emulator = Emulator::builder().scenario(scenario).start().await.unwrap();
    let Some(module) = Module::new("organization", &emulator.endpoint()) else { return };
    let run = move || {
        module.apply_and_update(3);
        let member = "aws_securityhub_member.organization";
        // It is read back as invited, although this was not requested: without `ignore_changes` it would be recreated.
        let shown = module.good(&["state", "show", "-no-color", member]);
        let invite = shown.lines().find(|line| line.trim_start().starts_with("invite "));
        assert!(invite.is_some_and(|line| line.ends_with("= true")), "{shown}");
        // The member record of an organization account cannot be deleted.
        module.good(&["state", "rm", member]);
        module.destroy(&[
            "EnableOrganizationAdminAccount",
            "ListOrganizationAdminAccounts",
            "DisableOrganizationAdminAccount",
            "UpdateOrganizationConfiguration",
            "DescribeOrganizationConfiguration",
            "CreateConfigurationPolicy",
            "GetConfigurationPolicy",
            "UpdateConfigurationPolicy",
            "DeleteConfigurationPolicy",
            "StartConfigurationPolicyAssociation",
            "GetConfigurationPolicyAssociation",
            "StartConfigurationPolicyDisassociation",
        ]);
    };
    tokio::task::spawn_blocking(run).await.unwrap();
}

/// Rules: TF-01, TF-21 to TF-25.
#[tokio::test(flavor = "multi_thread")]
async fn standards_controls_and_products_are_created_and_destroyed() {
    let emulator = Emulator::builder().start().await.unwrap();
    if let Some(module) = Module::new("standards", &emulator.endpoint()) {
        let run = move || {
            module.apply_and_update(2);
            module.destroy(&[
                "BatchEnableStandards",
                "GetEnabledStandards",
                "BatchDisableStandards",
                "UpdateStandardsControl",
                "DescribeStandardsControls",
                "BatchUpdateStandardsControlAssociations",
                "ListStandardsControlAssociations",
            ]);
        };
        tokio::task::spawn_blocking(run).await.unwrap();
    }
}

/// Rules: NB-30 to NB-36.
#[tokio::test(flavor = "multi_thread")]
async fn terraform_creates_a_new_organization() {
    let emulator = Emulator::builder().start().await.unwrap();
    let Some(module) = Module::new("new-organization", &emulator.endpoint()) else { return };
    let run = move || {
        module.apply_and_update(4);
        module.destroy_with_closed_accounts(&[
            "CreateOrganization",
            "EnableAWSServiceAccess",
            "DisableAWSServiceAccess",
            "EnablePolicyType",
            "DisablePolicyType",
            "CreateOrganizationalUnit",
            "UpdateOrganizationalUnit",
            "CreateAccount",
            "DescribeCreateAccountStatus",
            "MoveAccount",
            "CloseAccount",
            "CreatePolicy",
            "UpdatePolicy",
            "DeletePolicy",
            "AttachPolicy",
            "DetachPolicy",
            "ListPoliciesForTarget",
            "TagResource",
            "UntagResource",
            "DeleteOrganizationalUnit",
            "DeleteOrganization",
        ]);
    };
    tokio::task::spawn_blocking(run).await.unwrap();
}

/// The module of the guide, with the organization that it begins with.
const EXAMPLE: &str = "examples/terraform-landing-zone";
/// The command of the guide that rehearses the module.
const REHEARSAL: &str = "terraform-landing-zone/rehearse";

const GUIDE: &str = "docs/guides/terraform.md";
const THIS_TEST: &str = "client-tests/tests/terraform.rs";

#[tokio::test(flavor = "multi_thread")]
async fn the_provider_block_of_the_guide_works() {
    let emulator = Emulator::builder().scenario(repository().join("scenarios/quickstart.yaml")).start().await.unwrap();
    let endpoint = emulator.endpoint();
    let provider = markdown::tested(GUIDE, THIS_TEST, "hcl");
    let resource = "resource \"aws_securityhub_action_target\" \"tickets\" {\n  identifier  = \"Tickets\"\n  \
                    name        = \"Tickets\"\n  description = \"Opens a ticket\"\n}\n";
    let source = provider.replace("http://127.0.0.1:4600", &endpoint) + resource;
    let Some(module) = Module::of("guide", &source, &endpoint) else { return };
    let run = move || module.good(&["apply", "-auto-approve", "-no-color", "-input=false"]);
    let printed = tokio::task::spawn_blocking(run).await.unwrap();
    assert!(printed.contains("Resources: 1 added, 0 changed, 0 destroyed."), "{printed}");
    let targets = sdk(&emulator, "111111111111", "us-east-1").describe_action_targets().send().await.unwrap();
    assert_eq!(targets.action_targets()[0].name(), Some("Tickets"));
}

/// The commands of docs/guides/terraform.md, in one shell, on a copy of the module: a landing zone in an organization.
///
/// Rules: NB-30 to NB-36, CCF-21, IAM-11.
#[tokio::test(flavor = "multi_thread")]
async fn the_commands_of_the_guide_work() {
    let example = repository().join(EXAMPLE);
    let emulator = Emulator::builder().scenario(example.join("scenario.yaml")).start().await.unwrap();
    let endpoint = emulator.endpoint();
    let not_rehearsal = |block: &markdown::Block| !block.text.contains(REHEARSAL);
    let pasted = tokio::task::spawn_blocking(move || paste(&example, &endpoint, not_rehearsal)).await.unwrap();
    let Some(Pasted { output, error, log }) = pasted else { return };
    assert_called(
        &log,
        &[
            "RegisterDelegatedAdministrator",
            "DeregisterDelegatedAdministrator",
            "EnableOrganizationAdminAccount",
            "StartConfigurationPolicyAssociation",
        ],
    );
    assert!(output.contains("[FullAWSAccess, PreventTamper]"), "the tree after the apply: {output}");
    assert!(output.contains("222222222222\tEnabled"), "the workload accounts are members: {output}");
    let words = error.split_whitespace().filter(|word| *word != "│").collect::<Vec<_>>().join(" ");
    let denied = "(AccessDeniedException) when calling the DisassociateFromAdministratorAccount operation";
    assert!(words.contains(denied) && words.contains("with an explicit deny in a service control policy"), "{error}");
    assert!(output.contains("Plan: 0 to add, 3 to change, 0 to destroy."), "the second version is an update: {output}");
    assert!(output.contains("No changes."), "the second plan is empty: {output}");
    let guide = std::fs::read_to_string(repository().join(GUIDE)).unwrap();
    let (_, refusal) = guide.split_once("```text\nOrganizationalUnitNotEmptyException").unwrap();
    let (refusal, _) = refusal.split_once("```").unwrap();
    let refusal = refusal.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(words.contains(&format!("OrganizationalUnitNotEmptyException{refusal}")), "{refusal} in {words}");
    assert!(output.contains("Destroy complete!"), "{output}");
}

/// The rehearsal of the example checks the module in an emulator of its own.
///
/// Rules: NB-35.
#[test]
fn the_rehearsal_of_the_example_passes() {
    let rehearsal = |block: &markdown::Block| block.text.contains(REHEARSAL);
    let pasted = paste(&repository().join(EXAMPLE), "http://127.0.0.1:9", rehearsal);
    let Some(Pasted { output, .. }) = pasted else { return };
    let checks = ["cannot leave", "findings of other Regions", "second plan is empty", "nothing of the module remains"];
    for check in checks {
        assert!(output.lines().any(|line| line.starts_with("checked: ") && line.contains(check)), "{check}: {output}");
    }
}

/// The result of commands that were run in one shell.
struct Pasted {
    output: String,
    error: String,
    /// The log of Terraform's provider.
    log: String,
}

/// Runs the guide's commands in one shell. Returns `None` if a program is missing.
fn paste(example: &Path, endpoint: &str, selected: impl Fn(&markdown::Block) -> bool) -> Option<Pasted> {
    let environment = python_environment()?;
    let Some(plugins) = plugins().filter(|_| Command::new("terraform").arg("version").output().is_ok()) else {
        println!("The guide was not run: terraform or a mirror with {PROVIDER} is missing");
        return None;
    };
    let folder = tempfile::tempdir().unwrap();
    let copy = folder.path().join(EXAMPLE);
    std::fs::create_dir_all(&copy).unwrap();
    for file in ["main.tf", "scenario.yaml", "rehearse"] {
        std::fs::copy(example.join(file), copy.join(file)).unwrap();
    }
    let mark = Some(markdown::Mark::Tested(THIS_TEST.to_owned()));
    let blocks = markdown::blocks(GUIDE).into_iter().filter(|block| block.mark == mark && block.language == "bash");
    let text: String = blocks.filter(selected).map(|block| block.text).collect();
    let mut shell = client(&environment, "bash", endpoint);
    let path = shell.get_envs().find(|(name, _)| *name == "PATH").and_then(|(_, value)| value).unwrap().to_owned();
    shell
        .args(["-euo", "pipefail", "-c", &text.replace("http://127.0.0.1:4600", endpoint)])
        .current_dir(folder.path())
        .env("PATH", format!("{}:{}", program::path().parent().unwrap().display(), path.to_str().unwrap()))
        .env("TF_VAR_endpoint", endpoint)
        .env("TF_CLI_CONFIG_FILE", "/dev/null")
        .env("TF_CLI_ARGS", "-no-color")
        .env("TF_CLI_ARGS_init", format!("-plugin-dir={}", plugins.display()))
        .env("CHECKPOINT_DISABLE", "1")
        .env("GOGC", GOGC)
        .env("TF_LOG_PROVIDER", "DEBUG")
        .env("TF_LOG_PATH", folder.path().join("log.txt"));
    let shown = shell.output().unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let (output, error) = (text(&shown.stdout), text(&shown.stderr));
    assert!(shown.status.success(), "{output}{error}");
    let log = std::fs::read_to_string(folder.path().join("log.txt")).unwrap();
    Some(Pasted { output, error, log })
}
