//! The end of a worker: which of its chunks it died on, and what becomes of the others.

use std::time::Duration;

use hypernodes_core::{Crash, EngineError, Loss, Position, Progress};

use super::super::MOST_BARREN;
use super::{End, Flying, Lane, failed};

impl Lane<'_> {
    /// The worker is gone, or has to go: says which chunk it died on, and gives the others back.
    pub(super) fn bury(&mut self, end: End) -> Result<(), EngineError> {
        let Some(mut child) = self.child.take() else {
            return Ok(());
        };
        let has_answered = child.served > 0;
        let is_garbled = matches!(end, End::Garbled(_));
        let (crash, said, guilty) = match end {
            End::Closed => {
                let (crash, said) = child.crash(self.pool.config.worker_memory);
                (crash, said, None)
            }
            End::Garbled(what) => {
                let (_, said) = child.end(Duration::ZERO);
                (Crash::Garbled { what }, said, None)
            }
            End::TimedOut { chunk, limit } => {
                let (_, said) = child.end(Duration::ZERO);
                (Crash::TimedOut { limit }, said, Some(chunk))
            }
        };
        let words = child.words.get().chunks_exact(Progress::WORDS);
        let positions: Vec<Position> = words
            .map(Progress::read)
            .filter(|position| position.chunk != 0)
            .collect();
        let alone = child.sent == 1 && self.flying.iter().flatten().count() == 1;
        tracing::debug!(pid = child.id(), %crash, "a worker is lost");
        let is_computing =
            |flying: &Flying| positions.iter().any(|position| position.chunk == flying.id);
        let guilty = guilty.or_else(|| {
            // One that was computed, and whose outcome never came: the first of them.
            let unseen =
                !self.flying.iter().flatten().any(is_computing) && (is_garbled || has_answered);
            unseen
                .then(|| self.flying.iter().flatten().map(|flying| flying.id).min())
                .flatten()
        });
        let mut was_computing = false;
        for flying in self.flying.iter_mut().filter_map(Option::take) {
            let at = positions
                .iter()
                .find(|position| position.chunk == flying.id);
            let is_lost = guilty.map_or(at.is_some(), |guilty| guilty == flying.id);
            let chunk = self.feed.take_back(flying.sent);
            if !is_lost {
                self.feed.give_back(chunk);
                continue;
            }
            was_computing = true;
            let loss = Loss {
                said: said.clone(),
                alone,
                ..Loss::new(crash.clone())
            };
            let at = at.cloned().unwrap_or_default();
            self.feed.lost(chunk, loss.at(at));
        }
        if was_computing {
            self.barren = 0;
            return Ok(());
        }
        self.was_barren(has_answered, &crash, said)
    }

    /// A worker has died, and nothing under way is to blame.
    fn was_barren(
        &mut self,
        has_answered: bool,
        crash: &Crash,
        said: Option<String>,
    ) -> Result<(), EngineError> {
        if has_answered {
            // It has died while it waited.
            return Ok(());
        }
        self.barren += 1;
        if self.barren < MOST_BARREN {
            return Ok(());
        }
        let said = said
            .map(|said| format!("; the last one said: {said}"))
            .unwrap_or_default();
        Err(failed(format!(
            "{} workers in a row have ended before they computed anything ({crash}){said}",
            self.barren
        )))
    }
}
