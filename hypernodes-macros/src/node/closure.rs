//! `node_fn!`: a closure as a node.

use proc_macro2::{Ident, TokenStream, TokenTree};
use quote::{quote, quote_spanned};
use syn::parse::Parser;
use syn::spanned::Spanned;
use syn::{Expr, ExprClosure, Pat, Token};

use super::args::Args;
use super::check;
use super::expand::{self, NodeExpr};
use super::model::{By, Options, Outputs, Param, ParamKind, Ports, Returns};
use crate::support::ctxt::Ctxt;
use crate::support::hygiene::{local, local_at};
use crate::support::path::Runtime;
use crate::support::tokens;

const USAGE: &str = "write `node_fn!(\"name\", |x: &f64, k: usize| -> f64 { .. })`";

/// Expands `node_fn!(name, options, closure)`.
pub(crate) fn expand(input: TokenStream) -> TokenStream {
    let mut cx = Ctxt::default();
    let parsed = (|input: syn::parse::ParseStream<'_>| {
        let name: Expr = input.parse()?;
        if !input.is_empty() {
            input.parse::<Token![,]>()?;
        }
        let rest: TokenStream = input.parse()?;
        Ok((name, rest))
    })
    .parse2(input.clone());
    let (name, rest) = match parsed {
        Ok(parsed) => parsed,
        Err(_) if input.is_empty() => {
            cx.error_at(
                proc_macro2::Span::call_site(),
                format!("a closure node needs a name and a closure: {USAGE}"),
            );
            return failed(cx);
        }
        Err(error) => {
            cx.push(error);
            return failed(cx);
        }
    };
    if let Expr::Closure(closure) = &name {
        cx.error(closure.or1_token, format!("the name comes first: {USAGE}"));
        return failed(cx);
    }
    let (options, closure) = split_before_closure(rest);
    let args = Args::parse(options, &mut cx);
    let closure: ExprClosure = match syn::parse2(closure.clone()) {
        Ok(closure) => closure,
        Err(error) => {
            if closure.is_empty() {
                cx.error(&name, format!("the closure is missing: {USAGE}"));
            } else {
                cx.push(error);
            }
            return failed(cx);
        }
    };
    node(&name, args, closure, cx)
}

