//! Rounding to two decimals, in the two ways that the ATC implementations use.
//!
//! Both are written with additions only, because the baseline x86-64 instruction set has no
//! rounding instruction and a library call per value would stop the loop from vectorising.

/// Adding and subtracting 1.5 · 2^52 rounds a small number to an integer, half to even.
const INTEGER_GRID: f64 = 6_755_399_441_055_744.0;

/// `v` to the nearest integer, half to even; exact for `|v| < 2^51`, keeps the sign of zero.
#[inline(always)]
fn nearest(v: f64) -> f64 {
    ((v + INTEGER_GRID) - INTEGER_GRID).copysign(v)
}

/// 100 `v` rounded to an integer, half to even.
#[inline(always)]
pub(crate) fn hundredths_half_even(v: f64) -> f64 {
    nearest(v * 100.0)
}

/// 100 `v` rounded to an integer, half away from zero, with TradingView's slack of 1e-10.
#[inline(always)]
pub(crate) fn hundredths_half_away(v: f64) -> f64 {
    let t = v.abs() * 100.0 + 0.5 + 1e-10;
    let near = nearest(t);
    let floor = if near > t { near - 1.0 } else { near };
    if floor > 0.0 {
        floor.copysign(v)
    } else {
        floor
    }
}

/// `v` rounded to two decimals, a tie going to the even neighbour (`numpy.rint` on hundreds).
///
/// For `|v|` up to 10^13; NaN stays NaN and the sign of zero is kept.
///
/// # Example
/// ```
/// use hypernodes_trading::kernels::round2_half_even;
/// assert_eq!(round2_half_even(0.125), 0.12); // 12.5 is a tie: to the even 12
/// assert_eq!(round2_half_even(-0.377), -0.38);
/// ```
#[inline]
#[must_use]
pub fn round2_half_even(v: f64) -> f64 {
    hundredths_half_even(v) / 100.0
}

/// `v` rounded to two decimals, a tie going away from zero; values within 1e-12 below a tie
/// count as one, as TradingView's `math.round` does.
///
/// For `|v|` up to 10^13; NaN stays NaN and the result is never -0.
///
/// # Example
/// ```
/// use hypernodes_trading::kernels::round2_half_away;
/// assert_eq!(round2_half_away(0.125), 0.13);
/// assert_eq!(round2_half_away(-0.125), -0.13);
/// ```
///
/// # Reference
/// Slack as measured in `PyneCore`'s emulation of TradingView.
#[inline]
#[must_use]
pub fn round2_half_away(v: f64) -> f64 {
    hundredths_half_away(v) / 100.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn additions_round_like_the_library() {
        let mut state = 1_u64;
        for _ in 0..20_000 {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1);
            let v = ((state >> 11) as f64 / (1_u64 << 53) as f64) * 2.0 - 1.0;
            for v in [
                v,
                (v * 1e4).round() / 1e4,
                (v * 1e3).round() / 1e3,
                v * 1e-3,
            ] {
                let even = (v * 100.0).round_ties_even() / 100.0;
                assert_eq!(round2_half_even(v).to_bits(), even.to_bits(), "{v}");
                let t = (v.abs() * 100.0 + 0.5 + 1e-10).floor() / 100.0;
                let away = if t == 0.0 { 0.0 } else { t.copysign(v) };
                assert_eq!(round2_half_away(v).to_bits(), away.to_bits(), "{v}");
            }
        }
        assert!(round2_half_even(f64::NAN).is_nan() && round2_half_away(f64::NAN).is_nan());
        assert!(round2_half_even(-0.001).is_sign_negative());
        assert!(round2_half_away(-0.001).is_sign_positive());
    }
}
