//! What is kept of a run: a summary of bounded size, folded from its events.
//!
//! A [`RunRecord`] is plain data, and hears events; a [`RunRecorder`] is the listener that keeps the records of a
//! process. How a record looks on a page does not belong here.

mod failures;
mod memory;
mod node;
mod recorder;
mod run;
mod timeline;
mod totals;

pub use failures::{FailureLog, FailureRecord, LostWorker, RetryLog, RetryRecord};
pub use memory::{LevelChange, MemoryLog, MemorySample};
pub use node::NodeRecord;
pub use recorder::RunRecorder;
pub use run::RunRecord;
pub use timeline::{ChunkRecord, Timeline};
pub(crate) use totals::Totals;

/// The text, cut behind this many characters.
fn shortened(text: &str, at_most: usize) -> String {
    match text.char_indices().nth(at_most) {
        None => text.to_owned(),
        Some((end, _)) => {
            let mut short = text[..end].to_owned();
            short.push('…');
            short
        }
    }
}

#[cfg(test)]
mod tests {
    use super::shortened;

    #[test]
    fn long_texts_are_cut_between_characters() {
        assert_eq!(shortened("äöü", 3), "äöü");
        assert_eq!(shortened("äöüß", 3), "äöü…");
    }
}
