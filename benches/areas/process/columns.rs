//! Numbers on their way to workers and back: bytes a second, each way by itself and both together.

use hypernodes::{Column, Inputs, NodeRef, PortValue, node, nodes};

use super::{BY_HAND, PROCESS, THREADED, both_engines, map_with};
use crate::group::Digest;
use crate::nodes::last;
use crate::{Bar, BoxError, Group, Implementation, Unit, fixtures};

/// Gigabytes a second, each way.
const FAST: Bar = Bar::AtLeast(2.0);

#[node(output = "d")]
fn is_large(x: f64) -> u8 {
    u8::from(x > 1.0)
}

#[node(output = "d")]
fn widened(x: u8) -> f64 {
    f64::from(x)
}

#[node(output = "d")]
fn same(x: f64) -> f64 {
    x
}

/// Of a list only its ends are looked at.
#[node(output = "d")]
fn ends(x: &[f64]) -> f64 {
    x.first().unwrap_or(&0.0) + x.last().unwrap_or(&0.0)
}

#[node(output = "d")]
fn filled(x: f64, length: usize) -> Vec<f64> {
    vec![x; length]
}

fn gigabytes(numbers: usize) -> Unit {
    Unit::PerSecond("GB", numbers as f64 * 8.0 / 1e9)
}

/// A loop of this thread, threads and workers, all on the same column.
fn group<A, T>(
    title: &'static str,
    numbers: usize,
    node: Vec<NodeRef>,
    x: Vec<A>,
    inputs: impl Fn() -> Inputs + Clone + 'static,
    (by_hand, hand): (&'static str, impl Fn(&[A]) -> Vec<T> + 'static),
) -> Result<Group, BoxError>
where
    A: PortValue + Clone + Send + Sync + 'static,
    T: Digest + Clone + Send + Sync,
{
    let (threaded, process) = both_engines(&last("columns", node, "d")?)?;
    let column = Column::from_vec(x.clone());
    let (other, more) = (column.clone(), inputs.clone());
    Ok(Group::new(title, numbers as u64, gigabytes(numbers))
        .slow()
        .with(Implementation::new(by_hand, move || hand(&x)))
        .with(Implementation::new(THREADED, move || {
            map_with::<T>(&threaded, &column, inputs())
        }))
        .with(
            Implementation::new(PROCESS, move || map_with::<T>(&process, &other, more())).bar(FAST),
        ))
}

/// `f64` in, a byte out.
pub(super) fn inwards(items: usize) -> Result<Group, BoxError> {
    let title = match items {
        1_000_000 => "f64 column in, 1,000,000 items",
        _ => "f64 column in, 16,000,000 items",
    };
    let hand = |x: &[f64]| x.iter().map(|&x| is_large(x)).collect();
    let x = fixtures::numbers(items);
    group(
        title,
        items,
        nodes![is_large],
        x,
        Inputs::new,
        (BY_HAND, hand),
    )
}

/// A byte in, `f64` out.
pub(super) fn outwards(items: usize) -> Result<Group, BoxError> {
    let title = match items {
        1_000_000 => "f64 column out, 1,000,000 items",
        _ => "f64 column out, 16,000,000 items",
    };
    let x = fixtures::numbers(items).into_iter().map(is_large).collect();
    let hand = |x: &[u8]| x.iter().map(|&x| widened(x)).collect();
    group(
        title,
        items,
        nodes![widened],
        x,
        Inputs::new,
        (BY_HAND, hand),
    )
}

/// `f64` in and out; the bytes of one way are counted.
pub(super) fn both(items: usize) -> Result<Group, BoxError> {
    let title = match items {
        1_000_000 => "f64 column in and out, 1,000,000 items, bytes of one way",
        _ => "f64 column in and out, 16,000,000 items, bytes of one way",
    };
    let x = fixtures::numbers(items);
    group(
        title,
        items,
        nodes![same],
        x,
        Inputs::new,
        ("memcpy", |x: &[f64]| x.to_vec()),
    )
}

/// Lists in, a number out for each.
pub(super) fn lists_in(lists: usize, length: usize) -> Result<Group, BoxError> {
    let title = match lists {
        1 => "1 list of 16,000,000 f64 in",
        _ => "64 lists of 250,000 f64 in",
    };
    let x = vec![fixtures::numbers(length); lists];
    // They are copied, as they would be for anybody else.
    let hand = |x: &[Vec<f64>]| x.iter().map(|x| ends(&x.to_vec())).collect();
    let numbers = lists * length;
    group(
        title,
        numbers,
        nodes![ends],
        x,
        Inputs::new,
        ("memcpy", hand),
    )
}

/// A number in, a list out for each.
pub(super) fn lists_out(lists: usize, length: usize) -> Result<Group, BoxError> {
    let title = match lists {
        1 => "1 list of 16,000,000 f64 out",
        _ => "64 lists of 250,000 f64 out",
    };
    let x = fixtures::numbers(lists);
    let hand = move |x: &[f64]| x.iter().map(|&x| filled(x, length)).collect();
    let inputs = move || Inputs::new().with("length", length);
    let numbers = lists * length;
    group(title, numbers, nodes![filled], x, inputs, (BY_HAND, hand))
}
