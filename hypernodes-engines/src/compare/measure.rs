//! One size after the other: checked, swept, timed in interleaved rounds.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use hypernodes_core::{
    Engine, EngineError, Error, Event, EventKind, Inputs, Listening, MapOver, Pipeline, RunError,
    Runs, SpanId,
};

use super::contender::Fixed;
use super::display::seconds_in_words;
use super::report::{ComparisonReport, HandSet, Measured, SizeReport, Unavailable};
use super::stopwatch::{Stopwatch, seconds, seconds_of_sample};
use super::{Comparison, ComparisonError, choice};
use crate::clock;

/// Rounds that are timed even when the time is up, so that there is something to tell noise by.
const LEAST_ROUNDS: usize = 3;

/// The part of the time left that a size may take, if it is not the last.
const SHARE: f64 = 0.4;

/// The part of a size's time that its sweep may take.
const SHARE_OF_SWEEP: f64 = 0.3;

/// How often each number of partitions is tried in the sweep.
const TRIES: usize = 2;

/// Maps that take longer than this listen to the cancel token, which costs them nothing that could be seen.
const LONG: f64 = 0.1;

/// How long the chunks of the checked run are waited for.
const PATIENCE: Duration = Duration::from_secs(2);

/// Why a size has no times.
enum Stop {
    Cancelled,
    TooLong(String),
    Failed(ComparisonError),
}

impl From<ComparisonError> for Stop {
    fn from(error: ComparisonError) -> Self {
        Self::Failed(error)
    }
}

/// An engine that still takes part.
struct Runner {
    name: String,
    engine: Arc<dyn Engine>,
    /// What an item took in the size before.
    per_item: Option<f64>,
}

/// An engine that gave the right results with one number of items.
struct Entrant {
    name: String,
    engine: Arc<dyn Engine>,
    pipeline: Pipeline,
    workers: usize,
    partitions: usize,
    chunks: Option<u64>,
    /// What a map took.
    seconds: f64,
    samples: Vec<f64>,
    by_hand: Option<ByHand>,
}

struct ByHand {
    pipeline: Pipeline,
    set: HandSet,
    seconds: f64,
}

/// A comparison under way.
pub(super) struct Measurement<'a> {
    settings: &'a Comparison,
    pipeline: &'a Pipeline,
    over: MapOver,
    inputs: &'a dyn Fn(usize) -> Inputs,
    runners: Vec<Runner>,
    unavailable: Vec<Unavailable>,
    began: Instant,
}

impl<'a> Measurement<'a> {
    pub(super) fn new(
        settings: &'a Comparison,
        pipeline: &'a Pipeline,
        over: MapOver,
        inputs: &'a dyn Fn(usize) -> Inputs,
    ) -> Self {
        let runners = settings.contenders.iter().map(|contender| Runner {
            name: contender.name.clone(),
            engine: Arc::clone(&contender.engine),
            per_item: None,
        });
        Self {
            settings,
            pipeline,
            over,
            inputs,
            runners: runners.collect(),
            unavailable: settings.unavailable.clone(),
            began: clock::now(),
        }
    }

    pub(super) fn run(mut self) -> Result<ComparisonReport, ComparisonError> {
        let mut sizes = Vec::with_capacity(self.settings.sizes.len());
        for &items in &self.settings.sizes {
            let mut report = SizeReport::new(items);
            report.skipped = match self.size(&mut report) {
                Ok(()) => None,
                Err(Stop::TooLong(reason)) => Some(reason),
                Err(Stop::Cancelled) => Some("the comparison was cancelled before".to_owned()),
                Err(Stop::Failed(error)) => return Err(error),
            };
            sizes.push(report);
        }
        Ok(ComparisonReport {
            pipeline: self.pipeline.name().to_owned(),
            choice: choice::overall(&sizes),
            sizes,
            unavailable: self.unavailable,
            was_cancelled: self.settings.cancel.is_cancelled(),
            took_seconds: seconds(self.began.elapsed()),
        })
    }

