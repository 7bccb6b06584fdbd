//! What `pipeline!` writes, as a reader would see it.

use proc_macro2::TokenStream;

fn pretty(tokens: TokenStream) -> String {
    let file = syn::parse2(tokens).expect("the macro writes items");
    prettyplease::unparse(&file)
}

const DECLARATION: &str = "
    /// Shares the words among some.
    pub fn share(text: String, by: usize = 2) -> (q: usize, words: Vec<String>) { text::split, count, div }";

const SHAPES: &str = "
    { \"split\" [] [(by_ref \"text\")] [\"words\"] }
    { \"count\" [is_pipeline] [(by_value \"words\") (by_value \"min_len\" \"1\")] [\"count\"] }
    { \"div\" [is_fallible] [(by_value \"count\") (by_value \"by\")] [\"q\" \"r\"] }";

fn tokens(text: &str) -> TokenStream {
    text.parse().expect("tokens")
}

#[test]
fn the_first_half_asks_the_nodes() {
    insta::assert_snapshot!(pretty(super::start(tokens(DECLARATION))));
}

#[test]
fn the_second_half_writes_a_function_a_struct_and_a_node() {
    let collected = format!("@hypernodes [] [{{ {DECLARATION} }} {SHAPES}]");
    insta::assert_snapshot!(pretty(super::finish(tokens(&collected))));
}

#[test]
fn problems_are_those_of_the_dynamic_builder() {
    let declaration = DECLARATION
        .replace("text: String", "txt: String")
        .replace("(q:", "(p:");
    let collected = format!("@hypernodes [] [{{ {declaration} }} {SHAPES}]");
    let written = super::finish(tokens(&collected)).to_string();
    for problem in [
        "input `text` of node `split` has no producer; did you mean `txt`? available: `by`, `count`, `q`, `r`, `txt`",
        "input `txt` is used by no node; did you mean `text`? taken from outside: `by`, `min_len`, `text`",
        "output `p` is produced by no node; available: `count`, `q`, `r`, `words`",
    ] {
        assert!(written.contains(problem), "{problem}\n{written}");
    }
}
