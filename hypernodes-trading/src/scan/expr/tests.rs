//! Expressions as users write them.

use proptest::prelude::*;

use super::*;
use crate::bars::Bars;
use crate::data::CsvColumns;
use crate::reference::lcg_walk;
use crate::resample::Bar;

fn bars(count: usize, seed: u64) -> Bars {
    let close = lcg_walk(count, seed, 20.0, 0.05);
    let time: Vec<i64> = (0..i64::try_from(count).unwrap()).collect();
    let other = |k: f64| close.iter().map(|c| c * k).collect::<Vec<_>>();
    let volume: Vec<f64> = (0..count)
        .map(|i| [0.0, 1.0, 5.0, 2.0, 8.0][i % 5])
        .collect();
    let (open, high, low) = (other(0.99), other(1.02), other(0.97));
    Bars::new("A", time, close)
        .unwrap()
        .with_open(open)
        .unwrap()
        .with_high_low(high, low)
        .unwrap()
        .with_volume(volume)
        .unwrap()
}

fn closes(close: &[f64]) -> Bars {
    let time: Vec<i64> = (0..i64::try_from(close.len()).unwrap()).collect();
    Bars::new("A", time, close.to_vec()).unwrap()
}

fn expr(text: &str) -> Expr {
    text.parse()
        .unwrap_or_else(|e: ExprError| panic!("{}", e.pointed("", 0)))
}

fn wrong(text: &str) -> String {
    text.parse::<Expr>().unwrap_err().pointed("", 0)
}

fn values(text: &str, close: &[f64]) -> Vec<Option<f64>> {
    let all = expr(text).values(&closes(close)).unwrap();
    all.into_iter()
        .map(|v| (!v.is_nan()).then_some(v))
        .collect()
}

#[test]
fn operators_bind_as_everybody_expects() {
    for (text, same) in [
        ("close + 2 * 3 - 4", "(close + (2 * 3)) - 4"),
        ("close - (2 - 3)", "close - (2 - 3)"),
        ("-close[1] + 2", "(-(close[1])) + 2"),
        (
            "not close > 1 and close < 9 or close == 5",
            "((not (close > 1)) and (close < 9)) or (close == 5)",
        ),
        (
            "!(close > 1) && close < 9 || close != 5",
            "NOT close > 1 AND CLOSE < 9 OR close != 5",
        ),
        ("close / open / high", "(close / open) / high"),
        ("sma_20 > 1", "SMA_20 > 1"),
    ] {
        assert_eq!(expr(text), expr(same), "{text}");
    }
    assert_ne!(expr("close - (2 - 3)"), expr("close - 2 - 3"));
    for (text, shown) in [
        ("((close)-(2-3))", "close - (2 - 3)"),
        (
            "not (close > 1 or close < 0)",
            "not (close > 1 or close < 0)",
        ),
        (
            "(close > open)[2] && (close + open)[1] > - 2",
            "(close > open)[2] and (close + open)[1] > -2",
        ),
        (
            "MAX(CLOSE,open , 1e3)*(1+2)",
            "max(close, open, 1000) * (1 + 2)",
        ),
        ("highest( -close, 20 ) < .5", "highest(-close, 20) < 0.5"),
    ] {
        assert_eq!(expr(text).to_string(), shown);
    }
}

