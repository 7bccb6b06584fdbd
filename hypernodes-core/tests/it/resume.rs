//! Run folders: what is finished is not computed again, whatever ended the run.

mod killed;
mod stage;

use std::collections::BTreeMap;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::time::Duration;

use hypernodes::prelude::*;
use hypernodes::{
    CancelToken, Capabilities, Engine, EngineError, Error, Feed, MapOver, Plan, RunDir, RunFolder,
    RunStatus, Sizing,
};

use stage::*;

#[test]
fn failed_items_are_tried_again_and_no_others() {
    for (parts, threads) in [(1, 1), (7, 1), (30, 4)] {
        let (work, folder) = (Work::default(), Folder::new());
        let p = work
            .pipeline()
            .on_error(ErrorPolicy::Collect)
            .with_engine(Cut::new(parts, threads));
        work.fails.store(true, Ordering::SeqCst);
        let first = map(&p, folder.new_run()).unwrap();
        assert_eq!((first.failures().len(), work.seen().len()), (10, 100));
        assert_eq!(folder.finished().len(), 90);
        let failing: Vec<u64> = (0..10).map(|i| i * 10 + 7).collect();
        let again = map(&p, folder.resumed()).unwrap();
        assert_eq!(all(&again), all(&first));
        assert_eq!(work.seen(), failing);
        work.fails.store(false, Ordering::SeqCst);
        let whole = map(&p, folder.resumed()).unwrap();
        assert_eq!(work.seen(), failing);
        assert_eq!(
            all(&whole),
            all(&p.map(inputs! { x: 0..N, k: 3_u64 }, "x").unwrap())
        );
        work.seen();
        // Everything is there: nothing is computed, on whatever engine.
        let mut restored = map(&p.with_engine(Sequential::default()), folder.resumed()).unwrap();
        assert_eq!((all(&restored), work.seen().len()), (all(&whole), 0));
        assert_eq!((restored.len(), restored.failures().len()), (100, 0));
        assert_eq!(*restored.row(99).unwrap().get::<u64>("y").unwrap(), 297);
        assert_eq!(restored.take_column::<String>("text").unwrap()[99], "297");
    }
}

#[test]
fn a_failure_that_ended_a_run_is_mended_and_the_run_goes_on() {
    for (parts, threads) in [(1, 1), (20, 1), (20, 4), (100, 2)] {
        let (work, folder) = (Work::default(), Folder::new());
        let p = work.pipeline().with_engine(Cut::new(parts, threads));
        work.fails.store(true, Ordering::SeqCst);
        let error = map(&p, folder.new_run()).unwrap_err();
        assert!(error.to_string().contains("item 7"), "{error}");
        let kept = folder.finished();
        assert!(
            kept.starts_with(&[0, 1, 2, 3, 4, 5, 6]) && !kept.contains(&7),
            "{kept:?}"
        );
        work.seen();
        work.fails.store(false, Ordering::SeqCst);
        let runs = map(&p, folder.resumed()).unwrap();
        assert_eq!(runs.slice::<u64>("y").unwrap()[99], 297);
        let missing: Vec<u64> = (0..N).filter(|item| !kept.contains(item)).collect();
        assert_eq!(work.seen(), missing);
    }
}

#[test]
fn a_run_that_is_cancelled_again_and_again_ends_with_the_same_bytes() {
    let expected = all(&Work::default()
        .pipeline()
        .map(inputs! { x: 0..N, k: 3_u64 }, "x")
        .unwrap());
    let mut random = Random(0x5eed);
    for round in 0..60_u64 {
        let (folder, every) = (Folder::new(), [1, 7, 1000][random.below(3)]);
        let (parts, threads) = (1 + random.below(40), [1, 1, 3][random.below(3)]);
        let mut ended = false;
        for _ in 0..200 {
            let before = folder.finished();
            let work = Work::default();
            work.cancel_at
                .store(1 + random.below(40) as u64, Ordering::SeqCst);
            let p = work
                .pipeline()
                .with_cancel(&work.token)
                .with_engine(Cut::new(parts, threads));
            let result = map(&p, folder.resumed().checkpoint_every(every));
            let (seen, after) = (work.seen(), folder.finished());
            assert!(
                seen.iter().all(|item| !before.contains(item)),
                "{round}: computed again"
            );
            assert!(
                before.iter().all(|item| after.contains(item)),
                "{round}: got lost"
            );
            match result {
                Ok(runs) => {
                    assert_eq!(all(&runs), expected);
                    let missing: Vec<u64> = (0..N).filter(|item| !before.contains(item)).collect();
                    assert_eq!(seen, missing);
                    ended = true;
                    break;
                }
                Err(Error::Run(hypernodes::RunError::Cancelled { .. })) => {}
                Err(error) => panic!("{error}"),
            }
        }
        // One chunk of everything never ends in less than a run.
        assert!(ended || N / parts as u64 > 40, "{round}: {parts} parts");
    }
}

