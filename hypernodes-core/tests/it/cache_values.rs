//! Which values are cached, and what becomes of those that cannot be.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use hypernodes::NodeRef;
use hypernodes::prelude::*;
use proptest::prelude::*;

use crate::cache::{Cut, Store, add, alone, calls};

/// Some of its values cannot be written, or not be read back.
#[derive(Clone, Debug, PartialEq, serde::Deserialize)]
struct Odd(u64);

impl serde::Serialize for Odd {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if self.0 % 2 == 1 {
            return Err(serde::ser::Error::custom("odd"));
        }
        serializer.serialize_u64(self.0)
    }
}

#[hypernodes::node(cache)]
fn odd(x: u64) -> Odd {
    Odd(x)
}
#[hypernodes::node]
fn drops_some(odd: &Odd) -> Result<u64, String> {
    if odd.0.is_multiple_of(3) {
        Err("three".to_owned())
    } else {
        Ok(odd.0)
    }
}
#[hypernodes::node]
fn reads(odd: &Odd, drops_some: u64) -> u64 {
    odd.0 + drops_some
}
#[hypernodes::node]
fn takes(odd: Odd, reads: u64) -> u64 {
    odd.0 + reads
}

#[test]
fn values_that_cannot_be_written_are_not_cached_and_nothing_else() {
    let nodes = nodes![odd, drops_some, reads, takes];
    let p = Pipeline::new("p", nodes)
        .unwrap()
        .on_error(ErrorPolicy::Collect)
        .with_cache(Store::new());
    for _ in 0..3 {
        let runs = p.map(inputs! { x: 0..30_u64 }, "x").unwrap();
        let results = runs.results::<u64>("takes").unwrap();
        for (x, result) in results.into_iter().enumerate() {
            let expected = (x % 3 != 0).then_some(3 * x as u64);
            assert_eq!(result.ok().copied(), expected);
        }
        assert_eq!(
            *p.run(inputs! { x: 5_u64 })
                .unwrap()
                .get::<u64>("takes")
                .unwrap(),
            15
        );
    }
}

/// Cannot be cloned.
#[derive(Debug, serde::Serialize, serde::Deserialize)]
struct Model(Vec<u64>);

counted!(SCORED);
#[hypernodes::node(cache)]
fn scored(model: &Model, item: u64) -> u64 {
    add(&SCORED);
    model.0.iter().sum::<u64>() + item
}

#[hypernodes::node]
fn model(n: u64) -> Model {
    Model((0..n).collect())
}

#[hypernodes::node]
fn spent(model: Model, scores: &[u64]) -> u64 {
    model.0.len() as u64 + scores[0]
}

#[hypernodes::node]
fn may_fail(n: u64, scores: &[u64]) -> Result<u64, String> {
    if scores.is_empty() || n.is_multiple_of(2) {
        Err("even".to_owned())
    } else {
        Ok(n)
    }
}

#[test]
fn what_was_hashed_can_still_be_moved() {
    let inner = Pipeline::new("inner", nodes![scored]).unwrap();
    let node = || {
        inner
            .as_node()
            .rename_input("item", "items")
            .map_over("items")
            .rename_output("scored", "scores")
    };
    let items: Vec<u64> = (0..600).collect();
    let p = Pipeline::new("p", nodes![model, { node() }, spent])
        .unwrap()
        .with_cache(Store::new());
    for _ in 0..2 {
        let out = p.run(inputs! { n: 4_u64, items: items.clone() }).unwrap();
        assert_eq!(*out.get::<u64>("spent").unwrap(), 10);
    }
    assert_eq!(calls(&SCORED), 600);
    // As an output of a map, some of whose items fail.
    let p = Pipeline::new("p", nodes![model, { node() }, may_fail]).unwrap();
    let p = p
        .with_cache(Store::new())
        .on_error(ErrorPolicy::Collect)
        .with_engine(Cut::into(1));
    let runs = p
        .map(inputs! { n: 1..9_u64, items: items.clone() }, "n")
        .unwrap();
    let models = runs.results::<Model>("model").unwrap();
    assert_eq!(models[2].as_ref().unwrap().0, [0, 1, 2]);
    assert_eq!(calls(&SCORED), 8 * 600);
}

