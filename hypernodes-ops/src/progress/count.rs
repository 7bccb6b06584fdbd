//! How far a run is, by its events.

use std::collections::BTreeMap;
use std::sync::Arc;

use hypernodes_core::{Event, EventKind, RunMode, RunOutcome, RunStart, SpanId};
use indexmap::IndexMap;

use super::words;

/// How far a run is.
#[derive(Debug)]
pub(super) struct RunCount {
    pub(super) pipeline: String,
    pub(super) mode: RunMode,
    span: SpanId,
    pub(super) total: Option<u64>,
    ended: u64,
    restored: u64,
    failed: u64,
    cached_by_nodes: u64,
    cached_by_hits: u64,
    pub(super) at_ns: u64,
    /// By node: all nested maps of a node count together.
    pub(super) nested: IndexMap<Arc<str>, NestedCount>,
    /// Those that run.
    spans: BTreeMap<SpanId, NestedSpan>,
}

/// How far the nested maps of a node are.
#[derive(Debug, Default)]
pub(super) struct NestedCount {
    pub(super) running: u64,
    pub(super) ended: u64,
    pub(super) total: u64,
    /// When it was last heard of.
    pub(super) at_ns: u64,
}

#[derive(Debug)]
struct NestedSpan {
    node: Arc<str>,
    items: u64,
    ended: u64,
}

/// How a run ended, beside its counts.
#[derive(Debug)]
pub(super) struct RunEnd<'a> {
    pub(super) outcome: RunOutcome,
    pub(super) error: Option<&'a str>,
}

impl RunCount {
    pub(super) fn new(event: &Event, start: &RunStart) -> Self {
        let total = match start.mode {
            RunMode::Single => start.items.or(Some(1)),
            RunMode::Map | RunMode::Iterate => start.items,
        };
        Self {
            pipeline: words::line(&start.pipeline),
            mode: start.mode,
            span: event.span,
            total,
            ended: 0,
            restored: 0,
            failed: 0,
            cached_by_nodes: 0,
            cached_by_hits: 0,
            at_ns: event.at_ns,
            nested: IndexMap::new(),
            spans: BTreeMap::new(),
        }
    }

