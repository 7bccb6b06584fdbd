//! Groups of implementations that do the same work, and the bars that they are held to.

use std::fmt;
use std::time::Duration;

use crate::BoxError;
use crate::sample::{self, Sampled};

/// The same work done in several ways, measured side by side.
pub struct Group {
    /// What the work is, for a reader of the table.
    pub title: &'static str,
    /// How many items one execution goes through.
    pub elements: u64,
    /// How the table writes a time.
    pub unit: Unit,
    /// Whether one execution takes long, so that there should be few.
    pub is_slow: bool,
    /// The ways, the one to compare with first.
    pub implementations: Vec<Implementation>,
}

/// How a time is written.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Unit {
    /// Nanoseconds for each of so many things.
    NanosPer(&'static str, f64),
    /// Microseconds for the whole.
    Micros,
    /// Milliseconds for the whole.
    Millis,
    /// So many things a second.
    PerSecond(&'static str, f64),
}

impl Unit {
    /// The figure for a time in seconds.
    #[must_use]
    pub fn figure(self, seconds: f64) -> f64 {
        match self {
            Self::NanosPer(_, count) => seconds * 1e9 / count,
            Self::Micros => seconds * 1e6,
            Self::Millis => seconds * 1e3,
            Self::PerSecond(_, count) => count / seconds,
        }
    }
}

impl fmt::Display for Unit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NanosPer(what, _) => write!(f, "ns per {what}"),
            Self::Micros => f.write_str("us"),
            Self::Millis => f.write_str("ms"),
            Self::PerSecond(what, _) => write!(f, "{what}/s"),
        }
    }
}

/// What an implementation is held to.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Bar {
    /// At most this figure.
    AtMost(f64),
    /// At least this figure.
    AtLeast(f64),
    /// At most so many times the time of another implementation.
    Within {
        /// The other one.
        of: &'static str,
        /// How many times.
        factor: f64,
    },
    /// At least so many times as fast as another implementation.
    SpeedUp {
        /// The other one.
        over: &'static str,
        /// How many times.
        factor: f64,
    },
}

/// One way to do the work of a group.
pub struct Implementation {
    /// The last part of the id.
    pub name: &'static str,
    /// What it is held to.
    pub bars: Vec<Bar>,
    work: Box<dyn Work>,
}

trait Work {
    fn time(&mut self, times: u64) -> Duration;
    fn digest(&mut self) -> u64;
}

struct Repeated<F>(F);

impl<T: Digest, F: FnMut() -> T> Work for Repeated<F> {
    fn time(&mut self, times: u64) -> Duration {
        sample::repeated(times, &mut self.0)
    }

    fn digest(&mut self) -> u64 {
        self.0().digest()
    }
}

struct Prepared<S, F>(S, F);

impl<A, T: Digest, S: FnMut() -> A, F: FnMut(A) -> T> Work for Prepared<S, F> {
    fn time(&mut self, times: u64) -> Duration {
        (0..times)
            .map(|_| {
                let prepared = (self.0)();
                let mut once = Some(prepared);
                sample::repeated(1, || once.take().map(&mut self.1))
            })
            .sum()
    }

    fn digest(&mut self) -> u64 {
        (self.1)((self.0)()).digest()
    }
}

impl Implementation {
    /// Measures `run`, the destruction of its result included.
    pub fn new<T: Digest>(name: &'static str, run: impl FnMut() -> T + 'static) -> Self {
        Self {
            name,
            bars: Vec::new(),
            work: Box::new(Repeated(run)),
        }
    }

    /// Measures `run` without what `prepare` does before each execution.
    pub fn prepared<A: 'static, T: Digest>(
        name: &'static str,
        prepare: impl FnMut() -> A + 'static,
        run: impl FnMut(A) -> T + 'static,
    ) -> Self {
        Self {
            name,
            bars: Vec::new(),
            work: Box::new(Prepared(prepare, run)),
        }
    }

    /// Adds a bar.
    #[must_use]
    pub fn bar(mut self, bar: Bar) -> Self {
        self.bars.push(bar);
        self
    }

    /// The time of so many executions.
    pub fn time(&mut self, times: u64) -> Duration {
        self.work.time(times)
    }
}

