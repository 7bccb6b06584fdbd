//! The engine under test, and the watchdog.

use std::any::Any;
use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::{Arc, mpsc};
use std::time::Duration;

use hypernodes_core::{
    Assist, Capabilities, ChunkRun, Engine, EngineError, Error, ErrorPolicy, Feed, NodeRef,
    Pipeline, Plan, Sequential, Sizing,
};

use super::loan::Loan;

/// A case that takes longer than this hangs.
const WATCHDOG: Duration = Duration::from_secs(120);

/// Calls its second argument with every number below the first, in parallel.
pub type Parallel = fn(usize, &(dyn Fn(usize) + Sync));

/// A [`Parallel`] with a thread per call.
pub fn in_threads(n: usize, call: &(dyn Fn(usize) + Sync)) {
    std::thread::scope(|scope| {
        for i in 0..n {
            scope.spawn(move || call(i));
        }
    });
}

/// The engine under test.
#[derive(Clone)]
pub struct Subject {
    engine: Arc<dyn Engine>,
    parallel: Parallel,
}

/// One engine and one error policy: where a case builds its pipelines.
#[derive(Clone, Debug)]
pub struct On {
    /// The engine.
    pub engine: Arc<dyn Engine>,
    /// What a map does when an item fails.
    pub policy: ErrorPolicy,
}

impl On {
    /// A pipeline on this engine.
    ///
    /// # Panics
    /// When the nodes do not fit together.
    #[must_use]
    pub fn pipeline(&self, nodes: Vec<NodeRef>) -> Pipeline {
        self.put(&Pipeline::new("case", nodes).expect("the pipelines of the cases are right"))
    }

    /// The same pipeline on this engine.
    #[must_use]
    pub fn put(&self, pipeline: &Pipeline) -> Pipeline {
        pipeline
            .with_shared_engine(Arc::clone(&self.engine))
            .on_error(self.policy)
    }
}

impl Subject {
    /// The engine.
    #[must_use]
    pub fn engine(&self) -> &Arc<dyn Engine> {
        &self.engine
    }

    /// How nodes compute in parallel inside.
    #[must_use]
    pub fn parallel(&self) -> Parallel {
        self.parallel
    }

    /// Lends this engine, as it stands there, to nodes of this process.
    pub(crate) fn lend(&self, on: &On) -> Loan {
        Loan::new(on, self.parallel)
    }

    /// Whether nodes run in other processes, so that some things can only be refused.
    #[must_use]
    pub fn leaves_process(&self) -> bool {
        self.engine.capabilities().leaves_process
    }

    /// Checks that something was refused by an error of the engine that names the node.
    ///
    /// # Panics
    /// When it was not.
    pub fn is_refused<T: fmt::Debug>(&self, result: Result<T, Error>, node: &str) {
        match result {
            Err(Error::Engine(error)) => {
                let text = error.to_string();
                // Inside nested pipelines the way to it stands before the name.
                assert!(text.contains(&format!("{node}`")), "{text}");
            }
            other => unreachable!("node `{node}` should be refused, but: {other:?}"),
        }
    }

    /// Where a case builds its pipelines that compares nothing.
    #[must_use]
    pub fn on(&self) -> On {
        On {
            engine: Arc::clone(&self.engine),
            policy: ErrorPolicy::FailFast,
        }
    }

    /// Compares a single run with Sequential's.
    pub fn agree(&self, observe: impl Fn(&On) -> String) {
        for policy in [ErrorPolicy::FailFast, ErrorPolicy::Collect] {
            let expected = observe(&On {
                engine: Arc::new(Sequential::default()),
                policy,
            });
            // More than once: the first run of a plan is also the one that measures it.
            for round in 0..3 {
                let found = observe(&On {
                    engine: Arc::clone(&self.engine),
                    policy,
                });
                same(&expected, &found, &format!("{policy:?}, round {round}"));
            }
        }
    }

    /// Compares a map with Sequential's, for several numbers of chunks.
    pub fn agree_on_maps(&self, observe: impl Fn(&On) -> String) {
        self.agree(&observe);
        for policy in [ErrorPolicy::FailFast, ErrorPolicy::Collect] {
            let expected = observe(&On {
                engine: Arc::new(Sequential::default()),
                policy,
            });
            for chunks in [1, 2, 3, 7, 64, usize::MAX] {
                let engine = Arc::new(Cut {
                    engine: Arc::clone(&self.engine),
                    chunks,
                });
                let found = observe(&On { engine, policy });
                same(&expected, &found, &format!("{policy:?}, {chunks} chunks"));
            }
        }
    }
}

fn same(expected: &str, found: &str, when: &str) {
    if expected == found {
        return;
    }
    let pairs = expected.lines().zip(found.lines());
    let at = pairs
        .clone()
        .take_while(|(expected, found)| expected == found)
        .count();
    let line = |text: &str| text.lines().nth(at).unwrap_or("(nothing)").to_owned();
    assert_eq!(
        line(expected),
        line(found),
        "differs from Sequential in line {at} ({when})"
    );
    assert_eq!(expected, found, "differs from Sequential ({when})");
}

impl fmt::Debug for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Subject")
            .field("engine", &self.engine)
            .finish_non_exhaustive()
    }
}

/// The engine under test, asked for exactly so many chunks.
#[derive(Debug)]
struct Cut {
    engine: Arc<dyn Engine>,
    chunks: usize,
}

impl Engine for Cut {
    fn name(&self) -> &str {
        self.engine.name()
    }

    fn capabilities(&self) -> &Capabilities {
        self.engine.capabilities()
    }

    fn sizing(&self, plan: &Plan, items: usize) -> Sizing {
        Sizing {
            fixed: Some(self.chunks),
            ..self.engine.sizing(plan, items)
        }
    }

    fn drive(&self, feed: &Arc<Feed>) -> Result<(), EngineError> {
        self.engine.drive(feed)
    }

    fn run_one(&self, run: &mut ChunkRun<'_>) -> Result<(), EngineError> {
        self.engine.run_one(run)
    }

    fn assist(&self, feed: &Arc<Feed>) -> Assist {
        self.engine.assist(feed)
    }
}

/// Runs one case on one engine, and fails if it does not end.
///
/// # Panics
/// When the engine differs from Sequential, or hangs.
pub fn check(
    name: &str,
    engine: impl FnOnce() -> Arc<dyn Engine>,
    parallel: Parallel,
    case: fn(&Subject),
) {
    let subject = Subject {
        engine: engine(),
        parallel,
    };
    let (done, result) = mpsc::channel::<Result<(), Box<dyn Any + Send>>>();
    let run = move || {
        let result = catch_unwind(AssertUnwindSafe(|| case(&subject)));
        drop(subject);
        // Nobody listens any more when the watchdog was faster.
        let _ = done.send(result);
    };
    let thread = std::thread::Builder::new().name(name.to_owned()).spawn(run);
    let _thread = thread.expect("the system gives a test its thread");
    match result.recv_timeout(WATCHDOG) {
        Ok(Ok(())) => {}
        Ok(Err(payload)) => resume_unwind(payload),
        Err(_) => unreachable!("case `{name}` did not end within {WATCHDOG:?}: the engine hangs"),
    }
}
