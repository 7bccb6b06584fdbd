//! Failed calls that are made again: here, and from a file.

use std::path::PathBuf;

use hypernodes::prelude::*;
use hypernodes::{Error, Failure, RunError, Snapshot};

use crate::support::{Cut, run_error};

/// A file of this test, gone at its end.
struct File(PathBuf);

impl File {
    fn new(name: &str) -> Self {
        let name = format!("hypernodes-snapshot-{name}-{}", std::process::id());
        Self(std::env::temp_dir().join(name))
    }
}

impl Drop for File {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.0);
    }
}

/// Writes a snapshot to a file, and reads it back.
fn through_a_file(name: &str, failure: &Failure) -> Snapshot {
    let file = File::new(name);
    failure
        .details
        .snapshot
        .as_ref()
        .expect("it was asked for")
        .save(&file.0)
        .unwrap();
    Snapshot::load(&file.0).unwrap()
}

fn source(error: &Error) -> String {
    std::error::Error::source(error).map_or_else(|| error.to_string(), ToString::to_string)
}

fn checked() -> Pipeline {
    let node = node_fn!("checked", |text: &str,
                                    list: Vec<u64>,
                                    factor: f64|
     -> Result<u64, String> {
        if list.len() > 2 {
            return Err(format!("{text} {list:?} {factor}"));
        }
        Ok(list.len() as u64)
    });
    Pipeline::new("p", nodes![{ node }]).unwrap()
}

#[test]
fn a_failed_call_is_made_again_with_the_inputs_of_its_row() {
    for chunks in [1, 2, 4] {
        let p = checked()
            .on_error(ErrorPolicy::Collect)
            .with_snapshots()
            .with_engine(Cut::into(chunks));
        let lists = vec![vec![], vec![1_u64, 2, 3], vec![4], vec![5, 6, 7, 8]];
        let texts = ["a", "b", "c", "d"];
        let runs = p
            .map(
                inputs! { list: lists, text: texts, factor: 0.5 },
                ["list", "text"],
            )
            .unwrap();
        let failures: Vec<&Failure> = runs.failures().collect();
        for (failure, want) in failures
            .iter()
            .zip(["b [1, 2, 3] 0.5", "d [5, 6, 7, 8] 0.5"])
        {
            assert_eq!(failure.message(), want);
            let error = failure.reproduce().unwrap_err();
            assert_eq!(source(&error), want);
            let loaded = through_a_file(&format!("row-{chunks}"), failure);
            assert_eq!(loaded.node(), "checked");
            assert_eq!(source(&loaded.replay(&p).unwrap_err()), want);
            let error = loaded.reproduce().unwrap_err();
            assert!(error.to_string().contains("use `replay`"), "{error}");
        }
    }
    let error = run_error(
        checked()
            .with_snapshots()
            .run(inputs! { list: vec![1_u64; 3], text: "t", factor: 1.0 }),
    );
    assert_eq!(source(&error.reproduce().unwrap_err()), "t [1, 1, 1] 1");
    let error = run_error(checked().run(inputs! { list: vec![1_u64; 3], text: "t", factor: 1.0 }));
    let text = error.reproduce().unwrap_err().to_string();
    assert!(text.contains("with_snapshots"), "{text}");
}

#[test]
fn a_mended_node_gives_its_outputs() {
    let p = checked().with_snapshots().on_error(ErrorPolicy::Collect);
    let runs = p
        .map(
            inputs! { list: [vec![1_u64, 2, 3]], text: "t", factor: 1.0 },
            ["list"],
        )
        .unwrap();
    let snapshot = through_a_file("mended", runs.failures().next().unwrap());
    let mended = node_fn!("checked", |text: &str, list: &[u64], factor: f64| -> u64 {
        let _ = (text, factor);
        list.iter().sum()
    });
    let mended = Pipeline::new("p", nodes![{ mended }]).unwrap();
    let out = snapshot.replay(&mended).unwrap();
    assert_eq!(*out.get::<u64>("checked").unwrap(), 6);
}

