//! The data that a picture is drawn from.

use serde::{Deserialize, Serialize};

/// A pipeline as data: its inputs, nodes and outputs, with nested pipelines inside their nodes.
///
/// Every name is free text here; each format escapes what it must.
///
/// ```
/// # use hypernodes_core as hypernodes;
/// use hypernodes::{GraphDescription, InputDescription, NodeDescription, PortDescription};
///
/// let graph = GraphDescription {
///     inputs: vec![InputDescription::new("text", "String")],
///     nodes: vec![NodeDescription {
///         inputs: vec![PortDescription::new("text", "String")],
///         outputs: vec![PortDescription::new("words", "Vec<String>")],
///         ..NodeDescription::new("split")
///     }],
///     outputs: vec!["words".to_owned()],
///     ..GraphDescription::new("word_count")
/// };
/// assert!(graph.to_text(0).contains("split(text) -> words: Vec<String>"));
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct GraphDescription {
    /// The name of the pipeline.
    pub name: String,
    /// What it is for.
    pub doc: Option<String>,
    /// What comes from outside, bound values too.
    pub inputs: Vec<InputDescription>,
    /// The nodes, best in the order in which they run.
    pub nodes: Vec<NodeDescription>,
    /// The outputs asked for; they are drawn in colour.
    pub outputs: Vec<String>,
}

/// An input of a pipeline.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct InputDescription {
    /// Its name.
    pub name: String,
    /// The name of its type, with or without paths; they are not drawn.
    pub type_name: String,
    /// The default or the bound value, as text.
    pub default: Option<String>,
    /// Whether the value is bound, so that nobody passes it.
    pub bound: bool,
}

/// A node of a pipeline.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct NodeDescription {
    /// Its name.
    pub name: String,
    /// What it does.
    pub doc: Option<String>,
    /// Its parameters and the values they take.
    pub inputs: Vec<PortDescription>,
    /// Its results and the values they become.
    pub outputs: Vec<PortDescription>,
    /// Its options with their values, such as `workload` and `io`.
    pub options: Vec<(String, String)>,
    /// Set when the node runs once per item of some of its inputs.
    pub map_over: Option<MapDescription>,
    /// The pipeline inside, when the node is one.
    pub nested: Option<Box<GraphDescription>>,
}

/// A parameter or a result of a node: what the node calls it, and what the pipeline around it calls it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct PortDescription {
    /// The name inside the node: of the parameter, or of the output of the nested pipeline.
    pub name: String,
    /// The name of the value in the pipeline; another one than `name` when it was renamed.
    pub value: String,
    /// The name of its type.
    pub type_name: String,
}

/// How a node maps over its inputs.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct MapDescription {
    /// `zip` or `product`.
    pub mode: String,
    /// The values of the pipeline that it maps over.
    pub names: Vec<String>,
}

impl GraphDescription {
    /// An empty pipeline of this name.
    pub fn new(name: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            ..Self::default()
        }
    }
}

impl InputDescription {
    /// An input that must be passed.
    pub fn new(name: impl Into<String>, type_name: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            type_name: type_name.into(),
            ..Self::default()
        }
    }

    /// The same with a default.
    #[must_use]
    pub fn with_default(self, text: impl Into<String>) -> Self {
        Self {
            default: Some(text.into()),
            ..self
        }
    }

    /// The same bound to a value, given as text where it has one.
    #[must_use]
    pub fn bound_to(self, text: Option<String>) -> Self {
        Self {
            default: text,
            bound: true,
            ..self
        }
    }
}

impl NodeDescription {
    /// A node of this name without inputs and outputs.
    pub fn new(name: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            ..Self::default()
        }
    }
}

impl PortDescription {
    /// A port that the pipeline calls what the node calls it.
    pub fn new(name: impl Into<String>, type_name: impl Into<String>) -> Self {
        let name = name.into();
        Self {
            value: name.clone(),
            name,
            type_name: type_name.into(),
        }
    }

    /// The same port under another name in the pipeline.
    #[must_use]
    pub fn renamed(self, value: impl Into<String>) -> Self {
        Self {
            value: value.into(),
            ..self
        }
    }
}
