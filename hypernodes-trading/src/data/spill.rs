//! Rows of interleaved symbols, grouped within a bounded memory: a sort by symbol that spills to disk.
//!
//! Rows come with the number of their symbol, in the order of first rows. They are collected until the memory is
//! full, sorted by symbol, and written as one run; in the end the runs are merged. So rows are written and read once
//! (again for every 32 times as many rows as fit the memory), symbols come out in the order of their first rows, and
//! a symbol's rows in the order of the file. Finding symbols by hash partitions would need a further pass for that
//! order.

use std::fs::File;
use std::io::{self, BufReader, BufWriter, Read, Seek, Write};

use super::DataError;
use super::feed::{Columns, OTHERS, Present, Rows, Sink};
use super::folder::SpillFolder;

/// Runs that are read at a time.
const FAN_IN: usize = 32;
/// What is read or written at a time, of each.
const BUFFER: usize = 1 << 15;
/// With less, runs would be too short to be read well.
const LEAST_MEMORY: u64 = 1 << 20;

/// Takes rows, and gives them back by symbol.
#[derive(Debug)]
pub(super) struct Sorter {
    present: Present,
    /// Rows that fit the memory.
    most_rows: usize,
    buffer: Buffer,
    /// Runs by how often they were merged; those of a higher level are older.
    levels: Vec<Vec<Run>>,
    folder: Option<SpillFolder>,
}

/// Rows that are not yet sorted.
#[derive(Debug, Default)]
struct Buffer {
    ids: Vec<u32>,
    columns: Columns,
}

impl Sorter {
    /// A sorter that holds rows of `max_memory` bytes at most.
    pub(super) fn new(present: Present, max_memory: u64) -> Self {
        let numbers = 2 + present.iter().filter(|&&is| is).count();
        // A row, its symbol and its place in the order; as much again while a vector grows.
        let row_bytes = 2 * (8 * numbers + 4 + 4);
        let memory = max_memory.max(LEAST_MEMORY).min(u64::from(u32::MAX) * 32);
        let most_rows = usize::try_from(memory).unwrap_or(usize::MAX) / row_bytes;
        Self::with_rows(present, most_rows)
    }

    fn with_rows(present: Present, most_rows: usize) -> Self {
        Self {
            present,
            most_rows,
            buffer: Buffer::default(),
            levels: Vec::new(),
            folder: None,
        }
    }

    /// Where rows of this symbol go.
    pub(super) fn of(&mut self, id: u32) -> OfSymbol<'_> {
        OfSymbol { sorter: self, id }
    }

    fn push(&mut self, id: u32, rows: Rows<'_>) -> Result<(), DataError> {
        let ids = &mut self.buffer.ids;
        ids.resize(ids.len() + rows.time.len(), id);
        self.buffer.columns.push(rows)?;
        if ids.len() >= self.most_rows {
            self.spill()?;
        }
        Ok(())
    }

    /// Writes the buffer as a run.
    fn spill(&mut self) -> Result<(), DataError> {
        let folder = match &mut self.folder {
            Some(folder) => folder,
            none => none.insert(SpillFolder::new()?),
        };
        let sorted = std::mem::take(&mut self.buffer).sorted(self.present);
        let mut level = 0;
        let mut run = folder
            .written(|file| write_run(file, &mut [Segments::Memory(sorted)], self.present))?;
        loop {
            if self.levels.len() == level {
                self.levels.push(Vec::new());
            }
            let runs = &mut self.levels[level];
            runs.push(Run(run));
            if runs.len() < FAN_IN {
                return Ok(());
            }
            let runs = std::mem::take(runs);
            run = folder.written(|file| {
                let all: io::Result<Vec<_>> = runs.into_iter().map(Run::segments).collect();
                write_run(file, &mut all?, self.present)
            })?;
            level += 1;
        }
    }

    /// The rows of all symbols, one after the other.
    pub(super) fn finish(mut self) -> Result<Sorted, DataError> {
        let runs = std::mem::take(&mut self.levels).into_iter().rev().flatten();
        let all: io::Result<Vec<_>> = runs.map(Run::segments).collect();
        let mut all = match &self.folder {
            Some(folder) => all.map_err(|source| folder.failed(source))?,
            None => Vec::new(),
        };
        all.push(Segments::Memory(self.buffer.sorted(self.present)));
        Ok(Sorted {
            present: self.present,
            all,
            folder: self.folder,
        })
    }
}

/// The rows of one symbol on their way into a [`Sorter`].
pub(super) struct OfSymbol<'a> {
    sorter: &'a mut Sorter,
    id: u32,
}

