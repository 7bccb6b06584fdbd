//! State that is built once per worker.

use std::sync::atomic::{AtomicUsize, Ordering};

use hypernodes::prelude::*;
use hypernodes::{Error, Failure, MapOver};

static BUILT: AtomicUsize = AtomicUsize::new(0);

struct Client {
    calls: usize,
    broken: bool,
}

fn connect() -> Client {
    BUILT.fetch_add(1, Ordering::Relaxed);
    Client {
        calls: 0,
        broken: false,
    }
}

#[node(init = connect)]
fn fetch(#[state] client: &mut Client, x: f64) -> usize {
    assert!(!client.broken, "used after a panic");
    client.broken = true;
    assert!(x != 3.0, "three");
    client.broken = false;
    client.calls += 1;
    client.calls
}

#[test]
fn state_is_built_once_and_again_after_a_panic() -> Result<(), Error> {
    let p = Pipeline::new("p", nodes![fetch])?.on_error(ErrorPolicy::Collect);
    let before = BUILT.load(Ordering::Relaxed);
    let xs: Vec<f64> = (0..6).map(f64::from).collect();
    let runs = p.map(inputs! { x: xs }, MapOver::zip(["x"]))?;
    let told: Vec<String> = runs
        .results::<usize>("fetch")?
        .into_iter()
        .map(|r| r.map_or_else(Failure::message, usize::to_string))
        .collect();
    assert_eq!(told, ["1", "2", "3", "panicked: three", "1", "2"]);
    assert_eq!(
        *p.run(inputs! { x: 1.0 })?.get::<usize>("fetch")?,
        3,
        "the next run goes on with the state"
    );
    assert_eq!(BUILT.load(Ordering::Relaxed) - before, 2);
    Ok(())
}

#[test]
fn a_function_with_state_stays_a_function() {
    let mut client = Client {
        calls: 4,
        broken: false,
    };
    assert_eq!(fetch(&mut client, 1.0), 5);
}

fn refuse() -> Result<Client, std::io::Error> {
    Err(std::io::Error::other("no connection"))
}

#[node(init = refuse, outputs = ("a", "b"))]
fn unreachable(x: f64, #[state] client: &Client) -> (f64, usize) {
    (x, client.calls)
}

#[test]
fn state_that_cannot_be_built_fails_the_rows() -> Result<(), Error> {
    let p = Pipeline::new("p", nodes![unreachable])?;
    let error = p.run(inputs! { x: 1.0 }).expect_err("there is no state");
    assert_eq!(
        std::error::Error::source(&error)
            .map(ToString::to_string)
            .as_deref(),
        Some("no connection")
    );
    let runs = p
        .on_error(ErrorPolicy::Collect)
        .map(inputs! { x: vec![1.0, 2.0, 3.0] }, MapOver::zip(["x"]))?;
    let told: Vec<String> = runs.failures().map(Failure::message).collect();
    assert_eq!(told, ["no connection"; 3]);
    Ok(())
}

#[node(init = || Vec::with_capacity(8), fallible)]
fn last_of(#[state] buffer: &mut Vec<u8>, text: String) -> Result<u8, String> {
    buffer.clear();
    buffer.extend(text.bytes());
    buffer.last().copied().ok_or_else(|| "empty".to_owned())
}

#[test]
fn init_can_be_a_closure_and_the_node_fallible() -> Result<(), Error> {
    let p = Pipeline::new("p", nodes![last_of])?.on_error(ErrorPolicy::Collect);
    let texts: Vec<String> = ["ab", "", "c"].map(str::to_owned).to_vec();
    let runs = p.map(inputs! { text: texts }, MapOver::zip(["text"]))?;
    let told: Vec<String> = runs
        .results::<u8>("last_of")?
        .into_iter()
        .map(|r| r.map_or_else(Failure::message, u8::to_string))
        .collect();
    assert_eq!(told, ["98", "empty", "99"]);
    Ok(())
}

#[test]
fn state_is_no_input() {
    let node = fetch::node();
    let names: Vec<&str> = node
        .signature()
        .inputs
        .iter()
        .map(|input| &*input.name)
        .collect();
    assert_eq!(names, ["x"]);
}
