//! `nodes![]`: paths of nodes and expressions, as one list.

use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};
use syn::parse::{ParseStream, Parser};
use syn::punctuated::Punctuated;
use syn::spanned::Spanned;
use syn::{Expr, Stmt, Token};

use crate::support::hygiene::local_at;
use crate::support::path::Runtime;

/// Expands `nodes![split, text::count, split::node().named("x"), { expression }]`.
pub(crate) fn expand(input: TokenStream) -> TokenStream {
    let parsed = (|input: ParseStream<'_>| {
        let mut runtime = None;
        if input.peek(Token![crate]) && input.peek2(Token![=]) {
            input.parse::<Token![crate]>()?;
            input.parse::<Token![=]>()?;
            runtime = Some(input.call(syn::Path::parse_mod_style)?);
            input.parse::<Token![;]>()?;
        }
        Ok((
            runtime,
            Punctuated::<Expr, Token![,]>::parse_terminated(input)?,
        ))
    })
    .parse2(input);
    let (runtime, elements) = match parsed {
        Ok(parsed) => parsed,
        Err(error) => {
            let error = error.into_compile_error();
            return quote!({ #error ::std::vec![] });
        }
    };
    let rt = Runtime::at(runtime.as_ref()).private();
    let elements = elements.iter().map(|element| {
        let span = local_at(element.span());
        match element {
            Expr::Path(path) if path.attrs.is_empty() && path.qself.is_none() => {
                quote_spanned!(span=> <#path as #rt::NodeType>::node())
            }
            // `{ variable }` is how a variable is told from a node of that name; the braces have done their work.
            Expr::Block(block) if block.label.is_none() && block.attrs.is_empty() => match &*block
                .block
                .stmts
            {
                [Stmt::Expr(only, None)] => quote_spanned!(span=> #rt::IntoNode::into_node(#only)),
                _ => quote_spanned!(span=> #rt::IntoNode::into_node(#element)),
            },
            element => quote_spanned!(span=> #rt::IntoNode::into_node(#element)),
        }
    });
    quote! {{
        let nodes: ::std::vec::Vec<#rt::NodeRef> = ::std::vec![#(#elements),*];
        nodes
    }}
}
