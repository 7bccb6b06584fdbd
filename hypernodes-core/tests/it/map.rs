//! Maps: axes, order, failures, iteration.

use std::cell::Cell;

use hypernodes::prelude::*;
use hypernodes::{Failure, RunError};

fn sum() -> Pipeline {
    Pipeline::new("sum", nodes![node_fn!("sum", |a: i64, b: i64| a * 10 + b)]).unwrap()
}

#[test]
fn zip_walks_side_by_side_and_product_takes_all_the_last_axis_fastest() {
    let p = sum();
    let zip = p
        .map(
            inputs! { a: [1_i64, 2], b: [3_i64, 4] },
            MapOver::zip(["a", "b"]),
        )
        .unwrap();
    assert_eq!(zip.column::<i64>("sum").unwrap(), [13, 24]);
    let product = p
        .map(
            inputs! { a: [1_i64, 2], b: [3_i64, 4, 5] },
            MapOver::product(["a", "b"]),
        )
        .unwrap();
    assert_eq!(
        product.column::<i64>("sum").unwrap(),
        [13, 14, 15, 23, 24, 25]
    );
    let other = p
        .map(
            inputs! { a: [1_i64, 2], b: [3_i64, 4, 5] },
            MapOver::product(["b", "a"]),
        )
        .unwrap();
    assert_eq!(
        other.column::<i64>("sum").unwrap(),
        [13, 23, 14, 24, 15, 25]
    );
    let broadcast = p.map(inputs! { a: 0..3_i64, b: 7_i64 }, "a").unwrap();
    assert_eq!(broadcast.column::<i64>("sum").unwrap(), [7, 17, 27]);
}

#[test]
fn an_empty_axis_gives_empty_columns_of_the_right_type() {
    let runs = sum()
        .map(inputs! { a: Vec::<i64>::new(), b: 1_i64 }, ["a"])
        .unwrap();
    assert!(runs.is_empty());
    assert_eq!(runs.column::<i64>("sum").unwrap(), [0_i64; 0]);
    assert!(runs.column::<f64>("sum").is_err());
    let none = sum()
        .map(
            inputs! { a: [1_i64], b: Vec::<i64>::new() },
            MapOver::product(["a", "b"]),
        )
        .unwrap();
    assert_eq!(none.len(), 0);
}

#[test]
fn wrong_axes_are_told() {
    let p = sum();
    let text = |inputs, over: MapOver| p.map(inputs, over).unwrap_err().to_string();
    assert_eq!(
        text(
            inputs! { a: [1_i64, 2], b: [1_i64] },
            MapOver::zip(["a", "b"])
        ),
        "pipeline `sum`: zipped axes differ in length: `a` has 2, `b` has 1"
    );
    assert!(
        text(inputs! { a: [1_i64], b: 1_i64 }, MapOver::zip(["z"]))
            .contains("axis `z` is not among the given")
    );
    assert!(
        text(inputs! { a: 1_i64, b: 1_i64 }, MapOver::zip([""; 0])).contains("at least one axis")
    );
    assert!(
        text(inputs! { a: [1_i64], b: 1_i64 }, MapOver::zip(["a", "a"])).contains("named twice")
    );
    assert_eq!(
        text(inputs! { a: 5_i64, b: 1_i64 }, MapOver::zip(["a"])),
        "pipeline `sum`: axis `a` expects a list of `i64`, found `i64`"
    );
    assert!(
        text(inputs! { a: ["x"], b: 1_i64 }, MapOver::zip(["a"]))
            .contains("expects a list of `i64`, found `Vec<String>`")
    );
}

/// Fails in the first step for items divisible by 7, in the second for items divisible by 5.
fn failing() -> Pipeline {
    let first = node_fn!("first", |x: u64| -> Result<u64, String> {
        if x % 7 == 6 {
            Err(format!("first {x}"))
        } else {
            Ok(x)
        }
    });
    let second = node_fn!("second", |first: u64| -> u64 {
        if first % 5 == 4 {
            panic!("second {first}")
        }
        first * 2
    });
    Pipeline::new("failing", nodes![{ first }, { second }]).unwrap()
}

