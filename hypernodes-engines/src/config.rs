//! Settings of the engines: plain data that can be written to and read from a file.

use std::sync::Arc;

use hypernodes_core::{
    Engine, EngineError, Plan, Resources, Sequential, WorkerChoice, WorkerLimits, Workload,
};
use serde::{Deserialize, Serialize};

use crate::explain::Explanation;

/// More workers than this are taken for a mistake.
const MOST_WORKERS: usize = 1024;

/// Which engine, and its settings.
///
/// # Example
/// ```
/// # extern crate hypernodes_core as hypernodes;
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
    /// assert_eq!(error.to_string(), "engine `thread` is not available: there is none of this name; there are `sequential`, `threaded`");
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
            Self::Threaded(config) => config.check().and_then(|()| Err(left_out())),
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
            Self::Threaded(config) => config.check().and_then(|()| Err(left_out())),
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
    missing(
        "process",
        "child processes, for isolation and hard limits: not in this version; use `threaded`",
    ),
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

#[cfg(not(feature = "threaded"))]
fn left_out() -> EngineError {
    let reason = "it was left out of this build; enable the feature `threaded`".to_owned();
    EngineError::Unavailable {
        engine: "threaded".to_owned(),
        reason,
    }
}