    fn left(&self) -> f64 {
        let spent = self.began.elapsed();
        self.settings.budget.saturating_sub(spent).as_secs_f64()
    }

    fn size(&mut self, report: &mut SizeReport) -> Result<(), Stop> {
        let items = report.items;
        let expected = self.expected(items)?;
        let left = self.left();
        let needed = self.needed(items, expected);
        if needed > left {
            let budget = self.settings.budget.as_secs_f64();
            return Err(Stop::TooLong(format!(
                "it would take about {}, and of the budget of {} there are {} left",
                seconds_in_words(needed),
                seconds_in_words(budget),
                seconds_in_words(left)
            )));
        }
        let is_last = self.settings.sizes.last() == Some(&items);
        let share = if is_last { left } else { left * SHARE };
        let began = clock::now();
        let over = self.over.clone();
        let stopwatch = Stopwatch {
            inputs: self.inputs,
            over: &over,
            items,
        };
        let mut entrants = self.checked(&stopwatch, expected > LONG, report)?;
        self.sweep(&stopwatch, &mut entrants, report.map_items, share)?;
        let until = |rounds: usize| rounds >= LEAST_ROUNDS && seconds(began.elapsed()) > share;
        self.rounds(&stopwatch, &mut entrants, until)?;
        self.told(entrants, report);
        Ok(())
    }

    /// What a map on Sequential should take: by the size before, or else by a few items.
    fn expected(&mut self, items: usize) -> Result<f64, Stop> {
        if let Some(each) = self.runners[0].per_item {
            return Ok(each * items as f64);
        }
        let pipeline = self.on(&self.runners[0].engine, true);
        let mut tried = 1;
        loop {
            let stopwatch = Stopwatch {
                inputs: self.inputs,
                over: &self.over,
                items: tried,
            };
            let (_, took) = self.once(&stopwatch, &pipeline, None)?;
            if tried >= items || took > 0.001 {
                return Ok(took / tried as f64 * items as f64);
            }
            tried = tried.saturating_mul(4).min(items);
        }
    }

    /// How long this size takes at least, by what is known.
    fn needed(&self, items: usize, expected: f64) -> f64 {
        let rounds = self.settings.repeats.min(LEAST_ROUNDS) as f64;
        let of = |runner: &Runner| {
            let each = runner.per_item.map(|each| each * items as f64);
            let map = each.unwrap_or(expected);
            let is_swept = self.settings.most_partitions > 0
                && runner.engine.sizing(self.pipeline.plan(), items).workers > 1;
            let ways = if is_swept { 2.0 } else { 1.0 };
            map + rounds * ways * seconds_of_sample(map)
        };
        self.runners.iter().map(of).sum()
    }

    /// The pipeline on an engine.
    fn on(&self, engine: &Arc<dyn Engine>, is_long: bool) -> Pipeline {
        let pipeline = self.pipeline.with_shared_engine(Arc::clone(engine));
        match is_long {
            true => pipeline.with_cancel(&self.settings.cancel),
            false => pipeline,
        }
    }