#[test]
fn values_are_those_worked_out_by_hand() {
    let close = [4.0, 2.0, 3.0, 5.0];
    let some = |all: &[f64]| {
        all.iter()
            .map(|&v| (!v.is_nan()).then_some(v))
            .collect::<Vec<_>>()
    };
    let nan = f64::NAN;
    for (text, by_hand) in [
        ("close[1]", vec![nan, 4.0, 2.0, 3.0]),
        ("close[0] * 2 % 3", vec![2.0, 1.0, 0.0, 1.0]),
        ("change(close, 2)", vec![nan, nan, -1.0, 3.0]),
        ("highest(close, 3)", vec![nan, nan, 4.0, 5.0]),
        ("lowest(close, 2)", vec![nan, 2.0, 2.0, 3.0]),
        ("SMA_2", vec![nan, 3.0, 2.5, 4.0]),
        ("abs(3 - close)", vec![1.0, 1.0, 0.0, 2.0]),
        ("min(close, 3, 9) + max(close, 3)", vec![7.0, 5.0, 6.0, 8.0]),
        ("1 / (close - 3)", vec![1.0, -1.0, nan, 0.5]),
        ("crosses_above(close, 2.5)", vec![nan, 0.0, 1.0, 0.0]),
        ("crosses_below(close, 3)", vec![nan, 1.0, 0.0, 0.0]),
        ("close == 3 or close != 3", vec![1.0; 4]),
        ("close >= 3 and close <= 4", vec![1.0, 0.0, 1.0, 0.0]),
    ] {
        assert_eq!(values(text, &close), some(&by_hand), "{text}");
    }
}

#[test]
fn what_is_undefined_is_neither_true_nor_false() {
    let close = [4.0, 2.0];
    for (text, last) in [
        ("SMA_9 > 1", None),
        ("not SMA_9 > 1", None),
        ("SMA_9 != SMA_9", None),
        ("SMA_9 > 1 and close > 9", Some(0.0)),
        ("close > 9 and SMA_9 > 1", Some(0.0)),
        ("SMA_9 > 1 and close < 9", None),
        ("SMA_9 > 1 or close < 9", Some(1.0)),
        ("close < 9 or SMA_9 > 1", Some(1.0)),
        ("SMA_9 > 1 or close > 9", None),
        ("min(close, SMA_9)", None),
        ("max(SMA_9, close)", None),
        ("highest(SMA_9, 1)", None),
    ] {
        assert_eq!(values(text, &close)[1], last, "{text}");
    }
    assert_eq!(
        expr("SMA_9 > 1").signals(&closes(&close)).unwrap(),
        [false; 2]
    );
}

#[test]
fn errors_point_at_the_place_and_say_what_to_write() {
    assert_eq!(
        wrong("SMA200 < 30 and close > 1"),
        "SMA200 < 30 and close > 1\n^^^^^^ unknown name `SMA200`; did you mean `SMA_200`?"
    );
    for (text, place, says) in [
        (
            "close > ",
            7,
            "expected a number, a column, an indicator or `(`, found the end",
        ),
        (
            "close > 1)",
            9,
            "expected an operator such as `<`, `+` or `and`, found `)`",
        ),
        (
            "(close > 1",
            10,
            "expected an operator or `)`, found the end",
        ),
        (
            "close = 1",
            6,
            "expected an operator such as `==`, found `=`",
        ),
        (
            "clsoe > 1",
            0,
            "unknown name `clsoe`; did you mean `close`?",
        ),
        ("hihgest(close, 2) > 1", 0, "did you mean `highest`?"),
        ("close(1) > 2", 0, "it is a column, and takes no arguments"),
        (
            "close and 1 > 2",
            0,
            "`and` needs a condition, found a number; compare it",
        ),
        (
            "(close > 1) + 2",
            0,
            "`+` needs a number, found a condition",
        ),
        ("1 < close < 3", 10, "`and` between two comparisons"),
        (
            "highest(close) > 3",
            0,
            "`highest(x, bars)` has 1 arguments here",
        ),
        (
            "highest(close, 2.5) > 3",
            15,
            "a whole number of bars from 1 to 1000000, found `2.5`",
        ),
        ("highest(close, close) > 3", 15, "found `close`"),
        ("close[-1] > 3", 6, "from 0 to 1000000, found `-`"),
        ("close[1 > 3", 8, "expected `]`, found `>`"),
        ("close > 1e999", 8, "`1e999` is too large"),
        ("abs > 1", 4, "expected `(`, as in `abs(x)`"),
        ("close > 1 # low", 10, "found `#`"),
        ("", 0, "the expression is empty"),
        ("   ", 0, "the expression is empty"),
        ("é > 1", 0, "unknown name `é`"),
        ("close\n> \u{7}", 8, "found `\u{7}`"),
    ] {
        let told = wrong(text);
        let (_, second) = told.split_once('\n').unwrap();
        assert_eq!(
            second.chars().take_while(|c| *c == ' ').count(),
            place,
            "{told}"
        );
        assert!(second.contains(says), "{told}");
    }
}

