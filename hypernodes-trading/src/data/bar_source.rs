//! [`BarSource`]: whoever has bars to give.

use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use hypernodes_core::BoxError;
use indexmap::IndexMap;

use super::{CsvOptions, DataError, Files, SymbolError, SymbolSource, sources};
use crate::bars::Bars;
use crate::resample::resample;
use crate::timeframe::Timeframe;

/// What is wanted of a symbol's bars.
///
/// # Example
/// ```
/// use hypernodes_trading::data::Fetch;
/// let fetch = Fetch { limit: Some(200), timeframe: "1h".parse().ok() };
/// assert_eq!(Fetch::default().limit, None); // all of them, as they are
/// # let _ = fetch;
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Fetch {
    /// The newest so many bars of the timeframe; `None` for all.
    pub limit: Option<usize>,
    /// Bars of this length; `None` for bars as the source has them.
    pub timeframe: Option<Timeframe>,
}

impl Fetch {
    /// Of shorter bars, what is wanted: resampled, and the newest of that.
    ///
    /// For sources that hold bars of one length and let this do the rest.
    ///
    /// # Errors
    /// As [`resample`].
    pub fn of(&self, bars: Bars) -> Result<Bars, BoxError> {
        let bars = match self.timeframe {
            Some(timeframe) => resample(&bars, timeframe)?,
            None => bars,
        };
        Ok(match self.limit {
            Some(limit) => bars.last(limit),
            None => bars,
        })
    }
}

/// Whoever has bars to give: a broker, a database, files, a table in memory.
///
/// A scan takes one through [`fetched`]: each symbol's bars are fetched where they are needed, so by several threads at
/// a time, and as io work, so that waiting for an answer keeps no core idle.
///
/// # Errors
/// Errors are the source's own. What [`fetch`](Self::fetch) reports fails that symbol, and the others go on where the
/// run collects failures.
///
/// # Example
/// ```
/// use std::sync::Arc;
/// use hypernodes_core::BoxError;
/// use hypernodes_trading::Bars;
/// use hypernodes_trading::data::{BarSource, CsvOptions, Fetch, fetched};
///
/// struct Broker;
/// impl BarSource for Broker {
///     fn symbols(&self) -> Result<Vec<String>, BoxError> {
///         Ok(vec!["ACME".to_owned(), "GONE".to_owned()])
///     }
///     fn fetch(&self, symbol: &str, fetch: Fetch) -> Result<Bars, BoxError> {
///         if symbol == "GONE" {
///             return Err("it was delisted".into());
///         }
///         fetch.of(Bars::new(symbol, vec![1, 2, 3], vec![10.0, 11.0, 12.0])?)
///     }
/// }
///
/// let fetch = Fetch { limit: Some(2), ..Fetch::default() };
/// let broker: Arc<dyn BarSource> = Arc::new(Broker);
/// let mut all = fetched(&broker, fetch)?;
/// let acme = all.next().expect("two symbols").load(&CsvOptions::default())?;
/// assert_eq!(acme.close(), [11.0, 12.0]);
/// let gone = all.next().expect("two symbols").load(&CsvOptions::default()).unwrap_err();
/// assert_eq!(gone.to_string(), "`GONE` could not be fetched: it was delisted");
/// # Ok::<(), BoxError>(())
/// ```
pub trait BarSource: Send + Sync {
    /// The symbols there are, in the order in which results come.
    ///
    /// # Errors
    /// Whatever keeps the source from listing them.
    fn symbols(&self) -> Result<Vec<String>, BoxError>;

    /// The bars of one symbol: of the timeframe asked for, the newest so many. [`Fetch::of`] does both for a source that
    /// has bars of one length.
    ///
    /// It is called from several threads at a time, and may wait.
    ///
    /// # Errors
    /// Whatever keeps the source from giving them.
    fn fetch(&self, symbol: &str, fetch: Fetch) -> Result<Bars, BoxError>;

    /// All symbols in one go, where that is cheaper than one by one; `None`, as by default, where it is not.
    ///
    /// A source that overrides it promises the symbols of [`symbols`](Self::symbols), in that order, and the bars of
    /// [`fetch`](Self::fetch).
    fn stream(&self, fetch: Fetch) -> Option<Box<dyn Iterator<Item = SymbolSource> + Send + '_>> {
        let _ = fetch;
        None
    }
}

