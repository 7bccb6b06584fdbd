//! The function that a pipeline becomes: one call after the other, values moved at their last use.

use std::collections::{BTreeMap, BTreeSet};

use hypernodes_wiring::Source;
use proc_macro2::{Ident, Span, TokenStream};
use quote::{ToTokens, format_ident, quote, quote_spanned};

use super::check::last_span;
use super::expand::{Pipeline, allow_many_inputs, parameters};
use super::parse::Declaration;
use crate::node::check as node_check;
use crate::node::model::{By, ParamKind};
use crate::node::node_type::default_fn;
use crate::support::hygiene::{self, generated_at, local_at};

impl Pipeline<'_> {
    /// The function itself: one call after the other.
    pub(super) fn function(&self) -> TokenStream {
        let Self {
            declaration,
            output,
            ..
        } = self;
        let Declaration {
            attrs, vis, ident, ..
        } = declaration;
        let attrs = attrs
            .iter()
            .filter(|attribute| !attribute.path().is_ident("derive"));
        let asyncness = self.is_async.then(|| {
            let span = declaration.asyncness.unwrap_or_else(Span::call_site);
            quote_spanned!(span=> async)
        });
        let inputs = parameters(declaration);
        let returns = self.return_type();
        let says_errors = node_check::doc(&declaration.attrs)
            .iter()
            .any(|line| line.to_string().contains("# Errors"));
        let errors_doc = (self.is_fallible && !says_errors).then(|| {
            quote! {
                #[doc = ""]
                #[doc = "# Errors"]
                #[doc = "The error of the node that failed; it says which."]
            }
        });
        let many = allow_many_inputs(declaration);
        let mut uses = Uses::new(self);
        let calls: Vec<TokenStream> = self
            .steps()
            .map(|node| self.call(node, &mut uses))
            .collect();
        let fields = declaration.outputs.iter().map(|decl| {
            let port = self.wiring.producers[&decl.name];
            let ident = &decl.ident;
            let value = value_local(port.node, port.output, decl.ident.span());
            quote_spanned!(local_at(decl.ident.span())=> #ident: #value)
        });
        let gives = quote!(#output { #(#fields),* });
        let gives = if self.is_fallible {
            quote!(::core::result::Result::Ok(#gives))
        } else {
            gives
        };
        quote! {
            #(#attrs)*
            #errors_doc
            #many
            #vis #asyncness fn #ident(#(#inputs),*) -> #returns {
                #(#calls)*
                #gives
            }
        }
    }

    /// The nodes that are called, in order.
    fn steps(&self) -> impl Iterator<Item = usize> {
        self.wiring
            .order
            .iter()
            .copied()
            .filter(|&node| self.needed[node])
    }

    /// One `let` statement: a call, its outputs bound to local variables.
    fn call(&self, node: usize, uses: &mut Uses<'_, '_>) -> TokenStream {
        let rt = &self.rt;
        let (path, shape) = (&self.declaration.nodes[node], &self.shapes[node]);
        let span = last_span(path);
        let arguments: Vec<TokenStream> = (0..shape.inputs.len())
            .map(|input| uses.argument(node, input, span))
            .collect();
        let mut call = quote_spanned!(local_at(span)=> #path(#(#arguments),*));
        if shape.is_async {
            call = quote_spanned!(local_at(span)=> #call.await);
        }
        if shape.is_fallible {
            let name = &shape.name;
            let failed = if shape.is_pipeline {
                quote!(nested_failed)
            } else {
                quote!(node_failed)
            };
            call = quote_spanned! {local_at(span)=>
                match #call {
                    ::core::result::Result::Ok(value) => value,
                    ::core::result::Result::Err(error) => {
                        return ::core::result::Result::Err(#rt::#failed(#name, error));
                    }
                }
            };
        }
        let locals = (0..shape.outputs.len()).map(|output| {
            if uses.is_used(node, output) {
                value_local(node, output, span).to_token_stream()
            } else {
                quote!(_)
            }
        });
        if shape.is_pipeline {
            let whole = Ident::new("whole", local_at(span));
            let fields = shape.outputs.iter().zip(locals).map(|(name, local)| {
                let field = hygiene::ident(name, generated_at(span));
                quote!(let #local = #whole.#field;)
            });
            quote!(let #whole = #call; #(#fields)*)
        } else if shape.outputs.len() == 1 {
            quote!(#(let #locals)* = #call;)
        } else {
            quote!(let (#(#locals),*) = #call;)
        }
    }
}

/// The parameter of an input.
pub(super) fn input_local(ident: &Ident) -> Ident {
    let mut ident = ident.clone();
    ident.set_span(local_at(ident.span()));
    ident
}

/// The local variable of an output of a node, at a place.
fn value_local(node: usize, output: usize, at: Span) -> Ident {
    format_ident!("value_{node}_{output}", span = local_at(at))
}

/// Who uses which value, so that the last use by value can move it.
struct Uses<'a, 'b> {
    pipeline: &'a Pipeline<'b>,
    /// For each value how many uses are still to come.
    left: BTreeMap<Value, usize>,
    used: BTreeSet<Value>,
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Value {
    Output(usize, usize),
    /// The index of a declared input.
    Input(usize),
}

/// Where an argument comes from.
enum Origin {
    Value(Value),
    /// Nobody gives it: the node's own default.
    Default,
}

impl<'a, 'b> Uses<'a, 'b> {
    fn new(pipeline: &'a Pipeline<'b>) -> Self {
        let mut uses = Self {
            pipeline,
            left: BTreeMap::new(),
            used: BTreeSet::new(),
        };
        for node in pipeline.steps() {
            for input in 0..pipeline.shapes[node].inputs.len() {
                if let Origin::Value(value) = uses.origin(node, input) {
                    *uses.left.entry(value).or_default() += 1;
                }
            }
        }
        for output in &pipeline.declaration.outputs {
            let port = pipeline.wiring.producers[&output.name];
            *uses
                .left
                .entry(Value::Output(port.node, port.output))
                .or_default() += 1;
        }
        uses.used = uses.left.keys().copied().collect();
        uses
    }

    fn is_used(&self, node: usize, output: usize) -> bool {
        self.used.contains(&Value::Output(node, output))
    }

    fn origin(&self, node: usize, input: usize) -> Origin {
        match self.pipeline.wiring.sources[node][input] {
            Source::Node { node, output } => Origin::Value(Value::Output(node, output)),
            Source::Input(index) => {
                let external = &self.pipeline.wiring.inputs[index];
                let declared = self
                    .pipeline
                    .declaration
                    .inputs
                    .iter()
                    .position(|input| input.name == external.name);
                declared.map_or(Origin::Default, |index| Origin::Value(Value::Input(index)))
            }
        }
    }

    /// The tokens of an argument. An error in its type points to the node.
    fn argument(&mut self, node: usize, input: usize, at: Span) -> TokenStream {
        let span = local_at(at);
        let taken = &self.pipeline.shapes[node].inputs[input];
        let value = match self.origin(node, input) {
            Origin::Value(value) => value,
            Origin::Default => {
                let path = &self.pipeline.declaration.nodes[node];
                let function = default_fn(&taken.name);
                let value = quote_spanned!(span=> #path::#function());
                return match taken.by {
                    By::Ref => quote_spanned!(span=> ::core::borrow::Borrow::borrow(&#value)),
                    By::Value => value,
                };
            }
        };
        let left = self.left.get_mut(&value).expect("every use was counted");
        *left -= 1;
        let is_last = *left == 0;
        let (local, is_lent) = match value {
            Value::Output(node, output) => (value_local(node, output, at), false),
            Value::Input(index) => {
                let param = &self.pipeline.declaration.inputs[index];
                let mut local = input_local(&param.ident);
                local.set_span(span);
                (
                    local,
                    matches!(param.kind, ParamKind::Port { by: By::Ref, .. }),
                )
            }
        };
        match (taken.by, is_lent) {
            (By::Ref, true) => quote_spanned!(span=> #local),
            (By::Ref, false) => quote_spanned!(span=> &#local),
            (By::Value, true) => quote_spanned!(span=> ::std::borrow::ToOwned::to_owned(#local)),
            (By::Value, false) if is_last => quote_spanned!(span=> #local),
            (By::Value, false) => quote_spanned!(span=> ::core::clone::Clone::clone(&#local)),
        }
    }
}
