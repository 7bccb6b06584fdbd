//! What a parent and its worker say to each other. How it becomes bytes is in `wire`, how bytes travel in `link`.

use serde::{Deserialize, Serialize};

/// From the parent to its worker.
#[derive(Debug, Serialize, Deserialize)]
pub(super) enum ToWorker {
    /// The first message. Descriptors: standard output, the parent's arena, the progress words.
    Hello(Hello),
    /// A plan that later runs name.
    Plan {
        /// Unique in the parent.
        id: u64,
        /// The plan's image.
        parcel: Layout,
    },
    /// A chunk to compute; its outcome comes back through the slot of the same number.
    Chunk {
        /// Unique in the worker.
        id: u64,
        /// The slot.
        slot: u32,
        /// A run begins with it: it and all later chunks belong to it, until the next one begins.
        begin: Option<Begin>,
        /// No other chunk of the run comes: its values may be dropped with this one's.
        is_last: bool,
        /// Its arguments.
        parcel: Layout,
    },
    /// The run is to end.
    Cancel,
    /// Nobody wants this chunk any more.
    Abandon {
        /// The chunk.
        chunk: u64,
    },
    /// What the worker has asked.
    Answer {
        /// The question.
        id: u64,
        /// `None`: nobody answers any more.
        bytes: Option<Vec<u8>>,
    },
    /// The run has ended: its values may be dropped.
    End,
    /// The worker is to exit.
    Bye,
}

/// A run of a plan.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Begin {
    /// The plan.
    pub plan: u64,
    /// The run's policies.
    pub terms: Vec<u8>,
}

/// How a worker is to be.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Hello {
    /// What the parent's nodes are: another binary refuses.
    pub fingerprint: [u8; 32],
    /// How many chunks are computed at the same time.
    pub threads: u32,
    /// How many slots each arena has.
    pub slots: u32,
    /// How long a slot is.
    pub slot_bytes: u64,
    /// Bytes that it may allocate; `None` is any number.
    pub memory: Option<u64>,
    /// Most bytes of an outcome; `None` is any number.
    pub result_limit: Option<u64>,
    /// Whether it says with each outcome how much memory it has in use.
    pub tells_memory: bool,
}

/// From the worker to its parent.
#[derive(Debug, Serialize, Deserialize)]
pub(super) enum ToParent {
    /// The answer to `Hello`. Descriptor: the worker's arena.
    Ready {
        /// What the worker's nodes are.
        fingerprint: [u8; 32],
    },
    /// The worker cannot serve this parent.
    Refused {
        /// Why.
        reason: String,
    },
    /// A chunk has been computed.
    Done {
        /// The chunk.
        chunk: u64,
        /// Its outcome.
        parcel: Layout,
        /// Bytes of memory that the worker has in use.
        resident: u64,
    },
    /// A chunk could not be computed, or its outcome not be sent, and no node is to blame.
    Failed {
        /// The chunk.
        chunk: u64,
        /// Why.
        reason: String,
    },
    /// A plan or a run could not be understood.
    Broken {
        /// Why.
        reason: String,
    },
    /// Something that only the parent knows.
    Ask {
        /// Unique in the worker.
        id: u64,
        /// The question.
        bytes: Vec<u8>,
    },
    /// What has happened in a chunk that is still computed.
    Events {
        /// The chunk.
        chunk: u64,
        /// The events.
        bytes: Vec<u8>,
    },
}

/// Where the pieces of a parcel lie: the first is its head, the others are its blobs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Layout {
    /// Where all of them are.
    pub place: Place,
    /// Where each begins, and how long it is.
    pub spans: Vec<(u64, u64)>,
}

/// Where the pieces of a parcel are.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Place {
    /// In the message.
    Inline(#[serde(with = "bytes")] Vec<u8>),
    /// In a slot of the sender's arena.
    Slot(u32),
    /// In an anonymous file of their own, whose descriptor comes with the message.
    File,
}

/// A run of bytes at once, not byte by byte.
mod bytes {
    use std::fmt;

    use serde::de::{Error, SeqAccess, Visitor};
    use serde::{Deserializer, Serializer};

    pub(super) fn serialize<S: Serializer>(bytes: &[u8], to: S) -> Result<S::Ok, S::Error> {
        to.serialize_bytes(bytes)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<u8>, D::Error> {
        struct Bytes;
        impl<'de> Visitor<'de> for Bytes {
            type Value = Vec<u8>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("bytes")
            }
            fn visit_bytes<E: Error>(self, bytes: &[u8]) -> Result<Vec<u8>, E> {
                Ok(bytes.to_vec())
            }
            fn visit_seq<A: SeqAccess<'de>>(self, _: A) -> Result<Vec<u8>, A::Error> {
                Err(A::Error::custom("a list where bytes are expected"))
            }
        }
        from.deserialize_bytes(Bytes)
    }
}
