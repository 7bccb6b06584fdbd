//! How the registry makes a node: a fault in a function is told once, where it stands, and not by its entry too.

use std::marker::PhantomData;

use crate::node::{NodeRef, NodeType};

/// Asks whether a type makes a node.
pub struct MakeProbe<T>(PhantomData<fn(T)>);

impl<T> MakeProbe<T> {
    pub const NEW: Self = Self(PhantomData);
}

/// A type that does (the preferred answer).
pub trait MakeNode {
    fn make(&self) -> NodeRef;
}
impl<T: NodeType> MakeNode for &MakeProbe<T> {
    fn make(&self) -> NodeRef {
        T::node()
    }
}

/// One that would, were its function right.
pub trait MakeNothing {
    fn make(&self) -> NodeRef {
        unreachable!("the function does not compile")
    }
}
impl<T> MakeNothing for MakeProbe<T> {}
