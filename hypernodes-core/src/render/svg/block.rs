//! One node, or one opened pipeline, measured and drawn.

use std::fmt::Write;

use super::chip::{CHIP_HEIGHT, Chip, draw_row, row_width};
use super::layout::layout;
use super::level::Level;
use super::markup::{escaped, number, text_width};
use crate::render::description::{GraphDescription, NodeDescription, PortDescription};
use crate::render::label::{first_paragraph, shortened, typed, visible};

const FRAME_PAD: f64 = 18.0;

/// A drawing whose top left corner is 0, 0.
#[derive(Debug)]
pub(super) struct Picture {
    pub(super) width: f64,
    pub(super) height: f64,
    pub(super) markup: String,
}

/// The drawing of a node, and where edges reach it.
pub(super) struct Block {
    pub(super) picture: Picture,
    /// For each input where its edge enters; `None`: anywhere along the top.
    pub(super) ins: Vec<Option<f64>>,
    /// For each output where its edges leave.
    pub(super) outs: Vec<f64>,
}

/// The whole graph, without a frame.
pub(super) fn picture(graph: &GraphDescription, depth: usize) -> Picture {
    let level = Level::new(graph, depth, None, &[]);
    let laid_out = layout(&level.vertices, &level.nets);
    let markup = level.markup(&laid_out);
    Picture {
        width: laid_out.width,
        height: laid_out.height,
        markup,
    }
}

/// A node as one box: name, small print, outputs as chips on its lower edge, inputs too when one was renamed.
pub(super) fn node_block(node: &NodeDescription, asked: &[bool]) -> Block {
    let name = shortened(&visible(&node.name), 44);
    let mut notes: Vec<String> = node
        .notes()
        .iter()
        .map(|note| shortened(note, 52))
        .collect();
    notes.extend(
        node.nested
            .iter()
            .map(|graph| format!("pipeline of {} nodes", graph.nodes.len())),
    );
    let shows_inputs = node.inputs.iter().any(PortDescription::is_renamed);
    let ins: Vec<Chip> = node
        .inputs
        .iter()
        .filter(|_| shows_inputs)
        .map(Chip::parameter)
        .collect();
    let outs: Vec<Chip> = node
        .outputs
        .iter()
        .zip(asked)
        .map(|(port, &asked)| Chip::result(port, asked))
        .collect();

    let widest_note = notes
        .iter()
        .map(|note| text_width(note, 11.0))
        .fold(0.0, f64::max);
    let text = text_width(&name, 13.0).max(widest_note) + 28.0;
    let width = text
        .max(row_width(&ins) + 16.0)
        .max(row_width(&outs) + 16.0);
    let top = if ins.is_empty() {
        0.0
    } else {
        CHIP_HEIGHT / 2.0
    };
    let mut y = top + top / 2.0 + 22.0;
    let class = if node.nested.is_some() {
        "hn-pipe"
    } else {
        "hn-box"
    };
    let center = number(width / 2.0);
    let mut text = format!(
        "\n<text class=\"hn-name\" text-anchor=\"middle\" x=\"{center}\" y=\"{}\">{}</text>",
        number(y),
        escaped(&name)
    );
    for note in &notes {
        y += 16.0;
        let _ = write!(
            text,
            "\n<text class=\"hn-small\" text-anchor=\"middle\" x=\"{center}\" y=\"{}\">{}</text>",
            number(y),
            escaped(note)
        );
    }
    let bottom = y + if outs.is_empty() { 12.0 } else { 20.0 };
    let mut markup = format!(
        "<g><title>{}</title><rect class=\"{class}\" y=\"{}\" width=\"{}\" height=\"{}\" rx=\"6\"/>{text}</g>",
        escaped(&hover(node)),
        number(top),
        number(width),
        number(bottom - top),
    );
    let in_middles = draw_row(&mut markup, &ins, width, 0.0);
    let out_middles = draw_row(&mut markup, &outs, width, bottom - CHIP_HEIGHT / 2.0);
    let height = if outs.is_empty() {
        bottom
    } else {
        bottom + CHIP_HEIGHT / 2.0
    };
    let ins = if shows_inputs {
        in_middles.into_iter().map(Some).collect()
    } else {
        vec![None; node.inputs.len()]
    };
    Block {
        picture: Picture {
            width,
            height,
            markup,
        },
        ins,
        outs: out_middles,
    }
}

/// A nested pipeline as a frame: its name on the upper edge, its inputs beside it, its outputs on the lower edge.
pub(super) fn frame_block(
    node: &NodeDescription,
    graph: &GraphDescription,
    depth: usize,
    asked: &[bool],
) -> Block {
    let level = Level::new(graph, depth, Some(node), asked);
    let inner = layout(&level.vertices, &level.nets);
    let width = inner.width + 2.0 * FRAME_PAD;
    let top = CHIP_HEIGHT / 2.0;
    let (bottom, height) = if node.outputs.is_empty() {
        (inner.height + FRAME_PAD, inner.height + FRAME_PAD)
    } else {
        (inner.height - top, inner.height)
    };
    let markup = format!(
        "<g><title>{}</title><rect class=\"hn-frame\" y=\"{}\" width=\"{}\" height=\"{}\" rx=\"8\"/></g>\n\
         <g transform=\"translate({} 0)\">\n{}</g>",
        escaped(&hover(node)),
        number(top),
        number(width),
        number(bottom - top),
        number(FRAME_PAD),
        level.markup(&inner),
    );
    let middle =
        |vertex: usize| FRAME_PAD + inner.at[vertex].x + level.vertices[vertex].width / 2.0;
    let ins = (0..node.inputs.len())
        .map(|index| Some(middle(level.first_in + index)))
        .collect();
    let outs = (0..node.outputs.len())
        .map(|index| middle(level.first_out + index))
        .collect();
    Block {
        picture: Picture {
            width,
            height,
            markup,
        },
        ins,
        outs,
    }
}

/// What hovering over a node shows.
pub(super) fn hover(node: &NodeDescription) -> String {
    let ports = |ports: &[PortDescription], label: fn(&PortDescription) -> String| {
        ports.iter().map(label).collect::<Vec<_>>().join(", ")
    };
    let parameter = |port: &PortDescription| typed(&port.name, &port.type_name);
    let mut text = format!(
        "{}({}) -> {}",
        visible(&node.name),
        ports(&node.inputs, parameter),
        ports(&node.outputs, PortDescription::result_label)
    );
    for note in node
        .doc
        .as_deref()
        .map(first_paragraph)
        .into_iter()
        .chain(node.notes())
    {
        text.push('\n');
        text.push_str(&note);
    }
    text
}
