//! How bars and their sources leave the process and come back, for caches, run folders and other processes.

use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::bars::{Bars, BarsError};
use crate::data::{DataError, SymbolError, SymbolSource};

/// The columns of [`Bars`] as they are written.
#[derive(Serialize)]
#[serde(rename = "Bars")]
struct WrittenBars<'a> {
    symbol: &'a str,
    exchange: Option<&'a str>,
    time: &'a [i64],
    open: Option<&'a [f64]>,
    high: Option<&'a [f64]>,
    low: Option<&'a [f64]>,
    close: &'a [f64],
    volume: Option<&'a [f64]>,
}

impl Serialize for Bars {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let written = WrittenBars {
            symbol: self.symbol(),
            exchange: self.exchange(),
            time: self.time(),
            open: self.open(),
            high: self.high(),
            low: self.low(),
            close: self.close(),
            volume: self.volume(),
        };
        written.serialize(serializer)
    }
}

/// What is read, before it is known that it keeps the promises of [`Bars`].
#[derive(Deserialize)]
pub(crate) struct ReadBars {
    symbol: String,
    exchange: Option<String>,
    time: Vec<i64>,
    open: Option<Vec<f64>>,
    high: Option<Vec<f64>>,
    low: Option<Vec<f64>>,
    close: Vec<f64>,
    volume: Option<Vec<f64>>,
}

impl TryFrom<ReadBars> for Bars {
    type Error = BarsError;

    fn try_from(read: ReadBars) -> Result<Self, BarsError> {
        let mut bars = Self::new(read.symbol, read.time, read.close)?;
        if let Some(open) = read.open {
            bars = bars.with_open(open)?;
        }
        if let Some(high) = read.high {
            bars = bars.with_high(high)?;
        }
        if let Some(low) = read.low {
            bars = bars.with_low(low)?;
        }
        if let Some(volume) = read.volume {
            bars = bars.with_volume(volume)?;
        }
        Ok(match read.exchange {
            Some(exchange) => bars.with_exchange(exchange),
            None => bars,
        })
    }
}

/// A source as it is written.
#[derive(Serialize)]
#[serde(rename = "SymbolSource")]
enum WrittenSource<'a> {
    File {
        path: &'a OsStr,
        stamp: Option<Stamp>,
    },
    Loaded(&'a Bars),
    Failed(WrittenError<'a>),
}

/// What shows that a file is another than before.
#[derive(Serialize, Deserialize)]
pub(crate) struct Stamp {
    /// Where it is, whatever folder the path begins in.
    path: OsString,
    bytes: u64,
    /// When it was changed last: seconds since 1970, and nanoseconds.
    changed: (i64, u32),
}

impl Stamp {
    /// `None` for a file that is not there, or has no times.
    fn of(path: &Path) -> Option<Self> {
        let found = std::fs::metadata(path).ok()?;
        Some(Self {
            path: std::path::absolute(path).ok()?.into_os_string(),
            bytes: found.len(),
            changed: since_1970(found.modified().ok()?)?,
        })
    }
}

fn since_1970(time: SystemTime) -> Option<(i64, u32)> {
    let (sign, distance) = match time.duration_since(UNIX_EPOCH) {
        Ok(after) => (1, after),
        Err(before) => (-1, before.duration()),
    };
    let seconds = i64::try_from(distance.as_secs()).ok()?;
    Some((sign * seconds, distance.subsec_nanos()))
}

/// What is wrong with a symbol: in words, as far as nobody asks for more.
#[derive(Serialize)]
struct WrittenError<'a> {
    symbol: &'a str,
    /// The file, if the symbol has no rows in the time range.
    without_rows: Option<&'a str>,
    text: String,
}

impl<'a> From<&'a SymbolError> for WrittenError<'a> {
    fn from(error: &'a SymbolError) -> Self {
        Self {
            symbol: &error.symbol,
            without_rows: match &error.error {
                DataError::NoRowsInRange { file, .. } => Some(file),
                _ => None,
            },
            text: error.to_string(),
        }
    }
}

impl Serialize for SymbolSource {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let written = match self {
            Self::File(path) => WrittenSource::File {
                path: path.as_os_str(),
                stamp: Stamp::of(path),
            },
            Self::Loaded(bars) => WrittenSource::Loaded(bars),
            Self::Lazy(lazy) => match lazy.kept() {
                Ok(bars) => WrittenSource::Loaded(bars),
                Err(error) => WrittenSource::Failed(error.as_ref().into()),
            },
            Self::Failed(error) => WrittenSource::Failed(error.as_ref().into()),
        };
        written.serialize(serializer)
    }
}

/// A source as it is read.
#[derive(Deserialize)]
pub(crate) enum ReadSource {
    File {
        path: OsString,
        #[expect(dead_code, reason = "it is for whoever compares what was written")]
        stamp: Option<Stamp>,
    },
    Loaded(Bars),
    Failed(ReadError),
}

