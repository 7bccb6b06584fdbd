//! What an indicator is: its values over whole columns, and bar by bar.

use super::IndicatorError;

/// An indicator with its parameters, from `I` input columns to `O` output columns.
///
/// An author writes what happens over good bars; what a bad bar does is written once, in the provided methods and in
/// [`State`].
///
/// # Missing values
/// A bar with a NaN or an infinite value in any input is a bad bar: its outputs are NaN, and what follows is computed as if
/// it had not been there. So a bad bar never poisons the values behind it, and leading NaNs (the warm-up of an indicator
/// that feeds this one) only delay the start.
///
/// # Example
/// ```
/// use hypernodes_trading::indicators::{Indicator, overlap::Sma};
/// let sma = Sma::new(2)?;
/// let [values] = sma.columns([&[1.0, 3.0, f64::NAN, 5.0]])?;
/// assert_eq!(values[1], 2.0);
/// assert!(values[0].is_nan() && values[2].is_nan());
/// assert_eq!(values[3], 4.0); // (3 + 5) / 2: the bad bar is left out
/// # Ok::<(), hypernodes_trading::indicators::IndicatorError>(())
/// ```
pub trait Indicator<const I: usize, const O: usize>: Clone + Send + Sync + 'static {
    /// What goes on from bar to bar once the warm-up is over.
    type Stream: Clone + Send + Sync + 'static;

    /// Its name in messages.
    const NAME: &'static str;

    /// How many good bars come before the first value.
    fn warmup_bars(&self) -> usize;

    /// Computes the values of more than [`warmup_bars`](Self::warmup_bars) good bars. The output columns hold those behind
    /// the warm-up only.
    ///
    /// # Errors
    /// When the values cannot be computed.
    fn fill_good(
        &self,
        inputs: [&[f64]; I],
        outputs: [&mut [f64]; O],
    ) -> Result<(), IndicatorError>;

    /// Starts a stream with the first `warmup_bars() + 1` good bars; gives the values of the last of them.
    ///
    /// # Errors
    /// When the values cannot be computed.
    fn open(&self, history: [&[f64]; I]) -> Result<(Self::Stream, [f64; O]), IndicatorError>;

    /// Takes the next good bar; gives its values, the same bits as [`fill_good`](Self::fill_good) gives for it.
    fn step(stream: &mut Self::Stream, bar: [f64; I]) -> [f64; O];

    /// The values that the next good bar would have if it were this one; the stream stays as it is.
    fn peek(stream: &Self::Stream, bar: [f64; I]) -> [f64; O];

    /// Computes every output into columns that are given, so that they can be used again.
    ///
    /// # Errors
    /// [`IndicatorError::Length`] when the columns differ in length.
    fn fill(&self, inputs: [&[f64]; I], outputs: [&mut [f64]; O]) -> Result<(), IndicatorError> {
        let leading = |column: &&[f64]| column.iter().take_while(|v| !v.is_finite()).count();
        let first = inputs.iter().map(leading).max().unwrap_or(0);
        let is_good = |column: &&[f64]| column.get(first..).is_none_or(is_finite);
        match inputs.iter().all(is_good) {
            true => fill_behind(self, first, inputs, outputs),
            false => {
                check_lengths::<Self, I, O>(&inputs, &outputs)?;
                fill_around(self, inputs, outputs)
            }
        }
    }

    /// As [`fill`](Self::fill), for inputs that are known to be finite, as columns of [`Bars`](crate::Bars) are: they are
    /// not looked at. Where one is not, it may spoil all values behind it.
    ///
    /// # Errors
    /// [`IndicatorError::Length`] when the columns differ in length.
    fn fill_finite(
        &self,
        inputs: [&[f64]; I],
        outputs: [&mut [f64]; O],
    ) -> Result<(), IndicatorError> {
        fill_behind(self, 0, inputs, outputs)
    }

    /// Computes every output as a new column.
    ///
    /// # Errors
    /// [`IndicatorError::Length`] when the columns differ in length.
    fn columns(&self, inputs: [&[f64]; I]) -> Result<[Vec<f64>; O], IndicatorError> {
        let bars = inputs.first().map_or(0, |column| column.len());
        let mut outputs = std::array::from_fn(|_| vec![0.0; bars]);
        self.fill(inputs, outputs.each_mut().map(Vec::as_mut_slice))?;
        Ok(outputs)
    }

    /// The streaming state, before the first bar.
    fn state(&self) -> State<Self, I, O> {
        State {
            indicator: self.clone(),
            phase: Phase::WarmingUp(std::array::from_fn(|_| Vec::new())),
        }
    }
}

