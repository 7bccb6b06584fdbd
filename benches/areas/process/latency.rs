//! What a worker costs before it computes anything: its start, and one trip to it and back.

use std::cell::RefCell;
use std::io::{Read, Write};
use std::process::{Child, Command, Stdio};
use std::rc::Rc;

use hypernodes::{Column, Inputs, Pipeline, node, nodes};

use super::process;
use crate::nodes::{last, map_column};
use crate::{Bar, BoxError, Group, Implementation, Unit, fixtures};

/// Nothing.
#[node(output = "d")]
fn same(x: i64) -> i64 {
    x
}

const SEQUENTIAL: &str = "Sequential";
const ONE_WORKER: &str = "Process, 1 worker";

/// From an engine without workers until each of them has computed an item. How they end is not measured.
pub(super) fn start(workers: usize) -> Result<Group, BoxError> {
    let pipeline = last("start", nodes![same], "d")?;
    let column = Column::from_vec(fixtures::integers(workers));
    let bars = if workers == 2 {
        vec![Bar::AtMost(15.0)]
    } else {
        Vec::new()
    };
    let title = match workers {
        1 => "cold start of 1 worker",
        2 => "cold start of 2 workers",
        _ => "cold start of 4 workers",
    };
    // It is held here until the next one is made.
    let held: RefCell<Option<Rc<Pipeline>>> = RefCell::default();
    let cold = move || {
        held.take();
        let engine = process(workers).expect("`init` was called");
        let pipeline = Rc::new(pipeline.with_engine(engine));
        held.replace(Some(Rc::clone(&pipeline)));
        pipeline
    };
    let mut measured = Implementation::prepared(
        "Process, until every worker has computed an item",
        cold,
        move |pipeline| map_column::<i64>(&pipeline, &column),
    );
    measured.bars = bars;
    Ok(Group::new(title, workers as u64, Unit::Millis)
        .slow()
        .with(Implementation::new(
            "as many `true`, started together, until they have ended",
            move || {
                let all: Vec<Child> = (0..workers)
                    .filter_map(|_| Command::new("true").spawn().ok())
                    .collect();
                let ended = all.into_iter().filter_map(|mut one| one.wait().ok());
                fixtures::integers(ended.count())
            },
        ))
        .with(measured))
}

/// A process that gives back what it gets: the fewest changes of processes that there can be.
struct Echo(Child);

impl Echo {
    fn start() -> Result<Self, BoxError> {
        let mut command = Command::new("cat");
        command.stdin(Stdio::piped()).stdout(Stdio::piped());
        Ok(Self(command.spawn()?))
    }

    fn byte(&mut self, byte: u8) -> Option<u8> {
        let mut came = [0];
        self.0.stdin.as_mut()?.write_all(&[byte]).ok()?;
        self.0.stdout.as_mut()?.read_exact(&mut came).ok()?;
        Some(came[0])
    }
}

impl Drop for Echo {
    fn drop(&mut self) {
        drop(self.0.stdin.take());
        let _ = self.0.wait();
    }
}

const ECHO: &str = "a byte to `cat` and back";

fn echoed(mut echo: Echo) -> impl FnMut() -> i64 {
    move || echo.byte(7).map_or(0, i64::from)
}

pub(super) fn run() -> Result<Group, BoxError> {
    let pipeline = last("run", nodes![same], "d")?;
    let elsewhere = pipeline.with_engine(process(1)?);
    let run = |pipeline: &Pipeline| {
        let outputs = pipeline.run(Inputs::new().with("x", 7_i64));
        outputs
            .and_then(|mut outputs| outputs.take::<i64>("d"))
            .unwrap_or_default()
    };
    Ok(
        Group::new("one run of an empty node, warm", 1, Unit::Micros)
            .with(Implementation::new(ECHO, echoed(Echo::start()?)))
            .with(Implementation::new(SEQUENTIAL, move || run(&pipeline)))
            .with(Implementation::new(ONE_WORKER, move || run(&elsewhere)).bar(Bar::AtMost(50.0))),
    )
}

pub(super) fn map() -> Result<Group, BoxError> {
    let pipeline = last("map", nodes![same], "d")?;
    let elsewhere = pipeline.with_engine(process(1)?);
    let column = Column::from_vec(vec![7_i64]);
    let other = column.clone();
    let map = |pipeline: &Pipeline, column: &Column| {
        let mapped = map_column::<i64>(pipeline, column);
        mapped.first().copied().unwrap_or_default()
    };
    Ok(
        Group::new("map of 1 item, empty node, warm", 1, Unit::Micros)
            .with(Implementation::new(ECHO, echoed(Echo::start()?)))
            .with(Implementation::new(SEQUENTIAL, move || {
                map(&pipeline, &column)
            }))
            .with(
                Implementation::new(ONE_WORKER, move || map(&elsewhere, &other))
                    .bar(Bar::AtMost(50.0)),
            ),
    )
}
