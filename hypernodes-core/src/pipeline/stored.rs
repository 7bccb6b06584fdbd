//! A finished column: in memory, or with its beginning on disk until somebody asks for it.

use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use crate::error::Error;
use crate::run::Spill;
use crate::value::{Accumulator, Column};

/// A finished column.
pub(super) struct Stored {
    whole: OnceLock<Column>,
    /// What is on disk, as which output, and what comes behind it; until it is loaded.
    spilled: Option<(Arc<Spill>, usize)>,
    rest: Mutex<Option<Column>>,
}

impl Stored {
    pub(super) fn new(column: Column, spilled: Option<(Arc<Spill>, usize)>) -> Self {
        let (whole, rest) = match spilled {
            None => (OnceLock::from(column), None),
            Some(_) => (OnceLock::new(), Some(column)),
        };
        Self {
            whole,
            spilled,
            rest: Mutex::new(rest),
        }
    }

    /// The whole column.
    pub(super) fn get(&self) -> Result<&Column, Error> {
        if let Some(column) = self.whole.get() {
            return Ok(column);
        }
        let mut rest = self.rest.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((spill, output)) = &self.spilled
            && let Some(column) = &*rest
        {
            let mut all = spill.load(*output, column.len())?;
            rest.take().into_iter().for_each(|rest| all.append(rest));
            let _ = self.whole.set(Accumulator::finish(all));
        }
        Ok(self
            .whole
            .get()
            .expect("set above, or by whoever had the lock before"))
    }

    /// The whole column, given away.
    pub(super) fn take(self) -> Result<Column, Error> {
        self.get()?;
        Ok(self.whole.into_inner().expect("just loaded"))
    }
}
