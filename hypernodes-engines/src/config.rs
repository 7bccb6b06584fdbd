//! Settings of the engines: plain data that can be written to and read from a file.

use std::sync::Arc;
use std::time::Duration;

use hypernodes_core::{
    ByteSize, Engine, EngineError, PartitionRule, Plan, Resources, Sequential, Sizing,
    WorkerChoice, WorkerLimits, Workload, format_size,
};
use serde::{Deserialize, Serialize};

use crate::explain::Explanation;

/// More workers than this are taken for a mistake.
const MOST_WORKERS: usize = 1024;

/// Which engine, and its settings.
///
/// # Example
/// ```
/// # use hypernodes_core as hypernodes;
/// use hypernodes_engines::EngineConfig;
/// let config: EngineConfig = serde_json::from_str(r#"{"name": "threaded", "workers": 2, "workload": "io"}"#)?;
/// assert_eq!(config.build()?.name(), "threaded");
/// assert_eq!(serde_json::to_string(&EngineConfig::default())?, r#"{"name":"sequential"}"#);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "name", rename_all = "lowercase")]
#[non_exhaustive]
pub enum EngineConfig {
    /// Everything in order on the calling thread.
    Sequential(SequentialConfig),
    /// Threads of its own.
    Threaded(ThreadedConfig),
    /// Worker processes of this same program.
    Process(ProcessConfig),
}

impl Default for EngineConfig {
    /// [`Sequential`].
    fn default() -> Self {
        Self::Sequential(SequentialConfig::default())
    }
}

/// The settings of [`Sequential`]: none.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SequentialConfig {}

/// The settings of the engine with threads of its own.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ThreadedConfig {
    /// How many threads compute at the same time. 0, the default, takes the CPUs that this process may use: its
    /// affinity and the quota of its cgroup count.
    pub workers: usize,
    /// What the items of maps mostly do.
    pub workload: Workload,
    /// Exactly this many chunks for every map. `None`, the default, starts with
    /// [the rule](hypernodes_core::npartitions) and adapts.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub npartitions: Option<usize>,
}

impl ThreadedConfig {
    /// The number of workers, with 0 resolved.
    ///
    /// # Example
    /// ```
    /// use hypernodes_engines::ThreadedConfig;
    /// assert!(ThreadedConfig::default().resolved_workers() >= 1);
    /// assert_eq!(ThreadedConfig { workers: 3, ..Default::default() }.resolved_workers(), 3);
    /// ```
    #[must_use]
    pub fn resolved_workers(&self) -> usize {
        match self.workers {
            0 => self.automatic().workers,
            workers => workers,
        }
    }

    /// How many workers 0 stands for, and why: the CPUs that the affinity and the cgroup's quota leave.
    ///
    /// How busy they are at the moment does not count: it passes, and a run would not be the same twice.
    ///
    /// # Example
    /// ```
    /// use hypernodes_engines::ThreadedConfig;
    /// let config = ThreadedConfig::default();
    /// assert_eq!(config.automatic().workers, config.resolved_workers());
    /// assert!(config.automatic().explain().contains("CPU"));
    /// ```
    #[must_use]
    pub fn automatic(&self) -> WorkerChoice {
        let mut resources = Resources::read();
        resources.cpu_load_percent = None;
        WorkerChoice::new(0, &resources, &WorkerLimits::default())
    }

    /// # Errors
    /// A setting that is out of range.
    pub(crate) fn check(&self) -> Result<(), EngineError> {
        let wrong = |problem: String| {
            Err(EngineError::Config {
                engine: "threaded".to_owned(),
                problem,
            })
        };
        if self.workers > MOST_WORKERS {
            let workers = self.workers;
            return wrong(format!(
                "`workers` is {workers}; give 1 to {MOST_WORKERS}, or 0 for the CPUs that there are"
            ));
        }
        if self.npartitions == Some(0) {
            return wrong("`npartitions` is 0; leave it out, or give 1 or more".to_owned());
        }
        Ok(())
    }
}

