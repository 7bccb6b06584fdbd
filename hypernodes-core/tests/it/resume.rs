//! Run folders: what is finished is not computed again, whatever ended the run.

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

/// Removed in the end.
struct Folder(PathBuf);

impl Folder {
    fn new() -> Self {
        static COUNT: AtomicUsize = AtomicUsize::new(0);
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        let name = format!("hypernodes-resume-{}-{count}", std::process::id());
        Self(std::env::temp_dir().join(name))
    }

    fn new_run(&self) -> RunDir {
        RunDir::new(&self.0)
    }

    fn resumed(&self) -> RunDir {
        RunDir::new(&self.0).resume(true)
    }

    fn finished(&self) -> Vec<u64> {
        finished(&self.0)
    }

    /// Changes a byte in the middle of the pieces.
    fn spoil(&self, part: usize) {
        let path = self.0.join("pieces.log");
        let mut bytes = fs::read(&path).unwrap();
        let at = bytes.len() * part / 10;
        bytes[at] ^= 1;
        fs::write(path, bytes).unwrap();
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        drop(fs::remove_dir_all(&self.0));
    }
}

/// The items that a folder has.
fn finished(path: &Path) -> Vec<u64> {
    let Ok(manifest) = hypernodes::read_manifest(path) else {
        return Vec::new();
    };
    let folder = RunFolder::resume(path, &manifest).unwrap();
    let ranges = folder
        .pieces()
        .iter()
        .flat_map(hypernodes::PieceInfo::finished);
    let mut items: Vec<u64> = ranges.flatten().collect();
    items.sort_unstable();
    items
}

/// Cuts maps into so many chunks, on so many threads.
#[derive(Debug)]
struct Cut {
    parts: usize,
    threads: usize,
    capabilities: Capabilities,
}

impl Cut {
    fn new(parts: usize, threads: usize) -> Self {
        Self {
            parts,
            threads,
            capabilities: Capabilities::default(),
        }
    }
}

impl Engine for Cut {
    fn name(&self) -> &str {
        "cut"
    }

    fn capabilities(&self) -> &Capabilities {
        &self.capabilities
    }

    fn sizing(&self, _: &Plan, _: usize) -> Sizing {
        Sizing {
            fixed: Some(self.parts),
            workers: self.threads,
            ..Sizing::default()
        }
    }

    fn drive(&self, feed: &Arc<Feed>) -> Result<(), EngineError> {
        std::thread::scope(|scope| {
            for _ in 0..self.threads {
                scope.spawn(|| {
                    while let Some(mut chunk) = feed.next() {
                        let outcome = feed.execute(&mut chunk);
                        feed.put(chunk, outcome);
                    }
                });
            }
        });
        Ok(())
    }
}

/// Fails while it is told to; counts what it computes, and cancels when the count is reached.
#[derive(Clone, Default)]
struct Work {
    fails: Arc<AtomicBool>,
    seen: Arc<std::sync::Mutex<Vec<u64>>>,
    cancel_at: Arc<AtomicU64>,
    token: CancelToken,
}

impl Work {
    fn node(&self) -> hypernodes::NodeRef {
        let this = self.clone();
        node_fn!("y", move |x: u64, k: u64| -> Result<u64, String> {
            if this.cancel_at.fetch_sub(1, Ordering::SeqCst) == 1 {
                this.token.cancel();
            }
            this.seen.lock().unwrap().push(x);
            if this.fails.load(Ordering::SeqCst) && x % 10 == 7 {
                return Err(format!("{x} is refused"));
            }
            Ok(x * k)
        })
    }

    fn pipeline(&self) -> Pipeline {
        Pipeline::new(
            "p",
            nodes![{ self.node() }, {
                node_fn!("text", |y: u64| -> String { y.to_string() })
            }],
        )
        .unwrap()
    }

    fn seen(&self) -> Vec<u64> {
        let mut seen = std::mem::take(&mut *self.seen.lock().unwrap());
        seen.sort_unstable();
        seen
    }
}

const N: u64 = 100;

fn map(p: &Pipeline, folder: RunDir) -> Result<hypernodes::Runs, Error> {
    p.with_run_dir(folder)
        .map(inputs! { x: 0..N, k: 3_u64 }, "x")
}

fn all(runs: &hypernodes::Runs) -> String {
    let [y, text] = ["y", "text"];
    format!(
        "{:?} {:?}",
        runs.results::<u64>(y).unwrap(),
        runs.results::<String>(text).unwrap()
    )
}

