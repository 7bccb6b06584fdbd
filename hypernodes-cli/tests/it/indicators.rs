//! `indicators`: columns by name.

use crate::support::{Folder, csv, market, walk};

/// Bars with all columns.
fn full() -> Folder {
    let folder = Folder::new();
    let mut text = String::from("time,open,high,low,close,volume\n");
    let mut open = 100.0;
    for (day, close) in walk(5, 60).iter().enumerate() {
        let (high, low) = (close.max(open) + 1.0, close.min(open) - 1.0);
        text += &format!(
            "{},{open},{high},{low},{close},{}\n",
            86_400 * day,
            1_000 + day
        );
        open = *close;
    }
    folder.write("data/FULL.csv", text);
    folder
}

#[test]
fn columns_stand_in_the_order_asked_for() {
    let folder = full();
    let columns = "RSI_14,MACD_12_26_9.signal,SMA_2,BBANDS_5_2.0_2.0_0.upper,TRANGE";
    let text = folder
        .run(&["indicators", "data/FULL.csv", "--columns", columns])
        .ok();
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(lines.len(), 61);
    assert_eq!(
        lines[0],
        "time,RSI_14,MACD_12_26_9.signal,SMA_2,BBANDS_5_2.0_2.0_0.upper,TRANGE"
    );
    assert_eq!(lines[1], "1970-01-01,,,,,");
    let close = walk(5, 60);
    let sma = lines[2].split(',').nth(3).unwrap().parse::<f64>().unwrap();
    assert!((sma - f64::midpoint(close[0], close[1])).abs() < 1e-12);
    assert!(
        lines[60].split(',').all(|cell| !cell.is_empty()),
        "{}",
        lines[60]
    );
}

#[test]
fn names_may_come_from_a_file_and_in_any_case() {
    let folder = full();
    folder.write("names.txt", "sma_5\n\nRsi_14\r\n ema_3\n");
    let from_file = folder
        .run(&["indicators", "data", "--columns", "@names.txt"])
        .ok();
    assert!(
        from_file.starts_with("time,sma_5,Rsi_14,ema_3\n"),
        "{from_file}"
    );
    let typed = folder
        .run(&["indicators", "data", "--columns", "SMA_5,RSI_14,EMA_3"])
        .ok();
    assert_eq!(
        from_file.lines().skip(1).collect::<Vec<_>>(),
        typed.lines().skip(1).collect::<Vec<_>>()
    );
}

#[test]
fn many_symbols_come_with_their_names() {
    let folder = market(&["B", "A"]);
    let text = folder
        .run(&["indicators", "data", "--columns", "SMA_3"])
        .ok();
    assert!(
        text.starts_with("symbol,time,SMA_3\nA,1970-01-01,\n"),
        "{text}"
    );
    let json = folder
        .run(&[
            "indicators",
            "data",
            "--columns",
            "SMA_3",
            "--format",
            "json",
        ])
        .ok();
    let rows: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!(rows[0]["symbol"], "A");
    assert!(rows[0]["SMA_3"].is_null());
    assert!(rows[2]["SMA_3"].as_f64().is_some());
    let table = folder
        .run(&[
            "indicators",
            "data",
            "--columns",
            "SMA_3",
            "--format",
            "table",
        ])
        .ok();
    assert!(
        table.starts_with("          symbol            time           SMA_3\n"),
        "{table}"
    );
}

#[test]
fn the_bytes_are_the_same_on_every_engine() {
    let folder = market(&["A", "B", "C", "D", "E"]);
    let columns = "KAMA_10,HT_TRENDMODE,ATC_HMA_28,STOCHRSI.k";
    let run = |more: &[&str]| {
        folder
            .run(&[&["indicators", "data", "--columns", columns], more].concat())
            .ok()
    };
    let expected = run(&["--engine", "sequential"]);
    for options in [
        &["--engine", "threaded", "--workers", "2"][..],
        &["--engine", "threaded", "--npartitions", "3"],
        #[cfg(target_os = "linux")]
        &["--engine", "process", "--workers", "2"],
    ] {
        assert_eq!(run(options), expected, "{options:?}");
    }
}

