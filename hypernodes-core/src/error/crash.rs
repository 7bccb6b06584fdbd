//! How a worker process died.

use std::fmt;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::resource::format_size;

/// How a worker process died, or why it had to be given up.
///
/// # Example
/// ```
/// # use hypernodes_core as hypernodes;
/// use hypernodes::Crash;
/// assert_eq!(Crash::Killed { signal: 11 }.to_string(), "killed by SIGSEGV");
/// assert_eq!(Crash::Exited { code: 3 }.to_string(), "exited with code 3");
/// assert_eq!(Crash::OutOfMemory { limit: Some(256 << 20) }.to_string(), "ran out of memory (limit 256 MiB)");
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Crash {
    /// A signal ended it: a segmentation fault, an abort, the system.
    Killed {
        /// The signal's number on Linux.
        signal: i32,
    },
    /// It ended by itself, in the middle of its work.
    Exited {
        /// With this code.
        code: i32,
    },
    /// It needed more memory than it may have.
    OutOfMemory {
        /// How many bytes it may have, where that is known.
        limit: Option<u64>,
    },
    /// Its stack was too small for the calls in it.
    StackOverflow,
    /// It closed its end of the pipe, and still ran.
    ClosedPipe,
    /// What it sent makes no sense.
    Garbled {
        /// What is wrong with it.
        what: String,
    },
    /// It was killed because a node took longer than it may. That is the verdict on its item: no crash is told.
    TimedOut {
        /// How long the node may take, as it is told.
        limit: Duration,
    },
}

impl fmt::Display for Crash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Killed { signal } => match signal_name(*signal) {
                Some(name) => write!(f, "killed by {name}"),
                None => write!(f, "killed by signal {signal}"),
            },
            Self::Exited { code } => write!(f, "exited with code {code}"),
            Self::OutOfMemory { limit: None } => f.write_str("ran out of memory"),
            Self::OutOfMemory { limit: Some(limit) } => {
                write!(f, "ran out of memory (limit {})", format_size(*limit))
            }
            Self::StackOverflow => f.write_str("overflowed its stack"),
            Self::ClosedPipe => f.write_str("closed its pipe"),
            Self::Garbled { what } => write!(f, "sent a damaged frame ({what})"),
            Self::TimedOut { limit } => write!(f, "took longer than {limit:?}"),
        }
    }
}

/// The name of a signal, by its number on Linux.
fn signal_name(signal: i32) -> Option<&'static str> {
    let name = match signal {
        1 => "SIGHUP",
        2 => "SIGINT",
        3 => "SIGQUIT",
        4 => "SIGILL",
        5 => "SIGTRAP",
        6 => "SIGABRT",
        7 => "SIGBUS",
        8 => "SIGFPE",
        9 => "SIGKILL",
        10 => "SIGUSR1",
        11 => "SIGSEGV",
        12 => "SIGUSR2",
        13 => "SIGPIPE",
        14 => "SIGALRM",
        15 => "SIGTERM",
        24 => "SIGXCPU",
        25 => "SIGXFSZ",
        31 => "SIGSYS",
        _ => return None,
    };
    Some(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_crash_has_its_words() {
        let words = |crash: Crash| crash.to_string();
        assert_eq!(words(Crash::Killed { signal: 6 }), "killed by SIGABRT");
        assert_eq!(words(Crash::Killed { signal: 42 }), "killed by signal 42");
        assert_eq!(
            words(Crash::OutOfMemory { limit: None }),
            "ran out of memory"
        );
        assert_eq!(words(Crash::StackOverflow), "overflowed its stack");
        assert_eq!(words(Crash::ClosedPipe), "closed its pipe");
        let what = "its checksum differs".to_owned();
        assert_eq!(
            words(Crash::Garbled { what }),
            "sent a damaged frame (its checksum differs)"
        );
    }

    #[test]
    fn a_crash_is_written_and_read_back() {
        let crash = Crash::OutOfMemory { limit: Some(5) };
        let text = serde_json::to_string(&crash).expect("it can be written");
        assert_eq!(text, r#"{"out_of_memory":{"limit":5}}"#);
        assert_eq!(
            serde_json::from_str::<Crash>(&text).expect("it can be read"),
            crash
        );
    }
}
