//! Medians, and when two times differ.
//!
//! Two times differ when the middle halves of their samples do not overlap and the medians are at least 3 % apart. With
//! four samples or fewer the middle half is all of them.

/// Medians closer than this are the same to a reader.
const LEAST_DIFFERENCE: f64 = 0.03;

/// The one in the middle, or between the two there; NaN of nothing.
pub(super) fn median(samples: &[f64]) -> f64 {
    let sorted = sorted(samples);
    let half = sorted.len() / 2;
    match sorted.len() {
        0 => f64::NAN,
        odd if odd % 2 == 1 => sorted[half],
        _ => f64::midpoint(sorted[half - 1], sorted[half]),
    }
}

/// Where the middle half of the samples lies, rounded outward.
pub(super) fn middle(samples: &[f64]) -> (f64, f64) {
    let sorted = sorted(samples);
    let Some(last) = sorted.len().checked_sub(1) else {
        return (f64::NAN, f64::NAN);
    };
    (sorted[last / 4], sorted[last - last / 4])
}

/// Whether `a` is faster than `b`, beyond what noise explains.
pub(super) fn is_faster(a: &[f64], b: &[f64]) -> bool {
    let (_, slow_a) = middle(a);
    let (fast_b, _) = middle(b);
    slow_a < fast_b && median(a) <= median(b) * (1.0 - LEAST_DIFFERENCE)
}

fn sorted(samples: &[f64]) -> Vec<f64> {
    let mut sorted = samples.to_vec();
    sorted.sort_by(f64::total_cmp);
    sorted
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_is_in_the_middle() {
        let told = |samples: &[f64]| median(samples).to_string();
        assert_eq!(told(&[3.0, 1.0, 2.0]), "2");
        assert_eq!(told(&[4.0, 1.0, 2.0, 3.0]), "2.5");
        assert_eq!(told(&[]), "NaN");
    }

    #[test]
    fn the_middle_half_is_rounded_outward() {
        let told = |samples: &[f64]| format!("{:?}", middle(samples));
        assert_eq!(told(&[1.0, 2.0, 3.0]), "(1.0, 3.0)");
        assert_eq!(told(&[1.0, 2.0, 3.0, 4.0, 5.0]), "(2.0, 4.0)");
        assert_eq!(
            told(&[1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0]),
            "(2.0, 7.0)"
        );
    }

    #[test]
    fn times_that_overlap_or_hardly_differ_are_the_same() {
        let fast = [1.0, 1.01, 1.02, 1.03, 9.0];
        assert!(is_faster(&fast, &[1.5, 1.52, 1.49, 1.51, 0.5]));
        assert!(!is_faster(&[1.5, 1.52, 1.49, 1.51, 0.5], &fast));
        assert!(!is_faster(&fast, &[1.02, 1.5, 1.6, 1.7, 1.01]), "overlap");
        assert!(!is_faster(&[1.0; 5], &[1.02; 5]), "2 % apart");
        assert!(is_faster(&[1.0; 5], &[1.04; 5]));
        assert!(!is_faster(&[], &[]));
        assert!(
            !is_faster(&[1.0, 1.1, 1.6], &[1.5, 2.0, 2.1]),
            "of three samples each one counts"
        );
    }
}
