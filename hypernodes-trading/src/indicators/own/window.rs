//! The last values of a column, in order, for streams.

/// The last `bars` values, oldest first, as one slice.
#[derive(Debug, Clone)]
pub(crate) struct Window {
    /// Up to twice as many values as are kept, so that they are moved once in `bars` steps.
    values: Vec<f64>,
    bars: usize,
}

impl Window {
    /// A window that begins with the last `bars` of `values`.
    pub(crate) fn of(values: &[f64], bars: usize) -> Self {
        let mut window = Self {
            values: Vec::new(),
            bars,
        };
        let first = values.len().saturating_sub(bars);
        window.values.extend_from_slice(&values[first..]);
        window
    }

    pub(crate) fn push(&mut self, value: f64) {
        if self.values.len() >= 2 * self.bars {
            self.values.drain(..=self.bars);
        }
        self.values.push(value);
    }

    /// The values, oldest first; fewer than `bars` until so many have come.
    pub(crate) fn values(&self) -> &[f64] {
        &self.values[self.values.len().saturating_sub(self.bars)..]
    }
}

/// Sums over a moving window, without subtraction: nothing drifts, however long the column is.
///
/// The window is cut at a border that moves on by a window's length at a time: what is left of it is summed from the border
/// back, once for each border, what is right of it forward, value by value. A bar costs two additions on average.
#[derive(Debug, Clone)]
pub(super) struct WindowSum {
    bars: usize,
    /// At place k the sum of the values from k to the border, for the window before the border.
    back: Vec<f64>,
    /// The values behind the border.
    fresh: Vec<f64>,
    forward: f64,
}

impl WindowSum {
    pub(super) fn new(bars: usize) -> Self {
        Self {
            bars,
            back: Vec::new(),
            fresh: Vec::with_capacity(bars),
            forward: 0.0,
        }
    }

    /// Takes the next value; the sum of the last `bars` values, of fewer until so many have come.
    pub(super) fn push(&mut self, value: f64) -> f64 {
        let sum = self.peek(value);
        self.fresh.push(value);
        self.forward += value;
        if self.fresh.len() == self.bars {
            self.back.clear();
            self.back.resize(self.bars, 0.0);
            let mut total = 0.0;
            for (back, value) in self.back.iter_mut().zip(&self.fresh).rev() {
                total += value;
                *back = total;
            }
            self.fresh.clear();
            self.forward = 0.0;
        }
        sum
    }

    /// The sum that [`push`](Self::push) would give.
    pub(super) fn peek(&self, value: f64) -> f64 {
        let old = self.back.get(self.fresh.len() + 1).copied().unwrap_or(0.0);
        old + (self.forward + value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_window_holds_the_last_values() {
        let mut window = Window::of(&[1.0, 2.0, 3.0], 2);
        for value in 4..20_i32 {
            window.push(f64::from(value));
            assert_eq!(window.values(), [f64::from(value - 1), f64::from(value)]);
        }
        let mut one = Window::of(&[1.0], 1);
        one.push(2.0);
        one.push(3.0);
        assert_eq!(one.values(), [3.0]);
    }

    #[test]
    fn sums_are_those_of_each_window() {
        for bars in [1, 2, 3, 7] {
            let mut sum = WindowSum::new(bars);
            let values: Vec<f64> = (0..50_i32).map(|i| f64::from(i * i % 13)).collect();
            for at in 0..values.len() {
                let expected: f64 = values[(at + 1).saturating_sub(bars)..=at].iter().sum();
                assert_eq!(
                    sum.push(values[at]).to_bits(),
                    expected.to_bits(),
                    "{bars} {at}"
                );
            }
        }
    }
}
