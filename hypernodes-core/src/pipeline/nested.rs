//! A pipeline as a node of another, run once per row or mapped over lists.

use std::sync::Arc;

use super::Pipeline;
use super::map::{self, MapMode, MapOver, strides};
use crate::error::{BoxError, BuildError, Cause, MoveConflict};
use crate::graph::NestedInfo;
use crate::node::{
    Args, Call, InputPort, IntoNode, Name, Node, NodeOptions, NodeRef, OutputPort, Passing,
    Signature,
};
use crate::plan::{Fill, Plan, PlanInput, PlanRequest};
use crate::run::{ChunkRun, NestedArg, NestedRows, RunContext};
use crate::value::{Arg, Column, Group, PortType};

/// A pipeline on its way into another: [`Pipeline::as_node`] makes it.
///
/// The order of the calls does not matter: renames go from the names inside, and `map_over` takes those outside, after
/// the renames. Wrong names are reported when the outer pipeline is built.
///
/// # Example
/// ```
/// # extern crate hypernodes_core as hypernodes;
/// use hypernodes::prelude::*;
/// let inner = Pipeline::new("clean", nodes![{ node_fn!("clean", |doc: &str| doc.trim().to_owned()) }])?;
/// let outer = Pipeline::new("corpus", nodes![
///     inner.as_node().map_over(["docs"]).rename_input("doc", "docs").rename_output("clean", "cleaned"),
///     { node_fn!("total", |cleaned: &[String]| cleaned.iter().map(String::len).sum::<usize>()) },
/// ])?;
/// let out = outer.run(inputs! { docs: [" a", "bc "] })?;
/// assert_eq!(*out.get::<usize>("total")?, 3);
/// # Ok::<(), hypernodes::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct PipelineNode {
    pipeline: Pipeline,
    name: Option<Name>,
    over: Option<MapOver>,
    inputs: Vec<(String, Name)>,
    outputs: Vec<(String, Name)>,
}

impl PipelineNode {
    pub(super) fn new(pipeline: Pipeline) -> Self {
        Self {
            pipeline,
            name: None,
            over: None,
            inputs: Vec::new(),
            outputs: Vec::new(),
        }
    }

    /// Gives the node a name other than the pipeline's.
    #[must_use]
    pub fn named(mut self, name: impl Into<Name>) -> Self {
        self.name = Some(name.into());
        self
    }

    /// Runs the pipeline once per item of these inputs, which become lists, as do all outputs. Lengths are known only
    /// when it runs, and may be zero.
    #[must_use]
    pub fn map_over(mut self, over: impl Into<MapOver>) -> Self {
        self.over = Some(over.into());
        self
    }

    /// Reads the pipeline's input `from` under the name `to`.
    #[must_use]
    pub fn rename_input(mut self, from: &str, to: impl Into<Name>) -> Self {
        self.inputs.push((from.to_owned(), to.into()));
        self
    }

    /// Gives the pipeline's output `from` under the name `to`.
    #[must_use]
    pub fn rename_output(mut self, from: &str, to: impl Into<Name>) -> Self {
        self.outputs.push((from.to_owned(), to.into()));
        self
    }
}

impl IntoNode for PipelineNode {
    fn into_node(self) -> NodeRef {
        let Self {
            pipeline,
            name,
            over,
            inputs: input_renames,
            outputs: output_renames,
        } = self;
        let name = name.unwrap_or_else(|| pipeline.name.clone());
        let mut node = bare(&pipeline, name);
        for (from, to) in input_renames {
            node = node.rename_input(&from, to);
        }
        for (from, to) in output_renames {
            node = node.rename_output(&from, to);
        }
        match over {
            None => node,
            Some(over) => mapped(node, pipeline, over),
        }
    }
}

