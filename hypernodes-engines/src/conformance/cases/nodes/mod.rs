//! The nodes of the cases, group by group: functions that any process of the same binary knows.
//!
//! What changes from case to case is an input. A case wires them by the names of their outputs, so several give `y`.

pub(super) mod borders;
pub(super) mod failures;
pub(super) mod iterators;
pub(super) mod maps;
pub(super) mod nested;
pub(super) mod policies;
pub(super) mod runs;
pub(super) mod users;

use hypernodes_core::{Name, NodeRef};
use serde::{Deserialize, Serialize};

use crate::conformance::Exact;

/// A value that cannot be cloned.
#[derive(Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Unique(pub(crate) u64);

impl Exact for Unique {
    fn exact(&self, text: &mut String) {
        self.0.exact(text);
    }
}

/// A node with one output, which is called like the node.
pub(super) fn called(node: NodeRef, name: impl Into<Name>) -> NodeRef {
    let (own, name) = (node.signature().outputs[0].name.clone(), name.into());
    node.named(name.clone()).rename_output(&own, name)
}
