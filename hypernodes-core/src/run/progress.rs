//! Where a worker process is: words that another process can read after it has died.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering, fence};
use std::time::Duration;

/// The words, by their use.
const CHUNK: usize = 0;
const ROW: usize = 1;
const LIMIT: usize = 2;
const LEFT: usize = 3;
const CALLS: usize = 4;
const SEQUENCE: usize = 5;
const LENGTH: usize = 6;
const NAME: usize = 7;

/// How often a name is read again that changes meanwhile.
const TRIES: usize = 64;

/// The words in which a worker process says where it is, so that another can tell after it has died.
///
/// The engine gives the memory, as a rule shared between both processes. A chunk that is computed with them says which
/// node it has begun, which row it computes, and how long the node may take; without them a chunk says nothing, and
/// that costs nothing.
///
/// Several threads may write the same words, where a nested map computes side by side: a name is never torn, and is one
/// of theirs.
#[derive(Clone, Copy, Debug)]
pub struct Progress(&'static [AtomicU64]);

/// What the words of a [`Progress`] say.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Position {
    /// The chunk that is computed; 0: none.
    pub chunk: u64,
    /// The node that was begun last, with the nested pipelines around it: `inner/clean`.
    pub node: Option<String>,
    /// The row of the chunk, where it is known. Inside a nested map it is the row around it.
    pub row: Option<usize>,
    /// How long the present call may take, as a failure tells it.
    pub limit: Option<Duration>,
    /// How long the present call may take from when it began: an item may have used up some of its time before.
    pub left: Option<Duration>,
    /// How many calls with a limit have begun: it tells whether two looks have seen the same one.
    pub limited_calls: u64,
}

impl Progress {
    /// How many words there are.
    pub const WORDS: usize = 64;

    /// The words that this memory holds, all zero in the beginning.
    ///
    /// # Panics
    /// When there are fewer than [`WORDS`](Self::WORDS).
    ///
    /// # Example
    /// ```
    /// # use hypernodes_core as hypernodes;
    /// use std::sync::atomic::AtomicU64;
    /// use hypernodes::Progress;
    /// static WORDS: [AtomicU64; Progress::WORDS] = [const { AtomicU64::new(0) }; Progress::WORDS];
    /// let progress = Progress::new(&WORDS);
    /// progress.begin(7);
    /// assert_eq!(Progress::read(&WORDS).chunk, 7);
    /// progress.end();
    /// assert_eq!(Progress::read(&WORDS).chunk, 0);
    /// ```
    #[must_use]
    pub fn new(words: &'static [AtomicU64]) -> Self {
        assert!(
            words.len() >= Self::WORDS,
            "the memory for a progress has {} words",
            Self::WORDS
        );
        Self(words)
    }

    /// A chunk begins; its number is not 0.
    pub fn begin(self, chunk: u64) {
        self.0[LIMIT].store(0, Ordering::Relaxed);
        // A process before this one may have died while it wrote a name.
        self.0[SEQUENCE].fetch_and(!1, Ordering::Relaxed);
        self.step("", None);
        self.0[CHUNK].store(chunk, Ordering::Release);
    }

    /// The chunk has ended.
    pub fn end(self) {
        self.0[CHUNK].store(0, Ordering::Release);
    }

    /// A node begins, perhaps with one row. A name that does not fit is cut.
    fn step(self, node: &str, row: Option<usize>) {
        // Of several threads one writes: each name is right, and the others go on.
        let sequence = self.0[SEQUENCE].load(Ordering::Relaxed);
        let claimed = self.0[SEQUENCE].compare_exchange(
            sequence & !1,
            sequence | 1,
            Ordering::Acquire,
            Ordering::Relaxed,
        );
        if claimed.is_err() {
            return;
        }
        fence(Ordering::Release);
        self.row(row);
        let most = (Self::WORDS - NAME) * 8;
        let bytes = &node.as_bytes()[..node.floor_char_boundary(most)];
        self.0[LENGTH].store(bytes.len() as u64, Ordering::Relaxed);
        for (word, bytes) in self.0[NAME..].iter().zip(bytes.chunks(8)) {
            let mut whole = [0; 8];
            whole[..bytes.len()].copy_from_slice(bytes);
            word.store(u64::from_le_bytes(whole), Ordering::Relaxed);
        }
        self.0[SEQUENCE].store((sequence | 1).wrapping_add(1), Ordering::Release);
    }

    /// A row of the chunk begins, or it is not known which.
    #[inline]
    fn row(self, row: Option<usize>) {
        let word = row.map_or(0, |row| row as u64 + 1);
        self.0[ROW].store(word, Ordering::Relaxed);
    }

    /// A call begins that may take so long, unless one around it has a limit. Says whether it must be
    /// taken away when the call ends.
    fn limited(self, left: Duration, limit: Duration) -> bool {
        let word = |time: Duration| u64::try_from(time.as_nanos()).unwrap_or(u64::MAX).max(1);
        let claimed =
            self.0[LIMIT].compare_exchange(0, word(limit), Ordering::Relaxed, Ordering::Relaxed);
        if claimed.is_ok() {
            self.0[LEFT].store(word(left), Ordering::Relaxed);
            self.0[CALLS].fetch_add(1, Ordering::Release);
        }
        claimed.is_ok()
    }

    /// The call that set the limit has ended.
    fn unlimited(self) {
        self.0[LIMIT].store(0, Ordering::Release);
    }

