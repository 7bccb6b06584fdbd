//! The graph as text for a terminal.

use std::fmt::Write;

use super::DEEPEST;
use super::description::{GraphDescription, NodeDescription};
use super::label::{first_paragraph, visible};

impl GraphDescription {
    /// The graph as a list for a terminal: inputs, nodes in order with the call they make, outputs.
    ///
    /// `depth` says how many levels of nested pipelines are opened: 0 none, `usize::MAX` all (up to 32).
    ///
    /// # Example
    /// ```
    /// # use hypernodes_core as hypernodes;
    /// use hypernodes::{GraphDescription, InputDescription};
    /// let mut graph = GraphDescription::new("empty");
    /// graph.inputs.push(InputDescription::new("min_len", "usize").with_default("1"));
    /// assert_eq!(graph.to_text(0), "empty\n  inputs\n    min_len: usize = 1\n");
    /// ```
    #[must_use]
    pub fn to_text(&self, depth: usize) -> String {
        let mut out = heading(&self.name, self.doc.as_deref());
        out.push('\n');
        body(&mut out, self, "  ", depth.min(DEEPEST));
        out
    }
}

fn heading(name: &str, doc: Option<&str>) -> String {
    let doc = doc.map(first_paragraph).filter(|doc| !doc.is_empty());
    let name = visible(name);
    doc.map(|doc| format!("{name}: {doc}")).unwrap_or(name)
}

fn body(out: &mut String, graph: &GraphDescription, pad: &str, depth: usize) {
    if !graph.inputs.is_empty() {
        let _ = writeln!(out, "{pad}inputs");
        for input in &graph.inputs {
            let bound = if input.bound { " (bound)" } else { "" };
            let _ = writeln!(out, "{pad}  {}{bound}", input.label());
        }
    }
    if !graph.nodes.is_empty() {
        let _ = writeln!(out, "{pad}nodes");
    }
    for node in &graph.nodes {
        let _ = writeln!(out, "{pad}  {}", call(node));
        if let Some(doc) = node
            .doc
            .as_deref()
            .map(first_paragraph)
            .filter(|doc| !doc.is_empty())
        {
            let _ = writeln!(out, "{pad}    {doc}");
        }
        match &node.nested {
            Some(nested) if depth > 0 => body(out, nested, &format!("{pad}    │ "), depth - 1),
            Some(nested) => {
                let _ = writeln!(out, "{pad}    pipeline of {} nodes", nested.nodes.len());
            }
            None => {}
        }
    }
    if !graph.outputs.is_empty() {
        let outputs: Vec<_> = graph.outputs.iter().map(|output| visible(output)).collect();
        let _ = writeln!(out, "{pad}outputs\n{pad}  {}", outputs.join(", "));
    }
}

/// `clean_all(doc ← docs) -> clean → cleaned: Vec<String>  [map over zip(docs)]`.
fn call(node: &NodeDescription) -> String {
    let inputs: Vec<_> = node
        .inputs
        .iter()
        .map(super::description::PortDescription::parameter_label)
        .collect();
    let mut line = format!("{}({})", visible(&node.name), inputs.join(", "));
    let outputs: Vec<_> = node
        .outputs
        .iter()
        .map(super::description::PortDescription::result_label)
        .collect();
    if !outputs.is_empty() {
        let _ = write!(line, " -> {}", outputs.join(", "));
    }
    let notes = node.notes();
    if !notes.is_empty() {
        let _ = write!(line, "  [{}]", notes.join("; "));
    }
    line
}