#[test]
fn what_cannot_be_computed_is_told() {
    let folder = market(&["A"]);
    for (columns, told) in [
        ("SMO_20", "no indicator `SMO_20`; did you mean `SMA_20`?"),
        ("SMA20", "no indicator `SMA20`; did you mean `SMA_20`?"),
        ("SMA_x", "`x` in `SMA_x` is not a number"),
        ("SMA_20_3", "SMA takes 1 parameter at most"),
        (
            "SMA_0",
            "`time_period` of SMA is 0, expected a whole number from 1 to 100000",
        ),
        ("SMA_2.5", "`time_period` of SMA is 2.5"),
        (
            "MACD",
            "`MACD` has several outputs; write one of `MACD.macd`, `MACD.signal`, `MACD.hist`",
        ),
        ("MACD.hits", "`MACD` has no output `hits`"),
        (
            "SMA_20.upper",
            "`SMA_20` has no output `upper`; write one of `SMA_20`",
        ),
        (",", "`--columns LIST`"),
        ("@absent.txt", "cannot read `absent.txt`"),
        ("ATR_14", "ATR needs column `high`, which `A` does not have"),
        ("MAVP", "MAVP needs column `periods`"),
    ] {
        let refused = folder
            .run(&["indicators", "data", "--columns", columns])
            .refused();
        assert!(refused.contains(told), "{columns}: {refused}");
    }
    let refused = folder.run(&["indicators", "data"]).refused();
    assert!(refused.contains("--columns"), "{refused}");
    let refused = folder.run(&["indicators"]).refused();
    assert!(refused.contains("DATA"), "{refused}");
}

#[test]
fn only_columns_that_are_needed_must_be_whole() {
    let folder = Folder::new();
    let text = csv(&walk(3, 40)).replace("time,close\n", "time,close,volume\n");
    let gap = text.lines().map(|line| {
        if line.starts_with("time") {
            line.to_owned()
        } else {
            format!("{line},")
        }
    });
    folder.write("data/A.csv", gap.collect::<Vec<_>>().join("\n"));
    folder
        .run(&["indicators", "data", "--columns", "SMA_3"])
        .ok();
    let refused = folder
        .run(&["indicators", "data", "--columns", "OBV"])
        .refused();
    assert!(refused.contains("volume"), "{refused}");
}

#[test]
fn the_list_names_every_indicator() {
    let folder = Folder::new();
    let text = folder.run(&["indicators", "--list"]).ok();
    for name in [
        "SMA ",
        "MACD ",
        "CDL3BLACKCROWS ",
        "KELTNER ",
        "VWAP_SESSION ",
        "ATC_KAMA ",
    ] {
        assert!(text.contains(name), "{name}");
    }
    let json: serde_json::Value = serde_json::from_str(
        &folder
            .run(&["indicators", "--list", "--format", "json"])
            .ok(),
    )
    .unwrap();
    assert_eq!(json.as_array().unwrap().len(), 246);
    let csv = folder
        .run(&["indicators", "--list", "--format", "csv"])
        .ok();
    assert!(
        csv.contains(
            "\nMACD,fast_period=12 slow_period=26 signal_period=9,close,macd signal hist,33,"
        ),
        "{csv}"
    );
}

#[test]
fn the_plan_and_the_picture_are_those_of_the_command() {
    let folder = market(&["A", "B"]);
    let plan = folder
        .run(&[
            "plan",
            "indicators",
            "data",
            "--columns",
            "SMA_3",
            "--workers",
            "2",
        ])
        .ok();
    assert!(
        plan.contains("indicator_table") && plan.contains("load_bars"),
        "{plan}"
    );
    let picture = folder.run(&["graph", "indicators"]).ok();
    assert!(picture.contains("indicator_table"), "{picture}");
}
