//! Plans that go to another process and come out equal, or are refused.

mod damaged;
mod equal;
mod random;
mod refused;

use std::any::Any;
use std::collections::BTreeMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::*;
use crate::pipeline::NestedNode;
use crate::plan::{Fill, Plan, PlanInput, Step};
use crate::run::{ChunkRun, RunContext};
use crate::value::{Arg, Column, PortType};
use crate::{Pipeline, Sequential, node};

/// Cannot be cloned, but travels.
#[derive(Debug, Serialize, Deserialize)]
struct Token(u64);

#[node(output = "y")]
fn inc(x: u64) -> u64 {
    x.wrapping_add(1)
}

#[node(output = "sum")]
fn add(a: &u64, #[default(7)] b: u64) -> u64 {
    a.wrapping_mul(31).wrapping_add(b)
}

#[node(outputs = ("low", "high"))]
fn split(n: u64) -> (u64, u64) {
    (n % 10, n / 10)
}

#[node(output = "list")]
fn range(n: u64) -> Vec<u64> {
    (0..n % 5).collect()
}

#[node(output = "total")]
fn total(list: &[u64]) -> u64 {
    list.iter()
        .fold(3, |sum, x| sum.wrapping_mul(5).wrapping_add(*x))
}

#[node(output = "token")]
fn token(n: u64) -> Token {
    Token(n)
}

#[node(output = "weight")]
fn weigh(token: &Token) -> u64 {
    token.0 ^ 1
}

#[node(output = "spent")]
fn spend(token: Token) -> u64 {
    token.0
}

fn blobs(image: &PlanImage) -> Vec<Vec<u8>> {
    let blobs = image.parcel.blobs.iter();
    blobs.map(|blob| blob.as_bytes().to_vec()).collect()
}

/// The plan as it comes out in another process.
fn there(plan: &Plan) -> Arc<Plan> {
    let image = plan.image("test").expect("everything can travel");
    let worker = WorkerPlan::decode(&image.parcel.head, &blobs(image)).expect("not damaged");
    Arc::clone(worker.plan())
}

fn nested(step: &Step) -> Option<&NestedNode> {
    let any: &dyn Any = &*step.node;
    any.downcast_ref()
}

/// All of a plan that its runs depend on, with the slots renumbered in the order of their first use, as slots of values
/// that are only handed through stay behind.
fn described(plan: &Plan) -> Vec<String> {
    described_in(plan, false)
}

fn described_in(plan: &Plan, is_nested: bool) -> Vec<String> {
    let mut slots = BTreeMap::new();
    let mut slot = |slot: usize| {
        let next = slots.len();
        *slots.entry(slot).or_insert(next)
    };
    let mut lines = vec![format!("plan {}", plan.name)];
    for step in &plan.steps {
        // Where the sender hands a value through, only the receiver may move it.
        let is_input = |slot| plan.inputs.iter().any(|input| input.slot == slot);
        let args: Vec<(usize, bool)> = step
            .args
            .iter()
            .map(|arg| (slot(arg.slot), arg.last && !is_input(arg.slot)))
            .collect();
        let outs: Vec<Option<usize>> = step.outs.iter().map(|out| out.map(&mut slot)).collect();
        let signature = step.node.signature();
        let (waits, unblocks) = (step.waits_for, &step.unblocks);
        let ports: Vec<PortType> = signature.inputs.iter().map(|input| input.port).collect();
        let options = (signature.options.path, signature.options.tokens);
        lines.push(format!(
            "{} {args:?} {outs:?} {waits} {unblocks:?} {ports:?} {options:?}",
            step.name
        ));
        if let Some(nested) = nested(step) {
            lines.push(format!("{:?}", nested.walk()));
            lines.extend(described_in(nested.plan(), true));
        }
    }
    for input in plan.read_inputs() {
        let PlanInput {
            name,
            port,
            slot: at,
            users,
            passing,
            fill,
            facts,
        } = input;
        let bound = match fill {
            Fill::Bound(column) if is_nested => facts
                .show
                .map(|show| show.row(&Arg::dense(column.clone()), 0)),
            _ => None,
        };
        let at = slot(*at);
        lines.push(format!(
            "{name} {port} {at} {users:?} {passing:?} {bound:?}"
        ));
    }
    for (output, step) in plan.computed_outputs() {
        let at = slot(output.slot);
        lines.push(format!(
            "{} {} {at} {}",
            output.name, output.port, step.name
        ));
    }
    lines
}

/// Checks that a plan is the same in another process, and gives the same values for values made of names.
fn check(plan: &Arc<Plan>) -> Vec<String> {
    let there = there(plan);
    assert_eq!(described(plan), described(&there));
    assert_eq!(there.read_inputs().count(), there.inputs.len());
    assert_eq!(there.computed_outputs().count(), there.outputs.len());
    if plan.inputs.len() == there.inputs.len() && plan.outputs.len() == there.outputs.len() {
        let slots = |plan: &Plan| {
            let steps = plan.steps.iter();
            let args = steps.flat_map(|step| step.args.iter().map(|arg| (arg.slot, arg.last)));
            args.collect::<Vec<_>>()
        };
        assert_eq!((plan.slots, slots(plan)), (there.slots, slots(&there)));
    }
    assert_eq!(computed(plan), computed(&there));
    described(plan)
}

/// A value that depends on a name and a type only.
fn value(input: &PlanInput) -> Column {
    let number: u64 = input
        .name
        .bytes()
        .fold(1, |sum, byte| sum * 7 % 1000 + u64::from(byte));
    if input.port == PortType::of::<u64>() {
        Column::one(number)
    } else if input.port == PortType::of::<Vec<u64>>() {
        Column::one((0..number % 4).collect::<Vec<u64>>())
    } else if input.port == PortType::of::<Token>() {
        Column::one(Token(number))
    } else {
        // What nested maps give: an empty list.
        let codec = input.facts.codec.expect("all types here have codecs");
        codec.decode(&[0], 1).expect("a list")
    }
}

/// What a run of one row computes, as bytes.
fn computed(plan: &Arc<Plan>) -> Vec<(String, Vec<u8>)> {
    let context = RunContext::new(
        Arc::new(Sequential::default()),
        crate::ErrorPolicy::FailFast,
        None,
    );
    let args = plan.inputs.iter().map(|input| Arg::dense(value(input)));
    let mut run = ChunkRun::new(plan, &context, args.collect(), 1, 0);
    run.run();
    let outcome = run.finish();
    assert!(outcome.failures.is_empty());
    let columns: BTreeMap<&str, Column> = plan.output_names().zip(outcome.columns).collect();
    let bytes = |(output, _): (&crate::plan::PlanOutput, &Step)| {
        let mut bytes = Vec::new();
        let codec = output.facts.codec.expect("all types here have codecs");
        codec
            .encode(&Arg::dense(columns[&*output.name].clone()), 1, &mut bytes)
            .expect("written");
        (output.name.to_string(), bytes)
    };
    plan.computed_outputs().map(bytes).collect()
}
