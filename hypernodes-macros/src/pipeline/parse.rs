//! The declaration of a pipeline, as it is written.

use proc_macro2::{Span, TokenStream};
use syn::ext::IdentExt;
use syn::parse::{Parse, ParseStream, Parser};
use syn::punctuated::Punctuated;
use syn::spanned::Spanned;
use syn::{
    Attribute, Expr, Ident, LitInt, PatType, Path, Token, Type, Visibility, braced, parenthesized,
};

use crate::node::check;
use crate::node::model::{By, Outputs, Param, ParamKind, Ports, Returns};
use crate::support::ctxt::Ctxt;
use crate::support::path::Runtime;

const USAGE: &str = "`pub fn name(input: Type) -> (output: Type) { node, other::node }`";

/// `crate = path; /// docs pub fn name(a: A, b: B = default) -> (c: C) { node, module::node }`
pub(crate) struct Declaration {
    pub(crate) runtime: Runtime,
    /// What the crate's `recursion_limit` is said to be.
    pub(crate) recursion_limit: Option<usize>,
    pub(crate) attrs: Vec<Attribute>,
    pub(crate) vis: Visibility,
    pub(crate) asyncness: Option<Span>,
    pub(crate) ident: Ident,
    /// The name without `r#`.
    pub(crate) name: String,
    pub(crate) inputs: Vec<Param>,
    pub(crate) outputs: Vec<OutputDecl>,
    pub(crate) nodes: Vec<Path>,
    /// Everything between `->` and the nodes, for errors about the outputs as a whole.
    pub(crate) outputs_span: Span,
}

/// `/// docs name: Type`
pub(crate) struct OutputDecl {
    pub(crate) attrs: Vec<Attribute>,
    pub(crate) ident: Ident,
    pub(crate) name: String,
    pub(crate) ty: Type,
}

/// As written, before the types have been looked at.
struct Raw {
    krate: Option<Path>,
    recursion_limit: Option<usize>,
    attrs: Vec<Attribute>,
    vis: Visibility,
    asyncness: Option<Span>,
    ident: Ident,
    inputs: Vec<InputDecl>,
    outputs: Vec<OutputDecl>,
    outputs_span: Span,
    nodes: Vec<Expr>,
}

struct InputDecl {
    pat: PatType,
    default: Option<Expr>,
}

impl Declaration {
    /// Reads the declaration. `None`, with errors, where it makes no sense at all.
    pub(crate) fn read(tokens: TokenStream, cx: &mut Ctxt) -> Option<Self> {
        let raw = match Raw::parse.parse2(tokens) {
            Ok(raw) => raw,
            Err(error) => {
                cx.push(error);
                return None;
            }
        };
        let inputs = raw.inputs.into_iter().filter_map(|input| {
            let mut param = check::param(&input.pat, cx)?;
            if let ParamKind::Port { default, .. } = &mut param.kind {
                *default = input.default;
            }
            Some(param)
        });
        let inputs = inputs.collect();
        let nodes = raw
            .nodes
            .into_iter()
            .filter_map(|node| path(node, cx))
            .collect();
        Some(Self {
            runtime: Runtime::at(raw.krate.as_ref()),
            recursion_limit: raw.recursion_limit,
            attrs: raw.attrs,
            vis: raw.vis,
            asyncness: raw.asyncness,
            name: raw.ident.unraw().to_string(),
            ident: raw.ident,
            inputs,
            outputs: raw.outputs,
            outputs_span: raw.outputs_span,
            nodes,
        })
    }

    /// The inputs as the ports of a node.
    pub(crate) fn ports(self: &Declaration, returns: Returns, asyncness: Option<Span>) -> Ports {
        let params = self.inputs.iter().map(|param| Param {
            ident: param.ident.clone(),
            name: param.name.clone(),
            kind: match &param.kind {
                ParamKind::Port { by, ty, default } => ParamKind::Port {
                    by: *by,
                    ty: ty.clone(),
                    default: default.clone(),
                },
                ParamKind::State { ty, mutable } => ParamKind::State {
                    ty: ty.clone(),
                    mutable: *mutable,
                },
            },
        });
        let mut names: Vec<String> = self
            .outputs
            .iter()
            .map(|output| output.name.clone())
            .collect();
        let outputs = if names.len() == 1 {
            Outputs::One(names.remove(0))
        } else {
            Outputs::Tuple(names)
        };
        Ports {
            params: params.collect(),
            returns,
            outputs,
            asyncness,
        }
    }

    /// Each input with how it is passed and its type.
    pub(crate) fn typed_inputs(&self) -> impl Iterator<Item = (&Param, By, &Type)> {
        self.inputs.iter().filter_map(|param| match &param.kind {
            ParamKind::Port { by, ty, .. } => Some((param, *by, ty)),
            ParamKind::State { .. } => None,
        })
    }
}

