//! What a map gave.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use super::outputs::{find, taken};
use super::stored::Stored;
use crate::error::{Error, Failure, RunError};
use crate::plan::Plan;
use crate::run::Finished;
use crate::value::PortValue;

/// What a map gave: a column per output, in input order, and the items that failed.
pub struct Runs {
    plan: Arc<Plan>,
    /// `None` was taken out.
    columns: Vec<Option<Stored>>,
    items: usize,
    failures: BTreeMap<usize, Failure>,
    /// The failed items in order: how many stand before an item is how far its row moved up.
    failed: Vec<usize>,
}

impl Runs {
    pub(super) fn new(plan: Arc<Plan>, finished: Finished, fail_fast: bool) -> Result<Self, Error> {
        let Finished {
            items,
            columns,
            mut failures,
            spilled,
            ..
        } = finished;
        if fail_fast && let Some((_, failure)) = failures.pop_first() {
            return Err(RunError::from(failure).into());
        }
        let failed = failures.keys().copied().collect();
        let spilled = spilled.map(Arc::new);
        Ok(Self {
            plan,
            columns: columns
                .into_iter()
                .enumerate()
                .map(|(output, column)| {
                    let spilled = spilled.as_ref().map(|spill| (Arc::clone(spill), output));
                    Some(Stored::new(column, spilled))
                })
                .collect(),
            items,
            failures,
            failed,
        })
    }

    /// How many items there were.
    #[must_use]
    pub fn len(&self) -> usize {
        self.items
    }

    /// Whether there was no item.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.items == 0
    }

    /// The names of the outputs.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.plan.output_names()
    }

    /// The items that failed, lowest first; only a map that collects errors has any.
    pub fn failures(&self) -> impl ExactSizeIterator<Item = &Failure> {
        self.failures.values()
    }

    /// A copy of a whole column, one value per item.
    ///
    /// # Errors
    /// An output that is not there or of another type; items that failed.
    pub fn column<T: PortValue + Clone>(&self, name: &str) -> Result<Vec<T>, Error> {
        self.slice(name).map(<[T]>::to_vec)
    }

    /// A whole column, one value per item.
    ///
    /// # Errors
    /// As [`column`](Self::column).
    pub fn slice<T: PortValue>(&self, name: &str) -> Result<&[T], Error> {
        self.gapless(name)?;
        values(&self.plan, &self.columns, name)
    }

    /// Takes a whole column out without a copy.
    ///
    /// # Errors
    /// As [`column`](Self::column), and when it was taken before.
    pub fn take_column<T: PortValue>(&mut self, name: &str) -> Result<Vec<T>, Error> {
        let at = find::<T>(&self.plan, name)?;
        self.gapless(name)?;
        match self.columns[at].take() {
            Some(column) => Ok(column.take()?.into_vec()),
            None => Err(taken(&self.plan, &self.columns, name)),
        }
    }

    fn gapless(&self, name: &str) -> Result<(), RunError> {
        match self.failures.values().next() {
            None => Ok(()),
            Some(first) => Err(RunError::Gaps {
                name: name.to_owned(),
                failed: self.failures.len(),
                items: self.items,
                first: first.to_string(),
            }),
        }
    }

    /// One result per item: the value, or why there is none.
    ///
    /// # Errors
    /// An output that is not there or of another type.
    pub fn results<T: PortValue>(&self, name: &str) -> Result<Vec<Result<&T, &Failure>>, Error> {
        let mut values = values::<T>(&self.plan, &self.columns, name)?.iter();
        let one = |item| match self.failures.get(&item) {
            Some(failure) => Some(Err(failure)),
            None => values.next().map(Ok),
        };
        Ok((0..self.items).map_while(one).collect())
    }

    /// The outputs of one item.
    ///
    /// # Errors
    /// No such item, or it failed.
    pub fn row(&self, item: usize) -> Result<Row<'_>, Error> {
        let reason = match self.failures.get(&item) {
            Some(failure) => failure.to_string(),
            None if item >= self.items => format!("there are {} items", self.items),
            None => {
                let at = item - self.failed.partition_point(|&failed| failed < item);
                return Ok(Row {
                    plan: &self.plan,
                    columns: &self.columns,
                    at,
                });
            }
        };
        Err(RunError::NoRow { item, reason }.into())
    }

    /// The outputs of each item, in order.
    pub fn rows(&self) -> impl Iterator<Item = Result<Row<'_>, Error>> {
        (0..self.items).map(|item| self.row(item))
    }
}

/// The values of an output that is still there.
fn values<'a, T: PortValue>(
    plan: &Plan,
    columns: &'a [Option<Stored>],
    name: &str,
) -> Result<&'a [T], Error> {
    let at = find::<T>(plan, name)?;
    match &columns[at] {
        Some(column) => Ok(column.get()?.typed()),
        None => Err(taken(plan, columns, name)),
    }
}

impl fmt::Debug for Runs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Runs")
            .field("items", &self.items)
            .field("failed", &self.failures.len())
            .field("names", &self.names().collect::<Vec<_>>())
            .finish_non_exhaustive()
    }
}

/// The outputs of one item of a map.
#[derive(Clone, Copy)]
pub struct Row<'a> {
    plan: &'a Plan,
    columns: &'a [Option<Stored>],
    at: usize,
}

impl<'a> Row<'a> {
    /// The value of an output.
    ///
    /// # Errors
    /// An output that is not there, or of another type.
    pub fn get<T: PortValue>(&self, name: &str) -> Result<&'a T, Error> {
        Ok(&values(self.plan, self.columns, name)?[self.at])
    }
}

impl fmt::Debug for Row<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Row")
            .field("at", &self.at)
            .field("plan", &self.plan)
            .finish_non_exhaustive()
    }
}
