//! The columns that ATC computes.

use std::io;

use serde::{Deserialize, Serialize};

use super::MaKind;

/// Every column of ATC for one series: the return, six Layer 1 signals, six Layer 2 equities,
/// and the average signal.
///
/// # Shapes and units
/// Each column has one value per bar. Returns and signals are fractions; equities start at their
/// weight. Undefined values are NaN: the return of bar 0, signals and equities before the
/// cutout, and the average there under profile `pine`.
///
/// # Example
/// ```
/// use hypernodes_trading::atc::{atc, AtcConfig, MaKind};
/// let out = atc(&[100.0, 110.0, 99.0], None, &AtcConfig::default())?;
/// assert!(out.ret_simple()[0].is_nan());
/// assert_eq!(out.ret_simple()[1], 0.1);
/// // KAMA starts at the first price, so the close crosses above it at once.
/// assert_eq!(out.signal(MaKind::Kama)[1], 1.0);
/// assert_eq!(out.column("Average_Signal"), Some(out.average_signal()));
/// # Ok::<(), hypernodes_trading::atc::AtcError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(try_from = "Columns")]
pub struct AtcOutput {
    pub(super) ret: Vec<f64>,
    pub(super) signals: [Vec<f64>; 6],
    pub(super) equities: [Vec<f64>; 6],
    pub(super) average: Vec<f64>,
}

/// What is read, before it is known that the columns fit together.
#[derive(Deserialize)]
struct Columns {
    ret: Vec<f64>,
    signals: [Vec<f64>; 6],
    equities: [Vec<f64>; 6],
    average: Vec<f64>,
}

impl TryFrom<Columns> for AtcOutput {
    type Error = &'static str;

    fn try_from(read: Columns) -> Result<Self, Self::Error> {
        let Columns {
            ret,
            signals,
            equities,
            average,
        } = read;
        let this = Self {
            ret,
            signals,
            equities,
            average,
        };
        let bars = this.len();
        let is_even = this.columns().all(|column| column.len() == bars);
        match is_even {
            true => Ok(this),
            false => Err("the columns of ATC differ in length"),
        }
    }
}

impl AtcOutput {
    /// The column names in order: `R`, then `EMA_Signal`, `EMA_S`, ..., `Average_Signal`.
    pub const COLUMNS: [&'static str; 14] = [
        "R",
        "EMA_Signal",
        "EMA_S",
        "HMA_Signal",
        "HMA_S",
        "WMA_Signal",
        "WMA_S",
        "DEMA_Signal",
        "DEMA_S",
        "LSMA_Signal",
        "LSMA_S",
        "KAMA_Signal",
        "KAMA_S",
        "Average_Signal",
    ];

    /// The values of the first bars.
    pub(crate) fn first(&self, bars: usize) -> Self {
        let part = |column: &Vec<f64>| column[..bars.min(column.len())].to_vec();
        Self {
            ret: part(&self.ret),
            signals: self.signals.each_ref().map(part),
            equities: self.equities.each_ref().map(part),
            average: part(&self.average),
        }
    }

    /// How many bars there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.average.len()
    }

    /// Whether there is no bar at all.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.average.is_empty()
    }

    /// The simple return of each bar, `R`; NaN at bar 0.
    #[must_use]
    pub fn ret_simple(&self) -> &[f64] {
        &self.ret
    }

    /// The Layer 1 signal of `kind`, from -1 to 1, two decimals.
    #[must_use]
    pub fn signal(&self, kind: MaKind) -> &[f64] {
        &self.signals[kind.index()]
    }

    /// The Layer 2 equity of following [`AtcOutput::signal`], 0.25 or more.
    #[must_use]
    pub fn equity(&self, kind: MaKind) -> &[f64] {
        &self.equities[kind.index()]
    }

    /// The average of the classified signals, from -1 to 1.
    #[must_use]
    pub fn average_signal(&self) -> &[f64] {
        &self.average
    }

    /// The column of that name, one of [`AtcOutput::COLUMNS`].
    #[must_use]
    pub fn column(&self, name: &str) -> Option<&[f64]> {
        let index = Self::COLUMNS.iter().position(|&c| c == name)?;
        self.columns().nth(index)
    }

    /// The columns, in the order of [`AtcOutput::COLUMNS`].
    pub fn columns(&self) -> impl Iterator<Item = &[f64]> {
        let kinds = MaKind::ALL
            .iter()
            .flat_map(|&k| [self.signal(k), self.equity(k)]);
        std::iter::once(self.ret_simple())
            .chain(kinds)
            .chain([self.average_signal()])
    }

    /// Writes the header of [`AtcOutput::write_csv`]: `symbol` first if `with_symbol`, then
    /// `bar,close` and the columns.
    ///
    /// # Errors
    /// What `writer` reports.
    pub fn write_csv_header(writer: &mut impl io::Write, with_symbol: bool) -> io::Result<()> {
        let symbol = if with_symbol { "symbol," } else { "" };
        writeln!(writer, "{symbol}bar,close,{}", Self::COLUMNS.join(","))
    }

    /// Writes one line a bar, without a header: `symbol` if given, the bar's number, its close,
    /// the columns.
    ///
    /// Numbers are the shortest decimals that read back to the same bits; an undefined value
    /// is an empty cell.
    ///
    /// # Errors
    /// What `writer` reports.
    ///
    /// # Example
    /// ```
    /// use hypernodes_trading::atc::{atc, AtcConfig};
    /// let close = [100.0, 110.0];
    /// let mut text = Vec::new();
    /// atc(&close, None, &AtcConfig::default())?.write_csv(&mut text, None, &close)?;
    /// let text = String::from_utf8(text)?;
    /// assert!(text.starts_with("0,100.0,,0.0,1.0,"));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn write_csv(
        &self,
        writer: &mut impl io::Write,
        symbol: Option<&str>,
        close: &[f64],
    ) -> io::Result<()> {
        let symbol = symbol.map(quoted);
        for (bar, close) in close.iter().enumerate().take(self.len()) {
            if let Some(symbol) = &symbol {
                write!(writer, "{symbol},")?;
            }
            write!(writer, "{bar},{close:?}")?;
            for column in self.columns() {
                let value = column[bar];
                if value.is_nan() {
                    writer.write_all(b",")?;
                } else {
                    write!(writer, ",{value:?}")?;
                }
            }
            writer.write_all(b"\n")?;
        }
        Ok(())
    }

    /// Makes every column `bars` long, keeping its memory.
    pub(super) fn resize(&mut self, bars: usize) {
        let columns = self.signals.iter_mut().chain(&mut self.equities);
        for column in columns.chain([&mut self.ret, &mut self.average]) {
            column.clear();
            column.resize(bars, f64::NAN);
        }
    }
}

/// `text` as a csv cell: in quotes where it has to be.
///
/// # Example
/// ```
/// assert_eq!(hypernodes_trading::quoted("BRK.A, class \"A\""), "\"BRK.A, class \"\"A\"\"\"");
/// ```
#[must_use]
pub fn quoted(text: &str) -> std::borrow::Cow<'_, str> {
    if text.contains([',', '"', '\n', '\r']) {
        format!("\"{}\"", text.replace('"', "\"\"")).into()
    } else {
        text.into()
    }
}
