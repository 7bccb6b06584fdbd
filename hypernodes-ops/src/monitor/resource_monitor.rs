//! Readings over time, and what crosses its threshold.

use std::collections::VecDeque;
use std::fmt;
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::{Probe, Reading, SystemProbe};
use crate::clock;

/// Readings closer together than this cost more than they tell.
const SHORTEST: Duration = Duration::from_millis(10);

/// When a resource is short, and how often to look.
///
/// # Example
/// ```
/// use hypernodes_ops::MonitorConfig;
/// let config: MonitorConfig = serde_json::from_str(r#"{"memory_percent": 70.0}"#)?;
/// assert_eq!((config.cpu_percent, config.memory_percent, config.disk_percent), (80.0, 70.0, 90.0));
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct MonitorConfig {
    /// CPUs busier than this are short: 80.
    pub cpu_percent: f64,
    /// More memory in use than this is short: 85.
    pub memory_percent: f64,
    /// A disk fuller than this is short: 90.
    pub disk_percent: f64,
    /// Milliseconds between two looks, at least 10: 5,000.
    pub interval_ms: u64,
    /// How many samples are kept: 1,000.
    pub history: usize,
}

impl Default for MonitorConfig {
    fn default() -> Self {
        Self {
            cpu_percent: 80.0,
            memory_percent: 85.0,
            disk_percent: 90.0,
            interval_ms: 5000,
            history: 1000,
        }
    }
}

/// What is watched.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ResourceKind {
    /// The CPUs.
    Cpu,
    /// The memory.
    Memory,
    /// The disk.
    Disk,
}

impl ResourceKind {
    const ALL: [Self; 3] = [Self::Cpu, Self::Memory, Self::Disk];
}

impl fmt::Display for ResourceKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Cpu => "CPU",
            Self::Memory => "memory",
            Self::Disk => "disk",
        })
    }
}

/// A reading and its time.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Sample {
    /// Milliseconds since 1970 (UTC).
    pub unix_ms: u64,
    /// What was read.
    pub reading: Reading,
}

/// A resource went past its threshold.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Crossing {
    /// Which one.
    pub kind: ResourceKind,
    /// Up (it is short from now on) or down.
    pub is_up: bool,
    /// How much of it is in use.
    pub percent: f64,
    /// The threshold.
    pub threshold: f64,
}

impl fmt::Display for Crossing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            kind,
            percent,
            threshold,
            ..
        } = self;
        if self.is_up {
            write!(f, "{kind} at {percent:.1} %, above {threshold:.1} %")
        } else {
            write!(
                f,
                "{kind} at {percent:.1} %, no longer above {threshold:.1} %"
            )
        }
    }
}

type Hears = Arc<dyn Fn(&Crossing) + Send + Sync>;

/// Watches resources, keeps the last samples, and tells each crossing of a threshold once.
///
/// A started one looks on a thread of its own, which ends at once when the monitor is dropped; a manual one looks when
/// it is [told to](Self::tick).
///
/// # Example
/// ```
/// use hypernodes_ops::{MonitorConfig, Reading, ResourceMonitor};
/// let mut percents = [50.0, 95.0].into_iter();
/// let probe = move || Reading { memory_percent: percents.next(), ..Reading::default() };
/// let monitor = ResourceMonitor::manual(probe, MonitorConfig::default());
/// assert_eq!(monitor.check(), (true, vec![]));
/// monitor.tick();
/// assert_eq!(monitor.check(), (false, vec!["memory at 95.0 %, above 85.0 %".to_owned()]));
/// assert_eq!(monitor.history().len(), 2);
/// ```
pub struct ResourceMonitor {
    shared: Arc<Shared>,
    thread: Option<JoinHandle<()>>,
}

struct Shared {
    config: MonitorConfig,
    probe: Mutex<Box<dyn Probe>>,
    state: Mutex<State>,
    /// The monitor is dropped.
    ended: Condvar,
}

#[derive(Default)]
struct State {
    samples: VecDeque<Sample>,
    is_above: [bool; 3],
    listeners: Vec<Hears>,
    has_ended: bool,
}

impl ResourceMonitor {
    /// Watches what this process may use, and the disk of the current folder.
    ///
    /// # Errors
    /// When there is no thread for it.
    pub fn start(config: MonitorConfig) -> io::Result<Self> {
        Self::start_with(SystemProbe::new("."), config)
    }

    /// Watches what a probe reads.
    ///
    /// # Errors
    /// When there is no thread for it.
    pub fn start_with(probe: impl Probe, config: MonitorConfig) -> io::Result<Self> {
        let mut monitor = Self::manual(probe, config);
        let shared = Arc::clone(&monitor.shared);
        let thread = std::thread::Builder::new().name("hypernodes-monitor".to_owned());
        monitor.thread = Some(thread.spawn(move || shared.watch())?);
        Ok(monitor)
    }

