//! From the model to tokens: how a function becomes a node.

use std::collections::BTreeSet;

use proc_macro2::{Ident, Span, TokenStream};
use quote::{quote, quote_spanned};
use syn::spanned::Spanned;
use syn::visit::Visit;
use syn::{Expr, Type};

use super::args::Workload;
use super::model::{By, Options, Outputs, Ports, Returns};
use super::rows::{Input, Rows};
use crate::support::hygiene::{generated_at, local, local_at, moved_to};
use crate::support::path::Runtime;

/// A node about to be written down.
pub(crate) struct NodeExpr<'a> {
    pub(crate) runtime: &'a Runtime,
    /// An expression of type `Into<Name>`.
    pub(crate) name: TokenStream,
    /// The pieces of the doc comment.
    pub(crate) doc: Vec<TokenStream>,
    pub(crate) ports: &'a Ports,
    pub(crate) options: Options,
    /// Where the function is defined, as a `&'static str` expression.
    pub(crate) path: TokenStream,
    /// An expression of type `u64`.
    pub(crate) hash: TokenStream,
    /// What is called with the arguments in parentheses behind it.
    pub(crate) callee: TokenStream,
    /// What each call of an async node shares with the node besides its state: statements before the future is made.
    pub(crate) per_call: TokenStream,
    /// What builds the state.
    pub(crate) init: Option<&'a Expr>,
    /// How the node is found again by another process of this program; a closure is not.
    pub(crate) registration: Option<Registration>,
    /// A variable that says whether a closure captured something.
    pub(crate) captures: Option<&'a Ident>,
    /// For each input, in order: an expression of type `fn() -> Column` that makes its default, if it has one.
    pub(crate) defaults: Vec<Option<TokenStream>>,
}

/// What the entry of a node in the registry says besides its path.
pub(crate) struct Registration {
    /// The type that makes the node.
    pub(crate) node_type: TokenStream,
    /// A constant of type `u64`.
    pub(crate) hash: u64,
}

/// The name of a node's entry: unlike any that the expressions of the user's options may name.
pub(super) fn entry() -> Ident {
    Ident::new("__HYPERNODES_NODE", Span::mixed_site())
}

