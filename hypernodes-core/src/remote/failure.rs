//! Failures as bytes: where, why, with which inputs.

use std::error::Error;
use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::Duration;

use indexmap::IndexSet;
use serde::{Deserialize, Serialize};

use super::RemoteError;
use super::wire::{narrow, wide};
use crate::error::{BoxError, Cause, Crash, Failure, FailureDetails};
use crate::node::ErrorCodec;
use crate::plan::Plan;
use crate::run::{SavedCall, Snapshot, spoken};

/// The failures of a chunk. Where they happened is told once for all that happened there.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(crate) struct WireFailures {
    places: Vec<Place>,
    failures: Vec<WireFailure>,
}

/// A node, and what is skipped when it fails.
#[derive(Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
struct Place {
    path: Vec<String>,
    skipped: Vec<String>,
}

impl Place {
    /// How the error of the node travels, if it can.
    fn error_codec(&self, plan: &Plan) -> Option<ErrorCodec> {
        let node = plan.find_node(&self.path.join("/"), None)?;
        node.signature().options.error
    }
}

#[derive(Debug, Serialize, Deserialize)]
struct WireFailure {
    items: Vec<u64>,
    place: u32,
    cause: WireCause,
    inputs: Vec<(String, String)>,
    snapshot: Option<SavedCall>,
    said: Option<String>,
}

#[derive(Debug, Serialize, Deserialize)]
enum WireCause {
    Error {
        /// The texts of the error and of what it was caused by.
        texts: Vec<String>,
        /// The error itself, where its type can travel.
        itself: Option<Vec<u8>>,
    },
    Panic(String),
    TimedOut(Duration),
    Crashed(Crash),
}

/// An error that happened in another process: its text, and the chain of what it was caused by.
#[derive(Debug)]
struct Relayed {
    text: String,
    source: Option<Box<Relayed>>,
}

impl fmt::Display for Relayed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl Error for Relayed {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        let source = self.source.as_deref()?;
        Some(source)
    }
}

/// An error that is caused by more than this is told as if the rest were not there: a source may be its own.
const MOST_CAUSES: usize = 64;

/// What an error says, and what it was caused by says.
fn texts(error: &(dyn Error + 'static)) -> Vec<String> {
    let mut texts = vec![spoken(|| error.to_string())];
    let mut next = error.source();
    while let Some(error) = next.filter(|_| texts.len() < MOST_CAUSES) {
        texts.push(spoken(|| error.to_string()));
        next = error.source();
    }
    texts
}

/// The error itself, if it says what it said. Fields that serde skips do not come along.
fn itself(bytes: &[u8], codec: ErrorCodec, said: &[String]) -> Option<BoxError> {
    let error = codec.read(bytes)?;
    let says = catch_unwind(AssertUnwindSafe(|| texts(&*error)));
    (says.ok()? == said).then_some(error)
}

impl WireCause {
    fn of(cause: &Cause, codec: Option<ErrorCodec>) -> Self {
        match cause {
            Cause::Error(error) => Self::Error {
                texts: texts(&**error),
                itself: codec.and_then(|codec| codec.write(&**error)),
            },
            Cause::Panic(message) => Self::Panic(message.clone()),
            Cause::TimedOut { limit } => Self::TimedOut(*limit),
            Cause::Crashed(crash) => Self::Crashed(crash.clone()),
            // A failure never has one.
            Cause::Nested(inner) => Self::of(&inner.cause, codec),
        }
    }

    fn into_cause(self, codec: Option<ErrorCodec>) -> Cause {
        match self {
            Self::Error { texts, itself } => {
                let bytes = itself.zip(codec);
                if let Some(error) =
                    bytes.and_then(|(bytes, codec)| self::itself(&bytes, codec, &texts))
                {
                    return Cause::Error(error);
                }
                let texts = texts.into_iter().take(MOST_CAUSES).rev();
                let relayed = texts.fold(None, |source, text| {
                    Some(Box::new(Relayed { text, source }))
                });
                let relayed: BoxError = match relayed {
                    Some(relayed) => relayed,
                    None => "(nothing is known of the error)".into(),
                };
                Cause::Error(relayed)
            }
            Self::Panic(message) => Cause::Panic(message),
            Self::TimedOut(limit) => Cause::TimedOut { limit },
            Self::Crashed(crash) => Cause::Crashed(crash),
        }
    }
}

impl WireFailures {
    pub(crate) fn of(failures: &[(usize, Failure)], plan: &Plan) -> Self {
        let mut places = IndexSet::<Place>::new();
        let mut codecs = Vec::new();
        let one = |(_, failure): &(usize, Failure)| {
            let place = Place {
                path: failure.path.clone(),
                skipped: failure.details.skipped.to_vec(),
            };
            let (at, is_new) = places.insert_full(place);
            if is_new {
                codecs.push(places[at].error_codec(plan));
            }
            WireFailure {
                items: failure.items.iter().copied().map(wide).collect(),
                place: crate::value::index(at),
                cause: WireCause::of(&failure.cause, codecs[at]),
                inputs: failure.details.inputs.clone(),
                snapshot: failure.details.snapshot.as_ref().map(Snapshot::saved),
                said: failure.details.said.clone(),
            }
        };
        let failures = failures.iter().map(one).collect();
        Self {
            places: places.into_iter().collect(),
            failures,
        }
    }

    /// The failures, each with its item. Nodes of snapshots are looked up in the plan, which stands inside `around`.
    pub(crate) fn into_failures(
        self,
        plan: &Plan,
        around: Option<&str>,
    ) -> Result<Vec<(usize, Failure)>, RemoteError> {
        let skipped = self.places.iter();
        let skipped: Vec<Arc<[String]>> = skipped
            .map(|place| place.skipped.as_slice().into())
            .collect();
        let codecs = self.places.iter().map(|place| place.error_codec(plan));
        let codecs: Vec<Option<ErrorCodec>> = codecs.collect();
        let one = |failure: WireFailure| {
            let damaged = |problem: &str| RemoteError::damaged("failure", problem);
            let items: Vec<usize> = failure.items.into_iter().map(narrow).collect();
            let item = *items.first().ok_or_else(|| damaged("it has no item"))?;
            let at = failure.place as usize;
            let place = self.places.get(at);
            let place = place
                .filter(|place| !place.path.is_empty())
                .ok_or_else(|| damaged("it has no place"))?;
            let snapshot = failure.snapshot.map(|saved| {
                let node = plan.find_node(saved.path(), around);
                Snapshot::received(saved, node)
            });
            let details = FailureDetails {
                inputs: failure.inputs,
                skipped: Arc::clone(&skipped[at]),
                snapshot,
                said: failure.said,
            };
            let failure = Failure {
                items,
                path: place.path.clone(),
                cause: failure.cause.into_cause(codecs[at]),
                details: Box::new(details),
            };
            Ok((item, failure))
        };
        self.failures.into_iter().map(one).collect()
    }
}
