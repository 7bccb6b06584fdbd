//! The code that computes a chunk.
//!
//! It asks each type once what it can do (the probes in core's `node/probe/`) and then computes in one of three loops:
//! over slices when every argument is dense (or, of two, one is and the other is broadcast), over slices with a mask when
//! some of more arguments are broadcast, and row by row for everything else. A coarse node has the last of them only, and
//! shares its code with others.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{format_ident, quote, quote_spanned};
use syn::Type;
use syn::spanned::Spanned;

use super::expand::{NodeExpr, result_span};
use super::model::{By, Outputs, ParamKind, Port};
use crate::support::hygiene::{generated_at, local, local_at, moved_to};

/// One input and the names of the local variables that belong to it.
pub(super) struct Input<'a> {
    pub(super) index: usize,
    pub(super) port: Port<'a>,
    pub(super) strategy: Ident,
    pub(super) values: Ident,
    pub(super) lane: Ident,
    pub(super) dense: Ident,
    pub(super) item: Ident,
}

impl<'a> Input<'a> {
    pub(super) fn new(index: usize, port: Port<'a>) -> Self {
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
    pub(super) fn strategy_let(&self, rt: &TokenStream) -> TokenStream {
        let Self { strategy, port, .. } = self;
        let ty = port.ty;
        let (span, rt) = (local_at(ty.span()), moved_to(rt, ty.span()));
        let method = Ident::new("strategy", generated_at(ty.span()));
        match port.by {
            By::Ref => {
                quote_spanned!(span=> let #strategy = (&&#rt::RefProbe::<#ty>::NEW).#method();)
            }
            By::Value => {
                quote_spanned!(span=> let #strategy = (&&#rt::ValueProbe::<#ty>::NEW).#method();)
            }
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
            By::Ref => {
                quote_spanned!(span=> #rt::RefParam::view(#strategy, #rt::Lane::at(&#lane, #row)))
            }
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
pub(super) struct Rows<'a> {
    pub(super) node: &'a NodeExpr<'a>,
    pub(super) inputs: &'a [Input<'a>],
    pub(super) rt: &'a TokenStream,
}

impl Rows<'_> {
    /// Opens the lanes around a body, and hands the arguments back when it is done with them.
    fn with_lanes(&self, call: &Ident, rows: &Ident, body: &TokenStream) -> TokenStream {
        let rt = self.rt;
        if self.inputs.is_empty() {
            return body.clone();
        }
        let args = local("args", 0);
        let by = |wanted: By| {
            self.inputs
                .iter()
                .filter(move |input| input.port.by == wanted)
        };
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
            let (Input { index, strategy, values, lane, .. }, span) = (input, input.span());
            let rt = moved_to(rt, span);
            quote_spanned!(span=> let mut #lane = #rt::ValueParam::open(#strategy, &mut #values, &#args, #index, #rows);)
        });
        quote! {
            let #rows = #rt::Call::rows(#call);
            let #mutable #args = #rt::Call::take_args(#call);
            {
                #(#values)*
                #(#lanes)*
                #(#opened)*
                #body
            }
            #rt::Call::keep_args(#call, #args);
        }
    }

    /// The call of the function; `argument` writes the tokens of an input.
    fn call_with(
        &self,
        argument: impl Fn(&Input<'_>) -> TokenStream,
        state: Option<&TokenStream>,
    ) -> TokenStream {
        let mut inputs = self.inputs.iter();
        let arguments = self
            .node
            .ports
            .params
            .iter()
            .map(|param| match &param.kind {
                ParamKind::Port { .. } => argument(
                    inputs
                        .next()
                        .expect("as many inputs as parameters that are ports"),
                ),
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

    /// The call that tells a node its entry in the registry.
    fn registered(&self) -> Option<TokenStream> {
        let entry = super::expand::entry();
        let is_registered = self.node.registration.is_some();
        is_registered.then(|| quote!(.registered(&#entry)))
    }

    pub(super) fn sync_node(&self, signature: &Ident) -> TokenStream {
        let rt = self.rt;
        let [call, rows, row] = [local("call", 0), local("rows", 0), local("i", 0)];
        if let Some((state, mutable)) = self.node.ports.state() {
            return self.stateful_node(signature, state, mutable);
        }
        let (result, span) = (local("r", 0), result_span(self.node));
        let emit = self.tuple_suffix("emit");
        let any_row = self.call_with(|input| input.argument_of_row(rt, &row), None);
        let moved = moved_to(rt, span);
        let general =
            quote_spanned!(span=> #moved::ReturnKind::#emit(#result, #call, |#row| #any_row));
        let body = if self.inputs.is_empty() {
            quote_spanned!(span=> #moved::ReturnKind::#emit(#result, #call, |_| #any_row);)
        } else if self.node.options.is_coarse {
            // One loop for all nodes with this result, by a dynamic call.
            let each = local("each", 0);
            let emitted = quote_spanned!(span=> #moved::ReturnKind::#emit(#result, #call, #each););
            quote! {
                let #each: &mut dyn ::core::ops::FnMut(usize) -> _ = &mut |#row| #any_row;
                #emitted
            }
        } else {
            let test = |input: &Input<'_>, method: &str| {
                let (method, lane, ty) =
                    (format_ident!("{method}"), &input.lane, input.lane_type(rt));
                quote!(#ty::#method(&#lane))
            };
            let dense = self.dense_loop(&call, None);
            let all_dense = self.inputs.iter().map(|input| test(input, "is_dense"));
            let some_broadcast = match self.inputs {
                [_] => TokenStream::new(),
                // What is flat and not dense is broadcast.
                [one, other] => {
                    let cases = [(one, other), (other, one)].map(|(series, fixed)| {
                        let (is_series, is_fixed) =
                            (test(series, "is_dense"), test(fixed, "is_flat"));
                        let body = self.dense_loop(&call, Some(fixed.index));
                        quote!(else if #is_series && #is_fixed { #body })
                    });
                    quote!(#(#cases)*)
                }
                inputs => {
                    let all_flat = inputs.iter().map(|input| test(input, "is_flat"));
                    let masked = self.masked_loop(&call);
                    quote!(else if #(#all_flat)&&* { #masked })
                }
            };
            quote! {
                if #(#all_dense)&&* { #dense } #some_broadcast else { #general; }
            }
        };
        let body = self.with_lanes(&call, &rows, &body);
        let registered = self.registered();
        quote! {
            #rt::NodeRef::new(#rt::FnNode::new(#signature, move |#call| {
                #body
            })#registered)
        }
    }

    /// All arguments are slices, or all but one: iterators without bounds checks, which vectorise.
    fn dense_loop(&self, call: &Ident, broadcast: Option<usize>) -> TokenStream {
        let rt = self.rt;
        let [from, result] = [local("from", 0), local("r", 0)];
        let emit = self.tuple_suffix("emit_dense");
        let lets = self.inputs.iter().map(|input| {
            let (dense, item, lane, ty) =
                (&input.dense, &input.item, &input.lane, input.lane_type(rt));
            if broadcast == Some(input.index) {
                quote!(let #item = &#ty::masked(&#lane).0[0];)
            } else {
                quote!(let #dense = #ty::dense(&#lane);)
            }
        });
        let mut items = self
            .inputs
            .iter()
            .filter(|input| broadcast != Some(input.index))
            .map(|Input { item, dense, .. }| (quote!(#item), quote!(#dense[#from..])));
        let (pattern, slice) = items.next().expect("a dense loop has an input");
        let (pattern, iterator) = items.fold(
            (pattern, quote!(#slice.iter())),
            |(pattern, iterator), (item, slice)| {
                (
                    quote!((#pattern, #item)),
                    quote!(::core::iter::zip(#iterator, &#slice)),
                )
            },
        );
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
            let (dense, mask, lane, ty) =
                (&input.dense, mask(input), &input.lane, input.lane_type(rt));
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
        let [call, rows, row, pool, lease, result] =
            ["call", "rows", "i", "pool", "lease", "r"].map(|name| local(name, 0));
        let lent = local("state", 0);
        let emit = match self.node.ports.outputs {
            Outputs::Tuple(_) => format_ident!("emit_tuple_fallible"),
            _ => format_ident!("emit_fallible"),
        };
        let argument = if mutable {
            quote!(#lent)
        } else {
            quote!(&*#lent)
        };
        // Arguments first: a value that is moved out of its column is gone from it whether the state can be built or not.
        let lets = self.inputs.iter().map(|input| {
            let (item, argument) = (&input.item, input.argument_of_row(rt, &row));
            quote!(let #item = #argument;)
        });
        let body = self.call_with(|Input { item, .. }| quote!(#item), Some(&argument));
        let init = self.init();
        let (span, moved) = (local_at(state.span()), moved_to(rt, state.span()));
        let pool_let = quote_spanned!(span=> let #pool = #moved::StatePool::<#state>::new(););
        let body = self.with_lanes(&call, &rows, &quote! {
            let mut #lease = #rt::StatePool::lease(&#pool, #init);
            #rt::Call::#emit(#call, |#row| {
                #(#lets)*
                #rt::StateLease::with(&mut #lease, |#lent| #rt::ReturnKind::into_result(#result, #body))
            });
        });
        let registered = self.registered();
        quote! {
            #pool_let
            #rt::NodeRef::new(#rt::FnNode::new(#signature, move |#call| {
                #body
            })#registered)
        }
    }

    pub(super) fn async_node(&self, signature: &Ident) -> TokenStream {
        let rt = self.rt;
        let at = self.node.ports.asyncness.unwrap_or_else(Span::call_site);
        let [call, rows, row, result] = ["call", "rows", "i", "r"].map(|name| local(name, 0));
        let [pool, guard, lent, panicked] =
            ["pool", "guard", "state", "panicked"].map(|name| local(name, 0));
        let limit_let = local("limit", 0);
        let limit = match self.node.options.concurrency {
            None => quote!(::core::option::Option::None),
            Some(limit) => quote!(::core::option::Option::Some(#limit)),
        };
        let emit = self.tuple_suffix("emit_async");
        let body = self.call_with(
            |input| input.argument_of_row(rt, &row),
            Some(&quote!(#lent)),
        );
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
        let body = self.with_lanes(&call, &rows, &quote!(#take #give_back));
        let (span, moved) = (local_at(at), moved_to(rt, at));
        let registered = self.registered();
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
                        #body
                    })
                })#registered
            }))
        }
    }
}