/// The symbols of a source, one [`SymbolSource`] each, to map a scan over.
///
/// The bars are fetched where the symbol is loaded, not here.
///
/// # Errors
/// What [`BarSource::symbols`] reports.
pub fn fetched(
    source: &Arc<dyn BarSource>,
    fetch: Fetch,
) -> Result<Box<dyn Iterator<Item = SymbolSource> + Send + '_>, BoxError> {
    if let Some(stream) = source.stream(fetch) {
        return Ok(stream);
    }
    let lazy = move |symbol| SymbolSource::Lazy(LazyBars::new(Arc::clone(source), symbol, fetch));
    Ok(Box::new(source.symbols()?.into_iter().map(lazy)))
}

/// A symbol whose bars are fetched when they are wanted.
///
/// Where it must be written, to reach another process, a run folder or the key of a cache, it is fetched at that moment,
/// and kept: a key is then never that of other bars than those computed with.
#[derive(Clone)]
pub struct LazyBars {
    source: Arc<dyn BarSource>,
    symbol: Arc<str>,
    fetch: Fetch,
    written: Arc<OnceLock<Result<Bars, Arc<SymbolError>>>>,
}

impl LazyBars {
    /// The bars of `symbol` that `source` will give.
    #[must_use]
    pub fn new(source: Arc<dyn BarSource>, symbol: impl Into<Arc<str>>, fetch: Fetch) -> Self {
        Self {
            source,
            symbol: symbol.into(),
            fetch,
            written: Arc::default(),
        }
    }

    /// The symbol's name.
    #[must_use]
    pub fn symbol(&self) -> &str {
        &self.symbol
    }

    pub(super) fn load(&self) -> Result<Bars, Arc<SymbolError>> {
        match self.written.get() {
            Some(known) => known.clone(),
            None => self.ask(),
        }
    }

    /// The bars, kept from now on.
    pub(crate) fn kept(&self) -> &Result<Bars, Arc<SymbolError>> {
        self.written.get_or_init(|| self.ask())
    }

    fn ask(&self) -> Result<Bars, Arc<SymbolError>> {
        self.source
            .fetch(&self.symbol, self.fetch)
            .map_err(|error| {
                // What our own readers say names its place already.
                match error.downcast::<Arc<SymbolError>>() {
                    Ok(error) => *error,
                    Err(error) => {
                        let symbol = Arc::clone(&self.symbol);
                        let told = DataError::Fetch {
                            symbol: Arc::clone(&symbol),
                            text: told(&*error),
                        };
                        SymbolError {
                            symbol,
                            error: told,
                        }
                        .into()
                    }
                }
            })
    }
}

impl fmt::Debug for LazyBars {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LazyBars")
            .field("symbol", &self.symbol)
            .field("fetch", &self.fetch)
            .finish_non_exhaustive()
    }
}

/// The error and what caused it, in one line.
fn told(error: &(dyn std::error::Error + 'static)) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(next) = cause {
        let more = next.to_string();
        if !text.ends_with(&more) {
            text = format!("{text}: {more}");
        }
        cause = next.source();
    }
    text
}

/// A table in memory: bars by symbol, in the order in which they were put in.
///
/// # Example
/// ```
/// use hypernodes_trading::Bars;
/// use hypernodes_trading::data::{BarSource, BarTable, Fetch};
/// let day = 86_400_000_000_000;
/// let bars = Bars::new("ACME", vec![0, day, 7 * day], vec![10.0, 11.0, 12.0])?;
/// let table: BarTable = [bars].into_iter().collect();
/// let weeks = Fetch { timeframe: "1w".parse().ok(), limit: Some(1) };
/// assert_eq!(table.fetch("ACME", weeks)?.close(), [12.0]);
/// # Ok::<(), Box<dyn std::error::Error + Send + Sync>>(())
/// ```
#[derive(Debug, Clone, Default, PartialEq)]
pub struct BarTable {
    symbols: IndexMap<String, Bars>,
}

impl BarTable {
    /// The bars of a symbol as they are.
    #[must_use]
    pub fn get(&self, symbol: &str) -> Option<&Bars> {
        self.symbols.get(symbol)
    }

    /// Puts bars in, in the place of those that were there of the symbol; these are given back.
    pub fn insert(&mut self, bars: Bars) -> Option<Bars> {
        self.symbols.insert(bars.symbol().to_owned(), bars)
    }

    /// How many symbols there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.symbols.len()
    }

    /// Whether there is no symbol at all.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.symbols.is_empty()
    }
}

/// Of two bars of one symbol the later are taken, in the place of the earlier.
impl FromIterator<Bars> for BarTable {
    fn from_iter<I: IntoIterator<Item = Bars>>(bars: I) -> Self {
        let mut table = Self::default();
        for bars in bars {
            table.insert(bars);
        }
        table
    }
}

impl BarSource for BarTable {
    fn symbols(&self) -> Result<Vec<String>, BoxError> {
        Ok(self.symbols.keys().cloned().collect())
    }

