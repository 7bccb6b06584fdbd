//! Files that are unusual rather than wrong, and what is said about those that cannot be used.

use crate::support::{Folder, csv, market, walk};

#[test]
fn a_price_out_of_range_is_told_with_its_place_and_in_few_digits() {
    let folder = Folder::new();
    for price in ["1e300", "1e-300", "1.5e100", &"9".repeat(300)] {
        folder.write("A.csv", format!("time,close\n1,1\n2,{price}\n"));
        let told = folder.run(&["atc", "A.csv"]).refused();
        assert!(told.starts_with("error: `A.csv` line 3, column `close`: `"));
        assert!(
            told.ends_with("is not a price from 1e-100 to 1e100; correct it or remove the row\n")
        );
        assert!(told.len() < 200, "{told}");
        assert_eq!(folder.run(&["scan", "A.csv"]).stderr, told);
    }
    folder.write("A.csv", "time,close,volume\n1,1e100,1e300\n2,1e-100,0\n");
    folder.run(&["scan", "A.csv"]);
    for help in ["atc", "scan"] {
        assert!(folder.run(&[help, "--help"]).ok().contains("1e-100"));
    }
    folder.write("A.csv", "time,high,low,close\n1,1,1e90,1\n");
    let told = folder.run(&["atc", "A.csv"]).refused();
    assert!(told.contains("high 1 is below low 1e90;"), "{told}");
}

