//! The same nodes as a static pipeline: wired and type-checked by the compiler, called as a plain function.
//!
//! `cargo run --example static_pipeline`

use hypernodes::prelude::*;

#[node(output = "ret")]
fn simple_return(close: f64, previous: f64) -> f64 {
    close / previous - 1.0
}

#[node(output = "score")]
fn z_score(ret: f64, mean: f64, deviation: f64) -> f64 {
    (ret - mean) / deviation
}

pipeline! {
    /// How unusual today's return is, in standard deviations.
    pub fn surprise(close: f64, previous: f64, mean: f64 = 0.0, deviation: f64 = 0.01) -> (ret: f64, score: f64) {
        z_score, simple_return
    }
}

pub(crate) fn main() -> Result<(), hypernodes::Error> {
    // A function: nothing is erased, everything can be inlined.
    let today = surprise(102.0, 100.0, 0.0, 0.01);
    assert!((today.score - 2.0).abs() < 1e-12);

    // Mapped statically: a parallel loop over the plain call.
    let prices: Vec<f64> = (0..1000).map(|day| 100.0 + f64::from(day)).collect();
    let days: Vec<[f64; 2]> = prices.windows(2).map(|pair| [pair[0], pair[1]]).collect();
    let all = surprise::map(&days, |&[previous, close]| (close, previous, 0.0, 0.01));
    assert_eq!(all.len(), 999);

    // The dynamic twin runs on any engine; there the defaults act.
    let dynamic = surprise::pipeline()?.with_engine(Threaded::default());
    let closes: Vec<f64> = days.iter().map(|day| day[1]).collect();
    let previous: Vec<f64> = days.iter().map(|day| day[0]).collect();
    let runs = dynamic.map(
        inputs! { close: closes, previous },
        MapOver::zip(["close", "previous"]),
    )?;
    let scores: Vec<f64> = all.iter().map(|day| day.score).collect();
    assert_eq!(runs.column::<f64>("score")?, scores);

    // And it is a node of other pipelines.
    let outer = Pipeline::new(
        "alarm",
        nodes![surprise, node_fn!("alarm", |score: f64| score.abs() > 3.0)],
    )?;
    assert!(
        *outer
            .run(inputs! { close: 104.0, previous: 100.0 })?
            .get::<bool>("alarm")?
    );
    Ok(())
}
