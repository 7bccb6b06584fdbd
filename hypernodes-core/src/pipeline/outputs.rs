//! What a single run gave.

use std::fmt;
use std::sync::Arc;

use crate::error::{Error, RunError};
use crate::plan::Plan;
use crate::value::{Column, PortType, PortValue};

/// What a single run gave, by name.
pub struct Outputs {
    plan: Arc<Plan>,
    columns: Vec<Option<Column>>,
}

/// Finds an output of a plan.
pub(super) fn find<T: PortValue>(plan: &Plan, name: &str) -> Result<usize, RunError> {
    let Some(at) = plan.outputs.iter().position(|output| output.name == name) else {
        let available = plan.output_names().map(str::to_owned).collect();
        return Err(RunError::UnknownOutput {
            name: name.to_owned(),
            available,
        });
    };
    let (expected, found) = (PortType::of::<T>(), plan.outputs[at].port);
    if expected == found {
        Ok(at)
    } else {
        Err(RunError::OutputType {
            name: name.to_owned(),
            expected,
            found,
        })
    }
}

/// The error for an output that was taken out before.
pub(super) fn taken<C>(plan: &Plan, columns: &[Option<C>], name: &str) -> Error {
    let outputs = plan.outputs.iter().zip(columns);
    let left = outputs.filter(|(_, column)| column.is_some());
    RunError::TakenOutput {
        name: name.to_owned(),
        left: left.map(|(output, _)| output.name.to_string()).collect(),
    }
    .into()
}

impl Outputs {
    pub(crate) fn new(plan: Arc<Plan>, columns: Vec<Column>) -> Self {
        Self {
            plan,
            columns: columns.into_iter().map(Some).collect(),
        }
    }

    /// The value of an output.
    ///
    /// # Errors
    /// An output that is not there (the message lists those that are), or one of another type.
    pub fn get<T: PortValue>(&self, name: &str) -> Result<&T, Error> {
        let at = find::<T>(&self.plan, name)?;
        let value = self.columns[at]
            .as_ref()
            .and_then(|column| column.as_slice::<T>()?.first());
        value.ok_or_else(|| taken(&self.plan, &self.columns, name))
    }

    /// Takes the value of an output out.
    ///
    /// # Errors
    /// As [`get`](Self::get), and when it was taken before.
    pub fn take<T: PortValue>(&mut self, name: &str) -> Result<T, Error> {
        let at = find::<T>(&self.plan, name)?;
        let value = self.columns[at]
            .take()
            .and_then(|column| column.into_vec::<T>().pop());
        value.ok_or_else(|| taken(&self.plan, &self.columns, name))
    }

    /// The names of the outputs.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.plan.output_names()
    }
}

impl fmt::Debug for Outputs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Outputs")
            .field("names", &self.names().collect::<Vec<_>>())
            .finish_non_exhaustive()
    }
}