    /// Runs each engine once, and lets those go on that give what Sequential gives.
    fn checked(
        &mut self,
        stopwatch: &Stopwatch<'_>,
        is_long: bool,
        report: &mut SizeReport,
    ) -> Result<Vec<Entrant>, Stop> {
        let mut entrants: Vec<Entrant> = Vec::with_capacity(self.runners.len());
        let mut expected: Option<Runs> = None;
        let mut refused = Vec::new();
        for (at, runner) in self.runners.iter().enumerate() {
            let pipeline = self.on(&runner.engine, is_long);
            let name = (at > 0).then_some(&*runner.name);
            let ran = self.counted(stopwatch, &pipeline, name);
            let (runs, chunks, mut seconds) = match ran {
                Err(Refusal::Engine(reason)) if at > 0 => {
                    refused.push((at, reason));
                    continue;
                }
                Err(Refusal::Engine(reason)) => {
                    return Err(ComparisonError::Reference {
                        items: stopwatch.items,
                        source: Box::new(reason),
                    }
                    .into());
                }
                Err(Refusal::Stop(stop)) => return Err(stop),
                Ok(ran) => ran,
            };
            report.map_items = runs.len();
            match &expected {
                None => expected = Some(runs),
                Some(expected) => self.compare(stopwatch.items, runner, expected, &runs)?,
            }
            if seconds < LONG {
                // The first map starts threads, and was listened to.
                seconds = self.once(stopwatch, &pipeline, name)?.1;
            }
            let sizing = runner.engine.sizing(pipeline.plan(), report.map_items);
            let partitions = sizing.fixed.unwrap_or(sizing.partitions);
            entrants.push(Entrant {
                name: runner.name.clone(),
                engine: Arc::clone(&runner.engine),
                pipeline,
                workers: sizing.workers,
                partitions: partitions.min(report.map_items),
                chunks,
                seconds,
                samples: Vec::new(),
                by_hand: None,
            });
        }
        for (at, reason) in refused.into_iter().rev() {
            let engine = self.runners.remove(at).name;
            let reason = reason.to_string();
            self.unavailable.push(Unavailable { engine, reason });
        }
        Ok(entrants)
    }

    fn compare(
        &self,
        items: usize,
        runner: &Runner,
        expected: &Runs,
        found: &Runs,
    ) -> Result<(), ComparisonError> {
        for output in &self.settings.outputs {
            let differs = output.first_difference(expected, found);
            let differs = differs.map_err(|source| ComparisonError::Reference {
                items,
                source: Box::new(source),
            })?;
            if let Some(item) = differs {
                return Err(ComparisonError::Differs {
                    engine: runner.name.clone(),
                    items,
                    output: output.name().to_owned(),
                    item,
                });
            }
        }
        Ok(())
    }

    /// One map, and how many chunks it had.
    fn counted(
        &self,
        stopwatch: &Stopwatch<'_>,
        pipeline: &Pipeline,
        name: Option<&str>,
    ) -> Result<(Runs, Option<u64>, f64), Refusal> {
        const RUN: SpanId = SpanId(1);
        let chunks = Arc::new(AtomicU64::new(0));
        let count = Arc::clone(&chunks);
        let listening = Listening::new(move |event: &Event| {
            let is_own = event.parent == Some(RUN);
            if is_own && matches!(event.kind, EventKind::ChunkStarted { .. }) {
                count.fetch_add(1, Ordering::Relaxed);
            }
        });
        let heard = pipeline.with_listening(&listening);
        let (runs, seconds) = match stopwatch.once(&heard) {
            Ok(ran) => ran,
            Err(error) if is_refusal(&error) => return Err(Refusal::Engine(error)),
            Err(error) => return Err(Refusal::Stop(stopped(stopwatch.items, name, error))),
        };
        let is_heard = listening.flush(PATIENCE) && listening.dropped() == 0;
        let chunks = is_heard.then(|| chunks.load(Ordering::Relaxed));
        Ok((runs, chunks, seconds))
    }

    fn once(
        &self,
        stopwatch: &Stopwatch<'_>,
        pipeline: &Pipeline,
        name: Option<&str>,
    ) -> Result<(Runs, f64), Stop> {
        self.go_on()?;
        let ran = stopwatch.once(pipeline);
        ran.map_err(|error| stopped(stopwatch.items, name, error))
    }

    fn sample(
        &self,
        stopwatch: &Stopwatch<'_>,
        pipeline: &Pipeline,
        expected: f64,
        name: &str,
    ) -> Result<f64, Stop> {
        self.go_on()?;
        let sample = stopwatch.sample(pipeline, expected);
        sample.map_err(|error| stopped(stopwatch.items, Some(name), error))
    }

