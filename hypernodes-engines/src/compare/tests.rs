//! Which engine to take, from made-up times; and what a comparison does with engines that are wrong, late or missing.

use std::sync::Arc;
use std::time::Duration;

use hypernodes_core::{
    Assist, CancelToken, Capabilities, Engine, EngineError, Feed, Inputs, Pipeline, Plan,
    Sequential, Sizing, node_fn, nodes,
};

use super::report::{HandSet, Measured, SizeReport};
use super::{Comparison, ComparisonError, ComparisonReport, choice};

/// Five samples around a time, the outermost `spread` away from it.
fn samples(seconds: f64, spread: f64) -> Vec<f64> {
    let around = [-1.0, -0.5, 0.0, 0.5, 1.0];
    around.map(|part| seconds * (1.0 + part * spread)).to_vec()
}

/// A size at which the engines took these times, 1 % of noise each.
fn size(items: usize, seconds: &[(&str, f64)]) -> SizeReport {
    noisy(items, seconds, 0.01)
}

fn noisy(items: usize, seconds: &[(&str, f64)], spread: f64) -> SizeReport {
    let mut report = SizeReport::new(items);
    for &(engine, time) in seconds {
        let mut one = Measured::new(engine, items, samples(time, spread));
        one.speed_up = seconds[0].1 / time;
        report.engines.push(one);
    }
    report.choice = choice::for_size(&report.engines);
    report
}

fn taken(report: &SizeReport) -> (&str, Vec<&str>, &str) {
    let choice = report.choice.as_ref().expect("something was measured");
    let as_fast = choice.as_fast.iter().map(String::as_str).collect();
    (&choice.engine, as_fast, &choice.reason)
}

#[test]
fn the_fastest_is_taken() {
    let report = size(
        100,
        &[
            ("sequential", 5e-3),
            ("threaded", 2.6e-3),
            ("process", 4e-3),
        ],
    );
    assert_eq!(
        taken(&report),
        (
            "threaded",
            vec![],
            "`threaded` (26.0 us per item): 1.54 times as fast as `process` (40.0 us per item)"
        )
    );
    let alone = size(1, &[("sequential", 1.0)]);
    assert_eq!(
        taken(&alone).2,
        "`sequential` (1.00 s per item): no other engine took part"
    );
    assert_eq!(choice::for_size(&[]), None);
}

#[test]
fn within_noise_the_simpler_one_is_taken_and_it_is_said() {
    // Threaded is 5 % faster, but its samples and those of the others lie 10 % apart.
    let times = [
        ("sequential", 1.05e-3),
        ("threaded", 1e-3),
        ("process", 3e-3),
    ];
    let report = noisy(10, &times, 0.1);
    assert_eq!(
        taken(&report),
        (
            "sequential",
            vec!["threaded"],
            "`sequential` (105 us per item): no difference beyond noise to `threaded` (100 us per item), and it is the simpler one"
        )
    );
    // The same times without noise.
    assert_eq!(taken(&noisy(10, &times, 0.001)).0, "threaded");
    // 2 % are nothing even then.
    let close = noisy(10, &[("sequential", 1.02e-3), ("threaded", 1e-3)], 0.0);
    assert_eq!(taken(&close).0, "sequential");
}

#[test]
fn the_place_where_another_engine_takes_over_is_told() {
    let sizes = [
        size(10, &[("sequential", 1e-5), ("threaded", 5e-5)]),
        size(100, &[("sequential", 1e-4), ("threaded", 1.2e-4)]),
        size(1_000, &[("sequential", 1e-3), ("threaded", 6e-4)]),
        SizeReport::new(5_000),
        size(10_000, &[("sequential", 1e-2), ("threaded", 5e-3)]),
    ];
    let choice = choice::overall(&sizes);
    assert_eq!(choice.engine, None);
    assert_eq!(choice.crossovers.len(), 1);
    let crossover = &choice.crossovers[0];
    assert_eq!((crossover.after, crossover.from), (100, 1_000));
    assert_eq!(
        (&*crossover.old, &*crossover.new),
        ("sequential", "threaded")
    );
    assert_eq!(
        choice.reason,
        "take `sequential` up to 100 items (speed-up 1.00), `threaded` from 1,000 items on (speed-up 1.67 to 2.00); \
         what to take changes between 100 and 1,000 items"
    );
}

#[test]
fn several_changes_are_all_told() {
    let fast = |items, engine| match engine {
        0 => size(items, &[("sequential", 1.0), ("threaded", 2.0)]),
        _ => size(items, &[("sequential", 2.0), ("threaded", 1.0)]),
    };
    let sizes = [fast(1, 0), fast(2, 1), fast(3, 1), fast(4, 0)];
    let choice = choice::overall(&sizes);
    assert_eq!(choice.spans.len(), 3);
    assert_eq!(choice.crossovers.len(), 2);
    assert_eq!(
        choice.reason,
        "take `sequential` up to 1 item (speed-up 1.00), `threaded` from 2 to 3 items (speed-up 2.00), \
         `sequential` from 4 items on (speed-up 1.00); what to take changes between 1 and 2 and between 3 and 4 items"
    );
}

