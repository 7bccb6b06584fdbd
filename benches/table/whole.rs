//! Rows that need a process of their own: peak memory, and the command line.

use std::path::{Path, PathBuf};
use std::process::Command;

use hypernodes_benches::process::{self, Ran, Scratch};
use hypernodes_benches::{BoxError, areas};

use crate::options::Options;
use crate::report::Report;
use crate::row::{Measured, Verdict, figure};

/// How much more memory a longer run may take.
const FLAT: f64 = 1.1;

pub(crate) fn add_rows(report: &mut Report, options: &Options) -> Result<(), BoxError> {
    if options.wants("whole/map_iter/memory") {
        map_iter(report)?;
    }
    if options.wants("whole/scan/memory") {
        for stored in &STORED {
            scan(report, stored);
        }
    }
    Ok(())
}

fn megabytes(bytes: u64) -> String {
    format!("{} MB", figure(bytes as f64 / 1e6))
}

/// A short and a long run of the same: the memory of the long one must be that of the short one.
fn flat(title: &str, name: &str, short: u64, long: u64) -> Verdict {
    let ratio = long as f64 / short as f64;
    let text = format!("{ratio:.2} x ({} -> {})", megabytes(short), megabytes(long));
    Verdict {
        title: title.to_owned(),
        name: name.to_owned(),
        bar: format!("<= {FLAT} x the memory of the short one"),
        best: text.clone(),
        median: text,
        passes: Some(ratio <= FLAT),
    }
}

fn map_iter(report: &mut Report) -> Result<(), BoxError> {
    const TITLE: &str = "peak memory of `map_iter`, 100,000 -> 10,000,000 items";
    eprintln!("whole/map_iter/memory");
    let run = |items: u32| -> Result<Ran, BoxError> {
        let mut command = Command::new(std::env::current_exe()?);
        Ok(process::run(
            command.args(["--map-iter", &items.to_string()]),
        )?)
    };
    let own_peak = |ran: &Ran| {
        ran.output
            .lines()
            .nth(1)
            .and_then(|line| line.parse().ok())
            .unwrap_or(ran.peak_bytes)
    };
    let (short, long) = (run(100_000)?, run(10_000_000)?);
    report.add_verdict(flat(TITLE, "pipeline", own_peak(&short), own_peak(&long)));
    let time = figure(long.seconds * 1e9 / 1e7);
    report.add_measured(Measured {
        title: "`map_iter` of 10,000,000 items, whole process".to_owned(),
        name: "pipeline".to_owned(),
        best: time.clone(),
        median: time,
        unit: "ns per item".to_owned(),
    });
    Ok(())
}

/// How the prices of a scan lie on disk.
struct Stored {
    what: &'static str,
    /// Writes so many symbols of so many bars; the file or folder to scan.
    write: fn(&Path, usize, usize) -> Result<PathBuf, BoxError>,
}

const STORED: [Stored; 2] = [
    Stored {
        what: "csv files",
        write: |folder, symbols, bars| {
            let folder = folder.join(symbols.to_string());
            process::write_price_files(&folder, symbols, bars)?;
            Ok(folder)
        },
    },
    Stored {
        what: "symbols of one Parquet file",
        write: |folder, symbols, bars| {
            let path = folder.join(format!("{symbols}.parquet"));
            areas::data::write_parquet(&path, symbols, bars)?;
            Ok(path)
        },
    },
];

fn scan(report: &mut Report, stored: &Stored) {
    const SHORT: usize = 1_000;
    const LONG: usize = 20_000;
    const BARS: usize = 1_500;
    let what = stored.what;
    let title = format!("peak memory of `hypernodes scan`, 1,000 -> 20,000 {what}");
    eprintln!("whole/scan/memory ({what})");
    let measure = || -> Result<(Ran, Ran), BoxError> {
        let program = command_line()?;
        let scratch = Scratch::new("prices")?;
        let run = |symbols: usize| -> Result<Ran, BoxError> {
            let data = (stored.write)(scratch.path(), symbols, BARS)?;
            let mut command = Command::new(&program);
            let ran = process::run(command.arg("scan").arg(&data).args(["--format", "csv"]))?;
            let lines = ran.output.lines().count();
            if lines < 2 {
                Err(format!("{symbols} symbols gave {lines} lines").into())
            } else {
                Ok(ran)
            }
        };
        Ok((run(SHORT)?, run(LONG)?))
    };
    let name = "command line";
    match measure() {
        Ok((short, long)) => {
            let (short_peak, long_peak) = (short.peak_bytes, long.peak_bytes);
            report.add_verdict(flat(&title, name, short_peak, long_peak));
            for (ran, symbols) in [(short, SHORT), (long, LONG)] {
                let rate = figure(symbols as f64 / ran.seconds);
                let title =
                    format!("`hypernodes scan` of {symbols} {what}, whole process, all cores");
                report.add_measured(Measured {
                    title,
                    name: name.to_owned(),
                    best: rate.clone(),
                    median: rate,
                    unit: "symbols/s".to_owned(),
                });
            }
        }
        Err(reason) => {
            let reason = reason.to_string();
            report.add_verdict(Verdict {
                title,
                name: name.to_owned(),
                bar: format!("<= {FLAT} x the memory of the short one"),
                best: reason.lines().next().unwrap_or_default().to_owned(),
                median: String::new(),
                passes: None,
            });
        }
    }
}

/// The command line, built by the cargo that runs this program. It lies beside this program.
fn command_line() -> Result<PathBuf, BoxError> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut build = Command::new(cargo);
    build.args([
        "build",
        "--release",
        "--quiet",
        "--package",
        "hypernodes-cli",
    ]);
    process::run(build.current_dir(env!("CARGO_MANIFEST_DIR")))?;
    let program = std::env::current_exe()?.with_file_name("hypernodes");
    if program.is_file() {
        Ok(program)
    } else {
        Err("the command line was not built beside this program".into())
    }
}
