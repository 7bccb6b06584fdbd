//! One look at what this process may use and what is in use.

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::cgroup::{Groups, read};
use super::cpu::{CpuSource, Cpus, LoadMeter};
use super::parse;

/// What this process may use and what is in use, at one moment.
///
/// Where the system does not say (there is no `/proc`), the number of CPUs is what the standard library finds, and
/// memory is unknown.
///
/// # Example
/// ```
/// # use hypernodes_core as hypernodes;
/// use hypernodes::Resources;
/// let resources = Resources::read();
/// assert!(resources.cpus > 0.0);
/// if let Some(limit) = resources.memory_limit {
///     assert!(resources.memory_percent().is_some_and(|percent| percent <= 100.0) && limit > 0);
/// }
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Resources {
    /// How many CPUs may be used; a quota may be a part of one.
    pub cpus: f64,
    /// What sets that number.
    pub cpus_from: CpuSource,
    /// How busy these CPUs are in percent, whoever keeps them busy. The first look of a reader knows only the host's
    /// load, and so nothing where less than the host may be used.
    pub cpu_load_percent: Option<f64>,
    /// How many bytes of memory may be used: the smallest limit on the way up the cgroups, or all there is.
    pub memory_limit: Option<u64>,
    /// Whether a cgroup sets that limit, and not the host's memory.
    pub is_memory_limited: bool,
    /// How many bytes are in use of that limit, whoever uses them; without file pages that can be given up.
    pub memory_used: u64,
    /// How many bytes can still be had: by every cgroup on the way up, and by the host.
    pub memory_available: Option<u64>,
    /// How many bytes this process has in memory.
    pub process_memory: u64,
    /// The disk of the watched folder.
    pub disk: Option<DiskSpace>,
}

impl Resources {
    /// Looks once, at the disk of the current folder.
    #[must_use]
    pub fn read() -> Self {
        ResourceReader::new().read()
    }

    /// The memory in use in percent of the limit.
    #[must_use]
    pub fn memory_percent(&self) -> Option<f64> {
        let limit = self.memory_limit?.max(1);
        Some((self.memory_used as f64 / limit as f64 * 100.0).min(100.0))
    }
}

/// Looks again and again, so that the load of the CPUs is what it was since the last look.
///
/// # Example
/// ```
/// # use hypernodes_core as hypernodes;
/// use hypernodes::ResourceReader;
/// let mut reader = ResourceReader::new().disk_of("/");
/// let first = reader.read();
/// assert!(reader.read().cpus >= first.cpus.min(1.0));
/// ```
#[derive(Debug)]
pub struct ResourceReader {
    root: PathBuf,
    folder: PathBuf,
    meter: LoadMeter,
}

impl Default for ResourceReader {
    fn default() -> Self {
        Self::new()
    }
}

impl ResourceReader {
    /// Reads the system's own files.
    #[must_use]
    pub fn new() -> Self {
        Self::at("/")
    }

    /// Reads `proc` and `sys` below this folder: a made-up system in a test, a host's files that are mounted elsewhere.
    #[must_use]
    pub fn at(root: impl Into<PathBuf>) -> Self {
        Self {
            root: root.into(),
            folder: PathBuf::from("."),
            meter: LoadMeter::default(),
        }
    }

    /// Watches the disk that this folder is on.
    #[must_use]
    pub fn disk_of(mut self, folder: impl Into<PathBuf>) -> Self {
        self.folder = folder.into();
        self
    }

    /// Looks.
    pub fn read(&mut self) -> Resources {
        let groups = Groups::of(&self.root);
        let cpus = Cpus::read(&self.root, &groups);
        let status = read(&self.root, "/proc/self/status");
        let process_memory = parse::kib(&status, "VmRSS").unwrap_or(0);
        let memory = Memory::read(&self.root, &groups, process_memory);
        Resources {
            cpus: cpus.count,
            cpus_from: cpus.source,
            cpu_load_percent: self.meter.look(&cpus, crate::clock::now()),
            memory_limit: memory.limit,
            is_memory_limited: memory.is_limited,
            memory_used: memory.used,
            memory_available: memory.available,
            process_memory,
            disk: DiskSpace::of(&self.folder).ok(),
        }
    }
}

struct Memory {
    limit: Option<u64>,
    is_limited: bool,
    used: u64,
    available: Option<u64>,
}

