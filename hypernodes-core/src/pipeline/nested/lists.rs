//! The lists that a nested pipeline is mapped over: how long those of each row are, and whether they fit together.

use super::super::map::{MapMode, MapOver, strides};
use super::Walk;
use crate::error::BoxError;
use crate::node::Args;

/// How many items the lists of each row have.
pub(super) struct Lists {
    pub(super) items: Vec<usize>,
    /// Products: per row and axis the stride and the length.
    pub(super) strides: Vec<Vec<(usize, usize)>>,
    /// Rows whose lists do not fit together.
    pub(super) bad: Vec<(usize, BoxError)>,
}

impl Lists {
    pub(super) fn measure(args: &Args, walk: &Walk, rows: usize) -> Self {
        let mut lengths = vec![Vec::new(); walk.over.axes().len()];
        for walked in &walk.axes {
            lengths[walked.axis] = walked.items.lengths(args.at(walked.index), rows);
        }
        let mut lists = Self {
            items: Vec::with_capacity(rows),
            strides: Vec::new(),
            bad: Vec::new(),
        };
        for row in 0..rows {
            let of_row: Vec<usize> = lengths.iter().map(|axis| axis[row]).collect();
            let first = of_row[0];
            match walk.over.mode() {
                MapMode::Zip if of_row.iter().all(|&length| length == first) => {
                    lists.items.push(first);
                }
                MapMode::Zip => {
                    lists.reject(row, &walk.over, &of_row, "zipped lists differ in length");
                }
                MapMode::Product => match strides(&of_row) {
                    Some((strides, total)) => {
                        lists
                            .strides
                            .push(strides.into_iter().zip(of_row).collect());
                        lists.items.push(total);
                    }
                    None => {
                        lists.strides.push(Vec::new());
                        lists.reject(row, &walk.over, &of_row, "too many combinations");
                    }
                },
            }
        }
        lists
    }

    #[cold]
    fn reject(&mut self, row: usize, over: &MapOver, lengths: &[usize], what: &str) {
        let axes = over
            .axes()
            .iter()
            .zip(lengths)
            .map(|(axis, length)| format!("`{axis}` has {length}"));
        let text = format!("{what}: {}", axes.collect::<Vec<_>>().join(", "));
        self.items.push(0);
        self.bad.push((row, text.into()));
    }

    /// Where the items of each of the first `rows` rows begin, and the end.
    pub(super) fn offsets(&self, rows: usize) -> Vec<usize> {
        let mut offsets = Vec::with_capacity(rows + 1);
        offsets.push(0);
        for items in &self.items[..rows] {
            offsets.push(offsets[offsets.len() - 1] + items);
        }
        offsets
    }
}
