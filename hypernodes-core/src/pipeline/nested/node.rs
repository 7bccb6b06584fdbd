//! The node that a pipeline is inside of another one.

use std::sync::Arc;

use super::super::map::{self, MapMode, MapOver};
use super::lists::Lists;
use super::{Pipeline, Walk};
use crate::error::{BoxError, Cause};
use crate::graph::NestedInfo;
use crate::node::{Args, Call, Node, Passing, Signature};
use crate::plan::{Fill, Plan, PlanInput, PlanRequest};
use crate::run::{ChunkRun, NestedArg, NestedRows, RunContext};
use crate::value::{Arg, Column, Group, PortType};

pub(crate) struct NestedNode {
    signature: Signature,
    pipeline: Pipeline,
    plan: Arc<Plan>,
    /// Per input of the plan the argument that feeds it; `None` is bound.
    feeds: Vec<Option<usize>>,
    /// The outputs that are computed; `None`: all.
    wanted: Option<Vec<bool>>,
    over: Option<Walk>,
}

impl Node for NestedNode {
    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn nested(&self) -> Option<NestedInfo<'_>> {
        let map_over = self.over.as_ref().map(|walk| &walk.over);
        Some(NestedInfo {
            pipeline: &self.pipeline,
            map_over,
        })
    }

    fn specialise(&self, wanted: &[bool]) -> Option<Arc<dyn Node>> {
        let names: Vec<String> = self
            .plan
            .outputs
            .iter()
            .map(|output| output.name.to_string())
            .collect();
        let outputs: Vec<String> = names
            .into_iter()
            .zip(wanted)
            .filter(|(_, wanted)| **wanted)
            .map(|(name, _)| name)
            .collect();
        let pipeline = Pipeline {
            selected: Some(outputs.clone()),
            ..self.pipeline.clone()
        };
        let fill = |name: &str| pipeline.fill(name);
        let request = PlanRequest {
            name: &pipeline.name,
            outputs: &outputs,
            supplied: &[],
            fill: &fill,
        };
        let plan = Arc::new(Plan::build(&pipeline.graph, &request));
        let feeds = plan.inputs.iter().map(|input| {
            let before = self
                .plan
                .inputs
                .iter()
                .position(|known| known.name == input.name)?;
            self.feeds[before]
        });
        Some(Arc::new(Self {
            signature: self.signature.clone(),
            feeds: feeds.collect(),
            wanted: Some(wanted.to_vec()),
            over: self.over.clone(),
            pipeline: Pipeline {
                plan: Arc::clone(&plan),
                ..pipeline
            },
            plan,
        }))
    }

    fn call(&self, call: &mut Call<'_>) {
        let context = match self.pipeline.engine() {
            Some(own) => call.context().on(Arc::clone(own)),
            None => call.context().clone(),
        };
        let context = context.inside_call(call.rows());
        match &self.over {
            Some(walk) => self.call_mapped(call, context, walk),
            None if self.pipeline.engine().is_some() => self.call_on_own_engine(call, context),
            None => self.call_inline(call),
        }
    }
}

impl NestedNode {
    pub(super) fn new(signature: Signature, pipeline: Pipeline, over: Option<Walk>) -> Self {
        let plan = Arc::clone(&pipeline.plan);
        // Each input of the inner plan is fed by the argument at the same place among those that are not bound.
        let mut next = 0;
        let feed = |input: &PlanInput| {
            let is_fed = !matches!(input.fill, Fill::Bound(_));
            next += usize::from(is_fed);
            is_fed.then(|| next - 1)
        };
        let feeds = plan.inputs.iter().map(feed).collect();
        Self {
            signature,
            pipeline,
            plan,
            feeds,
            wanted: None,
            over,
        }
    }

    /// The plan inside.
    pub(crate) fn plan(&self) -> &Arc<Plan> {
        &self.plan
    }

    /// What it is mapped over, and which axis each input is.
    pub(crate) fn walk(&self) -> Option<(&MapOver, &[Option<usize>])> {
        let walk = self.over.as_ref()?;
        Some((&walk.over, &walk.axis_of))
    }

    /// The arguments in the order of the inner plan, and which axis each is.
    fn args(&self, mut args: Args) -> Vec<(Arg, Option<usize>)> {
        let axis = |index: usize| self.over.as_ref().and_then(|walk| walk.axis_of[index]);
        let inputs = self.plan.inputs.iter().zip(&self.feeds);
        let arg = |(input, feed): (&PlanInput, &Option<usize>)| match (feed, &input.fill) {
            (Some(index), _) => (args.take(*index), axis(*index)),
            (None, Fill::Bound(column)) => (Arg::broadcast(column.clone()), None),
            (None, _) => unreachable!("an input of a nested pipeline is fed or bound"),
        };
        inputs.map(arg).collect()
    }

