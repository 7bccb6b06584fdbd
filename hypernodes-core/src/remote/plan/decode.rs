//! From an image to a plan, in the process that received it.
//!
//! The bytes may be damaged: whatever they say is checked, and the worst that they can do is an error.

use std::any::Any;
use std::sync::Arc;

use indexmap::IndexMap;

use super::{BoundImage, Image, MOST_NESTED, NodeImage, NodeKind, OverImage, PipelineImage};
use crate::error::BuildErrors;
use crate::node::NodeRef;
use crate::pipeline::{MapOver, NestedNode, Pipeline, Received, received_node};
use crate::plan::{Fill, Plan};
use crate::remote::registry::at_place;
use crate::remote::{Blobs, RemoteError};
use crate::value::{Codec, Column};

/// A plan that came from another process, ready to be run.
///
/// Its inputs are those that a step of the sender's plan reads, its outputs those that a step computes. What is only
/// handed through does not travel.
#[derive(Debug)]
pub struct WorkerPlan {
    plan: Arc<Plan>,
}

impl WorkerPlan {
    /// Builds the plan of which a process with the same [`fingerprint`](crate::remote::fingerprint) sent the image.
    ///
    /// # Errors
    /// Bytes that are no image, or one of another program.
    ///
    /// # Example
    /// ```standalone_crate
    /// # extern crate hypernodes_core as hypernodes;
    /// use hypernodes::{prelude::*, remote::WorkerPlan};
    /// #[node]
    /// fn half(x: f64) -> f64 { x / 2.0 }
    ///
    /// let p = Pipeline::new("p", nodes![half])?;
    /// let parcel = &p.plan().image("process")?.parcel;
    /// let blobs: Vec<Vec<u8>> = parcel.blobs.iter().map(|blob| blob.as_bytes().to_vec()).collect();
    /// let there = WorkerPlan::decode(&parcel.head, &blobs).expect("the same program");
    /// assert_eq!(there.plan().step_names().collect::<Vec<_>>(), ["half"]);
    /// assert!(WorkerPlan::decode(&parcel.head[1..], &blobs).is_err());
    /// # Ok::<(), hypernodes::Error>(())
    /// ```
    pub fn decode(head: &[u8], blobs: &dyn Blobs) -> Result<Self, RemoteError> {
        let (Image { pipelines }, rest) =
            postcard::take_from_bytes::<Image>(head).map_err(damaged)?;
        if !rest.is_empty() {
            return Err(damaged(format!("{} bytes are left over", rest.len())));
        }
        let mut decoder = Decoder {
            built: Vec::with_capacity(pipelines.len()),
            blobs,
        };
        for pipeline in pipelines {
            decoder.pipeline(pipeline)?;
        }
        let root = decoder.built.pop().flatten();
        let (root, _) = root.ok_or_else(|| damaged("there is no pipeline"))?;
        if decoder.built.iter().any(Option::is_some) {
            return Err(damaged("a pipeline is nested nowhere"));
        }
        let plan = Arc::clone(root.shared_plan());
        check_bound(&plan)?;
        Ok(Self { plan })
    }

    /// The plan.
    #[must_use]
    pub fn plan(&self) -> &Arc<Plan> {
        &self.plan
    }
}

struct Decoder<'a> {
    /// The pipelines so far, with how deep they go; each is taken out by the node that it is.
    built: Vec<Option<(Pipeline, usize)>>,
    blobs: &'a dyn Blobs,
}

