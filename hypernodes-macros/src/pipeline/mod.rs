//! `pipeline!`: tokens to a declaration ([`parse`]), the signatures that the nodes told ([`model`]), the rules and the
//! wiring ([`check`]), and the model to tokens ([`expand`]).
//!
//! It works in two halves. The first half hands the declaration from node to node: each `#[node]` left a macro behind
//! that adds its signature and calls the next one. The second half finds all signatures together and writes the code.

pub(crate) mod calls;
pub(crate) mod check;
pub(crate) mod expand;
pub(crate) mod model;
pub(crate) mod parse;

#[cfg(test)]
mod tests;

use proc_macro2::TokenStream;
use quote::quote;
use syn::Path;
use syn::parse::Parser;

use crate::support::ctxt::Ctxt;
use crate::support::hygiene::signature_macro;
use parse::Declaration;

/// The first half: reads the declaration, and asks the nodes for their signatures.
pub(crate) fn start(input: TokenStream) -> TokenStream {
    let mut cx = Ctxt::default();
    let Some(declaration) = Declaration::read(input.clone(), &mut cx) else {
        return cx.into_tokens();
    };
    check::declaration(&declaration, &mut cx);
    if !cx.is_clean() {
        let errors = cx.into_tokens();
        let fallback = expand::fallback(&declaration);
        return quote!(#errors #fallback);
    }
    let rt = declaration.runtime.private();
    let told = declaration.nodes.iter().map(|path| {
        let mut path = path.clone();
        if let Some(last) = path.segments.last_mut() {
            last.ident = signature_macro(&last.ident);
        }
        path
    });
    let told: Vec<Path> = told.collect();
    let mut nodes = told.iter();
    match nodes.next() {
        None => finish(quote!(@hypernodes [] [{ #input }])),
        Some(first) => quote! {
            #first! { @hypernodes [#([#nodes])* [#rt::pipeline_finish]] [{ #input }] }
        },
    }
}

/// The second half: wires the nodes, and writes the code.
pub(crate) fn finish(input: TokenStream) -> TokenStream {
    let mut cx = Ctxt::default();
    let (declaration, shapes) = match model::collected.parse2(input) {
        Ok(collected) => collected,
        Err(error) => return error.into_compile_error(),
    };
    let Some(declaration) = Declaration::read(declaration, &mut cx) else {
        return cx.into_tokens();
    };
    match check::wiring(&declaration, &shapes, &mut cx) {
        Some(wiring) if cx.is_clean() => expand::expand(&declaration, &shapes, &wiring),
        _ => {
            let errors = cx.into_tokens();
            let fallback = expand::fallback(&declaration);
            quote!(#errors #fallback)
        }
    }
}