/// The settings of the engine with worker processes.
///
/// # Example
/// ```
/// use hypernodes_engines::ProcessConfig;
/// let config: ProcessConfig = serde_json::from_str(r#"{"workers": 4, "worker_memory": "512MiB"}"#)?;
/// assert_eq!(config.worker_memory, Some(512 << 20));
/// assert_eq!(config.resolved_threads(), 1);
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ProcessConfig {
    /// How many worker processes. 0, the default, takes the CPUs that this process may use over the threads of each, and
    /// no more than their memory limits together leave room for.
    pub workers: usize,
    /// How many chunks each worker computes at the same time; 0, the default, is 1.
    pub threads_per_worker: usize,
    /// Bytes that a worker may allocate beyond what it starts with. `None`, the default, is no limit.
    #[serde(
        deserialize_with = "some_bytes",
        skip_serializing_if = "Option::is_none"
    )]
    pub worker_memory: Option<u64>,
    /// What the items of maps mostly do.
    pub workload: Workload,
    /// Exactly this many chunks for every map. `None`, the default, starts with [the rule](Self::rule) and adapts.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub npartitions: Option<usize>,
    /// Items after which a worker is replaced. `None`, the default, is never.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub recycle_after: Option<u64>,
    /// Bytes in use above which a worker is replaced. `None`, the default, is never.
    #[serde(
        deserialize_with = "some_bytes",
        skip_serializing_if = "Option::is_none"
    )]
    pub recycle_above: Option<u64>,
    /// How often an item must die alone in a fresh worker before it is blamed; 0, the default, is 3.
    #[serde(skip_serializing_if = "is_zero")]
    pub confirmations: u32,
    /// Most bytes of the outputs of one chunk. `None`, the default, is any number.
    #[serde(
        deserialize_with = "some_bytes",
        skip_serializing_if = "Option::is_none"
    )]
    pub result_limit: Option<u64>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes it so")]
fn is_zero(number: &u32) -> bool {
    *number == 0
}

/// A worker that is given less memory than this could not even begin.
const LEAST_MEMORY: u64 = 1 << 20;

/// How long a chunk should take in a worker process: a hundred times what handing it over costs.
const PROCESS_TARGET: Duration = Duration::from_millis(4);

/// Most bytes of the columns of a chunk, however much memory workers have.
const CHUNK_BYTES: usize = 4 << 20;

impl ProcessConfig {
    /// The number of workers, with 0 resolved.
    ///
    /// # Example
    /// ```
    /// use hypernodes_engines::ProcessConfig;
    /// assert!(ProcessConfig::default().resolved_workers() >= 1);
    /// assert_eq!(ProcessConfig { workers: 3, ..Default::default() }.resolved_workers(), 3);
    /// ```
    #[must_use]
    pub fn resolved_workers(&self) -> usize {
        match self.workers {
            0 => (self.automatic().workers / self.resolved_threads()).max(1),
            workers => workers,
        }
    }

    /// The threads of a worker, with 0 resolved.
    #[must_use]
    pub fn resolved_threads(&self) -> usize {
        self.threads_per_worker.max(1)
    }

    /// How many workers of one thread 0 stands for, and why.
    #[must_use]
    pub fn automatic(&self) -> WorkerChoice {
        let mut resources = Resources::read();
        resources.cpu_load_percent = None;
        let limits = WorkerLimits {
            memory_per_task: self
                .worker_memory
                .map(|bytes| bytes / self.resolved_threads() as u64),
            ..WorkerLimits::default()
        };
        WorkerChoice::new(0, &resources, &limits)
    }

    /// The rule by which maps are cut up to start with. A partition costs more to hand out than on threads, so each has
    /// four times as many items at least, and at most.
    ///
    /// # Example
    /// ```
    /// use hypernodes_engines::ProcessConfig;
    /// let rule = ProcessConfig::default().rule();
    /// assert_eq!((rule.least, rule.most), (40, 4000));
    /// ```
    #[must_use]
    pub fn rule(&self) -> PartitionRule {
        PartitionRule {
            least: 4 * PartitionRule::SHARED.least,
            most: 4 * PartitionRule::SHARED.most,
        }
    }

    /// How many partitions a map of `items` items starts with whose columns have so many bytes per item: by the
    /// [rule](Self::rule), and as many as it takes for the columns of one to stay within [`chunk_bytes`](Self::chunk_bytes).
    ///
    /// # Example
    /// ```
    /// use hypernodes_engines::ProcessConfig;
    /// let config = ProcessConfig { workers: 8, ..Default::default() };
    /// assert_eq!(config.partitions(500, 16), 8);
    /// assert_eq!(config.partitions(10_000, 16), 16);
    /// assert_eq!(config.partitions(10_000, 40_000), 96); // 10,000 items of 40 kB in pieces of 4 MiB
    /// ```
    #[must_use]
    pub fn partitions(&self, items: usize, bytes_per_item: usize) -> usize {
        let workers = self.resolved_workers() * self.resolved_threads();
        let by_rule = self.rule().partitions(items, workers, self.workload);
        let bytes = items.saturating_mul(bytes_per_item);
        by_rule.max(bytes.div_ceil(self.chunk_bytes())).min(items)
    }

