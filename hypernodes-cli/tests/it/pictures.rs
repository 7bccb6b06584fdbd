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