impl Group {
    /// A group without implementations.
    #[must_use]
    pub fn new(title: &'static str, elements: u64, unit: Unit) -> Self {
        Self {
            title,
            elements,
            unit,
            is_slow: false,
            implementations: Vec::new(),
        }
    }

    /// One execution takes long.
    #[must_use]
    pub fn slow(mut self) -> Self {
        self.is_slow = true;
        self
    }

    /// Adds an implementation.
    #[must_use]
    pub fn with(mut self, implementation: Implementation) -> Self {
        self.implementations.push(implementation);
        self
    }

    /// Executes each implementation once: all must give the same result.
    ///
    /// # Errors
    /// Names the first one that gives another result than the first of the group.
    pub fn check(&mut self) -> Result<(), BoxError> {
        let digests: Vec<(&str, u64)> = self
            .implementations
            .iter_mut()
            .map(|i| (i.name, i.work.digest()))
            .collect();
        let differs =
            |other: &&(&str, u64)| digests.first().is_some_and(|first| first.1 != other.1);
        match digests.iter().find(differs) {
            Some((name, _)) => Err(format!(
                "{}: `{name}` gives another result than `{}`",
                self.title, digests[0].0
            )
            .into()),
            None => Ok(()),
        }
    }

    /// Samples every implementation in turn, round after round, so that a disturbance hits all of them.
    #[must_use]
    pub fn sample(&mut self, rounds: usize, budget: Duration) -> Vec<Sampled> {
        sample::interleaved(&mut self.implementations, rounds, budget)
    }
}

impl fmt::Debug for Group {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Group")
            .field("title", &self.title)
            .field("unit", &self.unit)
            .field("implementations", &self.implementations)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for Implementation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Implementation")
            .field("name", &self.name)
            .field("bars", &self.bars)
            .finish_non_exhaustive()
    }
}

/// A result that can be compared with another one's by a number.
pub trait Digest: 'static {
    /// A number that differs, very likely, when the results do.
    fn digest(&self) -> u64;
}

/// Mixes a word into a digest.
#[must_use]
pub fn mix(digest: u64, word: u64) -> u64 {
    (digest.rotate_left(5) ^ word).wrapping_mul(0x9E37_79B9_7F4A_7C15)
}

impl Digest for u64 {
    fn digest(&self) -> u64 {
        *self
    }
}

impl Digest for u8 {
    fn digest(&self) -> u64 {
        u64::from(*self)
    }
}

impl Digest for usize {
    fn digest(&self) -> u64 {
        *self as u64
    }
}

impl Digest for i64 {
    fn digest(&self) -> u64 {
        self.cast_unsigned()
    }
}

impl Digest for f64 {
    fn digest(&self) -> u64 {
        self.to_bits()
    }
}

impl Digest for String {
    fn digest(&self) -> u64 {
        self.bytes()
            .fold(1, |digest, byte| mix(digest, u64::from(byte)))
    }
}

impl<T: Digest> Digest for Vec<T> {
    fn digest(&self) -> u64 {
        self.iter()
            .fold(self.len() as u64, |digest, one| mix(digest, one.digest()))
    }
}

/// `None` is a failed item.
impl<T: Digest> Digest for Option<T> {
    fn digest(&self) -> u64 {
        self.as_ref().map_or(u64::MAX, |one| mix(1, one.digest()))
    }
}

/// The text of an error is not compared.
impl<T: Digest> Digest for Result<T, String> {
    fn digest(&self) -> u64 {
        self.as_ref().map_or(u64::MAX, |one| mix(1, one.digest()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_implementation_that_gives_another_result_is_named() {
        let group = || {
            let group = Group::new("sum", 3, Unit::Micros);
            group.with(Implementation::new("loop", || vec![1.0, 2.0]))
        };
        assert!(group().check().is_ok());
        let mut wrong = group().with(Implementation::new("typo", || vec![1.0, 2.5]));
        assert_eq!(
            wrong.check().unwrap_err().to_string(),
            "sum: `typo` gives another result than `loop`"
        );
    }
}
