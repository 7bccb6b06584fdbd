//! The Mermaid flowchart of a graph.

use std::fmt::Write;

use super::description::GraphDescription;
use super::scene::{Child, Scene, What};

impl GraphDescription {
    /// The graph as a Mermaid flowchart, as GitHub draws it in Markdown.
    ///
    /// `depth` says how many levels of nested pipelines are opened: 0 draws each as one box, `usize::MAX` opens all (up to
    /// 32). Inputs are rounded, bound ones dashed; a value is named on its edge when it was renamed or is one of several
    /// outputs of its node. Mermaid itself draws at most 500 edges unless told otherwise.
    ///
    /// # Example
    /// ```
    /// # use hypernodes_core as hypernodes;
    /// use hypernodes::{GraphDescription, InputDescription};
    /// let mut graph = GraphDescription::new("empty");
    /// graph.inputs.push(InputDescription::new("text", "String"));
    /// assert!(graph.to_mermaid(0).starts_with("flowchart TD\n    i0([\"text: String\"]):::input\n"));
    /// ```
    #[must_use]
    pub fn to_mermaid(&self, depth: usize) -> String {
        let scene = Scene::new(self, depth);
        let mut out = String::from("flowchart TD\n");
        let children = scene.children();
        // What is left to write, last first; `None` closes a frame.
        let mut stack: Vec<Option<Child>> = children[0].iter().rev().copied().map(Some).collect();
        let mut indent = 1;
        while let Some(next) = stack.pop() {
            let pad = "    ".repeat(if next.is_none() { indent - 1 } else { indent });
            match next {
                Some(Child::Item(item)) => {
                    let _ = writeln!(out, "{pad}{}", shape(item, &scene.items[item].what));
                }
                Some(Child::Frame(frame)) => {
                    let title = scene.frames[frame].title_lines();
                    let _ = writeln!(out, "{pad}subgraph s{frame} [{}]", quoted(&title));
                    indent += 1;
                    stack.push(None);
                    stack.extend(children[frame].iter().rev().copied().map(Some));
                }
                None => {
                    let _ = writeln!(out, "{pad}end");
                    indent -= 1;
                }
            }
        }
        for edge in &scene.edges {
            let (from, to) = (
                id(edge.from, &scene.items[edge.from].what),
                id(edge.to, &scene.items[edge.to].what),
            );
            let arrow = if edge.bound { "-.->" } else { "-->" };
            let label = edge
                .label()
                .map(|label| format!("|{}|", quoted(&[label])))
                .unwrap_or_default();
            let _ = writeln!(out, "    {from} {arrow}{label} {to}");
        }
        out.push_str(CLASSES);
        out
    }
}

const CLASSES: &str = "    classDef input fill:#eef4fb,stroke:#5b7fa6,color:#1d2b3a
    classDef bound fill:#f4f4f2,stroke:#9a9a94,color:#55554f,stroke-dasharray:4 3
    classDef node fill:#ffffff,stroke:#6b7280,color:#1f2328
    classDef result fill:#ffffff,stroke:#2f8f5b,color:#1f2328,stroke-width:2px
";

fn id(item: usize, what: &What<'_>) -> String {
    let kind = if matches!(what, What::Node { .. }) {
        'n'
    } else {
        'i'
    };
    format!("{kind}{item}")
}

fn shape(item: usize, what: &What<'_>) -> String {
    let label = quoted(&what.lines());
    let id = id(item, what);
    match what {
        What::Input(input) if input.bound => format!("{id}([{label}]):::bound"),
        What::Input(_) | What::Unknown(_) => format!("{id}([{label}]):::input"),
        What::Node { is_result, .. } => {
            let class = if *is_result { "result" } else { "node" };
            if what.is_pipeline() {
                format!("{id}[[{label}]]:::{class}")
            } else {
                format!("{id}[{label}]:::{class}")
            }
        }
    }
}

/// The lines as one quoted label.
///
/// Whatever Mermaid, the Markdown or the HTML it makes could take for syntax is written as a character code. That includes
/// colons after `style` and `classDef`, because Mermaid edits such lines before it reads them, and marks at the start of
/// a line, which would make it a list.
fn quoted(lines: &[String]) -> String {
    let colons = lines
        .iter()
        .any(|line| line.contains("style") || line.contains("classDef"));
    let mut out = String::from("\"");
    for (index, line) in lines.iter().enumerate() {
        if index > 0 {
            out.push_str("<br/>");
        }
        let mut before = None;
        let mut could_be_list = true;
        let mut chars = line.chars().peekable();
        while let Some(c) = chars.next() {
            let plain = match c {
                ' ' | ',' | '(' | '/' | '\'' => true,
                '.' | '-' | '=' | ')' | '+' => !could_be_list,
                ':' => !colons,
                // Within a word; `_x_` would be emphasis.
                '_' => {
                    before.is_some_and(char::is_alphanumeric)
                        && chars.peek().is_some_and(|c| c.is_alphanumeric())
                }
                c => !c.is_ascii() || c.is_ascii_alphanumeric(),
            };
            if plain {
                out.push(c);
            } else {
                let _ = write!(out, "#{};", u32::from(c));
            }
            could_be_list &= c == ' ' || c.is_ascii_digit();
            before = Some(c);
        }
    }
    out.push('"');
    out
}
