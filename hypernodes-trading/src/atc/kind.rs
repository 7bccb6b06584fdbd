//! The six kinds of moving average.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A kind of moving average that ATC follows, in the order of its columns.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum MaKind {
    /// Exponential.
    Ema,
    /// Hull in profile `lts`; the script labels a simple average so, profile `pine` follows it.
    Hma,
    /// Linearly weighted.
    Wma,
    /// Double exponential.
    Dema,
    /// Least squares.
    Lsma,
    /// Kaufman's adaptive.
    Kama,
}

impl MaKind {
    /// The six kinds in column order.
    pub const ALL: [Self; 6] = [
        Self::Ema,
        Self::Hma,
        Self::Wma,
        Self::Dema,
        Self::Lsma,
        Self::Kama,
    ];

    /// Its name in column headers: `EMA`, `HMA`, `WMA`, `DEMA`, `LSMA`, `KAMA`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Ema => "EMA",
            Self::Hma => "HMA",
            Self::Wma => "WMA",
            Self::Dema => "DEMA",
            Self::Lsma => "LSMA",
            Self::Kama => "KAMA",
        }
    }

    /// Its place in [`MaKind::ALL`].
    #[must_use]
    pub fn index(self) -> usize {
        self as usize
    }
}

impl fmt::Display for MaKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