#[test]
fn an_iteration_that_is_cancelled_goes_on() {
    let expected = iterate(&Work::default().pipeline(), Folder::new().new_run(), 0..N);
    assert_eq!((expected.0.len(), &expected.1), (100, &None));
    let mut random = Random(7);
    for every in [1, 3, 1000] {
        for _ in 0..5 {
            let folder = Folder::new();
            loop {
                let before = folder.finished();
                let work = Work::default();
                work.cancel_at
                    .store(1 + random.below(90) as u64, Ordering::SeqCst);
                let p = work.pipeline().with_cancel(&work.token);
                let got = iterate(&p, folder.resumed().checkpoint_every(every), 0..N);
                assert!(
                    work.seen().iter().all(|item| !before.contains(item)),
                    "computed again"
                );
                if got.1.is_none() {
                    assert_eq!(got, expected);
                    break;
                }
            }
        }
    }
}

#[test]
fn a_slow_item_that_cancels_an_iteration_ends_it() {
    let token = CancelToken::new();
    let own = token.clone();
    let slow = node_fn!("y", move |x: u64| {
        std::thread::sleep(Duration::from_millis(1));
        if x == 5 {
            own.cancel();
        }
        x
    });
    let after = node_fn!("z", |y: u64| y);
    let p = Pipeline::new("p", nodes![{ slow }, { after }])
        .unwrap()
        .with_cancel(&token);
    let rows: Vec<_> = p.map_iter(inputs! {}, "x", 0..1000_u64).unwrap().collect();
    assert!(rows.len() < 100 && rows.last().unwrap().is_err());
}

#[test]
fn an_iterator_must_give_the_same_items_again() {
    let folder = Folder::new();
    let work = Work::default();
    let p = work.pipeline();
    let rows = p
        .with_run_dir(folder.new_run())
        .map_iter(inputs! { k: 3_u64 }, "x", 0..N)
        .unwrap();
    assert_eq!(rows.take(50).filter(Result::is_ok).count(), 50);
    let known = folder.finished().len() as u64;
    assert!((50..=100).contains(&known));
    let other = (0..N).map(|x| if x == 20 { 999 } else { x });
    let (_, error) = iterate(&p, folder.resumed(), other);
    assert!(
        error
            .as_ref()
            .unwrap()
            .contains("item 20 of the iterator is another"),
        "{error:?}"
    );
    let (_, error) = iterate(&p, folder.resumed(), 0..30);
    assert!(
        error.as_ref().unwrap().contains("ends before item 30"),
        "{error:?}"
    );
    work.seen();
    let (given, error) = iterate(&p, folder.resumed(), 0..N);
    assert_eq!((given.len(), error), (100, None));
    assert_eq!(work.seen(), (known..N).collect::<Vec<_>>());
    // A longer one goes on behind the end.
    let (given, _) = iterate(&p, folder.resumed(), 0..N + 5);
    assert_eq!((given.len(), work.seen().len()), (105, 5));
}

#[test]
fn a_damaged_piece_costs_its_items_only() {
    for part in 1..10 {
        let (work, folder) = (Work::default(), Folder::new());
        let p = work.pipeline().with_engine(Cut::new(10, 1));
        let expected = all(&map(&p, folder.new_run()).unwrap());
        work.seen();
        folder.spoil(part);
        assert_eq!(all(&map(&p, folder.resumed()).unwrap()), expected);
        let seen = work.seen();
        assert_eq!((seen.len(), seen[0] % 10), (10, 0), "{seen:?}");
        assert_eq!(all(&map(&p, folder.resumed()).unwrap()), expected);
        assert_eq!(work.seen().len(), 0);
    }
}

