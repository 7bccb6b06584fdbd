//! How many workers fit into what may be used.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::size::some_bytes;
use super::{CpuSource, LimitsError, Resources, format_size};

/// How much of what there is may be used by workers.
///
/// # Example
/// ```
/// # use hypernodes_core as hypernodes;
/// use hypernodes::WorkerLimits;
/// let limits: WorkerLimits = serde_json::from_str(r#"{"memory_per_task": "500MB"}"#)?;
/// assert_eq!(limits.memory_per_task, Some(500_000_000));
/// assert_eq!(limits.max_memory_percent, 80.0);
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct WorkerLimits {
    /// CPUs that are busier than this get no more work: 90.
    pub max_cpu_percent: f64,
    /// The part of the memory limit that may be filled: 80.
    pub max_memory_percent: f64,
    /// How many bytes one task needs, where that is known.
    #[serde(deserialize_with = "some_bytes")]
    pub memory_per_task: Option<u64>,
}

impl Default for WorkerLimits {
    fn default() -> Self {
        Self {
            max_cpu_percent: 90.0,
            max_memory_percent: 80.0,
            memory_per_task: None,
        }
    }
}

impl WorkerLimits {
    /// Checks that both percentages are above 0 and not above 100.
    ///
    /// # Errors
    /// Says which one is wrong. A choice made with it all the same takes the nearest allowed value.
    ///
    /// # Example
    /// ```
    /// # use hypernodes_core as hypernodes;
    /// use hypernodes::WorkerLimits;
    /// let wrong = WorkerLimits { max_cpu_percent: 120.0, ..WorkerLimits::default() };
    /// assert!(wrong.validate().unwrap_err().to_string().starts_with("`max_cpu_percent` is 120;"));
    /// ```
    pub fn validate(&self) -> Result<(), LimitsError> {
        let settings = [
            ("max_cpu_percent", self.max_cpu_percent),
            ("max_memory_percent", self.max_memory_percent),
        ];
        for (name, value) in settings {
            if !(value > 0.0 && value <= 100.0) {
                return Err(LimitsError::Percent { name, value });
            }
        }
        Ok(())
    }
}

/// What bounds the number of workers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum WorkerBound {
    /// The setting.
    Configured,
    /// The CPUs that may be used.
    Cpus,
    /// How busy these CPUs are.
    CpuLoad,
    /// How much memory is left.
    Memory,
}

/// How many workers, and why.
///
/// # Example
/// ```
/// # use hypernodes_core as hypernodes;
/// use hypernodes::{Resources, WorkerBound, WorkerChoice, WorkerLimits};
/// let choice = WorkerChoice::new(1, &Resources::read(), &WorkerLimits::default());
/// assert_eq!((choice.workers, choice.bound), (1, WorkerBound::Configured));
/// assert!(choice.explain().starts_with("1 worker: the setting allows 1"));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WorkerChoice {
    /// How many workers: at least 1.
    pub workers: usize,
    /// The bound that was the smallest.
    pub bound: WorkerBound,
    /// All bounds with their reasons, in the order in which they are looked at.
    pub bounds: Vec<(WorkerBound, usize, String)>,
}

impl WorkerChoice {
    /// Takes the smallest of all bounds, and at least 1; `configured` 0 sets none.
    #[must_use]
    pub fn new(configured: usize, resources: &Resources, limits: &WorkerLimits) -> Self {
        let mut bounds = Vec::with_capacity(4);
        if configured > 0 {
            let why = format!("the setting allows {configured}");
            bounds.push((WorkerBound::Configured, configured, why));
        }
        let (cpus, why) = by_cpus(resources);
        bounds.push((WorkerBound::Cpus, cpus, why));
        if let Some((workers, why)) = by_load(cpus, resources, limits) {
            bounds.push((WorkerBound::CpuLoad, workers, why));
        }
        if let Some((workers, why)) = by_memory(resources, limits) {
            bounds.push((WorkerBound::Memory, workers, why));
        }
        let smallest = bounds
            .iter()
            // Less than one is one: the first that asks for it is the reason.
            .min_by_key(|(_, workers, _)| (*workers).max(1))
            .map_or((WorkerBound::Cpus, 1), |(bound, workers, _)| {
                (*bound, *workers)
            });
        Self {
            workers: smallest.1.max(1),
            bound: smallest.0,
            bounds,
        }
    }