/// Whether every value is finite.
fn is_finite(column: &[f64]) -> bool {
    const BLOCK: usize = 256;
    // In four places at once: so they come faster from memory than one after the other.
    let quarter = column.len() / 4;
    let (first, second) = column.split_at(2 * quarter);
    let (third, rest) = second.split_at(quarter);
    let (fourth, rest) = rest.split_at(quarter);
    let (first, second) = first.split_at(quarter);
    let [a, b, c, d] = [first, second, third, fourth].map(|part| part.chunks(BLOCK));
    let mut blocks = a.zip(b).zip(c.zip(d));
    let is_good = blocks.all(|((a, b), (c, d))| are_finite([a, b, c, d]));
    is_good && rest.iter().all(|value| value.is_finite())
}

/// Whether every value of four parts of one length is finite.
fn are_finite(parts: [&[f64]; 4]) -> bool {
    // 0 times a value is 0 or, where it is not finite, NaN, which stays in a sum. Four sums at once are vectorised.
    let mut sums = [[0.0; 4]; 4];
    let [a, b, c, d] = parts.map(<[f64]>::as_chunks::<4>);
    for (((a, b), c), d) in a.0.iter().zip(b.0).zip(c.0).zip(d.0) {
        for (sums, four) in sums.iter_mut().zip([a, b, c, d]) {
            for (sum, value) in sums.iter_mut().zip(four) {
                *sum += value * 0.0;
            }
        }
    }
    let rest = [a.1, b.1, c.1, d.1];
    let rest = rest.iter().flat_map(|rest| rest.iter());
    !(sums.iter().flatten().sum::<f64>() + rest.map(|value| value * 0.0).sum::<f64>()).is_nan()
}

fn check_lengths<X: Indicator<I, O>, const I: usize, const O: usize>(
    inputs: &[&[f64]; I],
    outputs: &[&mut [f64]; O],
) -> Result<(), IndicatorError> {
    let bars = inputs.first().map_or(0, |column| column.len());
    let lengths = inputs
        .iter()
        .map(|c| c.len())
        .chain(outputs.iter().map(|c| c.len()));
    match lengths.into_iter().find(|&found| found != bars) {
        None => Ok(()),
        Some(found) => Err(IndicatorError::Length {
            indicator: X::NAME.into(),
            expected: bars,
            found,
        }),
    }
}

/// As [`Indicator::fill`], where all bars from `first` on are good, and none before.
fn fill_behind<X: Indicator<I, O>, const I: usize, const O: usize>(
    indicator: &X,
    first: usize,
    inputs: [&[f64]; I],
    mut outputs: [&mut [f64]; O],
) -> Result<(), IndicatorError> {
    check_lengths::<X, I, O>(&inputs, &outputs)?;
    let bars = inputs.first().map_or(0, |column| column.len());
    let start = (first + indicator.warmup_bars()).min(bars);
    for output in &mut outputs {
        output[..start].fill(f64::NAN);
    }
    if start == bars {
        return Ok(());
    }
    indicator.fill_good(
        inputs.map(|c| &c[first..]),
        outputs.map(|c| &mut c[start..]),
    )
}

