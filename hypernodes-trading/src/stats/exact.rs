//! [`ExactSum`]: sums of numbers and of products of two numbers without any rounding.
//!
//! A sum is a number of fixed point wide enough for every product of two `f64`: 32 bits a digit, from 2^-2176 up to
//! beyond 2^2112. Adding is exact, so neither the order of the terms nor where they were split can show in the result;
//! it is rounded once, when it is asked for. Nothing statistical belongs here; see [`super::Moments`].

use std::cmp::Ordering;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// The exponent of the lowest bit, as a number of digits.
const LOWEST: i32 = -68;
/// Digits: the products reach 2^2048, and 2^64 of them are counted.
const DIGITS: usize = 135;
/// Terms after which carries are brought up: a digit takes less than 2^33 of each, and holds 2^63.
const CARRY_AFTER: u32 = 1 << 28;
const DIGIT: i64 = 1 << 32;

/// A sum without rounding.
///
/// # Example
/// ```
/// use hypernodes_trading::stats::ExactSum;
/// let mut sum = ExactSum::new();
/// for term in [1e100, 0.1, -1e100, 0.2] {
///     sum.add(term);
/// }
/// assert_eq!(sum.value(), 0.1 + 0.2); // adding `f64` in this order gives 0.2
/// ```
#[derive(Debug, Clone)]
pub struct ExactSum {
    digits: Box<[i64]>,
    terms: u32,
}

impl Default for ExactSum {
    fn default() -> Self {
        Self::new()
    }
}

impl PartialEq for ExactSum {
    fn eq(&self, other: &Self) -> bool {
        self.exact() == other.exact()
    }
}

impl Eq for ExactSum {}

impl ExactSum {
    /// The sum of nothing: 0.
    #[must_use]
    pub fn new() -> Self {
        Self {
            digits: vec![0; DIGITS].into(),
            terms: 0,
        }
    }

    /// Adds a finite number; another one is left out.
    pub fn add(&mut self, term: f64) {
        if let Some(term) = Parts::of(term) {
            let place = term.exponent - 32 * LOWEST;
            self.add_at(term.is_negative, u128::from(term.mantissa), place);
        }
    }

    /// Adds the product of two finite numbers, which is not rounded; with another one it is left out.
    pub fn add_product(&mut self, a: f64, b: f64) {
        if let (Some(a), Some(b)) = (Parts::of(a), Parts::of(b)) {
            let product = u128::from(a.mantissa) * u128::from(b.mantissa);
            let place = a.exponent + b.exponent - 32 * LOWEST;
            self.add_at(a.is_negative != b.is_negative, product, place);
        }
    }

    /// Adds all terms of the other sum.
    pub fn merge(&mut self, other: &Self) {
        let mut other = other.clone();
        other.carry();
        self.carry();
        for (own, more) in self.digits.iter_mut().zip(&other.digits) {
            *own += more;
        }
        self.terms = 1;
    }

    /// The sum as the nearest `f64`, ties to even; infinite beyond the largest.
    #[must_use]
    pub fn value(&self) -> f64 {
        self.exact().value()
    }

    /// Adds `mantissa`, of at most 106 bits, times 2^`place` lowest bits.
    fn add_at(&mut self, is_negative: bool, mantissa: u128, place: i32) {
        let place = usize::try_from(place).unwrap_or_default();
        let (mut at, bit) = (place / 32, place % 32);
        let (low, high) = (mantissa & u128::from(u64::MAX), mantissa >> 64);
        // 64 bits and up to 31 more, then two digits higher the rest.
        for mut part in [low << bit, high << bit] {
            let mut to = at;
            while part != 0 {
                let digit = i64::from(low_digit(part));
                self.digits[to] += if is_negative { -digit } else { digit };
                part >>= 32;
                to += 1;
            }
            at += 2;
        }
        self.terms += 1;
        if self.terms >= CARRY_AFTER {
            self.carry();
        }
    }

    /// Brings every digit but the highest into 0..2^32.
    fn carry(&mut self) {
        let mut carry = 0;
        let (highest, others) = self.digits.split_last_mut().expect("there are digits");
        for digit in others {
            let all = *digit + carry;
            carry = all.div_euclid(DIGIT);
            *digit = all.rem_euclid(DIGIT);
        }
        *highest += carry;
        self.terms = 0;
    }

    pub(super) fn exact(&self) -> Exact {
        let mut sum = self.clone();
        sum.carry();
        let is_negative = sum.digits[DIGITS - 1] < 0;
        if is_negative {
            sum.digits.iter_mut().for_each(|digit| *digit = -*digit);
            sum.carry();
        }
        let digits = sum
            .digits
            .iter()
            .map(|&digit| low_digit(digit.unsigned_abs().into()));
        Exact {
            is_negative,
            lowest: LOWEST,
            digits: digits.collect(),
        }
        .trimmed()
    }
}

/// What is written: no more digits than there are.
impl Serialize for ExactSum {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        let exact = self.exact();
        (exact.is_negative, exact.lowest, exact.digits).serialize(to)
    }
}

