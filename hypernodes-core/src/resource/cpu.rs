//! How many CPUs, and how busy they are between two looks.

use std::path::Path;
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};

use super::cgroup::{Groups, read};
use super::parse;

/// Looks that are closer together than this see too few ticks of the clock.
const CLOSE: Duration = Duration::from_millis(50);

/// What sets the number of CPUs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CpuSource {
    /// The quota of a cgroup.
    Quota,
    /// The CPUs that the process may run on.
    Affinity,
    /// All CPUs of the host.
    Host,
}

/// What the process may use, and what was used so far by all who share it.
#[derive(Clone, Debug)]
pub(super) struct Cpus {
    pub(super) count: f64,
    pub(super) source: CpuSource,
    used: Used,
    load_average: Option<f64>,
}

/// Growing counters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Used {
    /// CPU time of the group with the quota.
    Group {
        ns: u64,
    },
    /// Ticks of the CPUs that the process may run on.
    Host {
        busy: u64,
        all: u64,
    },
    Unknown,
}

impl Cpus {
    pub(super) fn read(root: &Path, groups: &Groups<'_>) -> Self {
        let stat = read(root, "/proc/stat");
        let allowed = parse::allowed_cpus(&read(root, "/proc/self/status"));
        let listed = parse::count_cpus(&stat);
        let mut source = CpuSource::Host;
        let mut count = if listed > 0 {
            listed
        } else {
            std::thread::available_parallelism().map_or(1, usize::from)
        };
        if let Some(allowed) = &allowed
            && allowed.len() < count
        {
            source = CpuSource::Affinity;
            count = allowed.len();
        }
        let mut count = count as f64;
        let host = parse::ticks(&stat, allowed.as_deref());
        let mut used = host.map_or(Used::Unknown, |(busy, all)| Used::Host { busy, all });
        if let Some(group) = groups.cpu()
            && group.cpus < count
        {
            source = CpuSource::Quota;
            count = group.cpus;
            used = group.used_ns.map_or(Used::Unknown, |ns| Used::Group { ns });
        }
        // The host's queue says nothing about a part of the host.
        let is_all = source == CpuSource::Host;
        let load_average = parse::load_average(&read(root, "/proc/loadavg")).filter(|_| is_all);
        Self {
            count,
            source,
            used,
            load_average,
        }
    }
}

/// Turns counters into a load.
#[derive(Debug, Default)]
pub(super) struct LoadMeter {
    before: Option<(Instant, Used)>,
    load: Option<f64>,
}

impl LoadMeter {
    /// The load in percent of what may be used, since the last look.
    pub(super) fn look(&mut self, cpus: &Cpus, now: Instant) -> Option<f64> {
        let Some((then, before)) = self.before else {
            self.before = Some((now, cpus.used));
            return cpus
                .load_average
                .map(|tasks| (tasks / cpus.count * 100.0).min(100.0));
        };
        let elapsed = now.saturating_duration_since(then);
        if elapsed >= CLOSE {
            self.load = load(before, cpus.used, elapsed, cpus.count).or(self.load);
            self.before = Some((now, cpus.used));
        }
        self.load
    }
}

fn load(before: Used, after: Used, elapsed: Duration, cpus: f64) -> Option<f64> {
    let part = match (before, after) {
        (Used::Group { ns: before }, Used::Group { ns: after }) => {
            after.checked_sub(before)? as f64 / (elapsed.as_nanos() as f64 * cpus)
        }
        (
            Used::Host { busy, all },
            Used::Host {
                busy: busy_after,
                all: all_after,
            },
        ) => {
            let all = all_after.checked_sub(all).filter(|all| *all > 0)?;
            busy_after.checked_sub(busy)? as f64 / all as f64
        }
        _ => return None,
    };
    Some((part * 100.0).clamp(0.0, 100.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cpus(count: f64, used: Used, load_average: Option<f64>) -> Cpus {
        Cpus {
            count,
            source: CpuSource::Host,
            used,
            load_average,
        }
    }

    #[test]
    fn load_is_a_part_of_the_allowance() {
        let second = Duration::from_secs(1);
        let group = |ns| Used::Group { ns };
        let load_of = |a, b, cpus| load(a, b, second, cpus).map(f64::round);
        // Half a CPU of a quota of two is a quarter.
        assert_eq!(load_of(group(5), group(500_000_005), 2.0), Some(25.0));
        // More than the quota for a moment.
        assert_eq!(load_of(group(0), group(3_000_000_000), 2.0), Some(100.0));
        // A counter that was reset, and a changed source.
        assert_eq!(load_of(group(5), group(4), 2.0), None);
        assert_eq!(load_of(group(5), Used::Unknown, 2.0), None);
        let host = |busy, all| Used::Host { busy, all };
        assert_eq!(load_of(host(100, 1000), host(160, 1200), 9.0), Some(30.0));
        assert_eq!(load_of(host(100, 1000), host(100, 1000), 9.0), None);
    }

    #[test]
    fn the_first_look_takes_the_load_average_and_later_ones_the_counters() {
        let start = crate::clock::now();
        let host = |busy, all| Used::Host { busy, all };
        let mut meter = LoadMeter::default();
        let first = meter.look(&cpus(4.0, host(0, 0), Some(1.0)), start);
        assert_eq!(first, Some(25.0));
        let close = meter.look(&cpus(4.0, host(9, 10), Some(1.0)), start + CLOSE / 2);
        assert_eq!(close, None);
        let later = meter.look(&cpus(4.0, host(50, 100), Some(1.0)), start + CLOSE);
        assert_eq!(later, Some(50.0));
        let again = meter.look(&cpus(4.0, host(60, 110), Some(1.0)), start + CLOSE);
        assert_eq!(again, Some(50.0));
    }
}
