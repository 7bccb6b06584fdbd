//! Work that waits: 500 items of 2 ms.

use std::time::Duration;

use hypernodes::{Column, node, nodes};
use rayon::prelude::*;

use super::Case;
use crate::nodes::{last, map_column};
use crate::{Bar, BoxError, Group, Implementation, Unit, fixtures};

pub(super) const GROUPS: &[Case] = &[("async_io/map/500x2ms", map)];

const ITEMS: usize = 500;
const PAUSE: Duration = Duration::from_millis(2);

/// Waits on its thread.
#[node(output = "d", workload = "io")]
fn blocking(x: i64) -> i64 {
    std::thread::sleep(PAUSE);
    x
}

/// Waits without a thread.
#[node(output = "d", workload = "io")]
async fn waiting(x: i64) -> i64 {
    tokio::time::sleep(PAUSE).await;
    x
}

fn map() -> Result<Group, BoxError> {
    let x = fixtures::integers(ITEMS);
    let column = Column::from_vec(x.clone());
    let asynchronous = last("async", nodes![waiting], "d")?;
    let threads = 4 * rayon::current_num_threads();
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build()?;
    let for_pool = x.clone();
    Ok(Group::new("io map, 500 x 2 ms", ITEMS as u64, Unit::Millis)
        .slow()
        .with(Implementation::new("rayon, own pool of 4 x cores", move || {
            pool.install(|| for_pool.par_iter().with_max_len(1).map(|&x| blocking(x)).collect::<Vec<i64>>())
        }))
        .with(Implementation::new("async node", move || map_column::<i64>(&asynchronous, &column)).bar(Bar::AtMost(6.0))))
}
