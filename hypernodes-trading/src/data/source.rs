//! Price files to one source per symbol, found lazily.

use std::borrow::Cow;
use std::hash::{BuildHasher, RandomState};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use hashbrown::HashTable;
use serde::Deserialize;

use super::bar_source::LazyBars;
use super::files::{Files, Names};
use super::input::{stem, symbol_of_name};
use super::reader::{Symbols, has_symbol_column, read_file};
use super::{CsvOptions, DataError, SymbolError};
use crate::bars::Bars;
use crate::resample::resample;

/// Where one symbol's bars come from: the item that a scan is mapped over.
///
/// Through serde, a file is known by its path, its length and the time of its last change: a cache or a run folder
/// sees that it has changed without reading it.
#[derive(Debug, Clone, Deserialize)]
#[serde(from = "crate::stored::ReadSource")]
#[non_exhaustive]
pub enum SymbolSource {
    /// A file that holds one symbol; it is read where it is needed, so in parallel.
    File(PathBuf),
    /// Bars that are there already, from a file of many symbols or from memory.
    Loaded(Bars),
    /// Bars that a [`BarSource`](super::BarSource) is asked for where they are needed, so in parallel.
    Lazy(LazyBars),
    /// A symbol of a larger file that could not be read.
    Failed(Arc<SymbolError>),
}

impl SymbolSource {
    /// The symbol's name; for a fault of a whole file, the file's stem.
    ///
    /// # Example
    /// ```
    /// use hypernodes_trading::data::SymbolSource;
    /// assert_eq!(SymbolSource::File("prices/AAPL.csv".into()).symbol(), "AAPL");
    /// ```
    #[must_use]
    pub fn symbol(&self) -> Cow<'_, str> {
        match self {
            Self::File(path) => file_symbol(path),
            Self::Loaded(bars) => bars.symbol().into(),
            Self::Lazy(lazy) => lazy.symbol().into(),
            Self::Failed(error) => Cow::Borrowed(&error.symbol),
        }
    }

    /// The bars, of the timeframe that `options` ask for. What else these ask for concerns files.
    ///
    /// # Errors
    /// What is wrong with the symbol's rows, with its file or with what it is fetched from.
    pub fn load(self, options: &CsvOptions) -> Result<Bars, Arc<SymbolError>> {
        let name = match &self {
            Self::File(path) => path.display().to_string(),
            other => other.symbol().into_owned(),
        };
        let bars = self.unchanged(options)?;
        let Some(timeframe) = options.timeframe else {
            return Ok(bars);
        };
        resample(&bars, timeframe).map_err(|source| {
            let (symbol, file) = (bars.symbol().into(), name.into());
            let error = DataError::Bars { file, source };
            SymbolError { symbol, error }.into()
        })
    }

    fn unchanged(self, options: &CsvOptions) -> Result<Bars, Arc<SymbolError>> {
        let path = match self {
            Self::Loaded(bars) => return Ok(bars),
            Self::Lazy(lazy) => return lazy.load(),
            Self::Failed(error) => return Err(error),
            Self::File(path) => path,
        };
        let failed = |error| {
            let symbol = stem(&path);
            SymbolError { symbol, error }
        };
        let mut symbols = read_file(&path, options).map_err(failed)?;
        let bars = symbols.next().unwrap_or_else(|| {
            let (file, symbol) = (path.display().to_string().into(), stem(&path));
            Err(failed(DataError::NotWanted { file, symbol }))
        });
        Ok(bars?)
    }
}

impl From<Bars> for SymbolSource {
    fn from(bars: Bars) -> Self {
        Self::Loaded(bars)
    }
}

/// The symbols of `files`, one source each, in the order of the files and of their rows.
///
/// A file without a symbol column is one symbol and is not read here: only its header, or the footer
/// of a Parquet file, is looked at. A file with one is streamed, a symbol at a time. What is held of the symbols before is
/// their names, and of a file that is one symbol not even that.
///
/// A symbol that comes from a second file again is a [`SymbolSource::Failed`] that names both.
/// Symbols that `options` do not want are left out.
///
/// # Example
/// ```no_run
/// use hypernodes_trading::data::{CsvOptions, expand, sources};
/// let (files, options) = (expand(["prices"])?, CsvOptions::default());
/// for source in sources(&files, &options) {
///     println!("{}", source.symbol());
/// }
/// # Ok::<(), hypernodes_trading::data::DataError>(())
/// ```
pub fn sources<'a>(files: &'a Files, options: &'a CsvOptions) -> Sources<'a> {
    Sources {
        files,
        options,
        next: 0,
        open: None,
        seen: Seen::default(),
    }
}

