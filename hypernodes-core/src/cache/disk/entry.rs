//! The format of one entry: a header, the label, the value, and checksums over all of it.
//!
//! | bytes | what |
//! |---|---|
//! | 8 | magic |
//! | 4 | version of the format |
//! | 4 | length of the label |
//! | 8 | length of the value |
//! | 32 | key |
//! | 32 | BLAKE3 of the value |
//! | 32 | BLAKE3 of everything above, and of the label |
//! | .. | label, UTF-8 |
//! | .. | value |
//!
//! Numbers are little-endian. The header has a checksum of its own, so that a listing need not read values.

use std::io::{self, ErrorKind, Read};
use std::sync::Arc;

use crate::cache::Key;

const MAGIC: [u8; 8] = *b"hn-entry";
const VERSION: u32 = 1;

/// Everything in front of the label.
const HEADER: usize = 120;
/// Where the checksum of the header begins.
const CHECKED: usize = 88;

/// Longer labels are cut.
const MAX_LABEL: usize = 512;
/// 64 GiB. A larger value is not kept, and a header that tells of one is damaged.
const MAX_VALUE: u64 = 1 << 36;

/// What is wrong with an entry.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Damage {
    /// The file is no entry at all.
    #[error("is no cache entry")]
    NoEntry,
    /// It was written by another version of this crate.
    #[error("has the format {found}, and this version reads {VERSION}")]
    Version {
        /// The format.
        found: u32,
    },
    /// It is longer or shorter than it says.
    #[error("is {found} bytes long, which is not what its header says")]
    Length {
        /// Its length.
        found: u64,
    },
    /// Its header or its label is not what was written.
    #[error("has a damaged header")]
    Header,
    /// It belongs to another key than its name tells.
    #[error("belongs to the key {found}")]
    Key {
        /// The key inside.
        found: Key,
    },
    /// Its value is not what was written.
    #[error("has a damaged value")]
    Value,
    /// The system does not let it be read. Such an entry is left where it is.
    #[error("cannot be read: {why}")]
    Unreadable {
        /// What the system says.
        why: String,
    },
}

/// Why an entry gives no value.
#[derive(Debug)]
pub(super) enum ReadError {
    /// The file is bad: nobody can use it.
    Damaged(Damage),
    /// The file may be good.
    Io(io::Error),
}

impl From<Damage> for ReadError {
    fn from(damage: Damage) -> Self {
        Self::Damaged(damage)
    }
}

/// An entry without its value.
pub(super) struct Header {
    pub(super) label: String,
    value_bytes: u64,
    value_hash: [u8; 32],
    /// Of the whole file.
    bytes: u64,
}

/// Header and label; the value comes after it. `None` for a value that is too large.
pub(super) fn head(key: &Key, label: &str, value: &[u8]) -> Option<Vec<u8>> {
    let label = &label[..label.floor_char_boundary(MAX_LABEL)];
    let value_bytes = u64::try_from(value.len())
        .ok()
        .filter(|bytes| *bytes <= MAX_VALUE)?;
    let label_bytes = u32::try_from(label.len()).ok()?;
    let mut head = Vec::with_capacity(HEADER + label.len());
    head.extend(MAGIC);
    head.extend(VERSION.to_le_bytes());
    head.extend(label_bytes.to_le_bytes());
    head.extend(value_bytes.to_le_bytes());
    head.extend(key.as_bytes());
    head.extend(blake3::hash(value).as_bytes());
    let hash = header_hash(&head, label.as_bytes());
    head.extend(hash.as_bytes());
    head.extend(label.as_bytes());
    Some(head)
}

/// Reads and checks everything but the value. `bytes` is the length of the file.
pub(super) fn read_header(
    file: &mut impl Read,
    bytes: u64,
    key: &Key,
) -> Result<Header, ReadError> {
    let mut head = [0; HEADER];
    fill(file, &mut head, bytes)?;
    let mut rest = &head[..];
    if take(&mut rest) != MAGIC {
        return Err(Damage::NoEntry.into());
    }
    let version = u32::from_le_bytes(take(&mut rest));
    if version != VERSION {
        return Err(Damage::Version { found: version }.into());
    }
    let label_bytes = u32::from_le_bytes(take(&mut rest));
    let value_bytes = u64::from_le_bytes(take(&mut rest));
    let inside = Key::from_bytes(take(&mut rest));
    let value_hash = take(&mut rest);
    let hash: [u8; 32] = take(&mut rest);

    // Before anything is allocated.
    let label_bytes = usize::try_from(label_bytes)
        .ok()
        .filter(|bytes| *bytes <= MAX_LABEL)
        .ok_or(Damage::Header)?;
    if value_bytes > MAX_VALUE {
        return Err(Damage::Header.into());
    }
    let mut label = vec![0; label_bytes];
    fill(file, &mut label, bytes)?;
    if header_hash(&head[..CHECKED], &label) != hash {
        return Err(Damage::Header.into());
    }
    if bytes != value_bytes.saturating_add(length(HEADER + label_bytes)) {
        return Err(Damage::Length { found: bytes }.into());
    }
    if inside != *key {
        return Err(Damage::Key { found: inside }.into());
    }
    Ok(Header {
        label: String::from_utf8(label).map_err(|_| Damage::Header)?,
        value_bytes,
        value_hash,
        bytes,
    })
}

