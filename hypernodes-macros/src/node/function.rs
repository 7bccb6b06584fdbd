//! `#[node]` on a function.

use proc_macro2::TokenStream;
use quote::{ToTokens, quote, quote_spanned};
use syn::ext::IdentExt;
use syn::spanned::Spanned;
use syn::{Attribute, Ident, ItemFn, Type, parse_quote};

use super::args::Args;
use super::check;
use super::expand::{self, NodeExpr};
use super::model::{Options, Outputs, Ports, attributes, peel, text};
use super::node_type::{NodeType, default_fn};
use super::shape::Shape;
use crate::support::ctxt::Ctxt;
use crate::support::hygiene::{self, generated};
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
                cx.error(
                    token,
                    "only a function can be a node; a closure is one through `node_fn!`",
                );
            } else {
                cx.push(error);
            }
            let errors = cx.into_tokens();
            return quote!(#item #errors);
        }
    };
    let model = read(&function, args, &mut cx);
    check::strip_helpers(&mut function.sig);
    let attrs = carried(&function.attrs);
    let attrs: Vec<&Attribute> = attrs.iter().collect();
    let rest = match model {
        Some(model) if cx.is_clean() => items(&function, model, &attrs, &runtime),
        _ => {
            let errors = cx.into_tokens();
            // Inside an `impl` nothing but functions can stand.
            if function.sig.receiver().is_some() {
                return quote!(#function #errors);
            }
            let fallback =
                fallback::node_type(&function.vis, &function.sig.ident, &attrs, &runtime);
            quote!(#errors #fallback)
        }
    };
    quote!(#function #rest)
}

/// The keyword that tells what the item is instead of a function.
fn not_a_function(item: &TokenStream) -> Option<proc_macro2::TokenTree> {
    const OTHERS: [&str; 9] = [
        "struct", "enum", "union", "trait", "impl", "mod", "static", "type", "use",
    ];
    let is_fn = item
        .clone()
        .into_iter()
        .any(|token| token.to_string() == "fn");
    item.clone().into_iter().find(|token| {
        OTHERS.contains(&token.to_string().as_str()) || (!is_fn && token.to_string() == "const")
    })
}

/// Whether an attribute may change what the function gives: that of a macro may.
fn changes_meaning(attribute: &Attribute) -> bool {
    const HARMLESS: [&str; 11] = [
        "doc",
        "allow",
        "expect",
        "warn",
        "deny",
        "forbid",
        "inline",
        "cold",
        "must_use",
        "deprecated",
        "cfg",
    ];
    !HARMLESS.iter().any(|name| attribute.path().is_ident(name))
}

/// What every generated item carries: when the function is there, and that its use is fine here if it is deprecated.
fn carried(attrs: &[Attribute]) -> Vec<Attribute> {
    let mut carried: Vec<Attribute> = attributes(attrs, "cfg").cloned().collect();
    if attributes(attrs, "deprecated").next().is_some() {
        carried.push(parse_quote!(#[allow(deprecated, reason = "the function is told to be deprecated where it is used")]));
    }
    carried
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
    check::options(
        &args,
        &params,
        check::state_attribute(&sig.inputs),
        asyncness,
        cx,
    );
    let outputs = Outputs::from_names(args.outputs.as_ref());
    cx.is_clean().then_some(Model {
        ports: Ports {
            params,
            returns,
            outputs,
            asyncness,
        },
        args,
    })
}

fn items(function: &ItemFn, model: Model, attrs: &[&Attribute], runtime: &Runtime) -> TokenStream {
    let Model { ports, mut args } = model;
    let ident = &function.sig.ident;
    let text = ident.unraw().to_string();
    let name = generated(ident);
    let hash = {
        let attrs = function.attrs.iter().filter(|attr| changes_meaning(attr));
        let (sig, block, init) = (&function.sig, &function.block, &args.init);
        tokens::hash(quote!(#(#attrs)* #sig #block #init))
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
        options: Options::new(&mut args),
        path: quote!(::core::concat!(::core::module_path!(), "::", #text)),
        hash: quote!(#hash),
        callee: name.to_token_stream(),
        per_call: TokenStream::new(),
        init: args.init.as_ref(),
        registration: Some(expand::Registration {
            node_type: name.to_token_stream(),
            hash,
        }),
        captures: None,
        defaults: defaults.collect(),
    });
    let item = NodeType {
        vis: &function.vis,
        ident,
        attrs,
        runtime,
    };
    let type_items = item.type_items(
        &node,
        &ports,
        &format!("The node of the function `{text}`."),
        false,
    );
    let result_check = result_check(&ports, attrs, runtime);
    let callback = item.callback(&Shape::of_function(&text, &ports));
    quote!(#type_items #result_check #callback)
}

/// Types of std that nobody names a `Result` after.
fn is_known(name: &Ident) -> bool {
    const KNOWN: [&str; 8] = [
        "String", "Vec", "Option", "Box", "Arc", "PathBuf", "BTreeMap", "HashMap",
    ];
    let name = name.to_string();
    hygiene::hides(&name).is_some() || KNOWN.contains(&name.as_str())
}

/// Tells at compile time when an alias hides a `Result`.
fn result_check(ports: &Ports, attrs: &[&Attribute], runtime: &Runtime) -> TokenStream {
    let (Some(ty), Some(false)) = (&ports.returns.ty, ports.returns.fallible) else {
        return TokenStream::new();
    };
    let may_be_an_alias = match peel(ty) {
        Type::Path(path) => !path
            .path
            .segments
            .last()
            .is_some_and(|last| is_known(&last.ident)),
        Type::Macro(_) => true,
        _ => false,
    };
    if !may_be_an_alias {
        return TokenStream::new();
    }
    let rt = runtime.private();
    let message = format!(
        "`{}` is a `Result` under another name: write `#[node(fallible)]`, so that its error fails the item",
        text(ty)
    );
    let span = hygiene::generated_at(ty.span());
    let moved = hygiene::moved_to(&rt, ty.span());
    let assert = quote_spanned!(span=> ::core::assert!(!<#moved::IsResult<#ty>>::YES, #message));
    quote! {
        #(#attrs)*
        const _: () = {
            use #rt::IsNoResult as _;
            #assert
        };
    }
}
