//! A dynamic map of four nodes over a million items, on one thread.

use hypernodes::{Column, ErrorPolicy, Inputs, nodes};

use super::Case;
use crate::nodes::{
    Collected, by_hand, by_value, calls, failing, fallible, last, map_column, map_runs, maths,
};
use crate::nodes::{broadcast, defaulted, plain, texts};
use crate::{Bar, BoxError, Group, Implementation, Unit, fixtures, naive};

pub(super) const GROUPS: &[Case] = &[
    ("map/by_reference/n=1e6", by_reference_),
    ("map/by_value/n=1e6", by_value_),
    ("map/broadcast/n=1e6", broadcast_),
    ("map/default_by_value/n=1e6", defaulted_),
    ("map/fallible/n=1e6", fallible_),
    ("map/one_in_1000_fails/n=1e6", fails_rarely),
    ("map/one_in_10_fails/n=1e6", fails_often),
    ("map/calls/n=1e6", calls_),
    ("map/maths/n=1e6", maths_),
    ("map/texts_by_value/n=1e5", texts_),
];

const ITEMS: usize = 1_000_000;
const NODE_CALL: Unit = Unit::NanosPer("node call", 4.0 * ITEMS as f64);
const PIPELINE: &str = "pipeline";
const BY_HAND: &str = "hand-written loop";

fn group(title: &'static str) -> Group {
    Group::new(title, ITEMS as u64, NODE_CALL)
}

fn by_reference_() -> Result<Group, BoxError> {
    let (x, pipeline) = (fixtures::numbers(ITEMS), plain()?);
    let column = Column::from_vec(x.clone());
    let xs = || x.clone();
    let (hand, columns, parallel, slots, names) = (xs(), xs(), xs(), xs(), xs());
    let steps = || {
        naive::chain::<f64>(&[
            by_value::plus,
            by_value::times,
            by_value::minus,
            by_value::square,
        ])
    };
    let (for_slots, for_names) = (steps(), steps());
    let (plus, times) = (
        |x: &[f64]| each(x, by_value::plus),
        |x: &[f64]| each(x, by_value::times),
    );
    let (minus, square) = (
        |x: &[f64]| each(x, by_value::minus),
        |x: &[f64]| each(x, by_value::square),
    );
    Ok(group("map, 4 nodes, plain columns")
        .with(Implementation::new(BY_HAND, move || {
            hand.iter().map(by_hand::reference).collect::<Vec<f64>>()
        }))
        .with(
            Implementation::new(PIPELINE, move || map_column::<f64>(&pipeline, &column))
                .bar(Bar::AtMost(0.5)),
        )
        .with(Implementation::new("whole-Vec columns", move || {
            square(&minus(&times(&plus(&columns))))
        }))
        .with(Implementation::new("rayon, 4 calls inside", move || {
            naive::rayon_map(&parallel, by_hand::value)
        }))
        .with(Implementation::new("slots of Box<dyn Any>", move || {
            each(&slots, |x| naive::slots(&for_slots, x))
        }))
        .with(Implementation::new(
            "HashMap<String, Box<dyn Any>>",
            move || each(&names, |x| naive::names(&for_names, x)),
        )))
}

fn each<T: Copy, U>(x: &[T], function: impl Fn(T) -> U) -> Vec<U> {
    x.iter().map(|&x| function(x)).collect()
}

fn by_value_() -> Result<Group, BoxError> {
    use by_value::{minus, plus, square, times};
    let x = fixtures::numbers(ITEMS);
    let (pipeline, column) = (
        last("by_value", nodes![plus, times, minus, square], "d")?,
        Column::from_vec(x.clone()),
    );
    Ok(group("map, 4 nodes, by value")
        .with(Implementation::new(BY_HAND, move || {
            each(&x, by_hand::value)
        }))
        .with(
            Implementation::new(PIPELINE, move || map_column::<f64>(&pipeline, &column))
                .bar(Bar::AtMost(1.0)),
        ))
}

fn broadcast_() -> Result<Group, BoxError> {
    use broadcast::{minus, plus, square, times};
    let x = fixtures::numbers(ITEMS);
    let pipeline = last("broadcast", nodes![plus, times, minus, square], "d")?.bind("k", 0.75)?;
    let column = Column::from_vec(x.clone());
    Ok(group("map, 4 nodes, each with a broadcast input")
        .with(Implementation::new(BY_HAND, move || {
            let k = std::hint::black_box(0.75);
            each(&x, |x| by_hand::with(x, k))
        }))
        .with(
            Implementation::new(PIPELINE, move || map_column::<f64>(&pipeline, &column))
                .bar(Bar::AtMost(1.0)),
        ))
}

fn defaulted_() -> Result<Group, BoxError> {
    use defaulted::{minus, plus, square, times};
    let x = fixtures::numbers(ITEMS);
    let pipeline = last("defaulted", nodes![plus, times, minus, square], "d")?;
    let column = Column::from_vec(x.clone());
    Ok(group("map, 4 nodes, each with a default by value")
        .with(Implementation::new(BY_HAND, move || {
            let k = std::hint::black_box(0.75);
            each(&x, |x| by_hand::with(x, k))
        }))
        .with(
            Implementation::new(PIPELINE, move || map_column::<f64>(&pipeline, &column))
                .bar(Bar::AtMost(1.0)),
        ))
}

