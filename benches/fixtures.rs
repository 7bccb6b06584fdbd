//! Seeded data: the same in every run and on every machine.

/// A small generator of numbers (`SplitMix64`).
#[derive(Clone, Debug)]
pub(crate) struct Random(u64);

impl Random {
    /// The generator of a seed.
    pub(crate) fn seeded(seed: u64) -> Self {
        Self(seed)
    }

    /// The next word.
    pub(crate) fn word(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    /// The next number from 0 to 1.
    pub(crate) fn unit(&mut self) -> f64 {
        (self.word() >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// A number below `end`.
    pub(crate) fn below(&mut self, end: usize) -> usize {
        usize::try_from(self.word() % end as u64).unwrap_or_default()
    }
}

/// Numbers from 0.5 to 1.5.
pub(crate) fn numbers(items: usize) -> Vec<f64> {
    let mut random = Random::seeded(1);
    (0..items).map(|_| 0.5 + random.unit()).collect()
}

/// The numbers from 0.
pub(crate) fn integers(items: usize) -> Vec<i64> {
    (0_i64..).take(items).collect()
}

/// Words of 8 to 40 letters, too long to be stored in place.
pub(crate) fn texts(items: usize) -> Vec<String> {
    let mut random = Random::seeded(2);
    (0..items)
        .map(|_| "item".repeat(2 + random.below(9)))
        .collect()
}

/// A list in an order that has nothing to do with the old one.
pub(crate) fn shuffle<T>(list: &mut [T]) {
    let mut random = Random::seeded(3);
    for end in (2..=list.len()).rev() {
        list.swap(end - 1, random.below(end));
    }
}

/// Closing prices of one symbol: a random walk from 100, steps of at most 1 %.
pub(crate) fn walk(bars: usize, symbol: u64) -> Vec<f64> {
    let mut random = Random::seeded(1_000 + symbol);
    let mut price = 100.0;
    let step = |_| {
        price *= 1.0 + 0.01 * (2.0 * random.unit() - 1.0);
        price
    };
    (0..bars).map(step).collect()
}

/// A price file of one symbol, with the columns that files usually have.
pub(crate) fn price_file(bars: usize, symbol: u64) -> String {
    use std::fmt::Write as _;
    let mut text = String::from("time,open,high,low,close,volume\n");
    let mut open = 100.0_f64;
    for (day, close) in walk(bars, symbol).into_iter().enumerate() {
        let (high, low) = (open.max(close) * 1.002, open.min(close) * 0.998);
        let time = 946_684_800 + 86_400 * day;
        let volume = 1_000 + (day * 7_919) % 100_000;
        // Writing into a String cannot fail.
        let _ = writeln!(
            text,
            "{time},{open:.4},{high:.4},{low:.4},{close:.4},{volume}"
        );
        open = close;
    }
    text
}
