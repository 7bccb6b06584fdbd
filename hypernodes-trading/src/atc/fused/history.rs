//! The current block of source prices with the bars before it in front.

use super::{BLOCK, STRIP};

/// Prices and absolute steps of a block, preceded by `look` bars of history.
///
/// Bars before the first are zeros; what a window makes of them is overwritten by warm-up
/// values later.
#[derive(Debug, Clone, Default)]
pub(super) struct History {
    look: usize,
    /// Position `look` is the block's first bar.
    pub(super) x: Vec<f64>,
    /// `|x[j] - x[j - 1]|`, at the same positions.
    pub(super) steps: Vec<f64>,
    /// The largest price in `x`.
    pub(super) largest: f64,
}

impl History {
    /// Makes room for `look` bars before a block; `spread` is the longest KAMA length less the
    /// shortest.
    pub(super) fn reset(&mut self, look: usize, spread: usize) {
        let look = look.next_multiple_of(STRIP);
        self.look = look;
        self.x.clear();
        self.x.resize(look + BLOCK, 0.0);
        self.steps.clear();
        self.steps.resize(look + BLOCK + 2 * (spread + STRIP), 0.0);
    }

    /// Where the block's first bar stands in `x` and `steps`.
    #[inline(always)]
    pub(super) fn origin(&self) -> usize {
        self.look
    }

    /// Loads the block `first..first + bars` of `source`.
    #[inline(always)]
    pub(super) fn load(&mut self, source: &[f64], first: usize, bars: usize) {
        let before = first.min(self.look);
        let gap = self.look - before;
        self.x[..gap].fill(0.0);
        let filled = gap + before + bars;
        self.x[gap..filled].copy_from_slice(&source[first - before..first + bars]);
        self.x[filled..].fill(0.0);
        let mut largest = [0.0; STRIP];
        for strip in self.x.chunks_exact(STRIP) {
            for (max, &v) in largest.iter_mut().zip(strip) {
                *max = if v > *max { v } else { *max };
            }
        }
        self.largest = largest.into_iter().fold(0.0, f64::max);
        let steps = self.steps[1..self.x.len()].iter_mut();
        for (step, pair) in steps.zip(self.x.windows(2)) {
            *step = (pair[1] - pair[0]).abs();
        }
    }
}
