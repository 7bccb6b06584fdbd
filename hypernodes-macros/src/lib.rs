//! Macros of hypernodes; use them through the crate `hypernodes`, which documents them with examples.
//!
//! | macro | makes | from |
//! |---|---|---|
//! | [`macro@node`] | a node | a function |
//! | [`node_fn!`] | a node | a closure |
//! | [`nodes!`] | a list of nodes | paths and expressions |
//! | [`pipeline!`] | a function, a node and a pipeline | a list of nodes, wired at compile time |
//!
//! Generated code calls `::hypernodes`. A crate that knows it under another name, because its `Cargo.toml` says
//! `hn = { package = "hypernodes", .. }` or because it depends on `hypernodes-core` alone, gives it that name once, at
//! its root:
//!
//! ```ignore
//! extern crate hn as hypernodes;
//! ```
//!
//! Or it tells each macro: `#[node(crate = hn)]`, `node_fn!("name", crate = hn, |x: f64| x)`,
//! `nodes![crate = hn; split]`, and `crate = hn;` in front of the function in `pipeline!`.
//!
//! | folder | job |
//! |---|---|
//! | `node/` | `#[node]` and `node_fn!`: options, model, rules, expansion |
//! | `pipeline/` | `pipeline!`: the same four steps |
//! | `support/` | collected errors, paths, names, what stays when there is an error |
#![forbid(unsafe_code)]

mod list;
mod node;
mod pipeline;
mod support;

use proc_macro::TokenStream;

/// Makes a node of a function, which stays a plain function that can be called.
#[proc_macro_attribute]
pub fn node(args: TokenStream, item: TokenStream) -> TokenStream {
    node::function::expand(args.into(), item.into()).into()
}

/// Makes a node of a closure.
#[proc_macro]
pub fn node_fn(input: TokenStream) -> TokenStream {
    node::closure::expand(input.into()).into()
}

/// Lists nodes for a pipeline.
#[proc_macro]
pub fn nodes(input: TokenStream) -> TokenStream {
    list::expand(input.into()).into()
}

/// Wires functions into one function at compile time.
#[proc_macro]
pub fn pipeline(input: TokenStream) -> TokenStream {
    pipeline::start(input.into()).into()
}

/// The second half of `pipeline!`, called when every node has told its signature.
#[doc(hidden)]
#[proc_macro]
pub fn __pipeline_finish(input: TokenStream) -> TokenStream {
    pipeline::finish(input.into()).into()
}