    /// What the words say: of a process that has died, or of one that goes on meanwhile. Missing words count as 0.
    #[must_use]
    pub fn read(words: &[AtomicU64]) -> Position {
        let word = |at: usize| words.get(at).map_or(0, |word| word.load(Ordering::Acquire));
        let known = |word: u64| (word > 0).then_some(word);
        let limit = known(word(LIMIT));
        let row = known(word(ROW)).and_then(|row| usize::try_from(row - 1).ok());
        Position {
            chunk: word(CHUNK),
            node: Self::read_name(words),
            row,
            limit: limit.map(Duration::from_nanos),
            left: limit.map(|_| Duration::from_nanos(word(LEFT))),
            limited_calls: word(CALLS),
        }
    }

    fn read_name(words: &[AtomicU64]) -> Option<String> {
        let word = |at: usize| words.get(at).map_or(0, |word| word.load(Ordering::Relaxed));
        for _ in 0..TRIES {
            let before = words.get(SEQUENCE)?.load(Ordering::Acquire);
            let length = usize::try_from(word(LENGTH)).unwrap_or(usize::MAX);
            let length = length.min(words.len().saturating_sub(NAME) * 8);
            let mut bytes: Vec<u8> = (NAME..NAME + length.div_ceil(8))
                .flat_map(|at| word(at).to_le_bytes())
                .collect();
            bytes.truncate(length);
            fence(Ordering::Acquire);
            let is_whole = before % 2 == 0 && word(SEQUENCE) == before;
            if is_whole {
                return String::from_utf8(bytes)
                    .ok()
                    .filter(|name| !name.is_empty());
            }
        }
        // It died while it wrote the name.
        None
    }
}

/// Which row of the chunk each row of a call is.
#[derive(Clone, Debug)]
pub(crate) enum RowsOf {
    /// Row `i` is row `first + i`.
    From(usize),
    /// Every row is inside this one.
    Inside(usize),
    /// Row `i` is row `rows[i]`.
    Table(Arc<[u32]>),
    /// Nobody knows: the rows of several are mixed.
    Mixed,
}

impl RowsOf {
    #[inline]
    fn of(&self, row: usize) -> Option<usize> {
        match self {
            Self::From(first) => Some(first + row),
            Self::Inside(row) => Some(*row),
            Self::Table(rows) => rows.get(row).map(|&row| row as usize),
            Self::Mixed => None,
        }
    }
}

/// While it lives, the call that it was made for is limited in time.
#[derive(Debug)]
pub(crate) struct Limited(Option<Progress>);

impl Drop for Limited {
    fn drop(&mut self) {
        if let Some(progress) = self.0 {
            progress.unlimited();
        }
    }
}

/// A progress, and how it is told of the rows of a call.
#[derive(Clone, Debug)]
pub(crate) struct Track {
    progress: Progress,
    rows: RowsOf,
}

impl Track {
    pub(crate) fn new(progress: Progress, rows: RowsOf) -> Self {
        Self { progress, rows }
    }

    /// The rows of a call as rows of these.
    pub(crate) fn selected(&self, rows: usize, row_of: &dyn Fn(usize) -> usize) -> Self {
        let rows = match (&self.rows, rows) {
            (RowsOf::Mixed, _) => RowsOf::Mixed,
            (RowsOf::Inside(row), _) => RowsOf::Inside(*row),
            (_, 1) => self
                .rows
                .of(row_of(0))
                .map_or(RowsOf::Mixed, RowsOf::Inside),
            (of, rows) => {
                let rows = (0..rows).map(|row| of.of(row_of(row)));
                let rows: Option<Arc<[u32]>> = rows.map(|row| u32::try_from(row?).ok()).collect();
                rows.map_or(RowsOf::Mixed, RowsOf::Table)
            }
        };
        Self { rows, ..*self }
    }

    /// What happens inside a call of several rows, which it mixes, or of one.
    pub(crate) fn within(&self, rows: usize) -> Self {
        let rows = match (&self.rows, rows) {
            (RowsOf::Inside(row), _) => RowsOf::Inside(*row),
            (of, 1) => of.of(0).map_or(RowsOf::Mixed, RowsOf::Inside),
            _ => RowsOf::Mixed,
        };
        Self { rows, ..*self }
    }

    /// The rows of a piece of a chunk.
    pub(crate) fn from(&self, first: usize) -> Self {
        let rows = match &self.rows {
            RowsOf::From(start) => RowsOf::From(start + first),
            other => other.clone(),
        };
        Self { rows, ..*self }
    }

    /// A node begins with so many rows.
    pub(crate) fn step(&self, node: &str, rows: usize) {
        self.progress.step(node, self.first(rows));
    }

    /// A call of so many rows begins.
    pub(crate) fn begin(&self, rows: usize) {
        self.progress.row(self.first(rows));
    }

    /// The row that so many rows are, or are inside of, if it is one.
    fn first(&self, rows: usize) -> Option<usize> {
        match (&self.rows, rows) {
            (RowsOf::Inside(row), _) => Some(*row),
            (of, 1) => of.of(0),
            _ => None,
        }
    }

    /// A call begins that may take so long (and the limit that is told), until this is dropped.
    pub(crate) fn limited(&self, (left, limit): (Duration, Duration)) -> Limited {
        let is_own = self.progress.limited(left, limit);
        Limited(is_own.then_some(self.progress))
    }

    /// A row of the call begins.
    #[inline]
    pub(crate) fn row(&self, row: usize) {
        // Inside of one row, or of several, that was said when the node began.
        if let RowsOf::From(_) | RowsOf::Table(_) = self.rows {
            self.progress.row(self.rows.of(row));
        }
    }

    /// No row of the call is computed, and it goes on.
    pub(crate) fn no_row(&self) {
        if let RowsOf::From(_) | RowsOf::Table(_) = self.rows {
            self.progress.row(None);
        }
    }
}

#[cfg(all(test, feature = "macros"))]
mod tests;
