//! Progress on a terminal, and the listener that draws it.

use std::collections::BTreeMap;
use std::io::{IsTerminal, Write};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use hypernodes_core::{Event, EventKind, Listener, RunId, RunMode};
use indexmap::IndexMap;
use indicatif::{MultiProgress, ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::count::{RunCount, RunEnd};
use super::lines::{LastLine, Lines};

/// So many runs are drawn at the same time; of others only the last line is seen.
const RUNS: usize = 4;

/// So many nested maps of a run are drawn at the same time.
const NESTED: usize = 4;

/// A nested map that was not heard of for so long goes.
const IDLE_NS: u64 = 1_000_000_000;

/// No bar changes more often.
const FRAME_NS: u64 = 50_000_000;

/// A single run without nested maps that is shorter than this is not worth a line.
const SHORT_NS: u64 = 1_000_000_000;

/// So many runs are kept in mind at most: the end of one might be lost.
const KNOWN: usize = 1024;

/// When progress is shown, and how.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ProgressMode {
    /// Bars where standard error is a terminal, lines elsewhere.
    #[default]
    Auto,
    /// Bars, whatever standard error says it is.
    Always,
    /// Not at all.
    Never,
}

/// A listener that shows how far runs are: a bar for each run and for each node with a nested map that runs, or a line now
/// and then.
///
/// Items, rate, the time that is left, failures and rows from the cache are told. Each run ends with one line that stays.
/// Lines come when another tenth is done, no more than one a second, and at least every 30 seconds while there is
/// anything to hear. All times are those of the events.
///
/// # Example
/// ```
/// use hypernodes_core::Listening;
/// use hypernodes_ops::{ProgressListener, ProgressMode};
/// // Given to a pipeline, it hears its runs.
/// let listening = Listening::new(ProgressListener::new(ProgressMode::Auto));
/// assert!(!listening.has_panicked());
/// ```
#[derive(Debug)]
pub struct ProgressListener {
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    show: Show,
    runs: BTreeMap<RunId, Run>,
}

#[derive(Debug)]
enum Show {
    Nothing,
    Lines(Lines),
    Bars { multi: MultiProgress, ticks: bool },
}

#[derive(Debug)]
struct Run {
    count: RunCount,
    last: LastLine,
    bars: Option<Bars>,
}

#[derive(Debug)]
struct Bars {
    run: ProgressBar,
    nested: IndexMap<Arc<str>, ProgressBar>,
    drawn_ns: u64,
}

impl ProgressListener {
    /// Shows progress on standard error.
    #[must_use]
    pub fn new(mode: ProgressMode) -> Self {
        let is_terminal = std::io::stderr().is_terminal()
            && std::env::var_os("TERM").is_none_or(|term| term != "dumb");
        match mode {
            ProgressMode::Never => Self::showing(Show::Nothing),
            ProgressMode::Auto if is_terminal => Self::bars(ProgressDrawTarget::stderr(), true),
            ProgressMode::Auto => Self::lines(std::io::stderr()),
            ProgressMode::Always => {
                let term = console::Term::buffered_stderr();
                let target = ProgressDrawTarget::term_like_with_hz(Box::new(term), 20);
                Self::bars(target, true)
            }
        }
    }

    /// Writes lines to this.
    ///
    /// # Example
    /// ```
    /// # use hypernodes_core::{Event, EventKind, Listener, RunId, RunMode, RunOutcome, RunStart, SpanId};
    /// # use std::{io::Write, sync::{Arc, Mutex}};
    /// # #[derive(Clone, Default)]
    /// # struct Shared(Arc<Mutex<Vec<u8>>>);
    /// # impl Write for Shared {
    /// #     fn write(&mut self, text: &[u8]) -> std::io::Result<usize> { self.0.lock().unwrap().write(text) }
    /// #     fn flush(&mut self) -> std::io::Result<()> { Ok(()) }
    /// # }
    /// # let event = |at_ns, kind| Event { run: RunId(1), span: SpanId(1), parent: None, at_ns, worker: 0, kind };
    /// # let start = RunStart {
    /// #     pipeline: "scan".to_owned(), mode: RunMode::Map, items: Some(2000), engine: String::new(), workers: 1,
    /// #     partitions: 1, why: String::new(), nodes: vec![], unix_ms: 0, process: 0,
    /// # };
    /// # let start = event(0, EventKind::RunStarted(Box::new(start)));
    /// # let end = EventKind::RunEnded { outcome: RunOutcome::Partial, done: 1997, failed: 3, error: None };
    /// # let end = event(2_500_000_000, end);
    /// use hypernodes_ops::ProgressListener;
    /// let text = Shared::default();
    /// let progress = ProgressListener::lines(text.clone());
    /// progress.hear(&start);
    /// progress.hear(&end);
    /// let text = String::from_utf8(text.0.lock().unwrap().clone())?;
    /// assert_eq!(text, "scan: 2,000 of 2,000 (100%) in 2.5 s, 800/s, 3 failed\n");
    /// # Ok::<(), std::string::FromUtf8Error>(())
    /// ```
    #[must_use]
    pub fn lines(writer: impl Write + Send + 'static) -> Self {
        Self::showing(Show::Lines(Lines::new(writer)))
    }

    pub(super) fn bars(target: ProgressDrawTarget, ticks: bool) -> Self {
        let multi = MultiProgress::with_draw_target(target);
        Self::showing(Show::Bars { multi, ticks })
    }

