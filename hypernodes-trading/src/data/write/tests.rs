//! What is written reads back as it was.

use arrow_array::cast::AsArray;
use arrow_array::types::{Float64Type, TimestampNanosecondType};
use arrow_ipc::reader::FileReader;
use proptest::prelude::*;

use super::*;
use crate::data::{CsvOptions, read_csv_bytes};

fn written<'a, W: BarsWriter + 'a>(
    make: impl FnOnce(&'a mut Vec<u8>, &WriteOptions) -> W,
    to: &'a mut Vec<u8>,
    options: &WriteOptions,
    all: &[Bars],
) -> Result<(), WriteError> {
    let mut writer = Box::new(make(to, options));
    for bars in all {
        writer.write(bars)?;
    }
    writer.finish()
}

fn csv(options: &WriteOptions, all: &[Bars]) -> Result<String, String> {
    let mut bytes = Vec::new();
    written(CsvWriter::new, &mut bytes, options, all).map_err(|error| error.to_string())?;
    Ok(String::from_utf8(bytes).unwrap())
}

fn price() -> impl Strategy<Value = f64> {
    prop_oneof![1e-100..1e-90, 0.5..2.0, 1.0..1e6, 1e90..1e100]
}

prop_compose! {
    pub(in crate::data) fn some_bars()(
        rows in proptest::collection::btree_map(any::<i64>(), (price(), price(), price(), 0.0..1e300), 1..20),
        with_range in any::<bool>(),
        with_others in any::<bool>(),
        exchange in proptest::option::of("[A-Z][A-Z\"', é-]{0,3}[A-Z]"),
        symbol in "[A-Z][A-Z\"', \n.é-]{0,5}[A-Z]",
    ) -> Bars {
        let column = |of: fn(&(f64, f64, f64, f64)) -> f64| rows.values().map(of).collect::<Vec<_>>();
        let time: Vec<i64> = rows.keys().copied().collect();
        let mut bars = Bars::new(symbol, time, column(|r| r.0)).unwrap();
        if with_range {
            let (high, low) = (column(|r| r.1.max(r.2)), column(|r| r.1.min(r.2)));
            bars = bars.with_high_low(high, low).unwrap();
        }
        if with_others {
            bars = bars.with_open(column(|r| r.2)).unwrap();
            bars = bars.with_volume(column(|r| r.3)).unwrap();
        }
        match exchange {
            Some(exchange) => bars.with_exchange(exchange),
            None => bars,
        }
    }
}

pub(in crate::data) fn same_bits(a: &Bars, b: &Bars) -> bool {
    let bits = |bars: &Bars| {
        let all = [
            Some(bars.close()),
            bars.open(),
            bars.high(),
            bars.low(),
            bars.volume(),
        ];
        all.map(|column| column.map(|c| c.iter().map(|v| v.to_bits()).collect::<Vec<_>>()))
    };
    a == b && bits(a) == bits(b)
}

proptest! {
    #[test]
    fn csv_reads_back_bit_for_bit(bars in some_bars()) {
        let text = csv(&WriteOptions::default(), std::slice::from_ref(&bars)).unwrap();
        let mut read = read_csv_bytes("x.csv", text.as_bytes(), &CsvOptions::default()).unwrap();
        let read = read.next().unwrap().unwrap();
        prop_assert!(same_bits(&read, &bars), "{text}\n{read:?}");
    }
}

#[test]
fn csv_times_are_dates_while_they_can_be() {
    let day = 86_400_000_000_000;
    let bars = |symbol: &str, time: Vec<i64>| {
        let close = vec![0.1; time.len()];
        Bars::new(symbol, time, close).unwrap()
    };
    let daily = bars("D", vec![-day, 19_000 * day]);
    let hourly = bars("H", vec![0, day / 24, day / 24 + 5_000_000]);
    let options = WriteOptions::default();
    assert_eq!(
        csv(&options, &[daily.clone(), hourly.clone()]).unwrap(),
        "symbol,time,close\nD,1969-12-31,0.1\nD,2022-01-08,0.1\nH,1970-01-01,0.1\n\
         H,1970-01-01T01:00:00,0.1\nH,1970-01-01T01:00:00.005,0.1\n"
    );
    let one = WriteOptions {
        symbol_column: false,
        ..options
    };
    assert_eq!(
        csv(&one, std::slice::from_ref(&hourly)).unwrap(),
        "time,close\n1970-01-01T00:00:00,0.1\n1970-01-01T01:00:00,0.1\n\
         1970-01-01T01:00:00.005,0.1\n"
    );
    assert_eq!(
        csv(&one, &[hourly, daily]).unwrap_err(),
        "a file without a symbol column holds one symbol: expected `H`, found `D`; write a symbol \
         column, or a file a symbol"
    );
}

#[test]
fn columns_are_those_of_the_first_bars_or_those_named() {
    let plain = Bars::new("A", vec![1], vec![1.0]).unwrap();
    let more = Bars::new("B", vec![1], vec![2.0]).unwrap();
    let more = more.with_volume(vec![3.0]).unwrap().with_exchange("X");
    let both = [plain.clone(), more.clone()];
    let options = WriteOptions::default();
    assert_eq!(
        csv(&options, &both).unwrap_err(),
        "`B` has a column `volume`, which the file does not have; name all columns in \
         `WriteOptions::columns`, or leave this one out"
    );
    let columns = both
        .iter()
        .map(WriteColumns::of)
        .reduce(WriteColumns::union);
    let options = WriteOptions { columns, ..options };
    assert_eq!(
        csv(&options, &both).unwrap(),
        "symbol,time,close,volume,exchange\nA,1970-01-01T00:00:00.000000001,1.0,,\n\
         B,1970-01-01T00:00:00.000000001,2.0,3.0,X\n"
    );
    assert_eq!(
        csv(&options, &[]).unwrap(),
        "symbol,time,close,volume,exchange\n"
    );
    let spaced = Bars::new(" A", vec![1], vec![1.0]).unwrap();
    let error = csv(&WriteOptions::default(), &[spaced]).unwrap_err();
    assert!(
        error.starts_with("symbol \" A\" would be read back as another"),
        "{error}"
    );
}

#[test]
fn ipc_files_hold_a_batch_a_symbol() {
    let bars = Bars::new("A", vec![1, 2], vec![1.0, 2.0]).unwrap();
    let other = Bars::new("B", vec![3], vec![4.0]).unwrap();
    for compression in [None, Some(Compression::Zstd)] {
        let options = WriteOptions {
            compression,
            ..WriteOptions::default()
        };
        let mut bytes = Vec::new();
        let both = [bars.clone(), other.clone()];
        written(IpcWriter::new, &mut bytes, &options, &both).unwrap();
        let read = FileReader::try_new(std::io::Cursor::new(bytes), None).unwrap();
        let read: Vec<_> = read.map(Result::unwrap).collect();
        assert_eq!(read.len(), 2);
        let time = read[0].column_by_name("time").unwrap();
        assert_eq!(
            *time.as_primitive::<TimestampNanosecondType>().values(),
            [1, 2]
        );
        let close = read[1].column_by_name("close").unwrap();
        assert_eq!(*close.as_primitive::<Float64Type>().values(), [4.0]);
        assert_eq!(read[1]["symbol"].as_string::<i32>().value(0), "B");
    }
}

#[test]
fn a_full_disk_is_told() {
    #[derive(Debug)]
    struct Full;
    impl std::io::Write for Full {
        fn write(&mut self, _: &[u8]) -> std::io::Result<usize> {
            Err(std::io::ErrorKind::StorageFull.into())
        }
        fn flush(&mut self) -> std::io::Result<()> {
            Err(std::io::ErrorKind::StorageFull.into())
        }
    }
    let bars = Bars::new("A", vec![1], vec![1.0]).unwrap();
    let options = WriteOptions::default();
    let writers: [Box<dyn BarsWriter>; 3] = [
        Box::new(CsvWriter::new(Full, &options)),
        Box::new(ParquetWriter::new(Full, &options)),
        Box::new(IpcWriter::new(Full, &options)),
    ];
    for mut writer in writers {
        let failed = writer
            .write(&bars)
            .and_then(|()| writer.finish())
            .unwrap_err();
        assert_eq!(failed.to_string(), "cannot write: no storage space");
    }
}
