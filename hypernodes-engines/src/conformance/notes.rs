//! What nodes tell a test, from whatever process they run in.

use std::cell::RefCell;
use std::fs::{File, OpenOptions};
use std::io::{Seek as _, Write as _};
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use hypernodes_core::CancelToken;

/// The file handle that a thread used last.
type Open = Option<(String, File)>;

/// A list of numbers to which nodes of any process add, in the order in which they do: a counter, a signal, a log.
///
/// It is a file of its own, which is gone with the value. Nodes get its [`path`](Self::path) as an input.
///
/// # Example
/// ```standalone_crate
/// # extern crate hypernodes_core as hypernodes;
/// use hypernodes::prelude::*;
/// use hypernodes_engines::conformance::{Notes, note};
/// #[node(output = "y")]
/// fn noted(x: u64, notes: &str) -> u64 {
///     note(notes, x);
///     x * 2
/// }
/// let notes = Notes::new();
/// let p = Pipeline::new("p", nodes![noted])?;
/// p.map(inputs! { x: [5_u64, 6, 7], notes: notes.path() }, MapOver::zip(["x"]))?;
/// assert_eq!(notes.all(), [5, 6, 7]);
/// # Ok::<(), hypernodes::Error>(())
/// ```
#[derive(Debug)]
pub struct Notes {
    path: PathBuf,
}

impl Default for Notes {
    fn default() -> Self {
        Self::new()
    }
}

impl Notes {
    /// An empty list.
    ///
    /// # Panics
    /// When no temporary file can be made.
    #[must_use]
    pub fn new() -> Self {
        loop {
            let name = format!("hypernodes-notes-{}-{}", std::process::id(), fresh());
            let path = std::env::temp_dir().join(name);
            // One that lies there is what an earlier process of this number has left.
            match File::create_new(&path) {
                Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {}
                made => {
                    made.expect("temporary files can be made");
                    return Self { path };
                }
            }
        }
    }

    /// Where it lies: what nodes hand to [`note`].
    #[must_use]
    pub fn path(&self) -> String {
        self.path.to_string_lossy().into_owned()
    }

    /// What was noted, in the order in which it came.
    ///
    /// # Panics
    /// When the file cannot be read.
    #[must_use]
    pub fn all(&self) -> Vec<u64> {
        let bytes = std::fs::read(&self.path).expect("the notes can be read");
        let (whole, _) = bytes.as_chunks::<8>();
        whole
            .iter()
            .map(|bytes| u64::from_le_bytes(*bytes))
            .collect()
    }

    /// How many there are.
    ///
    /// # Panics
    /// When the file cannot be seen.
    #[must_use]
    pub fn count(&self) -> u64 {
        let seen = std::fs::metadata(&self.path).expect("the notes can be seen");
        seen.len() / 8
    }

    /// Does something, and cancels the token as soon as there is a note.
    ///
    /// # Example
    /// ```
    /// # use hypernodes_core as hypernodes;
    /// use hypernodes::CancelToken;
    /// use hypernodes_engines::conformance::{Notes, note};
    /// let (notes, token) = (Notes::new(), CancelToken::new());
    /// notes.cancel(&token, || {
    ///     note(&notes.path(), 1);
    ///     while !token.is_cancelled() {
    ///         std::thread::yield_now();
    ///     }
    /// });
    /// ```
    pub fn cancel<T>(&self, token: &CancelToken, during: impl FnOnce() -> T) -> T {
        /// Tells the watcher to go, also when there is a panic.
        struct Over<'a>(&'a AtomicBool);
        impl Drop for Over<'_> {
            fn drop(&mut self) {
                self.0.store(true, Ordering::Release);
            }
        }
        let is_over = AtomicBool::new(false);
        std::thread::scope(|scope| {
            scope.spawn(|| {
                while !is_over.load(Ordering::Acquire) {
                    if self.count() > 0 {
                        return token.cancel();
                    }
                    std::thread::sleep(Duration::from_millis(1));
                }
            });
            let _over = Over(&is_over);
            during()
        })
    }
}

impl Drop for Notes {
    fn drop(&mut self) {
        // What cannot be removed lies in the folder of temporary files, and hurts nobody.
        let _ = std::fs::remove_file(&self.path);
    }
}

/// Adds a number to the [`Notes`] that lie there, and says how many there are then.
///
/// # Panics
/// When the file cannot be written.
///
/// # Example
/// ```
/// use hypernodes_engines::conformance::{Notes, note};
/// let notes = Notes::new();
/// assert_eq!(note(&notes.path(), 7), 1);
/// assert_eq!(note(&notes.path(), 9), 2);
/// assert_eq!(notes.all(), [7, 9]);
/// ```
pub fn note(path: &str, number: u64) -> u64 {
    thread_local! {
        static OPEN: RefCell<Open> = const { RefCell::new(None) };
    }
    OPEN.with_borrow_mut(|open| {
        if open.as_ref().is_none_or(|(known, _)| known != path) {
            let file = OpenOptions::new().append(true).open(path);
            *open = Some((path.to_owned(), file.expect("the notes are there")));
        }
        let (_, file) = open.as_mut().expect("it was opened");
        // One write at the end of the file, which the system does not mix with those of others.
        file.write_all(&number.to_le_bytes())
            .and_then(|()| file.stream_position())
            .expect("notes can be written")
            / 8
    })
}

/// A number that no other call in this process gives: what tells the runs of a test apart in nodes that keep state.
///
/// # Example
/// ```
/// use hypernodes_engines::conformance::fresh;
/// assert_ne!(fresh(), fresh());
/// ```
#[must_use]
pub fn fresh() -> u64 {
    static NEXT: AtomicU64 = AtomicU64::new(0);
    NEXT.fetch_add(1, Ordering::Relaxed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn notes_of_many_threads_are_all_there_and_counted_apart() {
        let notes = Notes::new();
        let path = notes.path();
        let mut ordinals: Vec<u64> = std::thread::scope(|scope| {
            let threads: Vec<_> = (0..4_u64)
                .map(|t| {
                    let path = &path;
                    scope.spawn(move || {
                        (0..500)
                            .map(|i| note(path, t * 500 + i))
                            .collect::<Vec<_>>()
                    })
                })
                .collect();
            threads
                .into_iter()
                .flat_map(|thread| thread.join().unwrap())
                .collect()
        });
        ordinals.sort_unstable();
        assert!(ordinals.into_iter().eq(1..=2000));
        let mut all = notes.all();
        all.sort_unstable();
        assert!(all.into_iter().eq(0..2000));
        drop(notes);
        assert!(!std::path::Path::new(&path).exists());
    }

    #[test]
    fn the_watcher_goes_when_nothing_is_noted() {
        let (notes, token) = (Notes::new(), CancelToken::new());
        assert_eq!(notes.cancel(&token, || 3), 3);
        assert!(!token.is_cancelled());
    }
}
