//! The settings compiled for series of one length.

use crate::atc::{AtcConfig, AtcError, HmaFlavour, MaKind, Rules, SLOTS};
use crate::kernels::hull_lengths;

/// What the kernel needs to know, worked out once for all series of `bars` bars.
///
/// A length beyond `bars` never sees a full window; it is *dead* and takes part in no sum.
#[derive(Debug, Clone)]
pub(super) struct Plan {
    pub(super) rules: Rules,
    pub(super) bars: usize,
    /// The nine lengths by kind.
    pub(super) lengths: [[usize; SLOTS]; 6],
    /// All lengths that the running sums stop at, ascending, each once.
    pub(super) stops: Vec<usize>,
    /// Live KAMA lengths with their slots, ascending.
    pub(super) kama: Vec<(usize, usize)>,
    /// Bars of history that the longest window looks back.
    pub(super) look: usize,
    /// Inner Hull values kept from the block before.
    pub(super) hull_look: usize,
}

impl Plan {
    pub(super) fn new(config: &AtcConfig) -> Result<Self, AtcError> {
        let mut lengths = [[0; SLOTS]; 6];
        for (to, from) in lengths.iter_mut().zip(config.all_lengths()?) {
            *to = from.map(|n| usize::try_from(n).unwrap_or(usize::MAX / 4));
        }
        Ok(Self {
            rules: config.profile.rules(),
            bars: 0,
            lengths,
            stops: Vec::new(),
            kama: Vec::new(),
            look: 0,
            hull_look: 0,
        })
    }

    /// The nine lengths of `kind`.
    #[inline(always)]
    pub(super) fn of(&self, kind: MaKind) -> &[usize; SLOTS] {
        &self.lengths[kind.index()]
    }

    /// Whether a window of `length` bars fits the series.
    #[inline(always)]
    pub(super) fn is_live(&self, length: usize) -> bool {
        length <= self.bars
    }

    /// The longest KAMA length less the shortest.
    pub(super) fn kama_spread(&self) -> usize {
        match (self.kama.first(), self.kama.last()) {
            (Some(short), Some(long)) => long.0 - short.0,
            _ => 0,
        }
    }

    /// Works out everything for series of `bars` bars.
    pub(super) fn fit(&mut self, bars: usize) {
        self.bars = bars;
        self.stops.clear();
        self.kama.clear();
        self.hull_look = 0;
        for kind in [MaKind::Wma, MaKind::Lsma, MaKind::Hma] {
            let hull = kind == MaKind::Hma && self.rules.hma == HmaFlavour::Hull;
            for n in self.lengths[kind.index()]
                .into_iter()
                .filter(|&n| n <= bars)
            {
                self.stops.push(n);
                if hull {
                    let (half, root) = hull_lengths(n);
                    self.stops.push(half);
                    self.hull_look = self.hull_look.max(root - 1);
                }
            }
        }
        self.stops.sort_unstable();
        self.stops.dedup();
        for (slot, n) in self.lengths[MaKind::Kama.index()].into_iter().enumerate() {
            if n <= bars {
                self.kama.push((n, slot));
            }
        }
        self.kama.sort_unstable();
        let window = self.stops.last().copied().unwrap_or(0) + self.hull_look;
        let kama = self.kama.last().map_or(0, |&(n, _)| n);
        self.look = window.max(kama) + 1;
    }

    /// Where `length` stands among the stops.
    #[inline(always)]
    pub(super) fn stop(&self, length: usize) -> usize {
        self.stops.partition_point(|&n| n < length)
    }
}
