//! Files with changed bytes and files that are cut: bars, or an error of one line.

use super::write::{BarsWriter, Compression, CsvWriter, IpcWriter, ParquetWriter, WriteOptions};
use super::*;
use crate::bars::Bars;

fn bars(symbol: &str) -> Bars {
    let time: Vec<i64> = (1..=20).map(|second| second * 1_000_000_000).collect();
    let close: Vec<f64> = (1_i32..=20).map(f64::from).collect();
    let bars = Bars::new(symbol, time, close).unwrap();
    bars.with_volume(vec![0.0; 20]).unwrap().with_exchange("X")
}

/// Files of two symbols, in every format and with every compression.
fn files() -> Vec<(&'static str, Vec<u8>)> {
    let mut files = Vec::new();
    for compression in [Compression::None, Compression::Zstd] {
        let options = WriteOptions {
            compression: Some(compression),
            ..WriteOptions::default()
        };
        let (mut csv, mut parquet, mut ipc) = (Vec::new(), Vec::new(), Vec::new());
        let writers: [Box<dyn BarsWriter + '_>; 3] = [
            Box::new(CsvWriter::new(&mut csv, &options)),
            Box::new(ParquetWriter::new(&mut parquet, &options)),
            Box::new(IpcWriter::new(&mut ipc, &options)),
        ];
        for mut writer in writers {
            for symbol in ["A", "B"] {
                writer.write(&bars(symbol)).unwrap();
            }
            writer.finish().unwrap();
        }
        files.extend([("x.csv", csv), ("x.parquet", parquet), ("x.arrow", ipc)]);
    }
    files
}

/// The symbols, or what is wrong with the file; what is wrong with a symbol is looked at too.
fn read(name: &str, bytes: Vec<u8>) -> Result<usize, String> {
    let one_line = |text: String| {
        assert!(
            !text.contains(['\n', '\r']) && text.starts_with('`'),
            "{text:?}"
        );
        text
    };
    let symbols = reader::read_bytes(name, bytes, &CsvOptions::default());
    let symbols = symbols.map_err(|error| one_line(error.to_string()))?;
    let mut good = 0;
    let mut fault = None;
    for symbol in symbols {
        match symbol {
            Ok(bars) => {
                assert!(!bars.is_empty());
                good += 1;
            }
            Err(error) => fault = Some(one_line(error.to_string())),
        }
    }
    fault.map_or(Ok(good), Err)
}

#[test]
fn whole_files_are_read() {
    for (name, bytes) in files() {
        assert_eq!(read(name, bytes), Ok(2), "{name}");
    }
}

/// The bytes of a number, once in a file: its fifth byte is changed, so that it says 4 GiB more.
fn with_more(bytes: &[u8], from: usize, number: i64) -> Vec<u8> {
    let number = number.to_le_bytes();
    let mut found = bytes[from..]
        .windows(8)
        .enumerate()
        .filter(|(_, window)| *window == number);
    let (at, _) = found.next().expect("it is there");
    let mut bad = bytes.to_vec();
    bad[from + at + 4] ^= 1;
    bad
}

#[test]
fn no_room_is_made_for_what_a_file_does_not_hold() {
    for (name, bytes) in files() {
        if name != "x.arrow" {
            continue;
        }
        let end = bytes.len() - 10;
        let tail: [u8; 10] = bytes[end..].try_into().unwrap();
        let footer_at = end - arrow_ipc::reader::read_footer_length(tail).unwrap();
        let footer = arrow_ipc::root_as_footer(&bytes[footer_at..end]).unwrap();
        let block = *footer.recordBatches().unwrap().get(0);
        let refused = |bad: Vec<u8>| {
            let error = read(name, bad).unwrap_err();
            assert!(
                error.contains("what it says of itself is not what it holds"),
                "{error}"
            );
        };
        refused(with_more(&bytes, footer_at, block.bodyLength()));
        refused(with_more(&bytes, footer_at, block.offset()));
        let head_at = usize::try_from(block.offset()).unwrap();
        let body_at = head_at + usize::try_from(block.metaDataLength()).unwrap();
        let message = arrow_ipc::root_as_message(&bytes[head_at + 8..body_at]).unwrap();
        let batch = message.header_as_record_batch().unwrap();
        if batch.compression().is_none() {
            continue;
        }
        let packed = batch
            .buffers()
            .unwrap()
            .iter()
            .find(|buffer| buffer.length() > 8)
            .unwrap();
        refused(with_more(&bytes, head_at, packed.length()));
        let at = body_at + usize::try_from(packed.offset()).unwrap();
        let mut bad = bytes.clone();
        bad[at + 4] ^= 1;
        refused(bad);
    }
}

#[test]
fn encrypted_files_say_so() {
    let files: [&[u8]; 3] = [
        include_bytes!("../../tests/fixtures/encrypted/footer.parquet"),
        include_bytes!("../../tests/fixtures/encrypted/close.parquet"),
        include_bytes!("../../tests/fixtures/encrypted/symbol.parquet"),
    ];
    for bytes in files {
        let told = "`x.parquet` is encrypted, as a whole or in part; write it without encryption";
        assert_eq!(read("x.parquet", bytes.to_vec()), Err(told.to_owned()));
    }
}

#[test]
fn a_changed_byte_does_no_harm() {
    let mut refused = 0;
    for (number, (name, bytes)) in files().into_iter().enumerate() {
        for at in (number % 5..bytes.len()).step_by(5) {
            for change in [0x55, 0xff, 0x01] {
                let mut bad = bytes.clone();
                bad[at] ^= change;
                refused += usize::from(read(name, bad).is_err());
            }
        }
    }
    assert!(refused > 1_000, "{refused}");
}

#[test]
fn a_file_that_is_cut_is_refused() {
    for (name, bytes) in files() {
        if name == "x.csv" {
            continue;
        }
        for end in (0..bytes.len()).step_by(7) {
            let cut = read(name, bytes[..end].to_vec());
            assert!(cut.is_err(), "{name} at {end} of {}: {cut:?}", bytes.len());
        }
    }
}