#[test]
fn one_engine_for_all_sizes_is_told_with_its_range() {
    let reason = |sizes: &[SizeReport]| choice::overall(sizes).reason;
    let sizes = [
        size(10, &[("sequential", 1.0), ("threaded", 0.8)]),
        size(1_000, &[("sequential", 1.0), ("threaded", 0.5)]),
    ];
    assert_eq!(
        reason(&sizes),
        "take `threaded`: 1.25 to 2.00 times as fast as `sequential`, from 10 to 1,000 items"
    );
    assert_eq!(choice::overall(&sizes).engine.as_deref(), Some("threaded"));
    let slower = [size(10, &[("sequential", 1.0), ("threaded", 1.5)])];
    assert_eq!(
        reason(&slower),
        "take `sequential`: no other engine is faster beyond noise, with 10 items"
    );
    assert_eq!(
        reason(&[size(10, &[("sequential", 1.0)])]),
        "take `sequential`: no other engine was measured, with 10 items"
    );
    assert_eq!(
        reason(&[SizeReport::new(10)]),
        "nothing was measured, so nothing can be said"
    );
}

#[test]
fn partitions_set_by_hand_are_better_only_beyond_noise() {
    let with = |seconds, spread| {
        let set = HandSet::new(8, samples(seconds, spread));
        Measured::new("threaded", 10, samples(1.0, spread)).with_hand_set(set)
    };
    let gain = with(0.8, 0.01).hand_set_gain.expect("20 % are seen");
    assert!((gain - 1.25).abs() < 1e-9, "{gain}");
    assert_eq!(with(0.9, 0.2).hand_set_gain, None);
    assert_eq!(with(1.2, 0.01).hand_set_gain, None);
}

/// Runs like Sequential, but for one thing.
#[derive(Debug, Default)]
struct Odd {
    inner: Sequential,
    workers: usize,
    refuses: bool,
    cancels: Option<CancelToken>,
}

impl Engine for Odd {
    fn name(&self) -> &str {
        "odd"
    }

    fn capabilities(&self) -> &Capabilities {
        self.inner.capabilities()
    }

    fn sizing(&self, plan: &Plan, items: usize) -> Sizing {
        Sizing {
            workers: self.workers.max(1),
            ..self.inner.sizing(plan, items)
        }
    }

    fn drive(&self, feed: &Arc<Feed>) -> Result<(), EngineError> {
        if self.refuses {
            return Err(EngineError::Unsupported {
                engine: "odd".to_owned(),
                capability: "closures".to_owned(),
                node: Some("y".to_owned()),
            });
        }
        self.inner.drive(feed)?;
        if let Some(token) = &self.cancels {
            token.cancel();
        }
        Ok(())
    }

    fn assist(&self, _: &Arc<Feed>) -> Assist {
        Assist::None
    }
}

fn doubling() -> Pipeline {
    Pipeline::new("doubling", nodes![{ node_fn!("y", |x: f64| x * 2.0) }]).expect("it is right")
}

/// A pipeline that never gives the same twice.
fn counting() -> Pipeline {
    use std::sync::atomic::{AtomicU64, Ordering};
    let calls = AtomicU64::new(0);
    let node = node_fn!("y", move |x: f64| x + calls.fetch_add(1, Ordering::Relaxed)
        as f64);
    Pipeline::new("counting", nodes![{ node }]).expect("it is right")
}

fn numbers(items: usize) -> Inputs {
    Inputs::new().with_items("x", (0..items).map(|i| i as f64))
}

fn comparison() -> Comparison {
    Comparison::new()
        .repeats(3)
        .budget(Duration::from_secs(600))
        .output::<f64>("y")
}

fn engines(report: &ComparisonReport, at: usize) -> Vec<&str> {
    let engines = report.sizes[at].engines.iter();
    engines.map(|one| one.engine.as_str()).collect()
}

#[test]
fn each_engine_is_checked_swept_and_timed() {
    let odd = || Odd {
        workers: 4,
        ..Odd::default()
    };
    let report = comparison()
        .engine(odd())
        .engine(odd())
        .sizes([100, 5])
        .most_partitions(9)
        .run(&doubling(), ["x"], numbers)
        .expect("all are right");
    assert_eq!(engines(&report, 0), ["sequential", "odd", "odd-2"]);
    let sizes: Vec<usize> = report.sizes.iter().map(|size| size.items).collect();
    assert_eq!(sizes, [5, 100]);
    let swept = |at: usize| {
        let set = report.sizes[at].engines[1].hand_set.as_ref();
        let set = set.expect("it has workers");
        assert_eq!(set.samples.len(), 3);
        assert!(set.sweep.iter().any(|&(parts, _)| parts == set.npartitions));
        let parts = set.sweep.iter().map(|&(parts, _)| parts);
        parts.collect::<Vec<_>>()
    };
    assert_eq!(swept(0), [1, 2, 4], "no more than there are items");
    assert_eq!(swept(1), [1, 2, 4, 8]);
    for one in report.sizes.iter().flat_map(|size| &size.engines) {
        assert_eq!(one.samples.len(), 3);
        assert!(one.seconds > 0.0 && one.seconds_per_item > 0.0 && one.items_per_second > 0.0);
        assert!(one.chunks.is_some_and(|chunks| chunks >= 1), "{one:?}");
    }
    let first = &report.sizes[0].engines[0];
    assert_eq!((first.workers, &first.hand_set), (1, &None));
    assert_eq!(first.speed_up.to_string(), "1");
    assert!(!report.was_cancelled);
    let text = report.to_string();
    assert!(text.starts_with("doubling: take "), "{text}");
    let json = serde_json::to_string(&report).expect("plain data");
    let back: ComparisonReport = serde_json::from_str(&json).expect("the same");
    assert_eq!(back.to_string(), text);
}

