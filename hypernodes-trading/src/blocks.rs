//! A list that grows without being copied.

/// How many values a block holds.
const LENGTH: usize = 1024;

/// A list in blocks: while it grows there is never an old list beside the new one.
#[derive(Debug, Clone)]
pub(crate) struct Blocks<T>(Vec<Vec<T>>);

impl<T> Default for Blocks<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<T> Blocks<T> {
    pub(crate) fn len(&self) -> usize {
        let whole = self.0.len().saturating_sub(1) * LENGTH;
        whole + self.0.last().map_or(0, Vec::len)
    }

    pub(crate) fn get(&self, at: usize) -> Option<&T> {
        self.0.get(at / LENGTH)?.get(at % LENGTH)
    }

    pub(crate) fn push(&mut self, value: T) {
        match self.0.last_mut() {
            Some(last) if last.len() < LENGTH => last.push(value),
            // The first one grows: most lists are short.
            None => self.0.push(vec![value]),
            Some(_) => {
                let mut next = Vec::with_capacity(LENGTH);
                next.push(value);
                self.0.push(next);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_stand_where_they_were_pushed() {
        let mut list = Blocks::default();
        for value in 0..3 * LENGTH {
            assert_eq!((list.len(), list.get(value)), (value, None));
            list.push(value);
            assert_eq!(list.get(value / 2), Some(&(value / 2)));
        }
        assert_eq!(list.len(), 3 * LENGTH);
    }
}
