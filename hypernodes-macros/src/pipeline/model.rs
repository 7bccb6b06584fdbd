//! The signatures of the nodes, as their macros told them.

use hypernodes_wiring::{InputShape, NodeShape, Using};
use proc_macro2::TokenStream;
use syn::parse::{Parse, ParseStream};
use syn::{Ident, LitStr, Token, braced, bracketed, parenthesized};

use crate::node::model::By;
use crate::node::shape::{Shape, ShapeInput};

/// `@hypernodes [] [{ declaration } { signature }..]`
pub(crate) fn collected(input: ParseStream<'_>) -> syn::Result<(TokenStream, Vec<Shape>)> {
    input.parse::<Token![@]>()?;
    input.parse::<Ident>()?;
    let rest;
    bracketed!(rest in input);
    rest.parse::<TokenStream>()?;
    let all;
    bracketed!(all in input);
    let declaration;
    braced!(declaration in all);
    let declaration = declaration.parse()?;
    let mut shapes = Vec::new();
    while !all.is_empty() {
        shapes.push(all.parse()?);
    }
    Ok((declaration, shapes))
}

impl Parse for Shape {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let content;
        braced!(content in input);
        let name = content.parse::<LitStr>()?.value();
        let words;
        bracketed!(words in content);
        let mut flags = Vec::new();
        while !words.is_empty() {
            flags.push(words.parse::<Ident>()?.to_string());
        }
        let is = |word: &str| flags.iter().any(|flag| flag == word);
        let list;
        bracketed!(list in content);
        let mut inputs = Vec::new();
        while !list.is_empty() {
            let one;
            parenthesized!(one in list);
            let by = if one.parse::<Ident>()? == "by_ref" {
                By::Ref
            } else {
                By::Value
            };
            let name = one.parse::<LitStr>()?.value();
            let default = one.parse::<Option<LitStr>>()?.map(|text| text.value());
            inputs.push(ShapeInput { name, by, default });
        }
        let list;
        bracketed!(list in content);
        let mut outputs = Vec::new();
        while !list.is_empty() {
            outputs.push(list.parse::<LitStr>()?.value());
        }
        Ok(Self {
            name,
            is_async: is("is_async"),
            is_fallible: is("is_fallible"),
            is_stateful: is("is_stateful"),
            is_pipeline: is("is_pipeline"),
            inputs,
            outputs,
        })
    }
}

impl Shape {
    /// What the wiring must know.
    pub(crate) fn names(&self) -> NodeShape {
        let inputs = self.inputs.iter().map(|input| {
            let shape = match input.default {
                Some(_) => InputShape::optional(&input.name),
                None => InputShape::required(&input.name),
            };
            shape.using(match input.by {
                By::Ref => Using::Reads,
                // Whether it can be cloned is not known here.
                By::Value => Using::Takes,
            })
        });
        NodeShape::new(&self.name, inputs, self.outputs.iter().cloned())
    }
}
