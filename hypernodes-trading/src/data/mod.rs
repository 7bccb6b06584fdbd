//! Price files: which they are, what is in them, and what is wrong with them.
//!
//! | item | what it does |
//! |---|---|
//! | [`expand`] | files, folders and globs to a list of [`Files`] |
//! | [`read_file`] | one file to one [`Bars`](crate::Bars) per symbol, streamed |
//! | [`read_csv`], [`read_parquet`] | the same, where the format is known |
//! | [`CsvLines`] | csv that grows or is read once, line by line |
//! | [`sources`] | many files to one [`SymbolSource`] per symbol, found lazily |
//! | [`BarSource`] | whoever has bars: [files](BarFiles), [tables](BarTable), your own; [`fetched`] gives its symbols |
//! | [`file_facts`] | what a file says of itself: format, size, columns |
//! | [`CsvOptions`] | which columns, symbols and times to take |
//! | [`DataError`] | what is wrong, with file, line, column and what to do |
//! | [`SymbolError`] | the same for one symbol, while others go on |
//! | [`write`](mod@write) | bars to CSV, Parquet and Arrow IPC files |
//! | [`parse_time`], [`TimeRange`] | times as text |
//!
//! Nothing here computes an indicator.

mod bar_source;
mod batches;
mod cast;
mod error;
mod expand;
mod facts;
mod feed;
mod files;
mod folder;
mod guard;
mod header;
mod input;
mod ipc;
mod ipc_blocks;
mod lines;
mod options;
mod parquet;
mod parquet_footer;
mod reader;
mod source;
mod spill;
mod table;
#[cfg(test)]
mod tests;
#[cfg(test)]
mod tests_damage;
#[cfg(test)]
mod tests_formats;
#[cfg(test)]
mod tests_table;
mod text;
mod time;
pub mod write;

pub use bar_source::{BarFiles, BarSource, BarTable, Fetch, LazyBars, fetched};
pub use error::{CellProblem, DataError, Place, SymbolError};
pub use expand::expand;
pub use facts::{ColumnFacts, FileFacts, file_facts};
pub use files::Files;
pub use lines::CsvLines;
pub(crate) use options::Needs;
pub use options::{CsvColumns, CsvOptions, parse_symbols};
pub use reader::{Symbols, read_csv, read_csv_bytes, read_file, read_parquet, read_parquet_bytes};
pub use source::{Sources, SymbolSource, sources};
pub use time::{TimeRange, parse_time};
