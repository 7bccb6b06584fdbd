//! One node, or one opened pipeline, measured and drawn.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

use super::layout::{Layout, Net, Pin, Segment, Target, Vertex, layout};
use super::markup::{escaped, number, text_width, typed_markup};
use crate::render::description::{
    GraphDescription, InputDescription, NodeDescription, PortDescription,
};
use crate::render::label::{first_paragraph, shortened, typed, visible};

const CHIP_HEIGHT: f64 = 18.0;
const CHIP_GAP: f64 = 6.0;
const FRAME_PAD: f64 = 18.0;

/// A drawing whose top left corner is 0, 0.
#[derive(Debug)]
pub(super) struct Picture {
    pub(super) width: f64,
    pub(super) height: f64,
    pub(super) markup: String,
}

/// The drawing of a node, and where edges reach it.
struct Block {
    picture: Picture,
    /// For each input where its edge enters; `None`: anywhere along the top.
    ins: Vec<Option<f64>>,
    /// For each output where its edges leave.
    outs: Vec<f64>,
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

/// A small box with one line of text.
struct Chip {
    width: f64,
    markup: String,
}

impl Chip {
    fn new(label: &str, class: &str, title: &str) -> Self {
        Self::styled(label, class, title, 4, "hn-chip")
    }

    fn styled(label: &str, class: &str, title: &str, radius: u8, text_class: &str) -> Self {
        let label = shortened(label, 44);
        let width = text_width(&label, 11.0) + 16.0;
        let markup = format!(
            "<g><title>{}</title><rect class=\"{class}\" width=\"{}\" height=\"{}\" rx=\"{radius}\"/>\
             <text class=\"{text_class}\" x=\"8\" y=\"13\">{}</text></g>",
            escaped(title),
            number(width),
            number(CHIP_HEIGHT),
            typed_markup(&label),
        );
        Self { width, markup }
    }

    fn parameter(port: &PortDescription) -> Self {
        let title = format!("parameter {}", typed(&port.name, &port.type_name));
        Self::new(&port.parameter_label(), "hn-in", &title)
    }

    fn result(port: &PortDescription, asked: bool) -> Self {
        let title = typed(&port.value, &port.type_name);
        let (class, title) = if asked {
            ("hn-asked", format!("{title}\nan output of the pipeline"))
        } else {
            ("hn-out", title)
        };
        Self::new(&port.result_label(), class, &title)
    }

    fn input(input: &InputDescription) -> Self {
        let mut title = format!("input {}", typed(&input.name, &input.type_name));
        if let Some(default) = &input.default {
            let _ = write!(
                title,
                "\n{} {}",
                if input.bound { "bound to" } else { "default" },
                visible(default)
            );
        } else if input.bound {
            title.push_str("\nbound");
        }
        Self::styled(
            &input.label(),
            if input.bound { "hn-bound" } else { "hn-in" },
            &title,
            9,
            "hn-chip",
        )
    }

    fn unknown(name: &str) -> Self {
        Self::styled(
            &visible(name),
            "hn-in",
            "a value that comes from nowhere",
            9,
            "hn-chip",
        )
    }

