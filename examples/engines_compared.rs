//! One pipeline on several engines: the results are the same to the bit, the times are not.
//!
//! `cargo run --release --example engines_compared`
#![expect(
    clippy::print_stdout,
    clippy::disallowed_methods,
    reason = "an example that prints times"
)]

use std::time::Instant;

use hypernodes::prelude::*;

#[node(output = "root")]
fn newton(x: f64, #[default(200)] rounds: u32) -> f64 {
    (0..rounds).fold(x, |guess, _| (guess + x / guess) / 2.0)
}

#[node(output = "page", workload = "io")]
fn fetch(id: u64) -> u64 {
    std::thread::sleep(std::time::Duration::from_millis(2));
    id * 2
}

pub(crate) fn main() -> Result<(), hypernodes::Error> {
    let numbers: Vec<f64> = (1..=20_000).map(f64::from).collect();
    let compute = Pipeline::new("compute", nodes![newton])?;
    let wait = Pipeline::new("wait", nodes![fetch])?;

    let mut expected = None;
    let engines = [
        (
            "sequential",
            compute.with_engine(Sequential::default()),
            wait.with_engine(Sequential::default()),
        ),
        (
            "threaded cpu",
            compute.with_engine(Threaded::new().workload(Workload::Cpu)),
            wait.with_engine(Threaded::new()),
        ),
        (
            "threaded io",
            compute.with_engine(Threaded::new().workload(Workload::Io)),
            wait.with_engine(Threaded::new().workload(Workload::Io)),
        ),
    ];
    for (name, compute, wait) in engines {
        let began = Instant::now();
        let roots = compute
            .map(inputs! { x: &numbers }, "x")?
            .column::<f64>("root")?;
        let computed = began.elapsed();
        let pages = wait
            .map(inputs! { id: 0..40_u64 }, "id")?
            .column::<u64>("page")?;
        let waited = began.elapsed() - computed;
        println!("{name:14} computing {computed:>10.2?}   waiting {waited:>10.2?}");
        let bits: Vec<u64> = roots.iter().map(|root| root.to_bits()).collect();
        assert_eq!(
            *expected.get_or_insert_with(|| (bits.clone(), pages.clone())),
            (bits, pages)
        );
    }
    Ok(())
}
