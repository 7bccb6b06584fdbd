//! Keltner's channels around an exponential average of the close.

use hypernodes_core::node;

use super::declare::declare;
use crate::indicators::catalog::{AnyIndicator, Entry, Erased, Input};
use crate::indicators::overlap::Ema;
use crate::indicators::parameter::ParameterValue;
use crate::indicators::volatility::Atr;
use crate::indicators::{Indicator, IndicatorError, Parameter, State};

declare! {
    /// Keltner channels: an EMA of the close, and bands some average true ranges away from it.
    ///
    /// TA-Lib's own `KC` centres on the typical price; see [`Kc`](crate::indicators::overlap::Kc).
    Keltner, "KELTNER", "Keltner Channels around an EMA of the close",
    "middle = ema(c, ema_period); upper, lower = middle +- multiplier x rma(true range, atr_period).",
    node keltner;
    in High, Low, Close;
    set keltner_ema_period "ema_period": usize = 20, 1.0, 100000.0, keltner_atr_period "atr_period": usize = 10, 1.0, 100000.0, keltner_multiplier "multiplier": f64 = 2.0, 0.0, 3e37;
    out "upper", "middle", "lower";
}

/// Keltner channels around an exponential average of the close: `(upper, middle, lower)`.
///
/// # Shapes and units
/// Columns of n bars in, three of n bars out, in the unit of the price; NaN for the first
/// `max(keltner_ema_period - 1, keltner_atr_period)` bars.
///
/// # Formula
/// See [`Keltner`]. The average true range is Wilder's, as in TA-Lib's ATR.
///
/// # Missing values
/// A bar with a NaN or infinite input is NaN and left out of what follows.
///
/// # Errors
/// [`IndicatorError::Parameter`] for a value out of range, [`IndicatorError::Length`] for columns of different lengths.
///
/// # Example
/// ```
/// use hypernodes_trading::indicators::own::keltner;
/// let (upper, middle, lower) = keltner(&[12.0; 4], &[8.0; 4], &[10.0; 4], 2, 2, 1.5)?;
/// assert_eq!((upper[3], middle[3], lower[3]), (16.0, 10.0, 4.0)); // each range is 4
/// # Ok::<(), hypernodes_trading::indicators::IndicatorError>(())
/// ```
///
/// # Reference
/// Chester Keltner, "How to Make Money in Commodities", 1960, in Linda Bradford Raschke's form with an EMA and the ATR.
#[node(coarse, outputs = ("keltner_upper", "keltner_middle", "keltner_lower"))]
pub fn keltner(
    high: &[f64],
    low: &[f64],
    close: &[f64],
    #[default(20)] keltner_ema_period: usize,
    #[default(10)] keltner_atr_period: usize,
    #[default(2.0)] keltner_multiplier: f64,
) -> Result<(Vec<f64>, Vec<f64>, Vec<f64>), IndicatorError> {
    let [upper, middle, lower] =
        Keltner::new(keltner_ema_period, keltner_atr_period, keltner_multiplier)?
            .columns([high, low, close])?;
    Ok((upper, middle, lower))
}

/// The two averages, and how many of their ranges the bands are away.
#[derive(Debug, Clone)]
pub struct KeltnerStream {
    ema: State<Ema, 1, 1>,
    atr: State<Atr, 3, 1>,
    multiplier: f64,
}

fn bands(middle: f64, range: f64, multiplier: f64) -> [f64; 3] {
    let away = multiplier * range;
    [middle + away, middle, middle - away]
}

impl Indicator<3, 3> for Keltner {
    type Stream = KeltnerStream;

    const NAME: &'static str = "KELTNER";

    fn warmup_bars(&self) -> usize {
        (self.keltner_ema_period - 1).max(self.keltner_atr_period)
    }

    fn fill_good(
        &self,
        [high, low, close]: [&[f64]; 3],
        [upper, middle, lower]: [&mut [f64]; 3],
    ) -> Result<(), IndicatorError> {
        let warmup = self.warmup_bars();
        let [ema] = Ema::new(self.keltner_ema_period)?.columns([close])?;
        let [atr] = Atr::new(self.keltner_atr_period)?.columns([high, low, close])?;
        for (at, (ema, atr)) in ema.iter().zip(atr).skip(warmup).enumerate() {
            [upper[at], middle[at], lower[at]] = bands(*ema, atr, self.keltner_multiplier);
        }
        Ok(())
    }

    fn open(
        &self,
        [high, low, close]: [&[f64]; 3],
    ) -> Result<(KeltnerStream, [f64; 3]), IndicatorError> {
        let mut stream = KeltnerStream {
            ema: Ema::new(self.keltner_ema_period)?.state(),
            atr: Atr::new(self.keltner_atr_period)?.state(),
            multiplier: self.keltner_multiplier,
        };
        let mut values = [f64::NAN; 3];
        for ((&high, &low), &close) in high.iter().zip(low).zip(close) {
            values = Self::step(&mut stream, [high, low, close]);
        }
        Ok((stream, values))
    }

    fn step(stream: &mut KeltnerStream, bar: [f64; 3]) -> [f64; 3] {
        let ([middle], [range]) = (stream.ema.update([bar[2]]), stream.atr.update(bar));
        bands(middle, range, stream.multiplier)
    }

    fn peek(stream: &KeltnerStream, bar: [f64; 3]) -> [f64; 3] {
        let ([middle], [range]) = (stream.ema.peek([bar[2]]), stream.atr.peek(bar));
        bands(middle, range, stream.multiplier)
    }
}