    /// Most bytes of the columns of a chunk: 4 MiB, or a sixteenth of a worker's memory. What values own (the numbers of a
    /// list, say) counts as it was seen in the chunks before.
    #[must_use]
    pub fn chunk_bytes(&self) -> usize {
        let of_memory = self
            .worker_memory
            .map(|bytes| usize::try_from(bytes / 16).unwrap_or(usize::MAX));
        of_memory.map_or(CHUNK_BYTES, |bytes| bytes.clamp(64 * 1024, CHUNK_BYTES))
    }

    /// How a map of `items` items is cut up.
    pub(crate) fn sizing(&self, plan: &Plan, items: usize) -> Sizing {
        let fixed = self.npartitions.filter(|&parts| parts > 0);
        let by_rule = || self.partitions(items, plan.bytes_per_item());
        Sizing {
            partitions: fixed.map_or_else(by_rule, |n| n.min(items)),
            fixed,
            workers: self.resolved_workers() * self.resolved_threads(),
            target: PROCESS_TARGET,
            chunk_bytes: Some(self.chunk_bytes()),
            confirmations: if self.confirmations == 0 {
                Sizing::default().confirmations
            } else {
                self.confirmations
            },
            ..Sizing::default()
        }
    }

    /// # Errors
    /// A setting that is out of range.
    pub(crate) fn check(&self) -> Result<(), EngineError> {
        let wrong = |problem: String| {
            Err(EngineError::Config {
                engine: "process".to_owned(),
                problem,
            })
        };
        let numbers = [
            ("workers", self.workers),
            ("threads_per_worker", self.threads_per_worker),
        ];
        if let Some((name, number)) = numbers
            .into_iter()
            .find(|(_, number)| *number > MOST_WORKERS)
        {
            return wrong(format!(
                "`{name}` is {number}; give 1 to {MOST_WORKERS}, or 0 for the default"
            ));
        }
        if self.npartitions == Some(0) {
            return wrong("`npartitions` is 0; leave it out, or give 1 or more".to_owned());
        }
        if self.recycle_after == Some(0) {
            return wrong("`recycle_after` is 0; leave it out, or give 1 or more".to_owned());
        }
        if let Some(bytes) = self.worker_memory.filter(|&bytes| bytes < LEAST_MEMORY) {
            let (given, least) = (format_size(bytes), format_size(LEAST_MEMORY));
            return wrong(format!(
                "`worker_memory` is {given}; give {least} or more, or leave it out"
            ));
        }
        Ok(())
    }
}

/// Bytes as a number or as a text with a unit, or none.
fn some_bytes<'de, D: serde::Deserializer<'de>>(from: D) -> Result<Option<u64>, D::Error> {
    Ok(Option::<ByteSize>::deserialize(from)?.map(|size| size.0))
}

impl EngineConfig {
    /// The engine with its default settings.
    ///
    /// # Errors
    /// A name that is none of [`available`](Self::available), or an engine that this version does not have.
    ///
    /// # Example
    /// ```
    /// use hypernodes_engines::EngineConfig;
    /// assert_eq!(EngineConfig::named("sequential")?, EngineConfig::default());
    /// let error = EngineConfig::named("thread").unwrap_err();
    /// assert_eq!(error.to_string(), "engine `thread` is not available: there is none of this name; there are `sequential`, `threaded`, `process`");
    /// # Ok::<(), hypernodes_core::EngineError>(())
    /// ```
    pub fn named(name: &str) -> Result<Self, EngineError> {
        let unavailable = |reason: String| EngineError::Unavailable {
            engine: name.to_owned(),
            reason,
        };
        match name {
            "sequential" => return Ok(Self::Sequential(SequentialConfig::default())),
            "threaded" => return Ok(Self::Threaded(ThreadedConfig::default())),
            "process" => return Ok(Self::Process(ProcessConfig::default())),
            _ => {}
        }
        let known = Self::available();
        match known.iter().find(|engine| engine.name == name) {
            Some(engine) => Err(unavailable(engine.description.to_owned())),
            None => {
                let names: Vec<String> = known
                    .iter()
                    .filter(|engine| engine.available)
                    .map(|engine| format!("`{}`", engine.name))
                    .collect();
                Err(unavailable(format!(
                    "there is none of this name; there are {}",
                    names.join(", ")
                )))
            }
        }
    }

