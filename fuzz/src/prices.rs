//! What is demanded of readers of price files.

use hypernodes_trading::data::{CsvColumns, CsvOptions, DataError, Symbols, TimeRange};

/// Options by number.
#[must_use]
pub fn options(number: u8) -> CsvOptions {
    let is = |bit: u8| number & (1 << bit) != 0;
    CsvOptions {
        columns: if is(0) {
            CsvColumns::Close
        } else {
            CsvColumns::All
        },
        symbols: is(1).then(|| ["A".to_owned(), "B".to_owned()].into()),
        range: TimeRange {
            from: is(2).then_some(1_000_000_000),
            to: is(3).then_some(1_700_000_000_000_000_000),
        },
        max_memory: is(4).then_some(0),
        ..CsvOptions::default()
    }
}

/// Reads all symbols: each is bars, or an error of one line.
///
/// # Panics
/// If an error has more lines, or there are bars without a bar.
pub fn all_of(read: Result<Symbols, DataError>) {
    let one_line = |text: String| assert!(!text.contains(['\n', '\r']), "{text:?}");
    match read {
        Err(error) => one_line(error.to_string()),
        Ok(symbols) => {
            for symbol in symbols {
                match symbol {
                    Ok(bars) => assert!(!bars.is_empty()),
                    Err(error) => one_line(error.to_string()),
                }
            }
        }
    }
}

/// Seeds: the target, a name, and the input.
///
/// # Panics
/// Never: the bars are good, and memory takes every byte.
#[must_use]
pub fn seeds() -> crate::seeds::Seeds {
    use hypernodes_trading::Bars;
    use hypernodes_trading::data::write::{
        BarsWriter, Compression, CsvWriter, ParquetWriter, WriteOptions,
    };
    let bars = |symbol: &str| {
        let bars = Bars::new(symbol, vec![1_000_000_000, 2_000_000_000], vec![1.0, 2.5]);
        bars.and_then(|bars| bars.with_volume(vec![0.0, 3.0]))
            .expect("they are good")
            .with_exchange("X")
    };
    let mut seeds = crate::seeds::Seeds::new();
    for (name, symbols) in [
        ("one", &["A"][..]),
        ("two", &["B", "A"]),
        ("mixed", &["A", "B", "A"]),
    ] {
        let options = WriteOptions {
            compression: Some(Compression::None),
            ..WriteOptions::default()
        };
        let (mut csv, mut parquet) = (Vec::new(), Vec::new());
        let writers: [Box<dyn BarsWriter + '_>; 2] = [
            Box::new(CsvWriter::new(&mut csv, &options)),
            Box::new(ParquetWriter::new(&mut parquet, &options)),
        ];
        for mut writer in writers {
            for symbol in symbols {
                writer.write(&bars(symbol)).expect("memory takes them");
            }
            writer.finish().expect("memory takes them");
        }
        seeds.push(("csv", name.to_owned(), [&[0, 0], &*csv].concat()));
        seeds.push(("csv", format!("{name}-small"), [&[31, 0], &*csv].concat()));
        seeds.push(("parquet", name.to_owned(), [&[0], &*parquet].concat()));
        seeds.push((
            "parquet",
            format!("{name}-small"),
            [&[31], &*parquet].concat(),
        ));
    }
    seeds
}
