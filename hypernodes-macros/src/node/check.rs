//! What cannot be a node, and what to write instead.

use hypernodes_wiring::{Interface, NodeShape, WiringProblem, wire};
use proc_macro2::Span;
use quote::ToTokens;
use syn::punctuated::Punctuated;
use syn::visit::{self, Visit};
use syn::{
    Attribute, FnArg, Pat, PatType, ReturnType, Signature, Token, Type, TypeParamBound,
    TypeTraitObject,
};

use super::args::{Args, DefaultArg, OutputNames};
use super::model::{
    By, Param, ParamKind, Returns, attributes, is_written_result, ok_type, peel, text,
};
use crate::support::ctxt::Ctxt;
use crate::support::hygiene;

/// How many values a node can return: the longest tuple that core knows.
const MOST_OUTPUTS: usize = 12;

/// Everything about a function but its parameters and its result.
pub(crate) fn signature(sig: &Signature, attrs: &[Attribute], cx: &mut Ctxt) {
    let name = syn::ext::IdentExt::unraw(&sig.ident).to_string();
    if let Some(what) = hygiene::hides(&name) {
        let text = format!(
            "a node named `{name}` hides the {what} `{name}` where it is in scope; choose another name"
        );
        cx.error(&sig.ident, text);
    }
    if let Some(token) = &sig.unsafety {
        cx.error(
            token,
            "a node is safe to call: put the `unsafe` block into a safe function",
        );
    }
    if let Some(abi) = &sig.abi {
        cx.error(
            abi,
            "a node uses the Rust ABI: call the `extern` function from a node",
        );
    }
    if let Some(variadic) = &sig.variadic {
        cx.error(
            variadic,
            "a node has a fixed number of inputs: take a `&[T]`",
        );
    }
    for param in &sig.generics.params {
        match param {
            syn::GenericParam::Lifetime(lifetime) => cx.error(
                lifetime,
                format!(
                    "a node needs no lifetimes: write `&T` for `&{} T`",
                    lifetime.lifetime
                ),
            ),
            syn::GenericParam::Type(ty) => cx.error(
                ty,
                format!(
                    "a node has concrete types: replace `{}`, or write one function for each type",
                    ty.ident
                ),
            ),
            syn::GenericParam::Const(constant) => cx.error(
                constant,
                format!(
                    "a node has concrete types: replace `{}`, or write one function for each value",
                    constant.ident
                ),
            ),
        }
    }
    if let (Some(clause), true) = (&sig.generics.where_clause, sig.generics.params.is_empty()) {
        cx.error(
            clause,
            "a node has concrete types, so there is nothing to bound: remove the `where` clause",
        );
    }
    for attribute in attributes(attrs, "target_feature") {
        cx.error(attribute, "a node can be called on every machine: call this function from a node that checks for the feature");
    }
}

/// The parameters of a function.
pub(crate) fn function_params(inputs: &Punctuated<FnArg, Token![,]>, cx: &mut Ctxt) -> Vec<Param> {
    let mut params = Vec::new();
    for input in inputs {
        match input {
            FnArg::Receiver(receiver) => {
                cx.error(
                    receiver.self_token,
                    "a method cannot be a node: write a function that takes the value by name",
                );
            }
            FnArg::Typed(typed) => params.extend(param(typed, cx)),
        }
    }
    params
}

