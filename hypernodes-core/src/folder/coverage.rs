//! Which items are finished.

use std::collections::BTreeMap;
use std::ops::Range;

/// Disjoint ranges of items; those that touch are one.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Coverage(BTreeMap<u64, u64>);

impl Coverage {
    /// Whether some item of the range is in here.
    pub(super) fn meets(&self, range: &Range<u64>) -> bool {
        // Of the ranges that begin before its end, the last one ends last.
        let before = self.0.range(..range.end).next_back();
        range.start < range.end && before.is_some_and(|(_, end)| *end > range.start)
    }

    /// Adds a range that meets none.
    pub(super) fn add(&mut self, range: Range<u64>) {
        let (mut start, mut end) = (range.start, range.end);
        if let Some(behind) = self.0.remove(&end) {
            end = behind;
        }
        if let Some((before, before_end)) = self.0.range(..start).next_back()
            && *before_end == start
        {
            start = *before;
        }
        self.0.insert(start, end);
    }

    /// How many items there are.
    pub(super) fn items(&self) -> u64 {
        self.0.iter().map(|(start, end)| end - start).sum()
    }

    /// The items below `items` that are not in here.
    pub(super) fn missing(&self, items: u64) -> Vec<Range<u64>> {
        let mut ranges = Vec::new();
        let mut from = 0;
        for (start, end) in self.0.range(..items) {
            if from < *start {
                ranges.push(from..*start);
            }
            from = *end;
        }
        if from < items {
            ranges.push(from..items);
        }
        ranges
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn coverage_is_what_a_set_of_items_would_be(
            ranges in prop::collection::vec((0_u64..60, 1_u64..9), 0..20)
        ) {
            let mut coverage = Coverage::default();
            let mut set = [false; 80];
            for (start, len) in ranges {
                let range = start..start + len;
                let is_met = range.clone().any(|item| set[usize::try_from(item).unwrap()]);
                prop_assert_eq!(coverage.meets(&range), is_met);
                if !is_met {
                    range.clone().for_each(|item| set[usize::try_from(item).unwrap()] = true);
                    coverage.add(range);
                }
            }
            prop_assert_eq!(coverage.items(), set.iter().filter(|is_in| **is_in).count() as u64);
            for items in [0_usize, 1, 30, 80] {
                let missing: Vec<u64> = coverage.missing(items as u64).into_iter().flatten().collect();
                let expected: Vec<u64> =
                    (0..items).filter(|item| !set[*item]).map(|item| item as u64).collect();
                prop_assert_eq!(missing, expected);
            }
        }
    }
}
