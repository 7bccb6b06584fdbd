//! From the caller's inputs to the arguments of a plan: every problem is found before anything runs.

use indexmap::IndexMap;

use super::Pipeline;
use super::execute::is_handed_through;
use super::inputs::{Given, Inputs};
use super::map::{MapMode, MapOver, strides};
use crate::error::{Error, InputProblem, RunError};
use crate::node::{Name, Passing};
use crate::plan::{Fill, Plan, PlanInput};
use crate::run::Axis;
use crate::value::{Arg, Column, PortType};

/// Columns of more values than this cannot be indexed by views.
const MOST_VALUES: usize = u32::MAX as usize;

/// The inputs of a plan matched with what was given, and what is wrong so far.
struct Matched<'p> {
    inputs: Vec<(&'p PlanInput, Option<Given>)>,
    problems: Vec<InputProblem>,
}

fn matched<'p>(
    pipeline: &Pipeline,
    plan: &'p Plan,
    inputs: Inputs,
    over: Option<&MapOver>,
) -> Matched<'p> {
    let mut problems = Vec::new();
    let mut given = IndexMap::<Name, Given>::with_capacity(inputs.given.len());
    for value in inputs.given {
        if given.contains_key(&value.name) {
            problems.push(InputProblem::Twice {
                name: value.name.to_string(),
            });
        }
        given.insert(value.name.clone(), value);
    }
    let mut matched = Vec::with_capacity(plan.inputs.len());
    for input in &plan.inputs {
        matched.push((input, given.swap_remove(&input.name)));
    }
    let unknown: Vec<String> = given
        .keys()
        .filter(|name| {
            pipeline.graph.input(name).is_none()
                && !pipeline.graph.wiring.producers.contains_key(&***name)
        })
        .map(ToString::to_string)
        .collect();
    for (input, value) in &matched {
        let computed = pipeline.graph.wiring.producers.get(&*input.name);
        match value {
            None if matches!(input.fill, Fill::Required) => problems.push(InputProblem::Missing {
                name: input.name.to_string(),
                nodes: input.users.clone(),
                port: input.port,
                similar: hypernodes_wiring::suggest(
                    &input.name,
                    unknown.iter().map(String::as_str),
                ),
            }),
            Some(value) if value.is_supply && computed.is_none() => {
                problems.push(not_computed(pipeline, &value.name));
            }
            _ => {}
        }
    }
    // What is left was given for nothing: it is refused, or belongs to nodes that the wanted outputs do not need.
    for (name, value) in given {
        let producer = pipeline.graph.wiring.producers.get(&*name);
        let port = match (producer, pipeline.graph.input(&name)) {
            (Some(port), _) if value.is_supply => {
                pipeline.graph.nodes[port.node].signature().outputs[port.output].port
            }
            (Some(port), _) => {
                problems.push(InputProblem::Computed {
                    name: name.to_string(),
                    node: pipeline.graph.labels[port.node].clone(),
                });
                continue;
            }
            (None, _) if value.is_supply => {
                problems.push(not_computed(pipeline, &name));
                continue;
            }
            (None, Some((_, input))) => input.port,
            (None, None) => {
                problems.push(InputProblem::Unknown {
                    name: name.to_string(),
                    available: pipeline
                        .graph
                        .inputs
                        .iter()
                        .map(|input| input.name.clone())
                        .collect(),
                });
                continue;
            }
        };
        let axis = over.is_some_and(|over| over.axes().contains(&name));
        let fits = if axis {
            value.into_items(port)
        } else {
            value.into_value(port)
        };
        if let Err(found) = fits {
            problems.push(type_problem(&name, port, found, axis));
        }
    }
    Matched {
        inputs: matched,
        problems,
    }
}

fn not_computed(pipeline: &Pipeline, name: &str) -> InputProblem {
    InputProblem::NotComputed {
        name: name.to_owned(),
        available: pipeline.graph.outputs().map(str::to_owned).collect(),
    }
}