impl Sink for OfSymbol<'_> {
    fn push(&mut self, rows: Rows<'_>) -> Result<(), DataError> {
        self.sorter.push(self.id, rows)
    }
}

impl Buffer {
    fn sorted(self, present: Present) -> InMemory {
        let count = u32::try_from(self.ids.len()).unwrap_or(u32::MAX);
        let mut order: Vec<u32> = (0..count).collect();
        // Stable: the rows of a symbol stay in their order.
        order.sort_by_key(|&row| self.ids[row as usize]);
        InMemory {
            buffer: self,
            order,
            present,
            next: 0,
        }
    }
}

/// All rows, by symbol.
#[derive(Debug)]
pub(super) struct Sorted {
    present: Present,
    /// Older rows first.
    all: Vec<Segments>,
    folder: Option<SpillFolder>,
}

impl Sorted {
    /// The rows of the symbol; symbols are to be asked for in ascending order.
    pub(super) fn take(&mut self, id: u32) -> Result<Columns, DataError> {
        let mut columns = Columns::default();
        for segments in &mut self.all {
            let taken = segments.take(id, self.present, &mut columns);
            taken.map_err(|source| match &self.folder {
                Some(folder) => folder.failed(source),
                None => DataError::Spill {
                    folder: String::new(),
                    source,
                },
            })?;
        }
        Ok(columns)
    }
}

/// A file of rows sorted by symbol.
///
/// A segment is the symbol's number and how many rows it has, both in 32 bits, then the times, the closes and the
/// other columns, each as 64-bit numbers; all little-endian.
#[derive(Debug)]
struct Run(File);

impl Run {
    fn segments(self) -> io::Result<Segments> {
        let mut file = self.0;
        file.rewind()?;
        let mut from = BufReader::with_capacity(BUFFER, file);
        let next = head(&mut from)?;
        Ok(Segments::Disk { from, next })
    }
}

/// Rows sorted by symbol.
#[derive(Debug)]
enum Segments {
    Memory(InMemory),
    Disk {
        from: BufReader<File>,
        /// The next symbol and how many rows it has.
        next: Option<(u32, usize)>,
    },
}

#[derive(Debug)]
struct InMemory {
    buffer: Buffer,
    order: Vec<u32>,
    present: Present,
    /// The next of `order`.
    next: usize,
}

impl InMemory {
    fn id(&self) -> Option<u32> {
        let row = *self.order.get(self.next)?;
        Some(self.buffer.ids[row as usize])
    }

    fn take(&mut self, id: u32, to: &mut Columns) {
        let ids = &self.buffer.ids;
        let rest = &self.order[self.next..];
        let count = rest.partition_point(|&row| ids[row as usize] <= id);
        let rows = &rest[..count];
        let from = &self.buffer.columns;
        to.time
            .extend(rows.iter().map(|&row| from.time[row as usize]));
        let copy = |from: &[f64], to: &mut Vec<f64>| {
            to.extend(rows.iter().map(|&row| from[row as usize]));
        };
        copy(&from.close, &mut to.close);
        for at in (0..OTHERS).filter(|&at| self.present[at]) {
            copy(&from.others[at], &mut to.others[at]);
        }
        self.next += count;
    }
}

impl Segments {
    fn id(&self) -> Option<u32> {
        match self {
            Self::Memory(rows) => rows.id(),
            Self::Disk { next, .. } => next.map(|(id, _)| id),
        }
    }

    /// Appends the rows of the symbol, if it is the next.
    fn take(&mut self, id: u32, present: Present, to: &mut Columns) -> io::Result<()> {
        while self.id() == Some(id) {
            match self {
                Self::Memory(rows) => rows.take(id, to),
                Self::Disk { from, next } => {
                    let rows = next.map_or(0, |(_, rows)| rows);
                    read_numbers(from, rows, &mut to.time, i64::from_le_bytes)?;
                    read_numbers(from, rows, &mut to.close, f64::from_le_bytes)?;
                    for at in (0..OTHERS).filter(|&at| present[at]) {
                        read_numbers(from, rows, &mut to.others[at], f64::from_le_bytes)?;
                    }
                    *next = head(from)?;
                }
            }
        }
        Ok(())
    }
}

/// The head of the next segment, if there is one.
fn head(from: &mut BufReader<File>) -> io::Result<Option<(u32, usize)>> {
    let mut bytes = [0; 8];
    if from.read(&mut bytes[..1])? == 0 {
        return Ok(None);
    }
    from.read_exact(&mut bytes[1..])?;
    let [a, b, c, d, rows @ ..] = bytes;
    let rows = u32::from_le_bytes(rows) as usize;
    Ok(Some((u32::from_le_bytes([a, b, c, d]), rows)))
}

