//! From a graph and the outputs that are wanted to steps and slots.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::OnceLock;
use std::sync::atomic::AtomicU64;

use hypernodes_wiring::Source;

use super::{Fill, Origin, Plan, PlanInput, PlanOutput, Step, StepArg, Traits};
use crate::graph::Graph;
use crate::node::{Node, Passing};

/// What a plan is made for.
pub(crate) struct PlanRequest<'a> {
    pub(crate) name: &'a str,
    /// The wanted outputs, in the order in which they are given back.
    pub(crate) outputs: &'a [String],
    /// Outputs whose values the caller brings along.
    pub(crate) supplied: &'a [&'a str],
    /// What fills an input when the caller gives nothing.
    pub(crate) fill: &'a dyn Fn(&str) -> Fill,
}

impl Plan {
    pub(crate) fn build(graph: &Arc<Graph>, request: &PlanRequest<'_>) -> Self {
        let is_supplied = |name: &str| request.supplied.contains(&name);
        let needed = needed(graph, request.outputs, &is_supplied);
        let mut slots = Slots {
            of_source: BTreeMap::new(),
            count: 0,
        };
        let mut inputs = Vec::<PlanInput>::new();
        let mut steps = Vec::<Step>::new();
        let mut step_of = vec![usize::MAX; graph.nodes.len()];
        let mut last_use = Vec::<Option<(usize, usize)>>::new();
        let mut readers = Vec::<Vec<usize>>::new();

        for &n in graph.wiring.order.iter().filter(|&&n| needed[n]) {
            let at = steps.len();
            step_of[n] = at;
            let signature = graph.nodes[n].signature();
            let mut waits = Vec::new();
            let mut args = Vec::with_capacity(signature.inputs.len());
            for (i, (source, input)) in graph.wiring.sources[n]
                .iter()
                .zip(&signature.inputs)
                .enumerate()
            {
                let (slot, is_new) = slots.get(*source);
                match *source {
                    Source::Node { node, .. } if !is_supplied(&input.name) => {
                        waits.push(step_of[node]);
                    }
                    _ if is_new => inputs.push(PlanInput {
                        name: input.name.clone(),
                        port: input.port,
                        facts: input.facts,
                        slot,
                        fill: if is_supplied(&input.name) {
                            Fill::Required
                        } else {
                            (request.fill)(&input.name)
                        },
                        users: vec![graph.labels[n].clone()],
                        passing: input.passing,
                    }),
                    _ => {
                        let known = inputs.iter_mut().rev().find(|known| known.slot == slot);
                        if let Some(known) = known {
                            known.facts = known.facts.or(input.facts);
                            known.passing = match input.passing {
                                Passing::Move => Passing::Move,
                                Passing::Ref | Passing::Clone => Passing::Ref,
                            };
                            if known.users.last() != Some(&graph.labels[n]) {
                                known.users.push(graph.labels[n].clone());
                            }
                        }
                    }
                }
                last_use.resize(slots.count, None);
                readers.resize_with(slots.count, Vec::new);
                if input.passing == Passing::Move {
                    // The values are gone afterwards, so those who read them are waited for.
                    waits.extend_from_slice(&readers[slot]);
                }
                readers[slot].push(at);
                last_use[slot] = Some((at, i));
                args.push(StepArg { slot, last: false });
            }
            waits.sort_unstable();
            waits.dedup();
            for &before in &waits {
                steps[before].unblocks.push(at);
            }
            // Filled below, when it is known which outputs are read.
            let outs = vec![None; signature.outputs.len()];
            steps.push(Step {
                node: Arc::clone(&graph.nodes[n].node),
                at: n,
                name: graph.labels[n].clone(),
                args,
                outs,
                waits_for: waits.len(),
                unblocks: Vec::new(),
                behind: OnceLock::new(),
                identity: OnceLock::new(),
            });
        }

        let mut outputs = Vec::with_capacity(request.outputs.len());
        for name in request.outputs {
            let Some(port) = graph.wiring.producers.get(name) else {
                continue;
            };
            let (slot, is_new) = slots.get(Source::Node {
                node: port.node,
                output: port.output,
            });
            let output = &graph.nodes[port.node].signature().outputs[port.output];
            if is_new && is_supplied(name) {
                // Nothing reads it: it is handed through.
                inputs.push(PlanInput {
                    name: output.name.clone(),
                    port: output.port,
                    facts: output.facts,
                    slot,
                    fill: Fill::Required,
                    users: Vec::new(),
                    passing: Passing::Ref,
                });
            }
            last_use.resize(slots.count, None);
            // An output is read once more, at the end, so nothing before it may move the values.
            last_use[slot] = None;
            outputs.push(PlanOutput {
                name: output.name.clone(),
                port: output.port,
                facts: output.facts,
                slot,
            });
        }

        for (slot, last) in last_use.iter().enumerate() {
            if let &Some((step, arg)) = last {
                debug_assert_eq!(
                    steps[step].args[arg].slot, slot,
                    "a slot's last use reads that slot"
                );
                steps[step].args[arg].last = true;
            }
        }
        for (&source, &slot) in &slots.of_source {
            if let Source::Node { node, output } = source
                && needed[node]
                && !is_supplied(&graph.nodes[node].signature().outputs[output].name)
            {
                steps[step_of[node]].outs[output] = Some(slot);
            }
        }
        for step in &mut steps {
            let wanted: Vec<bool> = step.outs.iter().map(Option::is_some).collect();
            if wanted.contains(&false)
                && let Some(lean) = step.node.specialise(&wanted)
            {
                step.node = lean;
            }
        }
        inputs.sort_by(|a, b| a.name.cmp(&b.name));
        let traits = Traits::of(&steps);
        let bytes_per_item = most_bytes(&steps, &inputs);
        Self {
            name: request.name.to_owned(),
            steps,
            slots: slots.count,
            inputs,
            outputs,
            traits,
            origin: Some(Origin {
                graph: Arc::clone(graph),
                supplied: request
                    .supplied
                    .iter()
                    .copied()
                    .map(str::to_owned)
                    .collect(),
            }),
            image: OnceLock::new(),
            bytes_per_item,
            run_time: AtomicU64::new(0),
            cost: AtomicU64::new(0),
            travelled: Default::default(),
        }
    }
}

