//! Measures every row of the table of `benches/README.md`, and says which bars are missed.
//!
//! ```text
//! cargo run --release -p hypernodes-benches --bin table                     everything, as Markdown
//! cargo run --release -p hypernodes-benches --bin table -- map/ run/        the groups whose ids begin so
//! cargo run --release -p hypernodes-benches --bin table -- --write          puts the tables into benches/README.md
//! cargo run --release -p hypernodes-benches --bin table -- --price-files DIR --symbols 1000 --bars 1500
//! ```
//! `--rounds 50` samples of each implementation, in turn; `--tries 3` for a group that misses a bar; `--patience 120`
//! seconds, in all, to wait for other processes to leave the processors alone.
#![expect(clippy::print_stdout, reason = "a program that prints a table")]
#![expect(clippy::print_stderr, reason = "it says what it is at")]

mod functions;
mod machine;
mod options;
mod report;
mod row;
mod whole;

use std::process::ExitCode;
use std::time::Duration;

use hypernodes_benches::sample::Sampled;
use hypernodes_benches::{BoxError, Group, areas, process};

use machine::Machine;
use options::{Options, Task};
use report::Report;

/// The time that the rounds of one measurement of a group may take.
const BUDGET: Duration = Duration::from_secs(6);

fn main() -> ExitCode {
    // In a worker this does not return.
    hypernodes_engines::process::init();
    match Options::of_this_process().and_then(|options| perform(&options)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

fn perform(options: &Options) -> Result<(), BoxError> {
    match &options.task {
        Task::MapIter { items } => {
            println!("{}", areas::iter::digest_of_map_iter(*items)?);
            println!("{}", process::peak_bytes().unwrap_or(0));
            Ok(())
        }
        Task::PriceFiles {
            folder,
            symbols,
            bars,
        } => Ok(process::write_price_files(folder, *symbols, *bars)?),
        Task::Table => table(options),
    }
}

fn table(options: &Options) -> Result<(), BoxError> {
    let machine = Machine::now();
    let mut report = Report::default();
    let mut patience = options.patience;
    for (id, make) in areas::all().filter(|(id, _)| options.wants(id)) {
        eprintln!("{id}");
        let mut group = make()?;
        group.check()?;
        measure(&mut group, options, &mut patience, &mut report);
    }
    functions::add_rows(&mut report, options, &mut patience)?;
    machine::wait_until_quiet(&mut patience);
    whole::add_rows(&mut report, options)?;
    let text = report.markdown(&machine);
    println!("{text}");
    if options.write {
        report::write_into_readme(&text)?;
    }
    Ok(())
}

/// Measures a group, and again when it misses a bar: the miss may be another process's.
fn measure(group: &mut Group, options: &Options, patience: &mut Duration, report: &mut Report) {
    let mut sampled = vec![Sampled::default(); group.implementations.len()];
    for last in (0..options.tries.max(1)).rev() {
        machine::wait_until_quiet(patience);
        let new = group.sample(options.rounds, BUDGET);
        sampled
            .iter_mut()
            .zip(new)
            .for_each(|(all, new)| all.extend(new));
        let verdicts = row::verdicts(group, &sampled);
        if last == 0 || verdicts.iter().all(|verdict| verdict.passes != Some(false)) {
            report.add(group, &sampled, verdicts);
            return;
        }
    }
}