    fn fetch(&self, symbol: &str, fetch: Fetch) -> Result<Bars, BoxError> {
        let bars = self.get(symbol).ok_or("the table does not have it")?;
        fetch.of(bars.clone())
    }
}

/// Price files as a source: [`sources`] behind [`BarSource`].
///
/// Streamed by [`fetched`]: a file that is one symbol is read where it is needed, one of many as it is reached. Worker
/// processes are sent the bars; to let them read the files themselves, map over [`sources`].
pub struct BarFiles {
    files: Files,
    options: CsvOptions,
    /// The file of each symbol, once somebody asked.
    index: Mutex<Option<Arc<BTreeMap<String, Held>>>>,
}

#[derive(Debug, Clone)]
enum Held {
    File(PathBuf),
    Failed(Arc<SymbolError>),
    /// One of many in one of the files.
    Among,
}

impl fmt::Debug for BarFiles {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BarFiles")
            .field("files", &self.files)
            .finish_non_exhaustive()
    }
}

impl BarFiles {
    /// The symbols of `files`, of which there are those that `options` want.
    #[must_use]
    pub fn new(files: impl Into<Files>, options: CsvOptions) -> Self {
        Self {
            files: files.into(),
            options,
            index: Mutex::default(),
        }
    }

    fn index(&self) -> Arc<BTreeMap<String, Held>> {
        let mut index = self.index.lock().unwrap_or_else(PoisonError::into_inner);
        let known = index.get_or_insert_with(|| {
            let place = |source: SymbolSource| {
                let symbol = source.symbol().into_owned();
                let place = match source {
                    SymbolSource::File(path) => Held::File(path),
                    SymbolSource::Failed(error) => Held::Failed(error),
                    SymbolSource::Loaded(_) | SymbolSource::Lazy(_) => Held::Among,
                };
                (symbol, place)
            };
            let mut places = BTreeMap::new();
            for (symbol, place) in sources(&self.files, &self.options).map(place) {
                places.entry(symbol).or_insert(place);
            }
            Arc::new(places)
        });
        Arc::clone(known)
    }

    /// Reads one symbol out of files of many.
    fn among(&self, symbol: &str) -> Result<Bars, BoxError> {
        let options = CsvOptions {
            symbols: Some([symbol.to_owned()].into()),
            ..self.options.clone()
        };
        let found = sources(&self.files, &options).next();
        Ok(found.ok_or("it is in none of the files")?.load(&options)?)
    }
}

impl BarSource for BarFiles {
    /// The symbols in the order of the files and of their rows; files of many symbols are read for it.
    fn symbols(&self) -> Result<Vec<String>, BoxError> {
        let all = sources(&self.files, &self.options);
        Ok(all.map(|source| source.symbol().into_owned()).collect())
    }

    fn fetch(&self, symbol: &str, fetch: Fetch) -> Result<Bars, BoxError> {
        let bars = match self.index().get(symbol) {
            Some(Held::File(path)) => OneFile::read(path, &self.options)?,
            Some(Held::Failed(error)) => return Err(Arc::clone(error).into()),
            Some(Held::Among) | None => self.among(symbol)?,
        };
        fetch.of(bars)
    }

    fn stream(&self, fetch: Fetch) -> Option<Box<dyn Iterator<Item = SymbolSource> + Send + '_>> {
        let options = Arc::new(self.options.clone());
        let lazy = move |found: SymbolSource| {
            let source: Arc<dyn BarSource> = match &found {
                SymbolSource::File(path) => Arc::new(OneFile {
                    path: path.clone(),
                    options: Arc::clone(&options),
                }),
                SymbolSource::Loaded(bars) => Arc::new(BarTable::from_iter([bars.clone()])),
                _ => return found,
            };
            SymbolSource::Lazy(LazyBars::new(source, found.symbol(), fetch))
        };
        Some(Box::new(sources(&self.files, &self.options).map(lazy)))
    }
}

/// A file that is one symbol.
struct OneFile {
    path: PathBuf,
    options: Arc<CsvOptions>,
}

impl OneFile {
    fn read(path: &Path, options: &CsvOptions) -> Result<Bars, BoxError> {
        Ok(SymbolSource::File(path.to_owned()).load(options)?)
    }
}

impl BarSource for OneFile {
    fn symbols(&self) -> Result<Vec<String>, BoxError> {
        let source = SymbolSource::File(self.path.clone());
        Ok(vec![source.symbol().into_owned()])
    }