/// The iterator that [`sources`] gives.
#[derive(Debug)]
pub struct Sources<'a> {
    files: &'a Files,
    options: &'a CsvOptions,
    next: usize,
    /// The file of many symbols that is being read: number `next - 1`.
    open: Option<Symbols>,
    seen: Seen,
}

/// The file that each symbol came from.
#[derive(Debug, Default)]
struct Seen {
    hasher: RandomState,
    /// Files that are one symbol, by the hash of their name.
    files: HashTable<usize>,
    /// Symbols of files of many, by the hash of their name.
    named: HashTable<usize>,
    names: Names,
    /// The first of the names of each file that has some, and the file.
    origins: Vec<(usize, usize)>,
}

impl Seen {
    /// The file in which the symbol was seen before; if in none, it is seen now.
    fn see(&mut self, all: &Files, symbol: &str, file: usize, is_whole: bool) -> Option<usize> {
        let Self {
            hasher,
            files,
            named,
            names,
            origins,
        } = self;
        let hash = hasher.hash_one(symbol);
        if let Some(&before) = files.find(hash, |&other| is_symbol_of(all, other, symbol)) {
            return Some(before);
        }
        if let Some(&at) = named.find(hash, |&at| names.get(at) == Some(symbol)) {
            let behind = origins.partition_point(|&(first, _)| first <= at);
            return origins.get(behind - 1).map(|&(_, file)| file);
        }
        if is_whole {
            let of_file = |&other: &usize| hasher.hash_one(symbol_of_name(&all.name(other)));
            // At once for all: growing would hold the old and the new table.
            if files.is_empty() {
                files.reserve(all.len() - file, of_file);
            }
            files.insert_unique(hash, file, of_file);
        } else {
            if origins.last().is_none_or(|&(_, last)| last != file) {
                origins.push((names.len(), file));
            }
            let at = names.len();
            names.push(symbol);
            let of_name = |&at: &usize| hasher.hash_one(names.get(at).unwrap_or_default());
            named.insert_unique(hash, at, of_name);
        }
        None
    }
}

/// Whether this is the symbol of a file that is one.
fn is_symbol_of(all: &Files, file: usize, symbol: &str) -> bool {
    symbol_of_name(&all.name(file)) == symbol
}

/// The symbol of a file that is one.
fn file_symbol(path: &Path) -> Cow<'_, str> {
    match path.file_name().unwrap_or_default().to_string_lossy() {
        Cow::Borrowed(name) => Cow::Borrowed(symbol_of_name(name)),
        Cow::Owned(name) => Cow::Owned(symbol_of_name(&name).to_owned()),
    }
}

impl Sources<'_> {
    fn of_file(&mut self, path: PathBuf) -> Option<SymbolSource> {
        if !has_symbol_column(&path, self.options) {
            let source = SymbolSource::File(path);
            return self.options.wants(&source.symbol()).then_some(source);
        }
        match read_file(&path, self.options) {
            Ok(symbols) => {
                self.open = Some(symbols);
                None
            }
            Err(error) => {
                let symbol = stem(&path);
                Some(SymbolSource::Failed(SymbolError { symbol, error }.into()))
            }
        }
    }

    /// The source itself, or the error that its symbol was there before.
    fn checked(&mut self, source: SymbolSource) -> SymbolSource {
        let file = self.next - 1;
        let symbol = source.symbol();
        let is_whole = matches!(source, SymbolSource::File(_));
        let Some(before) = self.seen.see(self.files, &symbol, file, is_whole) else {
            return source;
        };
        if matches!(source, SymbolSource::Failed(_)) {
            return source;
        }
        let name = |file: usize| {
            let path = self.files.get(file).unwrap_or_default();
            path.display().to_string().into()
        };
        let symbol: Arc<str> = symbol.into();
        let error = DataError::DuplicateSymbol {
            symbol: Arc::clone(&symbol),
            first: name(before),
            second: name(file),
        };
        SymbolSource::Failed(SymbolError { symbol, error }.into())
    }
}

