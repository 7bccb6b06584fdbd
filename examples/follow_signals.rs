//! Bars as they come: every indicator is updated at the cost of one bar, and signals are printed at once.
//!
//! `cargo run --release --example follow_signals --features trading -- -` reads csv from standard input,
//! such as `tail -F -n +1 prices.csv`; without `-` some bars of its own.
#![expect(clippy::print_stdout, reason = "an example that prints signals")]

use std::io::{BufRead, BufReader, Cursor, stdin};

use hypernodes::BoxError;
use hypernodes::trading::data::{CsvLines, CsvOptions};
use hypernodes::trading::follow::Follower;

/// Prices of two symbols that turn around: one up, one down.
fn own_bars() -> String {
    let mut text = "time,symbol,close\n".to_owned();
    for minute in 0..120_i32 {
        let away = f64::from((minute - 60).abs());
        text += &format!("{},VALLEY,{}\n", 60 * minute, 100.0 + away);
        text += &format!("{},HILL,{}\n", 60 * minute, 200.0 - away);
    }
    text
}

pub(crate) fn main() -> Result<(), BoxError> {
    let reads_stdin = std::env::args()
        .nth(1)
        .is_some_and(|argument| argument == "-");
    let bars: Box<dyn BufRead> = match reads_stdin {
        true => Box::new(BufReader::new(stdin())),
        false => Box::new(Cursor::new(own_bars())),
    };
    let mut lines = CsvLines::new("prices", CsvOptions::default());
    let columns = vec!["RSI_14".parse()?, "MACD.hist".parse()?];
    let signal = "crosses_above(EMA_5, EMA_20) or crosses_below(EMA_5, EMA_20)".parse()?;
    let mut follower = Follower::new(columns, Some(signal), None)?;
    let mut signals = Vec::new();
    for line in bars.split(b'\n') {
        // The header, blank lines and symbols that are not wanted give no bar.
        let Some((symbol, bar)) = lines.read(&line?)? else {
            continue;
        };
        let Some(followed) = follower.update(&symbol, bar)? else {
            continue;
        };
        if followed.holds == Some(true) {
            let (seconds, close) = (followed.bar.time / 1_000_000_000, followed.bar.close);
            let [rsi, histogram] = *followed.values else {
                continue;
            };
            println!(
                "{seconds:>5} s {symbol:6} at {close}: RSI {rsi:.1}, MACD histogram {histogram:+.3}"
            );
            signals.push((symbol, seconds / 60));
        }
    }
    if !reads_stdin {
        // Both turn at minute 60; ten bars later the short average is through the long one.
        let expected = [("VALLEY".into(), 70), ("HILL".into(), 70)];
        assert_eq!(signals, expected);
    }
    Ok(())
}
