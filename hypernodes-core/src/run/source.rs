//! Where the rows of a feed come from: axes, the lists of a nested map, or pieces that are brought along.

use std::collections::VecDeque;

use crate::pipeline::MapMode;
use crate::value::{Arg, Column, Drain, Path, Rows};

/// One input of a map.
pub(crate) enum Axis {
    /// The same value for every item.
    Broadcast(Column),
    /// Item `i` takes value `i`.
    Zip(Column),
    /// As `Zip`, but the values are moved out piece by piece.
    Drain(Box<dyn Drain>),
    /// Item `i` takes value `i / stride % len`.
    Product { column: Column, stride: usize },
}

/// The rows of a nested map: for each outer row the items of its lists, one after the other.
pub(crate) struct NestedRows {
    pub(crate) args: Vec<NestedArg>,
    pub(crate) mode: MapMode,
    /// Where the items of each outer row begin; one more at the end.
    pub(crate) offsets: Vec<usize>,
    /// Per outer row and axis: its stride and length. Products only.
    pub(crate) strides: Vec<Vec<(usize, usize)>>,
}

/// One input of a nested map.
pub(crate) enum NestedArg {
    /// All items of an outer row take that row's value.
    Lent(Arg),
    /// The lists of the outer rows are walked, as the axis of this number.
    Walked(Arg, usize),
    /// Each outer row is one item, which takes the value away.
    Moved(Box<dyn Drain>),
}

/// Where the rows of a feed come from.
pub(crate) enum Source {
    Axes(Vec<Axis>),
    Nested(NestedRows),
    /// Pieces that were cut already.
    Pieces(VecDeque<Piece>),
}

/// Items that are computed together, brought along.
pub(crate) struct Piece {
    pub(crate) start: usize,
    pub(crate) rows: usize,
    pub(crate) args: Vec<Arg>,
    /// The key of each item, where the run folder wants it.
    pub(crate) keys: Vec<u64>,
}

impl Source {
    /// How many of the next items should be computed together, at most this many. Items of one long list are a slice of
    /// it, over which a loop runs as over a column.
    pub(crate) fn piece(&self, start: usize, most: usize) -> usize {
        match self {
            Self::Nested(nested) => nested.piece(start, most),
            Self::Axes(_) | Self::Pieces(_) => most,
        }
    }

    /// Leaves out items that need not be computed.
    pub(crate) fn skip(&mut self, start: usize, rows: usize) {
        if let Self::Axes(axes) = self {
            for axis in axes {
                if let Axis::Drain(_) = axis {
                    drop(axis.arg(start, rows));
                }
            }
        }
    }

    /// The arguments of the items `start..start + rows`. Items are asked for in order.
    pub(crate) fn args(&mut self, start: usize, rows: usize) -> Vec<Arg> {
        match self {
            Self::Axes(axes) => axes.iter_mut().map(|axis| axis.arg(start, rows)).collect(),
            Self::Nested(nested) => nested.take(start, rows),
            Self::Pieces(_) => Vec::new(),
        }
    }
}

impl Axis {
    fn arg(&mut self, start: usize, rows: usize) -> Arg {
        match self {
            Self::Broadcast(column) => Arg::broadcast(column.clone()),
            Self::Zip(column) => Arg {
                column: column.clone(),
                rows: Rows::Range(start),
            },
            Self::Drain(drain) => Arg::dense(drain.take(rows)),
            Self::Product { column, stride } => {
                let (stride, len) = (*stride, column.len().max(1));
                let index =
                    (start..start + rows).map(|item| crate::value::index(item / stride % len));
                Arg {
                    column: column.clone(),
                    rows: Rows::Select(index.collect()),
                }
            }
        }
    }
}

/// A list with fewer items left is taken together with the next ones: its steps cost more than slices gain.
const LONG: usize = 256;

impl NestedRows {
    /// The outer row of an item.
    fn owner(&self, item: usize) -> usize {
        self.offsets.partition_point(|&offset| offset <= item) - 1
    }

