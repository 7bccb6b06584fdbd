//! Async nodes on the threads for waiting.

use std::sync::Arc;
use std::time::Duration;

use hypernodes::prelude::*;
use hypernodes_engines::Threaded;
use tokio::sync::Barrier;
use tokio::time::sleep;

fn items(n: u64) -> Vec<u64> {
    (0..n).collect()
}

#[test]
fn async_nodes_give_what_sequential_gives() {
    let p = Pipeline::new(
        "p",
        nodes![
            node_fn!("a", async |x: u64| {
                sleep(Duration::from_micros(200 * (x % 3))).await;
                x * 3
            }),
            node_fn!("b", async |x: u64| -> Result<u64, String> {
                if x % 50 == 49 {
                    Err(format!("no {x}"))
                } else {
                    Ok(x)
                }
            }),
            node_fn!("c", |a: u64, b: u64| a + b),
        ],
    );
    let p = p.unwrap();
    for policy in [ErrorPolicy::FailFast, ErrorPolicy::Collect] {
        let show = |p: &Pipeline| match p.on_error(policy).map(inputs! { x: items(200) }, ["x"]) {
            Ok(runs) => runs
                .results::<u64>("c")
                .unwrap()
                .iter()
                .map(|result| format!("{result:?}"))
                .collect(),
            Err(error) => error.to_string(),
        };
        for engine in [
            Threaded::new().workers(1),
            Threaded::new().workers(2),
            Threaded::new().workers(3).npartitions(7),
        ] {
            assert_eq!(show(&p.with_engine(engine)), show(&p));
        }
    }
}

#[test]
fn two_async_nodes_of_one_run_wait_at_the_same_time() {
    let barrier = Arc::new(Barrier::new(2));
    let other = Arc::clone(&barrier);
    let p = Pipeline::new(
        "p",
        nodes![
            node_fn!("a", async move |x: u64| {
                barrier.wait().await;
                x
            }),
            node_fn!("b", async move |x: u64| {
                other.wait().await;
                x
            }),
        ],
    );
    p.unwrap()
        .with_engine(Threaded::new().workers(2))
        .run(inputs! { x: 1_u64 })
        .unwrap();
}

#[test]
fn maps_from_async_code() {
    let p = Pipeline::new(
        "p",
        nodes![node_fn!("y", async |x: u64| {
            sleep(Duration::from_millis(1)).await;
            x + 1
        })],
    );
    let p = p.unwrap().with_engine(Threaded::new().workers(2));
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let runs = runtime
        .block_on(p.map_async(inputs! { x: items(100) }, ["x"]))
        .unwrap();
    assert_eq!(
        runs.column::<u64>("y").unwrap(),
        (1..=100).collect::<Vec<u64>>()
    );
}