#[derive(Deserialize)]
pub(crate) struct ReadError {
    symbol: String,
    without_rows: Option<String>,
    text: String,
}

impl From<ReadSource> for SymbolSource {
    fn from(read: ReadSource) -> Self {
        let error = match read {
            ReadSource::File { path, .. } => return Self::File(PathBuf::from(path)),
            ReadSource::Loaded(bars) => return Self::Loaded(bars),
            ReadSource::Failed(error) => error,
        };
        let symbol: Arc<str> = error.symbol.into();
        let told = match error.without_rows {
            None => DataError::Told { text: error.text },
            Some(file) => DataError::NoRowsInRange {
                file: file.into(),
                symbol: Arc::clone(&symbol),
            },
        };
        let error = told;
        Self::Failed(SymbolError { symbol, error }.into())
    }
}

/// A text of this program.
pub(crate) type OwnText = &'static str;

/// The texts that errors of single symbols hold.
const OWN_TEXTS: [OwnText; 8] = [
    "time", "symbol", "exchange", "open", "high", "low", "close", "volume",
];

/// Reads one of them.
pub(crate) fn own_text<'de, D: Deserializer<'de>>(from: D) -> Result<OwnText, D::Error> {
    let text = String::deserialize(from)?;
    let mut all = OWN_TEXTS.into_iter();
    all.find(|own| *own == text)
        .ok_or_else(|| D::Error::custom("it is no name of a column"))
}

/// What the operating system said.
pub(crate) mod system_error {
    use std::io::{Error, ErrorKind};

    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    /// The kinds that come back as themselves; others come back as [`ErrorKind::Other`].
    const KINDS: [ErrorKind; 10] = [
        ErrorKind::NotFound,
        ErrorKind::PermissionDenied,
        ErrorKind::InvalidInput,
        ErrorKind::InvalidData,
        ErrorKind::UnexpectedEof,
        ErrorKind::TimedOut,
        ErrorKind::Interrupted,
        ErrorKind::Unsupported,
        ErrorKind::OutOfMemory,
        ErrorKind::Other,
    ];

    #[derive(Serialize, Deserialize)]
    enum Stored {
        Code(i32),
        Kind(String, String),
    }

