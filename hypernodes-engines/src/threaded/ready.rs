//! A single run: steps are computed as they become ready, by the caller and by threads that have nothing else to do.

use std::sync::Arc;
use std::time::{Duration, Instant};

use hypernodes_core::{ChunkRun, EngineError};

use super::board::{Blocked, Board, Entry, Work};
use super::drive::{TICK, wait_here};
use super::place;
use super::pool::Kind;
use crate::clock;

/// A run that takes less than this is not shared.
const WHOLE: Duration = Duration::from_micros(50);

/// Nor is one whose steps take less than this on average; a step that takes four times as long brings help.
const STEP: Duration = Duration::from_micros(5);

/// Computes a single run.
pub(super) fn run(
    board: &Arc<Board>,
    kind: Kind,
    run: &mut ChunkRun<'_>,
) -> Result<(), EngineError> {
    if run.plan().is_chain() || board.threads(kind) == 1 {
        run.run();
        return Ok(());
    }
    let began = clock::now();
    if !is_small(run) || !run_alone(run, began) {
        share(board, kind, run)?;
    }
    run.measured(began.elapsed());
    Ok(())
}

fn is_small(run: &ChunkRun<'_>) -> bool {
    let steps = u32::try_from(run.plan().len()).unwrap_or(u32::MAX).max(1);
    run.last_time()
        .is_some_and(|time| time < WHOLE || time / steps < STEP)
}

/// Runs in order on this thread, as long as no step turns out to be long while there is something to overlap it with.
/// Says whether it came to the end.
fn run_alone(run: &mut ChunkRun<'_>, began: Instant) -> bool {
    let mut before = began;
    while run.advance() {
        if run.left() < 2 {
            continue;
        }
        let now = clock::now();
        if now.duration_since(before) > 4 * STEP {
            return false;
        }
        before = now;
    }
    true
}

/// Hands the steps out. The caller takes part.
fn share(board: &Arc<Board>, kind: Kind, run: &mut ChunkRun<'_>) -> Result<(), EngineError> {
    let steps = run.share();
    let is_home = place::is_home(board);
    let entry = Entry::new(
        Work::Run(Arc::clone(&steps)),
        kind,
        board.threads(kind) - 1,
        None,
    );
    loop {
        board.share_run(&entry);
        if entry.turn() {
            continue;
        }
        if steps.is_done() {
            break;
        }
        if is_home {
            let goes_on = || steps.is_done() || steps.ready() > 0;
            wait_here(board, &entry, &goes_on, &|| {
                steps.wait(Some(TICK));
                goes_on()
            });
        } else {
            let _blocked = Blocked::begin();
            steps.wait(Some(TICK));
        }
    }
    board.remove(&entry);
    run.take_back(&steps);
    Ok(())
}
