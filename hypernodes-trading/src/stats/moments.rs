//! [`Moments`]: means, variances and covariances of columns, exact until they are asked for.

use serde::{Deserialize, Serialize};

use super::exact::{Exact, ExactSum};

/// Two moments are of different numbers of columns.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("expected {expected} columns, found {found}; moments are of rows of one length")]
pub struct WidthError {
    /// The columns of these moments.
    pub expected: usize,
    /// The columns of what was to be added.
    pub found: usize,
}

/// What is known of the rows of a few columns: their number, and per column sum, extremes and products.
///
/// Sums and sums of products are kept without rounding ([`ExactSum`]), so the rows may come in any order, and may be
/// split anywhere and [merged](Self::merge): every number that comes out has the same bits.
///
/// # Missing values
/// A row with a NaN or an infinite cell is left out as a whole and counted in [`skipped`](Self::skipped).
///
/// # Formula
/// With n rows, S(x) the sum of a column and S(xy) that of the products of two:
/// mean = S(x) / n; covariance = (n S(xy) - S(x) S(y)) / (n (n - 1)), of which the numerator is computed exactly and
/// rounded once; variance(x) = covariance(x, x), std its root;
/// correlation = covariance / (std std). Of a single row, these but the mean are undefined: NaN.
///
/// # Complexity
/// k columns: O(k^2) a row; about 1 KiB for each sum, of which there are k (k + 3) / 2.
///
/// # Example
/// ```
/// use hypernodes_trading::stats::Moments;
/// let (mut moments, mut rest) = (Moments::new(2), Moments::new(2));
/// moments.push(&[1.0, 10.0])?;
/// rest.push(&[3.0, 30.0])?;
/// rest.push(&[5.0, 50.0])?;
/// moments.merge(&rest)?;
/// assert_eq!((moments.rows(), moments.mean(0), moments.variance(0)), (3, 3.0, 4.0));
/// assert_eq!(moments.covariance(0, 1), 40.0);
/// assert_eq!(moments.correlation(0, 1), 1.0);
/// # Ok::<(), hypernodes_trading::stats::WidthError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Moments {
    rows: u64,
    skipped: u64,
    columns: Vec<Column>,
    /// Of the pairs (0, 0), (0, 1), (1, 1), (0, 2)...
    products: Vec<ExactSum>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Column {
    sum: ExactSum,
    /// `None` before the first row.
    range: Option<(f64, f64)>,
}

impl Column {
    fn widen(&mut self, low: f64, high: f64) {
        let (least, most) = self.range.unwrap_or((low, high));
        // The total order: of 0 and -0, which are equal, always the same one is taken.
        let first = |a: f64, b: f64| if b.total_cmp(&a).is_lt() { b } else { a };
        let last = |a: f64, b: f64| if b.total_cmp(&a).is_gt() { b } else { a };
        self.range = Some((first(least, low), last(most, high)));
    }
}

/// Where the pair is kept.
fn pair(a: usize, b: usize) -> usize {
    let (low, high) = (a.min(b), a.max(b));
    high * (high + 1) / 2 + low
}

impl Moments {
    /// Moments of so many columns, before the first row.
    #[must_use]
    pub fn new(columns: usize) -> Self {
        let column = Column {
            sum: ExactSum::new(),
            range: None,
        };
        Self {
            rows: 0,
            skipped: 0,
            columns: vec![column; columns],
            products: vec![ExactSum::new(); columns * (columns + 1) / 2],
        }
    }

    /// Takes a row in.
    ///
    /// # Errors
    /// [`WidthError`] when the row has more or fewer cells than there are columns.
    pub fn push(&mut self, row: &[f64]) -> Result<(), WidthError> {
        self.check(row.len())?;
        if !row.iter().all(|cell| cell.is_finite()) {
            self.skipped += 1;
            return Ok(());
        }
        self.rows += 1;
        let mut products = self.products.iter_mut();
        for (at, (&cell, column)) in row.iter().zip(&mut self.columns).enumerate() {
            column.sum.add(cell);
            column.widen(cell, cell);
            for (&other, product) in row[..=at].iter().zip(&mut products) {
                product.add_product(cell, other);
            }
        }
        Ok(())
    }

