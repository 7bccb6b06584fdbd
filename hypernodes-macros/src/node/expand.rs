//! From the model to tokens: how a function becomes a node.
//!
//! The generated code asks each type once what it can do (the probes in core's `node/probe.rs`) and then computes a
//! chunk in one of three loops: over slices when every argument is dense, over slices with a mask when some are
//! broadcast, and row by row for everything else.

use std::collections::BTreeSet;

use proc_macro2::{Ident, Span, TokenStream};
use quote::{format_ident, quote, quote_spanned};
use syn::{Expr, Type};
use syn::spanned::Spanned;

use super::args::Workload;
use super::model::{By, Options, Outputs, ParamKind, Port, Ports, Returns};
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
    /// For each input, in order: an expression of type `fn() -> Column` that makes its default, if it has one.
    pub(crate) defaults: Vec<Option<TokenStream>>,
}

/// The tokens of an expression of type `NodeRef`.
pub(crate) fn node(node: &NodeExpr<'_>) -> TokenStream {
    let rt = node.runtime.private();
    let inputs: Vec<Input<'_>> = node.ports.inputs().enumerate().map(|(index, port)| Input::new(index, port)).collect();
    let strategies = inputs.iter().map(|input| input.strategy_let(&rt));
    let result = Rows { node, inputs: &inputs, rt: &rt };
    let result_let = result_let(node, &rt);
    let signature = signature(node, &inputs, &rt);
    let signature_name = local("signature", 0);
    let make = if node.ports.asyncness.is_some() { result.async_node(&signature_name) } else { result.sync_node(&signature_name) };
    quote! {{
        use #rt::{RefAsOwned as _, RefAsSelf as _, ResultFallible as _, ResultPlain as _, ValueCloned as _, ValueMoved as _};
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
        bound(port.ty, if port.by == By::Ref { "RefPort" } else { "PortValue" });
    }
    if let Some((ty, _)) = ports.state() {
        bound(ty, if ports.asyncness.is_some() { "SharedState" } else { "State" });
    }
    if let Some(ty) = &ports.returns.ty {
        bound(ty, match (ports.returns.fallible == Some(true), &ports.outputs) {
            (false, Outputs::Tuple(_)) => "OutputTuple",
            (false, _) => "PortValue",
            (true, Outputs::Tuple(_)) => "FallibleTuple",
            (true, _) => "FalliblePort",
        });
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
            let kind = Ident::new(if *fallible == Some(true) { "fallible" } else { "plain" }, span);
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
fn result_span(node: &NodeExpr<'_>) -> Span {
    local_at(node.ports.returns.ty.as_ref().map_or_else(Span::call_site, Spanned::span))
}

fn signature(node: &NodeExpr<'_>, inputs: &[Input<'_>], rt: &TokenStream) -> TokenStream {
    let NodeExpr { name, doc, options, path, hash, .. } = node;
    let name_let = local("name", 0);
    let result = local("r", 0);
    let input_ports = inputs.iter().zip(&node.defaults).map(|(input, default)| {
        let Input { port, strategy, .. } = input;
        let text = port.name;
        let (span, moved) = (local_at(port.ty.span()), moved_to(rt, port.ty.span()));
        let method = match port.by {
            By::Ref => quote_spanned!(span=> #moved::RefParam::input),
            By::Value => quote_spanned!(span=> #moved::ValueParam::input),
        };
        let default = match (default, port.default) {
            (Some(make), Some(value)) => {
                let text = super::model::text(value);
                quote!(::core::option::Option::Some(#rt::DefaultValue::new(#text, #make)))
            }
            _ => quote!(::core::option::Option::None),
        };
        quote_spanned!(span=> #method(#strategy, #text, #default))
    });
    let span = result_span(node);
    let moved = moved_to(rt, span);
    let outputs = match &node.ports.outputs {
        Outputs::NodeName => {
            quote_spanned!(span=> #moved::ReturnKind::output(#result, ::core::clone::Clone::clone(&#name_let)))
        }
        Outputs::One(output) => quote_spanned!(span=> #moved::ReturnKind::output(#result, #output)),
        Outputs::Tuple(names) => quote_spanned!(span=> #moved::ReturnKind::outputs(#result, [#(#names),*])),
    };
    let doc = match doc.as_slice() {
        [] => quote!(""),
        [one] => quote!(#one),
        pieces => quote!(::core::concat!(#(#pieces),*)),
    };
    let Options { version, workload, concurrency } = options;
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
    quote! {{
        let #name_let: #rt::Name = ::core::convert::Into::into(#name);
        #rt::Signature {
            inputs: ::std::vec![#(#input_ports),*],
            outputs: #outputs,
            name: #name_let,
            doc: #doc,
            options: #rt::options(#version, #workload, #is_async, #concurrency, #path, #hash),
        }
    }}
}

/// One input and the names of the local variables that belong to it.
struct Input<'a> {
    index: usize,
    port: Port<'a>,
    strategy: Ident,
    values: Ident,
    lane: Ident,
    dense: Ident,
    item: Ident,
}

impl<'a> Input<'a> {
    fn new(index: usize, port: Port<'a>) -> Self {
        Self {
            index,
            port,
            strategy: local("s", index),
            values: local("v", index),
            lane: local("l", index),
            dense: local("d", index),
            item: local("a", index),
        }
    }

    /// `let s0 = <strategy of the parameter>;`
    fn strategy_let(&self, rt: &TokenStream) -> TokenStream {
        let Self { strategy, port, .. } = self;
        let ty = port.ty;
        let (span, rt) = (local_at(ty.span()), moved_to(rt, ty.span()));
        let method = Ident::new("strategy", generated_at(ty.span()));
        match port.by {
            By::Ref => quote_spanned!(span=> let #strategy = (&&#rt::RefProbe::<#ty>::NEW).#method();),
            By::Value => quote_spanned!(span=> let #strategy = (&&#rt::ValueProbe::<#ty>::NEW).#method();),
        }
    }

    /// The argument, given a reference to the stored value.
    fn argument(&self, rt: &TokenStream, stored: &TokenStream) -> TokenStream {
        let (strategy, span) = (&self.strategy, self.span());
        let rt = moved_to(rt, span);
        match self.port.by {
            By::Ref => quote_spanned!(span=> #rt::RefParam::view(#strategy, #stored)),
            By::Value => quote_spanned!(span=> #rt::ValueParam::duplicate(#strategy, #stored)),
        }
    }

    /// Where an error about the type points to.
    fn span(&self) -> Span {
        local_at(self.port.ty.span())
    }

    /// The argument of row `i`, whatever the lane is.
    fn argument_of_row(&self, rt: &TokenStream, row: &Ident) -> TokenStream {
        let Self { strategy, lane, .. } = self;
        let span = self.span();
        let rt = moved_to(rt, span);
        match self.port.by {
            By::Ref => quote_spanned!(span=> #rt::RefParam::view(#strategy, #rt::Lane::at(&#lane, #row))),
            By::Value => quote_spanned!(span=> #rt::ValueLane::next(&mut #lane, #row, #strategy)),
        }
    }

    fn lane_type(&self, rt: &TokenStream) -> TokenStream {
        let span = self.span();
        let rt = moved_to(rt, span);
        match self.port.by {
            By::Ref => quote_spanned!(span=> #rt::Lane),
            By::Value => quote_spanned!(span=> #rt::ValueLane),
        }
    }
}

/// The code of the chunk function.
struct Rows<'a> {
    node: &'a NodeExpr<'a>,
    inputs: &'a [Input<'a>],
    rt: &'a TokenStream,
}

impl Rows<'_> {
    /// `let` statements up to the open lanes.
    fn lanes(&self, call: &Ident, rows: &Ident) -> TokenStream {
        let rt = self.rt;
        if self.inputs.is_empty() {
            return TokenStream::new();
        }
        let args = local("args", 0);
        let by = |wanted: By| self.inputs.iter().filter(move |input| input.port.by == wanted);
        let takes_values = by(By::Value).next().is_some();
        let mutable = takes_values.then(|| quote!(mut));
        let values = by(By::Value).map(|input| {
            let (Input { index, strategy, values, .. }, span) = (input, input.span());
            let rt = moved_to(rt, span);
            quote_spanned!(span=> let mut #values = #rt::ValueParam::values(#strategy, &mut #args, #index, #rows);)
        });
        let lanes = by(By::Ref).map(|input| {
            let (Input { index, strategy, lane, .. }, span) = (input, input.span());
            let rt = moved_to(rt, span);
            quote_spanned!(span=> let #lane = #rt::RefParam::lane(#strategy, &#args, #index, #rows);)
        });
        let opened = by(By::Value).map(|input| {
            let (Input { values, lane, .. }, span) = (input, input.span());
            let rt = moved_to(rt, span);
            quote_spanned!(span=> let mut #lane = #rt::Values::open(&mut #values, #rows);)
        });
        quote! {
            let #mutable #args = #rt::Call::take_args(#call);
            #(#values)*
            #(#lanes)*
            #(#opened)*
        }
    }

    /// The call of the function; `argument` writes the tokens of an input.
    fn call_with(&self, argument: impl Fn(&Input<'_>) -> TokenStream, state: Option<&TokenStream>) -> TokenStream {
        let mut inputs = self.inputs.iter();
        let arguments = self.node.ports.params.iter().map(|param| match &param.kind {
            ParamKind::Port { .. } => argument(inputs.next().expect("as many inputs as parameters that are ports")),
            ParamKind::State { .. } => state.cloned().unwrap_or_default(),
        });
        let callee = &self.node.callee;
        quote!(#callee(#(#arguments),*))
    }

    fn tuple_suffix(&self, method: &str) -> Ident {
        match self.node.ports.outputs {
            Outputs::Tuple(_) => format_ident!("{method}_tuple"),
            _ => format_ident!("{method}"),
        }
    }

    fn sync_node(&self, signature: &Ident) -> TokenStream {
        let rt = self.rt;
        let [call, rows, row] = [local("call", 0), local("rows", 0), local("i", 0)];
        if let Some((state, mutable)) = self.node.ports.state() {
            return self.stateful_node(signature, state, mutable);
        }
        let lanes = self.lanes(&call, &rows);
        let (result, span) = (local("r", 0), result_span(self.node));
        let emit = self.tuple_suffix("emit");
        let any_row = self.call_with(|input| input.argument_of_row(rt, &row), None);
        let moved = moved_to(rt, span);
        let general = quote_spanned!(span=> #moved::ReturnKind::#emit(#result, #call, |#row| #any_row));
        let body = if self.inputs.is_empty() {
            quote_spanned!(span=> #moved::ReturnKind::#emit(#result, #call, |_| #any_row);)
        } else {
            let dense = self.dense_loop(&call);
            let all = |method: &str| {
                let method = format_ident!("{method}");
                let tests = self.inputs.iter().map(|input| {
                    let (lane, ty) = (&input.lane, input.lane_type(rt));
                    quote!(#ty::#method(&#lane))
                });
                quote!(#(#tests)&&*)
            };
            let all_dense = all("is_dense");
            let masked = (self.inputs.len() > 1).then(|| {
                let all_flat = all("is_flat");
                let masked = self.masked_loop(&call);
                quote!(else if #all_flat { #masked })
            });
            quote! {
                if #all_dense { #dense } #masked else { #general; }
            }
        };
        let rows_let = (!self.inputs.is_empty()).then(|| quote!(let #rows = #rt::Call::rows(#call);));
        quote! {
            #rt::NodeRef::new(#rt::FnNode::new(#signature, move |#call| {
                #rows_let
                #lanes
                #body
            }))
        }
    }

    /// All arguments are slices: iterators without bounds checks, which vectorise.
    fn dense_loop(&self, call: &Ident) -> TokenStream {
        let rt = self.rt;
        let [from, result] = [local("from", 0), local("r", 0)];
        let emit = self.tuple_suffix("emit_dense");
        let lets = self.inputs.iter().map(|input| {
            let (dense, lane, ty) = (&input.dense, &input.lane, input.lane_type(rt));
            quote!(let #dense = #ty::dense(&#lane);)
        });
        let mut items = self.inputs.iter().map(|Input { item, dense, .. }| {
            (quote!(#item), quote!(#dense[#from..]))
        });
        let (pattern, slice) = items.next().expect("a dense loop has an input");
        let (pattern, iterator) = items.fold((pattern, quote!(#slice.iter())), |(pattern, iterator), (item, slice)| {
            (quote!((#pattern, #item)), quote!(::core::iter::zip(#iterator, &#slice)))
        });
        let row = self.call_with(|Input { item, .. }| quote!(#item), None);
        let row = self.with_items(row);
        let span = result_span(self.node);
        let rt = moved_to(rt, span);
        let body = quote! {
            |#from| ::core::iter::Iterator::map(#iterator, |#pattern| #row)
        };
        let call = quote_spanned!(span=> #rt::ReturnKind::#emit(#result, #call, #body););
        quote!(#(#lets)* #call)
    }

    /// Rebinds each item as the argument that the function takes.
    fn with_items(&self, call: TokenStream) -> TokenStream {
        let rt = self.rt;
        let lets = self.inputs.iter().map(|input| {
            let item = &input.item;
            let argument = input.argument(rt, &quote!(#item));
            quote!(let #item = #argument;)
        });
        quote!({ #(#lets)* #call })
    }

    /// Some arguments are broadcast: a mask instead of a branch.
    fn masked_loop(&self, call: &Ident) -> TokenStream {
        let rt = self.rt;
        let [row, result] = [local("i", 0), local("r", 0)];
        let emit = self.tuple_suffix("emit");
        let mask = |input: &Input<'_>| local("m", input.index);
        let lets = self.inputs.iter().map(|input| {
            let (dense, mask, lane, ty) = (&input.dense, mask(input), &input.lane, input.lane_type(rt));
            quote!(let (#dense, #mask) = #ty::masked(&#lane);)
        });
        let body = self.call_with(
            |input| {
                let (dense, mask) = (&input.dense, mask(input));
                input.argument(rt, &quote!(&#dense[#row & #mask]))
            },
            None,
        );
        let span = result_span(self.node);
        let rt = moved_to(rt, span);
        let call = quote_spanned!(span=> #rt::ReturnKind::#emit(#result, #call, |#row| #body););
        quote!(#(#lets)* #call)
    }

    /// A closure without parameters that gives the state or the error of `init`.
    fn init(&self) -> TokenStream {
        let rt = self.rt;
        let init = self.node.init;
        let probe = local("probe", 0);
        let function = local("init", 0);
        let span = local_at(init.map_or_else(Span::call_site, Spanned::span));
        let rt = moved_to(rt, span);
        quote_spanned! {span=>
            || {
                use #rt::{ResultFallible as _, ResultPlain as _};
                let #function = #init;
                let #probe = #rt::ResultProbe::of(&#function);
                #rt::ReturnKind::into_result((&&#probe).strategy(), #function())
            }
        }
    }

    fn stateful_node(&self, signature: &Ident, state: &Type, mutable: bool) -> TokenStream {
        let rt = self.rt;
        let [call, rows, row, pool, lease, result] = ["call", "rows", "i", "pool", "lease", "r"].map(|name| local(name, 0));
        let lent = local("state", 0);
        let lanes = self.lanes(&call, &rows);
        let rows_let = (!self.inputs.is_empty()).then(|| quote!(let #rows = #rt::Call::rows(#call);));
        let emit = match self.node.ports.outputs {
            Outputs::Tuple(_) => format_ident!("emit_tuple_fallible"),
            _ => format_ident!("emit_fallible"),
        };
        let argument = if mutable { quote!(#lent) } else { quote!(&*#lent) };
        // Arguments first: a value that is moved out of its column is gone from it whether the state can be built or not.
        let lets = self.inputs.iter().map(|input| {
            let (item, argument) = (&input.item, input.argument_of_row(rt, &row));
            quote!(let #item = #argument;)
        });
        let body = self.call_with(|Input { item, .. }| quote!(#item), Some(&argument));
        let init = self.init();
        let (span, moved) = (local_at(state.span()), moved_to(rt, state.span()));
        let pool_let = quote_spanned!(span=> let #pool = #moved::StatePool::<#state>::new(););
        quote! {
            #pool_let
            #rt::NodeRef::new(#rt::FnNode::new(#signature, move |#call| {
                #rows_let
                #lanes
                let mut #lease = #rt::StatePool::lease(&#pool, #init);
                #rt::Call::#emit(#call, |#row| {
                    #(#lets)*
                    #rt::StateLease::with(&mut #lease, |#lent| #rt::ReturnKind::into_result(#result, #body))
                });
            }))
        }
    }

    fn async_node(&self, signature: &Ident) -> TokenStream {
        let rt = self.rt;
        let at = self.node.ports.asyncness.unwrap_or_else(Span::call_site);
        let [call, rows, row, result] = ["call", "rows", "i", "r"].map(|name| local(name, 0));
        let [pool, guard, lent, panicked] = ["pool", "guard", "state", "panicked"].map(|name| local(name, 0));
        let limit_let = local("limit", 0);
        let limit = match self.node.options.concurrency {
            None => quote!(::core::option::Option::None),
            Some(limit) => quote!(::core::option::Option::Some(#limit)),
        };
        let lanes = self.lanes(&call, &rows);
        let rows_let = (!self.inputs.is_empty()).then(|| quote!(let #rows = #rt::Call::rows(#call);));
        let emit = self.tuple_suffix("emit_async");
        let body = self.call_with(|input| input.argument_of_row(rt, &row), Some(&quote!(#lent)));
        let span = result_span(self.node);
        let moved = moved_to(rt, span);
        let emit = quote_spanned!(span=> #moved::ReturnKind::#emit(#result, #call, &#limit_let, |#row| #body).await);
        let per_call = &self.node.per_call;
        let state = self.node.ports.state();
        let pool_let = state.map(|(ty, _)| {
            let (span, rt) = (local_at(ty.span()), moved_to(rt, ty.span()));
            quote_spanned!(span=> let #pool = ::std::sync::Arc::new(#rt::StatePool::<#ty>::new());)
        });
        let clone_pool = state.map(|_| quote!(let #pool = ::std::sync::Arc::clone(&#pool);));
        let (take, give_back) = match state {
            None => (None, quote!(let _: bool = #emit;)),
            Some(_) => {
                let init = self.init();
                let ports = match self.node.ports.outputs {
                    Outputs::Tuple(_) => quote!(#rt::ReturnKind::ports(#result)),
                    _ => quote!([#rt::ReturnKind::port(#result)]),
                };
                (
                    Some(quote! {
                        let mut #guard = match #rt::StatePool::take(&#pool, #init) {
                            ::core::result::Result::Ok(#guard) => #guard,
                            ::core::result::Result::Err(error) => {
                                return #rt::Call::fail_all(#call, &#ports, error);
                            }
                        };
                        let #lent = &*#guard;
                    }),
                    quote! {
                        let #panicked: bool = #emit;
                        if #panicked {
                            #rt::StateGuard::discard(&mut #guard);
                        }
                    },
                )
            }
        };
        let (span, moved) = (local_at(at), moved_to(rt, at));
        let pass_on = quote_spanned!(span=> #moved::async_node!);
        quote! {
            #rt::NodeRef::new(#pass_on ({
                #pool_let
                let #limit_let = ::std::sync::Arc::new(#rt::AsyncLimit::new(#limit));
                #rt::FnNode::new_async(#signature, move |#call| {
                    #clone_pool
                    #per_call
                    let #limit_let = ::std::sync::Arc::clone(&#limit_let);
                    ::std::boxed::Box::pin(async move {
                        #rows_let
                        #lanes
                        #take
                        #give_back
                    })
                })
            }))
        }
    }
}