/// A nested pipeline that runs once per row, with the names that its ports have inside.
fn bare(pipeline: &Pipeline, name: Name) -> NodeRef {
    let plan = &pipeline.plan;
    let inputs = plan.inputs.iter().filter_map(|input| {
        let default = match &input.fill {
            Fill::Bound(_) => return None,
            Fill::Required => None,
            Fill::Default(make) => Some(crate::node::DefaultValue {
                text: pipeline.default_text(&input.name).into(),
                make: Arc::clone(make),
            }),
        };
        Some(InputPort {
            name: input.name.clone(),
            port: input.port,
            facts: input.facts,
            passing: input.passing,
            default,
        })
    });
    let outputs = plan.outputs.iter().map(|output| OutputPort {
        name: output.name.clone(),
        port: output.port,
        facts: output.facts,
    });
    let signature = Signature {
        name,
        doc: pipeline.doc,
        inputs: inputs.collect(),
        outputs: outputs.collect(),
        options: NodeOptions::default(),
    };
    NodeRef {
        node: Arc::new(NestedNode::new(signature.clone(), pipeline.clone(), None)),
        signature,
        problems: Vec::new(),
    }
}

/// A nested pipeline as another process described it: its ports have the names that they have inside.
///
/// What it is mapped over is told by the place of the axis that feeds each input. `None` when those are no places.
pub(crate) fn received(
    pipeline: Pipeline,
    name: String,
    over: Option<(MapOver, Vec<Option<usize>>)>,
) -> Option<NodeRef> {
    let node = bare(&pipeline, name.into());
    let Some((over, axis_of)) = over else {
        return Some(node);
    };
    let mut places: Vec<usize> = axis_of.iter().flatten().copied().collect();
    places.sort_unstable();
    let is_each_once = places.iter().copied().eq(0..over.axes().len());
    let fits = axis_of.len() == node.signature.inputs.len();
    (fits && is_each_once && !places.is_empty()).then(|| walked(node, pipeline, over, axis_of))
}

/// Turns the walked inputs and all outputs of a nested pipeline into lists.
fn mapped(mut node: NodeRef, pipeline: Pipeline, over: MapOver) -> NodeRef {
    let name = node.signature.name.to_string();
    let repeated = over
        .axes()
        .iter()
        .enumerate()
        .any(|(i, axis)| over.axes()[..i].contains(axis));
    if over.axes().is_empty() || repeated {
        let axes = crate::error::list_names(over.axes());
        node.problems.push(BuildError::BadAxes {
            node: name.clone(),
            axes,
        });
    }
    for axis in over.axes() {
        if !node
            .signature
            .inputs
            .iter()
            .any(|input| input.name == *axis)
        {
            let available = node
                .signature
                .inputs
                .iter()
                .map(|input| input.name.to_string())
                .collect();
            let axis = axis.to_string();
            node.problems.push(BuildError::UnknownAxis {
                node: name.clone(),
                axis,
                available,
            });
        }
    }
    let inputs = node.signature.inputs.iter();
    let axis = |input: &InputPort| over.axes().iter().position(|axis| *axis == input.name);
    let axis_of = inputs.map(axis).collect();
    walked(node, pipeline, over, axis_of)
}

/// As [`mapped`], where it is known which axis each input is.
fn walked(
    mut node: NodeRef,
    pipeline: Pipeline,
    over: MapOver,
    axis_of: Vec<Option<usize>>,
) -> NodeRef {
    let name = node.signature.name.to_string();
    let mut axes = Vec::new();
    for ((index, input), &axis) in node.signature.inputs.iter_mut().enumerate().zip(&axis_of) {
        if input.passing == Passing::Move {
            node.problems.push(BuildError::Moved {
                node: name.clone(),
                input: input.name.to_string(),
                port: input.port,
                conflict: if axis.is_some() {
                    MoveConflict::IsNestedAxis
                } else {
                    MoveConflict::IsBroadcast
                },
            });
        }
        input.passing = Passing::Ref;
        if let Some(number) = axis {
            axes.push(Walked {
                axis: number,
                index,
                items: input.port,
            });
            // One value for each item of a list that is not there would have to be a list.
            input.default = None;
            input.facts = input.facts.list();
            match input.port.list() {
                Some(list) => input.port = list,
                None => node.problems.push(BuildError::TooDeep {
                    node: name.clone(),
                    port: input.port,
                }),
            }
        }
    }
    for output in &mut node.signature.outputs {
        output.facts = output.facts.list();
        match output.port.list() {
            Some(list) => output.port = list,
            None => node.problems.push(BuildError::TooDeep {
                node: name.clone(),
                port: output.port,
            }),
        }
    }
    // Inside, the ports keep the names that they have in the nested pipeline.
    let mut inner = node.signature.clone();
    let bare = node.node.signature();
    inner
        .inputs
        .iter_mut()
        .zip(&bare.inputs)
        .for_each(|(port, own)| port.name = own.name.clone());
    inner
        .outputs
        .iter_mut()
        .zip(&bare.outputs)
        .for_each(|(port, own)| port.name = own.name.clone());
    let nested = NestedNode::new(
        inner,
        pipeline,
        Some(Walk {
            over,
            axis_of,
            axes,
        }),
    );
    node.node = Arc::new(nested);
    node
}

