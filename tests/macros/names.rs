//! Names: scopes, raw names, names of std macros, visibility.

use hypernodes::prelude::*;

mod library {
    use hypernodes::node;

    #[node(output = "words")]
    pub(crate) fn split(text: &str) -> Vec<String> {
        text.split(' ').map(str::to_owned).collect()
    }

    pub(super) mod deeper {
        #[hypernodes::node(output = "count")]
        pub(in super::super) fn count(words: &[String]) -> usize {
            words.len()
        }
    }

    pub(crate) mod prelude {
        pub(crate) use super::split;
    }
}

#[test]
fn one_use_brings_the_function_the_node_and_the_signature() {
    use library::prelude::*;
    pipeline! { fn words(text: &str) -> (words: Vec<String>) { split } }
    assert_eq!(split("a b").len(), 2);
    assert_eq!(nodes![split].len(), 1);
    assert_eq!(words("a b").words, ["a", "b"]);
}

#[test]
#[expect(unused_qualifications, reason = "the paths are what is tested")]
fn nodes_are_found_by_path() {
    pipeline! { fn count(text: &str) -> (count: usize) { library::deeper::count, crate::names::library::split } }
    assert_eq!(count("a b c").count, 3);
    assert_eq!(
        nodes![library::deeper::count, self::library::split].len(),
        2
    );
}

#[test]
fn nodes_can_be_defined_in_a_function() {
    #[node]
    fn local(x: f64) -> f64 {
        x + 1.0
    }
    pipeline! { fn twice(x: f64) -> (other: f64) { local, other } }
    #[node]
    fn other(local: f64) -> f64 {
        local * 2.0
    }
    assert_eq!(twice(1.0).other, 4.0);
}

/// A node may be called like a macro of std, and like a Rust keyword.
mod unusual {
    use hypernodes::{node, nodes, pipeline};

    #[node]
    fn vec(x: f64) -> Vec<f64> {
        vec![x; 2]
    }

    #[node]
    fn format(vec: &[f64]) -> String {
        format!("{vec:?}")
    }

    #[node]
    fn matches(format: &str) -> bool {
        matches!(format, "[1.0, 1.0]")
    }

    #[node]
    fn test(matches: bool) -> u8 {
        u8::from(matches)
    }

    #[node(output = "type")]
    fn r#match(r#fn: f64) -> f64 {
        r#fn + 0.5
    }

    pipeline! { fn raw(r#fn: f64, r#struct: &str) -> (r#type: f64, both: String) { r#match, both } }

    #[node]
    fn both(r#type: f64, r#struct: &str) -> String {
        format!("{type}{struct}", type = r#type, struct = r#struct)
    }

    pipeline! { fn like_std(x: f64) -> (test: u8) { vec, format, matches, test } }

    #[test]
    fn nodes_named_like_macros_of_std_leave_them_alone() {
        assert_eq!(like_std(1.0).test, 1);
        assert_eq!(vec(1.0), vec![1.0, 1.0]);
        assert_eq!(nodes![vec, format, matches].len(), 3);
    }

    #[test]
    fn raw_names_are_names_without_the_prefix() {
        let out = raw(1.0, "x");
        assert_eq!((out.r#type, &*out.both), (1.5, "1.5x"));
        let node = r#match::node();
        let signature = node.signature();
        assert_eq!(
            (
                &*signature.name,
                &*signature.inputs[0].name,
                &*signature.outputs[0].name
            ),
            ("match", "fn", "type")
        );
    }
}

/// Two nodes of one name live in one crate; so do two from one place in a `macro_rules!`.
mod again {
    #[hypernodes::node]
    pub(super) fn split(text: &str) -> usize {
        text.len()
    }
}

#[test]
fn two_nodes_of_one_name_are_told_apart() {
    assert_eq!((again::split("a b"), library::split("a b").len()), (3, 2));
    pipeline! { fn both(text: &str) -> (split: usize, words: Vec<String>) { again::split, library::split } }
    let out = both("a b");
    assert_eq!((out.split, out.words.len()), (3, 2));
}

#[cfg(any())]
#[node]
fn switched_off(x: TypeThatIsNotThere) -> f64 {}

#[node]
#[cfg(any())]
fn switched_off_below(x: TypeThatIsNotThere) -> f64 {}

#[node]
#[cfg(not(miri))]
#[inline]
#[must_use]
fn switched_on(x: f64) -> f64 {
    x
}

#[test]
fn attributes_of_the_function_are_kept() {
    assert_eq!(switched_on(2.0), 2.0);
    assert_eq!(nodes![switched_on].len(), 1);
}

/// A user's own items of the names that generated code uses.
mod shadowed {
    #![expect(
        dead_code,
        non_camel_case_types,
        reason = "they are only there to be in the way"
    )]

    struct Option;
    struct Result;
    struct Vec;
    struct String;
    struct Call;
    struct Box;
    mod core {}
    mod std {}
    fn call() {}
    fn rows() {}
    trait Strategy {
        fn view(&self) {}
        fn dense(&self) {}
        fn rows(&self) {}
        fn emit(&self) {}
    }
    impl<T> Strategy for T {}
    type usize = u64;

    #[hypernodes::node(outputs = ("a", "b"))]
    fn pair(x: f64, #[default(2.0)] args: f64, call: &f64) -> (f64, usize) {
        (x + args + call, 1)
    }

    hypernodes::pipeline! { fn sum(x: f64, call: f64) -> (a: f64, b: usize) { pair } }

    #[test]
    fn names_of_the_user_are_not_in_the_way() {
        let out = sum(1.0, 2.0);
        assert_eq!((out.a, out.b), (5.0, 1));
        assert_eq!(hypernodes::nodes![pair, sum].len(), 2);
    }
}

mod other_name {
    use hypernodes as renamed;

    #[renamed::node(crate = crate::names::other_name::renamed)]
    fn plus(x: f64) -> f64 {
        x + 1.0
    }

    renamed::pipeline! {
        crate = crate::names::other_name::renamed;
        fn one(x: f64) -> (plus: f64) { plus }
    }

    #[test]
    fn the_runtime_can_have_another_path() {
        assert_eq!(one(1.0).plus, 2.0);
        let closure = renamed::node_fn!(
            "minus",
            crate = crate::names::other_name::renamed,
            |x: f64| x - 1.0
        );
        assert_eq!(
            renamed::nodes![crate = crate::names::other_name::renamed; plus, { closure }].len(),
            2
        );
    }
}
