//! Which numbers of first bars are tried.

/// Which numbers of first bars are tried: all where there are few, a seeded sample where there are
/// many. The whole is always among them, so that a result that changes from run to run is seen
/// too.
///
/// # Example
/// ```
/// use hypernodes_trading::causality::Prefixes;
/// assert_eq!(Prefixes::default().lengths(4), [1, 2, 3, 4]);
/// let some = Prefixes { all_up_to: 3, sample: 5, ..Prefixes::default() }.lengths(1_000_000);
/// assert!(some.len() <= 10 && some.starts_with(&[1, 2, 3]) && some.ends_with(&[999_999, 1_000_000]));
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Prefixes {
    /// All numbers up to this one are tried.
    pub all_up_to: usize,
    /// How many more of a longer series.
    pub sample: usize,
    /// The seed of these.
    pub seed: u64,
    /// The smallest number; for computations that refuse fewer bars.
    pub least: usize,
}

impl Default for Prefixes {
    fn default() -> Self {
        Self {
            all_up_to: 200,
            sample: 50,
            seed: 0,
            least: 1,
        }
    }
}

impl Prefixes {
    /// The numbers for a series of so many bars, ascending.
    #[must_use]
    pub fn lengths(&self, bars: usize) -> Vec<usize> {
        let mut lengths: Vec<usize> = (0..=self.all_up_to.min(bars)).collect();
        if bars > self.all_up_to {
            let mut state = self.seed;
            let range = u64::try_from(bars - self.all_up_to).unwrap_or(u64::MAX);
            for _ in 0..self.sample {
                // The modulus favours small numbers by less than anybody sees.
                let more = usize::try_from(next(&mut state) % range).unwrap_or(0);
                lengths.push(self.all_up_to + 1 + more);
            }
            // What reads one bar ahead shows at the last bar.
            lengths.extend([bars - 1, bars]);
        }
        lengths.retain(|&length| length >= self.least.max(1) && length <= bars);
        lengths.sort_unstable();
        lengths.dedup();
        lengths
    }
}

/// The next number of the generator `splitmix64`.
fn next(state: &mut u64) -> u64 {
    *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let mut z = *state;
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}
