//! What every format gives alike: csv, packed csv, Parquet, Arrow IPC and tables in memory, grouped by symbol.

use std::io::Write;

use proptest::prelude::*;

use super::tests_table::{DAY, floats, ints, parquet_of, table, texts};
use super::write::{BarsWriter, CsvWriter, IpcWriter, ParquetWriter, WriteColumns, WriteOptions};
use super::*;
use crate::bars::{Bars, PriceSource};

fn written(all: &[Bars], options: &WriteOptions) -> [(&'static str, Vec<u8>); 3] {
    let (mut csv, mut parquet, mut ipc) = (Vec::new(), Vec::new(), Vec::new());
    let writers: [Box<dyn BarsWriter + '_>; 3] = [
        Box::new(CsvWriter::new(&mut csv, options)),
        Box::new(ParquetWriter::new(&mut parquet, options)),
        Box::new(IpcWriter::new(&mut ipc, options)),
    ];
    for mut writer in writers {
        for bars in all {
            writer.write(bars).unwrap();
        }
        writer.finish().unwrap();
    }
    [("x.csv", csv), ("x.parquet", parquet), ("x.arrow", ipc)]
}

fn read_any(name: &str, bytes: Vec<u8>, options: &CsvOptions) -> Vec<Bars> {
    let read = reader::read_bytes(name, bytes, options).unwrap();
    read.collect::<Result<_, _>>().unwrap()
}

proptest! {
    #[test]
    fn every_format_reads_back_bit_for_bit(bars in write::tests::some_bars()) {
        let all = [bars];
        for (name, bytes) in written(&all, &WriteOptions::default()) {
            let read = read_any(name, bytes, &CsvOptions::default());
            prop_assert!(write::tests::same_bits(&read[0], &all[0]), "{name}: {read:?}");
        }
    }

    /// Whatever the order of rows, however little memory, and in whichever format: the same symbols.
    #[test]
    fn symbols_are_grouped_whatever_the_order_of_rows(
        order in proptest::collection::vec(0_usize..5, 1..300),
        group_rows in 1_usize..100,
    ) {
        const NAMES: [&str; 5] = ["E", "A", "D", "B", "C"];
        let mut text = "symbol,time,open,close\n".to_owned();
        let mut expected: Vec<(usize, Vec<i64>)> = Vec::new();
        for (row, &which) in order.iter().enumerate() {
            text += &format!("{},{},{}.5,{}\n", NAMES[which], row + 1, row + 1, row + 1);
            let time = (i64::try_from(row).unwrap() + 1) * 1_000_000_000;
            match expected.iter_mut().find(|(other, _)| *other == which) {
                Some((_, times)) => times.push(time),
                None => expected.push((which, vec![time])),
            }
        }
        let numbers = |half: f64| -> Vec<f64> { (1..=order.len()).map(|row| half + f64::from(u32::try_from(row).unwrap())).collect() };
        let names: Vec<&str> = order.iter().map(|&which| NAMES[which]).collect();
        let times: Vec<i64> = (1..=i64::try_from(order.len()).unwrap()).collect();
        let columns = vec![("time", ints(&times)), ("symbol", texts(&names)), ("open", floats(&numbers(0.5))), ("close", floats(&numbers(0.0)))];
        let parquet = parquet_of(&[table(columns)], group_rows);
        for max_memory in [None, Some(0)] {
            let options = CsvOptions { max_memory, ..CsvOptions::default() };
            for (name, bytes) in [("x.csv", text.clone().into_bytes()), ("x.parquet", parquet.clone())] {
                let read = read_any(name, bytes, &options);
                prop_assert_eq!(read.len(), expected.len());
                for (bars, (which, times)) in read.iter().zip(&expected) {
                    prop_assert_eq!((bars.symbol(), bars.time()), (NAMES[*which], &**times));
                    let close = bars.time().iter().map(|time| (time / 1_000_000_000) as f64);
                    prop_assert!(close.clone().eq(bars.close().iter().copied()));
                    prop_assert!(close.map(|close| close + 0.5).eq(bars.open().unwrap().iter().copied()));
                }
            }
        }
    }
}

#[test]
fn compressed_csv_is_unpacked_as_it_is_read() {
    let text = "time,close\n1,1\n2,2\n";
    let gzip = |text: &str| {
        let mut to = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        to.write_all(text.as_bytes()).unwrap();
        to.finish().unwrap()
    };
    let zstd = |text: &str| zstd::encode_all(text.as_bytes(), 1).unwrap();
    let two_members = [gzip("time,close\n1,1\n"), gzip("2,2\n")].concat();
    let options = CsvOptions::default();
    for (name, bytes, symbol) in [
        ("data/AAPL.csv.gz", gzip(text), "AAPL"),
        ("data/AAPL.csv.gz", two_members, "AAPL"),
        ("BRK.B.CSV.ZST", zstd(text), "BRK.B"),
        ("BRK.B.zst", zstd(text), "BRK.B"),
        ("MSFT.csv", gzip(text), "MSFT"),
        ("MSFT.csv", zstd(text), "MSFT"),
    ] {
        let bars = read_csv_bytes(name, bytes, &options)
            .unwrap()
            .next()
            .unwrap()
            .unwrap();
        assert_eq!((bars.symbol(), bars.close()), (symbol, &[1.0, 2.0][..]));
    }
    let error = |name: &str, bytes: Vec<u8>| {
        let read = read_csv_bytes(name, bytes, &options);
        let error = read.map_or_else(
            |e| e.to_string(),
            |mut s| s.next().unwrap().unwrap_err().to_string(),
        );
        assert!(!error.contains('\n'), "{error}");
        error
    };
    let bad = format!("{text}\n\n3,x\n");
    for (name, bytes) in [("A.csv.gz", gzip(&bad)), ("A.csv.zst", zstd(&bad))] {
        let expected = format!(
            "`{name}` line 6, column `close`: `x` is not a number; correct it or remove the row"
        );
        assert_eq!(error(name, bytes.clone()), expected);
        let cut = error(name, bytes[..bytes.len() - 6].to_vec());
        let packing = if name.ends_with("gz") { "gzip" } else { "zstd" };
        assert!(
            cut.starts_with(&format!("`{name}` is no whole {packing} file: ")),
            "{cut}"
        );
        assert!(cut.ends_with("; copy it again, or pack it again"), "{cut}");
        let other = error(name, text.as_bytes().to_vec());
        assert!(
            other.starts_with(&format!("`{name}` is no whole {packing} file: ")),
            "{other}"
        );
    }
}

#[test]
fn a_folder_gives_files_of_every_format() {
    let folder = std::env::temp_dir().join(format!("hn-formats-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let bars = |symbol: &str| Bars::new(symbol, vec![DAY, 2 * DAY], vec![1.0, 2.0]).unwrap();
    let one = WriteOptions {
        symbol_column: false,
        ..WriteOptions::default()
    };
    let [(_, csv), (_, parquet), (_, ipc)] = written(&[bars("any")], &one);
    let many = written(&[bars("Y"), bars("X")], &WriteOptions::default());
    for (name, bytes) in [
        ("a.csv", &csv),
        ("b.csv.zst", &zstd::encode_all(&*csv, 1).unwrap()),
        ("c.pq", &parquet),
        ("d.feather", &ipc),
        ("e.parquet", &many[1].1),
        ("f.txt", &csv),
        ("g.parquet", &b"PAR1".to_vec()),
    ] {
        std::fs::write(folder.join(name), bytes).unwrap();
    }
    let files = expand([folder.display().to_string()]).unwrap();
    let options = CsvOptions::default();
    let all: Vec<_> = sources(&files, &options).collect();
    let names: Vec<_> = all
        .iter()
        .map(|source| source.symbol().into_owned())
        .collect();
    assert_eq!(names, ["a", "b", "c", "d", "Y", "X", "g"]);
    let is_file = all
        .iter()
        .map(|source| matches!(source, SymbolSource::File(_)));
    assert_eq!(
        is_file.collect::<Vec<_>>(),
        [true, true, true, true, false, false, true]
    );
    let expected = bars("any");
    for source in &all[..6] {
        let bars = source.clone().load(&options).unwrap();
        assert_eq!(
            (bars.time(), bars.close()),
            (expected.time(), expected.close())
        );
    }
    let error = all[6].clone().load(&options).unwrap_err().to_string();
    assert!(error.contains("is no whole Parquet file"), "{error}");
    std::fs::remove_dir_all(&folder).unwrap();
}

#[test]
fn symbols_with_other_columns_read_back_without_them() {
    let plain = Bars::new("A", vec![1], vec![1.0]).unwrap();
    let more = Bars::new("B", vec![1], vec![2.0]).unwrap();
    let more = more.with_volume(vec![3.0]).unwrap().with_exchange("X");
    let columns = Some(WriteColumns::of(&more));
    let options = WriteOptions {
        columns,
        ..WriteOptions::default()
    };
    let some = CsvOptions {
        columns: CsvColumns::For(PriceSource::Close),
        ..CsvOptions::default()
    };
    for (name, bytes) in written(&[plain.clone(), more.clone()], &options) {
        assert_eq!(
            read_any(name, bytes, &some),
            [plain.clone(), more.clone()],
            "{name}"
        );
    }
}

#[test]
fn tables_become_bars_without_a_copy_where_types_fit() {
    let bars = Bars::new("A", vec![1, 2], vec![1.0, 2.0]).unwrap();
    let bars = bars.with_volume(vec![3.0, 4.0]).unwrap().with_exchange("X");
    let table_of = bars.to_record_batch();
    let again = Bars::from_record_batch("A", &table_of).unwrap();
    assert_eq!(again, bars);
    assert!(std::ptr::eq(again.close(), bars.close()));
    assert!(std::ptr::eq(again.time(), bars.time()));
    let part = Bars::from_record_batch("A", &table_of.slice(1, 1)).unwrap();
    assert_eq!(part, bars.slice(1..));
    let other = table(vec![
        ("DATE", texts(&["2024-01-01"])),
        ("close", floats(&[-1.0])),
    ]);
    assert_eq!(
        Bars::from_record_batch("A", &other)
            .unwrap_err()
            .to_string(),
        "`A` row 1, column `close`: `-1.0` is not a price above 0; correct it or remove the row"
    );
}
