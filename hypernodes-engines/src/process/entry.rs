//! How a program becomes its own worker: `init` in `main`, or one line in a test crate.

use std::ffi::OsString;
use std::os::fd::{AsFd, OwnedFd};
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use hypernodes_core::EngineError;
use linkme::distributed_slice;
use rustix::fs::{FileType, Mode, OFlags, fstat, open};
use rustix::io::fcntl_dupfd_cloexec;

use super::{NAME, worker};

/// Set in worker processes, to the inode of the socket that is their standard input: a child of a worker inherits the
/// variable, not the socket, so it is no worker. Whether the parent still lives is no part of this: a worker that is started
/// just before its parent ends must end too, and never run the program itself.
pub(super) const VARIABLE: &str = "HYPERNODES_WORKER";

/// A worker that has not answered its first message by then is given up.
const PATIENCE: Duration = Duration::from_secs(60);

static IS_READY: AtomicBool = AtomicBool::new(false);

/// Modules of test crates that have an entry for workers.
#[doc(hidden)]
#[distributed_slice]
pub static TEST_ENTRIES: [&'static str];

/// Makes this program able to be its own worker: the first line of `main`.
///
/// The [`Process`](super::Process) engine starts this program again. In such a child `init` serves its parent and never
/// returns, so nothing behind it runs there; in every other process it returns at once. In a test crate
/// [`enable_process_tests!`](crate::enable_process_tests) takes its place.
///
/// # Example
/// ```standalone_crate
/// # extern crate hypernodes_core as hypernodes;
/// use hypernodes::prelude::*;
/// # use hypernodes_engines::{Process, process::init};
/// #[node(output = "square")]
/// fn square(x: f64) -> f64 { x * x }
///
/// fn main() -> Result<(), hypernodes::Error> {
///     init(); // `hypernodes::init()`
///     let p = Pipeline::new("squares", nodes![square])?.with_engine(Process::new()?.workers(1));
///     let runs = p.map(inputs! { x: [1.0, 2.0, 3.0] }, MapOver::zip(["x"]))?;
///     assert_eq!(runs.column::<f64>("square")?, [1.0, 4.0, 9.0]);
///     Ok(())
/// }
/// ```
pub fn init() {
    serve_if_worker();
    // A test of a test program runs on another thread: started again, that program would run all of its tests.
    if std::thread::current().name() == Some("main") {
        IS_READY.store(true, Ordering::Relaxed);
    }
}

/// Serves a parent, if there is one that has started this process as its worker; then it does not return.
#[doc(hidden)]
pub fn serve_if_worker() {
    if let Some(socket) = socket_of_worker() {
        worker::serve(socket);
    }
}

/// What [`VARIABLE`] is set to for a worker whose standard input is this.
pub(super) fn mark(socket: impl AsFd) -> Option<String> {
    let stat = fstat(socket).ok()?;
    let is_socket = FileType::from_raw_mode(stat.st_mode) == FileType::Socket;
    is_socket.then(|| stat.st_ino.to_string())
}

/// The socket to the parent, if this process is a worker. Standard input is nobody's then.
fn socket_of_worker() -> Option<OwnedFd> {
    let told = std::env::var(VARIABLE).ok()?;
    let stdin = rustix::stdio::stdin();
    if told != mark(stdin)? {
        return None;
    }
    let socket = fcntl_dupfd_cloexec(stdin, 3).ok()?;
    let null = open("/dev/null", OFlags::RDONLY | OFlags::CLOEXEC, Mode::empty()).ok()?;
    rustix::stdio::dup2_stdin(null).ok()?;
    Some(socket)
}

/// How a worker of this program is started: a value, so that whoever starts workers elsewhere can use it too.
///
/// # Example
/// ```
/// use hypernodes_engines::process::{WorkerCommand, init};
/// init();
/// let command = WorkerCommand::of_this_program()?;
/// assert!(command.args.is_empty());
/// # Ok::<(), hypernodes_core::EngineError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct WorkerCommand {
    /// The program.
    pub exe: PathBuf,
    /// What it is called in lists of processes.
    pub name: OsString,
    /// Its arguments.
    pub args: Vec<OsString>,
    /// How long it may take until it answers; then it is given up. A minute, unless something else is set.
    pub patience: Duration,
}

impl WorkerCommand {
    /// The command that starts this program again as a worker. It is the program that runs now, even when its file was
    /// replaced meanwhile.
    ///
    /// # Errors
    /// When the program cannot be a worker: neither [`init`] was called nor an entry of a test crate is there.
    pub fn of_this_program() -> Result<Self, EngineError> {
        let args = if let Some(module) = TEST_ENTRIES.first() {
            // The harness knows its tests without the crate's name.
            let within = module.split_once("::").map(|(_, rest)| format!("{rest}::"));
            let test = format!("{}__hypernodes_worker", within.unwrap_or_default());
            let harness = [
                "--exact",
                "--include-ignored",
                "--nocapture",
                "--test-threads=1",
            ];
            std::iter::once(test.into())
                .chain(harness.map(OsString::from))
                .collect()
        } else if IS_READY.load(Ordering::Relaxed) {
            Vec::new()
        } else {
            return Err(EngineError::Config {
                engine: NAME.to_owned(),
                problem: "this program cannot start itself as a worker; call `hypernodes::init()` on the first line of \
                          `main`, or in a test crate write `hypernodes::enable_process_tests!();` at its root"
                    .to_owned(),
            });
        };
        let name = std::env::args_os()
            .next()
            .unwrap_or_else(|| "hypernodes-worker".into());
        Ok(Self {
            exe: PathBuf::from("/proc/self/exe"),
            name,
            args,
            patience: PATIENCE,
        })
    }
}

/// Makes a test crate able to start workers of itself: one line at its root, where [`init`](crate::process::init) has no
/// `main` to be called in.
///
/// ```text
/// hypernodes::enable_process_tests!();
/// ```
#[macro_export]
macro_rules! enable_process_tests {
    () => {
        #[cfg(test)]
        #[doc(hidden)]
        mod __hypernodes_entry {
            #[$crate::__private::linkme::distributed_slice($crate::process::TEST_ENTRIES)]
            #[linkme(crate = $crate::__private::linkme)]
            static ENTRY: &str = ::core::module_path!();

            #[test]
            #[ignore = "the entry of worker processes"]
            fn __hypernodes_worker() {
                $crate::process::serve_if_worker();
            }
        }
    };
}