/// One parameter with its helper attributes. `None`, with an error, where it cannot be one.
pub(crate) fn param(typed: &PatType, cx: &mut Ctxt) -> Option<Param> {
    let ident = match &*typed.pat {
        Pat::Ident(pat) if pat.by_ref.is_none() && pat.subpat.is_none() => Some(pat.ident.clone()),
        Pat::Wild(_) => {
            cx.error(
                &typed.pat,
                "inputs are wired by name: give this parameter one (`_name` if it is not used)",
            );
            None
        }
        _ => {
            cx.error(
                &typed.pat,
                "inputs are wired by name: take a plain name and match inside the function",
            );
            None
        }
    };
    let mut default = None;
    let mut state = None;
    for attribute in &typed.attrs {
        if attribute.path().is_ident("default") {
            if default.is_some() {
                cx.error(attribute, "a parameter has one default; remove this one");
                continue;
            }
            match &attribute.meta {
                syn::Meta::List(list) if !list.tokens.is_empty() => {
                    match attribute.parse_args::<DefaultArg>() {
                        Ok(value) => default = Some(value.0),
                        Err(error) => cx.push(error),
                    }
                }
                _ => cx.error(attribute, "a default is written `#[default(value)]`"),
            }
        } else if attribute.path().is_ident("state") {
            if !matches!(attribute.meta, syn::Meta::Path(_)) {
                cx.error(attribute, "state is marked `#[state]`; what builds it is told by `#[node(init = function)]`");
            }
            state = Some(attribute);
        } else if attribute.path().is_ident("cfg") || attribute.path().is_ident("cfg_attr") {
            cx.error(
                attribute,
                "the inputs of a node do not depend on `cfg`: put it on the function",
            );
        }
    }
    let kind = match (state, &default) {
        (Some(attribute), Some(value)) => {
            cx.error(value, "state has no default: `init` builds it");
            state_kind(attribute, &typed.ty, cx)?
        }
        (Some(attribute), None) => state_kind(attribute, &typed.ty, cx)?,
        (None, _) => {
            let (by, ty) = port_type(&typed.ty, cx)?;
            ParamKind::Port { by, ty, default }
        }
    };
    let ident = ident?;
    let name = syn::ext::IdentExt::unraw(&ident).to_string();
    Some(Param { ident, name, kind })
}

fn state_kind(attribute: &Attribute, ty: &Type, cx: &mut Ctxt) -> Option<ParamKind> {
    match peel(ty) {
        Type::Reference(reference) => {
            if let Some(lifetime) = &reference.lifetime {
                cx.error(lifetime, "state is lent for one call: remove the lifetime");
            }
            owned(&reference.elem, cx);
            Some(ParamKind::State {
                ty: (*reference.elem).clone(),
                mutable: reference.mutability.is_some(),
            })
        }
        ty => {
            let ty = text(ty);
            cx.error(
                attribute,
                format!("state is lent, not given away: take `&mut {ty}` or `&{ty}`"),
            );
            None
        }
    }
}

/// How a parameter of type `ty` is passed.
pub(crate) fn port_type(ty: &Type, cx: &mut Ctxt) -> Option<(By, Type)> {
    match peel(ty) {
        Type::Reference(reference) => {
            if let Type::TraitObject(object) = peel(&reference.elem) {
                cx.error(
                    &reference.elem,
                    format!("a port has a concrete type: take `&{}`", shared(object)),
                );
                return None;
            }
            if let Some(token) = &reference.mutability {
                let owned = owned_text(&reference.elem);
                cx.error(token, format!(
                    "a node does not change its inputs: take `{owned}` by value and return the changed one, or keep \
                     what changes in `#[state]`"
                ));
            }
            if let Some(lifetime) = &reference.lifetime {
                cx.error(
                    lifetime,
                    "an input is lent for one call: remove the lifetime",
                );
            }
            owned(&reference.elem, cx);
            Some((By::Ref, (*reference.elem).clone()))
        }
        Type::TraitObject(object) => {
            cx.error(
                ty,
                format!("a port has a sized type: take `&{}`", shared(object)),
            );
            None
        }
        Type::Slice(_) => {
            cx.error(ty, format!("a port has a sized type: take `&{}`", text(ty)));
            None
        }
        _ => {
            owned(ty, cx);
            Some((By::Value, ty.clone()))
        }
    }
}

/// What is returned.
pub(crate) fn returns(output: &ReturnType, args: &Args, cx: &mut Ctxt) -> Returns {
    let ReturnType::Type(_, ty) = output else {
        return Returns {
            ty: None,
            fallible: Some(args.fallible.is_some()),
        };
    };
    match peel(ty) {
        Type::Reference(reference) if !is_static(reference) => {
            cx.error(
                ty,
                format!(
                    "a node owns what it returns: return `{}`",
                    owned_text(&reference.elem)
                ),
            );
        }
        Type::Never(_) => cx.error(
            ty,
            "a node returns a value; one that can fail returns a `Result`",
        ),
        _ => owned(ty, cx),
    }
    Returns {
        ty: Some((**ty).clone()),
        fallible: Some(args.fallible.is_some() || is_written_result(ty)),
    }
}