counted!(TAKEN);
#[hypernodes::node(cache)]
fn taken(text: String, k: &[u64]) -> String {
    add(&TAKEN);
    text + &k.len().to_string()
}

#[test]
fn values_taken_from_their_axis_and_broadcast_ones() {
    let p = Pipeline::new("p", nodes![taken])
        .unwrap()
        .with_cache(Store::new());
    let run = |texts: &[&str]| {
        let texts: Vec<String> = texts.iter().map(|&text| text.to_owned()).collect();
        let runs = p
            .map(inputs! { text: texts, k: vec![0_u64; 100_000] }, "text")
            .unwrap();
        (
            runs.column::<String>("taken").unwrap().concat(),
            calls(&TAKEN),
        )
    };
    assert_eq!(
        run(&["a", "b", "c"]),
        ("a100000b100000c100000".to_owned(), 3)
    );
    // One new item computes one.
    assert_eq!(
        run(&["c", "d", "a"]),
        ("c100000d100000a100000".to_owned(), 1)
    );
    let rows = ["d", "a", "e"].map(str::to_owned);
    for row in p
        .map_iter(inputs! { k: vec![0_u64; 100_000] }, "text", rows)
        .unwrap()
    {
        assert!(row.unwrap().get::<String>("taken").unwrap().ends_with('0'));
    }
    assert_eq!(calls(&TAKEN), 1);
}

fn no_state() -> Vec<u64> {
    Vec::new()
}

counted!(STATED);
#[hypernodes::node(cache, init = no_state)]
fn stated(#[state] seen: &mut Vec<u64>, x: u64) -> u64 {
    add(&STATED);
    seen.push(x);
    x + 1
}

#[test]
fn nodes_with_a_state_are_cached() {
    let p = Pipeline::new("p", nodes![stated])
        .unwrap()
        .with_cache(Store::new());
    for _ in 0..2 {
        let runs = p.map(inputs! { x: 0..10_u64 }, "x").unwrap();
        assert_eq!(
            runs.slice::<u64>("stated").unwrap(),
            (1..11).collect::<Vec<u64>>()
        );
    }
    assert_eq!(calls(&STATED), 10);
}

#[cfg(feature = "async")]
mod waiting {
    use super::*;

    counted!(FETCHED);
    #[hypernodes::node(cache)]
    async fn fetched(x: u64) -> Result<u64, String> {
        add(&FETCHED);
        if x == 4 {
            Err("no".to_owned())
        } else {
            Ok(x + 1)
        }
    }

    #[test]
    fn async_nodes_are_cached() {
        let p = Pipeline::new("p", nodes![fetched])
            .unwrap()
            .with_cache(Store::new());
        let p = p.on_error(ErrorPolicy::Collect);
        for computed in [10, 1, 1] {
            let runs = p.map(inputs! { x: 0..10_u64 }, "x").unwrap();
            assert_eq!(
                (
                    runs.failures().len(),
                    *runs.row(9).unwrap().get::<u64>("fetched").unwrap()
                ),
                (1, 10)
            );
            assert_eq!(calls(&FETCHED), computed);
        }
    }
}

#[derive(Clone, Debug)]
struct NoCodec;

#[test]
fn what_cannot_be_cached_is_told_when_the_pipeline_is_built() {
    let k = std::hint::black_box(3_u64);
    let told = |node: NodeRef| Pipeline::new("p", vec![node]).unwrap_err().to_string();
    let captures = told(node_fn!("y", cache, move |x: u64| x + k));
    assert!(captures.contains("captures values"), "{captures}");
    let output = told(node_fn!("y", cache, |x: u64| {
        let _ = x;
        NoCodec
    }));
    assert!(
        output.contains("output `y` is `NoCodec`, which has no codec"),
        "{output}"
    );
    let input = told(node_fn!("y", cache, |x: &NoCodec| {
        let _ = x;
        1_u64
    }));
    assert!(
        input.contains("input `x` is `NoCodec`, which has no codec"),
        "{input}"
    );
    let moved = told(node_fn!("y", cache, |x: Model| x.0.len()));
    assert!(moved.contains("takes `x` by value"), "{moved}");
}

static STEPS: AtomicUsize = AtomicUsize::new(0);

