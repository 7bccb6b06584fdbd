//! How options are given.

use crate::support::{Folder, market};

#[test]
fn common_options_stand_before_or_after_the_command() {
    let folder = market(&["A", "B"]);
    let after = folder
        .run(&["scan", "data", "--limit", "90", "--format", "json"])
        .ok();
    let before = folder
        .run(&["--format", "json", "scan", "data", "--limit", "90"])
        .ok();
    assert_eq!(before, after);
    let plan = folder
        .run(&[
            "--workers",
            "5",
            "plan",
            "--workload",
            "io",
            "npartitions",
            "--items",
            "500",
        ])
        .ok();
    assert_eq!(plan, "16\n");
}

#[test]
fn the_environment_counts_less_than_an_option() {
    let folder = market(&["A", "B"]);
    let run = |options: &[&str]| {
        let args = [&["scan", "data", "--limit", "90"], options].concat();
        let output = folder
            .command(&args)
            .env("HYPERNODES_FORMAT", "csv")
            .output()
            .unwrap();
        assert!(output.status.success());
        String::from_utf8(output.stdout).unwrap()
    };
    assert!(run(&[]).starts_with("side,symbol,"));
    assert!(run(&["--format", "json"]).starts_with("{\"long\":"));
    let graph = folder
        .command(&["graph", "scan"])
        .env("HYPERNODES_FORMAT", "csv")
        .output();
    assert!(
        graph.unwrap().stdout.starts_with(b"market_scan"),
        "it is for commands that have it"
    );

    let bad = folder
        .command(&["engines"])
        .env("HYPERNODES_ENGINE", "abacus")
        .output()
        .unwrap();
    assert_eq!(bad.status.code(), Some(2));
    let other = folder
        .command(&["engines"])
        .env("HYPERNODES_FALLBACK", "1")
        .output()
        .unwrap();
    assert!(other.status.success());
}

#[test]
fn engines_of_later_versions_are_refused_or_replaced_aloud() {
    let folder = market(&["A"]);
    for engine in ["gpu", "dask", "ray"] {
        let args = ["scan", "data", "--limit", "90", "--engine", engine];
        let refused = folder.run(&args).refused();
        assert!(
            refused.contains(&format!("engine `{engine}` is not available")),
            "{refused}"
        );
        let ran = folder.run(&[&args[..], &["--fallback"]].concat());
        assert_eq!(ran.code, Some(0));
        assert!(
            ran.stderr
                .starts_with(&format!("note: engine `{engine}` is not available"))
        );
        assert!(ran.stderr.ends_with("`threaded` runs\n"), "{}", ran.stderr);
        assert_eq!(
            ran.stdout,
            folder.run(&["scan", "data", "--limit", "90"]).ok()
        );
    }
}

#[test]
fn help_and_version_go_to_standard_output() {
    let folder = Folder::new();
    assert_eq!(
        folder.run(&["--version"]).ok(),
        format!("hypernodes {}\n", env!("CARGO_PKG_VERSION"))
    );
    for command in [
        "atc",
        "scan",
        "plan",
        "graph",
        "engines",
        "completions",
        "man",
    ] {
        let help = folder.run(&[command, "--help"]).ok();
        assert!(help.contains("\nExamples:\n  hypernodes "), "{help}");
    }
    let none = folder.run(&[]);
    assert_eq!(none.code, Some(2));
    assert!(none.stderr.contains("Usage: hypernodes"), "{}", none.stderr);
}

#[test]
fn completions_and_manuals_are_made() {
    let folder = Folder::new();
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        assert!(
            folder
                .run(&["completions", shell])
                .ok()
                .contains("npartitions"),
            "{shell}"
        );
    }
    assert!(folder.run(&["man"]).ok().contains(".TH hypernodes 1"));
    assert!(folder.run(&["man", "scan"]).ok().contains("min\\-signal"));
    assert!(
        folder
            .run(&["man", "scam"])
            .refused()
            .contains("no command `scam`")
    );
}

#[test]
fn a_format_that_a_command_does_not_have_is_refused() {
    let folder = market(&["A"]);
    let refused = folder.run(&["scan", "data", "--format", "svg"]).refused();
    assert_eq!(
        refused,
        "error: `scan` has no format `svg`; choose one of `table`, `json`, `csv`\n"
    );
    assert!(
        folder
            .run(&["graph", "scan", "--format", "csv"])
            .refused()
            .contains("`mermaid`")
    );
}

#[test]
fn the_environment_is_named_when_it_is_wrong_and_empty_is_unset() {
    let folder = market(&["A"]);
    let run = |name: &str, value: &str, args: &[&str]| {
        let mut command = folder.command(args);
        let output = command.env(name, value).output().unwrap();
        let text = String::from_utf8(output.stderr).unwrap();
        (output.status.code(), text)
    };
    let scan = ["scan", "data", "--limit", "90"];
    for (name, value) in [
        ("HYPERNODES_WORKERS", "x"),
        ("HYPERNODES_ENGINE", "abacus"),
        ("HYPERNODES_NPARTITIONS", "0"),
        ("HYPERNODES_WORKLOAD", "heavy"),
        ("HYPERNODES_ON_ERROR", "ignore"),
        ("HYPERNODES_FORMAT", "xml"),
        ("HYPERNODES_LOG", "loud"),
    ] {
        let (code, told) = run(name, value, &scan);
        assert_eq!(code, Some(2), "{told}");
        let start = format!("error: invalid value '{value}' for `{name}` of the environment");
        assert!(told.starts_with(&start), "{told}");
        let (code, told) = run(name, "", &scan);
        assert_eq!((code, told.as_str()), (Some(0), ""), "{name}");
    }
    for name in ["HYPERNODES_OUTPUT", "HYPERNODES_FALLBACK"] {
        assert_eq!(run(name, "", &scan), (Some(0), String::new()), "{name}");
    }
    let typed = [&scan[..], &["--workers", "y"]].concat();
    let (_, told) = run("HYPERNODES_WORKERS", "x", &typed);
    assert!(
        told.contains("invalid value 'y' for '--workers <N>'"),
        "{told}"
    );
}