    /// Counts an event. Gives the end of the run if it is that.
    pub(super) fn hear<'a>(&mut self, event: &'a Event) -> Option<RunEnd<'a>> {
        self.at_ns = self.at_ns.max(event.at_ns);
        match &event.kind {
            EventKind::ChunkEnded { rows, failed, .. } => self.end_chunk(event, *rows, *failed),
            EventKind::NestedStarted { node, items } => self.start_nested(event, node, *items),
            EventKind::NestedEnded { .. } => self.end_nested(event),
            EventKind::NodeEnded { cached, .. } => self.cached_by_nodes += cached,
            EventKind::CacheHit { rows, .. } => self.cached_by_hits += rows,
            EventKind::Restored { items } => self.restored += items,
            EventKind::RunEnded {
                outcome,
                done,
                failed,
                error,
            } => {
                // Chunks may have been lost to a full buffer; the end knows all.
                self.ended = self
                    .ended
                    .max((done + failed).saturating_sub(self.restored));
                self.failed = self.failed.max(*failed);
                return Some(RunEnd {
                    outcome: *outcome,
                    error: error.as_deref(),
                });
            }
            _ => {}
        }
        None
    }

    fn end_chunk(&mut self, event: &Event, rows: u64, failed: u64) {
        let Some(parent) = event.parent else { return };
        if parent == self.span {
            self.ended += rows;
            self.failed += failed;
        } else if let Some(span) = self.spans.get_mut(&parent) {
            // Never more than there are, so that the end of the map can add the rest.
            let rows = rows.min(span.items - span.ended);
            span.ended += rows;
            if let Some(nested) = self.nested.get_mut(&span.node) {
                nested.ended += rows;
                nested.at_ns = event.at_ns;
            }
        }
    }

    fn start_nested(&mut self, event: &Event, node: &Arc<str>, items: u64) {
        let nested = self.nested.entry(Arc::clone(node)).or_default();
        nested.total += items;
        nested.running += 1;
        nested.at_ns = event.at_ns;
        let node = Arc::clone(node);
        let ended = 0;
        let span = NestedSpan { node, items, ended };
        self.spans.insert(event.span, span);
    }

    fn end_nested(&mut self, event: &Event) {
        let Some(span) = self.spans.remove(&event.span) else {
            return;
        };
        if let Some(nested) = self.nested.get_mut(&span.node) {
            nested.ended += span.items - span.ended;
            nested.running -= 1;
            nested.at_ns = event.at_ns;
        }
    }

    /// Items that have ended, never more than there are.
    pub(super) fn ended(&self) -> u64 {
        let ended = self.ended.saturating_add(self.restored);
        self.total.map_or(ended, |total| ended.min(total))
    }

    /// Rounded down: 100 is the end.
    pub(super) fn percent(&self) -> Option<u64> {
        let total = self.total?;
        if total == 0 {
            return Some(100);
        }
        u64::try_from(u128::from(self.ended()) * 100 / u128::from(total)).ok()
    }

    /// `1,234 of 5,000 (24%)`, or `1,234 items` where nobody knows how many there are.
    fn position(&self) -> String {
        let ended = words::count(self.ended());
        match (self.total, self.percent()) {
            (Some(total), Some(percent)) => {
                format!("{ended} of {} ({percent}%)", words::count(total))
            }
            _ => format!(
                "{ended} {}",
                if self.ended() == 1 { "item" } else { "items" }
            ),
        }
    }

    /// What was computed in this run, without what an earlier one had finished.
    fn computed(&self) -> u64 {
        self.ended().saturating_sub(self.restored)
    }

    fn eta_ns(&self) -> Option<u64> {
        let left = self.total?.saturating_sub(self.ended());
        let computed = self.computed();
        if left == 0 || computed == 0 {
            return None;
        }
        u64::try_from(u128::from(self.at_ns) * u128::from(left) / u128::from(computed)).ok()
    }

    fn push_counts(&self, text: &mut String) {
        let cached = self.cached_by_nodes.max(self.cached_by_hits);
        let counts = [
            (self.failed, "failed"),
            (cached, "cached"),
            (self.restored, "restored"),
        ];
        for (number, word) in counts.into_iter().filter(|(number, _)| *number > 0) {
            text.push_str(&format!(", {} {word}", words::count(number)));
        }
    }

    /// How far it is: `1,234 of 5,000 (24%), 812/s, 4.6 s left, 3 failed`.
    pub(super) fn status(&self) -> String {
        let mut text = self.position();
        if let Some(rate) = words::rate(self.computed(), self.at_ns) {
            text.push_str(&format!(", {rate}"));
        }
        if let Some(left) = self.eta_ns() {
            text.push_str(&format!(", {} left", words::duration(left)));
        }
        self.push_counts(&mut text);
        text
    }

    /// How it ended: `p: 5,000 of 5,000 (100%) in 6.2 s, 812/s, 3 failed`.
    pub(super) fn summary(&self, end: &RunEnd<'_>) -> String {
        let position = self.position();
        let took = words::duration(self.at_ns);
        let mut text = match end.outcome {
            RunOutcome::Done | RunOutcome::Partial => {
                format!("{}: {position} in {took}", self.pipeline)
            }
            RunOutcome::Failed => format!("{}: failed at {position} after {took}", self.pipeline),
            RunOutcome::Cancelled => {
                format!("{}: cancelled at {position} after {took}", self.pipeline)
            }
        };
        if let Some(rate) = words::rate(self.computed(), self.at_ns) {
            text.push_str(&format!(", {rate}"));
        }
        self.push_counts(&mut text);
        if let Some(error) = end.error {
            text.push_str(&format!(": {}", words::line(error)));
        }
        text
    }

    /// The nested maps that run, the latest first: `inner: 1,234 of 5,000`.
    pub(super) fn running(&self, at_most: usize) -> Vec<(Arc<str>, String)> {
        let mut running: Vec<_> = self
            .nested
            .iter()
            .filter(|(_, nested)| nested.running > 0)
            .collect();
        running.sort_by_key(|(_, nested)| std::cmp::Reverse(nested.at_ns));
        running.truncate(at_most);
        running
            .into_iter()
            .map(|(node, nested)| (Arc::clone(node), nested.position(node)))
            .collect()
    }
}

impl NestedCount {
    pub(super) fn position(&self, node: &str) -> String {
        format!(
            "{}: {} of {}",
            words::line(node),
            words::count(self.ended),
            words::count(self.total)
        )
    }
}
