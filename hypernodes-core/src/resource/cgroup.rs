//! Where the cgroups of this process are, and what they allow.

use std::fs;
use std::path::{Path, PathBuf};

use super::parse::{self, Member, Mount};

/// The memory that a cgroup allows and uses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct MemoryGroup {
    pub(super) limit: u64,
    pub(super) used: Option<u64>,
}

/// The tightest CPU quota, and the file that counts what its group has used.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct CpuGroup {
    pub(super) cpus: f64,
    /// Nanoseconds of CPU time.
    pub(super) used_ns: Option<u64>,
}

/// The groups of one process below a root that is `/`, or a made-up tree in tests.
pub(super) struct Groups<'a> {
    root: &'a Path,
    members: String,
    mounts: Vec<Mount>,
}

pub(super) fn read(root: &Path, file: impl AsRef<Path>) -> String {
    // A file that is missing or not text reads as an empty one: every parser gives `None` for it.
    fs::read_to_string(below(root, file.as_ref())).unwrap_or_default()
}

fn below(root: &Path, path: &Path) -> PathBuf {
    root.join(path.strip_prefix("/").unwrap_or(path))
}

impl<'a> Groups<'a> {
    pub(super) fn of(root: &'a Path) -> Self {
        Self {
            root,
            members: read(root, "/proc/self/cgroup"),
            mounts: parse::mounts(&read(root, "/proc/self/mountinfo")),
        }
    }

    /// The folders of the process's group for a controller, from its own up to the highest that can be seen; and whether
    /// they are of v2.
    fn folders(&self, controller: &str) -> (bool, Vec<PathBuf>) {
        let members = parse::membership(&self.members);
        let v1 = members
            .iter()
            .find(|member| member.controllers.contains(&controller));
        if let Some(member) = v1 {
            let mount = self.mounts.iter().find(|mount| {
                !mount.is_v2 && mount.controllers.iter().any(|name| name == controller)
            });
            let usual = PathBuf::from("/sys/fs/cgroup").join(controller);
            let folders = self.climb(member, mount, usual);
            if !folders.is_empty() {
                return (false, folders);
            }
        }
        let v2 = members.iter().find(|member| member.controllers.is_empty());
        let mount = self.mounts.iter().find(|mount| mount.is_v2);
        let folders = v2.map(|member| self.climb(member, mount, PathBuf::from("/sys/fs/cgroup")));
        (true, folders.unwrap_or_default())
    }

    fn climb(&self, member: &Member<'_>, mount: Option<&Mount>, usual: PathBuf) -> Vec<PathBuf> {
        let (group, point) = mount.map_or(("/", &usual), |mount| (&mount.root, &mount.point));
        // A container may see its own group at the mount point, while the path is told from the host's view.
        let inside = Path::new(member.path)
            .strip_prefix(group)
            .unwrap_or(Path::new(""));
        let inside = inside.strip_prefix("/").unwrap_or(inside);
        let is_plain = inside
            .components()
            .all(|part| matches!(part, std::path::Component::Normal(_)));
        let inside = if is_plain { inside } else { Path::new("") };
        let top = below(self.root, point);
        inside
            .ancestors()
            .map(|part| top.join(part))
            .filter(|folder| folder.is_dir())
            .collect()
    }

    /// The limits of memory on the way up.
    pub(super) fn memory(&self) -> Vec<MemoryGroup> {
        let (is_v2, folders) = self.folders("memory");
        let mut groups = Vec::new();
        let mut inherited = None;
        for folder in &folders {
            let file = |name: &str| fs::read_to_string(folder.join(name)).unwrap_or_default();
            let stat = file("memory.stat");
            let (limit, used, idle) = if is_v2 {
                // Above `high` the kernel slows the group down until it hardly moves: no room to plan with.
                let limits = [file("memory.max"), file("memory.high")];
                let limit = limits.iter().filter_map(|text| parse::number(text)).min();
                (limit, file("memory.current"), "inactive_file")
            } else {
                // Groups above the highest that can be seen limit too.
                let above = parse::field(&stat, "hierarchical_memory_limit");
                inherited = inherited.into_iter().chain(above).min();
                let limit = parse::number(&file("memory.limit_in_bytes"));
                (limit, file("memory.usage_in_bytes"), "total_inactive_file")
            };
            // Cached file pages that nobody has read for a while are given up before anything fails.
            let used = parse::number(&used)
                .map(|used| used.saturating_sub(parse::field(&stat, idle).unwrap_or(0)));
            groups.push((limit, used));
        }
        let top = groups.last().and_then(|(_, used)| *used);
        let mut limited: Vec<MemoryGroup> = groups
            .into_iter()
            .filter_map(|(limit, used)| limit.map(|limit| MemoryGroup { limit, used }))
            .collect();
        if let Some(limit) = inherited
            && limited.iter().all(|group| limit < group.limit)
        {
            limited.push(MemoryGroup { limit, used: top });
        }
        limited
    }

    /// The tightest quota of CPUs on the way up.
    pub(super) fn cpu(&self) -> Option<CpuGroup> {
        let (is_v2, folders) = self.folders("cpu");
        let quota = |folder: &PathBuf| {
            let file = |name: &str| fs::read_to_string(folder.join(name)).unwrap_or_default();
            if is_v2 {
                parse::cpu_max(&file("cpu.max"))
            } else {
                parse::cpu_quota(&file("cpu.cfs_quota_us"), &file("cpu.cfs_period_us"))
            }
        };
        let (level, cpus) = folders
            .iter()
            .enumerate()
            .filter_map(|(level, folder)| Some((level, quota(folder)?)))
            .min_by(|a, b| a.1.total_cmp(&b.1))?;
        let used_ns = if is_v2 {
            let stat = fs::read_to_string(folders[level].join("cpu.stat")).unwrap_or_default();
            parse::field(&stat, "usage_usec").and_then(|micros| micros.checked_mul(1000))
        } else {
            let (_, accounts) = self.folders("cpuacct");
            let folder = accounts.get(level);
            let usage = folder.map(|folder| fs::read_to_string(folder.join("cpuacct.usage")));
            usage.and_then(|text| parse::number(&text.unwrap_or_default()))
        };
        Some(CpuGroup { cpus, used_ns })
    }
}
