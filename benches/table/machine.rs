//! What the figures were measured on.

use std::fmt;
use std::process::Command;

/// The machine, the compiler, the commit, the date and the load.
#[derive(Debug)]
pub(crate) struct Machine {
    processor: String,
    cores: usize,
    rustc: String,
    commit: String,
    date: String,
    load_before: String,
}

impl Machine {
    pub(crate) fn now() -> Self {
        let text = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
        let model = text.lines().find(|line| line.starts_with("model name")).and_then(|line| line.split(':').nth(1));
        let changed = !output("git", &["status", "--porcelain"]).is_empty();
        let commit = output("git", &["rev-parse", "--short", "HEAD"]);
        Self {
            processor: model.unwrap_or("unknown processor").trim().to_owned(),
            cores: std::thread::available_parallelism().map_or(1, usize::from),
            rustc: output("rustc", &["--version"]),
            commit: if changed { format!("{commit}, changed") } else { commit },
            date: jiff::Timestamp::now().strftime("%Y-%m-%d").to_string(),
            load_before: load(),
        }
    }
}

impl fmt::Display for Machine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { processor, cores, rustc, commit, date, load_before } = self;
        write!(f, "{processor}, {cores} cores; {rustc}; commit {commit}; {date}; load {load_before} before, {} after", load())
    }
}

/// The mean number of running threads over the last minute.
fn load() -> String {
    let text = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
    text.split(' ').next().unwrap_or_default().to_owned()
}

fn output(program: &str, arguments: &[&str]) -> String {
    let output = Command::new(program).args(arguments).output();
    output.map(|output| String::from_utf8_lossy(&output.stdout).trim().to_owned()).unwrap_or_default()
}
