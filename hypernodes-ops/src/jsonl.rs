//! Events as lines of JSON: written into a file of bounded size, and read back.

use std::fmt;
use std::fs::{File, OpenOptions};
use std::io::{self, BufRead, BufReader, BufWriter, Read, Seek, SeekFrom, Write};
use std::path::Path;
use std::sync::{Mutex, PoisonError};

use hypernodes_core::{Event, EventKind, Listener};
use serde::{Deserialize, Serialize};

/// How large a log grows at most, apart from starts and ends of runs.
const MAX_BYTES: u64 = 64 * 1024 * 1024;

/// The longest line that is read.
const MAX_LINE: u64 = 16 * 1024 * 1024;

/// How far behind the file may be while a run goes on, in the time of the run.
const FLUSH_NS: u64 = 1_000_000_000;

/// A listener that appends events to a file, one line of JSON each.
///
/// The size is bounded: beyond 64 MB only starts and ends of runs and failures are written (failures until twice that).
/// What was left out is told in the last line. An error of the disk ends the log and not the run.
///
/// # Example
/// ```
/// use hypernodes_core::{Event, EventKind, Listener, RunId, SpanId};
/// use hypernodes_ops::{EventLog, read_events};
/// let path = std::env::temp_dir().join(format!("events-{}.jsonl", std::process::id()));
/// let log = EventLog::append(&path)?;
/// log.hear(&Event {
///     run: RunId(7),
///     span: SpanId(1),
///     parent: None,
///     at_ns: 12,
///     worker: 0,
///     kind: EventKind::Cancelled,
/// });
/// drop(log);
/// let events = read_events(&path)?.collect::<Result<Vec<Event>, _>>()?;
/// assert_eq!(events[0].at_ns, 12);
/// # std::fs::remove_file(&path).ok();
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct EventLog {
    state: Mutex<State>,
}

struct State {
    /// `None` after an error: what follows a torn line could not be read.
    writer: Option<Box<dyn Write + Send>>,
    max_bytes: u64,
    bytes: u64,
    left_out: u64,
    flushed_ns: u64,
}

/// The line that tells how many events were left out since the line before of that kind.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct LeftOut {
    left_out: u64,
}

impl EventLog {
    /// Appends to this file, which is made if it is not there.
    ///
    /// A torn last line, as a crash leaves it, is cut off. The size of what is there counts towards the limit.
    ///
    /// # Errors
    /// Those of opening, reading and cutting the file.
    pub fn append(path: impl AsRef<Path>) -> Result<Self, EventLogError> {
        let mut file = OpenOptions::new()
            .read(true)
            .append(true)
            .create(true)
            .open(path)?;
        let bytes = cut_torn_line(&mut file)?;
        Ok(Self::with_bytes(BufWriter::new(file), bytes))
    }

    /// Writes to this; flushes it at starts, failures and ends.
    #[must_use]
    pub fn to_writer(writer: impl Write + Send + 'static) -> Self {
        Self::with_bytes(writer, 0)
    }

    /// Lets it grow to this size instead of 64 MB.
    #[must_use]
    pub fn with_max_bytes(mut self, bytes: u64) -> Self {
        self.state
            .get_mut()
            .unwrap_or_else(PoisonError::into_inner)
            .max_bytes = bytes;
        self
    }

    fn with_bytes(writer: impl Write + Send + 'static, bytes: u64) -> Self {
        Self {
            state: Mutex::new(State {
                writer: Some(Box::new(writer)),
                max_bytes: MAX_BYTES,
                bytes,
                left_out: 0,
                flushed_ns: 0,
            }),
        }
    }
}

impl Listener for EventLog {
    fn hear(&self, event: &Event) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.hear(event);
    }
}

impl State {
    fn hear(&mut self, event: &Event) {
        let is_edge = matches!(
            event.kind,
            EventKind::RunStarted(_) | EventKind::RunEnded { .. }
        );
        let is_failure = matches!(event.kind, EventKind::ItemFailed { .. });
        if self.writer.is_none() {
            return;
        }
        let line = match serde_json::to_vec(event) {
            Ok(line) => line,
            Err(error) => {
                self.left_out += 1;
                tracing::debug!("an event that is no JSON: {error}");
                return;
            }
        };
        let limit = if is_failure {
            self.max_bytes.saturating_mul(2)
        } else {
            self.max_bytes
        };
        let after = self.bytes.saturating_add(line.len() as u64 + 1);
        if !is_edge && after > limit {
            self.left_out += 1;
            return;
        }
        self.write(line);
        if matches!(event.kind, EventKind::RunEnded { .. }) {
            self.tell_left_out();
        }
        if is_edge || is_failure || event.at_ns.saturating_sub(self.flushed_ns) >= FLUSH_NS {
            self.flushed_ns = event.at_ns;
            self.flush();
        }
    }

    fn write(&mut self, mut line: Vec<u8>) {
        line.push(b'\n');
        self.bytes = self.bytes.saturating_add(line.len() as u64);
        let result = self.writer.as_mut().map(|writer| writer.write_all(&line));
        self.check(result);
    }

    fn flush(&mut self) {
        let result = self.writer.as_mut().map(Write::flush);
        self.check(result);
    }

