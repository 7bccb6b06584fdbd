//! From a plan to its image, and what of it cannot leave the process.

use std::any::Any;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use super::{BoundImage, Image, MOST_NESTED, NodeImage, NodeKind, OverImage, PipelineImage};
use crate::error::{EngineError, LeavingProblem};
use crate::node::{FnNode, Node, NodeRef};
use crate::pipeline::{MapMode, NestedNode};
use crate::plan::{Fill, Origin, Plan, PlanInput, PlanOutput, Step};
use crate::remote::registry::place_of;
use crate::remote::{Blob, Parcel};
use crate::value::Arg;

/// A plan as other processes of this program take it.
#[derive(Debug)]
pub struct PlanImage {
    /// Tells images of this process apart.
    pub id: u64,
    /// The image.
    pub parcel: Parcel,
}

impl Plan {
    /// The plan as other processes of this program take it. It is made once.
    ///
    /// Values from outside are no part of it, those with defaults and those that are bound neither; what is bound in a
    /// nested pipeline is.
    ///
    /// # Errors
    /// All that cannot leave this process, at once: closures and other nodes that are not registered, and types without a
    /// codec among the values that would have to travel.
    ///
    /// # Example
    /// ```standalone_crate
    /// # extern crate hypernodes_core as hypernodes;
    /// use hypernodes::prelude::*;
    /// #[node]
    /// fn half(x: f64) -> f64 { x / 2.0 }
    ///
    /// let p = Pipeline::new("p", nodes![half, { node_fn!("more", |half: f64| half + 1.0) }])?;
    /// let error = p.plan().image("process").unwrap_err();
    /// assert!(error.to_string().contains("node `more` is a closure: make it a function with `#[node]`"));
    /// assert!(p.select(["half"])?.plan().image("process").is_ok());
    /// # Ok::<(), hypernodes::Error>(())
    /// ```
    pub fn image(&self, engine: &str) -> Result<&Arc<PlanImage>, EngineError> {
        let image = self.image.get_or_init(|| make(self).map(Arc::new));
        image.as_ref().map_err(|problems| EngineError::StaysHere {
            engine: engine.to_owned(),
            pipeline: self.name.clone(),
            problems: problems.clone(),
        })
    }
}

fn make(plan: &Plan) -> Result<PlanImage, Vec<LeavingProblem>> {
    static IMAGES: AtomicU64 = AtomicU64::new(0);
    let mut encoder = Encoder::default();
    encoder.ports(plan);
    encoder.pipeline(plan, Some(plan), "", 1);
    let Encoder {
        pipelines,
        blobs,
        problems,
    } = encoder;
    if !problems.is_empty() {
        return Err(problems);
    }
    let head = postcard::to_stdvec(&Image { pipelines })
        .expect("names and numbers are written into a vector");
    Ok(PlanImage {
        id: IMAGES.fetch_add(1, Ordering::Relaxed),
        parcel: Parcel { head, blobs },
    })
}

#[derive(Default)]
struct Encoder {
    pipelines: Vec<PipelineImage>,
    blobs: Vec<Blob>,
    problems: Vec<LeavingProblem>,
}

impl Encoder {
    /// The values that go to the other process with each chunk, and come back.
    fn ports(&mut self, plan: &Plan) {
        for input in plan
            .read_inputs()
            .filter(|input| input.facts.codec.is_none())
        {
            let node = input.users.first().map_or("", String::as_str);
            self.problems.push(LeavingProblem::NoCodec {
                value: format!("input `{}` of node `{node}`", input.name),
                port: input.port,
            });
        }
        let outputs = plan.computed_outputs();
        for (output, step) in outputs.filter(|(output, _)| output.facts.codec.is_none()) {
            self.problems.push(LeavingProblem::NoCodec {
                value: format!("output `{}` of node `{}`", output.name, step.name),
                port: output.port,
            });
        }
    }

