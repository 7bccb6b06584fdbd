//! What the engines are compared on: functions with values that can leave the process, so that every engine can run them.

use std::hint::black_box;
use std::time::{Duration, Instant};

use hypernodes::{Inputs, Pipeline, node, nodes};

use crate::cli::BenchWorkload;
use crate::error::CommandError;

/// How long an item of `io` waits.
const IO: Duration = Duration::from_millis(2);

/// How long an item of `mixed` waits, and then computes.
const MIXED_IO: Duration = Duration::from_millis(1);
const MIXED_CPU: Duration = Duration::from_micros(100);

/// How many items an inner map goes through.
const GROUP: usize = 10;

/// The output that is compared, in each case.
pub(super) const OUTPUT: &str = "value";

/// The input that the map goes over.
const AXIS: &str = "item";

/// One kind of work, nested or not.
#[derive(Debug)]
pub(super) struct Case {
    pub(super) pipeline: Pipeline,
    /// As the option writes it.
    pub(super) workload: &'static str,
    pub(super) is_nested: bool,
}

/// So many steps of arithmetic.
#[node(output = "value")]
fn compute(item: u64, steps: u64) -> u64 {
    churned(item, steps)
}

/// Waits, as for a disk or a server.
#[node(output = "value", workload = "io")]
fn wait(item: u64, wait_us: u64) -> u64 {
    std::thread::sleep(Duration::from_micros(wait_us));
    churned(item, 1)
}

/// Waits for something to compute with.
#[node(output = "page", workload = "io")]
fn fetch(item: u64, wait_us: u64) -> u64 {
    std::thread::sleep(Duration::from_micros(wait_us));
    churned(item, 1)
}

/// Computes with what was waited for.
#[node(output = "value")]
fn digest(page: u64, steps: u64) -> u64 {
    churned(page, steps)
}

/// Hardly anything.
#[node(output = "value")]
fn step(item: u64) -> u64 {
    churned(item, 1)
}

/// The items of a group: so many from the first one on.
#[node(output = "items")]
fn members(item: u64, last: u64) -> Vec<u64> {
    let end = item.saturating_add(GROUP as u64).min(last);
    (item..end).collect()
}

/// One value of a group.
#[node(output = "value")]
fn total(values: &[u64]) -> u64 {
    values.iter().fold(0, |sum, value| sum.wrapping_add(*value))
}

/// Steps of which each needs the one before, so that none can be left out.
fn churned(start: u64, steps: u64) -> u64 {
    let step = |x: u64, _| black_box(x.wrapping_mul(6_364_136_223_846_793_005).rotate_left(17) ^ 1);
    (0..steps).fold(start, step)
}

/// The cases of some workloads, in this order, each plain and then nested.
pub(super) fn cases(
    workloads: &[BenchWorkload],
    with_nested: bool,
) -> Result<Vec<Case>, CommandError> {
    let per_second = if workloads.iter().any(computes) {
        steps_per_second()
    } else {
        1.0
    };
    let mut cases = Vec::new();
    for workload in workloads {
        for (name, pipeline) in plain(*workload, per_second)? {
            let workload = workload_name(*workload);
            let nested = with_nested.then(|| nested(&pipeline, &format!("{name}-nested")));
            cases.push(Case {
                pipeline,
                workload,
                is_nested: false,
            });
            if let Some(pipeline) = nested.transpose()? {
                cases.push(Case {
                    pipeline,
                    workload,
                    is_nested: true,
                });
            }
        }
    }
    Ok(cases)
}

fn computes(workload: &BenchWorkload) -> bool {
    matches!(workload, BenchWorkload::Cpu | BenchWorkload::Mixed)
}

fn workload_name(workload: BenchWorkload) -> &'static str {
    match workload {
        BenchWorkload::Cpu => "cpu",
        BenchWorkload::Io => "io",
        BenchWorkload::Mixed => "mixed",
        BenchWorkload::Tiny => "tiny",
    }
}