    /// Looks only when it is [told to](Self::tick).
    #[must_use]
    pub fn manual(probe: impl Probe, config: MonitorConfig) -> Self {
        let shared = Shared {
            config,
            probe: Mutex::new(Box::new(probe)),
            state: Mutex::default(),
            ended: Condvar::new(),
        };
        Self {
            shared: Arc::new(shared),
            thread: None,
        }
    }

    /// Tells each crossing of a threshold to this function, up and down, once each. It runs on the thread that looks; one
    /// that panics hears no more.
    pub fn on_crossing(&self, hears: impl Fn(&Crossing) + Send + Sync + 'static) {
        self.shared.lock().listeners.push(Arc::new(hears));
    }

    /// Looks now.
    pub fn tick(&self) -> Sample {
        self.shared.tick()
    }

    /// Whether nothing is short, and what is, by the last sample (the first is taken if there is none).
    #[must_use]
    pub fn check(&self) -> (bool, Vec<String>) {
        let sample = self.latest().unwrap_or_else(|| self.tick());
        let warnings: Vec<String> = ResourceKind::ALL
            .into_iter()
            .filter_map(|kind| self.shared.config.crossing(kind, &sample.reading))
            .filter(|crossing| crossing.is_up)
            .map(|crossing| crossing.to_string())
            .collect();
        (warnings.is_empty(), warnings)
    }

    /// The last sample.
    #[must_use]
    pub fn latest(&self) -> Option<Sample> {
        self.shared.lock().samples.back().copied()
    }

    /// The last samples, the oldest first.
    #[must_use]
    pub fn history(&self) -> Vec<Sample> {
        self.shared.lock().samples.iter().copied().collect()
    }

    /// Its settings.
    #[must_use]
    pub fn config(&self) -> &MonitorConfig {
        &self.shared.config
    }
}

impl MonitorConfig {
    /// On which side of its threshold a resource is, where that is known.
    fn crossing(&self, kind: ResourceKind, reading: &Reading) -> Option<Crossing> {
        let (percent, threshold) = match kind {
            ResourceKind::Cpu => (reading.cpu_percent, self.cpu_percent),
            ResourceKind::Memory => (reading.memory_percent, self.memory_percent),
            ResourceKind::Disk => (reading.disk_percent, self.disk_percent),
        };
        let percent = percent.filter(|percent| !percent.is_nan())?;
        Some(Crossing {
            kind,
            is_up: percent > threshold,
            percent,
            threshold,
        })
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn tick(&self) -> Sample {
        let reading = {
            let mut probe = self.probe.lock().unwrap_or_else(PoisonError::into_inner);
            probe.read()
        };
        let sample = Sample {
            unix_ms: clock::unix_ms(),
            reading,
        };
        let mut state = self.lock();
        while state.samples.len() >= self.config.history.max(1) {
            state.samples.pop_front();
        }
        state.samples.push_back(sample);
        let mut crossings = Vec::new();
        for (place, kind) in ResourceKind::ALL.into_iter().enumerate() {
            // What cannot be read stays on the side where it was.
            if let Some(crossing) = self.config.crossing(kind, &reading)
                && state.is_above[place] != crossing.is_up
            {
                state.is_above[place] = crossing.is_up;
                crossings.push(crossing);
            }
        }
        let listeners = state.listeners.clone();
        // Free while others hear: they may ask this monitor.
        drop(state);
        for crossing in &crossings {
            for hears in &listeners {
                self.tell(hears, crossing);
            }
        }
        sample
    }

    fn tell(&self, hears: &Hears, crossing: &Crossing) {
        let is_there = self
            .lock()
            .listeners
            .iter()
            .any(|known| Arc::ptr_eq(known, hears));
        if is_there && catch_unwind(AssertUnwindSafe(|| hears(crossing))).is_err() {
            tracing::warn!("a listener of a resource monitor has panicked and hears no more");
            self.lock()
                .listeners
                .retain(|known| !Arc::ptr_eq(known, hears));
        }
    }

    fn watch(&self) {
        let interval = Duration::from_millis(self.config.interval_ms).max(SHORTEST);
        loop {
            if catch_unwind(AssertUnwindSafe(|| self.tick())).is_err() {
                tracing::warn!("the probe of a resource monitor has panicked: it looks no more");
                return;
            }
            let state = self.lock();
            let waited = self
                .ended
                .wait_timeout_while(state, interval, |state| !state.has_ended);
            let (state, _) = waited.unwrap_or_else(PoisonError::into_inner);
            if state.has_ended {
                return;
            }
        }
    }
}

impl Drop for ResourceMonitor {
    fn drop(&mut self) {
        self.shared.lock().has_ended = true;
        self.shared.ended.notify_all();
        if let Some(thread) = self.thread.take()
            // The last handle may be dropped by a listener.
            && thread.thread().id() != std::thread::current().id()
        {
            let _ = thread.join();
        }
    }
}

impl fmt::Debug for ResourceMonitor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ResourceMonitor")
            .field("config", &self.shared.config)
            .field("latest", &self.latest())
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use super::*;

