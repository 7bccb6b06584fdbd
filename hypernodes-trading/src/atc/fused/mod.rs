//! The fused kernel: all 54 averages, both layers, in one walk over the bars.
//!
//! The bars are walked in blocks that stay in the first-level cache. Per block:
//!
//! | file | step | lanes |
//! |---|---|---|
//! | `history` | copies the block and the bars before it, so that no window needs a bounds test | bars |
//! | `recursive` | EMA, DEMA, KAMA: nine chains side by side | lengths |
//! | `windows` | HMA, WMA, LSMA: one running pair of sums serves all lengths | bars |
//! | `layers` | crossings, 54 equities, Layer 1, Layer 2 | kinds |
//!
//! An average only ever matters through comparisons with the close. `windows` therefore takes the
//! cheap sums, and wherever close and average come within rounding of each other it computes that
//! row again in the reference's order of operations. So every comparison, and with it every
//! output bit, is the reference's, on flat stretches too.
//!
//! The code is plain Rust; `pulp` compiles it for the baseline, AVX2 and AVX-512 and picks one
//! at run time. All give the same bits.

mod history;
mod layers;
mod plan;
mod recursive;
#[cfg(test)]
mod tests;
mod windows;
mod workspace;

pub(crate) use workspace::PRICES;
pub use workspace::{AtcWorkspace, LastBar, atc};

/// Bars per block.
pub(crate) const BLOCK: usize = 64;
/// Bars per strip of a window sum; divides [`BLOCK`].
pub(crate) const STRIP: usize = 16;
/// The six kinds, padded to a full vector.
pub(crate) const LANES: usize = 8;

/// The 54 averages of one bar: by slot, then by kind.
pub(crate) type Row = [[f64; LANES]; super::SLOTS];
