//! A description opened to a depth: flat boxes, frames around them, and edges between boxes.
//!
//! Formats with a layout engine of their own draw from it. An edge goes from the node that computes a value straight to
//! the node that uses it, through the frames of nested pipelines, and remembers every name the value had on its way.

use std::collections::{BTreeMap, BTreeSet};

use super::DEEPEST;
use super::description::{GraphDescription, InputDescription, NodeDescription};

#[derive(Debug)]
pub(super) struct Scene<'a> {
    /// The first frame is the picture itself.
    pub(super) frames: Vec<Frame<'a>>,
    pub(super) items: Vec<Item<'a>>,
    pub(super) edges: Vec<Edge<'a>>,
}

#[derive(Debug)]
pub(super) struct Frame<'a> {
    /// The frame around this one; `None` for the picture itself.
    pub(super) parent: Option<usize>,
    /// The node that holds the nested pipeline; `None` for the picture itself.
    pub(super) node: Option<&'a NodeDescription>,
}

#[derive(Debug)]
pub(super) struct Item<'a> {
    pub(super) frame: usize,
    pub(super) what: What<'a>,
}

#[derive(Debug, Clone, Copy)]
pub(super) enum What<'a> {
    Input(&'a InputDescription),
    /// A value that the description mentions nowhere else.
    Unknown(&'a str),
    Node {
        node: &'a NodeDescription,
        /// Whether an output of it is asked for.
        is_result: bool,
    },
}

#[derive(Debug)]
pub(super) struct Edge<'a> {
    pub(super) from: usize,
    pub(super) to: usize,
    /// The names of the value from its producer to its consumer, without repetitions; empty when they go without saying.
    pub(super) names: Vec<&'a str>,
    /// Whether the value is bound.
    pub(super) bound: bool,
}

/// Where a value comes from.
#[derive(Debug, Clone)]
struct Origin<'a> {
    item: usize,
    names: Vec<&'a str>,
    /// Whether the producer has other outputs, so that the edge must say which one it carries.
    one_of_many: bool,
    bound: bool,
}

impl<'a> Origin<'a> {
    fn called(mut self, name: &'a str) -> Self {
        if self.names.last() != Some(&name) {
            self.names.push(name);
        }
        self
    }
}

/// One opened pipeline: its values, and what became of each node.
struct Level<'a> {
    frame: usize,
    values: BTreeMap<&'a str, Origin<'a>>,
    nodes: Vec<(&'a NodeDescription, Opened<'a>)>,
}

enum Opened<'a> {
    Item(usize),
    Level(Level<'a>),
}

impl<'a> Scene<'a> {
    pub(super) fn new(graph: &'a GraphDescription, depth: usize) -> Self {
        let root = Frame {
            parent: None,
            node: None,
        };
        let mut scene = Self {
            frames: vec![root],
            items: Vec::new(),
            edges: Vec::new(),
        };
        let level = scene.open(graph, 0, depth.min(DEEPEST), &BTreeSet::new());
        scene.connect(level, BTreeMap::new());
        scene
    }

    fn add(&mut self, frame: usize, what: What<'a>) -> usize {
        self.items.push(Item { frame, what });
        self.items.len() - 1
    }

