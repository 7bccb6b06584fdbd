//! Several symbols on one time axis: [`align`].

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use crate::bars::Bars;

/// Which times several symbols are brought to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Join {
    /// The times that every symbol has.
    #[default]
    Inner,
    /// The times that any symbol has.
    Outer,
}

/// Several symbols on one time axis.
///
/// # Missing values
/// A cell is NaN at a time at which its symbol has no bar. It is never filled from an earlier bar: at a carried-over
/// price nothing was traded, so an order could not have been filled at it, and a return of exactly 0 that nobody
/// earned would lower every volatility and correlation. Whoever wants a last known price takes it knowingly.
#[derive(Debug, Clone, PartialEq)]
pub struct Aligned {
    time: Vec<i64>,
    symbols: Vec<AlignedSymbol>,
}

/// The columns of one symbol of [`Aligned`], of the axis' length.
#[derive(Debug, Clone, PartialEq)]
pub struct AlignedSymbol {
    name: String,
    open: Option<Vec<f64>>,
    high: Option<Vec<f64>>,
    low: Option<Vec<f64>>,
    close: Vec<f64>,
    volume: Option<Vec<f64>>,
}

impl Aligned {
    /// The times, in nanoseconds since 1970-01-01 UTC, strictly ascending.
    #[must_use]
    pub fn time(&self) -> &[i64] {
        &self.time
    }

    /// The symbols, in the order they were given in.
    #[must_use]
    pub fn symbols(&self) -> &[AlignedSymbol] {
        &self.symbols
    }

    /// How many times there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.time.len()
    }

    /// Whether there is no time at all.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.time.is_empty()
    }
}

impl AlignedSymbol {
    /// The symbol's name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The opening prices, where the symbol's bars have them; NaN where it has no bar.
    #[must_use]
    pub fn open(&self) -> Option<&[f64]> {
        self.open.as_deref()
    }

    /// The highest prices, where the symbol's bars have them; NaN where it has no bar.
    #[must_use]
    pub fn high(&self) -> Option<&[f64]> {
        self.high.as_deref()
    }

    /// The lowest prices, where the symbol's bars have them; NaN where it has no bar.
    #[must_use]
    pub fn low(&self) -> Option<&[f64]> {
        self.low.as_deref()
    }

    /// The closing prices; NaN where it has no bar.
    #[must_use]
    pub fn close(&self) -> &[f64] {
        &self.close
    }

    /// The volumes, where the symbol's bars have them; NaN where it has no bar: that nothing was traded is not known.
    #[must_use]
    pub fn volume(&self) -> Option<&[f64]> {
        self.volume.as_deref()
    }
}

/// Brings symbols to the times that all of them have, or that any of them has.
///
/// Two bars meet when their times are equal to the nanosecond: bring symbols of different timeframes, or with trades
/// at odd seconds, to one timeframe first, with [`resample`](crate::resample::resample()).
///
/// # Missing values
/// NaN, never filled; see [`Aligned`].
///
/// # Complexity
/// n bars of k symbols: O(n log k) time, one pass; the result's size in memory.
///
/// # Example
/// ```
/// use hypernodes_trading::Bars;
/// use hypernodes_trading::align::{Join, align};
/// let a = Bars::new("A", vec![1, 2, 4], vec![10.0, 11.0, 12.0])?;
/// let b = Bars::new("B", vec![2, 3, 4], vec![20.0, 21.0, 22.0])?;
/// let both = align(&[a.clone(), b.clone()], Join::Inner);
/// assert_eq!(both.time(), [2, 4]);
/// assert_eq!(both.symbols()[1].close(), [20.0, 22.0]);
///
/// let any = align(&[a, b], Join::Outer);
/// assert_eq!(any.time(), [1, 2, 3, 4]);
/// assert!(any.symbols()[0].close()[2].is_nan()); // A did not trade at 3
/// # Ok::<(), hypernodes_trading::BarsError>(())
/// ```
#[must_use]
pub fn align(bars: &[Bars], join: Join) -> Aligned {
    let time = axis(bars, join);
    let symbols = bars.iter().map(|bars| placed(bars, &time)).collect();
    Aligned { time, symbols }
}

/// The times of the result: a merge of all symbols' times, which are ascending.
fn axis(bars: &[Bars], join: Join) -> Vec<i64> {
    let first = |(symbol, bars): (usize, &Bars)| Some(Reverse((*bars.time().first()?, symbol, 0)));
    let mut next: BinaryHeap<_> = bars.iter().enumerate().filter_map(first).collect();
    let (mut axis, mut have) = (Vec::new(), 0_usize);
    while let Some(Reverse((time, symbol, row))) = next.pop() {
        have += 1;
        if let Some(&after) = bars[symbol].time().get(row + 1) {
            next.push(Reverse((after, symbol, row + 1)));
        }
        if next
            .peek()
            .is_some_and(|Reverse((other, ..))| *other == time)
        {
            continue;
        }
        if join == Join::Outer || have == bars.len() {
            axis.push(time);
        }
        have = 0;
    }
    axis
}

