//! The workers of one engine: started when they are needed, kept for later runs, never more than there may be.

use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

use hypernodes_core::EngineError;
use hypernodes_core::remote::fingerprint;

use super::MOST_BARREN;
use super::child::{Child, Surroundings};
use super::entry::WorkerCommand;
use super::message::Hello;
use crate::config::ProcessConfig;

/// How long a slot of shared memory is. Only what was written of it takes memory.
const SLOT_BYTES: u64 = 8 << 20;

/// The workers of one engine.
#[derive(Debug)]
pub(super) struct Pool {
    pub(super) config: ProcessConfig,
    command: WorkerCommand,
    most: usize,
    state: Mutex<State>,
    returned: Condvar,
}

#[derive(Debug, Default)]
struct State {
    idle: Vec<Child>,
    leased: usize,
}

/// The right to have one worker. It ends when it is dropped.
#[derive(Debug)]
pub(super) struct Permit<'a>(&'a Pool);

impl Pool {
    pub(super) fn new(config: ProcessConfig, command: WorkerCommand) -> Self {
        Self {
            most: config.resolved_workers(),
            config,
            command,
            state: Mutex::default(),
            returned: Condvar::new(),
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// How many workers there may be.
    pub(super) fn most(&self) -> usize {
        self.most
    }

    /// Waits until one more worker may be in use.
    pub(super) fn permit(&self) -> Permit<'_> {
        let mut state = self.lock();
        while state.leased >= self.most {
            state = self
                .returned
                .wait(state)
                .unwrap_or_else(PoisonError::into_inner);
        }
        state.leased += 1;
        Permit(self)
    }

    /// A worker that waits, or a new one.
    pub(super) fn worker(&self, surroundings: &Arc<Surroundings>) -> Result<Child, EngineError> {
        let mut strangers = Vec::new();
        let mut state = self.lock();
        let found = loop {
            match state.idle.pop() {
                Some(child) if child.surroundings != *surroundings => strangers.push(child),
                found => break found,
            }
        };
        drop(state);
        strangers.into_iter().for_each(Child::dismiss);
        match found {
            Some(child) => Ok(child),
            // Where one death is enough, there is no later worker whose last words are heard.
            None => self.start(surroundings, self.config.confirmations == 1),
        }
    }

    /// A new worker, whose last words are heard.
    pub(super) fn fresh(&self, surroundings: &Arc<Surroundings>) -> Result<Child, EngineError> {
        // There are never more processes than workers may be: an idle one makes room.
        let idle = {
            let mut state = self.lock();
            if state.idle.len() + state.leased > self.most {
                state.idle.pop()
            } else {
                None
            }
        };
        if let Some(idle) = idle {
            idle.dismiss();
        }
        self.start(surroundings, true)
    }

    fn start(
        &self,
        surroundings: &Arc<Surroundings>,
        is_heard: bool,
    ) -> Result<Child, EngineError> {
        let threads = u32::try_from(self.config.resolved_threads()).unwrap_or(u32::MAX);
        let hello = Hello {
            fingerprint: fingerprint(),
            threads,
            // One chunk waits while the others are computed.
            slots: threads + 1,
            slot_bytes: SLOT_BYTES,
            memory: self.config.worker_memory,
            result_limit: self.config.result_limit,
            tells_memory: self.config.recycle_above.is_some(),
        };
        let mut killed = 0;
        loop {
            match Child::start(&self.command, &hello, surroundings, is_heard) {
                Ok(child) => return Ok(child),
                Err(unstarted) => {
                    killed += 1;
                    if !unstarted.was_killed || killed == MOST_BARREN {
                        return Err(unstarted.error);
                    }
                    tracing::debug!(error = %unstarted.error, "a worker is killed as it starts");
                }
            }
        }
    }

    /// The processes that wait.
    pub(super) fn idle(&self) -> Vec<u32> {
        self.lock().idle.iter().map(Child::id).collect()
    }

    /// Keeps a worker for later.
    pub(super) fn keep(&self, child: Child) {
        if child.is_tired {
            return child.dismiss();
        }
        self.lock().idle.push(child);
    }
}

impl Drop for Permit<'_> {
    fn drop(&mut self) {
        self.0.lock().leased -= 1;
        self.0.returned.notify_one();
    }
}

impl Drop for Pool {
    fn drop(&mut self) {
        let idle = std::mem::take(&mut self.lock().idle);
        // All are told before any is waited for.
        for child in &idle {
            let _ = child.sender.send(&super::message::ToWorker::Bye, &[]);
        }
        idle.into_iter().for_each(Child::dismiss);
    }
}
