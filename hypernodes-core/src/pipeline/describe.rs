//! A pipeline as plain data, for pictures.

use hypernodes_wiring::Source;

use super::{MapMode, Pipeline};
use crate::node::NodeRef;
use crate::render::{
    GraphDescription, InputDescription, MapDescription, NodeDescription, PortDescription,
};

impl Pipeline {
    /// The pipeline as plain data, to be drawn with [`to_mermaid`](GraphDescription::to_mermaid),
    /// [`to_dot`](GraphDescription::to_dot), [`to_svg`](GraphDescription::to_svg) or
    /// [`to_text`](GraphDescription::to_text).
    #[must_use]
    pub fn describe(&self) -> GraphDescription {
        let order = &self.graph.wiring.order;
        let nodes = order.iter().map(|&n| self.describe_node(n));
        let inputs = self.graph.inputs.iter().map(|input| {
            let shown = InputDescription::new(&input.name, input.port.to_string());
            if self.bound.contains_key(&input.name) {
                return shown.bound_to(None);
            }
            let default = self.default_text(&input.name);
            if default.is_empty() {
                shown
            } else {
                shown.with_default(default)
            }
        });
        GraphDescription {
            doc: text(self.doc),
            inputs: inputs.collect(),
            nodes: nodes.collect(),
            outputs: self.output_names(),
            ..GraphDescription::new(&*self.name)
        }
    }

    fn describe_node(&self, n: usize) -> NodeDescription {
        let node: &NodeRef = &self.graph.nodes[n];
        let (outer, inner) = (node.signature(), node.node.signature());
        let inputs = outer
            .inputs
            .iter()
            .zip(&inner.inputs)
            .zip(&self.graph.wiring.sources[n]);
        let inputs = inputs.map(|((outer, inner), source)| {
            let value = match *source {
                Source::Node { node, output } => {
                    &*self.graph.nodes[node].signature().outputs[output].name
                }
                Source::Input(_) => &*outer.name,
            };
            PortDescription::new(&*inner.name, outer.port.to_string()).renamed(value)
        });
        let outputs = outer
            .outputs
            .iter()
            .zip(&inner.outputs)
            .map(|(outer, inner)| {
                PortDescription::new(&*inner.name, outer.port.to_string()).renamed(&*outer.name)
            });
        let nested = node.node.nested();
        let map_over = nested
            .and_then(|nested| nested.map_over)
            .map(|over| MapDescription {
                mode: match over.mode() {
                    MapMode::Zip => "zip".to_owned(),
                    MapMode::Product => "product".to_owned(),
                },
                names: over.axes().iter().map(ToString::to_string).collect(),
            });
        let mut options = Vec::new();
        if let Some(workload) = outer.options.workload {
            options.push(("workload".to_owned(), workload.to_string()));
        }
        if outer.options.is_async {
            options.push(("async".to_owned(), String::new()));
        }
        NodeDescription {
            doc: text(outer.doc),
            inputs: inputs.collect(),
            outputs: outputs.collect(),
            options,
            map_over,
            nested: nested.map(|nested| Box::new(nested.pipeline.describe())),
            ..NodeDescription::new(&self.graph.labels[n])
        }
    }
}

fn text(doc: &str) -> Option<String> {
    (!doc.is_empty()).then(|| doc.to_owned())
}
