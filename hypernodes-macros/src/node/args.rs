//! The options in `#[node(..)]` and `node_fn!`.

use hypernodes_wiring::suggest;
use proc_macro2::{Span, TokenStream, TokenTree};
use syn::parse::{Parse, ParseStream, Parser};
use syn::punctuated::Punctuated;
use syn::spanned::Spanned;
use syn::{Expr, Ident, LitInt, LitStr, Path, Token, parenthesized};

use super::policies::Policies;
use crate::support::ctxt::Ctxt;

/// What was written between the parentheses.
#[derive(Default)]
pub(crate) struct Args {
    pub(crate) outputs: Option<OutputNames>,
    pub(crate) version: Option<u32>,
    pub(crate) workload: Option<Workload>,
    pub(crate) concurrency: Option<(Span, usize)>,
    pub(crate) init: Option<Expr>,
    /// `init` is there, even if its value makes no sense.
    pub(crate) names_init: bool,
    pub(crate) fallible: Option<Span>,
    pub(crate) coarse: Option<Span>,
    pub(crate) policies: Policies,
    pub(crate) krate: Option<Path>,
}

/// The outputs by name.
pub(crate) struct OutputNames {
    /// Where they are told: for errors about their number.
    pub(crate) span: Span,
    pub(crate) names: Vec<LitStr>,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Workload {
    Io,
    Cpu,
    Mixed,
}

const KEYS: [&str; 12] = [
    "output",
    "outputs",
    "version",
    "workload",
    "concurrency",
    "init",
    "fallible",
    "coarse",
    "cache",
    "retry",
    "timeout",
    "crate",
];
const LATER: [&str; 2] = ["gpu", "codec"];

impl Args {
    /// Reads every option, going on after a mistake.
    pub(crate) fn parse(tokens: TokenStream, cx: &mut Ctxt) -> Self {
        let mut args = Self::default();
        let mut seen: Vec<String> = Vec::new();
        for option in split_at_commas(tokens) {
            match (|input: ParseStream<'_>| args.parse_option(input, &mut seen)).parse2(option) {
                Ok(()) => {}
                Err(error) => cx.push(error),
            }
        }
        args
    }

