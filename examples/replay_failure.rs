//! A map goes on after items that fail; the inputs of a failed call are kept, written to a file, and replayed.
//!
//! `cargo run --example replay_failure`

use hypernodes::prelude::*;
use hypernodes::{Error, RunError, Snapshot};

#[node(output = "fields")]
fn split(line: &str) -> Vec<String> {
    line.split(',').map(str::to_owned).collect()
}

#[node(output = "total")]
fn total(fields: &[String], rate: f64) -> Result<f64, std::num::ParseFloatError> {
    let sum: f64 = fields
        .iter()
        .map(|field| field.parse::<f64>())
        .sum::<Result<f64, _>>()?;
    Ok(sum * rate)
}

/// The same node with the defect mended: empty fields count as nothing.
mod mended {
    use hypernodes::prelude::*;

    #[node(output = "total")]
    pub(super) fn total(fields: &[String], rate: f64) -> Result<f64, std::num::ParseFloatError> {
        let filled = fields.iter().filter(|field| !field.is_empty());
        let sum: f64 = filled
            .map(|field| field.parse::<f64>())
            .sum::<Result<f64, _>>()?;
        Ok(sum * rate)
    }
}

pub(crate) fn main() -> Result<(), Error> {
    let bills = Pipeline::new("bills", nodes![split, total])?
        .on_error(ErrorPolicy::Collect)
        .with_snapshots();
    let lines = ["1,2,3", "4,,6", "7,8", "nine"];
    let runs = bills.map(inputs! { line: lines, rate: 0.5 }, ["line"])?;

    // Two of four items failed, the others have their results.
    let totals: Vec<Option<f64>> = runs
        .results::<f64>("total")?
        .into_iter()
        .map(|result| result.ok().copied())
        .collect();
    assert_eq!(totals, [Some(3.0), None, Some(7.5), None]);

    // A failure says where and why, and with which inputs.
    let Some(failure) = runs.failures().next() else {
        unreachable!("the second line has an empty field")
    };
    assert_eq!(
        failure.to_string(),
        "node `total` failed on item 1: cannot parse float from empty string"
    );
    let (name, value) = &failure.details.inputs[0];
    assert_eq!(
        (name.as_str(), value.as_str()),
        ("fields", r#"["4", "", "6"]"#)
    );

    // Its snapshot goes through a file to another process, where the call is made again: it fails as it did.
    let Some(snapshot) = &failure.details.snapshot else {
        unreachable!("`with_snapshots` keeps one of each failure")
    };
    let name = format!("hypernodes-replay-{}.json", std::process::id());
    let file = std::env::temp_dir().join(name);
    snapshot.save(&file)?;
    let loaded = Snapshot::load(&file);
    // Whatever was read, the file is not needed any more; where it stays behind, the system clears it away.
    let _ = std::fs::remove_file(&file);
    let loaded = loaded?;
    assert_eq!(loaded.node(), "total");
    let again = loaded.replay(&bills);
    assert!(matches!(again, Err(Error::Run(RunError::Node { .. }))));

    // With the node mended, the same call gives a result.
    let mended = Pipeline::new("bills", nodes![split, mended::total])?;
    let out = loaded.replay(&mended)?;
    assert_eq!(out.get::<f64>("total").ok(), Some(&5.0));
    Ok(())
}
