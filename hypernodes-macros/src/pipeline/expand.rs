//! From the wired declaration to tokens: a function, the struct that it gives, and the node of it.

use std::collections::BTreeSet;

use hypernodes_wiring::Wiring;
use proc_macro2::{Ident, Span, TokenStream};
use quote::{ToTokens, format_ident, quote, quote_spanned};
use syn::{Attribute, Type, parse_quote};

use super::calls::input_local;
use super::check::{self, last_span, warnings};
use super::parse::Declaration;
use crate::node::check as node_check;
use crate::node::expand::{self as node_expand, NodeExpr, Registration};
use crate::node::model::{By, Options, ParamKind, Returns, text};
use crate::node::node_type::{NodeType, default_fn};
use crate::node::shape::{Shape, ShapeInput};
use crate::support::hygiene::{generated, generated_at, local_at};
use crate::support::{fallback as item_fallback, tokens};

/// Everything that a pipeline becomes.
pub(crate) fn expand(declaration: &Declaration, shapes: &[Shape], wiring: &Wiring) -> TokenStream {
    let pipeline = Pipeline::new(declaration, shapes, wiring);
    let output_struct = pipeline.output_struct();
    let function = pipeline.function();
    let node = pipeline.node_items();
    let extras = pipeline.extras();
    let warnings = warnings(declaration, shapes, wiring);
    quote!(#function #output_struct #node #extras #warnings)
}

/// Keeps the names in scope when there were mistakes.
pub(crate) fn fallback(declaration: &Declaration) -> TokenStream {
    let Declaration {
        runtime,
        vis,
        ident,
        ..
    } = declaration;
    let cfgs = cfgs(&declaration.attrs);
    let output = output_ident(ident);
    let mut seen = BTreeSet::new();
    let inputs = declaration
        .typed_inputs()
        .filter(|(param, ..)| seen.insert(&param.name))
        .map(|(param, by, ty)| {
            let (ident, ty) = (&param.ident, passed_type(by, ty));
            quote!(#ident: #ty)
        });
    let inputs: Vec<TokenStream> = inputs.collect();
    let mut seen = BTreeSet::new();
    let fields = declaration
        .outputs
        .iter()
        .filter(|decl| seen.insert(&decl.name) && check::is_owned(&decl.ty))
        .map(|decl| {
            let (ident, ty) = (&decl.ident, &decl.ty);
            quote!(pub #ident: #ty)
        });
    let asyncness = declaration
        .asyncness
        .map(|span| quote_spanned!(span=> async));
    let node = item_fallback::node_type(vis, ident, &cfgs, runtime);
    let (name, rt) = (generated(ident), runtime.private());
    quote! {
        #(#cfgs)*
        #[doc(hidden)]
        #[allow(missing_docs, dead_code, reason = "stands in for a pipeline with mistakes")]
        #vis struct #output { #(#fields),* }
        #(#cfgs)*
        #[allow(missing_docs, unused_variables, clippy::all, reason = "stands in for a pipeline with mistakes")]
        #vis #asyncness fn #ident(#(#inputs),*) -> #output {
            ::core::unreachable!()
        }
        #node
        #(#cfgs)*
        impl #name {
            #[doc(hidden)]
            pub fn pipeline() -> ::core::result::Result<#rt::Pipeline, #rt::BuildErrors> {
                ::core::unreachable!()
            }
        }
    }
}

