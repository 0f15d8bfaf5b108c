//! Tests of the command line as clap sees it.

use clap::{CommandFactory, Parser};

use super::{Cli, Command, MembersCommand};

#[test]
fn the_command_line_definition_is_valid() {
    Cli::command().debug_assert();
}

/// A command and all commands below it, each with its path.
fn commands(command: &clap::Command, path: &str) -> Vec<(String, clap::Command)> {
    let path = format!("{path} {}", command.get_name());
    let below = command.get_subcommands().flat_map(|command| commands(command, &path));
    [(path.clone(), command.clone())].into_iter().chain(below).collect()
}

/// Rules: CPL-120.
#[test]
fn every_flag_is_also_a_variable_with_its_name() {
    let exceptions = [
        // The account for unknown keys is not the caller's account of other commands.
        (" securityhub-local serve", "account", Some("SECURITYHUB_LOCAL_DEFAULT_ACCOUNT")),
        // These flags had another name in earlier versions.
        (" securityhub-local members add", "account", Some("SECURITYHUB_LOCAL_ADMINISTRATOR")),
        (" securityhub-local members list", "account", Some("SECURITYHUB_LOCAL_ADMINISTRATOR")),
        // Only the documentation of this repository uses this command.
        (" securityhub-local coverage", "markdown", None),
    ];
    for (path, command) in commands(&Cli::command(), "") {
        let is_flag = |argument: &&clap::Arg| !["help", "version"].contains(&argument.get_id().as_str());
        for argument in command.get_arguments().filter(|it| !it.is_positional()).filter(is_flag) {
            let flag = argument.get_long().unwrap();
            let exception = exceptions.iter().find(|(at, name, _)| (*at, *name) == (&*path, flag));
            let expected = format!("SECURITYHUB_LOCAL_{}", flag.to_uppercase().replace('-', "_"));
            let expected = exception.map_or(Some(&*expected), |(.., variable)| *variable);
            assert_eq!(argument.get_env().and_then(|name| name.to_str()), expected, "{path} --{flag}");
        }
    }
}

#[test]
fn earlier_names_of_flags_are_hidden_and_still_accepted() {
    for name in ["--account", "--default-account"] {
        let Command::Serve(serve) = Cli::parse_from(["x", "serve", name, "444444444444"]).command else { panic!() };
        assert_eq!(serve.account.as_str(), "444444444444");
    }
    for name in ["--account", "--administrator"] {
        let command = Cli::parse_from(["x", "members", "list", name, "444444444444"]).command;
        let Command::Members(MembersCommand::List(list)) = command else { panic!() };
        assert_eq!(list.at.account().as_str(), "444444444444");
    }
    let mut cli = Cli::command();
    for path in [&["serve"][..], &["members", "list"], &["members", "add"]] {
        let command = path.iter().fold(&mut cli, |command, name| command.find_subcommand_mut(name).unwrap());
        let help = command.render_long_help().to_string();
        assert!(help.contains("--account <ACCOUNT>"), "{help}");
        assert!(!help.contains("--default-account") && !help.contains("--administrator"), "{help}");
    }
}

#[test]
fn scenarios_of_serve_need_no_flag() {
    let serve = ["x", "serve", "b.yaml", "c.yaml", "--scenario", "a.yaml"];
    let Command::Serve(arguments) = Cli::parse_from(serve).command else { panic!() };
    assert_eq!(arguments.scenario(), ["a.yaml", "b.yaml", "c.yaml"].map(std::path::PathBuf::from));
}

#[test]
fn accounts_are_validated_and_hosts_can_be_repeated() {
    assert!(Cli::try_parse_from(["x", "serve", "--account", "1"]).is_err());
    let Command::Serve(arguments) = Cli::parse_from(["x", "serve", "--host", "127.0.0.1,::1"]).command else {
        panic!()
    };
    assert_eq!(arguments.host.len(), 2);
}

/// The commands that a user can call, without those that only have subcommands.
fn rendered(width: usize) -> Vec<(String, String)> {
    let mut root = Cli::command();
    root.build();
    let all = commands(&root, "").into_iter().filter(|(path, _)| !path.contains(" help"));
    all.map(|(path, command)| (path, command.term_width(width).render_long_help().to_string())).collect()
}

/// Rules: DST-07.
#[test]
fn help_fits_the_terminal() {
    let mut wrong = Vec::new();
    for width in [80, 100] {
        for (path, help) in rendered(width) {
            let is_long = |line: &&str| line.trim_end().chars().count() > width;
            wrong.extend(help.lines().filter(is_long).map(|line| format!("{path} at {width} columns: {line}")));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Rules: DST-07.
#[test]
fn help_has_an_example_and_exit_codes_and_only_examples_are_broken_into_lines() {
    let mut wrong = Vec::new();
    for (path, help) in rendered(100) {
        let is_example = |line: &str| line.starts_with("  ") && line.contains("securityhub-local ");
        if !help.contains("\nExit codes: 0 ") || !help.lines().any(is_example) {
            wrong.push(format!("{path} has no exit codes or no example"));
        }
    }
    for (path, command) in commands(&Cli::command(), "") {
        let text = command.get_after_help().map(ToString::to_string).unwrap_or_default();
        let lines: Vec<&str> = text.lines().collect();
        let is_prose = |line: &str| !line.is_empty() && !line.starts_with(' ');
        for pair in lines.windows(2).filter(|pair| is_prose(pair[0]) && is_prose(pair[1])) {
            wrong.push(format!("{path}: two lines of one sentence: {pair:?}"));
        }
        for line in lines.iter().filter(|line| line.starts_with(' ') && line.chars().count() > 80) {
            wrong.push(format!("{path}: an example has more than 80 columns: {line}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Rules: DST-05, DST-08.
#[test]
fn a_program_can_start_and_stop_the_server() {
    let serve = ["x", "serve", "--stop-with-stdin", "--log", "json", "--scenario", "builtin:quickstart"];
    let Command::Serve(arguments) = Cli::parse_from(serve).command else { panic!() };
    assert!(arguments.stop_with_stdin);
    let Command::Serve(arguments) = Cli::parse_from(["x", "serve"]).command else { panic!() };
    assert!(!arguments.stop_with_stdin);
}
