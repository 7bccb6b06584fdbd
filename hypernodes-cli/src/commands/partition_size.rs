//! `plan partition-size`: how many symbols a partition of a scan should hold.

use std::io::Write;

use hypernodes::trading::Bars;
use hypernodes::trading::PriceSource;
use hypernodes::trading::data::sources;
use hypernodes::trading::scan::partition::{
    MOST_SYMBOLS, Measures, Recommended, bytes_of_bars, recommend,
};
use hypernodes::{EngineConfig, ThreadedConfig};
use serde::Serialize;

use super::{format, print};
use crate::cli::{Common, DataArgs, Format, PartitionSizeCommand};
use crate::engine;
use crate::error::{CommandError, Exit, say};

/// How many symbols of DATA are measured.
const MEASURED: usize = 1_000;

/// All that a size comes from.
#[derive(Serialize)]
struct Told {
    partition_size: usize,
    partitions: usize,
    symbols: usize,
    workers: usize,
    memory: u64,
    target: u64,
    bytes_per_symbol: u64,
    by_target: usize,
    by_workers: usize,
    by_memory: usize,
    decided_by: &'static str,
}

/// A symbol that nothing is said of: what a scan uses of it, in all columns.
const BARS: usize = 1_500;
const COLUMNS: usize = 6;

pub(super) fn run(common: &Common, command: &PartitionSizeCommand) -> Result<Exit, CommandError> {
    let format = format(common, "plan partition-size", &[Format::Text, Format::Json])?;
    let options = &command.size;
    let given = command.symbols().map_err(CommandError::Usage)?;
    let is_described =
        options.bytes_per_symbol.is_some() || options.bars.is_some() || options.columns.is_some();
    if given.is_none() && is_described {
        let problem = "`--bytes-per-symbol`, `--bars` and `--columns` describe symbols where there is no DATA; leave them or \
                       DATA out";
        return Err(CommandError::Usage(problem.to_owned()));
    }
    let (symbols, bytes_per_symbol, origin) = match (given, options.bytes_per_symbol) {
        (Some(symbols), Some(bytes)) => (symbols, bytes, "given".to_owned()),
        (Some(symbols), None) => {
            let (bars, columns) = (
                options.bars.unwrap_or(BARS),
                options.columns.unwrap_or(COLUMNS),
            );
            let origin = format!("{bars} bars x {columns} columns x 8");
            (symbols, bytes_of_bars(bars, columns), origin)
        }
        (None, _) => measured(common, &command.data)?,
    };
    let measures = Measures {
        symbols,
        workers: workers(common)?,
        memory: options.memory,
        target: options.target,
        bytes_per_symbol,
    };
    let found = recommend(&measures);
    print(common, |out| {
        if format == Format::Json {
            serde_json::to_writer(&mut *out, &told(&measures, &found))
                .map_err(std::io::Error::from)?;
            return Ok(out.write_all(b"\n")?);
        }
        Ok(writeln!(out, "{}", found.size)?)
    })?;
    if format != Format::Json {
        let Measures { workers, .. } = measures;
        let Recommended {
            partitions,
            by_target,
            by_workers,
            by_memory,
            ..
        } = found;
        say(&format!(
            "{partitions} partitions of {symbols} symbols, by {}: min({by_target} by target, {by_workers} by {workers} \
             workers, {by_memory} by memory), from 1 to {MOST_SYMBOLS}; {bytes_per_symbol} bytes a symbol ({origin})",
            found.decided_by()
        ));
    }
    Ok(Exit::Done)
}

fn told(measures: &Measures, found: &Recommended) -> Told {
    Told {
        partition_size: found.size,
        partitions: found.partitions,
        symbols: measures.symbols,
        workers: measures.workers,
        memory: measures.memory,
        target: measures.target,
        bytes_per_symbol: measures.bytes_per_symbol,
        by_target: found.by_target,
        by_workers: found.by_workers,
        by_memory: found.by_memory,
        decided_by: found.decided_by(),
    }
}

/// The workers of the engine that is asked for.
fn workers(common: &Common) -> Result<usize, CommandError> {
    Ok(match engine::config(common)? {
        EngineConfig::Threaded(config) => config.resolved_workers(),
        EngineConfig::Sequential(_) => 1,
        _ => {
            let workers = common.workers;
            let config = ThreadedConfig {
                workers,
                ..ThreadedConfig::default()
            };
            config.resolved_workers()
        }
    })
}

/// The symbols of DATA, and the mean bytes of the first of them.
fn measured(common: &Common, data: &DataArgs) -> Result<(usize, u64, String), CommandError> {
    let (files, read) = (
        data.files()?,
        data.read_options(common, PriceSource::Close)?,
    );
    let (mut symbols, mut total, mut loaded) = (0_usize, 0_u64, 0_u64);
    for source in sources(&files, &read) {
        symbols += 1;
        if symbols <= MEASURED {
            let name = source.symbol().into_owned();
            // What cannot be loaded has no size; the scan says what is wrong with it.
            if let Ok(bars) = source.load(&read) {
                total = total.saturating_add(bytes_of(&bars));
                loaded += 1;
            } else {
                tracing::debug!("`{name}` is not measured");
            }
        }
    }
    let bytes = total.div_ceil(loaded.max(1)).max(1);
    Ok((
        symbols,
        bytes,
        format!("the mean of {loaded} symbols of DATA"),
    ))
}

fn bytes_of(bars: &Bars) -> u64 {
    let others = [bars.open(), bars.high(), bars.low(), bars.volume()];
    // Time and close are always there.
    bytes_of_bars(bars.len(), 2 + others.iter().flatten().count())
}
