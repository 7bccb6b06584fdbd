//! What can go wrong while files are written.

use std::error::Error;
use std::io;

use arrow_schema::ArrowError;
use parquet::errors::ParquetError;

/// Why bars could not be written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum WriteError {
    /// The operating system refused.
    #[error("cannot write: {}", .source.kind())]
    Io {
        /// What the operating system said.
        #[from]
        source: io::Error,
    },
    /// The bars have a column that the first bars of the file did not have.
    #[error(
        "`{symbol}` has a column `{column}`, which the file does not have; \
         name all columns in `WriteOptions::columns`, or leave this one out"
    )]
    ExtraColumn {
        /// The symbol whose bars were given.
        symbol: String,
        /// The column.
        column: &'static str,
    },
    /// A file without a symbol column is given a second symbol.
    #[error(
        "a file without a symbol column holds one symbol: expected `{first}`, found `{second}`; \
         write a symbol column, or a file a symbol"
    )]
    SecondSymbol {
        /// The symbol that came first.
        first: String,
        /// The other.
        second: String,
    },
    /// A name would be read back as another.
    #[error(
        "{what} {name:?} would be read back as another: it is empty, or has spaces around it or a \
         NUL in it; rename it"
    )]
    Name {
        /// `symbol` or `exchange`.
        what: &'static str,
        /// The name.
        name: String,
    },
    /// The format does not take the bars.
    #[error("cannot write the {format} file: {text}")]
    Format {
        /// The name of the format.
        format: &'static str,
        /// What its library said.
        text: String,
    },
}

impl WriteError {
    pub(super) fn parquet(error: ParquetError) -> Self {
        match error {
            ParquetError::External(cause) => Self::of_cause("Parquet", cause),
            other => Self::Format {
                format: "Parquet",
                text: other.to_string(),
            },
        }
    }

    pub(super) fn ipc(error: ArrowError) -> Self {
        match error {
            ArrowError::IoError(_, source) => Self::Io { source },
            ArrowError::ExternalError(cause) => Self::of_cause("Arrow IPC", cause),
            other => Self::Format {
                format: "Arrow IPC",
                text: other.to_string(),
            },
        }
    }

    pub(super) fn csv(error: csv::Error) -> Self {
        let text = error.to_string();
        match error.into_kind() {
            csv::ErrorKind::Io(source) => Self::Io { source },
            _ => Self::Format {
                format: "CSV",
                text,
            },
        }
    }

    fn of_cause(format: &'static str, cause: Box<dyn Error + Send + Sync>) -> Self {
        match cause.downcast::<io::Error>() {
            Ok(source) => Self::Io { source: *source },
            Err(other) => Self::Format {
                format,
                text: other.to_string(),
            },
        }
    }
}
