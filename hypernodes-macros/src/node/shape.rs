//! The signature of a node as `pipeline!` sees it, and how it is told from macro to macro.

use proc_macro2::TokenStream;
use quote::{ToTokens, format_ident, quote};

use super::model::{By, ParamKind, Ports, text};

/// The names of a node and how it is called; its types are left to the compiler.
pub(crate) struct Shape {
    pub(crate) name: String,
    pub(crate) is_async: bool,
    pub(crate) is_fallible: bool,
    pub(crate) is_stateful: bool,
    /// Whether the call gives a struct with one field for each output.
    pub(crate) is_pipeline: bool,
    pub(crate) inputs: Vec<ShapeInput>,
    pub(crate) outputs: Vec<String>,
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
            is_stateful: ports
                .params
                .iter()
                .any(|param| matches!(param.kind, ParamKind::State { .. })),
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