type Named = (&'static str, Pipeline);

fn plain(workload: BenchWorkload, per_second: f64) -> Result<Vec<Named>, CommandError> {
    let steps = |time: Duration| steps_in(time, per_second);
    let made = match workload {
        BenchWorkload::Cpu => {
            let cpu = |name, time| {
                let pipeline = Pipeline::new(name, nodes![compute])?;
                Ok((name, pipeline.bind("steps", steps(time))?))
            };
            [
                cpu("cpu-50us", Duration::from_micros(50)),
                cpu("cpu-1ms", Duration::from_millis(1)),
            ]
            .into_iter()
            .collect()
        }
        BenchWorkload::Io => Pipeline::new("io-2ms", nodes![wait])
            .and_then(|pipeline| pipeline.bind("wait_us", microseconds(IO)))
            .map(|pipeline| vec![("io-2ms", pipeline)]),
        BenchWorkload::Mixed => Pipeline::new("mixed", nodes![fetch, digest])
            .and_then(|pipeline| pipeline.bind("wait_us", microseconds(MIXED_IO)))
            .and_then(|pipeline| pipeline.bind("steps", steps(MIXED_CPU)))
            .and_then(|pipeline| pipeline.select([OUTPUT]))
            .map(|pipeline| vec![("mixed", pipeline)]),
        BenchWorkload::Tiny => {
            Pipeline::new("tiny", nodes![step]).map(|pipeline| vec![("tiny", pipeline)])
        }
    };
    Ok(made.map_err(hypernodes::Error::from)?)
}

/// The same work in groups: the map goes over groups, an inner map over the items of each.
fn nested(inner: &Pipeline, name: &str) -> Result<Pipeline, CommandError> {
    let each = inner
        .as_node()
        .map_over(["items"])
        .rename_input(AXIS, "items")
        .rename_output(OUTPUT, "values");
    let pipeline = Pipeline::new(name.to_owned(), nodes![members, { each }, total]);
    let pipeline = pipeline.and_then(|pipeline| pipeline.select([OUTPUT]));
    Ok(pipeline.map_err(hypernodes::Error::from)?)
}

impl Case {
    /// The input that the map goes over.
    pub(super) const AXES: [&'static str; 1] = [AXIS];

    /// The inputs of so many items, which are groups of ten where the work is nested.
    pub(super) fn inputs(&self, items: usize) -> Inputs {
        let last = items as u64;
        match self.is_nested {
            false => Inputs::new().with_items(AXIS, 0..last),
            true => Inputs::new()
                .with_items(AXIS, (0..last).step_by(GROUP))
                .with("last", last),
        }
    }
}

fn microseconds(time: Duration) -> u64 {
    u64::try_from(time.as_micros()).unwrap_or(u64::MAX)
}

/// How many steps take so long.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "it is positive, and a float that is too large becomes the largest integer"
)]
fn steps_in(time: Duration, per_second: f64) -> u64 {
    ((time.as_secs_f64() * per_second) as u64).max(1)
}

/// How fast this machine is: the best of a few tries.
fn steps_per_second() -> f64 {
    const TRY: u64 = 200_000;
    let tries = (0..8_u64).map(|start| {
        let began = now();
        black_box(churned(start, TRY));
        TRY as f64 / began.elapsed().as_secs_f64().max(1e-9)
    });
    tries.fold(1.0, f64::max)
}

#[expect(
    clippy::disallowed_methods,
    reason = "what is computed is made to take a given time"
)]
fn now() -> Instant {
    Instant::now()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nested_work_gives_the_sums_of_the_plain_one() {
        let all = [BenchWorkload::Io, BenchWorkload::Mixed, BenchWorkload::Tiny];
        for pair in cases(&all, true).unwrap().chunks(2) {
            let values = |case: &Case| {
                let runs = case.pipeline.map(case.inputs(23), Case::AXES).unwrap();
                runs.column::<u64>(OUTPUT).unwrap()
            };
            assert!(!pair[0].is_nested && pair[1].is_nested);
            let groups = values(&pair[0]);
            let groups = groups.chunks(GROUP).map(total);
            assert_eq!(values(&pair[1]), groups.collect::<Vec<_>>());
        }
    }

    #[test]
    fn steps_fill_the_time_asked_for() {
        assert_eq!(steps_in(Duration::from_millis(1), 1e9), 1_000_000);
        assert_eq!(steps_in(Duration::from_nanos(1), 1.0), 1);
        assert!(steps_per_second() > 1.0);
    }
}
