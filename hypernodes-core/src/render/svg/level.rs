//! One pipeline as boxes and nets.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

use super::block::{Picture, frame_block, hover, node_block};
use super::chip::{CHIP_HEIGHT, Chip};
use super::layout::{Layout, Net, Pin, Segment, Target, Vertex};
use super::markup::{escaped, number};
use crate::render::description::{GraphDescription, NodeDescription};
use crate::render::label::{typed, visible};

/// One pipeline as boxes and nets, before it is laid out.
pub(super) struct Level {
    pub(super) vertices: Vec<Vertex>,
    /// The drawing of each vertex.
    drawings: Vec<String>,
    pub(super) nets: Vec<Net>,
    /// What hovering over each net shows, and whether it is dashed.
    net_texts: Vec<(String, bool)>,
    /// The vertices of the frame's inputs and outputs: from here on, as many as the node has.
    pub(super) first_in: usize,
    pub(super) first_out: usize,
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
    pub(super) fn new(
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
        let vertex = Vertex {
            width: chip.width,
            height: CHIP_HEIGHT,
            pin,
        };
        let x = chip.width / 2.0;
        Origin {
            vertex: self.add(vertex, chip.markup),
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
    pub(super) fn markup(&self, layout: &Layout) -> String {
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
