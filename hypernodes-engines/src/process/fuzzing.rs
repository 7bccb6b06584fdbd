//! What other programs need to throw bytes at the decoders of this engine: the targets in `fuzz/`. No part of the API.

use std::os::fd::OwnedFd;

use hypernodes_core::remote::{Blobs, Parcel};

use super::message::{Begin, Hello, Layout, Place, ToParent, ToWorker};
use super::parcels::{Received, Slots, lay_out};
use super::shm::{Arena, View, sealed};
use super::wire::{Decoder, Kind, WireError, frame};

/// The next message of a stream, as text, and how many descriptors it brings.
///
/// # Errors
/// As [`Decoder::message`].
pub fn next(kind: Kind, decoder: &mut Decoder) -> Result<Option<(String, usize)>, WireError> {
    fn told<M: std::fmt::Debug>((message, descriptors): (M, Vec<OwnedFd>)) -> (String, usize) {
        (format!("{message:?}"), descriptors.len())
    }
    Ok(match kind {
        Kind::ToWorker => decoder.message::<ToWorker>()?.map(told),
        Kind::ToParent => decoder.message::<ToParent>()?.map(told),
    })
}

/// Where the other side has put what it sent.
#[derive(Clone, Copy, Debug)]
pub struct Memory<'a> {
    /// Its arena: so many slots of as many bytes each.
    pub arena: &'a [u8],
    /// How many slots.
    pub slots: usize,
    /// A file of its own.
    pub file: Option<&'a [u8]>,
}

/// Opens a parcel by its layout, as bytes, and copies its head and all its blobs. `None`: it is refused.
///
/// # Panics
/// When the system has no memory to share.
#[must_use]
pub fn open(layout: &[u8], memory: Memory<'_>) -> Option<Vec<Vec<u8>>> {
    let layout: Layout = postcard::from_bytes(layout).ok()?;
    let slots = Slots {
        count: memory.slots,
        bytes: memory.arena.len() / memory.slots.max(1),
    };
    let (arena, file) = Arena::create(memory.arena.len()).expect("a few kilobytes");
    assert!(arena.write(0, memory.arena), "it was made for them");
    let view = View::open(&file).expect("it was just sealed");
    let file = memory
        .file
        .map(|bytes| sealed(&[bytes]).expect("a few kilobytes"));
    let received = Received::open(layout, file, slots, &view).ok()?;
    let mut pieces = vec![received.head()];
    for blob in 0..received.count() {
        let mut bytes = vec![0; Blobs::len(&received, blob)];
        assert!(received.read_at(blob, 0, &mut bytes), "it is there");
        let mut more = [0; 1];
        assert!(
            !received.read_at(blob, bytes.len(), &mut more),
            "a byte behind the end of blob {blob}"
        );
        pieces.push(bytes);
    }
    Some(pieces)
}

/// A frame of each message.
#[must_use]
pub fn frames() -> Vec<(Kind, Vec<u8>)> {
    let layout = || Layout {
        place: Place::Inline(vec![1, 2, 3]),
        spans: vec![(0, 1), (1, 2)],
    };
    let hello = Hello {
        fingerprint: [7; 32],
        threads: 2,
        slots: 3,
        slot_bytes: 4096,
        memory: Some(1 << 30),
        result_limit: None,
        tells_memory: true,
    };
    let slot = Layout {
        place: Place::Slot(1),
        ..layout()
    };
    let file = Layout {
        place: Place::File,
        ..layout()
    };
    let begin = Begin {
        plan: 5,
        terms: vec![0; 9],
    };
    let to_worker = [
        (ToWorker::Hello(hello), 3),
        (
            ToWorker::Plan {
                id: 5,
                parcel: file,
            },
            1,
        ),
        (
            ToWorker::Chunk {
                id: 300,
                slot: 1,
                begin: Some(begin),
                is_last: true,
                parcel: slot,
            },
            0,
        ),
        (ToWorker::Cancel, 0),
        (ToWorker::Abandon { chunk: 300 }, 0),
        (
            ToWorker::Answer {
                id: 1,
                bytes: Some(vec![9; 4]),
            },
            0,
        ),
        (ToWorker::End, 0),
        (ToWorker::Bye, 0),
    ];
    let reason = || "no reason".to_owned();
    let to_parent = [
        (
            ToParent::Ready {
                fingerprint: [7; 32],
            },
            1,
        ),
        (ToParent::Refused { reason: reason() }, 0),
        (
            ToParent::Done {
                chunk: 300,
                parcel: layout(),
                resident: 1 << 24,
            },
            0,
        ),
        (
            ToParent::Failed {
                chunk: 300,
                reason: reason(),
            },
            0,
        ),
        (ToParent::Broken { reason: reason() }, 0),
        (
            ToParent::Ask {
                id: 1,
                bytes: vec![1; 33],
            },
            0,
        ),
        (
            ToParent::Events {
                chunk: 300,
                bytes: vec![2, 0],
            },
            0,
        ),
    ];
    let framed = |(kind, frame): (Kind, Result<Vec<u8>, WireError>)| Some((kind, frame.ok()?));
    let to_worker = to_worker
        .iter()
        .map(|(message, n)| (Kind::ToWorker, frame(Kind::ToWorker, message, *n)));
    let to_parent = to_parent
        .iter()
        .map(|(message, n)| (Kind::ToParent, frame(Kind::ToParent, message, *n)));
    to_worker.chain(to_parent).filter_map(framed).collect()
}

