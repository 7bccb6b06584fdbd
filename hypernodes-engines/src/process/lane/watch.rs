//! Looking after a worker that is silent: it is told that its run ends, and one that hangs is ended.

use std::time::Duration;

use hypernodes_core::{EngineError, Position, Progress};

use super::super::message::ToWorker;
use super::{End, Lane};
use crate::clock;

/// Half a frame from a worker that believes to have sent a whole one is not waited for longer.
const STALL: Duration = Duration::from_secs(1);

impl Lane<'_> {
    /// Looks after a worker that is silent.
    pub(super) fn look(&mut self) -> Result<(), EngineError> {
        let Some(child) = &mut self.child else {
            return Ok(());
        };
        let now = clock::now();
        if !self.is_cancel_told && self.feed.context().is_cancelled() {
            self.is_cancel_told = true;
            if child.sender.send(&ToWorker::Cancel, &[]).is_err() {
                return self.bury(End::Closed);
            }
        }
        for flying in self.flying.iter_mut().flatten() {
            if !flying.is_abandoned && !self.feed.wants(&flying.sent) {
                flying.is_abandoned = true;
                // When it cannot be told, its end is noticed next.
                let _ = child
                    .sender
                    .send(&ToWorker::Abandon { chunk: flying.id }, &[]);
            }
        }
        let positions: Vec<Position> = child
            .words
            .get()
            .chunks_exact(Progress::WORDS)
            .map(Progress::read)
            .collect();
        if child.receiver.is_inside() && positions.iter().all(|position| position.chunk == 0) {
            let since = *self.stalled_since.get_or_insert(now);
            if now.saturating_duration_since(since) > STALL {
                return self.bury(End::Garbled("half a frame".to_owned()));
            }
        }
        for (thread, position) in positions.into_iter().enumerate() {
            let Some(left) = position.left.filter(|_| position.chunk != 0) else {
                self.watch.remove(&thread);
                continue;
            };
            match self.watch.get(&thread) {
                Some((seen, since)) if *seen == position => {
                    // The worker itself notices a node that ends too late; only one that does not end is killed.
                    let grace = (left / 4).max(Duration::from_millis(100));
                    if now.saturating_duration_since(*since) > left.saturating_add(grace) {
                        let (chunk, limit) = (position.chunk, position.limit.unwrap_or(left));
                        return self.bury(End::TimedOut { chunk, limit });
                    }
                }
                _ => drop(self.watch.insert(thread, (position, now))),
            }
        }
        Ok(())
    }
}
