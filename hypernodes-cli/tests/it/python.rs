//! What we write, polars and `DuckDB` read; and polars resamples to the same bars.
//!
//! Needs a Python with the packages polars, duckdb and pyarrow: `HYPERNODES_PYTHON` is its path. Without the variable the
//! test says so and passes; with it, a Python that cannot be used fails it.

use std::fmt::Write;
use std::process::Command;

use crate::support::{Folder, walk};

/// Minutes of two symbols with gaps; volumes are whole, so that no order of adding shows.
fn minutes() -> String {
    let mut text = String::from("symbol,time,open,high,low,close,volume\n");
    for (symbol, seed) in [("AAA", 5), ("B", 11)] {
        // From the last hours of a month, quarter and year on.
        let mut minute = 28_401_000_u64 + seed;
        for (row, close) in walk(seed, 3_000).iter().enumerate() {
            let row = row as u64;
            minute += 1 + if row.is_multiple_of(7) {
                row % 1_013
            } else {
                0
            };
            let (open, volume) = (close * 1.001, (row * 7_919) % 1_000);
            let (high, low) = (open * 1.01, close * 0.99);
            let time = 60 * minute;
            writeln!(text, "{symbol},{time},{open},{high},{low},{close},{volume}")
                .expect("a string takes every text");
        }
    }
    text
}

const TIMEFRAMES: [&str; 9] = ["1m", "5m", "15m", "1h", "7h", "1d", "1w", "1mo", "1q"];

const SCRIPT: &str = r#"
import sys
import duckdb
import polars as pl

plain = pl.read_parquet("all.parquet")
assert plain.schema["time"] == pl.Datetime("ns"), plain.schema
assert plain.height == 6000 and plain["symbol"].unique().sort().to_list() == ["AAA", "B"]
source = pl.read_csv("minutes.csv").with_columns(
    pl.from_epoch(pl.col("time"), time_unit="s").cast(pl.Datetime("ns")),
    pl.col("volume").cast(pl.Float64),
)
assert plain.equals(source), "parquet"
assert pl.read_ipc("all.arrow").equals(source), "arrow"
text = pl.read_csv("all.csv", try_parse_dates=True).with_columns(pl.col("time").cast(pl.Datetime("ns")))
assert text.equals(source), "csv"

rows = source.select(pl.col("time").dt.epoch("ns"), pl.exclude("time")).select(source.columns).rows()
for name in ["all.parquet", "all.csv"]:
    found = duckdb.sql(f"select symbol, epoch_ns(time), open, high, low, close, volume::double from '{name}'").fetchall()
    assert found == rows, name

small = pl.read_parquet("small.parquet")
assert small.schema["volume"] == pl.Int16 and small.schema["close"] == pl.Float32, small.schema
assert small["volume"].cast(pl.Float64).equals(source["volume"])
assert (small["close"].cast(pl.Float64) - source["close"]).abs().max() <= 5e-4

for every in sys.argv[1:]:
    window = dict(every=every, group_by="symbol", closed="left", label="left", start_by="window")
    expected = source.group_by_dynamic("time", **window).agg(
        pl.col("open").first(), pl.col("high").max(), pl.col("low").min(), pl.col("close").last(), pl.col("volume").sum()
    ).select(source.columns).sort("symbol", "time")
    found = pl.read_parquet(f"{every}.parquet").sort("symbol", "time")
    assert found.equals(expected), (every, found, expected)
print("good")
"#;

#[test]
fn polars_and_duckdb_read_what_we_write_and_resample_alike() {
    let Ok(python) = std::env::var("HYPERNODES_PYTHON") else {
        eprintln!("skipped: `HYPERNODES_PYTHON` names no Python with polars, duckdb and pyarrow");
        return;
    };
    let folder = Folder::new();
    folder.write("minutes.csv", minutes());
    for name in ["all.parquet", "all.arrow", "all.csv"] {
        folder
            .run(&["data", "convert", "minutes.csv", "--output", name])
            .ok();
    }
    folder
        .run(&[
            "data",
            "convert",
            "minutes.csv",
            "--optimize",
            "--output",
            "small.parquet",
        ])
        .ok();
    for every in TIMEFRAMES {
        let name = format!("{every}.parquet");
        folder
            .run(&[
                "data",
                "resample",
                "minutes.csv",
                "--timeframe",
                every,
                "--output",
                &name,
            ])
            .ok();
    }
    let mut script = Command::new(&python);
    script
        .arg("-c")
        .arg(SCRIPT)
        .args(TIMEFRAMES)
        .current_dir(folder.path());
    let said = script
        .output()
        .unwrap_or_else(|error| panic!("`HYPERNODES_PYTHON` is `{python}`: {error}"));
    let errors = String::from_utf8_lossy(&said.stderr);
    assert!(said.status.success(), "{errors}");
    assert_eq!(String::from_utf8_lossy(&said.stdout), "good\n");
}