    fn showing(show: Show) -> Self {
        let runs = BTreeMap::new();
        Self {
            state: Mutex::new(State { show, runs }),
        }
    }
}

impl Listener for ProgressListener {
    fn hear(&self, event: &Event) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.hear(event);
    }
}

impl State {
    fn hear(&mut self, event: &Event) {
        if matches!(self.show, Show::Nothing) {
            return;
        }
        if let EventKind::RunStarted(start) = &event.kind {
            if self.runs.len() >= KNOWN {
                self.forget_oldest();
            }
            let run = Run {
                count: RunCount::new(event, start),
                last: LastLine::default(),
                bars: None,
            };
            self.runs.insert(event.run, run);
        }
        let Some(run) = self.runs.get_mut(&event.run) else {
            return;
        };
        if let Some(end) = run.count.hear(event) {
            self.end(event.run, &end);
        } else {
            self.update(event);
        }
    }

    fn update(&mut self, event: &Event) {
        let drawn = self.runs.values().filter(|run| run.bars.is_some()).count();
        let Some(run) = self.runs.get_mut(&event.run) else {
            return;
        };
        match &mut self.show {
            Show::Nothing => {}
            Show::Lines(lines) => lines.update(&run.count, &mut run.last),
            Show::Bars { multi, ticks } => {
                // A single run is worth a bar once it is more than that.
                let is_worth = run.count.mode != RunMode::Single
                    || !run.count.nested.is_empty()
                    || run.count.at_ns >= SHORT_NS;
                if run.bars.is_none() && is_worth && drawn < RUNS {
                    run.bars = Some(Bars::new(&run.count, multi, *ticks));
                }
                if let Some(bars) = &mut run.bars {
                    bars.update(&run.count, multi);
                }
            }
        }
    }

    fn end(&mut self, id: RunId, end: &RunEnd<'_>) {
        let Some(run) = self.runs.remove(&id) else {
            return;
        };
        let count = &run.count;
        let is_short =
            count.mode == RunMode::Single && count.nested.is_empty() && count.at_ns < SHORT_NS;
        let line = (!is_short).then(|| count.summary(end));
        match &mut self.show {
            Show::Nothing => {}
            // The last line comes whenever the one before came.
            Show::Lines(lines) => {
                if let Some(line) = line {
                    lines.write(&line);
                }
            }
            Show::Bars { multi, .. } => {
                if let Some(bars) = run.bars {
                    bars.remove(multi);
                }
                if let Some(line) = line {
                    // A terminal that is gone has nobody in front of it.
                    let _ = multi.println(line);
                }
            }
        }
    }

    fn forget_oldest(&mut self) {
        if let Some((_, run)) = self.runs.pop_first()
            && let (Some(bars), Show::Bars { multi, .. }) = (run.bars, &self.show)
        {
            bars.remove(multi);
        }
    }
}

impl Bars {
    fn new(count: &RunCount, multi: &MultiProgress, ticks: bool) -> Self {
        let bar = match count.total {
            Some(total) => ProgressBar::new(total)
                .with_style(style("{spinner} {prefix} [{bar:24}] {wide_msg}")),
            None => ProgressBar::no_length().with_style(style("{spinner} {prefix} {wide_msg}")),
        };
        let run = multi.add(bar.with_prefix(count.pipeline.clone()));
        if ticks {
            // Something moves even while a long chunk is computed.
            run.enable_steady_tick(Duration::from_millis(250));
        }
        Self {
            run,
            nested: IndexMap::new(),
            drawn_ns: 0,
        }
    }

    fn update(&mut self, count: &RunCount, multi: &MultiProgress) {
        if self.drawn_ns > 0 && count.at_ns.saturating_sub(self.drawn_ns) < FRAME_NS {
            return;
        }
        self.drawn_ns = count.at_ns.max(1);
        self.run.set_message(count.status());
        self.run.set_position(count.ended());

        let running = count.running(NESTED);
        // One that has just ended may begin again with the next item: it stays while there is room.
        self.nested.retain(|node, bar| {
            let stays = running.iter().any(|(other, _)| other == node)
                || (running.len() < NESTED
                    && count.nested.get(node).is_some_and(|nested| {
                        nested.running == 0 && count.at_ns.saturating_sub(nested.at_ns) < IDLE_NS
                    }));
            if !stays {
                multi.remove(bar);
            }
            stays
        });
        for (node, _) in &running {
            if self.nested.len() < NESTED && !self.nested.contains_key(node) {
                let last = self.nested.last().map_or(&self.run, |(_, bar)| bar);
                let bar = ProgressBar::new(0).with_style(style("  [{bar:12}] {wide_msg}"));
                let bar = multi.insert_after(last, bar);
                self.nested.insert(Arc::clone(node), bar);
            }
        }
        for (node, bar) in &self.nested {
            if let Some(nested) = count.nested.get(node) {
                bar.set_length(nested.total);
                bar.set_message(nested.position(node));
                bar.set_position(nested.ended);
            }
        }
    }

    fn remove(self, multi: &MultiProgress) {
        for bar in self.nested.values() {
            multi.remove(bar);
        }
        self.run.disable_steady_tick();
        multi.remove(&self.run);
    }
}

fn style(template: &str) -> ProgressStyle {
    ProgressStyle::with_template(template)
        .expect("the templates are those above")
        .progress_chars("=> ")
}