    /// The engine's name.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::Sequential(_) => "sequential",
            Self::Threaded(_) => "threaded",
            Self::Process(_) => "process",
        }
    }

    /// Makes the engine.
    ///
    /// # Errors
    /// A setting that is out of range, or an engine that was left out when this crate was built.
    pub fn build(&self) -> Result<Arc<dyn Engine>, EngineError> {
        match self {
            Self::Sequential(_) => Ok(Arc::new(Sequential::default())),
            #[cfg(feature = "threaded")]
            Self::Threaded(config) => Ok(Arc::new(crate::Threaded::from_config(*config)?)),
            #[cfg(not(feature = "threaded"))]
            Self::Threaded(config) => config.check().and_then(|()| Err(left_out("threaded"))),
            #[cfg(feature = "process")]
            Self::Process(config) => Ok(Arc::new(crate::Process::from_config(*config)?)),
            #[cfg(not(feature = "process"))]
            Self::Process(config) => config.check().and_then(|()| Err(left_out("process"))),
        }
    }

    /// How a map of `items` items would be cut up, and on which threads it would run.
    ///
    /// # Errors
    /// As [`build`](Self::build).
    pub fn explain(&self, plan: &Plan, items: usize) -> Result<Explanation, EngineError> {
        match self {
            Self::Sequential(_) => Ok(Explanation::sequential(plan, items)),
            #[cfg(feature = "threaded")]
            Self::Threaded(config) => {
                Ok(crate::Threaded::from_config(*config)?.explain(plan, items))
            }
            #[cfg(not(feature = "threaded"))]
            Self::Threaded(config) => config.check().and_then(|()| Err(left_out("threaded"))),
            Self::Process(config) => {
                config.check()?;
                Ok(Explanation::process(plan, items, config))
            }
        }
    }

    /// Every engine that this version knows of, with those that it does not have yet.
    ///
    /// # Example
    /// ```
    /// use hypernodes_engines::EngineConfig;
    /// let names: Vec<&str> = EngineConfig::available().iter().map(|engine| engine.name).collect();
    /// assert_eq!(names, ["sequential", "threaded", "process", "gpu", "dask", "ray"]);
    /// assert!(EngineConfig::available()[0].available);
    /// ```
    #[must_use]
    pub fn available() -> &'static [EngineInfo] {
        &ENGINES
    }
}

/// An engine, as a list of engines shows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct EngineInfo {
    /// The name that settings give.
    pub name: &'static str,
    /// Whether it can be used.
    pub available: bool,
    /// What it is for; or why it cannot be used.
    pub description: &'static str,
}

const ENGINES: [EngineInfo; 6] = [
    EngineInfo {
        name: "sequential",
        available: true,
        description: "everything in order on the calling thread; what all others are compared with",
    },
    EngineInfo {
        name: "threaded",
        available: cfg!(feature = "threaded"),
        description: if cfg!(feature = "threaded") {
            "threads of its own for computing and for waiting; independent steps of a run overlap"
        } else {
            "left out of this build; enable the feature `threaded`"
        },
    },
    EngineInfo {
        name: "process",
        available: cfg!(hypernodes_process),
        description: if cfg!(hypernodes_process) {
            "worker processes of the same program, for isolation and hard limits"
        } else if cfg!(feature = "process") {
            "worker processes need Linux; use `threaded` here"
        } else {
            "left out of this build; enable the feature `process`"
        },
    },
    missing(
        "gpu",
        "kernels on a graphics card: not in this version; use `threaded`",
    ),
    missing(
        "dask",
        "an existing Dask cluster: not in this version; use `threaded` on one machine",
    ),
    missing(
        "ray",
        "an existing Ray cluster: not in this version; use `threaded` on one machine",
    ),
];

const fn missing(name: &'static str, description: &'static str) -> EngineInfo {
    EngineInfo {
        name,
        available: false,
        description,
    }
}

#[cfg(not(all(feature = "threaded", feature = "process")))]
fn left_out(engine: &str) -> EngineError {
    EngineError::Unavailable {
        engine: engine.to_owned(),
        reason: format!("it was left out of this build; enable the feature `{engine}`"),
    }
}
