//! Made-up systems in a folder of their own.

use std::fs;
use std::sync::atomic::{AtomicU32, Ordering};

use super::*;

const GIB: u64 = 1 << 30;

/// A folder that is gone after the test.
struct System(PathBuf);

impl System {
    fn new(files: &[(&str, &str)]) -> Self {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let name = format!("hypernodes-resource-{}-{number}", std::process::id());
        let system = Self(std::env::temp_dir().join(name));
        fs::create_dir_all(&system.0).unwrap();
        for (path, text) in files {
            system.write(path, text);
        }
        system
    }

    fn write(&self, path: &str, text: &str) {
        let path = self.0.join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    fn read(&self) -> Resources {
        ResourceReader::at(&self.0).read()
    }
}

impl Drop for System {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

const HOST: [(&str, &str); 4] = [
    (
        "proc/meminfo",
        "MemTotal: 16777216 kB\nMemFree: 1 kB\nMemAvailable: 12582912 kB\n",
    ),
    (
        "proc/stat",
        "cpu 4 0 0 4\ncpu0 1 0 0 1\ncpu1 1 0 0 1\ncpu2 1 0 0 1\ncpu3 1 0 0 1\n",
    ),
    ("proc/loadavg", "2.00 1 1 1/9 9\n"),
    (
        "proc/self/status",
        "VmRSS:\t 2048 kB\nCpus_allowed_list:\t0-3\n",
    ),
];

#[test]
fn a_host_without_limits() {
    let seen = System::new(&HOST).read();
    assert_eq!((seen.cpus, seen.cpus_from), (4.0, CpuSource::Host));
    assert_eq!(seen.cpu_load_percent, Some(50.0));
    assert_eq!(
        (seen.memory_limit, seen.is_memory_limited),
        (Some(16 * GIB), false)
    );
    assert_eq!(
        (seen.memory_used, seen.memory_available),
        (4 * GIB, Some(12 * GIB))
    );
    assert_eq!(seen.memory_percent(), Some(25.0));
    assert_eq!(seen.process_memory, 2 << 20);
}

#[test]
fn v2_the_smallest_limit_on_the_way_up() {
    let system = System::new(&HOST);
    system.write("proc/self/cgroup", "0::/a/b\n");
    system.write(
        "proc/self/mountinfo",
        "1 1 0:1 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n",
    );
    let write = |file: &str, text: &str| system.write(&format!("sys/fs/cgroup/{file}"), text);
    write("a/memory.max", "2147483648\n");
    write("a/memory.current", "1610612736\n");
    write("a/memory.stat", "anon 1\ninactive_file 536870912\n");
    write("a/b/memory.max", "4294967296\n");
    write("a/b/memory.high", "max\n");
    write("a/b/memory.current", "1048576\n");
    write("cpu.max", "max 100000\n");
    write("a/cpu.max", "150000 100000\n");
    write("a/b/cpu.max", "300000 100000\n");
    let seen = system.read();
    assert_eq!((seen.cpus, seen.cpus_from), (1.5, CpuSource::Quota));
    // The host's load says nothing about a part of it.
    assert_eq!(seen.cpu_load_percent, None);
    assert_eq!(
        (seen.memory_limit, seen.is_memory_limited),
        (Some(2 * GIB), true)
    );
    assert_eq!((seen.memory_used, seen.memory_available), (GIB, Some(GIB)));

    write("a/b/memory.high", "1073741824\n");
    let seen = system.read();
    assert_eq!((seen.memory_limit, seen.memory_used), (Some(GIB), 1 << 20));
    // What the group above has left is no more than that.
    write("a/memory.current", "2684354560\n");
    assert_eq!(system.read().memory_available, Some(0));
}

#[test]
fn v1_with_the_containers_group_at_the_mount_point() {
    let system = System::new(&HOST);
    system.write(
        "proc/self/cgroup",
        "4:memory:/docker/x\n3:cpu,cpuacct:/docker/x\n0::/\n",
    );
    system.write(
        "proc/self/mountinfo",
        "1 1 0:1 /docker/x /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory\n\
         2 1 0:1 /docker/x /sys/fs/cgroup/cpu,cpuacct rw - cgroup cgroup rw,cpu,cpuacct\n",
    );
    let write = |file: &str, text: &str| system.write(&format!("sys/fs/cgroup/{file}"), text);
    write("memory/memory.limit_in_bytes", "9223372036854771712\n");
    write("memory/memory.usage_in_bytes", "3221225472\n");
    write(
        "memory/memory.stat",
        "inactive_file 7\ntotal_inactive_file 1073741824\n",
    );
    write("cpu,cpuacct/cpu.cfs_quota_us", "200000\n");
    write("cpu,cpuacct/cpu.cfs_period_us", "100000\n");
    write("cpu,cpuacct/cpuacct.usage", "5\n");
    let seen = system.read();
    assert_eq!((seen.cpus, seen.cpus_from), (2.0, CpuSource::Quota));
    assert_eq!(
        (seen.memory_limit, seen.memory_used),
        (Some(16 * GIB), 4 * GIB)
    );

    write("memory/memory.limit_in_bytes", "8589934592\n");
    let seen = system.read();
    assert_eq!(
        (seen.memory_limit, seen.memory_used),
        (Some(8 * GIB), 2 * GIB)
    );

    // A group above the container that it cannot see.
    write(
        "memory/memory.stat",
        "hierarchical_memory_limit 4294967296\ntotal_inactive_file 1073741824\n",
    );
    let seen = system.read();
    assert_eq!(
        (seen.memory_limit, seen.memory_used),
        (Some(4 * GIB), 2 * GIB)
    );
}

#[test]
fn no_limit_of_v1_is_no_limit() {
    let system = System::new(&[("proc/self/cgroup", "4:memory:/\n")]);
    let file = "sys/fs/cgroup/memory/memory.limit_in_bytes";
    system.write(file, "9223372036854771712\n");
    let seen = system.read();
    assert_eq!((seen.memory_limit, seen.memory_available), (None, None));
    system.write(file, "1073741824\n");
    assert_eq!(system.read().memory_limit, Some(GIB));
}

#[test]
fn the_groups_load_is_measured_between_two_looks() {
    let system = System::new(&HOST);
    system.write("proc/self/cgroup", "0::/\n");
    system.write("sys/fs/cgroup/cpu.max", "100000 100000\n");
    system.write("sys/fs/cgroup/cpu.stat", "usage_usec 1000\nuser_usec 1\n");
    let groups = Groups::of(&system.0);
    let mut meter = LoadMeter::default();
    let start = crate::clock::now();
    assert_eq!(meter.look(&Cpus::read(&system.0, &groups), start), None);
    system.write("sys/fs/cgroup/cpu.stat", "usage_usec 251000\n");
    let later = start + std::time::Duration::from_secs(1);
    let load = meter.look(&Cpus::read(&system.0, &groups), later);
    assert_eq!(load.map(f64::round), Some(25.0));
}

#[test]
fn fewer_cpus_by_affinity() {
    let system = System::new(&HOST);
    system.write("proc/self/status", "Cpus_allowed_list:\t1,3\n");
    let seen = system.read();
    assert_eq!((seen.cpus, seen.cpus_from), (2.0, CpuSource::Affinity));
    assert_eq!((seen.cpu_load_percent, seen.process_memory), (None, 0));
}

#[test]
fn a_path_that_leaves_its_mount_is_not_followed() {
    let system = System::new(&HOST);
    system.write("proc/self/cgroup", "0::/../../secret\n");
    system.write("sys/fs/cgroup/memory.max", "1073741824\n");
    system.write("sys/secret/memory.max", "5\n");
    let seen = system.read();
    assert_eq!(seen.memory_limit, Some(GIB));
    // What the group uses is not told: the process is the least.
    assert_eq!(seen.memory_used, 2 << 20);
}

#[test]
fn nothing_or_garbage_gives_a_usable_answer() {
    for text in [
        None,
        Some(""),
        Some("\u{0}\u{1} : - / 99999999999999999999 -1 max\n"),
    ] {
        let system = System::new(&[]);
        for file in [
            "proc/meminfo",
            "proc/stat",
            "proc/loadavg",
            "proc/self/status",
            "proc/self/cgroup",
            "proc/self/mountinfo",
            "sys/fs/cgroup/memory.max",
            "sys/fs/cgroup/cpu.max",
        ] {
            if let Some(text) = text {
                system.write(file, text);
            }
        }
        let seen = system.read();
        assert!(seen.cpus >= 1.0, "{seen:?}");
        assert_eq!((seen.memory_limit, seen.memory_used), (None, 0), "{seen:?}");
        assert_eq!(seen.cpu_load_percent, None, "{seen:?}");
    }
}

#[cfg(target_os = "linux")]
#[test]
fn this_system_tells_its_numbers() {
    let seen = Resources::read();
    assert!(seen.cpus > 0.0 && seen.memory_limit > Some(seen.process_memory));
    assert!(seen.disk.is_some_and(|disk| disk.free <= disk.total));
    let memory = process_memory().unwrap();
    let off = memory.abs_diff(Resources::read().process_memory);
    assert!(off < 64 << 20, "{memory}");
}