/// As [`Indicator::fill`], where bad bars stand between good ones.
#[cold]
fn fill_around<X: Indicator<I, O>, const I: usize, const O: usize>(
    indicator: &X,
    inputs: [&[f64]; I],
    outputs: [&mut [f64]; O],
) -> Result<(), IndicatorError> {
    let bars = inputs.first().map_or(0, |column| column.len());
    let is_good = |&bar: &usize| inputs.iter().all(|column| column[bar].is_finite());
    let good: Vec<usize> = (0..bars).filter(is_good).collect();
    let dense = inputs.map(|column| good.iter().map(|&bar| column[bar]).collect::<Vec<f64>>());
    let values = indicator.columns(dense.each_ref().map(Vec::as_slice))?;
    for (output, values) in outputs.into_iter().zip(values) {
        output.fill(f64::NAN);
        for (&bar, value) in good.iter().zip(values) {
            output[bar] = value;
        }
    }
    Ok(())
}

/// An indicator that is fed bar by bar. A clone is a snapshot: both go on independently.
///
/// Every value has the bits that [`Indicator::fill`] gives for the same bars. Each bar costs the same time, however many
/// came before; until the warm-up is over the bars so far are kept, then only what the indicator needs.
///
/// # Example
/// ```
/// use hypernodes_trading::indicators::{Indicator, overlap::Sma};
/// let mut sma = Sma::new(2)?.state();
/// assert!(sma.update([1.0])[0].is_nan());
/// assert_eq!(sma.update([3.0]), [2.0]);
/// let snapshot = sma.clone();
/// assert_eq!(sma.peek([7.0]), [5.0]); // the forming bar: nothing is kept
/// assert_eq!(sma.update([5.0]), [4.0]);
/// assert_eq!(snapshot.peek([5.0]), [4.0]);
/// # Ok::<(), hypernodes_trading::indicators::IndicatorError>(())
/// ```
#[derive(Clone)]
pub struct State<X: Indicator<I, O>, const I: usize, const O: usize> {
    indicator: X,
    phase: Phase<X::Stream, I>,
}

#[derive(Clone)]
enum Phase<S, const I: usize> {
    WarmingUp([Vec<f64>; I]),
    Running(S),
}

impl<X: Indicator<I, O>, const I: usize, const O: usize> std::fmt::Debug for State<X, I, O> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("State")
            .field("indicator", &X::NAME)
            .finish_non_exhaustive()
    }
}

impl<X: Indicator<I, O>, const I: usize, const O: usize> State<X, I, O> {
    /// Takes the next bar; gives its values: NaN for a bad bar and during the warm-up.
    pub fn update(&mut self, bar: [f64; I]) -> [f64; O] {
        if !bar.iter().all(|value| value.is_finite()) {
            return [f64::NAN; O];
        }
        let history = match &mut self.phase {
            Phase::Running(stream) => return X::step(stream, bar),
            Phase::WarmingUp(history) => history,
        };
        for (column, value) in history.iter_mut().zip(bar) {
            column.push(value);
        }
        if history
            .first()
            .is_none_or(|column| column.len() <= self.indicator.warmup_bars())
        {
            return [f64::NAN; O];
        }
        match self.indicator.open(history.each_ref().map(Vec::as_slice)) {
            Ok((stream, values)) => {
                self.phase = Phase::Running(stream);
                values
            }
            Err(_) => [f64::NAN; O],
        }
    }

    /// The values that the next bar would have if it were this one; nothing is kept of it.
    #[must_use]
    pub fn peek(&self, bar: [f64; I]) -> [f64; O] {
        match &self.phase {
            Phase::Running(stream) if bar.iter().all(|value| value.is_finite()) => {
                X::peek(stream, bar)
            }
            Phase::Running(_) => [f64::NAN; O],
            Phase::WarmingUp(_) => self.clone().update(bar),
        }
    }

    /// Whether the warm-up is over.
    #[must_use]
    pub fn is_warm(&self) -> bool {
        matches!(self.phase, Phase::Running(_))
    }
}

#[cfg(test)]
mod tests {
    use super::is_finite;

    #[test]
    fn one_bad_value_is_found_wherever_it_is() {
        for length in (0..70).chain([1_023, 1_024, 1_027, 2_050]) {
            let mut column = vec![f64::MAX; length];
            assert!(is_finite(&column), "{length}");
            for at in 0..length {
                for bad in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
                    column[at] = bad;
                    assert!(!is_finite(&column), "{bad} at {at} of {length}");
                }
                column[at] = -0.0;
            }
        }
    }
}
