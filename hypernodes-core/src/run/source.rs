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
    /// Per input: the outer argument, and whether its lists are walked.
    pub(crate) args: Vec<(Arg, bool)>,
    pub(crate) mode: MapMode,
    /// Where the items of each outer row begin; one more at the end.
    pub(crate) offsets: Vec<usize>,
    /// Per outer row and per walked input (in the order of axes): its stride and length. Products only.
    pub(crate) strides: Vec<Vec<(usize, usize)>>,
    /// For each input its place among the axes.
    pub(crate) axis_of: Vec<Option<usize>>,
}

/// Where the rows of a feed come from.
pub(crate) enum Source {
    Axes(Vec<Axis>),
    Nested(NestedRows),
    /// Pieces that were cut already, with the item that each begins at.
    Pieces(VecDeque<(usize, usize, Vec<Arg>)>),
}

impl Source {
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

impl NestedRows {
    fn take(&self, start: usize, rows: usize) -> Vec<Arg> {
        let mut outer = self.offsets.partition_point(|&offset| offset <= start) - 1;
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
        self.args
            .iter()
            .zip(&self.axis_of)
            .map(|((arg, walked), axis)| self.arg(arg, *walked, *axis, &owners))
            .collect()
    }

    fn arg(&self, arg: &Arg, walked: bool, axis: Option<usize>, owners: &[(u32, u32)]) -> Arg {
        let (Some(axis), true) = (axis, walked) else {
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
            return Arg {
                column: arg.column.clone(),
                rows: arg.rows.select(&rows),
            };
        };
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