fn failed(pipeline: &Pipeline, problems: Vec<InputProblem>) -> Error {
    RunError::Inputs {
        pipeline: pipeline.name.to_string(),
        problems,
    }
    .into()
}

fn filled(fill: &Fill) -> Option<Column> {
    match fill {
        Fill::Required => None,
        Fill::Bound(column) => Some(column.clone()),
        Fill::Default(make) => Some(make()),
    }
}

/// The arguments of a single run whose inputs fit at first sight; anything else goes the way that finds out why.
fn at_first_sight(plan: &Plan, inputs: &mut Inputs) -> Option<Vec<Arg>> {
    const FEW: usize = 16;
    let given = &mut inputs.given;
    if given.len() > FEW {
        return None;
    }
    let place = |given: &[Given], input: &PlanInput| {
        given.iter().position(|value| value.name == input.name)
    };
    let mut matched = 0;
    for input in &plan.inputs {
        match place(given, input) {
            Some(at) if given[at].column.port() == input.port && !given[at].is_supply => {
                matched += 1;
            }
            None if !matches!(input.fill, Fill::Required) => {}
            _ => return None,
        }
    }
    if matched < given.len() {
        return None;
    }
    let args = plan.inputs.iter().map(|input| match place(given, input) {
        Some(at) => Some(Arg::dense(given.swap_remove(at).column)),
        None => filled(&input.fill).map(Arg::dense),
    });
    args.collect()
}

/// The arguments of a single run.
pub(super) fn single(
    pipeline: &Pipeline,
    plan: &Plan,
    mut inputs: Inputs,
) -> Result<Vec<Arg>, Error> {
    if let Some(args) = at_first_sight(plan, &mut inputs) {
        return Ok(args);
    }
    let Matched {
        inputs,
        mut problems,
    } = matched(pipeline, plan, inputs, None);
    let mut args = Vec::with_capacity(inputs.len());
    for (input, given) in inputs {
        match given {
            None => args.extend(filled(&input.fill).map(Arg::dense)),
            Some(given) => match given.into_value(input.port) {
                Ok(column) => args.push(Arg::dense(column)),
                Err(found) => problems.push(type_problem(&input.name, input.port, found, false)),
            },
        }
    }
    if problems.is_empty() {
        Ok(args)
    } else {
        Err(failed(pipeline, problems))
    }
}

fn type_problem(name: &Name, expected: PortType, found: PortType, axis: bool) -> InputProblem {
    InputProblem::Type {
        name: name.to_string(),
        expected,
        found,
        axis,
    }
}

