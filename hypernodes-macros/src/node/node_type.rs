//! What stands beside a function under its name: a type that makes the node, and a macro that tells its signature.

use proc_macro2::{Ident, TokenStream};
use quote::{format_ident, quote, quote_spanned};
use syn::ext::IdentExt;
use syn::spanned::Spanned;
use syn::{Attribute, Visibility};

use super::expand::bounds;
use super::model::{By, Ports};
use super::shape::Shape;
use crate::support::hygiene::{self, generated};
use crate::support::path::Runtime;

/// The function of the node type that gives the default of an input.
pub(crate) fn default_fn(input: &str) -> Ident {
    format_ident!("__default_{input}")
}

/// What stands beside a function under its name: a type, and a macro that tells the signature.
pub(crate) struct NodeType<'a> {
    pub(crate) vis: &'a Visibility,
    pub(crate) ident: &'a Ident,
    pub(crate) attrs: &'a [&'a Attribute],
    pub(crate) runtime: &'a Runtime,
}

impl NodeType<'_> {
    /// The type: how to make the node, and the defaults of its inputs.
    ///
    /// Only that of a pipeline is more than the function itself, and shown in the documentation.
    pub(crate) fn type_items(
        &self,
        node: &TokenStream,
        ports: &Ports,
        doc: &str,
        is_pipeline: bool,
    ) -> TokenStream {
        let Self {
            vis,
            ident,
            attrs,
            runtime,
        } = self;
        let rt = runtime.private();
        let name = generated(ident);
        let bounds = bounds(ports, &rt);
        let hidden = (!is_pipeline).then(|| quote!(#[doc(hidden)]));
        let defaults: Vec<TokenStream> = ports.inputs().filter_map(|port| {
            let value = port.default?;
            let function = default_fn(port.name);
            let ty = port.ty;
            let (span, moved) = (hygiene::local_at(ty.span()), hygiene::moved_to(&rt, ty.span()));
            let strategy = Ident::new("strategy", hygiene::generated_at(ty.span()));
            Some(match port.by {
                By::Value => quote! {
                    #[doc(hidden)]
                    pub fn #function() -> #ty {
                        #value
                    }
                },
                By::Ref => {
                    let probe = quote_spanned!(span=> (&&#moved::RefProbe::<#ty>::NEW).#strategy());
                    quote! {
                        #[doc(hidden)]
                        pub fn #function() -> impl ::core::borrow::Borrow<#ty> + #rt::PortValue {
                            use #rt::{RefAsOwned as _, RefAsSelf as _};
                            #probe.default_value(#value)
                        }
                    }
                }
            })
        }).collect();
        let default_items = (!defaults.is_empty()).then(|| {
            quote! {
                #(#attrs)*
                impl #name {
                    #(#defaults)*
                }
            }
        });
        quote! {
            #(#attrs)*
            #hidden
            #[doc = #doc]
            #[allow(missing_debug_implementations, reason = "nobody holds a value of it")]
            #[non_exhaustive]
            #vis struct #name {}

            #(#attrs)*
            impl #rt::NodeType for #name where #(#bounds),* {
                fn node() -> #rt::NodeRef #node
            }

            #(#attrs)*
            #[allow(clippy::same_name_method, reason = "callable with and without the trait in scope")]
            impl #name where #(#bounds),* {
                /// A new node of this function.
                #[must_use]
                pub fn node() -> #rt::NodeRef {
                    <Self as #rt::NodeType>::node()
                }
            }
            #default_items
        }
    }

    /// The macro: hands its signature to the next macro in the list, and the last one is `pipeline!` again.
    pub(crate) fn callback(&self, shape: &Shape) -> TokenStream {
        let Self {
            vis, ident, attrs, ..
        } = self;
        let hidden = unique(ident);
        let text = ident.unraw().to_string();
        let told_as = hygiene::signature_macro(ident);
        let is_public = matches!(vis, Visibility::Public(_));
        let export = is_public.then(|| quote!(#[macro_export]));
        let message = format!("`{text}` is a node: call it as a function, without `!`");
        quote! {
            #(#attrs)*
            #[doc(hidden)]
            #export
            macro_rules! #hidden {
                (@hypernodes [[$($next:tt)*] $($rest:tt)*] [$($acc:tt)*]) => {
                    $($next)*! { @hypernodes [$($rest)*] [$($acc)* #shape] }
                };
                ($($t:tt)*) => { ::core::compile_error!(#message) };
            }
            #(#attrs)*
            #[doc(hidden)]
            #[allow(clippy::pub_use, reason = "as public as the function")]
            #vis use #hidden as #told_as;
        }
    }
}

fn unique(ident: &Ident) -> Ident {
    hygiene::unique_macro(ident)
}