fn read_numbers<T>(
    from: &mut BufReader<File>,
    rows: usize,
    to: &mut Vec<T>,
    number: impl Fn([u8; 8]) -> T,
) -> io::Result<()> {
    to.reserve(rows);
    let mut bytes = [0; 8];
    for _ in 0..rows {
        from.read_exact(&mut bytes)?;
        to.push(number(bytes));
    }
    Ok(())
}

/// Merges sorted rows into one run.
fn write_run(file: &File, all: &mut [Segments], present: Present) -> io::Result<()> {
    let mut to = BufWriter::with_capacity(BUFFER, file);
    while let Some(id) = all.iter().filter_map(Segments::id).min() {
        let mut columns = Columns::default();
        for segments in &mut *all {
            segments.take(id, present, &mut columns)?;
        }
        write_segment(&mut to, id, &columns)?;
    }
    to.flush()
}

fn write_segment(to: &mut impl Write, id: u32, columns: &Columns) -> io::Result<()> {
    // A symbol with more rows than 32 bits count takes several segments.
    let rows = columns.time.len();
    let most = u32::MAX as usize;
    for start in (0..rows).step_by(most) {
        let part = start..rows.min(start.saturating_add(most));
        to.write_all(&id.to_le_bytes())?;
        let count = u32::try_from(part.len()).unwrap_or(u32::MAX);
        to.write_all(&count.to_le_bytes())?;
        for time in &columns.time[part.clone()] {
            to.write_all(&time.to_le_bytes())?;
        }
        for values in std::iter::once(&columns.close).chain(&columns.others) {
            for value in values.get(part.clone()).unwrap_or_default() {
                to.write_all(&value.to_le_bytes())?;
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn row(at: usize) -> Row {
        let time = i64::try_from(at).unwrap();
        let number = f64::from(u32::try_from(at).unwrap());
        Row {
            time,
            values: [number, -number, 0.5 - number],
        }
    }

    struct Row {
        time: i64,
        values: [f64; 3],
    }

    fn sorted(ids: &[u32], most_rows: usize) -> (Sorted, Option<std::path::PathBuf>) {
        let mut sorter = Sorter::with_rows([true, false, false, true], most_rows);
        for (at, &id) in ids.iter().enumerate() {
            let Row {
                time,
                values: [a, b, c],
            } = row(at);
            let rows = Rows {
                time: &[time],
                close: &[a],
                others: [&[b], &[], &[], &[c]],
            };
            sorter.of(id).push(rows).unwrap();
        }
        let folder = sorter
            .folder
            .as_ref()
            .map(|folder| folder.path().to_owned());
        (sorter.finish().unwrap(), folder)
    }

    proptest! {
        #[test]
        fn rows_come_back_by_symbol_in_their_order(
            ids in proptest::collection::vec(0_u32..6, 0..400),
            most_rows in 1_usize..500,
        ) {
            let (mut sorted, folder) = sorted(&ids, most_rows);
            prop_assert_eq!(folder.is_some(), ids.len() >= most_rows);
            for id in 0..6 {
                let found = sorted.take(id).unwrap();
                let rows: Vec<Row> = (0..ids.len()).filter(|&at| ids[at] == id).map(row).collect();
                let column = |at: usize| rows.iter().map(|row| row.values[at]).collect::<Vec<_>>();
                prop_assert_eq!(found.time, rows.iter().map(|row| row.time).collect::<Vec<_>>());
                prop_assert_eq!(found.close, column(0));
                let [open, high, low, volume] = found.others;
                prop_assert_eq!((open, volume), (column(1), column(2)));
                prop_assert!(high.is_empty() && low.is_empty());
            }
            drop(sorted);
            prop_assert!(folder.is_none_or(|folder| !folder.exists()));
        }
    }

    #[test]
    fn runs_are_merged_over_and_over() {
        let ids: Vec<u32> = (0..5_000).map(|at| at * 7 % 3).collect();
        let mut sorter = Sorter::with_rows([false; OTHERS], 2);
        for (at, &id) in ids.iter().enumerate() {
            let rows = Rows {
                time: &[row(at).time],
                close: &[1.0],
                others: [&[]; OTHERS],
            };
            sorter.of(id).push(rows).unwrap();
            let open: usize = sorter.levels.iter().map(Vec::len).sum();
            assert!(open <= 3 * FAN_IN, "{open} files are open");
        }
        assert!(sorter.levels.len() > 2);
        let mut sorted = sorter.finish().unwrap();
        for id in 0..3 {
            let times = sorted.take(id).unwrap().time;
            assert!(times.is_sorted());
            assert_eq!(
                times.len(),
                ids.iter().filter(|&&other| other == id).count()
            );
        }
    }
}
