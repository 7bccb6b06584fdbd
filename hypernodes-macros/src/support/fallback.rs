//! What is emitted when a macro found mistakes: the item stays, so that other code that uses it gives no second error.

use proc_macro2::{Ident, TokenStream};
use quote::quote;
use syn::{Attribute, Visibility};

use super::hygiene::{generated, signature_macro, unique_macro};
use super::path::Runtime;

/// A node type and a macro of the right names, which do nothing.
pub(crate) fn node_type(
    vis: &Visibility,
    ident: &Ident,
    attrs: &[&Attribute],
    runtime: &Runtime,
) -> TokenStream {
    let rt = runtime.private();
    let name = generated(ident);
    let (hidden, told_as) = (unique_macro(ident), signature_macro(ident));
    quote! {
        #(#attrs)*
        #[doc(hidden)]
        #vis struct #name {}
        #(#attrs)*
        impl #rt::NodeType for #name {
            fn node() -> #rt::NodeRef {
                ::core::unreachable!()
            }
        }
        #(#attrs)*
        impl #name {
            #[doc(hidden)]
            pub fn node() -> #rt::NodeRef {
                ::core::unreachable!()
            }
        }
        #(#attrs)*
        #[doc(hidden)]
        macro_rules! #hidden { ($($t:tt)*) => {}; }
        #(#attrs)*
        use #hidden as #told_as;
    }
}