    fn check(&mut self, result: Option<io::Result<()>>) {
        if let Some(Err(error)) = result {
            tracing::warn!("the log of events ends here: {error}");
            self.writer = None;
        }
    }

    fn tell_left_out(&mut self) {
        let left_out = std::mem::take(&mut self.left_out);
        if left_out > 0
            && let Ok(line) = serde_json::to_vec(&LeftOut { left_out })
        {
            self.write(line);
        }
    }
}

impl Drop for State {
    fn drop(&mut self) {
        self.tell_left_out();
        self.flush();
    }
}

impl fmt::Debug for EventLog {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        f.debug_struct("EventLog")
            .field("bytes", &state.bytes)
            .field("left_out", &state.left_out)
            .finish_non_exhaustive()
    }
}

/// Cuts off what stands behind the last line break; gives the size then.
fn cut_torn_line(file: &mut File) -> io::Result<u64> {
    const BLOCK: u64 = 64 * 1024;
    let size = file.metadata()?.len();
    let mut end = size;
    while end > 0 {
        let start = end.saturating_sub(BLOCK);
        let mut block = Vec::new();
        file.seek(SeekFrom::Start(start))?;
        Read::take(&mut *file, end - start).read_to_end(&mut block)?;
        if let Some(at) = block.iter().rposition(|byte| *byte == b'\n') {
            end = start + at as u64 + 1;
            break;
        }
        end = start;
    }
    if end < size {
        file.set_len(end)?;
    }
    Ok(end)
}

/// Why events cannot be written or read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum EventLogError {
    /// The file cannot be opened, read or written.
    #[error("the log of events cannot be used")]
    Io(#[from] io::Error),
    /// A whole line is no event: it was changed, or a newer version wrote it.
    #[error("line {line} of the log of events is no event that this version knows")]
    Line {
        /// Its number, from 1 on.
        line: u64,
        /// What is wrong with it.
        source: serde_json::Error,
    },
    /// A line is longer than any event is.
    #[error("line {line} of the log of events is longer than 16 MB")]
    TooLong {
        /// Its number, from 1 on.
        line: u64,
    },
}

/// Reads the events of a file that an [`EventLog`] has written, one after the other.
///
/// A torn last line, as a crash leaves it or as a run that goes on is about to finish it, ends it without an error. After
/// an error of a whole line it goes on with the next.
///
/// # Errors
/// That of opening the file.
///
/// # Example
/// ```
/// let path = std::env::temp_dir().join(format!("torn-{}.jsonl", std::process::id()));
/// std::fs::write(&path, r#"{"run":1,"sp"#)?;
/// let mut events = hypernodes_ops::read_events(&path)?;
/// assert!(events.next().is_none());
/// assert!(events.is_torn());
/// # std::fs::remove_file(&path).ok();
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn read_events(path: impl AsRef<Path>) -> Result<EventReader, EventLogError> {
    Ok(EventReader {
        reader: BufReader::new(File::open(path)?),
        line: 0,
        left_out: 0,
        is_torn: false,
        has_ended: false,
    })
}

/// The events of a file; see [`read_events`].
#[derive(Debug)]
pub struct EventReader {
    reader: BufReader<File>,
    line: u64,
    left_out: u64,
    is_torn: bool,
    has_ended: bool,
}

impl EventReader {
    /// How many events the log says it left out, in the lines that were read so far.
    #[must_use]
    pub fn left_out(&self) -> u64 {
        self.left_out
    }

    /// Whether the last line was torn.
    #[must_use]
    pub fn is_torn(&self) -> bool {
        self.is_torn
    }

    fn read(&mut self) -> Result<Option<Event>, EventLogError> {
        let mut text = Vec::new();
        loop {
            text.clear();
            self.line += 1;
            let line = self.line;
            let mut limited = Read::take(&mut self.reader, MAX_LINE);
            if let Err(error) = limited.read_until(b'\n', &mut text) {
                self.has_ended = true;
                return Err(error.into());
            }
            let is_whole = text.last() == Some(&b'\n');
            if !is_whole && text.len() as u64 == MAX_LINE {
                self.has_ended = true;
                return Err(EventLogError::TooLong { line });
            }
            // What follows the end of the file is not written yet.
            self.has_ended = !is_whole;
            if text.trim_ascii().is_empty() {
                if is_whole {
                    continue;
                }
                return Ok(None);
            }
            let error = match serde_json::from_slice::<Event>(&text) {
                Ok(event) => return Ok(Some(event)),
                Err(error) => error,
            };
            if let Ok(told) = serde_json::from_slice::<LeftOut>(&text) {
                self.left_out = self.left_out.saturating_add(told.left_out);
            } else if is_whole {
                let source = error;
                return Err(EventLogError::Line { line, source });
            } else {
                self.is_torn = true;
                return Ok(None);
            }
            if !is_whole {
                return Ok(None);
            }
        }
    }
}

impl Iterator for EventReader {
    type Item = Result<Event, EventLogError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.has_ended {
            return None;
        }
        self.read().transpose()
    }
}

#[cfg(test)]
#[path = "jsonl_tests.rs"]
mod tests;
