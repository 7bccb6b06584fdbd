//! Work that waits: 500 items of 2 ms.

use std::time::Duration;

use hypernodes::{Column, node, nodes};
use hypernodes_engines::Threaded;
use rayon::prelude::*;

use super::Case;
use crate::nodes::{last, map_column};
use crate::{Bar, BoxError, Group, Implementation, Unit, fixtures};

pub(super) const GROUPS: &[Case] = &[("async_io/map/500x2ms", map)];

const ITEMS: usize = 500;
const PAUSE: Duration = Duration::from_millis(2);

/// Waits on its thread.
#[node(output = "d", workload = "io")]
pub(super) fn blocking(x: i64) -> i64 {
    std::thread::sleep(PAUSE);
    x
}

/// Waits without a thread.
#[node(output = "d", workload = "io")]
pub(super) async fn waiting(x: i64) -> i64 {
    tokio::time::sleep(PAUSE).await;
    x
}

fn map() -> Result<Group, BoxError> {
    let cores = std::thread::available_parallelism()?.get();
    let threads = 4 * cores;
    // The floor: so many rounds of all threads.
    let floor = PAUSE.as_secs_f64() * 1e3 * ITEMS.div_ceil(threads) as f64;
    let x = fixtures::integers(ITEMS);
    let column = Column::from_vec(x.clone());
    let (for_sequential, for_threaded) = (column.clone(), column.clone());
    let asynchronous = last("async", nodes![waiting], "d")?;
    let threaded = asynchronous.with_engine(Threaded::new().workers(cores));
    let on_threads =
        last("blocking", nodes![blocking], "d")?.with_engine(Threaded::new().workers(cores));
    let pool = rayon::ThreadPoolBuilder::new()
        .num_threads(threads)
        .build()?;
    Ok(
        Group::new("io map, 500 items of 2 ms", ITEMS as u64, Unit::Millis)
            .slow()
            .with(Implementation::new(
                "rayon, own pool of 4 x cores",
                move || {
                    pool.install(|| {
                        x.par_iter()
                            .with_max_len(1)
                            .map(|&x| blocking(x))
                            .collect::<Vec<i64>>()
                    })
                },
            ))
            .with(
                Implementation::new("Threaded, 4 x cores for waiting", move || {
                    map_column::<i64>(&on_threads, &column)
                })
                .bar(Bar::AtMost((floor * 1.05 * 10.0).round() / 10.0)),
            )
            .with(
                Implementation::new("async node, Sequential", move || {
                    map_column::<i64>(&asynchronous, &for_sequential)
                })
                .bar(Bar::AtMost(6.0)),
            )
            .with(
                Implementation::new("async node, Threaded", move || {
                    map_column::<i64>(&threaded, &for_threaded)
                })
                .bar(Bar::AtMost(6.0)),
            ),
    )
}
