//! `data`: what is in price files, and other files made of them.
//!
//! | file | command |
//! |---|---|
//! | `inspect` | `data inspect` and `data validate` |
//! | `convert` | `data convert` and `data resample` |
//! | `stats` | `data stats` |
//! | `nodes` | what they compute for each symbol, where it is read |

mod convert;
mod inspect;
mod nodes;
mod stats;

use std::sync::Arc;

use hypernodes::trading::data::{CsvColumns, CsvOptions, Files, SymbolSource, sources};
use hypernodes::{Engine, Pipeline};
use jiff::Timestamp;
use jiff::tz::Offset;

use crate::cli::{Common, DataArgs, DataOf};
use crate::engine;
use crate::error::{CommandError, Exit, escaped, say};
use crate::policies;
use crate::symbols::{Fault, SymbolRun};
use crate::watch::Watch;

pub(crate) fn run(common: &Common, of: &DataOf) -> Result<Exit, CommandError> {
    match of {
        DataOf::Inspect(command) => inspect::inspect(common, &command.data),
        DataOf::Validate(command) => inspect::validate(common, &command.data),
        DataOf::Convert(command) => convert::run(common, command, "data convert"),
        DataOf::Resample(command) => convert::run(common, command, "data resample"),
        DataOf::Stats(command) => stats::run(common, command),
    }
}

/// The symbols of DATA, and the engine that works through them.
struct Market {
    common: Common,
    read: CsvOptions,
    files: Files,
    engine: Arc<dyn Engine>,
}

impl Market {
    fn new(common: &Common, data: &DataArgs) -> Result<Self, CommandError> {
        let read = data.read_options(common, CsvColumns::All)?;
        let files = data.files()?;
        let common = common.sized(|| sources(&files, &read).count());
        Ok(Self {
            engine: engine::chosen(&common)?,
            common,
            read,
            files,
        })
    }

    fn sources(&self) -> impl Iterator<Item = SymbolSource> {
        sources(&self.files, &self.read)
    }

    /// The pipeline over the symbols with all that the options ask for, and what is to be closed when the command ends.
    fn open(&self, pipeline: Pipeline) -> Result<(SymbolRun<'_>, Watch), CommandError> {
        let pipeline = pipeline.with_shared_engine(Arc::clone(&self.engine));
        let (pipeline, watch) = policies::applied(&self.common, pipeline)?;
        let run = SymbolRun {
            read: &self.read,
            pipeline,
            is_fixed: self.common.npartitions.is_some(),
        };
        Ok((run, watch))
    }

    /// Tells a symbol that failed, or ends the command, as `--on-error` says.
    fn failed(&self, symbol: &str, fault: Fault) -> Result<(), CommandError> {
        if self.common.fails_fast() {
            return Err(fault.into_error(symbol));
        }
        say(&format!("failed: `{}`: {}", escaped(symbol), fault.text));
        Ok(())
    }
}

/// A time as people and files read it, in UTC: a date, if it is midnight.
fn time_text(nanos: Option<i64>) -> Option<String> {
    let stamp = Timestamp::from_nanosecond(i128::from(nanos?)).ok()?;
    let civil = Offset::UTC.to_datetime(stamp);
    Some(match civil.time() == jiff::civil::Time::midnight() {
        true => civil.date().to_string(),
        false => civil.to_string(),
    })
}
