//! How a map would be cut up, in words.

use hypernodes::prelude::*;
use hypernodes_engines::{EngineConfig, Threaded};

fn p() -> Pipeline {
    Pipeline::new(
        "p",
        nodes![
            node_fn!("y", |x: f64| x + 1.0),
            node_fn!("z", workload = "io", |y: f64| y)
        ],
    )
    .unwrap()
}

#[test]
fn the_rule_is_shown_with_its_numbers() {
    let threaded = Threaded::new().workers(8).workload(Workload::Cpu);
    insta::assert_snapshot!(threaded.explain(p().plan(), 500));
    insta::assert_snapshot!(Threaded::new().workers(8).explain(p().plan(), 1_000_000));
    insta::assert_snapshot!(threaded.clone().npartitions(16).explain(p().plan(), 500));
    insta::assert_snapshot!(threaded.explain(p().plan(), 0));
}

#[test]
fn sequential_is_explained_too() {
    insta::assert_snapshot!(EngineConfig::default().explain(p().plan(), 500).unwrap());
}

#[test]
fn the_rule_in_words_gives_what_the_rule_gives() {
    for items in [
        1, 2, 5, 10, 19, 20, 100, 500, 999, 1000, 10_001, 123_456, 10_000_000,
    ] {
        for workers in [1, 2, 3, 8, 16, 64] {
            for workload in [Workload::Io, Workload::Cpu, Workload::Mixed] {
                let explanation = Threaded::new()
                    .workers(workers)
                    .workload(workload)
                    .explain(p().plan(), items);
                assert_eq!(
                    explanation.partitions,
                    hypernodes::npartitions(items, explanation.workers, workload)
                );
                let last = explanation.rule.last().unwrap();
                let shown = if last.starts_with('p') && last.ends_with("taken") {
                    last
                } else {
                    &explanation.rule[2]
                };
                let value = if shown == last && shown.starts_with('p') {
                    shown.split([' ', ',']).nth(2)
                } else {
                    shown
                        .split(" = ")
                        .nth(2)
                        .and_then(|rest| rest.split(' ').next())
                };
                assert_eq!(
                    value.and_then(|value| value.parse().ok()),
                    Some(explanation.partitions),
                    "{shown}"
                );
            }
        }
    }
}
