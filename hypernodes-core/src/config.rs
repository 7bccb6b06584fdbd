//! Settings that pipelines and engines share.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// What the items of a map mostly do; it decides how many partitions an engine starts with and on which threads.
///
/// # Example
/// ```
/// # use hypernodes_core as hypernodes;
/// use hypernodes::Workload;
/// assert_eq!("io".parse(), Ok(Workload::Io));
/// assert_eq!(Workload::Cpu.factor(), 2);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Workload {
    /// Waits for disks, networks, other processes.
    Io,
    /// Computes.
    Cpu,
    /// Both, or unknown.
    #[default]
    Mixed,
}

impl Workload {
    /// Partitions per worker to start with: 4 for io, 3 for mixed, 2 for cpu.
    #[must_use]
    pub fn factor(self) -> usize {
        match self {
            Self::Io => 4,
            Self::Mixed => 3,
            Self::Cpu => 2,
        }
    }

    /// `io`, `cpu` or `mixed`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Io => "io",
            Self::Cpu => "cpu",
            Self::Mixed => "mixed",
        }
    }
}

impl fmt::Display for Workload {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A workload that is none of `io`, `cpu`, `mixed`.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("unknown workload `{0}`; expected `io`, `cpu` or `mixed`")]
pub struct UnknownWorkload(pub String);

impl FromStr for Workload {
    type Err = UnknownWorkload;

    fn from_str(text: &str) -> Result<Self, UnknownWorkload> {
        [Self::Io, Self::Cpu, Self::Mixed]
            .into_iter()
            .find(|workload| workload.as_str() == text)
            .ok_or_else(|| UnknownWorkload(text.to_owned()))
    }
}

/// What a map does when an item fails.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ErrorPolicy {
    /// The map ends with the error of the lowest failing item, whatever the engine and the chunk size.
    #[default]
    FailFast,
    /// The other items go on; each failed item is told with its node and cause, and its remaining steps are skipped.
    Collect,
}
