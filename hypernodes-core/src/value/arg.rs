//! One argument of a node call: a shared column and the rows of it that are meant.

use super::column::Column;
use super::port::PortValue;
use super::rows::Rows;

/// One argument of a node for all rows of a chunk.
#[derive(Clone, Debug)]
pub struct Arg {
    /// The shared values.
    pub column: Column,
    /// Which of them the rows mean.
    pub rows: Rows,
}

impl Arg {
    /// Every value of a column, in order.
    #[must_use]
    pub fn dense(column: Column) -> Self {
        Self {
            column,
            rows: Rows::Range(0),
        }
    }

    /// The same value, the first of the column, in every row.
    #[must_use]
    pub fn broadcast(column: Column) -> Self {
        Self {
            column,
            rows: Rows::One(0),
        }
    }

    /// References to the values of `rows` rows.
    #[must_use]
    pub fn lane<T: PortValue>(&self, rows: usize) -> Lane<'_, T> {
        match &self.rows {
            Rows::Range(start) => Lane::Dense(&self.column.typed::<T>()[*start..*start + rows]),
            Rows::One(at) => Lane::One(&self.column.typed::<T>()[*at]),
            Rows::Select(select) => {
                let values = self.column.typed::<T>();
                Lane::Refs(
                    select[..rows]
                        .iter()
                        .map(|&i| &values[i as usize])
                        .collect(),
                )
            }
            Rows::Within { list, start } => {
                Lane::Dense(&self.column.typed::<Vec<T>>()[*list][*start..*start + rows])
            }
            Rows::Deep { depth, paths } => Lane::Refs(self.deep(*depth, &paths[..rows])),
        }
    }

    /// The value of one row, without looking at the others.
    pub(crate) fn row<T: PortValue>(&self, row: usize) -> &T {
        let (path, depth) = self.rows.path(row);
        match depth {
            0 => &self.column.typed::<T>()[path[0] as usize],
            depth => self.deep(depth, &[path])[0],
        }
    }

    fn deep<T: PortValue>(&self, depth: u8, paths: &[[u32; 5]]) -> Vec<&T> {
        let at = |i: u32| i as usize;
        match depth {
            1 => {
                let v = self.column.typed::<Vec<T>>();
                paths.iter().map(|p| &v[at(p[0])][at(p[1])]).collect()
            }
            2 => {
                let v = self.column.typed::<Vec<Vec<T>>>();
                paths
                    .iter()
                    .map(|p| &v[at(p[0])][at(p[1])][at(p[2])])
                    .collect()
            }
            3 => {
                let v = self.column.typed::<Vec<Vec<Vec<T>>>>();
                paths
                    .iter()
                    .map(|p| &v[at(p[0])][at(p[1])][at(p[2])][at(p[3])])
                    .collect()
            }
            4 => {
                let v = self.column.typed::<Vec<Vec<Vec<Vec<T>>>>>();
                paths
                    .iter()
                    .map(|p| &v[at(p[0])][at(p[1])][at(p[2])][at(p[3])][at(p[4])])
                    .collect()
            }
            _ => unreachable!("nested maps are at most four deep, checked at build"),
        }
    }

    /// The values of `rows` rows, moved out where this is the only handle on them.
    ///
    /// `clones` says whether the caller can clone a value instead; plain data is never moved, because a loop over
    /// shared plain data vectorises.
    #[must_use]
    pub fn into_values<T: PortValue>(self, rows: usize, clones: bool) -> Values<T> {
        if clones && !std::mem::needs_drop::<T>() {
            return Values::Shared(self);
        }
        let Self { column, rows: view } = self;
        let port = column.port();
        if !matches!(view, Rows::Range(_) | Rows::Select(_)) {
            return match (view, column.try_into_vec::<T>()) {
                (Rows::One(at), Ok(mut values)) if rows == 1 => {
                    Values::Moved(vec![values.swap_remove(at)].into_iter())
                }
                (view, Ok(values)) => Values::Shared(Self {
                    column: Column::with_port(values, port),
                    rows: view,
                }),
                (view, Err(column)) => Values::Shared(Self { column, rows: view }),
            };
        }
        match column.try_into_vec::<T>() {
            Err(column) => Values::Shared(Self { column, rows: view }),
            Ok(mut values) => Values::Moved(match view {
                Rows::Range(0) if rows == values.len() => values.into_iter(),
                Rows::Range(start) => values
                    .drain(start..start + rows)
                    .collect::<Vec<T>>()
                    .into_iter(),
                Rows::Select(select) if select.is_sorted_by(|a, b| a < b) => {
                    let mut wanted = select[..rows].iter().map(|&i| i as usize).peekable();
                    let kept = values
                        .into_iter()
                        .enumerate()
                        .filter_map(|(i, value)| wanted.next_if_eq(&i).map(|_| value));
                    kept.collect::<Vec<T>>().into_iter()
                }
                view => {
                    return Values::Shared(Self {
                        column: Column::with_port(values, port),
                        rows: view,
                    });
                }
            }),
        }
    }
}

/// References to the values of one argument, one per row.
#[derive(Debug)]
pub enum Lane<'a, T> {
    /// Row `i` is value `i`.
    Dense(&'a [T]),
    /// Every row is this value.
    One(&'a T),
    /// Row `i` is reference `i`.
    Refs(Vec<&'a T>),
}

impl<'a, T> Lane<'a, T> {
    /// Whether row `i` is value `i` of a slice.
    #[inline]
    #[must_use]
    pub fn is_dense(&self) -> bool {
        matches!(self, Self::Dense(_))
    }

    /// Whether [`Lane::masked`] can be used.
    #[inline]
    #[must_use]
    pub fn is_flat(&self) -> bool {
        !matches!(self, Self::Refs(_))
    }

    /// The slice of a dense lane.
    #[inline]
    #[must_use]
    pub fn dense(&self) -> &'a [T] {
        match self {
            Self::Dense(values) => values,
            _ => &[],
        }
    }

    /// A slice and a mask, so that row `i` is `slice[i & mask]`: a broadcast costs no branch.
    #[inline]
    #[must_use]
    pub fn masked(&self) -> (&'a [T], usize) {
        match self {
            Self::Dense(values) => (values, usize::MAX),
            Self::One(value) => (std::slice::from_ref(*value), 0),
            Self::Refs(_) => (&[], 0),
        }
    }

    /// The value of one row, whatever the lane is.
    #[inline]
    #[must_use]
    pub fn at(&self, row: usize) -> &'a T {
        match self {
            Self::Dense(values) => &values[row],
            Self::One(value) => value,
            Self::Refs(refs) => refs[row],
        }
    }

    pub(crate) fn map_to_vec<U>(&self, rows: usize, f: impl Fn(&T) -> U) -> Vec<U> {
        (0..rows).map(|row| f(self.at(row))).collect()
    }
}

/// The values of an argument that a node takes by value.
#[derive(Debug)]
pub enum Values<T> {
    /// This call owns the values: each is handed over once, in the order of rows.
    Moved(std::vec::IntoIter<T>),
    /// Others hold the values too: each is cloned.
    Shared(Arg),
}