impl Plan {
    /// The plan that calls one node: inputs in the order of its parameters, all outputs.
    pub(crate) fn of_one(node: &Arc<dyn Node>, name: &str) -> Self {
        let signature = node.signature();
        let inputs: Vec<PlanInput> = signature
            .inputs
            .iter()
            .enumerate()
            .map(|(slot, input)| PlanInput {
                name: input.name.clone(),
                port: input.port,
                facts: input.facts,
                slot,
                fill: Fill::Required,
                users: vec![name.to_owned()],
                passing: input.passing,
            })
            .collect();
        let first = inputs.len();
        let outputs: Vec<PlanOutput> = signature
            .outputs
            .iter()
            .enumerate()
            .map(|(i, output)| PlanOutput {
                name: output.name.clone(),
                port: output.port,
                facts: output.facts,
                slot: first + i,
            })
            .collect();
        let step = Step {
            node: Arc::clone(node),
            at: 0,
            name: name.to_owned(),
            args: (0..first)
                .map(|slot| StepArg { slot, last: true })
                .collect(),
            outs: outputs.iter().map(|output| Some(output.slot)).collect(),
            waits_for: 0,
            unblocks: Vec::new(),
            behind: OnceLock::new(),
            identity: OnceLock::new(),
        };
        let steps = vec![step];
        Self {
            name: name.to_owned(),
            traits: Traits::of(&steps),
            origin: None,
            image: OnceLock::new(),
            bytes_per_item: most_bytes(&steps, &inputs),
            steps,
            slots: first + outputs.len(),
            inputs,
            outputs,
            run_time: AtomicU64::new(0),
            cost: AtomicU64::new(0),
            travelled: Default::default(),
        }
    }
}

/// Most bytes of one item that the slots hold at any one step.
fn most_bytes(steps: &[Step], inputs: &[PlanInput]) -> usize {
    let of_input = |input: &PlanInput| (input.slot, input.port.bytes());
    let mut bytes: BTreeMap<usize, usize> = inputs.iter().map(of_input).collect();
    let mut held: usize = bytes.values().sum();
    let mut most = held;
    for step in steps {
        let outputs = &step.node.signature().outputs;
        for (slot, output) in step.outs.iter().zip(outputs) {
            // What nobody wants is computed all the same, and dropped.
            held += output.port.bytes();
            if let Some(slot) = *slot {
                bytes.insert(slot, output.port.bytes());
            }
        }
        most = most.max(held);
        let unwanted = step
            .outs
            .iter()
            .zip(outputs)
            .filter(|(slot, _)| slot.is_none());
        held -= unwanted
            .map(|(_, output)| output.port.bytes())
            .sum::<usize>();
        for arg in step.args.iter().filter(|arg| arg.last) {
            held -= bytes.remove(&arg.slot).unwrap_or(0);
        }
    }
    most.max(1)
}

struct Slots {
    of_source: BTreeMap<Source, usize>,
    count: usize,
}

impl Slots {
    fn get(&mut self, source: Source) -> (usize, bool) {
        let next = self.count;
        let slot = *self.of_source.entry(source).or_insert(next);
        let is_new = slot == next;
        self.count += usize::from(is_new);
        (slot, is_new)
    }
}

/// The nodes that contribute to the outputs: not those behind a supplied value.
fn needed(graph: &Graph, outputs: &[String], is_supplied: &dyn Fn(&str) -> bool) -> Vec<bool> {
    let mut needed = vec![false; graph.nodes.len()];
    for name in outputs.iter().filter(|name| !is_supplied(name)) {
        if let Some(port) = graph.wiring.producers.get(name) {
            needed[port.node] = true;
        }
    }
    for &n in graph.wiring.order.iter().rev() {
        if !needed[n] {
            continue;
        }
        for (source, input) in graph.wiring.sources[n]
            .iter()
            .zip(&graph.nodes[n].signature().inputs)
        {
            if let Source::Node { node, .. } = *source
                && !is_supplied(&input.name)
            {
                needed[node] = true;
            }
        }
    }
    needed
}
