//! A worker process as its parent sees it: started, greeted, ended, buried.

use std::ffi::OsString;
use std::io::{self, Read, Write};
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::PathBuf;
use std::process::{ChildStderr, Command, ExitStatus, Stdio};
use std::sync::{Arc, Mutex, PoisonError, mpsc};
use std::thread;
use std::time::Duration;

use hypernodes_core::remote::fingerprint;
use hypernodes_core::{Crash, EngineError, Progress};
use rustix::fs::{Stat, stat};
use rustix::process::{Pid, Signal, WaitId, WaitIdOptions, kill_process_group, waitid};

use super::entry::{VARIABLE, WorkerCommand, mark};
use super::link::{LinkError, Receiver, Sender, halves, pair};
use super::message::{Hello, ToParent, ToWorker};
use super::parcels::Slots;
use super::shm::{Arena, View, Words};
use super::wire::Kind;
use super::{LINK_LOST, NAME};
use crate::clock;

/// How long a worker that is to end by itself may take.
const GOODBYE: Duration = Duration::from_secs(2);

/// How much of what a worker wrote last is kept: a backtrace is long, and what it is of stands above it.
const TAIL: usize = 64 * 1024;

/// How many lines of it are told.
const LINES: usize = 8;

/// What a child inherits when it starts: one that was started elsewhere is not used here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Surroundings {
    folder: Option<PathBuf>,
    variables: Vec<(OsString, OsString)>,
}

impl Surroundings {
    pub(super) fn now() -> Self {
        Self {
            folder: std::env::current_dir().ok(),
            variables: std::env::vars_os().collect(),
        }
    }
}

/// A worker process.
#[derive(Debug)]
pub(super) struct Child {
    process: std::process::Child,
    pub(super) sender: Sender,
    pub(super) receiver: Receiver,
    pub(super) arena: Arena,
    pub(super) view: View,
    pub(super) words: Words,
    pub(super) slots: Slots,
    pub(super) surroundings: Arc<Surroundings>,
    /// Plans that it was sent, the last ones.
    pub(super) plans: std::collections::VecDeque<u64>,
    /// Items that it has computed.
    pub(super) served: u64,
    /// Chunks that it was given.
    pub(super) sent: u64,
    /// Its memory has passed the mark, or it has served enough.
    pub(super) is_tired: bool,
    said: Option<Said>,
    is_buried: bool,
}

/// The end of what a worker writes to standard error, which goes on to the parent's.
#[derive(Debug)]
struct Said {
    tail: Arc<Mutex<Vec<u8>>>,
    ended: mpsc::Receiver<()>,
}

/// Why there is no worker.
#[derive(Debug)]
pub(super) struct Unstarted {
    pub(super) error: EngineError,
    /// Somebody killed it before it answered: the next one may live.
    pub(super) was_killed: bool,
}

impl From<EngineError> for Unstarted {
    fn from(error: EngineError) -> Self {
        Self {
            error,
            was_killed: false,
        }
    }
}

/// How a worker ended.
#[derive(Debug)]
pub(super) enum Fate {
    /// It ended by itself, or somebody else has ended it.
    Died(ExitStatus),
    /// It lived on and had to be killed.
    Killed,
}

