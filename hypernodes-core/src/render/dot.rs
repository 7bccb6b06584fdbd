//! The Graphviz graph.

use std::fmt::Write;

use super::description::GraphDescription;
use super::label::{first_paragraph, visible};
use super::scene::{Child, Scene, What};

impl GraphDescription {
    /// The graph in DOT, the language of Graphviz.
    ///
    /// `depth` says how many levels of nested pipelines are opened: 0 draws each as one box, `usize::MAX` opens all (up to
    /// 32), each as a cluster. Docs are tooltips.
    ///
    /// # Example
    /// ```
    /// # use hypernodes_core as hypernodes;
    /// use hypernodes::GraphDescription;
    /// assert!(GraphDescription::new("say \"hi\"").to_dot(0).starts_with(r#"digraph "say \"hi\"" {"#));
    /// ```
    #[must_use]
    pub fn to_dot(&self, depth: usize) -> String {
        let scene = Scene::new(self, depth);
        let name = quoted(&[visible(&self.name)]);
        let mut out = format!(
            "digraph {name} {{\n    graph [label={name}, labelloc=t{}];\n",
            doc(self.doc.as_deref())
        );
        out.push_str(STYLE);
        let children = scene.children();
        // What is left to write, last first; `None` closes a frame.
        let mut stack: Vec<Option<Child>> = children[0].iter().rev().copied().map(Some).collect();
        let mut indent = 1;
        while let Some(next) = stack.pop() {
            let pad = "    ".repeat(if next.is_none() { indent - 1 } else { indent });
            match next {
                Some(Child::Item(item)) => {
                    let what = &scene.items[item].what;
                    let _ = writeln!(
                        out,
                        "{pad}n{item} [label={}{}];",
                        quoted(&what.lines()),
                        look(what)
                    );
                }
                Some(Child::Frame(frame)) => {
                    let title = quoted(&scene.frames[frame].title_lines());
                    let tip = doc(scene.frames[frame]
                        .node
                        .and_then(|node| node.doc.as_deref()));
                    let _ = writeln!(out, "{pad}subgraph cluster_{frame} {{");
                    let _ = writeln!(
                        out,
                        "{pad}    graph [label={title}, style=rounded, color=\"#9aa4b2\"{tip}];"
                    );
                    indent += 1;
                    stack.push(None);
                    stack.extend(children[frame].iter().rev().copied().map(Some));
                }
                None => {
                    let _ = writeln!(out, "{pad}}}");
                    indent -= 1;
                }
            }
        }
        for edge in &scene.edges {
            let label = edge
                .label()
                .map(|label| format!("label={}", quoted(&[format!(" {label} ")])));
            let style = edge.bound.then(|| "style=dashed".to_owned());
            let attributes: Vec<_> = label.into_iter().chain(style).collect();
            let attributes = if attributes.is_empty() {
                String::new()
            } else {
                format!(" [{}]", attributes.join(", "))
            };
            let _ = writeln!(out, "    n{} -> n{}{attributes};", edge.from, edge.to);
        }
        out.push_str("}\n");
        out
    }
}

const STYLE: &str = "    graph [rankdir=TB, fontname=\"Helvetica\", fontsize=12, nodesep=0.35, ranksep=0.5];
    node [shape=box, style=\"rounded,filled\", fillcolor=white, color=\"#6b7280\", fontname=\"Helvetica\", fontsize=11];
    edge [color=\"#6b7280\", fontname=\"Helvetica\", fontsize=9, arrowsize=0.7];
";

fn look(what: &What<'_>) -> String {
    match what {
        What::Input(input) if input.bound => {
            ", shape=ellipse, style=\"dashed,filled\", fillcolor=\"#f4f4f2\", color=\"#9a9a94\", fontcolor=\"#55554f\"".to_owned()
        }
        What::Input(_) | What::Unknown(_) => {
            ", shape=ellipse, style=filled, fillcolor=\"#eef4fb\", color=\"#5b7fa6\"".to_owned()
        }
        What::Node { node, is_result } => {
            let result = if *is_result { ", color=\"#2f8f5b\", penwidth=2" } else { "" };
            let pipeline = if node.nested.is_some() { ", peripheries=2" } else { "" };
            format!("{result}{pipeline}{}", doc(node.doc.as_deref()))
        }
    }
}

fn doc(doc: Option<&str>) -> String {
    let doc = doc.map(first_paragraph).filter(|doc| !doc.is_empty());
    doc.map(|doc| format!(", tooltip={}", quoted(&[doc])))
        .unwrap_or_default()
}

/// The lines as one quoted string; Graphviz reads backslashes and HTML entities in it.
fn quoted(lines: &[String]) -> String {
    let mut out = String::from("\"");
    for (i, line) in lines.iter().enumerate() {
        if i > 0 {
            out.push_str("\\n");
        }
        for c in line.chars() {
            match c {
                '"' => out.push_str("\\\""),
                '\\' => out.push_str("\\\\"),
                '&' => out.push_str("&amp;"),
                c => out.push(c),
            }
        }
    }
    out.push('"');
    out
}