    fn go_on(&self) -> Result<(), Stop> {
        match self.settings.cancel.is_cancelled() {
            true => Err(Stop::Cancelled),
            false => Ok(()),
        }
    }

    /// Finds the best number of partitions for each engine with several workers, all in turn.
    fn sweep(
        &self,
        stopwatch: &Stopwatch<'_>,
        entrants: &mut [Entrant],
        map_items: usize,
        share: f64,
    ) -> Result<(), Stop> {
        let Some(alone) = entrants.first().map(|first| first.seconds) else {
            return Ok(());
        };
        let swept = entrants.iter().filter(|one| one.workers > 1).count().max(1);
        let share = share * SHARE_OF_SWEEP / swept as f64;
        let most = self.settings.most_partitions.min(map_items);
        for one in entrants.iter_mut().filter(|one| one.workers > 1) {
            let (tried, left_out) = candidates(most, one.workers, alone, share);
            let mut sweep: Vec<(usize, f64)> = Vec::with_capacity(tried.len());
            let fixed = |npartitions| {
                let fixed = Fixed {
                    engine: Arc::clone(&one.engine),
                    plan: self.pipeline.plan().name().to_owned(),
                    npartitions,
                };
                let fixed: Arc<dyn Engine> = Arc::new(fixed);
                self.on(&fixed, alone > LONG)
            };
            let pipelines: Vec<Pipeline> = tried.iter().map(|&(parts, _)| fixed(parts)).collect();
            for attempt in 0..TRIES {
                for (at, pipeline) in pipelines.iter().enumerate() {
                    let (parts, expected) = tried[at];
                    let took = self.sample(stopwatch, pipeline, expected, &one.name)?;
                    match attempt {
                        0 => sweep.push((parts, took)),
                        _ => sweep[at].1 = sweep[at].1.min(took),
                    }
                }
            }
            let best = (0..sweep.len()).min_by(|&a, &b| sweep[a].1.total_cmp(&sweep[b].1));
            one.by_hand = best.map(|at| {
                let (npartitions, seconds) = sweep[at];
                let mut set = HandSet::new(npartitions, Vec::new());
                set.sweep.clone_from(&sweep);
                set.left_out.clone_from(&left_out);
                ByHand {
                    pipeline: fixed(npartitions),
                    set,
                    seconds,
                }
            });
        }
        Ok(())
    }

    /// Times all in turn. A round that was not completed does not count.
    fn rounds(
        &self,
        stopwatch: &Stopwatch<'_>,
        entrants: &mut [Entrant],
        is_enough: impl Fn(usize) -> bool,
    ) -> Result<(), Stop> {
        for round in 0..self.settings.repeats {
            if is_enough(round) {
                break;
            }
            let mut samples = Vec::with_capacity(entrants.len());
            for one in entrants.iter() {
                let time =
                    |pipeline, expected| self.sample(stopwatch, pipeline, expected, &one.name);
                let automatic = time(&one.pipeline, one.seconds);
                let by_hand = one.by_hand.as_ref();
                let by_hand = by_hand.map(|set| time(&set.pipeline, set.seconds));
                match (automatic, by_hand.transpose()) {
                    (Ok(automatic), Ok(by_hand)) => samples.push((automatic, by_hand)),
                    // What was measured before is kept.
                    (Err(Stop::Cancelled), _) | (_, Err(Stop::Cancelled)) if round > 0 => {
                        return Ok(());
                    }
                    (Err(stop), _) | (_, Err(stop)) => return Err(stop),
                }
            }
            for (one, (automatic, by_hand)) in entrants.iter_mut().zip(samples) {
                one.samples.push(automatic);
                if let (Some(set), Some(sample)) = (&mut one.by_hand, by_hand) {
                    set.set.samples.push(sample);
                }
            }
        }
        Ok(())
    }

