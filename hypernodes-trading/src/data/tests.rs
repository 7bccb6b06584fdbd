//! What files give, and what is said about bad ones.

use std::sync::atomic::{AtomicUsize, Ordering};

use proptest::prelude::*;

use super::*;
use crate::bars::Bars;

fn read_with(text: &str, options: &CsvOptions) -> Result<Vec<Bars>, String> {
    let symbols = read_csv_bytes("ACME.csv", text.as_bytes(), options);
    let symbols = symbols.map_err(|e| e.to_string())?;
    symbols.collect::<Result<_, _>>().map_err(|e| e.to_string())
}

fn read(text: &str) -> Result<Vec<Bars>, String> {
    read_with(text, &CsvOptions::default())
}

fn fault(text: &str) -> String {
    let fault = read(text).expect_err("this file has a fault");
    assert!(!fault.contains('\n'), "{fault}");
    fault
}

#[test]
fn a_file_without_symbols_is_named_by_its_stem() {
    let text = "\u{feff}Date, OPEN_PRICE ,High,low,CLOSE,Volume,Exchange,note\n\
        2024-01-02,10,12,9,11,1000,XNAS,\"a, \"\"b\"\"\"\r\n\r\n  \n2024-01-03,11,13,10,12,0,,\n";
    let bars = read(text).unwrap().remove(0);
    assert_eq!((bars.symbol(), bars.exchange()), ("ACME", Some("XNAS")));
    assert_eq!(bars.close(), [11.0, 12.0]);
    assert_eq!(bars.open(), Some([10.0, 11.0].as_slice()));
    assert_eq!(bars.volume(), Some([1000.0, 0.0].as_slice()));
    assert_eq!(bars.time()[1] - bars.time()[0], 86_400_000_000_000);
}

#[test]
fn symbols_may_be_grouped_or_interleaved() {
    let grouped = "stock_code,time,close\nB,1,1\nB,2,2\nA,1,3\n A ,2,4\n";
    let mixed = "stock_code,time,close\nB,1,1\nA,1,3\nB,2,2\nA,2,4\n";
    let expected = read(grouped).unwrap();
    assert_eq!(expected.len(), 2);
    assert_eq!(
        (expected[1].symbol(), expected[1].close()),
        ("A", [3.0, 4.0].as_slice())
    );
    assert_eq!(read(mixed).unwrap(), expected);
    // A choice of symbols.
    let options = CsvOptions {
        symbols: Some(["A".to_owned()].into()),
        ..CsvOptions::default()
    };
    for text in [grouped, mixed] {
        assert_eq!(read_with(text, &options).unwrap(), expected[1..]);
    }
    assert!(read_with("time,close\n1,1\n", &options).unwrap().is_empty());
}

#[test]
fn a_bad_row_fails_its_symbol_only() {
    for text in [
        "symbol,time,close\nA,1,1\nA,2,x\nA,3,-1\nB,1,1\nC,2,2,\nD,1,1\n",
        "symbol,time,close\nA,1,1\nB,1,1\nA,2,x\nC,2,2,\nA,3,-1\nD,1,1\n",
    ] {
        let all = read_csv_bytes("x.csv", text.as_bytes(), &CsvOptions::default()).unwrap();
        let names: Vec<_> = all
            .map(|s| match s {
                Ok(bars) => format!("{} good", bars.symbol()),
                Err(e) => format!("{} bad", e.symbol),
            })
            .collect();
        assert_eq!(names, ["A bad", "B good", "C bad", "D good"]);
    }
    let text = "symbol,time,close\nA,1,1\nA,2,2\n,3,3\nB,1,1\n";
    let all = read_csv_bytes("x.csv", text.as_bytes(), &CsvOptions::default()).unwrap();
    let all: Vec<_> = all.collect();
    assert_eq!(all.len(), 2);
    assert_eq!(
        all[1].as_ref().unwrap_err().to_string(),
        "`x.csv` line 4, column `symbol`: the cell is empty, expected a value; fill it in or \
         remove the row"
    );
}

#[test]
fn columns_can_be_named() {
    let options = CsvOptions {
        time_column: Some("Day".into()),
        symbol_column: Some("ticker".into()),
        price_column: Some("adj".into()),
        ..CsvOptions::default()
    };
    let bars = read_with("ticker,day,close,ADJ\nX,2024-01-01,1,2\n", &options)
        .unwrap()
        .remove(0);
    assert_eq!((bars.symbol(), bars.close()), ("X", [2.0].as_slice()));
    let error = read_with("ticker,date,close,adj\nX,2024-01-01,1,2\n", &options).unwrap_err();
    assert_eq!(
        error,
        "`ACME.csv` line 1 has no column `Day`; columns there: `ticker`, `date`, `close`, `adj`"
    );
}

