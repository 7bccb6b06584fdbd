//! Ranks and scores of many symbols at one time.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::bars::{UnknownName, by_name};

/// What equal values rank as.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Ties {
    /// The mean of the ranks that they take.
    #[default]
    Average,
    /// The smallest of them.
    Min,
    /// One after the other, in input order.
    First,
}

impl Ties {
    /// Every rule, the default first.
    pub const ALL: [Self; 3] = [Self::Average, Self::Min, Self::First];

    /// Its name as options and files spell it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Average => "average",
            Self::Min => "min",
            Self::First => "first",
        }
    }
}

/// Which end ranks first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Order {
    /// The largest.
    #[default]
    Desc,
    /// The smallest.
    Asc,
}

impl Order {
    /// Both, the default first.
    pub const ALL: [Self; 2] = [Self::Desc, Self::Asc];

    /// Its name as options and files spell it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Desc => "desc",
            Self::Asc => "asc",
        }
    }

    /// How two values stand in this order; -0 and 0 are equal.
    pub(crate) fn compare(self, a: f64, b: f64) -> std::cmp::Ordering {
        let ascending = (a + 0.0).total_cmp(&(b + 0.0));
        match self {
            Self::Asc => ascending,
            Self::Desc => ascending.reverse(),
        }
    }
}

macro_rules! named {
    ($($kind:ty, $what:literal);*) => {$(
        impl fmt::Display for $kind {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.name())
            }
        }

        impl FromStr for $kind {
            type Err = UnknownName;

            fn from_str(text: &str) -> Result<Self, UnknownName> {
                by_name($what, text, &Self::ALL, Self::name)
            }
        }
    )*};
}

named!(Ties, "rule for ties"; Order, "order");

/// The places of the values that are defined, in order, equal ones in input order.
fn ordered(values: &[f64], order: Order) -> Vec<usize> {
    let mut places: Vec<usize> = (0..values.len())
        .filter(|&at| !values[at].is_nan())
        .collect();
    places.sort_by(|&a, &b| order.compare(values[a], values[b]));
    places
}

/// The rank of each value among all, from 1.
///
/// # Formula
/// With `Desc` the largest value has rank 1, with `Asc` the smallest. m equal values that take the
/// ranks r to r + m - 1 have r + (m - 1) / 2 (`Average`), r (`Min`), or one of them each in input
/// order (`First`).
///
/// # Missing values
/// NaN has no rank (NaN) and does not change those of others.
///
/// # Complexity
/// O(n log n).
///
/// # Example
/// ```
/// use hypernodes_trading::scan::{Order, Ties, rank};
/// let values = [10.0, 30.0, f64::NAN, 10.0];
/// let ranks = rank(&values, Ties::Average, Order::Desc);
/// assert_eq!((ranks[0], ranks[1], ranks[3]), (2.5, 1.0, 2.5));
/// assert!(ranks[2].is_nan());
/// assert_eq!(rank(&values, Ties::First, Order::Asc)[3], 2.0);
/// ```
#[must_use]
pub fn rank(values: &[f64], ties: Ties, order: Order) -> Vec<f64> {
    let mut ranks = vec![f64::NAN; values.len()];
    let places = ordered(values, order);
    let same = |a: &usize, b: &usize| order.compare(values[*a], values[*b]).is_eq();
    let mut before = 0.0;
    for group in places.chunk_by(same) {
        let mut count = 0.0;
        for &place in group {
            count += 1.0;
            ranks[place] = before + if ties == Ties::First { count } else { 1.0 };
        }
        if ties == Ties::Average {
            group
                .iter()
                .for_each(|&place| ranks[place] += (count - 1.0) / 2.0);
        }
        before += count;
    }
    ranks
}

/// Where each value stands among all, from 0 (the smallest) to 1 (the largest).
///
/// # Formula
/// (r - 1) / (n - 1), where r is the ascending rank with `Ties::Average` and n counts the values
/// that are defined. A single value stands at 0.5.
///
/// # Missing values
/// NaN stays NaN and does not count.
///
/// # Example
/// ```
/// use hypernodes_trading::scan::percentile_rank;
/// assert_eq!(percentile_rank(&[30.0, 10.0, 20.0, 20.0, 50.0]), [0.75, 0.0, 0.375, 0.375, 1.0]);
/// ```
#[must_use]
pub fn percentile_rank(values: &[f64]) -> Vec<f64> {
    let mut ranks = rank(values, Ties::Average, Order::Asc);
    let steps = count(values) - 1.0;
    for rank in &mut ranks {
        // A NaN stays one.
        *rank = match steps > 0.0 {
            true => (*rank - 1.0) / steps,
            false => *rank - 0.5,
        };
    }
    ranks
}