/// The results of an iteration, and the error that ended it.
fn iterate(
    p: &Pipeline,
    folder: RunDir,
    xs: impl Iterator<Item = u64>,
) -> (Vec<String>, Option<String>) {
    let rows = p
        .with_run_dir(folder)
        .map_iter(inputs! { k: 3_u64 }, "x", xs)
        .unwrap();
    let (mut given, mut end) = (Vec::new(), None);
    for row in rows {
        match row {
            Ok(row) => given.push(row.get::<String>("text").unwrap().clone()),
            Err(error) => end = Some(error.to_string()),
        }
    }
    (given, end)
}

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

/// Tells a child its folder.
const CHILD: &str = "HYPERNODES_RESUME_CHILD";
const ITEMS: u64 = 2000;

/// A process that is killed at any moment, again and again, ends with the bytes of one that is not, and computes no
/// item that was recorded. By hand with more kills:
/// `HYPERNODES_KILLS=50 cargo test -p hypernodes-core --test it resume::killed -- --nocapture`
#[test]
fn killed_processes_lose_nothing_that_was_recorded() {
    if let Ok(folder) = std::env::var(CHILD) {
        child(Path::new(&folder));
        return;
    }
    let kills = std::env::var("HYPERNODES_KILLS").map_or(8, |text| text.parse().unwrap());
    let undisturbed = Folder::new();
    start(&undisturbed.0).wait().unwrap();
    let expected = fs::read(undisturbed.0.join("result")).unwrap();
    assert_eq!(computed(&undisturbed.0).values().max(), Some(&1));

    let mut random = Random(0xdead);
    let (mut killed, mut again, mut runs, mut before_end) = (0, 0, 0, 0);
    while killed < kills {
        let folder = Folder::new();
        loop {
            let recorded = finished(&folder.0.join("run"));
            let before = computed(&folder.0);
            let mut child = start(&folder.0);
            let is_killed = killed < kills && before_end < 12;
            if is_killed {
                std::thread::sleep(Duration::from_micros(random.below(1_200_000) as u64));
                child.kill().unwrap();
                killed += 1;
                before_end += 1;
            }
            let status = child.wait().unwrap();
            let after = computed(&folder.0);
            for item in recorded {
                assert_eq!(
                    after.get(&item),
                    before.get(&item),
                    "item {item} was recorded, and computed again"
                );
            }
            if fs::exists(folder.0.join("result")).unwrap() {
                break;
            }
            assert!(is_killed, "{status}");
        }
        assert!(
            fs::read(folder.0.join("result")).unwrap() == expected,
            "other bytes"
        );
        let times = computed(&folder.0);
        assert_eq!(times.len() as u64, ITEMS);
        again += times.values().sum::<u64>() - ITEMS;
        (runs, before_end) = (runs + 1, 0);
    }
    println!(
        "{killed} kills in {runs} runs of {ITEMS} items: {again} items were computed more than once"
    );
}

fn start(folder: &Path) -> std::process::Child {
    fs::create_dir_all(folder).unwrap();
    Command::new(std::env::current_exe().unwrap())
        .args([
            "--exact",
            "resume::killed_processes_lose_nothing_that_was_recorded",
        ])
        .env(CHILD, folder)
        .stdout(Stdio::null())
        .spawn()
        .unwrap()
}

/// How often each item was computed, from a file beside the run.
fn computed(folder: &Path) -> BTreeMap<u64, u64> {
    let text = fs::read_to_string(folder.join("computed")).unwrap_or_default();
    let mut times = BTreeMap::new();
    // A last line may be torn.
    for line in text
        .split_inclusive('\n')
        .filter_map(|line| line.strip_suffix('\n'))
    {
        *times.entry(line.parse().unwrap()).or_insert(0) += 1;
    }
    times
}

/// Runs a map of 2,000 items of a millisecond on two threads.
fn child(folder: &Path) {
    let side = fs::File::options()
        .append(true)
        .create(true)
        .open(folder.join("computed"))
        .unwrap();
    let node = node_fn!("y", move |x: u64| -> String {
        (&side).write_all(format!("{x}\n").as_bytes()).unwrap();
        std::thread::sleep(Duration::from_millis(1));
        (x * 7 % 1000).to_string().repeat(3)
    });
    let p = Pipeline::new("p", vec![node])
        .unwrap()
        .with_engine(Cut::new(400, 2));
    let p = p.with_run_dir(RunDir::new(folder.join("run")).resume(true));
    let runs = p.map(inputs! { x: 0..ITEMS }, "x").unwrap();
    let bytes = runs.slice::<String>("y").unwrap().join("\n");
    fs::write(folder.join("half"), bytes).unwrap();
    fs::rename(folder.join("half"), folder.join("result")).unwrap();
    let status: RunStatus = hypernodes::read_status(&folder.join("run")).unwrap();
    assert!(format!("{status:?}").contains("Done"), "{status:?}");
}

/// xorshift64*.
struct Random(u64);

impl Random {
    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        let next = self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 20;
        usize::try_from(next).unwrap() % limit
    }
}
