//! Pictures of a graph: plain data in, text out.
//!
//! A [`GraphDescription`] is everything a picture needs and nothing that runs, so it can be stored, sent and drawn
//! elsewhere. It is drawn as [Mermaid](GraphDescription::to_mermaid) for a README, as [DOT](GraphDescription::to_dot) for
//! Graphviz, as a self-contained [SVG](GraphDescription::to_svg), or as [text](GraphDescription::to_text) for a terminal.
//! How a description is made from a pipeline does not belong here.
//!
//! | file | job |
//! |---|---|
//! | `description.rs` | the data |
//! | `label.rs` | names and types as people read them: one line, no control characters, short |
//! | `scene.rs` | a description opened to a depth: flat boxes, frames and edges, for Mermaid and DOT |
//! | `mermaid.rs`, `dot.rs`, `text.rs` | one format each |
//! | `svg/` | our own layered layout, and its drawing |

mod description;
mod dot;
mod label;
mod mermaid;
mod scene;
mod svg;
#[cfg(test)]
mod tests;
mod text;

pub use description::{
    GraphDescription, InputDescription, MapDescription, NodeDescription, PortDescription,
};

/// How many levels of nested pipelines are opened at most, so that a description from a file cannot exhaust the stack.
const DEEPEST: usize = 32;
