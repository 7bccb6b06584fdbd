//! Frames: what goes over the socket between a parent and its worker, as bytes.
//!
//! ```text
//! magic "HNF1" | version u16 | kind u8 | descriptors u8 | length u32 | checksum of the body u32 | checksum of these 16 bytes u32
//! body (postcard), `length` bytes
//! ```
//! Numbers are little-endian. Both sides are the same binary, so the body is postcard; the header is checked by itself, so
//! that no wrong length is ever believed. Sockets and processes do not belong here.

use std::collections::VecDeque;
use std::os::fd::OwnedFd;

use serde::Serialize;
use serde::de::DeserializeOwned;

/// Raised with every change of the frames or of what is in them.
pub const VERSION: u16 = 1;

/// No body is longer: what is larger goes through shared memory.
pub const MOST_BODY: usize = 1 << 20;

/// No frame brings more descriptors.
pub const MOST_DESCRIPTORS: usize = 4;

const MAGIC: [u8; 4] = *b"HNF1";
const HEADER: usize = 20;

/// Which way a frame goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Kind {
    /// From the parent to its worker.
    ToWorker = 1,
    /// From the worker to its parent.
    ToParent = 2,
}

/// Bytes that are no frame.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum WireError {
    /// They do not begin as a frame.
    #[error("bytes that are no frame")]
    NoFrame,
    /// The header is damaged.
    #[error("a damaged header")]
    Header,
    /// Another version of the frames.
    #[error("a frame of version {0}, where this is version {VERSION}")]
    Version(u16),
    /// A frame of the wrong direction.
    #[error("a frame of kind {0}, which does not come this way")]
    Kind(u8),
    /// A longer body than any frame has.
    #[error("a frame of {0} bytes, where the most is {MOST_BODY}")]
    TooLong(usize),
    /// More descriptors than announced, or fewer.
    #[error("a frame with the wrong number of descriptors")]
    Descriptors,
    /// The body is damaged.
    #[error("a damaged frame")]
    Checksum,
    /// The body holds no message.
    #[error("a frame that holds no message: {0}")]
    Message(String),
}

/// Writes a message as a frame.
///
/// # Errors
/// When it is too long.
pub fn frame(
    kind: Kind,
    message: &impl Serialize,
    descriptors: usize,
) -> Result<Vec<u8>, WireError> {
    let bytes = vec![0; HEADER];
    let mut bytes = postcard::to_extend(message, bytes)
        .map_err(|error| WireError::Message(error.to_string()))?;
    let length = bytes.len() - HEADER;
    if length > MOST_BODY {
        return Err(WireError::TooLong(length));
    }
    let descriptors = u8::try_from(descriptors).map_err(|_| WireError::Descriptors)?;
    let length = u32::try_from(length).map_err(|_| WireError::TooLong(length))?;
    let checksum = crc32fast::hash(&bytes[HEADER..]);
    bytes[..4].copy_from_slice(&MAGIC);
    bytes[4..6].copy_from_slice(&VERSION.to_le_bytes());
    bytes[6..8].copy_from_slice(&[kind as u8, descriptors]);
    bytes[8..12].copy_from_slice(&length.to_le_bytes());
    bytes[12..16].copy_from_slice(&checksum.to_le_bytes());
    let own = crc32fast::hash(&bytes[..16]);
    bytes[16..HEADER].copy_from_slice(&own.to_le_bytes());
    Ok(bytes)
}

struct Header {
    descriptors: usize,
    length: usize,
    checksum: u32,
}

impl Header {
    fn read(bytes: &[u8; HEADER], kind: Kind) -> Result<Self, WireError> {
        let four = |at: usize| {
            u32::from_le_bytes([bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]])
        };
        if bytes[..4] != MAGIC {
            return Err(WireError::NoFrame);
        }
        if crc32fast::hash(&bytes[..16]) != four(16) {
            return Err(WireError::Header);
        }
        let version = u16::from_le_bytes([bytes[4], bytes[5]]);
        if version != VERSION {
            return Err(WireError::Version(version));
        }
        if bytes[6] != kind as u8 {
            return Err(WireError::Kind(bytes[6]));
        }
        let descriptors = usize::from(bytes[7]);
        if descriptors > MOST_DESCRIPTORS {
            return Err(WireError::Descriptors);
        }
        let length = usize::try_from(four(8)).unwrap_or(usize::MAX);
        if length > MOST_BODY {
            return Err(WireError::TooLong(length));
        }
        Ok(Self {
            descriptors,
            length,
            checksum: four(12),
        })
    }
}

/// Finds frames in a stream of bytes, however it is cut.
#[derive(Debug)]
pub struct Decoder {
    kind: Kind,
    bytes: Vec<u8>,
    /// Where the next frame begins.
    start: usize,
    descriptors: VecDeque<OwnedFd>,
}

impl Decoder {
    /// One that takes frames of this direction.
    #[must_use]
    pub fn new(kind: Kind) -> Self {
        Self {
            kind,
            bytes: Vec::new(),
            start: 0,
            descriptors: VecDeque::new(),
        }
    }

    /// Adds what came.
    pub fn push(&mut self, bytes: &[u8]) {
        if self.start > 0 {
            self.bytes.drain(..self.start);
            self.start = 0;
        }
        self.bytes.extend_from_slice(bytes);
    }