    /// The choice in a sentence: what was the smallest bound first, then the others.
    #[must_use]
    pub fn explain(&self) -> String {
        let is_first = |bound: &WorkerBound| *bound == self.bound;
        let first = self.bounds.iter().filter(|(bound, ..)| is_first(bound));
        let others = self.bounds.iter().filter(|(bound, ..)| !is_first(bound));
        let reasons: Vec<&str> = first
            .chain(others)
            .map(|(_, _, why)| why.as_str())
            .collect();
        let workers = if self.workers == 1 {
            "worker"
        } else {
            "workers"
        };
        format!("{} {workers}: {}", self.workers, reasons.join("; "))
    }
}

impl fmt::Display for WorkerChoice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.explain())
    }
}

/// A part of a CPU is worth a worker: it keeps that part busy.
fn by_cpus(resources: &Resources) -> (usize, String) {
    let cpus = whole(resources.cpus.ceil()).max(1);
    let source = match resources.cpus_from {
        CpuSource::Quota => "the CPU quota",
        CpuSource::Affinity => "the process's CPUs",
        CpuSource::Host => "the host's CPUs",
    };
    let exact = if resources.cpus.fract() > 0.0 {
        format!(" ({:.2} CPUs, rounded up)", resources.cpus)
    } else {
        String::new()
    };
    (
        cpus,
        format!("{source} allow {cpus}{exact}").replace("quota allow", "quota allows"),
    )
}

/// To the nearest number: a machine that is 1 % busy must not lose a whole worker to that.
fn by_load(cpus: usize, resources: &Resources, limits: &WorkerLimits) -> Option<(usize, String)> {
    let load = resources.cpu_load_percent?;
    let most = percent(limits.max_cpu_percent, 90.0);
    let workers = whole((cpus as f64 * (most - load) / most).round()).min(cpus);
    let why = format!("a CPU load of {load:.0} % below {most:.0} % leaves room for {workers}");
    Some((workers, why))
}

fn by_memory(resources: &Resources, limits: &WorkerLimits) -> Option<(usize, String)> {
    let task = limits.memory_per_task.filter(|task| *task > 0)?;
    let limit = resources.memory_limit?;
    let most = percent(limits.max_memory_percent, 80.0);
    let usable = (limit as f64 * most / 100.0).floor() - resources.memory_used as f64;
    let left = resources
        .memory_available
        .map_or(usable, |available| usable.min(available as f64))
        .max(0.0);
    let workers = whole((left / task as f64).floor());
    let why = format!(
        "memory leaves room for {workers} ({} of {} in use, up to {most:.0} % allowed, {} a task)",
        format_size(resources.memory_used),
        format_size(limit),
        format_size(task),
    );
    Some((workers, why))
}

/// What is out of range takes the nearest value in it, what is no number the usual one.
fn percent(value: f64, usual: f64) -> f64 {
    if value.is_nan() {
        usual
    } else {
        value.clamp(1.0, 100.0)
    }
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "such a cast saturates, and what is no number is 0"
)]
fn whole(number: f64) -> usize {
    number as usize
}

/// How many workers to start: the smallest of the setting (0 sets none), the CPUs that may be used, those that are not
/// busy, and the tasks that fit into memory; at least 1.
///
/// * CPUs: rounded up, so a quota of 2.5 gives 3.
/// * load: CPUs times `(max_cpu_percent - load) / max_cpu_percent`, to the nearest number.
/// * memory, where `memory_per_task` is given: what is left below `max_memory_percent` of the limit, and can be had at
///   all, divided by it.
///
/// [`WorkerChoice`] also says why.
///
/// # Example
/// ```
/// # use hypernodes_core as hypernodes;
/// use hypernodes::{Resources, WorkerLimits, optimal_workers};
/// let resources = Resources::read();
/// let limits = WorkerLimits::default();
/// assert!(optimal_workers(0, &resources, &limits) >= 1);
/// assert_eq!(optimal_workers(1, &resources, &limits), 1);
/// ```
#[must_use]
pub fn optimal_workers(configured: usize, resources: &Resources, limits: &WorkerLimits) -> usize {
    WorkerChoice::new(configured, resources, limits).workers
}

#[cfg(test)]
mod tests {
    use super::*;

