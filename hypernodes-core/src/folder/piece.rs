//! A piece: rows of a map that were computed together.

use std::ops::Range;

use super::FolderError;

/// Finished rows of a map, as they are stored.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Piece {
    /// The first item.
    pub start: u64,
    /// How many items, failed ones included.
    pub rows: u64,
    /// The rows inside the piece that failed, ascending: they are not finished, and will be computed again.
    pub failed: Vec<u32>,
    /// For each output the encoded values of the rows that did not fail.
    pub columns: Vec<Vec<u8>>,
    /// For each row 8 bytes of its input's key; empty where the manifest has the keys of all inputs.
    pub input_keys: Vec<u64>,
}

impl Piece {
    /// Whether the piece agrees with itself: only such a piece can be read back.
    pub(super) fn check(&self) -> Result<(), FolderError> {
        let refuse = |reason: String| Err(FolderError::InvalidPiece { reason });
        if self.rows == 0 {
            return refuse("it has no rows".to_owned());
        }
        if self.rows > u64::from(u32::MAX) || self.start.checked_add(self.rows).is_none() {
            return refuse(format!(
                "{} rows from item {} on are too many; use smaller pieces",
                self.rows, self.start
            ));
        }
        if !self.failed.is_sorted_by(|a, b| a < b) {
            return refuse("its failed rows do not ascend".to_owned());
        }
        if let Some(last) = self.failed.last()
            && u64::from(*last) >= self.rows
        {
            return refuse(format!("row {last} failed, but it has {} rows", self.rows));
        }
        let keys = self.input_keys.len() as u64;
        if keys != 0 && keys != self.rows {
            return refuse(format!("it has {} rows, but {keys} input keys", self.rows));
        }
        Ok(())
    }
}

/// Where a stored piece lies.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PieceInfo {
    /// The first item.
    pub start: u64,
    /// How many items, failed ones included.
    pub rows: u64,
    /// The rows inside the piece that failed, ascending.
    pub failed: Vec<u32>,
    /// Where its frame begins in `pieces.log`.
    pub offset: u64,
    /// How long its frame is, in bytes.
    pub len: u64,
}

impl PieceInfo {
    /// The finished items: the rows of the piece without the failed ones, as ascending ranges.
    ///
    /// # Example
    /// ```
    /// # use hypernodes_core as hypernodes;
    /// use hypernodes::PieceInfo;
    /// let info = PieceInfo { start: 10, rows: 5, failed: vec![1, 4], offset: 0, len: 0 };
    /// assert_eq!(info.finished(), [10..11, 12..14]);
    /// ```
    #[must_use]
    pub fn finished(&self) -> Vec<Range<u64>> {
        let end = self.start.saturating_add(self.rows);
        let mut ranges = Vec::with_capacity(self.failed.len() + 1);
        let mut from = self.start;
        for row in &self.failed {
            let failed = self.start.saturating_add(u64::from(*row));
            if from < failed {
                ranges.push(from..failed);
            }
            from = failed.saturating_add(1);
        }
        if from < end {
            ranges.push(from..end);
        }
        ranges
    }
}