#[test]
fn nodes_of_nested_pipelines_are_found_by_their_path() {
    let clean = node_fn!("clean", |doc: String| -> Result<usize, String> {
        if doc.is_empty() {
            Err("empty".to_owned())
        } else {
            Ok(doc.len())
        }
    })
    .rename_input("doc", "text");
    let inner = Pipeline::new("inner", nodes![{ clean }]).unwrap();
    for own_engine in [false, true] {
        let inner = match own_engine {
            true => inner.with_engine(Cut::into(2)),
            false => inner.clone(),
        };
        let node = inner
            .as_node()
            .named("docs_of")
            .map_over(["docs"])
            .rename_input("text", "docs");
        let p = Pipeline::new("outer", nodes![{ node }])
            .unwrap()
            .with_snapshots()
            .on_error(ErrorPolicy::Collect);
        let docs = vec![vec!["a".to_owned()], vec!["b".to_owned(), String::new()]];
        let runs = p.map(inputs! { docs: docs }, ["docs"]).unwrap();
        let failure = runs.failures().next().unwrap();
        assert_eq!(
            (failure.items.clone(), failure.node()),
            (vec![1, 1], "docs_of/clean".to_owned())
        );
        assert_eq!(source(&failure.reproduce().unwrap_err()), "empty");
        let loaded = through_a_file(&format!("nested-{own_engine}"), failure);
        assert_eq!(loaded.node(), "docs_of/clean");
        assert_eq!(source(&loaded.replay(&p).unwrap_err()), "empty");
        let error = loaded.replay(&inner).unwrap_err().to_string();
        assert!(error.contains("has no such node"), "{error}");
    }
}

#[test]
fn an_input_without_a_codec_says_so() {
    #[derive(Clone)]
    struct Handle;
    let node = node_fn!("y", |handle: &Handle, x: u64| -> Result<u64, String> {
        let _ = handle;
        Err(format!("not {x}"))
    });
    let p = Pipeline::new("p", nodes![{ node }])
        .unwrap()
        .with_snapshots()
        .on_error(ErrorPolicy::Collect);
    let runs = p
        .map(inputs! { handle: Handle, x: [1_u64] }, ["x"])
        .unwrap();
    let failure = runs.failures().next().unwrap();
    for error in [
        failure.reproduce().unwrap_err(),
        through_a_file("codec", failure).replay(&p).unwrap_err(),
    ] {
        let text = error.to_string();
        assert!(
            text.contains("input `handle`") && text.contains("no codec"),
            "{text}"
        );
    }
}

#[test]
fn a_pipeline_that_has_changed_is_refused() {
    let p = Pipeline::new(
        "p",
        nodes![node_fn!("y", |a: u64, b: u64| -> Result<u64, String> {
            Err(format!("{a} - {b}"))
        })],
    )
    .unwrap()
    .with_snapshots()
    .on_error(ErrorPolicy::Collect);
    let runs = p.map(inputs! { a: [1_u64], b: 2_u64 }, ["a"]).unwrap();
    let snapshot = through_a_file("changed", runs.failures().next().unwrap());
    let refused = |nodes: Vec<hypernodes::NodeRef>| {
        let error = snapshot
            .replay(&Pipeline::new("p", nodes).unwrap())
            .unwrap_err();
        assert!(
            matches!(&error, Error::Run(RunError::Snapshot { .. })),
            "{error}"
        );
        error.to_string()
    };
    let text = refused(nodes![node_fn!("other", |a: u64, b: u64| a + b)]);
    assert!(text.contains("no such node"), "{text}");
    let text = refused(nodes![node_fn!("y", |a: u64| a)]);
    assert!(text.contains("2 inputs"), "{text}");
    let text = refused(nodes![node_fn!("y", |a: u64, b: f64| if b > 1.0 {
        a
    } else {
        0
    })]);
    assert!(text.contains("input `b`") && text.contains("f64"), "{text}");
    let text = refused(nodes![node_fn!("y", |a: u64, c: u64| a + c)]);
    assert!(text.contains("`b`"), "{text}");
    // The same inputs in another order are found by their names.
    let turned = Pipeline::new("p", nodes![node_fn!("y", |b: u64, a: u64| b * 10 + a)]).unwrap();
    assert_eq!(
        *snapshot.replay(&turned).unwrap().get::<u64>("y").unwrap(),
        21
    );
}

