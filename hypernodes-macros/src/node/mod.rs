//! `#[node]` and `node_fn!`: tokens to options ([`args`]), syntax to a model ([`model`]), the rules ([`check`]), and the
//! model to tokens ([`expand`]).

pub(crate) mod args;
pub(crate) mod check;
pub(crate) mod closure;
pub(crate) mod expand;
pub(crate) mod function;
pub(crate) mod model;
pub(crate) mod node_type;
mod policies;
pub(crate) mod rows;
pub(crate) mod shape;

#[cfg(test)]
mod tests;