    fn piece(&self, start: usize, most: usize) -> usize {
        let left = self.offsets[self.owner(start) + 1] - start;
        let is_slice = |arg: &NestedArg| matches!(arg, NestedArg::Walked(..));
        if self.mode == MapMode::Zip && left >= LONG && self.args.iter().any(is_slice) {
            left.min(most)
        } else {
            most
        }
    }

    fn take(&mut self, start: usize, rows: usize) -> Vec<Arg> {
        let mut outer = self.owner(start);
        if self.mode == MapMode::Zip && self.offsets[outer + 1] >= start + rows {
            return self.take_of_one(outer, start - self.offsets[outer], rows);
        }
        let mut owners = Vec::<(u32, u32)>::with_capacity(rows);
        for item in start..start + rows {
            while self.offsets[outer + 1] <= item {
                outer += 1;
            }
            owners.push((
                crate::value::index(outer),
                crate::value::index(item - self.offsets[outer]),
            ));
        }
        let mut args = std::mem::take(&mut self.args);
        let taken = args.iter_mut().map(|arg| match arg {
            NestedArg::Lent(arg) => Self::lent(arg, &owners),
            NestedArg::Walked(arg, axis) => self.walked(arg, *axis, &owners),
            NestedArg::Moved(drain) => Arg::dense(drain.take(rows)),
        });
        let taken = taken.collect();
        self.args = args;
        taken
    }

    /// Items of one outer row, from its item `inner` on.
    fn take_of_one(&mut self, outer: usize, inner: usize, rows: usize) -> Vec<Arg> {
        let one = |arg: &Arg, view: &dyn Fn(usize) -> Rows| {
            let (path, depth) = arg.rows.path(outer);
            let column = arg.column.clone();
            (depth == 0).then(|| Arg {
                column,
                rows: view(path[0] as usize),
            })
        };
        let mut args = std::mem::take(&mut self.args);
        let owner = crate::value::index(outer);
        let owners = || -> Vec<(u32, u32)> {
            let items = inner..inner + rows;
            items
                .map(|item| (owner, crate::value::index(item)))
                .collect()
        };
        let taken = args.iter_mut().map(|arg| match arg {
            NestedArg::Lent(arg) => {
                one(arg, &Rows::One).unwrap_or_else(|| Self::lent(arg, &owners()))
            }
            NestedArg::Walked(arg, axis) => {
                let within = |list| Rows::Within { list, start: inner };
                one(arg, &within).unwrap_or_else(|| self.walked(arg, *axis, &owners()))
            }
            NestedArg::Moved(drain) => Arg::dense(drain.take(rows)),
        });
        let taken = taken.collect();
        self.args = args;
        taken
    }

    fn lent(arg: &Arg, owners: &[(u32, u32)]) -> Arg {
        let one_owner = owners
            .first()
            .is_none_or(|first| owners.iter().all(|owner| owner.0 == first.0));
        let (path, depth) = arg
            .rows
            .path(owners.first().map_or(0, |owner| owner.0 as usize));
        if one_owner && depth == 0 {
            return Arg {
                column: arg.column.clone(),
                rows: Rows::One(path[0] as usize),
            };
        }
        let rows: Vec<u32> = owners.iter().map(|owner| owner.0).collect();
        Arg {
            column: arg.column.clone(),
            rows: arg.rows.select(&rows),
        }
    }

    fn walked(&self, arg: &Arg, axis: usize, owners: &[(u32, u32)]) -> Arg {
        let mut depth = 0;
        let paths: Vec<Path> = owners
            .iter()
            .map(|&(outer, inner)| {
                let (mut path, above) = arg.rows.path(outer as usize);
                depth = above + 1;
                path[usize::from(depth)] = match self.mode {
                    MapMode::Zip => inner,
                    MapMode::Product => {
                        let (stride, len) = self.strides[outer as usize][axis];
                        crate::value::index(inner as usize / stride % len)
                    }
                };
                path
            })
            .collect();
        Arg {
            column: arg.column.clone(),
            rows: Rows::Deep {
                depth,
                paths: paths.into(),
            },
        }
    }
}