    /// Gives the columns of the computed outputs, and empty ones for the others.
    fn give(&self, call: &mut Call<'_>, columns: Vec<Column>) {
        let Some(wanted) = &self.wanted else {
            return columns.into_iter().for_each(|column| call.push(column));
        };
        let mut columns = columns.into_iter();
        for (output, wanted) in self.signature.outputs.iter().zip(wanted) {
            let column = wanted.then(|| columns.next()).flatten();
            call.push(column.unwrap_or_else(|| output.port.empty()));
        }
    }

    /// The rows of the chunk run through the inner plan on this thread.
    fn call_inline(&self, call: &mut Call<'_>) {
        let args = self.args(call.take_args()).into_iter();
        let args = args.map(|(arg, _)| arg).collect();
        let mut run = ChunkRun::new(&self.plan, call.context(), args, call.rows(), 0);
        run.run();
        let outcome = run.finish();
        if outcome.is_interrupted {
            return self.fail_all(call, "cancelled");
        }
        self.give(call, outcome.columns);
        for failure in outcome.failures {
            let row = failure.row;
            call.fail(row, Cause::Nested(Box::new(failure.at(&self.plan, None))));
        }
    }

    /// The rows of the chunk are the items of a map on the engine that the inner pipeline was given.
    fn call_on_own_engine(&self, call: &mut Call<'_>, context: RunContext) {
        let rows = call.rows();
        let args = self.args(call.take_args()).into_iter();
        let arg = |((arg, _), input): ((Arg, _), &PlanInput)| match input.passing {
            Passing::Move => NestedArg::Moved(input.port.drain(input.port.settle(arg, rows))),
            Passing::Ref | Passing::Clone => NestedArg::Lent(arg),
        };
        let source = NestedRows {
            args: args.zip(&self.plan.inputs).map(arg).collect(),
            mode: MapMode::Zip,
            offsets: (0..=rows).collect(),
            strides: Vec::new(),
        };
        match map::drive_nested(&self.plan, context, source, rows) {
            Err(error) => self.fail_all(call, error),
            Ok(finished) => {
                self.give(call, finished.columns);
                for (row, mut failure) in finished.failures {
                    failure.items.remove(0);
                    call.fail(row, Cause::Nested(Box::new(failure)));
                }
            }
        }
    }

    fn fail_all(&self, call: &mut Call<'_>, error: impl Into<BoxError>) {
        let ports: Vec<PortType> = self
            .signature
            .outputs
            .iter()
            .map(|output| output.port)
            .collect();
        call.fail_all(&ports, error);
    }

    /// The items of the lists of all rows run through the inner plan as one map.
    fn call_mapped(&self, call: &mut Call<'_>, context: RunContext, walk: &Walk) {
        let fail_fast = call.stops_at_first_failure();
        let args = call.take_args();
        let lists = Lists::measure(&args, walk, call.rows());
        let rows = match lists.bad.first() {
            Some((row, _)) if fail_fast => *row,
            _ => call.rows(),
        };
        let offsets = lists.offsets(rows);
        let items = offsets[rows];
        let args = self.args(args).into_iter().map(|(arg, axis)| match axis {
            Some(axis) => NestedArg::Walked(arg, axis),
            None => NestedArg::Lent(arg),
        });
        let source = NestedRows {
            args: args.collect(),
            mode: walk.over.mode(),
            offsets: offsets.clone(),
            strides: lists.strides,
        };
        let finished = match map::drive_nested(&self.plan, context, source, items) {
            Ok(finished) => finished,
            Err(error) => return self.fail_all(call, error),
        };

        let mut groups: Vec<Group> = (0..rows)
            .map(|row| Group {
                items: offsets[row + 1] - offsets[row],
                wanted: true,
            })
            .collect();
        let mut failed = Vec::<(usize, Cause)>::new();
        for (item, mut failure) in finished.failures {
            let row = offsets.partition_point(|&offset| offset <= item) - 1;
            groups[row].items -= 1;
            if std::mem::replace(&mut groups[row].wanted, false) {
                failure.items[0] = item - offsets[row];
                failed.push((row, Cause::Nested(Box::new(failure))));
            }
        }
        if fail_fast && let Some((row, _)) = failed.first() {
            groups.truncate(*row);
        } else {
            for (row, error) in lists.bad {
                if row < rows {
                    groups[row].wanted = false;
                }
                failed.push((row, Cause::Error(error)));
            }
        }
        failed.sort_by_key(|(row, _)| *row);
        if fail_fast {
            failed.truncate(1);
        }
        let ports = self.plan.outputs.iter().map(|output| output.port);
        let columns = ports
            .zip(finished.columns)
            .map(|(port, column)| port.regroup(column, &groups))
            .collect();
        self.give(call, columns);
        failed
            .into_iter()
            .for_each(|(row, cause)| call.fail(row, cause));
    }
}

impl std::fmt::Debug for NestedNode {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("NestedNode")
            .field("pipeline", &self.pipeline)
            .finish_non_exhaustive()
    }
}