#[test]
fn a_range_of_times_is_cut_out() {
    let range = TimeRange::parse(Some("2024-01-02"), Some("2024-01-03")).unwrap();
    let options = CsvOptions {
        range,
        ..CsvOptions::default()
    };
    let text = "time,close\n2024-01-01,1\n2024-01-02,2\n2024-01-03T12:00,3\n2024-01-04,4\n";
    assert_eq!(read_with(text, &options).unwrap()[0].close(), [2.0, 3.0]);
    assert_eq!(
        read_with("time,close\n2024-01-01,1\n", &options).unwrap_err(),
        "`ACME.csv` has no rows of `ACME` in the time range; widen `--from` and `--to`"
    );
}

#[test]
fn close_alone_leaves_other_columns_alone() {
    let text = "time,open,high,low,close,volume\n1,x,1,2,5,\n";
    let options = CsvOptions {
        columns: CsvColumns::Close,
        ..CsvOptions::default()
    };
    let bars = read_with(text, &options).unwrap().remove(0);
    assert_eq!((bars.close(), bars.open()), ([5.0].as_slice(), None));
}

#[test]
fn each_fault_says_where_and_what_to_do() {
    for (text, expected) in [
        ("", "`ACME.csv` is empty; expected a header line and rows"),
        (
            "\n\n",
            "`ACME.csv` is empty; expected a header line and rows",
        ),
        ("time,close\n", "`ACME.csv` has a header but no rows"),
        (
            "time,Closing\n1,1\n",
            "`ACME.csv` line 1 has no column `close`; columns there: `time`, `Closing`; \
             did you mean `Closing`?",
        ),
        (
            "time,close,Close\n1,1,1\n",
            "`ACME.csv` line 1: columns 2 (`close`) and 3 (`Close`) can both be `close`; choose \
             one with `--price-col`",
        ),
        (
            "time,close\n1,1\n2,abc\n",
            "`ACME.csv` line 3, column `close`: `abc` is not a number; correct it or remove the \
             row",
        ),
        (
            "time,close\n1,NaN\n",
            "`ACME.csv` line 2, column `close`: `NaN` is not a finite number; correct it or \
             remove the row",
        ),
        (
            "time,close\n1,1\n2,inf\n",
            "`ACME.csv` line 3, column `close`: `inf` is not a finite number; correct it or \
             remove the row",
        ),
        (
            "time,close\n1,0\n",
            "`ACME.csv` line 2, column `close`: `0` is not a price above 0; correct it or remove \
             the row",
        ),
        (
            "time,close\n1,\n",
            "`ACME.csv` line 2, column `close`: the cell is empty, expected a value; fill it in \
             or remove the row",
        ),
        (
            "time,close,volume\n1,1,-5\n",
            "`ACME.csv` line 2, column `volume`: `-5` is a volume below 0; correct it or remove \
             the row",
        ),
        (
            "time,close\nsoon,1\n",
            "`ACME.csv` line 2, column `time`: `soon` is not a time; write an ISO date or \
             date-time, or an integer epoch",
        ),
        (
            "time,close\n2024-01-01,1\n\n2024-01-01,2\n",
            "`ACME.csv` line 4, column `time`: `2024-01-01` repeats the time of the row before; \
             remove one of the two",
        ),
        (
            "time,close\r\n2024-01-02,1\r\n2024-01-01,2\r\n",
            "`ACME.csv` line 3, column `time`: `2024-01-01` is earlier than the row before; sort \
             the rows by time",
        ),
        (
            "time,high,low,close\n1,2,3,2\n",
            "`ACME.csv` line 2, column `high`: high 2 is below low 3; correct the row",
        ),
        (
            "time,close\n1,1\n2\n",
            "`ACME.csv` line 3: expected 2 cells as in the header, found 1; correct the row",
        ),
        (
            "time,close\n1,1\n2,2,2\n",
            "`ACME.csv` line 3: expected 2 cells as in the header, found 3; correct the row",
        ),
        (
            "PK\u{3}\u{4}\0\0,\0\n\0\n",
            "`ACME.csv` line 1 is not UTF-8 text; save the file as UTF-8 csv",
        ),
        (
            "time,close\n1,1\n\0\u{1}\n",
            "`ACME.csv` line 3 is not UTF-8 text; save the file as UTF-8 csv",
        ),
    ] {
        assert_eq!(fault(text), expected, "{text:?}");
    }
    let bytes = b"time,close\n1,1\n2,\xff\xfe\n".as_slice();
    let error = read_csv_bytes("x.csv", bytes, &CsvOptions::default())
        .unwrap()
        .next()
        .unwrap();
    let error = error.unwrap_err();
    assert_eq!(error.error.line(), Some(3));
    assert!(
        error
            .to_string()
            .contains("is not text; save the file as UTF-8 csv")
    );
}