#[cfg(unix)]
#[test]
fn a_link_to_nothing_is_told() {
    let folder = market(&["A"]);
    std::os::unix::fs::symlink("gone.csv", folder.path().join("data/x.csv")).unwrap();
    std::fs::create_dir(folder.path().join("data/folder.csv")).unwrap();
    let args = ["scan", "--limit", "100", "--format", "json"];
    for data in ["data", "data/*.csv", "data/x.csv"] {
        let told = folder.run(&[&args[..], &[data]].concat()).refused();
        assert_eq!(
            told,
            "error: `data/x.csv` is a link to a file that is missing; correct or remove it\n"
        );
    }
    let ran = folder.run(&[&args[..], &["data", "--on-error", "collect"]].concat());
    assert_eq!(ran.code, Some(3));
    assert!(ran.stdout.contains(r#""failed":[{"symbol":"x","#));
    assert!(ran.stdout.contains(r#""symbols":2"#));
}

#[cfg(unix)]
#[test]
fn what_is_no_regular_file_is_refused_without_waiting_for_it() {
    let folder = market(&["A"]);
    let fifo = folder.path().join("data/f.csv");
    let made = std::process::Command::new("mkfifo").arg(&fifo).status();
    assert!(made.unwrap().success());
    for data in ["data/f.csv", "data", "data/*.csv"] {
        for command in ["scan", "atc"] {
            let args = [command, data, "--engine", "sequential"];
            let told = folder.run(&[&args[..], &["--output", "out"]].concat());
            assert_eq!(
                told.refused(),
                "error: `data/f.csv` is not a regular file; save it first, and name the saved file\n"
            );
        }
    }
    let told = folder.run(&["scan", "/dev/null"]).refused();
    assert!(
        told.starts_with("error: `/dev/null` is not a regular file; save it first"),
        "{told}"
    );
}

#[test]
fn another_separator_is_named() {
    let folder = Folder::new();
    for (separator, shown) in [(";", "`;`"), ("\t", "tabs"), ("|", "`|`")] {
        let text = "time,open,close\n1,1,1\n".replace(',', separator);
        folder.write("A.csv", text);
        for options in [&[][..], &["--symbol-col", "open"], &["--time-col", "when"]] {
            let told = folder.run(&[&["scan", "A.csv"], options].concat());
            assert_eq!(
                told.refused(),
                format!(
                    "error: `A.csv` line 1: columns are separated by {shown}, expected `,`; \
                     save the file as comma-separated csv\n"
                )
            );
        }
    }
}

#[test]
fn control_characters_of_a_symbol_are_escaped() {
    let folder = Folder::new();
    let mut text = String::from("symbol,time,close,exchange\n");
    for (day, close) in walk(7, 60).iter().enumerate() {
        text += &format!("\"a\u{1b}[2J\nb\",{day},{close},X\u{7}Y\n");
    }
    text += "\"bad\u{1b}[1m\r\nx\",1,oops,\nlast,1,1,\n";
    folder.write("all.csv", text);
    let args = ["scan", "all.csv", "--limit", "60", "--min-signal", "0"];
    let table = folder.run(&[&args[..], &["--on-error", "collect"]].concat());
    let raw = |text: &str| text.chars().any(|c| c.is_control() && c != '\n');
    assert!(!raw(&table.stdout), "{table:?}");
    assert!(table.stdout.contains("a\\u{1b}[2J\\nb"), "{table:?}");
    assert!(table.stdout.contains("X\\u{7}Y"), "{table:?}");
    assert!(table.stdout.contains("bad\\u{1b}[1m\\r\\nx: "), "{table:?}");
    let csv = folder.run(&[&args[..], &["--on-error", "collect", "--format", "csv"]].concat());
    assert!(!raw(&csv.stderr), "{csv:?}");
    assert!(
        csv.stderr.contains("failed: `bad\\u{1b}[1m\\r\\nx`: "),
        "{csv:?}"
    );
    let rows = folder.run(&[
        "atc",
        "all.csv",
        "--format",
        "table",
        "--on-error",
        "collect",
    ]);
    assert!(!raw(&rows.stdout) && !raw(&rows.stderr), "{rows:?}");
    let ended = folder.run(&["atc", "all.csv", "--cutout", "90"]);
    assert!(ended.stderr.starts_with("error: symbol `a\\u{1b}[2J\\nb`:"));
}

#[test]
fn hidden_files_are_left_out_as_a_shell_does() {
    let folder = market(&["A"]);
    folder.write("data/.x.csv", "not a price file");
    for data in ["data", "data/*.csv", "data/*", "d*/*.csv"] {
        let text = folder.run(&["scan", data, "--limit", "100"]).ok();
        assert!(text.ends_with("\n1 symbol\n"), "{data}: {text}");
    }
    for data in ["data/.x.csv", "data/.*.csv"] {
        let told = folder.run(&["scan", data]).refused();
        assert!(told.contains("data/.x.csv"), "{told}");
    }
}

#[test]
fn an_empty_cell_where_the_command_needs_none_is_no_fault() {
    let folder = Folder::new();
    let (mut full, mut gaps) = (csv(&[]), String::from("time,open,high,low,close,volume\n"));
    for (day, close) in walk(3, 80).iter().enumerate() {
        full += &format!("{day},{close}\n");
        let (high, low) = (close * 1.01, close * 0.99);
        match day % 4 {
            0 => gaps += &format!("{day},,{high},{low},{close},\n"),
            1 => gaps += &format!("{day},{close},, ,{close},5\n"),
            _ => gaps += &format!("{day},{close},{high},{low},{close},5\n"),
        }
    }
    folder.write("A.csv", &full);
    let expected = folder.run(&["atc", "A.csv"]).ok();
    folder.write("A.csv", &gaps);
    assert_eq!(folder.run(&["atc", "A.csv"]).ok(), expected);
    folder.run(&["scan", "A.csv", "--limit", "80"]).ok();
    for (source, line, column) in [
        ("hl2", 3, "high"),
        ("hlc3", 3, "high"),
        ("ohlc4", 2, "open"),
    ] {
        for command in ["atc", "scan"] {
            let told = folder
                .run(&[command, "A.csv", "--source", source])
                .refused();
            let place = format!("`A.csv` line {line}, column `{column}`: the cell is empty");
            assert!(told.contains(&place), "{told}");
        }
    }
    folder.write("A.csv", "time,volume,close\n1,,1\n2,many,2\n");
    let told = folder.run(&["atc", "A.csv"]).refused();
    assert!(told.contains("line 3, column `volume`: `many`"), "{told}");
    folder.write("A.csv", "time,high,low,close\n1,,1,1\n2,1,2,2\n");
    let told = folder.run(&["atc", "A.csv"]).refused();
    assert!(told.contains("line 3, column `high`"), "{told}");
}
