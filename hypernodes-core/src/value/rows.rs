//! Views: which rows of a column an argument means.

use std::sync::Arc;

/// Which values of a column the rows of an argument stand for.
#[derive(Clone, Debug)]
pub enum Rows {
    /// Row `i` is value `start + i`.
    Range(usize),
    /// Every row is this value (a broadcast).
    One(usize),
    /// Row `i` is value `index[i]`.
    Select(Arc<[u32]>),
    /// Row `i` is item `start + i` of one list: the column's value `list`.
    Within {
        /// Which list.
        list: usize,
        /// Its first item that is meant.
        start: usize,
    },
    /// Row `i` is found by following `paths[i]` through `depth` further levels of lists.
    Deep {
        /// Levels of lists below the column's own: 1 to 4.
        depth: u8,
        /// Per row: the column index, then one index per level.
        paths: Arc<[Path]>,
    },
}

/// A way down through nested lists: the index in the column, then one per level.
pub type Path = [u32; 5];

impl Rows {
    /// The path of one row, and how many levels it goes down.
    pub(crate) fn path(&self, row: usize) -> (Path, u8) {
        match self {
            Self::Range(start) => ([index(start + row), 0, 0, 0, 0], 0),
            Self::One(at) => ([index(*at), 0, 0, 0, 0], 0),
            Self::Select(select) => ([select[row], 0, 0, 0, 0], 0),
            Self::Within { list, start } => ([index(*list), index(start + row), 0, 0, 0], 1),
            Self::Deep { depth, paths } => (paths[row], *depth),
        }
    }

    /// The same view with only the given rows of it, which may repeat.
    #[must_use]
    pub fn select(&self, rows: &[u32]) -> Self {
        match self {
            Self::One(at) => Self::One(*at),
            Self::Range(start) => {
                Self::Select(rows.iter().map(|&r| index(start + r as usize)).collect())
            }
            Self::Select(select) => {
                Self::Select(rows.iter().map(|&r| select[r as usize]).collect())
            }
            Self::Within { .. } => Self::Deep {
                depth: 1,
                paths: rows.iter().map(|&r| self.path(r as usize).0).collect(),
            },
            Self::Deep { depth, paths } => Self::Deep {
                depth: *depth,
                paths: rows.iter().map(|&r| paths[r as usize]).collect(),
            },
        }
    }

    /// The same view from row `start` on.
    #[must_use]
    pub fn skip(&self, start: usize) -> Self {
        match self {
            _ if start == 0 => self.clone(),
            Self::One(at) => Self::One(*at),
            Self::Range(from) => Self::Range(from + start),
            Self::Select(select) => Self::Select(select[start..].into()),
            Self::Within { list, start: from } => Self::Within {
                list: *list,
                start: from + start,
            },
            Self::Deep { depth, paths } => Self::Deep {
                depth: *depth,
                paths: paths[start..].into(),
            },
        }
    }
}

/// An index inside a column; columns are limited to 2^32 values when a map starts.
pub(crate) fn index(i: usize) -> u32 {
    u32::try_from(i).expect("columns hold fewer than 2^32 values, checked when a map starts")
}
