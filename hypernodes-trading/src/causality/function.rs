//! The check of a function.

use std::error::Error;

use super::series::Value;
use super::{PerBar, Prefixes};

/// A value that depends on later bars. Bars count from 0.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "output `{output}` of bar {bar} is {on_first} from the first {first} bars, but {on_all} from all \
     {bars}: it depends on later bars"
)]
#[non_exhaustive]
pub struct Peek {
    /// The output.
    pub output: String,
    /// The bar.
    pub bar: usize,
    /// How many first bars were given.
    pub first: usize,
    /// How many bars there are.
    pub bars: usize,
    /// The value from the first bars.
    pub on_first: String,
    /// The value from all bars.
    pub on_all: String,
}

/// Why a computation is not known to be causal.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CausalityError {
    /// A value depends on later bars.
    #[error(transparent)]
    Peek(#[from] Peek),
    /// The computation failed.
    #[error("it fails on the first {first} bars; set `least` if it needs more")]
    Failed {
        /// How many first bars were given.
        first: usize,
        /// Its error.
        source: Box<dyn Error + Send + Sync>,
    },
    /// An output has not one value for each bar.
    #[error("output `{output}` has {found} values for the first {first} bars, expected one a bar")]
    Length {
        /// The output.
        output: String,
        /// How many first bars were given.
        first: usize,
        /// How many values came.
        found: usize,
    },
    /// The outputs are others than those from all bars.
    #[error("there is no output `{output}` from the first {first} bars, but there is from all")]
    Missing {
        /// The output.
        output: String,
        /// How many first bars were given.
        first: usize,
    },
}

/// Runs `run` on the first bars alone, for many numbers of them, and demands the bits that it gives
/// for all bars.
///
/// `data` is what it computes from: [`Bars`](crate::Bars), a `Vec` of prices, or a
/// [`Series`](super::Series) of several columns. The outputs are named columns with one value a
/// bar.
///
/// # Errors
/// The first thing that is wrong, by number of first bars, then by output, then by bar.
///
/// # Example
/// ```
/// use std::convert::Infallible;
/// use hypernodes_trading::causality::{Prefixes, check};
/// let prices = vec![3.0, 1.0, 4.0, 1.0, 5.0];
/// let prefixes = Prefixes::default();
/// let mean_of_two = |x: &Vec<f64>| {
///     let means = (0..x.len()).map(|i| (x[i] + x[i.saturating_sub(1)]) / 2.0).collect();
///     Ok::<_, Infallible>(vec![("mean", means)])
/// };
/// check(&prices, &prefixes, mean_of_two)?;
///
/// let tomorrow = |x: &Vec<f64>| {
///     let next = (0..x.len()).map(|i| *x.get(i + 1).unwrap_or(&f64::NAN)).collect();
///     Ok::<_, Infallible>(vec![("next", next)])
/// };
/// assert_eq!(
///     check(&prices, &prefixes, tomorrow).unwrap_err().to_string(),
///     "output `next` of bar 0 is NaN from the first 1 bars, but 1.0 from all 5: it depends on later bars"
/// );
/// # Ok::<(), hypernodes_trading::causality::CausalityError>(())
/// ```
pub fn check<D: PerBar, N: Into<String>, E: Into<Box<dyn Error + Send + Sync>>>(
    data: &D,
    prefixes: &Prefixes,
    mut run: impl FnMut(&D) -> Result<Vec<(N, Vec<f64>)>, E>,
) -> Result<(), CausalityError> {
    let bars = data.bars();
    let mut outputs = |data: &D, first: usize| -> Result<Vec<(String, Vec<f64>)>, CausalityError> {
        let found = run(data).map_err(|error| CausalityError::Failed {
            first,
            source: error.into(),
        })?;
        let named = found
            .into_iter()
            .map(|(name, values)| (name.into(), values));
        named
            .map(|(output, values)| match values.len() {
                found if found == first => Ok((output, values)),
                found => Err(CausalityError::Length {
                    output,
                    first,
                    found,
                }),
            })
            .collect()
    };
    let all = outputs(data, bars)?;
    for first in prefixes.lengths(bars) {
        let mut some = outputs(&data.first(first), first)?.into_iter();
        for (output, values) in &all {
            let found = some.next().filter(|(name, _)| name == output);
            let Some((_, short)) = found else {
                let output = output.clone();
                return Err(CausalityError::Missing { output, first });
            };
            let long = Value::Numbers(values.clone());
            if let Some(peek) = peek(output, &Value::Numbers(short), &long, bars) {
                return Err(peek.into());
            }
        }
    }
    Ok(())
}

/// The first value that differs from what all bars give.
pub(super) fn peek(output: &str, short: &Value, long: &Value, bars: usize) -> Option<Peek> {
    let differs = short.differs(long)?;
    Some(Peek {
        output: match differs.column {
            Some(column) => format!("{output}.{column}"),
            None => output.to_owned(),
        },
        bar: differs.bar,
        first: short.bars(),
        bars,
        on_first: differs.short,
        on_all: differs.long,
    })
}