#[test]
fn fail_fast_tells_the_lowest_item_whatever_the_step() {
    let error = failing()
        .map(inputs! { x: 0..5000_u64 }, ["x"])
        .unwrap_err();
    assert_eq!(
        error.to_string(),
        "node `second` panicked on item 4: second 4"
    );
    let error = failing()
        .map(inputs! { x: 5..5000_u64 }, ["x"])
        .unwrap_err();
    assert_eq!(error.to_string(), "node `first` failed on item 1");
    let hypernodes::Error::Run(error) = error else {
        panic!("a run error")
    };
    assert_eq!((error.item(), error.node()), (Some(1), Some("first")));
    assert!(matches!(error, RunError::Node { .. }));
}

#[test]
fn collect_keeps_every_other_item_in_its_place() {
    let runs = failing()
        .on_error(ErrorPolicy::Collect)
        .map(inputs! { x: 0..1000_u64 }, ["x"])
        .unwrap();
    assert_eq!(runs.len(), 1000);
    let results = runs.results::<u64>("second").unwrap();
    for (x, result) in (0..1000_u64).zip(&results) {
        let bad = x % 7 == 6 || x % 5 == 4;
        match result {
            Ok(value) => assert!(!bad && **value == x * 2),
            Err(failure) => assert!(
                bad && failure.item() == usize::try_from(x).ok(),
                "{failure}"
            ),
        }
    }
    let failures: Vec<&Failure> = runs.failures().collect();
    assert!(
        failures
            .windows(2)
            .all(|pair| pair[0].item() < pair[1].item())
    );
    assert_eq!(
        failures[1].to_string(),
        "node `first` failed on item 6: first 6"
    );
    let gaps = runs.column::<u64>("second").unwrap_err().to_string();
    assert!(
        gaps.contains("items failed, so column `second` has gaps"),
        "{gaps}"
    );
    assert_eq!(*runs.row(5).unwrap().get::<u64>("second").unwrap(), 10);
    assert_eq!(
        *runs.row(999 - 4).unwrap().get::<u64>("second").unwrap(),
        995 * 2
    );
    assert!(runs.row(4).is_err() && runs.row(1000).is_err());
    assert_eq!(
        runs.rows().filter(Result::is_ok).count() + failures.len(),
        1000
    );
}

#[test]
fn map_iter_is_lazy_ordered_and_bounded() {
    let pulled = Cell::new(0_u64);
    let source = (0_u64..).inspect(|_| pulled.set(pulled.get() + 1));
    let p = Pipeline::new("p", nodes![node_fn!("y", |x: u64| x * 3)]).unwrap();
    for (i, row) in p
        .map_iter(inputs! {}, "x", source)
        .unwrap()
        .take(100_000)
        .enumerate()
    {
        assert_eq!(*row.unwrap().get::<u64>("y").unwrap(), i as u64 * 3);
        assert!(
            pulled.get() < i as u64 + 200_000,
            "held {} items",
            pulled.get() - i as u64
        );
    }
}

#[test]
fn map_iter_ends_at_the_first_failure_or_gives_it_in_place() {
    let fast: Vec<_> = failing()
        .map_iter(inputs! {}, "x", 0..100_u64)
        .unwrap()
        .collect();
    assert_eq!(fast.len(), 5);
    assert_eq!(
        fast[4].as_ref().unwrap_err().to_string(),
        "node `second` panicked on item 4: second 4"
    );
    let all: Vec<_> = failing()
        .on_error(ErrorPolicy::Collect)
        .map_iter(inputs! {}, "x", 0..100_u64)
        .unwrap()
        .collect();
    assert_eq!(all.len(), 100);
    assert!(all[6].is_err() && all[4].is_err());
    assert_eq!(
        *all[99 - 3].as_ref().unwrap().get::<u64>("second").unwrap(),
        192
    );
}

#[test]
fn nothing_comes_after_the_error_that_ends_an_iteration() {
    let p = Pipeline::new(
        "p",
        nodes![node_fn!("y", |x: u64| if x == 3 {
            Err("three")
        } else {
            Ok(x)
        })],
    )
    .unwrap();
    let mut rows = p.map_iter(inputs! {}, "x", 0..100_u64).unwrap();
    assert_eq!(
        rows.by_ref()
            .take(4)
            .map(|row| row.is_ok())
            .collect::<Vec<_>>(),
        [true, true, true, false]
    );
    assert!(rows.next().is_none() && rows.next().is_none());
}