impl Child {
    /// Starts a worker and waits until it is ready.
    pub(super) fn start(
        command: &WorkerCommand,
        hello: &Hello,
        surroundings: &Arc<Surroundings>,
        is_heard: bool,
    ) -> Result<Self, Unstarted> {
        let unavailable = |what: &str, error: &dyn std::fmt::Display| EngineError::Unavailable {
            engine: NAME.to_owned(),
            reason: format!("{what}: {error}"),
        };
        let shared = |error: io::Error| unavailable("no shared memory for a worker", &error);
        let slots = Slots {
            count: hello.slots as usize,
            bytes: usize::try_from(hello.slot_bytes).unwrap_or(usize::MAX),
        };
        let (arena, arena_file) = Arena::create(slots.len()).map_err(shared)?;
        let threads = hello.threads as usize + 1;
        let (words, words_file) = Words::create(threads * Progress::WORDS).map_err(shared)?;
        // Until the worker has sent its own, it is this one.
        let view = View::open(&arena_file).map_err(shared)?;
        let (ours, theirs) =
            pair().map_err(|error| unavailable("no socket for a worker", &error))?;
        let (sender, receiver) = halves(ours, Kind::ToWorker, Kind::ToParent)
            .map_err(|error| unavailable("no socket for a worker", &error))?;
        let mut start = Command::new(&command.exe);
        start
            .arg0(&command.name)
            .args(&command.args)
            .env(VARIABLE, mark(&theirs).unwrap_or_default())
            .stdin(Stdio::from(theirs))
            .stdout(Stdio::null())
            // Signals that a terminal sends are the parent's; it decides what becomes of its workers.
            .process_group(0);
        if is_heard {
            start.stderr(Stdio::piped());
        }
        let started = start.spawn();
        // It keeps the worker's end of the socket: with that open here, nobody would notice that the worker has ended.
        drop(start);
        let mut process = started.map_err(|error| {
            let what = format!("`{}` cannot be started", command.exe.display());
            unavailable(&what, &error)
        })?;
        let said = process.stderr.take().and_then(Said::listen);
        let mut child = Self {
            process,
            sender,
            receiver,
            view,
            arena,
            words,
            slots,
            surroundings: Arc::clone(surroundings),
            plans: std::collections::VecDeque::new(),
            served: 0,
            sent: 0,
            is_tired: false,
            said,
            is_buried: false,
        };
        match child.greet(hello, &arena_file, &words_file, command.patience) {
            Ok(view) => {
                child.view = view;
                Ok(child)
            }
            Err(reason) => {
                let (fate, said) = child.end(Duration::from_millis(50));
                let said = said
                    .map(|said| format!("; it said: {said}"))
                    .unwrap_or_default();
                let was_killed =
                    matches!(fate, Some(Fate::Died(status)) if status.signal().is_some());
                Err(Unstarted {
                    error: unavailable("a worker does not start", &format!("{reason}{said}")),
                    was_killed,
                })
            }
        }
    }

    /// Shakes hands; gives the worker's arena.
    fn greet(
        &mut self,
        hello: &Hello,
        arena: &OwnedFd,
        words: &OwnedFd,
        patience: Duration,
    ) -> Result<View, String> {
        let stdout = rustix::stdio::stdout();
        let descriptors = [stdout, arena.as_fd(), words.as_fd()];
        let text = |error: LinkError| match error {
            LinkError::Closed => {
                "it ended before it answered; is `hypernodes::init()` the first line of `main`?"
                    .to_owned()
            }
            error => error.to_string(),
        };
        self.sender
            .send(&ToWorker::Hello(hello.clone()), &descriptors)
            .map_err(text)?;
        let until = clock::now() + patience;
        loop {
            let left = until.saturating_duration_since(clock::now());
            let answer = self
                .receiver
                .receive::<ToParent>(Some(left))
                .map_err(text)?;
            match answer {
                Some((
                    ToParent::Ready {
                        fingerprint: theirs,
                    },
                    descriptors,
                )) => {
                    if theirs != fingerprint() {
                        return Err("it is another program, or another build of it".to_owned());
                    }
                    self.is_same_file()?;
                    let arena = descriptors.first().ok_or("its shared memory is missing")?;
                    let view = View::open(arena).map_err(|error| error.to_string())?;
                    if view.len() < self.slots.len() {
                        return Err("its shared memory is too small".to_owned());
                    }
                    return Ok(view);
                }
                Some((ToParent::Refused { reason } | ToParent::Broken { reason }, _)) => {
                    return Err(reason);
                }
                Some(_) => return Err("it does not answer as a worker does".to_owned()),
                None if left.is_zero() => {
                    return Err(format!(
                        "it did not answer within {patience:?}; is `hypernodes::init()` the first line of `main`?"
                    ));
                }
                None => {}
            }
        }
    }

    /// Whether the worker runs the very file that this process runs: nodes may have the same names in two builds.
    fn is_same_file(&self) -> Result<(), String> {
        let of =
            |process: &str| stat(format!("/proc/{process}/exe")).map_err(|error| error.to_string());
        let key = |stat: &Stat| {
            (
                stat.st_dev,
                stat.st_ino,
                stat.st_size,
                stat.st_mtime,
                stat.st_mtime_nsec,
            )
        };
        let (own, other) = (of("self")?, of(&self.process.id().to_string())?);
        match key(&own) == key(&other) {
            true => Ok(()),
            false => Err("it is another program, or another build of it".to_owned()),
        }
    }

    fn pid(&self) -> Option<Pid> {
        i32::try_from(self.process.id())
            .ok()
            .and_then(Pid::from_raw)
    }

    /// Whether its last words are heard.
    pub(super) fn is_heard(&self) -> bool {
        self.said.is_some()
    }

    /// The number of the process.
    pub(super) fn id(&self) -> u32 {
        self.process.id()
    }

