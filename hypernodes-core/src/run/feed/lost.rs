//! What becomes of a chunk whose worker process died: the item that killed it is found and blamed, the others are
//! computed again.

use std::collections::BTreeMap;

use super::{Chunk, End, Feed, Outcome, Pieces};
use crate::error::{Cause, Crash, EngineError, Failure, FailureDetails};
use crate::event::EventKind;
use crate::node::Passing;
use crate::plan::{Plan, Step};
use crate::policy::Retry;
use crate::run::Position;
use crate::run::scope::spoken;
use crate::value::{Arg, Drain};

/// The end of a worker process that had a chunk under way.
///
/// # Example
/// ```
/// # use hypernodes_core as hypernodes;
/// use hypernodes::{Crash, Loss};
/// let loss = Loss { row: Some(17), ..Loss::new(Crash::Killed { signal: 11 }) };
/// assert!(!loss.alone);
/// ```
#[derive(Clone, Debug)]
pub struct Loss {
    /// How it died.
    pub cause: Crash,
    /// What it wrote last to its standard error.
    pub said: Option<String>,
    /// The node that it was in, with the nested pipelines around it (`inner/clean`), if that is known.
    pub node: Option<String>,
    /// The row of the chunk that it was at, if that is known.
    pub row: Option<usize>,
    /// Whether the worker was a fresh one that had nothing else to do, before or at the same time.
    pub alone: bool,
}

impl Loss {
    /// A loss of which nothing else is known.
    #[must_use]
    pub fn new(cause: Crash) -> Self {
        Self {
            cause,
            said: None,
            node: None,
            row: None,
            alone: false,
        }
    }

    /// The same, at a node and a row that the worker was seen at.
    #[must_use]
    pub fn at(self, position: Position) -> Self {
        Self {
            node: position.node,
            row: position.row,
            ..self
        }
    }
}

/// What workers have died of a chunk.
#[derive(Clone, Debug, Default)]
pub(super) struct Trial {
    is_suspect: bool,
    /// How the fresh workers died that its one item had for itself, and what they wrote last.
    deaths: Vec<(Crash, Option<String>)>,
    /// How often its one item took too long.
    late: u32,
}

impl Trial {
    /// The death that most of them died, once so many did: somebody else may have killed one in between. When they never
    /// agree, twice as many are enough.
    fn verdict(&self, confirmations: u32) -> Option<&(Crash, Option<String>)> {
        let alike = |death: &&(Crash, _)| {
            let kind = std::mem::discriminant(&death.0);
            let is_alike = |other: &&(Crash, _)| match (&death.0, &other.0) {
                (Crash::Garbled { .. }, other) => std::mem::discriminant(other) == kind,
                (one, other) => one == other,
            };
            self.deaths.iter().filter(is_alike).count()
        };
        // Of several the first.
        let most = self.deaths.iter().rev().max_by_key(alike)?;
        let confirmations = confirmations as usize;
        let is_proven = alike(&most) >= confirmations || self.deaths.len() >= 2 * confirmations;
        is_proven.then_some(most)
    }
}

/// Chunks that are to be handed out again, by their first item.
#[derive(Debug, Default)]
pub(super) struct Again(BTreeMap<usize, Chunk>);

impl Again {
    /// Whether there is one that begins at this item or before it.
    pub(super) fn has(&self, limit: usize) -> bool {
        let first = self.0.first_key_value();
        first.is_some_and(|(&start, _)| start <= limit)
    }

    /// The first one, if it begins at this item or before it.
    pub(super) fn take(&mut self, limit: usize) -> Option<Chunk> {
        let first = self.0.first_entry()?;
        (*first.key() <= limit).then(|| first.remove())
    }

    pub(super) fn items(&self) -> usize {
        self.0.values().map(|chunk| chunk.rows).sum()
    }
}

impl Chunk {
    /// Whether its one item may have killed a worker: the engine must compute it alone in a fresh one, and say so if that
    /// is [lost](Feed::lost) too.
    #[must_use]
    pub fn is_suspect(&self) -> bool {
        self.trial.is_suspect
    }

