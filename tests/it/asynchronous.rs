//! Async nodes: concurrent, ordered, caught; inside and outside a runtime.

use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use hypernodes::prelude::*;
use hypernodes::{EngineError, Error};

#[node(output = "page", concurrency = 10)]
async fn fetch(id: u64) -> Result<u64, String> {
    tokio::time::sleep(Duration::from_millis(if id.is_multiple_of(2) {
        3
    } else {
        1
    }))
    .await;
    match id {
        13 => panic!("unlucky"),
        17 => Err("gone".to_owned()),
        id => Ok(id * 2),
    }
}

#[node(output = "length")]
fn length(page: u64) -> u64 {
    page + 1
}

fn pages() -> Pipeline {
    Pipeline::new("pages", nodes![fetch, length]).unwrap()
}

#[test]
fn rows_are_concurrent_and_in_order_on_every_engine() {
    let want: Vec<u64> = (100..300).map(|id| id * 2 + 1).collect();
    for p in [pages(), pages().with_engine(Threaded::new().workers(2))] {
        let runs = p.map(inputs! { id: 100..300_u64 }, "id").unwrap();
        assert_eq!(runs.column::<u64>("length").unwrap(), want);
    }
}

#[test]
fn concurrency_is_limited_and_used() {
    let (now, most) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    static NOW: AtomicUsize = AtomicUsize::new(0);
    static MOST: AtomicUsize = AtomicUsize::new(0);
    #[node(output = "y", concurrency = 10)]
    async fn count(x: u64) -> u64 {
        MOST.fetch_max(NOW.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
        tokio::time::sleep(Duration::from_millis(2)).await;
        NOW.fetch_sub(1, Ordering::SeqCst);
        x
    }
    let p = Pipeline::new("p", nodes![count]).unwrap();
    p.map(inputs! { x: 0..200_u64 }, "x").unwrap();
    let most_seen = MOST.load(Ordering::SeqCst);
    assert!((2..=10).contains(&most_seen), "{most_seen} at once");
    drop((now, most));
}

#[test]
fn a_panic_or_an_error_fails_its_own_row_only() {
    let runs = pages()
        .on_error(ErrorPolicy::Collect)
        .map(inputs! { id: 0..50_u64 }, "id")
        .unwrap();
    let failed: Vec<String> = runs.failures().map(ToString::to_string).collect();
    assert_eq!(
        failed,
        [
            "node `fetch` panicked on item 13: unlucky",
            "node `fetch` failed on item 17: gone"
        ]
    );
    assert_eq!(*runs.results::<u64>("length").unwrap()[49].unwrap(), 99);
    let error = pages().map(inputs! { id: 0..50_u64 }, "id").unwrap_err();
    assert_eq!(
        error.to_string(),
        "node `fetch` panicked on item 13: unlucky"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn inside_a_runtime_blocking_is_refused_and_async_works() {
    let error = pages().run(inputs! { id: 1_u64 }).unwrap_err().to_string();
    assert!(error.contains("use `run_async`"), "{error}");
    let out = pages().run_async(inputs! { id: 1_u64 }).await.unwrap();
    assert_eq!(*out.get::<u64>("length").unwrap(), 3);
    let p = pages().with_engine(Threaded::new().workers(2));
    let runs = p.map_async(inputs! { id: 20..40_u64 }, "id").await.unwrap();
    assert_eq!(runs.column::<u64>("length").unwrap()[0], 41);
}

/// Polls a future once, on a thread without a runtime.
fn first_poll<T>(future: impl Future<Output = T>) -> Poll<T> {
    pin!(future).poll(&mut Context::from_waker(Waker::noop()))
}

#[test]
fn outside_of_a_runtime_async_runs_are_refused() {
    let words = "engine `tokio` is not available: `run_async` and `map_async` need a tokio runtime around them; call \
                 `run` or `map` instead, or await them inside `#[tokio::main]` or `Runtime::block_on`";
    let p = pages();
    let Poll::Ready(Err(run)) = first_poll(p.run_async(inputs! { id: 1_u64 })) else {
        panic!("it is refused at once")
    };
    assert_eq!(run.to_string(), words);
    assert!(matches!(
        run,
        Error::Engine(EngineError::Unavailable { .. })
    ));
    let Poll::Ready(Err(map)) = first_poll(p.map_async(inputs! { id: 0..3_u64 }, "id")) else {
        panic!("it is refused at once")
    };
    assert_eq!(map.to_string(), words);
}

#[tokio::test]
async fn pipelines_without_async_nodes_may_run_inside_a_runtime() {
    let p = Pipeline::new("p", nodes![length]).unwrap();
    assert_eq!(
        *p.run(inputs! { page: 1_u64 })
            .unwrap()
            .get::<u64>("length")
            .unwrap(),
        2
    );
}

#[test]
fn async_nodes_nest() {
    let outer = Pipeline::new("outer", nodes![pages().as_node().map_over(["id"])]).unwrap();
    let runs = outer
        .with_engine(Threaded::new().workers(2))
        .map(inputs! { id: vec![vec![1_u64, 2], vec![], vec![3]] }, "id")
        .unwrap();
    assert_eq!(
        runs.column::<Vec<u64>>("length").unwrap(),
        [vec![3, 5], vec![], vec![7]]
    );
}

/// A plain node that runs a pipeline of async nodes itself.
fn outer() -> Pipeline {
    let inner = Pipeline::new("inner", nodes![{ fetch::node().rename_input("id", "x") }]).unwrap();
    let also = inner.clone();
    let run = |inner: &Pipeline, x: u64| -> Result<u64, Error> {
        Ok(*inner.run(inputs! { x })?.get::<u64>("page")?)
    };
    Pipeline::new(
        "outer",
        nodes![
            node_fn!("a", move |x: u64| -> Result<u64, Error> { run(&inner, x) }),
            node_fn!("b", move |x: u64| -> Result<u64, Error> {
                run(&also, x + 1)
            }),
        ],
    )
    .unwrap()
}

#[test]
fn a_node_may_run_a_pipeline_of_async_nodes_on_every_engine_inside_and_outside_a_runtime() {
    for p in [
        outer(),
        outer().with_engine(Threaded::new().workers(1)),
        outer().with_engine(Threaded::new().workers(2)),
    ] {
        let pages = |out: &hypernodes::Outputs| {
            (*out.get::<u64>("a").unwrap(), *out.get::<u64>("b").unwrap())
        };
        assert_eq!(pages(&p.run(inputs! { x: 1_u64 }).unwrap()), (2, 4));
        let both = async {
            let out = p.run_async(inputs! { x: 1_u64 }).await.unwrap();
            assert_eq!(pages(&out), (2, 4));
            let runs = p.map_async(inputs! { x: 0..10_u64 }, "x").await.unwrap();
            assert_eq!(runs.column::<u64>("b").unwrap()[9], 20);
        };
        tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap()
            .block_on(both);
    }
}

#[tokio::test]
async fn an_async_node_may_not_block_its_runtime() {
    #[node(output = "y")]
    async fn blocking(x: u64) -> Result<u64, Error> {
        let pages = Pipeline::new("pages", nodes![fetch])?;
        Ok(*pages.run(inputs! { id: x })?.get::<u64>("page")?)
    }
    let p = Pipeline::new("p", nodes![blocking]).unwrap();
    let error = p.run_async(inputs! { x: 1_u64 }).await.unwrap_err();
    let cause = std::error::Error::source(&error).unwrap().to_string();
    assert!(
        cause.contains("was called inside an async runtime"),
        "{cause}"
    );
}
