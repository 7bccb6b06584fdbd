//! Where generated code finds the runtime.

use proc_macro2::TokenStream;
use quote::{ToTokens, quote};

/// The crate that generated code calls: `::hypernodes`, or what `crate = path` says.
#[derive(Clone)]
pub(crate) struct Runtime(TokenStream);

impl Runtime {
    pub(crate) fn at(path: Option<&syn::Path>) -> Self {
        Self(path.map_or_else(|| quote!(::hypernodes), ToTokens::to_token_stream))
    }

    /// The module of names that only macros use.
    pub(crate) fn private(&self) -> TokenStream {
        let root = &self.0;
        quote!(#root::__private)
    }
}

impl ToTokens for Runtime {
    fn to_tokens(&self, tokens: &mut TokenStream) {
        self.0.to_tokens(tokens);
    }
}
