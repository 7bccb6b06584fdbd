//! Tokens as text and as a hash, independent of how the source is laid out.

use proc_macro2::{Delimiter, TokenStream, TokenTree};

/// The tokens as short text: the same for the same tokens, however they were spaced.
pub(crate) fn compact(tokens: TokenStream) -> String {
    let mut out = String::new();
    write_compact(tokens, &mut out);
    out
}

fn write_compact(tokens: TokenStream, out: &mut String) {
    for token in tokens {
        match token {
            TokenTree::Group(group) => {
                let (open, close) = delimiters(group.delimiter());
                out.push_str(open);
                write_compact(group.stream(), out);
                out.push_str(close);
            }
            TokenTree::Punct(punct) => {
                out.push(punct.as_char());
                if matches!(punct.as_char(), ',' | ';') {
                    out.push(' ');
                }
            }
            word => {
                if out.ends_with(|c: char| c.is_alphanumeric() || c == '_' || c == '"') {
                    out.push(' ');
                }
                out.push_str(&word.to_string());
            }
        }
    }
    if out.ends_with(", ") {
        out.pop();
    }
}

fn delimiters(delimiter: Delimiter) -> (&'static str, &'static str) {
    match delimiter {
        Delimiter::Parenthesis => ("(", ")"),
        Delimiter::Brace => ("{", "}"),
        Delimiter::Bracket => ("[", "]"),
        Delimiter::None => ("", ""),
    }
}

/// A stable hash (FNV-1a, 64 bit) of the tokens: layout, comments and trailing commas do not count.
pub(crate) fn hash(tokens: TokenStream) -> u64 {
    let mut hash = Fnv::default();
    hash.stream(tokens);
    hash.0
}

/// A stable hash of a few words.
pub(crate) fn hash_words(words: &[&str]) -> u64 {
    let mut hash = Fnv::default();
    for word in words {
        hash.word(word);
    }
    hash.0
}

struct Fnv(u64);

impl Default for Fnv {
    fn default() -> Self {
        Self(0xcbf2_9ce4_8422_2325)
    }
}

impl Fnv {
    fn word(&mut self, text: &str) {
        for byte in text.bytes().chain([0]) {
            self.0 = (self.0 ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
        }
    }

    fn stream(&mut self, tokens: TokenStream) {
        let tokens: Vec<TokenTree> = tokens.into_iter().collect();
        let is_comma =
            |token: &TokenTree| matches!(token, TokenTree::Punct(punct) if punct.as_char() == ',');
        let commas = tokens.iter().filter(|token| is_comma(token)).count();
        // `(a, b,)` is `(a, b)`, but `(a,)` is not `(a)`.
        let trailing = commas > 1 && tokens.last().is_some_and(is_comma);
        let kept = tokens.len() - usize::from(trailing);
        for token in tokens.into_iter().take(kept) {
            match token {
                TokenTree::Group(group) => {
                    let (open, close) = delimiters(group.delimiter());
                    self.word(open);
                    self.stream(group.stream());
                    self.word(close);
                }
                token => self.word(&token.to_string()),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(source: &str) -> TokenStream {
        source.parse().expect("tokens")
    }

    #[test]
    fn compact_text_does_not_depend_on_spacing() {
        for (source, text) in [
            ("Foo :: new ( 1 , 2, )", "Foo::new(1, 2,)"),
            ("- 1.5", "-1.5"),
            ("vec![1 ,2]", "vec![1, 2]"),
            ("x as u64", "x as u64"),
            ("\"a b\"", "\"a b\""),
        ] {
            assert_eq!(compact(parsed(source)), text);
        }
    }

    #[test]
    fn the_hash_ignores_layout_and_sees_every_token() {
        let base = hash(parsed("fn f(a: f64, b: f64) -> f64 { a + b }"));
        assert_eq!(
            base,
            hash(parsed(
                "fn f(\n a: f64,\n b: f64,\n) -> f64 {\n    // sum\n    a+b\n}"
            ))
        );
        assert_ne!(base, hash(parsed("fn f(a: f64, b: f64) -> f64 { a - b }")));
        assert_ne!(hash(parsed("f(a,)")), hash(parsed("f(a)")));
        assert_ne!(hash(parsed("a (b)")), hash(parsed("a b")));
    }
}
