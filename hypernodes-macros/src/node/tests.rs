//! What the macros write, as a reader would see it.

use proc_macro2::TokenStream;

fn pretty(tokens: TokenStream) -> String {
    let file = syn::parse2(tokens).expect("the macro writes items");
    prettyplease::unparse(&file)
}

fn node(args: &str, item: &str) -> String {
    let tokens = |text: &str| text.parse().expect("tokens");
    pretty(super::function::expand(tokens(args), tokens(item)))
}

#[test]
fn a_function_with_a_reference_a_value_and_a_default() {
    insta::assert_snapshot!(node(
        "output = \"count\", version = 2",
        "/// Counts long words.
         pub fn count(words: &[String], #[default(1)] min_len: usize) -> usize {
             words.iter().filter(|word| word.len() >= min_len).count()
         }",
    ));
}

#[test]
fn a_fallible_function_with_state_and_two_outputs() {
    insta::assert_snapshot!(node(
        "outputs = (\"body\", \"status\"), init = connect",
        "fn fetch(#[state] client: &mut Client, url: &str) -> Result<(String, u16), Failed> { client.get(url) }",
    ));
}

#[test]
fn a_coarse_function() {
    insta::assert_snapshot!(node(
        "coarse",
        "fn smooth(close: &[f64], period: usize) -> Vec<f64> { average(close, period) }",
    ));
}

#[test]
fn an_async_function() {
    insta::assert_snapshot!(node(
        "concurrency = 8, cache, retry = 3, timeout = 2.5",
        "async fn fetch(url: String) -> io::Result<String> { get(url).await }"
    ));
}

#[test]
fn every_mistake_is_reported_and_the_function_stays() {
    let written = node(
        "ouput = \"x\", gpu = true",
        "fn wrong<T>((a, b): (f64, f64), c: &mut T, #[default] d: u8) -> &str { \"\" }",
    );
    assert_eq!(written.matches("compile_error").count(), 7);
    assert!(
        written.starts_with("fn wrong<T>((a, b): (f64, f64), c: &mut T, d: u8) -> &str {"),
        "{written}"
    );
}

#[test]
fn a_closure() {
    let closure = "\"double\", |x: &f64| x * factor".parse().expect("tokens");
    let tokens = super::closure::expand(closure);
    insta::assert_snapshot!(pretty(quote::quote!(fn main() { #tokens })));
}