/// The tokens of an expression of type `NodeRef`.
pub(crate) fn node(node: &NodeExpr<'_>) -> TokenStream {
    let rt = node.runtime.private();
    let inputs: Vec<Input<'_>> = node
        .ports
        .inputs()
        .enumerate()
        .map(|(index, port)| Input::new(index, port))
        .collect();
    let strategies = inputs.iter().map(|input| input.strategy_let(&rt));
    let result = Rows {
        node,
        inputs: &inputs,
        rt: &rt,
    };
    let result_let = result_let(node, &rt);
    let signature = signature(node, &inputs, &rt);
    let signature_name = local("signature", 0);
    let make = if node.ports.asyncness.is_some() {
        result.async_node(&signature_name)
    } else {
        result.sync_node(&signature_name)
    };
    let register = node.registration.as_ref().map(|registration| {
        let Registration { node_type, hash } = registration;
        let (entry, path, version) = (entry(), &node.path, node.options.version);
        let make = quote! {{
            fn make() -> #rt::NodeRef {
                use #rt::{MakeNode as _, MakeNothing as _};
                (&&#rt::MakeProbe::<#node_type>::NEW).make()
            }
            make
        }};
        quote!(#rt::register!(#entry, #path, #hash, #version, #make);)
    });
    quote! {{
        #register
        use #rt::{CodecOfNothing as _, CodecOfReference as _, CodecOfSerde as _, ErrorOfSerde as _, ErrorOfText as _, ItemOfNothing as _, ItemOfTuple as _, RefAsOwned as _, RefAsSelf as _, ResultFallible as _, ResultPlain as _, ShowByDebug as _, ShowNothing as _, ValueCloned as _, ValueMoved as _};
        #(#strategies)*
        #result_let
        let #signature_name = #signature;
        #make
    }}
}

/// What the types must be, as the bounds of a `where` clause, with the caret on each type.
pub(crate) fn bounds(ports: &Ports, rt: &TokenStream) -> Vec<TokenStream> {
    let mut seen = BTreeSet::new();
    let mut bounds = Vec::new();
    let mut bound = |ty: &Type, name: &str| {
        if seen.insert((super::model::text(ty), name.to_owned())) {
            let (span, rt) = (local_at(ty.span()), moved_to(rt, ty.span()));
            let name = Ident::new(name, span);
            bounds.push(quote_spanned!(span=> #ty: #rt::#name));
        }
    };
    for port in ports.inputs() {
        bound(
            port.ty,
            if port.by == By::Ref {
                "RefPort"
            } else {
                "PortValue"
            },
        );
    }
    if let Some((ty, _)) = ports.state() {
        bound(
            ty,
            if ports.asyncness.is_some() {
                "SharedState"
            } else {
                "State"
            },
        );
    }
    if let Some(ty) = &ports.returns.ty {
        bound(
            ty,
            match (ports.returns.fallible == Some(true), &ports.outputs) {
                (false, Outputs::Tuple(_)) => "OutputTuple",
                (false, _) => "PortValue",
                (true, Outputs::Tuple(_)) => "FallibleTuple",
                (true, _) => "FalliblePort",
            },
        );
    }
    bounds
}

/// `let r0 = <strategy of the result>;`
fn result_let(node: &NodeExpr<'_>, rt: &TokenStream) -> TokenStream {
    let result = local("r", 0);
    let Returns { ty, fallible } = &node.ports.returns;
    match (ty, fallible) {
        (Some(ty), fallible) => {
            let (span, rt) = (local_at(ty.span()), moved_to(rt, ty.span()));
            let kind = Ident::new(
                if *fallible == Some(true) {
                    "fallible"
                } else {
                    "plain"
                },
                span,
            );
            quote_spanned!(span=> let #result = #rt::#kind::<#ty>();)
        }
        (None, Some(true)) => quote!(let #result = #rt::fallible::<()>();),
        (None, Some(false)) => quote!(let #result = #rt::plain::<()>();),
        (None, None) => {
            let callee = &node.callee;
            let arguments = node.ports.inputs().map(|port| {
                let ty = port.ty;
                match port.by {
                    By::Ref => quote!(#rt::never::<&#ty>()),
                    By::Value => quote!(#rt::never::<#ty>()),
                }
            });
            let call = if node.ports.asyncness.is_some() {
                quote!(#rt::ResultProbe::of_future(&|| #callee(#(#arguments),*)))
            } else {
                quote!(#rt::ResultProbe::of(&|| #callee(#(#arguments),*)))
            };
            quote!(let #result = (&&#call).strategy();)
        }
    }
}

/// Where an error about the type of the result points to.
pub(crate) fn result_span(node: &NodeExpr<'_>) -> Span {
    local_at(
        node.ports
            .returns
            .ty
            .as_ref()
            .map_or_else(Span::call_site, Spanned::span),
    )
}

/// What else is known of a type, asked of its probe.
///
/// The compiler looks past lifetimes here: of a borrowed type it would say that it can be read back, and then refuse to.
fn facts(rt: &TokenStream, at: Span, probe: &TokenStream, asks_codec: bool) -> TokenStream {
    let span = local_at(at);
    let [codec, show] = ["codec", "show"].map(|name| Ident::new(name, generated_at(at)));
    let codec = if asks_codec {
        quote_spanned!(span=> (&&&#probe).#codec())
    } else {
        quote_spanned!(span=> ::core::option::Option::None)
    };
    quote_spanned!(span=> #rt::facts(#codec, (&&#probe).#show()))
}

/// How the error of the node travels as itself, asked of its type. A closure's never does.
fn error_codec(node: &NodeExpr<'_>, rt: &TokenStream) -> Option<TokenStream> {
    let Returns { ty, fallible } = &node.ports.returns;
    let ty = ty.as_ref().filter(|ty| !is_borrowed(ty))?;
    if *fallible != Some(true) || node.registration.is_none() {
        return None;
    }
    let span = local_at(ty.span());
    let error = Ident::new("error", generated_at(ty.span()));
    let result = local("r", 0);
    Some(quote_spanned!(span=> (&&#rt::ReturnKind::probe_error(#result)).#error()))
}

/// Whether a type is written with a reference or a lifetime.
fn is_borrowed(ty: &Type) -> bool {
    struct Borrows(bool);
    impl<'ast> Visit<'ast> for Borrows {
        fn visit_lifetime(&mut self, _: &'ast syn::Lifetime) {
            self.0 = true;
        }
        fn visit_type_reference(&mut self, _: &'ast syn::TypeReference) {
            self.0 = true;
        }
    }
    let mut borrows = Borrows(false);
    borrows.visit_type(ty);
    borrows.0
}

fn signature(node: &NodeExpr<'_>, inputs: &[Input<'_>], rt: &TokenStream) -> TokenStream {
    let NodeExpr {
        name,
        doc,
        options,
        path,
        hash,
        ..
    } = node;
    let name_let = local("name", 0);
    let result = local("r", 0);
    let input_ports = inputs.iter().zip(&node.defaults).map(|(input, default)| {
        let Input { port, strategy, .. } = input;
        let text = port.name;
        let (span, moved) = (local_at(port.ty.span()), moved_to(rt, port.ty.span()));
        let kind = match port.by {
            By::Ref => quote_spanned!(span=> #moved::RefParam),
            By::Value => quote_spanned!(span=> #moved::ValueParam),
        };
        let probe = quote_spanned!(span=> #kind::probe(#strategy));
        let facts = facts(&moved, port.ty.span(), &probe, !is_borrowed(port.ty));
        let default = match (default, port.default) {
            (Some(make), Some(value)) => {
                let text = super::model::text(value);
                quote!(::core::option::Option::Some(#rt::DefaultValue::new(#text, #make)))
            }
            _ => quote!(::core::option::Option::None),
        };
        quote_spanned!(span=> #kind::input(#strategy, #text, #default, #facts))
    });
    let span = result_span(node);
    let moved = moved_to(rt, span);
    let returns = node.ports.returns.ty.as_ref();
    // Of a type that is not written nobody knows whether it is borrowed; a cached result must not be.
    let asks = returns.map_or(node.options.policies.cache, |ty| !is_borrowed(ty));
    let returned_at = returns.map_or_else(Span::call_site, Spanned::span);
    let one = || {
        let probe = quote_spanned!(span=> #moved::ReturnKind::probe(#result));
        facts(&moved, returned_at, &probe, asks)
    };
    let outputs = match &node.ports.outputs {
        Outputs::NodeName => {
            let facts = one();
            quote_spanned!(span=> #moved::ReturnKind::output(#result, ::core::clone::Clone::clone(&#name_let), #facts))
        }
        Outputs::One(output) => {
            let facts = one();
            quote_spanned!(span=> #moved::ReturnKind::output(#result, #output, #facts))
        }
        Outputs::Tuple(names) => {
            let facts = (0..names.len()).map(|at| {
                let item = Ident::new("item", generated_at(returned_at));
                let probe =
                    quote_spanned!(span=> (&&#moved::ReturnKind::probe_at::<#at>(#result)).#item());
                facts(&moved, returned_at, &probe, asks)
            });
            quote_spanned!(span=> #moved::ReturnKind::outputs(#result, [#(#names),*], [#(#facts),*]))
        }
    };
    let doc = match doc.as_slice() {
        [] => quote!(""),
        [one] => quote!(#one),
        pieces => quote!(::core::concat!(#(#pieces),*)),
    };
    let Options {
        version,
        workload,
        concurrency,
        policies,
        is_coarse: _,
    } = options;
    let workload = match workload {
        None => quote!(::core::option::Option::None),
        Some(Workload::Io) => quote!(::core::option::Option::Some(#rt::Workload::Io)),
        Some(Workload::Cpu) => quote!(::core::option::Option::Some(#rt::Workload::Cpu)),
        Some(Workload::Mixed) => quote!(::core::option::Option::Some(#rt::Workload::Mixed)),
    };
    let concurrency = match concurrency {
        None => quote!(::core::option::Option::None),
        Some(limit) => quote!(::core::option::Option::Some(#limit)),
    };
    let is_async = node.ports.asyncness.is_some();
    let options_let = local("options", 0);
    let captures = node
        .captures
        .map(|captures| quote!(#options_let.captures = #captures; #options_let.is_closure = true;));
    let policies = policies.notes(rt, &options_let);
    let error = error_codec(node, &moved);
    let error = error.map(|codec| quote!(#options_let.error = #codec;));
    let is_noted = captures.is_some() || error.is_some() || !policies.is_empty();
    let mutable = is_noted.then(|| quote!(mut));
    quote! {{
        let #name_let: #rt::Name = ::core::convert::Into::into(#name);
        let #mutable #options_let = #rt::options(#version, #workload, #is_async, #concurrency, #path, #hash);
        #captures
        #error
        #policies
        #rt::Signature {
            inputs: ::std::vec![#(#input_ports),*],
            outputs: #outputs,
            name: #name_let,
            doc: #doc,
            options: #options_let,
        }
    }}
}
