//! What is wrong with a pipeline: the declaration by itself, and the nodes wired together.

use std::collections::BTreeMap;

use hypernodes_wiring::{
    CycleStep, Interface, NameUse, NodeShape, Wiring, WiringProblem, WiringWarning, wire,
};
use proc_macro2::{Span, TokenStream};
use quote::{ToTokens, quote_spanned};
use syn::{Ident, Path, Type};

use super::parse::Declaration;
use crate::node::shape::Shape;
use crate::node::{check, model};
use crate::support::ctxt::Ctxt;
use crate::support::hygiene;

/// Nodes that a pipeline can have at the compiler's own `recursion_limit`.
const DEFAULT_LIMIT: usize = 128;
/// Steps of expansion besides those of the nodes: the two halves of `pipeline!`, and what they call.
const OTHER_STEPS: usize = 4;
/// The longest tuple that core knows.
const MOST_OUTPUTS: usize = 12;

/// Whether the type of an output borrows nothing.
pub(crate) fn is_owned(ty: &Type) -> bool {
    let mut cx = Ctxt::default();
    check::owned(ty, &mut cx);
    cx.is_clean()
}

/// What can be said before the nodes are known.
pub(crate) fn declaration(declaration: &Declaration, cx: &mut Ctxt) {
    let name = &declaration.name;
    if let Some(what) = hygiene::hides(name) {
        let text = format!(
            "a pipeline named `{name}` hides the {what} `{name}` where it is in scope; choose another name"
        );
        cx.error(&declaration.ident, text);
    }
    for output in &declaration.outputs {
        if let Type::Reference(_) = model::peel(&output.ty) {
            cx.error(
                &output.ty,
                "a pipeline owns what it gives: declare the owned type",
            );
        } else {
            check::owned(&output.ty, cx);
        }
    }
    match declaration.outputs.len() {
        0 => cx.error_at(
            declaration.outputs_span,
            "a pipeline gives at least one output: `-> (name: Type)`",
        ),
        count if count > MOST_OUTPUTS => {
            cx.error_at(
                declaration.outputs_span,
                format!("a pipeline has at most {MOST_OUTPUTS} outputs; give a struct"),
            );
        }
        _ => {}
    }
    let limit = declaration.recursion_limit.unwrap_or(DEFAULT_LIMIT);
    let nodes = declaration.nodes.len();
    if let Some(first_over) = declaration.nodes.get(limit.saturating_sub(OTHER_STEPS)) {
        let wanted = (nodes + OTHER_STEPS).next_power_of_two();
        cx.error(first_over, format!(
            "{nodes} nodes need `#![recursion_limit = \"{wanted}\"]` at the root of the crate, and `recursion_limit = \
             {wanted};` in front of this pipeline to say that it is there; or nest pipelines"
        ));
    }
}

/// Wires the nodes; every problem gets its place in the declaration.
pub(crate) fn wiring(declaration: &Declaration, shapes: &[Shape], cx: &mut Ctxt) -> Option<Wiring> {
    for (shape, path) in shapes.iter().zip(&declaration.nodes) {
        if shape.is_stateful {
            let name = &shape.name;
            cx.error(path, format!(
                "node `{name}` keeps state between calls, which a plain function cannot; use it in `Pipeline::new(.., nodes![..])`"
            ));
        }
    }
    conflicting_defaults(declaration, shapes, cx);
    let nodes: Vec<NodeShape> = shapes.iter().map(Shape::names).collect();
    let inputs = declaration.inputs.iter().map(|input| &*input.name);
    let outputs = declaration.outputs.iter().map(|output| &*output.name);
    match wire(&nodes, &Interface::declared(inputs, outputs)) {
        Ok(wiring) => Some(wiring),
        Err(problems) => {
            let places = Places {
                declaration,
                nodes: &nodes,
            };
            for problem in problems {
                match places.of(&problem) {
                    Some(tokens) => cx.error(tokens, &problem),
                    None => cx.error(&declaration.ident, &problem),
                }
            }
            None
        }
    }
}