    fn memory(
        percents: impl IntoIterator<Item = Option<f64>, IntoIter: Send + 'static>,
    ) -> impl Probe {
        let mut percents = percents.into_iter();
        move || Reading {
            memory_percent: percents.next().flatten(),
            ..Reading::default()
        }
    }

    #[test]
    fn each_crossing_is_told_once() {
        let percents = [50.0, 85.0, 85.1, 99.0, f64::NAN, 90.0, 84.0, 10.0, 86.0].map(Some);
        let percents = percents.into_iter().chain([None, Some(1.0)]);
        let monitor = ResourceMonitor::manual(memory(percents), MonitorConfig::default());
        let (tell, heard) = mpsc::channel();
        monitor.on_crossing(move |crossing| tell.send((crossing.is_up, crossing.percent)).unwrap());
        for _ in 0..11 {
            monitor.tick();
        }
        let heard: Vec<_> = heard.try_iter().collect();
        assert_eq!(
            heard,
            [(true, 85.1), (false, 84.0), (true, 86.0), (false, 1.0)]
        );
    }

    #[test]
    fn all_that_is_short_is_named() {
        let probe = || Reading {
            cpu_percent: Some(81.0),
            memory_percent: Some(85.0),
            disk_percent: Some(90.5),
        };
        let monitor = ResourceMonitor::manual(probe, MonitorConfig::default());
        let (is_available, warnings) = monitor.check();
        assert!(!is_available);
        assert_eq!(
            warnings,
            [
                "CPU at 81.0 %, above 80.0 %",
                "disk at 90.5 %, above 90.0 %"
            ]
        );
    }

    #[test]
    fn history_is_bounded() {
        let config = MonitorConfig {
            history: 3,
            ..MonitorConfig::default()
        };
        let monitor = ResourceMonitor::manual(memory((0..9).map(|n| Some(f64::from(n)))), config);
        for _ in 0..9 {
            monitor.tick();
        }
        let history: Vec<_> = monitor
            .history()
            .iter()
            .map(|sample| sample.reading.memory_percent)
            .collect();
        assert_eq!(history, [Some(6.0), Some(7.0), Some(8.0)]);
        let none = MonitorConfig {
            history: 0,
            ..MonitorConfig::default()
        };
        let monitor = ResourceMonitor::manual(memory([Some(1.0), Some(2.0)]), none);
        monitor.tick();
        monitor.tick();
        assert_eq!(monitor.history().len(), 1);
    }

    #[test]
    fn a_listener_that_panics_hears_no_more_and_others_do() {
        let percents = [99.0, 1.0, 99.0].map(Some);
        let monitor = ResourceMonitor::manual(memory(percents), MonitorConfig::default());
        let (tell, heard) = mpsc::channel();
        let told = tell.clone();
        monitor.on_crossing(move |_| {
            told.send("first").unwrap();
            panic!("on purpose");
        });
        monitor.on_crossing(move |_| tell.send("second").unwrap());
        for _ in 0..3 {
            monitor.tick();
        }
        let heard: Vec<_> = heard.try_iter().collect();
        assert_eq!(heard, ["first", "second", "second", "second"]);
    }

    #[test]
    fn a_started_monitor_looks_and_ends_although_its_interval_is_a_day() {
        let (tell, heard) = mpsc::channel();
        let probe = move || {
            let _ = tell.send(());
            Reading::default()
        };
        let config = MonitorConfig {
            interval_ms: 86_400_000,
            ..MonitorConfig::default()
        };
        let monitor = ResourceMonitor::start_with(probe, config).unwrap();
        heard.recv().unwrap();
        drop(monitor);
        // The thread is gone, and the probe with it.
        assert!(heard.recv().is_err());
    }

    #[test]
    fn a_started_monitor_looks_again() {
        let (tell, heard) = mpsc::channel();
        let probe = move || {
            let _ = tell.send(());
            Reading::default()
        };
        let config = MonitorConfig {
            interval_ms: 0,
            ..MonitorConfig::default()
        };
        let monitor = ResourceMonitor::start_with(probe, config).unwrap();
        for _ in 0..3 {
            heard.recv().unwrap();
        }
        assert!(monitor.latest().is_some());
    }
}
