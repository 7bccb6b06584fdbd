//! What the wiring must know: the names of nodes, inputs and outputs, and who takes a value. Nothing else.

/// The names of one node.
///
/// Two nodes may have the same name (one function used twice under different output names).
///
/// ```
/// use hypernodes_wiring::{InputShape, NodeShape};
/// let div = NodeShape::new("div", [InputShape::required("a"), InputShape::required("b")], ["q", "r"]);
/// assert_eq!((div.inputs.len(), div.outputs.len()), (2, 2));
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct NodeShape {
    /// What the node is called in messages; a label, not necessarily an identifier.
    pub name: String,
    /// The values it takes, in the order of its parameters. Two parameters may take the same value.
    pub inputs: Vec<InputShape>,
    /// The values it produces, in order.
    pub outputs: Vec<String>,
}

impl NodeShape {
    /// A node of this name that takes `inputs` and produces `outputs`.
    pub fn new<O: Into<String>>(
        name: impl Into<String>,
        inputs: impl IntoIterator<Item = InputShape>,
        outputs: impl IntoIterator<Item = O>,
    ) -> Self {
        Self {
            name: name.into(),
            inputs: inputs.into_iter().collect(),
            outputs: outputs.into_iter().map(Into::into).collect(),
        }
    }
}

/// The name of one input of a node, whether the node can do without it, and what it does with the value.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct InputShape {
    /// The value that is taken.
    pub name: String,
    /// Whether a default or a bound value stands in when nobody produces the value.
    pub optional: bool,
    /// Those that only read a value run before those that take it, where they can.
    pub using: Using,
}

impl InputShape {
    /// An input that somebody must produce or pass.
    pub fn required(name: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            optional: false,
            using: Using::Reads,
        }
    }

    /// An input with a default or a bound value.
    pub fn optional(name: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            optional: true,
            using: Using::Reads,
        }
    }

    /// The same input, used in this way.
    #[must_use]
    pub fn using(self, using: Using) -> Self {
        Self { using, ..self }
    }
}

/// What a node does with a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Using {
    /// It is lent the value.
    Reads,
    /// It takes the value, which can be cloned for it where others still need it; or it is not known whether it can.
    Takes,
    /// It takes the value, which cannot be cloned.
    TakesAway,
}

/// The interface of the pipeline: what was declared, or asked for.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct Interface {
    /// The inputs of the pipeline; `None`: whatever no node produces.
    ///
    /// An optional input of a node need not be declared; its default then stands.
    pub inputs: Option<Vec<String>>,
    /// The outputs asked for; `None`: all.
    pub outputs: Option<Vec<String>>,
}

impl Interface {
    /// Every value that no node produces is an input, and every output is asked for.
    #[must_use]
    pub fn open() -> Self {
        Self::default()
    }

    /// Exactly these inputs and outputs.
    ///
    /// ```
    /// use hypernodes_wiring::Interface;
    /// let interface = Interface::declared(["text"], ["count"]);
    /// assert_eq!(interface.inputs.as_deref(), Some(&["text".to_owned()][..]));
    /// ```
    pub fn declared<I: Into<String>, O: Into<String>>(
        inputs: impl IntoIterator<Item = I>,
        outputs: impl IntoIterator<Item = O>,
    ) -> Self {
        Self {
            inputs: Some(inputs.into_iter().map(Into::into).collect()),
            outputs: Some(outputs.into_iter().map(Into::into).collect()),
        }
    }
}
