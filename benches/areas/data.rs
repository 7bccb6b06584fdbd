//! Price files: what reading them costs beside the library that decodes them.

use std::fs::File;
use std::path::Path;

use hypernodes_trading::Bars;
use hypernodes_trading::data::write::{BarsWriter, ParquetWriter, WriteOptions};
use hypernodes_trading::data::{CsvColumns, CsvOptions, read_parquet};
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;

use arrow_array::cast::AsArray;
use arrow_array::types::{Float64Type, TimestampNanosecondType};

use super::Case;
use crate::process::Scratch;
use crate::{Bar, BoxError, Group, Implementation, Unit, fixtures};

pub(super) const GROUPS: &[Case] = &[("data/parquet/symbols=500,bars=1500", parquet)];

const SYMBOLS: usize = 500;
const BARS: usize = 1_500;

/// Symbol, time and close of a file that has more columns.
fn parquet() -> Result<Group, BoxError> {
    const ALONE: &str = "the parquet crate alone, as record batches";
    let scratch = Scratch::new("parquet")?;
    let path = scratch.path().join("all.parquet");
    write_parquet(&path, SYMBOLS, BARS)?;
    let (own, other) = (path.clone(), path);
    let alone = Implementation::new(ALONE, move || {
        // The file goes with the last of these closures.
        let _file_is_there = &scratch;
        columns(&other).unwrap_or_default()
    });
    let read = Implementation::new("read_parquet, checked and by symbol", move || {
        let options = CsvOptions {
            columns: CsvColumns::Close,
            ..CsvOptions::default()
        };
        bars(&own, &options).unwrap_or_default()
    });
    let rows = SYMBOLS * BARS;
    let unit = Unit::NanosPer("row", rows as f64);
    let title = "symbol, time and close of a Parquet file of 500 symbols x 1,500 bars";
    Ok(Group::new(title, rows as u64, unit)
        .with(alone)
        .with(read.bar(Bar::Within {
            of: ALONE,
            factor: 1.5,
        })))
}

/// Writes a Parquet file of so many symbols of so many daily bars.
///
/// # Errors
/// When it cannot be written.
pub fn write_parquet(path: &Path, symbols: usize, bars: usize) -> Result<(), BoxError> {
    const DIFFERENT: usize = 100;
    let options = WriteOptions::default();
    let mut writer = Box::new(ParquetWriter::new(File::create(path)?, &options));
    let days = (0_i64..).take(bars);
    let time: Vec<i64> = days.map(|day| 86_400_000_000_000 * day).collect();
    let walks: Vec<Vec<f64>> = (0..symbols.min(DIFFERENT))
        .map(|n| fixtures::walk(bars, n as u64))
        .collect();
    for number in 0..symbols {
        let close = walks[number % DIFFERENT].clone();
        let bars = Bars::new(format!("S{number:05}"), time.clone(), close.clone())?
            .with_open(close.clone())?
            .with_high_low(close.clone(), close.clone())?
            .with_volume(close)?;
        writer.write(&bars)?;
    }
    Ok(writer.finish()?)
}

/// A sum of all bits, whatever the order.
fn sum(time: &[i64], close: &[f64]) -> u64 {
    let times = time.iter().map(|time| time.cast_unsigned());
    let all = times.chain(close.iter().map(|close| close.to_bits()));
    all.fold(0, u64::wrapping_add)
}

fn columns(path: &Path) -> Result<u64, BoxError> {
    let builder = ParquetRecordBatchReaderBuilder::try_new(File::open(path)?)?;
    let columns = ["symbol", "time", "close"];
    let mask = ProjectionMask::columns(builder.parquet_schema(), columns);
    let mut all = 0_u64;
    for batch in builder
        .with_projection(mask)
        .with_batch_size(8_192)
        .build()?
    {
        let batch = batch?;
        let column = |name| batch.column_by_name(name).ok_or("the column is there");
        let time = column("time")?.as_primitive::<TimestampNanosecondType>();
        let close = column("close")?.as_primitive::<Float64Type>();
        std::hint::black_box(column("symbol")?);
        all = all.wrapping_add(sum(time.values(), close.values()));
    }
    Ok(all)
}

fn bars(path: &Path, options: &CsvOptions) -> Result<u64, BoxError> {
    let mut all = 0_u64;
    for bars in read_parquet(path, options)? {
        let bars = bars?;
        all = all.wrapping_add(sum(bars.time(), bars.close()));
    }
    Ok(all)
}
