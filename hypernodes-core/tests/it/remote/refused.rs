//! Values that refuse to travel, and bytes that are damaged on the way.

use super::*;

/// A value that refuses to be written, or to be read.
#[derive(Clone, Debug)]
struct Picky(u64);

impl Serialize for Picky {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0 % 10 {
            7 => Err(serde::ser::Error::custom("no sevens")),
            9 => panic!("no nines"),
            _ => self.0.serialize(serializer),
        }
    }
}

impl<'de> Deserialize<'de> for Picky {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match u64::deserialize(deserializer)? {
            value if value % 10 == 8 => Err(serde::de::Error::custom("no eights")),
            value => Ok(Self(value)),
        }
    }
}

#[node]
fn picks(x: u64) -> Result<Picky, String> {
    match x % 20 {
        12 => Err("no twelves".to_owned()),
        _ => Ok(Picky(x)),
    }
}

#[node]
fn unpicks(y: &Picky, k: u64) -> u64 {
    y.0 + k
}

#[test]
fn a_value_that_cannot_travel_costs_its_own_item() {
    let out = Pipeline::new("out", nodes![picks]).unwrap();
    let into = Pipeline::new("into", nodes![unpicks]).unwrap();
    for chunks in [None, Some(1), Some(4)] {
        for policy in [ErrorPolicy::Collect, ErrorPolicy::FailFast] {
            let there = |p: &Pipeline| p.on_error(policy).with_engine(Loopback::new(chunks));
            let x: Vec<u64> = (0..30).collect();
            let y: Vec<Picky> = (0..30).map(Picky).collect();
            let out = there(&out).map(inputs! { x: x.clone() }, ["x"]);
            let into = there(&into).map(inputs! { y: y, k: x }, ["y", "k"]);
            if policy == ErrorPolicy::FailFast {
                let told = error(&out.unwrap_err());
                assert!(
                    told.starts_with("node `picks` failed on item 7: Some(7)"),
                    "{told}"
                );
                assert!(
                    told.contains("<- output `picks` cannot be sent back"),
                    "{told}"
                );
                assert!(told.contains("a `Picky` cannot be written"), "{told}");
                let told = error(&into.unwrap_err());
                assert!(
                    told.starts_with("node `unpicks` failed on item 7: Some(7)"),
                    "{told}"
                );
                assert!(told.contains("<- input `y` cannot be sent"), "{told}");
                continue;
            }
            let (out, into) = (out.unwrap(), into.unwrap());
            let bad = |x: u64| matches!(x % 10, 7..=9);
            for (x, row) in (0..).zip(out.results::<Picky>("picks").unwrap()) {
                let is_there = !bad(x) && x != 12;
                assert_eq!(row.ok().map(|row| row.0), is_there.then_some(x));
            }
            for (x, row) in (0..).zip(into.results::<u64>("unpicks").unwrap()) {
                assert_eq!(row.ok().copied(), (!bad(x)).then_some(2 * x));
            }
            assert_eq!(out.failures().len(), 10);
            let of_items = out.failures().map(|failure| failure.items[0]);
            assert!(of_items.eq([7, 8, 9, 12, 17, 18, 19, 27, 28, 29]));
        }
    }
}

#[test]
fn damage_is_told_and_never_a_panic() {
    let inner = Pipeline::new("inner", nodes![halves, shout]).unwrap();
    let mapped = inner.as_node().map_over(["xs"]).rename_input("x", "xs");
    let p = Pipeline::new("p", nodes![{ mapped }, total]).unwrap();
    let p = p.on_error(ErrorPolicy::Collect).with_snapshots();
    let p = p.with_listener(|_: &Event| {});
    let lists: Vec<Vec<u64>> = (0..40).map(|i| (i..i + i % 4).collect()).collect();
    let words: Vec<String> = (0..2).map(|i| "long".repeat(200 + i)).collect();
    let mut told = 0;
    for seed in 1..400 {
        let engine = Loopback::new(Some(8));
        engine.damage.store(seed, Ordering::Relaxed);
        let inputs = inputs! { xs: lists.clone(), word: words.clone(), offset: 3_u64 };
        let runs = p
            .with_engine(engine)
            .map(inputs, MapOver::product(["word", "xs"]));
        match runs {
            Ok(runs) => assert_eq!(runs.len(), 80),
            Err(hypernodes::Error::Engine(EngineError::Failed { .. })) => told += 1,
            // A value that is no text can make a node fail, or what is read panic.
            Err(hypernodes::Error::Engine(EngineError::Panicked { message, .. })) => {
                panic!("seed {seed}: {message}")
            }
            Err(other) => panic!("seed {seed}: {other}"),
        }
    }
    assert!(told > 200, "{told} of 399 were told");
}
