//! Progress where nobody can draw: a line now and then.

use std::fmt;
use std::io::Write;

use super::count::RunCount;

/// No two lines of a run are closer, but for the last.
const PAUSE_NS: u64 = 1_000_000_000;

/// A run that takes long is heard of at least so often.
const HEARTBEAT_NS: u64 = 30 * PAUSE_NS;

/// So many nested maps are told in a line.
const NESTED: usize = 2;

pub(super) struct Lines {
    writer: Option<Box<dyn Write + Send>>,
}

/// What was last told of a run.
#[derive(Debug, Default)]
pub(super) struct LastLine {
    at_ns: u64,
    tenth: u64,
}

impl Lines {
    pub(super) fn new(writer: impl Write + Send + 'static) -> Self {
        Self {
            writer: Some(Box::new(writer)),
        }
    }

    /// Tells how far a run is, if a tenth of it was done since the last line, or if that is long ago.
    pub(super) fn update(&mut self, count: &RunCount, last: &mut LastLine) {
        let tenth = count.percent().unwrap_or(0) / 10;
        let pause = count.at_ns.saturating_sub(last.at_ns);
        if pause < PAUSE_NS || (tenth <= last.tenth && pause < HEARTBEAT_NS) {
            return;
        }
        *last = LastLine {
            at_ns: count.at_ns,
            tenth,
        };
        let mut line = format!("{}: {}", count.pipeline, count.status());
        for (_, nested) in count.running(NESTED) {
            line.push_str("; ");
            line.push_str(&nested);
        }
        self.write(&line);
    }

    pub(super) fn write(&mut self, line: &str) {
        let Some(writer) = &mut self.writer else {
            return;
        };
        // Nobody reads any more: there is nobody to tell either.
        if writeln!(writer, "{line}")
            .and_then(|()| writer.flush())
            .is_err()
        {
            self.writer = None;
        }
    }
}

impl fmt::Debug for Lines {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Lines")
            .field("is_open", &self.writer.is_some())
            .finish()
    }
}
