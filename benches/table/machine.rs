//! What the figures were measured on.

use std::fmt;
use std::process::Command;
use std::time::Duration;

/// The share of the processors that others may use while we measure.
const QUIET: f64 = 0.05;

/// The machine, the compiler, the commit, the date and the load.
#[derive(Debug)]
pub(crate) struct Machine {
    processor: String,
    cores: usize,
    instructions: String,
    rustc: String,
    commit: String,
    date: String,
    load_before: String,
}

impl Machine {
    pub(crate) fn now() -> Self {
        let text = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
        let model = text
            .lines()
            .find(|line| line.starts_with("model name"))
            .and_then(|line| line.split(':').nth(1));
        let changed = !output("git", &["status", "--porcelain"]).is_empty();
        let commit = output("git", &["rev-parse", "--short", "HEAD"]);
        Self {
            processor: model.unwrap_or("unknown processor").trim().to_owned(),
            cores: std::thread::available_parallelism().map_or(1, usize::from),
            instructions: instructions(),
            rustc: output("rustc", &["--version"]),
            commit: if changed {
                format!("{commit}, changed")
            } else {
                commit
            },
            date: jiff::Timestamp::now().strftime("%Y-%m-%d").to_string(),
            load_before: load(),
        }
    }
}

impl fmt::Display for Machine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            processor,
            cores,
            instructions,
            rustc,
            commit,
            date,
            load_before,
        } = self;
        write!(
            f,
            "{processor}, {cores} cores; {instructions}; {rustc}; commit {commit}; {date}; load {load_before} before, {} after",
            load()
        )
    }
}

/// The instructions that the compiler could use everywhere, and those that a kernel finds when it runs.
fn instructions() -> String {
    #[cfg(target_arch = "x86_64")]
    {
        let built = if cfg!(target_feature = "avx512f") {
            "with AVX-512"
        } else if cfg!(target_feature = "avx2") {
            "with AVX2"
        } else {
            "for any x86-64 (SSE2)"
        };
        let found = if is_x86_feature_detected!("avx512f")
            && is_x86_feature_detected!("avx512bw")
            && is_x86_feature_detected!("avx512cd")
            && is_x86_feature_detected!("avx512dq")
            && is_x86_feature_detected!("avx512vl")
        {
            "AVX-512"
        } else if is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma") {
            "AVX2 and FMA"
        } else {
            "no more than that"
        };
        format!("built {built}, {found} found at run time")
    }
    #[cfg(not(target_arch = "x86_64"))]
    {
        format!("built for {}", std::env::consts::ARCH)
    }
}

/// The mean number of running threads over the last minute.
fn load() -> String {
    let text = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
    text.split(' ').next().unwrap_or_default().to_owned()
}

fn output(program: &str, arguments: &[&str]) -> String {
    let output = Command::new(program).args(arguments).output();
    output
        .map(|output| String::from_utf8_lossy(&output.stdout).trim().to_owned())
        .unwrap_or_default()
}

/// Waits until the other processes leave the processors alone; gives up when `patience` is spent.
pub(crate) fn wait_until_quiet(patience: &mut Duration) {
    const LOOK: Duration = Duration::from_millis(200);
    while !patience.is_zero() && busy_share(LOOK) > QUIET {
        *patience = patience.saturating_sub(LOOK);
    }
}

/// How much of the processors' time was used while we slept.
fn busy_share(pause: Duration) -> f64 {
    let (busy_before, all_before) = processor_time();
    std::thread::sleep(pause);
    let (busy, all) = processor_time();
    (busy - busy_before) as f64 / (all - all_before).max(1) as f64
}

/// The time that the processors were busy, and all time. Nothing where the system does not tell.
fn processor_time() -> (u64, u64) {
    let text = std::fs::read_to_string("/proc/stat").unwrap_or_default();
    let times = text
        .lines()
        .next()
        .unwrap_or_default()
        .split_whitespace()
        .skip(1);
    let times: Vec<u64> = times.filter_map(|time| time.parse().ok()).take(8).collect();
    let all: u64 = times.iter().sum();
    let idle: u64 = times.iter().skip(3).take(2).sum();
    (all - idle, all)
}
