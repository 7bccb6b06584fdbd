//! From the texts of `/proc` and of cgroups to numbers. What cannot be read is `None`, never an error.

use std::path::PathBuf;

/// More CPUs than any kernel knows: a longer list is garbage.
const MOST_CPUS: u32 = 1 << 16;

/// The quota of `cpu.max` in CPUs: `150000 100000` is 1.5, `max 100000` has none.
pub(super) fn cpu_max(text: &str) -> Option<f64> {
    let mut words = text.split_whitespace();
    let quota = words.next()?;
    cpu_quota(quota, words.next().unwrap_or("100000"))
}

/// The quota of `cpu.cfs_quota_us` and `cpu.cfs_period_us` in CPUs; a quota of -1 is none.
pub(super) fn cpu_quota(quota: &str, period: &str) -> Option<f64> {
    let quota = quota.trim().parse::<u64>().ok()?;
    let period = period.trim().parse::<u64>().ok()?;
    (quota > 0 && period > 0).then(|| quota as f64 / period as f64)
}

/// A file of one number; `max` is none.
pub(super) fn number(text: &str) -> Option<u64> {
    text.trim().parse().ok()
}

/// The number behind a name at the start of a line: `inactive_file 4096`, `MemTotal:  1024 kB` (in KiB then).
pub(super) fn field(text: &str, name: &str) -> Option<u64> {
    text.lines().find_map(|line| {
        let rest = line.strip_prefix(name)?;
        let rest = rest.strip_prefix(':').unwrap_or(rest);
        if !rest.starts_with([' ', '\t']) {
            return None;
        }
        rest.split_whitespace().next()?.parse().ok()
    })
}

/// The same in bytes, of a file that counts in KiB.
pub(super) fn kib(text: &str, name: &str) -> Option<u64> {
    field(text, name)?.checked_mul(1024)
}

/// The CPUs of a list as `0-3,7`.
pub(super) fn cpu_list(text: &str) -> Option<Vec<u32>> {
    let mut cpus = Vec::new();
    for part in text.trim().split(',') {
        let (first, last) = part.split_once('-').unwrap_or((part, part));
        let first = first.trim().parse::<u32>().ok()?;
        let last = last.trim().parse::<u32>().ok()?;
        if first > last || last >= MOST_CPUS {
            return None;
        }
        cpus.extend(first..=last);
    }
    Some(cpus)
}

/// The CPUs that `/proc/self/status` allows.
pub(super) fn allowed_cpus(status: &str) -> Option<Vec<u32>> {
    let list = status
        .lines()
        .find_map(|line| line.strip_prefix("Cpus_allowed_list:"))?;
    cpu_list(list)
}

/// Busy and all ticks of the given CPUs in `/proc/stat`, and how many CPUs it lists.
pub(super) fn ticks(stat: &str, of: Option<&[u32]>) -> Option<(u64, u64)> {
    let (mut busy, mut all) = (0_u64, 0_u64);
    for (cpu, numbers) in cpu_lines(stat) {
        if of.is_some_and(|cpus| !cpus.contains(&cpu)) {
            continue;
        }
        // user nice system idle iowait irq softirq steal; guest time is in user already.
        let ticks: Vec<u64> = numbers
            .split_whitespace()
            .take(8)
            .map_while(|number| number.parse().ok())
            .collect();
        if ticks.len() < 4 {
            return None;
        }
        let sum = ticks
            .iter()
            .fold(0_u64, |sum, tick| sum.saturating_add(*tick));
        let idle = ticks[3].saturating_add(ticks.get(4).copied().unwrap_or(0));
        all = all.saturating_add(sum);
        busy = busy.saturating_add(sum.saturating_sub(idle));
    }
    (all > 0).then_some((busy, all))
}

/// How many CPUs `/proc/stat` lists.
pub(super) fn count_cpus(stat: &str) -> usize {
    cpu_lines(stat).count()
}

fn cpu_lines(stat: &str) -> impl Iterator<Item = (u32, &str)> {
    stat.lines().filter_map(|line| {
        let (cpu, numbers) = line.strip_prefix("cpu")?.split_once(' ')?;
        Some((cpu.parse().ok()?, numbers))
    })
}

/// How many tasks wanted to run in the last minute, from `/proc/loadavg`.
pub(super) fn load_average(text: &str) -> Option<f64> {
    let load = text.split_whitespace().next()?.parse::<f64>().ok()?;
    (load.is_finite() && load >= 0.0).then_some(load)
}

/// The resident pages in `/proc/self/statm`.
pub(super) fn resident_pages(statm: &str) -> Option<u64> {
    statm.split_whitespace().nth(1)?.parse().ok()
}

/// A line of `/proc/self/cgroup`.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Member<'a> {
    /// Empty for v2.
    pub(super) controllers: Vec<&'a str>,
    pub(super) path: &'a str,
}

/// Which groups the process is in.
pub(super) fn membership(text: &str) -> Vec<Member<'_>> {
    text.lines()
        .filter_map(|line| {
            let mut parts = line.splitn(3, ':');
            let (_, controllers, path) = (parts.next()?, parts.next()?, parts.next()?);
            let controllers = controllers
                .split(',')
                .filter(|name| !name.is_empty())
                .collect();
            path.starts_with('/')
                .then_some(Member { controllers, path })
        })
        .collect()
}

/// A cgroup file system in `/proc/self/mountinfo`.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Mount {
    pub(super) is_v2: bool,
    /// The group that is seen at the mount point.
    pub(super) root: String,
    pub(super) point: PathBuf,
    pub(super) controllers: Vec<String>,
}

/// Where cgroup file systems are mounted.
pub(super) fn mounts(text: &str) -> Vec<Mount> {
    text.lines().filter_map(mount).collect()
}

