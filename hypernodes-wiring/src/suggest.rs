//! "Did you mean": the candidate that a mistyped name was most probably meant to be.

/// The candidate that `name` was most probably meant to be, if one is close enough.
///
/// Close enough is: the same but for upper and lower case, the same words in another order (`adj_close` and
/// `close_adj`), or at most a third of the characters typed wrong, a swap of neighbours counting as one. Of several, the
/// nearest; of equally near ones the alphabetically first, so the answer never depends on the order of the candidates.
///
/// ```
/// use hypernodes_wiring::suggest;
/// assert_eq!(suggest("clsoe", ["open", "close", "closed"]).as_deref(), Some("close"));
/// assert_eq!(suggest("volume", ["open", "close"]), None);
/// ```
pub fn suggest<'a>(name: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<String> {
    Target::new(name).nearest(candidates).map(str::to_owned)
}

/// The name being looked for, with what is the same for every candidate.
pub(crate) struct Target<'n> {
    name: &'n str,
    chars: usize,
    lower: String,
    words: Vec<&'n str>,
}

impl<'n> Target<'n> {
    pub(crate) fn new(name: &'n str) -> Self {
        Self {
            name,
            chars: name.chars().count(),
            lower: name.to_lowercase(),
            words: sorted_words(name),
        }
    }

    pub(crate) fn nearest<'a>(
        &self,
        candidates: impl IntoIterator<Item = &'a str>,
    ) -> Option<&'a str> {
        let scored = candidates
            .into_iter()
            .filter_map(|candidate| Some((self.distance(candidate)?, candidate)));
        scored.min().map(|(_, candidate)| candidate)
    }

    /// How far off `candidate` is; `None` when it is too far, or the same name.
    fn distance(&self, candidate: &str) -> Option<usize> {
        if candidate == self.name || self.name.is_empty() || candidate.is_empty() {
            return None;
        }
        let chars = candidate.chars().count();
        let limit = (self.chars.max(chars) / 3).max(1);
        if chars.abs_diff(self.chars) > limit {
            return None;
        }
        if chars == self.chars {
            if candidate.to_lowercase() == self.lower {
                return Some(0);
            }
            if self.words.len() > 1 && sorted_words(candidate) == self.words {
                return Some(1);
            }
        }
        let distance = strsim::osa_distance(self.name, candidate);
        // One wrong character of one or two says nothing.
        let long_enough = self.chars.min(chars) > 2;
        (distance <= limit && long_enough).then_some(distance)
    }
}

fn sorted_words(name: &str) -> Vec<&str> {
    let mut words: Vec<_> = name.split('_').collect();
    words.sort_unstable();
    words
}

/// Whether two names differ by so little that one is probably a slip of the other: another case, or one character too
/// many, too few, wrong, or swapped with its neighbour.
///
/// Strict on purpose, because a warning about names that were meant is worse than none: digits (`x1`, `x2`), plurals (`doc`,
/// `docs`) and short words (`sma_x`, `sma_y`) may differ.
pub(crate) fn is_probable_slip(a: &str, b: &str) -> bool {
    if a.len().abs_diff(b.len()) > 4 || a == b {
        return false;
    }
    let prefix: usize = a
        .chars()
        .zip(b.chars())
        .take_while(|(x, y)| x == y)
        .map(|(x, _)| x.len_utf8())
        .sum();
    let (a_rest, b_rest) = (&a[prefix..], &b[prefix..]);
    let suffix: usize = a_rest
        .chars()
        .rev()
        .zip(b_rest.chars().rev())
        .take_while(|(x, y)| x == y)
        .map(|(x, _)| x.len_utf8())
        .sum();
    let (a_core, b_core) = (
        &a_rest[..a_rest.len() - suffix],
        &b_rest[..b_rest.len() - suffix],
    );

    let mut x = a_core.chars();
    let mut y = b_core.chars();
    let close = match (x.next(), x.next(), x.next(), y.next(), y.next(), y.next()) {
        (Some(_), None, _, Some(_), None, _) => true,
        (Some(only), None, _, None, ..) | (None, _, _, Some(only), None, _) => {
            !(suffix == 0 && matches!(only, 's' | 'S'))
        }
        (Some(p), Some(q), None, Some(r), Some(s), None) => p == s && q == r,
        _ => false,
    };
    let digits = |core: &str| core.chars().any(char::is_numeric);
    // The word around the difference must be long enough for a slip to be likelier than a second name.
    let word = |name: &str, core: &str| {
        let before = name[..prefix]
            .rsplit('_')
            .next()
            .map_or(0, |part| part.chars().count());
        let after = name[prefix + core.len()..]
            .split('_')
            .next()
            .map_or(0, |part| part.chars().count());
        before + core.chars().count() + after >= 4
    };
    (close && !digits(a_core) && !digits(b_core) && word(a, a_core) && word(b, b_core))
        || (a.len() >= 4 && a.to_lowercase() == b.to_lowercase())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nearest_candidate_wins_and_ties_go_to_the_alphabet() {
        assert_eq!(
            suggest("clos", ["closes", "close"]).as_deref(),
            Some("close")
        );
        assert_eq!(suggest("hat", ["cat", "bat"]).as_deref(), Some("bat"));
        assert_eq!(suggest("hat", ["bat", "cat"]).as_deref(), Some("bat"));
    }

    #[test]
    fn case_and_word_order_are_forgiven() {
        assert_eq!(
            suggest("Close", ["clone", "close"]).as_deref(),
            Some("close")
        );
        assert_eq!(
            suggest("close_adj", ["adj_close", "close_raw"]).as_deref(),
            Some("adj_close")
        );
    }

    #[test]
    fn far_short_same_and_empty_names_are_not_suggested() {
        assert_eq!(suggest("x", ["y", "z"]), None);
        assert_eq!(suggest("text", ["text", "volume"]), None);
        assert_eq!(suggest("", ["a"]), None);
        assert_eq!(suggest("abc", [""]), None);
    }

    #[test]
    fn slips_are_one_edit_in_a_long_word() {
        for (a, b) in [
            ("clsoe", "close"),
            ("minlen", "min_len"),
            ("volme", "volume"),
            ("Close", "close"),
            ("größe", "grösse_"),
        ] {
            assert_eq!(is_probable_slip(a, b), is_probable_slip(b, a));
            assert_eq!(is_probable_slip(a, b), b != "grösse_", "{a} {b}");
        }
        for (a, b) in [
            ("x1", "x2"),
            ("doc", "docs"),
            ("window_1", "window_2"),
            ("sma_x", "sma_y"),
            ("a", "b"),
            ("same", "same"),
        ] {
            assert!(!is_probable_slip(a, b), "{a} {b}");
        }
    }
}