    /// Waits until the process has ended, but no longer than this. It is still to be reaped then.
    fn has_ended(&self, patience: Duration) -> bool {
        let Some(pid) = self.pid() else {
            return true;
        };
        let until = clock::now() + patience;
        let mut pause = Duration::from_micros(50);
        loop {
            let options = WaitIdOptions::EXITED | WaitIdOptions::NOHANG | WaitIdOptions::NOWAIT;
            match waitid(WaitId::Pid(pid), options) {
                Ok(None) => {}
                Ok(Some(_)) | Err(_) => return true,
            }
            if clock::now() >= until {
                return false;
            }
            thread::sleep(pause);
            pause = (pause * 2).min(Duration::from_millis(5));
        }
    }

    /// Ends the worker, with all processes that it has started, and says how it ended and what it wrote last.
    pub(super) fn end(&mut self, patience: Duration) -> (Option<Fate>, Option<String>) {
        if std::mem::replace(&mut self.is_buried, true) {
            return (None, None);
        }
        let has_ended = self.has_ended(patience);
        // Before it is reaped its number belongs to nobody else.
        if let Some(pid) = self.pid() {
            let _ = kill_process_group(pid, Signal::KILL);
        }
        let _ = self.process.kill();
        let status = self.process.wait().ok();
        let said = self.said.take().and_then(Said::last);
        let fate = match (has_ended, status) {
            (true, Some(status)) => Some(Fate::Died(status)),
            (_, _) => Some(Fate::Killed),
        };
        (fate, said)
    }

    /// How a worker ended whose socket was closed, in the words of a failure.
    pub(super) fn crash(&mut self, memory: Option<u64>) -> (Crash, Option<String>) {
        let (fate, said) = self.end(GOODBYE);
        let has_said = |text: &str| said.as_ref().is_some_and(|said| said.contains(text));
        let crash = match fate {
            Some(Fate::Died(status)) => match (status.signal(), status.code()) {
                (Some(_), _) if has_said("memory allocation of ") => {
                    Crash::OutOfMemory { limit: memory }
                }
                (Some(_), _) if has_said("has overflowed its stack") => Crash::StackOverflow,
                (Some(signal), _) => Crash::Killed { signal },
                (None, Some(code)) if code != LINK_LOST => Crash::Exited { code },
                _ => Crash::ClosedPipe,
            },
            Some(Fate::Killed) | None => Crash::ClosedPipe,
        };
        (crash, said)
    }

    /// Lets an idle worker end by itself.
    pub(super) fn dismiss(mut self) {
        let patience = match self.sender.send(&ToWorker::Bye, &[]) {
            Ok(()) => GOODBYE,
            Err(_) => Duration::ZERO,
        };
        self.end(patience);
    }
}

impl Drop for Child {
    fn drop(&mut self) {
        self.end(Duration::ZERO);
    }
}

impl Said {
    /// Copies what comes to this process's standard error. `None`: there is no thread for it.
    fn listen(mut stderr: ChildStderr) -> Option<Self> {
        let tail = Arc::new(Mutex::new(Vec::new()));
        let kept = Arc::clone(&tail);
        let (end, ended) = mpsc::channel();
        let copy = move || {
            let mut buffer = vec![0; 4096];
            while let Ok(came @ 1..) = stderr.read(&mut buffer) {
                let _ = io::stderr().write_all(&buffer[..came]);
                let mut tail = kept.lock().unwrap_or_else(PoisonError::into_inner);
                tail.extend_from_slice(&buffer[..came]);
                let over = tail.len().saturating_sub(TAIL);
                tail.drain(..over);
            }
            drop(end);
        };
        let thread = thread::Builder::new()
            .name("hypernodes-stderr".to_owned())
            .spawn(copy);
        thread.is_ok().then_some(Self { tail, ended })
    }

    /// The last that was said before the worker ended.
    fn last(self) -> Option<String> {
        // Whoever holds on to the worker's standard error must not hold up the parent.
        let _ = self.ended.recv_timeout(Duration::from_millis(500));
        let tail = self.tail.lock().unwrap_or_else(PoisonError::into_inner);
        let text = String::from_utf8_lossy(&tail);
        let lines: Vec<&str> = text.lines().filter(|line| !is_of_backtrace(line)).collect();
        let told = lines[lines.len().saturating_sub(LINES)..].join("\n");
        (!told.trim().is_empty()).then(|| told.trim().to_owned())
    }
}

/// Whether a line is one of those that a panic prints besides its message.
fn is_of_backtrace(line: &str) -> bool {
    let line = line.trim_start();
    let number = line.trim_start_matches(|c: char| c.is_ascii_digit());
    let is_frame = number.len() < line.len() && number.starts_with(": ");
    let begins = ["at ", "stack backtrace:", "note: "];
    line.is_empty() || is_frame || begins.iter().any(|begin| line.starts_with(begin))
}
