//! What the cells and row groups of a Parquet file give, and what is said about bad ones.

use std::sync::Arc;

use ::parquet::arrow::ArrowWriter;
use ::parquet::file::properties::WriterProperties;
use arrow_array::types::Int32Type;
use arrow_array::{
    ArrayRef, BooleanArray, Date32Array, Decimal128Array, DictionaryArray, Float32Array,
    Float64Array, Int16Array, Int64Array, LargeStringArray, RecordBatch, StringArray,
    StringViewArray, TimestampMicrosecondArray, TimestampMillisecondArray, TimestampSecondArray,
};

use super::*;
use crate::bars::{Bars, PriceSource};

pub(super) const DAY: i64 = 86_400_000_000_000;

pub(super) fn table(columns: Vec<(&str, ArrayRef)>) -> RecordBatch {
    let columns = columns.into_iter().map(|(name, array)| (name, array, true));
    RecordBatch::try_from_iter_with_nullable(columns).unwrap()
}

pub(super) fn parquet_of(batches: &[RecordBatch], rows: usize) -> Vec<u8> {
    let properties = WriterProperties::builder().set_max_row_group_row_count(Some(rows));
    let mut bytes = Vec::new();
    let schema = batches[0].schema();
    let mut writer = ArrowWriter::try_new(&mut bytes, schema, Some(properties.build())).unwrap();
    for batch in batches {
        writer.write(batch).unwrap();
    }
    writer.close().unwrap();
    bytes
}

fn read_with(bytes: Vec<u8>, options: &CsvOptions) -> Result<Vec<Bars>, String> {
    let symbols = read_parquet_bytes("ACME.parquet", bytes, options).map_err(|e| e.to_string())?;
    let read: Result<Vec<_>, _> = symbols.collect();
    read.map_err(|error| error.to_string())
}

fn read(columns: Vec<(&str, ArrayRef)>) -> Result<Vec<Bars>, String> {
    read_with(parquet_of(&[table(columns)], 1_000), &CsvOptions::default())
}

fn fault(columns: Vec<(&str, ArrayRef)>) -> String {
    let fault = read(columns).expect_err("this file has a fault");
    assert!(!fault.contains('\n'), "{fault}");
    fault
}

pub(super) fn floats(values: &[f64]) -> ArrayRef {
    Arc::new(Float64Array::from(values.to_vec()))
}

pub(super) fn ints(values: &[i64]) -> ArrayRef {
    Arc::new(Int64Array::from(values.to_vec()))
}

pub(super) fn texts(values: &[&str]) -> ArrayRef {
    Arc::new(StringArray::from(values.to_vec()))
}

#[test]
fn times_and_numbers_of_every_type_are_taken() {
    let midnight = 1_704_067_200; // 2024-01-01
    let days = [19_723, 19_724];
    let seconds = [midnight, midnight + 86_400];
    let expected = seconds.map(|s| s * 1_000_000_000);
    let scaled = |factor| seconds.map(|s| s * factor).to_vec();
    let times: Vec<ArrayRef> = vec![
        Arc::new(TimestampSecondArray::from(seconds.to_vec())),
        Arc::new(TimestampMillisecondArray::from(scaled(1_000))),
        Arc::new(TimestampMicrosecondArray::from(scaled(1_000_000)).with_timezone("+08:00")),
        Arc::new(Date32Array::from(days.to_vec())),
        ints(&seconds),
        ints(&[20_240_101, 20_240_102]),
        texts(&["2024-01-01", "2024-01-02T00:00:00Z"]),
        Arc::new(StringViewArray::from(vec![
            "2024-01-01",
            "2024-01-02 08:00+08:00",
        ])),
        Arc::new(DictionaryArray::<Int32Type>::from_iter([
            "20240101", "20240102",
        ])),
    ];
    for time in times {
        let bars = read(vec![
            ("Date", Arc::clone(&time)),
            ("CLOSE", floats(&[1.0, 2.0])),
        ]);
        let bars = bars.unwrap_or_else(|error| panic!("{:?}: {error}", time.data_type()));
        assert_eq!(bars[0].time(), expected, "{:?}", time.data_type());
        assert_eq!(bars[0].symbol(), "ACME");
    }
    let numbers: Vec<ArrayRef> = vec![
        Arc::new(Float32Array::from(vec![1.5, 2.0])),
        Arc::new(
            Decimal128Array::from(vec![150, 200])
                .with_precision_and_scale(9, 2)
                .unwrap(),
        ),
    ];
    for close in numbers {
        let volume = Arc::new(Int16Array::from(vec![0, 7]));
        let columns = vec![
            ("time", ints(&[1, 2])),
            ("close_price", close),
            ("volume", volume),
        ];
        let bars = read(columns).unwrap().remove(0);
        assert_eq!(bars.close(), [1.5, 2.0]);
        assert_eq!(bars.volume(), Some(&[0.0, 7.0][..]));
    }
    let symbols: Vec<ArrayRef> = vec![
        texts(&["A", " A "]),
        Arc::new(LargeStringArray::from(vec!["A", "A"])),
        Arc::new(StringViewArray::from(vec!["A", "A"])),
        Arc::new(DictionaryArray::<Int32Type>::from_iter(["A", "A"])),
    ];
    for symbol in symbols {
        let close = floats(&[1.0, 2.0]);
        let columns = vec![
            ("time", ints(&[1, 2])),
            ("Stock_Code", symbol),
            ("close", close),
        ];
        let bars = read(columns).unwrap();
        assert_eq!((bars.len(), bars[0].symbol(), bars[0].len()), (1, "A", 2));
    }
}

