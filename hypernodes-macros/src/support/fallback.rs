//! What is emitted when a macro found mistakes: the item stays, so that other code that uses it gives no second error.

use proc_macro2::{Ident, TokenStream};
use quote::quote;
use syn::{Attribute, Visibility};

use super::hygiene::{generated, unique_macro};
use super::lints::allow_all;
use super::path::Runtime;

/// A node type and a macro of the right names, which do nothing.
pub(crate) fn node_type(vis: &Visibility, ident: &Ident, cfgs: &[&Attribute], runtime: &Runtime) -> TokenStream {
    let rt = runtime.private();
    let allow = allow_all();
    let name = generated(ident);
    let hidden = unique_macro(ident);
    quote! {
        #(#cfgs)*
        #allow
        #[doc(hidden)]
        #vis struct #name {}
        #(#cfgs)*
        #allow
        impl #rt::NodeType for #name {
            fn node() -> #rt::NodeRef {
                ::core::unreachable!()
            }
        }
        #(#cfgs)*
        #allow
        impl #name {
            #[doc(hidden)]
            pub fn node() -> #rt::NodeRef {
                ::core::unreachable!()
            }
        }
        #(#cfgs)*
        #allow
        #[doc(hidden)]
        macro_rules! #hidden { ($($t:tt)*) => {}; }
        #(#cfgs)*
        #allow
        use #hidden as #name;
    }
}
