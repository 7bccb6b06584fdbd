//! `#[node]` on a function.

use proc_macro2::{Ident, TokenStream};
use quote::{ToTokens, format_ident, quote, quote_spanned};
use syn::ext::IdentExt;
use syn::spanned::Spanned;
use syn::{Attribute, ItemFn, Visibility};

use super::args::Args;
use super::check;
use super::expand::{self, NodeExpr};
use super::model::{By, Options, Outputs, ParamKind, Port, Ports, text};
use crate::support::ctxt::Ctxt;
use crate::support::hygiene::{self, generated};
use crate::support::lints::allow_all;
use crate::support::path::Runtime;
use crate::support::{fallback, tokens};

/// Expands `#[node(args)] item`.
pub(crate) fn expand(args: TokenStream, item: TokenStream) -> TokenStream {
    let mut cx = Ctxt::default();
    let args = Args::parse(args, &mut cx);
    let runtime = Runtime::at(args.krate.as_ref());
    let mut function: ItemFn = match syn::parse2(item.clone()) {
        Ok(function) => function,
        Err(error) => {
            if let Some(token) = not_a_function(&item) {
                cx.error(token, "only a function can be a node; a closure is one through `node_fn!`");
            } else {
                cx.push(error);
            }
            let errors = cx.into_tokens();
            return quote!(#item #errors);
        }
    };
    let model = read(&function, args, &mut cx);
    check::strip_helpers(&mut function.sig);
    let cfgs: Vec<Attribute> = function.attrs.iter().filter(|attribute| is_cfg(attribute)).cloned().collect();
    let cfgs: Vec<&Attribute> = cfgs.iter().collect();
    let rest = match model {
        Some(model) if cx.is_clean() => items(&function, model, &cfgs, &runtime),
        _ => {
            let errors = cx.into_tokens();
            let fallback = fallback::node_type(&function.vis, &function.sig.ident, &cfgs, &runtime);
            quote!(#errors #fallback)
        }
    };
    quote!(#function #rest)
}

/// The keyword that tells what the item is instead of a function.
fn not_a_function(item: &TokenStream) -> Option<proc_macro2::TokenTree> {
    const OTHERS: [&str; 9] = ["struct", "enum", "union", "trait", "impl", "mod", "static", "type", "use"];
    let is_fn = item.clone().into_iter().any(|token| token.to_string() == "fn");
    item.clone().into_iter().find(|token| {
        OTHERS.contains(&token.to_string().as_str()) || (!is_fn && token.to_string() == "const")
    })
}

fn is_cfg(attribute: &Attribute) -> bool {
    attribute.path().is_ident("cfg")
}

struct Model {
    ports: Ports,
    args: Args,
}

fn read(function: &ItemFn, args: Args, cx: &mut Ctxt) -> Option<Model> {
    let sig = &function.sig;
    check::signature(sig, &function.attrs, cx);
    let params = check::function_params(&sig.inputs, cx);
    let returns = check::returns(&sig.output, &args, cx);
    if let Some(names) = &args.outputs {
        check::outputs(&sig.ident.unraw().to_string(), names, &returns, cx);
    }
    let asyncness = sig.asyncness.map(|token| token.span());
    check::options(&args, &params, check::state_span(&sig.inputs), asyncness, cx);
    let outputs = Outputs::from_names(args.outputs.as_ref());
    cx.is_clean().then_some(Model { ports: Ports { params, returns, outputs, asyncness }, args })
}

fn items(function: &ItemFn, model: Model, cfgs: &[&Attribute], runtime: &Runtime) -> TokenStream {
    let Model { ports, args } = model;
    let ident = &function.sig.ident;
    let text = ident.unraw().to_string();
    let name = generated(ident);
    let hash = {
        let mut attrs = function.attrs.clone();
        attrs.retain(|attribute| !attribute.path().is_ident("doc"));
        let (sig, block) = (&function.sig, &function.block);
        tokens::hash(quote!(#(#attrs)* #sig #block))
    };
    let defaults = ports.inputs().map(|port| {
        port.default?;
        let rt = runtime.private();
        let function = default_fn(port.name);
        Some(quote!(|| #rt::Column::one(#name::#function())))
    });
    let node = expand::node(&NodeExpr {
        runtime,
        name: quote!(#text),
        doc: check::doc(&function.attrs),
        ports: &ports,
        options: Options {
            version: args.version.unwrap_or(0),
            workload: args.workload,
            concurrency: args.concurrency.map(|(_, limit)| limit),
        },
        path: quote!(::core::concat!(::core::module_path!(), "::", #text)),
        hash,
        callee: name.to_token_stream(),
        init: args.init.as_ref(),
        defaults: defaults.collect(),
    });
    let item = NodeType { vis: &function.vis, ident, cfgs, runtime };
    let type_items = item.type_items(&node, ports.inputs(), &format!("The node of the function `{text}`."));
    let result_check = result_check(&ports, cfgs, runtime);
    let callback = item.callback(&Shape::of_function(&text, &ports));
    quote!(#type_items #result_check #callback)
}

/// Tells at compile time when an alias hides a `Result`.
fn result_check(ports: &Ports, cfgs: &[&Attribute], runtime: &Runtime) -> TokenStream {
    let (Some(ty), Some(false)) = (&ports.returns.ty, ports.returns.fallible) else {
        return TokenStream::new();
    };
    if !matches!(super::model::peel(ty), syn::Type::Path(_) | syn::Type::Macro(_)) {
        return TokenStream::new();
    }
    let rt = runtime.private();
    let allow = allow_all();
    let message = format!(
        "`{}` is a `Result` under another name: write `#[node(fallible)]`, so that its error fails the item",
        text(ty)
    );
    let span = hygiene::generated_at(ty.span());
    let assert = quote_spanned!(span=> ::core::assert!(!<#rt::IsResult<#ty>>::YES, #message));
    quote! {
        #(#cfgs)*
        #allow
        const _: () = {
            use #rt::IsNoResult as _;
            #assert
        };
    }
}

pub(crate) fn default_fn(input: &str) -> Ident {
    format_ident!("__default_{input}")
}

/// What stands beside a function under its name: a type, and a macro that tells the signature.
pub(crate) struct NodeType<'a> {
    pub(crate) vis: &'a Visibility,
    pub(crate) ident: &'a Ident,
    pub(crate) cfgs: &'a [&'a Attribute],
    pub(crate) runtime: &'a Runtime,
}

impl NodeType<'_> {
    /// The type: how to make the node, and the defaults of its inputs.
    pub(crate) fn type_items<'p>(
        &self,
        node: &TokenStream,
        inputs: impl Iterator<Item = Port<'p>>,
        doc: &str,
    ) -> TokenStream {
        let Self { vis, ident, cfgs, runtime } = self;
        let rt = runtime.private();
        let allow = allow_all();
        let name = generated(ident);
        let defaults = inputs.filter_map(|port| {
            let value = port.default?;
            let function = default_fn(port.name);
            let ty = port.ty;
            let span = hygiene::local_at(ty.span());
            let strategy = Ident::new("strategy", hygiene::generated_at(ty.span()));
            Some(match port.by {
                By::Value => quote! {
                    #[doc(hidden)]
                    pub fn #function() -> #ty {
                        #value
                    }
                },
                By::Ref => {
                    let probe = quote_spanned!(span=> (&&#rt::RefProbe::<#ty>::NEW).#strategy());
                    quote! {
                        #[doc(hidden)]
                        pub fn #function() -> impl ::core::borrow::Borrow<#ty> + #rt::PortValue {
                            use #rt::{RefAsOwned as _, RefAsSelf as _};
                            #probe.default_value(#value)
                        }
                    }
                }
            })
        });
        quote! {
            #(#cfgs)*
            #allow
            #[doc(hidden)]
            #[doc = #doc]
            #vis struct #name {}

            #(#cfgs)*
            #allow
            impl #rt::NodeType for #name {
                fn node() -> #rt::NodeRef #node
            }

            #(#cfgs)*
            #allow
            impl #name {
                /// A new node of this function.
                #[must_use]
                pub fn node() -> #rt::NodeRef {
                    <Self as #rt::NodeType>::node()
                }
                #(#defaults)*
            }
        }
    }

    /// The macro: hands its signature to the next macro in the list, and the last one is `pipeline!` again.
    pub(crate) fn callback(&self, shape: &Shape) -> TokenStream {
        let Self { vis, ident, cfgs, .. } = self;
        let allow = allow_all();
        let name = generated(ident);
        let hidden = unique(ident);
        let text = ident.unraw().to_string();
        let is_public = matches!(vis, Visibility::Public(_));
        let export = is_public.then(|| quote!(#[macro_export]));
        let otherwise = if hygiene::is_std_macro(&text) {
            quote!(($($t:tt)*) => { ::std::#ident!($($t)*) };)
        } else {
            let message = format!("`{text}` is a node: call it as a function, without `!`");
            quote!(($($t:tt)*) => { ::core::compile_error!(#message) };)
        };
        quote! {
            #(#cfgs)*
            #allow
            #[doc(hidden)]
            #export
            macro_rules! #hidden {
                (@hypernodes [[$($next:tt)*] $($rest:tt)*] [$($acc:tt)*]) => {
                    $($next)*! { @hypernodes [$($rest)*] [$($acc)* #shape] }
                };
                #otherwise
            }
            #(#cfgs)*
            #allow
            #[doc(hidden)]
            #vis use #hidden as #name;
        }
    }
}

fn unique(ident: &Ident) -> Ident {
    hygiene::unique_macro(ident)
}

/// The signature as `pipeline!` sees it.
pub(crate) struct Shape {
    name: String,
    is_async: bool,
    is_fallible: bool,
    is_stateful: bool,
    /// Whether the call gives a struct with one field for each output.
    is_pipeline: bool,
    inputs: Vec<ShapeInput>,
    outputs: Vec<String>,
}

pub(crate) struct ShapeInput {
    pub(crate) name: String,
    pub(crate) by: By,
    /// The text of the default.
    pub(crate) default: Option<String>,
}

impl Shape {
    pub(crate) fn of_function(name: &str, ports: &Ports) -> Self {
        let inputs = ports.inputs().map(|port| ShapeInput {
            name: port.name.to_owned(),
            by: port.by,
            default: port.default.map(text),
        });
        Self {
            name: name.to_owned(),
            is_async: ports.asyncness.is_some(),
            is_fallible: ports.returns.fallible == Some(true),
            is_stateful: ports.params.iter().any(|param| matches!(param.kind, ParamKind::State { .. })),
            is_pipeline: false,
            inputs: inputs.collect(),
            outputs: ports.outputs.names(name),
        }
    }
}

impl ToTokens for Shape {
    fn to_tokens(&self, tokens: &mut TokenStream) {
        let Self { name, outputs, .. } = self;
        let word = |yes: bool, text: &str| yes.then(|| format_ident!("{text}"));
        let is_async = word(self.is_async, "is_async");
        let is_fallible = word(self.is_fallible, "is_fallible");
        let is_stateful = word(self.is_stateful, "is_stateful");
        let is_pipeline = word(self.is_pipeline, "is_pipeline");
        let inputs = self.inputs.iter().map(|ShapeInput { name, by, default }| {
            let by = match by {
                By::Ref => quote!(by_ref),
                By::Value => quote!(by_value),
            };
            quote!((#by #name #default))
        });
        tokens.extend(quote!({
            #name [#is_async #is_fallible #is_stateful #is_pipeline] [#(#inputs)*] [#(#outputs)*]
        }));
    }
}
