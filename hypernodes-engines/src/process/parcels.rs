//! Parcels on their way through shared memory: small ones inside the message, middling ones in a slot of an arena that
//! is used again and again, huge ones in an anonymous file of their own.

use std::io;
use std::os::fd::OwnedFd;

use hypernodes_core::remote::{Blob, Blobs, Parcel};

use super::message::{Layout, Place};
use super::shm::{ALIGN, Arena, View, sealed};

/// Parcels of fewer bytes travel inside the message.
const INLINE: usize = 8 * 1024;

/// The slots of an arena.
#[derive(Clone, Copy, Debug)]
pub(super) struct Slots {
    pub(super) count: usize,
    pub(super) bytes: usize,
}

impl Slots {
    /// How long the arena is: longer than any memory where that is no number.
    pub(super) fn len(self) -> usize {
        self.count.saturating_mul(self.bytes)
    }

    fn start(self, slot: u32) -> usize {
        slot as usize * self.bytes
    }
}

/// Puts a parcel where the other side finds it. A descriptor has to go with the message where there is one.
///
/// # Errors
/// When the system has no memory for it.
pub(super) fn lay_out(
    parcel: &Parcel,
    slot: Option<(u32, Slots, &Arena)>,
) -> io::Result<(Layout, Option<OwnedFd>)> {
    let pieces =
        || std::iter::once(&parcel.head[..]).chain(parcel.blobs.iter().map(Blob::as_bytes));
    let padded = |len: usize| len.next_multiple_of(ALIGN);
    let total: usize = pieces().map(<[u8]>::len).sum();
    let mut at = 0;
    if total <= INLINE {
        let mut bytes = Vec::with_capacity(total);
        pieces().for_each(|piece| bytes.extend_from_slice(piece));
        let spans = pieces().map(|piece| {
            let span = (at as u64, piece.len() as u64);
            at += piece.len();
            span
        });
        return Ok((
            Layout {
                spans: spans.collect(),
                place: Place::Inline(bytes),
            },
            None,
        ));
    }
    let spans = pieces().map(|piece| {
        let span = (at as u64, piece.len() as u64);
        at += padded(piece.len());
        span
    });
    let spans: Vec<(u64, u64)> = spans.collect();
    if let Some((number, slots, arena)) = slot
        && at <= slots.bytes
    {
        let start = slots.start(number);
        let mut to = start;
        for piece in pieces() {
            if !arena.write(to, piece) {
                return Err(io::Error::other("a slot outside of its arena"));
            }
            to += padded(piece.len());
        }
        return Ok((
            Layout {
                place: Place::Slot(number),
                spans,
            },
            None,
        ));
    }
    let pieces: Vec<&[u8]> = pieces().collect();
    let file = sealed(&pieces)?;
    Ok((
        Layout {
            place: Place::File,
            spans,
        },
        Some(file),
    ))
}

/// A parcel that came: its pieces are copied out when somebody wants them.
#[derive(Debug)]
pub(super) struct Received<'a> {
    spans: Vec<(usize, usize)>,
    from: From<'a>,
}

#[derive(Debug)]
enum From<'a> {
    Inline(Vec<u8>),
    Slot(&'a View),
    File(View),
}

impl<'a> Received<'a> {
    /// Finds the pieces. Every span is checked before anything is allocated.
    ///
    /// # Errors
    /// Pieces that lie outside of what was sent, or not one behind the other: pieces that share bytes would claim more
    /// than came.
    pub(super) fn open(
        layout: Layout,
        file: Option<OwnedFd>,
        slots: Slots,
        view: &'a View,
    ) -> Result<Self, String> {
        let (from, start, len) = match (layout.place, file) {
            (Place::Inline(bytes), _) => {
                let len = bytes.len();
                (From::Inline(bytes), 0, len)
            }
            (Place::Slot(slot), _) if (slot as usize) < slots.count => {
                (From::Slot(view), slots.start(slot), slots.bytes)
            }
            (Place::Slot(slot), _) => return Err(format!("slot {slot} of {}", slots.count)),
            (Place::File, None) => return Err("values without their descriptor".to_owned()),
            (Place::File, Some(file)) => {
                let file = View::open(&file).map_err(|error| error.to_string())?;
                let len = file.len();
                (From::File(file), 0, len)
            }
        };
        let mut free = 0;
        let inside = |&(offset, bytes): &(u64, u64)| {
            let (offset, bytes) = (usize::try_from(offset).ok()?, usize::try_from(bytes).ok()?);
            let end = offset.checked_add(bytes)?;
            let is_free = std::mem::replace(&mut free, end) <= offset;
            (is_free && end <= len).then(|| (start + offset, bytes))
        };
        let spans: Option<Vec<_>> = layout.spans.iter().map(inside).collect();
        match spans {
            Some(spans) if !spans.is_empty() => Ok(Self { spans, from }),
            _ => Err("values outside of what was sent".to_owned()),
        }
    }