/// A symbol's columns on the axis.
fn placed(bars: &Bars, axis: &[i64]) -> AlignedSymbol {
    let (times, mut row) = (bars.time(), 0);
    let rows: Vec<Option<usize>> = axis
        .iter()
        .map(|&time| {
            row += times[row..].iter().take_while(|&&own| own < time).count();
            (times.get(row) == Some(&time)).then_some(row)
        })
        .collect();
    let on_axis = |column: &[f64]| -> Vec<f64> {
        let cell = |row: &Option<usize>| row.map_or(f64::NAN, |row| column[row]);
        rows.iter().map(cell).collect()
    };
    AlignedSymbol {
        name: bars.symbol().to_owned(),
        open: bars.open().map(on_axis),
        high: bars.high().map(on_axis),
        low: bars.low().map(on_axis),
        close: on_axis(bars.close()),
        volume: bars.volume().map(on_axis),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use proptest::prelude::*;

    use super::*;

    fn symbol(times: &BTreeSet<i64>, number: usize) -> Bars {
        let price = |scale: f64| -> Vec<f64> {
            let of = |&time: &i64| scale * (1_000.0 + 10.0 * time as f64 + number as f64);
            times.iter().map(of).collect()
        };
        let times: Vec<i64> = times.iter().copied().collect();
        let bars = Bars::new(format!("S{number}"), times, price(1.0)).unwrap();
        match number % 3 {
            0 => bars,
            1 => bars
                .with_volume(price(2.0))
                .unwrap()
                .with_open(price(0.5))
                .unwrap(),
            _ => bars.with_high_low(price(3.0), price(0.25)).unwrap(),
        }
    }

    /// The obvious way: look every cell up.
    fn looked_up(column: Option<&[f64]>, bars: &Bars, axis: &[i64]) -> Option<Vec<u64>> {
        let cells: BTreeMap<_, _> = bars.time().iter().zip(column?).collect();
        let bits = |time| cells.get(time).map_or(f64::NAN, |&&cell| cell).to_bits();
        Some(axis.iter().map(bits).collect())
    }

    fn bits(column: Option<&[f64]>) -> Option<Vec<u64>> {
        Some(column?.iter().map(|cell| cell.to_bits()).collect())
    }

    proptest! {
        #[test]
        fn every_cell_is_where_looking_it_up_finds_it(
            times in prop::collection::vec(prop::collection::btree_set(-20..20_i64, 0..30), 0..6),
        ) {
            let bars: Vec<Bars> = times.iter().enumerate().map(|(n, t)| symbol(t, n)).collect();
            let union: BTreeSet<i64> = times.iter().flatten().copied().collect();
            let common = union.iter().copied().filter(|t| times.iter().all(|own| own.contains(t)));
            let inner = align(&bars, Join::Inner);
            prop_assert_eq!(inner.time(), &*common.collect::<Vec<_>>());
            prop_assert!(inner.symbols().iter().all(|s| s.close().iter().all(|c| !c.is_nan())));
            let outer = align(&bars, Join::Outer);
            prop_assert_eq!(outer.time(), &*union.into_iter().collect::<Vec<_>>());
            for aligned in [inner, outer] {
                let axis = aligned.time();
                prop_assert_eq!(aligned.symbols().len(), bars.len());
                for (one, bars) in aligned.symbols().iter().zip(&bars) {
                    prop_assert_eq!(one.name(), bars.symbol());
                    for (found, column) in [
                        (one.open(), bars.open()),
                        (one.high(), bars.high()),
                        (one.low(), bars.low()),
                        (Some(one.close()), Some(bars.close())),
                        (one.volume(), bars.volume()),
                    ] {
                        prop_assert_eq!(bits(found), looked_up(column, bars, axis));
                    }
                }
            }
        }
    }

    #[test]
    fn nothing_is_filled_in() {
        let a = Bars::new("A", vec![1, 5], vec![1.0, 2.0]).unwrap();
        let b = Bars::new("B", vec![1, 2, 3, 5], vec![1.0; 4]).unwrap();
        let outer = align(&[a, b], Join::Outer);
        let close = outer.symbols()[0].close();
        assert!(close[1].is_nan() && close[2].is_nan(), "{close:?}");
        assert!(align(&[], Join::Inner).is_empty());
    }
}