/// The names of the outputs, against each other and against the returned type.
pub(crate) fn outputs(node: &str, names: &OutputNames, returns: &Returns, cx: &mut Ctxt) {
    let texts = names.texts();
    for (index, name) in names.names.iter().enumerate() {
        let shape = NodeShape::new(node, [], texts[..=index].iter().cloned());
        let problems = wire(&[shape], &Interface::open()).err().unwrap_or_default();
        let own = |problem: &&WiringProblem| match problem {
            WiringProblem::InvalidName { name: invalid, .. } => *invalid == texts[index],
            WiringProblem::DuplicateOutput { output, .. } => *output == texts[index],
            _ => false,
        };
        if let Some(problem) = problems.iter().find(own) {
            cx.error(name, problem);
        } else if !hygiene::can_be_ident(&texts[index]) {
            cx.error(
                name,
                format!(
                    "`{}` cannot name a value: it is a keyword that has no raw form",
                    texts[index]
                ),
            );
        }
    }
    let count = texts.len();
    if count == 0 {
        cx.error_at(names.span, "a node produces at least one output");
    } else if count > MOST_OUTPUTS {
        cx.error_at(
            names.span,
            format!("a node has at most {MOST_OUTPUTS} outputs; return a struct"),
        );
    } else if count > 1 {
        let known = match (&returns.ty, returns.fallible) {
            (Some(ty), Some(true)) => ok_type(ty).map(peel),
            (Some(ty), _) => Some(peel(ty)),
            (None, Some(_)) => {
                return cx.error_at(
                    names.span,
                    format!("{count} outputs are named, but nothing is returned"),
                );
            }
            (None, None) => None,
        };
        match known {
            Some(Type::Tuple(tuple)) if tuple.elems.len() != count => cx.error_at(
                names.span,
                format!(
                    "{count} outputs are named, but a tuple of {} is returned",
                    tuple.elems.len()
                ),
            ),
            // A path may stand for a tuple: the compiler knows.
            Some(Type::Tuple(_) | Type::Path(_) | Type::Macro(_)) | None => {}
            Some(other) => {
                cx.error_at(
                    names.span,
                    format!(
                        "{count} outputs are named, but `{}` is no tuple",
                        text(other)
                    ),
                );
            }
        }
    }
}

/// Options that need each other, or a kind of function.
pub(crate) fn options(
    args: &Args,
    params: &[Param],
    state: Option<&Attribute>,
    asyncness: Option<Span>,
    cx: &mut Ctxt,
) {
    if let (Some(span), Some(_)) = (args.coarse, asyncness) {
        cx.error_at(
            span,
            "`coarse` is about the loop around a plain function; this one is async",
        );
    }
    if let (Some(span), Some(_)) = (args.coarse, state) {
        cx.error_at(
            span,
            "a node with a state has one loop already; leave `coarse` out",
        );
    }
    if let (Some((span, _)), None) = (args.concurrency, asyncness) {
        cx.error_at(span, "`concurrency` limits how many calls of an `async fn` are in flight; this one is not async");
    }
    let states = params
        .iter()
        .filter(|param| matches!(param.kind, ParamKind::State { .. }));
    for second in states.clone().skip(1) {
        cx.error(
            &second.ident,
            "a node has one state: put both into a struct",
        );
    }
    match (&args.init, states.clone().next(), state) {
        (None, _, Some(attribute)) if !args.names_init => {
            cx.error(
                attribute,
                "what builds the state? name the function: `#[node(init = function)]`",
            );
        }
        (Some(init), None, None) => {
            cx.error(
                init,
                "no parameter takes what `init` builds: mark it `#[state]`",
            );
        }
        _ => {}
    }
    if asyncness.is_some() {
        for param in states {
            if let ParamKind::State { ty, mutable: true } = &param.kind {
                let ty = text(ty);
                cx.error(
                    ty_of(param),
                    format!("async calls share the state: take `&{ty}`"),
                );
            }
        }
    }
}

fn ty_of(param: &Param) -> &Type {
    match &param.kind {
        ParamKind::State { ty, .. } | ParamKind::Port { ty, .. } => ty,
    }
}

/// The first `#[state]` in a signature.
pub(crate) fn state_attribute(inputs: &Punctuated<FnArg, Token![,]>) -> Option<&Attribute> {
    inputs.iter().find_map(|input| match input {
        FnArg::Typed(typed) => attributes(&typed.attrs, "state").next(),
        FnArg::Receiver(_) => None,
    })
}

