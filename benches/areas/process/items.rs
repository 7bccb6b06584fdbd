//! Items that cost something to compute, and items that cost something to send.

use std::hint::black_box;
use std::sync::OnceLock;
use std::time::Duration;

use hypernodes::{Column, Inputs, node, nodes};
use serde::{Deserialize, Serialize};

use super::{BY_HAND, PROCESS, THREADED, both_engines, map_with};
use crate::group::{Digest, mix};
use crate::nodes::last;
use crate::{Bar, BoxError, Group, Implementation, Unit, fixtures, sample};

/// Computes for so many turns: the same work wherever it is done.
#[node(output = "d", workload = "cpu")]
pub(super) fn spin(x: i64, turns: u64) -> i64 {
    let turn = |state: u64, turn: u64| {
        black_box(state ^ turn)
            .wrapping_mul(0x9E37_79B9_7F4A_7C15)
            .rotate_left(7)
    };
    x + i64::from((0..turns).fold(1, turn) == 0)
}

/// The turns that take so long here.
pub(super) fn turns_of(microseconds: u64) -> u64 {
    static TURNS_OF_1_MS: OnceLock<u64> = OnceLock::new();
    const TRIED: u64 = 200_000;
    let of_1_ms = TURNS_OF_1_MS.get_or_init(|| {
        let tries = (0..50).map(|_| sample::repeated(1, || spin(0, black_box(TRIED))));
        let best = tries.min().unwrap_or(Duration::from_millis(1));
        let turns = u128::from(TRIED) * 1_000_000 / best.as_nanos().max(1);
        u64::try_from(turns).unwrap_or(TRIED)
    });
    of_1_ms * microseconds / 1_000
}

pub(super) fn cpu(items: usize, microseconds: u64) -> Result<Group, BoxError> {
    let (title, least) = match microseconds {
        1 => ("map, 100,000 items of 1 us", None),
        10 => ("map, 10,000 items of 10 us", None),
        _ => ("map, 200 items of 1 ms", Some(0.9)),
    };
    let (threaded, process) = both_engines(&last("cpu", nodes![spin], "d")?)?;
    let x = fixtures::integers(items);
    let column = Column::from_vec(x.clone());
    let other = column.clone();
    let turns = turns_of(microseconds);
    let inputs = move || Inputs::new().with("turns", turns);
    let mut measured =
        Implementation::new(PROCESS, move || map_with::<i64>(&process, &other, inputs()));
    measured.bars.extend(least.map(|factor| Bar::SpeedUp {
        over: THREADED,
        factor,
    }));
    Ok(Group::new(title, items as u64, Unit::Millis)
        .slow()
        .with(Implementation::new(BY_HAND, move || {
            x.iter().map(|&x| spin(x, turns)).collect::<Vec<i64>>()
        }))
        .with(Implementation::new(THREADED, move || {
            map_with::<i64>(&threaded, &column, inputs())
        }))
        .with(measured))
}

const ITEMS: usize = 100_000;

#[node(output = "d")]
fn closed(mut x: String) -> String {
    x.push('>');
    x
}

/// Texts in and out.
pub(super) fn texts() -> Result<Group, BoxError> {
    let (threaded, process) = both_engines(&last("texts", nodes![closed], "d")?)?;
    let x = fixtures::texts(ITEMS);
    let column = Column::from_vec(x.clone());
    let other = column.clone();
    let unit = Unit::NanosPer("item", ITEMS as f64);
    Ok(
        Group::new("map, 100,000 texts of 8 to 40 letters", ITEMS as u64, unit)
            .with(Implementation::new(BY_HAND, move || {
                x.iter().cloned().map(closed).collect::<Vec<String>>()
            }))
            .with(Implementation::new(THREADED, move || {
                map_with::<String>(&threaded, &column, Inputs::new())
            }))
            .with(Implementation::new(PROCESS, move || {
                map_with::<String>(&process, &other, Inputs::new())
            })),
    )
}

/// What a user's own type looks like.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Order {
    id: u64,
    symbol: String,
    price: f64,
    shares: u32,
}

impl Digest for Order {
    fn digest(&self) -> u64 {
        let of_numbers = mix(self.id, u64::from(self.shares));
        mix(mix(of_numbers, self.price.to_bits()), self.symbol.digest())
    }
}

#[node(output = "d")]
fn raised(mut x: Order) -> Order {
    x.price *= 1.01;
    x
}

/// Values of a type with serde's derives, in and out.
pub(super) fn structs() -> Result<Group, BoxError> {
    let (threaded, process) = both_engines(&last("structs", nodes![raised], "d")?)?;
    let numbers = fixtures::numbers(ITEMS).into_iter();
    let symbols = fixtures::texts(ITEMS).into_iter();
    let x: Vec<Order> = (0..)
        .zip(numbers.zip(symbols))
        .map(|(id, (price, symbol))| Order {
            id,
            symbol,
            price,
            shares: 100,
        })
        .collect();
    let column = Column::from_vec(x.clone());
    let other = column.clone();
    let unit = Unit::NanosPer("item", ITEMS as f64);
    Ok(Group::new(
        "map, 100,000 structs of 3 numbers and a text",
        ITEMS as u64,
        unit,
    )
    .with(Implementation::new(BY_HAND, move || {
        x.iter().cloned().map(raised).collect::<Vec<Order>>()
    }))
    .with(Implementation::new(THREADED, move || {
        map_with::<Order>(&threaded, &column, Inputs::new())
    }))
    .with(Implementation::new(PROCESS, move || {
        map_with::<Order>(&process, &other, Inputs::new())
    })))
}