    fn resources(cpus: f64, load: Option<f64>, limit: u64, used: u64) -> Resources {
        let mut made = Resources::read();
        made.cpus = cpus;
        made.cpus_from = CpuSource::Quota;
        made.cpu_load_percent = load;
        made.memory_limit = Some(limit);
        made.memory_used = used;
        made.memory_available = Some(limit.saturating_sub(used));
        made
    }

    #[test]
    fn the_smallest_bound_counts() {
        use WorkerBound::{Configured, CpuLoad, Cpus, Memory};
        // configured, cpus, load, limit, used, per task -> workers, bound
        let cases = [
            (0, 8.0, None, 1000, 0, None, 8, Cpus),
            (3, 8.0, None, 1000, 0, None, 3, Configured),
            (16, 8.0, None, 1000, 0, None, 8, Cpus),
            (0, 0.5, None, 1000, 0, None, 1, Cpus),
            (0, 2.5, Some(0.0), 1000, 0, None, 3, Cpus),
            // 1 % of load costs no worker, half of the CPUs half of the workers.
            (0, 4.0, Some(1.0), 1000, 0, None, 4, Cpus),
            (0, 4.0, Some(45.0), 1000, 0, None, 2, CpuLoad),
            (0, 8.0, Some(80.0), 1000, 0, None, 1, CpuLoad),
            (0, 16.0, Some(90.0), 1000, 0, None, 1, CpuLoad),
            (0, 16.0, Some(100.0), 1000, 0, None, 1, CpuLoad),
            // (800 - 300) / 200 = 2.5 tasks
            (0, 8.0, None, 1000, 300, Some(200), 2, Memory),
            (0, 8.0, None, 1000, 300, Some(50), 8, Cpus),
            (1, 8.0, None, 1000, 300, Some(200), 1, Configured),
            // No room is one worker all the same.
            (0, 8.0, None, 1000, 900, Some(200), 1, Memory),
            (0, 8.0, None, 1000, 0, Some(5000), 1, Memory),
            // A task of nothing bounds nothing.
            (0, 8.0, None, 1000, 900, Some(0), 8, Cpus),
        ];
        for (row, (configured, cpus, load, limit, used, task, workers, bound)) in
            cases.into_iter().enumerate()
        {
            let limits = WorkerLimits {
                memory_per_task: task,
                ..WorkerLimits::default()
            };
            let choice =
                WorkerChoice::new(configured, &resources(cpus, load, limit, used), &limits);
            assert_eq!(
                (choice.workers, choice.bound),
                (workers, bound),
                "row {row}"
            );
        }
    }

    #[test]
    fn memory_that_others_hold_cannot_be_had() {
        let limits = WorkerLimits {
            memory_per_task: Some(100),
            ..WorkerLimits::default()
        };
        let mut shared = resources(8.0, None, 1000, 0);
        assert_eq!(optimal_workers(0, &shared, &limits), 8);
        shared.memory_available = Some(250);
        assert_eq!(optimal_workers(0, &shared, &limits), 2);
        shared.memory_limit = None;
        assert_eq!(optimal_workers(0, &shared, &limits), 8);
    }

    #[test]
    fn settings_out_of_range_never_panic() {
        let resources = resources(f64::NAN, Some(f64::NAN), u64::MAX, u64::MAX);
        for wrong in [f64::NAN, f64::INFINITY, -1.0, 0.0, 1e9] {
            let limits = WorkerLimits {
                max_cpu_percent: wrong,
                max_memory_percent: wrong,
                memory_per_task: Some(1),
            };
            assert!(limits.validate().is_err());
            assert_eq!(optimal_workers(0, &resources, &limits), 1);
        }
        assert_eq!(WorkerLimits::default().validate(), Ok(()));
    }

    #[test]
    fn the_reason_is_told() {
        let limits = WorkerLimits {
            memory_per_task: Some(200 << 20),
            ..WorkerLimits::default()
        };
        let resources = resources(2.5, Some(12.0), 1 << 30, 300 << 20);
        let choice = WorkerChoice::new(4, &resources, &limits);
        insta::assert_snapshot!(choice, @"2 workers: memory leaves room for 2 (300 MiB of 1 GiB in use, up to 80 % allowed, 200 MiB a task); the setting allows 4; the CPU quota allows 3 (2.50 CPUs, rounded up); a CPU load of 12 % below 90 % leaves room for 3");
    }
}
