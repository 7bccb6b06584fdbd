//! The same bytes on every engine, for any number of workers and partitions.

use crate::support::{csv, market, walk};

#[test]
fn results_never_depend_on_how_they_are_computed() {
    let names: Vec<String> = (0..25).map(|i| format!("S{i:02}")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let folder = market(&names);
    folder.write("data/S07x.csv", csv(&walk(3, 90)).replace("86400,", "x,"));
    let mut many = String::from("time,symbol,close\n");
    for (day, close) in walk(99, 200).iter().enumerate() {
        many += &format!("{day},M1,{close}\n{day},M2,{}\n", 1.0 / close);
    }
    folder.write("data/T.csv", many);
    for command in [
        &["scan", "data", "--limit", "120", "--format", "json"][..],
        &["scan", "data", "--limit", "120", "--format", "csv"],
        &["scan", "data", "--limit", "120"],
        &["atc", "data"],
        &["atc", "data", "--format", "json", "--profile", "pine"],
    ] {
        let run = |options: &[&str]| {
            let ran = folder.run(&[command, &["--on-error", "collect"], options].concat());
            assert_eq!(ran.code, Some(3), "{ran:?}");
            (ran.stdout, ran.stderr)
        };
        let expected = run(&["--engine", "sequential"]);
        for options in [
            &["--engine", "auto"][..],
            &["--workers", "1"],
            &["--workers", "2"],
            &["--workers", "7"],
            &["--npartitions", "1"],
            &["--npartitions", "3", "--workers", "2"],
            &["--npartitions", "1000"],
            &["--workload", "io"],
            &["--workload", "cpu", "--workers", "3"],
            &["--engine", "sequential", "--npartitions", "4"],
            &["--engine", "process", "--workers", "2"],
        ] {
            assert_eq!(run(options), expected, "{command:?} {options:?}");
        }
    }
}