/// What to write for a type that is borrowed.
fn owned_text(elem: &Type) -> String {
    match peel(elem) {
        Type::Slice(slice) => format!("Vec<{}>", text(&slice.elem)),
        Type::Path(path) if path.path.is_ident("str") => "String".to_owned(),
        Type::Path(path) if path.path.is_ident("Path") => "PathBuf".to_owned(),
        Type::TraitObject(object) => shared(object),
        elem => text(elem),
    }
}

/// What to write for a trait object: each bound once, and without the lifetime of what it borrowed.
fn shared(object: &TypeTraitObject) -> String {
    let mut bounds: Vec<String> = object
        .bounds
        .iter()
        .filter(|bound| !matches!(bound, TypeParamBound::Lifetime(_)))
        .map(text)
        .collect();
    for wanted in ["Send", "Sync"] {
        if !bounds
            .iter()
            .any(|bound| bound.rsplit("::").next() == Some(wanted))
        {
            bounds.push(wanted.to_owned());
        }
    }
    format!("Arc<dyn {}>", bounds.join(" + "))
}

fn is_static(reference: &syn::TypeReference) -> bool {
    reference
        .lifetime
        .as_ref()
        .is_some_and(|lifetime| lifetime.ident == "static")
}

/// A type that is kept between calls: concrete, and without borrowed parts.
pub(crate) fn owned(ty: &Type, cx: &mut Ctxt) {
    Owned { cx }.visit_type(ty);
}

struct Owned<'a> {
    cx: &'a mut Ctxt,
}

impl<'ast> Visit<'ast> for Owned<'_> {
    fn visit_type_reference(&mut self, reference: &'ast syn::TypeReference) {
        if is_static(reference) {
            visit::visit_type_reference(self, reference);
        } else {
            let owned = owned_text(&reference.elem);
            self.cx.error(
                reference,
                format!(
                    "a value outlives the call that made it, so it cannot borrow: own it as `{owned}`"
                ),
            );
        }
    }

    fn visit_lifetime(&mut self, lifetime: &'ast syn::Lifetime) {
        if lifetime.ident != "static" {
            self.cx.error(
                lifetime,
                "a value outlives the call that made it, so it cannot borrow: own it",
            );
        }
    }

    fn visit_type_impl_trait(&mut self, ty: &'ast syn::TypeImplTrait) {
        self.cx.error(
            ty,
            "a port has a concrete type: name it (collect an iterator into a `Vec`, box a closure)",
        );
    }

    fn visit_type_infer(&mut self, ty: &'ast syn::TypeInfer) {
        self.cx
            .error(ty, "a port has a concrete type: write it out");
    }

    // `Fn(&str) -> &str` and `fn(&str)` borrow for the time of their own calls.
    fn visit_parenthesized_generic_arguments(
        &mut self,
        _: &'ast syn::ParenthesizedGenericArguments,
    ) {
    }
    fn visit_type_bare_fn(&mut self, _: &'ast syn::TypeBareFn) {}
    fn visit_expr(&mut self, _: &'ast syn::Expr) {}
}

/// Takes the helper attributes off the parameters, so that the compiler never sees them.
pub(crate) fn strip_helpers(sig: &mut Signature) {
    for input in &mut sig.inputs {
        if let FnArg::Typed(typed) = input {
            strip(&mut typed.attrs);
        }
    }
}

pub(crate) fn strip(attrs: &mut Vec<Attribute>) {
    attrs.retain(|attribute| {
        !attribute.path().is_ident("default") && !attribute.path().is_ident("state")
    });
}

/// The doc comment as the pieces of a `concat!`, without the space that rustdoc drops too.
pub(crate) fn doc(attrs: &[Attribute]) -> Vec<proc_macro2::TokenStream> {
    let mut pieces = Vec::new();
    for attribute in attributes(attrs, "doc") {
        let syn::Meta::NameValue(meta) = &attribute.meta else {
            continue;
        };
        if !pieces.is_empty() {
            pieces.push("\n".to_token_stream());
        }
        match &meta.value {
            syn::Expr::Lit(syn::ExprLit {
                lit: syn::Lit::Str(line),
                ..
            }) => {
                let line = line.value();
                pieces.push(line.strip_prefix(' ').unwrap_or(&line).to_token_stream());
            }
            other => pieces.push(other.to_token_stream()),
        }
    }
    pieces
}
