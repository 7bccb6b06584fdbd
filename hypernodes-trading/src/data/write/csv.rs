//! Bars as CSV.

use std::fmt::Write as _;
use std::io::Write;

use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::{BarsWriter, Shape, WriteError, WriteOptions};
use crate::bars::Bars;
use crate::data::time::NANOS_PER_DAY;

/// Writes bars as CSV; see [the columns](super#columns).
///
/// Times are ISO and in UTC: plain dates where all times of the first bars are at midnight, else
/// `2024-01-31T09:30:00` with as many decimals as there are. (A later time that is not at midnight is written in
/// full wherever it stands.)
///
/// # Example
/// ```
/// use hypernodes_trading::Bars;
/// use hypernodes_trading::data::write::{BarsWriter, CsvWriter, WriteOptions};
/// let day = 86_400_000_000_000;
/// let bars = Bars::new("ACME", vec![0, day], vec![10.0, 10.1])?;
/// let mut text = Vec::new();
/// let mut writer = Box::new(CsvWriter::new(&mut text, &WriteOptions::default()));
/// writer.write(&bars)?;
/// writer.finish()?;
/// let text = String::from_utf8(text)?;
/// assert_eq!(text, "symbol,time,close\nACME,1970-01-01,10.0\nACME,1970-01-02,10.1\n");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct CsvWriter<W: Write> {
    to: csv::Writer<W>,
    options: WriteOptions,
    /// What the rows look like, and whether times are dates.
    shape: Option<(Shape, bool)>,
}

impl<W: Write> CsvWriter<W> {
    /// A writer to `to`, which needs no buffer.
    pub fn new(to: W, options: &WriteOptions) -> Self {
        Self {
            to: csv::WriterBuilder::new().flexible(true).from_writer(to),
            options: options.clone(),
            shape: None,
        }
    }

    fn header(&mut self, shape: &Shape) -> Result<(), WriteError> {
        let schema = shape.schema();
        let names = schema.fields().iter().map(|field| field.name());
        self.to.write_record(names).map_err(WriteError::csv)
    }

    fn rows(&mut self, shape: &Shape, with_dates: bool, bars: &Bars) -> csv::Result<()> {
        let prices = bars.buffers().prices;
        let prices = prices.map(|(name, values)| (shape.columns.has(name), values));
        let mut cell = String::new();
        for (row, &time) in bars.time().iter().enumerate() {
            if shape.symbol_column {
                self.to.write_field(bars.symbol())?;
            }
            cell.clear();
            iso(time, with_dates, &mut cell);
            self.to.write_field(&cell)?;
            for (_, values) in prices.iter().filter(|(is, _)| *is) {
                cell.clear();
                if let Some(values) = values {
                    // A string takes every text.
                    write!(cell, "{:?}", values[row]).ok();
                }
                self.to.write_field(&cell)?;
            }
            if shape.columns.exchange {
                self.to.write_field(bars.exchange().unwrap_or_default())?;
            }
            self.to.write_record(None::<&[u8]>)?;
        }
        Ok(())
    }
}

impl<W: Write + Send> BarsWriter for CsvWriter<W> {
    fn write(&mut self, bars: &Bars) -> Result<(), WriteError> {
        let (shape, with_dates) = match self.shape.take() {
            Some(known) => known,
            None => {
                let shape = Shape::new(&self.options, Some(bars));
                shape.check(bars)?;
                self.header(&shape)?;
                let with_dates = bars.time().iter().all(|time| time % NANOS_PER_DAY == 0);
                (shape, with_dates)
            }
        };
        shape.check(bars)?;
        let written = self.rows(&shape, with_dates, bars);
        self.shape = Some((shape, with_dates));
        written.map_err(WriteError::csv)
    }

    fn finish(mut self: Box<Self>) -> Result<(), WriteError> {
        if self.shape.is_none() {
            let shape = Shape::new(&self.options, None);
            self.header(&shape)?;
        }
        Ok(self.to.flush()?)
    }
}

/// Appends the time as ISO text: a date if it is one and dates are wanted.
pub(in crate::data) fn iso(time: i64, with_dates: bool, to: &mut String) {
    // Every 64-bit number of nanoseconds is in the range of `Timestamp`.
    let stamp = Timestamp::from_nanosecond(i128::from(time)).unwrap_or_default();
    let civil = TimeZone::UTC.to_datetime(stamp);
    // A string takes every text.
    if with_dates && time % NANOS_PER_DAY == 0 {
        write!(to, "{}", civil.date()).ok();
    } else {
        write!(to, "{civil}").ok();
    }
}