/// Two nodes that disagree about the default of a value that is taken from outside.
fn conflicting_defaults(declaration: &Declaration, shapes: &[Shape], cx: &mut Ctxt) {
    let mut order: Vec<usize> = (0..shapes.len()).collect();
    order.sort_by(|&a, &b| shapes[a].name.cmp(&shapes[b].name));
    let mut known: BTreeMap<&str, (&str, &str)> = BTreeMap::new();
    let has_default = |name: &str| {
        declaration.inputs.iter().any(|input| {
            input.name == name
                && matches!(
                    &input.kind,
                    model::ParamKind::Port {
                        default: Some(_),
                        ..
                    }
                )
        })
    };
    for index in order {
        let shape = &shapes[index];
        for input in &shape.inputs {
            let Some(second) = &input.default else {
                continue;
            };
            if has_default(&input.name)
                || shapes
                    .iter()
                    .any(|shape| shape.outputs.contains(&input.name))
            {
                continue;
            }
            let (first_node, first) = *known.entry(&input.name).or_insert((&shape.name, second));
            if first != second {
                let (input, second_node) = (&input.name, &shape.name);
                cx.error(&declaration.nodes[index], format!(
                    "input `{input}` defaults to `{first}` in node `{first_node}` but to `{second}` in node \
                     `{second_node}`; rename one of them, or make the defaults equal"
                ));
            }
        }
    }
}

/// Finds the tokens that a problem is about.
struct Places<'a> {
    declaration: &'a Declaration,
    nodes: &'a [NodeShape],
}

impl Places<'_> {
    fn of(&self, problem: &WiringProblem) -> Option<TokenStream> {
        Some(match problem {
            WiringProblem::DuplicateInput { input } => self.inputs(input).nth(1)?.to_token_stream(),
            WiringProblem::InputIsProduced { input, .. }
            | WiringProblem::UnusedInput { input, .. } => {
                self.inputs(input).next()?.to_token_stream()
            }
            WiringProblem::RepeatedOutput { output } => {
                self.outputs(output).nth(1)?.to_token_stream()
            }
            WiringProblem::UnknownOutput { output, .. } => {
                self.outputs(output).next()?.to_token_stream()
            }
            WiringProblem::DuplicateOutput { output, .. } => self
                .node(|node| node.outputs.contains(output), true)?
                .to_token_stream(),
            WiringProblem::Cycle { path } => {
                let CycleStep { node, value } = path.first()?;
                self.node(
                    |shape| shape.name == *node && shape.outputs.contains(value),
                    false,
                )?
                .to_token_stream()
            }
            WiringProblem::MissingInput { node, input, .. } => {
                let takes =
                    |shape: &NodeShape| shape.inputs.iter().any(|taken| taken.name == *input);
                self.node(|shape| shape.name == *node && takes(shape), false)?
                    .to_token_stream()
            }
            WiringProblem::InvalidName { name, place, .. } => match place {
                NameUse::Input => self.inputs(name).next()?.to_token_stream(),
                NameUse::Output => self.outputs(name).next()?.to_token_stream(),
                NameUse::NodeInput(node) | NameUse::NodeOutput(node) => self
                    .node(|shape| shape.name == *node, false)?
                    .to_token_stream(),
                _ => return None,
            },
            _ => return None,
        })
    }

    fn inputs(&self, name: &str) -> impl Iterator<Item = &Ident> {
        self.declaration
            .inputs
            .iter()
            .filter(move |input| input.name == name)
            .map(|input| &input.ident)
    }

    fn outputs(&self, name: &str) -> impl Iterator<Item = &Ident> {
        self.declaration
            .outputs
            .iter()
            .filter(move |output| output.name == name)
            .map(|output| &output.ident)
    }

    fn node(&self, is_it: impl Fn(&NodeShape) -> bool, last: bool) -> Option<&Path> {
        let mut found = (0..self.nodes.len()).filter(|&index| is_it(&self.nodes[index]));
        let index = if last {
            found.next_back()
        } else {
            found.next()
        };
        self.declaration.nodes.get(index?)
    }
}

/// Warnings, in the one way that stable Rust leaves to a macro: the use of something deprecated.
pub(crate) fn warnings(
    declaration: &Declaration,
    shapes: &[Shape],
    wiring: &Wiring,
) -> TokenStream {
    let nodes: Vec<NodeShape> = shapes.iter().map(Shape::names).collect();
    let places = Places {
        declaration,
        nodes: &nodes,
    };
    let warnings = wiring.warnings.iter().map(|warning| {
        let (WiringWarning::UnusedNode { node, .. } | WiringWarning::SimilarInput { node, .. }) =
            warning
        else {
            return TokenStream::new();
        };
        let path = places.node(|shape| shape.name == *node, false);
        let span = path.map_or_else(Span::call_site, last_span);
        let text = warning.to_string();
        quote_spanned! {span=>
            const _: () = {
                #[deprecated(note = #text)]
                #[allow(non_upper_case_globals, reason = "its name is part of the message")]
                const pipeline_warning: () = ();
                pipeline_warning
            };
        }
    });
    warnings.collect()
}

/// Where the name of a node stands.
pub(crate) fn last_span(path: &Path) -> Span {
    path.segments
        .last()
        .map_or_else(Span::call_site, |segment| segment.ident.span())
}