/// The path of a node.
fn path(node: Expr, cx: &mut Ctxt) -> Option<Path> {
    match node {
        Expr::Path(path) if path.qself.is_none() && path.attrs.is_empty() => {
            let generic = path
                .path
                .segments
                .iter()
                .find(|segment| !segment.arguments.is_none());
            if let Some(segment) = generic {
                cx.error(
                    &segment.arguments,
                    "a node has concrete types: name it without parameters",
                );
            }
            Some(path.path)
        }
        Expr::MethodCall(call) => {
            cx.error(&call.method, "a static pipeline joins nodes under their own names; rename in `Pipeline::new(.., nodes![..])`");
            None
        }
        other => {
            cx.error(other, "a static pipeline lists nodes by path; other expressions go into `Pipeline::new(.., nodes![..])`");
            None
        }
    }
}

impl Parse for Raw {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let mut krate = None;
        let mut recursion_limit = None;
        loop {
            if input.peek(Token![crate]) && input.peek2(Token![=]) {
                input.parse::<Token![crate]>()?;
                input.parse::<Token![=]>()?;
                krate = Some(input.call(Path::parse_mod_style)?);
            } else if input.peek(Ident) && input.peek2(Token![=]) {
                let key: Ident = input.parse()?;
                if key != "recursion_limit" {
                    return Err(syn::Error::new(
                        key.span(),
                        format!("unknown setting `{key}`; known: `crate`, `recursion_limit`"),
                    ));
                }
                input.parse::<Token![=]>()?;
                recursion_limit = Some(input.parse::<LitInt>()?.base10_parse()?);
            } else {
                break;
            }
            input.parse::<Token![;]>()?;
        }
        let attrs = input.call(Attribute::parse_outer)?;
        let vis: Visibility = input.parse()?;
        let asyncness = input
            .parse::<Option<Token![async]>>()?
            .map(|token| token.span);
        if input.is_empty() {
            return Err(input.error(format!("a pipeline is written {USAGE}")));
        }
        if !input.peek(Token![fn]) {
            return Err(input.error(format!("expected `fn`: a pipeline is written {USAGE}")));
        }
        input.parse::<Token![fn]>()?;
        let ident: Ident = input.parse()?;
        if input.peek(Token![<]) {
            return Err(input.error("a pipeline has concrete types: remove the parameters"));
        }
        let content;
        parenthesized!(content in input);
        let inputs = Punctuated::<InputDecl, Token![,]>::parse_terminated(&content)?
            .into_iter()
            .collect();
        if !input.peek(Token![->]) {
            return Err(input.error(format!(
                "a pipeline names its outputs: `-> (name: Type)`, as in {USAGE}"
            )));
        }
        input.parse::<Token![->]>()?;
        if !input.peek(syn::token::Paren) {
            return Err(input
                .error("the outputs stand in parentheses, with their types: `-> (name: Type)`"));
        }
        let content;
        let paren = parenthesized!(content in input);
        let outputs = Punctuated::<OutputDecl, Token![,]>::parse_terminated(&content)?
            .into_iter()
            .collect();
        let outputs_span = paren.span.join();
        if input.peek(Token![where]) {
            return Err(input.error("a pipeline has concrete types, so there is nothing to bound"));
        }
        let content;
        braced!(content in input);
        let nodes = Punctuated::<Expr, Token![,]>::parse_terminated(&content)?
            .into_iter()
            .collect();
        if !input.is_empty() {
            return Err(
                input.error("one `pipeline!` declares one pipeline; put the next one into its own")
            );
        }
        Ok(Self {
            krate,
            recursion_limit,
            attrs,
            vis,
            asyncness,
            ident,
            inputs,
            outputs,
            outputs_span,
            nodes,
        })
    }
}

impl Parse for InputDecl {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        if let Some(attribute) = input.call(Attribute::parse_outer)?.first() {
            return Err(syn::Error::new(
                attribute.span(),
                "an input has no attributes; a default is written `name: Type = value`",
            ));
        }
        let pat = syn::Pat::parse_single(input)?;
        if !input.peek(Token![:]) {
            return Err(syn::Error::new(
                pat.span(),
                "an input needs its type: `name: Type`",
            ));
        }
        let pat = PatType {
            attrs: Vec::new(),
            pat: Box::new(pat),
            colon_token: input.parse()?,
            ty: input.parse()?,
        };
        let default = if input.peek(Token![=]) {
            input.parse::<Token![=]>()?;
            Some(input.parse()?)
        } else {
            None
        };
        Ok(Self { pat, default })
    }
}

impl Parse for OutputDecl {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let attrs = input.call(Attribute::parse_outer)?;
        if let Some(attribute) = attrs
            .iter()
            .find(|attribute| !attribute.path().is_ident("doc"))
        {
            return Err(syn::Error::new(
                attribute.span(),
                "an output has doc comments only",
            ));
        }
        if !input.peek(Ident::peek_any) || !input.peek2(Token![:]) || input.peek2(Token![::]) {
            let at = input
                .parse::<Type>()
                .map_or_else(|_| input.span(), |ty| ty.span());
            return Err(syn::Error::new(
                at,
                "an output needs a name and a type: `name: Type`",
            ));
        }
        let ident = input.call(Ident::parse_any)?;
        input.parse::<Token![:]>()?;
        let ty = input.parse()?;
        Ok(Self {
            attrs,
            name: ident.unraw().to_string(),
            ident,
            ty,
        })
    }
}