#[test]
fn each_fault_says_which_row() {
    let time = || ("time", ints(&[1, 2, 3]));
    let nulls =
        |values: [Option<f64>; 3]| -> ArrayRef { Arc::new(Float64Array::from(values.to_vec())) };
    let cases = [
        (
            vec![time(), ("close", floats(&[1.0, f64::NAN, -1.0]))],
            "`ACME.parquet` row 2, column `close`: `NaN` is not a finite number; correct it or \
             remove the row",
        ),
        (
            vec![time(), ("close", floats(&[1.0, 2.0, -1.0]))],
            "`ACME.parquet` row 3, column `close`: `-1.0` is not a price above 0; correct it or \
             remove the row",
        ),
        (
            vec![time(), ("close", nulls([Some(1.0), None, Some(f64::NAN)]))],
            "`ACME.parquet` row 2, column `close`: the cell is empty, expected a value; fill it \
             in or remove the row",
        ),
        (
            vec![
                ("time", ints(&[1, 2, 2])),
                ("close", floats(&[1.0, 2.0, 3.0])),
            ],
            "`ACME.parquet` row 3, column `time`: `1970-01-01T00:00:02` repeats the time of the \
             row before; remove one of the two",
        ),
        (
            vec![
                ("time", ints(&[86_400, 0, 1])),
                ("close", floats(&[1.0, 2.0, 3.0])),
            ],
            "`ACME.parquet` row 2, column `time`: `1970-01-01` is earlier than the row before; \
             sort the rows by time",
        ),
        (
            vec![
                time(),
                ("low", floats(&[1.0, 5.0, 1.0])),
                ("high", floats(&[1.0, 2.0, 0.5])),
                ("close", floats(&[1.0, 2.0, 3.0])),
            ],
            "`ACME.parquet` row 2, column `high`: high 2 is below low 5; correct the row",
        ),
        (
            vec![
                ("time", texts(&["2024-01-01", "x", ""])),
                ("close", floats(&[1.0, 2.0, 3.0])),
            ],
            "`ACME.parquet` row 2, column `time`: `x` is not a time; write an ISO date or \
             date-time, or an integer epoch",
        ),
        (
            vec![
                (
                    "time",
                    Arc::new(TimestampSecondArray::from(vec![1, i64::MAX / 2, 3])) as ArrayRef,
                ),
                ("close", floats(&[1.0, 2.0, 3.0])),
            ],
            "`ACME.parquet` row 2, column `time`: the cell is a time outside the years 1678 to \
             2261; correct it or remove the row",
        ),
        (
            vec![
                time(),
                ("close", floats(&[1.0, 2.0, 3.0])),
                (
                    "symbol",
                    Arc::new(StringArray::from(vec![Some("A"), Some("A"), None])),
                ),
            ],
            "`ACME.parquet` row 3, column `symbol`: the cell is empty, expected a value; fill it \
             in or remove the row",
        ),
        (
            vec![
                time(),
                ("close", floats(&[1.0, 2.0, 3.0])),
                ("volume", floats(&[0.0, -1.0, 1.0])),
            ],
            "`ACME.parquet` row 2, column `volume`: `-1.0` is a volume below 0; correct it or \
             remove the row",
        ),
        (
            vec![
                time(),
                (
                    "close",
                    Arc::new(BooleanArray::from(vec![true; 3])) as ArrayRef,
                ),
            ],
            "`ACME.parquet`, column `close`: expected floats, integers or decimals, found Boolean; \
             write it as one of these",
        ),
        (
            vec![("time", floats(&[1.0])), ("close", floats(&[1.0]))],
            "`ACME.parquet`, column `time`: expected a timestamp, a date, an integer epoch or \
             text, found Float64; write it as one of these",
        ),
        (
            vec![
                time(),
                ("symbol", ints(&[1, 2, 3])),
                ("close", floats(&[1.0, 2.0, 3.0])),
            ],
            "`ACME.parquet`, column `symbol`: expected text or a dictionary of text, found Int64; \
             write it as one of these",
        ),
        (
            vec![time(), ("clsoe", floats(&[1.0, 2.0, 3.0]))],
            "`ACME.parquet` has no column `close`; columns there: `time`, `clsoe`; did you mean \
             `clsoe`?",
        ),
        (
            vec![
                time(),
                ("Time", ints(&[1, 2, 3])),
                ("close", floats(&[1.0, 2.0, 3.0])),
            ],
            "`ACME.parquet`: columns 1 (`time`) and 2 (`Time`) can both be `time`; choose one \
             with `--time-col`",
        ),
    ];
    for (columns, expected) in cases {
        assert_eq!(fault(columns), expected);
    }
    // The row is that of the file, whatever the row group.
    let columns = vec![time(), ("close", floats(&[1.0, 2.0, -1.0]))];
    let error = read_with(parquet_of(&[table(columns)], 1), &CsvOptions::default());
    assert!(error.unwrap_err().contains(" row 3, column `close`"));
}

