//! `async fn` nodes.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use hypernodes::prelude::*;
use hypernodes::{Error, Failure, MapOver};

#[node]
async fn double(x: f64) -> f64 {
    tokio::task::yield_now().await;
    x * 2.0
}

#[node(outputs = ("a", "b"))]
async fn checked(text: &str, owned: String) -> Result<(usize, String), String> {
    tokio::time::sleep(Duration::from_millis(1)).await;
    assert!(text != "panic", "told to");
    if text.is_empty() {
        Err("empty".to_owned())
    } else {
        Ok((text.len(), owned))
    }
}

#[tokio::test]
async fn rows_run_at_once_and_keep_their_order() -> Result<(), Error> {
    let p = Pipeline::new("p", nodes![double])?;
    let xs: Vec<f64> = (0..100).map(f64::from).collect();
    let runs = p
        .map_async(inputs! { x: xs.clone() }, MapOver::zip(["x"]))
        .await?;
    assert_eq!(
        runs.column::<f64>("double")?,
        xs.iter().map(|x| x * 2.0).collect::<Vec<_>>()
    );
    assert_eq!(double(2.0).await, 4.0);
    Ok(())
}

#[tokio::test]
async fn failing_rows_are_left_out() -> Result<(), Error> {
    let p = Pipeline::new("p", nodes![checked])?;
    let texts: Vec<String> = ["ab", "", "panic", "abc"].map(str::to_owned).to_vec();
    let all = inputs! { text: texts.clone(), owned: texts.clone() };
    let over = MapOver::zip(["text", "owned"]);
    let runs = p
        .on_error(ErrorPolicy::Collect)
        .map_async(all, over.clone())
        .await?;
    let told: Vec<String> = runs
        .results::<usize>("a")?
        .into_iter()
        .map(|r| r.map_or_else(Failure::message, usize::to_string))
        .collect();
    assert_eq!(told, ["2", "empty", "panicked: told to", "3"]);
    assert_eq!(runs.row(3)?.get::<String>("b")?, "abc");
    let texts: Vec<String> = ["ab", "panic", "", "abc"].map(str::to_owned).to_vec();
    let error = p
        .map_async(inputs! { text: texts.clone(), owned: texts.clone() }, over)
        .await
        .expect_err("a row fails");
    assert_eq!(
        error.to_string(),
        "node `checked` panicked on item 1: told to"
    );
    Ok(())
}

static RUNNING: AtomicUsize = AtomicUsize::new(0);
static MOST: AtomicUsize = AtomicUsize::new(0);

#[node(concurrency = 3)]
async fn limited(x: usize) -> usize {
    MOST.fetch_max(RUNNING.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
    tokio::time::sleep(Duration::from_millis(2)).await;
    RUNNING.fetch_sub(1, Ordering::SeqCst);
    x
}

#[tokio::test]
async fn no_more_calls_are_in_flight_than_allowed() -> Result<(), Error> {
    assert_eq!(limited::node().signature().options.concurrency, Some(3));
    let p = Pipeline::new("p", nodes![limited])?;
    p.map_async(
        inputs! { x: (0..20_usize).collect::<Vec<_>>() },
        MapOver::zip(["x"]),
    )
    .await?;
    assert_eq!(MOST.load(Ordering::SeqCst), 3);
    Ok(())
}

#[node(init = Arc::<AtomicUsize>::default)]
async fn counted(#[state] calls: &Arc<AtomicUsize>, x: usize) -> usize {
    tokio::task::yield_now().await;
    calls.fetch_add(1, Ordering::SeqCst) + x
}

struct Client(usize);

fn refuse() -> Result<Client, String> {
    Err("no connection".to_owned())
}

#[node(init = refuse)]
async fn unreachable(#[state] client: &Client, x: usize) -> usize {
    client.0 + x
}

#[tokio::test]
async fn calls_share_the_state() -> Result<(), Error> {
    let p = Pipeline::new("p", nodes![counted])?;
    let runs = p
        .map_async(inputs! { x: vec![0_usize; 10] }, MapOver::zip(["x"]))
        .await?;
    let mut counts = runs.column::<usize>("counted")?;
    counts.sort_unstable();
    assert_eq!(counts.len(), 10);
    assert_eq!(counts.last(), Some(&9));
    let p = Pipeline::new("p", nodes![unreachable])?.on_error(ErrorPolicy::Collect);
    let runs = p
        .map_async(inputs! { x: vec![0_usize; 2] }, MapOver::zip(["x"]))
        .await?;
    assert!(
        runs.failures()
            .map(Failure::message)
            .eq(["no connection", "no connection"])
    );
    Ok(())
}

#[tokio::test]
async fn async_closures() -> Result<(), Error> {
    let base = 10.0;
    let node = node_fn!("sum", async |x: f64| -> f64 { x + base });
    let p = Pipeline::new("p", nodes![{ node }])?;
    assert_eq!(
        *p.run_async(inputs! { x: 1.0 }).await?.get::<f64>("sum")?,
        11.0
    );
    let node = node_fn!("parsed", async |text: &str| text.parse::<f64>());
    let p = Pipeline::new("p", nodes![{ node }])?;
    assert_eq!(
        *p.run_async(inputs! { text: "1.5" })
            .await?
            .get::<f64>("parsed")?,
        1.5
    );
    assert!(p.run_async(inputs! { text: "x" }).await.is_err());
    Ok(())
}

pipeline! {
    fn quadruple(x: f64) -> (quadrupled: f64) { double, again }
}

#[node(output = "quadrupled")]
async fn again(double: f64) -> Result<f64, String> {
    if double.is_nan() {
        Err("not a number".to_owned())
    } else {
        Ok(double * 2.0)
    }
}

#[tokio::test]
async fn an_async_node_makes_the_pipeline_async() -> Result<(), Error> {
    assert_eq!(quadruple(1.0).await?.quadrupled, 4.0);
    assert_eq!(
        quadruple(f64::NAN)
            .await
            .expect_err("not a number")
            .to_string(),
        "node `again` failed"
    );
    let p = Pipeline::new("p", nodes![quadruple])?;
    assert_eq!(
        *p.run_async(inputs! { x: 2.0 })
            .await?
            .get::<f64>("quadrupled")?,
        8.0
    );
    let p = quadruple::pipeline()?;
    assert_eq!(
        *p.run_async(inputs! { x: 2.0 })
            .await?
            .get::<f64>("quadrupled")?,
        8.0
    );
    Ok(())
}

#[test]
fn a_run_hosts_async_nodes_itself() -> Result<(), Error> {
    let p = Pipeline::new("p", nodes![double])?;
    assert_eq!(*p.run(inputs! { x: 2.0 })?.get::<f64>("double")?, 4.0);
    Ok(())
}