    /// Writes down what was measured, and keeps what an item took for the next size.
    fn told(&mut self, entrants: Vec<Entrant>, report: &mut SizeReport) {
        for one in entrants {
            let mut measured = Measured::new(&one.name, report.items, one.samples);
            measured.workers = one.workers;
            measured.partitions = one.partitions;
            measured.chunks = one.chunks;
            if let Some(by_hand) = one.by_hand {
                let HandSet {
                    npartitions,
                    samples,
                    sweep,
                    left_out,
                    ..
                } = by_hand.set;
                let set = HandSet {
                    sweep,
                    left_out,
                    ..HandSet::new(npartitions, samples)
                };
                measured = measured.with_hand_set(set);
            }
            let runner = self.runners.iter_mut().find(|r| r.name == one.name);
            if let Some(runner) = runner {
                runner.per_item = Some(measured.seconds_per_item);
            }
            let first = report.engines.first().map(|first| first.seconds);
            measured.speed_up = first.map_or(1.0, |first| first / measured.seconds);
            report.engines.push(measured);
        }
        report.choice = choice::for_size(&report.engines);
    }
}

/// Why a map on one engine gave nothing.
enum Refusal {
    Engine(Error),
    Stop(Stop),
}

/// Whether the engine cannot do it, which is no defect.
fn is_refusal(error: &Error) -> bool {
    let (Error::Engine(error) | Error::Run(RunError::Engine(error))) = error else {
        return false;
    };
    !matches!(
        error,
        EngineError::Panicked { .. } | EngineError::Incomplete { .. }
    )
}

fn stopped(items: usize, engine: Option<&str>, error: Error) -> Stop {
    match (error, engine) {
        (Error::Run(run), _) if run.is_cancelled() => Stop::Cancelled,
        (source, None) => ComparisonError::Reference {
            items,
            source: Box::new(source),
        }
        .into(),
        (source, Some(engine)) => ComparisonError::Failed {
            engine: engine.to_owned(),
            items,
            source: Box::new(source),
        }
        .into(),
    }
}

/// The powers of two up to `most` that can be tried within `share` seconds, each with what its map should take, and
/// those that cannot. Few partitions on many workers take longest, so they are left out first.
fn candidates(
    most: usize,
    workers: usize,
    alone: f64,
    share: f64,
) -> (Vec<(usize, f64)>, Vec<usize>) {
    let powers = (0..usize::BITS).map(|power| 1_usize << power);
    let mut powers: Vec<usize> = powers.take_while(|&parts| parts <= most).collect();
    let (mut tried, mut spent) = (Vec::new(), 0.0);
    while let Some(parts) = powers.pop() {
        let map = alone / parts.min(workers) as f64;
        spent += TRIES as f64 * seconds_of_sample(map);
        if spent > share {
            powers.push(parts);
            break;
        }
        tried.push((parts, map));
    }
    tried.reverse();
    (tried, powers)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sweep_leaves_out_the_slowest_when_time_is_short() {
        let parts = |(tried, left_out): (Vec<(usize, f64)>, Vec<usize>)| {
            let tried: Vec<usize> = tried.iter().map(|&(parts, _)| parts).collect();
            (tried, left_out)
        };
        assert_eq!(
            parts(candidates(20, 4, 1.0, 1e9)),
            (vec![1, 2, 4, 8, 16], vec![])
        );
        // 16, 8 and 4 take a quarter of a second each, 2 takes half of one, each twice.
        assert_eq!(
            parts(candidates(16, 4, 1.0, 2.6)),
            (vec![2, 4, 8, 16], vec![1])
        );
        assert_eq!(
            parts(candidates(16, 4, 1.0, 0.1)),
            (vec![], vec![1, 2, 4, 8, 16])
        );
        assert_eq!(parts(candidates(0, 4, 1.0, 1.0)), (vec![], vec![]));
    }
}
