//! `cache`, `retry` and `timeout` in `#[node]` and `node_fn!`, as the signature tells them.

use std::time::Duration;

use hypernodes::prelude::*;
use hypernodes::{Jitter, NodeOptions, NodeRef, Retry};

fn options(node: NodeRef) -> NodeOptions {
    node.signature().options.clone()
}

fn limit() -> Duration {
    Duration::from_millis(1500)
}

#[node]
fn plain(x: f64) -> f64 {
    x
}

#[node(cache)]
fn kept(x: f64) -> f64 {
    x
}

#[node(retry = 3, cache = true, timeout = 2.5, version = 2)]
fn in_numbers(x: f64) -> f64 {
    x
}

#[node(
    cache = false,
    retry = Retry::new(5).on::<std::io::Error>().jitter(Jitter::None),
    timeout = limit(),
)]
fn in_values(x: f64) -> Result<f64, std::io::Error> {
    Ok(x)
}

#[derive(Debug)]
struct Wrapped<A, B>(std::marker::PhantomData<(A, B)>);
impl<A: std::fmt::Debug, B: std::fmt::Debug> std::fmt::Display for Wrapped<A, B> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("wrapped")
    }
}
impl<A: std::fmt::Debug, B: std::fmt::Debug> std::error::Error for Wrapped<A, B> {}

#[node(retry = Retry::new(4).on::<Wrapped<u8, Vec<u16>>>().when(|_| true), timeout = 3)]
fn of_a_generic_error(x: f64) -> f64 {
    x
}

#[test]
fn functions_tell_their_policies() {
    let none = options(plain::node());
    assert!(!none.cache && none.retry.is_none() && none.timeout.is_none() && !none.captures);
    assert!(options(kept::node()).cache);
    let numbers = options(in_numbers::node());
    assert!(numbers.cache && numbers.version == 2);
    assert_eq!(numbers.retry.map(|retry| retry.attempts()), Some(3));
    assert_eq!(numbers.timeout, Some(Duration::from_millis(2500)));
    let values = options(in_values::node());
    assert!(!values.cache);
    assert_eq!(values.timeout, Some(limit()));
    let retry = values.retry.expect("given");
    assert_eq!(retry.attempts(), 5);
    assert!(
        format!("{retry:?}").contains("std::io::error::Error"),
        "{retry:?}"
    );
    let generic = options(of_a_generic_error::node());
    assert_eq!(generic.retry.map(|retry| retry.attempts()), Some(4));
    assert_eq!(generic.timeout, Some(Duration::from_secs(3)));
}

#[test]
fn closures_tell_their_policies_and_whether_they_capture() {
    let bare = options(node_fn!("y", cache, retry = 2, timeout = 0.5, |x: f64| x));
    assert!(bare.cache && !bare.captures);
    assert_eq!(bare.retry.map(|retry| retry.attempts()), Some(2));
    assert_eq!(bare.timeout, Some(Duration::from_millis(500)));
    let factor = 2.0;
    assert!(options(node_fn!("y", |x: f64| x * factor)).captures);
    assert!(!options(node_fn!("y", |x: f64| x)).cache);
    // The expressions see what is around the closure.
    let attempts = 7;
    let given = options(node_fn!(
        "y",
        retry = Retry::new(attempts),
        timeout = limit(),
        |x: f64| x
    ));
    assert_eq!(given.retry.map(|retry| retry.attempts()), Some(7));
}

#[cfg(feature = "async")]
#[test]
fn async_nodes_tell_their_policies() {
    #[node(cache, retry = 3, timeout = 1)]
    async fn fetched(url: String) -> String {
        url
    }
    let told = options(fetched::node());
    assert!(told.cache && told.is_async && told.timeout == Some(Duration::from_secs(1)));
    let factor = 2.0;
    let closure = node_fn!("y", cache, async move |x: f64| x * factor);
    assert!(options(closure).captures);
    assert!(!options(node_fn!("y", async move |x: f64| x)).captures);
}

#[test]
fn closures_are_told_apart_by_their_types_and_tokens() {
    let one = options(node_fn!("y", |x: f64| x * 2.0));
    assert!(
        one.path.contains("policies::closures_are_told_apart"),
        "{}",
        one.path
    );
    // What a closure is called where it is used makes no difference.
    let name = "z".to_owned();
    let other = options(node_fn!(name, |x: f64| x * 2.0));
    assert_eq!((one.path, one.tokens), (other.path, other.tokens));
    fn of_type<T: Copy + hypernodes::PortValue>() -> NodeOptions {
        options(node_fn!("y", |x: f64| x + size_of::<T>() as f64))
    }
    assert_ne!(of_type::<u8>().path, of_type::<u16>().path);
    for different in [
        options(node_fn!("y", |x: f64| x * 3.0)),
        options(node_fn!("y", |x: f64| -> f64 { x * 2.0 })),
        options(node_fn!("y", |x: &f64| x * 2.0)),
    ] {
        assert_ne!(one.tokens, different.tokens);
    }
}

mod described {
    use hypernodes::node;

    /// The same function with a doc comment, and attributes that change nothing.
    #[inline]
    #[must_use]
    #[warn(dead_code)]
    #[node(cache)]
    pub(super) fn plain(x: f64) -> f64 {
        x
    }
}

mod begun {
    use hypernodes::node;

    #[node(init = || 1_u64)]
    pub(super) fn counted(#[state] seen: &mut u64, x: f64) -> u64 {
        *seen + u64::from(x > 0.0)
    }

    pub(super) mod otherwise {
        use hypernodes::node;

        #[node(init = || 2_u64)]
        pub(crate) fn counted(#[state] seen: &mut u64, x: f64) -> u64 {
            *seen + u64::from(x > 0.0)
        }
    }
}

#[test]
fn the_hash_sees_what_changes_the_meaning_only() {
    assert_eq!(
        options(plain::node()).tokens,
        options(described::plain::node()).tokens
    );
    // What builds the state belongs to the meaning.
    assert_ne!(
        options(begun::counted::node()).tokens,
        options(begun::otherwise::counted::node()).tokens
    );
}
