//! How a worker reaches its parent while it computes; the parent's cache as the worker sees it.

use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::wire;
use crate::cache::{CacheStore, Key};

/// How a worker reaches its parent while it computes. Called by many threads at once.
pub trait WorkerLink: Send + Sync {
    /// Asks the parent's [`Feed::answer`](crate::Feed::answer), and waits. `None`: it cannot be reached.
    fn ask(&self, question: Vec<u8>) -> Option<Vec<u8>>;

    /// Tells the parent's [`Feed::hear`](crate::Feed::hear) what happens in a chunk, before its outcome. It may get lost.
    fn tell(&self, chunk: u64, events: Vec<u8>);
}

/// What a worker asks of its parent's cache.
#[derive(Debug, Serialize, Deserialize)]
enum Question {
    Contains([u8; 32]),
    Get([u8; 32]),
    Put([u8; 32], String, Vec<u8>),
    Remove([u8; 32]),
}

/// `None` is "no".
type Answer = Option<Vec<u8>>;

const QUESTION: &str = "question";

/// The parent's cache. What cannot be asked is a miss.
pub(crate) struct RemoteStore {
    link: Arc<dyn WorkerLink>,
}

impl RemoteStore {
    pub(crate) fn new(link: Arc<dyn WorkerLink>) -> Self {
        Self { link }
    }

    fn ask(&self, question: &Question) -> Answer {
        let answer = self.link.ask(wire::written(question))?;
        wire::read("answer", &answer).ok().flatten()
    }
}

impl CacheStore for RemoteStore {
    fn contains(&self, key: &Key) -> bool {
        self.ask(&Question::Contains(*key.as_bytes())).is_some()
    }

    fn get(&self, key: &Key) -> Option<Arc<[u8]>> {
        self.ask(&Question::Get(*key.as_bytes())).map(Arc::from)
    }

    fn put(&self, key: &Key, label: &str, value: &[u8]) {
        self.ask(&Question::Put(
            *key.as_bytes(),
            label.to_owned(),
            value.to_vec(),
        ));
    }

    fn remove(&self, key: &Key) {
        self.ask(&Question::Remove(*key.as_bytes()));
    }
}

impl fmt::Debug for RemoteStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RemoteStore")
    }
}

/// Answers a question to the cache. One that cannot be read, or that nobody can answer, is a miss.
pub(crate) fn answer(store: Option<&dyn CacheStore>, question: &[u8]) -> Vec<u8> {
    let question = wire::read::<Question>(QUESTION, question);
    let answer: Answer = match (question, store) {
        (Ok(question), Some(store)) => match question {
            Question::Contains(key) => store.contains(&Key::from_bytes(key)).then(Vec::new),
            Question::Get(key) => store.get(&Key::from_bytes(key)).map(|value| value.to_vec()),
            Question::Put(key, label, value) => {
                store.put(&Key::from_bytes(key), &label, &value);
                None
            }
            Question::Remove(key) => {
                store.remove(&Key::from_bytes(key));
                None
            }
        },
        (Err(error), _) => {
            tracing::warn!("{error}");
            None
        }
        (_, None) => None,
    };
    wire::written(&answer)
}