#[test]
fn a_long_text_is_shown_around_the_place() {
    let text = "close > 1 and ".repeat(100) + "x" + &" and close > 1".repeat(100);
    let told = wrong(&text);
    let (first, second) = told.split_once('\n').unwrap();
    let caret = second.find('^').unwrap();
    assert_eq!(&first[caret..=caret], "x");
    assert!(
        first.len() < 120 && first.starts_with("...") && first.ends_with("..."),
        "{told}"
    );
}

#[test]
fn depth_and_length_have_limits() {
    let nested = |open: &str, close: &str, times: usize| {
        open.repeat(times) + "close > 1" + &close.repeat(times)
    };
    assert!(nested("(", ")", 90).parse::<Expr>().is_ok());
    assert!(wrong(&nested("(", ")", 110)).contains("nested more than 100 deep"));
    assert!(wrong(&nested("not ", "", 110)).contains("nested more than 100 deep"));
    assert!(wrong(&("-".repeat(500) + "1")).contains("nested more than 100 deep"));
    assert!(wrong(&nested("(", ")", 100_000)).contains("too long"));
    assert!(wrong(&"é".repeat(5_000)).contains("10000 bytes are too long"));
    // Long without being deep: evaluated and printed without recursion.
    let long = vec!["close"; 680].join("+");
    assert_eq!(expr(&long).values(&closes(&[2.0])).unwrap(), [1_360.0]);
    assert_eq!(expr(&long).to_string().len(), 680 * 5 + 679 * 3);
}

#[test]
fn each_column_is_there_once() {
    let one = expr("SMA_5 > 1 and sma_5 < 9 and Sma_5 > 2 or close > SMA_5[1]");
    assert_eq!(one.names(), ["SMA_5", "close"]);
    let mut program = Program::default();
    program.add(&one);
    program.add(&expr("close / SMA_5"));
    let names: Vec<_> = program.columns().map(|place| program.text(place)).collect();
    assert_eq!(names, ["SMA_5", "close"]);
}

#[test]
fn what_is_undefined_says_why() {
    let why = |text: &str, count: usize| {
        let (mut program, bars) = (Program::default(), bars(count, 3));
        program.add(&expr(text));
        let found = program.evaluate(&bars, &Default::default(), 1).unwrap();
        assert!(found.last_of(0).is_nan(), "{text}");
        found.why_undefined(0)
    };
    let needs = "undefined at the last bar: `SMA_200` needs 200 bars, there are 90";
    assert_eq!(why("close > 1 and close > SMA_200", 90), needs);
    assert_eq!(why("not (highest(SMA_200 * 2, 3)[1] > 2)", 90), needs);
    assert!(why("SMA_20[5] > 1", 22).ends_with("`SMA_20[5]` needs 25 bars, there are 22"));
    assert!(why("highest(change(SMA_20, 2), 3) > 1", 23).ends_with("needs 24 bars, there are 23"));
    assert!(why("crosses_above(SMA_20, close)", 20).ends_with("needs 21 bars, there are 20"));
    assert_eq!(
        why("1 / (close - close) > 1", 9),
        "undefined at the last bar: `1 / (close - close)`"
    );
    assert!(why("close > 1", 0).ends_with("`close` needs 1 bars, there are 0"));
}

