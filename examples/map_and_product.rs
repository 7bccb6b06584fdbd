//! Zip and product, broadcasts, failures kept in place, and a map over an endless iterator in bounded memory.
//!
//! `cargo run --example map_and_product`

use hypernodes::prelude::*;

#[node(outputs = ("quotient", "remainder"))]
fn divide(a: i64, b: i64) -> Result<(i64, i64), String> {
    if b == 0 {
        Err(format!("{a} cannot be divided by zero"))
    } else {
        Ok((a / b, a % b))
    }
}

pub(crate) fn main() -> Result<(), hypernodes::Error> {
    let p = Pipeline::new("divide", nodes![divide])?;

    let zip = p.map(
        inputs! { a: [7_i64, 9], b: [2_i64, 4] },
        MapOver::zip(["a", "b"]),
    )?;
    assert_eq!(zip.column::<i64>("quotient")?, [3, 2]);

    // The last axis changes fastest.
    let grid = p.map(
        inputs! { a: 10..13_i64, b: [2_i64, 5] },
        MapOver::product(["a", "b"]),
    )?;
    assert_eq!(grid.column::<i64>("remainder")?, [0, 0, 1, 1, 0, 2]);

    // Failing fast tells the lowest item, on every engine and for every chunk size.
    let failed = p.map(inputs! { a: 1_i64, b: [1_i64, 0, 0] }, "b").err();
    assert_eq!(
        failed.map(|error| error.to_string()).as_deref(),
        Some("node `divide` failed on item 1")
    );

    // Collecting keeps the others.
    let collected = p
        .on_error(ErrorPolicy::Collect)
        .map(inputs! { a: 6_i64, b: [3_i64, 0, 2] }, "b")?;
    let quotients = collected.results::<i64>("quotient")?;
    assert_eq!(quotients[0].ok(), Some(&2));
    assert_eq!(
        quotients[1]
            .err()
            .map(hypernodes::Failure::message)
            .as_deref(),
        Some("6 cannot be divided by zero")
    );
    assert_eq!(quotients[2].ok(), Some(&3));

    // An endless source is fine: only a few chunks are held at a time.
    let mut sum = 0;
    for row in p
        .with_engine(Threaded::default())
        .map_iter(inputs! { b: 2_i64 }, "a", 0_i64..)?
        .take(1000)
    {
        sum += *row?.get::<i64>("remainder")?;
    }
    assert_eq!(sum, 500);
    Ok(())
}