    /// The head of the parcel.
    pub(super) fn head(&self) -> Vec<u8> {
        let (offset, len) = self.spans[0];
        let mut head = vec![0; len];
        let is_read = self.copy(offset, &mut head);
        debug_assert!(is_read, "spans were checked when the parcel was opened");
        head
    }

    fn copy(&self, at: usize, out: &mut [u8]) -> bool {
        match &self.from {
            From::Inline(bytes) => match bytes.get(at..at + out.len()) {
                Some(from) => {
                    out.copy_from_slice(from);
                    true
                }
                None => false,
            },
            From::Slot(view) => view.read(at, out),
            From::File(view) => view.read(at, out),
        }
    }
}

impl Blobs for Received<'_> {
    fn count(&self) -> usize {
        self.spans.len() - 1
    }

    fn len(&self, blob: usize) -> usize {
        self.spans.get(blob + 1).map_or(0, |(_, len)| *len)
    }

    fn read_at(&self, blob: usize, offset: usize, out: &mut [u8]) -> bool {
        let Some(&(start, len)) = self.spans.get(blob + 1) else {
            return false;
        };
        let fits = offset.checked_add(out.len()).is_some_and(|end| end <= len);
        fits && self.copy(start + offset, out)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn open(place: Place, spans: Vec<(u64, u64)>) -> Result<usize, String> {
        let slots = Slots {
            count: 2,
            bytes: 4096,
        };
        let (_arena, file) = Arena::create(slots.len()).unwrap();
        let view = View::open(&file).unwrap();
        Received::open(Layout { place, spans }, None, slots, &view).map(|parcel| parcel.count())
    }

    #[test]
    fn pieces_outside_of_what_was_sent_are_refused() {
        let most = u64::MAX;
        for place in [Place::Slot(0), Place::Slot(1), Place::Inline(vec![7; 4096])] {
            assert_eq!(open(place.clone(), vec![(0, 1), (64, 4032)]), Ok(1));
            // Found by the fuzz target `parcel`: the place of a piece was computed before it was known to be inside.
            for span in [
                (4096, 1),
                (1, 4096),
                (most, 0),
                (0, most),
                (most, most),
                (most - 1, 1),
            ] {
                let outside = open(place.clone(), vec![(0, 1), span]);
                assert_eq!(
                    outside,
                    Err("values outside of what was sent".to_owned()),
                    "{span:?}"
                );
            }
            assert!(open(place, Vec::new()).is_err(), "there is no head");
        }
        assert_eq!(
            open(Place::Slot(2), vec![(0, 1)]),
            Err("slot 2 of 2".to_owned())
        );
        assert_eq!(
            open(Place::File, vec![(0, 1)]),
            Err("values without their descriptor".to_owned())
        );
    }

    #[test]
    fn pieces_that_share_bytes_claim_more_than_came_and_are_refused() {
        for place in [Place::Slot(0), Place::Inline(vec![7; 4096])] {
            assert_eq!(open(place.clone(), vec![(0, 64), (64, 0), (64, 64)]), Ok(2));
            assert!(open(place.clone(), vec![(0, 64), (63, 64)]).is_err());
            assert!(open(place, vec![(0, 4096); 1000]).is_err());
        }
    }

    #[test]
    fn sizes_that_are_no_number_are_longer_than_any_memory() {
        let slots = Slots {
            count: 1 << (usize::BITS - 1),
            bytes: 2,
        };
        assert!(Arena::create(slots.len()).is_err());
    }
}