#[test]
fn files_that_are_no_whole_parquet_say_so() {
    let bytes = parquet_of(
        &[table(vec![("time", ints(&[1])), ("close", floats(&[1.0]))])],
        10,
    );
    let whole = |bytes: &[u8]| read_with(bytes.to_vec(), &CsvOptions::default()).unwrap_err();
    let start = "`ACME.parquet` is no whole Parquet file: ";
    let end = "; copy it again, or write it again";
    assert_eq!(whole(b""), format!("{start}it is empty{end}"));
    assert_eq!(
        whole(b"time,close\n1,1\n"),
        format!("{start}it does not begin with `PAR1`{end}")
    );
    assert_eq!(
        whole(&bytes[..bytes.len() - 9]),
        format!("{start}it ends without a footer, as if it were cut off{end}")
    );
    assert_eq!(
        whole(b"PARE....PARE"),
        "`ACME.parquet` is encrypted, as a whole or in part; write it without encryption"
    );
    for at in 4..bytes.len() - 4 {
        let mut bad = bytes.clone();
        bad[at] ^= 0x55;
        if let Err(error) = read_with(bad, &CsvOptions::default()) {
            assert!(
                !error.contains('\n') && error.starts_with("`ACME.parquet`"),
                "{error}"
            );
        }
    }
    let none = table(vec![("time", ints(&[])), ("close", floats(&[]))]);
    let no_rows = parquet_of(&[none], 10);
    assert_eq!(whole(&no_rows), "`ACME.parquet` has columns but no rows");
}

#[test]
fn a_bad_row_fails_its_symbol_only() {
    for symbols in [["A", "A", "B", "C"], ["A", "B", "C", "A"]] {
        let bad = |at: usize| if symbols[at] == "A" { -1.0 } else { 1.0 };
        let close: Vec<f64> = (0..4).map(bad).collect();
        let columns = vec![
            ("time", ints(&[1, 2, 3, 4])),
            ("symbol", texts(&symbols)),
            ("close", floats(&close)),
        ];
        let bytes = parquet_of(&[table(columns)], 3);
        let all = read_parquet_bytes("x.parquet", bytes, &CsvOptions::default()).unwrap();
        let names: Vec<_> = all
            .map(|one| match one {
                Ok(bars) => format!("{} good", bars.symbol()),
                Err(error) => format!("{} bad", error.symbol),
            })
            .collect();
        assert_eq!(names, ["A bad", "B good", "C good"]);
    }
}