    /// Cuts it into parts that end at these rows, the last one at its end. The parts are views of the same values.
    fn cut(self, plan: &Plan, ends: &[usize]) -> Vec<Self> {
        let begins = std::iter::once(&0).chain(ends);
        let mut parts: Vec<Self> = begins
            .zip(ends)
            .filter(|(from, to)| from < to)
            .map(|(&from, &to)| Self {
                start: self.start + from,
                rows: to - from,
                pieces: Pieces::new(),
                keys: self.keys.get(from..to).unwrap_or_default().to_vec(),
                trial: Trial::default(),
            })
            .collect();
        let mut first = self.start;
        for (rows, args) in self.pieces {
            let inputs = args.into_iter().zip(&plan.inputs);
            let mut args: Vec<Cut> = inputs
                .map(|(arg, input)| match input.passing {
                    Passing::Move if !arg.column.is_shared() => {
                        Cut::Moved(input.port.drain(input.port.settle(arg, rows)))
                    }
                    _ => Cut::View(arg),
                })
                .collect();
            for part in &mut parts {
                let from = part.start.max(first);
                let to = (part.start + part.rows).min(first + rows);
                if from < to {
                    let args = args.iter_mut().map(|arg| arg.next(from - first, to - from));
                    part.pieces.push((to - from, args.collect()));
                }
            }
            first += rows;
        }
        parts
    }
}

/// An argument that is cut into parts, asked for in order.
enum Cut {
    View(Arg),
    /// Values that cannot be cloned have one owner each.
    Moved(Box<dyn Drain>),
}

impl Cut {
    fn next(&mut self, from: usize, rows: usize) -> Arg {
        match self {
            Self::View(arg) => Arg {
                column: arg.column.clone(),
                rows: arg.rows.skip(from),
            },
            Self::Moved(values) => Arg::dense(values.take(rows)),
        }
    }
}

impl Feed {
    /// Takes back a chunk whose worker process died.
    ///
    /// Its items are handed out again, before new ones, until it is known which of them kills workers. Where the
    /// [row](Loss::row) is known, that item becomes a [suspect](Chunk::is_suspect), and the items before and after it
    /// are chunks again; where it is not, the chunk is cut into halves. A suspect that dies alone in
    /// [so many](crate::Sizing::confirmations) fresh workers, each time in the same way, is blamed: it fails as an item whose node has returned an
    /// error does. [`Crash::TimedOut`] is a verdict at once, unless a retry policy gives the item another attempt.
    ///
    /// A chunk that was [executed](Self::execute) in this process cannot be lost: its arguments are gone.
    ///
    /// # Example
    /// ```text
    /// while let Some(chunk) = feed.next() {
    ///     let worker = if chunk.is_suspect() { pool.fresh() } else { pool.any() };
    ///     match worker.compute(&chunk) {
    ///         Ok(outcome) => feed.put(chunk, outcome),
    ///         Err(death) => feed.lost(chunk, Loss { alone: worker.is_fresh(), ..Loss::new(death) }),
    ///     }
    /// }
    /// ```
    pub fn lost(&self, chunk: Chunk, loss: Loss) {
        let rows = chunk.rows;
        let known = match rows {
            1 => Some(0),
            rows => loss.row.filter(|&row| row < rows),
        };
        self.tell_loss(&chunk, known, &loss);
        if chunk.pieces.is_empty() {
            return self.lose_arguments(chunk);
        }
        let Some(row) = known else {
            let halves = chunk.cut(&self.plan, &[rows / 2, rows]);
            return self.queue(halves, true);
        };
        let start = chunk.start;
        let (mut item, others): (Chunk, Vec<Chunk>) = match rows {
            1 => (chunk, Vec::new()),
            rows => {
                let mut parts = chunk.cut(&self.plan, &[row, row + 1, rows]);
                let at = parts.iter().position(|part| part.start == start + row);
                (parts.remove(at.unwrap_or_default()), parts)
            }
        };
        match self.judge(&mut item, rows == 1, &loss) {
            None => self.queue(others.into_iter().chain([item]), true),
            Some((cause, said)) => {
                let loss = Loss { said, ..loss };
                let failure = self.blame(&item, cause, loss);
                self.queue(others, false);
                let outputs = self.plan.outputs.iter();
                let outcome = Outcome {
                    columns: outputs.map(|output| output.port.empty()).collect(),
                    failures: vec![(item.start, failure)],
                    took: std::time::Duration::ZERO,
                    end: End::Done,
                };
                self.settle(&item, outcome);
            }
        }
    }