#[test]
fn what_cannot_be_cloned_is_refused_before_it_runs() {
    struct Unique;
    let p = Pipeline::new(
        "p",
        nodes![node_fn!("y", |unique: Unique| {
            let _ = unique;
            1_u64
        })],
    )
    .unwrap();
    let error = p
        .with_snapshots()
        .run(inputs! { unique: Unique })
        .unwrap_err();
    assert!(
        error.to_string().contains("node `y` cannot be reproduced"),
        "{error}"
    );
}

#[test]
fn files_that_are_no_snapshots_are_refused() {
    let file = File::new("garbage");
    let long = vec![b'['; 100_000];
    let texts: [&[u8]; 8] = [
        b"",
        b"garbage",
        b"{}",
        b"null",
        b"\xff\xfe",
        br#"{"version":1,"path":"y","inputs":7}"#,
        br#"{"version":99,"path":"y","inputs":[]}"#,
        &long,
    ];
    for text in texts {
        std::fs::write(&file.0, text).unwrap();
        let error = Snapshot::load(&file.0).unwrap_err();
        assert!(
            matches!(error, Error::Run(RunError::Snapshot { .. })),
            "{error}"
        );
    }
    assert!(Snapshot::load(std::env::temp_dir()).is_err());
    assert!(Snapshot::load("/nowhere/at/all").is_err());

    // The right form with wrong values.
    let p = checked();
    let port = std::any::type_name::<u64>();
    let text = format!(
        r#"{{"version":1,"path":"y","inputs":[{{"name":"x","port":"{port}","value":{{"Ok":[1,2,3,4,5,6,7,8,9,10,11,12]}}}}]}}"#
    );
    std::fs::write(&file.0, text).unwrap();
    let snapshot = Snapshot::load(&file.0).unwrap();
    assert!(
        snapshot
            .replay(&p)
            .unwrap_err()
            .to_string()
            .contains("no such node")
    );
    let y = Pipeline::new("p", nodes![node_fn!("y", |x: u64| x)]).unwrap();
    let error = snapshot.replay(&y).unwrap_err();
    assert!(error.to_string().contains("input `x`"), "{error}");
}

#[test]
fn panics_and_time_outs_have_snapshots_too() {
    let node = node_fn!("y", |x: u64| -> u64 {
        assert!(x != 1, "one");
        x
    });
    let p = Pipeline::new("p", nodes![{ node }])
        .unwrap()
        .with_snapshots()
        .on_error(ErrorPolicy::Collect);
    let runs = p.map(inputs! { x: 0..3_u64 }, ["x"]).unwrap();
    let failure = runs.failures().next().unwrap();
    let error = failure.reproduce().unwrap_err();
    assert_eq!(error.to_string(), "node `y` panicked: one");
}

#[cfg(feature = "async")]
#[test]
fn async_nodes_are_called_again_outside_of_a_runtime_only() {
    let node = node_fn!("y", async |x: u64| -> Result<u64, String> {
        Err(format!("not {x}"))
    });
    let p = Pipeline::new("p", nodes![{ node }])
        .unwrap()
        .with_snapshots()
        .on_error(ErrorPolicy::Collect);
    let runs = p.map(inputs! { x: [1_u64] }, ["x"]).unwrap();
    let failure = runs.failures().next().unwrap();
    assert_eq!(source(&failure.reproduce().unwrap_err()), "not 1");
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap();
    let error = runtime.block_on(async { failure.reproduce().unwrap_err() });
    assert!(error.to_string().contains("async runtime"), "{error}");
}
