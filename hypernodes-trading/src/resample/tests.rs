//! Batch against streaming, and against what is obvious.

use proptest::prelude::*;

use super::*;

const MINUTE: i64 = 60_000_000_000;

/// Bars at minutes with gaps; volumes are whole, so that sums are exact.
fn any_bars() -> impl Strategy<Value = Bars> {
    let row = (
        1_i64..200,
        1_u32..1_000,
        0_u32..50,
        0_u32..50,
        0_u32..10_000,
    );
    (
        -50_000_000..50_000_000_i64,
        prop::collection::vec(row, 1..200),
        0_u8..16,
    )
        .prop_map(|(from, rows, which)| {
            let mut time = from * MINUTE;
            let mut columns: [Vec<f64>; 5] = Default::default();
            let mut times = Vec::new();
            for (gap, low, to_close, to_high, volume) in rows {
                time += gap * gap % 97 * MINUTE + MINUTE;
                times.push(time);
                let close = low + to_close;
                let row = [low + to_close / 2, close + to_high, low, close, volume];
                for (column, value) in columns.iter_mut().zip(row) {
                    column.push(f64::from(value));
                }
            }
            let [open, high, low, close, volume] = columns;
            let mut bars = Bars::new("A", times, close).unwrap().with_exchange("X");
            if which & 1 == 0 {
                bars = bars.with_open(open).unwrap();
            }
            if which & 2 == 0 {
                bars = bars.with_high(high).unwrap();
            }
            if which & 4 == 0 {
                bars = bars.with_low(low).unwrap();
            }
            if which & 8 == 0 {
                bars = bars.with_volume(volume).unwrap();
            }
            bars
        })
}

fn timeframe(text: &str) -> Timeframe {
    text.parse().unwrap()
}

fn single(bars: &Bars, row: usize) -> Bar {
    let at = |column: Option<&[f64]>| column.map(|column| column[row]);
    Bar {
        time: bars.time()[row],
        open: at(bars.open()),
        high: at(bars.high()),
        low: at(bars.low()),
        close: bars.close()[row],
        volume: at(bars.volume()),
    }
}

fn bits(bar: Bar) -> [u64; 6] {
    let of = |value: Option<f64>| value.map_or(u64::MAX, f64::to_bits);
    let time = u64::from_ne_bytes(bar.time.to_ne_bytes());
    let close = bar.close.to_bits();
    [
        time,
        of(bar.open),
        of(bar.high),
        of(bar.low),
        close,
        of(bar.volume),
    ]
}

fn streamed(bars: &Bars, timeframe: Timeframe) -> Vec<Bar> {
    let mut state = ResampleState::new(timeframe);
    let mut all = Vec::new();
    for row in 0..bars.len() {
        let before = state.peek();
        let finished = state.update(single(bars, row)).unwrap();
        if finished.is_some() {
            assert_eq!(finished.map(bits), before.map(bits));
        }
        all.extend(finished);
    }
    all.extend(state.finish());
    all
}

const NAMES: [&str; 10] = [
    "1m", "5m", "15m", "1h", "4h", "1d", "1w", "1mo", "7h", "5mo",
];

proptest! {
    #[test]
    fn batch_is_streaming_bit_for_bit(bars in any_bars(), at in 0..NAMES.len()) {
        let timeframe = timeframe(NAMES[at]);
        let batch = resample(&bars, timeframe).unwrap();
        let stream = streamed(&bars, timeframe);
        let batch: Vec<_> = (0..batch.len()).map(|row| bits(single(&batch, row))).collect();
        prop_assert_eq!(batch, stream.into_iter().map(bits).collect::<Vec<_>>());
    }

    #[test]
    fn in_two_steps_as_in_one(bars in any_bars()) {
        let direct = resample(&bars, timeframe("1h")).unwrap();
        let fives = resample(&bars, timeframe("5m")).unwrap();
        prop_assert_eq!(resample(&fives, timeframe("1h")).unwrap(), direct.clone());
        prop_assert_eq!(resample(&direct, timeframe("1h")).unwrap(), direct);
    }

    #[test]
    fn nothing_is_lost_and_nothing_made(bars in any_bars(), at in 0..NAMES.len()) {
        let timeframe = timeframe(NAMES[at]);
        let longer = resample(&bars, timeframe).unwrap();
        let sum = |column: Option<&[f64]>| column.map(|c| c.iter().sum::<f64>());
        prop_assert_eq!(sum(longer.volume()), sum(bars.volume()));
        let most = |column: Option<&[f64]>| column.map(|c| c.iter().copied().fold(0.0, f64::max));
        prop_assert_eq!(most(longer.high()), most(bars.high()));
        let least = |column: Option<&[f64]>| column.map(|c| c.iter().copied().fold(1e9, f64::min));
        prop_assert_eq!(least(longer.low()), least(bars.low()));
        prop_assert_eq!(longer.close().last(), bars.close().last());
        prop_assert_eq!(longer.open().map(|c| c[0]), bars.open().map(|c| c[0]));
        prop_assert_eq!(longer.exchange(), Some("X"));
        // Exactly the windows that hold a bar, one bar each.
        let mut starts: Vec<_> = bars.time().iter().map(|&t| timeframe.start(t)).collect();
        starts.dedup();
        prop_assert_eq!(longer.time(), &*starts);
    }
}

#[test]
fn a_bar_on_the_border_begins_the_next_window() {
    let bars = Bars::new(
        "A",
        vec![0, 5 * MINUTE - 1, 5 * MINUTE],
        vec![1.0, 2.0, 3.0],
    )
    .unwrap();
    let fives = resample(&bars, timeframe("5m")).unwrap();
    assert_eq!(
        (fives.time(), fives.close()),
        (&[0, 5 * MINUTE][..], &[2.0, 3.0][..])
    );
}

#[test]
fn the_ends_of_time_are_windows_too() {
    let bars = Bars::new(
        "A",
        vec![i64::MIN, 0, i64::MAX - 1, i64::MAX],
        vec![1.0, 2.0, 3.0, 4.0],
    );
    let bars = bars.unwrap();
    for name in NAMES {
        let longer = resample(&bars, timeframe(name)).unwrap();
        assert_eq!(longer.len(), 3, "{name}");
        assert_eq!(streamed(&bars, timeframe(name)).len(), 3, "{name}");
    }
}

#[test]
fn volumes_beyond_all_numbers_are_told() {
    let bars = Bars::new("A", vec![0, 1], vec![1.0, 1.0]).unwrap();
    let bars = bars.with_volume(vec![f64::MAX, f64::MAX]).unwrap();
    let error = resample(&bars, timeframe("1d")).unwrap_err();
    assert!(
        matches!(
            error,
            BarsError::Value {
                column: "volume",
                row: 0,
                ..
            }
        ),
        "{error}"
    );
}

#[test]
fn a_bar_that_is_not_later_changes_nothing() {
    let mut state = ResampleState::new(timeframe("1h"));
    state.update(Bar::new(MINUTE, 2.0)).unwrap();
    let before = state.clone();
    let error = state.update(Bar::new(MINUTE, 3.0)).unwrap_err();
    assert_eq!((error.time, error.last), (MINUTE, MINUTE));
    assert_eq!(state, before);
}
