//! The steps, cheapest first. What CI runs is this list; README's test command is the step `test`.

use std::path::Path;

use crate::manifest::Manifest;
use crate::step::{Done, End, Step};
use crate::{text, tool};

const fn step(name: &'static str, about: &'static str, run: fn(&Path) -> End) -> Step {
    Step {
        name,
        about,
        opt_in: false,
        run,
    }
}

/// Every step.
pub(crate) const ALL: &[Step] = &[
    step("fmt", "the code is formatted", fmt),
    step(
        "text",
        "file sizes, white space, machine paths, lints tables, arrows between crates",
        own_rules,
    ),
    step("typos", "spelling, where `typos` is installed", typos),
    step(
        "clippy",
        "no lint fires, on every target with every feature",
        clippy,
    ),
    step(
        "test",
        "unit, integration, UI and doc tests: the README's test command",
        test,
    ),
    step("docs", "the documentation builds without a warning", docs),
    step("features", "every feature alone, none, all", features),
    step(
        "no-process",
        "where worker processes cannot be had, the engine says so",
        no_process,
    ),
    step(
        "deny",
        "licences, sources and advisories, where `cargo-deny` is installed",
        deny,
    ),
    step(
        "fuzz",
        "the fuzz targets compile; with `cargo-fuzz`: no bytes of another process or of a file do harm",
        fuzz,
    ),
    step(
        "msrv",
        "the oldest Rust that Cargo.toml promises compiles it",
        msrv,
    ),
    Step {
        opt_in: true,
        ..step(
            "shuttle",
            "the scheduler in many orders of its threads, on model threads",
            shuttle,
        )
    },
    Step {
        opt_in: true,
        ..step(
            "miri",
            "core's tests under Miri, on a nightly toolchain",
            miri,
        )
    },
    Step {
        opt_in: true,
        ..step(
            "minimal",
            "the oldest dependencies that Cargo.toml allows, on nightly",
            minimal,
        )
    },
];

fn passed(result: Result<(), String>) -> End {
    result.map(|()| Done::Passed)
}

fn skipped(why: impl Into<String>) -> End {
    Ok(Done::Skipped(why.into()))
}

fn fmt(root: &Path) -> End {
    passed(tool::run_cargo(root, "fmt --all --check"))
}

fn own_rules(root: &Path) -> End {
    let problems = text::problems(root)?;
    if problems.is_empty() {
        return Ok(Done::Passed);
    }
    Err(format!(
        "{} problems\n{}",
        problems.len(),
        problems.join("\n")
    ))
}

fn typos(root: &Path) -> End {
    if tool::output(root, "typos", "--version").is_none() {
        return skipped("`typos` is not installed; `cargo install typos-cli --locked`");
    }
    passed(tool::run(root, "typos", "--format brief", &[]))
}

fn clippy(root: &Path) -> End {
    passed(tool::run_cargo(
        root,
        "clippy --workspace --all-targets --all-features -- -D warnings",
    ))
}

fn test(root: &Path) -> End {
    passed(tool::run_cargo(root, "test --workspace --all-features"))
}

/// With a folder of its own: every dependency is compiled with the flag.
fn shuttle(root: &Path) -> End {
    let target = std::env::var("CARGO_TARGET_DIR").unwrap_or_else(|_| "target".to_owned());
    let env = [
        ("RUSTFLAGS", "--cfg shuttle"),
        ("CARGO_TARGET_DIR", &format!("{target}/shuttle")),
    ];
    let line = "test --package hypernodes-core --features macros --lib sync::models";
    passed(tool::run(root, &tool::cargo(), line, &env))
}

/// What systems other than Linux get. With a folder of its own: every dependency is compiled with the flag.
fn no_process(root: &Path) -> End {
    let target = std::env::var("CARGO_TARGET_DIR").unwrap_or_else(|_| "target".to_owned());
    let env = [
        ("RUSTFLAGS", "--cfg hypernodes_no_process -D warnings"),
        ("CARGO_TARGET_DIR", &format!("{target}/no-process")),
    ];
    let line = "test --package hypernodes-engines --features process,threaded --test no_process";
    passed(tool::run(root, &tool::cargo(), line, &env))
}

/// Libraries only: the command and the facade share a name, and so would their pages.
fn docs(root: &Path) -> End {
    let line = "doc --workspace --lib --no-deps --all-features";
    passed(tool::run(
        root,
        &tool::cargo(),
        line,
        &[("RUSTDOCFLAGS", "-D warnings")],
    ))
}

/// Clippy rather than `check`: what is unused without some feature must not be there without it.
fn features(root: &Path) -> End {
    let mut failures = Vec::new();
    for folder in [
        "",
        "hypernodes-core",
        "hypernodes-engines",
        "hypernodes-trading",
        "hypernodes-macros",
    ] {
        let manifest = Manifest::read(&root.join(folder).join("Cargo.toml"))?;
        let features = manifest.features();
        if features.is_empty() {
            continue;
        }
        let package = manifest.package().unwrap_or_default();
        let alone = features
            .iter()
            .map(|feature| format!("--no-default-features --features {feature}"));
        let first = ["--no-default-features".to_owned()].into_iter();
        for choice in first.chain(alone).chain(["--all-features".to_owned()]) {
            let line = format!("clippy --quiet --package {package} {choice} -- -D warnings");
            failures.extend(tool::run_cargo(root, &line).err());
        }
    }
    if failures.is_empty() {
        Ok(Done::Passed)
    } else {
        Err(failures.join("\n"))
    }
}

