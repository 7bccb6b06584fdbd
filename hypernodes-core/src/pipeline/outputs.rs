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

impl Outputs {
    pub(super) fn new(plan: Arc<Plan>, columns: Vec<Column>) -> Self {
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
        value.ok_or_else(|| self.taken(name))
    }

    /// Takes the value of an output out.
    ///
    /// # Errors
    /// As [`get`](Self::get), and when it was taken before.
    pub fn take<T: PortValue>(&mut self, name: &str) -> Result<T, Error> {
        let at = find::<T>(&self.plan, name)?;
        let column = self.columns[at].take().ok_or_else(|| self.taken(name))?;
        column.into_vec::<T>().pop().ok_or_else(|| self.taken(name))
    }

    fn taken(&self, name: &str) -> Error {
        let left = self
            .plan
            .outputs
            .iter()
            .zip(&self.columns)
            .filter(|(_, column)| column.is_some());
        let available = left.map(|(output, _)| output.name.to_string()).collect();
        RunError::UnknownOutput {
            name: name.to_owned(),
            available,
        }
        .into()
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
