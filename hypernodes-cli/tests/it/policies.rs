//! The options of guarding, keeping and watching runs, and of workers that are processes.

use crate::support::{Folder, market};

#[test]
fn each_wrong_value_is_refused_in_the_option_and_in_the_environment() {
    let folder = Folder::new();
    let mut told = String::new();
    for (option, value) in [
        ("retries", "-1"),
        ("retries", "4294967296"),
        ("timeout", "0"),
        ("timeout", "-1.5"),
        ("timeout", "nan"),
        ("timeout", "60s"),
        ("checkpoint-every", "0"),
        ("dashboard", ":8700"),
        ("dashboard", "65536"),
        ("max-memory", "2 apples"),
        ("max-memory", "0"),
        ("max-memory", "-1GB"),
        ("progress", "maybe"),
        ("threads-per-worker", "0"),
        ("worker-memory", "GB"),
        ("partition-size", "0"),
        ("scheduler", "host"),
        ("scheduler", "http://host:80"),
        ("connect-timeout", "soon"),
    ] {
        let typed = format!("--{option}={value}");
        let refused = folder.run(&["engines", &typed]).refused();
        told += &format!("$ {typed}\n{refused}");
        let variable = format!("HYPERNODES_{}", option.to_uppercase().replace('-', "_"));
        let output = folder
            .command(&["engines"])
            .env(&variable, value)
            .output()
            .unwrap();
        let text = String::from_utf8(output.stderr).unwrap();
        let start = format!("error: invalid value '{value}' for `{variable}` of the environment");
        assert!(
            output.status.code() == Some(2) && text.starts_with(&start),
            "{text}"
        );
    }
    for args in [
        &["engines", "--resume"][..],
        &["engines", "--checkpoint-every", "5"],
        &["engines", "--npartitions", "2", "--partition-size", "5"],
        &["cache", "list"],
        &["cache", "prune", "--cache", "c"],
        &["cache", "prune", "--cache", "c", "--older-than", "7 moons"],
        &["cache", "prune", "--cache", "c", "--max-size", "much"],
        &["jobs"],
        &["status", "--format", "csv"],
        &["report"],
        &["config", "check"],
        &["config", "import", "x.ini"],
    ] {
        let refused = folder.run(args).refused();
        told += &format!("$ {}\n{refused}", args.join(" "));
    }
    insta::assert_snapshot!(told);
}

#[test]
fn good_values_are_taken() {
    let folder = Folder::new();
    let args = [
        "engines",
        "--retries",
        "3",
        "--timeout",
        "1.5",
        "--cache",
        "c",
        "--run-dir",
        "r",
        "--resume",
        "--checkpoint-every",
        "100",
        "--dashboard",
        "0",
        "--max-memory",
        "512MiB",
        "--progress",
        "never",
        "--report",
        "r.html",
        "--threads-per-worker",
        "2",
        "--worker-memory",
        "2GB",
        "--partition-size",
        "50",
        "--scheduler",
        "tcp://host:8786",
        "--connect-timeout",
        "10",
    ];
    folder.run(&args).ok();
}

#[test]
fn an_engine_says_which_options_it_has_no_use_for() {
    let folder = market(&["A"]);
    let scan = ["scan", "data", "--limit", "90"];
    let plain = folder.run(&scan).ok();
    let options = [
        "--threads-per-worker",
        "2",
        "--scheduler",
        "h:1",
        "--partition-size",
        "1",
    ];
    let ran = folder.run(&[&scan[..], &options].concat());
    assert_eq!((ran.code, &ran.stdout), (Some(0), &plain));
    assert_eq!(
        ran.stderr,
        "note: engine `threaded` has no use for `--threads-per-worker`, `--scheduler`\n"
    );
    let ran = folder.run(&[&scan[..], &options, &["--engine", "sequential"]].concat());
    assert_eq!((ran.code, &ran.stdout), (Some(0), &plain));
    assert_eq!(
        ran.stderr,
        "note: engine `sequential` has no use for `--partition-size`, `--threads-per-worker`, `--scheduler`\n"
    );
    let ran = folder.run(&[&scan[..], &options, &["--engine", "process"]].concat());
    assert_eq!((ran.code, &ran.stdout), (Some(0), &plain));
    assert_eq!(
        ran.stderr,
        "note: engine `process` has no use for `--scheduler`\n"
    );
}

#[test]
fn a_partition_size_gives_the_number_of_partitions() {
    let folder = market(&["A", "B", "C", "D", "E"]);
    let number = |size: &str| {
        let args = [
            "plan",
            "npartitions",
            "--items",
            "500",
            "--partition-size",
            size,
        ];
        folder.run(&args).ok()
    };
    assert_eq!(
        ["50", "51", "500", "501"].map(number),
        ["10\n", "10\n", "1\n", "1\n"]
    );
    let scan = ["scan", "data", "--limit", "90", "--format", "csv"];
    let plain = folder.run(&scan).ok();
    for size in ["1", "2", "9"] {
        let args = [&scan[..], &["--partition-size", size]].concat();
        assert_eq!(folder.run(&args).ok(), plain, "{size}");
    }
    let plan = folder
        .run(&["plan", "scan", "data", "--partition-size", "2"])
        .ok();
    let same = folder
        .run(&["plan", "scan", "data", "--npartitions", "3"])
        .ok();
    assert_eq!(plan, same);
    folder.write("size.toml", "partition-size = 1\n");
    let args = ["plan", "scan", "data", "--config", "size.toml"];
    let args = [&args[..], &["--npartitions", "3"]].concat();
    assert_eq!(folder.run(&args).ok(), same, "what is typed counts more");
}

#[test]
fn help_shows_the_common_options_and_where_they_come_from() {
    let folder = Folder::new();
    let help = |args: &[&str]| {
        let mut command = folder.command(args);
        let output = command.env("COLUMNS", "100").output().unwrap();
        assert!(output.status.success());
        String::from_utf8(output.stdout).unwrap()
    };
    insta::assert_snapshot!(help(&["--help"]));
    for args in [
        &["config", "check", "--help"][..],
        &["config", "import", "--help"],
        &["cache", "--help"],
        &["cache", "prune", "--help"],
        &["report", "--help"],
        &["jobs", "--help"],
        &["status", "--help"],
    ] {
        let text = help(args);
        assert!(text.contains("\nExamples:\n  hypernodes "), "{text}");
    }
}