    /// Takes back a chunk that was not begun, or that was lost through no fault of its own, and hands it out again.
    pub fn give_back(&self, chunk: Chunk) {
        if chunk.pieces.is_empty() {
            return self.lose_arguments(chunk);
        }
        self.queue([chunk], true);
    }

    /// Hands out chunks again. `all`: nothing else is left of the one that they were.
    fn queue(&self, chunks: impl IntoIterator<Item = Chunk>, all: bool) {
        let mut state = self.lock();
        if !state.closed {
            let chunks = chunks.into_iter().map(|chunk| (chunk.start, chunk));
            state.again.0.extend(chunks);
        }
        state.in_flight -= usize::from(all);
        drop(state);
        self.changed.notify_all();
    }

    #[cold]
    fn lose_arguments(&self, chunk: Chunk) {
        let error = EngineError::Incomplete {
            engine: self.context.engine().name().to_owned(),
            missing: chunk.rows,
            items: self.items(),
        };
        self.lose(chunk, error);
    }

    /// What an item fails with that has killed a worker; `None` while it may be tried again.
    fn judge(
        &self,
        item: &mut Chunk,
        was_single: bool,
        loss: &Loss,
    ) -> Option<(Cause, Option<String>)> {
        let trial = &mut item.trial;
        match loss.cause {
            Crash::TimedOut { limit } => {
                trial.late += 1;
                let late = trial.late;
                let cause = Cause::TimedOut { limit };
                (!self.tries_again(item.start, late, loss, &cause)).then_some((cause, None))
            }
            ref crash => {
                trial.is_suspect = true;
                if was_single && loss.alone {
                    trial.deaths.push((crash.clone(), loss.said.clone()));
                }
                let (crash, said) = trial.verdict(self.pace.confirmations())?;
                Some((Cause::Crashed(crash.clone()), said.clone()))
            }
        }
    }

    /// Whether an item that was late may be tried again: a node's own limit is one of each attempt.
    fn tries_again(&self, item: usize, attempt: u32, loss: &Loss, cause: &Cause) -> bool {
        let (Some(scope), Some(node)) = (self.context.scope(), &loss.node) else {
            return false;
        };
        let Some((plan, at)) = steps_on(&self.plan, node).pop() else {
            return false;
        };
        let options = &plan.steps[at].node.signature().options;
        let retry = options.retry.as_ref().or(scope.policies.retry.as_ref());
        let is_of_item = scope.policies.item_timeout.is_some() && options.timeout.is_none();
        let covers = |retry: &Retry| attempt < retry.attempts() && retry.covers(cause);
        if is_of_item || !retry.is_some_and(covers) {
            return false;
        }
        let retried = EventKind::Retried {
            node: node.as_str().into(),
            item: item as u64,
            attempt,
            pause_ns: 0,
            message: cause.message(),
        };
        scope.tell(self.context.span(), None, retried);
        true
    }

