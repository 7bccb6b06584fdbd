//! `plan`, `graph` and `engines`.

use crate::support::{Folder, market};

#[test]
fn a_plan_shows_the_graph_the_steps_and_the_partitions() {
    let folder = market(&["A", "B", "C"]);
    let plan = folder.run(&["plan", "scan", "data", "--workers", "2"]).ok();
    insta::assert_snapshot!("plan_scan", plan);
    let plan = folder
        .run(&["plan", "atc", "data", "--engine", "sequential"])
        .ok();
    insta::assert_snapshot!("plan_atc", plan);
    let fixed = folder
        .run(&["plan", "scan", "data", "--npartitions", "2"])
        .ok();
    assert!(fixed.contains("exactly 2 of 3 items"), "{fixed}");
    let no_data = folder.run(&["plan", "scan"]).ok();
    assert!(
        no_data.ends_with("engine      threaded; name DATA to see its partitions\n"),
        "{no_data}"
    );
    let refused = folder
        .run(&["plan", "scan", "data", "--lambda", "nan"])
        .refused();
    assert!(refused.contains("`--lambda` is NaN"), "{refused}");
}

#[test]
fn npartitions_prints_the_number_alone() {
    let folder = Folder::new();
    for (items, workers, workload, engine, expected) in [
        ("10", "8", "mixed", "threaded", "8"),
        ("100", "8", "mixed", "threaded", "8"),
        ("500", "8", "mixed", "threaded", "16"),
        ("0", "8", "io", "threaded", "0"),
        ("5000000", "8", "cpu", "auto", "5000"),
        ("500", "8", "mixed", "sequential", "1"),
    ] {
        let args = [
            "plan",
            "npartitions",
            "--items",
            items,
            "--workers",
            workers,
        ];
        let more = ["--workload", workload, "--engine", engine];
        assert_eq!(
            folder.run(&[&args[..], &more].concat()).ok(),
            format!("{expected}\n")
        );
    }
    let refused = folder
        .run(&["plan", "npartitions", "--items", "1", "--engine", "ray"])
        .refused();
    assert!(refused.contains("not in this version"), "{refused}");
}

#[test]
fn graphs_are_drawn_in_every_format() {
    let folder = Folder::new();
    for command in ["scan", "atc"] {
        insta::assert_snapshot!(
            format!("graph_{command}"),
            folder.run(&["graph", command]).ok()
        );
    }
    let draw = |format| folder.run(&["graph", "scan", "--format", format]).ok();
    assert!(
        draw("mermaid").starts_with("flowchart"),
        "{}",
        draw("mermaid")
    );
    assert!(draw("dot").starts_with("digraph"), "{}", draw("dot"));
    assert!(draw("svg").starts_with("<svg"), "{}", draw("svg"));
}

#[test]
fn engines_are_listed() {
    let folder = Folder::new();
    insta::assert_snapshot!(folder.run(&["engines"]).ok());
    let json = folder.run(&["engines", "--format", "json"]).ok();
    let engines: Vec<serde_json::Value> = serde_json::from_str(&json).unwrap();
    assert_eq!(engines.len(), 6);
    assert_eq!(
        (&engines[0]["name"], &engines[0]["available"]),
        (&"sequential".into(), &true.into())
    );
}

#[test]
fn a_plan_says_where_its_workers_come_from() {
    let folder = market(&["A", "B", "C"]);
    let plan = |options: &[&str]| {
        let args = [&["plan", "scan", "data", "--workers", "8"], options];
        folder.run(&args.concat()).ok()
    };
    let line = "            W = 32: 8 workers x 4 io threads, for a step is marked `workload = io`";
    let text = plan(&[]);
    assert!(text.contains(line), "{text}");
    let (at, rule) = (text.find(line), text.find("r = min(3 x 32, 3)"));
    assert!(at < rule, "{text}");
    assert!(plan(&["--workload", "io"]).contains("W = 32: 8 workers x 4 io threads"));
    assert!(!plan(&["--workload", "cpu"]).contains("W = "));
    assert!(!plan(&["--npartitions", "2"]).contains("W = "));
    let help = folder.run(&["plan", "--help"]).ok();
    assert!(help.contains("four io threads"), "{help}");
}

#[test]
fn npartitions_takes_any_number_of_workers() {
    let folder = Folder::new();
    let most = usize::MAX.to_string();
    for (items, workers, expected) in [
        ("2000", "8", "16"),
        ("2000", "1025", "1025"),
        ("2000", &most, "2000"),
        (&most, &most, &most),
    ] {
        let args = ["plan", "npartitions", "--items", items];
        let said = folder.run(&[&args[..], &["--workers", workers]].concat());
        assert_eq!(said.ok(), format!("{expected}\n"), "{items} {workers}");
    }
}

#[test]
fn a_plan_says_which_nodes_of_the_graph_are_no_steps() {
    let folder = Folder::new();
    let plan = folder.run(&["plan", "scan"]).ok();
    let (_, steps) = plan.split_once("\nsteps for each symbol\n").unwrap();
    let lines: Vec<&str> = steps.lines().take(4).collect();
    assert_eq!(
        lines,
        [
            "  1 load_bars",
            "  2 atc_score  after load_bars",
            "  no step of its own: symbol_name (the name is known from the file or its rows)",
            "  no step of its own: rank_symbols (each score is ranked as it comes)",
        ]
    );
}