/// How far each value is from the mean of all, in standard deviations.
///
/// # Formula
/// (x - mean) / sd, where sd is the population's: the root of the mean squared distance from the
/// mean. Where all values are equal it is 0.
///
/// # Missing values
/// NaN and infinite values give NaN and do not count.
///
/// # Example
/// ```
/// use hypernodes_trading::scan::zscore;
/// // Mean 5, standard deviation 2.
/// let scores = zscore(&[2.0, 4.0, 4.0, 4.0, 5.0, 5.0, 7.0, 9.0]);
/// assert_eq!((scores[0], scores[4], scores[7]), (-1.5, 0.0, 2.0));
/// ```
#[must_use]
pub fn zscore(values: &[f64]) -> Vec<f64> {
    let defined = || values.iter().copied().filter(|v| v.is_finite());
    let largest = defined().fold(0.0_f64, |most, v| most.max(v.abs()));
    // By a power of two, so that no square overflows and no bit is lost.
    let scale = match largest.log2().floor() {
        exponent if exponent.is_finite() => (-exponent.clamp(-1_000.0, 1_000.0)).exp2(),
        _ => 1.0,
    };
    let count = defined().map(|_| 1.0).sum::<f64>();
    let mean = defined().map(|v| v * scale / count).sum::<f64>();
    let squares = defined().map(|v| (v * scale - mean).powi(2)).sum::<f64>();
    let deviation = (squares / count).sqrt();
    let low = defined().fold(f64::INFINITY, f64::min);
    let high = defined().fold(f64::NEG_INFINITY, f64::max);
    let score = |v: f64| match v.is_finite() {
        false => f64::NAN,
        true if high <= low || deviation <= 0.0 => 0.0,
        true => (v * scale - mean) / deviation,
    };
    values.iter().map(|&v| score(v)).collect()
}

/// How many values are defined.
fn count(values: &[f64]) -> f64 {
    values.iter().filter(|v| !v.is_nan()).map(|_| 1.0).sum()
}

#[cfg(test)]
#[expect(clippy::float_cmp, reason = "ranks are exact")]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn values() -> impl Strategy<Value = Vec<f64>> {
        let some = prop_oneof![
            4 => (-5..5_i32).prop_map(f64::from),
            4 => -1e6..1e6_f64,
            1 => Just(f64::NAN),
            1 => Just(-0.0),
        ];
        prop::collection::vec(some, 0..40)
    }

    proptest! {
        #[test]
        fn ranks_are_counts_of_what_stands_before(values in values()) {
            for order in Order::ALL {
                let [average, min, first] = Ties::ALL.map(|ties| rank(&values, ties, order));
                for (at, &v) in values.iter().enumerate() {
                    if v.is_nan() {
                        prop_assert!(average[at].is_nan() && min[at].is_nan() && first[at].is_nan());
                        continue;
                    }
                    let is_before = |w: f64| if order == Order::Asc { w < v } else { w > v };
                    let before = values.iter().filter(|w| is_before(**w)).count();
                    let equal = values.iter().filter(|w| **w == v).count();
                    let equal_before = values[..at].iter().filter(|w| **w == v).count();
                    prop_assert_eq!(min[at], (before + 1) as f64);
                    prop_assert_eq!(first[at], (before + equal_before + 1) as f64);
                    prop_assert_eq!(average[at], before as f64 + (equal + 1) as f64 / 2.0);
                }
            }
        }

        #[test]
        fn percentiles_are_fractions_and_do_not_change_under_growth(values in values()) {
            let found = percentile_rank(&values);
            for (found, v) in found.iter().zip(&values) {
                prop_assert_eq!(found.is_nan(), v.is_nan());
                prop_assert!(v.is_nan() || (0.0..=1.0).contains(found));
            }
            let grown: Vec<f64> = values.iter().map(|v| v * 4.0 ).collect();
            let bits = |all: &[f64]| all.iter().map(|v| v.to_bits()).collect::<Vec<_>>();
            prop_assert_eq!(bits(&percentile_rank(&grown)), bits(&found));
        }

        #[test]
        fn scores_have_mean_zero_and_deviation_one(values in values(), power in -900..900_i32) {
            let found = zscore(&values);
            let defined: Vec<f64> = found.iter().copied().filter(|v| !v.is_nan()).collect();
            prop_assert_eq!(defined.len(), values.iter().filter(|v| !v.is_nan()).count());
            let n = defined.len() as f64;
            let mean = defined.iter().sum::<f64>() / n;
            let square = defined.iter().map(|v| v * v).sum::<f64>() / n;
            let is_flat = defined.iter().all(|v| *v == 0.0);
            prop_assert!(defined.is_empty() || mean.abs() < 1e-9);
            prop_assert!(is_flat || (square - 1.0).abs() < 1e-9, "{}", square);
            // A power of two changes no bit, however large or small.
            let scaled: Vec<f64> = values.iter().map(|v| v * f64::from(power).exp2()).collect();
            let bits = |all: &[f64]| all.iter().map(|v| v.to_bits()).collect::<Vec<_>>();
            if values.iter().all(|v| v.is_nan() || *v == 0.0 || v.abs() > 1e-3) {
                prop_assert_eq!(bits(&zscore(&scaled)), bits(&found));
            }
        }
    }

    #[test]
    fn few_and_equal_values_have_their_rules() {
        assert_eq!(percentile_rank(&[7.0]), [0.5]);
        assert!(percentile_rank(&[]).is_empty() && zscore(&[]).is_empty());
        assert_eq!(zscore(&[0.1, 0.1, 0.1]), [0.0; 3]);
        assert_eq!(
            zscore(&[1e308, -1e308, 1e308, -1e308]),
            [1.0, -1.0, 1.0, -1.0]
        );
        assert!(zscore(&[1.0, f64::INFINITY])[1].is_nan());
        assert_eq!("DESC".parse(), Ok(Order::Desc));
        assert!(
            "mean"
                .parse::<Ties>()
                .unwrap_err()
                .to_string()
                .contains("`average`")
        );
    }
}
