//! A single run as a feed of one item, for engines that compute chunks elsewhere.

use std::sync::Arc;

use super::Feed;
use crate::engine::Sizing;
use crate::plan::Plan;
use crate::run::source::Piece;
use crate::run::{RunContext, Source};
use crate::value::Arg;

impl Feed {
    /// The feed of a single run.
    pub(crate) fn single(
        plan: Arc<Plan>,
        context: RunContext,
        sizing: Sizing,
        args: Vec<Arg>,
    ) -> Self {
        let piece = Piece {
            start: 0,
            rows: 1,
            args,
            keys: Vec::new(),
        };
        let source = Source::Pieces([piece].into());
        let mut feed = Self::new(plan, context, sizing, source, 1);
        feed.single = true;
        feed.lock().open = false;
        feed
    }

    /// Whether it is a [single run](crate::ChunkRun::as_feed): its item has no number, and its chunk is not told.
    #[must_use]
    pub fn is_single(&self) -> bool {
        self.single
    }
}