    /// Takes in what is known of other rows.
    ///
    /// # Errors
    /// [`WidthError`] when it is known of another number of columns.
    pub fn merge(&mut self, other: &Self) -> Result<(), WidthError> {
        self.check(other.columns.len())?;
        self.rows += other.rows;
        self.skipped += other.skipped;
        for (own, more) in self.columns.iter_mut().zip(&other.columns) {
            own.sum.merge(&more.sum);
            if let Some((low, high)) = more.range {
                own.widen(low, high);
            }
        }
        for (own, more) in self.products.iter_mut().zip(&other.products) {
            own.merge(more);
        }
        Ok(())
    }

    fn check(&self, found: usize) -> Result<(), WidthError> {
        match self.columns.len() {
            expected if expected == found => Ok(()),
            expected => Err(WidthError { expected, found }),
        }
    }

    /// How many rows were taken in.
    #[must_use]
    pub fn rows(&self) -> u64 {
        self.rows
    }

    /// How many rows were left out, for a cell that is no finite number.
    #[must_use]
    pub fn skipped(&self) -> u64 {
        self.skipped
    }

    /// The mean of a column; NaN without rows, or where there is no such column.
    #[must_use]
    pub fn mean(&self, column: usize) -> f64 {
        let sum = self.columns.get(column).map(|column| column.sum.value());
        sum.map_or(f64::NAN, |sum| sum / as_number(self.rows))
    }

    /// The least number of a column; NaN without rows.
    #[must_use]
    pub fn min(&self, column: usize) -> f64 {
        self.range(column).0
    }

    /// The greatest number of a column; NaN without rows.
    #[must_use]
    pub fn max(&self, column: usize) -> f64 {
        self.range(column).1
    }

    fn range(&self, column: usize) -> (f64, f64) {
        let range = self.columns.get(column).and_then(|column| column.range);
        range.unwrap_or((f64::NAN, f64::NAN))
    }

    /// The sample variance of a column (n - 1).
    #[must_use]
    pub fn variance(&self, column: usize) -> f64 {
        self.covariance(column, column)
    }

    /// The sample standard deviation of a column (n - 1).
    #[must_use]
    pub fn std(&self, column: usize) -> f64 {
        self.variance(column).sqrt()
    }

    /// The sample covariance of two columns (n - 1).
    #[must_use]
    pub fn covariance(&self, a: usize, b: usize) -> f64 {
        if self.rows < 2 {
            return f64::NAN;
        }
        let rows = as_number(self.rows);
        let Some(numerator) = self.numerator(a, b) else {
            return f64::NAN;
        };
        numerator.value() / (rows * (rows - 1.0))
    }

    /// n S(xy) - S(x) S(y)
    fn numerator(&self, a: usize, b: usize) -> Option<Exact> {
        let (first, second) = (self.columns.get(a)?, self.columns.get(b)?);
        let products = Exact::whole(self.rows).times(&self.products[pair(a, b)].exact());
        Some(products.minus(&first.sum.exact().times(&second.sum.exact())))
    }

    /// The correlation of two columns, from -1 to 1; NaN where one of them does not vary.
    #[must_use]
    pub fn correlation(&self, a: usize, b: usize) -> f64 {
        let varies = |column| {
            self.numerator(column, column)
                .is_some_and(|n| n.sign().is_gt())
        };
        if !varies(a) || !varies(b) {
            return f64::NAN;
        }
        if a == b {
            return 1.0;
        }
        let found = self.covariance(a, b) / (self.std(a) * self.std(b));
        found.clamp(-1.0, 1.0)
    }
}

#[expect(
    clippy::cast_precision_loss,
    reason = "rounded once, above 2^53 rows only"
)]
fn as_number(rows: u64) -> f64 {
    rows as f64
}