#[test]
fn what_changed_is_told() {
    let folder = Folder::new();
    let add = |name: &'static str| node_fn!("a", |x: u64| -> u64 { x + 1 }).named(name);
    let double = || node_fn!("b", |x: u64, k: u64| -> u64 { x * k });
    let base = || {
        Pipeline::new("p", nodes![{ add("a") }, { double() }])
            .unwrap()
            .bind("k", 2_u64)
            .unwrap()
    };
    let go = |p: &Pipeline, xs: std::ops::Range<u64>, over: MapOver| {
        p.with_run_dir(folder.resumed())
            .map(Inputs::new().with("x", xs.collect::<Vec<_>>()), over)
    };
    go(&base(), 0..10, "x".into()).unwrap();
    go(&base(), 0..10, "x".into()).unwrap();
    go(&base().with_engine(Cut::new(3, 2)), 0..10, "x".into()).unwrap();
    let refused = |p: Pipeline, xs: std::ops::Range<u64>, over: MapOver| {
        go(&p, xs, over).expect_err("it differs").to_string()
    };
    let told = [
        refused(base(), 1..11, "x".into()),
        refused(base(), 0..11, "x".into()),
        refused(base(), 0..10, MapOver::product(["x"])),
        refused(base().on_error(ErrorPolicy::Collect), 0..10, "x".into()),
        refused(base().bind("k", 3_u64).unwrap(), 0..10, "x".into()),
        refused(base().select(["a"]).unwrap(), 0..10, "x".into()),
        refused(base().select(["b", "a"]).unwrap(), 0..10, "x".into()),
        refused(
            Pipeline::new(
                "p",
                nodes![{ node_fn!("a", |x: u64| -> u64 { x + 2 }) }, { double() }],
            )
            .unwrap()
            .bind("k", 2_u64)
            .unwrap(),
            0..10,
            "x".into(),
        ),
        refused(
            Pipeline::new(
                "p",
                nodes![{ node_fn!("a", version = 1, |x: u64| -> u64 { x + 1 }) }, {
                    double()
                }],
            )
            .unwrap()
            .bind("k", 2_u64)
            .unwrap(),
            0..10,
            "x".into(),
        ),
        refused(
            Pipeline::new(
                "p",
                nodes![{ add("a") }, { double().rename_input("x", "a") }],
            )
            .unwrap()
            .bind("k", 2_u64)
            .unwrap(),
            0..10,
            "x".into(),
        ),
    ];
    for (i, told) in told.iter().enumerate() {
        assert!(told.contains("cannot go on"), "{i}: {told}");
    }
}

#[test]
fn outputs_that_change_their_names_are_noticed() {
    let swapped = |first: &'static str, second: &'static str| {
        let one = node_fn!("a", |x: u64| -> u64 { x + 1 }).rename_output("a", first);
        let two = node_fn!("b", |x: u64| -> u64 { x * 2 }).rename_output("b", second);
        let p = Pipeline::new("p", vec![one, two]).unwrap();
        p.select(["y", "z"]).unwrap()
    };
    let folder = Folder::new();
    let go = |p: Pipeline| {
        p.with_run_dir(folder.resumed())
            .map(inputs! { x: 0..4_u64 }, "x")
    };
    assert_eq!(
        go(swapped("y", "z")).unwrap().slice::<u64>("y").unwrap(),
        [1, 2, 3, 4]
    );
    let error = go(swapped("z", "y")).unwrap_err().to_string();
    assert!(error.contains("`y`"), "{error}");
    // The same of a nested pipeline.
    let folder = Folder::new();
    let nested = |first, second| {
        let inner = swapped(first, second).as_node().named("inner");
        Pipeline::new("outer", nodes![{ inner }])
            .unwrap()
            .select(["y", "z"])
            .unwrap()
    };
    let go = |p: Pipeline| {
        p.with_run_dir(folder.resumed())
            .map(inputs! { x: 0..4_u64 }, "x")
    };
    assert_eq!(
        go(nested("y", "z")).unwrap().slice::<u64>("y").unwrap(),
        [1, 2, 3, 4]
    );
    go(nested("z", "y")).unwrap_err();
}

#[derive(Clone, Debug)]
struct NoCodec(u64);

#[test]
fn what_cannot_be_kept_is_told_before_anything_runs() {
    static RAN: AtomicBool = AtomicBool::new(false);
    let bare = |x: u64| NoCodec(x);
    let p = Pipeline::new(
        "p",
        nodes![{
            node_fn!("y", |x: u64| {
                RAN.store(true, Ordering::SeqCst);
                NoCodec(x)
            })
        }],
    )
    .unwrap();
    let folder = Folder::new();
    let error = p
        .with_run_dir(folder.new_run())
        .map(inputs! { x: 0..3_u64 }, "x")
        .unwrap_err()
        .to_string();
    assert!(
        error.contains("output `y`") && error.contains("derive serde"),
        "{error}"
    );
    let q = Pipeline::new(
        "q",
        nodes![{
            node_fn!("y", |x: &NoCodec| -> u64 {
                RAN.store(true, Ordering::SeqCst);
                x.0
            })
        }],
    )
    .unwrap()
    .with_run_dir(folder.new_run());
    let error = q
        .map(Inputs::new().with("x", vec![bare(1)]), "x")
        .unwrap_err()
        .to_string();
    assert!(error.contains("input `x`"), "{error}");
    let error = q
        .map_iter(Inputs::new(), "x", [bare(1)])
        .unwrap_err()
        .to_string();
    assert!(error.contains("input `x`"), "{error}");
    assert!(!RAN.load(Ordering::SeqCst) && !folder.0.exists());
}

