use std::sync::{Mutex, OnceLock};

use super::*;
use crate::prelude::*;
use crate::run::scope::{Policies, RunScope};
use crate::run::{ChunkRun, RunContext};
use crate::value::{Arg, Column};

fn words() -> &'static [AtomicU64] {
    let words: Vec<AtomicU64> = (0..Progress::WORDS).map(|_| AtomicU64::new(0)).collect();
    words.leak()
}

/// What the nodes of a test see of their own progress: node, row, limit.
#[derive(Clone, Default)]
struct Seen {
    words: Arc<OnceLock<&'static [AtomicU64]>>,
    seen: Arc<Mutex<Vec<Position>>>,
}

impl Seen {
    fn new() -> Self {
        let this = Self::default();
        this.words.set(words()).expect("it is set once");
        this
    }

    fn look(&self) {
        let position = Progress::read(self.words.get().expect("it was set"));
        self.seen
            .lock()
            .expect("nobody panics with it")
            .push(position);
    }

    /// Node and row of each look, in order.
    fn take(&self) -> Vec<(String, Option<usize>)> {
        let seen = std::mem::take(&mut *self.seen.lock().expect("nobody panics with it"));
        let told = seen.into_iter();
        told.map(|at| (at.node.unwrap_or_default(), at.row))
            .collect()
    }

    /// Runs a chunk of `rows` rows that tells where it is.
    fn run(&self, p: &Pipeline, args: Vec<Arg>, rows: usize, policies: Option<Policies>) {
        let scope = policies.map(|policies| RunScope::new(Arc::new(policies)));
        let engine = Arc::new(Sequential::default());
        let context = RunContext::new(engine, ErrorPolicy::Collect, scope);
        let progress = Progress::new(self.words.get().expect("it was set"));
        progress.begin(1);
        let context = context.tracked(progress);
        let mut run = ChunkRun::new(&p.plan, &context, args, rows, 100);
        run.run();
        assert!(!run.finish().is_interrupted);
        progress.end();
    }
}

fn numbers(rows: u64) -> Arg {
    Arg::dense(Column::from_vec((0..rows).collect()))
}

fn rows_of(node: &str, rows: &[usize]) -> Vec<(String, Option<usize>)> {
    rows.iter()
        .map(|&row| (node.to_owned(), Some(row)))
        .collect()
}

/// A node of each kind of loop, all over `x`: plain, fallible, several outputs, by row (not dense).
fn kinds(seen: &Seen) -> Vec<(&'static str, Pipeline)> {
    let [a, b, c] = [(); 3].map(|()| seen.clone());
    let plain = node_fn!("y", move |x: u64| {
        a.look();
        x + 1
    });
    let fallible = node_fn!("y", move |x: u64| -> Result<u64, String> {
        b.look();
        Ok(x + 1)
    });
    let tuple = node_fn!("yz", outputs = ("y", "z"), move |x: u64| -> (u64, u64) {
        c.look();
        (x + 1, x)
    });
    [
        ("plain", nodes![{ plain }]),
        ("fallible", nodes![{ fallible }]),
        ("tuple", nodes![{ tuple }]),
    ]
    .map(|(kind, nodes)| (kind, Pipeline::new("p", nodes).expect("it fits")))
    .into()
}

#[test]
fn each_row_is_told_before_it_is_computed() {
    let seen = Seen::new();
    for (kind, p) in kinds(&seen) {
        let node = p.plan.step_names().next().expect("it has one").to_owned();
        for policies in [None, Some(Policies::default())] {
            for (rows, count) in [(1_usize, 1_u64), (5, 5)] {
                seen.run(&p, vec![numbers(count)], rows, policies.clone());
                let all: Vec<usize> = (0..rows).collect();
                assert_eq!(seen.take(), rows_of(&node, &all), "{kind} {rows}");
            }
        }
    }
}

#[test]
fn rows_behind_a_failed_one_keep_their_numbers() {
    let seen = Seen::new();
    let own = seen.clone();
    let first = node_fn!("first", |x: u64| -> Result<u64, String> {
        if x % 3 == 1 {
            Err("no".to_owned())
        } else {
            Ok(x)
        }
    });
    let second = node_fn!("y", move |first: u64| {
        own.look();
        first
    });
    let p = Pipeline::new("p", nodes![{ first }, { second }]).expect("it fits");
    let retry = Policies {
        retry: Some(crate::Retry::new(2)),
        ..Policies::default()
    };
    for policies in [None, Some(Policies::default()), Some(retry)] {
        seen.run(&p, vec![numbers(6)], 6, policies);
        assert_eq!(seen.take(), rows_of("y", &[0, 2, 3, 5]));
    }
}

#[test]
fn a_row_that_is_tried_again_is_told_again() {
    let seen = Seen::new();
    let own = seen.clone();
    let tries = Arc::new(Mutex::new(0));
    let y = node_fn!("y", move |x: u64| -> Result<u64, String> {
        own.look();
        let mut tries = tries.lock().expect("nobody panics with it");
        *tries += 1;
        if x == 2 && *tries < 6 {
            Err("later".to_owned())
        } else {
            Ok(x)
        }
    });
    let p = Pipeline::new("p", nodes![{ y }]).expect("it fits");
    let retry = Policies {
        retry: Some(crate::Retry::new(3)),
        ..Policies::default()
    };
    seen.run(&p, vec![numbers(4)], 4, Some(retry));
    assert_eq!(seen.take(), rows_of("y", &[0, 1, 2, 3, 2, 2]));
}