    /// The failure of an item.
    fn blame(&self, item: &Chunk, cause: Cause, loss: Loss) -> Failure {
        let on = match &loss.node {
            Some(node) => steps_on(&self.plan, node),
            None => (!self.plan.steps.is_empty())
                .then_some((&*self.plan, 0))
                .into_iter()
                .collect(),
        };
        let names = on.iter().map(|(plan, at)| plan.steps[*at].name.clone());
        let mut path: Vec<String> = names.collect();
        let mut skipped = Vec::new();
        for (depth, (plan, at)) in on.iter().enumerate().rev() {
            let around = path[..depth].iter().map(|name| format!("{name}/"));
            let around: String = around.collect();
            let behind = plan.steps_behind(*at);
            skipped.extend(behind.iter().map(|name| format!("{around}{name}")));
        }
        if path.is_empty() {
            path.push(loss.node.unwrap_or_else(|| self.plan.name().to_owned()));
        }
        let inputs = match on[..] {
            [(plan, at)] => shown(plan, &plan.steps[at], item),
            _ => Vec::new(),
        };
        let said = loss.said.filter(|_| matches!(cause, Cause::Crashed(_)));
        Failure {
            items: (!self.single).then_some(item.start).into_iter().collect(),
            path,
            cause,
            details: Box::new(FailureDetails {
                inputs,
                skipped: skipped.into(),
                said,
                ..FailureDetails::default()
            }),
        }
    }

    fn tell_loss(&self, chunk: &Chunk, row: Option<usize>, loss: &Loss) {
        let Some(scope) = self.context.scope().filter(|scope| scope.is_heard()) else {
            return;
        };
        let mut cause = loss.cause.to_string();
        if let Some(node) = &loss.node {
            cause.push_str(&format!(" while running node `{node}`"));
        }
        let (first, last) = (chunk.start, chunk.start + chunk.rows - 1);
        match row {
            // The items of a nested map have other numbers, and that of a single run has none.
            _ if self.nested || self.single => {}
            Some(row) => cause.push_str(&format!(" on item {}", first + row)),
            None => cause.push_str(&format!(" on one of the items {first} to {last}")),
        }
        if let Some(said) = &loss.said {
            cause.push_str(&format!(": {said}"));
        }
        scope.tell(self.context.span(), None, EventKind::WorkerLost { cause });
    }
}

/// The steps that a path like `inner/clean` leads through, outermost first; none if it leads nowhere.
fn steps_on<'p>(plan: &'p Plan, path: &str) -> Vec<(&'p Plan, usize)> {
    let on = plan.steps.iter().enumerate().find_map(|(at, step)| {
        let rest = path.strip_prefix(&*step.name)?;
        if rest.is_empty() {
            return Some(vec![(plan, at)]);
        }
        let inner = step.node.nested()?.pipeline.plan();
        let mut on = steps_on(inner, rest.strip_prefix('/')?);
        on.insert(0, (plan, at));
        (on.len() > 1).then_some(on)
    });
    on.unwrap_or_default()
}

/// The inputs of a step that the chunk brought along.
fn shown(plan: &Plan, step: &Step, item: &Chunk) -> Vec<(String, String)> {
    let Some((_, args)) = item.pieces.first() else {
        return Vec::new();
    };
    let inputs = step.node.signature().inputs.iter().zip(&step.args);
    let shown = inputs.filter_map(|(input, arg)| {
        let at = plan
            .inputs
            .iter()
            .position(|known| known.slot == arg.slot)?;
        let (show, arg) = (input.facts.show?, args.get(at)?);
        Some((input.name.to_string(), spoken(|| show.row(arg, 0))))
    });
    shown.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn verdict(deaths: &[i32]) -> Option<i32> {
        let deaths = deaths.iter().map(|&code| (Crash::Exited { code }, None));
        let trial = Trial {
            deaths: deaths.collect(),
            ..Trial::default()
        };
        match trial.verdict(3)?.0 {
            Crash::Exited { code } => Some(code),
            _ => None,
        }
    }

    #[test]
    fn the_death_that_most_died_is_told() {
        assert_eq!(verdict(&[3, 3]), None);
        assert_eq!(verdict(&[3, 3, 3]), Some(3));
        // Somebody else has killed one in between.
        assert_eq!(verdict(&[3, 3, 9]), None);
        assert_eq!(verdict(&[3, 3, 9, 3]), Some(3));
        assert_eq!(verdict(&[9, 3, 3, 9, 3]), Some(3));
        // They never agree: the first of the most frequent.
        assert_eq!(verdict(&[1, 2, 3, 4, 5]), None);
        assert_eq!(verdict(&[1, 2, 2, 3, 3, 4]), Some(2));
    }
}
