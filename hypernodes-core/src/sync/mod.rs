//! Locks, signals, atomics and threads of the scheduler: those of `std`. Under `--cfg shuttle` the tests have others
//! instead, where every order in which threads may run can be tried.

#[cfg(not(all(test, shuttle)))]
mod real {
    pub(crate) use std::sync::atomic::{AtomicBool, AtomicUsize};
    pub(crate) use std::sync::{Condvar, Mutex, MutexGuard};
    pub(crate) mod thread {
        pub(crate) use std::thread::{Builder, JoinHandle, ThreadId, current};
    }
}

#[cfg(all(test, shuttle))]
pub(crate) mod model;
#[cfg(all(test, shuttle))]
#[expect(
    unused_imports,
    reason = "`inputs!` brings more traits than a value needs, and only other crates do not see it"
)]
mod models;

#[cfg(all(test, shuttle))]
pub(crate) use model::{AtomicBool, AtomicUsize, Condvar, Mutex, MutexGuard, thread};
#[cfg(not(all(test, shuttle)))]
pub(crate) use real::{AtomicBool, AtomicUsize, Condvar, Mutex, MutexGuard, thread};