    fn fetch(&self, _symbol: &str, fetch: Fetch) -> Result<Bars, BoxError> {
        fetch.of(Self::read(&self.path, &self.options)?)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use hypernodes_core::{Arg, Codec, Column};

    use super::*;

    /// Gives other bars each time, as a broker does.
    #[derive(Default)]
    struct Moving(AtomicUsize);

    impl BarSource for Moving {
        fn symbols(&self) -> Result<Vec<String>, BoxError> {
            Ok(vec!["A".to_owned(), "B".to_owned()])
        }

        fn fetch(&self, symbol: &str, _: Fetch) -> Result<Bars, BoxError> {
            let asked = u32::try_from(self.0.fetch_add(1, Ordering::Relaxed))? + 1;
            if symbol == "B" {
                return Err("no such symbol".into());
            }
            Ok(Bars::new(symbol, vec![1], vec![f64::from(asked)])?)
        }
    }

    fn written(source: &SymbolSource) -> SymbolSource {
        let (codec, mut bytes) = (Codec::of::<SymbolSource>(), Vec::new());
        let column = Arg::dense(Column::from_vec(vec![source.clone()]));
        codec.encode(&column, 1, &mut bytes).unwrap();
        let read = codec.decode(&bytes, 1).unwrap();
        read.as_slice::<SymbolSource>().unwrap()[0].clone()
    }

    #[test]
    fn what_was_written_is_what_is_computed_with() {
        let moving = Arc::new(Moving::default());
        let source: Arc<dyn BarSource> = Arc::clone(&moving) as _;
        let all: Vec<_> = fetched(&source, Fetch::default()).unwrap().collect();
        assert_eq!(
            moving.0.load(Ordering::Relaxed),
            0,
            "nothing is fetched before it is wanted"
        );
        let options = CsvOptions::default();
        let there = written(&all[0]);
        assert!(matches!(there, SymbolSource::Loaded(_)));
        let here = all[0].clone().load(&options).unwrap();
        assert_eq!(there.load(&options).unwrap(), here);
        assert_eq!(moving.0.load(Ordering::Relaxed), 1);
        let (here, there) = (
            all[1].clone().load(&options),
            written(&all[1]).load(&options),
        );
        assert_eq!(
            here.unwrap_err().to_string(),
            there.unwrap_err().to_string()
        );
    }

    #[test]
    fn files_are_a_source_like_any_other() {
        let folder = std::env::temp_dir().join(format!("hn-source-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let write = |name: &str, text: &str| {
            let path = folder.join(name);
            std::fs::write(&path, text).unwrap();
            path
        };
        let files = [
            write("B.csv", "time,close,volume\n0,1,1\n60,2,2\n120,3,3\n"),
            write(
                "many.csv",
                "symbol,time,close\nD,0,4\nC,0,5\nC,60,6\nD,90,7\n",
            ),
            write("bad.csv", "time,close\n0,x\n"),
        ];
        let options = CsvOptions::default();
        let source: Arc<dyn BarSource> = Arc::new(BarFiles::new(files.clone(), options.clone()));
        let names = source.symbols().unwrap();
        assert_eq!(names, ["B", "D", "C", "bad"]);
        for fetch in [
            Fetch::default(),
            Fetch {
                limit: Some(1),
                timeframe: "2m".parse().ok(),
            },
            Fetch {
                limit: Some(2),
                timeframe: None,
            },
        ] {
            let streamed: Vec<_> = fetched(&source, fetch).unwrap().collect();
            assert_eq!(streamed.len(), 4);
            for (name, found) in names.iter().zip(streamed) {
                assert_eq!(*name, found.symbol());
                let one = source.fetch(name, fetch);
                match (found.load(&options), one) {
                    (Ok(streamed), Ok(one)) => {
                        assert_eq!(streamed, one);
                        assert!(one.len() <= fetch.limit.unwrap_or(3));
                    }
                    (Err(streamed), Err(one)) => assert_eq!(streamed.to_string(), one.to_string()),
                    differ => panic!("{differ:?}"),
                }
            }
        }
        let error = source.fetch("E", Fetch::default()).unwrap_err();
        assert_eq!(error.to_string(), "it is in none of the files");
        std::fs::remove_dir_all(&folder).unwrap();
    }

    #[test]
    fn a_timeframe_of_the_options_is_of_every_source() {
        let bars = Bars::new("A", vec![0, 1, 120_000_000_000], vec![1.0, 2.0, 3.0]).unwrap();
        let options = CsvOptions {
            timeframe: "1m".parse().ok(),
            ..CsvOptions::default()
        };
        let found = SymbolSource::from(bars).load(&options).unwrap();
        assert_eq!(found.close(), [2.0, 3.0]);
    }
}
