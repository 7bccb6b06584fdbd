//! Whether some columns of a Parquet file are encrypted, asked when the rest of its footer cannot be read.
//!
//! Such a file ends in `PAR1` and its footer is plain, but what it says of those columns is not. That it is so stands in
//! the footer's field 8, `encryption_algorithm`
//! (<https://github.com/apache/parquet-format/blob/master/Encryption.md>), in Thrift's compact protocol
//! (<https://github.com/apache/thrift/blob/master/doc/specs/thrift-compact-protocol.md>).

use std::io::{Read, Seek, SeekFrom};

use super::input::Raw;

/// `encryption_algorithm` of `FileMetaData`.
const ENCRYPTION: i64 = 8;

/// How deep values may lie in each other.
const DEEPEST: usize = 16;

/// Whether the footer says that columns are encrypted; `None` where it cannot be read.
pub(super) fn is_encrypted(raw: &mut Raw) -> Option<bool> {
    let size = raw.seek(SeekFrom::End(0)).ok()?;
    let end = size.checked_sub(8)?;
    raw.seek(SeekFrom::Start(end)).ok()?;
    let mut length = [0; 4];
    raw.read_exact(&mut length).ok()?;
    let length = u64::from(u32::from_le_bytes(length));
    raw.seek(SeekFrom::Start(end.checked_sub(length)?)).ok()?;
    let mut bytes = Vec::new();
    raw.take(length).read_to_end(&mut bytes).ok()?;
    Compact(&bytes).has_field(ENCRYPTION)
}

/// What is left of a text in the compact protocol.
struct Compact<'a>(&'a [u8]);

impl Compact<'_> {
    fn byte(&mut self) -> Option<u8> {
        let (&first, rest) = self.0.split_first()?;
        self.0 = rest;
        Some(first)
    }

    fn pass(&mut self, bytes: u64) -> Option<()> {
        self.0 = self.0.get(usize::try_from(bytes).ok()?..)?;
        Some(())
    }

    fn number(&mut self) -> Option<u64> {
        let mut number = 0_u64;
        for shift in (0..64).step_by(7) {
            let byte = self.byte()?;
            number |= u64::from(byte & 0x7f) << shift;
            if byte < 0x80 {
                return Some(number);
            }
        }
        None
    }

    /// The next field of a structure: its number and its type; `None` inside at the end.
    fn field(&mut self, last: i64) -> Option<Option<(i64, u8)>> {
        let head = self.byte()?;
        if head == 0 {
            return Some(None);
        }
        let number = match head >> 4 {
            0 => {
                let zigzag = self.number()?;
                let number = i64::try_from(zigzag >> 1).ok()?;
                if zigzag & 1 == 1 { -number - 1 } else { number }
            }
            more => last.checked_add(i64::from(more))?,
        };
        Some(Some((number, head & 0x0f)))
    }

    /// Whether the structure that begins here has a field.
    fn has_field(mut self, wanted: i64) -> Option<bool> {
        let mut last = 0;
        while let Some((number, kind)) = self.field(last)? {
            if number == wanted {
                return Some(true);
            }
            self.pass_value(kind, 0)?;
            last = number;
        }
        Some(false)
    }

    fn pass_value(&mut self, kind: u8, depth: usize) -> Option<()> {
        if depth > DEEPEST {
            return None;
        }
        match kind {
            // A truth value of a field stands in its type.
            1 | 2 => Some(()),
            3 => self.pass(1),
            4..=6 => self.number().map(|_| ()),
            7 => self.pass(8),
            8 => {
                let length = self.number()?;
                self.pass(length)
            }
            9 | 10 => {
                let head = self.byte()?;
                let items = match head >> 4 {
                    15 => self.number()?,
                    few => u64::from(few),
                };
                (0..items).try_for_each(|_| self.pass_item(head & 0x0f, depth + 1))
            }
            11 => {
                let items = self.number()?;
                if items == 0 {
                    return Some(());
                }
                let kinds = self.byte()?;
                (0..items).try_for_each(|_| {
                    self.pass_item(kinds >> 4, depth + 1)?;
                    self.pass_item(kinds & 0x0f, depth + 1)
                })
            }
            12 => {
                let mut last = 0;
                while let Some((number, kind)) = self.field(last)? {
                    self.pass_value(kind, depth + 1)?;
                    last = number;
                }
                Some(())
            }
            _ => None,
        }
    }

    /// In a list a truth value takes a byte.
    fn pass_item(&mut self, kind: u8, depth: usize) -> Option<()> {
        match kind {
            1 | 2 => self.pass(1),
            other => self.pass_value(other, depth),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_field_is_found_behind_values_of_every_type() {
        // Fields 1 to 7: true, i8, i32, double, text, a list of two truth values, a map; then a structure as field 8.
        let mut bytes = vec![0x11, 0x13, 7, 0x15, 0x80, 0x01, 0x17];
        bytes.extend([0; 8]);
        bytes.extend([
            0x18, 2, b'h', b'i', 0x19, 0x21, 1, 2, 0x1b, 1, 0x58, 4, 1, b'x',
        ]);
        let without = [&*bytes, &[0]].concat();
        assert_eq!(Compact(&without).has_field(ENCRYPTION), Some(false));
        bytes.extend([0x1c, 0, 0]);
        assert_eq!(Compact(&bytes).has_field(ENCRYPTION), Some(true));
        assert_eq!(Compact(&bytes).has_field(9), Some(false));
        for end in 0..without.len() {
            assert_eq!(
                Compact(&without[..end]).has_field(ENCRYPTION),
                None,
                "{end}"
            );
        }
    }
}