#[test]
fn a_nested_pipeline_tells_the_row_around_it() {
    let seen = Seen::new();
    let own = seen.clone();
    let inner = Pipeline::new(
        "inner",
        nodes![{
            node_fn!("z", move |n: u64| {
                own.look();
                n
            })
        }],
    );
    let inner = inner.expect("it fits");
    let p = Pipeline::new("p", nodes![inner.as_node()]).expect("it fits");
    for policies in [None, Some(Policies::default())] {
        seen.run(&p, vec![numbers(3)], 3, policies.clone());
        assert_eq!(seen.take(), rows_of("inner/z", &[0, 1, 2]), "inline");
    }
    let p = Pipeline::new("p", nodes![inner.as_node().map_over(["n"])]).expect("it fits");
    for policies in [None, Some(Policies::default())] {
        let lists = |lists: Vec<Vec<u64>>| vec![Arg::dense(Column::from_vec(lists))];
        seen.run(&p, lists(vec![vec![7, 8, 9]]), 1, policies.clone());
        assert_eq!(seen.take(), rows_of("inner/z", &[0, 0, 0]), "one row");
        seen.run(&p, lists(vec![vec![7], vec![8, 9]]), 2, policies);
        let mixed = ("inner/z".to_owned(), None);
        assert_eq!(
            seen.take(),
            [mixed.clone(), mixed.clone(), mixed],
            "two rows"
        );
    }
}

#[cfg(feature = "async")]
#[test]
fn rows_that_wait_are_told_when_it_is_their_turn() {
    let seen = Seen::new();
    let own = seen.clone();
    let y = node_fn!("y", async move |x: u64| {
        own.look();
        tokio::task::yield_now().await;
        own.look();
        x
    });
    let p = Pipeline::new("p", nodes![{ y }]).expect("it fits");
    for limit in [None, Some(Duration::from_secs(1000))] {
        let policies = limit.map(|limit| Policies {
            item_timeout: Some(limit),
            ..Policies::default()
        });
        seen.run(&p, vec![numbers(3)], 3, policies);
        let mut told = seen.take();
        told.sort();
        assert_eq!(told, rows_of("y", &[0, 0, 1, 1, 2, 2]));
    }
}

#[test]
fn a_limited_call_tells_its_limit() {
    let seen = Seen::new();
    let own = seen.clone();
    let y = node_fn!("y", move |x: u64| {
        own.look();
        x
    });
    let p = Pipeline::new("p", nodes![{ y }]).expect("it fits");
    let limit = Duration::from_secs(1000);
    let limited = Policies {
        item_timeout: Some(limit),
        ..Policies::default()
    };
    seen.run(&p, vec![numbers(3)], 3, Some(limited));
    let looks = std::mem::take(&mut *seen.seen.lock().expect("nobody panics with it"));
    assert_eq!(looks.len(), 3);
    for (at, look) in (1..).zip(&looks) {
        assert_eq!(
            (look.limit, look.limited_calls, look.chunk),
            (Some(limit), at, 1)
        );
        assert_eq!(
            look.row,
            Some(
                looks
                    .iter()
                    .position(|other| other == look)
                    .expect("it is one")
            )
        );
        let left = look.left.expect("there is a limit");
        assert!(left <= limit && !left.is_zero());
    }
    let after = Progress::read(seen.words.get().expect("it was set"));
    assert_eq!((after.chunk, after.limit, after.left), (0, None, None));
}

#[test]
fn a_limit_inside_another_does_not_hide_it() {
    let track = Track::new(Progress::new(words()), RowsOf::From(0));
    let (long, short) = (Duration::from_secs(9), Duration::from_secs(1));
    let outer = track.limited((long, long));
    drop(track.limited((short, short)));
    assert_eq!(Progress::read(track.progress.0).limit, Some(long));
    drop(outer);
    assert_eq!(Progress::read(track.progress.0).limit, None);
}

#[test]
fn a_name_that_does_not_fit_is_cut_between_letters() {
    let words = words();
    let progress = Progress::new(words);
    let name = "ö".repeat(300);
    progress.step(&name, Some(4));
    let position = Progress::read(words);
    let told = position.node.expect("it has a name");
    assert_eq!((told.len(), position.row), (456, Some(4)));
    assert!(name.starts_with(&told));
}

#[test]
fn a_process_that_died_while_it_wrote_has_no_name_and_the_next_one_has() {
    let words = words();
    let progress = Progress::new(words);
    progress.begin(1);
    progress.step("clean", None);
    words[SEQUENCE].fetch_add(1, Ordering::Relaxed);
    assert_eq!(Progress::read(words).node, None);
    progress.begin(2);
    progress.step("dirty", None);
    assert_eq!(Progress::read(words).node.as_deref(), Some("dirty"));
}

#[test]
fn words_that_are_no_progress_are_read_without_harm() {
    let mut random = 1_u64;
    for length in [0, 3, 7, 64, 65] {
        let words: Vec<AtomicU64> = (0..length)
            .map(|_| {
                random = random
                    .wrapping_mul(6_364_136_223_846_793_005)
                    .wrapping_add(7);
                AtomicU64::new(random)
            })
            .collect();
        let _ = Progress::read(&words);
    }
    let full: Vec<AtomicU64> = (0..64).map(|_| AtomicU64::new(u64::MAX)).collect();
    assert_eq!(Progress::read(&full).node, None);
}

#[test]
fn a_reader_never_sees_half_a_name() {
    let words = words();
    let progress = Progress::new(words);
    let names = ["a".repeat(400), "b".repeat(40), "c".repeat(123)];
    std::thread::scope(|scope| {
        let writers = [0, 1].map(|own| {
            let names = &names;
            scope.spawn(move || {
                for round in 0..20_000 {
                    progress.step(&names[(own + round) % names.len()], Some(round));
                }
            })
        });
        while writers.iter().any(|writer| !writer.is_finished()) {
            if let Some(name) = Progress::read(words).node {
                assert!(names.contains(&name), "{name}");
            }
        }
    });
}