impl Memory {
    fn read(root: &Path, groups: &Groups<'_>, process: u64) -> Self {
        let text = read(root, "/proc/meminfo");
        let total = parse::kib(&text, "MemTotal").filter(|total| *total > 0);
        let free = parse::kib(&text, "MemAvailable").or_else(|| {
            // Kernels before 3.14.
            let parts = ["MemFree", "Buffers", "Cached"];
            parts
                .iter()
                .try_fold(0_u64, |sum, name| sum.checked_add(parse::kib(&text, name)?))
        });
        let groups = groups.memory();
        let left = groups
            .iter()
            .map(|group| group.limit.saturating_sub(group.used.unwrap_or(0)));
        let available = left.chain(free).min();
        let tightest = groups
            .iter()
            .filter(|group| total.is_none_or(|total| group.limit < total))
            // Of equal ones the highest: it counts more of those that share it.
            .rev()
            .min_by_key(|group| group.limit);
        // No host says that there is no end, but v1 does: the largest multiple of a page.
        let tightest = tightest.filter(|group| group.limit < 1 << 60);
        if let Some(group) = tightest {
            return Self {
                limit: Some(group.limit),
                is_limited: true,
                used: group.used.unwrap_or(process),
                available,
            };
        }
        Self {
            limit: total,
            is_limited: false,
            used: total.map_or(process, |total| {
                free.map_or(process, |free| total.saturating_sub(free))
            }),
            available: available.filter(|left| *left < 1 << 60),
        }
    }
}

/// The disk of a folder.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DiskSpace {
    /// Its bytes.
    pub total: u64,
    /// The bytes that this user can still write.
    pub free: u64,
}

impl DiskSpace {
    /// Asks for the disk that a folder or file is on.
    ///
    /// # Errors
    /// When there is no such path, or the system cannot tell.
    ///
    /// # Example
    /// ```
    /// # use hypernodes_core as hypernodes;
    /// use hypernodes::DiskSpace;
    /// assert!(DiskSpace::of("/no/such/folder").is_err());
    /// ```
    pub fn of(path: impl AsRef<Path>) -> io::Result<Self> {
        disk_space(path.as_ref())
    }

    /// The part of the disk that cannot be written any more, in percent.
    ///
    /// # Example
    /// ```
    /// # use hypernodes_core as hypernodes;
    /// use hypernodes::DiskSpace;
    /// assert_eq!(DiskSpace { total: 200, free: 50 }.used_percent(), 75.0);
    /// ```
    #[must_use]
    pub fn used_percent(&self) -> f64 {
        // Some file systems have no blocks at all, and none is used.
        if self.total == 0 {
            return 0.0;
        }
        100.0 - self.free.min(self.total) as f64 / self.total as f64 * 100.0
    }
}

#[cfg(unix)]
fn disk_space(path: &Path) -> io::Result<DiskSpace> {
    let disk = rustix::fs::statvfs(path)?;
    Ok(DiskSpace {
        total: disk.f_blocks.saturating_mul(disk.f_frsize),
        free: disk.f_bavail.saturating_mul(disk.f_frsize),
    })
}

#[cfg(not(unix))]
fn disk_space(_: &Path) -> io::Result<DiskSpace> {
    Err(io::Error::from(io::ErrorKind::Unsupported))
}

/// How many bytes this process has in memory; `None` where the system does not say.
///
/// Reads one short file and allocates nothing, so it may be called thousands of times a second.
///
/// # Example
/// ```
/// # use hypernodes_core as hypernodes;
/// use hypernodes::process_memory;
/// if let Some(bytes) = process_memory() {
///     assert!(bytes > 100_000);
/// }
/// ```
#[must_use]
pub fn process_memory() -> Option<u64> {
    let mut buffer = [0; 128];
    let length = File::open("/proc/self/statm")
        .ok()?
        .read(&mut buffer)
        .ok()?;
    let text = std::str::from_utf8(&buffer[..length]).ok()?;
    parse::resident_pages(text)?.checked_mul(page_size()?)
}

#[cfg(unix)]
fn page_size() -> Option<u64> {
    u64::try_from(rustix::param::page_size()).ok()
}

#[cfg(not(unix))]
fn page_size() -> Option<u64> {
    None
}

#[cfg(test)]
mod tests;
