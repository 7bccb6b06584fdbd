//! What a map walks over, and how its feed is driven.

use std::fmt;
use std::sync::Arc;

use crate::clock;
use crate::error::{EngineError, Error, RunError};
use crate::event::EventKind;
use crate::node::Name;
use crate::plan::Plan;
use crate::run::{Checkpoint, Feed, Finished, NestedRows, RunContext, Source, nanoseconds};

/// How several axes are walked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MapMode {
    /// Side by side: item `i` takes value `i` of each axis, so they have one length.
    Zip,
    /// Every combination; the last axis changes fastest.
    Product,
}

/// The axes of a map, and how they are walked.
///
/// # Example
/// ```
/// # use hypernodes_core as hypernodes;
/// use hypernodes::MapOver;
/// assert_eq!(MapOver::product(["fast", "slow"]).to_string(), "product over `fast`, `slow`");
/// assert_eq!(MapOver::from(["docs"]), MapOver::zip(["docs"]));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MapOver {
    mode: MapMode,
    axes: Vec<Name>,
}

impl MapOver {
    /// Walks the axes side by side.
    #[must_use]
    pub fn zip<N: Into<Name>>(axes: impl IntoIterator<Item = N>) -> Self {
        Self {
            mode: MapMode::Zip,
            axes: axes.into_iter().map(Into::into).collect(),
        }
    }

    /// Takes every combination of the axes, the last one fastest.
    #[must_use]
    pub fn product<N: Into<Name>>(axes: impl IntoIterator<Item = N>) -> Self {
        Self {
            mode: MapMode::Product,
            axes: axes.into_iter().map(Into::into).collect(),
        }
    }

    /// Zip or product.
    #[must_use]
    pub fn mode(&self) -> MapMode {
        self.mode
    }

    /// Whether each item takes one value of this input.
    pub(super) fn zips(&self, name: &str) -> bool {
        self.mode == MapMode::Zip && self.axes.iter().any(|axis| *axis == name)
    }

    /// The names, in order.
    #[must_use]
    pub fn axes(&self) -> &[Name] {
        &self.axes
    }
}

impl<N: Into<Name>, const K: usize> From<[N; K]> for MapOver {
    fn from(axes: [N; K]) -> Self {
        Self::zip(axes)
    }
}

impl<N: Into<Name>> From<Vec<N>> for MapOver {
    fn from(axes: Vec<N>) -> Self {
        Self::zip(axes)
    }
}

impl From<&'static str> for MapOver {
    fn from(axis: &'static str) -> Self {
        Self::zip([axis])
    }
}

impl fmt::Display for MapOver {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mode = match self.mode {
            MapMode::Zip => "zip",
            MapMode::Product => "product",
        };
        write!(f, "{mode} over {}", crate::error::list_names(&self.axes))
    }
}

/// Steps and lengths of a product: item `i` takes value `i / stride % len` of an axis. `None` when it overflows.
pub(super) fn strides(lengths: &[usize]) -> Option<(Vec<usize>, usize)> {
    let mut strides = vec![0; lengths.len()];
    let mut total: usize = 1;
    for (stride, &length) in strides.iter_mut().zip(lengths).rev() {
        *stride = total.max(1);
        total = total.checked_mul(length)?;
    }
    Some((strides, total))
}

/// Lets an engine compute every item of a source.
pub(super) fn drive(
    plan: &Arc<Plan>,
    context: RunContext,
    source: Source,
    items: usize,
    checkpoint: Option<Arc<Checkpoint>>,
) -> Result<Finished, Error> {
    let engine = Arc::clone(context.engine());
    let sizing = engine.sizing(plan, items);
    let feed = Feed::new(Arc::clone(plan), context, sizing, source, items);
    let feed = Arc::new(match checkpoint {
        Some(checkpoint) => feed.restored(checkpoint)?,
        None => feed,
    });
    if items > 0 {
        engine.drive(&feed)?;
    }
    if let Some(error) = feed.take_error() {
        return Err(error);
    }
    let finished = feed.finish()?;
    if finished.missing > 0 && !finished.is_cancelled {
        let engine = engine.name().to_owned();
        return Err(EngineError::Incomplete {
            engine,
            missing: finished.missing,
            items,
        }
        .into());
    }
    Ok(finished)
}

/// As [`drive`], for a map inside a run.
pub(super) fn drive_nested(
    plan: &Arc<Plan>,
    context: RunContext,
    source: NestedRows,
    items: usize,
) -> Result<Finished, Error> {
    let told = context.scope().filter(|scope| scope.is_heard()).cloned();
    let (mut context, mut ended) = (context, None);
    if let Some(scope) = told {
        let (span, parent) = (scope.new_span(), context.span());
        let node = context
            .path()
            .cloned()
            .unwrap_or_else(|| plan.name().into());
        let count = items as u64;
        let started = EventKind::NestedStarted {
            node: Arc::clone(&node),
            items: count,
        };
        scope.tell(span, Some(parent), started);
        context = context.in_span(span);
        ended = Some((scope, span, parent, node, clock::now()));
    }
    let finished = drive(plan, context, Source::Nested(source), items, None);
    if let Some((scope, span, parent, node, began)) = ended {
        let ended = EventKind::NestedEnded {
            node,
            items: items as u64,
            took_ns: nanoseconds(began.elapsed()),
        };
        scope.tell(span, Some(parent), ended);
    }
    let finished = finished?;
    if finished.is_cancelled {
        return Err(RunError::Cancelled {
            done: 0,
            finished: None,
        }
        .into());
    }
    Ok(finished)
}
