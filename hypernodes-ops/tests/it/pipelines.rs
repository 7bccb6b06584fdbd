//! The record of a pipeline that really runs.

use hypernodes_core::prelude::*;
use hypernodes_core::{ErrorPolicy, RunOutcome};
use hypernodes_ops::{RunRecorder, report};

#[test]
fn a_map_with_a_nested_map_and_failures_is_recorded() -> Result<(), Box<dyn std::error::Error>> {
    let inner = Pipeline::new(
        "inner",
        nodes![node_fn!("len", |word: &str| word.len()), {
            node_fn!("twice", |len: usize| len * 2)
        }],
    )?;
    let words = node_fn!("words", |text: &str| -> Result<Vec<String>, String> {
        match text {
            "bad" => Err("no words".to_owned()),
            text => Ok(text.split(' ').map(str::to_owned).collect()),
        }
    });
    let total = node_fn!("total", |twice: Vec<usize>| twice.iter().sum::<usize>());
    let nested = inner
        .as_node()
        .map_over(["words"])
        .rename_input("word", "words");
    let recorder = RunRecorder::new();
    let pipeline = Pipeline::new("texts", nodes![{ words }, { nested }, { total }])?
        .on_error(ErrorPolicy::Collect)
        .with_listening(&recorder.listening());
    let texts = ["a bc", "bad", "d"].map(str::to_owned);
    pipeline.map(inputs! { text: texts }, ["text"])?;

    let record = recorder.record().expect("one run");
    assert_eq!(record.outcome, Some(RunOutcome::Partial));
    assert_eq!((record.items_done, record.items_failed), (2, 1));
    assert!((1..=3).contains(&record.chunks), "{}", record.chunks);
    assert!(record.inner_chunks >= 1);
    let names: Vec<&str> = record.nodes.keys().map(|name| &**name).collect();
    assert_eq!(
        names,
        ["words", "inner", "inner/len", "inner/twice", "total"]
    );
    assert_eq!(record.nodes["words"].failed, 1);
    assert_eq!(record.nodes["inner"].inner_items, 3);
    assert_eq!(record.nodes["inner/twice"].rows, 3);
    assert_eq!(record.nodes["total"].rows, 2);
    assert_eq!(&*record.nodes["inner/twice"].after[0], "inner/len");
    let failure = &record.failures.first[0];
    assert_eq!((failure.place().as_str(), &*failure.node), ("1", "words"));
    assert_eq!(failure.message, "no words");
    assert_eq!(record.dropped_events, 0);
    assert!(report::html(&record).contains("no words"));
    Ok(())
}
