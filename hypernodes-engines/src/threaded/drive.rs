//! Driving a map: who computes its chunks, and how its caller waits.

use std::sync::Arc;
use std::time::Duration;

use crossbeam::utils::Backoff;
use hypernodes_core::{Assist, EngineError, Feed};

use super::board::{Blocked, Board, Entry, Work, compute_chunk};
use super::place;
use super::pool::Kind;
use crate::clock;

/// Work that is known to take less than this is not worth waking a thread for.
const WORTH_SHARING: Duration = Duration::from_micros(40);

/// How often a waiting thread looks whether its work goes on.
pub(super) const TICK: Duration = Duration::from_millis(20);

/// How many threads the items that are left are worth; 0 when they are done sooner than a thread wakes.
fn wanted(feed: &Feed) -> usize {
    let items = feed.items_left();
    let Some(each) = feed.time_per_item() else {
        return items;
    };
    let time = each.saturating_mul(u32::try_from(items).unwrap_or(u32::MAX));
    let threads = time.as_nanos() / WORTH_SHARING.as_nanos();
    usize::try_from(threads).unwrap_or(usize::MAX).min(items)
}

/// Computes every chunk of a map.
pub(super) fn drive(board: &Arc<Board>, kind: Kind, feed: &Arc<Feed>) -> Result<(), EngineError> {
    let is_home = place::is_home(board);
    if !is_home && drive_small(feed) {
        return Ok(());
    }
    let parent = if feed.is_nested() {
        place::current()
    } else {
        None
    };
    let entry = Entry::new(
        Work::Map(Arc::clone(feed)),
        kind,
        board.threads(kind),
        parent,
    );
    let driven = if is_home {
        drive_here(board, &entry, feed)
    } else {
        drive_from_outside(board, &entry, feed)
    };
    board.remove(&entry);
    driven
}

/// On a thread of the caller's own: it computes what is known not to be worth waking a thread for. Says whether that
/// was all.
fn drive_small(feed: &Feed) -> bool {
    if feed.time_per_item().is_none() {
        return false;
    }
    let began = clock::now();
    while wanted(feed) == 0 && began.elapsed() < WORTH_SHARING {
        if !compute_chunk(feed) {
            return true;
        }
    }
    false
}

/// On a thread of our own: it computes chunks itself, and others may join when there is enough.
fn drive_here(board: &Arc<Board>, entry: &Arc<Entry>, feed: &Arc<Feed>) -> Result<(), EngineError> {
    entry.count_driver();
    let mut is_posted = board.threads(entry.kind()) == 1;
    loop {
        if !is_posted && let others @ 1.. = wanted(feed).saturating_sub(1) {
            board.post(entry, others)?;
            is_posted = true;
        }
        if !entry.turn() {
            break;
        }
        board.answer_missed(entry.kind());
    }
    wait_here(board, entry, &|| feed.is_done(), &|| feed.wait_for(TICK));
    Ok(())
}

/// Waits on a thread of our own for what others have under way. Meanwhile it computes what is nested in that, and
/// nothing else: whatever this thread's caller holds, it would hold on any engine when such an item runs.
pub(super) fn wait_here(
    board: &Arc<Board>,
    entry: &Arc<Entry>,
    is_done: &dyn Fn() -> bool,
    wait: &dyn Fn() -> bool,
) {
    let backoff = Backoff::new();
    if is_done() {
        return;
    }
    entry.set_awaited(true);
    loop {
        if let Some(below) = board.pick_below(entry) {
            below.turn();
            board.answer_missed(below.kind());
            backoff.reset();
        } else if !backoff.is_completed() {
            backoff.snooze();
            if is_done() {
                break;
            }
        } else {
            let blocked = Blocked::begin();
            let done = wait();
            drop(blocked);
            if done {
                break;
            }
        }
        if entry.has_more() {
            entry.turn();
        }
    }
    entry.set_awaited(false);
}

/// On a thread of the caller's own: it waits, and computes only where nobody else can.
fn drive_from_outside(
    board: &Arc<Board>,
    entry: &Arc<Entry>,
    feed: &Arc<Feed>,
) -> Result<(), EngineError> {
    board.post(entry, wanted(feed).max(1))?;
    loop {
        let blocked = Blocked::begin();
        let done = feed.wait_for(TICK);
        drop(blocked);
        if done {
            return Ok(());
        }
        if !feed.has_more() {
            continue;
        }
        if board.is_stuck(entry.kind()) || entry.is_starving() {
            tracing::debug!(
                plan = feed.plan().name(),
                "no thread is free: the caller computes"
            );
            while !entry.is_joined() && entry.turn() {}
        } else {
            board.call_idle(entry.kind());
        }
    }
}

/// Begins to compute what a feed holds now, while its consumer fills it.
pub(super) fn assist(
    board: &Arc<Board>,
    kind: Kind,
    feed: &Arc<Feed>,
) -> Result<Assist, EngineError> {
    let known = board.find(feed);
    let is_starving = known.as_ref().is_some_and(|entry| entry.is_starving());
    if feed.has_more() {
        let new = || Entry::new(Work::Map(Arc::clone(feed)), kind, board.threads(kind), None);
        board.post(&known.unwrap_or_else(new), wanted(feed).max(1))?;
    }
    let shared = is_starving || place::is_home(board) || board.is_stuck(kind);
    Ok(if shared {
        Assist::Shared
    } else {
        Assist::Background
    })
}