#[test]
fn results_that_differ_are_an_error_and_nothing_is_timed() {
    let run = |comparison: Comparison| {
        let comparison = comparison.engine(Odd::default()).sizes([3]);
        comparison.run(&counting(), ["x"], numbers)
    };
    let error = run(comparison()).expect_err("no two maps give the same");
    assert_eq!(
        error.to_string(),
        "engine `odd` differs from `sequential` with 3 items: output `y`, item 0; nothing was timed with so many items"
    );
    let by_hand = Comparison::new().output_by("y", |a: &f64, b: &f64| a >= b);
    assert!(matches!(
        run(by_hand),
        Err(ComparisonError::Differs { item: 0, .. })
    ));
    let blind = Comparison::new().output_by("y", |_: &f64, _: &f64| true);
    assert!(run(blind.repeats(1)).is_ok());
}

#[test]
fn an_engine_that_refuses_is_listed_with_its_reason() {
    let odd = Odd {
        refuses: true,
        ..Odd::default()
    };
    let report = comparison()
        .engine(odd)
        .unavailable("ray", "no cluster")
        .sizes([2, 4])
        .run(&doubling(), ["x"], numbers)
        .expect("the others are right");
    let listed: Vec<(&str, &str)> = report
        .unavailable
        .iter()
        .map(|one| (&*one.engine, &*one.reason))
        .collect();
    assert_eq!(
        listed,
        [
            ("ray", "no cluster"),
            ("odd", "engine `odd` does not support closures (node `y`)")
        ]
    );
    assert_eq!(engines(&report, 0), ["sequential"]);
    assert_eq!(engines(&report, 1), ["sequential"]);
    assert!(
        report
            .to_string()
            .contains("`ray` takes no part: no cluster")
    );
}

#[test]
fn sizes_beyond_the_budget_are_left_out_and_it_is_said() {
    let report = comparison()
        .budget(Duration::ZERO)
        .sizes([2, 4])
        .run(&doubling(), ["x"], numbers)
        .expect("it is right");
    for size in &report.sizes {
        assert!(size.engines.is_empty() && size.choice.is_none());
        let skipped = size.skipped.as_deref().expect("a reason");
        assert!(skipped.starts_with("it would take about "), "{skipped}");
    }
    assert!(
        report.to_string().contains("2 items: skipped, "),
        "{report}"
    );
    assert_eq!(
        report.choice.reason,
        "nothing was measured, so nothing can be said"
    );
}

#[test]
fn what_was_measured_before_it_was_cancelled_is_kept() {
    let token = CancelToken::new();
    let after_first = token.clone();
    let report = comparison()
        .cancel(&token)
        .sizes([1, 2, 3])
        .run(&doubling(), ["x"], move |items| {
            if items == 2 {
                after_first.cancel();
            }
            numbers(items)
        })
        .expect("cancelled is no error");
    assert!(report.was_cancelled);
    assert_eq!(engines(&report, 0), ["sequential"]);
    for size in &report.sizes[1..] {
        assert!(size.engines.is_empty());
        assert_eq!(
            size.skipped.as_deref(),
            Some("the comparison was cancelled before")
        );
    }
    let token = CancelToken::new();
    let odd = Odd {
        cancels: Some(token.clone()),
        ..Odd::default()
    };
    let report =
        comparison()
            .engine(odd)
            .cancel(&token)
            .sizes([1])
            .run(&doubling(), ["x"], numbers);
    let report = report.expect("cancelled is no error");
    assert!(report.was_cancelled && report.sizes[0].engines.is_empty());
}

#[test]
fn a_comparison_that_makes_no_sense_is_refused() {
    let error = |comparison: Comparison| {
        let error = comparison.run(&doubling(), ["x"], numbers);
        error.expect_err("it makes no sense")
    };
    assert!(matches!(
        error(Comparison::new()),
        ComparisonError::NoOutput
    ));
    assert!(matches!(
        error(comparison().sizes([])),
        ComparisonError::NoSize
    ));
    assert!(matches!(
        error(comparison().sizes([0, 1])),
        ComparisonError::NoSize
    ));
    let unknown = error(
        comparison()
            .engine(Odd::default())
            .sizes([1])
            .output::<f64>("z"),
    );
    let ComparisonError::Reference { items: 1, source } = unknown else {
        unreachable!("{unknown}");
    };
    assert!(source.to_string().contains("`z`"), "{source}");
}