impl<'de> Deserialize<'de> for ExactSum {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let (is_negative, lowest, digits) = <(bool, i32, Vec<u32>)>::deserialize(from)?;
        let mut sum = Self::new();
        let start = lowest.checked_sub(LOWEST);
        let start = start.and_then(|start| usize::try_from(start).ok());
        let end = start.and_then(|start| start.checked_add(digits.len()));
        let place = start
            .zip(end)
            .and_then(|(start, end)| sum.digits.get_mut(start..end));
        let wrong = || serde::de::Error::custom("a sum has other digits than this one");
        for (to, digit) in place.ok_or_else(wrong)?.iter_mut().zip(digits) {
            *to = if is_negative {
                -i64::from(digit)
            } else {
                i64::from(digit)
            };
        }
        sum.terms = 1;
        Ok(sum)
    }
}

/// A finite number that is not 0: mantissa times 2^exponent.
struct Parts {
    is_negative: bool,
    mantissa: u64,
    exponent: i32,
}

impl Parts {
    fn of(value: f64) -> Option<Self> {
        if !value.is_finite() || value.abs().to_bits() == 0 {
            return None;
        }
        let bits = value.to_bits();
        let fraction = bits & ((1 << 52) - 1);
        let field = i32::try_from((bits >> 52) & 0x7ff).unwrap_or_default();
        let (mantissa, exponent) = match field {
            0 => (fraction, -1074),
            field => (fraction | (1 << 52), field - 1075),
        };
        Some(Self {
            is_negative: value.is_sign_negative(),
            mantissa,
            exponent,
        })
    }
}

fn low_digit(value: u128) -> u32 {
    u32::try_from(value & u128::from(u32::MAX)).unwrap_or_default()
}

/// A number of any length; the lowest digit counts 2^(32 `lowest`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Exact {
    is_negative: bool,
    lowest: i32,
    /// From the lowest to the highest; neither end is 0.
    digits: Vec<u32>,
}

impl Exact {
    fn trimmed(mut self) -> Self {
        let used = self.digits.iter().rposition(|&digit| digit != 0);
        self.digits.truncate(used.map_or(0, |at| at + 1));
        let zeros = self.digits.iter().take_while(|&&digit| digit == 0).count();
        self.digits.drain(..zeros);
        self.lowest += i32::try_from(zeros).unwrap_or_default();
        if self.digits.is_empty() {
            (self.is_negative, self.lowest) = (false, 0);
        }
        self
    }

    pub(super) fn times(&self, other: &Self) -> Self {
        let mut digits = vec![0_u32; self.digits.len() + other.digits.len()];
        for (at, &a) in self.digits.iter().enumerate() {
            let mut carry = 0;
            for (to, &b) in digits[at..].iter_mut().zip(other.digits.iter().chain([&0])) {
                let all = u64::from(a) * u64::from(b) + u64::from(*to) + carry;
                *to = low_digit(all.into());
                carry = all >> 32;
            }
        }
        Self {
            is_negative: self.is_negative != other.is_negative,
            lowest: self.lowest + other.lowest,
            digits,
        }
        .trimmed()
    }

    pub(super) fn whole(value: u64) -> Self {
        Self {
            is_negative: false,
            lowest: 0,
            digits: vec![low_digit(value.into()), low_digit((value >> 32).into())],
        }
        .trimmed()
    }

    pub(super) fn minus(&self, other: &Self) -> Self {
        let lowest = self.lowest.min(other.lowest);
        let shift = |number: &Self| usize::try_from(number.lowest - lowest).unwrap_or_default();
        let length = |number: &Self| number.digits.len() + shift(number);
        let mut digits = vec![0_i64; length(self).max(length(other)) + 1];
        for (number, sign) in [(self, 1), (other, -1)] {
            let sign = if number.is_negative { -sign } else { sign };
            for (to, &digit) in digits[shift(number)..].iter_mut().zip(&number.digits) {
                *to += sign * i64::from(digit);
            }
        }
        let highest = digits.iter().rev().find(|&&digit| digit != 0);
        let is_negative = highest.is_some_and(|&digit| digit < 0);
        let mut carry = 0;
        let plain = digits.iter().map(|&digit| {
            let all = carry + if is_negative { -digit } else { digit };
            carry = all.div_euclid(DIGIT);
            low_digit(all.rem_euclid(DIGIT).unsigned_abs().into())
        });
        Self {
            digits: plain.collect(),
            is_negative,
            lowest,
        }
        .trimmed()
    }

    pub(super) fn sign(&self) -> Ordering {
        match self.is_negative {
            true => Ordering::Less,
            false if self.digits.is_empty() => Ordering::Equal,
            false => Ordering::Greater,
        }
    }