/// More parameters than clippy likes are the inputs of the pipeline.
pub(super) fn allow_many_inputs(declaration: &Declaration) -> Option<TokenStream> {
    let many = declaration.inputs.len() > 7;
    many.then(|| quote!(#[allow(clippy::too_many_arguments, reason = "one for each input of the pipeline")]))
}

fn cfgs(attrs: &[Attribute]) -> Vec<&Attribute> {
    attrs
        .iter()
        .filter(|attribute| attribute.path().is_ident("cfg"))
        .collect()
}

/// `word_count` gives a `WordCountOutput`.
fn output_ident(ident: &Ident) -> Ident {
    let name = syn::ext::IdentExt::unraw(ident).to_string();
    let camel: String = name
        .split('_')
        .map(|word| {
            let mut chars = word.chars();
            chars.next().map_or(String::new(), |first| {
                first.to_uppercase().chain(chars).collect()
            })
        })
        .collect();
    format_ident!("{camel}Output", span = generated_at(ident.span()))
}

/// `name: Type` for each input. The names are out of sight of the paths of nodes: an input may be called like a node.
pub(super) fn parameters(declaration: &Declaration) -> Vec<TokenStream> {
    let parameter = |(ident, ty): (Ident, TokenStream)| quote!(#ident: #ty);
    declaration
        .typed_inputs()
        .map(|(param, by, ty)| (input_local(&param.ident), passed_type(by, ty)))
        .map(parameter)
        .collect()
}

fn passed_type(by: By, ty: &Type) -> TokenStream {
    match by {
        By::Ref => quote!(&#ty),
        By::Value => ty.to_token_stream(),
    }
}

pub(super) struct Pipeline<'a> {
    pub(super) declaration: &'a Declaration,
    pub(super) shapes: &'a [Shape],
    pub(super) wiring: &'a Wiring,
    /// Which nodes the outputs need.
    pub(super) needed: Vec<bool>,
    pub(super) is_async: bool,
    pub(super) is_fallible: bool,
    pub(super) output: Ident,
    pub(super) rt: TokenStream,
    cfgs: Vec<&'a Attribute>,
}

impl<'a> Pipeline<'a> {
    fn new(declaration: &'a Declaration, shapes: &'a [Shape], wiring: &'a Wiring) -> Self {
        let needed = wiring.needed_for(declaration.outputs.iter().map(|output| &*output.name));
        let any = |is: fn(&Shape) -> bool| {
            shapes
                .iter()
                .zip(&needed)
                .any(|(shape, needed)| *needed && is(shape))
        };
        Self {
            is_async: declaration.asyncness.is_some() || any(|shape| shape.is_async),
            is_fallible: any(|shape| shape.is_fallible),
            output: output_ident(&declaration.ident),
            rt: declaration.runtime.private(),
            cfgs: cfgs(&declaration.attrs),
            declaration,
            shapes,
            wiring,
            needed,
        }
    }

    /// `struct WordCountOutput { pub count: usize }`
    fn output_struct(&self) -> TokenStream {
        let Self {
            output,
            rt,
            cfgs,
            declaration,
            ..
        } = self;
        let vis = &declaration.vis;
        let derives: Vec<&Attribute> = declaration
            .attrs
            .iter()
            .filter(|attribute| attribute.path().is_ident("derive"))
            .collect();
        let shows_itself = derives.iter().any(|derive| {
            let path = |path: &syn::Path| {
                path.segments
                    .last()
                    .is_some_and(|last| last.ident == "Debug")
            };
            derive
                .parse_args_with(
                    syn::punctuated::Punctuated::<syn::Path, syn::Token![,]>::parse_terminated,
                )
                .is_ok_and(|paths| paths.iter().any(path))
        });
        let fields = declaration.outputs.iter().map(|decl| {
            let (attrs, ident, ty) = (&decl.attrs, &decl.ident, &decl.ty);
            let doc = if attrs.is_empty() {
                let text = format!("The output `{}`.", decl.name);
                quote!(#[doc = #text])
            } else {
                quote!(#(#attrs)*)
            };
            quote!(#doc pub #ident: #ty)
        });
        let doc = format!("What the pipeline `{}` gives.", declaration.name);
        let debug = (!shows_itself).then(|| {
            let name = output.to_string();
            let shown = declaration.outputs.iter().map(|decl| {
                let (ident, name) = (&decl.ident, &decl.name);
                quote!(.field(#name, (&&#rt::Shown(&self.#ident)).shown()))
            });
            quote! {
                #(#cfgs)*
                impl ::core::fmt::Debug for #output {
                    fn fmt(&self, f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
                        use #rt::{ShownByName as _, ShownByValue as _};
                        f.debug_struct(#name)#(#shown)*.finish()
                    }
                }
            }
        });
        quote! {
            #(#cfgs)*
            #(#derives)*
            #[doc = #doc]
            #vis struct #output { #(#fields),* }
            #debug
        }
    }

    /// What the function gives: the struct, or a `Result` of it.
    pub(super) fn return_type(&self) -> TokenStream {
        let (output, rt) = (&self.output, &self.rt);
        if self.is_fallible {
            quote!(::core::result::Result<#output, #rt::Error>)
        } else {
            quote!(#output)
        }
    }

    /// The type under the pipeline's name, its node, and the macro that tells its signature.
    fn node_items(&self) -> TokenStream {
        let Self {
            declaration,
            rt,
            cfgs,
            ..
        } = self;
        let ident = &declaration.ident;
        let name = generated(ident);
        let asyncness = self
            .is_async
            .then(|| declaration.asyncness.unwrap_or_else(Span::call_site));
        let types: Vec<&Type> = declaration
            .outputs
            .iter()
            .map(|output| &output.ty)
            .collect();
        let value: Type = match types.as_slice() {
            [one] => (*one).clone(),
            types => parse_quote!((#(#types),*)),
        };
        let row_type: Type = if self.is_fallible {
            parse_quote!(::core::result::Result<#value, #rt::Error>)
        } else {
            value
        };
        let ports = declaration.ports(
            Returns {
                ty: Some(row_type.clone()),
                fallible: Some(self.is_fallible),
            },
            asyncness,
        );
        let defaults = ports.inputs().map(|port| {
            port.default?;
            let function = default_fn(port.name);
            Some(quote!(|| #rt::Column::one(#name::#function())))
        });
        let hash = tokens::hash({
            let (nodes, inputs) = (&declaration.nodes, parameters(declaration));
            let outputs = declaration.outputs.iter().map(|output| &output.ident);
            quote!(#ident (#(#inputs),*) (#(#outputs),*) { #(#nodes),* })
        });
        let nodes = &declaration.nodes;
        let node = node_expand::node(&NodeExpr {
            runtime: &declaration.runtime,
            name: declaration.name.to_token_stream(),
            doc: node_check::doc(&declaration.attrs),
            ports: &ports,
            options: Options::default(),
            path: {
                let text = &declaration.name;
                quote!(::core::concat!(::core::module_path!(), "::", #text))
            },
            // Changed by every change of a node.
            hash: quote!(#rt::combined_tokens(#hash, &[#(<#nodes as #rt::NodeType>::node()),*])),
            callee: quote!(#name::__row),
            per_call: TokenStream::new(),
            init: None,
            registration: Some(Registration {
                node_type: name.to_token_stream(),
                hash,
            }),
            captures: None,
            defaults: defaults.collect(),
        });
        let item = NodeType {
            vis: &declaration.vis,
            ident,
            attrs: cfgs,
            runtime: &declaration.runtime,
        };
        let type_items = item.type_items(
            &node,
            &ports,
            &format!(
                "The pipeline `{}` as a node, and with its types erased.",
                declaration.name
            ),
            true,
        );
        let callback = item.callback(&Shape {
            name: declaration.name.clone(),
            is_async: self.is_async,
            is_fallible: self.is_fallible,
            is_stateful: false,
            is_pipeline: true,
            inputs: ports
                .inputs()
                .map(|port| ShapeInput {
                    name: port.name.to_owned(),
                    by: port.by,
                    default: port.default.map(text),
                })
                .collect(),
            outputs: declaration
                .outputs
                .iter()
                .map(|output| output.name.clone())
                .collect(),
        });
        let parameters = parameters(declaration);
        let arguments = declaration
            .inputs
            .iter()
            .map(|input| input_local(&input.ident));
        let many = allow_many_inputs(declaration);
        let asyncness = self.is_async.then(|| quote!(async));
        let awaited = self.is_async.then(|| quote!(.await));
        let tried = self.is_fallible.then(|| quote!(?));
        let whole = Ident::new("whole", Span::mixed_site());
        let fields = declaration.outputs.iter().map(|output| {
            let ident = &output.ident;
            quote!(#whole.#ident)
        });
        let row = match declaration.outputs.len() {
            1 => quote!(#(#fields)*),
            _ => quote!((#(#fields),*)),
        };
        let row = if self.is_fallible {
            quote!(::core::result::Result::Ok(#row))
        } else {
            row
        };
        quote! {
            #type_items
            #(#cfgs)*
            impl #name {
                #[doc(hidden)]
                #[inline]
                #many
                #asyncness fn __row(#(#parameters),*) -> #row_type {
                    let #whole = #name(#(#arguments),*)#awaited #tried;
                    #row
                }
            }
            #callback
        }
    }

    /// `word_count::pipeline()` and `word_count::map(..)`.
    fn extras(&self) -> TokenStream {
        let Self {
            declaration,
            rt,
            cfgs,
            output,
            ..
        } = self;
        let name = generated(&declaration.ident);
        let text = &declaration.name;
        let doc = match node_check::doc(&declaration.attrs).as_slice() {
            [] => quote!(""),
            [one] => quote!(#one),
            pieces => quote!(::core::concat!(#(#pieces),*)),
        };
        let nodes = declaration.nodes.iter().map(
            |path| quote_spanned!(local_at(last_span(path))=> <#path as #rt::NodeType>::node()),
        );
        let inputs = declaration.inputs.iter().map(|input| &input.name);
        let outputs = declaration.outputs.iter().map(|output| &output.name);
        let defaults = declaration.inputs.iter().filter_map(|input| {
            let ParamKind::Port {
                default: Some(_), ..
            } = &input.kind
            else {
                return None;
            };
            let (name_text, function) = (&input.name, default_fn(&input.name));
            Some(quote!(.default_value(#name_text, || #name::#function())))
        });
        let map = (!self.is_async && !declaration.inputs.is_empty()).then(|| {
            let types: Vec<TokenStream> = declaration
                .typed_inputs()
                .map(|(_, by, ty)| passed_type(by, ty))
                .collect();
            let locals: Vec<Ident> = declaration
                .inputs
                .iter()
                .map(|input| input_local(&input.ident))
                .collect();
            let (ty, pattern) = match (types.as_slice(), locals.as_slice()) {
                ([ty], [local]) => (ty.clone(), quote!(#local)),
                (types, locals) => (quote!((#(#types),*)), quote!((#(#locals),*))),
            };
            let (returns, function) = if self.is_fallible {
                (
                    quote!(::core::result::Result<::std::vec::Vec<#output>, #rt::Error>),
                    quote!(try_map_rows),
                )
            } else {
                (quote!(::std::vec::Vec<#output>), quote!(map_rows))
            };
            let about = if self.is_fallible {
                quote! {
                    #[doc = ""]
                    #[doc = "# Errors"]
                    #[doc = "The error of the first row that fails."]
                }
            } else {
                quote!(#[must_use])
            };
            quote! {
                /// Calls the function for each row, in parallel, and keeps the order of the rows.
                #about
                pub fn map<__Row, __Args>(rows: &[__Row], args: __Args) -> #returns
                where
                    __Row: ::core::marker::Sync,
                    __Args: ::core::ops::Fn(&__Row) -> #ty + ::core::marker::Sync,
                {
                    #rt::#function(rows, |row| {
                        let #pattern = args(row);
                        #name(#(#locals),*)
                    })
                }
            }
        });
        quote! {
            #(#cfgs)*
            impl #name {
                /// The same pipeline with its types erased, for any engine.
                ///
                /// # Errors
                /// What the compiler could not see: two nodes that read one input as different types.
                pub fn pipeline() -> ::core::result::Result<#rt::Pipeline, #rt::BuildErrors> {
                    #rt::Pipeline::builder(#text)
                        .doc(#doc)
                        .nodes(::std::vec![#(#nodes),*])
                        .inputs::<&'static str>([#(#inputs),*])
                        .outputs::<&'static str>([#(#outputs),*])
                        #(#defaults)*
                        .build()
                }
                #map
            }
        }
    }
}
