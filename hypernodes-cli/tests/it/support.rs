//! A folder of price files, and the binary run on them.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

/// A folder that goes away with its test.
pub(crate) struct Folder(PathBuf);

impl Folder {
    pub(crate) fn new() -> Self {
        static NEXT: AtomicUsize = AtomicUsize::new(0);
        let name = format!(
            "hypernodes-cli-{}-{}",
            std::process::id(),
            NEXT.fetch_add(1, Ordering::Relaxed)
        );
        let path = std::env::temp_dir().join(name);
        fs::create_dir_all(&path).expect("a working machine");
        Self(path)
    }

    pub(crate) fn path(&self) -> &Path {
        &self.0
    }

    /// Writes a file and gives its path as text.
    pub(crate) fn write(&self, name: &str, bytes: impl AsRef<[u8]>) -> String {
        let path = self.0.join(name);
        fs::create_dir_all(path.parent().expect("a working machine")).expect("a working machine");
        fs::write(&path, bytes).expect("a working machine");
        path.display().to_string()
    }

    /// The files in it, by name.
    pub(crate) fn names(&self) -> Vec<String> {
        let entries = fs::read_dir(&self.0).expect("a working machine");
        let mut names: Vec<_> = entries
            .map(|e| {
                e.expect("a working machine")
                    .file_name()
                    .into_string()
                    .expect("a working machine")
            })
            .collect();
        names.sort();
        names
    }

    /// Runs the binary in this folder.
    pub(crate) fn run(&self, args: &[&str]) -> Ran {
        Ran::of(&mut self.command(args))
    }

    pub(crate) fn command(&self, args: &[&str]) -> Command {
        let mut command = command_that_is_interrupted();
        command
            .args(args)
            .current_dir(&self.0)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        for (name, _) in std::env::vars() {
            if name.starts_with("HYPERNODES_") {
                command.env_remove(name);
            }
        }
        command
    }
}

/// What a shell starts in the background ignores Ctrl-C, and what `nohup` starts SIGHUP, and so does all that these start:
/// not what is to be interrupted here.
fn command_that_is_interrupted() -> Command {
    let exe = env!("CARGO_BIN_EXE_hypernodes");
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let ignored = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    let ignored = ignored.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok());
    // SIGHUP is number 1, SIGINT 2.
    if ignored.is_none_or(|ignored| ignored & 0b11 == 0) {
        return Command::new(exe);
    }
    let mut command = Command::new("env");
    command.args(["--default-signal=INT,HUP", exe]);
    command
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// What the binary said.
#[derive(Debug)]
pub(crate) struct Ran {
    pub(crate) code: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Ran {
    pub(crate) fn of(command: &mut Command) -> Self {
        let output = command.output().expect("a working machine");
        Self {
            code: output.status.code(),
            stdout: String::from_utf8(output.stdout).expect("a working machine"),
            stderr: String::from_utf8(output.stderr).expect("a working machine"),
        }
    }

    /// The standard output of a run that went well and said nothing else.
    pub(crate) fn ok(self) -> String {
        assert_eq!((self.code, self.stderr.as_str()), (Some(0), ""));
        self.stdout
    }

    /// The message of a run that was refused.
    pub(crate) fn refused(self) -> String {
        assert_eq!(self.code, Some(2), "{self:?}");
        assert!(self.stdout.is_empty(), "{self:?}");
        assert!(self.stderr.starts_with("error: "), "{self:?}");
        assert!(self.stderr.lines().count() <= 2, "{self:?}");
        self.stderr
    }
}

/// The closing prices of a walk: the same for the same seed, on any machine.
pub(crate) fn walk(seed: u64, bars: usize) -> Vec<f64> {
    let (mut state, mut price) = (seed, 100.0);
    let step = |_| {
        let now = price;
        state = (1_103_515_245 * state + 12_345) % (1 << 31);
        price *= 1.0 + 0.02 * (2.0 * state as f64 / 2_147_483_648.0 - 1.0);
        now
    };
    (0..bars).map(step).collect()
}

/// `time,close`, a day a row.
pub(crate) fn csv(close: &[f64]) -> String {
    let mut text = String::from("time,close\n");
    for (day, close) in close.iter().enumerate() {
        writeln!(text, "{},{close}", 86_400 * day).expect("a working machine");
    }
    text
}

/// A folder with one file for each of these symbols, 200 bars each.
pub(crate) fn market(symbols: &[&str]) -> Folder {
    let folder = Folder::new();
    for (seed, symbol) in symbols.iter().enumerate() {
        let text = csv(&walk(seed as u64 + 7, 200));
        folder.write(&format!("data/{symbol}.csv"), text);
    }
    folder
}

/// A folder with that many symbols of 200 bars.
pub(crate) fn large_market(symbols: usize) -> Folder {
    let folder = Folder::new();
    for seed in 0..symbols {
        let text = csv(&walk(seed as u64 + 7, 200));
        folder.write(&format!("data/S{seed:03}.csv"), text);
    }
    folder
}

/// A command that is killed with its test.
pub(crate) struct Running(Option<Child>);

impl Running {
    pub(crate) fn of(command: &mut Command) -> Self {
        Self(Some(command.spawn().expect("a working machine")))
    }

    pub(crate) fn child(&mut self) -> &mut Child {
        self.0.as_mut().expect("it was not waited for")
    }

    /// Sends a signal by its name.
    pub(crate) fn signal(&mut self, name: &str) {
        let id = self.child().id().to_string();
        let sent = Command::new("kill").args([name, &id]).status();
        assert!(sent.expect("a working machine").success());
    }

    /// Reads what it says to its end.
    pub(crate) fn end(mut self) -> Ran {
        let child = self.0.take().expect("it was not waited for");
        let output = child.wait_with_output().expect("a working machine");
        Ran {
            code: output.status.code(),
            stdout: String::from_utf8(output.stdout).expect("a working machine"),
            stderr: String::from_utf8(output.stderr).expect("a working machine"),
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if let Some(child) = &mut self.0 {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

/// Asks again and again until there is an answer; gives up after two minutes.
#[expect(
    clippy::disallowed_methods,
    reason = "a test that waits for ever fails"
)]
pub(crate) fn eventually<T>(what: &str, mut ask: impl FnMut() -> Option<T>) -> T {
    let began = Instant::now();
    loop {
        if let Some(answer) = ask() {
            return answer;
        }
        assert!(began.elapsed() < Duration::from_secs(120), "{what}");
        std::thread::yield_now();
    }
}

/// The JSON in a file of the folder.
pub(crate) fn json_of(folder: &Folder, path: &str) -> serde_json::Value {
    let text = fs::read(folder.path().join(path)).expect("a working machine");
    serde_json::from_slice(&text).expect("it is JSON")
}
