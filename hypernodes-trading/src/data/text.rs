//! Rows of csv.

use std::sync::Arc;

use csv::ByteRecord;

use super::error::shortened;
use super::feed::{Feed, OTHERS, Present, Rows, Sink, Track};
use super::header::{Layout, layout};
use super::input::{Input, Reader};
use super::time::parse_time;
use super::{CellProblem, CsvOptions, DataError, Place, TimeRange};
use crate::atc::PRICES;
use crate::resample::Bar;

/// A csv file: which of its columns is which.
#[derive(Debug, Clone)]
pub(super) struct Text {
    pub(super) input: Input,
    pub(super) layout: Arc<Layout>,
}

impl Text {
    /// Looks at the header, and whether there is a row.
    pub(super) fn open(input: Input, options: &CsvOptions) -> Result<Self, DataError> {
        let mut records = Records::open(&input)?;
        let mut record = ByteRecord::new();
        if !records.next(&input, &mut record)? {
            return Err(DataError::Empty { file: input.name });
        }
        if record.iter().any(is_binary) {
            return Err(DataError::NotText {
                line: line(&input, &record),
                file: input.name,
            });
        }
        let names = record
            .iter()
            .map(|n| String::from_utf8_lossy(n).trim().to_owned());
        let layout = layout(&input.name, Place::Line(1), names.collect(), options)?;
        if !records.next(&input, &mut record)? {
            return Err(DataError::NoRows { file: input.name });
        }
        let layout = Arc::new(layout);
        Ok(Self { input, layout })
    }

    /// The rows below the header.
    pub(super) fn feed(&self) -> Result<TextFeed, DataError> {
        let mut records = Records::open(&self.input)?;
        let mut record = ByteRecord::new();
        records.next(&self.input, &mut record)?;
        Ok(TextFeed {
            text: self.clone(),
            records,
            record,
        })
    }
}

/// The rows of a csv file: each is a run.
pub(super) struct TextFeed {
    text: Text,
    records: Records,
    record: ByteRecord,
}

impl TextFeed {
    fn row(&self) -> Cells<'_> {
        Cells {
            from: Origin::Input(&self.text.input),
            layout: &self.text.layout,
            record: &self.record,
        }
    }

    /// Checks the row; its values where it lies in the range.
    fn try_take(&self, range: &TimeRange, track: &mut Track) -> Result<Option<Row>, DataError> {
        let (row, layout, record) = (self.row(), &self.text.layout, &self.record);
        let bar = row.bar(&mut track.last_time)?;
        if track.exchange.is_none()
            && let Some(name) = layout.exchange.and_then(|at| record.get(at))
            && !name.trim_ascii().is_empty()
        {
            track.exchange = Some(String::from_utf8_lossy(name.trim_ascii()).into());
        }
        if !range.contains(bar.time) {
            return Ok(None);
        }
        let others = [bar.open, bar.high, bar.low, bar.volume];
        for (gap, value) in track.has_gap.iter_mut().zip(others) {
            *gap |= value.is_none();
        }
        let others = others.map(Option::unwrap_or_default);
        Ok(Some(Row {
            time: bar.time,
            close: bar.close,
            others,
        }))
    }
}

/// The values of a good row; a cell that is empty or not there is 0.
struct Row {
    time: i64,
    close: f64,
    others: [f64; OTHERS],
}

impl Feed for TextFeed {
    fn next_run(&mut self) -> Result<bool, DataError> {
        self.records.next(&self.text.input, &mut self.record)
    }

    fn name(&self) -> &[u8] {
        let at = self.text.layout.symbol.unwrap_or_default();
        self.record
            .get(at)
            .map(<[u8]>::trim_ascii)
            .unwrap_or_default()
    }

    fn symbol(&self) -> Result<Arc<str>, DataError> {
        Ok(self.row().symbol()?.into())
    }