fn mount(line: &str) -> Option<Mount> {
    let (place, kind) = line.split_once(" - ")?;
    let mut place = place.split(' ').skip(3);
    let (root, point) = (place.next()?, place.next()?);
    let mut kind = kind.split(' ');
    let is_v2 = match kind.next()? {
        "cgroup2" => true,
        "cgroup" => false,
        _ => return None,
    };
    let options = kind.nth(1)?;
    Some(Mount {
        is_v2,
        root: unescape(root),
        point: PathBuf::from(unescape(point)),
        controllers: options.split(',').map(str::to_owned).collect(),
    })
}

/// The kernel writes blanks and backslashes of a path as octal numbers: `\040`.
fn unescape(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('\\') {
        plain.push_str(&rest[..at]);
        let code = rest.get(at + 1..at + 4);
        if let Some(byte) = code.and_then(|code| u8::from_str_radix(code, 8).ok()) {
            plain.push(char::from(byte));
            rest = &rest[at + 4..];
        } else {
            plain.push('\\');
            rest = &rest[at + 1..];
        }
    }
    plain + rest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quotas_are_cpus() {
        assert_eq!(cpu_max("150000 100000\n"), Some(1.5));
        assert_eq!(cpu_max("50000"), Some(0.5));
        for none in [
            "max 100000\n",
            "",
            "x 1",
            "1 0",
            "0 100000",
            "-1 100000",
            "1 x",
        ] {
            assert_eq!(cpu_max(none), None, "{none}");
        }
        assert_eq!(cpu_quota("200000\n", "100000\n"), Some(2.0));
        assert_eq!(cpu_quota("-1\n", "100000\n"), None);
    }

    #[test]
    fn numbers_and_named_numbers() {
        assert_eq!(number("4096\n"), Some(4096));
        assert_eq!(number("max\n"), None);
        assert_eq!(number("99999999999999999999999"), None);
        let stat = "inactive_file_x 1\ntotal_inactive_file 2\ninactive_file 3\n";
        assert_eq!(field(stat, "inactive_file"), Some(3));
        assert_eq!(field(stat, "inactive"), None);
        assert_eq!(field("inactive_file", "inactive_file"), None);
        assert_eq!(kib("MemTotal:   24 kB\n", "MemTotal"), Some(24 * 1024));
        assert_eq!(kib("MemTotal: 18446744073709551615 kB", "MemTotal"), None);
        assert_eq!(kib("VmRSS:\t    2040 kB\n", "VmRSS"), Some(2040 * 1024));
    }

    #[test]
    fn lists_of_cpus() {
        assert_eq!(cpu_list("0-2,5\n"), Some(vec![0, 1, 2, 5]));
        for garbage in ["", "a", "3-1", "0-4294967295", "0-", "-1"] {
            assert_eq!(cpu_list(garbage), None, "{garbage}");
        }
        assert_eq!(
            allowed_cpus("Cpus_allowed:\t3\nCpus_allowed_list:\t0-1\n"),
            Some(vec![0, 1])
        );
        assert_eq!(allowed_cpus("Cpus_allowed:\t3\n"), None);
    }

    #[test]
    fn ticks_of_some_cpus() {
        let stat = "cpu  9 9 9 9 9 9 9 9 9 9\ncpu0 10 0 5 70 10 0 0 5 3 0\ncpu1 100 0 0 0 0 0 0 0 0 0\nintr 5\n";
        assert_eq!(ticks(stat, Some(&[0])), Some((20, 100)));
        assert_eq!(ticks(stat, None), Some((120, 200)));
        assert_eq!(ticks(stat, Some(&[7])), None);
        assert_eq!(ticks("cpu0 1 2\n", None), None);
        assert_eq!(ticks("", None), None);
        assert_eq!(count_cpus(stat), 2);
    }

    #[test]
    fn load_and_pages() {
        assert_eq!(load_average("0.89 0.52 0.88 4/117 2799\n"), Some(0.89));
        for garbage in ["", "nan", "-1", "x"] {
            assert_eq!(load_average(garbage), None, "{garbage}");
        }
        assert_eq!(resident_pages("765 425 397 5 0 123 0\n"), Some(425));
        assert_eq!(resident_pages("765"), None);
    }

    #[test]
    fn groups_of_both_versions() {
        let members =
            membership("4:memory:/a/b:c\n1:cpu,cpuacct:/\n0::/user.slice\ngarbage\n5:x:no\n");
        let paths: Vec<_> = members.iter().map(|member| member.path).collect();
        assert_eq!(paths, ["/a/b:c", "/", "/user.slice"]);
        assert_eq!(members[1].controllers, ["cpu", "cpuacct"]);
        assert!(members[2].controllers.is_empty());
    }

    #[test]
    fn mounts_with_odd_names() {
        let text = "31 23 0:28 / /sys/fs/cgroup rw - tmpfs tmpfs rw\n\
                    35 31 0:32 /docker/x /sys/fs/a\\040b rw,relatime shared:9 - cgroup cgroup rw,memory\n\
                    41 31 0:38 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw\n\
                    broken - cgroup\n";
        let mounts = mounts(text);
        assert_eq!(mounts.len(), 2);
        assert_eq!(mounts[0].root, "/docker/x");
        assert_eq!(mounts[0].point, PathBuf::from("/sys/fs/a b"));
        assert!(mounts[0].controllers.iter().any(|name| name == "memory"));
        assert!(mounts[1].is_v2 && !mounts[0].is_v2);
        assert_eq!(unescape("a\\b\\134"), "a\\b\\");
        assert_eq!(unescape("é\\ü"), "é\\ü");
    }
}