    /// Adds a pipeline behind those that are nested in it, and gives its place.
    ///
    /// Of a nested pipeline the whole plan travels; `needed` is the part of it that is run, as not all its outputs may be
    /// wanted.
    fn pipeline(&mut self, plan: &Plan, needed: Option<&Plan>, around: &str, depth: usize) -> u32 {
        let Some(Origin { graph, supplied }) = &plan.origin else {
            self.problems.push(LeavingProblem::Snapshot);
            return 0;
        };
        let steps = needed.into_iter().flat_map(|plan| &plan.steps);
        let needed_steps: BTreeMap<usize, &Step> = steps.map(|step| (step.at, step)).collect();
        let mut nodes = Vec::with_capacity(plan.steps.len());
        for step in &plan.steps {
            let node = &graph.nodes[step.at];
            let path = format!("{around}{}", step.name);
            let needed = needed_steps.get(&step.at).copied();
            if let Some(kind) = self.kind(node, needed, path, depth) {
                nodes.push(node_image(step, node, kind));
            }
        }
        let bound = match around {
            "" => Vec::new(),
            _ => self.bound(plan, needed, around),
        };
        let gives = |name: &&String| {
            let outputs = nodes.iter().flat_map(|node| &node.outputs);
            outputs.into_iter().any(|output| output == *name)
        };
        let outputs = plan.computed_outputs();
        let image = PipelineImage {
            name: plan.name.clone(),
            supplied: supplied.iter().filter(gives).cloned().collect(),
            nodes,
            bound,
            outputs: outputs
                .map(|(PlanOutput { name, .. }, _)| name.to_string())
                .collect(),
        };
        self.pipelines.push(image);
        u32::try_from(self.pipelines.len() - 1).unwrap_or(u32::MAX)
    }

    /// How the other process makes a node. `None` where it cannot.
    fn kind(
        &mut self,
        node: &NodeRef,
        needed: Option<&Step>,
        path: String,
        depth: usize,
    ) -> Option<NodeKind> {
        let any: &dyn Any = &*node.node;
        if let Some(nested) = any.downcast_ref::<NestedNode>() {
            if depth == MOST_NESTED {
                self.problems.push(LeavingProblem::TooDeep {
                    node: path,
                    most: MOST_NESTED,
                });
                return None;
            }
            let needed = needed.and_then(|step| nested_plan(&*step.node));
            let pipeline = self.pipeline(nested.plan(), needed, &format!("{path}/"), depth + 1);
            let over = nested.walk().map(|(over, axis_of)| OverImage {
                is_product: over.mode() == MapMode::Product,
                axes: over.axes().iter().map(ToString::to_string).collect(),
                axis_of: axis_of
                    .iter()
                    .map(|axis| axis.and_then(|axis| u32::try_from(axis).ok()))
                    .collect(),
            });
            return Some(NodeKind::Nested { pipeline, over });
        }
        let entry = any.downcast_ref::<FnNode>().and_then(FnNode::entry);
        if let Some((entry, place)) = entry.and_then(|entry| Some((entry, place_of(entry)?))) {
            let tokens = entry.tokens;
            return Some(NodeKind::Registered { place, tokens });
        }
        self.problems.push(match node.signature.options.is_closure {
            true => LeavingProblem::Closure { node: path },
            false => LeavingProblem::Unregistered { node: path },
        });
        None
    }

    /// What is bound in a nested pipeline.
    fn bound(&mut self, plan: &Plan, needed: Option<&Plan>, around: &str) -> Vec<BoundImage> {
        let node = around.trim_end_matches('/');
        let mut bound = Vec::new();
        for input in &plan.inputs {
            let Fill::Bound(column) = &input.fill else {
                continue;
            };
            let is_same = |other: &PlanInput| other.name == input.name;
            let is_needed = needed.is_some_and(|plan| plan.inputs.iter().any(is_same));
            let mut blob = None;
            if is_needed {
                let value = || format!("bound input `{}` of node `{node}`", input.name);
                let Some(codec) = input.facts.codec else {
                    self.problems.push(LeavingProblem::NoCodec {
                        value: value(),
                        port: input.port,
                    });
                    continue;
                };
                let mut bytes = Vec::new();
                if let Err(error) = codec.encode(&Arg::dense(column.clone()), 1, &mut bytes) {
                    self.problems.push(LeavingProblem::Value {
                        value: value(),
                        reason: with_sources(&error),
                    });
                    continue;
                }
                blob = u32::try_from(self.blobs.len()).ok();
                self.blobs.push(Blob::Bytes(bytes));
            }
            bound.push(BoundImage {
                input: input.name.to_string(),
                blob,
            });
        }
        bound
    }
}

fn nested_plan(node: &dyn Node) -> Option<&Plan> {
    let any: &dyn Any = node;
    any.downcast_ref::<NestedNode>()
        .map(|nested| &**nested.plan())
}

fn node_image(step: &Step, node: &NodeRef, kind: NodeKind) -> NodeImage {
    let signature = &node.signature;
    NodeImage {
        label: step.name.clone(),
        kind,
        inputs: signature
            .inputs
            .iter()
            .map(|input| input.name.to_string())
            .collect(),
        outputs: signature
            .outputs
            .iter()
            .map(|output| output.name.to_string())
            .collect(),
    }
}

fn with_sources(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(error) = source {
        text.push_str(": ");
        text.push_str(&error.to_string());
        source = error.source();
    }
    text
}
