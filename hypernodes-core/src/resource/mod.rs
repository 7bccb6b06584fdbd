//! What this process may use: CPUs, memory, disk, and what follows from that.
//!
//! A container's limits are read from its cgroup (v1 and v2). The host's numbers count only where no cgroup limits them.
//! Nothing here decides when to look; runs and monitors do.

mod cgroup;
mod cpu;
mod levels;
mod parse;
mod read;
mod size;
mod workers;

pub use cpu::CpuSource;
pub use levels::{LimitsError, MemoryLimits};
pub use read::{DiskSpace, ResourceReader, Resources, process_memory};
pub use size::{ByteSize, SizeError, format_size, parse_size};
pub use workers::{WorkerBound, WorkerChoice, WorkerLimits, optimal_workers};