    fn take(
        &mut self,
        range: &TimeRange,
        track: &mut Track,
        sink: &mut dyn Sink,
    ) -> Result<(), DataError> {
        if track.error.is_some() {
            return Ok(());
        }
        match self.try_take(range, track) {
            Ok(None) => Ok(()),
            Ok(Some(row)) => {
                let mut others: [&[f64]; OTHERS] = [&[]; OTHERS];
                for (at, is) in self.present().into_iter().enumerate() {
                    if is {
                        others[at] = &row.others[at..=at];
                    }
                }
                let time = std::slice::from_ref(&row.time);
                let close = std::slice::from_ref(&row.close);
                sink.push(Rows {
                    time,
                    close,
                    others,
                })
            }
            Err(error) => {
                track.error = Some(error);
                Ok(())
            }
        }
    }

    fn present(&self) -> Present {
        self.text.layout.present()
    }
}

/// The records of one pass.
struct Records {
    reader: csv::Reader<Reader>,
}

impl Records {
    fn open(input: &Input) -> Result<Self, DataError> {
        let reader = csv::ReaderBuilder::new()
            .has_headers(false)
            .flexible(true)
            .buffer_capacity(1 << 16)
            .from_reader(input.open()?);
        Ok(Self { reader })
    }

    /// Reads the next record that is not blank; `false` at the end.
    fn next(&mut self, input: &Input, record: &mut ByteRecord) -> Result<bool, DataError> {
        loop {
            match self.reader.read_byte_record(record) {
                Ok(false) => return Ok(false),
                Ok(true) => {}
                Err(error) => {
                    let text = error.to_string();
                    let source = match error.into_kind() {
                        csv::ErrorKind::Io(source) => source,
                        _ => std::io::Error::other(text),
                    };
                    return Err(input.failed(source));
                }
            }
            let is_blank = record.len() == 1 && record[0].trim_ascii().is_empty();
            if !is_blank {
                return Ok(true);
            }
        }
    }
}

/// Where a row comes from.
#[derive(Clone, Copy)]
pub(super) enum Origin<'a> {
    /// A file that can be read again.
    Input(&'a Input),
    /// A line of what is read once, by the name of that and the number of the line.
    Line(&'a Arc<str>, u64),
}

/// A row and all that a message about it needs.
pub(super) struct Cells<'a> {
    pub(super) from: Origin<'a>,
    pub(super) layout: &'a Layout,
    pub(super) record: &'a ByteRecord,
}

