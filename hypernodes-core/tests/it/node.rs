//! What `#[node]` accepts: passing, ownership, several outputs, state.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};

use hypernodes::prelude::*;

#[node(outputs = ("q", "r"))]
fn div(a: i64, b: i64) -> Result<(i64, i64), String> {
    if b == 0 {
        Err("division by zero".to_owned())
    } else {
        Ok((a / b, a % b))
    }
}

#[node(output = "stem")]
fn stem(path: &Path) -> Option<String> {
    path.file_stem()
        .map(|stem| stem.to_string_lossy().into_owned())
}

#[derive(Debug, PartialEq)]
struct Token(u32);

#[node(output = "token")]
fn token(seed: u32) -> Token {
    Token(seed + 1)
}

#[node(output = "spent")]
fn spend(token: Token) -> u32 {
    token.0 * 10
}

#[test]
fn several_outputs_and_results() {
    let p = Pipeline::new("p", nodes![div]).unwrap();
    let out = p.run(inputs! { a: 7_i64, b: 2_i64 }).unwrap();
    assert_eq!(
        (*out.get::<i64>("q").unwrap(), *out.get::<i64>("r").unwrap()),
        (3, 1)
    );
    assert_eq!(
        p.run(inputs! { a: 1_i64, b: 0_i64 })
            .unwrap_err()
            .to_string(),
        "node `div` failed"
    );
}

#[test]
fn unsized_references_are_stored_as_what_owns_them() {
    let p = Pipeline::new("p", nodes![stem]).unwrap();
    let out = p
        .run(inputs! { path: PathBuf::from("/x/aapl.csv") })
        .unwrap();
    assert_eq!(
        out.get::<Option<String>>("stem").unwrap().as_deref(),
        Some("aapl")
    );
    let out = p.run(inputs! { path: Path::new("b.csv") }).unwrap();
    assert_eq!(
        out.get::<Option<String>>("stem").unwrap().as_deref(),
        Some("b")
    );
}

#[test]
fn values_that_cannot_be_cloned_are_moved() {
    let p = Pipeline::new("p", nodes![token, spend]).unwrap();
    let out = p.run(inputs! { seed: 4_u32 }).unwrap();
    assert_eq!(*out.get::<u32>("spent").unwrap(), 50);
    assert_eq!(
        out.names().collect::<Vec<_>>(),
        ["spent"],
        "the token was moved away"
    );
    let seeds: Vec<u32> = (0..5000).collect();
    let runs = p.map(inputs! { seed: seeds.clone() }, ["seed"]).unwrap();
    assert_eq!(
        runs.column::<u32>("spent").unwrap(),
        seeds.iter().map(|s| (s + 1) * 10).collect::<Vec<_>>()
    );
    let spend_only = Pipeline::new("p", nodes![spend]).unwrap();
    let tokens: Vec<Token> = (0..5000).map(Token).collect();
    let runs = spend_only
        .map(inputs! { token: tokens }, ["token"])
        .unwrap();
    assert_eq!(runs.slice::<u32>("spent").unwrap()[4999], 49_990);
}

#[test]
fn strings_by_value_are_moved_through_a_chain() {
    static CLONES: AtomicUsize = AtomicUsize::new(0);
    #[derive(Debug)]
    struct Counted(String);
    impl Clone for Counted {
        fn clone(&self) -> Self {
            CLONES.fetch_add(1, Ordering::Relaxed);
            Self(self.0.clone())
        }
    }
    let p = Pipeline::new(
        "p",
        nodes![
            node_fn!("a", |x: Counted| Counted(x.0 + "a")),
            node_fn!("b", |a: Counted| Counted(a.0 + "b")),
        ],
    )
    .unwrap()
    .select(["b"])
    .unwrap();
    let items: Vec<Counted> = (0..100).map(|i| Counted(i.to_string())).collect();
    let runs = p.map(inputs! { x: items }, ["x"]).unwrap();
    assert_eq!(runs.slice::<Counted>("b").unwrap()[99].0, "99ab");
    assert_eq!(CLONES.load(Ordering::Relaxed), 0);
}

fn connect() -> Result<Vec<u32>, String> {
    OPENED.fetch_add(1, Ordering::SeqCst);
    Ok(Vec::new())
}
static OPENED: AtomicUsize = AtomicUsize::new(0);

#[node(output = "seen", init = connect)]
fn remember(#[state] log: &mut Vec<u32>, x: u32) -> usize {
    log.push(x);
    log.len()
}

#[test]
fn state_is_built_once_per_worker_and_kept() {
    let p = Pipeline::new("p", nodes![remember]).unwrap();
    let runs = p.map(inputs! { x: 0..1000_u32 }, ["x"]).unwrap();
    assert_eq!(
        runs.column::<usize>("seen").unwrap(),
        (1..=1000).collect::<Vec<_>>()
    );
    assert_eq!(
        *p.run(inputs! { x: 1_u32 })
            .unwrap()
            .get::<usize>("seen")
            .unwrap(),
        1001
    );
    assert_eq!(OPENED.load(Ordering::SeqCst), 1);
}

#[test]
fn renames_go_from_the_nodes_own_names_in_any_order() {
    // a - b with the names swapped, of a function and of a nested pipeline.
    let minus = || node_fn!("d", |a: i64, b: i64| a - b);
    let nested = || Pipeline::new("inner", nodes![minus()]).unwrap().as_node();
    let given = || inputs! { a: 1_i64, b: 10_i64 };
    let get = |nodes| {
        let p = Pipeline::new("p", nodes).unwrap();
        *p.run(given()).unwrap().get::<i64>("d").unwrap()
    };
    let swapped = minus().rename_input("a", "b").rename_input("b", "a");
    assert_eq!(get(nodes![{ swapped }]), 9);
    let swapped = nested().rename_input("b", "a").rename_input("a", "b");
    assert_eq!(get(nodes![{ swapped }]), 9);
    // A second rename of the same port replaces the first.
    let renamed = nested()
        .rename_output("d", "e")
        .rename_output("d", "d")
        .map_over(["xs"])
        .rename_input("a", "xs");
    let p = Pipeline::new("p", nodes![{ renamed }]).unwrap();
    let out = p.run(inputs! { xs: [5_i64, 7], b: 1_i64 }).unwrap();
    assert_eq!(out.get::<Vec<i64>>("d").unwrap(), &[4, 6]);
    // A name that was given outside is not the node's own.
    let wrong = nested().rename_input("a", "x").rename_input("x", "y");
    let text = Pipeline::new("p", nodes![{ wrong }])
        .unwrap_err()
        .to_string();
    assert!(text.contains("has no input `x`"), "{text}");
}
