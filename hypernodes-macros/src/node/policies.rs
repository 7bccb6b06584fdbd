//! What happens around the calls of a node: `cache`, `retry` and `timeout`.

use std::time::Duration;

use proc_macro2::{Ident, Span, TokenStream};
use quote::{ToTokens, quote, quote_spanned};
use syn::spanned::Spanned;
use syn::{Expr, ExprLit, Lit, LitBool};

use crate::support::hygiene::{local_at, moved_to};

/// What was said of them.
#[derive(Default)]
pub(crate) struct Policies {
    pub(crate) cache: bool,
    retry: Option<Retry>,
    timeout: Option<Timeout>,
}

enum Retry {
    Attempts(u32),
    Given(Expr),
}

enum Timeout {
    Time(Duration),
    Given(Expr),
}

impl Policies {
    /// The options that are read here.
    pub(super) const KEYS: [&str; 3] = ["cache", "retry", "timeout"];

    pub(super) fn example(name: &str) -> &'static str {
        match name {
            "cache" => "cache = true",
            "retry" => "retry = 3",
            _ => "timeout = 2.5",
        }
    }

    /// Reads the value of one of the options.
    pub(super) fn parse(&mut self, name: &str, value: &TokenStream) -> syn::Result<()> {
        let wrong = |what: &str| {
            let example = Self::example(name);
            syn::Error::new_spanned(value, format!("{what}: `{example}`"))
        };
        match name {
            "cache" => {
                let yes = syn::parse2::<LitBool>(value.clone());
                self.cache = yes
                    .map_err(|_| wrong("`cache` is true or false, and alone it is true"))?
                    .value;
            }
            "retry" => {
                let text = "attempts are a whole number, at least 1, or a value of type `Retry`";
                let expr: Expr = syn::parse2(value.clone()).map_err(|_| wrong(text))?;
                let number = match literal(&expr) {
                    None => Ok(Retry::Given(expr)),
                    Some(Lit::Int(number)) if number.suffix().is_empty() => number
                        .base10_parse()
                        .ok()
                        .filter(|&attempts| attempts > 0)
                        .map(Retry::Attempts)
                        .ok_or(()),
                    Some(_) => Err(()),
                };
                self.retry = Some(number.map_err(|()| wrong(text))?);
            }
            _ => {
                let text =
                    "a time limit is a number of seconds above 0, or a value of type `Duration`";
                let expr: Expr = syn::parse2(value.clone()).map_err(|_| wrong(text))?;
                let time = match literal(&expr) {
                    None => Ok(Timeout::Given(expr)),
                    Some(number) => seconds(&number).map(Timeout::Time).ok_or(()),
                };
                self.timeout = Some(time.map_err(|()| wrong(text))?);
            }
        }
        Ok(())
    }

    /// Statements that note in the options of a signature what was said.
    pub(super) fn notes(&self, rt: &TokenStream, options: &Ident) -> TokenStream {
        let cache = self.cache.then(|| quote!(#options.cache = true;));
        let retry = self.retry.as_ref().map(|retry| {
            let (span, retry) = match retry {
                Retry::Attempts(number) => (Span::call_site(), quote!(#rt::Retry::new(#number))),
                Retry::Given(expr) => (expr.span(), expr.to_token_stream()),
            };
            let (at, moved) = (local_at(span), moved_to(rt, span));
            let value = Ident::new("retry", at);
            quote_spanned! {at=>
                let #value: #moved::Retry = #retry;
                #options.retry = ::core::option::Option::Some(#value);
            }
        });
        let timeout = self.timeout.as_ref().map(|timeout| {
            let (span, timeout) = match timeout {
                Timeout::Time(time) => {
                    let (seconds, nanos) = (time.as_secs(), time.subsec_nanos());
                    let time = quote!(::core::time::Duration::new(#seconds, #nanos));
                    (Span::call_site(), time)
                }
                Timeout::Given(expr) => (expr.span(), expr.to_token_stream()),
            };
            let at = local_at(span);
            let value = Ident::new("timeout", at);
            quote_spanned! {at=>
                let #value: ::core::time::Duration = #timeout;
                #options.timeout = ::core::option::Option::Some(#value);
            }
        });
        quote!(#cache #retry #timeout)
    }
}

/// The literal that an expression is, but for its sign: then it is no number that makes sense here.
fn literal(expr: &Expr) -> Option<Lit> {
    match expr {
        Expr::Lit(ExprLit { lit, .. }) => Some(lit.clone()),
        Expr::Unary(unary) => literal(&unary.expr)
            .map(|_| Lit::Verbatim(proc_macro2::Literal::string("a number with a sign"))),
        Expr::Group(group) => literal(&group.expr),
        _ => None,
    }
}

fn seconds(number: &Lit) -> Option<Duration> {
    let digits = match number {
        Lit::Int(number) if number.suffix().is_empty() => number.base10_digits().to_owned(),
        Lit::Float(number) if number.suffix().is_empty() => number.base10_digits().to_owned(),
        _ => return None,
    };
    let time = Duration::try_from_secs_f64(digits.parse().ok()?).ok()?;
    (!time.is_zero()).then_some(time)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(name: &str, value: &str) -> Result<String, String> {
        let mut policies = Policies::default();
        policies
            .parse(name, &value.parse().expect("tokens"))
            .map_err(|error| error.to_string())?;
        let notes = policies.notes(&quote!(rt), &Ident::new("o", Span::call_site()));
        Ok(crate::support::tokens::compact(notes))
    }

    #[test]
    fn numbers_and_values_are_told_apart() {
        for (name, value, wanted) in [
            ("cache", "false", ""),
            ("cache", "true", "o.cache=true;"),
            ("retry", "3", "Retry::new(3u32)"),
            ("retry", "POLICY.clone()", "retry:rt::Retry=POLICY.clone();"),
            ("timeout", "2.5", "Duration::new(2u64, 500000000u32)"),
            ("timeout", "3", "Duration::new(3u64, 0u32)"),
            ("timeout", "1e-3", "Duration::new(0u64, 1000000u32)"),
            ("timeout", "LIMIT", "Duration=LIMIT;"),
        ] {
            let notes = parsed(name, value).expect("accepted");
            assert!(notes.contains(wanted), "{value}: {notes}");
            assert_eq!(notes.is_empty(), wanted.is_empty());
        }
    }

    #[test]
    fn what_makes_no_sense_is_refused_with_an_example() {
        for (name, value, example) in [
            ("cache", "1", "`cache = true`"),
            ("cache", "yes", "`cache = true`"),
            ("retry", "0", "`retry = 3`"),
            ("retry", "-1", "`retry = 3`"),
            ("retry", "2.5", "`retry = 3`"),
            ("retry", "3u8", "`retry = 3`"),
            ("retry", "\"3\"", "`retry = 3`"),
            ("timeout", "0", "`timeout = 2.5`"),
            ("timeout", "0.0", "`timeout = 2.5`"),
            ("timeout", "-2.5", "`timeout = 2.5`"),
            ("timeout", "1e300", "`timeout = 2.5`"),
            ("timeout", "\"2s\"", "`timeout = 2.5`"),
            ("timeout", "a b", "`timeout = 2.5`"),
        ] {
            let error = parsed(name, value).expect_err("refused");
            assert!(error.contains(example), "{value}: {error}");
        }
    }
}