impl Iterator for Sources<'_> {
    type Item = SymbolSource;

    fn next(&mut self) -> Option<SymbolSource> {
        loop {
            if let Some(open) = &mut self.open {
                match open.next() {
                    Some(Ok(bars)) => return Some(self.checked(bars.into())),
                    Some(Err(error)) => {
                        return Some(self.checked(SymbolSource::Failed(error.into())));
                    }
                    None => self.open = None,
                }
            }
            let path = self.files.get(self.next)?;
            self.next += 1;
            if let Some(source) = self.of_file(path) {
                return Some(self.checked(source));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(name: &str, files: &[(&str, &str)]) -> Files {
        let folder = std::env::temp_dir().join(format!("hn-{name}-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let write = |(name, text): &(&str, &str)| {
            let path = folder.join(name);
            std::fs::write(&path, text).unwrap();
            path
        };
        files.iter().map(write).collect()
    }

    #[test]
    fn one_source_a_symbol_in_the_order_of_files_and_rows() {
        let files = written(
            "order",
            &[
                ("B.csv", "time,close\n1,1\n2,2\n"),
                ("many.csv", "Symbol,time,close\nD,1,1\nC,1,1\nC,x,1\n"),
                ("none.csv", ""),
                ("A.csv", "\"time\",close\n1,1\n"),
            ],
        );
        let options = CsvOptions::default();
        let all: Vec<_> = sources(&files, &options).collect();
        let names: Vec<_> = all.iter().map(|s| s.symbol().into_owned()).collect();
        assert_eq!(names, ["B", "D", "C", "none", "A"]);
        assert!(matches!(all[0], SymbolSource::File(_)));
        assert!(matches!(all[1], SymbolSource::Loaded(_)));
        assert!(matches!(all[2], SymbolSource::Failed(_)));
        let loaded: Vec<_> = all.into_iter().map(|s| s.load(&options).is_ok()).collect();
        assert_eq!(loaded, [true, true, false, false, true]);

        let symbols = Some(["A".to_owned(), "C".to_owned()].into());
        let some = CsvOptions { symbols, ..options };
        let names: Vec<_> = sources(&files, &some)
            .map(|s| s.symbol().into_owned())
            .collect();
        assert_eq!(names, ["C", "A"]);
    }

    #[test]
    fn a_symbol_in_two_files_names_both() {
        let files = written(
            "twice",
            &[
                ("A.csv", "time,close\n1,1\n"),
                ("many.csv", "symbol,time,close\nA,1,1\nB,1,1\n"),
            ],
        );
        let options = CsvOptions::default();
        let all: Vec<_> = sources(&files, &options).collect();
        let error = all[1].clone().load(&options).unwrap_err().to_string();
        assert!(
            error.contains("A.csv") && error.contains("many.csv"),
            "{error}"
        );
        assert_eq!(all[2].clone().load(&options).unwrap().symbol(), "B");
    }

    #[test]
    fn a_symbol_in_several_files_of_many_names_the_first() {
        let header = "symbol,time,close\n";
        let rows =
            ["A,1,1\nB,1,1\n", "C,1,1\n", "C,1,1\nB,1,1\n"].map(|rows| format!("{header}{rows}"));
        let files = written(
            "several",
            &[
                ("x.csv", &*rows[0]),
                ("y.csv", &*rows[1]),
                ("z.csv", &*rows[2]),
            ],
        );
        let options = CsvOptions::default();
        let all: Vec<_> = sources(&files, &options).collect();
        let first = |source: &SymbolSource| match source {
            SymbolSource::Failed(error) => match &error.error {
                DataError::DuplicateSymbol { first, second, .. } => {
                    assert!(second.ends_with("z.csv"), "{second}");
                    first.rsplit('/').next().unwrap_or_default().to_owned()
                }
                other => panic!("{other}"),
            },
            other => panic!("{other:?}"),
        };
        assert_eq!(all.len(), 5);
        assert_eq!(
            (first(&all[3]), first(&all[4])),
            ("y.csv".to_owned(), "x.csv".to_owned())
        );
    }
}