#[test]
fn empty_cells_are_those_of_csv() {
    let open: ArrayRef = Arc::new(Float64Array::from(vec![Some(1.0), None]));
    let columns = vec![
        ("time", ints(&[1, 2])),
        ("open", open),
        ("close", floats(&[1.0, 2.0])),
    ];
    let bytes = parquet_of(&[table(columns)], 10);
    let error = read_with(bytes.clone(), &CsvOptions::default()).unwrap_err();
    assert!(
        error.contains("row 2, column `open`: the cell is empty"),
        "{error}"
    );
    let options = CsvOptions {
        columns: CsvColumns::For(PriceSource::Close),
        ..CsvOptions::default()
    };
    assert_eq!(read_with(bytes.clone(), &options).unwrap()[0].open(), None);
    let first = CsvOptions {
        range: TimeRange {
            from: None,
            to: Some(1_000_000_000),
        },
        ..options
    };
    assert_eq!(
        read_with(bytes, &first).unwrap()[0].open(),
        Some(&[1.0][..])
    );
}

#[test]
fn row_groups_without_what_is_asked_for_are_not_read() {
    let bars = |symbol: &str, from: i64| {
        let time: Vec<i64> = (from..from + 10).map(|day| day * DAY).collect();
        Bars::new(symbol, time, vec![1.0; 10]).unwrap()
    };
    let all = [bars("A", 0), bars("B", 0), bars("C", 100)];
    let batch = |bars: &Bars| {
        let time: Vec<i64> = bars.time().iter().map(|time| time / 1_000).collect();
        let time: ArrayRef = Arc::new(TimestampMicrosecondArray::from(time));
        let symbol = texts(&vec![bars.symbol(); bars.len()]);
        table(vec![
            ("time", time),
            ("symbol", symbol),
            ("close", floats(bars.close())),
        ])
    };
    let bytes = parquet_of(&all.each_ref().map(batch), 10);
    // Where the values of the second group are, there is nothing any more.
    let reader = ::parquet::file::serialized_reader::SerializedFileReader::new(bytes::Bytes::from(
        bytes.clone(),
    ))
    .unwrap();
    let metadata = ::parquet::file::reader::FileReader::metadata(&reader);
    let holed = |group: usize, columns: &[usize]| {
        let mut holed = bytes.clone();
        for &column in columns {
            let (start, length) = metadata.row_group(group).column(column).byte_range();
            let (start, length) = (
                usize::try_from(start).unwrap(),
                usize::try_from(length).unwrap(),
            );
            holed[start..start + length].fill(0xff);
        }
        holed
    };
    let options = |symbols: Option<&[&str]>, from: Option<i64>, to: Option<i64>| CsvOptions {
        symbols: symbols.map(|all| all.iter().map(|&name| name.to_owned()).collect()),
        range: TimeRange { from, to },
        ..CsvOptions::default()
    };
    let damaged = read_with(holed(1, &[2]), &options(None, None, None)).unwrap_err();
    assert!(damaged.contains("is no whole Parquet file"), "{damaged}");
    let some = options(Some(&["A", "C"]), None, None);
    let read = read_with(holed(1, &[0, 1, 2]), &some).unwrap();
    assert_eq!(read, [all[0].clone(), all[2].clone()]);
    // A symbol without rows in the range is told all the same, from the statistics alone.
    let late = options(None, Some(100 * DAY), None);
    let bytes = holed(1, &[0, 1, 2]);
    let read: Vec<_> = read_parquet_bytes("x", bytes, &late).unwrap().collect();
    let told: Vec<_> = read
        .iter()
        .map(|one| one.as_ref().map_err(ToString::to_string))
        .collect();
    let none = |symbol| {
        Err(format!(
            "`x` has no rows of `{symbol}` in the time range; widen `--from` and `--to`"
        ))
    };
    assert_eq!(told, [none("A"), none("B"), Ok(&all[2])]);
}