    fn parse_option(&mut self, input: ParseStream<'_>, seen: &mut Vec<String>) -> syn::Result<()> {
        if input.peek(syn::Lit) {
            let name: syn::Lit = input.parse()?;
            let _: TokenStream = input.parse()?;
            return Err(syn::Error::new(
                name.span(),
                "name the option: `output = \"..\"` names what the node produces",
            ));
        }
        let key: Ident = input.call(syn::ext::IdentExt::parse_any)?;
        let name = key.to_string();
        if !KEYS.contains(&name.as_str()) {
            let _: TokenStream = input.parse()?;
            return Err(unknown(&key, &name));
        }
        let group = if name == "outputs" { "output" } else { &name };
        if seen.iter().any(|other| other == group) {
            let _: TokenStream = input.parse()?;
            return Err(syn::Error::new(key.span(), match group {
                "output" => "the outputs are named twice; keep one of `output = ..` and `outputs = (..)`".to_owned(),
                _ => format!("option `{name}` is given twice; keep one"),
            }));
        }
        seen.push(group.to_owned());
        self.names_init |= name == "init";
        let alone = match name.as_str() {
            "fallible" => Some(&mut self.fallible),
            "coarse" => Some(&mut self.coarse),
            _ => None,
        };
        if let Some(option) = alone {
            *option = Some(key.span());
            return if input.is_empty() {
                Ok(())
            } else {
                Err(input.error(format!("`{name}` stands alone: `#[node({name})]`")))
            };
        }
        if name == "cache" && input.is_empty() {
            self.policies.cache = true;
            return Ok(());
        }
        let example = match name.as_str() {
            "output" => "output = \"name\"",
            "outputs" => "outputs = (\"first\", \"second\")",
            "version" => "version = 2",
            "workload" => "workload = \"io\"",
            "concurrency" => "concurrency = 64",
            "init" => "init = function",
            name if Policies::KEYS.contains(&name) => Policies::example(name),
            _ => "crate = path",
        };
        if !input.peek(Token![=]) {
            let rest: TokenStream = input.parse()?;
            let at = if rest.is_empty() {
                key.span()
            } else {
                rest.span()
            };
            return Err(syn::Error::new(
                at,
                format!("option `{name}` needs a value: `{example}`"),
            ));
        }
        input.parse::<Token![=]>()?;
        let value: TokenStream = input.parse()?;
        if value.is_empty() {
            return Err(syn::Error::new(
                key.span(),
                format!("option `{name}` needs a value: `{example}`"),
            ));
        }
        let wrong = |what: &str| syn::Error::new_spanned(&value, format!("{what}: `{example}`"));
        match name.as_str() {
            "output" => {
                let text: LitStr = syn::parse2(value.clone()).map_err(|_| {
                    match outputs.parse2(value.clone()) {
                        Ok(_) => syn::Error::new(
                            key.span(),
                            "several outputs are written `outputs = (\"..\", \"..\")`",
                        ),
                        Err(_) => wrong("an output is a string"),
                    }
                })?;
                self.outputs = Some(OutputNames {
                    span: text.span(),
                    names: vec![text],
                });
            }
            "outputs" => {
                let names = match outputs.parse2(value.clone()) {
                    Ok(names) => names,
                    Err(_) if syn::parse2::<LitStr>(value.clone()).is_ok() => {
                        return Err(syn::Error::new(
                            key.span(),
                            "one output is written `output = \"..\"`",
                        ));
                    }
                    Err(_) => return Err(wrong("outputs are strings in parentheses")),
                };
                self.outputs = Some(OutputNames {
                    span: value.span(),
                    names,
                });
            }
            "version" => {
                let version = number(&value);
                self.version = Some(version.ok_or_else(|| wrong("a version is a whole number"))?);
            }
            "concurrency" => {
                let limit = number(&value).filter(|&limit: &usize| limit > 0);
                let limit = limit.ok_or_else(|| wrong("a limit is a whole number, at least 1"))?;
                self.concurrency = Some((key.span(), limit));
            }
            "workload" => self.workload = Some(workload(&value)?),
            "init" => match syn::parse2::<Expr>(value.clone()) {
                Ok(init @ (Expr::Path(_) | Expr::Closure(_))) => self.init = Some(init),
                _ => {
                    return Err(wrong(
                        "`init` is the path of a function without parameters, or a closure",
                    ));
                }
            },
            name if Policies::KEYS.contains(&name) => self.policies.parse(name, &value)?,
            _ => {
                let path = Path::parse_mod_style.parse2(value.clone());
                self.krate = Some(path.map_err(|_| {
                    wrong("`crate` is the path under which hypernodes is known here")
                })?);
            }
        }
        Ok(())
    }
}

fn unknown(key: &Ident, name: &str) -> syn::Error {
    let text = if LATER.contains(&name) {
        format!("option `{name}` is not available yet")
    } else {
        let hint =
            suggest(name, KEYS).map_or(String::new(), |key| format!(" did you mean `{key}`?"));
        let known = KEYS.map(|key| format!("`{key}`")).join(", ");
        format!("unknown option `{name}`;{hint} known: {known}")
    };
    syn::Error::new(key.span(), text)
}

fn workload(value: &TokenStream) -> syn::Result<Workload> {
    const WORKLOADS: [&str; 3] = ["io", "cpu", "mixed"];
    let text = syn::parse2::<LitStr>(value.clone())
        .map(|text| text.value())
        .unwrap_or_default();
    Ok(match text.as_str() {
        "io" => Workload::Io,
        "cpu" => Workload::Cpu,
        "mixed" => Workload::Mixed,
        other => {
            let hint = suggest(other, WORKLOADS)
                .map_or(String::new(), |word| format!("did you mean \"{word}\"? "));
            let text = format!(
                "a workload is \"io\", \"cpu\" or \"mixed\"; {hint}for example `workload = \"io\"`"
            );
            return Err(syn::Error::new_spanned(value, text));
        }
    })
}

fn number<N: std::str::FromStr>(value: &TokenStream) -> Option<N>
where
    N::Err: std::fmt::Display,
{
    syn::parse2::<LitInt>(value.clone())
        .ok()?
        .base10_parse()
        .ok()
}

/// `("a", "b")` or `["a", "b"]`.
fn outputs(input: ParseStream<'_>) -> syn::Result<Vec<LitStr>> {
    let content;
    if input.peek(syn::token::Bracket) {
        syn::bracketed!(content in input);
    } else {
        parenthesized!(content in input);
    }
    Ok(Punctuated::<LitStr, Token![,]>::parse_terminated(&content)?
        .into_iter()
        .collect())
}

/// The tokens between commas, but for those in `::<A, B>`; an empty piece at the end is dropped.
pub(crate) fn split_at_commas(tokens: TokenStream) -> Vec<TokenStream> {
    let mut pieces = vec![TokenStream::new()];
    let (mut depth, mut before) = (0_usize, ' ');
    for token in tokens {
        let c = match &token {
            TokenTree::Punct(punct) => punct.as_char(),
            _ => ' ',
        };
        match (c, before) {
            ('<', ':') => depth += 1,
            ('<', _) if depth > 0 => depth += 1,
            // Not the arrow of `Fn() -> T`.
            ('>', last) if last != '-' => depth = depth.saturating_sub(1),
            _ => {}
        }
        before = c;
        match token {
            TokenTree::Punct(punct) if punct.as_char() == ',' && depth == 0 => {
                pieces.push(TokenStream::new());
            }
            token => pieces
                .last_mut()
                .expect("there is one piece at least")
                .extend([token]),
        }
    }
    pieces.retain(|piece| !piece.is_empty());
    pieces
}

/// The value of `#[default(..)]`: any expression.
pub(crate) struct DefaultArg(pub(crate) Expr);

impl Parse for DefaultArg {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        input.parse().map(Self)
    }
}

impl OutputNames {
    /// The names as written, checked by [`crate::node::check`].
    pub(crate) fn texts(&self) -> Vec<String> {
        self.names.iter().map(LitStr::value).collect()
    }
}