    pub(crate) fn serialize<S: Serializer>(error: &Error, to: S) -> Result<S::Ok, S::Error> {
        let stored = match error.raw_os_error() {
            Some(code) => Stored::Code(code),
            None => Stored::Kind(error.kind().to_string(), error.to_string()),
        };
        stored.serialize(to)
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Error, D::Error> {
        Ok(match Stored::deserialize(from)? {
            Stored::Code(code) => Error::from_raw_os_error(code),
            Stored::Kind(kind, text) => {
                let known = KINDS.into_iter().find(|known| known.to_string() == kind);
                Error::new(known.unwrap_or(ErrorKind::Other), text)
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use std::io;

    use hypernodes_core::{Arg, Codec, Column, ErrorCodec};

    use super::*;
    use crate::atc::{AtcConfig, AtcOutput, atc};
    use crate::data::{CsvOptions, Files, sources};

    /// What another process would read.
    fn sent(source: &SymbolSource) -> SymbolSource {
        let (codec, mut bytes) = (Codec::of::<SymbolSource>(), Vec::new());
        let column = Arg::dense(Column::from_vec(vec![source.clone()]));
        codec.encode(&column, 1, &mut bytes).unwrap();
        let read = codec.decode(&bytes, 1).unwrap();
        read.as_slice::<SymbolSource>().unwrap()[0].clone()
    }

    fn key(source: &SymbolSource) -> String {
        let column = Arg::dense(Column::from_vec(vec![source.clone()]));
        Codec::of::<SymbolSource>().keys(&column, 1).unwrap()[0].to_string()
    }

    #[test]
    fn bars_and_failures_come_back_as_they_were() {
        let text = "symbol,exchange,time,open,high,low,close,volume\nA,X,1,2,3,1,2,5\nA,X,2,2,3,1,2,6\nB,X,1,2,1,2,2,5\n";
        let folder = std::env::temp_dir().join(format!("hn-stored-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let path = folder.join("all.csv");
        std::fs::write(&path, text).unwrap();
        let files = Files::from([path]);
        let options = CsvOptions::default();
        for source in sources(&files, &options) {
            let (here, there) = (source.clone().load(&options), sent(&source).load(&options));
            match (here, there) {
                (Ok(here), Ok(there)) => {
                    assert_eq!((&here, here.volume()), (&there, Some(&[5.0, 6.0][..])));
                }
                (Err(here), Err(there)) => {
                    assert_eq!(here.symbol, there.symbol);
                    assert_eq!(here.to_string(), there.to_string());
                }
                differ => panic!("{differ:?}"),
            }
        }
        let later = r#"{"from":5000000000}"#;
        let range = serde_json::from_str(later).unwrap();
        let options = CsvOptions { range, ..options };
        let none = sources(&files, &options).next().unwrap();
        let error = sent(&none).load(&options).unwrap_err();
        assert!(
            matches!(error.error, DataError::NoRowsInRange { .. }),
            "{error:?}"
        );
        std::fs::remove_dir_all(&folder).unwrap();
    }

    #[test]
    fn errors_come_back_as_they_were() {
        let codec = crate::nodes::load_bars::node().signature().options.error;
        let codec: ErrorCodec = codec.expect("the error can be written");
        let path = || "a.csv".to_owned();
        let file = || Arc::from("a.csv");
        let denied = io::Error::from_raw_os_error(13);
        let errors = [
            DataError::Missing { path: path() },
            DataError::Read {
                path: path(),
                source: denied,
            },
            DataError::Read {
                path: path(),
                source: io::ErrorKind::InvalidData.into(),
            },
            DataError::Read {
                path: path(),
                source: io::Error::other("the disk burns"),
            },
            DataError::NoRowsInRange {
                file: file(),
                symbol: "A".into(),
            },
            DataError::Cell {
                file: file(),
                place: crate::data::Place::Line(7),
                column: "close".to_owned(),
                text: "oops".to_owned(),
                problem: crate::data::CellProblem::NotANumber,
            },
            DataError::DuplicateColumn {
                file: file(),
                place: crate::data::Place::File,
                column: "close",
                first: 1,
                first_name: "close".into(),
                second: 2,
                second_name: "price".into(),
            },
            DataError::Bars {
                file: file(),
                source: Bars::new("A", vec![1], vec![-1.0]).unwrap_err(),
            },
        ];
        for error in errors {
            let symbol: Arc<str> = "A".into();
            let error = Arc::new(SymbolError { symbol, error });
            let bytes = codec.write(&error).expect("it can be written");
            let read = codec.read(&bytes).expect("it can be read");
            let read = read.downcast_ref::<Arc<SymbolError>>().expect("itself");
            assert_eq!(read.to_string(), error.to_string());
            let names = |error: &SymbolError| {
                let error = format!("{:?}", error.error);
                error.split([' ', '{']).next().map(str::to_owned)
            };
            assert_eq!(names(read), names(&error));
        }
    }

    #[test]
    fn bars_that_break_their_promises_are_not_read() {
        let bars = Bars::new("A", vec![1, 2], vec![1.0, 2.0]).unwrap();
        let text = serde_json::to_string(&bars).unwrap();
        assert_eq!(serde_json::from_str::<Bars>(&text).unwrap(), bars);
        for (good, bad) in [("[1,2]", "[2,1]"), ("[1.0,2.0]", "[1.0]"), ("2.0", "-2.0")] {
            let bad = text.replace(good, bad);
            assert!(serde_json::from_str::<Bars>(&bad).is_err(), "{bad}");
        }
        let out = atc(&[100.0, 110.0, 99.0], None, &AtcConfig::default()).unwrap();
        let (codec, mut bytes) = (Codec::of::<AtcOutput>(), Vec::new());
        let column = Arg::dense(Column::from_vec(vec![out.clone()]));
        codec.encode(&column, 1, &mut bytes).unwrap();
        let read = codec.decode(&bytes, 1).unwrap();
        let read = &read.as_slice::<AtcOutput>().unwrap()[0];
        for (a, b) in out.columns().zip(read.columns()) {
            let bits = |column: &[f64]| column.iter().map(|v| v.to_bits()).collect::<Vec<_>>();
            assert_eq!(bits(a), bits(b));
        }
        // A column of another length.
        bytes[0] = 2;
        bytes.drain(1..9);
        assert!(codec.decode(&bytes, 1).is_err());
    }

    #[test]
    fn a_file_has_another_key_when_it_changes_and_only_then() {
        let folder = std::env::temp_dir().join(format!("hn-stamp-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let path = folder.join("A.csv");
        let source = SymbolSource::File(path.clone());
        let write = |text: &str, changed: SystemTime| {
            std::fs::write(&path, text).unwrap();
            let file = std::fs::File::options().write(true).open(&path).unwrap();
            file.set_modified(changed).unwrap();
            key(&source)
        };
        let none = key(&source);
        let time = UNIX_EPOCH + std::time::Duration::from_secs(1_000_000_000);
        let first = write("time,close\n1,1\n", time);
        let longer = write("time,close\n1,10\n", time);
        let later = write(
            "time,close\n1,1\n",
            time + std::time::Duration::from_nanos(100),
        );
        let again = write("time,close\n1,1\n", time);
        assert_eq!(first, again);
        let mut keys = vec![none, first, longer, later];
        keys.sort();
        keys.dedup();
        assert_eq!(keys.len(), 4);
        assert!(matches!(sent(&source), SymbolSource::File(sent) if sent == path));
        std::fs::remove_dir_all(&folder).unwrap();
    }
}
