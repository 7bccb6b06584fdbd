//! The oracle: every other engine is measured by what this one gives.

use std::sync::Arc;

use super::{Capabilities, Engine, Sizing};
use crate::error::EngineError;
use crate::plan::Plan;
use crate::run::Feed;

/// Runs everything in order on the calling thread. The default, and what every other engine is compared with.
///
/// Its rule for partitions: one, which is the whole map. Inside it chunks grow until one takes 200 us or fills half a
/// mebibyte, so that columns stay in the cache and items finish early; a slow item is a chunk of its own.
///
/// # Example
/// ```standalone_crate
/// # extern crate hypernodes_core as hypernodes;
/// use hypernodes::prelude::*;
/// #[node(output = "square")]
/// fn square(x: f64) -> f64 { x * x }
///
/// let p = Pipeline::new("squares", nodes![square])?.with_engine(Sequential::default());
/// let runs = p.map(inputs! { x: [1.0, 2.0, 3.0] }, MapOver::zip(["x"]))?;
/// assert_eq!(runs.column::<f64>("square")?, [1.0, 4.0, 9.0]);
/// # Ok::<(), hypernodes::Error>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct Sequential(Capabilities);

impl Engine for Sequential {
    fn name(&self) -> &str {
        "sequential"
    }

    fn capabilities(&self) -> &Capabilities {
        &self.0
    }

    fn sizing(&self, _: &Plan, _: usize) -> Sizing {
        Sizing::default()
    }

    fn drive(&self, feed: &Arc<Feed>) -> Result<(), EngineError> {
        while let Some(mut chunk) = feed.next() {
            let outcome = feed.execute(&mut chunk);
            feed.put(chunk, outcome);
        }
        Ok(())
    }
}