#[test]
fn no_items_and_values_taken_from_their_axis() {
    let folder = Folder::new();
    for _ in 0..2 {
        let p = Work::default().pipeline().with_run_dir(folder.resumed());
        assert!(
            p.map(inputs! { x: 0..0_u64, k: 1_u64 }, "x")
                .unwrap()
                .is_empty()
        );
    }
    let folder = Folder::new();
    let fails = Arc::new(AtomicBool::new(true));
    let flag = Arc::clone(&fails);
    let node = node_fn!("y", move |text: String| -> Result<String, String> {
        match flag.load(Ordering::SeqCst) && text.ends_with('3') {
            true => Err("three".to_owned()),
            false => Ok(text + "!"),
        }
    });
    let p = Pipeline::new("p", vec![node])
        .unwrap()
        .on_error(ErrorPolicy::Collect)
        .with_engine(Cut::new(9, 3));
    let texts = || (0..50).map(|i| i.to_string()).collect::<Vec<_>>();
    let go = |dir| {
        p.with_run_dir(dir)
            .map(Inputs::new().with("text", texts()), "text")
            .unwrap()
    };
    assert_eq!(go(folder.new_run()).failures().len(), 5);
    fails.store(false, Ordering::SeqCst);
    let expected: Vec<String> = texts().into_iter().map(|text| text + "!").collect();
    assert_eq!(go(folder.resumed()).slice::<String>("y").unwrap(), expected);
}

#[test]
fn a_folder_has_one_run_at_a_time_and_is_free_when_it_ends() {
    let folder = Folder::new();
    let path = folder.0.clone();
    let node = node_fn!("y", move |x: u64| -> Result<u64, String> {
        let inside = Pipeline::new("q", nodes![{ node_fn!("z", |x: u64| -> u64 { x }) }]).unwrap();
        let inside = inside.with_run_dir(RunDir::new(&path).resume(true));
        let error = inside
            .map(inputs! { x: 0..2_u64 }, "x")
            .unwrap_err()
            .to_string();
        Err(format!("{x}: {error}"))
    });
    let p = Pipeline::new("p", vec![node]).unwrap();
    let error = p
        .with_run_dir(folder.new_run())
        .map(inputs! { x: 0..1_u64 }, "x")
        .unwrap_err();
    let cause = std::error::Error::source(&error).unwrap().to_string();
    assert!(
        cause.contains("in use") || cause.contains("another"),
        "{cause}"
    );
    assert_eq!(folder.finished().len(), 0);
}

#[cfg(target_os = "linux")]
#[test]
fn a_disk_that_is_full_ends_the_run_with_an_error() {
    let folder = Folder::new();
    let p = Pipeline::new(
        "p",
        nodes![{ node_fn!("y", |x: u64| -> Vec<u64> { vec![x; 1000] }) }],
    )
    .unwrap();
    fs::create_dir_all(&folder.0).unwrap();
    // A device that is always full stands where the pieces go.
    std::os::unix::fs::symlink("/dev/full", folder.0.join("pieces.log")).unwrap();
    let error = p
        .with_run_dir(folder.new_run())
        .map(inputs! { x: 0..9_u64 }, "x")
        .unwrap_err();
    assert!(error.to_string().contains("pieces.log"), "{error}");
}

#[test]
fn a_folder_that_is_removed_under_a_run_changes_no_result() {
    let folder = Folder::new();
    let path = folder.0.clone();
    let node = node_fn!("y", move |x: u64| -> u64 {
        if x == 30 {
            fs::remove_dir_all(&path).unwrap();
        }
        x + 1
    });
    let p = Pipeline::new("p", vec![node])
        .unwrap()
        .with_engine(Cut::new(10, 1));
    // Where a file that is open can be removed, all goes on; elsewhere the removal fails the node.
    let runs = p
        .with_run_dir(folder.new_run())
        .map(inputs! { x: 0..N }, "x");
    if let Ok(runs) = runs {
        assert_eq!(runs.slice::<u64>("y").unwrap()[99], 100);
    }
}