#[test]
fn lines_count_as_an_editor_does() {
    for (text, line) in [
        ("time,close\n\n\n1,x\n", 4),
        ("time,close\r\n\r\n1,x\r\n", 3),
        ("time,close\r1,1\r2,x\r", 3),
        ("time,close\n1,1\n2,x", 3),
        ("\u{feff}time,close\n1,x\n", 2),
        ("time,close,note\n1,1,\"a\nb\"\n2,x,\n", 4),
        ("time,close\n   \n1,x\n", 3),
    ] {
        assert!(
            fault(text).contains(&format!("line {line},")),
            "{text:?}: {}",
            fault(text)
        );
    }
}

struct Folder(std::path::PathBuf);

impl Folder {
    fn new() -> Self {
        static COUNT: AtomicUsize = AtomicUsize::new(0);
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        let name = format!("hypernodes-trading-{}-{count}", std::process::id());
        let path = std::env::temp_dir().join(name);
        std::fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    fn path(&self, name: &str) -> String {
        self.0.join(name).display().to_string()
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        std::fs::remove_dir_all(&self.0).ok();
    }
}

#[test]
fn folders_and_globs_expand_in_order() {
    let folder = Folder::new();
    std::fs::create_dir(folder.path("sub")).unwrap();
    for name in ["b.csv", "a.CSV", "c.txt", "sub/d.csv"] {
        std::fs::write(folder.path(name), "time,close\n1,2\n").unwrap();
    }
    let names = |data: &[String]| -> Vec<String> {
        let files = expand(data).unwrap();
        files
            .iter()
            .map(|f| f.file_name().unwrap().to_string_lossy().into_owned())
            .collect()
    };
    assert_eq!(names(&[folder.path("")]), ["a.CSV", "b.csv"]);
    assert_eq!(
        names(&[folder.path("b.csv"), folder.path("*.*")]),
        ["b.csv", "a.CSV", "c.txt"]
    );
    assert_eq!(names(&[folder.path("**/d.csv")]), ["d.csv"]);
    let bars = read_csv(folder.path("b.csv"), &CsvOptions::default())
        .unwrap()
        .next()
        .unwrap();
    assert_eq!(bars.unwrap().symbol(), "b");
}

#[test]
fn what_is_not_there_is_said() {
    let folder = Folder::new();
    std::fs::create_dir(folder.path("empty")).unwrap();
    let error = |name: &str| expand([folder.path(name)]).unwrap_err().to_string();
    assert!(
        error("none.csv").starts_with("no file or folder at `"),
        "{}",
        error("none.csv")
    );
    assert!(error("*.csv").starts_with("no file matches `"));
    assert!(error("***").contains("is not a valid pattern"));
    assert!(
        error("empty")
            .ends_with("has no csv, Parquet or Arrow file; name the files, or another folder")
    );
    let read = |name: &str| read_csv(folder.path(name), &CsvOptions::default()).unwrap_err();
    assert!(matches!(read("none.csv"), DataError::Missing { .. }));
    assert!(matches!(read("empty"), DataError::NotAFile { .. }));
    assert!(matches!(
        parse_symbols("@nowhere").unwrap_err(),
        DataError::Missing { .. }
    ));
    std::fs::write(folder.path("list"), "A\nB, C\n").unwrap();
    assert_eq!(
        parse_symbols(&format!("@{}", folder.path("list")))
            .unwrap()
            .len(),
        3
    );
}

proptest! {
    #[test]
    fn any_bytes_are_read_or_refused_in_one_line(
        header in prop_oneof![
            Just(""), Just("time,close\n"), Just("symbol,time,high,low,close\n"),
        ],
        body in proptest::collection::vec(any::<u8>(), 0..200),
    ) {
        let mut bytes = header.as_bytes().to_vec();
        bytes.extend(body);
        check_any(bytes)?;
    }

    #[test]
    fn nearly_good_rows_are_read_or_refused_in_one_line(
        rows in proptest::collection::vec("[AB\"]?,[0-9]{0,2}(,[-0-9.\"]{0,3}){2,4}[\r\n,]{1,2}", 0..8),
    ) {
        check_any(format!("symbol,time,high,low,close\n{}", rows.concat()).into_bytes())?;
    }
}

fn check_any(bytes: Vec<u8>) -> Result<(), TestCaseError> {
    let lines = bytes.iter().filter(|b| matches!(b, b'\n' | b'\r')).count() as u64 + 1;
    let one_line = |error: &DataError| {
        let text = error.to_string();
        prop_assert!(!text.contains(['\n', '\r']), "{text:?}");
        prop_assert!(
            error.line().is_none_or(|l| (1..=lines).contains(&l)),
            "{text}"
        );
        Ok(())
    };
    match read_csv_bytes("x.csv", bytes, &CsvOptions::default()) {
        Err(error) => one_line(&error)?,
        Ok(symbols) => {
            for symbol in symbols {
                match symbol {
                    Ok(bars) => prop_assert!(!bars.is_empty()),
                    Err(error) => one_line(&error.error)?,
                }
            }
        }
    }
    Ok(())
}
