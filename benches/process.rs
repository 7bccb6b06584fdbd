//! Peak memory, of this process and of others.

use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use crate::fixtures;
use crate::sample;

/// How often a running process is looked at.
const LOOK: Duration = Duration::from_millis(1);

/// What running a command took.
#[derive(Clone, Debug)]
pub struct Ran {
    /// From start to end.
    pub seconds: f64,
    /// The most memory that it had at a time, in bytes. Looked at every millisecond.
    pub peak_bytes: u64,
    /// What it wrote to the standard output.
    pub output: String,
}

/// The most memory that this process had at a time, in bytes. `None` where the system does not tell.
#[must_use]
pub fn peak_bytes() -> Option<u64> {
    peak_of("self")
}

fn peak_of(process: &str) -> Option<u64> {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    let line = status.lines().find(|line| line.starts_with("VmHWM:"))?;
    let kibibytes: u64 = line.split_whitespace().nth(1)?.parse().ok()?;
    Some(kibibytes * 1024)
}

/// Runs a command to its end.
///
/// # Errors
/// It cannot be started, or it fails: then with what it wrote to the standard error.
pub fn run(command: &mut Command) -> io::Result<Ran> {
    // To files, so that no full pipe can hold the command up.
    let folder = Scratch::new("output")?;
    let (output, errors) = (folder.path().join("output"), folder.path().join("errors"));
    command
        .stdin(Stdio::null())
        .stdout(std::fs::File::create(&output)?)
        .stderr(std::fs::File::create(&errors)?);
    let began = sample::now();
    let mut child = command.spawn()?;
    let id = child.id().to_string();
    let mut peak_bytes = 0;
    let status = loop {
        peak_bytes = peak_of(&id).unwrap_or(peak_bytes).max(peak_bytes);
        if let Some(status) = child.try_wait()? {
            break status;
        }
        std::thread::sleep(LOOK);
    };
    let seconds = began.elapsed().as_secs_f64();
    if !status.success() {
        return Err(io::Error::other(format!(
            "{status}: {}",
            std::fs::read_to_string(errors)?.trim()
        )));
    }
    Ok(Ran {
        seconds,
        peak_bytes,
        output: std::fs::read_to_string(output)?,
    })
}

/// A folder that is removed when it is dropped.
#[derive(Debug)]
pub struct Scratch(PathBuf);

impl Scratch {
    /// A new folder for temporary files.
    ///
    /// # Errors
    /// It cannot be made.
    pub fn new(name: &str) -> io::Result<Self> {
        let path =
            std::env::temp_dir().join(format!("hypernodes-benches-{}-{name}", std::process::id()));
        std::fs::create_dir_all(&path)?;
        Ok(Self(path))
    }

    /// Where it is.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        // What is left over in the folder for temporary files does no harm.
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// Writes one price file for each symbol. A hundred of them differ, the others are links to these: a scan does not
/// notice, and 20,000 symbols take no gigabyte.
///
/// # Errors
/// The folder cannot be written to.
pub fn write_price_files(folder: &Path, symbols: usize, bars: usize) -> io::Result<()> {
    const DIFFERENT: usize = 100;
    std::fs::create_dir_all(folder)?;
    let file = |symbol: usize| folder.join(format!("S{symbol:05}.csv"));
    for symbol in 0..symbols {
        if symbol < DIFFERENT {
            std::fs::write(file(symbol), fixtures::price_file(bars, symbol as u64))?;
        } else {
            std::fs::hard_link(file(symbol % DIFFERENT), file(symbol))?;
        }
    }
    Ok(())
}