#[test]
fn a_column_that_is_not_there_is_named() {
    let error = expr("volume > 1").last(&closes(&[1.0])).unwrap_err();
    assert_eq!(
        error.to_string(),
        "`A` has no column `volume`, which the expression names"
    );
    assert!(expr("hl2 > 1").last(&closes(&[1.0])).is_err());
    for (text, open, high_low, volume) in [
        ("hlc3 > low", false, true, false),
        ("open > low", true, true, false),
        ("SMA_2 > volume", false, false, true),
        ("ATR_14 > 1", false, true, false),
    ] {
        let needing = CsvColumns::Needing {
            open,
            high_low,
            volume,
        };
        assert_eq!(expr(text).needed_columns(), needing, "{text}");
    }
}

#[test]
fn expressions_travel_as_their_text() {
    let one = expr("  close>1 and sma_5 < 2 ");
    let text = serde_json::to_string(&one).unwrap();
    assert_eq!(text, "\"close>1 and sma_5 < 2\"");
    assert_eq!(serde_json::from_str::<Expr>(&text).unwrap(), one);
    assert!(serde_json::from_str::<Expr>("\"clo > 1\"").is_err());
}

/// Texts of numbers and of conditions.
fn texts() -> BoxedStrategy<(String, bool)> {
    let leaf = prop_oneof![
        Just("close".to_owned()),
        Just("open".to_owned()),
        Just("hlc3".to_owned()),
        Just("volume".to_owned()),
        Just("atc_signal".to_owned()),
        (1..30_u32).prop_map(|n| format!("SMA_{n}")),
        (0..50_u32).prop_map(|n| format!("{}", f64::from(n) / 4.0)),
    ];
    let number = leaf.prop_recursive(4, 24, 3, |inner| {
        prop_oneof![
            (inner.clone(), "[-+*/%]", inner.clone())
                .prop_map(|(a, o, b)| format!("({a}) {o} ({b})")),
            (inner.clone(), "[-+*/%]", inner.clone()).prop_map(|(a, o, b)| format!("{a} {o} {b}")),
            inner.clone().prop_map(|a| format!("-({a})")),
            (inner.clone(), 0..9_u32).prop_map(|(a, n)| format!("({a})[{n}]")),
            ("(highest|lowest|change)", inner.clone(), 1..9_u32)
                .prop_map(|(f, a, n)| format!("{f}({a}, {n})")),
            ("(min|max)", inner.clone(), inner.clone())
                .prop_map(|(f, a, b)| format!("{f}({a}, {b})")),
            inner.prop_map(|a| format!("abs({a})")),
        ]
    });
    let compared = prop_oneof![
        (number.clone(), "(<|<=|>|>=|==|!=)", number.clone())
            .prop_map(|(a, o, b)| format!("{a} {o} {b}")),
        ("crosses_(above|below)", number.clone(), number.clone())
            .prop_map(|(f, a, b)| format!("{f}({a}, {b})")),
    ];
    let condition = compared.prop_recursive(3, 8, 2, |inner| {
        prop_oneof![
            (inner.clone(), "(and|or)", inner.clone())
                .prop_map(|(a, o, b)| format!("{a} {o} ({b})")),
            inner.clone().prop_map(|a| format!("not ({a})")),
            (inner, 0..4_u32).prop_map(|(a, n)| format!("({a})[{n}]")),
        ]
    });
    prop_oneof![
        number.prop_map(|text| (text, false)),
        condition.prop_map(|text| (text, true)),
    ]
    .boxed()
}

fn bits(values: &[f64]) -> Vec<u64> {
    values
        .iter()
        .map(|v| if v.is_nan() { u64::MAX } else { v.to_bits() })
        .collect()
}

/// The bars one by one.
fn each_bar(bars: &Bars) -> Vec<Bar> {
    let at = |column: Option<&[f64]>, row: usize| column.map(|values| values[row]);
    let bar = |row: usize| Bar {
        open: at(bars.open(), row),
        high: at(bars.high(), row),
        low: at(bars.low(), row),
        volume: at(bars.volume(), row),
        ..Bar::new(bars.time()[row], bars.close()[row])
    };
    (0..bars.len()).map(bar).collect()
}