impl Decoder<'_> {
    fn pipeline(&mut self, image: PipelineImage) -> Result<(), RemoteError> {
        let PipelineImage {
            name,
            nodes,
            supplied,
            bound,
            outputs,
        } = image;
        let mut depth = 1;
        let mut labels = Vec::with_capacity(nodes.len());
        let mut refs = Vec::with_capacity(nodes.len());
        for node in nodes {
            labels.push(node.label.clone());
            refs.push(self.node(node, &mut depth)?);
        }
        if depth > MOST_NESTED {
            return Err(damaged("pipelines are nested too deep"));
        }
        if let Some(name) = outputs.iter().find(|name| supplied.contains(name)) {
            return Err(damaged(format!("output `{name}` is supplied, and wanted")));
        }
        let told = Received {
            name: name.clone(),
            nodes: refs,
            labels,
            supplied,
            outputs,
        };
        let pipeline = Pipeline::received(told).map_err(|problems| {
            damaged(BuildErrors {
                pipeline: name,
                problems,
            })
        })?;
        let bound = self.bound(&pipeline, bound)?;
        let pipeline = match bound.is_empty() {
            true => pipeline,
            false => pipeline.with_received(bound),
        };
        self.built.push(Some((pipeline, depth)));
        Ok(())
    }

    fn node(&mut self, image: NodeImage, depth: &mut usize) -> Result<NodeRef, RemoteError> {
        let NodeImage {
            label: name,
            kind,
            inputs,
            outputs,
        } = image;
        let mut node = match kind {
            NodeKind::Registered { place, tokens } => at_place(place)
                .filter(|entry| entry.tokens == tokens)
                .map(|entry| (entry.make)()),
            NodeKind::Nested { pipeline, over } => {
                let built = usize::try_from(pipeline)
                    .ok()
                    .and_then(|pipeline| self.built.get_mut(pipeline)?.take());
                built.and_then(|(pipeline, inner)| {
                    *depth = inner.saturating_add(1).max(*depth);
                    received_node(pipeline, name.clone(), over.map(map_over))
                })
            }
        }
        .ok_or_else(|| damaged(format!("node `{name}` is no node of this program")))?;
        let signature = &mut node.signature;
        if signature.inputs.len() != inputs.len() || signature.outputs.len() != outputs.len() {
            return Err(damaged(format!(
                "node `{name}` has other inputs and outputs here"
            )));
        }
        signature.name = name.into();
        for (port, name) in signature.inputs.iter_mut().zip(inputs) {
            port.name = name.into();
        }
        for (port, name) in signature.outputs.iter_mut().zip(outputs) {
            port.name = name.into();
        }
        Ok(node)
    }

    fn bound(
        &self,
        pipeline: &Pipeline,
        images: Vec<BoundImage>,
    ) -> Result<IndexMap<String, Column>, RemoteError> {
        let mut bound = IndexMap::with_capacity(images.len());
        for BoundImage { input, blob } in images {
            let Some((port, codec)) = type_of(pipeline, &input) else {
                return Err(damaged(format!("there is no input `{input}` to bind")));
            };
            let column = match blob {
                None => port.empty(),
                Some(blob) => {
                    let bytes = self.read(blob)?;
                    let codec = codec.ok_or_else(|| damaged(format!("a `{port}` has no codec")))?;
                    codec.decode(&bytes, 1).map_err(damaged)?
                }
            };
            bound.insert(input, column);
        }
        Ok(bound)
    }

    fn read(&self, blob: u32) -> Result<Vec<u8>, RemoteError> {
        let missing = || damaged(format!("blob {blob} is missing"));
        let blob = usize::try_from(blob).map_err(|_| missing())?;
        if blob >= self.blobs.count() {
            return Err(missing());
        }
        let mut bytes = vec![0; self.blobs.len(blob)];
        match self.blobs.read_at(blob, 0, &mut bytes) {
            true => Ok(bytes),
            false => Err(missing()),
        }
    }
}

/// The type of an input, and how its values travel, if any of those who read it knows.
fn type_of(pipeline: &Pipeline, name: &str) -> Option<(crate::PortType, Option<Codec>)> {
    let input = pipeline
        .plan()
        .inputs
        .iter()
        .find(|input| input.name == name)?;
    Some((input.port, input.facts.codec))
}

fn map_over(image: OverImage) -> (MapOver, Vec<Option<usize>>) {
    let OverImage {
        is_product,
        axes,
        axis_of,
    } = image;
    let over = match is_product {
        true => MapOver::product(axes),
        false => MapOver::zip(axes),
    };
    let place = |axis: Option<u32>| axis.map(|axis| usize::try_from(axis).unwrap_or(usize::MAX));
    (over, axis_of.into_iter().map(place).collect())
}

/// Each bound value that a nested pipeline reads is there.
fn check_bound(plan: &Plan) -> Result<(), RemoteError> {
    for step in &plan.steps {
        let any: &dyn Any = &*step.node;
        let Some(nested) = any.downcast_ref::<NestedNode>() else {
            continue;
        };
        for input in &nested.plan().inputs {
            if let Fill::Bound(column) = &input.fill
                && column.len() != 1
            {
                let (node, input) = (&step.name, &input.name);
                return Err(damaged(format!(
                    "the value of bound input `{input}` of node `{node}` is missing"
                )));
            }
        }
        check_bound(nested.plan())?;
    }
    Ok(())
}

#[cold]
fn damaged(reason: impl ToString) -> RemoteError {
    RemoteError::Damaged {
        what: "plan",
        reason: reason.to_string(),
    }
}