fn failed(cx: Ctxt) -> TokenStream {
    let errors = cx.into_tokens();
    quote!({ #errors ::core::unreachable!() })
}

/// Options end where the closure starts: at the first `|`, `move` or `async` (or attribute) after a comma.
fn split_before_closure(tokens: TokenStream) -> (TokenStream, TokenStream) {
    let tokens: Vec<TokenTree> = tokens.into_iter().collect();
    let starts = |token: &TokenTree| match token {
        TokenTree::Punct(punct) => punct.as_char() == '|',
        TokenTree::Ident(ident) => *ident == "move" || *ident == "async",
        _ => false,
    };
    let is_comma =
        |token: &TokenTree| matches!(token, TokenTree::Punct(punct) if punct.as_char() == ',');
    let start =
        (0..tokens.len()).find(|&i| starts(&tokens[i]) && (i == 0 || is_comma(&tokens[i - 1])));
    // Without a `|` whatever comes last was meant to be the closure.
    let start = start.unwrap_or_else(|| {
        tokens
            .iter()
            .rposition(is_comma)
            .map_or(0, |comma| comma + 1)
    });
    let mut closure: Vec<TokenTree> = tokens[start..].to_vec();
    if closure.last().is_some_and(is_comma) {
        closure.pop();
    }
    (
        tokens[..start].iter().cloned().collect(),
        closure.into_iter().collect(),
    )
}

fn node(name: &Expr, mut args: Args, mut closure: ExprClosure, mut cx: Ctxt) -> TokenStream {
    let runtime = Runtime::at(args.krate.as_ref());
    let rt = runtime.private();
    if let Some(init) = args.init.take() {
        cx.error(init, "a closure captures what it needs; state that is built for each worker needs a `#[node]` function");
    }
    let params = closure
        .inputs
        .iter()
        .filter_map(|input| param(input, &mut cx))
        .collect();
    let returns = match &closure.output {
        syn::ReturnType::Default if args.fallible.is_some() => Returns {
            ty: None,
            fallible: None,
        },
        syn::ReturnType::Default => Returns {
            ty: None,
            fallible: None,
        },
        output => check::returns(output, &args, &mut cx),
    };
    if let Some(names) = &args.outputs {
        check::outputs(&super::model::text(name), names, &returns, &mut cx);
    }
    let asyncness = closure.asyncness.map(|token| token.span());
    check::options(&args, &[], None, asyncness, &mut cx);
    if !cx.is_clean() {
        return failed(cx);
    }
    for input in &mut closure.inputs {
        if let Pat::Type(typed) = input {
            check::strip(&mut typed.attrs);
        }
    }
    closure
        .capture
        .get_or_insert(Token![move](closure.or1_token.span()));
    let ports = Ports {
        params,
        returns,
        outputs: Outputs::from_names(args.outputs.as_ref()),
        asyncness,
    };
    let defaults = ports.inputs().map(|port| {
        let value = port.default?;
        let ty = port.ty;
        let span = local_at(ty.span());
        Some(match port.by {
            By::Value => quote!(|| {
                let value: #ty = #value;
                #rt::Column::one(value)
            }),
            By::Ref => {
                let strategy = Ident::new("strategy", span);
                let probe = quote_spanned!(span=> (&&#rt::RefProbe::<#ty>::NEW).#strategy());
                quote!(|| #rt::Column::one(#probe.default_value(#value)))
            }
        })
    });
    let [function, captures, path] = ["f", "captures", "path"].map(|name| local(name, 0));
    // A closure that changes what it captures is told so here, in one error.
    let types = ports.inputs().map(|port| match (port.by, port.ty) {
        (By::Ref, ty) => quote!(&#ty),
        (By::Value, ty) => quote!(#ty),
    });
    // The futures of an async closure borrow it, so each call keeps it alive.
    let (callable, callee, per_call) = match asyncness {
        None => (
            quote_spanned! {local_at(closure.or1_token.span())=>
                let _: &dyn ::core::ops::Fn(#(#types),*) -> _ = &#function;
            },
            quote!(#function),
            TokenStream::new(),
        ),
        Some(_) => (
            quote!(let #function = ::std::sync::Arc::new(#function);),
            quote!((*#function)),
            quote!(let #function = ::std::sync::Arc::clone(&#function);),
        ),
    };
    let hash = tokens::hash(quote!(#closure));
    let node = expand::node(&NodeExpr {
        runtime: &runtime,
        name: quote!(#name),
        doc: Vec::new(),
        ports: &ports,
        options: Options::new(&mut args),
        path: quote!(#path),
        hash: quote!(#hash),
        callee,
        per_call,
        init: None,
        registration: None,
        captures: Some(&captures),
        defaults: defaults.collect(),
    });
    quote! {{
        let #function = #closure;
        let (#captures, #path) = (#rt::captures(&#function), #rt::closure_path(&#function));
        #callable
        #node
    }}
}

/// A parameter of a closure: its type must be written.
fn param(pat: &Pat, cx: &mut Ctxt) -> Option<Param> {
    match pat {
        Pat::Type(typed) => {
            let param = check::param(typed, cx)?;
            if let ParamKind::State { .. } = param.kind {
                cx.error(
                    &param.ident,
                    "a closure captures what it needs; `#[state]` needs a `#[node]` function",
                );
                return None;
            }
            Some(param)
        }
        Pat::Ident(ident) => {
            cx.error(
                ident,
                format!(
                    "a port has a concrete type: write `{}: &T` or `{0}: T`",
                    ident.ident
                ),
            );
            None
        }
        other => {
            cx.error(other, "inputs are wired by name: take a plain name with a type and match inside the closure");
            None
        }
    }
}
