//! What is known of a node once its syntax has been read.

use proc_macro2::Span;
use quote::ToTokens;
use syn::{Attribute, Expr, Ident, Type};

use super::args::{Args, OutputNames, Workload};
use super::policies::Policies;

/// The ports of a node: the same for functions, closures and pipelines.
pub(crate) struct Ports {
    pub(crate) params: Vec<Param>,
    pub(crate) returns: Returns,
    pub(crate) outputs: Outputs,
    /// The span of `async`.
    pub(crate) asyncness: Option<Span>,
}

/// One parameter.
pub(crate) struct Param {
    pub(crate) ident: Ident,
    /// The name without `r#`.
    pub(crate) name: String,
    pub(crate) kind: ParamKind,
}

pub(crate) enum ParamKind {
    /// An input.
    Port {
        by: By,
        /// The referenced type for [`By::Ref`], the whole type for [`By::Value`].
        ty: Type,
        default: Option<Expr>,
    },
    /// The state that `init` builds.
    State { ty: Type, mutable: bool },
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum By {
    Ref,
    Value,
}

/// One input: what expansion needs of a parameter that is a port.
#[derive(Clone, Copy)]
pub(crate) struct Port<'a> {
    pub(crate) name: &'a str,
    pub(crate) by: By,
    pub(crate) ty: &'a Type,
    pub(crate) default: Option<&'a Expr>,
}

impl Ports {
    /// The parameters that are inputs, in order.
    pub(crate) fn inputs(&self) -> impl Iterator<Item = Port<'_>> {
        self.params.iter().filter_map(|param| match &param.kind {
            ParamKind::Port { by, ty, default } => Some(Port {
                name: &param.name,
                by: *by,
                ty,
                default: default.as_ref(),
            }),
            ParamKind::State { .. } => None,
        })
    }

    /// The type of the state and whether it is taken by `&mut`.
    pub(crate) fn state(&self) -> Option<(&Type, bool)> {
        self.params.iter().find_map(|param| match &param.kind {
            ParamKind::State { ty, mutable } => Some((ty, *mutable)),
            ParamKind::Port { .. } => None,
        })
    }
}

/// What is written after `->`.
pub(crate) struct Returns {
    /// `None` for closures that leave it out.
    pub(crate) ty: Option<Type>,
    /// Known from the tokens; `None` where the type must be asked.
    pub(crate) fallible: Option<bool>,
}

/// The outputs: one value, or the values of a tuple.
pub(crate) enum Outputs {
    /// The name of the node itself.
    NodeName,
    One(String),
    Tuple(Vec<String>),
}

/// Options that end up in the signature.
#[derive(Default)]
pub(crate) struct Options {
    pub(crate) version: u32,
    pub(crate) workload: Option<Workload>,
    pub(crate) concurrency: Option<usize>,
    /// A call takes so long that the loop around it need not be compiled for it.
    pub(crate) is_coarse: bool,
    pub(crate) policies: Policies,
}

impl Options {
    pub(crate) fn new(args: &mut Args) -> Self {
        Self {
            version: args.version.unwrap_or(0),
            workload: args.workload,
            concurrency: args.concurrency.map(|(_, limit)| limit),
            is_coarse: args.coarse.is_some(),
            policies: std::mem::take(&mut args.policies),
        }
    }
}

impl Outputs {
    pub(crate) fn from_names(names: Option<&OutputNames>) -> Self {
        let Some(names) = names else {
            return Self::NodeName;
        };
        let mut texts = names.texts();
        if texts.len() == 1 {
            Self::One(texts.remove(0))
        } else {
            Self::Tuple(texts)
        }
    }

    /// The names, given that of the node.
    pub(crate) fn names(&self, node: &str) -> Vec<String> {
        match self {
            Self::NodeName => vec![node.to_owned()],
            Self::One(name) => vec![name.clone()],
            Self::Tuple(names) => names.clone(),
        }
    }
}

/// `#[cfg(..)]`, `#[doc = ..]` and so on, by name.
pub(crate) fn attributes<'a>(
    attributes: &'a [Attribute],
    name: &str,
) -> impl Iterator<Item = &'a Attribute> {
    attributes
        .iter()
        .filter(move |attribute| attribute.path().is_ident(name))
}

/// A type without the invisible groups and parentheses around it.
pub(crate) fn peel(ty: &Type) -> &Type {
    match ty {
        Type::Group(group) => peel(&group.elem),
        Type::Paren(paren) => peel(&paren.elem),
        ty => ty,
    }
}

/// Whether a type is written as a `Result`.
pub(crate) fn is_written_result(ty: &Type) -> bool {
    matches!(peel(ty), Type::Path(path) if path.path.segments.last().is_some_and(|last| last.ident == "Result"))
}

/// The `T` in a type written as `Result<T, ..>`, if it is there.
pub(crate) fn ok_type(ty: &Type) -> Option<&Type> {
    let Type::Path(path) = peel(ty) else {
        return None;
    };
    let syn::PathArguments::AngleBracketed(arguments) = &path.path.segments.last()?.arguments
    else {
        return None;
    };
    arguments.args.iter().find_map(|argument| match argument {
        syn::GenericArgument::Type(ty) => Some(ty),
        _ => None,
    })
}

/// The tokens of a type as short text.
pub(crate) fn text(tokens: &impl ToTokens) -> String {
    crate::support::tokens::compact(tokens.to_token_stream())
}