/// Reads and checks the value, after its header.
pub(super) fn read_value(file: &mut impl Read, header: &Header) -> Result<Arc<[u8]>, ReadError> {
    let too_large = || ReadError::Io(ErrorKind::OutOfMemory.into());
    let bytes = usize::try_from(header.value_bytes).map_err(|_| too_large())?;
    let mut value = Vec::new();
    value.try_reserve_exact(bytes).map_err(|_| too_large())?;
    let read = file
        .take(header.value_bytes)
        .read_to_end(&mut value)
        .map_err(ReadError::Io)?;
    if read != bytes {
        return Err(Damage::Length {
            found: header.bytes,
        }
        .into());
    }
    if blake3::hash(&value) != header.value_hash {
        return Err(Damage::Value.into());
    }
    Ok(value.into())
}

fn header_hash(checked: &[u8], label: &[u8]) -> blake3::Hash {
    blake3::Hasher::new()
        .update(checked)
        .update(label)
        .finalize()
}

fn fill(file: &mut impl Read, buffer: &mut [u8], bytes: u64) -> Result<(), ReadError> {
    file.read_exact(buffer).map_err(|error| match error.kind() {
        ErrorKind::UnexpectedEof => Damage::Length { found: bytes }.into(),
        _ => ReadError::Io(error),
    })
}

/// The next bytes of a header, whose length is known.
fn take<const N: usize>(rest: &mut &[u8]) -> [u8; N] {
    let (bytes, after) = rest
        .split_first_chunk()
        .expect("the fields are as long as the header");
    *rest = after;
    *bytes
}

pub(super) fn length(len: usize) -> u64 {
    u64::try_from(len).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const KEY: Key = Key::from_bytes([3; 32]);

    fn file(label: &str, value: &[u8]) -> Vec<u8> {
        let mut file = head(&KEY, label, value).unwrap();
        file.extend(value);
        file
    }

    fn read(bytes: &[u8]) -> Result<(String, Arc<[u8]>), Damage> {
        let mut rest = bytes;
        let value = read_header(&mut rest, length(bytes.len()), &KEY)
            .and_then(|header| Ok((read_value(&mut rest, &header)?, header.label)));
        match value {
            Ok((value, label)) => Ok((label, value)),
            Err(ReadError::Damaged(damage)) => Err(damage),
            Err(ReadError::Io(error)) => panic!("{error}"),
        }
    }

    #[test]
    fn the_format_does_not_change_unnoticed() {
        let file = file("mean", b"abc");
        assert_eq!(
            file.len(),
            HEADER + 4 + 3,
            "another layout needs another version"
        );
        assert_eq!(
            blake3::hash(&file).to_hex().as_str(),
            "eb6432cc5ac29fd59960f4f355de395d04536c11e59a384e03bf61d4132c18e5",
            "another layout needs another version"
        );
    }

    #[test]
    fn a_long_label_is_cut_between_characters() {
        let (label, _) = read(&file(&"ä".repeat(1000), b"v")).unwrap();
        assert_eq!(label, "ä".repeat(MAX_LABEL / 2));
        let (label, _) = read(&file(&format!("a{}", "ä".repeat(1000)), b"v")).unwrap();
        assert_eq!(label.len(), MAX_LABEL - 1);
    }

    #[test]
    fn every_flipped_bit_is_seen() {
        let good = file("label", b"some value");
        for at in 0..good.len() {
            for bit in 0..8 {
                let mut bad = good.clone();
                bad[at] ^= 1 << bit;
                let damage = read(&bad).unwrap_err();
                let expected = match at {
                    0..8 => matches!(damage, Damage::NoEntry),
                    8..12 => matches!(damage, Damage::Version { .. }),
                    12..125 => matches!(damage, Damage::Header | Damage::Length { .. }),
                    _ => damage == Damage::Value,
                };
                assert!(expected, "byte {at}: {damage:?}");
            }
        }
    }

    #[test]
    fn a_header_of_huge_lengths_allocates_nothing() {
        for (field, bytes) in [(12..16, 4), (16..24, 8)] {
            let mut bad = file("label", b"value");
            bad[field].copy_from_slice(&[0xff; 8][..bytes]);
            assert_eq!(read(&bad).unwrap_err(), Damage::Header);
        }
    }

    #[test]
    fn an_entry_under_the_name_of_another_key_is_damaged() {
        let file = file("f", b"v");
        let other = Key::from_bytes([4; 32]);
        let found = read_header(&mut &file[..], length(file.len()), &other);
        assert!(matches!(found, Err(ReadError::Damaged(Damage::Key { found })) if found == KEY));
    }

    proptest! {
        #[test]
        fn what_is_written_is_read(label in ".{0,40}", value in prop::collection::vec(any::<u8>(), 0..300)) {
            let (read_label, read_value) = read(&file(&label, &value)).unwrap();
            prop_assert_eq!(&*read_value, &value[..]);
            prop_assert_eq!(read_label, label);
        }

        #[test]
        fn a_cut_or_longer_file_is_damaged(value in prop::collection::vec(any::<u8>(), 0..200), cut in 0..1000_usize, more in prop::collection::vec(any::<u8>(), 1..9)) {
            let mut file = file("label", &value);
            let cut = cut % file.len();
            prop_assert_eq!(read(&file[..cut]).unwrap_err(), Damage::Length { found: length(cut) });
            file.extend(more);
            prop_assert_eq!(read(&file).unwrap_err(), Damage::Length { found: length(file.len()) });
        }

        #[test]
        fn noise_is_no_entry(noise in prop::collection::vec(any::<u8>(), 0..400)) {
            prop_assert!(read(&noise).is_err());
            let mut begun = MAGIC.to_vec();
            begun.extend(VERSION.to_le_bytes());
            begun.extend(noise);
            prop_assert!(read(&begun).is_err());
        }
    }
}
