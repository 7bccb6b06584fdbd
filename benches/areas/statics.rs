//! Pipelines wired at compile time, against the functions that one would write by hand.

use hypernodes::pipeline;
use rayon::prelude::*;

use super::Case;
use crate::nodes::by_hand;
use crate::nodes::by_value::{minus, plus, square, times};
use crate::nodes::maths::{exponential, logarithm, root, sine};
use crate::{Bar, BoxError, Digest, Group, Implementation, Unit, fixtures};

pub(super) const GROUPS: &[Case] = &[
    ("statics/call/plain", call_plain),
    ("statics/call/calls", call_calls),
    ("statics/call/maths", call_maths),
    ("statics/map/plain", map_plain),
    ("statics/map/calls", map_calls),
    ("statics/map/maths", map_maths),
];

pipeline! {
    /// Four additions and multiplications.
    pub fn arithmetic(x: f64) -> (d: f64) { plus, times, minus, square }
}

pipeline! {
    /// Four functions of the mathematical library.
    pub fn mathematics(x: f64) -> (d: f64) { exponential, logarithm, sine, root }
}

/// In a module of its own, because the functions have the names of others.
pub(super) mod not_inlined {
    use hypernodes::pipeline;

    use crate::nodes::calls::{flip, minus, plus, times};

    pipeline! {
        /// Four functions that are not inlined.
        pub fn four_calls(x: i64) -> (d: i64) { plus, times, flip, minus }
    }
}
use not_inlined::{FourCallsOutput, four_calls};

impl Digest for ArithmeticOutput {
    fn digest(&self) -> u64 {
        self.d.digest()
    }
}

impl Digest for MathematicsOutput {
    fn digest(&self) -> u64 {
        self.d.digest()
    }
}

impl Digest for FourCallsOutput {
    fn digest(&self) -> u64 {
        self.d.digest()
    }
}

const ITEMS: usize = 1_000_000;
const HAND_FUNCTION: &str = "hand-written function";
const HAND_RAYON: &str = "hand-written rayon loop";

/// The bar of every static pipeline: within 5 % of what one would write by hand.
fn bar(of: &'static str) -> Bar {
    Bar::Within { of, factor: 1.05 }
}

fn group(title: &'static str) -> Group {
    Group::new(title, ITEMS as u64, Unit::NanosPer("item", ITEMS as f64))
}

fn call_plain() -> Result<Group, BoxError> {
    let x = fixtures::numbers(ITEMS);
    let other = x.clone();
    Ok(group("static pipeline in a loop, plain arithmetic")
        .with(Implementation::new(HAND_FUNCTION, move || {
            x.iter().map(|&x| by_hand::value(x)).collect::<Vec<f64>>()
        }))
        .with(
            Implementation::new("pipeline!", move || {
                other.iter().map(|&x| arithmetic(x).d).collect::<Vec<f64>>()
            })
            .bar(bar(HAND_FUNCTION)),
        ))
}

fn call_calls() -> Result<Group, BoxError> {
    let x = fixtures::integers(ITEMS);
    let other = x.clone();
    Ok(
        group("static pipeline in a loop, 4 calls that are not inlined")
            .with(Implementation::new(HAND_FUNCTION, move || {
                x.iter().map(|&x| by_hand::calls(x)).collect::<Vec<i64>>()
            }))
            .with(
                Implementation::new("pipeline!", move || {
                    other.iter().map(|&x| four_calls(x).d).collect::<Vec<i64>>()
                })
                .bar(bar(HAND_FUNCTION)),
            ),
    )
}

fn call_maths() -> Result<Group, BoxError> {
    let x = fixtures::numbers(ITEMS);
    let other = x.clone();
    Ok(group("static pipeline in a loop, exp, ln, sin, sqrt")
        .with(Implementation::new(HAND_FUNCTION, move || {
            x.iter().map(|&x| by_hand::maths(x)).collect::<Vec<f64>>()
        }))
        .with(
            Implementation::new("pipeline!", move || {
                other
                    .iter()
                    .map(|&x| mathematics(x).d)
                    .collect::<Vec<f64>>()
            })
            .bar(bar(HAND_FUNCTION)),
        ))
}

fn map_plain() -> Result<Group, BoxError> {
    let x = fixtures::numbers(ITEMS);
    let other = x.clone();
    Ok(group("`map` of a static pipeline, plain arithmetic")
        .with(Implementation::new(HAND_RAYON, move || {
            x.par_iter()
                .map(|&x| by_hand::value(x))
                .collect::<Vec<f64>>()
        }))
        .with(
            Implementation::new("pipeline!", move || arithmetic::map(&other, |&x| x))
                .bar(bar(HAND_RAYON)),
        ))
}

fn map_calls() -> Result<Group, BoxError> {
    let x = fixtures::integers(ITEMS);
    let other = x.clone();
    Ok(
        group("`map` of a static pipeline, 4 calls that are not inlined")
            .with(Implementation::new(HAND_RAYON, move || {
                x.par_iter()
                    .map(|&x| by_hand::calls(x))
                    .collect::<Vec<i64>>()
            }))
            .with(
                Implementation::new("pipeline!", move || four_calls::map(&other, |&x| x))
                    .bar(bar(HAND_RAYON)),
            ),
    )
}

fn map_maths() -> Result<Group, BoxError> {
    let x = fixtures::numbers(ITEMS);
    let other = x.clone();
    Ok(group("`map` of a static pipeline, exp, ln, sin, sqrt")
        .with(Implementation::new(HAND_RAYON, move || {
            x.par_iter()
                .map(|&x| by_hand::maths(x))
                .collect::<Vec<f64>>()
        }))
        .with(
            Implementation::new("pipeline!", move || mathematics::map(&other, |&x| x))
                .bar(bar(HAND_RAYON)),
        ))
}
