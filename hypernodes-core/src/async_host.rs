//! Where async nodes run: the caller's runtime, or one of our own.

use std::cell::Cell;
use std::fmt;
use std::future::Future;
use std::sync::OnceLock;

use tokio::runtime::{Builder, Handle, Runtime, TryCurrentError};

use crate::error::{EngineError, Error};

/// The runtime that async nodes run on.
pub struct AsyncHost(Kind);

enum Kind {
    /// The runtime of the caller of `run_async` or `map_async`.
    Caller(Handle),
    /// A runtime of this run, made when the first async node is reached.
    Own(OnceLock<Runtime>),
}

impl AsyncHost {
    pub(crate) fn own() -> Self {
        Self(Kind::Own(OnceLock::new()))
    }

    /// Runs a future to its end on this thread.
    pub(crate) fn block_on<F: Future>(&self, future: F) -> F::Output {
        // What a future calls must not block: it is polled with others.
        let _inside = Blocking::set(false);
        match &self.0 {
            Kind::Caller(handle) => handle.block_on(future),
            Kind::Own(runtime) => runtime.get_or_init(new_runtime).block_on(future),
        }
    }
}

#[expect(
    clippy::expect_used,
    reason = "without a runtime no async node can run, and there is nobody to tell"
)]
fn new_runtime() -> Runtime {
    Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("the system gives a runtime its timer and its poller")
}

/// Whether blocking here would block a runtime. (A runtime does not tell whether a thread is one of those that may be
/// blocked, so only those that we asked for are known.)
pub(crate) fn is_inside_runtime() -> bool {
    Handle::try_current().is_ok() && !Blocking::is_allowed()
}

thread_local! {
    static MAY_BLOCK: Cell<bool> = const { Cell::new(false) };
}

/// For as long as it lives, whether this thread may be blocked although it belongs to a runtime.
struct Blocking {
    before: bool,
}

impl Blocking {
    fn set(allowed: bool) -> Self {
        let before = MAY_BLOCK.replace(allowed);
        Self { before }
    }

    fn is_allowed() -> bool {
        MAY_BLOCK.get()
    }
}

impl Drop for Blocking {
    fn drop(&mut self) {
        MAY_BLOCK.set(self.before);
    }
}

/// Runs blocking work beside the caller's runtime, and gives it that runtime for async nodes.
///
/// # Errors
/// Those of the work; without a runtime around the call, and when it shuts down, that there is none.
pub(crate) async fn off_the_runtime<T: Send + 'static>(
    work: impl FnOnce(AsyncHost) -> Result<T, Error> + Send + 'static,
) -> Result<T, Error> {
    let handle = Handle::try_current().map_err(|error| unavailable(no_runtime(&error)))?;
    let host = AsyncHost(Kind::Caller(handle.clone()));
    let work = move || {
        let _here = Blocking::set(true);
        work(host)
    };
    match handle.spawn_blocking(work).await {
        Ok(result) => result,
        Err(error) => match error.try_into_panic() {
            Ok(panic) => std::panic::resume_unwind(panic),
            Err(cancelled) => Err(unavailable(format!(
                "the runtime is shutting down ({cancelled})"
            ))),
        },
    }
}

fn no_runtime(error: &TryCurrentError) -> String {
    if error.is_thread_local_destroyed() {
        "this thread is ending".to_owned()
    } else {
        "`run_async` and `map_async` need a tokio runtime around them; call `run` or `map` instead, or await them inside \
         `#[tokio::main]` or `Runtime::block_on`"
            .to_owned()
    }
}

#[cold]
fn unavailable(reason: String) -> Error {
    let engine = "tokio".to_owned();
    EngineError::Unavailable { engine, reason }.into()
}

impl fmt::Debug for AsyncHost {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.0 {
            Kind::Caller(_) => "AsyncHost(caller's runtime)",
            Kind::Own(_) => "AsyncHost(own runtime)",
        })
    }
}