#[test]
fn a_stream_gives_the_bits_of_every_bar() {
    let bars = crate::indicators::sample();
    for text in [
        "close",
        "RSI_14 < 40 and close > SMA_20",
        "crosses_above(EMA_5, EMA_20) or not (close > close[3])",
        "highest(high, 20) - lowest(low[2], 7) + change(MACD.hist, 4)",
        "max(hl2, hlc3, ohlc4) % 7 - abs(-volume) / (close - open)",
        "highest(change(SMA_20, 2) * 2, 30)[5] > 0.5",
        "KELTNER.upper < high or VWAP_SESSION > close",
    ] {
        let text = text.replace("max(hl2, hlc3, ohlc4)", "max(max(hl2, hlc3), ohlc4)");
        let expr = expr(&text);
        let mut state = expr.state().unwrap();
        let mut streamed = Vec::new();
        for bar in each_bar(&bars) {
            let peeked = state.peek(&bar);
            let value = state.update(&bar);
            assert_eq!(bits(&[peeked]), bits(&[value]), "{text}");
            streamed.push(value);
        }
        assert_eq!(
            bits(&streamed),
            bits(&expr.values(&bars).unwrap()),
            "{text}"
        );
    }
    let refused = expr("atc_signal > 0.1").state().unwrap_err().to_string();
    assert!(
        refused.contains("`atc_signal` cannot be followed"),
        "{refused}"
    );
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn no_text_panics(text in "[-a-z0-9_. +*/%<>=!&|()\\[\\],é\n]{0,60}") {
        if let Err(error) = text.parse::<Expr>() {
            prop_assert_eq!(error.pointed("--where: ", 7).lines().count(), 2);
            prop_assert!(!error.to_string().contains('\n'));
        }
    }

    #[test]
    fn words_in_any_order_do_not_panic(
        words in prop::collection::vec("(close|SMA_3|not|and|or|\\(|\\)|\\[|\\]|,|<|==|-|2|highest|abs)", 0..30)
    ) {
        let _ = words.join(" ").parse::<Expr>();
    }

    #[test]
    fn what_is_printed_reads_back_as_the_same((text, is_condition) in texts()) {
        let one = expr(&text);
        prop_assert_eq!(one.is_condition(), is_condition);
        let shown = one.to_string();
        prop_assert_eq!(&expr(&shown), &one, "{}", shown);
        prop_assert_eq!(expr(&shown).to_string(), shown);
    }

    #[test]
    fn the_last_value_is_the_last_of_all_and_prefixes_agree(
        (text, _) in texts(), count in 0..70_usize, cut in 0..70_usize, seed in 0..1_000_u64
    ) {
        let (one, all_bars) = (expr(&text), bars(count.max(1), seed));
        let all = one.values(&all_bars).unwrap();
        prop_assert_eq!(all.len(), all_bars.len());
        let last = one.last(&all_bars).unwrap();
        prop_assert_eq!(bits(&[last]), bits(&all[all.len() - 1..]), "{}", one);
        let cut = cut.clamp(1, all.len());
        let some = one.values(&all_bars.slice(..cut)).unwrap();
        prop_assert_eq!(bits(&some), bits(&all[..cut]), "{}", one);
    }

    #[test]
    fn windows_are_those_of_the_definition(
        window in 1..12_usize, values in prop::collection::vec(1.0..100.0_f64, 1..60)
    ) {
        let found = expr(&format!("highest(SMA_3, {window})")).values(&closes(&values)).unwrap();
        let source = expr("SMA_3").values(&closes(&values)).unwrap();
        for (at, found) in found.iter().enumerate() {
            let expected = match (at + 1).checked_sub(window) {
                Some(from) if source[from..=at].iter().all(|v| !v.is_nan()) => {
                    source[from..=at].iter().copied().fold(f64::MIN, f64::max)
                }
                _ => f64::NAN,
            };
            prop_assert_eq!(bits(&[*found]), bits(&[expected]));
        }
    }
}