    /// Places the boxes of a pipeline; values in `given` come from outside its frame.
    fn open(
        &mut self,
        graph: &'a GraphDescription,
        frame: usize,
        depth: usize,
        given: &BTreeSet<&'a str>,
    ) -> Level<'a> {
        let mut level = Level {
            frame,
            values: BTreeMap::new(),
            nodes: Vec::with_capacity(graph.nodes.len()),
        };
        for input in graph
            .inputs
            .iter()
            .filter(|input| !given.contains(&*input.name))
        {
            let item = self.add(frame, What::Input(input));
            let origin = Origin {
                item,
                names: vec![&input.name],
                one_of_many: false,
                bound: input.bound,
            };
            level.values.entry(&input.name).or_insert(origin);
        }
        let asked: BTreeSet<&str> = graph.outputs.iter().map(String::as_str).collect();
        for node in &graph.nodes {
            let opened = match &node.nested {
                Some(nested) if depth > 0 => {
                    let given = node.inputs.iter().map(|port| &*port.name).collect();
                    self.frames.push(Frame {
                        parent: Some(frame),
                        node: Some(node),
                    });
                    let inner = self.open(nested, self.frames.len() - 1, depth - 1, &given);
                    for port in &node.outputs {
                        let origin = inner.values.get(&*port.name).cloned();
                        let origin =
                            origin.unwrap_or_else(|| self.unknown(inner.frame, &port.name));
                        level
                            .values
                            .entry(&port.value)
                            .or_insert(origin.called(&port.value));
                    }
                    Opened::Level(inner)
                }
                _ => {
                    let is_result = node.outputs.iter().any(|port| asked.contains(&*port.value));
                    let item = self.add(frame, What::Node { node, is_result });
                    let one_of_many = node.outputs.len() > 1;
                    for port in &node.outputs {
                        let origin = Origin {
                            item,
                            names: vec![&port.name],
                            one_of_many,
                            bound: false,
                        };
                        level
                            .values
                            .entry(&port.value)
                            .or_insert(origin.called(&port.value));
                    }
                    Opened::Item(item)
                }
            };
            level.nodes.push((node, opened));
        }
        level
    }

    fn unknown(&mut self, frame: usize, name: &'a str) -> Origin<'a> {
        let item = self.add(frame, What::Unknown(name));
        Origin {
            item,
            names: vec![name],
            one_of_many: false,
            bound: false,
        }
    }

    fn connect(&mut self, mut level: Level<'a>, given: BTreeMap<&'a str, Origin<'a>>) {
        for (name, origin) in given {
            level.values.entry(name).or_insert(origin);
        }
        for (node, opened) in level.nodes {
            let mut inner = BTreeMap::new();
            for port in &node.inputs {
                let known = level.values.get(&*port.value).cloned();
                let origin = known.unwrap_or_else(|| {
                    let origin = self.unknown(level.frame, &port.value);
                    level.values.insert(&port.value, origin.clone());
                    origin
                });
                let origin = origin.called(&port.name);
                if let Opened::Item(to) = opened {
                    let says_something = origin.one_of_many || origin.names.len() > 1;
                    let names = if says_something {
                        origin.names
                    } else {
                        Vec::new()
                    };
                    self.edges.push(Edge {
                        from: origin.item,
                        to,
                        names,
                        bound: origin.bound,
                    });
                } else {
                    inner.entry(&*port.name).or_insert(origin);
                }
            }
            if let Opened::Level(level) = opened {
                self.connect(level, inner);
            }
        }
    }

    /// The items and frames directly inside a frame, in order.
    pub(super) fn children(&self) -> Vec<Vec<Child>> {
        let mut children = vec![Vec::new(); self.frames.len()];
        for (index, item) in self.items.iter().enumerate() {
            children[item.frame].push(Child::Item(index));
        }
        for (index, frame) in self.frames.iter().enumerate() {
            if let Some(parent) = frame.parent {
                children[parent].push(Child::Frame(index));
            }
        }
        children
    }
}

/// What a frame holds.
#[derive(Debug, Clone, Copy)]
pub(super) enum Child {
    Item(usize),
    Frame(usize),
}

impl What<'_> {
    /// The lines of its box.
    pub(super) fn lines(&self) -> Vec<String> {
        match self {
            Self::Input(input) => vec![input.label()],
            Self::Unknown(name) => vec![super::label::visible(name)],
            Self::Node { node, .. } => {
                let results = node
                    .outputs
                    .iter()
                    .map(|port| format!("→ {}", port.result_label()));
                let mut lines = vec![super::label::visible(&node.name)];
                lines.extend(node.notes());
                lines.extend(results);
                lines
            }
        }
    }

    pub(super) fn is_pipeline(&self) -> bool {
        matches!(self, Self::Node { node, .. } if node.nested.is_some())
    }
}

impl Edge<'_> {
    /// `docs → doc`, when there is something to say.
    pub(super) fn label(&self) -> Option<String> {
        let names: Vec<_> = self
            .names
            .iter()
            .map(|name| super::label::visible(name))
            .collect();
        (!names.is_empty()).then(|| names.join(" → "))
    }
}

impl Frame<'_> {
    /// The name of the nested pipeline, and its small print.
    pub(super) fn title_lines(&self) -> Vec<String> {
        let lines = |node: &NodeDescription| {
            let mut lines = vec![super::label::visible(&node.name)];
            lines.extend(node.notes());
            lines
        };
        self.node.map(lines).unwrap_or_default()
    }
}
