//! The functions that are mapped, four in a row, and the pipelines of them.
//!
//! Each chain exists as nodes and, in [`by_hand`], as one plain function that calls the same functions.

use hypernodes::{BuildErrors, Column, Inputs, NodeRef, Pipeline, Runs, nodes};

use crate::group::{Digest, mix};

/// Inputs by reference.
pub(crate) mod by_reference {
    use hypernodes::node;

    #[node(output = "a")]
    pub(crate) fn plus(x: &f64) -> f64 {
        x + 1.5
    }

    #[node(output = "b")]
    pub(crate) fn times(a: &f64) -> f64 {
        a * 0.75
    }

    #[node(output = "c")]
    pub(crate) fn minus(b: &f64) -> f64 {
        b - 2.25
    }

    #[node(output = "d")]
    pub(crate) fn square(c: &f64) -> f64 {
        c * c
    }
}

/// Inputs by value.
pub(crate) mod by_value {
    use hypernodes::node;

    #[node(output = "a")]
    pub(crate) fn plus(x: f64) -> f64 {
        x + 1.5
    }

    #[node(output = "b")]
    pub(crate) fn times(a: f64) -> f64 {
        a * 0.75
    }

    #[node(output = "c")]
    pub(crate) fn minus(b: f64) -> f64 {
        b - 2.25
    }

    #[node(output = "d")]
    pub(crate) fn square(c: f64) -> f64 {
        c * c
    }
}

/// A second input that is the same for every item, by reference.
pub(crate) mod broadcast {
    use hypernodes::node;

    #[node(output = "a")]
    pub(crate) fn plus(x: &f64, k: &f64) -> f64 {
        x + k
    }

    #[node(output = "b")]
    pub(crate) fn times(a: &f64, k: &f64) -> f64 {
        a * k
    }

    #[node(output = "c")]
    pub(crate) fn minus(b: &f64, k: &f64) -> f64 {
        b - k
    }

    #[node(output = "d")]
    pub(crate) fn square(c: &f64, k: &f64) -> f64 {
        c * c + k
    }
}

/// A second input by value, with a default.
pub(crate) mod defaulted {
    use hypernodes::node;

    #[node(output = "a")]
    pub(crate) fn plus(x: f64, #[default(0.75)] k: f64) -> f64 {
        x + k
    }

    #[node(output = "b")]
    pub(crate) fn times(a: f64, #[default(0.75)] k: f64) -> f64 {
        a * k
    }

    #[node(output = "c")]
    pub(crate) fn minus(b: f64, #[default(0.75)] k: f64) -> f64 {
        b - k
    }

    #[node(output = "d")]
    pub(crate) fn square(c: f64, #[default(0.75)] k: f64) -> f64 {
        c * c + k
    }
}

/// Nodes that may fail; with inputs above 0 none does.
pub(crate) mod fallible {
    use hypernodes::node;

    fn checked(y: f64) -> Result<f64, String> {
        if y.is_finite() {
            Ok(y)
        } else {
            Err(format!("{y}"))
        }
    }

    /// # Errors
    /// A result that is no number.
    #[node(output = "a")]
    pub(crate) fn plus(x: f64) -> Result<f64, String> {
        checked(x + 1.5)
    }

    /// # Errors
    /// A result that is no number.
    #[node(output = "b")]
    pub(crate) fn times(a: f64) -> Result<f64, String> {
        checked(a * 0.75)
    }

    /// # Errors
    /// A result that is no number.
    #[node(output = "c")]
    pub(crate) fn minus(b: f64) -> Result<f64, String> {
        checked(b - 2.25)
    }

    /// # Errors
    /// A result that is no number.
    #[node(output = "d")]
    pub(crate) fn square(c: f64) -> Result<f64, String> {
        checked(c * c)
    }
}

/// A first node that fails for some items.
pub(crate) mod failing {
    use hypernodes::node;

    /// # Errors
    /// A number that is not positive.
    #[node(output = "a")]
    pub(crate) fn plus(x: f64) -> Result<f64, String> {
        if x > 0.0 {
            Ok(x + 1.5)
        } else {
            Err("not positive".to_owned())
        }
    }
}

/// Functions that are not inlined: each costs about a nanosecond.
pub(crate) mod calls {
    use std::hint::black_box;

    use hypernodes::node;

    #[node(output = "a")]
    #[inline(never)]
    pub(crate) fn plus(x: i64) -> i64 {
        black_box(x) + 1
    }

    #[node(output = "b")]
    #[inline(never)]
    pub(crate) fn times(a: i64) -> i64 {
        black_box(a) * 3
    }