/// The axes of a map, and how many items it has.
pub(super) fn mapped(
    pipeline: &Pipeline,
    plan: &Plan,
    inputs: Inputs,
    over: &MapOver,
    see: &mut dyn FnMut(&PlanInput, bool, &Column),
) -> Result<(Vec<Axis>, usize), Error> {
    let names: Vec<String> = inputs.names().map(str::to_owned).collect();
    let is_selected = |name: &str| {
        let mut selected = pipeline.selected.iter().flatten();
        selected.any(|selected| selected == name)
    };
    let is_lost =
        |given: &&Given| is_selected(&given.name) && !is_handed_through(given, Some(over));
    let lost: Vec<Name> = inputs
        .supplied()
        .filter(is_lost)
        .map(|given| given.name.clone())
        .collect();
    let Matched {
        inputs,
        mut problems,
    } = matched(pipeline, plan, inputs, Some(over));
    problems.extend(lost.iter().map(|name| supplied_output(name)));
    if over.axes().is_empty() {
        problems.push(InputProblem::NoAxis);
    }
    for (i, axis) in over.axes().iter().enumerate() {
        let is_bound = pipeline.bound.contains_key(&**axis);
        if over.axes()[..i].contains(axis) {
            problems.push(InputProblem::AxisTwice {
                name: axis.to_string(),
            });
        } else if !names.iter().any(|name| name == axis) && !is_bound {
            problems.push(InputProblem::UnknownAxis {
                name: axis.to_string(),
                available: names.clone(),
            });
        } else if pipeline.graph.input(axis).is_none()
            && !pipeline.graph.wiring.producers.contains_key(&**axis)
        {
            // Told as an unknown input already.
        } else if !inputs.iter().any(|(input, _)| input.name == *axis) && !lost.contains(axis) {
            problems.push(InputProblem::UnneededAxis {
                name: axis.to_string(),
            });
        }
    }

    let mut columns = Vec::<(&PlanInput, Option<usize>, Column)>::with_capacity(inputs.len());
    for (input, given) in inputs {
        let axis = over.axes().iter().position(|axis| *axis == input.name);
        let column = match (given, axis) {
            (None, None) => filled(&input.fill).map(Ok),
            // A bound value cannot be the axis of its own type; say what is expected.
            (None, Some(_)) => match &input.fill {
                Fill::Bound(column) => Some(Err(column.port())),
                _ => None,
            },
            (Some(given), None) => Some(given.into_value(input.port)),
            (Some(given), Some(_)) => Some(given.into_items(input.port)),
        };
        match column {
            Some(Ok(column)) => {
                let many_uses =
                    axis.is_none() || column.is_shared() || over.mode() == MapMode::Product;
                if input.passing == Passing::Move && many_uses {
                    let name = input.name.to_string();
                    problems.push(InputProblem::MovedBroadcast {
                        name,
                        port: input.port,
                    });
                }
                columns.push((input, axis, column));
            }
            Some(Err(found)) => {
                problems.push(type_problem(&input.name, input.port, found, axis.is_some()));
            }
            None => {}
        }
    }
    if !problems.is_empty() {
        return Err(failed(pipeline, problems));
    }

    let mut lengths = vec![(String::new(), 0); over.axes().len()];
    for (input, axis, column) in &columns {
        if let Some(axis) = *axis {
            lengths[axis] = (input.name.to_string(), column.len());
        }
    }
    let sizes: Vec<usize> = lengths.iter().map(|(_, length)| *length).collect();
    let (strides, items) = match over.mode() {
        MapMode::Zip if sizes.windows(2).any(|pair| pair[0] != pair[1]) => {
            return Err(failed(
                pipeline,
                vec![InputProblem::Lengths { axes: lengths }],
            ));
        }
        MapMode::Zip => (vec![0; sizes.len()], sizes[0]),
        MapMode::Product => match strides(&sizes) {
            Some(found) => found,
            None => {
                return Err(failed(
                    pipeline,
                    vec![InputProblem::TooLong { axes: lengths }],
                ));
            }
        },
    };
    if sizes.iter().any(|&size| size > MOST_VALUES) {
        return Err(failed(
            pipeline,
            vec![InputProblem::TooLong { axes: lengths }],
        ));
    }
    for (input, axis, column) in &columns {
        see(input, axis.is_some(), column);
    }
    let axes = columns.into_iter().map(|(input, axis, column)| match axis {
        None => Axis::Broadcast(column),
        Some(axis) if over.mode() == MapMode::Product => Axis::Product {
            column,
            stride: strides[axis],
        },
        Some(_) if (drains(input) || is_output(plan, input)) && !column.is_shared() => {
            Axis::Drain(input.port.drain(column))
        }
        Some(_) => Axis::Zip(column),
    });
    Ok((axes.collect(), items))
}

/// Whether the value is asked for as an output too: it was supplied, and is handed through.
fn is_output(plan: &Plan, input: &PlanInput) -> bool {
    plan.outputs.iter().any(|output| output.slot == input.slot)
}

fn supplied_output(name: &str) -> InputProblem {
    InputProblem::SuppliedOutput {
        name: name.to_owned(),
    }
}

/// Whether the values of an axis are cut into owned pieces, so that a node can take them by value without a clone.
fn drains(input: &PlanInput) -> bool {
    match input.passing {
        Passing::Ref => false,
        Passing::Clone => input.port.needs_drop(),
        Passing::Move => true,
    }
}
