//! The loops over rows: dense, broadcast, moved; failing rows in each.

use hypernodes::prelude::*;
use hypernodes::{Error, Failure, MapOver, NodeRef};

#[node]
fn plain(x: f64, k: f64) -> f64 {
    assert!(x != 3.0, "three");
    x + k
}

#[node]
fn lent(x: &f64, k: &f64) -> f64 {
    assert!(*x != 3.0, "three");
    x + k
}

#[node]
fn fallible(x: f64, k: &f64) -> Result<f64, String> {
    assert!(x != 3.0, "three");
    if x == 5.0 {
        Err("five".to_owned())
    } else {
        Ok(x + k)
    }
}

#[node]
fn three(x: f64, k: &f64, #[default(0.0)] zero: f64) -> f64 {
    assert!(x != 3.0, "three");
    x + k + zero
}

#[node(outputs = ("sum", "diff"))]
fn pair(x: f64, k: f64) -> (f64, f64) {
    assert!(x != 3.0, "three");
    (x + k, x - k)
}

#[node(outputs = ("sum", "diff"))]
fn fallible_pair(x: f64, k: f64) -> Result<(f64, f64), String> {
    assert!(x != 3.0, "three");
    if x == 5.0 {
        Err("five".to_owned())
    } else {
        Ok((x + k, x - k))
    }
}

fn xs() -> Vec<f64> {
    (0..8).map(f64::from).collect()
}

/// What a node gives for each item, in the first output: over two axes, and with one of them broadcast.
fn told(node: NodeRef) -> [Vec<String>; 2] {
    let output = node.signature().outputs[0].name.clone();
    let p = Pipeline::new("p", vec![node])
        .expect("it builds")
        .on_error(ErrorPolicy::Collect);
    let tell = |runs: hypernodes::Runs| -> Vec<String> {
        let results = runs.results::<f64>(&output).expect("the output is there");
        results
            .into_iter()
            .map(|result| result.map_or_else(Failure::message, f64::to_string))
            .collect()
    };
    let ones = vec![1.0; 8];
    let dense = p
        .map(inputs! { x: xs(), k: ones }, MapOver::zip(["x", "k"]))
        .expect("failures are collected");
    let broadcast = p
        .map(inputs! { x: xs(), k: 1.0 }, MapOver::zip(["x"]))
        .expect("failures are collected");
    [tell(dense), tell(broadcast)]
}

#[test]
fn failing_rows_are_left_out_whatever_the_loop() {
    let panicking = ["1", "2", "3", "panicked: three", "5", "6", "7", "8"];
    let failing = ["1", "2", "3", "panicked: three", "5", "five", "7", "8"];
    for node in nodes![plain, lent, three, pair] {
        assert_eq!(told(node.clone()), [panicking, panicking], "{node:?}");
    }
    for node in nodes![fallible, fallible_pair] {
        assert_eq!(told(node.clone()), [failing, failing], "{node:?}");
    }
}

#[node]
fn moved(text: String, k: &u8, other: String) -> String {
    assert!(!text.contains('3'), "three");
    format!("{text}{k}{other}")
}

#[node(output = "text")]
fn make(x: &f64) -> String {
    x.to_string()
}

#[node(output = "other")]
fn make_other(x: f64) -> Result<String, String> {
    if x == 1.0 {
        Err("one".to_owned())
    } else {
        Ok(format!("/{x}"))
    }
}

#[test]
fn moved_values_stay_with_their_row() -> Result<(), Error> {
    let p = Pipeline::new("p", nodes![make, make_other, moved])?
        .select(["moved"])?
        .on_error(ErrorPolicy::Collect);
    let runs = p.map(inputs! { x: xs(), k: 1_u8 }, MapOver::zip(["x"]))?;
    let told: Vec<String> = runs
        .results::<String>("moved")?
        .into_iter()
        .map(|r| r.map_or_else(Failure::message, Clone::clone))
        .collect();
    assert_eq!(
        told,
        [
            "01/0",
            "one",
            "21/2",
            "panicked: three",
            "41/4",
            "51/5",
            "61/6",
            "71/7"
        ]
    );
    Ok(())
}

/// Counts its clones.
#[derive(Debug)]
struct Counted(std::sync::Arc<std::sync::atomic::AtomicUsize>);

impl Clone for Counted {
    fn clone(&self) -> Self {
        self.0.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        Self(std::sync::Arc::clone(&self.0))
    }
}

#[node(output = "b")]
fn first(a: Counted) -> Counted {
    a
}

#[node(output = "c")]
fn second(b: Counted) -> Counted {
    b
}

#[node(output = "d")]
fn third(c: &Counted) -> usize {
    c.0.load(std::sync::atomic::Ordering::Relaxed)
}

#[node(output = "e")]
fn fourth(b: Counted) -> usize {
    b.0.load(std::sync::atomic::Ordering::Relaxed)
}

#[test]
fn a_value_is_moved_at_its_last_use_and_cloned_before() -> Result<(), Error> {
    let counted = Counted(std::sync::Arc::default());
    pipeline! { fn chain(a: Counted) -> (d: usize) { first, second, third } }
    assert_eq!(chain(counted.clone()).d, 1, "only the clone of the test");
    pipeline! { fn fork(a: Counted) -> (d: usize, e: usize) { first, second, third, fourth } }
    let clones = counted.0.load(std::sync::atomic::Ordering::Relaxed);
    let out = fork(counted.clone());
    assert_eq!(
        out.d.max(out.e),
        clones + 2,
        "the clone of the test, and one for two uses"
    );
    let p = Pipeline::new("p", nodes![first, second, third])?.select(["d"])?;
    let clones = counted.0.load(std::sync::atomic::Ordering::Relaxed);
    assert_eq!(
        *p.run(Inputs::new().with("a", counted))?.get::<usize>("d")?,
        clones
    );
    Ok(())
}
