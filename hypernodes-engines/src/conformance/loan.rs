//! What a case lends to nodes: the engine under test, locks, pipelines on that engine.
//!
//! Nodes are plain functions, so they get a number, and look up here what it stands for. A node in another process finds
//! nothing under its number; there, the same things stand in on [`Sequential`].

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard};

use hypernodes_core::{ErrorPolicy, Pipeline, Sequential};

use super::notes::fresh;
use super::subject::{On, Parallel, in_threads};

/// Lent until it is dropped.
#[derive(Debug)]
pub(crate) struct Loan {
    number: u64,
}

/// What is lent.
#[derive(Clone)]
pub(crate) struct Lent {
    number: u64,
    pub(crate) on: On,
    pub(crate) parallel: Parallel,
    /// Two locks that all nodes with this number share, as far as they are in one process.
    pub(crate) locks: Arc<[Mutex<()>; 2]>,
    /// Pipelines of the case, by what the case numbers them with; made once.
    pipelines: BTreeMap<u64, Pipeline>,
}

static LENT: Mutex<BTreeMap<u64, Lent>> = Mutex::new(BTreeMap::new());

fn table() -> MutexGuard<'static, BTreeMap<u64, Lent>> {
    LENT.lock().expect("nobody panics with this lock")
}

impl Loan {
    pub(crate) fn new(on: &On, parallel: Parallel) -> Self {
        let number = fresh();
        table().insert(number, Lent::new(number, on.clone(), parallel));
        Self { number }
    }

    /// What nodes hand to [`lent`].
    pub(crate) fn number(&self) -> u64 {
        self.number
    }
}

impl Drop for Loan {
    fn drop(&mut self) {
        // Dropped when the table is free again: with a pipeline goes perhaps an engine, which may take its time.
        let lent = table().remove(&self.number);
        drop(lent);
    }
}

impl Lent {
    fn new(number: u64, on: On, parallel: Parallel) -> Self {
        Self {
            number,
            on,
            parallel,
            locks: Arc::default(),
            pipelines: BTreeMap::new(),
        }
    }

    pub(crate) fn number(&self) -> u64 {
        self.number
    }

    /// The pipeline `key`, the same for all who ask in this process.
    pub(crate) fn pipeline(&self, key: u64, make: impl FnOnce(&Self) -> Pipeline) -> Pipeline {
        if let Some(known) = self.pipelines.get(&key) {
            return known.clone();
        }
        let made = make(self);
        let mut table = table();
        let Some(lent) = table.get_mut(&self.number) else {
            return made;
        };
        lent.pipelines.entry(key).or_insert(made).clone()
    }
}

/// What was lent under a number.
pub(crate) fn lent(number: u64) -> Lent {
    let elsewhere = || {
        let on = On {
            engine: Arc::new(Sequential::default()),
            policy: ErrorPolicy::FailFast,
        };
        Lent::new(number, on, in_threads)
    };
    table().entry(number).or_insert_with(elsewhere).clone()
}