impl Cells<'_> {
    /// The row's values, if they are good and later than the time of the row before.
    pub(super) fn bar(&self, last_time: &mut Option<i64>) -> Result<Bar, DataError> {
        let layout = self.layout;
        if self.record.len() != layout.names.len() {
            return Err(self.width());
        }
        let time = self.time()?;
        let price = |at: Option<usize>| at.map_or(Ok(None), |at| self.optional(at, true));
        let (open, high, low) = (price(layout.open)?, price(layout.high)?, price(layout.low)?);
        let close = self.number(layout.close, true)?;
        let volume = layout
            .volume
            .map_or(Ok(None), |at| self.optional(at, false))?;
        if let (Some(h), Some(l)) = (high, low)
            && h < l
        {
            return Err(self.high_below_low(h, l));
        }
        match *last_time {
            Some(last) if time == last => return Err(self.repeated()),
            Some(last) if time < last => return Err(self.descending()),
            _ => *last_time = Some(time),
        }
        Ok(Bar {
            open,
            high,
            low,
            volume,
            ..Bar::new(time, close)
        })
    }

    /// The row's symbol.
    pub(super) fn symbol(&self) -> Result<&str, DataError> {
        let at = self.layout.symbol.unwrap_or_default();
        let name = std::str::from_utf8(self.text(at)).map_err(|_| self.not_text())?;
        if !name.is_empty() {
            return Ok(name);
        }
        Err(match self.record.len() == self.layout.names.len() {
            true => self.cell(at, CellProblem::Empty),
            false => self.width(),
        })
    }

    fn file(&self) -> Arc<str> {
        Arc::clone(match self.from {
            Origin::Input(input) => &input.name,
            Origin::Line(name, _) => name,
        })
    }

    fn text(&self, at: usize) -> &[u8] {
        self.record.get(at).unwrap_or_default().trim_ascii()
    }

    #[inline]
    fn number(&self, at: usize, is_price: bool) -> Result<f64, DataError> {
        let text = self.text(at);
        let value = std::str::from_utf8(text)
            .ok()
            .and_then(|t| t.parse::<f64>().ok());
        match value {
            Some(v) if is_price && PRICES.contains(&v) => Ok(v),
            Some(v) if !is_price && v.is_finite() && v >= 0.0 => Ok(v),
            _ => Err(self.bad_number(at, value, is_price)),
        }
    }

    /// As [`Cells::number`]; `None` for an empty cell of a column that may have some.
    #[inline]
    fn optional(&self, at: usize, is_price: bool) -> Result<Option<f64>, DataError> {
        if self.text(at).is_empty() && self.layout.is_optional(at) {
            return Ok(None);
        }
        self.number(at, is_price).map(Some)
    }

    #[cold]
    fn bad_number(&self, at: usize, value: Option<f64>, is_price: bool) -> DataError {
        let text = self.text(at);
        let problem = match value {
            Some(v) if !v.is_finite() => CellProblem::NotFinite,
            Some(v) if is_price && v > 0.0 => CellProblem::PriceRange,
            Some(_) if is_price => CellProblem::NotPositive,
            Some(_) => CellProblem::Negative,
            None if text.is_empty() => CellProblem::Empty,
            None if is_binary(text) => CellProblem::NotText,
            None => CellProblem::NotANumber,
        };
        self.cell(at, problem)
    }

    #[inline]
    fn time(&self) -> Result<i64, DataError> {
        let at = self.layout.time;
        let text = std::str::from_utf8(self.text(at)).map_err(|_| CellProblem::NotText);
        text.and_then(parse_time)
            .map_err(|problem| self.cell(at, problem))
    }

    fn line(&self) -> u64 {
        match self.from {
            Origin::Input(input) => line(input, self.record),
            Origin::Line(_, line) => line,
        }
    }

    fn column(&self, at: usize) -> String {
        self.layout.names.get(at).cloned().unwrap_or_default()
    }

    #[cold]
    fn cell(&self, at: usize, problem: CellProblem) -> DataError {
        DataError::Cell {
            file: self.file(),
            place: Place::Line(self.line()),
            column: self.column(at),
            text: shortened(self.text(at)),
            problem,
        }
    }

    #[cold]
    fn not_text(&self) -> DataError {
        DataError::NotText {
            file: self.file(),
            line: self.line(),
        }
    }

    #[cold]
    fn width(&self) -> DataError {
        let (file, line) = (self.file(), self.line());
        if self.record.iter().any(is_binary) {
            return DataError::NotText { file, line };
        }
        let (expected, found) = (self.layout.names.len(), self.record.len());
        DataError::RowWidth {
            file,
            line,
            expected,
            found,
        }
    }

    #[cold]
    fn high_below_low(&self, high: f64, low: f64) -> DataError {
        DataError::HighBelowLow {
            file: self.file(),
            place: Place::Line(self.line()),
            column: self.column(self.layout.high.unwrap_or_default()),
            high,
            low,
        }
    }

    #[cold]
    fn repeated(&self) -> DataError {
        let at = self.layout.time;
        DataError::RepeatedTime {
            file: self.file(),
            place: Place::Line(self.line()),
            column: self.column(at),
            text: shortened(self.text(at)),
        }
    }

    #[cold]
    fn descending(&self) -> DataError {
        let at = self.layout.time;
        DataError::DescendingTime {
            file: self.file(),
            place: Place::Line(self.line()),
            column: self.column(at),
            text: shortened(self.text(at)),
        }
    }
}

/// The line that `record` starts on.
fn line(input: &Input, record: &ByteRecord) -> u64 {
    record.position().map_or(1, |p| input.line_at(p.byte()))
}

/// Whether a cell cannot come from a text file.
pub(super) fn is_binary(cell: &[u8]) -> bool {
    cell.contains(&0) || std::str::from_utf8(cell).is_err()
}
