//! The six moving averages of Adaptive Trend Classification, as its Python ports compute them (profile `lts`).
//!
//! They differ from TA-Lib's of the same names: in how they start, in KAMA's constants, in the order of their sums. The
//! kernels are those of [`crate::kernels`]; here they become indicators.

use hypernodes_core::node;

use super::declare::declare;
use super::window::Window;
use crate::indicators::catalog::{AnyIndicator, Entry, Erased, Input};
use crate::indicators::parameter::ParameterValue;
use crate::indicators::{Indicator, IndicatorError, Parameter};
use crate::kernels::{
    self, DemaSeed, EmaStep, KamaStart, ema_seed, ema_step, hull_lengths, kama_smoothing,
};

const STEP: EmaStep = EmaStep::Blend;

fn alpha(length: usize) -> f64 {
    2.0 / (length as f64 + 1.0)
}

/// The node of an average: the same for all six, but for what it is.
macro_rules! average {
    ($(#[$doc:meta])* $node:ident, $Type:ident, $output:literal, $length:ident) => {
        $(#[$doc])*
        ///
        /// # Shapes and units
        /// n values in, n values out, in the unit of the price; NaN during the warm-up.
        ///
        /// # Missing values
        /// A NaN or infinite value is NaN and left out of what follows.
        ///
        /// # Errors
        /// [`IndicatorError::Parameter`] for a length out of range.
        ///
        /// # Reference
        /// The TradingView script "Adaptive Trend Classification: Moving Averages" in its Python port
        /// `adaptive_trend_LTS`.
        #[node(coarse, output = $output)]
        pub fn $node(close: &[f64], #[default(28)] $length: usize) -> Result<Vec<f64>, IndicatorError> {
            let [values] = $Type::new($length)?.columns([close])?;
            Ok(values)
        }
    };
}

declare! {
    /// The exponential average of ATC.
    AtcEma, "ATC_EMA", "ATC's exponential moving average",
    "E[t] = a x[t] + (1 - a) E[t-1], a = 2 / (length + 1); starts with the mean of the first length values.",
    node atc_ema;
    in Close;
    set length "length": usize = 28, 1.0, 100000.0;
    out "";
}

average! {
    /// ATC's exponential moving average; see [`AtcEma`].
    ///
    /// # Example
    /// ```
    /// use hypernodes_trading::indicators::own::atc_ema;
    /// let ema = atc_ema(&[1.0, 2.0, 3.0, 6.0], 3)?;
    /// assert_eq!(ema[2..], [2.0, 4.0]); // the mean of 1, 2, 3; then (6 + 2) / 2
    /// # Ok::<(), hypernodes_trading::indicators::IndicatorError>(())
    /// ```
    atc_ema, AtcEma, "atc_ema", atc_ema_length
}

/// An exponential average on its way.
#[derive(Debug, Clone, Copy)]
pub struct AtcEmaStream {
    alpha: f64,
    value: f64,
}

impl Indicator<1, 1> for AtcEma {
    type Stream = AtcEmaStream;

    const NAME: &'static str = "ATC_EMA";

    fn warmup_bars(&self) -> usize {
        self.length - 1
    }

    fn fill_good(&self, [x]: [&[f64]; 1], [output]: [&mut [f64]; 1]) -> Result<(), IndicatorError> {
        let (mut stream, [first]) = self.open([&x[..self.length]])?;
        output[0] = first;
        for (output, &x) in output[1..].iter_mut().zip(&x[self.length..]) {
            [*output] = Self::step(&mut stream, [x]);
        }
        Ok(())
    }

    fn open(&self, [history]: [&[f64]; 1]) -> Result<(AtcEmaStream, [f64; 1]), IndicatorError> {
        let (alpha, value) = (alpha(self.length), ema_seed(history));
        Ok((AtcEmaStream { alpha, value }, [value]))
    }

    fn step(stream: &mut AtcEmaStream, bar: [f64; 1]) -> [f64; 1] {
        let values = Self::peek(stream, bar);
        [stream.value] = values;
        values
    }

    fn peek(stream: &AtcEmaStream, [x]: [f64; 1]) -> [f64; 1] {
        [ema_step(STEP, stream.alpha, stream.value, x)]
    }
}

declare! {
    /// The double exponential average of ATC.
    AtcDema, "ATC_DEMA", "ATC's double exponential moving average",
    "2 E1 - E2, E1 = ATC_EMA(x, length), E2 the same average of E1, started with the first value of E1.",
    node atc_dema;
    in Close;
    set length "length": usize = 28, 1.0, 100000.0;
    out "";
}

average! {
    /// ATC's double exponential moving average; see [`AtcDema`].
    ///
    /// # Example
    /// ```
    /// use hypernodes_trading::indicators::own::atc_dema;
    /// let dema = atc_dema(&[1.0, 2.0, 3.0, 6.0], 3)?;
    /// assert_eq!(dema[2..], [2.0, 5.0]); // where it starts, it equals E1; then E1 = 4, E2 = 3
    /// # Ok::<(), hypernodes_trading::indicators::IndicatorError>(())
    /// ```
    atc_dema, AtcDema, "atc_dema", atc_dema_length
}

/// A double exponential average on its way.
#[derive(Debug, Clone, Copy)]
pub struct AtcDemaStream {
    alpha: f64,
    first: f64,
    second: f64,
}

impl AtcDemaStream {
    fn with(mut self, x: f64) -> (Self, [f64; 1]) {
        self.first = ema_step(STEP, self.alpha, self.first, x);
        self.second = ema_step(STEP, self.alpha, self.second, self.first);
        (self, [2.0 * self.first - self.second])
    }
}

impl Indicator<1, 1> for AtcDema {
    type Stream = AtcDemaStream;

    const NAME: &'static str = "ATC_DEMA";

    fn warmup_bars(&self) -> usize {
        self.length - 1
    }

    fn fill_good(&self, [x]: [&[f64]; 1], [output]: [&mut [f64]; 1]) -> Result<(), IndicatorError> {
        let mut whole = vec![0.0; x.len()];
        kernels::dema(x, self.length, DemaSeed::Value, STEP, &mut whole);
        output.copy_from_slice(&whole[self.warmup_bars()..]);
        Ok(())
    }

    fn open(&self, [history]: [&[f64]; 1]) -> Result<(AtcDemaStream, [f64; 1]), IndicatorError> {
        let (alpha, value) = (alpha(self.length), ema_seed(history));
        let (first, second) = (value, value);
        let stream = AtcDemaStream {
            alpha,
            first,
            second,
        };
        Ok((stream, [2.0 * value - value]))
    }

    fn step(stream: &mut AtcDemaStream, [x]: [f64; 1]) -> [f64; 1] {
        let (next, values) = stream.with(x);
        *stream = next;
        values
    }

    fn peek(stream: &AtcDemaStream, [x]: [f64; 1]) -> [f64; 1] {
        stream.with(x).1
    }
}

/// The last values of a column, for averages that depend on nothing else.
#[derive(Debug, Clone)]
pub struct AtcWindowStream {
    window: Window,
    length: usize,
}

/// An average of the last values alone: its stream keeps them and computes the newest value afresh.
macro_rules! windowed {
    ($Type:ident, $NAME:literal, $memory:expr, $kernel:expr) => {
        impl Indicator<1, 1> for $Type {
            type Stream = AtcWindowStream;

            const NAME: &'static str = $NAME;

            fn warmup_bars(&self) -> usize {
                let memory: fn(usize) -> usize = $memory;
                memory(self.length) - 1
            }

            fn fill_good(
                &self,
                [x]: [&[f64]; 1],
                [output]: [&mut [f64]; 1],
            ) -> Result<(), IndicatorError> {
                let kernel: fn(&[f64], usize, &mut [f64]) = $kernel;
                let mut whole = vec![0.0; x.len()];
                kernel(x, self.length, &mut whole);
                output.copy_from_slice(&whole[self.warmup_bars()..]);
                Ok(())
            }

            fn open(
                &self,
                [history]: [&[f64]; 1],
            ) -> Result<(AtcWindowStream, [f64; 1]), IndicatorError> {
                let (&last, before) = history.split_last().unwrap_or((&f64::NAN, &[]));
                let window = Window::of(before, self.warmup_bars() + 1);
                let mut stream = AtcWindowStream {
                    window,
                    length: self.length,
                };
                let values = Self::step(&mut stream, [last]);
                Ok((stream, values))
            }

            fn step(stream: &mut AtcWindowStream, [x]: [f64; 1]) -> [f64; 1] {
                stream.window.push(x);
                newest(stream.window.values(), stream.length, $kernel)
            }

            fn peek(stream: &AtcWindowStream, bar: [f64; 1]) -> [f64; 1] {
                Self::step(&mut stream.clone(), bar)
            }
        }
    };
}

/// The newest value of a kernel over a window.
fn newest(window: &[f64], length: usize, kernel: fn(&[f64], usize, &mut [f64])) -> [f64; 1] {
    let mut values = vec![0.0; window.len()];
    kernel(window, length, &mut values);
    [values.last().copied().unwrap_or(f64::NAN)]
}

declare! {
    /// The linearly weighted average of ATC.
    AtcWma, "ATC_WMA", "ATC's linearly weighted moving average",
    "sum of (length - k) x[t-k], k from 0 to length - 1, over length (length + 1) / 2.",
    node atc_wma;
    in Close;
    set length "length": usize = 28, 1.0, 100000.0;
    out "";
}

average! {
    /// ATC's linearly weighted moving average; see [`AtcWma`].
    ///
    /// # Example
    /// ```
    /// use hypernodes_trading::indicators::own::atc_wma;
    /// let wma = atc_wma(&[1.0, 4.0], 2)?;
    /// assert_eq!(wma[1], 3.0); // (2 x 4 + 1) / 3
    /// # Ok::<(), hypernodes_trading::indicators::IndicatorError>(())
    /// ```
    atc_wma, AtcWma, "atc_wma", atc_wma_length
}

windowed! { AtcWma, "ATC_WMA", |length| length, kernels::wma }

declare! {
    /// The Hull average of ATC.
    AtcHma, "ATC_HMA", "ATC's Hull moving average",
    "wma(2 wma(x, length / 2) - wma(x, length), sqrt(length)), lengths rounded down and at least 1.",
    node atc_hma;
    in Close;
    set length "length": usize = 28, 1.0, 100000.0;
    out "";
}

average! {
    /// ATC's Hull moving average; see [`AtcHma`].
    ///
    /// # Example
    /// ```
    /// use hypernodes_trading::indicators::own::atc_hma;
    /// let hma = atc_hma(&[1.0, 2.0, 3.0, 4.0, 5.0, 6.0], 4)?;
    /// assert!((hma[5] - 6.0).abs() < 1e-12); // no lag on a straight line
    /// # Ok::<(), hypernodes_trading::indicators::IndicatorError>(())
    /// ```
    atc_hma, AtcHma, "atc_hma", atc_hma_length
}

windowed! {
    AtcHma, "ATC_HMA", |length| length + hull_lengths(length).1 - 1,
    |x, length, output| kernels::hull(x, length, &mut Vec::new(), output)
}

declare! {
    /// The least-squares average of ATC.
    AtcLsma, "ATC_LSMA", "ATC's least-squares moving average",
    "the value at the newest bar of the line fitted to the last length values by least squares.",
    node atc_lsma;
    in Close;
    set length "length": usize = 28, 1.0, 100000.0;
    out "";
}

average! {
    /// ATC's least-squares moving average; see [`AtcLsma`].
    ///
    /// # Example
    /// ```
    /// use hypernodes_trading::indicators::own::atc_lsma;
    /// let lsma = atc_lsma(&[1.0, 2.0, 6.0], 3)?;
    /// assert_eq!(lsma[2], 5.5); // slope 2.5 through the mean 3
    /// # Ok::<(), hypernodes_trading::indicators::IndicatorError>(())
    /// ```
    atc_lsma, AtcLsma, "atc_lsma", atc_lsma_length
}

windowed! { AtcLsma, "ATC_LSMA", |length| length, kernels::lsma }

declare! {
    /// The adaptive average of ATC.
    AtcKama, "ATC_KAMA", "ATC's adaptive moving average",
    "K[t] = K[t-1] + s (x[t] - K[t-1]), s = (0.602 er + 0.064)^2, er = abs(x[t] - x[t-length]) over the sum of absolute changes (0 if none); x[0] until bar length.",
    node atc_kama;
    in Close;
    set length "length": usize = 28, 1.0, 100000.0;
    out "";
}

average! {
    /// ATC's adaptive moving average, defined from the first bar on; see [`AtcKama`].
    ///
    /// # Example
    /// ```
    /// use hypernodes_trading::indicators::own::atc_kama;
    /// let kama = atc_kama(&[10.0, 10.0, 11.0], 1)?;
    /// assert_eq!(kama[..2], [10.0, 10.0]);
    /// assert!((kama[2] - 10.443556).abs() < 1e-12); // er = 1, s = 0.666^2
    /// # Ok::<(), hypernodes_trading::indicators::IndicatorError>(())
    /// ```
    atc_kama, AtcKama, "atc_kama", atc_kama_length
}

/// An adaptive average on its way.
#[derive(Debug, Clone)]
pub struct AtcKamaStream {
    window: Window,
    length: usize,
    value: f64,
}

impl AtcKamaStream {
    /// The value after the bar that the window ends with.
    fn next(&self) -> f64 {
        let window = self.window.values();
        let (Some(&oldest), Some(&x)) = (window.first(), window.last()) else {
            return f64::NAN;
        };
        if window.len() <= self.length {
            return self.value;
        }
        let mut noise = 0.0;
        for pair in window.windows(2) {
            noise += (pair[1] - pair[0]).abs();
        }
        self.value + kama_smoothing((x - oldest).abs(), noise) * (x - self.value)
    }
}

impl Indicator<1, 1> for AtcKama {
    type Stream = AtcKamaStream;

    const NAME: &'static str = "ATC_KAMA";

    fn warmup_bars(&self) -> usize {
        0
    }

    fn fill_good(&self, [x]: [&[f64]; 1], [output]: [&mut [f64]; 1]) -> Result<(), IndicatorError> {
        kernels::kama(x, self.length, KamaStart::Price, output);
        Ok(())
    }

    fn open(&self, [history]: [&[f64]; 1]) -> Result<(AtcKamaStream, [f64; 1]), IndicatorError> {
        let value = history.first().copied().unwrap_or(f64::NAN);
        let window = Window::of(history, self.length + 1);
        let length = self.length;
        Ok((
            AtcKamaStream {
                window,
                length,
                value,
            },
            [value],
        ))
    }

    fn step(stream: &mut AtcKamaStream, [x]: [f64; 1]) -> [f64; 1] {
        stream.window.push(x);
        stream.value = stream.next();
        [stream.value]
    }

    fn peek(stream: &AtcKamaStream, bar: [f64; 1]) -> [f64; 1] {
        Self::step(&mut stream.clone(), bar)
    }
}