fn fallible_() -> Result<Group, BoxError> {
    use fallible::{minus, plus, square, times};
    let x = fixtures::numbers(ITEMS);
    let (pipeline, column) = (
        last("fallible", nodes![plus, times, minus, square], "d")?,
        Column::from_vec(x.clone()),
    );
    Ok(group("map, 4 fallible nodes, none fails")
        .with(Implementation::new(BY_HAND, move || {
            x.iter()
                .map(|&x| by_hand::fallible(x))
                .collect::<Result<Vec<f64>, String>>()
                .unwrap_or_default()
        }))
        .with(
            Implementation::new(PIPELINE, move || map_column::<f64>(&pipeline, &column))
                .bar(Bar::AtMost(1.0)),
        ))
}

fn fails_rarely() -> Result<Group, BoxError> {
    fails("map, 4 nodes, 1 item in 1,000 fails (`Collect`)", 1_000)
}

fn fails_often() -> Result<Group, BoxError> {
    let mut group = fails("map, 4 nodes, 1 item in 10 fails (`Collect`)", 10)?;
    group
        .implementations
        .iter_mut()
        .for_each(|one| one.bars.clear());
    Ok(group)
}

fn fails(title: &'static str, one_in: usize) -> Result<Group, BoxError> {
    use by_value::{minus, square, times};
    use failing::plus;
    let mut x = fixtures::numbers(ITEMS);
    x.iter_mut().step_by(one_in).for_each(|x| *x = -*x);
    let pipeline =
        last("failing", nodes![plus, times, minus, square], "d")?.on_error(ErrorPolicy::Collect);
    let column = Column::from_vec(x.clone());
    Ok(group(title)
        .with(Implementation::new(BY_HAND, move || {
            each(&x, by_hand::failing)
        }))
        .with(
            Implementation::new(PIPELINE, move || Collected(map_runs(&pipeline, &column)))
                .bar(Bar::AtMost(2.0)),
        ))
}

fn calls_() -> Result<Group, BoxError> {
    use calls::{flip, minus, plus, times};
    let x = fixtures::integers(ITEMS);
    let (pipeline, column) = (
        last("calls", nodes![plus, times, flip, minus], "d")?,
        Column::from_vec(x.clone()),
    );
    let (hand, parallel, slots, names) = (x.clone(), x.clone(), x.clone(), x);
    let steps = || naive::chain::<i64>(&[plus, times, flip, minus]);
    let (for_slots, for_names) = (steps(), steps());
    Ok(group("map, 4 nodes of about 1 ns, not inlined")
        .with(Implementation::new(BY_HAND, move || {
            each(&hand, by_hand::calls)
        }))
        .with(
            Implementation::new(PIPELINE, move || map_column::<i64>(&pipeline, &column)).bar(
                Bar::Within {
                    of: BY_HAND,
                    factor: 1.1,
                },
            ),
        )
        .with(Implementation::new("rayon, 4 calls inside", move || {
            naive::rayon_map(&parallel, by_hand::calls)
        }))
        .with(Implementation::new("slots of Box<dyn Any>", move || {
            each(&slots, |x| naive::slots(&for_slots, x))
        }))
        .with(Implementation::new(
            "HashMap<String, Box<dyn Any>>",
            move || each(&names, |x| naive::names(&for_names, x)),
        )))
}

fn maths_() -> Result<Group, BoxError> {
    use maths::{exponential, logarithm, root, sine};
    let x = fixtures::numbers(ITEMS);
    let pipeline = last("maths", nodes![exponential, logarithm, sine, root], "d")?;
    let column = Column::from_vec(x.clone());
    Ok(group("map, exp, ln, sin, sqrt")
        .with(Implementation::new(BY_HAND, move || {
            each(&x, by_hand::maths)
        }))
        .with(
            Implementation::new(PIPELINE, move || map_column::<f64>(&pipeline, &column)).bar(
                Bar::Within {
                    of: BY_HAND,
                    factor: 1.1,
                },
            ),
        ))
}

fn texts_() -> Result<Group, BoxError> {
    use texts::{closed, opened};
    const TEXTS: usize = 100_000;
    let x = fixtures::texts(TEXTS);
    let (pipeline, other) = (last("texts", nodes![opened, closed], "b")?, x.clone());
    let unit = Unit::NanosPer("node call", 2.0 * TEXTS as f64);
    Ok(
        Group::new("map, 2 nodes, texts moved through", TEXTS as u64, unit)
            .with(Implementation::prepared(
                BY_HAND,
                move || x.clone(),
                |x: Vec<String>| x.into_iter().map(by_hand::texts).collect::<Vec<String>>(),
            ))
            .with(Implementation::prepared(
                PIPELINE,
                move || other.clone(),
                move |x: Vec<String>| {
                    let runs = pipeline.map(Inputs::new().with("x", x), ["x"]);
                    runs.and_then(|mut runs| runs.take_column::<String>("b"))
                        .unwrap_or_default()
                },
            )),
    )
}
