//! Measures every row of the table of `benches/README.md`, and says which bars are missed.
//!
//! ```text
//! cargo run --release -p hypernodes-benches --bin table                     everything, as Markdown
//! cargo run --release -p hypernodes-benches --bin table -- map/ run/        the groups whose ids contain one of these
//! cargo run --release -p hypernodes-benches --bin table -- --write          puts the tables into benches/README.md
//! cargo run --release -p hypernodes-benches --bin table -- --rounds 5       fewer samples (25 otherwise)
//! cargo run --release -p hypernodes-benches --bin table -- --price-files DIR --symbols 1000 --bars 1500
//! ```
#![expect(clippy::print_stdout, reason = "a program that prints a table")]
#![expect(clippy::print_stderr, reason = "it says what it is at")]

mod machine;
mod options;
mod report;
mod row;
mod whole;

use std::process::ExitCode;
use std::time::Duration;

use hypernodes_benches::{BoxError, areas, process};

use machine::Machine;
use options::{Options, Task};
use report::Report;

/// The time that the rounds of one group may take.
const BUDGET: Duration = Duration::from_secs(6);

fn main() -> ExitCode {
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
        Task::PriceFiles { folder, symbols, bars } => Ok(process::write_price_files(folder, *symbols, *bars)?),
        Task::Table => table(options),
    }
}

fn table(options: &Options) -> Result<(), BoxError> {
    let machine = Machine::now();
    let mut report = Report::default();
    for (id, make) in areas::all().filter(|(id, _)| options.wants(id)) {
        eprintln!("{id}");
        let mut group = make()?;
        group.check()?;
        let budget = if group.is_slow { 2 * BUDGET } else { BUDGET };
        let sampled = group.sample(options.rounds, budget);
        report.add(&group, &sampled);
    }
    whole::add_rows(&mut report, options)?;
    let text = report.markdown(&machine);
    println!("{text}");
    if options.write {
        report::write_into_readme(&text)?;
    }
    Ok(())
}
