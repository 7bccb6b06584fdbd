//! Trying a failed row again.

use std::error::Error;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::error::Cause;

type Test = Arc<dyn Fn(&(dyn Error + 'static)) -> bool + Send + Sync>;

/// When a failed row is tried again, how often, and after what time.
///
/// The pause before attempt `n + 1` is `initial * factor^(n - 1)`, at most `cap`; with [`Jitter::Full`] it is a random
/// part of that. The random numbers depend on the seed, the item and the attempt only, so a run can be repeated.
///
/// Without [`on`](Self::on) every error that a node returns is tried again. A panic never is: it is a defect.
///
/// # Example
/// ```
/// # use hypernodes_core as hypernodes;
/// use std::time::Duration;
/// use hypernodes::{Jitter, Retry};
/// let retry = Retry::new(5).on::<std::io::Error>().backoff(Duration::from_millis(100), 2.0)
///     .cap(Duration::from_millis(300)).jitter(Jitter::None);
/// let pauses: Vec<u128> = (1..5).map(|attempt| retry.pause(0, attempt).as_millis()).collect();
/// assert_eq!(pauses, [100, 200, 300, 300]);
/// ```
#[derive(Clone)]
pub struct Retry {
    attempts: u32,
    initial: Duration,
    factor: f64,
    cap: Duration,
    jitter: Jitter,
    seed: u64,
    /// Empty: every error.
    on: Vec<(&'static str, Test)>,
}

/// Whether pauses are spread by chance, so that many failed rows do not come back at the same moment.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Jitter {
    /// Between nothing and the nominal pause, evenly.
    #[default]
    Full,
    /// Exactly the nominal pause.
    None,
}

impl Retry {
    /// At most this many attempts in all, the first one included; pauses of 1 s, 2 s, 4 s and so on up to 60 s.
    #[must_use]
    pub fn new(attempts: u32) -> Self {
        Self {
            attempts: attempts.max(1),
            initial: Duration::from_secs(1),
            factor: 2.0,
            cap: Duration::from_secs(60),
            jitter: Jitter::Full,
            seed: 0,
            on: Vec::new(),
        }
    }

    /// Tries again only when the error, or what it was caused by, is an `E`. May be called for several types.
    #[must_use]
    pub fn on<E: Error + 'static>(mut self) -> Self {
        self.on.push((
            std::any::type_name::<E>(),
            Arc::new(<dyn Error + 'static>::is::<E>),
        ));
        self
    }

    /// Tries again when this says so of the error, or of what it was caused by. Adds to the types of [`on`](Self::on).
    #[must_use]
    pub fn when(
        mut self,
        test: impl Fn(&(dyn Error + 'static)) -> bool + Send + Sync + 'static,
    ) -> Self {
        self.on.push(("a test", Arc::new(test)));
        self
    }

    /// The first pause, and by what each further one is longer.
    #[must_use]
    pub fn backoff(mut self, initial: Duration, factor: f64) -> Self {
        (self.initial, self.factor) = (
            initial,
            if factor.is_finite() {
                factor.max(0.0)
            } else {
                1.0
            },
        );
        self
    }

    /// No pause is longer than this.
    #[must_use]
    pub fn cap(mut self, cap: Duration) -> Self {
        self.cap = cap;
        self
    }

    /// Whether pauses are spread by chance.
    #[must_use]
    pub fn jitter(mut self, jitter: Jitter) -> Self {
        self.jitter = jitter;
        self
    }

    /// What the random numbers begin with.
    #[must_use]
    pub fn seed(mut self, seed: u64) -> Self {
        self.seed = seed;
        self
    }

    /// What another process can be told of it. `None`: it looks at errors, which is code of this process.
    pub(crate) fn plain(&self) -> Option<PlainRetry> {
        self.on.is_empty().then_some(PlainRetry {
            attempts: self.attempts,
            initial: self.initial,
            factor: self.factor,
            cap: self.cap,
            has_jitter: self.jitter == Jitter::Full,
            seed: self.seed,
        })
    }

    /// How many attempts there are in all.
    #[must_use]
    pub fn attempts(&self) -> u32 {
        self.attempts
    }

    /// How long an item waits after its attempt of this number (the first is 1) has failed.
    #[must_use]
    pub fn pause(&self, item: usize, attempt: u32) -> Duration {
        if self.initial.is_zero() {
            return Duration::ZERO;
        }
        let exponent = i32::try_from(attempt.saturating_sub(1)).unwrap_or(i32::MAX);
        let nominal = self.initial.as_secs_f64() * self.factor.powi(exponent);
        let nominal = Duration::try_from_secs_f64(nominal)
            .unwrap_or(self.cap)
            .min(self.cap);
        match self.jitter {
            Jitter::None => nominal,
            Jitter::Full => nominal.mul_f64(unit(self.seed, item as u64, u64::from(attempt))),
        }
    }

    /// Whether a failure of this kind may be tried again.
    pub(crate) fn covers(&self, cause: &Cause) -> bool {
        let error = match cause {
            Cause::Error(error) => error,
            Cause::TimedOut { .. } => return self.on.is_empty(),
            _ => return false,
        };
        if self.on.is_empty() {
            return true;
        }
        let mut next: Option<&(dyn Error + 'static)> = Some(&**error);
        while let Some(error) = next {
            if self.on.iter().any(|(_, test)| test(error)) {
                return true;
            }
            next = error.source();
        }
        false
    }
}

/// A [`Retry`] that does not look at errors, as it travels.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct PlainRetry {
    attempts: u32,
    initial: Duration,
    factor: f64,
    cap: Duration,
    has_jitter: bool,
    seed: u64,
}

impl From<PlainRetry> for Retry {
    fn from(plain: PlainRetry) -> Self {
        let jitter = match plain.has_jitter {
            true => Jitter::Full,
            false => Jitter::None,
        };
        Self::new(plain.attempts)
            .backoff(plain.initial, plain.factor)
            .cap(plain.cap)
            .jitter(jitter)
            .seed(plain.seed)
    }
}

/// A number in `[0, 1)` that depends on nothing but the arguments (splitmix64, Steele, Lea and Flood 2014).
fn unit(seed: u64, item: u64, attempt: u64) -> f64 {
    let mut state = seed;
    for word in [item, attempt] {
        state = mixed(
            state.wrapping_add(0x9E37_79B9_7F4A_7C15)
                ^ mixed(word.wrapping_add(0x9E37_79B9_7F4A_7C15)),
        );
    }
    // The upper 53 bits are what a double holds.
    (state >> 11) as f64 / (1_u64 << 53) as f64
}

fn mixed(mut x: u64) -> u64 {
    x = (x ^ (x >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    x = (x ^ (x >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    x ^ (x >> 31)
}

impl fmt::Debug for Retry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let on: Vec<&str> = self.on.iter().map(|(name, _)| *name).collect();
        f.debug_struct("Retry")
            .field("attempts", &self.attempts)
            .field("initial", &self.initial)
            .field("factor", &self.factor)
            .field("cap", &self.cap)
            .field("jitter", &self.jitter)
            .field("seed", &self.seed)
            .field("on", &on)
            .finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn jitter_is_spread_and_can_be_repeated() {
        let retry = Retry::new(3)
            .backoff(Duration::from_millis(100), 2.0)
            .seed(7);
        let pauses: Vec<Duration> = (0..1000).map(|item| retry.pause(item, 2)).collect();
        assert_eq!(
            pauses,
            (0..1000)
                .map(|item| retry.pause(item, 2))
                .collect::<Vec<_>>()
        );
        assert!(
            pauses
                .iter()
                .all(|pause| *pause <= Duration::from_millis(200))
        );
        let mean = pauses.iter().sum::<Duration>() / 1000;
        assert!((90..110).contains(&mean.as_millis()), "{mean:?}");
        assert_ne!(retry.pause(0, 1), retry.clone().seed(8).pause(0, 1));
    }

    #[test]
    fn only_listed_errors_and_their_causes_are_tried_again() {
        let io = || Cause::Error(Box::new(std::io::Error::other("later")));
        let wrapped = || {
            Cause::Error(Box::new(crate::Error::from(crate::RunError::Node {
                node: "a".into(),
                items: vec![],
                place: "here".into(),
                source: Box::new(std::io::Error::other("later")),
                details: Box::default(),
            })))
        };
        let retry = Retry::new(2).on::<std::io::Error>();
        assert!(retry.covers(&io()) && retry.covers(&wrapped()));
        assert!(!retry.covers(&Cause::Error("text".into())));
        assert!(!Retry::new(2).covers(&Cause::Panic("defect".into())));
        assert!(Retry::new(2).covers(&Cause::Error("text".into())));
        assert!(
            Retry::new(2)
                .when(|error| error.to_string() == "text")
                .covers(&Cause::Error("text".into()))
        );
    }

    #[test]
    fn a_long_series_of_pauses_ends_at_the_cap() {
        let retry = Retry::new(u32::MAX).jitter(Jitter::None);
        assert_eq!(retry.pause(0, u32::MAX), Duration::from_secs(60));
    }
}