    /// The nearest `f64`, ties to even.
    pub(super) fn value(&self) -> f64 {
        let Some(highest) = self.digits.last() else {
            return 0.0;
        };
        // The 64 highest bits, and whether a bit is set below them.
        let count = self.digits.len();
        let digit = |back: usize| {
            count
                .checked_sub(back)
                .map_or(0, |at| u128::from(self.digits[at]))
        };
        let zeros = highest.leading_zeros();
        let wide = ((digit(1) << 64) | (digit(2) << 32) | digit(3)) << zeros;
        let bits = wide >> 32;
        let is_more = wide & u128::from(u32::MAX) != 0 || count > 3;
        let length = i32::try_from(count).unwrap_or(i32::MAX);
        let top = 32 * (self.lowest + length) - 1 - i32::try_from(zeros).unwrap_or_default();
        let kept = (top + 1075).min(53);
        let magnitude = if kept < 0 {
            0.0
        } else if top > 1023 {
            f64::INFINITY
        } else {
            let dropped = u32::try_from(64 - kept).unwrap_or(64);
            let (mut mantissa, rest) = (bits >> dropped, bits & ((1 << dropped) - 1));
            let half = 1 << (dropped - 1);
            let is_up = match rest.cmp(&half) {
                Ordering::Less => false,
                Ordering::Greater => true,
                Ordering::Equal => is_more || mantissa & 1 == 1,
            };
            mantissa += u128::from(is_up);
            let mantissa = u64::try_from(mantissa).unwrap_or_default();
            // A mantissa that has grown to 2^53 raises the exponent by itself, to infinity if need be.
            let field = u64::try_from(top + 1022).unwrap_or_default();
            let field = if kept == 53 { field << 52 } else { 0 };
            f64::from_bits(field + mantissa)
        };
        if self.is_negative {
            -magnitude
        } else {
            magnitude
        }
    }
}

#[cfg(test)]
#[expect(clippy::float_cmp, reason = "equal to the bit, but for the sign of 0")]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn finite() -> impl Strategy<Value = f64> {
        prop::num::f64::NORMAL | prop::num::f64::SUBNORMAL | prop::num::f64::ZERO
    }

    fn sum(terms: &[f64]) -> ExactSum {
        let mut sum = ExactSum::new();
        terms.iter().for_each(|&term| sum.add(term));
        sum
    }

    #[test]
    fn one_term_is_itself_at_every_exponent() {
        for exponent in 0..2047_u64 {
            for fraction in [0, 1, 0x000f_ffff_ffff_ffff, 0x0005_5555_5555_5555] {
                let value = f64::from_bits((exponent << 52) | fraction);
                assert_eq!(sum(&[value]).value().to_bits(), value.to_bits());
                let back = sum(&[-value, value, value]).value();
                assert_eq!(back.to_bits(), value.to_bits());
            }
        }
        assert_eq!(sum(&[f64::MAX, f64::MAX]).value(), f64::INFINITY);
        assert_eq!(sum(&[f64::MAX, f64::MAX, -f64::MAX]).value(), f64::MAX);
        assert_eq!(sum(&[f64::NAN, 1.0, f64::INFINITY]).value(), 1.0);
    }

    proptest! {
        #[test]
        fn two_terms_round_as_the_machine_adds(a in finite(), b in finite()) {
            prop_assert_eq!(sum(&[a, b]).value(), a + b);
            let near = f64::from_bits(a.to_bits() ^ (b.to_bits() & 0x000f_ffff_ffff_ffff));
            prop_assert_eq!(sum(&[a, -near]).value(), a - near);
        }

        #[test]
        fn a_product_and_a_term_round_as_the_fused_operation(a in finite(), b in finite(), c in finite()) {
            let mut fused = sum(&[c]);
            fused.add_product(a, b);
            prop_assert_eq!(fused.value(), a.mul_add(b, c));
            let mut rest = ExactSum::new();
            rest.add_product(a, b);
            prop_assert_eq!(rest.value(), a * b);
        }

        #[test]
        fn neither_order_nor_splits_show(mut terms in prop::collection::vec(finite(), 0..60), cut in 0..60_usize) {
            let whole = sum(&terms);
            let (left, right) = terms.split_at(cut.min(terms.len()));
            let mut merged = sum(right);
            merged.merge(&sum(left));
            prop_assert_eq!(&merged, &whole);
            terms.reverse();
            prop_assert_eq!(sum(&terms).value().to_bits(), whole.value().to_bits());
            let text = serde_json::to_string(&whole).unwrap();
            prop_assert_eq!(&serde_json::from_str::<ExactSum>(&text).unwrap(), &whole);
        }

        #[test]
        fn numbers_of_any_length_compute_as_whole_ones(a in any::<i64>(), b in any::<i64>(), c in any::<i64>()) {
            let of = |value: i64| {
                let (whole, nothing) = (Exact::whole(value.unsigned_abs()), Exact::whole(0));
                if value < 0 { nothing.minus(&whole) } else { whole }
            };
            let wide = |value: i64| i128::from(value);
            let found = of(a).times(&of(b)).minus(&of(c));
            let expected = wide(a) * wide(b) - wide(c);
            prop_assert_eq!(found.value(), expected as f64);
            prop_assert_eq!(found.sign(), expected.cmp(&0));
        }
    }

    #[test]
    fn digits_of_another_number_are_not_read() {
        for text in [
            "[false,-69,[1]]",
            "[false,67,[1]]",
            "[false,2147483647,[1]]",
            "[true,-2147483648,[1]]",
        ] {
            assert!(serde_json::from_str::<ExactSum>(text).is_err(), "{text}");
        }
    }
}