    /// Adds a descriptor that came with the bytes.
    ///
    /// # Errors
    /// When there are more than any frame could want.
    pub fn push_descriptor(&mut self, descriptor: OwnedFd) -> Result<(), WireError> {
        if self.descriptors.len() >= 2 * MOST_DESCRIPTORS {
            return Err(WireError::Descriptors);
        }
        self.descriptors.push_back(descriptor);
        Ok(())
    }

    /// Whether a frame has begun that is not complete.
    #[must_use]
    pub fn is_inside(&self) -> bool {
        self.start < self.bytes.len()
    }

    /// The next message, with its descriptors. `None`: more bytes are needed.
    ///
    /// # Errors
    /// The bytes are no frame; nothing more can be read then.
    pub fn message<M: DeserializeOwned>(&mut self) -> Result<Option<(M, Vec<OwnedFd>)>, WireError> {
        let bytes = &self.bytes[self.start..];
        let Some(header) = bytes.first_chunk::<HEADER>() else {
            // Garbage is known by its first bytes: nobody waits for the rest of it.
            let is_frame = MAGIC.iter().zip(bytes).all(|(magic, byte)| magic == byte);
            return if is_frame {
                Ok(None)
            } else {
                Err(WireError::NoFrame)
            };
        };
        let header = Header::read(header, self.kind)?;
        let Some(body) = bytes[HEADER..].get(..header.length) else {
            return Ok(None);
        };
        if crc32fast::hash(body) != header.checksum {
            return Err(WireError::Checksum);
        }
        if header.descriptors > self.descriptors.len() {
            return Err(WireError::Descriptors);
        }
        let (message, rest) = postcard::take_from_bytes(body)
            .map_err(|error| WireError::Message(error.to_string()))?;
        if !rest.is_empty() {
            return Err(WireError::Message(format!(
                "{} bytes are left over",
                rest.len()
            )));
        }
        self.start += HEADER + header.length;
        Ok(Some((
            message,
            self.descriptors.drain(..header.descriptors).collect(),
        )))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn written(text: &str) -> Vec<u8> {
        frame(Kind::ToParent, &text, 0).unwrap()
    }

    fn read(bytes: &[u8]) -> Result<Option<String>, WireError> {
        let mut decoder = Decoder::new(Kind::ToParent);
        decoder.push(bytes);
        Ok(decoder.message::<String>()?.map(|(text, _)| text))
    }

    #[test]
    fn a_header_is_as_documented() {
        let bytes = written("ab");
        assert_eq!(bytes[..12], *b"HNF1\x01\x00\x02\x00\x03\x00\x00\x00");
        assert_eq!(bytes[20..], *b"\x02ab");
        assert_eq!(bytes[12..16], crc32fast::hash(b"\x02ab").to_le_bytes());
        assert_eq!(bytes[16..20], crc32fast::hash(&bytes[..16]).to_le_bytes());
    }

    #[test]
    fn what_is_wrong_is_told_before_anything_is_allocated() {
        let with = |at: usize, value: &[u8], seal: bool| {
            let mut bytes = written("abc");
            bytes[at..at + value.len()].copy_from_slice(value);
            if seal {
                let own = crc32fast::hash(&bytes[..16]);
                bytes[16..20].copy_from_slice(&own.to_le_bytes());
            }
            read(&bytes)
        };
        assert_eq!(read(b"hello"), Err(WireError::NoFrame));
        assert_eq!(read(b"H"), Ok(None));
        assert_eq!(with(8, &[9], false), Err(WireError::Header));
        assert_eq!(with(4, &[9, 1], true), Err(WireError::Version(265)));
        assert_eq!(with(6, &[1], true), Err(WireError::Kind(1)));
        assert_eq!(with(7, &[5], true), Err(WireError::Descriptors));
        assert_eq!(with(7, &[1], true), Err(WireError::Descriptors));
        assert_eq!(
            with(8, &u32::MAX.to_le_bytes(), true),
            Err(WireError::TooLong(u32::MAX as usize))
        );
        assert_eq!(with(21, b"x", false), Err(WireError::Checksum));
        assert!(matches!(
            frame(Kind::ToWorker, &vec![0_u8; MOST_BODY], 0),
            Err(WireError::TooLong(_))
        ));
    }

    proptest! {
        #[test]
        fn frames_are_found_however_the_stream_is_cut(texts in proptest::collection::vec(".{0,40}", 0..8), cut in 1_usize..50) {
            let stream: Vec<u8> = texts.iter().flat_map(|text| written(text)).collect();
            let mut decoder = Decoder::new(Kind::ToParent);
            let mut found = Vec::new();
            for piece in stream.chunks(cut) {
                decoder.push(piece);
                while let Some((text, _)) = decoder.message::<String>().unwrap() {
                    found.push(text);
                }
            }
            prop_assert_eq!(found, texts);
            prop_assert!(!decoder.is_inside());
        }

        #[test]
        fn one_changed_byte_is_always_noticed(text in ".{1,60}", at: prop::sample::Index, change in 1_u8..) {
            let mut bytes = written(&text);
            let at = at.index(bytes.len());
            bytes[at] ^= change;
            prop_assert!(read(&bytes).is_err());
        }

        #[test]
        fn garbage_never_panics(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = read(&bytes);
        }
    }
}