    #[node(output = "c")]
    #[inline(never)]
    pub(crate) fn flip(b: i64) -> i64 {
        black_box(b) ^ 0x55
    }

    #[node(output = "d")]
    #[inline(never)]
    pub(crate) fn minus(c: i64) -> i64 {
        black_box(c) - 7
    }
}

/// Functions of the mathematical library.
pub(crate) mod maths {
    use hypernodes::node;

    #[node(output = "a")]
    pub(crate) fn exponential(x: f64) -> f64 {
        x.exp()
    }

    #[node(output = "b")]
    pub(crate) fn logarithm(a: f64) -> f64 {
        (a + 1.0).ln()
    }

    #[node(output = "c")]
    pub(crate) fn sine(b: f64) -> f64 {
        b.sin()
    }

    #[node(output = "d")]
    pub(crate) fn root(c: f64) -> f64 {
        (c + 2.0).sqrt()
    }
}

/// Texts that move from node to node.
pub(crate) mod texts {
    use hypernodes::node;

    #[node(output = "a")]
    pub(crate) fn opened(mut x: String) -> String {
        x.push('<');
        x
    }

    #[node(output = "b")]
    pub(crate) fn closed(mut a: String) -> String {
        a.push('>');
        a
    }
}

/// Every chain as one plain function.
pub(crate) mod by_hand {
    use super::{by_reference, by_value, calls, failing, fallible, maths, texts};

    #[inline]
    pub(crate) fn reference(x: &f64) -> f64 {
        by_reference::square(&by_reference::minus(&by_reference::times(
            &by_reference::plus(x),
        )))
    }

    #[inline]
    pub(crate) fn value(x: f64) -> f64 {
        by_value::square(by_value::minus(by_value::times(by_value::plus(x))))
    }

    /// The chain of `broadcast` and of `defaulted`.
    #[inline]
    pub(crate) fn with(x: f64, k: f64) -> f64 {
        let c = (x + k) * k - k;
        c * c + k
    }

    /// # Errors
    /// Those of the nodes.
    #[inline]
    pub(crate) fn fallible(x: f64) -> Result<f64, String> {
        fallible::square(fallible::minus(fallible::times(fallible::plus(x)?)?)?)
    }

    /// # Errors
    /// Those of the first node.
    #[inline]
    pub(crate) fn failing(x: f64) -> Result<f64, String> {
        Ok(by_value::square(by_value::minus(by_value::times(
            failing::plus(x)?,
        ))))
    }

    #[inline]
    pub(crate) fn calls(x: i64) -> i64 {
        calls::minus(calls::flip(calls::times(calls::plus(x))))
    }

    #[inline]
    pub(crate) fn maths(x: f64) -> f64 {
        maths::root(maths::sine(maths::logarithm(maths::exponential(x))))
    }

    #[inline]
    pub(crate) fn texts(x: String) -> String {
        texts::closed(texts::opened(x))
    }
}

/// The chain by reference, its last output.
///
/// # Errors
/// None.
pub(crate) fn plain() -> Result<Pipeline, BuildErrors> {
    use by_reference::{minus, plus, square, times};
    last("plain", nodes![plus, times, minus, square], "d")
}

/// A pipeline that gives one output only.
///
/// # Errors
/// What the nodes make wrong.
pub(crate) fn last(
    name: &'static str,
    nodes: Vec<NodeRef>,
    output: &str,
) -> Result<Pipeline, BuildErrors> {
    Pipeline::new(name, nodes)?.select([output])
}

/// Maps a pipeline over a shared column of `x`, so that copying the input is not measured.
pub(crate) fn map_column<T: Clone + Send + Sync + 'static>(
    pipeline: &Pipeline,
    x: &Column,
) -> Vec<T> {
    let mut runs = map_runs(pipeline, x);
    runs.take_column("d").unwrap_or_default()
}

/// Maps a pipeline over a shared column of `x`.
pub(crate) fn map_runs(pipeline: &Pipeline, x: &Column) -> Runs {
    let inputs = Inputs::new().with_column("x", x.clone());
    pipeline
        .map(inputs, ["x"])
        .expect("no chain fails but those that collect their failures")
}

/// The results of a map that collects failures.
#[derive(Debug)]
pub(crate) struct Collected(pub(crate) Runs);

impl Digest for Collected {
    fn digest(&self) -> u64 {
        let Ok(results) = self.0.results::<f64>("d") else {
            return 0;
        };
        let one = |digest, result: &Result<&f64, _>| {
            mix(
                digest,
                result
                    .as_ref()
                    .map_or(u64::MAX, |value| mix(1, value.to_bits())),
            )
        };
        results.iter().fold(results.len() as u64, one)
    }
}
