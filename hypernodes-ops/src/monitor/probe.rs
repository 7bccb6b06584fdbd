//! Where readings come from.

use std::path::PathBuf;

use hypernodes_core::ResourceReader;
use serde::{Deserialize, Serialize};

/// How much of what this process may use is in use, in percent; `None` where that is not known.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Reading {
    /// The CPUs.
    pub cpu_percent: Option<f64>,
    /// The memory.
    pub memory_percent: Option<f64>,
    /// The disk.
    pub disk_percent: Option<f64>,
}

/// Gives readings: the system's, or made-up ones.
pub trait Probe: Send + 'static {
    /// Reads now.
    fn read(&mut self) -> Reading;
}

impl<F: FnMut() -> Reading + Send + 'static> Probe for F {
    fn read(&mut self) -> Reading {
        self()
    }
}

/// Reads what this process may use, by its own cgroup.
///
/// # Example
/// ```
/// use hypernodes_ops::{Probe, SystemProbe};
/// let reading = SystemProbe::new(".").read();
/// assert!(reading.memory_percent.is_none_or(|percent| percent <= 100.0));
/// ```
#[derive(Debug)]
pub struct SystemProbe(ResourceReader);

impl SystemProbe {
    /// Watches the disk that this folder is on.
    #[must_use]
    pub fn new(folder: impl Into<PathBuf>) -> Self {
        Self(ResourceReader::new().disk_of(folder))
    }
}

impl Probe for SystemProbe {
    fn read(&mut self) -> Reading {
        let resources = self.0.read();
        Reading {
            cpu_percent: resources.cpu_load_percent,
            memory_percent: resources.memory_percent(),
            disk_percent: resources.disk.map(|disk| disk.used_percent()),
        }
    }
}