    fn into_vertex(self, pin: Pin) -> (Vertex, String) {
        (
            Vertex {
                width: self.width,
                height: CHIP_HEIGHT,
                pin,
            },
            self.markup,
        )
    }
}

/// A row of chips and its width.
fn row_width(chips: &[Chip]) -> f64 {
    let gaps = CHIP_GAP * u32::try_from(chips.len().saturating_sub(1)).map_or(0.0, f64::from);
    chips.iter().map(|chip| chip.width).sum::<f64>() + gaps
}

/// Draws a row of chips in the middle of `width`; returns the middle of each.
fn draw_row(out: &mut String, chips: &[Chip], width: f64, y: f64) -> Vec<f64> {
    let mut x = (width - row_width(chips)) / 2.0;
    let mut middles = Vec::with_capacity(chips.len());
    for chip in chips {
        let _ = write!(
            out,
            "\n<g transform=\"translate({} {})\">{}</g>",
            number(x),
            number(y),
            chip.markup
        );
        middles.push(x + chip.width / 2.0);
        x += chip.width + CHIP_GAP;
    }
    middles
}

/// A node as one box: name, small print, outputs as chips on its lower edge, inputs too when one was renamed.
fn node_block(node: &NodeDescription, asked: &[bool]) -> Block {
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
fn frame_block(
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
fn hover(node: &NodeDescription) -> String {
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

/// One pipeline as boxes and nets, before it is laid out.
struct Level {
    vertices: Vec<Vertex>,
    /// The drawing of each vertex.
    drawings: Vec<String>,
    nets: Vec<Net>,
    /// What hovering over each net shows, and whether it is dashed.
    net_texts: Vec<(String, bool)>,
    /// The vertices of the frame's inputs and outputs: from here on, as many as the node has.
    first_in: usize,
    first_out: usize,
}

/// Where a value comes from.
#[derive(Clone)]
struct Origin {
    vertex: usize,
    x: f64,
    text: String,
    dashed: bool,
    net: Option<usize>,
}

impl Level {
    fn new(
        graph: &GraphDescription,
        depth: usize,
        around: Option<&NodeDescription>,
        asked_outside: &[bool],
    ) -> Self {
        let mut this = Self {
            vertices: Vec::new(),
            drawings: Vec::new(),
            nets: Vec::new(),
            net_texts: Vec::new(),
            first_in: 0,
            first_out: 0,
        };
        let mut origins: BTreeMap<&str, Origin> = BTreeMap::new();
        if let Some(node) = around {
            this.add_chip(legend(node), Pin::TopLeft);
            this.first_in = this.vertices.len();
            for port in &node.inputs {
                let origin = this.add_chip(Chip::parameter(port), Pin::Top);
                let text = typed(&port.name, &port.type_name);
                origins
                    .entry(&port.name)
                    .or_insert(Origin { text, ..origin });
            }
        }
        for input in &graph.inputs {
            if !origins.contains_key(&*input.name) {
                let origin = this.add_chip(Chip::input(input), Pin::Free);
                origins.insert(
                    &input.name,
                    Origin {
                        text: input.label(),
                        dashed: input.bound,
                        ..origin
                    },
                );
            }
        }
        let asked: BTreeSet<&str> = graph.outputs.iter().map(String::as_str).collect();
        let mut entries = Vec::with_capacity(graph.nodes.len());
        for node in &graph.nodes {
            let asked: Vec<bool> = node
                .outputs
                .iter()
                .map(|port| asked.contains(&*port.value))
                .collect();
            let block = match &node.nested {
                Some(nested) if depth > 0 => frame_block(node, nested, depth - 1, &asked),
                _ => node_block(node, &asked),
            };
            let Picture {
                width,
                height,
                markup,
            } = block.picture;
            let vertex = this.add(
                Vertex {
                    width,
                    height,
                    pin: Pin::Free,
                },
                markup,
            );
            for (port, x) in node.outputs.iter().zip(block.outs) {
                let text = format!(
                    "{}\nfrom {}",
                    typed(&port.value, &port.type_name),
                    visible(&node.name)
                );
                origins.entry(&port.value).or_insert(Origin {
                    vertex,
                    x,
                    text,
                    dashed: false,
                    net: None,
                });
            }
            entries.push((vertex, block.ins));
        }
        for (node, (vertex, ins)) in graph.nodes.iter().zip(entries) {
            for (port, x) in node.inputs.iter().zip(ins) {
                this.connect(
                    &mut origins,
                    &port.value,
                    Target { vertex, x },
                    &visible(&node.name),
                );
            }
        }
        if let Some(node) = around {
            this.first_out = this.vertices.len();
            for (port, &asked) in node.outputs.iter().zip(asked_outside) {
                let chip = this.add_chip(Chip::result(port, asked), Pin::Bottom);
                let target = Target {
                    vertex: chip.vertex,
                    x: Some(chip.x),
                };
                this.connect(&mut origins, &port.name, target, "the pipeline around");
            }
        }
        this
    }

    fn add(&mut self, vertex: Vertex, drawing: String) -> usize {
        self.vertices.push(vertex);
        self.drawings.push(drawing);
        self.vertices.len() - 1
    }

    fn add_chip(&mut self, chip: Chip, pin: Pin) -> Origin {
        let (vertex, drawing) = chip.into_vertex(pin);
        let x = vertex.width / 2.0;
        Origin {
            vertex: self.add(vertex, drawing),
            x,
            text: String::new(),
            dashed: false,
            net: None,
        }
    }

    fn connect<'a>(
        &mut self,
        origins: &mut BTreeMap<&'a str, Origin>,
        value: &'a str,
        to: Target,
        consumer: &str,
    ) {
        let origin = origins.entry(value).or_insert_with(|| {
            let origin = self.add_chip(Chip::unknown(value), Pin::Free);
            Origin {
                text: visible(value),
                ..origin
            }
        });
        let net = *origin.net.get_or_insert_with(|| {
            self.nets.push(Net {
                from: origin.vertex,
                from_x: origin.x,
                to: Vec::new(),
            });
            self.net_texts.push((origin.text.clone(), origin.dashed));
            self.nets.len() - 1
        });
        self.nets[net].to.push(to);
        // A value that everybody takes does not list everybody.
        match self.nets[net].to.len() {
            count @ 1..=12 => {
                let text = &mut self.net_texts[net].0;
                text.push_str(if count == 1 { "\nto " } else { ", " });
                text.push_str(consumer);
            }
            13 => self.net_texts[net].0.push_str(", .."),
            _ => {}
        }
    }

    /// The nets, then the boxes on top of them.
    fn markup(&self, layout: &Layout) -> String {
        let mut out = String::new();
        for ((text, dashed), route) in self.net_texts.iter().zip(&layout.routes) {
            if route.is_empty() {
                continue;
            }
            let class = if *dashed {
                "hn-line hn-dash"
            } else {
                "hn-line"
            };
            let (lines, tips) = paths(route);
            let _ = writeln!(
                out,
                "<g class=\"hn-net\"><title>{}</title><path class=\"{class}\" d=\"{lines}\"/>\
                 <path class=\"hn-tip\" d=\"{tips}\"/></g>",
                escaped(text)
            );
        }
        for (drawing, at) in self.drawings.iter().zip(&layout.at) {
            let _ = writeln!(
                out,
                "<g transform=\"translate({} {})\">{drawing}</g>",
                number(at.x),
                number(at.y)
            );
        }
        out
    }
}

/// The name of a frame, and how it maps, on one line.
fn legend(node: &NodeDescription) -> Chip {
    let label = std::iter::once(visible(&node.name))
        .chain(node.notes())
        .collect::<Vec<_>>()
        .join(" · ");
    Chip::styled(&label, "hn-box", &hover(node), 4, "hn-chip")
}

/// The lines and the arrow heads of a net.
fn paths(route: &[Segment]) -> (String, String) {
    let (mut lines, mut tips) = (String::new(), String::new());
    for segment in route {
        let Segment {
            start,
            leave_y,
            enter_y,
            end,
            arrives,
        } = *segment;
        let _ = write!(lines, "M{} {}", number(start.x), number(start.y));
        if (start.x - end.x).abs() < 0.5 {
            let _ = write!(lines, "L{} {}", number(end.x), number(end.y));
        } else {
            let half = (leave_y + enter_y) / 2.0;
            let _ = write!(
                lines,
                "V{}C{} {} {} {} {} {}V{}",
                number(leave_y),
                number(start.x),
                number(half),
                number(end.x),
                number(half),
                number(end.x),
                number(enter_y),
                number(end.y)
            );
        }
        if arrives {
            let _ = write!(tips, "M{} {}l-3.5 -6.5h7z", number(end.x), number(end.y));
        }
    }
    (lines, tips)
}