/// What a nested pipeline walks over, and which of its arguments that is.
#[derive(Clone)]
struct Walk {
    over: MapOver,
    /// Per argument its place among the axes.
    axis_of: Vec<Option<usize>>,
    /// All arguments that are walked. What the wanted outputs do not need of them counts too: it has a length.
    axes: Vec<Walked>,
}

#[derive(Clone, Copy)]
struct Walked {
    axis: usize,
    /// Which argument.
    index: usize,
    /// The type of its lists' items.
    items: PortType,
}

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
    fn new(signature: Signature, pipeline: Pipeline, over: Option<Walk>) -> Self {
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

/// How many items the lists of each row have.
struct Lists {
    items: Vec<usize>,
    /// Products: per row and axis the stride and the length.
    strides: Vec<Vec<(usize, usize)>>,
    /// Rows whose lists do not fit together.
    bad: Vec<(usize, BoxError)>,
}

impl Lists {
    fn measure(args: &Args, walk: &Walk, rows: usize) -> Self {
        let mut lengths = vec![Vec::new(); walk.over.axes().len()];
        for walked in &walk.axes {
            lengths[walked.axis] = walked.items.lengths(args.at(walked.index), rows);
        }
        let mut lists = Self {
            items: Vec::with_capacity(rows),
            strides: Vec::new(),
            bad: Vec::new(),
        };
        for row in 0..rows {
            let of_row: Vec<usize> = lengths.iter().map(|axis| axis[row]).collect();
            let first = of_row[0];
            match walk.over.mode() {
                MapMode::Zip if of_row.iter().all(|&length| length == first) => {
                    lists.items.push(first);
                }
                MapMode::Zip => {
                    lists.reject(row, &walk.over, &of_row, "zipped lists differ in length");
                }
                MapMode::Product => match strides(&of_row) {
                    Some((strides, total)) => {
                        lists
                            .strides
                            .push(strides.into_iter().zip(of_row).collect());
                        lists.items.push(total);
                    }
                    None => {
                        lists.strides.push(Vec::new());
                        lists.reject(row, &walk.over, &of_row, "too many combinations");
                    }
                },
            }
        }
        lists
    }

    #[cold]
    fn reject(&mut self, row: usize, over: &MapOver, lengths: &[usize], what: &str) {
        let axes = over
            .axes()
            .iter()
            .zip(lengths)
            .map(|(axis, length)| format!("`{axis}` has {length}"));
        let text = format!("{what}: {}", axes.collect::<Vec<_>>().join(", "));
        self.items.push(0);
        self.bad.push((row, text.into()));
    }

    /// Where the items of each of the first `rows` rows begin, and the end.
    fn offsets(&self, rows: usize) -> Vec<usize> {
        let mut offsets = Vec::with_capacity(rows + 1);
        offsets.push(0);
        for items in &self.items[..rows] {
            offsets.push(offsets[offsets.len() - 1] + items);
        }
        offsets
    }
}

impl std::fmt::Debug for NestedNode {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("NestedNode")
            .field("pipeline", &self.pipeline)
            .finish_non_exhaustive()
    }
}