/// Layouts as bytes: of a parcel inside the message, in a slot, and in a file.
#[must_use]
pub fn layouts() -> Vec<Vec<u8>> {
    let parcel = |bytes: usize| Parcel {
        head: vec![1; 5],
        blobs: vec![vec![2; bytes].into(), Vec::new().into(), vec![3; 3].into()],
    };
    let slots = Slots {
        count: 2,
        bytes: 16 * 1024,
    };
    let arena = Arena::create(slots.len()).ok();
    let slot = arena.as_ref().map(|(arena, _)| (1, slots, arena));
    let laid_out = [
        lay_out(&parcel(9), None),
        lay_out(&parcel(9000), slot),
        lay_out(&parcel(9000), None),
    ];
    let layouts = laid_out.into_iter().filter_map(Result::ok);
    layouts
        .filter_map(|(layout, _)| postcard::to_stdvec(&layout).ok())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every frame, whole and with each of its bytes changed, byte by byte and at once.
    #[test]
    fn damaged_frames_are_told_and_never_a_panic() {
        for (kind, whole) in frames() {
            for at in 0..=whole.len() {
                let mut bytes = whole.clone();
                if let Some(byte) = bytes.get_mut(at) {
                    *byte ^= 0x41;
                }
                let results = [1, bytes.len()].map(|piece| {
                    let mut decoder = Decoder::new(kind);
                    for _ in 0..3 {
                        let null = std::fs::File::open("/dev/null").unwrap();
                        decoder.push_descriptor(null.into()).unwrap();
                    }
                    let mut pieces = bytes.chunks(piece);
                    loop {
                        match (next(kind, &mut decoder), pieces.next()) {
                            (Ok(None), Some(piece)) => decoder.push(piece),
                            (result, _) => return result,
                        }
                    }
                });
                assert_eq!(results[0], results[1]);
                assert_eq!(matches!(results[0], Ok(Some(_))), at == whole.len());
            }
        }
    }

    #[test]
    fn damaged_layouts_are_told_and_never_a_panic() {
        let (arena, file) = (vec![1; 32 * 1024], vec![2; 10 * 1024]);
        let memory = Memory {
            arena: &arena,
            slots: 2,
            file: Some(&file),
        };
        for whole in layouts() {
            let pieces = open(&whole, memory).unwrap();
            assert_eq!((pieces.len(), pieces[0].len(), pieces[3].len()), (4, 5, 3));
            for (at, bit) in (0..whole.len()).flat_map(|at| (0..8).map(move |bit| (at, bit))) {
                let mut bytes = whole.clone();
                bytes[at] ^= 1 << bit;
                let sizes = open(&bytes, memory).into_iter().flatten();
                let most = arena.len().max(bytes.len());
                assert!(sizes.map(|piece| piece.len()).sum::<usize>() <= most);
            }
        }
    }
}