/// A node that takes two values, in four kinds: cached or not, failing for some or not.
fn step(name: &str, first: &str, second: &str, is_cached: bool, fails: bool) -> NodeRef {
    let node = match (is_cached, fails) {
        (false, false) => node_fn!("y", |one: u64, two: u64| one
            .wrapping_mul(3)
            .wrapping_add(two)),
        (true, false) => node_fn!("y", cache, |one: u64, two: u64| {
            STEPS.fetch_add(1, Ordering::SeqCst);
            one.wrapping_mul(5).wrapping_add(two)
        }),
        (false, true) => node_fn!("y", |one: u64, two: u64| -> Result<u64, String> {
            if one % 11 == 3 {
                Err(format!("{one}"))
            } else {
                Ok(one ^ two)
            }
        }),
        (true, true) => node_fn!("y", cache, |one: u64, two: u64| -> Result<u64, String> {
            STEPS.fetch_add(1, Ordering::SeqCst);
            if two % 13 == 5 {
                Err(format!("{two}"))
            } else {
                Ok(one.wrapping_sub(two))
            }
        }),
    };
    node.named(name.to_owned())
        .rename_output("y", name.to_owned())
        .rename_input("one", first.to_owned())
        .rename_input("two", second.to_owned())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]
    #[test]
    fn random_pipelines_give_the_same_with_a_cache_however_they_are_cut(
        steps in prop::collection::vec((any::<[prop::sample::Index; 2]>(), any::<bool>(), 0..5_u8), 1..8),
        xs in prop::collection::vec(0..40_u64, 0..30),
        known in prop::collection::vec(0..40_u64, 0..20),
        parts in [1..12_usize, 1..12],
        collects in any::<bool>(),
        lies in any::<bool>(),
    ) {
        let mut names = vec!["x".to_owned(), "k".to_owned()];
        let mut nodes = Vec::new();
        for (i, (from, is_cached, fails)) in steps.into_iter().enumerate() {
            let [first, second] = from.map(|from| names[from.index(names.len())].clone());
            let second = if first == second { names[usize::from(first == "x")].clone() } else { second };
            nodes.push(step(&format!("n{i}"), &first, &second, is_cached, fails == 0));
            names.push(format!("n{i}"));
        }
        let policy = if collects { ErrorPolicy::Collect } else { ErrorPolicy::FailFast };
        let p = Pipeline::new("p", nodes).unwrap().on_error(policy);
        // Whatever the pipeline needs of these.
        let given = |axis: &[u64]| {
            let mut given = Inputs::new();
            let needs = |name| p.inputs().any(|input| input == name);
            if needs("x") { given = given.with("x", axis.to_vec()); }
            if needs("k") { given = given.with("k", 7_u64); }
            given
        };
        prop_assume!(p.inputs().any(|input| input == "x"));
        let all = |runs: Result<hypernodes::Runs, hypernodes::Error>| match runs {
            Err(error) => format!("{error:?}"),
            Ok(runs) => {
                let columns = runs.names().map(|name| runs.results::<u64>(name).unwrap());
                let text = columns.map(|column| format!("{column:?}")).collect::<Vec<_>>();
                text.join(";")
            }
        };
        let _alone = alone();
        let expected = all(p.map(given(&xs), "x"));
        let store = Store::new();
        let cached = |parts| p.with_cache(Arc::clone(&store) as _).with_engine(Cut::into(parts));
        drop(cached(parts[1]).map(given(&known), "x"));
        store.always_lies.store(lies, Ordering::SeqCst);
        prop_assert_eq!(&all(cached(parts[0]).map(given(&xs), "x")), &expected);
        store.always_lies.store(false, Ordering::SeqCst);
        prop_assert_eq!(&all(cached(parts[1]).map(given(&xs), "x")), &expected);
        let before = store.keys();
        STEPS.store(0, Ordering::SeqCst);
        prop_assert_eq!(&all(cached(parts[0]).map(given(&xs), "x")), &expected);
        prop_assert_eq!(&store.keys(), &before, "keys do not depend on how a map is cut");
        if !expected.contains("Failure") {
            prop_assert_eq!(STEPS.load(Ordering::SeqCst), 0, "everything is found");
        }
    }
}