fn deny(root: &Path) -> End {
    if tool::output(root, &tool::cargo(), "deny --version").is_none() {
        return skipped("`cargo-deny` is not installed; `cargo install cargo-deny --locked`");
    }
    passed(tool::run_cargo(root, "deny --all-features check"))
}

/// The targets in `fuzz/`, each with its corpus and then for some seconds. More of them find more: see `fuzz/README.md`.
const FUZZ_TARGETS: [&str; 7] = [
    "wire", "parcel", "plan", "worker", "outcome", "csv", "parquet",
];
const FUZZ_SECONDS: u32 = 4;

fn fuzz(root: &Path) -> End {
    let target = std::env::var("CARGO_TARGET_DIR").unwrap_or_else(|_| "target".to_owned());
    let manifest = "--manifest-path fuzz/Cargo.toml";
    tool::run_cargo(root, &format!("fmt {manifest} --check"))?;
    let all = format!("check {manifest} --locked --bins --examples --target-dir {target}/fuzz");
    tool::run_cargo(root, &all)?;
    if tool::output(root, &tool::cargo(), "fuzz --version").is_none() {
        return skipped("they compile; to run them, `cargo install cargo-fuzz --locked`");
    }
    tool::run_cargo(root, "fuzz build --dev --sanitizer none")?;
    for target in FUZZ_TARGETS {
        // New inputs go to the first folder, so that the corpus stays as it is.
        let found = format!("fuzz/found/{target}");
        std::fs::create_dir_all(root.join(&found)).map_err(|error| format!("{found}: {error}"))?;
        let line = format!(
            "fuzz run --dev --sanitizer none {target} {found} fuzz/corpus/{target} -- \
             -seed=1 -max_total_time={FUZZ_SECONDS} -timeout=60 -rss_limit_mb=2048 -malloc_limit_mb=1024 \
             -verbosity=0 -print_funcs=0"
        );
        tool::run_cargo(root, &line)?;
    }
    Ok(Done::Passed)
}

fn msrv(root: &Path) -> End {
    let manifest = Manifest::read(&root.join("Cargo.toml"))?;
    let version = manifest
        .value("workspace.package", "rust-version")
        .ok_or("Cargo.toml has no rust-version")?;
    let is_it = |text: &str| {
        text == version
            || text
                .strip_prefix(version)
                .is_some_and(|rest| rest.starts_with('.'))
    };
    let active = tool::output(root, "rustc", "--version").unwrap_or_default();
    if active.split_whitespace().nth(1).is_some_and(is_it) {
        tool::say(&format!(
            "{} is the toolchain of the other steps",
            active.trim()
        ));
        return passed(tool::run_cargo(root, "check --workspace --all-features"));
    }
    let Some(list) = tool::output(root, "rustup", "toolchain list") else {
        return skipped(format!(
            "Rust {version} is wanted, and there is no rustup to find it"
        ));
    };
    let installed = list
        .lines()
        .filter_map(|line| line.split_whitespace().next());
    let found = installed
        .into_iter()
        .find(|name| name.split('-').next().is_some_and(is_it));
    let Some(found) = found else {
        return skipped(format!(
            "toolchain {version} is not installed; `rustup toolchain install {version}`"
        ));
    };
    let line = format!("run {found} cargo check --workspace --all-features");
    passed(tool::run(root, "rustup", &line, &[]))
}

/// The nightly toolchain that has a component (or any, for an empty name).
fn nightly_with(root: &Path, component: &str) -> Option<String> {
    let list = tool::output(root, "rustup", "toolchain list")?;
    let mut nightlies = list
        .lines()
        .filter_map(|line| line.split_whitespace().next());
    let has_it = |name: &&str| {
        let components = tool::output(
            root,
            "rustup",
            &format!("component list --installed --toolchain {name}"),
        );
        name.starts_with("nightly") && components.is_some_and(|list| list.contains(component))
    };
    nightlies.find(has_it).map(str::to_owned)
}

fn miri(root: &Path) -> End {
    let Some(nightly) = nightly_with(root, "miri") else {
        return skipped(
            "no nightly toolchain with Miri; `rustup toolchain install nightly --component miri`",
        );
    };
    // Snapshots and proptest's regression files are read from disk.
    let env = [
        ("MIRIFLAGS", "-Zmiri-disable-isolation"),
        ("PROPTEST_CASES", "4"),
    ];
    let line =
        format!("run {nightly} cargo miri test --package hypernodes-core --all-features --lib");
    passed(tool::run(root, "rustup", &line, &env))
}

fn minimal(root: &Path) -> End {
    let Some(nightly) = nightly_with(root, "cargo") else {
        return skipped("no nightly toolchain; `rustup toolchain install nightly`");
    };
    // A lock file of its own, so that the one that is checked in stays as it is.
    let folder = root.join("target/minimal");
    std::fs::create_dir_all(&folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    let config = "--config resolver.lockfile-path=\"target/minimal/Cargo.lock\"";
    let line = format!(
        "run {nightly} cargo check -Z direct-minimal-versions {config} --workspace --all-features"
    );
    passed(tool::run(root, "rustup", &line, &[]))
}