#[cfg(test)]
#[expect(clippy::float_cmp, reason = "equal to the bit, but for the sign of 0")]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn moments(rows: &[[f64; 3]]) -> Moments {
        let mut moments = Moments::new(3);
        rows.iter().for_each(|row| moments.push(row).unwrap());
        moments
    }

    fn bits(moments: &Moments) -> Vec<u64> {
        let mut all = vec![moments.rows(), moments.skipped()];
        for a in 0..3 {
            all.extend(
                [
                    moments.mean(a),
                    moments.min(a),
                    moments.max(a),
                    moments.std(a),
                ]
                .map(f64::to_bits),
            );
            all.extend((0..3).map(|b| moments.covariance(a, b).to_bits()));
            all.extend((0..3).map(|b| moments.correlation(a, b).to_bits()));
        }
        all
    }

    proptest! {
        #[test]
        fn where_rows_are_split_does_not_show(
            rows in prop::collection::vec(prop::array::uniform3(prop::num::f64::ANY), 0..40),
            cuts in (0..41_usize, 0..41_usize),
        ) {
            let (first, second) = (cuts.0.min(cuts.1).min(rows.len()), cuts.0.max(cuts.1).min(rows.len()));
            let mut merged = moments(&rows[second..]);
            merged.merge(&moments(&rows[..first])).unwrap();
            merged.merge(&moments(&rows[first..second])).unwrap();
            let whole = moments(&rows);
            prop_assert_eq!(bits(&merged), bits(&whole));
            let text = serde_json::to_string(&whole.products).unwrap();
            prop_assert_eq!(serde_json::from_str::<Vec<ExactSum>>(&text).unwrap(), whole.products);
        }

        #[test]
        fn moments_are_those_of_the_definition(
            rows in prop::collection::vec(prop::array::uniform3(-1000_i32..1000), 2..40),
        ) {
            let rows: Vec<[f64; 3]> = rows.iter().map(|row| row.map(f64::from)).collect();
            let (found, n) = (moments(&rows), rows.len() as f64);
            let mean = |c: usize| rows.iter().map(|r| r[c]).sum::<f64>() / n;
            for a in 0..3 {
                prop_assert_eq!(found.mean(a), mean(a));
                for b in 0..3 {
                    let deviations = rows.iter().map(|r| (r[a] - mean(a)) * (r[b] - mean(b)));
                    let expected = deviations.sum::<f64>() / (n - 1.0);
                    prop_assert!((found.covariance(a, b) - expected).abs() <= 1e-9 * expected.abs().max(1.0));
                    prop_assert_eq!(found.covariance(a, b), found.covariance(b, a));
                    let correlation = found.correlation(a, b);
                    prop_assert!(correlation.is_nan() || correlation.abs() <= 1.0);
                }
            }
        }
    }

    #[test]
    fn a_small_spread_around_a_large_mean_is_kept() {
        // Shifted by 2^40 where the textbook formula in `f64` has no digit left.
        let shift = 1_099_511_627_776.0;
        let rows = [1.0, 2.0, 4.0].map(|x| [shift + x, 0.0, 1.0]);
        let found = moments(&rows);
        assert_eq!(found.variance(0), 7.0 / 3.0);
        assert!(found.correlation(0, 1).is_nan());
    }

    #[test]
    fn too_few_rows_are_undefined_and_widths_are_checked() {
        let mut one = moments(&[[1.0, 2.0, 3.0], [f64::NAN, 1.0, 1.0]]);
        assert_eq!((one.rows(), one.skipped(), one.mean(2)), (1, 1, 3.0));
        assert!(one.std(0).is_nan() && Moments::new(1).mean(0).is_nan());
        assert!(one.mean(3).is_nan() && one.covariance(0, 3).is_nan());
        let error = one.push(&[1.0]).unwrap_err();
        assert_eq!(
            error.to_string(),
            "expected 3 columns, found 1; moments are of rows of one length"
        );
        assert!(one.merge(&Moments::new(2)).is_err());
        assert_eq!(
            moments(&[[0.0; 3], [-0.0; 3]]).min(0).to_bits(),
            (-0.0_f64).to_bits()
        );
    }
}
